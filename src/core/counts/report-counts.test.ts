import { describe, expect, it } from 'vitest'
import { MINUTE } from '../../contract/time.js'
import { negativeBinomial, poisson, sfc32 } from '../stat/random.js'
import { burstDispersion, copied } from './bursts.js'
import {
  expectedReports,
  learnUsual,
  reportState,
  reportTable,
  stepSeries,
  takeReport,
  type ReportState,
} from './report-counts.js'
import { NOT_A_PLACE } from '../aggregate/label-roles.js'

const T = Date.UTC(2031, 4, 9, 12)

/** Two hours in which `a` brings three times the reports of `b`. */
function quiet() {
  const state = reportState(T, 1 / 30)
  for (let m = 0; m < 120; m++) {
    const slot = T + m * MINUTE
    for (let i = 0; i < 3; i++) takeReport(state, slot, { cell: 'a', problem: 'login' }, 1, 0)
    takeReport(state, slot, { cell: 'b', problem: 'slow' }, 1, 1)
    state.series.step(slot, 4)
    state.pending.delete(slot)
    state.steppedUntil = slot + MINUTE
    learnUsual(state, slot + MINUTE, null)
  }
  return state
}

describe('what people usually report', () => {
  it('is learned by label set, and shared out over the expectation', () => {
    const state = quiet()
    const from = T + 100 * MINUTE
    const table = reportTable(state, from, from + 10 * MINUTE)
    const predicted = table.predict.reduce((sum, x) => sum + x, 0)
    expect(predicted).toBeCloseTo(expectedReports(state, from, from + 10 * MINUTE), 6)
    expect(table.predict[0]! / table.predict[1]!).toBeGreaterThan(2.4)
    expect(table.predict[0]! / table.predict[1]!).toBeLessThan(3.6)
    expect([...table.real]).toEqual([30, 10])
  })
  it('leaves out labels that say no place', () => {
    expect(reportTable(quiet(), T, T + 10 * MINUTE).attributes).toEqual(['cell'])
    expect(NOT_A_PLACE.has('cell')).toBe(false)
  })
  it('leaves out what served a person where few say it: that is for the quotes', () => {
    const state = quiet()
    for (let i = 0; i < 20; i++) takeReport(state, T + 119 * MINUTE, { cell: 'a', pop: 'LHR' }, 1, 0)
    expect(reportTable(state, T + 110 * MINUTE, T + 120 * MINUTE).attributes).toEqual(['cell'])
    for (let i = 0; i < 2_000; i++) takeReport(state, T + 119 * MINUTE, { cell: 'a', pop: 'LHR' }, 1, 0)
    expect(reportTable(state, T + 110 * MINUTE, T + 120 * MINUTE).attributes).toEqual(['cell', 'pop'])
  })
  it('is not taught by trouble, nor by the newest minutes', () => {
    const state = quiet()
    const before = [...state.usual]
    for (let m = 120; m < 170; m++) {
      for (let i = 0; i < 50; i++) takeReport(state, T + m * MINUTE, { cell: 'b', problem: 'slow' }, 1, 0)
      learnUsual(state, T + (m + 1) * MINUTE, T + 120 * MINUTE)
    }
    expect(state.usual[1]! - before[1]!).toBeLessThanOrEqual(20)
  })
  it('a label set never seen before is expected a little, not never', () => {
    const state = quiet()
    takeReport(state, T + 119 * MINUTE, { cell: 'new' }, 1, 0)
    const table = reportTable(state, T + 110 * MINUTE, T + 120 * MINUTE)
    expect(table.predict[2]!).toBeGreaterThan(0)
    expect(table.predict[2]!).toBeLessThan(0.1 * table.predict[1]!)
  })
  it('reports that come late, after their minute was closed, still count in it', () => {
    const state = quiet()
    takeReport(state, T + 118 * MINUTE, { cell: 'a' }, 5, 0)
    expect(state.pending.size).toBe(0)
    takeReport(state, T + 121 * MINUTE, { cell: 'a' }, 5, 0)
    expect(state.pending.get(T + 121 * MINUTE)).toBe(5)
  })
})

const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1)

/** Steps a state through minutes of so many reports; returns the minutes at which its alarm was rare. */
function play(state: ReportState, from: number, until: number, count: (minute: number) => number): number[] {
  const rare: number[] = []
  for (let m = from; m < until; m++) {
    const n = count(m)
    if (n > 0) takeReport(state, T + m * MINUTE, {}, n, 0)
    state.seenAt = T + m * MINUTE
    stepSeries(state, T + (m + 1) * MINUTE)
    if (state.rare) rare.push(m)
  }
  return rare
}
const DEFAULT_RATE = 0.1 / 30

