import { describe, expect, it } from 'vitest'
import type { IncidentEvent, Severity } from '../../contract/incident.js'
import type { Signal } from '../../contract/signal.js'
import { MINUTE } from '../../contract/time.js'
import { byArrival, change, streamOf, STREAM_START as T, type Fault } from '../../testing/stream.js'
import { fold, opened } from './fixtures/stories.js'

// More true evidence never makes the answer worse: each world is told with requests counted, and again without; the lab does the same with
// drawn worlds (lab/metamorphic.ts).

const SEVERITIES: Severity[] = ['minor', 'major', 'critical']

interface Answer {
  incidents: number
  off: number
  /** Failing cells that are named at the worst, less fine ones that are. */
  cells: number
  rank: number
}

function answerOf(signals: readonly Signal[], truth: { severity: Severity; cells: readonly string[] }): Answer {
  const { events } = fold(signals)
  const severities = events.map(e => SEVERITIES.indexOf(e.severity!))
  const named = (e: IncidentEvent): string[] => (e.segments ?? []).flatMap(s => s.where.cell ?? [])
  const [last] = events.filter(e => named(e).length > 0).slice(-1)
  const hits = [...new Set(last ? named(last) : [])].map(cell => (truth.cells.includes(cell) ? 1 : -1))
  const causes = events.findLast(e => (e.causes?.length ?? 0) > 0)?.causes ?? []
  const rank = causes.findIndex(c => c.subject === 'cause')
  return {
    incidents: opened(events).length,
    off: Math.abs(Math.max(-1, ...severities) - SEVERITIES.indexOf(truth.severity)),
    cells: hits.reduce((a, b) => a + b, 0),
    rank: rank < 0 ? causes.length : rank,
  }
}

const changes = [
  change({ id: 'cause', at: T + 106 * MINUTE, scope: { cell: ['a'] } }),
  change({ id: 'decoy', at: T + 108 * MINUTE, scope: { cell: ['b'] } }),
]

describe('more true evidence never makes the answer worse', () => {
  const worlds: [string, Fault, { severity: Severity; cells: readonly string[] }][] = [
    [
      'a cell fails',
      { from: 110, until: 150, where: { cell: ['a'] }, bad: 0.9, reports: 8 },
      { severity: 'critical', cells: ['a'] },
    ],
    // Its telemetry is silent, while that of the others is healthy.
    [
      'a cell is dead and says nothing',
      { from: 110, until: 150, where: { cell: ['a'] }, bad: 1, silent: true, reports: 8 },
      { severity: 'critical', cells: ['a'] },
    ],
    [
      'a few fail',
      { from: 110, until: 150, where: { cell: ['a'] }, bad: 0.2, reports: 3 },
      { severity: 'major', cells: ['a'] },
    ],
  ]
  it.each(worlds)('%s', (_, fault, truth) => {
    for (const seed of [1]) {
      const told = streamOf({
        minutes: 170,
        seed,
        requests: 25,
        components: ['cart'],
        checks: 2,
        reports: 0.5,
        faults: [fault],
      })
      const full = answerOf(byArrival(told, changes), truth)
      const thin = answerOf(
        byArrival(
          told.filter(s => !('via' in s) || s.via !== 'metric'),
          changes,
        ),
        truth,
      )
      expect(full.incidents).toBe(1)
      expect(full.off).toBeLessThanOrEqual(thin.off)
      expect(full.cells).toBeGreaterThanOrEqual(thin.cells)
      expect(full.rank).toBeLessThanOrEqual(thin.rank)
      expect(full).toMatchObject({ cells: 1, rank: 0 })
    }
  })
})
