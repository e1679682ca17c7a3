import { MINUTE } from '../../../contract/time.js'
import { cleared, emptyRow, type Format, type Row } from './row.js'
import { firstSegment, plainPath, type Route, routeReader } from './routes.js'
import { OTHER_ID, Values } from '../../shared/label-values.js'

// Lines → counts by window and label set. What is kept of a line is where it adds one.

/** Observations further behind count in no minute (docs/signals.md, `late`). */
export const OLD_MS = 30 * MINUTE
/** A clock may be so far ahead; what is beyond is counted as of now. */
const LINE_AHEAD_MS = MINUTE
/** The time of lines that have none: so far ahead that it counts as of now. */
const NOW = Number.MAX_SAFE_INTEGER
/** Backends that are told apart; later ones are `other`, as with all that follow. */
const CELLS = 200
/** Hosts, of a log of several sites. */
const HOSTS = 50
/** First parts of paths: a site has a dozen or two. */
const SEGMENTS = 50
/** Values of each further field. */
export const FIELDS = 60
/** Routes of the settings. More: the settings are refused. */
export const ROUTES = 60
/** Further fields: what they add to the number of a label set still is a whole one. */
export const MORE = 4
/** Label sets times windows that one round of counting holds; more end the round. */
export const CELLS_A_ROUND = 5_000

/** Another protocol from here on. */
const SWITCHED = 101
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
/** Radix of each digit of a label set's number: host, route, method, cell; then 128 for each further field. */
const RADIX = { host: 64, route: 128, method: 16, cell: 256, more: 128 }
/** Digit of a line that says no method, */
const NO_METHOD = 0
/** and of one that says one that is not in the list. */
const OTHER_METHOD = 1
const methodIds = new Map<string, number>(METHODS.map((name, i) => [name, i + 2]))
const methodTexts = ['', 'other', ...METHODS]

/** What decides how lines count. */
export interface Rules {
  service: string
  windowMs: number
  slowMs: number
  bad: ReadonlySet<number>
  ignored: ReadonlySet<number>
  ignoredPaths: readonly string[]
  routes: readonly Route[]
  segments: boolean
  /** Host → service, where one log is of several. */
  hosts: ReadonlyMap<string, string>
  labels: Readonly<Record<string, string>>
  /** Names of labels for what every format has; null: none. */
  names: Readonly<Record<'host' | 'route' | 'method' | 'cell', string | null>>
  /** Labels of further fields, in their order. */
  more: readonly string[]
}

/** Values of labels as they are kept. */
export type Known = Partial<Record<string, string[]>>

interface Cell {
  total: number
  bad: number
  slow: number
}

export interface Tally {
  lines: number
  /** Lines that are in another format than this one. */
  other: number
  requests: number
  /** Too old to count in their minute. */
  old: number
}

/** Counts rounds of lines; what the labels of one round are was decided before it began. */
export class Counter {
  private windows = new Map<number, Map<number, Cell>>()
  private size = 0
  /** The newest time of a line, and the one up to which lines were counted already. */
  private newestMs = 0
  seenUntil = 0
  /** Whether lines tell how long they took. */
  private timed = false
  readonly tally: Tally = { lines: 0, other: 0, requests: 0, old: 0 }
  private readonly row: Row
  private readonly host: Values
  private readonly segment: Values
  private readonly cell: Values
  private readonly more: Values[]
  private readonly routeOf: (path: string) => number

  constructor(
    private readonly rules: Rules,
    known: Known,
    now: number,
  ) {
    this.row = emptyRow(rules.more.length)
    this.host = new Values(HOSTS, false, known['host'], now, [...rules.hosts.keys()])
    this.segment = new Values(SEGMENTS, false, known['segment'], now)
    this.cell = new Values(CELLS, true, known['cell'], now)
    this.more = rules.more.map(name => new Values(FIELDS, false, known[`more ${name}`], now))
    this.routeOf = routeReader(rules.routes)
  }

