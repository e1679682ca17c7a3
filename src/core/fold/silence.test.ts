import { describe, expect, it } from 'vitest'
import type { Fault } from '../../testing/stream.js'
import { fold, minute, names, told } from './fixtures/stories.js'

describe('silence', () => {
  const failing: Fault = { from: 120, until: 400, where: { cell: ['a'] }, bad: 0.9 }
  const silent: Fault = { from: 140, until: 2_000, where: { cell: ['a'] }, silent: true }

  it('of a failing cell is not called recovered', () => {
    const { events } = fold(told(1, [failing, silent], { minutes: 420, checks: 0, reports: 0 }))
    expect(names(events)).not.toContain('resolved')
    expect(names(events)).not.toContain('recovering')
    expect(events.at(-1)!.segments![0]!.where).toEqual({ cell: ['a'] })
  })

  it('of one failing cell among two is no recovery of the whole, whatever share of the checks fails', () => {
    const other: Fault = { from: 120, until: 400, where: { cell: ['b'] }, bad: 0.9, unseenByChecks: true }
    const gap: Fault = { from: 140, until: 155, where: { cell: ['a'] }, silent: true }
    const { events } = fold(
      told(1, [failing, other, gap], { minutes: 200, checks: 2, reports: 0, cells: ['a', 'b', 'c', 'd', 'e'] }),
    )
    expect(Math.max(...events.map(e => e.recovery!.recovered))).toBeLessThan(0.1)
  })

  it('that lasts ends as unknown: after hours the rest is called calm and the cell unheard', () => {
    const { events } = fold(told(1, [failing, silent], { minutes: 540, checks: 0, reports: 0, requests: 40 }))
    const last = events.at(-1)!
    expect(last.event).toBe('resolved')
    expect(minute(last)).toBeGreaterThan(140 + 6 * 60 - 10)
    expect(last.recovery!.segments.find(s => s.where.cell?.includes('a'))!.recovered).toBeLessThan(0.5)
    expect(last.says!.map(s => s.text).join(' ')).toMatch(/Nothing is heard from cell a/)
  })

  it('at the onset: checks name the cell that telemetry is silent about', () => {
    const { events } = fold(told(1, [{ ...silent, from: 120, until: 200 }], { checks: 3, reports: 0 }))
    expect(minute(events[0])).toBeLessThanOrEqual(126)
    expect(events[0]).toMatchObject({ kind: 'outage' })
    expect(events.some(e => e.segments!.some(s => s.where.cell?.join() === 'a'))).toBe(true)
    // A third of the checks fail: that the requests still heard are healthy says nothing about the cell.
    expect(events.find(e => minute(e) >= 124)!.severity).toBe('critical')
    expect(events.filter(e => e.event === 'recovering' && minute(e) < 200)).toEqual([])
  })
})
