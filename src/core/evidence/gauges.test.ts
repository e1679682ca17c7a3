import { describe, expect, it } from 'vitest'
import { deserialize, serialize } from 'node:v8'
import type { Gauge } from '../../contract/signal.js'
import { MINUTE } from '../../contract/time.js'
import { STREAM_START as T, streamOf } from '../../testing/stream.js'
import { config, fold, minute, names, opened } from '../fold/fixtures/stories.js'
import { emptyOutcome, Fold, type FoldSnapshot } from '../fold/fold.js'

const read = (at: number, more: Partial<Gauge>): Gauge => ({
  type: 'observation',
  via: 'gauge',
  id: `${more.name ?? 'errors'}-${at}-${Object.values(more.labels ?? {}).join()}`,
  service: 'shop',
  at: T + at * MINUTE,
  labels: {},
  name: 'errors',
  value: 0,
  measures: 'failing',
  ...more,
})
const every = (minutes: number, of: (at: number) => Gauge[]): Gauge[] =>
  Array.from({ length: minutes }, (_, i) => of(i + 1)).flat()
/** A share of an unknown number that fails in one cell for half an hour, and a pool that is full meanwhile. */
const shares = every(240, at => {
  const fails = at > 120 && at <= 150
  return [
    read(at, { labels: { cell: 'a' }, value: fails ? 0.4 : 0.002 + (at % 5) / 2000 }),
    read(at, { labels: { cell: 'b' }, value: 0.002 + (at % 3) / 2000 }),
    read(at, { name: 'pool', measures: 'saturation', capacity: 10, value: fails ? 10 : 4, labels: { cell: 'a' } }),
  ]
})

describe('gauges as evidence', () => {
  const { events } = fold(shares)
  it('open an incident with its place, its beginning and what is strained, and end it', () => {
    const [first] = opened(events)
    expect(first).toMatchObject({
      kind: 'outage',
      severity: 'major',
      segments: [{ where: { cell: ['a'] }, interval: null }],
    })
    expect(first!.strained).toMatchObject([{ name: 'pool', value: 10, capacity: 10 }])
    expect(minute(first)).toBeLessThanOrEqual(124)
    expect(first!.startedAt).toBe(new Date(T + 120 * MINUTE).toISOString())
    expect(names(events).at(-1)).toBe('resolved')
    expect(minute(events.at(-1))).toBeLessThan(185)
  })
  it('open none while nothing is out of the usual, and none by a pool that is full while nothing fails', () => {
    expect(fold(shares.filter(each => each.name === 'pool')).events).toEqual([])
    expect(fold(every(300, at => [read(at, { value: 0.003 + (at % 11) / 4000 })])).events).toEqual([])
  })
  it('of slowness make it degraded', () => {
    const slow = every(240, at => [
      read(at, { name: 'p99', measures: 'latency', unit: 's', value: at > 120 && at < 150 ? 3 : 0.3 + (at % 4) / 50 }),
    ])
    const { events: told } = fold(slow)
    expect(opened(told)).toMatchObject([{ kind: 'degraded' }])
    expect(names(told).at(-1)).toBe('resolved')
  })
  it('that healthy requests contradict, with a denominator, are believed less than these', () => {
    const healthy = streamOf({ minutes: 240, requests: 500 })
    const mixed = [...healthy, ...shares].toSorted((a, b) => (a.seenAt ?? a.at) - (b.seenAt ?? b.at))
    expect(opened(fold(mixed).events).filter(e => minute(e) < 130)).toEqual([])
  })
  it.each([100, 130, 152])('go on after a restart in minute %i as if there had been none', at => {
    const out = emptyOutcome()
    const first = new Fold(config)
    for (const signal of shares.slice(0, 3 * at)) first.signal(signal, 1, out)
    const second = Fold.open(deserialize(serialize(first.snapshot())) as FoldSnapshot, config)
    for (const signal of shares.slice(3 * at)) second.signal(signal, 1, out)
    expect(out.events).toEqual(events)
  })
})
