import { describe, expect, it } from 'vitest'
import { DISPERSIONS, MEANS, RATES, thresholdNats } from './threshold.js'
import { THRESHOLD_TABLE } from './threshold-table.js'

describe('thresholdNats()', () => {
  it('has a table of the size of its grid', () => {
    expect(THRESHOLD_TABLE).toHaveLength(MEANS.length * DISPERSIONS.length * RATES.length)
  })

  it('asks for more evidence the rarer alarms shall be', () => {
    for (const mean of [0.0003, 0.02, 0.7, 40, 5000]) {
      let before = 0
      for (let rate = 0.05; rate > 1e-8; rate /= 3) {
        const nats = thresholdNats(mean, 1.7, rate)
        expect(nats).toBeGreaterThanOrEqual(before)
        before = nats
      }
    }
  })

  it('goes on by a nat for each factor e of rarity beyond the table, and by the mean below it', () => {
    expect(thresholdNats(3, 2, 1e-5 / Math.E) - thresholdNats(3, 2, 1e-5)).toBeCloseTo(1, 9)
    expect(thresholdNats(0.001, 2, 1e-5)).toBeCloseTo(thresholdNats(0.01, 2, 1e-4), 9)
  })

  it('lies below the bound of Wald, ln(1/rate), and not by more than three nats for busy series', () => {
    for (const rate of [1e-3, 1e-4, 1e-5]) {
      expect(thresholdNats(50, 1.5, rate)).toBeLessThan(-Math.log(rate))
      expect(thresholdNats(50, 1.5, rate)).toBeGreaterThan(-Math.log(rate) - 3)
    }
  })
})
