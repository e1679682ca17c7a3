import { describe, expect, it } from 'vitest'
import { scopeBits } from './place.js'

describe('scopeBits()', () => {
  it.each<[string, number[], number[]]>([
    ['all of the failing > some of them', [3, 3, 0, 5], [1, 3, 0, 5]],
    ['no fine one > one fine one', [2, 2, 0, 4], [2, 2, 1, 4]],
    ['the fit says more the more values there are', [4, 4, 0, 12], [1, 1, 0, 3]],
    ['a part of the failing > nothing but fine ones', [1, 3, 0, 5], [0, 3, 1, 5]],
  ])('%s', (_, better, worse) => {
    const bits = ([k, F, j, G]: number[]) => scopeBits(k!, F!, j!, G!)
    expect(bits(better)).toBeGreaterThan(bits(worse))
  })
  it('what touches everything says little', () => {
    expect(Math.abs(scopeBits(3, 3, 3, 3))).toBeLessThan(2)
  })
  it('by chance the ratio is one on average', () => {
    // Over every scope of a label with two failing of five values, drawn as by chance: E[2^bits] = 1 (less what the cap takes).
    const [F, G] = [2, 3]
    const choose = (n: number, r: number): number => (r === 0 ? 1 : (choose(n, r - 1) * (n - r + 1)) / r)
    let mean = 0
    for (let k = 0; k <= F; k++)
      for (let j = 0; j <= G; j++)
        // Every size of 1 to 5 alike, every set of a size alike.
        if (k + j > 0)
          mean += (choose(F, k) * choose(G, j) * 2 ** scopeBits(k, F, j, G)) / choose(F + G, k + j) / (F + G)
    expect(mean).toBeCloseTo(1, 1)
  })
  it('scopes of thousands stay numbers', () => {
    expect(Number.isFinite(scopeBits(600, 600, 0, 4_000))).toBe(true)
    expect(Number.isFinite(scopeBits(0, 600, 4_000, 4_000))).toBe(true)
  })
})
