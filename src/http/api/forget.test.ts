import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { FastifyInstance } from 'fastify'
import type { Signal } from '../../contract/signal.js'
import { DAY } from '../../contract/time.js'
import { App } from '../../shell/app.js'
import { complete } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { arrival, byArrival, streamOf, topology } from '../../testing/stream.js'
import { buildServer } from '../server.js'

const folder = mkdtempSync(join(tmpdir(), 'epicenter-forget-'))
afterAll(() => rmSync(folder, { recursive: true }))

const config = {
  ...complete({
    clock: 'signals',
    data: folder,
    services: [{ id: 'named', title: 'Named', components: [{ id: 'x', name: 'X' }] }],
  }),
}
const stream = (service: string, faults: boolean) =>
  streamOf({
    service,
    minutes: 200,
    seed: 5,
    reports: 2,
    requests: 60,
    cells: ['a', 'b'],
    components: ['x', 'y'],
    tiers: ['free'],
    faults: faults ? [{ from: 60, until: 90, where: { cell: ['a'] }, bad: 0.6 }] : [],
  })
const all = byArrival(stream('tpyo', true), stream('chat', false), [
  topology({
    at: stream('chat', false)[0]!.at,
    service: 'chat',
    components: [
      { id: 'x', name: 'X' },
      { id: 'y', name: 'Y' },
    ],
  }),
])
const end = arrival(all.at(-1)!)

let app: App
let server: FastifyInstance
async function open(): Promise<void> {
  app = await App.open(config, fakeEnv(), { run: 'inline' })
  server = await buildServer(app, { inMemory: true })
}
async function close(): Promise<void> {
  await server.close()
  await app[Symbol.asyncDispose]()
}
const get = async (url: string) => {
  const { statusCode, body } = await server.inject({ url, headers: { accept: 'text/html' } })
  return { status: statusCode, body }
}
const forget = async (service: string, body: object = {}, authorization = `Bearer ${app.token.token}`) => {
  const answer = await server.inject({
    method: 'POST',
    url: `/api/v1/services/${encodeURIComponent(service)}/forget`,
    headers: { authorization },
    payload: { by: 'ada', why: 'a typing error', ...body },
  })
  return { status: answer.statusCode, ...(answer.json() as Record<string, unknown>) }
}
const EVERYWHERE = [
  '/',
  '/status',
  '/incidents',
  '/api/v1/services',
  '/api/v1/incidents',
  '/api/v2/summary.json',
  '/history.rss',
  '/history.atom',
  '/feed.json',
  '/history.json',
]

beforeAll(async () => {
  await open()
  await app.ingestValues(all)
  await app.caughtUp()
})
afterAll(close)

