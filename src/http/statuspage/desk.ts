import type { MaintenanceConfig, StatusPageConfig } from '../../contract/config.js'
import { DAY, MINUTE, type EpochMs } from '../../contract/time.js'
import { dayStart, isUtc, localDay, offsetMsAt } from '../../core/calendar/zone.js'
import type { IncidentView, Reader } from '../../contract/view.js'
import { type Published, publishedOf } from '../../core/words/published.js'
import { TOLD_MS, type Told, toldOf } from '../../core/vendors/told.js'
import { type Edition, positionOf } from '../pages/cache.js'
import { idOf } from './ids.js'
import { readPlans, type Plans } from './maintenance.js'
import { pageViewOf, type PageView } from './page-view.js'

export interface DeskDeps {
  reader: Reader
  /** At least one. */
  pages: readonly StatusPageConfig[]
  maintenance: readonly MaintenanceConfig[]
  wallNow: () => EpochMs
  /** What names the state of the data; the log's position, if not given. */
  edition?: Edition
  /** Whether a page is named to whom is answered now; each is, if not given. */
  shows?: (page: StatusPageConfig) => boolean
  /** Tells when a story changed; without it all stories are read anew for each picture. */
  onIncident?: (listener: () => void) => void
}

/** How long ago a service may have been heard of first; rollups are not kept for longer. */
const SINCE_DAYS = 400
/** Services of which it is read what others say. */
const TOLD_READ = 1_000
/** The history that pages show. */
export const HISTORY_DAYS = 90
/** Incidents that are read from the store at once. */
const INCIDENTS_READ = 200
/** Stories held at most, newest first: 22 a day for 90 days; older ones are on `/incidents`. */
const INCIDENTS_HELD = 2_000
/** PublicIncident even when they are older than the history. */
const INCIDENTS_LEAST = 50

/** Days on which the zone's clocks stand alike. */
interface Clock {
  /** The first of its days. */
  day: EpochMs
  from: EpochMs
  until: EpochMs
  offsetMs: number
}

/** The stretches of days, both ends included, in which the zone's clocks stand alike; a year has three at most. */
function clocksOf(zone: string, first: EpochMs, last: EpochMs): Clock[] {
  const found: Clock[] = []
  if (isUtc(zone)) return [{ day: first, from: first, until: last + DAY, offsetMs: 0 }]
  for (let day = first; day <= last; day += DAY) {
    const [from, until] = [dayStart(day, zone), dayStart(day + DAY, zone)]
    // A day on which the clocks change is asked for by the offset of its noon: it is told as one day all the same.
    const offsetMs = offsetMsAt(from + (until - from) / 2, zone)
    const before = found.at(-1)
    if (before?.offsetMs === offsetMs) before.until = until
    else found.push({ day, from, until, offsetMs })
  }
  return found
}

/** Reads what the status pages need, once for each state of the data, and makes their pictures. */
export class Desk {
  readonly #plans: Plans
  readonly #edition: Edition
  readonly #pictures = new Map<string, { version: string; picture: Promise<PageView> }>()
  #past: { stamp: number; day: number; incidents: Promise<IncidentView[]> } | null = null
  #stamp = 0
  /** Days with data, by time zone and service; those before yesterday do not change any more. */
  readonly #days = new Map<string, Map<string, Set<EpochMs>>>()

  constructor(private readonly deps: DeskDeps) {
    this.#plans = readPlans(deps.maintenance)
    this.#edition = deps.edition ?? positionOf(deps.reader)
    deps.onIncident?.(() => {
      this.#stamp++
    })
  }

  get pages(): readonly StatusPageConfig[] {
    return this.deps.pages
  }

  /** The pages beside one that whoever is answered may know of. */
  beside(page: StatusPageConfig): StatusPageConfig[] {
    return this.pages.filter(each => each !== page && this.deps.shows?.(each) !== false)
  }

  /** Address of a page's own picture; it is served from here, so that no reader is sent elsewhere. */
  logo(page: StatusPageConfig): string | null {
    return page.logo === null ? null : `/assets/logo/${page.id}`
  }

  /** While it stands, a picture stays the same: data grows old also without news. */
  async version(): Promise<string> {
    return `${await this.#edition()} ${Math.floor(this.deps.wallNow() / (MINUTE / 2))}`
  }

