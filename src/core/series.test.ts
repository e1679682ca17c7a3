import { describe, expect, it } from 'vitest'
import { CountSeries } from './series.js'
import { negativeBinomial, sfc32 } from './stat/random.js'

const MINUTE = 60_000
const START = Date.UTC(2026, 0, 26)

describe('CountSeries', () => {
  it('finds a planted spike, with its onset, and its end', () => {
    const random = sfc32(4)
    const series = new CountSeries({ slotMs: MINUTE, falseAlarmsPerDay: 0.03 })
    const told: { change: string; at: number; onset: number }[] = []
    const from = 600
    for (let i = 0; i < 900; i++) {
      const mean = i >= from && i < from + 60 ? 6 : 1
      const reading = series.step(START + i * MINUTE, negativeBinomial(random, mean, 1.5))
      if (reading.change !== null)
        told.push({
          change: reading.change,
          at: (reading.at - START) / MINUTE,
          onset: (reading.onset! - START) / MINUTE,
        })
    }
    expect(told.map(t => t.change)).toEqual(['raised', 'ended'])
    expect(told[0]!.at).toBeGreaterThan(from)
    expect(told[0]!.at).toBeLessThan(from + 8)
    expect(Math.abs(told[0]!.onset - from)).toBeLessThanOrEqual(2)
    expect(told[1]!.at).toBeGreaterThan(from + 60)
    expect(told[1]!.at).toBeLessThan(from + 100)
  })
})
