/**
 * When did it begin: profile likelihood over the start slot, the rate after it being whatever fits best (a step).
 * For the reports Y and the expectation E from a start to now the profile is (Y·ln(Y/E) − (Y − E)) / φ; the best start has the highest.
 * Noise that happens to lie a little high just before is not part of it: when the run splits into a mild and a far steeper piece with clear
 * evidence, the steeper piece is located again against the mild one. Starts whose profile is within a cut of the best make the interval;
 * where the steeper piece was taken, the interval reaches back to where the mild one may have begun.
 * The cut is wider than ½χ²₁ because the profile of a change point is not smooth, and was set by simulation (bench/detect/simulated.ts
 * prints the coverage). Cost: two passes over at most 60 slots, at a raise.
 */

/** Nats below the best at which a start is no longer believed (95 %). */
const CUT_NATS = 4
/**
 * The start named lies at most this many slots before the last zero of the winning CUSUM, which needs some reports to leave zero: a rate left
 * free would take any mild excess before it for the beginning.
 */
const BEFORE_RUN = 3
/** Its interval may reach further back. */
const INTERVAL_BEFORE_RUN = 24
/** A steeper piece is the beginning when its rate is this many times that of the mild piece, with this evidence. */
const SPLIT_RATIO = 2
const SPLIT_NATS = 3

export interface Onset {
  start: number
  first: number
  last: number
  reports: number
  expected: number
}

type Lookup = (index: number) => number

export function locateOnset(
  newest: number,
  runStart: number,
  oldest: number,
  phi: number,
  count: Lookup,
  mean: Lookup,
): Onset {
  const from = Math.max(oldest, runStart - INTERVAL_BEFORE_RUN)
  const onset = profile(newest, from, runStart - BEFORE_RUN, phi, 1, count, mean)
  const mild = mildRate(onset, newest, phi, count, mean)
  if (mild === 0) return onset
  const steep = profile(newest, onset.start, onset.start, phi, mild, count, mean)
  steep.first = Math.min(steep.first, onset.first)
  return steep
}

/**
 * Where the growth began that the start ends: of the slots before it the stretch that stands out most, if by more than noise would be believed.
 * What was told of the run (its sums, how rare it is) stays with the start: a mild beginning would thin it.
 */
export function growthBefore(start: number, oldest: number, phi: number, count: Lookup, mean: Lookup): number {
  let [reports, expected, began, top] = [0, 0, start, CUT_NATS * phi]
  for (let i = start - 1; i >= Math.max(oldest, start - INTERVAL_BEFORE_RUN); i--) {
    const y = count(i)
    if (Number.isNaN(y)) continue
    reports += y
    expected += mean(i)
    const value = fit(reports, expected)
    if (value <= top) continue
    top = value
    began = i
  }
  return began
}

/** Starts from `from` on are judged against the expectation times `scale`; those from `earliest` on may be named. */
function profile(
  newest: number,
  from: number,
  earliest: number,
  phi: number,
  scale: number,
  count: Lookup,
  mean: Lookup,
): Onset {
  const values: number[] = []
  const best: Onset = { start: newest, first: newest, last: newest, reports: 0, expected: 0 }
  let reports = 0
  let expected = 0
  let top = Number.NEGATIVE_INFINITY
  for (let i = newest; i >= from; i--) {
    const y = count(i)
    if (!Number.isNaN(y)) {
      reports += y
      expected += mean(i)
    }
    const value = fit(reports, scale * expected) / phi
    values.push(value)
    if (value <= top || i < earliest) continue
    top = value
    best.start = i
    best.reports = reports
    best.expected = expected
  }
  best.first = best.last = best.start
  values.forEach((value, n) => {
    if (value < top - CUT_NATS) return
    best.first = Math.min(best.first, newest - n)
    best.last = Math.max(best.last, newest - n)
  })
  return best
}

/** Rate (in expectations) of the first piece when the run is better told as a mild and a far steeper piece, else 0. */
function mildRate(onset: Onset, newest: number, phi: number, count: Lookup, mean: Lookup): number {
  const whole = fit(onset.reports, onset.expected)
  let reports = 0
  let expected = 0
  let gain = SPLIT_NATS * phi
  let mild = 0
  for (let i = newest; i > onset.start; i--) {
    const y = count(i)
    if (Number.isNaN(y)) continue
    reports += y
    expected += mean(i)
    const before = onset.reports - reports
    const expectedBefore = onset.expected - expected
    if (!(expectedBefore > 0) || reports * expectedBefore < SPLIT_RATIO * before * expected) continue
    const better = fit(reports, expected) + fit(before, expectedBefore) - whole
    if (better <= gain) continue
    gain = better
    mild = Math.max(1, before / expectedBefore)
  }
  return mild
}

/** Log-likelihood ratio of the best rate above 1 against 1, for a Poisson count. */
function fit(reports: number, expected: number): number {
  return reports > expected ? reports * Math.log(reports / expected) - (reports - expected) : 0
}
