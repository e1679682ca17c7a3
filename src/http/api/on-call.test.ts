import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { MINUTE } from '../../contract/time.js'
import { App } from '../../shell/app.js'
import { parse } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { buildServer } from '../server.js'

const reader = 'another-token-of-twenty-chars'
const giver = 'a-token-of-twenty-characters'
const T = Date.UTC(2026, 1, 3, 12)
const got: { to: string; type: string; incident: string; title: string }[] = []
let phones: Server
let app: App
let server: FastifyInstance

beforeAll(async () => {
  phones = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += piece
    const { type, data } = JSON.parse(body) as { type: string; data: { incident: string; title: string } }
    got.push({ to: request.url!.slice(1), type, incident: data.incident, title: data.title })
    response.end()
  })
  await new Promise<void>(done => phones.listen(0, '127.0.0.1', done))
  const { port } = phones.address() as AddressInfo
  const hook = (id: string) =>
    `  - { id: ${id}, use: webhook, url: 'http://127.0.0.1:${port}/${id}', allowPrivate: true, secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw }\n`
  const { config, findings } = await parse(
    `clock: signals
services: [{ id: shop, title: Shop }]
notifiers:
${hook('ana-phone')}${hook('ben-phone')}${hook('boss')}tokens:
  - { name: reader, secret: ${reader}, scopes: [read] }
  - { name: desk, secret: ${giver}, scopes: [commands, read] }
responders: [{ id: ana, name: Ana, tell: [ana-phone] }, { id: ben, tell: [ben-phone] }]
rotas: [{ id: first, layers: [{ starts: '2026-02-02T09:00', people: [ana, ben] }] }]
routes: [{ escalate: [{ afterMinutes: 0, rota: first }, { afterMinutes: 10, tell: [boss] }] }]
`,
    {},
    '/',
  )
  expect(findings).toEqual([])
  app = await App.open(config!, fakeEnv(T), { run: 'memory' })
  server = await buildServer(app, { inMemory: true })
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
  phones.close()
  phones.closeAllConnections()
})
const ask = async (url: string, body?: object, token = giver) => {
  const headers = { authorization: `Bearer ${token}` }
  const answer = await server.inject(
    body === undefined ? { url, headers } : { method: 'POST', url, headers, payload: body },
  )
  return {
    status: answer.statusCode,
    body: String(answer.headers['content-type']).includes('json') ? answer.json() : answer.body,
  }
}
const checks = (from: number, until: number, bad: 0 | 1) =>
  app.ingestValues(
    Array.from({ length: until - from }, (_, i) => ({
      ...{ type: 'observation', via: 'check', service: 'shop', id: `c${from + i}`, at: T + (from + i) * MINUTE, bad },
    })),
  )

describe('on call', () => {
  it('is told by rota, and reading needs a token', async () => {
    expect((await ask('/api/v1/oncall')).body).toMatchObject([
      { rota: 'first', person: 'ana', until: Date.UTC(2026, 1, 9, 9) },
    ])
    expect((await ask('/api/v1/oncall/first?days=7')).body).toHaveLength(2)
    expect((await ask('/api/v1/oncall/first/report?days=1')).body).toMatchObject([
      { person: 'ana', ofEven: 2 },
      { person: 'ben', hours: 0 },
    ])
    expect((await ask('/api/v1/oncall/first/calendar.ics')).body).toMatch(
      /^BEGIN:VCALENDAR\r\n[^]*SUMMARY:first: Ana\r\n/,
    )
    expect((await ask('/api/v1/oncall/none')).status).toBe(404)
    expect((await server.inject({ url: '/api/v1/oncall' })).statusCode).toBe(401)
  })
  it('can be overridden for a while, and given back', async () => {
    const swap = { rota: 'first', person: 'ben', from: 'now', until: '2h', by: 'ana', why: 'the dentist' }
    expect((await ask('/api/v1/overrides', swap, reader)).status).toBe(403)
    expect(await ask('/api/v1/overrides', { ...swap, person: 'bob' })).toMatchObject({
      status: 400,
      body: { rule: 'override.person' },
    })
    expect(await ask('/api/v1/overrides', { ...swap, until: '2026-01-01T10:00' })).toMatchObject({ status: 400 })
    const { body } = await ask('/api/v1/overrides', swap)
    expect((await ask('/api/v1/oncall')).body).toMatchObject([{ person: 'ben', by: body.id }])
    expect((await ask('/api/v1/overrides')).body).toEqual([body])
    expect((await ask(`/api/v1/overrides/${body.id}/take-back`, {})).status).toBe(200)
    expect((await ask('/api/v1/oncall')).body).toMatchObject([{ person: 'ana' }])
    // For as long as the audit is kept, also once the override is forgotten.
    const rows = app.people.audit.map(({ by, act, about, detail }) => [by, act, about, detail])
    const span = `ben, ${new Date(body.from).toISOString()} to ${new Date(body.until).toISOString()} (${body.id})`
    expect(rows).toEqual([
      ['ana', 'override', 'first', `${span}: the dentist`],
      [expect.any(String), 'take back', 'first', span],
    ])
  })
})

it('wakes who is on call, then the next one, until somebody looks at it, and says what was sent and why', async () => {
  await checks(0, 60, 0)
  await checks(60, 80, 1)
  await vi.waitFor(() => expect(got.map(each => each.to)).toEqual(['ana-phone']), 20_000)
  await checks(80, 100, 1)
  await vi.waitFor(() => expect(got.map(each => each.to)).toEqual(['ana-phone', 'boss']), 20_000)
  const { incident } = got[0]!
  expect(got[0]).toMatchObject({ type: 'incident.opened', title: 'Shop failing' })
  const { body } = await ask(`/api/v1/incidents/${incident}/messages`, undefined, reader)
  const told = (body as { told: boolean; to: string[]; because: string }[]).filter(each => each.told)
  expect(told.map(each => [each.to, each.because])).toEqual([
    [['ana-phone'], 'Ana is on call in first'],
    [['boss'], 'nobody has said for 10 minutes that they look at it'],
  ])
  expect((await ask('/api/v1/incidents/none/messages')).status).toBe(404)
  expect((await ask('/api/v1/services/shop/messages')).body).toEqual([])
  await ask(`/api/v1/incidents/${incident}/commands`, { verb: 'resolve', by: 'ana', why: 'mended' })
  await vi.waitFor(() =>
    expect(got.slice(2).map(each => [each.to, each.type])).toEqual([
      ['ana-phone', 'incident.resolved'],
      ['boss', 'incident.resolved'],
    ]),
  )
})
