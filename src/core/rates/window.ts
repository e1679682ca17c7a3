import { MINUTE, type EpochMs } from '../../contract/time.js'
import { groupCount, leafCount, rowsAt, type LeafBook } from '../aggregate/label-sets.js'
import { betaBinomialSurvival, bitsOf } from '../stat/tails.js'
import { expectedShare, minuteOf, READ_SLOTS, type RateState, type FailureMode } from './state.js'

/** Requests of one tick share fate: their failing share wobbles as if no more than this many were drawn. */
export const EFFECTIVE_REQUESTS = 2_000

/** Older rows say nothing of now. */
const NEWEST_MS = 45 * MINUTE
/** A round of checks has mostly failed from this share above the usual one on. */
const MOSTLY = 0.5

/** Newest rows of each leaf: its last `rows` minutes with data, none before `from`. A silent leaf keeps its last word. */
export interface LeafWindow {
  total: Float64Array
  hit: Float64Array
  expected: Float64Array
  /** Start of the newest minute with data, 0 when none. */
  newest: Float64Array
}

export function leafWindow(state: RateState, mode: FailureMode, now: EpochMs, from: EpochMs, rows: number): LeafWindow {
  const leaves = leafCount(state.book)
  const out: LeafWindow = {
    total: new Float64Array(leaves),
    hit: new Float64Array(leaves),
    expected: new Float64Array(leaves),
    newest: new Float64Array(leaves),
  }
  const taken = new Int32Array(leaves)
  const oldest = Math.max(from, now - READ_SLOTS * MINUTE)
  for (let slot = Math.floor((now - 1) / MINUTE) * MINUTE; slot >= oldest; slot -= MINUTE) {
    const minute = rowsAt(state.ring, slot)
    if (!minute) continue
    const hits = mode === 'bad' ? minute.b : minute.c
    for (let i = 0; i < minute.leaf.length; i++) {
      const leaf = minute.leaf[i]!
      if (taken[leaf]! >= rows) continue
      taken[leaf]!++
      if (out.newest[leaf] === 0) out.newest[leaf] = slot
      out.total[leaf]! += minute.a[i]!
      out.hit[leaf]! += hits[i]!
      out.expected[leaf]! += minute.a[i]! * expectedShare(state, mode, leaf, slot)
    }
  }
  // What is about to leave the ring, or has left it, weighs on as so many of its newest rows.
  for (let leaf = 0; leaf < leaves; leaf++) {
    const slot = state.last.slot[leaf]!
    if (slot < from || slot >= now - (READ_SLOTS - rows) * MINUTE) continue
    out.newest[leaf] = slot
    out.total[leaf] = rows * state.last.total[leaf]!
    out.hit[leaf] = rows * (mode === 'bad' ? state.last.bad : state.last.slow)[leaf]!
    out.expected[leaf] = out.total[leaf]! * expectedShare(state, mode, leaf, slot)
  }
  return out
}

/** How many of the newest minutes with data, one after another, mostly failed; counted up to `most`. */
export function failingRounds(state: RateState, now: EpochMs, most: number): number {
  let found = 0
  const newest = Math.floor(now / MINUTE) * MINUTE
  for (let slot = newest; slot > newest - NEWEST_MS && found < most; slot -= MINUTE) {
    const minute = minuteOf(state, 'bad', slot, () => true)
    if (!minute) continue
    if (minute.hit - minute.expected < MOSTLY * minute.total) break
    found++
  }
  return found
}

/** Sums of a window by group. */
export function windowByGroup(
  book: LeafBook,
  window: LeafWindow,
): { total: Float64Array; hit: Float64Array; expected: Float64Array } {
  const count = groupCount(book)
  const sums = { total: new Float64Array(count), hit: new Float64Array(count), expected: new Float64Array(count) }
  for (let leaf = 0; leaf < window.total.length; leaf++) {
    if (window.total[leaf]! <= 0) continue
    for (const g of book.groups[leaf]!) {
      sums.total[g]! += window.total[leaf]!
      sums.hit[g]! += window.hit[leaf]!
      sums.expected[g]! += window.expected[leaf]!
    }
  }
  return sums
}

/** Bits against "as usual" for a share in a window; the wobble of shared fate is in the tail. */
export function excessBits(total: number, hit: number, expected: number): number {
  if (total <= 0 || hit <= expected) return 0
  const p = Math.min(0.999, Math.max(1e-6, expected / total))
  // Beta-binomial whose share has the variance of EFFECTIVE_REQUESTS draws.
  return bitsOf(
    betaBinomialSurvival(Math.round(hit), Math.round(total), p * EFFECTIVE_REQUESTS, (1 - p) * EFFECTIVE_REQUESTS),
  )
}

/** Standard error of a failing share, shared fate included; half a failure is added so that none is not certainty. */
export function shareError(total: number, hit: number): number {
  const p = (hit + 0.5) / (total + 1)
  return Math.sqrt(p * (1 - p) * (1 / total + 1 / EFFECTIVE_REQUESTS))
}
