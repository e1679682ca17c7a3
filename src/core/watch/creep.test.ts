import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE } from '../../contract/time.js'
import { negativeBinomial, sfc32 } from '../stat/random.js'
import { creep, reviseMinute, takeMinute, type Creep } from './creep.js'

const T = Date.UTC(2031, 4, 9)
const NEEDED = 6.6
const usual = (minute: number): number => 1 + 0.4 * Math.sin((2 * Math.PI * minute) / 1440)

/** Plays `hours` of a rhythmic series; `extra` reports a minute come on top. Returns the minutes at which it was in alarm. */
function play(hours: number, extra: (minute: number) => number, seed = 3, c: Creep = creep()): number[] {
  const random = sfc32(seed)
  const alarms: number[] = []
  for (let m = 0; m < hours * 60; m++) {
    takeMinute(c, T + m * MINUTE, negativeBinomial(random, usual(m) + extra(m), 2.5), 2.5, true, NEEDED)
    if (c.alarm) alarms.push(m)
  }
  return alarms
}
const episodes = (alarms: number[]): number => alarms.filter((m, i) => i === 0 || m - alarms[i - 1]! > 120).length

/** From the 30th hour on as many again come within two hours, and stay. */
const slow = (m: number): number => Math.max(0, Math.min(1.2, (m - 30 * 60) / 100))

describe('creeping trouble', () => {
  it('is found within hours, on the second day already', () => {
    const seeds = Array.from({ length: 20 }, (_, i) => i + 1)
    const found = seeds.map(seed => play(40, slow, seed).find(m => m > 30 * 60))
    const inTime = found.filter(m => m !== undefined && m < 36 * 60).length
    // By 36 h the rise has stood for five of its hours: as often as not would be too little.
    expect(inTime).toBeGreaterThanOrEqual(16)
  })
  it('is over when it is gone', () => {
    const alarms = play(44, m => (m < 35 * 60 ? slow(m) : 0), 1)
    expect(alarms.length).toBeGreaterThan(0)
    expect(alarms.at(-1)).toBeLessThan(37 * 60)
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
    const c = creep()
    play(30, () => 0, 5, c)
    for (let m = 30 * 60; m < 34 * 60; m++) takeMinute(c, T + m * MINUTE, m % 15 === 3 ? null : 9, 2.5, true, NEEDED)
    expect(c.alarm).toBe(false)
    takeMinute(c, T + 60 * HOUR, 9, 2.5, true, NEEDED)
    expect(c.ring.every(Number.isNaN)).toBe(true)
  })
  it('may be revised while they are remembered', () => {
    const c = creep()
    play(30, () => 0, 5, c)
    const quarter = c.quarter - 3
    const before = c.ring[quarter % 32]!
    reviseMinute(c, quarter * 15 * MINUTE, 4)
    expect(c.ring[quarter % 32]).toBe(before + 4)
    reviseMinute(c, (quarter - 40) * 15 * MINUTE, 4)
    expect(c.ring[quarter % 32]).toBe(before + 4)
  })
})