  async picture(page: StatusPageConfig): Promise<PageView> {
    const version = await this.version()
    const held = this.#pictures.get(page.id)
    if (held?.version === version) return held.picture
    const picture = this.#make(page)
    const made = { version, picture }
    this.#pictures.set(page.id, made)
    picture.catch(() => {
      if (this.#pictures.get(page.id) === made) this.#pictures.delete(page.id)
    })
    return picture
  }

  async #make(page: StatusPageConfig): Promise<PageView> {
    const { reader, wallNow } = this.deps
    const [workspace, services] = await Promise.all([reader.workspace(), reader.services()])
    const wall = workspace.clock === 'wall' ? wallNow() : null
    const now = wall === null ? workspace.now : Math.max(workspace.now, wall)
    const days = await this.#daysOf(
      services.map(each => each.service),
      page.timeZone,
      now,
    )
    const incidents = await this.#incidents(now)
    return pageViewOf({
      page,
      pageId: idOf('page', page.id, page.url ?? page.title),
      plans: this.#plans,
      workspace,
      services,
      incidents,
      postmortems: await this.#postmortems(incidents),
      now,
      wallNow: wall,
      told: await this.#told(
        services.map(each => each.service),
        now,
      ),
      days,
    })
  }

  /** Of those that have one published; few do. */
  async #postmortems(incidents: readonly IncidentView[]): Promise<Map<string, Published>> {
    const found = new Map<string, Published>()
    for (const { id, publishedAt } of incidents) {
      const published = publishedAt === undefined ? null : publishedOf(await this.deps.reader.orders(id))
      if (published) found.set(id, published)
    }
    return found
  }

  async #told(services: readonly string[], now: EpochMs): Promise<Map<string, Told[]>> {
    const { reader } = this.deps
    const told = new Map<string, Told[]>()
    for (const id of services.slice(0, TOLD_READ))
      told.set(id, toldOf(await reader.facts(id, now - TOLD_MS, now + 1, 'notice'), now))
    return told
  }

  /** Read once for all days, then for the last two: data may come late, but not by more. */
  async #daysOf(services: readonly string[], zone: string, now: EpochMs): Promise<Map<string, ReadonlySet<EpochMs>>> {
    const today = localDay(now, zone)
    const known = this.#days.get(zone) ?? new Map<string, Set<EpochMs>>()
    this.#days.set(zone, known)
    for (const service of services) {
      const held = known.get(service)
      const days = held ?? new Set<EpochMs>()
      // The hour before the clocks go back would count for the day before.
      for (const clock of clocksOf(zone, today - (days.size > 0 ? 1 : SINCE_DAYS) * DAY, today))
        for (const day of await this.deps.reader.days(service, clock.from, clock.until, clock.offsetMs))
          days.add(Math.max(day, clock.day))
      known.set(service, days)
    }
    return new Map(services.map(each => [each, known.get(each) ?? new Set<EpochMs>()]))
  }

  /** Stories change when one of them is told, not with each count. */
  #incidents(now: EpochMs): Promise<IncidentView[]> {
    const day = Math.floor(now / DAY)
    const held = this.#past
    if (this.deps.onIncident && held?.stamp === this.#stamp && held.day === day) return held.incidents
    const made = { stamp: this.#stamp, day, incidents: this.#read(now) }
    this.#past = made
    made.incidents.catch(() => {
      if (this.#past === made) this.#past = null
    })
    return made.incidents
  }

  async #read(now: EpochMs): Promise<IncidentView[]> {
    const { reader } = this.deps
    const found = new Map<string, IncidentView>()
    for (const each of await reader.incidents({ open: true, limit: INCIDENTS_READ })) found.set(each.id, each)
    let before: EpochMs | undefined
    while (found.size < INCIDENTS_HELD) {
      const rows = await reader.incidents({ limit: INCIDENTS_READ, ...(before === undefined ? {} : { before }) })
      for (const each of rows) found.set(each.id, each)
      const last = rows.at(-1)
      if (!last || rows.length < INCIDENTS_READ) break
      if (last.openedAt < now - HISTORY_DAYS * DAY && found.size >= INCIDENTS_LEAST) break
      before = last.openedAt
    }
    return [...found.values()]
  }
}
