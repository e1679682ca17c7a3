import { describe, expect, it } from 'vitest'
import { growthBefore, locateOnset } from './onset.js'
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

describe('growthBefore()', () => {
  /** How far, in bins, the start and the beginning lie from the truth in runs that grow over `ramp` bins to ×20 of half a report. */
  function errors(ramp: number): { start: number; began: number; tooEarly: number } {
    const random = sfc32(5)
    const [n, truth] = [300, 40]
    let [start, began, tooEarly] = [0, 0, 0]
    for (let run = 0; run < n; run++) {
      const newest = truth + ramp + 3 + Math.floor(random() * 6)
      const grown = (i: number): number => (i < truth ? 0 : ramp === 0 ? 1 : Math.min(1, (i - truth + 0.5) / ramp))
      const counts = Array.from({ length: newest + 1 }, (_, i) =>
        negativeBinomial(random, 0.5 * (1 + 19 * grown(i)), 1.3),
      )
      const count = (i: number): number => counts[i]!
      const usual = (): number => 0.5
      const found = locateOnset(newest, truth + (ramp >> 1), 0, 1.3, count, usual)
      const first = growthBefore(found.start, 0, 1.3, count, usual)
      start += Math.abs(found.start - truth) / n
      began += Math.abs(first - truth) / n
      if (first < truth - 3) tooEarly += 1 / n
    }
    return { start, began, tooEarly }
  }

  it('finds where a ramp began, which a step takes for noise, and leaves a step where it is', () => {
    for (const ramp of [10, 20]) {
      const { start, began, tooEarly } = errors(ramp)
      expect(began).toBeLessThan(start / 2)
      expect(tooEarly).toBeLessThan(0.05)
    }
    const step = errors(0)
    expect(Math.abs(step.began - step.start)).toBeLessThan(0.1)
    expect(step.tooEarly).toBeLessThan(0.03)
  })

  it('goes no further back than it is let, and passes over unknown slots', () => {
    const counts = [5, 5, Number.NaN, 5, 50]
    const began = (oldest: number): number =>
      growthBefore(
        4,
        oldest,
        1,
        i => counts[i] ?? Number.NaN,
        () => 1,
      )
    expect([began(0), began(1), began(3)]).toEqual([0, 1, 3])
  })
})
