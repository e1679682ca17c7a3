import { wilson, type Interval } from '../stat/interval.js'

/** Maximised log-likelihood of k among n at one common rate, up to a constant. n may be fractional. */
export function binomialFit(k: number, n: number): number {
  if (k <= 0 || n <= 0 || k >= n) return 0
  const p = k / n
  return k * Math.log(p) + (n - k) * Math.log1p(-p)
}

/** Maximised Poisson log-likelihood of k with exposure n, up to a constant. */
export function poissonFit(k: number, n: number): number {
  return k > 0 && n > 0 ? k * Math.log(k / n) : 0
}

/** Log-likelihood ratio of `real` against its expectation: R·ln(R/E) − (R − E); 0 where less came than expected. */
export function excessLikelihood(real: number, expected: number): number {
  if (real <= expected || real <= 0) return 0
  const e = Math.max(expected, EXPECTED_FLOOR)
  return real > e ? real * Math.log(real / e) - (real - e) : 0
}

/** An expectation of exactly nothing would make one report infinitely surprising; half an event is the Jeffreys prior. */
const EXPECTED_FLOOR = 0.5

/** ln C(n, k) within a few hundredths, enough for a description length. */
export function lnChoose(n: number, k: number): number {
  if (k <= 0 || k >= n) return 0
  const p = k / n
  return Math.max(0, -n * (p * Math.log(p) + (1 - p) * Math.log1p(-p)) - 0.5 * Math.log(2 * Math.PI * n * p * (1 - p)))
}

/**
 * 95 % interval of a ratio of sums k/n over leaves, wide enough for what the leaves show: the variance is the larger of
 * the binomial one times `dispersion` and the ratio estimator's own, m/(m−1)·Σ(kᵢ − p·nᵢ)²/n² (Cochran, Sampling
 * Techniques, 2.11), turned into an effective number of trials for Wilson's interval.
 */
export function ratioInterval(k: number, n: number, squares: number, leaves: number, dispersion: number): Interval {
  if (n <= 0) return [0, 1]
  const p = Math.min(1, Math.max(0, k / n))
  const inner = Math.max(p * (1 - p), 0.25 / (n + 1))
  const sampled = (inner * dispersion) / n
  const seen = leaves > 1 ? ((leaves / (leaves - 1)) * squares) / (n * n) : 0
  const trials = Math.max(1e-9, Math.min(n, inner / Math.max(sampled, seen)))
  return wilson(p * trials, trials)
}
