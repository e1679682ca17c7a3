import { MINUTE, SECOND, type EpochMs } from '../../../src/contract/time.js'
import { listen } from '../net.js'

/** What the one who writes the page has before them: which share of the tries of the last minute failed, product by product. */
export type Look = () => { name: string; share: number }[]

/** They believe what they see once a product has failed this much, for so long. */
const NOTICED_SHARE = 0.05
const NOTICED_MS = 30 * SECOND
/** From then until the first word is out (who is asked, what is written), by chance between these; then until "it is over". */
const WORDS_MS = [2 * MINUTE, 4.5 * MINUTE] as const
const MONITORING_MS = MINUTE
const OVER_MS = 3 * MINUTE

interface Update {
  status: 'investigating' | 'monitoring' | 'resolved'
  body: string
  at: EpochMs
}
export interface Story {
  id: string
  impact: 'minor' | 'major'
  parts: string[]
  updates: Update[]
}

/** The status page of the assistant as its maker keeps it: Statuspage's API v2, written by a person who is slow. */
export class VendorPage {
  readonly stories: Story[] = []
  private failingSince: EpochMs | null = null
  private wellSince: EpochMs | null = null
  private readonly timer = setInterval(() => this.look(Date.now()), 5 * SECOND)

  private constructor(
    private readonly products: readonly string[],
    private readonly see: Look,
    private readonly draw: () => number,
  ) {}

  static async open(
    products: readonly string[],
    see: Look,
    draw: () => number,
  ): Promise<VendorPage & { port: number }> {
    const self = new VendorPage(products, see, draw)
    const { port, server } = await listen(({ url = '/' }) =>
      url === '/api/v2/summary.json'
        ? {
            status: 200,
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(self.summary(Date.now())),
          }
        : { status: 404 },
    )
    const close = () => {
      clearInterval(self.timer)
      server.closeAllConnections()
      server.close()
    }
    return Object.assign(self, { port, close })
  }

  close = (): void => {}

  private slow = 0

  /** A look at their own screens, and what comes of it. */
  look(now: EpochMs): void {
    const bad = this.see().filter(({ share }) => share > NOTICED_SHARE)
    const open = this.stories.find(({ updates }) => updates.at(-1)!.status !== 'resolved')
    if (bad.length > 0) {
      this.wellSince = null
      if (this.failingSince === null) {
        this.failingSince = now
        this.slow = WORDS_MS[0] + this.draw() * (WORDS_MS[1] - WORDS_MS[0])
      }
      if (open === undefined && now - this.failingSince >= NOTICED_MS + this.slow)
        this.stories.push({
          id: `story-${this.stories.length + 1}`,
          impact: bad.some(({ share }) => share > 0.3) ? 'major' : 'minor',
          parts: bad.map(({ name }) => name),
          updates: [{ status: 'investigating', body: 'We are looking into elevated errors.', at: now }],
        })
      return
    }
    this.wellSince ??= now
    if (now - this.wellSince > NOTICED_MS) this.failingSince = null
    if (open === undefined) return
    const { status } = open.updates.at(-1)!
    if (status === 'investigating' && now - this.wellSince >= MONITORING_MS)
      open.updates.push({ status: 'monitoring', body: 'A fix is in place and we are watching it.', at: now })
    if (status === 'monitoring' && now - this.wellSince >= OVER_MS)
      open.updates.push({ status: 'resolved', body: 'This is resolved.', at: now })
  }

  /** The answer to `GET /api/v2/summary.json`. */
  summary(now: EpochMs) {
    const time = (at: EpochMs) => new Date(at).toISOString()
    const open = this.stories.filter(({ updates }) => updates.at(-1)!.status !== 'resolved')
    const worst = open.some(({ impact }) => impact === 'major') ? 'major' : open.length > 0 ? 'minor' : 'none'
    const component = (name: string) => ({
      id: name.toLowerCase().replaceAll(' ', '-'),
      name,
      status: open.some(({ parts }) => parts.includes(name)) ? 'partial_outage' : 'operational',
      group: false,
    })
    return {
      page: {
        id: 'larkchat',
        name: 'Larkchat',
        url: 'http://status.example',
        time_zone: 'Etc/UTC',
        updated_at: time(now),
      },
      status: { indicator: worst, description: worst === 'none' ? 'All Systems Operational' : 'Partial System Outage' },
      components: this.products.map(component),
      incidents: open.map(({ id, impact, parts, updates }) => ({
        id,
        name: `Elevated errors: ${parts.slice(0, 3).join(', ')}`,
        impact,
        status: updates.at(-1)!.status,
        created_at: time(updates[0]!.at),
        started_at: time(updates[0]!.at),
        updated_at: time(updates.at(-1)!.at),
        components: parts.map(component),
        incident_updates: updates.toReversed().map((update, i) => ({
          id: `${id}-${updates.length - i}`,
          status: update.status,
          body: update.body,
          created_at: time(update.at),
          display_at: time(update.at),
        })),
      })),
      scheduled_maintenances: [],
    }
  }
}
