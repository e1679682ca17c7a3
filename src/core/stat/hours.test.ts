import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_HOURS, gammaMean, hourOfDay, meanOfHour, sumAround, type Hours } from './hours.js'

/** `perHour` slots of each hour with so many counts each. */
function table(count: (hour: number) => number, perHour: number): Hours {
  const day = new Float32Array(2 * DAY_HOURS)
  for (let h = 0; h < DAY_HOURS; h++) {
    day[2 * h] = count(h) * perHour
    day[2 * h + 1] = perHour
  }
  return { counts: day, slots: day, stride: 2, after: 1 }
}

describe('the rhythm of a day', () => {
  it('is flat where every hour is the same, around midnight too', () => {
    for (const hour of [0, 7, 23]) {
      const { mean, variance } = meanOfHour(
        table(() => 4, 120),
        hour,
        20,
        1,
        12,
      )
      expect(mean).toBeCloseTo(4, 1)
      expect(variance).toBeLessThan(0.05)
    }
    expect(
      sumAround(
        table(() => 4, 120),
        23,
      ),
    ).toEqual(
      sumAround(
        table(() => 4, 120),
        12,
      ),
    )
  })
  it('draws an hour that was seldom seen to those around it, and lets one that was seen often speak for itself', () => {
    const peak = (hour: number) => (hour === 12 ? 12 : 4)
    const seldom = meanOfHour(table(peak, 1), 12, 20, 1, 12)
    const often = meanOfHour(table(peak, 500), 12, 20, 1, 12)
    expect(seldom.mean).toBeLessThan(8)
    expect(often.mean).toBeGreaterThan(8)
    expect(often.variance).toBeLessThan(seldom.variance)
  })
  it('reads counts and slots that stand in two tables as well', () => {
    const both = table(hour => hour, 10)
    const counts = Float32Array.from({ length: DAY_HOURS }, (_, h) => both.counts[2 * h]!)
    const slots = Float32Array.from({ length: DAY_HOURS }, (_, h) => both.counts[2 * h + 1]!)
    const apart: Hours = { counts, slots, stride: 1, after: 0 }
    for (let h = 0; h < DAY_HOURS; h++) expect(meanOfHour(apart, h, 20, 2, 4)).toEqual(meanOfHour(both, h, 20, 2, 4))
  })
  it('knows no hour before the first and after the last', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000, max: 1_000_000 }), hour => {
        expect(hourOfDay(hour)).toBeGreaterThanOrEqual(0)
        expect(hourOfDay(hour)).toBeLessThan(DAY_HOURS)
        expect(hourOfDay(hour + DAY_HOURS)).toBe(hourOfDay(hour))
      }),
    )
  })
  it('is the prior without counts, and the counts without a prior', () => {
    expect(gammaMean(20, 3, 1, 0, 0)).toBe(3)
    expect(gammaMean(1e-9, 3, 1, 50, 10)).toBeCloseTo(5)
  })
})
