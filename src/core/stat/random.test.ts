import { describe, expect, it } from 'vitest'
import { beta, binomial, gamma, negativeBinomial, normal, poisson, type Random, sfc32 } from './random.js'

const DRAWS = 40_000

function moments(draw: (random: Random) => number, seed = 1) {
  const random = sfc32(seed)
  let sum = 0
  let squares = 0
  for (let i = 0; i < DRAWS; i++) {
    const x = draw(random)
    sum += x
    squares += x * x
  }
  const mean = sum / DRAWS
  return { mean, variance: squares / DRAWS - mean * mean }
}

/** Six standard errors of a mean: a right sampler fails once in 10^9 seeds, and the seed is fixed. */
function expectMean(got: number, mean: number, variance: number) {
  expect(Math.abs(got - mean)).toBeLessThan(6 * Math.sqrt(variance / DRAWS))
}

describe('samplers', () => {
  it('repeat for the same seed and differ between seeds', () => {
    const a = sfc32(5)
    const b = sfc32(5)
    const c = sfc32(6)
    const rows = Array.from({ length: 100 }, () => [a(), b(), c()] as const)
    expect(rows.every(([x, y]) => x === y)).toBe(true)
    expect(rows.filter(([x, , z]) => x === z)).toHaveLength(0)
    expect(rows.every(([x]) => x >= 0 && x < 1)).toBe(true)
  })

  it.each([0.05, 0.9, 4, 9.9, 10, 37, 500, 40_000])('poisson(%d) has mean = variance', mean => {
    const got = moments(random => poisson(random, mean))
    expectMean(got.mean, mean, mean)
    expect(got.variance / mean).toBeGreaterThan(0.9)
    expect(got.variance / mean).toBeLessThan(1.1)
  })

  it.each([
    [0.05, 2],
    [3, 1.5],
    [50, 4],
    [500, 2.5],
  ])('negativeBinomial(%d, %d) has the asked mean and variance', (mean, ratio) => {
    const got = moments(random => negativeBinomial(random, mean, ratio))
    expectMean(got.mean, mean, mean * ratio)
    expect(got.variance / mean / ratio).toBeGreaterThan(0.8)
    expect(got.variance / mean / ratio).toBeLessThan(1.2)
  })

  it.each([0.3, 1, 7.5])('gamma(%d) has mean = variance = shape', shape => {
    const got = moments(random => gamma(random, shape))
    expectMean(got.mean, shape, shape)
    expect(got.variance / shape).toBeGreaterThan(0.9)
    expect(got.variance / shape).toBeLessThan(1.1)
  })

  it.each([
    [5, 0.2],
    [1000, 0.004],
    [300, 0.4],
    [80, 0.93],
  ])('binomial(%d, %d) has mean np and variance np(1−p)', (n, p) => {
    const got = moments(random => binomial(random, n, p))
    expectMean(got.mean, n * p, n * p * (1 - p))
    expect(got.variance / (n * p * (1 - p))).toBeGreaterThan(0.9)
    expect(got.variance / (n * p * (1 - p))).toBeLessThan(1.1)
  })

  it('normal and beta have their moments', () => {
    const z = moments(normal)
    expectMean(z.mean, 0, 1)
    expect(Math.abs(z.variance - 1)).toBeLessThan(0.05)
    const share = moments(random => beta(random, 2, 6))
    expectMean(share.mean, 0.25, (0.25 * 0.75) / 9)
  })

  it('gives the sure answer at the edges', () => {
    const random = sfc32(1)
    expect([
      poisson(random, 0),
      poisson(random, -1),
      binomial(random, 0, 0.5),
      binomial(random, 9, 0),
      binomial(random, 9, 1),
    ]).toEqual([0, 0, 0, 0, 9])
  })
})
