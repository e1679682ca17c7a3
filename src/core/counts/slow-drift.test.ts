import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE } from '../../contract/time.js'
import { negativeBinomial, sfc32 } from '../stat/random.js'
import { slowDrift, reviseMinute, takeMinute, type SlowDrift } from './slow-drift.js'

const T = Date.UTC(2031, 4, 9)
const NEEDED = 6.6
const usual = (minute: number): number => 1 + 0.4 * Math.sin((2 * Math.PI * minute) / 1440)

/** Plays `hours` of a rhythmic series; `extra` reports a minute come on top. Returns the minutes at which it was in alarm. */
function play(hours: number, extra: (minute: number) => number, seed = 3, c: SlowDrift = slowDrift()): number[] {
  const random = sfc32(seed)
  const alarms: number[] = []
  for (let m = 0; m < hours * 60; m++) {
    takeMinute(c, T + m * MINUTE, negativeBinomial(random, usual(m) + extra(m), 2.5), 2.5, true, NEEDED)
    if (c.alarm) alarms.push(m)
  }
  return alarms
}
const episodes = (alarms: number[]): number => alarms.filter((m, i) => i === 0 || m - alarms[i - 1]! > 120).length

/** From an hour on as many again come within two hours, and stay. */
const rises =
  (from: number) =>
  (m: number): number =>
    Math.max(0, Math.min(1.2, (m - from * 60) / 100))
const inTime = (from: number): number =>
  Array.from({ length: 20 }, (_, i) => play(from + 10, rises(from), i + 1).find(m => m > from * 60)).filter(
    m => m !== undefined && m < (from + 6) * 60,
  ).length

describe('trouble that drifts in slowly', () => {
  it('is found within hours, on the fourth day already', () => {
    // In six hours the rise has stood for five: as often as not would be too little.
    expect(inTime(78)).toBeGreaterThanOrEqual(16)
  })
  it('on the second day is hardly ever believed: one day tells little of the next', () => {
    expect(inTime(30)).toBeLessThanOrEqual(4)
    expect(play(40, m => 4 * rises(30)(m)).length).toBeGreaterThan(0)
  })
  it('is over when it is gone', () => {
    const alarms = play(92, m => (m < 83 * 60 ? rises(78)(m) : 0), 1)
    expect(alarms.length).toBeGreaterThan(0)
    expect(alarms.at(-1)).toBeLessThan(85 * 60)
  })
  it('is not told of an hour that is quiet again after an outage', () => {
    const alarms = play(40, m => (m >= 30 * 60 && m < 31 * 60 ? 20 : 0))
    expect(alarms.every(m => m < 32.5 * 60)).toBe(true)
  })
  it('is seen in quiet days as often as asked, also where days differ', () => {
    const DAYS = 60
    const SERIES = 8
    let same = 0
    let differing = 0
    for (let seed = 1; seed <= SERIES; seed++) {
      const random = sfc32(seed)
      const days = Array.from({ length: DAYS }, () => Math.exp(0.5 * (random() + random() - 1)))
      same += episodes(play(DAYS * 24, () => 0, 100 + seed))
      differing += episodes(play(DAYS * 24, m => (days[Math.floor(m / 1440)]! - 1) * usual(m), 100 + seed))
    }
    const asked = (DAYS * SERIES) / 2 ** NEEDED
    expect(same).toBeLessThan(2 * asked)
    expect(differing).toBeLessThan(2 * asked)
  })
  it('is not a day that is a little louder than others', () => {
    expect(play(60, m => (m > 40 * 60 ? 0.15 * usual(m) : 0))).toEqual([])
  })
  it('is nothing that can be told before the rhythm has been seen', () => {
    expect(play(19, m => (m > 16 * 60 ? 3 : 0))).toEqual([])
  })
})

describe('minutes', () => {
  it('that are unknown say nothing, and a gap is forgotten', () => {
    const c = slowDrift()
    play(30, () => 0, 5, c)
    for (let m = 30 * 60; m < 34 * 60; m++) takeMinute(c, T + m * MINUTE, m % 15 === 3 ? null : 9, 2.5, true, NEEDED)
    expect(c.alarm).toBe(false)
    takeMinute(c, T + 60 * HOUR, 9, 2.5, true, NEEDED)
    expect(c.ring.every(Number.isNaN)).toBe(true)
  })
  it('may be revised while they are remembered', () => {
    const c = slowDrift()
    play(30, () => 0, 5, c)
    const quarter = c.quarter - 3
    const before = c.ring[quarter % 32]!
    reviseMinute(c, quarter * 15 * MINUTE, 4)
    expect(c.ring[quarter % 32]).toBe(before + 4)
    reviseMinute(c, (quarter - 40) * 15 * MINUTE, 4)
    expect(c.ring[quarter % 32]).toBe(before + 4)
  })
})
