import betainc from '@stdlib/math-base-special-betainc'
import gammainc from '@stdlib/math-base-special-gammainc'

/** Bisections of the unit interval (or of a bracket): 2^-60 is below the spacing of doubles near 1, so the answer is exact to rounding. */
const HALVINGS = 60

/** x with P(Beta(a, b) ≤ x) = p, by bisection of the incomplete beta function; cost 60 evaluations, for display, not for hot loops. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (!(p > 0)) return 0
  if (p >= 1) return 1
  return bisect(0, 1, x => betainc(x, a, b, true, false) < p)
}

/** x with P(Gamma(shape, 1) ≤ x) = p, by bisection of the incomplete gamma function. */
export function gammaQuantile(p: number, shape: number): number {
  if (!(p > 0)) return 0
  if (p >= 1) return Number.POSITIVE_INFINITY
  let high = shape + 1
  while (gammainc(high, shape, true, false) < p) high *= 2
  return bisect(0, high, x => gammainc(x, shape, true, false) < p)
}

/**
 * Standard normal quantile, Acklam's rational approximation (relative error below 1.2e-9).
 *
 * @example
 * normalQuantile(0.975) // => 1.959963984540054
 */
export function normalQuantile(p: number): number {
  if (!(p > 0)) return Number.NEGATIVE_INFINITY
  if (p >= 1) return Number.POSITIVE_INFINITY
  if (p > 0.5) return -normalQuantile(1 - p)
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p))
    const top =
      ((((-7.784894002430293e-3 * q - 3.223964580411365e-1) * q - 2.400758277161838) * q - 2.549732539343734) * q +
        4.374664141464968) *
        q +
      2.938163982698783
    return (
      top /
      ((((7.784695709041462e-3 * q + 3.224671290700398e-1) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1)
    )
  }
  const q = p - 0.5
  const r = q * q
  const top =
    (((((-3.969683028665376e1 * r + 2.209460984245205e2) * r - 2.759285104469687e2) * r + 1.38357751867269e2) * r -
      3.066479806614716e1) *
      r +
      2.506628277459239) *
    q
  return (
    top /
    (((((-5.447609879822406e1 * r + 1.615858368580409e2) * r - 1.556989798598866e2) * r + 6.680131188771972e1) * r -
      1.328068155288572e1) *
      r +
      1)
  )
}

function bisect(low: number, high: number, below: (x: number) => boolean): number {
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2
    if (below(middle)) low = middle
    else high = middle
  }
  return (low + high) / 2
}
