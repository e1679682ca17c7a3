import { describe, expect, it } from 'vitest'
import type { Track } from '../../contract/finding.js'
import { MINUTE } from '../../contract/time.js'
import {
  etaOf,
  noiseOf,
  recoveryOf,
  isIntermittent,
  lastingGone,
  pauseOf,
  surelyGone,
  turnedAt,
  unheard,
} from './recovery.js'
import { followTracks, relapsed, wholeTrack, type TrackMemory } from './track.js'
import { binomial, poisson, sfc32, type Random } from '../stat/random.js'

const START = Date.UTC(2031, 4, 9, 12)
const track = (t: Partial<Track> = {}): Track => ({
  where: {},
  excess: 0,
  unit: 'share',
  bits: 20,
  error: 0.001,
  stale: false,
  ...t,
})

/** A memory that has followed the given excess, a value a minute. */
function followed(values: readonly number[], more: Partial<Track> = {}): { memory: TrackMemory[]; at: number } {
  const memory: TrackMemory[] = []
  values.forEach((excess, i) => followTracks(memory, [track({ excess, ...more })], START + i * MINUTE))
  return { memory, at: START + (values.length - 1) * MINUTE }
}
const plateau = (n: number, excess = 0.5): number[] => Array.from({ length: n }, () => excess)
const minutes = (iso: string): number => (Date.parse(iso) - START) / MINUTE

describe('recovered', () => {
  it('is the part of the worst excess that is gone', () => {
    const { memory, at } = followed([0.2, 0.5, 0.4, 0.25])
    expect(recoveryOf(memory, at)!.recovered).toBeCloseTo(0.5, 2)
  })
  it('is whole below the level at which nothing is called failing', () => {
    const { memory, at } = followed([0.5, 0.002])
    expect(recoveryOf(memory, at)!.recovered).toBe(1)
  })
  it('is null while nothing was ever wrong', () => {
    const { memory, at } = followed([0, 0])
    expect(recoveryOf(memory, at)).toBeNull()
  })
  it('does not take an excess that chance explains for a remainder', () => {
    const memory: TrackMemory[] = []
    followTracks(memory, [track({ excess: 0.5 })], START)
    followTracks(memory, [track({ excess: 0.05, bits: 1, error: 0.05 })], START + MINUTE)
    expect(recoveryOf(memory, START + MINUTE)!.recovered).toBe(1)
  })
  it('does not take the luckiest of many noisy values for the peak', () => {
    const random = sfc32(4)
    let worst = 0
    const memory: TrackMemory[] = []
    for (let i = 0; i < 120; i++) {
      const n = poisson(random, 80)
      followTracks(
        memory,
        [track({ unit: 'reports_per_minute', excess: n / 10, error: Math.sqrt(n + 1) / 10 })],
        START + i * MINUTE,
      )
      worst = Math.max(worst, recoveryOf(memory, START + i * MINUTE)?.recovered ?? 0)
    }
    expect(worst).toBeLessThan(0.36)
    expect(worst - 1.5 * noiseOf(memory)).toBeLessThan(0.25)
  })
  it('lists the parts that were hit, worst first, in the unit of the whole', () => {
    const memory: TrackMemory[] = []
    const step = (whole: number, a: number, b: number, i: number) =>
      followTracks(
        memory,
        [
          track({ excess: whole }),
          track({ where: { cell: ['a'] }, excess: a }),
          track({ where: { cell: ['b'] }, excess: b }),
          track({ where: { cell: ['c'] }, excess: 0.001 }),
          track({ excess: 50, unit: 'reports_per_minute' }),
        ],
        START + i * MINUTE,
      )
    step(0.5, 0.8, 0.8, 0)
    step(0.3, 0.2, 0.7, 1)
    expect(recoveryOf(memory, START + MINUTE)!.segments.map(s => s.where)).toEqual([{ cell: ['b'] }, { cell: ['a'] }])
  })
  it('speaks by shares where there are any, else by reports', () => {
    const reports = track({ unit: 'reports_per_minute', excess: 9 })
    const memory: TrackMemory[] = []
    followTracks(memory, [track({ excess: 0 }), reports], START)
    expect(wholeTrack(memory)!.unit).toBe('reports_per_minute')
    followTracks(memory, [track({ excess: 0.2 }), reports], START + MINUTE)
    expect(wholeTrack(memory)!.unit).toBe('share')
  })
})

