import { describe, expect, it } from 'vitest'
import { binomialFit, excessLikelihood, lnChoose, poissonFit, ratioInterval } from './likelihood.js'

describe('likelihoods', () => {
  it('are 0 where all or none fail, and highest apart', () => {
    expect(binomialFit(0, 10)).toBe(0)
    expect(binomialFit(10, 10)).toBe(0)
    expect(binomialFit(0, 10) + binomialFit(10, 10)).toBeGreaterThan(binomialFit(10, 20))
    expect(poissonFit(0, 5)).toBe(0)
    expect(poissonFit(9, 3) + poissonFit(1, 3)).toBeGreaterThan(poissonFit(10, 6))
  })

  it('of an excess grow with it, are 0 without one, and stay finite without an expectation', () => {
    expect(excessLikelihood(20, 10)).toBeCloseTo(20 * Math.log(2) - 10, 12)
    expect(excessLikelihood(30, 10)).toBeGreaterThan(excessLikelihood(20, 10))
    expect(excessLikelihood(8, 10)).toBe(0)
    expect(Number.isFinite(excessLikelihood(8, 0))).toBe(true)
  })
})

describe('lnChoose', () => {
  it.each([
    [10, 3, 120],
    [37, 19, 17672631900],
    [200, 4, 64684950],
  ])('is the logarithm of C(%d, %d)', (n, k, ways) => {
    expect(lnChoose(n, k)).toBeCloseTo(Math.log(ways), 1)
  })
})

describe('ratioInterval', () => {
  it('is the binomial one for one leaf, wider for dispersion and for leaves that differ', () => {
    const width = ([low, high]: [number, number]) => high - low
    const plain = ratioInterval(300, 1000, 0, 1, 1)
    expect(plain[0]).toBeCloseTo(0.2724, 3)
    expect(plain[1]).toBeCloseTo(0.3291, 3)
    expect(width(ratioInterval(300, 1000, 0, 1, 4))).toBeGreaterThan(1.9 * width(plain))
    // Ten leaves of 100, half at 0.1 and half at 0.5: Σ(kᵢ − 30)² = 10 · 400.
    expect(width(ratioInterval(300, 1000, 4000, 10, 1))).toBeGreaterThan(4 * width(plain))
  })

  it('knows nothing without exposure', () => {
    expect(ratioInterval(0, 0, 0, 0, 1)).toEqual([0, 1])
  })
})
