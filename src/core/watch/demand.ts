import { MINUTE, type EpochMs } from '../../contract/time.js'
import { DEMAND_SLOTS, type RateState } from '../rates.js'

/** Minutes before the onset from which demand is carried forward, and the pause that keeps an early rise out of them. */
const BEFORE_MIN = 90
const PAUSE_MIN = 45
/** Fewer minutes than this tell no trend. */
const NEEDED = 20
/** Demand has left its course from this ratio on, for three minutes in a row, and clear of its own noise in each. */
const RISE = 1.1
const RISE_NOISES = 2
/** The line itself may be off, by the same amount in all three minutes. */
const LINE_ERRORS = 3
/** The newest minutes may still be filling. */
const LAG_MIN = 3

const at = (state: RateState, slot: EpochMs): number | null => {
  const place = (slot / MINUTE) % DEMAND_SLOTS
  return state.totalsSlot[place] === slot ? state.totals[place]! : null
}

/**
 * Demand against the straight line through its own hours before the onset: the last minutes' ratio, and the minute in which it
 * rose above the line for good. Retries of failing clients look like demand, so a rise counts as a cause only before the errors.
 */
export function readDemand(
  state: RateState,
  onset: EpochMs,
  now: EpochMs,
): { ratio: number; since: EpochMs | null } | null {
  const start = Math.floor(onset / MINUTE) * MINUTE
  const line = fit(state, start - (BEFORE_MIN + PAUSE_MIN) * MINUTE, start - PAUSE_MIN * MINUTE)
  if (!line) return null
  const ratioAt = (slot: EpochMs): number | null => {
    const seen = at(state, slot)
    const usual = line.mean + line.slope * ((slot - line.middle) / MINUTE)
    return seen === null || usual <= 0 ? null : seen / usual
  }
  const last = Math.floor(now / MINUTE) * MINUTE - LAG_MIN * MINUTE
  let sum = 0
  let n = 0
  for (let slot = last - 5 * MINUTE; slot < last; slot += MINUTE) {
    const ratio = ratioAt(slot)
    if (ratio !== null) {
      sum += ratio
      n++
    }
  }
  if (n === 0) return null
  let since: EpochMs | null = null
  let run = 0
  for (let slot = start - PAUSE_MIN * MINUTE; slot < last; slot += MINUTE) {
    const ratio = ratioAt(slot)
    if (ratio === null) continue
    run = ratio >= Math.max(RISE, 1 + RISE_NOISES * line.noise + LINE_ERRORS * line.errorAt(slot)) ? run + 1 : 0
    if (run >= 3) {
      since = slot - 2 * MINUTE
      break
    }
  }
  return { ratio: sum / n, since }
}

/** `noise`: standard deviation around the line, `errorAt`: that of the line itself; both relative to its mean. */
function fit(
  state: RateState,
  from: EpochMs,
  until: EpochMs,
): { mean: number; slope: number; middle: EpochMs; noise: number; errorAt(slot: EpochMs): number } | null {
  let n = 0
  let sx = 0
  let sy = 0
  let sxx = 0
  let sxy = 0
  let syy = 0
  const middle = (from + until) / 2
  for (let slot = from; slot < until; slot += MINUTE) {
    const y = at(state, slot)
    if (y === null) continue
    const x = (slot - middle) / MINUTE
    n++
    sx += x
    sy += y
    sxx += x * x
    sxy += x * y
    syy += y * y
  }
  if (n < NEEDED) return null
  const spread = sxx - (sx * sx) / n
  const slope = spread > 0 ? (sxy - (sx * sy) / n) / spread : 0
  const rest = syy - (sy * sy) / n - slope * (sxy - (sx * sy) / n)
  const noise = sy > 0 ? (Math.sqrt(Math.max(0, rest) / (n - 2)) * n) / sy : 0
  return {
    mean: sy / n - slope * (sx / n),
    slope,
    middle,
    noise,
    errorAt: slot => noise * Math.sqrt(1 / n + ((slot - middle) / MINUTE - sx / n) ** 2 / Math.max(1, spread)),
  }
}
