import { describe, expect, it } from 'vitest'
import type { Gauge } from '../../contract/signal.js'
import { DAY, MINUTE } from '../../contract/time.js'
import { STREAM_START as T } from '../../testing/stream.js'
import {
  GAUGES_PER_SERVICE,
  gaugeSegments,
  gaugeState,
  type GaugeState,
  learnGauges,
  strainedOf,
  takeGauge,
  tickGauges,
  usualOf,
  valueAt,
} from './gauges.js'

const gauge = (more: Partial<Gauge>): Gauge => ({
  type: 'observation',
  via: 'gauge',
  id: 'g',
  service: 'shop',
  at: T,
  labels: {},
  name: 'errors',
  value: 0,
  measures: 'failing',
  ...more,
})

/** Plays values minute by minute, `null` for a minute without one, and returns in which minutes something was out of the usual. */
function play(
  state: GaugeState,
  minutes: number,
  valueOf: (minute: number) => Partial<Gauge> | null,
  from = 0,
): number[] {
  const strange: number[] = []
  for (let minute = from; minute < from + minutes; minute++) {
    const next = valueOf(minute)
    if (next) takeGauge(state, gauge(next), T + minute * MINUTE)
    const now = T + (minute + 1) * MINUTE
    if (tickGauges(state, now).some(each => each.strange)) strange.push(minute)
    learnGauges(state, now, null)
  }
  return strange
}
const only = (state: GaugeState) => [...state.series.values()][0]!

describe('a gauge', () => {
  it('keeps the mean of each minute, late ones and gaps too', () => {
    const state = gaugeState()
    takeGauge(state, gauge({ value: 1 }), T)
    takeGauge(state, gauge({ value: 3 }), T)
    takeGauge(state, gauge({ value: 8 }), T + 3 * MINUTE)
    takeGauge(state, gauge({ value: 5 }), T + MINUTE)
    takeGauge(state, gauge({ value: 7 }), T + MINUTE)
    const values = [0, 1, 2, 3, 4, -1].map(minute => valueAt(only(state), T + minute * MINUTE))
    expect(values).toEqual([2, 6, Number.NaN, 8, Number.NaN, Number.NaN])
    takeGauge(state, gauge({ value: 1 }), T + 30 * DAY)
    expect([valueAt(only(state), T + 30 * DAY), valueAt(only(state), T + 30 * DAY - MINUTE)]).toEqual([1, Number.NaN])
    takeGauge(state, gauge({ value: 1 }), T)
    expect(valueAt(only(state), T)).toBe(Number.NaN)
  })

  it('of a failing share is out of the usual above its own highest, after two readings', () => {
    const state = gaugeState()
    const usual = (minute: number) => 0.004 + (minute % 7) * 0.001
    const strange = play(state, 300, minute => ({ value: minute >= 200 && minute < 230 ? 0.3 : usual(minute) }))
    expect(strange).toEqual(Array.from({ length: 30 }, (_, i) => 201 + i - 0).filter(minute => minute < 230))
    expect(usualOf(only(state))).toBeLessThan(0.012)
  })

  it('tells what would be bad anywhere before it has learned, and no more', () => {
    expect(play(gaugeState(), 10, () => ({ value: 0.4 }))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(play(gaugeState(), 10, () => ({ value: 0.08 }))).toEqual([])
    expect(play(gaugeState(), 10, () => ({ value: 30, measures: 'latency', unit: 's' }))).toEqual([])
  })

  it('that is silent says nothing, and one blip is none', () => {
    const state = gaugeState()
    play(state, 100, () => ({ value: 0.001 }))
    expect(play(state, 3, minute => ({ value: minute === 100 ? 0.9 : 0.001 }), 100)).toEqual([])
    play(state, 2, () => ({ value: 0.9 }), 103)
    expect(only(state).strange).toBe(true)
    expect(play(state, 20, () => null, 105).at(-1)).toBeLessThan(118)
    expect(only(state).strangeSince).toBeNull()
  })

  it('that is full is strained since it was, unless it always is; a cache that misses too', () => {
    const full = gaugeState()
    const pool = (minute: number): Partial<Gauge> => ({
      name: 'pool',
      measures: 'saturation',
      capacity: 50,
      value: minute < 90 ? 20 + (minute % 5) : 50,
    })
    play(full, 100, pool)
    expect(strainedOf(full)).toMatchObject([
      { name: 'pool', value: 50, capacity: 50, since: new Date(T + 90 * MINUTE).toISOString() },
    ])
    const always = gaugeState()
    play(always, 200, () => ({ name: 'pool', measures: 'saturation', capacity: 50, value: 49.9 }))
    play(
      always,
      2 * 1440,
      minute => ({ name: 'pool', measures: 'saturation', capacity: 50, value: 49.8 + (minute % 2) / 10 }),
      200,
    )
    expect(strainedOf(always)).toEqual([])
    const cache = gaugeState()
    play(cache, 120, minute => ({ name: 'hits', measures: 'hit', value: minute < 100 ? 0.95 : 0.4 }))
    expect(strainedOf(cache)).toMatchObject([{ name: 'hits', value: 0.4 }])
    const asked = gaugeState()
    play(asked, 120, minute => ({ measures: 'demand', value: minute < 100 ? 10 : 1000 }))
    expect(strainedOf(asked)).toEqual([])
  })

  it('stands where others of its name do not', () => {
    const state = gaugeState()
    for (let minute = 0; minute < 120; minute++) {
      for (const cell of ['a', 'b'])
        takeGauge(
          state,
          gauge({ labels: { cell, env: 'prod' }, value: cell === 'a' && minute > 100 ? 0.5 : 0.001 }),
          T + minute * MINUTE,
        )
      tickGauges(state, T + (minute + 1) * MINUTE)
      learnGauges(state, T + (minute + 1) * MINUTE, null)
    }
    expect(gaugeSegments(state, 'bad')).toMatchObject([{ where: { cell: ['a'] }, share: 0.5, interval: null }])
    expect(gaugeSegments(state, 'slow')).toEqual([])
  })

  it('makes room for another by the one that is silent for longest', () => {
    const state = gaugeState()
    for (let i = 0; i <= GAUGES_PER_SERVICE; i++) takeGauge(state, gauge({ name: `g-${i}` }), T + i * MINUTE)
    expect(state.series.size).toBe(GAUGES_PER_SERVICE)
    expect([...state.series.values()].some(each => each.name === 'g-0')).toBe(false)
  })
})
