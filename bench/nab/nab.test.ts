import { describe, expect, it } from 'vitest'
import { poisson, sfc32 } from '../../src/core/stat/random.js'
import { asCounts, filesOf } from './nab.js'
import { alarms, peakRates } from './detector.js'
import { nabScore, PROFILES, probation, sigmoid, worths } from './scorer.js'

const [standard, lowFp, lowFn] = PROFILES as [(typeof PROFILES)[0], (typeof PROFILES)[0], (typeof PROFILES)[0]]
const series = (records: number, at: Record<number, number>, windows: [number, number][]) => {
  const scores = new Float64Array(records)
  for (const [i, score] of Object.entries(at)) scores[Number(i)] = score
  return { name: 's', scores, windows }
}

describe('the scorer of NAB', () => {
  it('leaves 15 % of a series out, at most 750 records', () => {
    expect([probation(100), probation(4032), probation(5000), probation(22695)]).toEqual([15, 604, 750, 750])
  })
  it('values places by the sigmoid: 1 − 2/(1+e^5) at the start, 0 at the end, −1 past three widths', () => {
    expect(sigmoid(-1)).toBeCloseTo(0.98661, 5)
    expect(sigmoid(0)).toBe(0)
    expect(sigmoid(1)).toBeCloseTo(-0.98661, 5)
    expect(sigmoid(3.01)).toBe(-1)
  })
  it('values records: window of four from record 40', () => {
    const { worth, window } = worths(100, [[40, 43]])
    expect([...window.slice(39, 45)]).toEqual([-1, 0, 0, 0, 0, -1])
    expect(worth[39]).toBe(-1)
    expect(worth[40]).toBe(1)
    // Position of the last record is −1/4: (2/(1+e^−1.25) − 1) / 0.98661.
    expect(worth[43]).toBeCloseTo(0.5546 / 0.98661, 4)
    // One third of (width − 1) past it: 2/(1+e^{5/3}) − 1.
    expect(worth[44]).toBeCloseTo(-0.6823, 4)
    expect(worth[60]).toBe(-1)
  })
  it('is 100 for the first record of each window, 0 for silence, and takes silence for the best when all else is false', () => {
    const perfect = [series(100, { 40: 1 }, [[40, 49]])]
    for (const profile of PROFILES) expect(nabScore(perfect, profile).normalised).toBe(100)
    expect(nabScore([series(100, {}, [[40, 49]])], standard).normalised).toBe(0)
    const wrong = nabScore([series(100, { 20: 1, 30: 1 }, [[40, 49]])], standard)
    expect(wrong).toMatchObject({ normalised: 0, falseRecords: 0 })
    expect(wrong.threshold).toBeGreaterThan(1)
  })
  it('weighs by profile: one hit at the start, one false record before it, one window missed', () => {
    const corpus = [
      series(100, { 20: 0.9, 40: 0.9 }, [
        [40, 49],
        [70, 79],
      ]),
    ]
    // 1 − 0.11 − 1 of (−2 … 2); 1 − 0.22 − 1; 1 − 0.11 − 2 of (−4 … 2).
    expect(nabScore(corpus, standard).normalised).toBeCloseTo((100 * 1.89) / 4, 9)
    expect(nabScore(corpus, lowFp).normalised).toBeCloseTo((100 * 1.78) / 4, 9)
    expect(nabScore(corpus, lowFn).normalised).toBeCloseTo((100 * 2.89) / 6, 9)
  })
  it('counts a window once, by its best record, and nothing of the probation', () => {
    const once = nabScore([series(100, { 45: 1 }, [[40, 49]])], standard)
    const often = nabScore([series(100, { 3: 1, 14: 1, 45: 1, 46: 1, 49: 1 }, [[40, 49]])], standard)
    expect(often.normalised).toBe(once.normalised)
    expect(often).toMatchObject({ found: 1, windows: 1, falseRecords: 0 })
  })
  it('chooses one threshold for all series, by the total', () => {
    const corpus = [
      series(100, { 40: 0.6, 20: 0.3 }, [[40, 49]]),
      series(100, { 40: 0.8, 30: 0.5 }, [[40, 49]]),
      series(100, { 60: 0.4 }, []),
    ]
    expect(nabScore(corpus, standard)).toMatchObject({ threshold: 0.6, normalised: 100, found: 2 })
    expect(nabScore(corpus, standard, 0.7)).toMatchObject({ normalised: 50, found: 1 })
    expect(nabScore(corpus, standard, 0.4)).toMatchObject({ normalised: (100 * (2 - 0.22 + 2)) / 4, falseRecords: 2 })
  })
})

describe('the way from series to alarms', () => {
  const SLOT_MS = 300_000
  const random = sfc32(3)
  const counts = Array.from({ length: 3000 }, (_, i) => poisson(random, i >= 2500 && i < 2510 ? 90 : 20))

  it('says nothing that later records change', () => {
    const whole = peakRates(counts, SLOT_MS)
    for (const cut of [900, 2502]) expect(peakRates(counts.slice(0, cut), SLOT_MS)).toEqual(whole.slice(0, cut))
  })
  it('raises once at a peak such as the series never had, and rests', () => {
    const raised = [...alarms(peakRates(counts, SLOT_MS), SLOT_MS, 0.2)].flatMap((score, i) => (score > 0 ? [i] : []))
    expect(raised.filter(i => i > 2000)).toEqual([2500])
  })
  it('leaves whole numbers and makes other values scatter like counts', () => {
    expect([...asCounts([3, 0, 7])]).toEqual([3, 0, 7])
    const scaled = asCounts(Array.from({ length: 1000 }, (_, i) => -1 + 0.01 * (i % 10)))
    const known = scaled.slice(0, 150)
    const mean = known.reduce((n, v) => n + v, 0) / 150
    expect(known.reduce((n, v) => n + (v - mean) ** 2, 0) / 150).toBeCloseTo(mean, 9)
    expect(Math.min(...scaled)).toBe(0)
  })
  it('reads files from a tar archive', () => {
    const entry = (name: string, body: string, kind = '0') => {
      const head = Buffer.alloc(512)
      head.write(name, 0)
      head.write(body.length.toString(8).padStart(11, '0'), 124)
      head.write(kind, 156)
      return Buffer.concat([head, Buffer.from(body), Buffer.alloc((512 - (body.length % 512)) % 512)])
    }
    const tar = Buffer.concat([
      entry('d/', '', '5'),
      entry('d/a', 'x'.repeat(512)),
      entry('d/b', 'yes'),
      Buffer.alloc(1024),
    ])
    expect([...filesOf(tar)].map(([name, body]) => [name, body.length])).toEqual([
      ['d/a', 512],
      ['d/b', 3],
    ])
  })
})