describe('alarms of people’s reports on a first day', () => {
  it('an outage does not hide itself: 11 reports in 15 minutes, then 919, after two hours', () => {
    const late = SEEDS.filter(seed => {
      const random = sfc32(seed)
      const level = (m: number) => (m < 120 ? 11 / 15 : Math.min(61, (11 / 15) * 2 ** ((m - 120) / 2.4)))
      const rare = play(reportState(T, DEFAULT_RATE), 0, 150, m => negativeBinomial(random, level(m), 2.5))
      return !(rare[0]! >= 120 && rare[0]! <= 135)
    })
    expect(late).toEqual([])
  })
  it('a burst that falls back untold is learned as one that this service has, an alarm that was told is not', () => {
    const random = sfc32(5)
    const burst = reportState(T, DEFAULT_RATE)
    play(burst, 0, 600, m => poisson(random, m >= 400 && m < 410 ? 2 : 0.2))
    const before = copied(burst.bursts)
    expect(play(burst, 600, 700, m => (m < 604 ? 2 : poisson(random, 0.2)))).toEqual([])
    expect(burstDispersion(burst.bursts, 15, 1)).toBeGreaterThan(burstDispersion(before, 15, 1))
    const told = reportState(T, DEFAULT_RATE)
    play(told, 0, 600, () => poisson(random, 0.2))
    const quietly = burstDispersion(told.bursts, 15, 1)
    expect(play(told, 600, 800, m => (m < 640 ? 20 : poisson(random, 0.2))).length).toBeGreaterThan(0)
    expect(burstDispersion(told.bursts, 15, 1)).toBeLessThan(1.3 * quietly)
  })
  it('an outage by its size that falls back untold is none of the bursts, and hides no later one', () => {
    const random = sfc32(6)
    const state = reportState(T, DEFAULT_RATE)
    // After two hours little is known: some 45 in half an hour where 3 are usual are not told yet.
    const level = (m: number) => (m >= 120 && m < 150 ? 1.6 : 0.1)
    expect(play(state, 0, 400, m => poisson(random, level(m)))).toEqual([])
    expect(state.series.outage).toBe(true)
    expect(burstDispersion(state.bursts, 60, 1)).toBeLessThan(4)
    expect(play(state, 400, 420, () => poisson(random, 4)).length).toBeGreaterThan(0)
  })
  it('a slow onset does not hide in what it has taught before it was noticed', () => {
    const random = sfc32(7)
    const state = reportState(T, DEFAULT_RATE)
    play(state, 0, 700, () => poisson(random, 0.2))
    const before = burstDispersion(state.bursts, 15, 1)
    play(state, 700, 760, m => poisson(random, 0.2 * 1.06 ** (m - 700)))
    expect(burstDispersion(state.bursts, 15, 1)).toBeLessThan(1.2 * before)
  })
  it.each([30, 300, 3000])('a first minute of %i is told at once, whatever the level may be', n => {
    expect(play(reportState(T, DEFAULT_RATE), 0, 10, () => n)[0]).toBe(0)
  })
  it('three complaints as the first ever, or the level of a great service from its first minute on, are none', () => {
    for (const seed of SEEDS) {
      const random = sfc32(seed)
      expect(play(reportState(T, DEFAULT_RATE), 0, 90, m => (m === 0 ? 3 : 0))).toEqual([])
      for (const level of [0.3, 1, 3])
        expect(play(reportState(T, DEFAULT_RATE), 0, 180, () => negativeBinomial(random, level, 2))).toEqual([])
    }
  })
  it('one report and hours of silence are a quiet service: the crowd after them is told', () => {
    const state = reportState(T, DEFAULT_RATE)
    const rare = play(state, 0, 250, m => (m === 0 ? 1 : m < 240 ? 0 : 6))
    expect(rare[0]).toBeGreaterThanOrEqual(240)
    expect(rare[0]).toBeLessThan(245)
  })
  it('what has been so since the first minute is how it is here, after some hours', () => {
    const random = sfc32(9)
    const state = reportState(T, DEFAULT_RATE)
    const rare = play(state, 0, 24 * 60, () => poisson(random, 100))
    expect(rare[0]).toBe(0)
    expect(rare.at(-1)).toBeLessThan(7 * 60)
    expect(state.series.expect(T + 24 * 60 * MINUTE).mean).toBeGreaterThan(80)
  })
})
