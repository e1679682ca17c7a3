import type { EpochMs } from '../../contract/time.js'
import { HOUR } from '../../contract/time.js'
import { groupCount } from '../aggregate/label-sets.js'
import { CLEAR_SHARE } from './rise-detector.js'
import type { RateState, FailureMode } from './state.js'
import { excessBits, leafWindow, shareError, windowByGroup, type LeafWindow } from './window.js'

/** What fails beyond the usual in the newest minutes of a source with a denominator, by label value. */

/** Newest minutes of each label set that say what fails now; more where so few requests come that five minutes say little. */
const WINDOW_ROWS = [5, 10, 20] as const
const WINDOW_REQUESTS = 500
/** A silent label set is held to its last word for so long; after that nobody knows, and its story ends as unknown. As long as a gap that count series bridge. */
export const LAST_WORD_MS = 6 * HOUR
/** Bits from which a window's excess is not chance; log2 of the values looked at is added. */
export const EXCESS_BITS = 8

/** Which label sets belong to a trouble. One byte a leaf, 1: in. */
export type Mask = Uint8Array

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
  mode: FailureMode,
  now: EpochMs,
  onset: EpochMs,
  patient: boolean,
  mask?: Mask,
): RateWindow {
  const from = Math.max(onset, now - LAST_WORD_MS)
  let window = leafWindow(state, mode, now, from, WINDOW_ROWS[0])
  for (const rows of patient ? WINDOW_ROWS.slice(1) : []) {
    if (window.total.reduce((sum, n, leaf) => (mask?.[leaf] === 0 ? sum : sum + n), 0) >= WINDOW_REQUESTS) break
    window = leafWindow(state, mode, now, from, rows)
  }
  const newest = new Float64Array(groupCount(state.book))
  for (let leaf = 0; leaf < window.newest.length; leaf++)
    for (const g of state.book.groups[leaf]!) if (window.newest[leaf]! > newest[g]!) newest[g] = window.newest[leaf]!
  return { state, window, groups: windowByGroup(state.book, window), newest }
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
export function anyExcess(rates: RateWindow, mode: FailureMode, least = EXCESS_BITS): boolean {
  const count = groupCount(rates.state.book)
  const needed = least + Math.log2(1 + count)
  for (let g = 0; g < count; g++) if (clearBits(rates, mode, g) >= needed) return true
  return false
}

/** Bits of the label value that fails most surprisingly. */
export function worstBits(rates: RateWindow, mode: FailureMode): number {
  let worst = 0
  for (let g = 0; g < groupCount(rates.state.book); g++) worst = Math.max(worst, clearBits(rates, mode, g))
  return worst
}

/** Bits of a label value whose excess is worth calling one, else 0. */
function clearBits({ groups }: RateWindow, mode: FailureMode, g: number): number {
  const total = groups.total[g]!
  if (total <= 0 || (groups.hit[g]! - groups.expected[g]!) / total < CLEAR_SHARE[mode]) return 0
  return excessBits(total, groups.hit[g]!, groups.expected[g]!)
}
