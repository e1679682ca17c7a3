import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Role } from '../../contract/role.js'
import { HOUR, MINUTE } from '../../contract/time.js'
import { App } from '../../shell/app.js'
import { parse } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { check, STREAM_START as T } from '../../testing/stream.js'
import { buildServer } from '../server.js'

// The pages of on call, mutes and tokens, as people use them.

const HOME = { host: 'localhost', origin: 'http://localhost', 'sec-fetch-site': 'same-origin' }
const folder = mkdtempSync(join(tmpdir(), 'epicenter-team-'))
const FILE = `
clock: signals
notifiers: [{ use: webhook, id: hook, url: 'http://127.0.0.1:9/', secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw }]
responders: [{ id: ana, name: Ana <b>, tell: [hook] }, { id: bo, tell: [hook] }]
rotas: [{ id: main, layers: [{ starts: '2026-02-02T09:00', people: [ana, bo] }] }]
tokens: [{ name: ci, secret: a-secret-of-twenty-characters, scopes: [signals] }]
`
let app: App
let server: FastifyInstance
const cookies = new Map<Role, string>()

beforeAll(async () => {
  const { config } = await parse(FILE, {}, folder)
  app = await App.open(config!, fakeEnv(T + HOUR), { run: 'memory' })
  server = await buildServer(app, { inMemory: true })
  for (const role of ['viewer', 'responder', 'admin'] as const) {
    const key = app.people.invite({ role, name: null, by: 'owner' })
    const password = 'correct horse battery'
    const answer = await post('/console/join', { key, name: role, password, again: password })
    cookies.set(role, String(answer.headers['set-cookie']).split(';')[0]!)
  }
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

const post = (url: string, fields: Record<string, string>, role?: Role) =>
  server.inject({
    ...{ method: 'POST', url, payload: new URLSearchParams(fields).toString() },
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...HOME,
      ...(role === undefined ? {} : { cookie: cookies.get(role)! }),
    },
  })
const get = async (url: string, role: Role = 'viewer') =>
  (await server.inject({ url, headers: { ...HOME, cookie: cookies.get(role)! } })).payload

it('cover is given and taken back by a form, counts meanwhile, and stays on record with who did it', async () => {
  const cover = { rota: 'main', person: 'bo', until: '2h', why: 'ana is ill' }
  expect((await post('/console/on-call', cover, 'viewer')).statusCode).toBe(403)
  expect((await post('/console/on-call', { ...cover, person: 'nobody' }, 'responder')).payload).toContain(
    'no such responder',
  )
  expect((await post('/console/on-call', cover, 'responder')).statusCode).toBe(303)
  const { onCall } = app.routing
  const rota = onCall.rota('main')!
  expect((await onCall.now(rota)).person).toBe('bo')
  const given = (await onCall.overrides())[0]!
  expect(given).toMatchObject({ by: 'responder', why: 'ana is ill' })
  expect(await get('/console/on-call')).toMatch(/Ana &lt;b&gt;.*Overrides.*ana is ill/s)
  await post('/console/on-call', { back: given.id }, 'admin')
  expect((await onCall.now(rota)).person).toBe('ana')
  expect(await get('/console/on-call')).toMatch(/On record.*taken back by admin/s)
  // Whoever takes it back once more changes nothing of that.
  await post('/console/on-call', { back: given.id }, 'responder')
  expect((await onCall.overrides())[0]!.takenBack?.by).toBe('admin')
})

it('a person who is signed in gives an override in no other name', async () => {
  const body = { rota: 'main', person: 'bo', from: 'now', until: '1h', by: 'somebody else', why: 'x' }
  const headers = { ...HOME, cookie: cookies.get('responder')! }
  const made = await server.inject({ method: 'POST', url: '/api/v1/overrides', payload: body, headers })
  expect(made.json()).toMatchObject({ by: 'responder' })
})

it('a token is shown once, works, is on record without its secret, and ends', async () => {
  const asked = { name: 'bot', 'scope#read': 'on', 'scope#signals': 'on', days: '30' }
  expect((await post('/console/tokens', { name: 'bot' }, 'admin')).payload).toContain('at least one thing')
  expect((await post('/console/tokens', { ...asked, name: 'ci' }, 'admin')).payload).toContain('has a token ci already')
  const made = await post('/console/tokens', asked, 'admin')
  const secret = /ept_[\w-]{32}/.exec(made.payload)![0]
  expect(app.tokens.find(secret)).toMatchObject({ sender: { name: 'bot', scopes: ['signals', 'read'] } })
  for (const page of ['/console/tokens', '/console/people', '/console/settings/history'])
    expect((await get(page, 'admin')).includes(secret)).toBe(false)
  expect(await get('/console/tokens', 'admin')).toMatch(/bot.*ci.*epicenter\.yaml/s)
  await post('/console/tokens', { revoke: 'bot' }, 'admin')
  expect(app.tokens.find(secret)).toMatchObject({ why: 'revoked' })
  expect(app.people.audit.slice(-2).map(each => [each.by, each.act, each.about])).toEqual([
    ['admin', 'token', 'bot'],
    ['admin', 'token revoked', 'bot'],
  ])
  expect((await post('/console/tokens', { revoke: 'ci' }, 'admin')).statusCode).toBe(400)
})

it('an incident is muted until a time and heard again, each on its record', async () => {
  const bad = Array.from({ length: 180 }, (_, i) =>
    check({ service: 'chat', at: T + Math.floor(i / 4) * MINUTE + i, bad: i >= 120 ? 1 : 0, id: `k${i}` }),
  )
  await app.ingestValues(bad)
  await app.caughtUp()
  const { id } = (await app.reader.incidents({ limit: 1 }))[0]!
  expect(await get('/console/mutes')).toContain('Nothing is muted')
  const wrong = await post('/console/mutes', { incident: id, until: 'soon', why: 'x' }, 'responder')
  expect([wrong.statusCode, wrong.payload.includes('value="soon"')]).toEqual([400, true])
  await post('/console/mutes', { incident: id, until: '2h', why: 'known' }, 'responder')
  expect(await get('/console/mutes')).toMatch(/responder: known/)
  await post('/console/mutes', { verb: 'unmute', incident: id, why: 'over' }, 'responder')
  expect(await get('/console/mutes')).toContain('Nothing is muted')
  expect((await app.reader.orders(id)).map(each => `${each.by} ${each.verb}`)).toEqual([
    'responder mute',
    'responder unmute',
  ])
})

it('incidents are found by a word, and those that are over come by pages', async () => {
  for (const title of ['Bills', 'Post'])
    await post('/console', { service: 'chat', title, why: 'x', startedAt: new Date(T).toISOString() }, 'responder')
  const found = await get('/console?q=bILL')
  expect(found).toContain('Bills')
  expect(found).not.toContain('>Post<')
  expect(await get('/console?q=<i>')).toContain('value="&lt;i&gt;"')
  expect((await get('/console?page=99999999999999999999')).length).toBeGreaterThan(1_000)
})
