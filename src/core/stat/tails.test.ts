import { describe, expect, it } from 'vitest'
import { sfc32, negativeBinomial } from './random.js'
import {
  betaBinomialSurvival,
  binomialSurvival,
  bitsOf,
  MAX_BITS,
  negativeBinomialCdf,
  negativeBinomialSurvival,
  poissonSurvival,
} from './tails.js'

/** Sums P(X = k), P(X = k+1), … from a first term and the ratio of neighbours: the definition, kept apart from the identities under test. */
function sumFrom(k: number, atZero: number, ratio: (i: number) => number): number {
  let term = atZero
  for (let i = 0; i < k; i++) term *= ratio(i)
  let sum = 0
  for (let i = k; i < k + 5000 && term > 0; i++) {
    sum += term
    term *= ratio(i)
  }
  return sum
}

const relative = (got: number, want: number) => Math.abs(got / want - 1)

describe('tails', () => {
  it.each([
    [1, 0.05],
    [7, 0.05],
    [3, 2.5],
    [60, 20],
    [260, 100],
  ])('poissonSurvival(%d, %d) equals the direct sum', (k, mean) => {
    const want = sumFrom(k, Math.exp(-mean), i => mean / (i + 1))
    expect(relative(poissonSurvival(k, mean), want)).toBeLessThan(1e-9)
  })

  it.each([
    [1, 0.05, 1.2],
    [9, 0.05, 2],
    [14, 3, 1.5],
    [90, 20, 3],
    [400, 100, 4],
  ])('negativeBinomialSurvival(%d, %d, %d) equals the direct sum', (k, mean, ratio) => {
    const r = mean / (ratio - 1)
    const q = 1 - 1 / ratio
    const want = sumFrom(k, ratio ** -r, i => ((r + i) / (i + 1)) * q)
    expect(relative(negativeBinomialSurvival(k, mean, ratio), want)).toBeLessThan(1e-9)
    expect(negativeBinomialSurvival(k, mean, ratio) + negativeBinomialCdf(k - 1, mean, ratio)).toBeCloseTo(1, 12)
  })

  it.each([
    [1, 10, 0.05],
    [9, 10, 0.3],
    [70, 100, 0.5],
  ])('binomialSurvival(%d, %d, %d) equals the direct sum', (k, n, p) => {
    const want = sumFrom(k, (1 - p) ** n, i => (i < n ? ((n - i) / (i + 1)) * (p / (1 - p)) : 0))
    expect(relative(binomialSurvival(k, n, p), want)).toBeLessThan(1e-9)
  })

  it('keeps digits far below 1e-16, where 1 − cdf is 0', () => {
    expect(bitsOf(poissonSurvival(200, 20))).toBeGreaterThan(300)
    expect(bitsOf(negativeBinomialSurvival(400, 5, 2))).toBeGreaterThan(300)
    expect(bitsOf(0)).toBe(MAX_BITS)
    expect(bitsOf(1)).toBe(0)
    expect(bitsOf(2 ** -20)).toBe(20)
  })

  it('the negative binomial tends to the Poisson as variance/mean tends to 1', () => {
    expect(relative(negativeBinomialSurvival(9, 3, 1 + 1e-5), poissonSurvival(9, 3))).toBeLessThan(1e-3)
    expect(negativeBinomialSurvival(9, 3, 1)).toBe(poissonSurvival(9, 3))
    expect(negativeBinomialSurvival(9, 3, 0.5)).toBe(poissonSurvival(9, 3))
  })

  it('the beta-binomial agrees with its binomial and beta limits', () => {
    expect(relative(betaBinomialSurvival(9, 20, 2e6, 8e6), binomialSurvival(9, 20, 0.2))).toBeLessThan(1e-4)
    expect(relative(betaBinomialSurvival(1, 1, 3, 7), 0.3)).toBeLessThan(1e-9)
    expect(
      Math.abs(betaBinomialSurvival(12_000, 19_000, 2, 3) - betaBinomialSurvival(12_632, 20_001, 2, 3)),
    ).toBeLessThan(1e-3)
  })

  it('agrees with how often the sampler passes it', () => {
    const random = sfc32(11)
    let over = 0
    for (let i = 0; i < 50_000; i++) if (negativeBinomial(random, 4, 2.5) >= 12) over++
    const p = negativeBinomialSurvival(12, 4, 2.5)
    expect(Math.abs(over / 50_000 - p)).toBeLessThan(6 * Math.sqrt(p / 50_000))
  })

  it('answers at the edges', () => {
    expect([
      poissonSurvival(0, 3),
      poissonSurvival(1, 0),
      negativeBinomialSurvival(-1, 3, 2),
      binomialSurvival(4, 3, 0.5),
    ]).toEqual([1, 0, 1, 0])
    expect(negativeBinomialSurvival(2.5, 2, 1.5)).toBeGreaterThan(negativeBinomialSurvival(3, 2, 1.5))
  })
})
