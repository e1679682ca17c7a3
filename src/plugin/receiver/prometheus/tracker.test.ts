import { describe, expect, it } from 'vitest'
import { SECOND } from '../../../contract/time.js'
import { Counts } from './counts.js'
import { house, settings, sums, T0, type Told } from './fixtures/house.js'
import { bytesOf, type Written } from './fixtures/written.js'
import { Gauges } from './gauges.js'
import { Places, USUAL_LABELS, USUAL_SERVICE } from './places.js'
import { readRules, Rules, USUAL_REQUESTS } from './rules.js'
import { Tracker } from './tracker.js'
import { readWriteRequest } from './write-request.js'

const trackerOf = (seriesMax: number) =>
  new Tracker(
    {
      rules: new Rules(readRules(USUAL_REQUESTS)),
      gauges: new Gauges([], SECOND),
      places: new Places(null, USUAL_SERVICE, USUAL_LABELS),
      counts: new Counts(15 * SECOND, 25 * SECOND),
      checks: settings.checks,
      allGauges: false,
    },
    seriesMax,
  )
const give = (tracker: Tracker, now: number, series: Written[]) =>
  readWriteRequest(bytesOf(series), tracker.wants, each => tracker.take(each, now))
const one = (n: number, at: number, value: number, more = {}): Written => [
  { __name__: 'http_requests_total', job: 'shop', instance: 'a', code: '200', customer: `c${n}`, ...more },
  [at, value],
]

describe('a million series', () => {
  it('take no more room than so many; those that were known go on, and it is said how much is left out', () => {
    const tracker = trackerOf(50)
    for (let scrape = 0; scrape < 3; scrape++) {
      const at = T0 + scrape * 15 * SECOND
      give(
        tracker,
        at,
        Array.from({ length: 200 }, (_, n) => one(n, at, 10 * scrape)),
      )
    }
    const told = tracker.due(T0 + 120 * SECOND) as Told[]
    expect(sums(told)).toMatchObject({ total: 1_000 })
    // However many series, one signal a window and label set.
    expect(told.length).toBe(2)
    expect(tracker.dropped).toEqual({ 'prometheus.series': 450 })
  })
  it('are forgotten once they are no more, so that others have room', () => {
    const tracker = trackerOf(50)
    const told: Told[] = []
    for (let hour = 0; hour < 4; hour++)
      for (let scrape = 0; scrape < 2; scrape++) {
        const at = T0 + hour * 7_200 * SECOND + scrape * 15 * SECOND
        told.push(...(tracker.due(at) as Told[]))
        give(
          tracker,
          at,
          Array.from({ length: 50 }, (_, n) => one(n, at, scrape, { pod: `p${hour}` })),
        )
      }
    told.push(...(tracker.due(T0 + 99_999 * SECOND) as Told[]))
    expect(sums(told)).toMatchObject({ total: 200 })
    expect(tracker.dropped).toEqual({})
  })
  it('are answered with a word for the log of Prometheus, and what is known counts', async () => {
    const h = await house()
    const services = (at: number, value: number) =>
      Array.from({ length: 320 }, (_, n) => one(0, at, value, { job: `job-${n}` }))
    expect(h.send(...services(h.now, 1))).toBe(400)
    h.move(15_000)
    expect(h.send(...services(h.now, 11))).toBe(204)
    h.move(60_000)
    expect(sums(h.told()).total).toBe(3_000)
    expect(h.dropped).toEqual({ 'prometheus.services': 20 })
  })
  it('bring no more values of a label than so many: further ones count without it', async () => {
    const h = await house()
    const pods = (at: number, value: number) =>
      Array.from({ length: 400 }, (_, n) => one(0, at, value, { pod: `p${n}` }))
    h.send(...pods(h.now, 1))
    h.move(15_000)
    h.send(...pods(h.now, 2))
    h.move(60_000)
    const told = h.told()
    expect(sums(told).total).toBe(400)
    expect(new Set(told.map(({ labels }) => labels['pod'])).size).toBe(301)
  })
})

describe('gauges of remote-write', () => {
  const of = (name: string, more = {}) => ({ __name__: name, job: 'shop', instance: 'a', ...more })
  it('are told beside where they are full, each once a window', async () => {
    const h = await house()
    h.send(one(0, h.now, 1))
    h.move(60_000)
    for (let i = 0; i < 4; i++) {
      h.send([of('process_max_fds'), [h.now, 1_000]], [of('process_open_fds'), [h.now, 100 + i]])
      h.move(7_500)
    }
    expect(h.told('gauge').map(({ name, value, capacity, labels }) => [name, value, capacity, labels])).toEqual([
      ['process.open_fds', 100, 1_000, { instance: 'a' }],
      ['process.open_fds', 102, 1_000, { instance: 'a' }],
    ])
  })
  it('are left alone where nobody counts requests and nobody asked for them', async () => {
    const h = await house()
    h.send([of('process_max_fds', { job: 'node' }), [h.now, 9]], [of('process_open_fds', { job: 'node' }), [h.now, 9]])
    expect(h.told('gauge')).toEqual([])
  })
  it('are sums over their series, free room counts as what is used, and one that is no more is none', async () => {
    const gauges = [
      {
        name: 'db.connections',
        value: 'pg_stat_activity_count{datname!="x"}',
        capacity: 'pg_settings_max_connections',
      },
      { name: 'system.memory', value: 'free_bytes', capacity: 'all_bytes', free: true, unit: 'By' },
    ]
    const h = await house({ gauges, service: 'shop' })
    const state = (state: string, value: number, datname = 'shop'): Written => [
      of('pg_stat_activity_count', { state, datname }),
      [h.now, value],
    ]
    const pair: Written[] = [
      [of('pg_settings_max_connections'), [h.now, 100]],
      [of('all_bytes'), [h.now, 1_000]],
      [of('free_bytes'), [h.now, 300]],
    ]
    h.send(...pair, state('active', 7), state('idle', 40), state('idle', 9, 'x'))
    h.move(15_000)
    h.send(state('active', 8), state('idle', Number.NaN))
    const told = h.told('gauge').map(({ name, value, capacity }) => [name, value, capacity])
    expect(told).toEqual([
      ['db.connections', 47, 100],
      ['system.memory', 700, 1_000],
      ['db.connections', 8, 100],
    ])
  })
})
