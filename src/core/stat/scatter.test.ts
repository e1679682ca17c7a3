import { describe, expect, it } from 'vitest'
import { negativeBinomial, sfc32 } from './random.js'
import { addPair, boundOf, cautious, drawn, weightOf } from './scatter.js'

/** Squares and weights of so many counts of a negative binomial, learned with what is believed so far. */
function learned(n: number, mean: number, phi: number, prior: number, outlier = 0): number {
  const random = sfc32(7)
  const sums = new Float64Array(2)
  const now = () => drawn(prior, 10, sums[0]!, sums[1]!)
  for (let i = 0; i < n; i++) {
    const count = i % 500 === 499 && outlier > 0 ? outlier : negativeBinomial(random, mean, phi)
    const residual = Math.min(boundOf(now(), mean), Math.abs(count - mean))
    const weight = weightOf(mean)
    addPair(sums, 0, weight * residual * residual, weight * mean, 2_000)
  }
  return now()
}

describe('scatter about an expectation', () => {
  it.each([
    [0.2, 1.3],
    [5, 2],
    [300, 4],
  ])('of counts of mean %d with variance/mean %d is found', (mean, phi) => {
    expect(learned(8_000, mean, phi, 1)).toBeGreaterThan(0.85 * phi)
    expect(learned(8_000, mean, phi, 1)).toBeLessThan(1.15 * phi)
  })
  it('is what was believed before while little was seen', () => {
    expect(learned(0, 5, 2, 1.7)).toBe(1.7)
    expect(Math.abs(learned(3, 5, 2, 1.7) - 1.7)).toBeLessThan(0.5)
  })
  it('is not ruled by a few counts of another world', () => {
    expect(learned(8_000, 5, 2, 2, 10_000)).toBeLessThan(3)
  })
  it('remembers no more weight than asked, and its mean stays', () => {
    const sums = new Float64Array(4)
    for (let i = 0; i < 100; i++) addPair(sums, 2, 3, 1, 8)
    expect(sums[3]).toBeLessThanOrEqual(8)
    expect(sums[2]! / sums[3]!).toBe(3)
    expect([sums[0], sums[1]]).toEqual([0, 0])
  })
  it('is taken for larger the less is known of it', () => {
    expect(cautious(2, 0.8, 16)).toBe(2.4)
    expect(cautious(2, 0.8, 1e6)).toBeCloseTo(2, 2)
  })
})
