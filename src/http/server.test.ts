import { gzipSync } from 'node:zlib'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Config } from '../contract/config.js'
import { App } from '../shell/app.js'
import { complete } from '../shell/config/load.js'
import { fakeEnv } from '../testing/env.js'
import { arrival, change, STREAM_START, streamOf, topology } from '../testing/stream.js'
import { buildServer } from './server.js'

const signals = streamOf({
  service: 'chat',
  minutes: 100,
  seed: 5,
  reports: 2,
  requests: 60,
  cells: ['a', 'b'],
  components: ['x'],
  tiers: ['free'],
  faults: [{ from: 60, until: 200, where: { cell: ['a'] }, bad: 0.6 }],
})
const setting = [
  topology({ id: 't', service: 'chat', at: STREAM_START, components: [{ id: 'x', name: 'X' }] }),
  change({ id: 'c1', service: 'chat', at: STREAM_START + 59 * 60_000, kind: 'config', title: 'A config push' }),
]
const all = [...setting, ...signals].sort((a, b) => arrival(a) - arrival(b))
const ndjson = (values: readonly unknown[]) => values.map(v => `${JSON.stringify(v)}\n`).join('')
const config: Config = { ...complete({ clock: 'signals', title: 'Test', challenge: 'off' }) }
const token = 'Bearer memory'

let app: App
let server: FastifyInstance
beforeAll(async () => {
  app = await App.open(config, fakeEnv(), { run: 'memory' })
  server = await buildServer(app, { inMemory: true })
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
})

const post = (payload: string | Buffer, type = 'application/x-ndjson', headers = {}) =>
  server.inject({
    method: 'POST',
    url: '/api/v1/signals',
    payload,
    headers: { 'content-type': type, authorization: token, ...headers },
  })
const get = (url: string, more: Partial<InjectOptions> = {}) => server.inject({ url, ...more } as InjectOptions)

