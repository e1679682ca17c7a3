/**
 * Variance/mean of counting, the larger of two weighted moment estimates.
 *  · From differences of neighbouring slots (von Neumann 1941): Σ w·(y_t − y_{t−1})²/2 over Σ w·(y_t + y_{t−1})/2. Errors of the level cancel,
 *    so neither a wrong season nor a drift looks like dispersion; but clumps longer than a slot cancel in part too.
 *  · From residuals: Σ w·((y_t − µ)² − vµ²) over Σ w·µ, v being the relative variance of the expectation. It sees the clumps; on real report
 *    counts it is larger by 10 to 35 %.
 * Weights, winsorising and prior are those of stat/scatter. The state is six lanes of the owner's array, from `at` on. Cost: some thirty
 * flops a slot.
 */
import { boundOf, cautious, drawn, weightOf } from './scatter.js'

const SQUARES = 0
const COUNTS = 1
const BEFORE = 2 // last count learned, NaN after a slot that was not
const BEFORE_SEASON = 3
const RESIDUALS = 4
const EXPECTED = 5
export const DISPERSION_LANES = 6

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
/** Where the season jumps by more (as it does when it is read for the first time) its neighbours are no pair. */
const TURN_MAX = 1.5
/** Residuals contain what is left of the level's own errors, some 5 to 10 %. */
const RESIDUALS_BELIEVED = 0.92
/** A tail is convex in the dispersion: an uncertain one makes it heavier, by about what most of a deviation of the estimate does. */
const CAUTION = 0.8
/** What was learned at age t counts at age T as (t/T) to this power … */
const FADE = 0.5
/** … and from this age on by its age alone, a memory of some months: what the dispersion of a series is now, not ever. */
const MEMORY_HOURS = 24 * 56

/** At the start, and after a slot that is not learned: the next one has no neighbour. */
export function breakDispersion(s: Float64Array, at: number): void {
  s[at + BEFORE] = Number.NaN
}

/**
 * Takes the next slot: its count, what was expected and with what relative variance, the season then (neighbours are compared at equal
 * season) and the dispersion so far.
 */
export function learnDispersion(
  s: Float64Array,
  at: number,
  count: number,
  mean: number,
  variance: number,
  season: number,
  phi: number,
): void {
  const turn = season / (s[at + BEFORE_SEASON] as number)
  const before = (s[at + BEFORE] as number) * turn
  s[at + BEFORE] = count
  s[at + BEFORE_SEASON] = season
  if (Number.isNaN(before) || turn > TURN_MAX || turn < 1 / TURN_MAX) return
  const weight = weightOf(mean)
  const limit = boundOf(phi, 2 * mean)
  const difference = Math.max(-limit, Math.min(limit, count - before))
  s[at + SQUARES] = (s[at + SQUARES] as number) + 0.5 * difference * difference * weight
  s[at + COUNTS] = (s[at + COUNTS] as number) + 0.5 * Math.min(count + before, 2 * mean + limit) * weight
  const spread = variance * mean * mean
  const bound = boundOf(phi, mean, spread)
  const residual = Math.max(-bound, Math.min(bound, count - mean))
  s[at + RESIDUALS] = (s[at + RESIDUALS] as number) + (residual * residual - spread) * weight
  s[at + EXPECTED] = (s[at + EXPECTED] as number) + mean * weight
  if ((s[at + COUNTS] as number) > WEIGHT_MAX) for (const place of SUMS) s[at + place] = (s[at + place] as number) / 2
}

const SUMS = [SQUARES, COUNTS, RESIDUALS, EXPECTED]

/** Closes an hour of a series of that age: what its first day showed counts for less with every further one. Returns {@link dispersionOf}. */
export function turnDispersion(s: Float64Array, at: number, mean: number, slotMs: number, ageMs: number): number {
  const keep = 1 - FADE / (FADE + Math.min(MEMORY_HOURS, Math.max(1, ageMs / 3_600_000)))
  for (const place of SUMS) s[at + place] = (s[at + place] as number) * keep
  return dispersionOf(s, at, mean, slotMs)
}

/** The dispersion to reckon with for slots of this mean and length. */
export function dispersionOf(s: Float64Array, at: number, mean: number, slotMs: number): number {
  const excess = PRIOR_TINY + ((PRIOR_LARGE - PRIOR_TINY) * mean) / (1 + mean) - 1
  const prior = 1 + excess * Math.min(1, Math.sqrt(slotMs / CLUMP_MS))
  const neighbours = drawn(prior, PRIOR_WEIGHT, s[at + SQUARES] as number, s[at + COUNTS] as number)
  const residuals = drawn(prior, PRIOR_WEIGHT, s[at + RESIDUALS] as number, s[at + EXPECTED] as number)
  const phi = Math.max(1, neighbours, RESIDUALS_BELIEVED * residuals)
  return Math.min(DISPERSION_MAX, cautious(phi, CAUTION, PRIOR_WEIGHT + (s[at + COUNTS] as number)))
}
