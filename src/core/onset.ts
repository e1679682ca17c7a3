/**
 * When did it begin: profile likelihood over the start slot, the rate after it being whatever fits best (a step).
 * For the reports Y and the expectation E from a start to now the profile is (Y·ln(Y/E) − (Y − E)) / φ; the best start has the highest.
 * Starts whose profile is within a cut of the best make the interval; the cut is wider than ½χ²₁ because the profile of a change point is
 * not smooth, and was set by simulation (bench/detect-simulated.ts prints the coverage). Cost: one pass over at most 60 slots, at a raise.
 */

/** Nats below the best at which a start is no longer believed (95 %). */
const CUT_NATS = 3.2
/**
 * The start named lies at most this many slots before the last zero of the winning CUSUM, which needs some reports to leave zero: a rate left
 * free would take any mild excess before it for the beginning.
 */
const BEFORE_RUN = 3
/** Its interval may reach further back. */
const INTERVAL_BEFORE_RUN = 12

export interface Onset {
  start: number
  first: number
  last: number
  reports: number
  expected: number
}

export function locateOnset(
  newest: number,
  runStart: number,
  oldest: number,
  dispersion: number,
  count: (index: number) => number,
  mean: (index: number) => number,
): Onset {
  const from = Math.max(oldest, runStart - INTERVAL_BEFORE_RUN)
  const profile: number[] = []
  let reports = 0
  let expected = 0
  const best: Onset = { start: newest, first: newest, last: newest, reports: 0, expected: 0 }
  let top = Number.NEGATIVE_INFINITY
  for (let i = newest; i >= from; i--) {
    const y = count(i)
    if (!Number.isNaN(y)) {
      reports += y
      expected += mean(i)
    }
    const value = reports > expected ? (reports * Math.log(reports / expected) - (reports - expected)) / dispersion : 0
    profile.push(value)
    if (value > top && i >= runStart - BEFORE_RUN) {
      top = value
      best.start = i
      best.reports = reports
      best.expected = expected
    }
  }
  best.first = best.last = best.start
  for (let n = 0; n < profile.length; n++) {
    if ((profile[n] as number) < top - CUT_NATS) continue
    best.first = Math.min(best.first, newest - n)
    best.last = Math.max(best.last, newest - n)
  }
  return best
}
