import { describe, expect, it } from 'vitest'
import { MINUTE } from '../../contract/time.js'
import { rateState, takeRate } from './state.js'
import { poisson, sfc32 } from '../stat/random.js'
import { readDemand } from './demand.js'

const T = Date.UTC(2031, 4, 9, 12)
const ONSET = 200

/** Demand read half an hour after the onset. */
function demand(mean: (minute: number) => number, seed = 1, until = ONSET + 30) {
  const state = rateState()
  const random = sfc32(seed)
  for (let m = 0; m < until; m++) takeRate(state, T + m * MINUTE, {}, poisson(random, mean(m)), 0, 0)
  return readDemand(state, T + ONSET * MINUTE, T + until * MINUTE)
}
const since = (d: ReturnType<typeof demand>): number | null => (d?.since == null ? null : (d.since - T) / MINUTE)

describe('demand against its own course', () => {
  it('tells when it rose before the errors, and by how much', () => {
    const got = demand(m => (m < ONSET - 20 ? 1_000 : 1_500))
    expect(got!.ratio).toBeCloseTo(1.5, 1)
    expect(since(got)).toBe(ONSET - 20)
  })
  it('follows a steady climb or fall without calling it a surge', () => {
    for (const slope of [2, -2]) {
      const got = demand(m => 1_000 + slope * m)
      expect(since(got)).toBeNull()
      expect(got!.ratio).toBeCloseTo(1, 1)
    }
  })
  it.each([24, 100, 1_000, 100_000])('does not call noise a surge at %d a minute', mean => {
    // Late in a long trouble the line is stretched far beyond the hours that it was drawn through.
    for (let seed = 1; seed <= 40; seed++) expect(since(demand(() => mean, seed, ONSET + 90))).toBeNull()
  })
  it('one busy minute is no surge', () => {
    expect(since(demand(m => (m === ONSET - 10 ? 3_000 : 1_000)))).toBeNull()
  })
  it('is unknown where the hours before were not seen', () => {
    const state = rateState()
    for (let m = ONSET - 40; m < ONSET + 30; m++) takeRate(state, T + m * MINUTE, {}, 100, 0, 0)
    expect(readDemand(state, T + ONSET * MINUTE, T + (ONSET + 30) * MINUTE)).toBeNull()
  })
  it('is unknown while nothing arrives', () => {
    const state = rateState()
    for (let m = 0; m < ONSET; m++) takeRate(state, T + m * MINUTE, {}, 100, 0, 0)
    expect(readDemand(state, T + ONSET * MINUTE, T + (ONSET + 30) * MINUTE)).toBeNull()
  })
})
