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
/** From the 30th hour on as many again come within two hours, and stay. */
const slow = (m: number): number => Math.max(0, Math.min(1.2, (m - 30 * 60) / 100))

describe('creeping trouble', () => {
  it.each([1, 2, 3, 4, 5])('is found within hours, on the second day already (%i)', seed => {
    const alarms = play(40, slow, seed)
    expect(alarms[0]).toBeGreaterThan(30 * 60)
    expect(alarms[0]).toBeLessThan(36 * 60)
  })
  it('is over when it is gone', () => {
    const alarms = play(44, m => (m < 35 * 60 ? slow(m) : 0))
    expect(alarms.length).toBeGreaterThan(0)
    expect(alarms.at(-1)).toBeLessThan(37 * 60)
  })
  it('is not told of an hour that is quiet again after an outage', () => {
    const alarms = play(40, m => (m >= 30 * 60 && m < 31 * 60 ? 20 : 0))
    expect(alarms.every(m => m < 32.5 * 60)).toBe(true)
  })
  it('is not seen in ninety quiet days more often than asked', () => {
    let runs = 0
    const alarms = play(90 * 24, () => 0, 8)
    alarms.forEach((m, i) => (runs += i === 0 || m - alarms[i - 1]! > 120 ? 1 : 0))
    // Asked: 90 / 2^6.6 = 0.9.
    expect(runs).toBeLessThan(4)
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
