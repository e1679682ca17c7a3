import type { SegmentReading } from '../../contract/finding.js'
import type { Where } from '../../contract/incident.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import { codeColumns, groupCount, groupName, groupNamed, leafCount } from '../aggregate/label-sets.js'
import { segment, type LeafTable, type Segmentation } from '../localize/index.js'
import { EXCESS_BITS, groupExcess, LAST_WORD_MS, type RateWindow } from '../rates/excess.js'
import { CLEAR_SHARE, UNREADABLE_MS } from '../rates/rise-detector.js'
import type { RateState, FailureMode } from '../rates/state.js'
import { excessBits, leafWindow } from '../rates/window.js'
import { NOT_A_PLACE } from '../aggregate/label-roles.js'

/** Where requests and checks fail, as segments of label values. */

/** How far an interval is stretched towards the newest minute: 1 reaches it. */
const REACH = 1.2
/** The window as a table for the localizer; label sets without data are left out. `more`: a label that is no place, and counts as one. */
export function rateTable(rates: RateWindow, more = ''): LeafTable {
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
  const kept = book.attributes.flatMap((name, a) =>
    NOT_A_PLACE.has(name) && name !== 'network' && name !== more ? [] : [a],
  )
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

/** Label of a check: where it was made from. */
const VANTAGE = 'vantage'

/**
 * Localizes a window of rates. Where it was looked from is named only where nothing else says where it fails: one place failing of three
 * is that, and not a third of everything.
 */
export function locateRates(rates: RateWindow): Segmentation {
  const found = segment(rateTable(rates), { kind: 'rates' })
  const isPlain = found.segments.every(({ where }) => Object.keys(where).length === 0)
  if (!isPlain || !rates.state.book.attributes.includes(VANTAGE)) return found
  const fromPlaces = segment(rateTable(rates, VANTAGE), { kind: 'rates' })
  return fromPlaces.segments.some(({ where }) => VANTAGE in where) ? fromPlaces : found
}

const PLACES = ['cell', 'region', 'pop', 'isp', 'asn']
/** A place whose requests are so much older than the newest of all has fallen silent; metrics of one minute arrive within the next. */
const BEHIND_MS = 2 * MINUTE

const mostlyFails = (total: number, hit: number): boolean => total >= 3 && hit >= 3 && hit >= 0.5 * total

/** Newest minute with requests of a label value; null when requests never told of it. */
function lastHeard(state: RateState, label: string, value: string): EpochMs | null {
  const group = groupNamed(state.book, label, value)
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

/**
 * A share is of minutes gone by, and while trouble grows or mends the present one is elsewhere: the interval is stretched to the
 * newest minute's share, and a little beyond it, for what is still on its way.
 */
export function stretch(
  segments: readonly SegmentReading[],
  rates: RateWindow,
  mode: FailureMode,
  now: EpochMs,
  onset: EpochMs,
): void {
  const { state } = rates
  const newest = leafWindow(state, mode, now, Math.max(onset, now - LAST_WORD_MS), 1)
  for (const s of segments) {
    if (s.share === null || s.interval === null) continue
    const groups = Object.entries(s.where).map(([label, values]) => values.map(v => groupNamed(state.book, label, v)))
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

/** Components whose failing share is not small beside the worst one's, most failing requests first. */
export function failingComponents(rates: RateWindow, mode: FailureMode): string[] {
  const { book } = rates.state
  const found: { value: string; excess: number; hits: number }[] = []
  for (let g = 1; g < groupCount(book); g++) {
    const name = groupName(book, g)!
    if (name.label !== 'component') continue
    const { excess, bits } = groupExcess(rates, g)
    if (excess >= CLEAR_SHARE[mode] && bits >= EXCESS_BITS)
      found.push({ value: name.value, excess, hits: excess * rates.groups.total[g]! })
  }
  const worst = Math.max(0, ...found.map(f => f.excess))
  return found
    .filter(f => f.excess >= Math.max(0.02, 0.2 * worst))
    .sort((a, b) => b.hits - a.hits || (a.value < b.value ? -1 : 1))
    .map(f => f.value)
}
