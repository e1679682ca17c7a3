/**
 * How far a forecaster's own variance may be believed. The error R of an hour with expectation E should have R² ≈ φE + K·vE², where v is
 * the relative variance it claims; K is a weighted moment estimate over hours, drawn to a prior and winsorised at three deviations.
 * On real curves (bench/detect/crowd.ts) K settles between 0.3 and 1, on series that repeat exactly far below.
 * The state is six lanes of the owner's array, from `at` on. Cost: three additions a slot, some twenty flops an hour.
 */
import { drawn } from './scatter.js'

const FACTOR = 0
const ERRORS = 1
const INFORMATION = 2
const COUNT = 3 // of the current hour
const EXPECTED = 4
const SPREAD = 5
export const CLAIM_LANES = 6

/** K before there are errors to judge by: priors are made to be rather too wide. It weighs like a dozen telling hours. */
const PRIOR = 0.7
const PRIOR_WEIGHT = 12
const MIN = 0.02
const MAX = 4
/** Memory of two weeks of hours. */
const KEEP = 1 - 1 / 336
const CLIP = 9

export function startClaim(s: Float64Array, at: number): void {
  s[at + FACTOR] = PRIOR
}

/** K: what to multiply the claimed variance by. */
export function claimOf(s: Float64Array, at: number): number {
  return s[at + FACTOR] as number
}

/** Takes one slot's count with the mean and the relative variance that were claimed for it. */
export function addToClaim(s: Float64Array, at: number, count: number, mean: number, variance: number): void {
  s[at + COUNT] = (s[at + COUNT] as number) + count
  s[at + EXPECTED] = (s[at + EXPECTED] as number) + mean
  // The factor is shared by the hour's slots, so deviations add, not variances.
  s[at + SPREAD] = (s[at + SPREAD] as number) + mean * Math.sqrt(variance)
}

/** Closes the hour. */
export function turnClaim(s: Float64Array, at: number, dispersion: number): void {
  const expected = s[at + EXPECTED] as number
  if (expected > 0) {
    const noise = dispersion * expected
    const spread = (s[at + SPREAD] as number) ** 2
    const total = noise + spread * (s[at + FACTOR] as number)
    const error = Math.min(CLIP * total, ((s[at + COUNT] as number) - expected) ** 2)
    s[at + ERRORS] = (s[at + ERRORS] as number) * KEEP + (spread * (error - noise)) / (total * total)
    s[at + INFORMATION] = (s[at + INFORMATION] as number) * KEEP + (spread * spread) / (total * total)
    const factor = drawn(PRIOR, PRIOR_WEIGHT, s[at + ERRORS] as number, s[at + INFORMATION] as number)
    s[at + FACTOR] = Math.max(MIN, Math.min(MAX, factor))
  }
  s[at + COUNT] = s[at + EXPECTED] = s[at + SPREAD] = 0
}