  get full(): boolean {
    return this.size >= CELLS_A_ROUND
  }

  add(line: string, format: Format): void {
    const { row, tally } = this
    cleared(row)
    tally.lines++
    const verdict = format.parse(line, row, false)
    if (verdict === 'other') tally.other++
    // What is no request of HTTP, of scanners mostly, is nobody's failure; a format may say neither method nor path.
    else if (verdict === 'request' && !row.noise) this.take(row)
  }

  /** A line of which nobody knows what it is. */
  strange(): void {
    this.tally.lines++
    this.tally.other++
  }

  private take(row: Row): void {
    const { rules, tally } = this
    const { status } = row
    if (rules.ignored.has(status)) return
    const path = plainPath(row.path)
    if (rules.ignoredPaths.length > 0 && rules.ignoredPaths.includes(path)) return
    if (row.time <= this.seenUntil) return void tally.old++
    tally.requests++
    // A line without a time is of now, which is when its round ends.
    const time = Number.isNaN(row.time) ? NOW : row.time
    if (time > this.newestMs && time !== NOW) this.newestMs = time
    const good = status >= 200 && status < 400
    const bad = rules.bad.has(status)
    const timed = !Number.isNaN(row.durationMs)
    if (timed) this.timed = true
    const key = this.keyOf(row, path, good, time)
    const cell = this.cellOf(Math.floor(time / rules.windowMs), key)
    cell.total++
    if (bad) cell.bad++
    // A connection that was handed over (WebSocket) lasts for as long as people stay.
    else if (timed && status !== SWITCHED && row.durationMs >= rules.slowMs) cell.slow++
  }

  private keyOf(row: Row, path: string, good: boolean, time: number): number {
    const { rules, more } = this
    let route = this.routeOf(path)
    if (route < 0)
      route =
        rules.routes.length + (rules.segments && path !== '' ? this.segment.idOf(firstSegment(path), good, time) : 0)
    const { names } = rules
    const host = names.host === null && rules.hosts.size === 0 ? 0 : this.host.idOf(plainHost(row.host), good, time)
    const method =
      names.method === null ? NO_METHOD : row.method === '' ? NO_METHOD : (methodIds.get(row.method) ?? OTHER_METHOD)
    const cell = names.cell === null ? 0 : this.cell.idOf(lastAttempt(row.upstream), good, time)
    let key = ((host * RADIX.route + route) * RADIX.method + method) * RADIX.cell + cell
    for (let i = 0; i < more.length; i++) key = key * RADIX.more + (more[i]?.idOf(row.more[i] ?? '', good, time) ?? 0)
    return key
  }

  private last: { window: number; cells: Map<number, Cell> } | null = null
  private cellOf(window: number, key: number): Cell {
    let cells = this.last?.window === window ? this.last.cells : this.windows.get(window)
    if (cells === undefined) {
      cells = new Map()
      this.windows.set(window, cells)
    }
    this.last = { window, cells }
    let cell = cells.get(key)
    if (cell === undefined) {
      cell = { total: 0, bad: 0, slow: 0 }
      cells.set(key, cell)
      this.size++
    }
    return cell
  }

  /**
   * The signals of this round, and begins the next. Windows ahead of `now` count as of now, those too old not at all.
   *
   * @param id of a signal, by its place among these
   */
  end(now: number, id: (place: number) => string): object[] {
    const { windowMs } = this.rules
    const present = Math.floor(now / windowMs)
    const windows = new Map<number, Map<number, Cell>>()
    for (const [window, cells] of this.windows) {
      const time = (window + 1) * windowMs
      if (now - time > OLD_MS) {
        for (const { total } of cells.values()) this.tally.old += total
        continue
      }
      const as = time - now > LINE_AHEAD_MS ? present : window
      const into = windows.get(as)
      if (into === undefined) windows.set(as, cells)
      else for (const [key, cell] of cells) addTo(into, key, cell)
    }
    const signals: object[] = []
    for (const [window, cells] of [...windows].sort(([a], [b]) => a - b))
      for (const [key, cell] of cells) signals.push(this.signal(id(signals.length), (window + 1) * windowMs, key, cell))
    this.windows = new Map()
    this.last = null
    this.size = 0
    this.settle(now)
    return signals
  }

