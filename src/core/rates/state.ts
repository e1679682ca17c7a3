import type { FailureMode } from '../../contract/finding.js'
import { HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import type { Labels } from '../../contract/signal.js'
import {
  addGroups,
  addRow,
  fit,
  groupCount,
  groupSums,
  leafBook,
  leafFor,
  RING_SLOTS,
  rowsAt,
  slotRing,
  type GroupSums,
  type LeafBook,
  type SlotRing,
} from '../aggregate/label-sets.js'
import { noteTrip, tripState, type Trips } from './trips.js'

/** What is counted and known of one source with a denominator: request counts, or checks. Plain data throughout. */

export { FAILURE_MODES, type FailureMode } from '../../contract/finding.js'

/**
 * A source is new for so long, and until WARM_UP_REQUESTS are learned, but never longer than WARM_UP_MAX_MS. While it is new
 * the newest minute is learned at once, and only more than WARM_UP_SHARE_MAX failing is called trouble, never learned: what is
 * usual here is not known yet. 500 requests tell a usual share of 5 % to ± 1 %.
 */
const WARM_UP_MS = 20 * MINUTE
const WARM_UP_MAX_MS = 2 * HOUR
export const WARM_UP_REQUESTS = 500
export const WARM_UP_SHARE_MAX = 0.3
/** The global rate starts at 0.5 %, known no better than from this many requests. */
const PRIOR_SHARE = 0.005
const PRIOR_ALL_REQUESTS = 20
/** Nightly jobs and tired networks fail by the clock: a factor for each hour of the day against the mean of all. */
export const HOURS = 24
/** Minutes that are read back: the ring less a margin for rows that come early. */
export const READ_SLOTS = RING_SLOTS - 5
/** Minutes of demand that are kept. */
export const DEMAND_SLOTS = 240

export interface Learned {
  total: number[]
  hit: number[]
  /** Expected share a leaf. */
  share: number[]
  allTotal: number
  allHit: number
  /** By hour of day (UTC). */
  hourTotal: number[]
  hourHit: number[]
  hourFactor: number[]
}

export interface RateState {
  book: LeafBook
  ring: SlotRing
  /** Since the last tick, by group: total, bad, slow. */
  fresh: GroupSums
  /** Since the last tick, by group: expected bad, expected slow. */
  freshExpected: GroupSums
  touched: boolean
  /** Some were counted as slow: where nobody tells, nothing is said of slowness. */
  tellsSlow?: true
  learned: Record<FailureMode, Learned>
  /** How long answers take, where that is told; and since when it is not learned, for some are slow. */
  trips?: Trips
  slowSince?: EpochMs | null
  /** Leaf → its newest row: what is known of it when it falls silent for longer than the ring. */
  last: { slot: number[]; total: number[]; bad: number[]; slow: number[] }
  /** Group × rise → bits. */
  sums: Record<FailureMode, Float64Array>
  /** How much of all requests usually fails was taught: while the source is new, it is known of the whole alone. */
  taught?: boolean
  firstAt: EpochMs
  seenAt: EpochMs
  learnedUntil: EpochMs
  /** Requests of all leaves by minute, DEMAND_SLOTS long, and which minute each index holds. */
  totals: Float64Array
  totalsSlot: Float64Array
}

const learnedNothing = (): Learned => ({
  total: [],
  hit: [],
  share: [],
  allTotal: 0,
  allHit: 0,
  hourTotal: Array.from({ length: HOURS }, () => 0),
  hourHit: Array.from({ length: HOURS }, () => 0),
  hourFactor: Array.from({ length: HOURS }, () => 1),
})

export const rateState = (): RateState => ({
  book: leafBook(),
  ring: slotRing(),
  fresh: groupSums(),
  freshExpected: groupSums(),
  touched: false,
  learned: { bad: learnedNothing(), slow: learnedNothing() },
  last: { slot: [], total: [], bad: [], slow: [] },
  sums: { bad: new Float64Array(0), slow: new Float64Array(0) },
  firstAt: 0,
  seenAt: 0,
  learnedUntil: 0,
  totals: new Float64Array(DEMAND_SLOTS),
  totalsSlot: new Float64Array(DEMAND_SLOTS),
})

/** What has lasted is how things are: the failure mode's usual shares and rhythm are learned anew, from the minutes at hand on. */
export function startAnew(state: RateState, mode: FailureMode, now: EpochMs): void {
  state.learned[mode] = learnedNothing()
  if (mode === 'slow') delete state.trips
  state.learnedUntil = Math.min(state.learnedUntil, now - READ_SLOTS * MINUTE)
}

/** Whether an answer that took so long is slow for its label set; what is usual is learned while none is. */
export function isSlowTrip(state: RateState, leaf: number, latencyMs: number): boolean {
  const learns = (state.slowSince ?? null) === null
  return noteTrip((state.trips ??= tripState()), leaf, latencyMs, learns)
}

/** Takes one row; `slot` is the start of the minute it counts in. */
export function takeRate(
  state: RateState,
  slot: EpochMs,
  labels: Labels,
  total: number,
  bad: number,
  slow: number,
): void {
  takeLeaf(state, slot, leafFor(state.book, labels), total, bad, slow)
}

/** As `takeRate`, of a label set that was looked up before. */
export function takeLeaf(
  state: RateState,
  slot: EpochMs,
  leaf: number,
  total: number,
  bad: number,
  slow: number,
): void {
  const { book } = state
  const groups = book.groups[leaf]!
  const count = groupCount(book)
  fit(state.fresh, count)
  fit(state.freshExpected, count)
  addRow(state.ring, slot, leaf, total, bad, slow)
  noteLast(state.last, slot, leaf, total, bad, slow)
  addGroups(state.fresh, groups, total, bad, slow)
  addGroups(
    state.freshExpected,
    groups,
    total * expectedShare(state, 'bad', leaf, slot),
    total * expectedShare(state, 'slow', leaf, slot),
    0,
  )
  const index = (slot / MINUTE) % DEMAND_SLOTS
  if (state.totalsSlot[index] !== slot) {
    state.totalsSlot[index] = slot
    state.totals[index] = 0
  }
  state.totals[index]! += total
  state.touched = true
  if (slow > 0) state.tellsSlow = true
  if (state.firstAt === 0) state.firstAt = slot
}

function noteLast(
  last: RateState['last'],
  slot: EpochMs,
  leaf: number,
  total: number,
  bad: number,
  slow: number,
): void {
  while (last.slot.length <= leaf) {
    last.slot.push(0)
    last.total.push(0)
    last.bad.push(0)
    last.slow.push(0)
  }
  if (slot < last.slot[leaf]!) return
  const same = slot === last.slot[leaf]!
  last.slot[leaf] = slot
  last.total[leaf] = total + (same ? last.total[leaf]! : 0)
  last.bad[leaf] = bad + (same ? last.bad[leaf]! : 0)
  last.slow[leaf] = slow + (same ? last.slow[leaf]! : 0)
}

/** Healthy share of a leaf in the minute `slot`: its own level times the rhythm of the day. */
export function expectedShare(state: RateState, mode: FailureMode, leaf: number, slot: EpochMs): number {
  const learned = state.learned[mode]
  return Math.min(0.95, (learned.share[leaf] ?? globalShare(learned)) * learned.hourFactor[hourOf(slot)]!)
}

export const globalShare = (learned: Learned): number =>
  (learned.allHit + PRIOR_SHARE * PRIOR_ALL_REQUESTS) / (learned.allTotal + PRIOR_ALL_REQUESTS)

export const hourOf = (slot: EpochMs): number => Math.floor(slot / HOUR) % HOURS

/** A source so new that what is usual for it is not known. */
export const isNew = (state: RateState, now: EpochMs): boolean => {
  const age = now - state.firstAt
  return age < WARM_UP_MS || (age < WARM_UP_MAX_MS && state.learned.bad.allTotal < WARM_UP_REQUESTS)
}

/** Sums over the wanted leaves of one minute; null when nothing came. */
export function minuteOf(
  state: RateState,
  mode: FailureMode,
  slot: EpochMs,
  wanted: (leaf: number) => boolean,
): { total: number; hit: number; expected: number } | null {
  const rows = rowsAt(state.ring, slot)
  if (!rows) return null
  const hits = mode === 'bad' ? rows.b : rows.c
  const sum = { total: 0, hit: 0, expected: 0 }
  for (let i = 0; i < rows.leaf.length; i++) {
    const leaf = rows.leaf[i]!
    if (!wanted(leaf)) continue
    sum.total += rows.a[i]!
    sum.hit += hits[i]!
    sum.expected += rows.a[i]! * expectedShare(state, mode, leaf, slot)
  }
  return sum.total > 0 ? sum : null
}
