import type { Finding } from '../../contract/finding.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import { minuteOf, type RateState, type FailureMode } from './state.js'
import { shareError } from './window.js'

/** Minutes among which the newest whole one is looked for: rows come up to two minutes late. */
const LOOK_MIN = 4
/** A minute with fewer requests than this part of the fullest one of these is still filling. */
const WHOLE = 0.7
/** Fewer requests than this tell no share. */
const LEAST = 20

/** Failing share above the usual one in the newest whole minute: a window that spans a repair tells the past beside it. */
export function latelyOf(state: RateState, mode: FailureMode, now: EpochMs): Finding['lately'] {
  const newest = Math.floor((now - 1) / MINUTE) * MINUTE
  const minutes = Array.from({ length: LOOK_MIN }, (_, i) =>
    minuteOf(state, mode, newest - i * MINUTE, () => true),
  ).flatMap(each => each ?? [])
  const most = Math.max(0, ...minutes.map(each => each.total))
  const found = minutes.find(each => each.total >= LEAST && each.total >= WHOLE * most)
  if (!found) return null
  const { total, hit, expected } = found
  return { share: Math.max(0, (hit - expected) / total), error: shareError(total, hit) }
}
