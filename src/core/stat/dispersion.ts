/**
 * Variance/mean of counting, from differences of neighbouring slots (von Neumann 1941): Σ w·(y_t − y_{t−1})²/2 over Σ w·(y_t + y_{t−1})/2.
 * Errors of the level cancel, so neither a wrong season nor a slow drift looks like dispersion. A slot's squared residual has variance
 * µ + 2µ² and so the weight w = 1/(1 + 2µ). The state is four places in the owner's array, from `at` on. Cost: some twenty flops a slot.
 */
const SQUARES = 0
const COUNTS = 1
const BEFORE = 2 // last count learned, NaN after a slot that was not
const BEFORE_SEASON = 3
export const DISPERSION_PLACES = 4

/** Before it is measured. Services have 1 (tiny) to 3 (large); the first quiet night of a series shows less than its days do. */
const PRIOR_TINY = 1.8
const PRIOR_LARGE = 2.2
/** Reports come in clumps of about this length: a shorter slot holds but a part of one, and scatters less for it. */
const CLUMP_MS = 15 * 60_000
/** The prior weighs as much as 20 slots of a busy series, (1 + 2µ)/µ ≈ 2 each. */
const PRIOR_WEIGHT = 10
/** Halved at this weight: memory of about 4 weeks of minutes. */
const WEIGHT_MAX = 20_000
/** Counts stay below 10; a column of bytes or milliseconds read as counts may scatter far more. */
const DISPERSION_MAX = 1e6
/** Winsorised wider than levels are, since dispersion lives on the tail: a negative binomial falls off by e every φ counts. */
const CLIP = 5
/** Where the season jumps by more (as it does when it is read for the first time) its neighbours are no pair. */
const TURN_MAX = 1.5
/** A tail is convex in the dispersion: an uncertain one makes it heavier, by about what a deviation of the estimate does. */
const CAUTION = 1

/** At the start, and after a slot that is not learned: the next one has no neighbour. */
export function breakDispersion(s: Float64Array, at: number): void {
  s[at + BEFORE] = Number.NaN
}

/** Takes the next slot: its count, what was expected, the season then (neighbours are compared at equal season) and the dispersion so far. */
export function learnDispersion(
  s: Float64Array,
  at: number,
  count: number,
  mean: number,
  season: number,
  phi: number,
): void {
  const turn = season / (s[at + BEFORE_SEASON] as number)
  const before = (s[at + BEFORE] as number) * turn
  s[at + BEFORE] = count
  s[at + BEFORE_SEASON] = season
  if (Number.isNaN(before) || turn > TURN_MAX || turn < 1 / TURN_MAX) return
  const limit = CLIP * (Math.sqrt(2 * phi * mean) + phi)
  const difference = Math.max(-limit, Math.min(limit, count - before))
  const weight = 1 / (1 + 2 * mean)
  s[at + SQUARES] = (s[at + SQUARES] as number) + 0.5 * difference * difference * weight
  s[at + COUNTS] = (s[at + COUNTS] as number) + 0.5 * Math.min(count + before, 2 * mean + limit) * weight
  if ((s[at + COUNTS] as number) > WEIGHT_MAX) {
    s[at + SQUARES] = (s[at + SQUARES] as number) / 2
    s[at + COUNTS] = (s[at + COUNTS] as number) / 2
  }
}

/** The dispersion to reckon with for slots of this mean and length. */
export function dispersionOf(s: Float64Array, at: number, mean: number, slotMs: number): number {
  const excess = PRIOR_TINY + ((PRIOR_LARGE - PRIOR_TINY) * mean) / (1 + mean) - 1
  const prior = 1 + excess * Math.min(1, Math.sqrt(slotMs / CLUMP_MS))
  const weight = PRIOR_WEIGHT + (s[at + COUNTS] as number)
  const phi = (PRIOR_WEIGHT * prior + (s[at + SQUARES] as number)) / weight
  return Math.min(DISPERSION_MAX, Math.max(1, phi) * (1 + CAUTION / Math.sqrt(weight)))
}
