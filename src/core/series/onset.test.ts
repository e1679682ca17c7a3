import { describe, expect, it } from 'vitest'
import { locateOnset } from './onset.js'
import { negativeBinomial, sfc32 } from '../stat/random.js'

describe('locateOnset()', () => {
  it('is within a bin at the median, and its interval covers, for ×3 at 5 a bin', () => {
    const random = sfc32(14)
    const errors: number[] = []
    let covered = 0
    const n = 600
    for (let run = 0; run < n; run++) {
      const start = 40
      const newest = start + 3 + Math.floor(random() * 6)
      const counts = Array.from({ length: newest + 1 }, (_, i) => negativeBinomial(random, i >= start ? 15 : 5, 1.5))
      const found = locateOnset(
        newest,
        start + Math.floor(random() * 3) - 1,
        0,
        1.5,
        i => counts[i]!,
        () => 5,
      )
      errors.push(Math.abs(found.start - start))
      if (found.first <= start && start <= found.last) covered++
    }
    errors.sort((a, b) => a - b)
    expect(errors[n >> 1]).toBeLessThanOrEqual(1)
    expect(covered / n).toBeGreaterThan(0.93)
  })

  it('sums reports and expectation since the start it names', () => {
    const counts = [1, 0, 1, 9, 8, 11]
    expect(
      locateOnset(
        5,
        3,
        0,
        1,
        i => counts[i]!,
        () => 1,
      ),
    ).toEqual({ start: 3, first: 3, last: 3, reports: 28, expected: 3 })
  })

  it('passes over unknown slots', () => {
    const counts = [1, 0, Number.NaN, 9, Number.NaN, 11]
    expect(
      locateOnset(
        5,
        3,
        0,
        1,
        i => counts[i]!,
        () => 1,
      ),
    ).toMatchObject({ reports: 20, expected: 2 })
  })
})
