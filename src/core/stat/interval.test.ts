import { describe, expect, it } from 'vitest'
import { jeffreys, poissonInterval, wilson } from './interval.js'
import { betaQuantile, gammaQuantile, normalQuantile } from './quantile.js'
import { binomial, poisson, sfc32 } from './random.js'

describe('intervals', () => {
  it('wilson() matches the published value for 15 of 50', () => {
    const [low, high] = wilson(15, 50)
    expect(low).toBeCloseTo(0.191, 3)
    expect(high).toBeCloseTo(0.4375, 3)
  })

  it('poissonInterval() matches Garwood for 0 and 10', () => {
    expect(poissonInterval(0)[1]).toBeCloseTo(3.6889, 3)
    expect(poissonInterval(10)[0]).toBeCloseTo(4.7954, 3)
    expect(poissonInterval(10)[1]).toBeCloseTo(18.3904, 3)
  })

  it('quantiles invert known values', () => {
    expect(betaQuantile(0.5, 3, 3)).toBeCloseTo(0.5, 12)
    expect(gammaQuantile(1 - Math.exp(-2), 1)).toBeCloseTo(2, 10)
    expect(normalQuantile(0.975)).toBeCloseTo(1.959964, 6)
    expect(normalQuantile(0.001)).toBeCloseTo(-3.090232, 6)
  })

  it('cover the truth about as often as they say', () => {
    const random = sfc32(3)
    let share = 0
    let rate = 0
    for (let i = 0; i < 2000; i++) {
      const bad = binomial(random, 60, 0.2)
      const [low, high] = jeffreys(bad, 60)
      if (low <= 0.2 && 0.2 <= high) share++
      const [from, to] = poissonInterval(poisson(random, 8))
      if (from <= 8 && 8 <= to) rate++
    }
    expect(share / 2000).toBeGreaterThan(0.93)
    expect(rate / 2000).toBeGreaterThan(0.94)
  })

  it('are closed at none and all, and say nothing when nothing was seen', () => {
    expect(wilson(0, 9)[0]).toBe(0)
    expect(wilson(9, 9)[1]).toBe(1)
    expect(jeffreys(0, 9)[0]).toBe(0)
    expect(wilson(0, 0)).toEqual([0, 1])
    expect(jeffreys(0, 0)).toEqual([0, 1])
  })
})
