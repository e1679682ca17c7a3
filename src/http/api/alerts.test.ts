import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { MINUTE } from '../../contract/time.js'
import { App } from '../../shell/app.js'
import { parse } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { exportFiles } from '../export.js'
import { buildServer } from '../server.js'

const SECRETS = ['ledger-of-acme-is-behind', 'thread-4711', 'rules.internal']
const reader = 'another-token-of-twenty-chars'
const writer = 'a-token-of-twenty-characters'
const known = 'a-secret-that-receivers-know'
const T = Date.UTC(2026, 1, 3, 12)
let app: App
let server: FastifyInstance

beforeAll(async () => {
  const { config } = await parse(
    `clock: signals
services: [{ id: shop, title: Shop }, { id: bank }]
receivers:
  - { use: alertmanager, secret: ${known} }
  - { use: pagerduty, secret: ${known}, service: bank }
tokens:
  - { name: reader, secret: ${reader}, scopes: [read] }
  - { name: desk, secret: ${writer}, scopes: [signals] }
`,
    {},
    '/',
  )
  app = await App.open(config!, fakeEnv(T + 41 * MINUTE), { run: 'memory' })
  server = await buildServer(app, { inMemory: true })
  const alert = { type: 'fact', via: 'alert', service: 'shop', status: 'firing' }
  const check = (at: number) => ({ type: 'observation', via: 'check', service: 'shop', id: `c-${at}`, at, bad: 1 })
  await app.ingestValues([
    ...Array.from({ length: 20 }, (_, i) => check(T + i * MINUTE)),
    { ...alert, id: 'a0', at: T + 20 * MINUTE, thread: 'low', severity: 'info', title: 'quiet' },
    {
      ...{ ...alert, id: 'a1', at: T + 20 * MINUTE, thread: SECRETS[1], severity: 'critical', source: 'alertmanager' },
      ...{ title: SECRETS[0], text: SECRETS[0], href: `https://${SECRETS[2]}/1`, scope: { cell: ['eu-1'] } },
      ...{ happenedAt: T + 19 * MINUTE },
    },
    ...Array.from({ length: 20 }, (_, i) => check(T + (21 + i) * MINUTE)),
  ])
  await vi.waitFor(async () => expect((await app.alerts('shop'))?.length).toBe(2))
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
})
const get = (url: string, shown?: string) =>
  server.inject({ url, headers: shown === undefined ? {} : { authorization: `Bearer ${shown}` } })

describe('GET /api/v1/services/ID/alerts', () => {
  it('says which alerts fire, the worst first, to who may read', async () => {
    const answer = await get('/api/v1/services/shop/alerts', reader)
    expect([answer.statusCode, answer.headers['cache-control']]).toEqual([200, 'no-store'])
    expect(answer.json()).toEqual([
      {
        ...{ thread: SECRETS[1], title: SECRETS[0], severity: 'critical', source: 'alertmanager', bits: 10, flaps: 1 },
        ...{ since: T + 19 * MINUTE, heardAt: T + 20 * MINUTE, endsAt: null, href: `https://${SECRETS[2]}/1` },
      },
      expect.objectContaining({ thread: 'low', bits: 0 }),
    ])
    expect((await get('/api/v1/services/bank/alerts', reader)).json()).toEqual([])
    expect((await get('/api/v1/services/none/alerts', reader)).statusCode).toBe(404)
    expect((await get('/api/v1/services/shop/alerts')).statusCode).toBe(401)
    expect((await get('/api/v1/services/shop/alerts', writer)).statusCode).toBe(403)
  })
})

