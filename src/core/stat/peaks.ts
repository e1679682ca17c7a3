/**
 * How high a series climbs by itself, and what it takes to be news there.
 *
 * Real reports come in bursts that no count model predicts: on some services the negative binomial's "once a month" happens twice a week.
 * So every finished episode leaves its peak: y = ln(evidence / model threshold) ≥ 0, and its size, how many more than half again the usual
 * came in some twenty minutes (stat/burst-size). An episode that was an outage by its size leaves none: a service with a bad year must not grow deaf of it. From n peaks in d days, a a day being asked for:
 *  · Under the model y is exponential with mean 1/threshold (Wald). Where it is no heavier, the evidence asked for rises only as far as more
 *    peaks came than asked: ln B = ξ·ln(λ/a), λ = a·(½ + n) / (½ + a·d), ξ the mean of y.
 *  · As far as it is heavier, or peaks are surely more than asked (0 ≤ h ≤ 1), the series bursts by itself, and news must be larger than its
 *    bursts: of sizes with mean m and deviation s one in N passes m + s·(ln N − 1), exact for an exponential and on the safe side for
 *    anything lighter; N = MARGIN·λ/a. And TEN in any case.
 *  · Or it must be far beyond their evidence, for what is slow has no size: by Hill's estimator (peaks over threshold, Pickands 1975; SPOT,
 *    Siffer et al. 2017) ln B = ξ·ln(SLOW_MARGIN·λ/a), at least SLOW_MIN.
 *
 * Peaks are held back for a week (daily trouble since Monday is no habit yet) and fade over a year. The constants were chosen on four of the
 * seven services of bench/detect/crowd.ts and on simulated quiet (bench/detect/simulated.ts).
 * The state is PEAK_LANES lanes in the owner's array, from `at` on. Cost: a comparison a slot, some fifty flops four times a day.
 */
const NEXT = 0 // slot index from which the bars are taken anew
const BAR = 1 // evidence, in model thresholds; 0 before it was ever taken
const SIZE_BAR = 2 // size, 0 where the series does not burst
const SLOW_BAR = 3 // evidence that needs no size, in model thresholds
const COUNT = 4 // of learned peaks, faded
const SUM = 5 // of their y
const SIZES = 6 // of their sizes
const SQUARES = 7 // of those squared
const AS_OF = 8 // slot index up to which those are faded
const WAITING = 9 // held-back peaks: triples of slot index, y and size, in order, from HELD on
const HELD = 10
/** More than that many in a week are a habit already: the oldest is learned at once. */
const HELD_MAX = 8
export const PEAK_LANES = HELD + 2 * HELD_MAX

const DAY_MS = 86_400_000
const RENEW_MS = DAY_MS / 4
const HOLD_BACK_MS = 7 * DAY_MS
const MEMORY_MS = 365 * DAY_MS
/** Peaks that the asked rate is worth before there are any. */
const PRIOR_PEAKS = 0.5
/** And the model's own tail. */
const PRIOR_TAIL = 1
/** e³ = 20 thresholds, 150 to 250 bits. */
const PEAK_MAX = 3
/** Real services have tails of 0.6 to 1.3; a few great outages in a row do not make a heavier one. */
const TAIL_MAX = 1.2
/** Bursts are taken for twice as frequent as they were, for "at most" was asked … */
const MARGIN = 2
/** … and what is slow for far more, and never for less than e² thresholds: its tail rests on the few whose level was mistaken for days. */
const SLOW_MARGIN = 25
const SLOW_MIN = 2.2
/** Up to this many times the model's tail is what counts of few reports do by themselves, and so many deviations what chance makes of n. */
const TAIL_OF_NOISE = 1.3
const TAIL_BY_CHANCE = 1.2
/** The tail beyond that, in the model's, at which a series is known to burst. */
const TAIL_OF_BURSTS = 0.5
/** Peaks are surely more than asked by so many deviations of their number; twice as many beyond that are bursts. */
const OFTEN_DEVIATIONS = 2
/** So many more than half again the usual is the least size of news where there are bursts. */
const TEN = 10

/** The bar of evidence in model thresholds, 1 or more. */
export function barOf(s: Float64Array, at: number): number {
  return Math.max(1, s[at + BAR] as number)
}