describe('POST /api/v1/signals', () => {
  it('needs the token', async () => {
    for (const authorization of ['', 'Bearer wrong', 'Basic bWVtb3J5']) {
      const answer = await post(ndjson(all), undefined, { authorization })
      expect(answer.statusCode).toBe(401)
      expect(answer.headers['www-authenticate']).toBe('Bearer')
    }
    expect(app.counters.accepted).toBe(0)
  })
  it('counts NDJSON', async () => {
    expect((await post(ndjson(all))).json()).toEqual({
      accepted: all.length,
      duplicate: 0,
      rejectedCount: 0,
      rejected: [],
    })
    await app.caughtUp()
  })
  it('counts gzip', async () => {
    const answer = await post(gzipSync(ndjson(all)), 'application/x-ndjson', { 'content-encoding': 'gzip' })
    expect(answer.json()).toMatchObject({ accepted: 0, duplicate: all.length })
  })
  it('counts a JSON array', async () => {
    const answer = await post(
      JSON.stringify([signals[0], { ...signals[0], id: 'array-1', at: all.at(-1)!.at }, 7]),
      'application/json; charset=utf-8',
    )
    expect(answer.json()).toMatchObject({
      accepted: 1,
      duplicate: 1,
      rejected: [{ line: 3, rule: 'signal', value: '7' }],
    })
  })
  it('counts CloudEvents, alone and in batches, and fills in from the envelope', async () => {
    const { id, at, service, ...data } = signals[0]!
    const time = new Date(all.at(-1)!.at).toISOString()
    const event = { specversion: '1.0', type: 'x', id: 'ce-1', source: 'chat', time, data }
    expect((await post(JSON.stringify(event), 'application/cloudevents+json')).json()).toMatchObject({ accepted: 1 })
    const batch = [event, { ...event, id: 'ce-2' }, { ...event, specversion: '0.3' }, { ...event, data: 'x' }]
    expect((await post(JSON.stringify(batch), 'application/cloudevents-batch+json')).json()).toMatchObject({
      accepted: 1,
      duplicate: 1,
      rejected: [
        { line: 3, rule: 'cloudevent.specversion', value: '0.3' },
        { line: 4, rule: 'cloudevent.data' },
      ],
    })
    void [id, at, service]
  })
  it.each<[sentence: string, payload: string | Buffer, type: string, headers: object, status: number, rule: string]>([
    ['another media type', 'a', 'text/plain', {}, 415, 'body.type'],
    ['another encoding', 'a', 'application/x-ndjson', { 'content-encoding': 'br' }, 415, 'body.encoding'],
    ['gzip that is none', 'hello', 'application/x-ndjson', { 'content-encoding': 'gzip' }, 400, 'body.gzip'],
    ['JSON that is none', '[{', 'application/json', {}, 400, 'body.json'],
    ['JSON in broken UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'application/json', {}, 400, 'body.json'],
    ['a JSON body that is too large', `["${'x'.repeat(9_000_000)}"]`, 'application/json', {}, 413, 'body.size'],
  ])('refuses %s', async (_, payload, type, headers, status, rule) => {
    const answer = await post(payload, type, headers)
    expect([answer.statusCode, answer.json().rule]).toEqual([status, rule])
    expect(answer.headers['content-type']).toMatch(/problem\+json/)
  })
  it('names at most a hundred rejected lines and counts them all', async () => {
    const { rejected, rejectedCount } = (await post('{}\n'.repeat(300))).json()
    expect([rejected.length, rejectedCount, rejected[99].line]).toEqual([100, 300, 100])
  })
})

describe('GET /api/v1', () => {
  it('tells the workspace, its services, rollups and incidents', async () => {
    expect((await get('/api/v1/workspace')).json()).toMatchObject({
      title: 'Test',
      clock: 'signals',
      demo: false,
      now: app.now,
    })
    expect((await get('/api/v1/services')).json()).toMatchObject([
      { service: 'chat', components: [{ id: 'x', name: 'X' }] },
    ])
    expect((await get('/api/v1/services/chat')).json()).toMatchObject({ service: 'chat' })
    const rollups = (await get('/api/v1/services/chat/rollups')).json() as { bin: number }[]
    expect(rollups.length).toBeGreaterThan(15)
    const [incident] = (await get('/api/v1/incidents?open=true&limit=5')).json()
    expect(incident).toMatchObject({ service: 'chat', open: true })
    expect((await get(`/api/v1/incidents/${incident.id}`)).json()).toEqual(incident)
    expect((await get(`/api/v1/incidents/${incident.id}/events`)).json()).toEqual(incident.events)
    expect((await get('/api/v1/incidents?open=false')).json()).toEqual([])
    const from = new Date(STREAM_START + 600_000).toISOString()
    expect(
      (await get(`/api/v1/services/chat/rollups?from=${from}&until=${STREAM_START + 1_200_000}`)).json().length,
    ).toBe(2)
  })
  it.each<[string, number, string]>([
    ['/api/v1/services/nobody', 404, 'service'],
    ['/api/v1/services/nobody/rollups', 404, 'service'],
    ['/api/v1/incidents/nothing', 404, 'incident'],
    ['/api/v1/incidents?limit=0', 400, 'querystring.limit.minimum'],
    ['/api/v1/incidents?limit=many', 400, 'querystring.limit.type'],
    ['/api/v1/incidents?before=soon', 400, 'query.before'],
    ['/api/v1/services/chat/rollups?from=soon', 400, 'query.from'],
    ['/api/v1/services/chat/rollups?from=2020-01-01T00:00:00Z', 400, 'query.from'],
    ['/api/v1/nowhere', 404, 'path'],
    ['/nowhere', 404, 'path'],
  ])('answers %s with %i', async (url, status, rule) => {
    const answer = await get(url)
    expect([answer.statusCode, answer.json().rule]).toEqual([status, rule])
    expect(answer.body).not.toMatch(/\.[jt]s:\d|node_modules/)
  })
  it('answers a wrong method with the right ones', async () => {
    const answer = await get('/api/v1/incidents/abc/commands')
    expect([answer.statusCode, answer.headers['allow']]).toEqual([405, 'POST'])
    expect((await get('/api/v1/signals')).statusCode).toBe(405)
    expect((await server.inject({ method: 'DELETE', url: '/api/v1/services' })).headers['allow']).toBe('GET, HEAD')
  })
  it('answers HEAD as GET without a body', async () => {
    const answer = await get('/api/v1/services', { method: 'HEAD' })
    expect([answer.statusCode, answer.body]).toEqual([200, ''])
  })
  it('answers a browser that is lost with a page', async () => {
    const answer = await get('/nowhere', { headers: { accept: 'text/html' } })
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8'])
  })
})

describe('POST /api/v1/incidents/{id}/commands', () => {
  const command = async (body: object, headers = {}) => {
    const [incident] = await app.reader.incidents({ limit: 1 })
    return server.inject({
      method: 'POST',
      url: `/api/v1/incidents/${incident!.id}/commands`,
      payload: body,
      headers: { authorization: token, ...headers },
    })
  }
  const who = { by: 'ada', why: 'she looked' }

  it('needs the token', async () =>
    expect((await command({ verb: 'resolve', ...who }, { authorization: '' })).statusCode).toBe(401))
  it.each<[sentence: string, body: object, rule: string]>([
    ['no verb', who, 'body.required'],
    ['an unknown verb', { ...who, verb: 'dance' }, 'body.verb.const'],
    ['no who', { verb: 'resolve', why: 'x' }, 'body.required'],
    ['no why', { verb: 'resolve', by: 'x' }, 'body.required'],
    ['confirm without a cause', { ...who, verb: 'confirm' }, 'command.subject'],
    ['say without a sentence', { ...who, verb: 'say' }, 'command.text'],
    ['mute without an end', { ...who, verb: 'mute' }, 'command.until'],
    ['a field that does not exist', { ...who, verb: 'resolve', loud: true }, 'body.additionalProperties'],
  ])('refuses %s', async (_, body, rule) => {
    const answer = await command(body)
    expect([answer.statusCode, answer.json().rule]).toEqual([400, rule])
  })
  it('knows only incidents that exist', async () => {
    const url = '/api/v1/incidents/none/commands'
    expect(
      (
        await server.inject({
          method: 'POST',
          url,
          payload: { verb: 'resolve', ...who },
          headers: { authorization: token },
        })
      ).statusCode,
    ).toBe(404)
  })
  it('follows: says, mutes and resolves, with who and why in the story', async () => {
    const said = await command({ ...who, verb: 'say', text: 'We are on it.' })
    expect(said.json()).toMatchObject({ order: { verb: 'say', by: 'ada' }, incident: { latest: { by: 'ada' } } })
    expect((await command({ ...who, verb: 'mute', until: '2031-05-09T20:00:00Z' })).statusCode).toBe(200)
    const resolved = await command({ ...who, verb: 'resolve' })
    expect(resolved.json().incident).toMatchObject({
      open: false,
      latest: { event: 'resolved', by: 'ada', why: 'she looked' },
    })
  })
})

describe('POST /api/v1/report', () => {
  const form = (fields: Record<string, string>, headers: Record<string, string> = {}, remoteAddress = '203.0.113.7') =>
    server.inject({
      method: 'POST',
      url: '/api/v1/report',
      payload: new URLSearchParams(fields).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'text/html',
        host: 'status.example',
        ...headers,
      },
      remoteAddress,
    })

  it('counts a tap and leads back to the page with thanks', async () => {
    const before = app.counters.accepted
    const answer = await form({
      service: 'chat',
      kind: 'bad',
      problem: 'x',
      country: 'in',
      platform: '',
      text: '',
      back: '/s/chat',
    })
    expect([answer.statusCode, answer.headers['location']]).toEqual([303, '/s/chat?thanks=bad'])
    expect(app.counters.accepted).toBe(before + 1)
  })
  it('answers a script with JSON, and needs no token', async () => {
    const answer = await server.inject({
      method: 'POST',
      url: '/api/v1/report',
      payload: { service: 'chat', kind: 'ok' },
      remoteAddress: '203.0.113.9',
    })
    expect(answer.json()).toMatchObject({ counted: true })
  })
  it.each(['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)', '/a\nb'])(
    'does not lead to %j',
    async back => {
      const answer = await form({ service: 'chat', kind: 'ok', back }, {}, `198.51.100.${back.length}`)
      expect(answer.headers['location']).toBe('/s/chat?thanks=ok')
    },
  )
  it.each<[string, Record<string, string>, Record<string, string>, number]>([
    ['a service that does not exist', { service: 'nobody', kind: 'bad' }, {}, 404],
    ['an unknown kind', { service: 'chat', kind: 'meh' }, {}, 400],
    ['no kind', { service: 'chat' }, {}, 400],
    ['a country that is none', { service: 'chat', kind: 'bad', country: 'India' }, {}, 400],
    ['a long story', { service: 'chat', kind: 'bad', text: 'x'.repeat(1_001) }, {}, 400],
    ['a page elsewhere', { service: 'chat', kind: 'bad' }, { origin: 'https://evil.example' }, 403],
  ])('refuses %s', async (_, fields, headers, status) => {
    expect((await form(fields, headers, '198.51.100.99')).statusCode).toBe(status)
  })
  it('thanks also those it does not count', async () => {
    const statuses = new Set<number>()
    const one = () => form({ service: 'chat', kind: 'bad' }, { origin: 'http://status.example' }, '192.0.2.1')
    for (let hundred = 0; hundred < 4; hundred++)
      for (const { statusCode } of await Promise.all(Array.from({ length: 100 }, one))) statuses.add(statusCode)
    expect(statuses).toEqual(new Set([303]))
    const more = await form({ service: 'chat', kind: 'bad' }, { accept: '*/*' }, '192.0.2.1')
    expect([more.statusCode, more.json().counted]).toEqual([202, false])
    await app.caughtUp()
  })
})