describe('POST /api/v1/services/:id/forget', () => {
  it.each<[what: string, service: string, body: object, status: number, rule: string]>([
    ['a service that is not there', 'tpyoo', {}, 404, 'service'],
    ['no reason', 'tpyo', { why: '' }, 400, 'body.why.minLength'],
    ['a value without its label', 'tpyo', { value: 'x' }, 400, 'forget.value'],
    ['a label and a component', 'tpyo', { label: 'cell', component: 'x' }, 400, 'forget.component'],
    ['a field that does not exist', 'tpyo', { labels: 'cell' }, 400, 'body.additionalProperties'],
    ['a component that the configuration names', 'named', { component: 'x' }, 409, 'forget.component'],
  ])('refuses %s', async (_, service, body, status, rule) => {
    expect(await forget(service, body)).toMatchObject({ status, rule })
  })
  it('needs the token, and says which service may have been meant', async () => {
    expect(await forget('tpyo', {}, 'Bearer wrong')).toMatchObject({ status: 401 })
    expect(await forget('tpyoo')).toMatchObject({ detail: 'did you mean tpyo?' })
  })

  it('forgets a label: its places at the door are free, and no chart has it', async () => {
    const { labelValues } = app.memory
    expect(await forget('chat', { label: 'cell', value: 'a' })).toMatchObject({ status: 200, values: 1 })
    expect(await forget('chat', { label: 'tier' })).toMatchObject({
      status: 200,
      values: 1,
      forget: { service: 'chat', label: 'tier', by: 'ada' },
    })
    expect(app.memory.labelValues).toBe(labelValues - 2)
    const rows = await app.reader.rollups('chat', end - DAY, end + DAY)
    expect(rows.length).toBeGreaterThan(30)
    for (const row of rows) {
      expect(Object.keys(row.ratesBy)).not.toContain('tier')
      expect(Object.keys(row.ratesBy['cell'] ?? {})).not.toContain('a')
    }
  })
  it('forgets a component that signals named', async () => {
    expect(await forget('chat', { component: 'y' })).toMatchObject({ status: 200 })
    expect((await app.reader.service('chat'))?.components.map(each => each.id)).toEqual(['x'])
    await vi.waitFor(async () => expect((await get('/api/v2/components.json')).body).not.toContain('"Y"'), {
      timeout: 10_000,
    })
  })

  it('forgets a service: no list, page, feed or answer has it, and its places are free', async () => {
    for (const path of EVERYWHERE.slice(0, 4)) expect((await get(path)).body, path).toContain('tpyo')
    const [incident] = await app.reader.incidents({ service: 'tpyo', limit: 1 })
    expect((await get(`/i/${incident!.id}`)).status).toBe(200)
    const { services } = app.memory
    expect(await forget('tpyo')).toMatchObject({ status: 200, forget: { service: 'tpyo', why: 'a typing error' } })
    // News is told twice a second at most.
    await vi.waitFor(async () => expect((await get('/')).body).not.toContain('tpyo'), { timeout: 10_000 })
    for (const path of EVERYWHERE) expect((await get(path)).body, path).not.toContain('tpyo')
    for (const path of [
      '/s/tpyo',
      `/i/${incident!.id}`,
      '/badge/tpyo.svg',
      '/embed/tpyo',
      '/api/v1/services/tpyo',
      '/api/v1/services/tpyo/rollups',
    ])
      expect((await get(path)).status, path).toBe(404)
    expect(app.memory.services).toBe(services - 1)
    expect((await get('/s/chat')).status).toBe(200)
    expect(await forget('tpyo')).toMatchObject({ status: 404 })
  })
  it('stays forgotten over a restart, and when everything is computed again from the log', async () => {
    for (const lost of [[], ['store.db', 'store.db-wal', 'store.db-shm']]) {
      const before = app.memory.labelValues
      await close()
      for (const name of lost) rmSync(join(folder, name), { force: true })
      await open()
      await app.caughtUp()
      expect((await app.reader.services()).map(each => each.service)).toEqual(['chat', 'named'])
      expect(await app.reader.incidents({ service: 'tpyo', limit: 9 })).toEqual([])
      expect(await app.reader.rollups('tpyo', 0, end + DAY)).toEqual([])
      expect((await app.reader.service('chat'))?.components.map(each => each.id)).toEqual(['x'])
      expect(app.memory.labelValues).toBe(before)
    }
  })
  it('lets a service that sends again come back as a new one', async () => {
    const late = all
      .filter(each => each.service === 'tpyo' && each.type === 'observation')
      .slice(-100)
      .map((each, i) => ({ ...each, id: `again-${i}`, at: end + 1_000 * i, seenAt: end + 1_000 * i }) as Signal)
    expect(await app.ingestValues(late)).toMatchObject({ accepted: 100 })
    await app.caughtUp()
    expect(await app.reader.service('tpyo')).toMatchObject({ title: 'tpyo', incidents: [] })
    expect((await app.reader.rollups('tpyo', 0, end)).filter(row => row.bin < end - 600_000)).toEqual([])
    expect((await get('/s/tpyo')).status).toBe(200)
  })
  it('keeps the page of a service that the configuration names, and nothing on it', async () => {
    const signal = (i: number) => ({
      type: 'observation',
      via: 'report',
      id: `n${i}`,
      service: 'named',
      at: end + 200_000,
      bad: 1,
      labels: { country: 'IN' },
    })
    await app.ingestValues([signal(1), signal(2)])
    await app.caughtUp()
    expect((await app.reader.service('named'))?.seen).not.toEqual({})
    expect(await forget('named')).toMatchObject({ status: 200 })
    expect(await app.reader.service('named')).toMatchObject({
      title: 'Named',
      state: 'unknown',
      seen: {},
      components: [{ id: 'x' }],
    })
  })
  it('waits while an incident is open: who was told of it is told of its end first', async () => {
    const from = end + 10 * 60_000
    const first = stream('open', true)[0]!.at
    const signals = stream('open', true)
      .filter(each => arrival(each) < first + 75 * 60_000)
      .map(
        each =>
          ({
            ...each,
            at: each.at - first + from,
            ...(each.seenAt === undefined ? {} : { seenAt: each.seenAt - first + from }),
          }) as Signal,
      )
    await app.ingestValues(signals)
    await app.caughtUp()
    const [incident] = await app.reader.incidents({ service: 'open', open: true, limit: 1 })
    expect(await forget('open')).toMatchObject({ status: 409, rule: 'forget.open', value: incident!.id })
    await app.order({ incident: incident!.id, verb: 'resolve', by: 'ada', why: 'a test' })
    expect(await forget('open')).toMatchObject({ status: 200 })
  })
})
