// Where the state of a baseline keeps what, and how it begins.
import { CLAIM_LANES, startClaim } from '../stat/claim.js'
import { breakDispersion, DISPERSION_LANES, turnDispersion } from '../stat/dispersion.js'
import type { SeasonState } from '../stat/season.js'
import { UNSEEN_VARIANCE, VARIANCE_MAX } from '../stat/steady.js'

const HOUR_MS = 3_600_000

/** Slots kept for late counts and for holding back the newest ones. A power of two, so that the ring index is a mask. */
export const RING = 64
export const MASK = RING - 1
/** Scalars of the state, by place in one array, so that a snapshot is a copy. */
export const FIRST = 0 // start of slot 0
export const INDEX = 1 // newest slot stepped, −1 before the first
export const LEARNED = 2 // newest slot the levels have passed
export const KNOWN = 3 // slots that had a count
export const MULTIPLE = 4 // slow multiple of the season
export const MULTIPLE_VARIANCE = 5
export const LOCAL = 6 // local level, counts a slot; NaN until the first count is learned
export const LOCAL_VARIANCE = 7
export const DISPERSION = 8 // as taken at the last turn
export const LEARNED_HOUR = 9 // hour in which the last learned slot lies
export const STRETCH_END = 10 // until when the season's slope below holds without a jump
export const SEASON = 11 // season's mean of the newest slot
export const RATIO = 12 // its factor from slot to slot
export const SEASON_VARIANCE = 13
export const STEP_VARIANCE = 14 // what the season's curve may do between two hour centres
export const SEASONAL = 15 // 1 once the season has been read from learned slots
export const FLOOR = 16 // what an hour of day not seen yet may bring
export const MEAN = 17 // of the newest slot: expected count,
export const VARIANCE = 18 // relative variance of that,
export const CLAIMED = 19 // and what the filters claimed it to be
export const CENTRE_END = 20 // next hour centre, where the season is read anew
export const JUMP = 21 // the season's factor at the full hour before that
export const SPREAD = 22 // lanes of stat/dispersion
export const CLAIM = SPREAD + DISPERSION_LANES // lanes of stat/claim
export const SCALARS = CLAIM + CLAIM_LANES

/** Lanes of the ring: count (NaN: unknown), the season's mean, and whether the slot is learned (1) or not (0). */
export const SEASON_LANE = RING
export const LEARN_LANE = 2 * RING
export interface BaselineState extends SeasonState {
  scalars: Float64Array
  ring: Float32Array
}

export function emptyScalars(slotMs: number, usualPerHour: number | undefined): Float64Array {
  const s = new Float64Array(SCALARS)
  s[FIRST] = Number.NaN
  s[INDEX] = -1
  s[LEARNED] = -1
  s[MULTIPLE] = 1
  s[LOCAL] = Number.NaN // until the first count is learned
  s[MULTIPLE_VARIANCE] = s[LOCAL_VARIANCE] = VARIANCE_MAX
  s[DISPERSION] = turnDispersion(s, SPREAD, 0, slotMs, 0)
  s[LEARNED_HOUR] = Number.NaN
  breakDispersion(s, SPREAD)
  startClaim(s, CLAIM)
  if (usualPerHour !== undefined) {
    s[LOCAL] = (usualPerHour * slotMs) / HOUR_MS
    s[LOCAL_VARIANCE] = UNSEEN_VARIANCE
  }
  s[STRETCH_END] = s[CENTRE_END] = Number.NEGATIVE_INFINITY
  return s
}
