import { describe, expect, it } from 'vitest'
import { MINUTE } from '../../contract/time.js'
import { CountSeries } from '../series/count-series.js'
import { sfc32 } from '../stat/random.js'
import { isStill, reportState, stepSeries, takeReport, type ReportState } from './report-counts.js'

const T = Date.UTC(2031, 4, 9)

/** So many problem reports in each of the first minutes, then silence for `silent` minutes. */
function heard(perMinute: readonly number[], silent: number): ReportState {
  const state = reportState(T, 0.1)
  perMinute.forEach((n, minute) => {
    for (let i = 0; i < n; i++) takeReport(state, T + minute * MINUTE, { country: 'DE' }, 1, 0)
    stepSeries(state, T + (minute + 1) * MINUTE)
  })
  stepSeries(state, T + (perMinute.length + silent) * MINUTE)
  return state
}
const times = (n: number, each: number[]): number[] => Array.from({ length: n }, () => each).flat()

describe('reports that are still', () => {
  it('are those of which no minute without any makes an alarm', () => {
    const random = sfc32(7)
    let [raised, later] = [0, 0]
    const series = new CountSeries({ slotMs: MINUTE, falseAlarmsPerDay: 3, usualPerHour: 4 })
    for (let minute = 0; minute < 1_500; minute++) {
      const burst = minute % 240 < 3 ? 2 : 0
      raised += series.step(T + minute * MINUTE, burst + (random() < 0.02 ? 1 : 0)).change === 'raised' ? 1 : 0
      if (!series.still || minute % 20 > 0) continue
      const alone = CountSeries.open(series.snapshot())
      for (let i = 1; i < 60; i++) later += alone.step(T + (minute + i) * MINUTE, 0).alarm ? 1 : 0
    }
    expect(raised).toBeGreaterThan(0)
    expect(later).toBe(0)
  })

  it('are not those of a run that has begun and is not known to be over', () => {
    // A report in three hours, then three in a minute.
    const rare = [1, ...times(180, [0])]
    expect(heard([...rare, 1], 20).series.still).toBe(true)
    const begun = heard([...rare, 3], 0)
    expect(begun.series.still).toBe(false)
    expect(isStill(begun)).toBe(false)
  })

  it('are few within the hours that slow rises are read over', () => {
    const quarter = [1, ...times(14, [0])]
    expect(isStill(heard(times(9, quarter), 60))).toBe(true)
    expect(isStill(heard(times(10, quarter), 60))).toBe(false)
    expect(isStill(heard(times(10, quarter), 240))).toBe(true)
  })

  it('are those that a place has few of, and that are counted', () => {
    const state = heard([1], 60)
    expect(isStill(state)).toBe(true)
    state.places.places[0]!.ring = [state.places.step % 96, 12]
    // That is the oldest step, which no run reaches.
    expect(isStill(state)).toBe(true)
    state.places.places[0]!.ring = [(state.places.step - 1) % 96, 12]
    expect(isStill(state)).toBe(false)
    expect(isStill({ ...heard([1], 60), pending: new Map([[T, 1]]) })).toBe(false)
  })
})
