import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Config } from '../contract/config.js'
import { TransientError } from '../contract/error.js'
import type { IncidentEvent } from '../contract/incident.js'
import { MINUTE } from '../contract/time.js'
import { sfc32 } from '../core/stat/random.js'
import { fakeEnv } from '../testing/env.js'
import { change, STREAM_START, streamOf } from '../testing/stream.js'
import { App } from './app.js'
import { complete } from './config/load.js'
import type { PartsOptions } from './parts.js'
import { Replay } from './replay.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-app-'))
afterAll(() => rmSync(folder, { recursive: true }))
let n = 0
const fresh = (): Config => ({ ...complete({ clock: 'signals', data: join(folder, String(++n)) }), port: 0 })
const memory: PartsOptions = { run: 'memory' }
const inline: PartsOptions = { run: 'inline' }

/** Two hours with an outage in them. */
const signals = streamOf({
  minutes: 150,
  seed: 5,
  reports: 2,
  requests: 60,
  cells: ['a', 'b'],
  components: ['x'],
  tiers: ['free'],
  faults: [{ from: 60, until: 95, where: { cell: ['a'] }, bad: 0.6 }],
})
const linesOf = (values: readonly unknown[]) => Buffer.from(values.map(v => `${JSON.stringify(v)}\n`).join(''))
const body = linesOf(signals)

function replayed(bytes: Uint8Array, batch?: number): string[] {
  const events: string[] = []
  const replay = new Replay(event => events.push(JSON.stringify(event)), batch === undefined ? {} : { batch })
  replay.push(bytes)
  replay.end()
  return events
}

/** Events in the order of their commit, as replay prints them. */
async function eventsOf(app: App): Promise<string[]> {
  await app.caughtUp()
  const incidents = await app.reader.incidents({ limit: 200 })
  const events = incidents.flatMap(i => i.events)
  const at = (e: IncidentEvent) => Date.parse(e.at)
  return events
    .sort((a, b) => at(a) - at(b) || a.incident.localeCompare(b.incident) || a.seq - b.seq)
    .map(e => JSON.stringify(e))
}

const sorted = (events: string[]) =>
  events
    .map(e => JSON.parse(e) as IncidentEvent)
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || a.incident.localeCompare(b.incident) || a.seq - b.seq)
    .map(e => JSON.stringify(e))