  private settle(now: number): void {
    for (const values of [this.host, this.segment, this.cell, ...this.more]) {
      values.count(this.tally.requests)
      values.settle(now)
    }
  }

  private signal(id: string, at: number, key: number, { total, bad, slow }: Cell): object {
    const { service, hosts } = this.rules
    const { labels, host } = this.labelsOf(key)
    return {
      type: 'observation',
      via: 'metric',
      id,
      service: hosts.get(host) ?? service,
      at,
      windowMs: this.rules.windowMs,
      labels,
      total,
      bad,
      ...(this.timed ? { slow } : {}),
    }
  }

  private labelsOf(key: number): { labels: Record<string, string>; host: string } {
    const { rules, more } = this
    const { names } = rules
    const labels: Record<string, string> = {}
    const put = (name: string | null, values: Values, id: number) => {
      if (name !== null && id !== 0) labels[name] = readable(values.textOf(id))
    }
    let rest = key
    const digit = (radix: number): number => {
      const value = rest % radix
      rest = Math.floor(rest / radix)
      return value
    }
    for (let i = more.length - 1; i >= 0; i--) put(rules.more[i] ?? null, more[i] as Values, digit(RADIX.more))
    put(names.cell, this.cell, digit(RADIX.cell))
    const method = digit(RADIX.method)
    if (method !== NO_METHOD && names.method !== null) labels[names.method] = methodTexts[method] ?? 'other'
    const route = digit(RADIX.route)
    const own = rules.routes[route]
    if (own !== undefined) labels['component'] = own.component
    else put(names.route, this.segment, route - rules.routes.length)
    const host = rest
    put(names.host, this.host, host)
    return { labels: { ...labels, ...rules.labels }, host: host <= OTHER_ID ? '' : this.host.textOf(host) }
  }

  /** The newest time that was counted; never ahead of `now`. */
  newest(now: number): number {
    return Math.min(this.newestMs, now)
  }

  get known(): Known {
    const { host, segment, cell, more, rules } = this
    return {
      host: host.known,
      segment: segment.known,
      cell: cell.known,
      ...Object.fromEntries(more.map((values, i) => [`more ${rules.more[i]}`, values.known])),
    }
  }
}

function addTo(into: Map<number, Cell>, key: number, { total, bad, slow }: Cell): void {
  const cell = into.get(key)
  if (cell === undefined) return void into.set(key, { total, bad, slow })
  cell.total += total
  cell.bad += bad
  cell.slow += slow
}

/** `Shop.example:443` → `shop.example`. */
function plainHost(host: string): string {
  if (host === '') return ''
  const port = host.lastIndexOf(':')
  const name = port > 0 && host.indexOf(']', port) < 0 ? host.slice(0, port) : host
  return name.toLowerCase()
}

/** Who answered: of several attempts the last. */
function lastAttempt(upstream: string): string {
  if (upstream === '' || upstream === '-') return ''
  const space = upstream.lastIndexOf(' ')
  const last = space < 0 ? upstream : upstream.slice(space + 1)
  const scheme = last.indexOf('://')
  return last === '-' ? '' : scheme < 0 ? last : last.slice(scheme + 3)
}

/** Bytes that were read one by one, as the text that they are; what cannot be shown is no name. */
function readable(text: string): string {
  const bytes = Buffer.from(text, 'latin1')
  const whole = bytes.toString('latin1') === text ? bytes.toString('utf8') : text
  return /^[^\p{C}\p{Z}\ufffd]+(?: [^\p{C}\p{Z}\ufffd]+)*$/u.test(whole) ? whole : 'other'
}
