import { describe, expect, it } from 'vitest'
import { MINUTE } from '../../contract/time.js'
import { metric, STREAM_START as T } from '../../testing/stream.js'
import { fold, minute, names } from '../fold/fixtures/stories.js'

/** Requests of a day and six hours in windows of five minutes, none of which fails; of the last hours only a part comes. */
const requests = (part: number, from = 26 * 60, until = 28 * 60, minutes = 30 * 60) =>
  Array.from({ length: minutes / 5 }, (_, i) => 5 * (i + 1)).map(at =>
    metric({
      id: `m-${at}`,
      at: T + at * MINUTE,
      labels: { cell: 'a' },
      windowMs: 5 * MINUTE,
      total: Math.round(5_000 * (at > from && at <= until ? part : 1)),
      bad: 1,
    }),
  )

describe('requests that do not come', () => {
  it('are an outage of their share although none fails, which ends when they come again', () => {
    const { events } = fold(requests(0.4))
    expect(events[0]).toMatchObject({
      event: 'opened',
      kind: 'outage',
      severity: 'critical',
      strained: [{ name: 'requests' }],
    })
    expect(events[0]!.evidence!.volume).toBeGreaterThan(20)
    expect(minute(events[0]) - 26 * 60).toBeLessThan(30)
    expect(Math.abs(Date.parse(events[0]!.startedAt!) - T - 26 * 60 * MINUTE)).toBeLessThanOrEqual(10 * MINUTE)
    expect(names(events).at(-1)).toBe('resolved')
    expect(minute(events.at(-1)) - 28 * 60).toBeLessThan(45)
    // Half way through nothing is told as back, and nothing is said of a minute in which all that came was fine.
    const during = events.filter(e => minute(e) < 28 * 60)
    expect(Math.max(...during.map(e => e.recovery?.recovered ?? 0))).toBeLessThan(0.3)
    expect(during.every(e => e.lately === undefined)).toBe(true)
  })
  it('open nothing by themselves where a third is missing', () => {
    expect(fold(requests(0.67)).events).toEqual([])
  })
})
