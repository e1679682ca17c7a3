import { describe, expect, it } from 'vitest'
import { Season } from './season.js'

const MONDAY = Date.UTC(2026, 0, 26) / 3_600_000

/** Teaches whole hours of four slots each. */
function taught(hours: number, mean: (hour: number) => number): Season {
  const season = new Season(4, 1e-6)
  for (let h = 0; h < hours; h++) for (let i = 0; i < 4; i++) season.learn(MONDAY + h, mean(MONDAY + h), i === 0, h)
  season.refresh()
  return season
}

describe('Season', () => {
  it('is flat and unsure after two hours, and the surer the longer it saw', () => {
    const early = taught(2, () => 10)
    expect(early.mean(MONDAY + 12, 1.5)).toBeCloseTo(10, 1)
    const unsure = early.variance
    const later = taught(24 * 21, () => 10)
    expect(later.mean(MONDAY + 24 * 21 + 12, 1.5)).toBeCloseTo(10, 1)
    expect(later.variance).toBeLessThan(unsure / 10)
    expect(unsure).toBeGreaterThan(0.3)
  })

  it('knows day and night after some days', () => {
    const day = (hour: number) => (hour % 24 >= 8 && hour % 24 < 20 ? 20 : 4)
    const season = taught(24 * 6, day)
    expect(season.mean(MONDAY + 144 + 14, 1.5) / 20).toBeCloseTo(1, 1)
    expect(season.mean(MONDAY + 144 + 3, 1.5) / 4).toBeCloseTo(1, 0)
  })

  it('knows the weekend after some weeks', () => {
    const week = (hour: number) => ((Math.floor(hour / 24) + 3) % 7 >= 5 ? 5 : 20)
    const season = taught(24 * 28, week)
    expect(season.mean(MONDAY + 24 * 33 + 12, 1.5)).toBeLessThan(8)
    expect(season.mean(MONDAY + 24 * 35 + 12, 1.5)).toBeGreaterThan(17)
  })

  it('reads the same from a snapshot', () => {
    const season = taught(24 * 9, h => h % 5)
    const again = new Season(4, 1e-6, structuredClone(season.snapshot()))
    again.refresh()
    for (let h = 0; h < 168; h++) expect(again.mean(MONDAY + h, 2)).toBe(season.mean(MONDAY + h, 2))
  })
})
