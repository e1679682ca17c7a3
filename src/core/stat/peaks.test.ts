import { describe, expect, it } from 'vitest'
import { addPeak, barOf, isNews, PEAK_LANES, renewBar } from './peaks.js'
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
    if (thresholds !== null) addPeak(s, 0, i, thresholds, 5)
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

  const news = (s: Float64Array, thresholds: number, size: number) =>
    thresholds >= barOf(s, 0) && isNews(s, 0, thresholds, size)

  it('is passed about as often as asked, or less, by bursts of a power tail and exponential sizes', () => {
    const random = sfc32(6)
    const s = new Float64Array(PEAK_LANES)
    let over = 0
    const days = 720
    for (let i = 0; i < days * 24; i++) {
      if (random() < 0.2 / 24) {
        const thresholds = random() ** -0.9
        const size = -20 * Math.log(random())
        if (news(s, thresholds, size) && i >= 60 * 24) over++
        addPeak(s, 0, i, thresholds, size)
      }
      renewBar(s, 0, i, HOUR_MS, ASKED, THRESHOLD)
    }
    // Asked: 22 in 660 days; without a bar 132.
    expect(over).toBeGreaterThan(4)
    expect(over).toBeLessThan(22)
  })

  /** State after `days` with one peak each day from the 14th on, of this evidence and size. */
  function daily(days: number, thresholds: number, size: number): Float64Array {
    const s = new Float64Array(PEAK_LANES)
    for (let i = 0; i < days * 24; i++) {
      if (i % 24 === 0 && i >= 14 * 24) addPeak(s, 0, i, thresholds, size)
      renewBar(s, 0, i, HOUR_MS, ASKED, THRESHOLD)
    }
    return s
  }

  it('is not moved within a week by bursts every day, and then asks for more than those', () => {
    expect(news(daily(20, 10, 30), 1.1, 0)).toBe(true)
    expect(news(daily(40, 10, 30), 10, 29)).toBe(false)
    expect(news(daily(40, 10, 30), 10, 60)).toBe(true)
  })

  it('lets through what is slow but far beyond the evidence of all bursts', () => {
    expect(news(daily(40, 2, 30), 5, 0)).toBe(false)
    expect(news(daily(40, 2, 30), 21, 0)).toBe(true)
  })

  it('has a limit, whatever came, and comes down again when it stops', () => {
    const often = (until: number) => (hour: number) => (hour < until * 24 && hour % 12 === 0 ? 1e9 : null)
    expect(barAfter(365, often(365))).toBeGreaterThan(1.5)
    expect(barAfter(365, often(365))).toBeLessThan(3)
    expect(barAfter(365 + 3000, often(365))).toBe(1)
  })

  it('hardly listens to one great burst in the first weeks', () => {
    expect(barAfter(20, hour => (hour === 8 * 24 ? 1000 : null))).toBeLessThan(1.5)
    expect(barAfter(70, hour => (hour === 8 * 24 ? 1000 : null))).toBeLessThan(1.5)
  })
})