describe('surely gone', () => {
  const reports = (excess: number, usual = 1): Partial<Track> => ({
    unit: 'reports_per_minute',
    excess,
    usual,
    error: Math.sqrt(10 * excess + 11) / 10,
  })
  const follow = (tracks: Partial<Track>[]): [number, number] => {
    const memory: TrackMemory[] = []
    tracks.forEach((t, i) => followTracks(memory, [track(t)], START + i * MINUTE))
    return surelyGone(memory, START + (tracks.length - 1) * MINUTE)
  }

  it('is nothing while people merely tire, however few still report', () => {
    for (const left of [30, 12, 6])
      expect(follow([...plateau(40, 100), ...plateau(120, left)].map(x => reports(x)))).toEqual([0, 1])
  })
  it('is nothing of a trouble that was never more than a few reports, and never more than is seen', () => {
    expect(follow(plateau(20, 0.4).map(x => reports(x)))[0]).toBe(0)
    expect(follow([0.6, 0.6].map(excess => ({ ...reports(excess), error: 0.01 })))).toEqual([0, 0])
  })
  it('is most once fewer report than any unchanged trouble brings', () => {
    expect(follow([...plateau(40, 100), ...plateau(120, 0)].map(x => reports(x)))[0]).toBeGreaterThan(0.7)
  })
  it('is less while those who might report sleep', () => {
    const day = plateau(40, 100).map(x => reports(x))
    const sure = (usual: number): number => follow([...day, ...plateau(120, 0.5).map(x => reports(x, usual))])[0]
    expect(sure(1)).toBeGreaterThan(sure(0.3) + 0.1)
    expect(sure(0.1)).toBe(0)
  })
  it('holds the level of half an hour of checks against the worst such level, not lucky minutes against each other', () => {
    const flicker = Array.from({ length: 90 }, (_, i) => ({ excess: i % 5 < 2 ? 0.6 : 0, error: 0.2 }))
    expect(follow(flicker)[0]).toBeLessThan(0.1)
    const mended = plateau(40, 0).map(excess => ({ excess, error: 0.03 }))
    expect(follow([...flicker, ...mended])[0]).toBeGreaterThan(0.5)
  })
  it('is no more than people say while checks alone look well', () => {
    const memory: TrackMemory[] = []
    for (let i = 0; i < 120; i++)
      followTracks(
        memory,
        [track({ excess: i < 60 ? 0.5 : 0, error: 0.03 }), track(reports(i < 60 ? 40 : 10))],
        START + i * MINUTE,
      )
    expect(surelyGone(memory, START + 119 * MINUTE)[0]).toBe(0)
  })
})

