import { describe, expect, it } from 'vitest'
import { breakDispersion, DISPERSION_LANES, dispersionOf, learnDispersion } from './dispersion.js'
import { negativeBinomial, sfc32 } from './random.js'

const SLOT = 15 * 60_000

function measured(slots: number, mean: number, draw: (i: number) => number, believed = mean): number {
  const s = new Float64Array(DISPERSION_LANES)
  breakDispersion(s, 0)
  let phi = dispersionOf(s, 0, mean, SLOT)
  for (let i = 0; i < slots; i++) {
    learnDispersion(s, 0, draw(i), believed, 0, 1, phi)
    if (i % 4 === 0) phi = dispersionOf(s, 0, mean, SLOT)
  }
  return phi
}

describe('dispersion', () => {
  it.each([
    [0.05, 1],
    [0.2, 3],
    [5, 1.5],
    [100, 4],
  ])('is measured at mean %d as %d', (mean, ratio) => {
    const random = sfc32(2)
    const phi = measured(20_000, mean, () => negativeBinomial(random, mean, ratio))
    expect(phi / ratio).toBeGreaterThan(0.85)
    expect(phi / ratio).toBeLessThan(1.15)
  })

  it('sees clumps longer than a slot, which neighbours hide from each other', () => {
    const random = sfc32(3)
    let shared = 0
    const phi = measured(20_000, 5, i => {
      if (i % 3 === 0) shared = 5 * (0.5 + random())
      return negativeBinomial(random, shared, 1.2)
    })
    // Variance/mean is 1.2 + 5·(1/12) ≈ 1.62; two of three neighbours share their clump.
    expect(phi).toBeGreaterThan(1.4)
  })

  it('is cautious before it is measured, less so for short slots', () => {
    const s = new Float64Array(DISPERSION_LANES)
    expect(dispersionOf(s, 0, 0.1, SLOT)).toBeGreaterThan(1.8)
    expect(dispersionOf(s, 0, 0.1, 60_000)).toBeLessThan(dispersionOf(s, 0, 0.1, SLOT))
    expect(dispersionOf(s, 0, 50, SLOT)).toBeGreaterThan(dispersionOf(s, 0, 0.1, SLOT))
  })

  it('is not moved far by single wild counts', () => {
    const random = sfc32(4)
    const phi = measured(4000, 5, i => (i % 1000 === 0 ? 100_000 : negativeBinomial(random, 5, 1.5)))
    expect(phi).toBeLessThan(2.6)
  })
})