describe('for operators and programs', () => {
  it('says that it lives and is ready', async () => {
    expect((await get('/healthz')).body).toBe('ok\n')
    expect((await get('/readyz')).json()).toMatchObject({ ready: true, backlog: 0 })
  })
  it('counts', async () => {
    const { body } = await get('/metrics')
    expect(body).toContain(`epicenter_signals_total{outcome="accepted"} ${app.counters.accepted}`)
    expect(body).toMatch(/epicenter_backlog_signals 0/)
  })
  it('counts what came too late', async () => {
    const metric = all.find(s => 'via' in s && s.via === 'metric')!
    const old = { ...metric, id: 'late-1', at: STREAM_START + 10 * 60_000, seenAt: arrival(all.at(-1)!) }
    expect((await post(ndjson([old]))).json()).toMatchObject({ accepted: 1 })
    await app.caughtUp()
    expect((await get('/metrics')).body).toMatch(/epicenter_observations_late_total 1\n/)
  })
  it('describes itself: every route, its token, its shapes', async () => {
    const document = (await get('/api/v1/openapi.json')).json()
    expect(document.openapi).toBe('3.1.0')
    expect(Object.keys(document.paths).sort()).toEqual([
      '/api/v1/agent',
      '/api/v1/exchange',
      '/api/v1/graph',
      '/api/v1/incidents',
      '/api/v1/incidents/{id}',
      '/api/v1/incidents/{id}/claims',
      '/api/v1/incidents/{id}/commands',
      '/api/v1/incidents/{id}/draft',
      '/api/v1/incidents/{id}/events',
      '/api/v1/incidents/{id}/messages',
      '/api/v1/incidents/{id}/post-mortem',
      '/api/v1/incidents/{id}/response',
      '/api/v1/incidents/{id}/similar',
      '/api/v1/notifiers',
      '/api/v1/notifiers/{id}/pressed',
      '/api/v1/notifiers/{id}/test',
      '/api/v1/oncall',
      '/api/v1/oncall/{id}',
      '/api/v1/oncall/{id}/calendar.ics',
      '/api/v1/oncall/{id}/report',
      '/api/v1/overrides',
      '/api/v1/overrides/{id}/take-back',
      '/api/v1/past',
      '/api/v1/proposals',
      '/api/v1/proposals/{id}/approve',
      '/api/v1/proposals/{id}/refuse',
      '/api/v1/push',
      '/api/v1/record',
      '/api/v1/reload',
      '/api/v1/report',
      '/api/v1/services',
      '/api/v1/services/{id}',
      '/api/v1/services/{id}/alerts',
      '/api/v1/services/{id}/days',
      '/api/v1/services/{id}/facts',
      '/api/v1/services/{id}/forget',
      '/api/v1/services/{id}/messages',
      '/api/v1/services/{id}/places',
      '/api/v1/services/{id}/rollups',
      '/api/v1/signals',
      '/api/v1/sources',
      '/api/v1/stream',
      '/api/v1/workspace',
      '/in/{id}',
    ])
    expect(document.paths['/api/v1/signals'].post.security).toEqual([{ token: ['signals'] }])
    expect(document.paths['/api/v1/services'].get.security).toBeUndefined()
    const ids = Object.values(document.paths).flatMap(path =>
      Object.values(path as Record<string, { operationId: string }>).map(o => o.operationId),
    )
    expect(new Set(ids).size).toBe(ids.length)
    for (const [, name] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g))
      expect(document.components.schemas).toHaveProperty(name!)
  })
})

describe('GET /api/v1/stream', () => {
  it('tells what changed, to everybody who listens', async () => {
    const address = await server.listen({ port: 0, host: '127.0.0.1' })
    const stop = new AbortController()
    const response = await fetch(`${address}/api/v1/stream`, { signal: stop.signal })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = (await reader.read()).value!
    const later = all.at(-1)!.at + 300_000
    await post(ndjson([{ ...signals[0], id: 'later', at: later, seenAt: later }]))
    while (!text.includes('event: change')) text += (await reader.read()).value
    expect(JSON.parse(/data: (.*)/.exec(text)![1]!)).toMatchObject({ services: ['chat'], reset: false })
    stop.abort()
  })
})
