import { describe, expect, it } from 'vitest'
import { CountSeries } from './count-series.js'
import { negativeBinomial, poisson, type Random, sfc32 } from '../stat/random.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const START = Date.UTC(2026, 0, 26)

const minutes = () => new CountSeries({ slotMs: MINUTE, falseAlarmsPerDay: 0.03 })
const noise = (random: Random, mean: number) => () => negativeBinomial(random, mean, 1.5)

/** Steps through counts; returns the slots at which something was raised. */
function watch(
  series: CountSeries,
  slots: number,
  count: (slot: number) => number | null,
  from = 0,
  slotMs = MINUTE,
): number[] {
  const raised: number[] = []
  for (let i = from; i < slots; i++) if (series.step(START + i * slotMs, count(i)).change === 'raised') raised.push(i)
  return raised
}

describe('CountSeries: what it says of its own level', () => {
  it('is nothing before an hour of quiet was learned', () => {
    const series = minutes()
    watch(series, 59, noise(sfc32(3), 2))
    expect(series.learned).toBe(false)
    watch(series, 240, noise(sfc32(3), 2), 59)
    expect(series.learned).toBe(true)
    expect(series.learnedMs).toBeGreaterThanOrEqual(HOUR)
    expect(CountSeries.open(series.snapshot()).learned).toBe(true)
  })
  it('is nothing where only a flood and silence were seen', () => {
    const series = minutes()
    watch(series, 40, noise(sfc32(4), 0.1))
    watch(series, 300, noise(sfc32(4), 80), 40)
    expect(series.learned).toBe(false)
    const unknown = minutes()
    watch(unknown, 300, i => (i < 20 ? 3 : null))
    expect(unknown.learned).toBe(false)
  })
})

describe('CountSeries: a plateau that comes each day', () => {
  const QUARTER = 15 * MINUTE
  /** Alarms by week of eight weeks. */
  function weeks(level: (day: number, hour: number) => number, slotMs: number, seed: number): number[] {
    const random = sfc32(seed)
    const out = Array<number>(8).fill(0)
    const slots = (56 * DAY) / slotMs
    const count = (i: number) => poisson(random, level(Math.floor((i * slotMs) / DAY), ((i * slotMs) / HOUR) % 24))
    for (const slot of watch(new CountSeries({ slotMs, falseAlarmsPerDay: 0.05 }), slots, count, 0, slotMs))
      out[Math.floor((slot * slotMs) / (7 * DAY))]! += 1
    return out
  }
  it.each([
    [20, 60],
    [20, 80],
    [20, 200],
    [3, 60],
  ])('from %i to %i at seven is learned within a week, and then alarms come as seldom as asked', (low, high) => {
    let later = 0
    for (const seed of [1, 2, 3]) {
      const raised = weeks((_, hour) => (hour >= 7 && hour < 19 ? high : low), QUARTER, seed)
      expect(raised[0]).toBeGreaterThan(3)
      later += raised.slice(1).reduce((a, b) => a + b, 0)
    }
    // 7.4 are asked in seven weeks of three series; once in thirty times chance shows more than 12.
    expect(later).toBeLessThanOrEqual(12)
  })
  it('makes nobody deaf: an hour of twice as many on top of it is told', () => {
    const raised = weeks(
      (day, hour) => (day === 40 && hour >= 12 && hour < 13 ? 120 : hour >= 7 && hour < 19 ? 60 : 20),
      QUARTER,
      8,
    )
    expect(raised[5]).toBeGreaterThan(0)
  })
  it('so is one of working days, and one of Mondays', () => {
    const working = weeks((day, hour) => (day % 7 < 5 && hour >= 7 && hour < 19 ? 80 : 20), QUARTER, 4)
    expect(working.slice(4).reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(2)
    const mondays = weeks((day, hour) => (day % 7 === 0 && hour >= 7 && hour < 19 ? 80 : 20), QUARTER, 5)
    expect(mondays.slice(5).reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(2)
  })
  it('an outage on top of it is told, and one that comes on two days is none', () => {
    const surged = weeks(
      (day, hour) => (day === 40 && hour >= 9 && hour < 11 ? 400 : hour >= 7 && hour < 19 ? 80 : 20),
      QUARTER,
      6,
    )
    expect(surged[5]).toBeGreaterThan(0)
    const twice = weeks((day, hour) => (day % 7 < 2 && day < 14 && hour >= 7 && hour < 9 ? 80 : 20), QUARTER, 7)
    expect(twice[1]).toBeGreaterThanOrEqual(2)
  })
})

describe('CountSeries: what the first hours show', () => {
  const QUARTER = 15 * MINUTE
  /** Alarms by slot, in a series of few; and the series. */
  function quarters(counts: readonly number[]): { raised: number[]; series: CountSeries } {
    const series = new CountSeries({ slotMs: QUARTER, falseAlarmsPerDay: 0.25 })
    return { raised: watch(series, counts.length, i => counts[i]!, 0, QUARTER), series }
  }
  const steady = (slots: number, mean: number, seed: number) => {
    const random = sfc32(seed)
    return Array.from({ length: slots }, () => poisson(random, mean))
  }
  const at = (slot: number) => START + slot * QUARTER

  it('an outage is no scatter, its first slot neither, and hides no later one', () => {
    const outage = [38, 136, 101, 67, 55, 37, 27, 22, 18, 9]
    const { raised, series } = quarters([...steady(12, 11, 4), ...outage, ...steady(20, 5, 9), 40, 40])
    expect(raised[0]).toBe(12)
    expect(series.expect(at(43)).dispersion).toBeLessThan(2.2)
    expect(raised.filter(slot => slot >= 42)).not.toEqual([])
  })
  it('a level that is accepted in hours never seen before is not multiplied once more by what they teach', () => {
    for (let more = 24; more < 48; more++) {
      const { series } = quarters([...steady(16, 5, 3), ...steady(more, 25, 4)])
      expect(series.expect(at(15 + more)).mean).toBeLessThan(33)
    }
  })
  it('a second rise is held against what was before it, not against itself', () => {
    const ramp = [20, 22, 35, 60, 95, 130, 180]
    const { raised } = quarters([...steady(20, 2, 5), ...steady(16, 20, 6), ...ramp])
    expect(raised[0]).toBeLessThan(24)
    expect(raised.some(slot => slot >= 37 && slot <= 41)).toBe(true)
  })
})
