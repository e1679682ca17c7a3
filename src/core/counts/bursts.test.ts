import { describe, expect, it } from 'vitest'
import { gamma, poisson, sfc32 } from '../stat/random.js'
import { breakBlocks, type Bursts, burstBits, burstDispersion, bursts, forgetLast, noteQuiet } from './bursts.js'

const random = sfc32(11)
/** Counts of minutes that come in clumps of five: variance/mean 1 + (φ − 1)/5 in a minute, φ in five and more. */
function clumped(mean: number, phi: number, minutes: number): number[] {
  const out: number[] = []
  for (let i = 0; i < minutes; i += 5) {
    const level = phi > 1 ? (gamma(random, (5 * mean) / (phi - 1)) * (phi - 1)) / 5 : mean
    for (let k = 0; k < 5; k++) out.push(poisson(random, level))
  }
  return out
}
function taught(counts: readonly number[], mean: number, dispersion: number): Bursts {
  const b = bursts()
  for (const count of counts) noteQuiet(b, count, mean, 0, dispersion)
  return b
}

describe('dispersion at the scale of bursts', () => {
  it('is measured where the minutes show little of it', () => {
    const b = taught(clumped(1, 3, 20_000), 1, 1.4)
    for (const minutes of [5, 15, 60]) {
      expect(burstDispersion(b, minutes, 1.4)).toBeGreaterThan(2.5)
      expect(burstDispersion(b, minutes, 1.4)).toBeLessThan(4.2)
    }
  })
  it('is what the minutes say while nothing else is known, and never less for a longer run', () => {
    expect(burstDispersion(bursts(), 5, 2)).toBeGreaterThan(2)
    const b = taught(clumped(2, 2, 5_000), 2, 1.2)
    let before = 0
    for (const minutes of [1, 5, 6, 15, 30, 60, 100, 240, 1_000]) {
      const phi = burstDispersion(b, minutes, 1.2)
      expect(phi).toBeGreaterThanOrEqual(before)
      before = phi
    }
  })
  it('takes no falling level for bursts', () => {
    const falling = bursts()
    for (let i = 0; i < 480; i++) noteQuiet(falling, i % 5 === 0 ? 1 : 0, 1, 0.4, 1.2)
    expect(burstDispersion(falling, 240, 1.2)).toBeLessThan(2.5)
  })
  it('takes no single outlier for the habit, and nothing of blocks that trouble cut', () => {
    const quiet = clumped(1, 1, 5_000)
    const b = taught(quiet, 1, 1)
    const before = burstDispersion(b, 5, 1)
    for (const count of [400, 0, 0, 0, 0]) noteQuiet(b, count, 1, 0, 1)
    expect(burstDispersion(b, 5, 1)).toBeLessThan(1.25 * before)
    const cut = taught(quiet, 1, 1)
    noteQuiet(cut, 400, 1, 0, 1)
    breakBlocks(cut)
    for (const count of clumped(1, 1, 5)) noteQuiet(cut, count, 1, 0, 1)
    expect(burstDispersion(cut, 5, 1)).toBeLessThan(1.01 * before)
  })
  it('waits for an hour before a block teaches, and forgets what trouble turns out to have begun in', () => {
    const quiet = clumped(1, 1, 600)
    const b = taught(quiet, 1, 1)
    const before = burstDispersion(b, 15, 1)
    for (let i = 0; i < 45; i++) noteQuiet(b, 20, 1, 0, 1)
    expect(burstDispersion(b, 15, 1)).toBeLessThan(1.1 * before)
    const kept = structuredClone(b)
    forgetLast(b, 45)
    for (const count of clumped(1, 1, 120)) for (const each of [b, kept]) noteQuiet(each, count, 1, 0, 1)
    expect(burstDispersion(b, 15, 1)).toBeLessThan(1.1 * before)
    expect(burstDispersion(kept, 15, 1)).toBeGreaterThan(2 * before)
  })
})

describe('bits of a run', () => {
  it('are on the scale of days: runs of an hour pass a bar of ten days as seldom as that', () => {
    const mean = 1
    const counts = clumped(mean, 3, 60 * 24 * 400)
    const b = taught(counts.slice(0, 60 * 24 * 30), mean, 1.4)
    let days = 0
    let until = 0
    for (let i = 60; i < counts.length; i++) {
      if (i < until) continue
      const passes = [5, 15, 60].some(minutes => {
        const observed = counts.slice(i - minutes, i).reduce((sum, n) => sum + n, 0)
        if (observed < mean * minutes * 1.3) return false
        const run = { minutes, observed, expected: mean * minutes, cv: 0, dispersion: 1.4 }
        return burstBits(b, run) >= Math.log2(10)
      })
      if (!passes) continue
      days++
      until = i + 120
    }
    // 400 days, one in ten asked: 40; fixed runs are fewer than those an alarm may choose from.
    expect(days).toBeGreaterThan(8)
    expect(days).toBeLessThan(56)
  })
  it('fall with the uncertainty of the expectation, and with the scatter', () => {
    const run = { minutes: 30, observed: 80, expected: 30, cv: 0, dispersion: 1.5 }
    const sure = burstBits(bursts(), run)
    expect(sure).toBeGreaterThan(8)
    expect(burstBits(bursts(), { ...run, cv: 0.4 })).toBeLessThan(sure)
    expect(burstBits(bursts(), { ...run, dispersion: 4 })).toBeLessThan(sure)
  })
})