describe('what comes and goes', () => {
  const flaps = (rounds: number): number[] =>
    Array.from({ length: rounds }, () => [...plateau(8, 0.4), ...plateau(12, 0.01)]).flat()

  it('is on and off from the second time that it comes back, until it has stayed on or off', () => {
    const is = (values: number[]): boolean => {
      const { memory, at } = followed(values)
      return isIntermittent(memory, at)
    }
    expect(is(plateau(60))).toBe(false)
    expect(is(flaps(1))).toBe(false)
    expect(is([...flaps(2), 0.4])).toBe(true)
    expect(is([...flaps(3), ...plateau(60, 0.4)])).toBe(false)
    expect(is([...flaps(3), ...plateau(60, 0)])).toBe(false)
  })
  it('is not made of the luck of few', () => {
    const { memory, at } = followed(flaps(4), { error: 0.25 })
    expect(isIntermittent(memory, at)).toBe(false)
  })
  it('no pause of it is a sure recovery, and what never paused counts half until it has been gone for longer than it was there', () => {
    const sure = (values: number[]): number => {
      const { memory, at } = followed(values)
      return lastingGone(memory, at)[0]
    }
    expect(sure([...plateau(20, 0.4), ...plateau(9, 0.01)])).toBe(0)
    expect(sure([...plateau(20, 0.4), ...plateau(29, 0.01)])).toBeCloseTo(0.486)
    expect(sure([...plateau(20, 0.4), ...plateau(30, 0.01)])).toBeGreaterThan(0.9)
    expect(sure([...plateau(300, 0.4), ...plateau(59, 0.01)])).toBeLessThan(0.5)
    expect(sure([...plateau(300, 0.4), ...plateau(60, 0.01)])).toBeGreaterThan(0.9)
    expect(sure([...flaps(4), ...plateau(4, 0.01)])).toBe(0)
    expect(sure([...flaps(4), ...plateau(6, 0.01)])).toBeGreaterThan(0.9)
  })
  it('is still that where it was called over between', () => {
    const first = followed([...plateau(8, 0.4), ...plateau(30, 0)])
    const memory = relapsed(first.memory, first.at + MINUTE)
    expect(memory[0]).toMatchObject({ peak: 0, off: { backs: [first.at + MINUTE], longestMs: 30 * MINUTE } })
    const values = [...plateau(8, 0.2), ...plateau(12, 0), 0.2]
    values.forEach((excess, i) => followTracks(memory, [track({ excess })], first.at + (2 + i) * MINUTE))
    expect(isIntermittent(memory, first.at + (1 + values.length) * MINUTE)).toBe(true)
    expect(pauseOf(memory)).toBe(45 * MINUTE)
  })
})

describe('the turn', () => {
  it('is the last time near the peak, also when that is long ago', () => {
    const decay = Array.from({ length: 90 }, (_, i) => 0.5 * (1 - i / 100))
    const { memory } = followed([...plateau(200), ...decay])
    expect((turnedAt(memory)! - START) / MINUTE).toBeGreaterThan(200)
    expect((turnedAt(memory)! - START) / MINUTE).toBeLessThan(213)
  })
  it('is not called while most is left, and is taken back by a relapse', () => {
    expect(turnedAt(followed([...plateau(10), 0.4]).memory)).toBeNull()
    expect(turnedAt(followed([...plateau(10), 0.2]).memory)).not.toBeNull()
    expect(turnedAt(followed([...plateau(10), 0.2, 0.5]).memory)).toBeNull()
  })
})

describe('silence', () => {
  it('keeps the last word, gives no forecast, and is told apart', () => {
    const memory: TrackMemory[] = []
    const cell = { where: { cell: ['a'] } }
    for (let i = 0; i < 40; i++) {
      const excess = 0.5 * (1 - i / 80)
      followTracks(memory, [track({ excess }), track({ ...cell, excess, stale: i === 39 })], START + i * MINUTE)
    }
    const at = START + 39 * MINUTE
    const part = recoveryOf(memory, at)!.segments[0]!
    expect(part.recovered).toBeLessThan(0.6)
    expect(part.eta).toBeNull()
    expect(recoveryOf(memory, at)!.eta).not.toBeNull()
    expect([...unheard(memory)]).toEqual([cell.where])
  })
})

