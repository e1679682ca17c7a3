import { describe, expect, it } from 'vitest'
import { emptyOutcome, Fold } from './fold.js'
import type { Observation } from '../../contract/signal.js'
import { MINUTE } from '../../contract/time.js'
import { STREAM_START, streamOf, type StreamOptions } from '../../testing/stream.js'

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
  it.each([
    { checks: 6, requests: 0 },
    { checks: 0, requests: 200 },
  ])('a crowd that comes to machines which watched for long enough and see nothing is told as no outage', machines => {
    const crowd = [{ from: 25, until: 60, reports: 40 }]
    const fold = new Fold({ clock: 'signals', falseAlarmsPerMonth: 0.1, services: [] })
    const out = emptyOutcome()
    for (const signal of streamOf({ minutes: 60, ...machines, faults: crowd })) fold.signal(signal, 1, out)
    const told = out.events.filter(e => e.event === 'opened')
    expect(told).toMatchObject([{ kind: 'degraded' }])
    expect((Date.parse(told[0]!.at) - STREAM_START) / MINUTE).toBeLessThanOrEqual(25 + 15)
    expect(opened({ ...machines, faults: [{ from: 25, until: 27, reports: 2 }] })).toBe(0)
    // Sooner than that nobody can know how many report here.
    expect(opened({ ...machines, faults: [{ from: 8, until: 60, reports: 40 }] })).toBe(0)
  })
  it.each([8, 40])('%i reports a minute from the first on stay unsaid for as long as nothing changes', reports => {
    for (const seed of [1, 2]) expect(opened({ requests: 0, checks: 2, reports, seed })).toBe(0)
  })
  it('with machines that fail as well they are an outage', () => {
    const faults = [{ from: 10, until: 60, bad: 0.4 }]
    expect(opened({ requests: 200, reports: 150, faults })).toBe(1)
  })
  it.each([
    { people: 'hardly more people report than before', reports: 22, told: 0 },
    { people: 'as many report', reports: 60, told: 1 },
  ])('a wave of posts is no outage while $people ($told told)', ({ reports, told }) => {
    const fold = new Fold({ clock: 'signals', falseAlarmsPerMonth: 0.1, services: [] })
    const out = emptyOutcome()
    const says = (via: 'post' | 'report', k: number, at: number): Observation => ({
      type: 'observation',
      id: `${via}-${k}`,
      service: 'shop',
      via,
      at,
      total: 1,
      ...(via === 'post'
        ? { labels: { network: 'bluesky' }, author: `a${k}`, text: `shop is down, error ${k} again` }
        : { labels: { country: 'US' }, reporter: `u${k}`, bad: 1 }),
    })
    const all = [
      ...Array.from({ length: 6 }, (_, k) => says('report', k, STREAM_START + k * 5_000)),
      ...Array.from({ length: 60 }, (_, k) => says('post', k, STREAM_START + 4 * MINUTE + k * 900)),
      ...Array.from({ length: reports - 6 }, (_, k) => says('report', 6 + k, STREAM_START + 4 * MINUTE + k * 1_000)),
      ...Array.from({ length: 30 }, (_, m) => says('post', 100 + m, STREAM_START + (6 + m) * MINUTE)),
    ].sort((a, b) => a.at - b.at)
    for (const signal of all) fold.signal(signal, 1, out)
    expect(out.events.filter(e => e.event === 'opened')).toHaveLength(told)
  })
})
