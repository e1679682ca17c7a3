import { describe, expect, it } from 'vitest'
import { DAY, MINUTE } from '../../contract/time.js'
import type { Rollup } from '../../contract/view.js'
import { check, metric, post, report } from '../../testing/stream.js'
import { takeRollups } from './rollup.js'
import { serviceState, takeObservation } from './service.js'

const T = Date.UTC(2031, 4, 9, 12)
const take = (signals: Parameters<typeof takeObservation>[1][]) => {
  const s = serviceState('shop')
  for (const signal of signals) takeObservation(s, signal, signal.seenAt ?? signal.at, true, 1 / 30)
  return s
}
const rows = (s: ReturnType<typeof take>, now: number): Rollup[] => {
  const out: Rollup[] = []
  takeRollups(s, now, 7, out)
  return out
}

describe('rows of five minutes', () => {
  it('a metric counts in the minute that its window covers, a report in the minute it was made', () => {
    const s = take([metric({ at: T + 5 * MINUTE, total: 9 }), report({ at: T + 5 * MINUTE })])
    const found = rows(s, T + 60 * MINUTE)
    expect(found.map(r => [r.bin, r.metrics.total, r.reports.bad])).toEqual([
      [T, 9, 0],
      [T + 5 * MINUTE, 0, 1],
    ])
    expect(found[0]!.position).toBe(7)
  })
  it('reports and posts are put at once, machines when their bin is over, each once', () => {
    const s = take([
      report({ at: T }),
      post({ at: T + 5 * MINUTE, text: 'it is down' }),
      metric({ at: T + 11 * MINUTE }),
    ])
    expect(rows(s, T + MINUTE).map(r => r.bin)).toEqual([T, T + 5 * MINUTE])
    expect(rows(s, T + 12 * MINUTE)).toEqual([])
    expect(rows(s, T + 15 * MINUTE).map(r => r.bin)).toEqual([T + 10 * MINUTE])
    expect(rows(s, T + 16 * MINUTE)).toEqual([])
  })
  it('a late count puts the row again, whole', () => {
    const s = take([metric({ at: T + MINUTE, total: 10, bad: 1 })])
    expect(rows(s, T + 5 * MINUTE)[0]!.metrics).toEqual({ total: 10, bad: 1, slow: 0 })
    takeObservation(s, metric({ at: T + 2 * MINUTE, total: 5 }), T + 20 * MINUTE, true, 1 / 30)
    expect(rows(s, T + 20 * MINUTE)[0]!.metrics).toEqual({ total: 15, bad: 1, slow: 0 })
  })
  it('posts count as complaints when they say so or are judged so', () => {
    const s = take([
      post({ at: T, text: 'it is down' }),
      post({ at: T, text: 'nice weather' }),
      post({ at: T, text: 'was it hacked?' }),
      post({ at: T, bad: 1 }),
      post({ at: T, bad: 0, text: 'it is down' }),
    ])
    expect(rows(s, T + MINUTE)[0]!.posts).toMatchObject({ total: 5, complaints: 2 })
  })
  it('by label: [bad, ok] of reports, [total, bad, slow] of metrics', () => {
    const s = take([
      report({ at: T, labels: { cell: 'a' } }),
      report({ at: T, labels: { cell: 'a' }, bad: 0 }),
      metric({ at: T + MINUTE, labels: { cell: 'a' }, total: 10, bad: 2, slow: 3 }),
    ])
    const [row] = rows(s, T + 5 * MINUTE)
    expect(row!.reportsBy).toEqual({ cell: { a: [1, 1] } })
    expect(row!.ratesBy).toEqual({ cell: { a: [10, 2, 3] } })
  })
  it('checks speak for the values that metrics do not tell of, and are never added to them', () => {
    const s = take([
      metric({ at: T + MINUTE, labels: { cell: 'a' }, total: 10 }),
      check({ at: T, labels: { cell: 'a' }, bad: 1 }),
      check({ at: T, labels: { cell: 'b' }, bad: 1 }),
    ])
    expect(rows(s, T + 5 * MINUTE)[0]!.ratesBy).toEqual({ cell: { a: [10, 0, 0], b: [1, 1, 0] } })
  })
  it('keeps the busiest sixty values of a label; the totals have them all', () => {
    const many = Array.from({ length: 100 }, (_, i) =>
      metric({ at: T + MINUTE, labels: { asn: `as${i}` }, total: 1 + i, id: `m${i}` }),
    )
    const [row] = rows(take(many), T + 5 * MINUTE)
    expect(Object.keys(row!.ratesBy.asn!)).toHaveLength(60)
    expect(row!.ratesBy.asn!.as99).toEqual([100, 0, 0])
    expect(row!.ratesBy.asn!.as0).toBeUndefined()
    expect(row!.metrics.total).toBe(5_050)
  })
  it('what is more than half an hour late is counted as late, in no row', () => {
    const s = take([metric({ at: T + MINUTE, seenAt: T + 40 * MINUTE })])
    expect(s.late).toBe(1)
    expect(rows(s, T + 60 * MINUTE)).toEqual([])
  })
  it('bins that can change no more are forgotten, but for the newest: a clock that leapt may come back to them', () => {
    const s = take(Array.from({ length: 12 }, (_, i) => metric({ at: T + i * 5 * MINUTE + MINUTE })))
    expect(s.bins.size).toBe(12)
    rows(s, T + 39 * MINUTE)
    expect(s.bins.size).toBe(12)
    rows(s, T + 51 * MINUTE)
    expect([...s.bins.keys()][0]).toBe(T + 15 * MINUTE)
    rows(s, T + 30 * DAY)
    expect([...s.bins.keys()]).toEqual(Array.from({ length: 8 }, (_, i) => T + (i + 4) * 5 * MINUTE))
  })
})
