import { describe, expect, it } from 'vitest'
import { emptyOutcome, Fold } from './fold.js'
import { streamOf, type StreamOptions } from '../../testing/stream.js'

/** Incidents that the first hour of a service opens. */
function opened(options: Omit<StreamOptions, 'minutes'>): number {
  const fold = new Fold({ clock: 'signals', falseAlarmsPerMonth: 0.1, services: [] })
  const out = emptyOutcome()
  for (const signal of streamOf({ minutes: 60, ...options })) fold.signal(signal, 1, out)
  return out.events.filter(e => e.event === 'opened').length
}

describe('the first minutes of a service', () => {
  it('a flood of reports is told where people alone are heard', () => {
    expect(opened({ requests: 0, reports: 150 })).toBe(1)
  })
  it('so many reports beside machines that see nothing are how many report here', () => {
    expect(opened({ requests: 200, reports: 150 })).toBe(0)
    expect(opened({ requests: 0, checks: 2, reports: 150 })).toBe(0)
  })
  it('with machines that fail as well they are an outage', () => {
    const faults = [{ from: 10, until: 60, bad: 0.4 }]
    expect(opened({ requests: 200, reports: 150, faults })).toBe(1)
  })
})
