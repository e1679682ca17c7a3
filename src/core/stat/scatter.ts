/**
 * Variance/mean of counts about what was expected of them, a weighted moment estimate:
 *     φ = (n₀·φ₀ + Σ w·((y − e)² − s²)) / (n₀ + Σ w·e),   w = 1/(1 + 2e),
 * y and e being a count and its expectation, s the deviation that the expectation claims for itself, φ₀ what is believed before,
 * worth n₀. A squared residual has variance e + 2e² and so that weight. Residuals are winsorised wider than levels are, since
 * dispersion lives on the tail: a negative binomial falls off by e every φ counts.
 */

/** Deviations at which a residual is cut. */
const CLIP = 5

/** What a squared residual counts for. */
export const weightOf = (expected: number): number => 1 / (1 + 2 * expected)

/** How far a count may deviate before the rest of it is cut; `spread`: variance of the expectation itself. */
export const boundOf = (phi: number, expected: number, spread = 0): number =>
  CLIP * (Math.sqrt(phi * expected + spread) + phi)

/**
 * A sum over a weight, drawn to what is believed before and worth so much of the weight.
 *
 * @example
 * drawn(2, 10, 15, 5) // => 2.3333333333333335
 */
export const drawn = (prior: number, priorWeight: number, sum: number, weight: number): number =>
  (priorWeight * prior + sum) / (priorWeight + weight)

/** A tail is convex in the dispersion: an uncertain one makes it heavier, by about so many deviations of the estimate. */
export const cautious = (phi: number, caution: number, weight: number): number =>
  phi * (1 + caution / Math.sqrt(weight))

/** Adds to a pair of sums, of squares and of weights, the second at the next place; both are halved beyond `most` of weight. */
export function addPair(sums: Float64Array | number[], at: number, square: number, weight: number, most: number): void {
  sums[at]! += square
  sums[at + 1]! += weight
  if (sums[at + 1]! <= most) return
  sums[at]! /= 2
  sums[at + 1]! /= 2
}
