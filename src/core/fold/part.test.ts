import { describe, expect, it } from 'vitest'
import { MINUTE } from '../../contract/time.js'
import type { IncidentEvent } from '../../contract/incident.js'
import type { Signal } from '../../contract/signal.js'
import { Fold } from './fold.js'
import { config, fold } from './fixtures/stories.js'

const START = Date.parse('2026-02-03T00:00:00Z')
const BIN = 15 * MINUTE

/** Events of a service that people alone report, from counts by quarters of an hour; everybody is somebody else. */
function told(counts: readonly number[]): IncidentEvent[] {
  const signals: Signal[] = []
  let n = 0
  counts.forEach((count, bin) => {
    for (let i = 0; i < count; i++) {
      const at = START + bin * BIN + Math.floor(((i + 0.5) * BIN) / count)
      const labels = { country: ['US', 'DE', 'FR', 'JP', 'BR'][n % 5] as string }
      const who = { id: `r${++n}`, reporter: `u${n}` }
      signals.push({ type: 'observation', via: 'report', service: 'shop', at, labels, total: 1, bad: 1, ...who })
    }
  })
  return fold(signals, new Fold({ ...config, falseAlarmsPerMonth: 0.1 })).events
}

/** A day of one or two reports an hour. */
const quiet = Array.from({ length: 96 }, (_, i) => (i % 3 === 0 ? 1 : 0))
const small = [2, 7, 12, 6, 1, 0, 1, 0, 0, 1]
const large = [40, 186, 170, 120, 90, 60, 40, 20]

describe('a large trouble after a small one that was over', () => {
  it('is an incident of its own, which begins when the small one was last seen to be over', () => {
    const events = told([...quiet, ...small, ...large, 0, 0, 1])
    const opened = events.filter(each => each.event === 'opened')
    expect(opened.length).toBe(2)
    const [first, second] = opened as [IncidentEvent, IncidentEvent]
    const flood = START + (quiet.length + small.length) * BIN
    expect(Date.parse(first.at)).toBeLessThan(flood)
    expect(Date.parse(second.at)).toBeGreaterThanOrEqual(flood)
    expect(Date.parse(second.at) - flood).toBeLessThan(30 * MINUTE)
    expect(Date.parse(second.startedAt as string)).toBeGreaterThan(Date.parse(first.startedAt as string))
    // The small one stays as small as it was.
    const severities = events.filter(each => each.incident === first.incident).map(each => each.severity ?? 'minor')
    expect(new Set(severities)).toEqual(new Set(['minor']))
  })
})

describe('an outage on the first day', () => {
  it('does not hide itself by teaching what it is judged by', () => {
    const events = told([1, 0, 1, 0, 0, 1, 0, 1, 3, 6, 9, 14, 20, 26, 30, 34, 36])
    expect(events.some(each => each.event === 'opened')).toBe(true)
  })
})
