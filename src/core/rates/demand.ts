import type { Demand } from '../../contract/finding.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import { DEMAND_SLOTS, type RateState } from './state.js'

/** Minutes before the onset from which demand is carried forward. */
const BEFORE_MIN = 135
/**
 * Pauses that keep an early rise out of them, tried in turn: where demand stands above the line as soon as the pause begins, it
 * rose before that, and the line is drawn anew through what came earlier.
 */
const PAUSES_MIN = [45, 75]
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
  const index = (slot / MINUTE) % DEMAND_SLOTS
  return state.totalsSlot[index] === slot ? state.totals[index]! : null
}

/** Minutes whose mean is told. */
const TOLD_MIN = 5

/**
 * Demand against the straight line through its own hours before the onset: the last minutes' ratio, the minute in which it
 * rose above the line for good, and where that was before the onset the ratio just before it. Retries of failing clients look
 * like demand, so a rise counts as a cause only before the errors. null: unknown.
 */
export function readDemand(state: RateState, onset: EpochMs, now: EpochMs): Demand | null {
  const start = Math.floor(onset / MINUTE) * MINUTE
  const last = Math.floor(now / MINUTE) * MINUTE - LAG_MIN * MINUTE
  for (const pauseMin of PAUSES_MIN) {
    const from = start - pauseMin * MINUTE
    const line = fit(state, start - BEFORE_MIN * MINUTE, from)
    if (!line) return null
    const ratio = meanRatio(state, line, last)
    if (ratio === null) return null
    const since = riseAfter(state, line, from, last)
    if (since === null || since > from) {
      const before = since !== null && since < start ? meanRatio(state, line, start) : null
      return { ratio, since, before }
    }
  }
  // Above the line from the first minute on, twice: it is the line that is off, for it was drawn through an earlier change of course.
  return null
}

type Line = NonNullable<ReturnType<typeof fit>>

function ratioAt(state: RateState, line: Line, slot: EpochMs): number | null {
  const seen = at(state, slot)
  const usual = line.mean + line.slope * ((slot - line.middle) / MINUTE)
  return seen === null || usual <= 0 ? null : seen / usual
}

/** Mean ratio of the last minutes before `until`. */
function meanRatio(state: RateState, line: Line, until: EpochMs): number | null {
  let sum = 0
  let n = 0
  for (let slot = until - TOLD_MIN * MINUTE; slot < until; slot += MINUTE) {
    const ratio = ratioAt(state, line, slot)
    if (ratio === null) continue
    sum += ratio
    n++
  }
  return n === 0 ? null : sum / n
}

/** The first of three minutes in a row that stand clearly above the line. */
function riseAfter(state: RateState, line: Line, from: EpochMs, until: EpochMs): EpochMs | null {
  let run = 0
  for (let slot = from; slot < until; slot += MINUTE) {
    const ratio = ratioAt(state, line, slot)
    if (ratio === null) continue
    const clear = Math.max(RISE, 1 + RISE_NOISES * line.noise + LINE_ERRORS * line.errorAt(slot))
    run = ratio >= clear ? run + 1 : 0
    if (run >= 3) return slot - 2 * MINUTE
  }
  return null
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
