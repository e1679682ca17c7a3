import type { Finding, KindReading, SegmentReading, Track } from '../../contract/finding.js'
import type { Quoted, Uneven, Where } from '../../contract/incident.js'
import { HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import { codeColumns, groupCount, groupName, leafCount } from '../aggregate.js'
import { segment, type LeafTable, type Segmentation } from '../localize/index.js'
import {
  CLEAR_SHARE,
  excessBits,
  leafWindow,
  shareError,
  UNREADABLE_MS,
  windowByGroup,
  type LeafWindow,
  type RateState,
  type Strand,
} from '../rates.js'
import type { Mask } from './masks.js'
import type { Held } from './quoted.js'
import { NOT_A_PLACE } from './reports.js'
import type { Picture } from './second.js'

/** Newest minutes of each label set that say what fails now; more where so few requests come that five minutes say little. */
const WINDOW_ROWS = [5, 10, 20] as const
const WINDOW_REQUESTS = 500
/** How far an interval is stretched towards the newest minute: 1 reaches it. */
const REACH = 1.2
/** Followed values at most: the cost of a tick in trouble. */
const MAX_TRACKS = 64
/** A silent label set is held to its last word for so long; after that nobody knows, and its story ends as unknown. As long as a gap that count series bridge. */
const LAST_WORD_MS = 6 * HOUR
/** A strand is followed for so long after its last trouble; the judge's hold is shorter. */
export const AFTERMATH_MS = 40 * MINUTE
/** Bits from which a window's excess is not chance; log2 of the values looked at is added. */
export const EXCESS_BITS = 8

/** Trouble of one kind (failing or slow) at one service, from its first alarm to the end of its aftermath. */
export interface StrandState {
  raisedAt: EpochMs
  /** First tick at which machines were in alarm; 0 while only people are. */
  machineAt: EpochMs
  onset: EpochMs
  onsetInterval: [EpochMs, EpochMs]
  /** Newest tick with an alarm or an excess. */
  troubledAt: EpochMs
  /** Newest tick with an excess in metrics and in checks; 0 before the first. */
  excessAt: { metrics: EpochMs; checks: EpochMs }
  /** Highest excess of reports a minute. */
  reportPeak: number
  /** Label values that were ever part of a segment, in order of appearance. */
  named: { label: string; value: string }[]
  segments: SegmentReading[]
  uneven: Uneven[]
  unaffected: Where
  quoted: Quoted[]
  /** and what it was read from. */
  quotes: Held | null
  /** Its last reading: the hours before the onset leave the memory of a long trouble. */
  demand: Finding['demand']
  /** Names it among several troubles at once; empty for one that began alone. */
  branch: string
  /** Where it is told apart from the others; null: everywhere else. */
  claim: Where[] | null
  /** Newest tick at which its claim grew. */
  grewAt: EpochMs
  /** What was told lately: a second trouble is held against it. */
  pictures: Picture[]
  /** Where it was before another was told apart from it. */
  settled: Where[]
  /** Newest tick at which a second trouble seemed to lie beside it. */
  suspectedAt: EpochMs
}

export const newStrand = (now: EpochMs, onset: EpochMs, onsetInterval: [EpochMs, EpochMs]): StrandState => ({
  raisedAt: now,
  machineAt: 0,
  onset,
  onsetInterval,
  troubledAt: now,
  excessAt: { metrics: 0, checks: 0 },
  reportPeak: 0,
  named: [],
  segments: [],
  uneven: [],
  unaffected: {},
  quoted: [],
  quotes: null,
  demand: null,
  branch: '',
  claim: null,
  grewAt: 0,
  pictures: [],
  settled: [],
  suspectedAt: 0,
})

export interface RateWindow {
  state: RateState
  window: LeafWindow
  groups: { total: Float64Array; hit: Float64Array; expected: Float64Array }
  /** Group → newest minute with data. */
  newest: Float64Array
  /** Leaves that count; all where there is none. */
  mask?: Mask
}

/** `patient`: look back further where requests (in the leaves of `mask`) are few; not where another, faster source leads. */
export function rateWindow(
  state: RateState,
  strand: Strand,
  now: EpochMs,
  onset: EpochMs,
  patient: boolean,
  mask?: Mask,
): RateWindow {
  const from = Math.max(onset, now - LAST_WORD_MS)
  let window = leafWindow(state, strand, now, from, WINDOW_ROWS[0])
  for (const rows of patient ? WINDOW_ROWS.slice(1) : []) {
    if (window.total.reduce((sum, n, leaf) => (mask?.[leaf] === 0 ? sum : sum + n), 0) >= WINDOW_REQUESTS) break
    window = leafWindow(state, strand, now, from, rows)
  }
  const newest = new Float64Array(groupCount(state.book))
  for (let leaf = 0; leaf < window.newest.length; leaf++)
    for (const g of state.book.groups[leaf]!) if (window.newest[leaf]! > newest[g]!) newest[g] = window.newest[leaf]!
  return { state, window, groups: windowByGroup(state.book, window), newest }
}

/**
 * A share is of minutes gone by, and while trouble grows or mends the present one is elsewhere: the interval is stretched to the
 * newest minute's share, and a little beyond it, for what is still on its way.
 */
export function stretch(
  segments: readonly SegmentReading[],
  rates: RateWindow,
  strand: Strand,
  now: EpochMs,
  onset: EpochMs,
): void {
  const { state } = rates
  const newest = leafWindow(state, strand, now, Math.max(onset, now - LAST_WORD_MS), 1)
  for (const s of segments) {
    if (s.share === null || s.interval === null) continue
    const groups = Object.entries(s.where).map(([label, values]) =>
      values.map(v => state.book.groupOf.get(`${label}=${v}`)),
    )
    let total = 0
    let excess = 0
    for (let leaf = 0; leaf < newest.total.length; leaf++) {
      const own = state.book.groups[leaf]!
      if (
        newest.total[leaf]! <= 0 ||
        rates.mask?.[leaf] === 0 ||
        !groups.every(any => any.some(g => g !== undefined && own.includes(g)))
      )
        continue
      total += newest.total[leaf]!
      excess += newest.hit[leaf]! - newest.expected[leaf]!
    }
    if (total <= 0) continue
    const drift = excess / total - s.share
    const [low, high] = s.interval
    s.interval = drift < 0 ? [Math.max(0, low + REACH * drift), high] : [low, Math.min(1, high + REACH * drift)]
  }
}

/** Failing share above the usual one in a group, with its bits and its standard error. */
export function groupExcess(rates: RateWindow, group: number): { excess: number; bits: number; error: number } {
  const total = rates.groups.total[group] ?? 0
  if (total <= 0) return { excess: 0, bits: 0, error: 1 }
  const hit = rates.groups.hit[group]!
  const expected = rates.groups.expected[group]!
  return {
    excess: Math.max(0, (hit - expected) / total),
    bits: excessBits(total, hit, expected),
    error: shareError(total, hit),
  }
}

/** Is any label value still failing beyond what is usual? */
export function anyExcess(rates: RateWindow, strand: Strand, least = EXCESS_BITS): boolean {
  const count = groupCount(rates.state.book)
  const needed = least + Math.log2(1 + count)
  for (let g = 0; g < count; g++) if (clearBits(rates, strand, g) >= needed) return true
  return false
}

/** Bits of the label value that fails most surprisingly. */
export function worstBits(rates: RateWindow, strand: Strand): number {
  let worst = 0
  for (let g = 0; g < groupCount(rates.state.book); g++) worst = Math.max(worst, clearBits(rates, strand, g))
  return worst
}

/** Bits of a label value whose excess is worth calling one, else 0. */
function clearBits({ groups }: RateWindow, strand: Strand, g: number): number {
  const total = groups.total[g]!
  if (total <= 0 || (groups.hit[g]! - groups.expected[g]!) / total < CLEAR_SHARE[strand]) return 0
  return excessBits(total, groups.hit[g]!, groups.expected[g]!)
}

/** The window as a table for the localizer; label sets without data are left out. */
export function rateTable(rates: RateWindow): LeafTable {
  const { book } = rates.state
  const { window } = rates
  const all = new Int32Array(leafCount(book))
  let size = 0
  for (let leaf = 0; leaf < all.length; leaf++) if (window.total[leaf]! > 0) all[size++] = leaf
  const index = all.subarray(0, size)
  const gather = (column: Float64Array): Float64Array => {
    if (size === column.length) return column
    const out = new Float64Array(size)
    for (let i = 0; i < size; i++) out[i] = column[index[i]!]!
    return out
  }
  const columns = codeColumns(book, index)
  const kept = book.attributes.flatMap((name, a) => (NOT_A_PLACE.has(name) && name !== 'network' ? [] : [a]))
  return {
    attributes: kept.map(a => book.attributes[a]!),
    values: kept.map(a => book.values[a]!),
    codes: kept.map(a => columns[a]!),
    real: gather(window.hit),
    predict: gather(window.expected),
    total: gather(window.total),
  }
}

export const whereUnaffected = (found: Segmentation['unaffected']): Where =>
  Object.fromEntries(found.map(x => [x.attribute, x.values]))

/** Localizes a window of rates. */
export function locateRates(rates: RateWindow): Segmentation {
  return segment(rateTable(rates), { kind: 'rates' })
}

const PLACES = ['cell', 'region', 'pop', 'isp', 'asn']
/** A place whose requests are so much older than the newest of all has fallen silent; metrics of one minute arrive within the next. */
const BEHIND_MS = 2 * MINUTE

const mostlyFails = (total: number, hit: number): boolean => total >= 3 && hit >= 3 && hit >= 0.5 * total

/** Newest minute with requests of a label value; null when requests never told of it. */
function lastHeard(state: RateState, label: string, value: string): EpochMs | null {
  const group = state.book.groupOf.get(`${label}=${value}`)
  if (group === undefined) return null
  let newest = 0
  for (let leaf = 0; leaf < state.last.slot.length; leaf++)
    if (state.last.slot[leaf]! > newest && state.book.groups[leaf]!.includes(group)) newest = state.last.slot[leaf]!
  return newest
}

const isSilent = (state: RateState, heard: EpochMs, now: EpochMs): boolean =>
  now - heard >= UNREADABLE_MS || state.last.slot.some(slot => slot - heard >= BEHIND_MS)

/** Do checks fail in a place that requests used to tell of and no longer do? Then the healthy requests of others say nothing about it. */
export function failsInSilence(checks: RateWindow, metrics: RateWindow, now: EpochMs): boolean {
  const { book } = checks.state
  for (let g = 1; g < groupCount(book); g++) {
    const { label, value } = groupName(book, g)!
    if (!PLACES.includes(label) || !mostlyFails(checks.groups.total[g]!, checks.groups.hit[g]!)) continue
    const heard = lastHeard(metrics.state, label, value)
    if (heard !== null && isSilent(metrics.state, heard, now)) return true
  }
  return false
}

/**
 * Cells and places that requests are silent about, or never told of, but checks see failing: they join the segments,
 * because silence at the onset is how a total failure looks from telemetry.
 */
export function addFromChecks(
  found: Segmentation['segments'],
  checks: RateWindow,
  metrics: RateWindow,
  now: EpochMs,
): void {
  const { book } = checks.state
  for (const label of PLACES) {
    const blind: { value: string; share: number; interval: [number, number]; bits: number }[] = []
    for (let g = 1; g < groupCount(book); g++) {
      const name = groupName(book, g)!
      if (name.label !== label) continue
      const total = checks.groups.total[g]!
      const hit = checks.groups.hit[g]!
      if (!mostlyFails(total, hit)) continue
      const heard = lastHeard(metrics.state, label, name.value)
      if (heard !== null && !isSilent(metrics.state, heard, now)) continue
      if (found.some(s => s.where[label]?.includes(name.value))) continue
      const half = 1.96 * Math.sqrt((hit * (total - hit)) / total ** 3)
      blind.push({
        value: name.value,
        share: hit / total,
        interval: [Math.max(0, hit / total - half - 1 / (2 * total)), Math.min(1, hit / total + half)],
        bits: excessBits(total, hit, checks.groups.expected[g]!),
      })
    }
    if (blind.length === 0) continue
    const share = blind.reduce((sum, b) => sum + b.share, 0) / blind.length
    found.push({
      where: { [label]: blind.map(b => b.value) },
      share,
      interval: [Math.min(...blind.map(b => b.interval[0])), Math.max(...blind.map(b => b.interval[1]))],
      bits: blind.reduce((sum, b) => sum + b.bits, 0),
      excess: 0,
    })
    return
  }
}

/** Remembers the values that segments name, so that each is followed to its own recovery. */
export function nameSegments(state: StrandState, segments: readonly { where: Where }[]): void {
  for (const s of segments)
    for (const [label, values] of Object.entries(s.where))
      for (const value of values)
        if (state.named.length < MAX_TRACKS && !state.named.some(n => n.label === label && n.value === value))
          state.named.push({ label, value })
}

/**
 * Everything, then each named value: what is left of the trouble there. Metrics lead; checks speak where metrics never did.
 * `leading` speaks for everything: the metrics, or nobody but checks while the metrics of a failing place are silent.
 */
export function readTracks(
  state: StrandState,
  leading: RateWindow | null,
  metrics: RateWindow | null,
  checks: RateWindow | null,
  now: EpochMs,
): Track[] {
  const tracks: Track[] = []
  const read = (where: Where, key: string | null): void => {
    // Two sources that take turns at the whole would look like recovery: while metrics are alive, checks wait for them.
    const alive = leading !== null && now - leading.state.seenAt < UNREADABLE_MS
    for (const rates of key === null ? [leading, alive ? null : checks] : [metrics, checks]) {
      if (!rates) continue
      const group = key === null ? 0 : rates.state.book.groupOf.get(key)
      if (group === undefined || (rates.groups.total[group] ?? 0) <= 0) continue
      const { excess, bits, error } = groupExcess(rates, group)
      tracks.push({ where, excess, unit: 'share', bits, error, stale: now - rates.newest[group]! > UNREADABLE_MS })
      return
    }
  }
  read({}, null)
  for (const { label, value } of state.named) read({ [label]: [value] }, `${label}=${value}`)
  return tracks
}

/** Components whose failing share is not small beside the worst one's, most failing requests first. */
export function failingComponents(rates: RateWindow, strand: Strand): string[] {
  const { book } = rates.state
  const found: { value: string; excess: number; hits: number }[] = []
  for (let g = 1; g < groupCount(book); g++) {
    const name = groupName(book, g)!
    if (name.label !== 'component') continue
    const { excess, bits } = groupExcess(rates, g)
    if (excess >= CLEAR_SHARE[strand] && bits >= EXCESS_BITS)
      found.push({ value: name.value, excess, hits: excess * rates.groups.total[g]! })
  }
  const worst = Math.max(0, ...found.map(f => f.excess))
  return found
    .filter(f => f.excess >= Math.max(0.02, 0.2 * worst))
    .sort((a, b) => b.hits - a.hits || (a.value < b.value ? -1 : 1))
    .map(f => f.value)
}

export const quietKind = (observed: number, expected: number, bits: number | null): KindReading => ({
  bits,
  alarm: false,
  observed,
  expected,
  onset: null,
  onsetInterval: null,
  share: null,
})
