import type { IncidentEvent, Where } from '../../src/contract/incident.js'
import { MINUTE, type EpochMs } from '../../src/contract/time.js'
import type { Play } from './judge.js'
import { CELLS, PLANS } from './plan.js'
import { SERVICE } from './parts/telemetry.js'
import type { Truth } from './truth.js'

// One picture, minute by minute: above what people saw, below what was said of it. Each file stands by itself.

const LEFT = 110
const COLUMN = 44
const LEAST = 960
const ROW = 16
const GAP = 10
/** Width of a letter, in the mean. */
const LETTER = 6.4

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, each => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[each]!)
const percent = (share: number): string => `${Math.round(share * 100)} %`
const clock = (at: EpochMs): string => new Date(at).toISOString().slice(11, 16)

/** What had been said by the end of a minute. */
interface Said {
  state: 'nothing' | 'open' | 'recovering' | 'resolved'
  /** Newest picture of where; null: nothing was said of places. */
  segments: NonNullable<IncidentEvent['segments']> | null
}

function saidBy(events: readonly IncidentEvent[], until: EpochMs): Said {
  const said: Said = { state: 'nothing', segments: null }
  for (const event of events) {
    if (Date.parse(event.at) > until) break
    if (event.event === 'opened' || event.event === 'reopened') said.state = 'open'
    if (event.event === 'recovering' || event.event === 'resolved') said.state = event.event
    if (event.segments) said.segments = event.segments
  }
  return said
}

/** The highest share that is told for a value of a label; null: none is. */
export function toldOf({ state, segments }: Said, label: 'cell' | 'tier', value: string): number | null {
  if (state === 'nothing' || state === 'resolved' || segments === null) return null
  const shares = segments
    .filter(({ where }) => where[label]?.includes(value) ?? where[label] === undefined)
    .flatMap(({ share }) => share ?? [])
  return shares.length === 0 ? null : Math.max(...shares)
}

const STYLE =
  'text{font:12px system-ui,sans-serif;fill:#1c1b1f}.title{font-weight:600;font-size:15px}.head{font-weight:600}.name{text-anchor:end}.clock{font-size:10px;fill:#555}.none{fill:#f1f1f1}.on{fill:#1c1b1f}.nothing{fill:#f1f1f1}.open{fill:#b3261e}.recovering{fill:#d9a400}.resolved{fill:#2e7d32}.vendor{fill:#3b5b92}'

interface Field {
  fill: string
  says: string
}
const red = (share: number | null): string =>
  share === null ? 'class="none"' : `fill="#b3261e" fill-opacity="${Math.max(0.04, share).toFixed(2)}"`

/** Rows of fields, a minute each, one below the other. */
class Rows {
  private readonly out: string[] = []
  private y = 44

  constructor(private readonly minutes: readonly EpochMs[]) {
    minutes.forEach((at, i) => this.text(LEFT + i * COLUMN, this.y, clock(at), 'clock'))
  }

  get width(): number {
    return Math.max(LEFT + this.minutes.length * COLUMN + GAP, LEAST)
  }

  text(x: number, y: number, words: string, kind = ''): void {
    this.out.push(
      `<text xml:space="preserve" x="${x}" y="${y}"${kind ? ` class="${kind}"` : ''}>${escaped(words)}</text>`,
    )
  }

  heading(words: string): void {
    this.y += GAP
    this.text(0, this.y + 12, words, 'head')
    this.y += ROW + 4
  }

  row(name: string, field: (at: EpochMs) => Field): void {
    this.text(LEFT - 8, this.y + 12, name, 'name')
    this.minutes.forEach((at, i) => {
      const { fill, says } = field(at)
      const title = escaped(`${clock(at)} ${name}: ${says}`)
      this.out.push(
        `<rect x="${LEFT + i * COLUMN}" y="${this.y}" width="${COLUMN - 1}" height="${ROW - 1}" ${fill}><title>${title}</title></rect>`,
      )
    })
    this.y += ROW
  }

