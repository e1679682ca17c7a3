import { describe, expect, it } from 'vitest'
import { addPeak, barOf, PEAK_LANES, renewBar } from './peaks.js'
import { sfc32 } from './random.js'

const HOUR_MS = 3_600_000
const THRESHOLD = 8
/** Once a month. */
const ASKED = 1 / 30

/** Bar after `days` on which peaks (in thresholds) come as `peak` says, hour by hour. */
function barAfter(days: number, peak: (hour: number) => number | null, asked = ASKED): number {
  const s = new Float64Array(PEAK_LANES)
  for (let i = 0; i < days * 24; i++) {
    const thresholds = peak(i)
    if (thresholds !== null) addPeak(s, 0, i, thresholds)
    renewBar(s, 0, i, HOUR_MS, asked, THRESHOLD)
  }
  return barOf(s, 0)
}

describe('bar of own peaks', () => {
  it("stays at the model's threshold for a series that has none", () => {
    expect(barAfter(0, () => null)).toBe(1)
    expect(barAfter(400, () => null)).toBe(1)
  })

  it("stays near the model's threshold where peaks are as the model says", () => {
    const random = sfc32(5)
    // Wald: e nats above the threshold with probability e^−e.
    const bar = barAfter(400, () => (random() < ASKED / 24 ? 1 - Math.log(random()) / THRESHOLD : null))
    expect(bar).toBeLessThan(1.25)
  })

  it('is passed about as often as asked, or less, by bursts with a power tail', () => {
    const random = sfc32(6)
    const s = new Float64Array(PEAK_LANES)
    let over = 0
    const days = 720
    for (let i = 0; i < days * 24; i++) {
      if (random() < 0.2 / 24) {
        const thresholds = random() ** -0.9
        if (thresholds >= barOf(s, 0) && i >= 60 * 24) over++
        addPeak(s, 0, i, thresholds)
      }
      renewBar(s, 0, i, HOUR_MS, ASKED, THRESHOLD)
    }
    // Asked: 22 in 660 days; without a bar 132.
    expect(over).toBeGreaterThan(4)
    expect(over).toBeLessThan(22)
  })

  it('is not moved within a week by trouble every day', () => {
    const quietFor = (hours: number) => barAfter(hours / 24, hour => (hour % 24 === 0 && hour >= 14 * 24 ? 30 : null))
    expect(quietFor(20 * 24)).toBe(1)
    expect(quietFor(40 * 24)).toBeGreaterThan(3)
  })

  it('has a limit, whatever came, and comes down again when it stops', () => {
    const often = (until: number) => (hour: number) => (hour < until * 24 && hour % 12 === 0 ? 1e9 : null)
    expect(barAfter(365, often(365))).toBeCloseTo(Math.exp(3), 9)
    expect(barAfter(365 + 3000, often(365))).toBe(1)
  })

  it('hardly listens to one great outage in the first weeks', () => {
    expect(barAfter(20, hour => (hour === 8 * 24 ? 1000 : null))).toBeLessThan(5)
    expect(barAfter(70, hour => (hour === 8 * 24 ? 1000 : null))).toBeLessThan(1.5)
  })
})
