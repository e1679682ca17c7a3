import betainc from '@stdlib/math-base-special-betainc'
import gammainc from '@stdlib/math-base-special-gammainc'
import gammaln from '@stdlib/math-base-special-gammaln'

/**
 * Upper tails P(X ≥ k), each computed as a survival function: 1 − cdf is 0 exactly where it matters (below 1e-16).
 * Counts may be fractional (a value column of somebody's file): the incomplete beta and gamma functions interpolate smoothly.
 * Source of the identities: Abramowitz & Stegun 6.5.13 and 26.5.24; checked against direct sums in the test.
 */

/** The largest surprise that is printed, 2^-1000 ≈ 1e-301: beyond it a double underflows and the number says nothing more. */
export const MAX_BITS = 1000

/** Variance/mean closer to 1 than this is Poisson: r = mean/(ratio−1) would lose all digits. */
const POISSON_BELOW = 1e-6

/**
 * Surprise in bits, −log2 p, between 0 and {@link MAX_BITS}; 20 bits read as "1 in 2^20".
 *
 * @example
 * bitsOf(1 / 1024) // => 10
 */
export function bitsOf(p: number): number {
  if (!(p > 0)) return Number.isNaN(p) ? 0 : MAX_BITS
  return p >= 1 ? 0 : Math.min(MAX_BITS, -Math.log2(p))
}

/**
 * P(X ≥ k) for X ~ Poisson(mean): the regularised lower incomplete gamma function P(k, mean).
 *
 * @example
 * poissonSurvival(1, 2) // => 1 - Math.exp(-2)
 * bitsOf(poissonSurvival(100, 1)) > 500 // => true
 */
export function poissonSurvival(k: number, mean: number): number {
  if (k <= 0) return 1
  if (!(mean > 0)) return 0
  return clamp(gammainc(mean, k, true, false))
}

/**
 * P(X ≥ k) for a negative binomial of this mean and variance/mean ratio: I_{1−1/ratio}(k, mean/(ratio−1)).
 *
 * @example
 * negativeBinomialSurvival(1, 2, 2) // => 0.75
 */
export function negativeBinomialSurvival(k: number, mean: number, varOverMean: number): number {
  if (k <= 0) return 1
  if (!(mean > 0)) return 0
  const excess = varOverMean - 1
  if (!(excess > POISSON_BELOW)) return poissonSurvival(k, mean)
  return clamp(betainc(excess / varOverMean, k, mean / excess, true, false))
}

/** P(X ≤ k) for the same negative binomial, by the complementary function. */
export function negativeBinomialCdf(k: number, mean: number, varOverMean: number): number {
  if (k < 0) return 0
  if (!(mean > 0)) return 1
  const excess = varOverMean - 1
  if (!(excess > POISSON_BELOW)) return clamp(gammainc(mean, k + 1, true, true))
  return clamp(betainc(excess / varOverMean, k + 1, mean / excess, true, true))
}

/**
 * P(X ≥ k) for X ~ Binomial(n, p): I_p(k, n − k + 1).
 *
 * @example
 * binomialSurvival(2, 2, 0.5) // => 0.25
 */
export function binomialSurvival(k: number, n: number, p: number): number {
  if (k <= 0) return 1
  if (k > n || !(p > 0)) return 0
  if (p >= 1) return 1
  return clamp(betainc(p, k, n - k + 1, true, false))
}

/** Terms after which the beta-binomial sum is cut: past the mode they fall geometrically, and n above this is judged by a beta tail instead. */
const MAX_TERMS = 20_000

/** P(X ≥ k) for X ~ Binomial(n, share) with share ~ Beta(a, b): the sum of its terms from k up, cost O(n − k); beyond {@link MAX_TERMS} trials by the Beta tail that it tends to. */
export function betaBinomialSurvival(k: number, n: number, a: number, b: number): number {
  if (k <= 0) return 1
  if (k > n) return 0
  if (n > MAX_TERMS) return clamp(betainc((k - 0.5) / n, a, b, true, true))
  let term = Math.exp(
    gammaln(n + 1) -
      gammaln(k + 1) -
      gammaln(n - k + 1) +
      gammaln(k + a) +
      gammaln(n - k + b) -
      gammaln(n + a + b) -
      gammaln(a) -
      gammaln(b) +
      gammaln(a + b),
  )
  let sum = term
  for (let i = k; i < n; i++) {
    term *= ((n - i) * (i + a)) / ((i + 1) * (n - i - 1 + b))
    sum += term
    if (term < sum * 1e-17) break
  }
  return clamp(sum)
}

function clamp(p: number): number {
  return p > 0 ? (p < 1 ? p : 1) : 0
}