  line(words: string): void {
    this.text(0, this.y + 12, words.length * LETTER > this.width ? `${words.slice(0, this.width / LETTER)} …` : words)
    this.y += ROW
  }

  svg(title: string): string {
    const label = escaped(`${title}: the world and what was said of it, minute by minute`)
    const { width, y, out } = this
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y + 12}" width="${width}" role="img" aria-label="${label}"><style>${STYLE}</style><rect width="100%" height="100%" fill="#fff"/>\n${out.join('\n')}\n</svg>\n`
  }
}

/** The picture, as SVG. */
export function film(truth: Truth, play: Play, events: readonly IncidentEvent[]): string {
  const { fault, brokeAt, endedAt } = play
  const own = events.filter(event => event.service === SERVICE)
  const times = truth.minutes().map(({ at }) => at)
  const rows = new Rows(times.filter(at => at >= brokeAt - 3 * MINUTE && at <= endedAt))
  rows.text(0, 18, `${fault.name}: ${fault.title}`, 'title')
  worldRows(rows, truth, play)
  saidRows(rows, own)
  rows.row('status page', at => {
    const word = truth.vendor.findLast(each => each.at < at + MINUTE)
    const open = word !== undefined && word.status !== 'resolved'
    return { fill: open ? 'class="vendor"' : 'class="none"', says: word?.status ?? 'all systems operational' }
  })
  rows.heading('Its words')
  for (const line of wordsOf(own)) rows.line(line)
  return rows.svg(fault.name)
}

function worldRows(rows: Rows, truth: Truth, { brokeAt, mendedAt }: Play): void {
  rows.heading('The world: which share of the requests failed')
  rows.row('switch', at => {
    const on = at + MINUTE > brokeAt && (mendedAt === null || at < mendedAt)
    return { fill: on ? 'class="on"' : 'class="none"', says: on ? 'broken' : 'not broken' }
  })
  const real = (name: string, where: Where) =>
    rows.row(name, at => {
      const { total, bad, slow } = truth.count(where, at, at)!
      const share = total === 0 ? null : bad / total
      const says =
        share === null ? 'nobody asked' : `${percent(share)} of ${total} failed, ${percent(slow / total)} slow`
      return { fill: red(share), says }
    })
  real('everything', {})
  for (const { id } of CELLS) real(id, { cell: [id] })
  for (const { id } of PLANS) real(id, { tier: [id] })
}

function saidRows(rows: Rows, own: readonly IncidentEvent[]): void {
  rows.heading('What Epicenter had said of it by the end of that minute')
  rows.row('state', at => {
    const { state } = saidBy(own, at + MINUTE)
    return { fill: `class="${state}"`, says: state }
  })
  const told = (label: 'cell' | 'tier', id: string) =>
    rows.row(id, at => {
      const share = toldOf(saidBy(own, at + MINUTE), label, id)
      return { fill: red(share), says: share === null ? 'nothing said' : `${percent(share)} said` }
    })
  for (const { id } of CELLS) told('cell', id)
  for (const { id } of PLANS) told('tier', id)
}

/** Events that say something new, in one or two lines each. */
function wordsOf(events: readonly IncidentEvent[]): string[] {
  const lines: string[] = []
  let before = ''
  for (const event of events) {
    const [first] = (event.causes ?? []).filter(each => each.state !== 'ruled_out')
    const cause = first === undefined ? '' : `suspected at ${percent(first.probability)}: ${first.title}`
    const [said = ''] = (event.says ?? []).map(({ text }) => text)
    const words = `${said} ${cause}`
    if (words === before && event.event === 'updated') continue
    before = words
    lines.push(`${clock(Date.parse(event.at))} ${event.event}: ${said}`)
    if (cause !== '') lines.push(`          ${cause}`)
  }
  return lines
}