describe('the forecast', () => {
  it('of a line and of an exponential holds the end', () => {
    const line = followed([...plateau(20), ...Array.from({ length: 20 }, (_, i) => 0.5 * (1 - i / 40))])
    const [soon, late] = etaOf(line.memory[0]!, line.at)!
    expect(minutes(soon)).toBeLessThanOrEqual(60)
    expect(minutes(late)).toBeGreaterThanOrEqual(60)
    const log = followed([...plateau(20), ...Array.from({ length: 25 }, (_, i) => 0.5 * 2 ** (-i / 8))])
    const end = 20 + 8 * Math.log2(0.5 / 0.003)
    const [soonLog, lateLog] = etaOf(log.memory[0]!, log.at)!
    expect(minutes(soonLog)).toBeLessThanOrEqual(end)
    expect(minutes(lateLog)).toBeGreaterThanOrEqual(end)
  })
  it.each([
    ['nothing has fallen yet', plateau(30)],
    ['it is growing', Array.from({ length: 30 }, (_, i) => 0.1 + i * 0.01)],
    ['it is over', [...plateau(20), 0.3, 0.1, 0, 0, 0]],
    ['the fall is too fresh', [...plateau(20), 0.4, 0.3]],
    ['it stands still half-way', [...plateau(20), ...plateau(40, 0.3)]],
  ])('is not given when %s', (_, values) => {
    const { memory, at } = followed(values)
    expect(etaOf(memory[0]!, at)).toBeNull()
  })
  it('does not leave hours open where recoveries hardly ever take them', () => {
    const random = sfc32(5)
    const fall = Array.from({ length: 14 }, (_, i) => 0.4 - 0.008 * i + 0.03 * (random() - 0.5))
    const { memory, at } = followed([...plateau(20), ...fall], { error: 0.02 })
    const eta = etaOf(memory[0]!, at)
    expect(eta).not.toBeNull()
    expect((Date.parse(eta![1]) - at) / MINUTE).toBeLessThan(150)
  })
  it('never ends before now, nor before it begins', () => {
    const { memory, at } = followed([...plateau(20), ...Array.from({ length: 30 }, (_, i) => 0.5 * 2 ** (-i / 4))])
    const eta = etaOf(memory[0]!, at)
    if (eta) {
      expect(Date.parse(eta[0])).toBeGreaterThanOrEqual(at)
      expect(Date.parse(eta[1])).toBeGreaterThanOrEqual(Date.parse(eta[0]))
    }
  })

  // Measured with 300 decays each: line .96, exponential 1.00, steps .87, stop and go .95, reports .93–.96.
  it.each([
    { shape: 'line', least: 0.9 },
    { shape: 'exponential', least: 0.9 },
    { shape: 'steps', least: 0.75 },
    { shape: 'stop and go', least: 0.85 },
  ] as const)('holds the truth in at least $least of the minutes of a $shape', ({ shape, least }) => {
    const random = sfc32(7)
    let held = 0
    let given = 0
    for (let i = 0; i < 60; i++) {
      const [h, g] = forecasts(decayOf(shape, random), random)
      held += h
      given += g
    }
    expect(given).toBeGreaterThan(300)
    expect(held / given).toBeGreaterThanOrEqual(least)
  })
})

/** Part of the trouble that is left, x minutes after the fix. */
function decayOf(shape: 'line' | 'exponential' | 'steps' | 'stop and go', random: Random): (x: number) => number {
  const length = 15 + 105 * random()
  const half = 3 + 22 * random()
  const steps = Array.from({ length: 3 + Math.floor(4 * random()) }, () => length * random())
  const stop = 0.4 * length
  const pause = 10 + 20 * random()
  return x => {
    if (shape === 'exponential') return 2 ** (-x / half)
    if (shape === 'steps') return steps.filter(s => s > x).length / steps.length
    const moved = shape === 'line' || x < stop ? x : Math.max(stop, x - pause)
    return Math.max(0, 1 - moved / length)
  }
}

/** How many forecasts of one decay hold its end, and how many were given; read as the engine reads, over five minutes. */
function forecasts(left: (x: number) => number, random: Random): [held: number, given: number] {
  const peak = 0.1 + 0.8 * random()
  const before = 10 + Math.floor(30 * random())
  const requests = 10 ** (2.5 + 2 * random())
  const share = (t: number): number => peak * (t < before ? 1 : left(t - before))
  let end = 0
  for (let t = 0; t < 600; t++) if (share(t) >= 0.003) end = t + 1
  const memory: TrackMemory[] = []
  const bad: number[] = []
  const total: number[] = []
  const sum = (xs: number[]): number => xs.slice(-5).reduce((a, b) => a + b, 0)
  let held = 0
  let given = 0
  for (let t = 0; t < end; t++) {
    const n = poisson(random, requests)
    total.push(n)
    bad.push(binomial(random, n, 0.002 + share(t)))
    const p = sum(bad) / sum(total)
    const error = Math.sqrt(p * (1 - p) * (1 / sum(total) + 1 / 2_000))
    followTracks(memory, [track({ excess: Math.max(0, p - 0.002), error })], START + (t + 1) * MINUTE)
    const eta = t < before ? null : etaOf(memory[0]!, START + (t + 1) * MINUTE)
    if (!eta) continue
    given++
    if (minutes(eta[0]) <= end && minutes(eta[1]) >= end) held++
  }
  return [held, given]
}
