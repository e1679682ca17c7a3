import { describe, expect, it } from 'vitest'
import { DAY, MINUTE } from '../../contract/time.js'
import { learnRates } from './learn.js'
import { tickRates } from './rise-detector.js'
import { type RateState, takeRate } from './state.js'
import { teachRates } from './teach.js'

const START = Date.UTC(2031, 4, 9)
const BIN = 15 * MINUTE

/** Two days before the start in which so many of 1,000 requests a bin failed. */
const past = (failed: number, total = 1_000) => ({
  service: 'shop',
  via: 'metric' as const,
  binMs: BIN,
  counts: Array.from({ length: (2 * DAY) / BIN }, (_, i): [number, number, number] => [
    START - 2 * DAY + i * BIN,
    failed,
    total,
  ]),
})

/** The minute in which it is told that two backends fail by other shares from the fifth minute on; null: never in twenty. */
function toldAt(state: RateState, before: [a: number, b: number], since = before): number | null {
  for (let minute = 0; minute < 20; minute++) {
    const shares = minute < 5 ? before : since
    for (const [i, share] of shares.entries())
      takeRate(state, START + minute * MINUTE, { backend: 'ab'[i]! }, 500, Math.round(500 * share), 0)
    const now = START + (minute + 1) * MINUTE
    if (tickRates(state, now).bad.alarm) return minute
    learnRates(state, now, { bad: null, slow: null })
  }
  return null
}

describe('a past that was taught', () => {
  it('shows within minutes that a new source fails more than usual, which it cannot know by itself', () => {
    const told = toldAt(teachRates(null, past(10)), [0.01, 0.01], [0.01, 0.3])
    expect(told).toBeGreaterThanOrEqual(5)
    expect(told).toBeLessThanOrEqual(6)
    // Of a few requests nothing is known.
    expect(toldAt(teachRates(null, past(0, 1)), [0.01, 0.01], [0.01, 0.3])).toBe(null)
  })
  it('takes what usually fails for nothing new, and says nothing of parts that may usually fail so', () => {
    expect(toldAt(teachRates(null, past(180)), [0.06, 0.3])).toBe(null)
    expect(toldAt(teachRates(null, past(155)), [0.01, 0.29], [0.29, 0.01])).toBe(null)
  })
})
