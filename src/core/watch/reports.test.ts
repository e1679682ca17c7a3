import { describe, expect, it } from 'vitest'
import { MINUTE } from '../../contract/time.js'
import { expectedReports, learnUsual, NOT_A_PLACE, reportState, reportTable, takeReport } from './reports.js'

const T = Date.UTC(2031, 4, 9, 12)

/** Two hours in which `a` brings three times the reports of `b`. */
function quiet() {
  const state = reportState(T, 1 / 30)
  for (let m = 0; m < 120; m++) {
    const slot = T + m * MINUTE
    for (let i = 0; i < 3; i++) takeReport(state, slot, { cell: 'a', problem: 'login' }, 1, 0)
    takeReport(state, slot, { cell: 'b', problem: 'slow' }, 1, 1)
    state.series.step(slot, 4)
    state.pending.delete(slot)
    state.steppedUntil = slot + MINUTE
    learnUsual(state, slot + MINUTE, null)
  }
  return state
}

describe('what people usually report', () => {
  it('is learned by label set, and shared out over the expectation', () => {
    const state = quiet()
    const from = T + 100 * MINUTE
    const table = reportTable(state, from, from + 10 * MINUTE)
    const predicted = table.predict.reduce((sum, x) => sum + x, 0)
    expect(predicted).toBeCloseTo(expectedReports(state, from, from + 10 * MINUTE), 6)
    expect(table.predict[0]! / table.predict[1]!).toBeGreaterThan(2.4)
    expect(table.predict[0]! / table.predict[1]!).toBeLessThan(3.6)
    expect([...table.real]).toEqual([30, 10])
  })
  it('leaves out labels that say no place', () => {
    expect(reportTable(quiet(), T, T + 10 * MINUTE).attributes).toEqual(['cell'])
    expect(NOT_A_PLACE.has('cell')).toBe(false)
  })
  it('leaves out what served a person where few say it: that is for the quotes', () => {
    const state = quiet()
    for (let i = 0; i < 20; i++) takeReport(state, T + 119 * MINUTE, { cell: 'a', pop: 'LHR' }, 1, 0)
    expect(reportTable(state, T + 110 * MINUTE, T + 120 * MINUTE).attributes).toEqual(['cell'])
    for (let i = 0; i < 2_000; i++) takeReport(state, T + 119 * MINUTE, { cell: 'a', pop: 'LHR' }, 1, 0)
    expect(reportTable(state, T + 110 * MINUTE, T + 120 * MINUTE).attributes).toEqual(['cell', 'pop'])
  })
  it('is not taught by trouble, nor by the newest minutes', () => {
    const state = quiet()
    const before = [...state.usual]
    for (let m = 120; m < 170; m++) {
      for (let i = 0; i < 50; i++) takeReport(state, T + m * MINUTE, { cell: 'b', problem: 'slow' }, 1, 0)
      learnUsual(state, T + (m + 1) * MINUTE, T + 120 * MINUTE)
    }
    expect(state.usual[1]! - before[1]!).toBeLessThanOrEqual(20)
  })
  it('a label set never seen before is expected a little, not never', () => {
    const state = quiet()
    takeReport(state, T + 119 * MINUTE, { cell: 'new' }, 1, 0)
    const table = reportTable(state, T + 110 * MINUTE, T + 120 * MINUTE)
    expect(table.predict[2]!).toBeGreaterThan(0)
    expect(table.predict[2]!).toBeLessThan(0.1 * table.predict[1]!)
  })
  it('reports that come late, after their minute was closed, still count in it', () => {
    const state = quiet()
    takeReport(state, T + 118 * MINUTE, { cell: 'a' }, 5, 0)
    expect(state.pending.size).toBe(0)
    takeReport(state, T + 121 * MINUTE, { cell: 'a' }, 5, 0)
    expect(state.pending.get(T + 121 * MINUTE)).toBe(5)
  })
})
