import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE } from '../../contract/time.js'
import { excessBits, leafWindow } from './window.js'
import { learnRates } from './learn.js'
import { rateOnset } from './onset.js'
import { rateState, takeRate, type RateState } from './state.js'
import { tickRates } from './rise-detector.js'
import { beta, binomial, poisson, sfc32 } from '../stat/random.js'

const START = Date.UTC(2031, 4, 9)

interface World {
  seed?: number
  minutes: number
  /** Requests a minute of the whole service, over eight label sets. */
  requests: number
  share: (minute: number, leaf: number) => number
  /** The share of a minute wobbles as if so many requests were drawn. */
  wobble?: number
  slow?: (minute: number) => number
}

/** Alarms of a service with 4 cells × 2 components, by the minute in which each was raised. */
function watch(world: World): {
  raised: number[]
  onset: number | null
  interval: [number, number] | null
  state: RateState
} {
  const random = sfc32(world.seed ?? 1)
  const state = rateState()
  const raised: number[] = []
  let onset: number | null = null
  let interval: [number, number] | null = null
  let trouble: number | null = null
  let before = false
  for (let minute = 0; minute < world.minutes; minute++) {
    for (let leaf = 0; leaf < 8; leaf++) {
      const total = poisson(random, world.requests / 8)
      if (total === 0) continue
      const p = world.share(minute, leaf)
      const share = world.wobble ? beta(random, p * world.wobble, (1 - p) * world.wobble) : p
      const labels = { cell: `c${leaf % 4}`, component: `k${leaf >> 2}` }
      const bad = binomial(random, total, share)
      takeRate(
        state,
        START + minute * MINUTE,
        labels,
        total,
        bad,
        binomial(random, total, world.slow?.(minute) ?? 0.01),
      )
    }
    const now = START + (minute + 1) * MINUTE
    const reading = tickRates(state, now).bad
    if (reading.alarm && !before) {
      raised.push(minute)
      const found = rateOnset(state, 'bad', reading.groups, now)
      onset = (found.onset - START) / MINUTE
      interval = [(found.interval[0] - START) / MINUTE, (found.interval[1] - START) / MINUTE]
      trouble ??= found.interval[0]
    }
    if (!reading.alarm) trouble = null
    before = reading.alarm
    learnRates(state, now, { bad: trouble, slow: null })
  }
  return { raised, onset, interval, state }
}

const step =
  (usual: number, rise: number, from: number, until = 1e9) =>
  (minute: number) =>
    usual + (minute >= from && minute < until ? rise : 0)

