/**
 * How high a series' evidence climbs by itself: the tail of its own past peaks, and the bar at which the next one is news.
 *
 * Real reports come in bursts that no count model predicts: on some services the negative binomial's "once a month" happens twice a week.
 * So every finished episode leaves its peak, y = ln(evidence / model threshold) ≥ 0, and the tail is fitted as in peaks over threshold
 * (Pickands 1975; streaming as in SPOT, Siffer et al. 2017) by Hill's estimator: with n peaks in d days where the operator asks for a a day,
 *     rate of peaks above B thresholds = λ·B^(−1/ξ),   λ = a·(½ + n) / (½ + a·d),   ξ = mean of y, drawn to the model's,
 * so that the rate is a at ln B = ξ·ln(λ/a). Under the model itself y is exponential with mean 1/threshold (Wald). Only as far as ξ exceeds
 * one and a half times that is a margin added, for a burst tail is estimated from a few dozen peaks and "at most" was asked.
 *
 * Against growing deaf: a peak counts for no more than e^PEAK_MAX thresholds and the bar never lies above that (some 200 bits), the tail is
 * taken for no heavier than real services have it, peaks are held back for a week (daily trouble since Monday is no habit yet) and fade over
 * a year. The constants were chosen on the report series of bench/detect/crowd.ts and on simulated quiet (bench/detect/simulated.ts).
 * The state is PEAK_LANES lanes of the owner's array, from `at` on. Cost: a comparison a slot, some fifty flops four times a day.
 */
const NEXT = 0 // slot index from which the bar is taken anew
const BAR = 1 // in model thresholds, 0 before it was ever taken
const COUNT = 2 // of learned peaks, faded
const SUM = 3 // of their y
const AS_OF = 4 // slot index up to which those are faded
const WAITING = 5 // held-back peaks: pairs of slot index and y, in order, from HELD on
const HELD = 6
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
/** A burst tail is taken for five times as frequent as it was, once it rests on more than a few peaks. */
const MARGIN = Math.log(5)
const MARGIN_PEAKS = 2
/** Up to this many times the model's tail is what a few of the model's own peaks may look like. */
const TAIL_OF_NOISE = 1.5

/** The bar in model thresholds, 1 or more. */
export function barOf(s: Float64Array, at: number): number {
  return Math.max(1, s[at + BAR] as number)
}

/** Takes the peak of an episode that ended in this slot: its best evidence in model thresholds. */
export function addPeak(s: Float64Array, at: number, index: number, thresholds: number): void {
  if ((s[at + WAITING] as number) === HELD_MAX) learnOldest(s, at)
  const place = at + HELD + 2 * (s[at + WAITING] as number)
  s[place] = index
  s[place + 1] = Math.min(PEAK_MAX, Math.log(Math.max(1, thresholds)))
  s[at + WAITING] = (s[at + WAITING] as number) + 1
}

/** Takes the bar anew when its time has come. `threshold` is the model's, nats; slots count from the series' beginning. */
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
  s[at + COUNT] = (s[at + COUNT] as number) * keep
  s[at + SUM] = (s[at + SUM] as number) * keep
  while ((s[at + WAITING] as number) > 0 && (index - (s[at + HELD] as number)) * slotMs >= HOLD_BACK_MS)
    learnOldest(s, at)
  const days = (MEMORY_MS / DAY_MS) * (1 - Math.exp(-Math.max(0, index * slotMs - HOLD_BACK_MS) / MEMORY_MS))
  const count = s[at + COUNT] as number
  const often = (PRIOR_PEAKS + count) / (PRIOR_PEAKS + askedPerDay * days)
  const model = 1 / threshold
  const tail = Math.min(TAIL_MAX, (PRIOR_TAIL * model + (s[at + SUM] as number)) / (PRIOR_TAIL + count))
  const excess = Math.log(often)
  // What chance makes of a few of the model's own peaks is no excess: half a deviation of it is left off.
  const sure = Math.max(0, excess - 0.5 / Math.sqrt(PRIOR_PEAKS + count))
  const heavy = Math.max(0, tail - TAIL_OF_NOISE * model)
  const margin = (MARGIN * count) / (count + MARGIN_PEAKS)
  s[at + BAR] = Math.exp(Math.min(PEAK_MAX, heavy * Math.max(0, excess + margin) + (tail - heavy) * sure))
}

function learnOldest(s: Float64Array, at: number): void {
  s[at + COUNT] = (s[at + COUNT] as number) + 1
  s[at + SUM] = (s[at + SUM] as number) + (s[at + HELD + 1] as number)
  const waiting = s[at + WAITING] as number
  s.copyWithin(at + HELD, at + HELD + 2, at + HELD + 2 * waiting)
  s[at + WAITING] = waiting - 1
}
