import { MINUTE, type EpochMs } from '../../contract/time.js'
import { groupCount } from '../aggregate/label-sets.js'
import { globalShare, isNew, minuteOf, WARM_UP_SHARE_MAX, type RateState, type FailureMode } from './state.js'
import { EFFECTIVE_REQUESTS } from './window.js'

export { learnRates } from './learn.js'
export { leavesOnset, rateOnset } from './onset.js'
export {
  startAnew,
  DEMAND_SLOTS,
  expectedShare,
  minuteOf,
  rateState,
  FAILURE_MODES,
  takeRate,
  type RateState,
  type FailureMode,
} from './state.js'
export { excessBits, failingRounds, leafWindow, shareError, windowByGroup, type LeafWindow } from './window.js'

/**
 * Trouble seen through a denominator: request counts and checks. For every label value a bank of capped likelihood-ratio
 * CUSUMs asks whether the failing share has risen, on what arrived since the last tick (a rate does not care which minute
 * a late row belongs to). Page (1954), Biometrika 41; capped increments so that one bad minute never raises an alarm.
 */

/** Rises in failing share that the bank looks for, absolute. The least is what an operator would call trouble. */
const RISES: Record<FailureMode, readonly number[]> = { bad: [0.02, 0.1, 0.4], slow: [0.08, 0.25, 0.6] }
/** Sums that a group has for each failure mode. */
export const RISE_COUNT = RISES.bad.length
/** One tick may add 4 bits, and 40 more in proportion to the failing share, never over 16: with RAISE_BITS above it, it takes two. */
const tickCapBits = (share: number): number => Math.min(16, 4 + 40 * share)
const RAISE_BITS = 20
/** A sum this high forgets in a bounded number of quiet ticks. */
const CEILING_BITS = 200
/** An alarm needs so many failing minutes among the newest SPREAD_SLOTS: the rows of one bad minute may arrive over two ticks. */
const BAD_MINUTES_LEAST = 2
const SPREAD_SLOTS = 30
/** Groups whose minutes are counted at an alarm; the rest follow the worst ones. */
const SPREAD_GROUPS = 8
/** No rows for so long: unreadable. Twice the usual reporting interval of a minute, and lag. */
export const UNREADABLE_MS = 10 * MINUTE
/** Shares below this above the usual are not called failing. */
export const CLEAR_SHARE: Record<FailureMode, number> = { bad: 0.003, slow: 0.02 }

/** What one failure mode looks like after a tick. */
export interface RateReading {
  /** null: nothing readable. */
  bits: number | null
  alarm: boolean
  /** Groups over the threshold, worst first. */
  groups: number[]
  share: number | null
  expectedShare: number
}

/** Closes a tick: updates the sums with what arrived since the last one, then forgets it. O(groups). */
export function tickRates(state: RateState, now: EpochMs): Record<FailureMode, RateReading> {
  const count = groupCount(state.book)
  const readings = { bad: closeMode(state, 'bad', count, now), slow: closeMode(state, 'slow', count, now) }
  if (state.touched) {
    state.seenAt = now
    for (const sums of [state.fresh, state.freshExpected]) {
      sums.a.fill(0)
      sums.b.fill(0)
      sums.c.fill(0)
    }
    state.touched = false
  }
  return readings
}

function closeMode(state: RateState, mode: FailureMode, count: number, now: EpochMs): RateReading {
  const rises = RISES[mode]
  let sums = state.sums[mode]
  if (sums.length < count * rises.length) {
    const next = new Float64Array(2 * count * rises.length)
    next.set(sums)
    sums = state.sums[mode] = next
  }
  if (state.touched) {
    const least = isNew(state, now) ? WARM_UP_SHARE_MAX : 0
    updateSums(state, mode, count, sums, least, mode === 'bad' && state.taught === true)
  }
  const threshold = RAISE_BITS + Math.log2(1 + count) / 2
  const over: { group: number; bits: number }[] = []
  let worst = 0
  for (let g = 0; g < count; g++) {
    let bits = 0
    for (let k = 0; k < rises.length; k++) bits = Math.max(bits, sums[g * rises.length + k]!)
    if (bits > worst) worst = bits
    if (bits >= threshold) over.push({ group: g, bits })
  }
  over.sort((x, y) => y.bits - x.bits || x.group - y.group)
  const total = state.fresh.a[0]!
  const hit = (mode === 'bad' ? state.fresh.b : state.fresh.c)[0]!
  const expected = (mode === 'bad' ? state.freshExpected.a : state.freshExpected.b)[0]!
  const readable = state.touched || (state.seenAt > 0 && now - state.seenAt < UNREADABLE_MS)
  return {
    bits: readable ? worst : null,
    alarm: over.some((x, i) => i < SPREAD_GROUPS && badMinutes(state, mode, x.group, now) >= BAD_MINUTES_LEAST),
    groups: over.map(x => x.group),
    share: total > 0 ? hit / total : null,
    expectedShare: total > 0 ? expected / total : globalShare(state.learned[mode]),
  }
}

/**
 * `least`: share below which nothing is called trouble. `taught`: how much of the whole usually fails is known all the same, and of no
 * part can usually fail more requests than of the whole.
 */
function updateSums(
  state: RateState,
  mode: FailureMode,
  count: number,
  sums: Float64Array,
  least: number,
  taught: boolean,
): void {
  const rises = RISES[mode]
  const hits = mode === 'bad' ? state.fresh.b : state.fresh.c
  const expected = mode === 'bad' ? state.freshExpected.a : state.freshExpected.b
  for (let g = 0; g < count; g++) {
    const total = state.fresh.a[g]!
    if (total <= 0) continue
    const share = hits[g]! / total
    const all = expected[0]! / total
    const p0 = Math.max(taught ? Math.min(least, all) : least, expected[g]! / total)
    const cap = tickCapBits(Math.max(0, share - p0))
    for (let k = 0; k < rises.length; k++) {
      const bits = riseBits(total, share, p0, rises[k]!)
      const at = g * rises.length + k
      sums[at] = Math.min(CEILING_BITS, Math.max(0, sums[at]! + Math.min(cap, bits)))
    }
  }
}

/** Evidence in bits that `share` of `total` comes from a rise over the usual `p0` and not from it. */
function riseBits(total: number, share: number, p0: number, rise: number): number {
  const usual = Math.min(0.9, Math.max(1e-6, p0))
  const risen = Math.min(0.999, Math.max(usual + rise, 2 * usual))
  const n = total / (1 + total / EFFECTIVE_REQUESTS)
  return n * (share * Math.log2(risen / usual) + (1 - share) * Math.log2((1 - risen) / (1 - usual)))
}

/** Minutes among the newest that speak for a rise in the group, counted up to BAD_MINUTES_LEAST. */
function badMinutes(state: RateState, mode: FailureMode, group: number, now: EpochMs): number {
  let found = 0
  const newest = Math.floor(now / MINUTE) * MINUTE
  for (let slot = newest; slot > newest - SPREAD_SLOTS * MINUTE && found < BAD_MINUTES_LEAST; slot -= MINUTE) {
    const m = minuteOf(state, mode, slot, leaf => state.book.groups[leaf]!.includes(group))
    if (m && riseBits(m.total, m.hit / m.total, m.expected / m.total, RISES[mode][0]!) > 0) found++
  }
  return found
}

/** Forgets the evidence of one failure mode: its alarm is over although the sums, built in a flood, would take long to run down. */
export function clearSums(state: RateState, mode: FailureMode): void {
  state.sums[mode].fill(0)
}
