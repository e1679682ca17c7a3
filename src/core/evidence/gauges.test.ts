import { describe, expect, it } from 'vitest'
import { deserialize, serialize } from 'node:v8'
import type { Alert, Gauge, Signal } from '../../contract/signal.js'
import { HOUR, MINUTE } from '../../contract/time.js'
import { STREAM_START as T, streamOf } from '../../testing/stream.js'
import { config, fold, minute, names, opened } from '../fold/fixtures/stories.js'
import { emptyOutcome, Fold, type FoldSnapshot } from '../fold/fold.js'
import { ALERTS, takeAlert, type AlertsState } from './alerts.js'

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

const alert = (at: number, more: Partial<Alert> = {}): Alert => ({
  type: 'fact',
  via: 'alert',
  id: `a-${at}-${more.status ?? 'firing'}`,
  service: 'shop',
  at: T + at * MINUTE,
  thread: 'HighErrorRate',
  status: 'firing',
  severity: 'critical',
  scope: {},
  ...more,
})
const bitsAt = (state: AlertsState, at: number): number => ALERTS.tick(state, T + at * MINUTE)!.bits

describe('alerts as evidence', () => {
  it('have a beginning and an end, and say what their severity is worth, together no more than a part', () => {
    const state: AlertsState = { alerts: new Map() }
    takeAlert(state, alert(0, { status: 'resolved' }))
    expect(state.alerts.size).toBe(0)
    takeAlert(state, alert(10))
    takeAlert(state, alert(12, { thread: 'b', severity: 'info' }))
    expect(bitsAt(state, 13)).toBe(10)
    for (let i = 0; i < 10; i++) takeAlert(state, alert(14, { thread: `c-${i}` }))
    expect(bitsAt(state, 15)).toBe(16)
    for (let i = 0; i < 10; i++) takeAlert(state, alert(16, { thread: `c-${i}`, status: 'resolved' }))
    takeAlert(state, alert(20, { status: 'resolved', endedAt: T + 19 * MINUTE }))
    expect(state.alerts.get('HighErrorRate')).toMatchObject({ since: T + 10 * MINUTE, until: T + 19 * MINUTE })
    // A repetition that comes late changes nothing.
    takeAlert(state, alert(15))
    expect(bitsAt(state, 21)).toBe(0)
  })
  it('that flap, last for days, or were not heard of for long, say less or nothing', () => {
    const state: AlertsState = { alerts: new Map() }
    for (const at of [0, 10, 20]) {
      takeAlert(state, alert(at))
      takeAlert(state, alert(at + 5, { status: 'resolved' }))
    }
    takeAlert(state, alert(30))
    expect(bitsAt(state, 31)).toBe(2.5)
    expect(bitsAt(state, 31 + 7 * 60)).toBe(0)
    takeAlert(state, alert(25 * 60))
    expect(bitsAt(state, 25 * 60 + 1)).toBe(0)
  })
  it('open nothing by themselves, and help what neither they nor a few checks would open alone', () => {
    const firing: Signal[] = Array.from({ length: 30 }, (_, i) => alert(120 + i, { id: `a-${i}` }))
    const quiet = streamOf({ minutes: 240, requests: 0, checks: 1 })
    const merge = (...lists: Signal[][]) => lists.flat().toSorted((a, b) => (a.seenAt ?? a.at) - (b.seenAt ?? b.at))
    expect(fold(merge(firing, [read(5 * 60, { name: 'x', measures: 'other' })])).events).toEqual([])
    expect(fold(merge(quiet, firing)).events).toEqual([])
    const some = streamOf({ minutes: 240, requests: 0, reports: 1, faults: [{ from: 120, until: 150, reports: 5 }] })
    const alone = opened(fold(some).events)
    const both = opened(fold(merge(some, firing)).events)
    expect(both.length).toBe(1)
    expect(alone.length === 0 || minute(both[0]) <= minute(alone[0])).toBe(true)
    expect(both[0]!.evidence!['alert']).toBe(10)
  })
  it('move with a clock that is put back', () => {
    const it = new Fold(config)
    const out = emptyOutcome()
    for (const signal of [alert(0), alert(60, { id: 'again' })]) it.signal(signal, 1, out)
    it.rewind(T - HOUR, 2, out)
    const stored = deserialize(serialize(it.snapshot())) as FoldSnapshot
    const state = stored.watch.services[0]!.evidence['alert'] as AlertsState
    expect(state.alerts.get('HighErrorRate')!.since).toBe(T - 2 * HOUR)
  })
})