/** Whether evidence (in model thresholds) above {@link barOf} is news at this size. */
export function isNews(s: Float64Array, at: number, thresholds: number, size: number): boolean {
  return size >= (s[at + SIZE_BAR] as number) || thresholds >= (s[at + SLOW_BAR] as number)
}

/** Takes the peak of an episode that ended in this slot: its best evidence in model thresholds, and its size. */
export function addPeak(s: Float64Array, at: number, index: number, thresholds: number, size: number): void {
  if ((s[at + WAITING] as number) === HELD_MAX) learnOldest(s, at)
  const place = at + HELD + 3 * (s[at + WAITING] as number)
  s[place] = index
  s[place + 1] = Math.min(PEAK_MAX, Math.log(Math.max(1, thresholds)))
  s[place + 2] = Math.max(0, size)
  s[at + WAITING] = (s[at + WAITING] as number) + 1
}

/** Drops the peaks that are held back. */
export function dropHeld(s: Float64Array, at: number): void {
  s[at + WAITING] = 0
}

/** Takes the bars anew when their time has come. `threshold` is the model's, nats; slots count from the series' beginning. */
export function renewBar(
  s: Float64Array,
  at: number,
  index: number,
  slotMs: number,
  askedPerDay: number,
  threshold: number,
): void {
  if (index < (s[at + NEXT] as number)) return
  s[at + NEXT] = index + Math.ceil(RENEW_MS / slotMs)
  const keep = Math.exp((-(index - (s[at + AS_OF] as number)) * slotMs) / MEMORY_MS)
  s[at + AS_OF] = index
  for (let place = COUNT; place <= SQUARES; place++) s[at + place] = (s[at + place] as number) * keep
  while ((s[at + WAITING] as number) > 0 && (index - (s[at + HELD] as number)) * slotMs >= HOLD_BACK_MS)
    learnOldest(s, at)
  const days = (MEMORY_MS / DAY_MS) * (1 - Math.exp(-Math.max(0, index * slotMs - HOLD_BACK_MS) / MEMORY_MS))
  const count = s[at + COUNT] as number
  const excess = Math.log((PRIOR_PEAKS + count) / (PRIOR_PEAKS + askedPerDay * days))
  const model = 1 / threshold
  const tail = Math.min(TAIL_MAX, (PRIOR_TAIL * model + (s[at + SUM] as number)) / (PRIOR_TAIL + count))
  const ofNoise = model * (TAIL_OF_NOISE + TAIL_BY_CHANCE / Math.sqrt(1 + count))
  const often = (excess - OFTEN_DEVIATIONS / Math.sqrt(PRIOR_PEAKS + count)) / Math.LN2
  const heavy = Math.max(0, Math.min(1, Math.max(often, (tail - ofNoise) / (TAIL_OF_BURSTS * model))))
  // What chance makes of a few of the model's own peaks is no excess: a deviation of it is left off.
  const sure = Math.max(0, excess - 1 / Math.sqrt(PRIOR_PEAKS + count))
  s[at + BAR] = Math.exp(Math.min(PEAK_MAX, Math.min(tail, ofNoise) * sure))
  s[at + SLOW_BAR] = Math.exp(heavy * Math.min(PEAK_MAX, Math.max(SLOW_MIN, tail * (excess + Math.log(SLOW_MARGIN)))))
  const mean = (s[at + SIZES] as number) / Math.max(1, count)
  const deviation = Math.sqrt(Math.max(0, (s[at + SQUARES] as number) / Math.max(1, count) - mean * mean))
  const size = mean + deviation * Math.max(0, excess + Math.log(MARGIN) - 1)
  s[at + SIZE_BAR] = heavy === 0 ? Number.NEGATIVE_INFINITY : heavy * Math.max(TEN, size)
}

function learnOldest(s: Float64Array, at: number): void {
  const size = s[at + HELD + 2] as number
  s[at + COUNT] = (s[at + COUNT] as number) + 1
  s[at + SUM] = (s[at + SUM] as number) + (s[at + HELD + 1] as number)
  s[at + SIZES] = (s[at + SIZES] as number) + size
  s[at + SQUARES] = (s[at + SQUARES] as number) + size * size
  const waiting = s[at + WAITING] as number
  s.copyWithin(at + HELD, at + HELD + 3, at + HELD + 3 * waiting)
  s[at + WAITING] = waiting - 1
}