describe('alerts of others over HTTP', () => {
  const post = (path: string, payload: string | object, secret = known) =>
    server.inject({ method: 'POST', url: `/in/${path}`, payload, headers: { authorization: `Bearer ${secret}` } })
  const firing = (i: number) => ({ labels: { alertname: `A${i}`, service: i === 50 ? 'a/../b' : 'bank' } })

  it('are taken as a list, the good of it, and answered as Alertmanager does', async () => {
    await vi.waitFor(() => expect(app.inputs.receiver('alertmanager')?.task.receiver).not.toBeNull())
    const alerts = Array.from({ length: 100 }, (_, i) => firing(i))
    const answer = await post('alertmanager/api/v2/alerts', alerts)
    expect([answer.statusCode, answer.payload]).toEqual([200, ''])
    expect(app.inputs.status[0]).toMatchObject({ accepted: 99, rejected: { 'signal.service': 1 } })
    // Twice is once.
    await post('alertmanager/api/v2/alerts', alerts)
    expect(app.inputs.status[0]).toMatchObject({ accepted: 99, duplicate: 99 })
    await vi.waitFor(async () => expect((await app.alerts('bank'))?.length).toBe(99))
    expect((await post('alertmanager/api/v2/alerts', [])).statusCode).toBe(200)
    expect((await post('alertmanager', { version: '4', alerts: [] })).statusCode).toBe(200)
    expect((await post('alertmanager/api/v2/alerts', [firing(50)])).statusCode).toBe(400)
  })
  it('are not taken from strangers, nor as a page', async () => {
    expect((await post('alertmanager', { alerts: [] }, 'another-secret-of-somebody')).json()).toMatchObject({
      ...{ status: 401, rule: 'receiver.secret' },
    })
    expect((await post('alertmanager', '<!doctype html><p>502')).json()).toMatchObject({
      status: 400,
      rule: 'body.json',
    })
    expect((await post('pagerduty/v2/enqueue', '<html>')).json()).toMatchObject({ status: 400, rule: 'body.json' })
    expect((await post('pagerduty/v2/enqueue', '<html>', 'another-secret-of-somebody')).statusCode).toBe(401)
  })
  it('are answered as PagerDuty does, by the key in the body alone', async () => {
    const event = {
      routing_key: known,
      event_action: 'trigger',
      dedup_key: 'd',
      payload: { summary: 'x', severity: 'error' },
    }
    const answer = await server.inject({ method: 'POST', url: '/in/pagerduty/v2/enqueue', payload: event })
    expect([answer.statusCode, answer.json()]).toMatchObject([202, { status: 'success', dedup_key: 'd' }])
    const wrong = { ...event, routing_key: `${known}x` }
    expect((await server.inject({ method: 'POST', url: '/in/pagerduty/v2/enqueue', payload: wrong })).statusCode).toBe(
      401,
    )
  })
})

describe('the public', () => {
  it('is told of no alert, by no page and no answer', async () => {
    type Operation = { security?: unknown; parameters?: { name: string }[] }
    const { paths } = (await get('/api/v1/openapi.json')).json() as { paths: Record<string, { get?: Operation }> }
    const incident = (await app.reader.incidents({ limit: 1 }))[0]!.id
    const filled = (path: string) =>
      path.replace(/incidents\/\{\w+\}/, `incidents/${incident}`).replace(/\{\w+\}/g, 'shop')
    const asked = Object.entries(paths).flatMap(([path, { get: operation }]) =>
      operation === undefined || /stream|\/in\//.test(path) ? [] : [filled(path)],
    )
    asked.push('/', '/s/shop', `/i/${incident}`, '/status', '/metrics', '/badge/shop.svg', '/embed/shop', '/history')
    let answered = 0
    for (const path of asked) {
      const { statusCode, payload } = await get(path)
      if (statusCode === 200) answered++
      for (const secret of SECRETS) expect(`${path} ${payload}`).not.toContain(secret)
    }
    // Most of them do answer, and speak of the service.
    expect(answered).toBeGreaterThan(12)
    expect((await get('/s/shop')).payload).toContain('Shop')
  })
  it('finds none in an export', async () => {
    let files = 0
    const input = { reader: app.reader, config: app.config, url: 'https://copy.example/', wallNow: () => T }
    for await (const { path, bytes } of exportFiles(input)) {
      files++
      for (const secret of SECRETS) expect(`${path} ${bytes.toString()}`).not.toContain(secret)
    }
    expect(files).toBeGreaterThan(10)
  })
})