describe('alarms', () => {
  // 5 × 9 days a run are a month and a half of services; the measured rate is 0 in 270 days.
  it.each([
    [10, 0.001],
    [10, 0.03],
    [1_000, 0.001],
    [1_000, 0.003],
    [1_000, 0.03],
    [1e6, 0.001],
    [1e6, 0.03],
  ])('are not raised by noise: %d requests a minute of which %d fail, shaken by shared fate', (requests, share) => {
    expect(watch({ minutes: 3 * 1440, requests, share: () => share, wobble: 500 }).raised).toEqual([])
  })

  it('are not raised by one bad minute, however bad', () => {
    for (const rise of [0.1, 0.5, 0.99])
      expect(watch({ minutes: 200, requests: 1e5, share: step(0.001, rise, 150, 151) }).raised).toEqual([])
  })

  it('are not raised by one bad minute whose rows arrive over two ticks', () => {
    const state = rateState()
    const raised: number[] = []
    for (let tick = 0; tick < 100; tick++) {
      // The rows of a minute: half of them before the tick, half after it.
      for (const minute of [tick, tick - 1]) {
        if (minute < 0) continue
        const cell = minute === tick ? 'early' : 'late'
        takeRate(state, START + minute * MINUTE, { cell }, 5_000, minute === 60 ? 4_900 : 5, 0)
      }
      const now = START + (tick + 1) * MINUTE
      if (tickRates(state, now).bad.alarm) raised.push(tick)
      learnRates(state, now, { bad: null, slow: null })
    }
    expect(raised).toEqual([])
  })

  it.each([
    { rise: 0.02, requests: 1_000, within: 6 },
    { rise: 0.02, requests: 100_000, within: 6 },
    { rise: 0.05, requests: 100, within: 8 },
    { rise: 0.2, requests: 1_000, within: 3 },
    { rise: 0.6, requests: 1_000, within: 2 },
  ])('find $rise more failing of $requests a minute within $within ticks', ({ rise, requests, within }) => {
    for (const seed of [1, 2, 3]) {
      const { raised } = watch({ seed, minutes: 340, requests, share: step(0.002, rise, 300) })
      expect(raised[0]).toBeGreaterThanOrEqual(300)
      expect(raised[0]! - 299).toBeLessThanOrEqual(within)
    }
  })

  it('find one label value of eight that fails while the rest is fine', () => {
    const { raised, state } = watch({
      minutes: 310,
      requests: 1_000,
      share: (minute, leaf) => (minute >= 300 && leaf === 3 ? 0.5 : 0.002),
    })
    expect(raised[0]! - 299).toBeLessThanOrEqual(3)
    const groups = tickRates(state, START + 310 * MINUTE).bad.groups.map(
      g => state.book.steps.get('cell')!.get('c3') === g,
    )
    expect(groups).toContain(true)
  })

  it('end: the sums forget a flood in a bounded number of quiet ticks', () => {
    const { state } = watch({ minutes: 300, requests: 1_000, share: step(0.002, 0.6, 200, 240) })
    const reading = tickRates(state, START + 301 * MINUTE).bad
    expect(reading.alarm).toBe(false)
  })

  it('say how surprising the worst label value is', () => {
    const { state } = watch({ minutes: 70, requests: 800, share: step(0.01, 0.5, 65) })
    expect(tickRates(state, START + 70 * MINUTE).bad.bits).toBeGreaterThan(20)
  })
  it('say null bits once nothing has arrived for ten minutes, and never health', () => {
    const { state } = watch({ minutes: 60, requests: 1_000, share: () => 0.002 })
    expect(tickRates(state, START + 65 * MINUTE).bad.bits).toBe(0)
    expect(tickRates(state, START + 71 * MINUTE).bad.bits).toBeNull()
  })

  it('tell slow from failing', () => {
    const random = sfc32(3)
    const state = rateState()
    const alarms = { bad: 0, slow: 0 }
    for (let minute = 0; minute < 200; minute++) {
      const slow = minute >= 150 ? 0.4 : 0.01
      takeRate(
        state,
        START + minute * MINUTE,
        { cell: 'c' },
        500,
        binomial(random, 500, 0.002),
        binomial(random, 500, slow),
      )
      const now = START + (minute + 1) * MINUTE
      const readings = tickRates(state, now)
      if (readings.bad.alarm) alarms.bad++
      if (readings.slow.alarm) alarms.slow++
      learnRates(state, now, { bad: null, slow: now > START + 150 * MINUTE ? START + 150 * MINUTE : null })
    }
    expect(alarms.bad).toBe(0)
    expect(alarms.slow).toBeGreaterThan(40)
  })
})