describe('a workspace on the signals clock', () => {
  it('has an outage to decide about', () => {
    expect(replayed(body).some(e => e.includes('"opened"'))).toBe(true)
    expect(replayed(body).some(e => e.includes('"resolved"'))).toBe(true)
  })

  it.each([1, 7, 10_000])('replays to the same bytes in batches of %i', batch => {
    expect(replayed(body, batch)).toEqual(replayed(body))
  })

  it.each<[string, PartsOptions, number]>([
    ['in memory, one request', memory, signals.length],
    ['in memory, 37 signals a request', memory, 37],
    ['in SQLite, 900 signals a request', inline, 900],
  ])('decides live what replay decides: %s', async (_, options, size) => {
    await using app = await App.open(fresh(), fakeEnv(), options)
    for (let i = 0; i < signals.length; i += size) {
      const part = signals.slice(i, i + size)
      expect(await app.ingest(linesOf(part))).toMatchObject({ accepted: part.length, duplicate: 0, rejectedCount: 0 })
    }
    expect(await eventsOf(app)).toEqual(sorted(replayed(body)))
  })

  it('decides the same when it was stopped and started again in the middle', async () => {
    const config = fresh()
    const third = Math.floor(signals.length / 3)
    for (let i = 0; i < 3; i++) {
      await using app = await App.open(config, fakeEnv(), inline)
      await app.ingest(linesOf(signals.slice(i * third, i === 2 ? undefined : (i + 1) * third)))
      if (i < 2) continue
      expect(await eventsOf(app)).toEqual(sorted(replayed(body)))
    }
  })

  it('counts a signal once: within a request, across requests and across a restart', async () => {
    const config = fresh()
    const [first, second] = [linesOf(signals.slice(0, 10)), linesOf(signals.slice(0, 20))]
    {
      await using app = await App.open(config, fakeEnv(), inline)
      expect(await app.ingest(Buffer.concat([first, first]))).toMatchObject({ accepted: 10, duplicate: 10 })
      expect(await app.ingest(second)).toMatchObject({ accepted: 10, duplicate: 10 })
    }
    await using again = await App.open(config, fakeEnv(), inline)
    expect(await again.ingest(second)).toMatchObject({ accepted: 0, duplicate: 20 })
    expect(again.now).toBe(Math.max(...signals.slice(0, 20).map(s => s.seenAt ?? s.at)))
  })

  it('says of each rejected line which it is, and counts the rest', async () => {
    await using app = await App.open(fresh(), fakeEnv(), memory)
    const text = `${JSON.stringify(signals[0])}\n{"broken\n\n${JSON.stringify({ ...signals[1], total: -1 })}\n${JSON.stringify(signals[2])}`
    const receipt = await app.ingest(Buffer.from(text))
    expect(receipt).toMatchObject({ accepted: 2, rejectedCount: 2 })
    expect(receipt.rejected.map(r => [r.line, r.rule])).toEqual([
      [2, 'line.json'],
      [4, 'observation.total'],
    ])
  })

  it('remembers label values across a restart', async () => {
    const config = fresh()
    const labelled = (i: number) => ({ ...signals[0], id: `l${i}`, labels: { version: `v${i}` } })
    {
      await using app = await App.open(config, fakeEnv(), inline)
      expect(await app.ingestValues(Array.from({ length: 2_000 }, (_, i) => labelled(i)))).toMatchObject({
        accepted: 2_000,
      })
    }
    await using app = await App.open(config, fakeEnv(), inline)
    expect(await app.ingestValues([labelled(5_000)])).toMatchObject({
      accepted: 0,
      rejected: [{ rule: 'labels.values' }],
    })
  })

  it('refuses with a time to come again when the disk is full, and forgets what it could not keep', async () => {
    const config = fresh()
    const env = fakeEnv()
    // In words that packing makes little shorter.
    const random = sfc32(1)
    const told = signals.map(each => ({
      ...each,
      text: Array.from({ length: 20 }, () => random().toString(36)).join(' '),
    }))
    const chunk = linesOf(told)
    {
      await using app = await App.open(config, env, { ...inline, maxLogPages: 6 })
      const refused = app.ingest(chunk)
      await expect(refused).rejects.toThrow(TransientError)
      await expect(app.ingest(linesOf(signals.slice(0, 100)))).resolves.toMatchObject({ accepted: 100, duplicate: 0 })
      expect(app.counters.refused).toBe(1)
    }
    await using roomy = await App.open(config, env, inline)
    expect(await roomy.ingest(chunk)).toMatchObject({ accepted: signals.length - 100, duplicate: 100 })
  })

  it('follows orders, and a replay of the log follows them again', async () => {
    const config = fresh()
    const openAt = signals.findIndex(s => s.at > STREAM_START + 80 * MINUTE)
    {
      await using app = await App.open(config, fakeEnv(), inline)
      await app.ingest(linesOf(signals.slice(0, openAt)))
      await app.caughtUp()
      const [incident] = await app.reader.incidents({ limit: 1 })
      expect(incident!.open).toBe(true)
      await app.order({
        incident: incident!.id,
        verb: 'say',
        by: 'ada',
        why: 'people ask',
        text: 'We know and work on it.',
      })
      const after = (await app.reader.incident(incident!.id))!
      expect(after.events.length).toBeGreaterThan(incident!.events.length)
      expect(after.latest.by).toBe('ada')
    }
    await using again = await App.open(config, fakeEnv(), inline)
    await again.caughtUp()
    expect((await again.reader.incidents({ limit: 1 }))[0]!.latest.by).toBe('ada')
  })

  it('starts over when it is reset, and tells who watches', async () => {
    for (const options of [memory, inline]) {
      await using app = await App.open({ ...fresh(), demo: true }, fakeEnv(), options)
      await app.ingest(body)
      await app.caughtUp()
      expect((await app.reader.services()).length).toBe(1)
      const told: boolean[] = []
      app.onChange(({ reset }) => told.push(reset))
      await app.reset()
      expect(told).toContain(true)
      expect(await app.reader.services()).toEqual([])
      expect(await app.ingest(body)).toMatchObject({ accepted: signals.length, duplicate: 0 })
      expect(await eventsOf(app)).toEqual(sorted(replayed(body)))
    }
  })

  it('rebuilds from the log when it cannot read the snapshot', async () => {
    const config = fresh()
    {
      await using app = await App.open(config, fakeEnv(), inline)
      await app.ingest(body)
    }
    const { default: Database } = await import('libsql')
    const db = new Database(join(config.data, 'store.db'))
    db.exec(`UPDATE snapshot SET body = x'00'; DELETE FROM event; DELETE FROM head`)
    db.close()
    const env = fakeEnv()
    await using app = await App.open(config, env, inline)
    await app.ingestValues([change({ id: 'late', service: 'other', at: signals.at(-1)!.at })])
    expect(await eventsOf(app)).toEqual(sorted(replayed(body)))
    expect(env.said.map(s => s.what)).toContain('the snapshot cannot be read; rebuilding from the log')
  })
})

describe('a workspace on the wall clock', () => {
  it('stamps what arrives, and time goes on without signals', async () => {
    const env = fakeEnv(STREAM_START)
    const config: Config = { ...fresh(), clock: 'wall' }
    await using app = await App.open(config, env, memory)
    const report = (id: string, offset: number) => ({
      ...signals.find(s => s.type === 'observation' && s.via === 'report')!,
      id,
      at: STREAM_START + offset,
      seenAt: null,
    })
    expect(await app.ingestValues([report('a', 0), report('b', 11 * MINUTE)])).toMatchObject({
      accepted: 1,
      rejected: [{ rule: 'signal.ahead' }],
    })
    env.move(15 * MINUTE)
    expect(await app.ingestValues([report('c', 11 * MINUTE)])).toMatchObject({ accepted: 1 })
    expect(app.now).toBe(STREAM_START + 15 * MINUTE)
    await app.caughtUp()
    expect((await app.reader.workspace()).now).toBe(STREAM_START + 15 * MINUTE)
  })

  it('knows its configured services before their first tick, as unknown', async () => {
    const parts = { components: [{ id: 'cart', name: 'Cart' }], dependsOn: [] }
    const services = ['shop', 'mail'].map(id => ({ id, title: id.toUpperCase(), ...parts }))
    await using app = await App.open({ ...fresh(), clock: 'wall', services }, fakeEnv(STREAM_START), memory)
    expect(await app.reader.services()).toMatchObject([{ service: 'mail' }, { service: 'shop' }])
    const row = {
      service: 'shop',
      title: 'SHOP',
      ...parts,
      state: 'unknown',
      at: STREAM_START,
      seen: {},
      incidents: [],
    }
    expect(await app.reader.service('shop')).toMatchObject(row)
    expect(await app.reader.service('other')).toBeNull()
    expect((await app.reader.workspace()).now).toBe(STREAM_START)
  })
})