describe('what is usual', () => {
  it.each([
    [0.05, 10],
    [0.05, 1_000],
    [0.1, 10],
    [0.1, 100],
    [0.2, 10],
    [0.2, 1_000],
  ])('is learned from a cold start without alarm: %d failing of %d a minute', (share, requests) => {
    for (const seed of [1, 2, 3]) expect(watch({ seed, minutes: 480, requests, share: () => share }).raised).toEqual([])
  })

  it('needs two hours at most: after that a rise is found even on ten requests a minute', () => {
    const { raised } = watch({ minutes: 160, requests: 10, share: step(0.005, 0.6, 125) })
    expect(raised[0]).toBeGreaterThanOrEqual(125)
    expect(raised[0]! - 124).toBeLessThanOrEqual(3)
  })

  it('does not call a source healthy that mostly fails from its first minute', () => {
    expect(watch({ minutes: 60, requests: 1_000, share: () => 0.8 }).raised[0]).toBeLessThanOrEqual(3)
  })

  it('is not taught by trouble', () => {
    const { raised, state } = watch({ minutes: 600, requests: 1_000, share: step(0.002, 0.3, 200) })
    expect(raised).toHaveLength(1)
    const { hit, expected, total } = leafWindow(state, 'bad', START + 600 * MINUTE, 0, 5)
    const sum = (xs: Float64Array) => xs.reduce((a, b) => a + b, 0)
    expect(sum(hit) / sum(total)).toBeGreaterThan(0.25)
    expect(sum(expected) / sum(total)).toBeLessThan(0.004)
  })

  it('follows the hours of the day', () => {
    for (const [mean, swing] of [
      [0.03, 0.5],
      [0.1, 0.5],
      [0.01, 0.8],
    ] as const)
      expect(
        watch({
          minutes: 4 * 1440,
          requests: 4_000,
          share: minute => mean * (1 + swing * Math.sin((2 * Math.PI * minute) / 1440)),
        }).raised,
      ).toEqual([])
  })

  it('still finds trouble at the busy hour of a rhythm', () => {
    const rhythm = (minute: number) => 0.03 * (1 + 0.5 * Math.sin((2 * Math.PI * minute) / 1440))
    const at = 3 * 1440 + 360
    const { raised } = watch({ minutes: at + 30, requests: 4_000, share: m => rhythm(m) + (m >= at ? 0.05 : 0) })
    expect(raised[0]).toBeGreaterThanOrEqual(at)
    expect(raised[0]! - at).toBeLessThan(8)
  })
})

describe('onset', () => {
  it.each([
    { rise: 0.6, requests: 10, off: 3 },
    { rise: 0.6, requests: 100, off: 1 },
    { rise: 0.2, requests: 1_000, off: 1 },
    { rise: 0.02, requests: 10_000, off: 1 },
  ])('of $rise more failing on $requests a minute is at most $off min off, inside its interval', row => {
    for (const seed of [1, 2, 3, 4]) {
      const { onset, interval } = watch({
        seed,
        minutes: 330,
        requests: row.requests,
        share: step(0.01, row.rise, 300),
      })
      expect(Math.abs(onset! - 300)).toBeLessThanOrEqual(row.off)
      expect(interval![0]).toBeLessThanOrEqual(300)
      expect(interval![1]).toBeGreaterThanOrEqual(300)
    }
  })

  it('is not drawn to a chance failure long before', () => {
    const state = rateState()
    for (let minute = 0; minute < 123; minute++) {
      takeRate(state, START + minute * MINUTE, { cell: 'a' }, 2, minute === 107 ? 1 : minute >= 120 ? 2 : 0, 0)
      tickRates(state, START + (minute + 1) * MINUTE)
      learnRates(state, START + (minute + 1) * MINUTE, { bad: null, slow: null })
    }
    expect(rateOnset(state, 'bad', [0], START + 123 * MINUTE).onset).toBe(START + 120 * MINUTE)
  })
})

describe('windows', () => {
  it('keep the last word of a label set that fell silent', () => {
    const state = rateState()
    for (let minute = 0; minute < 60; minute++) {
      takeRate(state, START + minute * MINUTE, { cell: 'a' }, 100, 0, 0)
      if (minute < 30) takeRate(state, START + minute * MINUTE, { cell: 'b' }, 100, 90, 0)
    }
    const window = leafWindow(state, 'bad', START + HOUR, START, 5)
    expect([...window.total]).toEqual([500, 500])
    expect([...window.hit]).toEqual([0, 450])
    expect(window.newest[1]).toBe(START + 29 * MINUTE)
  })

  it('excessBits: nothing for no excess, more for more, little for what shared fate explains', () => {
    expect(excessBits(0, 0, 0)).toBe(0)
    expect(excessBits(1_000, 10, 10)).toBe(0)
    expect(excessBits(1_000, 60, 10)).toBeGreaterThan(excessBits(1_000, 30, 10))
    // A million requests at 1 % against 1.1 %: certain for independent requests, ordinary for requests that share fate.
    expect(excessBits(1e6, 11_000, 10_000)).toBeLessThan(3)
  })
})
