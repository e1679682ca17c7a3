import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { App } from '../../shell/app.js'
import { parse } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { buildServer } from '../server.js'

// From a person who opens an incident to what a receiver is told, and a test message on the way.

let receiver: Server
const env = fakeEnv()
let app: App
let server: FastifyInstance
const received: { url: string; body: string }[] = []
let status = 204
const tokens = { desk: 'a-token-of-twenty-characters', sender: 'another-token-of-twenty-ones' }
beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += piece
    received.push({ url: request.url ?? '', body })
    response.writeHead(status).end()
  })
  await new Promise<void>(done => receiver.listen(0, '127.0.0.1', done))
  const { port } = receiver.address() as AddressInfo
  const { config, findings } = await parse(
    `services: [{ id: shop, title: Shop }]
url: https://status.example.com
language: de
notifiers:
  - use: webhook
    url: http://127.0.0.1:${port}/hook
    secret: whsec_${Buffer.alloc(24, 7).toString('base64')}
  - { use: http, id: sms, language: en, url: "http://127.0.0.1:${port}/sms", body: '{"text":"{{subject}} {{page}}"}' }
tokens:
  - { name: desk, secret: ${tokens.desk}, scopes: [commands] }
  - { name: sender, secret: ${tokens.sender}, scopes: [signals] }
`,
    {},
    '/',
  )
  expect(findings).toEqual([])
  app = await App.open(config!, env, { run: 'memory' })
  server = await buildServer(app, { inMemory: true })
  // Nothing can be opened before there is a time.
  await app.tick()
  await app.caughtUp()
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
  receiver.close()
})

const post = (url: string, payload: object = {}, token: string | null = tokens.desk) =>
  server.inject({
    method: 'POST',
    url,
    payload,
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
  })
const told = (url: string) =>
  received.filter(each => each.url === url).map(each => JSON.parse(each.body) as Record<string, never>)

describe('a notifier', () => {
  it('can be tried, and says what its receiver answered', async () => {
    const tried = await post('/api/v1/notifiers/sms/test')
    expect([tried.statusCode, tried.json()]).toMatchObject([200, { taken: true, said: '204' }])
    expect(told('/sms')).toEqual([{ text: 'Test message · Epicenter https://status.example.com/' }])
    await post('/api/v1/notifiers/webhook-1/test')
    expect(told('/hook')).toMatchObject([
      { type: 'test', data: { message: { language: 'de', name: 'Testnachricht' } } },
    ])
    status = 500
    const failed = await post('/api/v1/notifiers/sms/test')
    expect(failed.json()).toMatchObject({
      taken: false,
      said: expect.stringMatching(/^cannot tell .*it answered 500$/),
    })
    status = 204
  })
  it('is tried by those alone who may command, and by its name', async () => {
    expect((await post('/api/v1/notifiers/sms/test', {}, null)).statusCode).toBe(401)
    expect((await post('/api/v1/notifiers/sms/test', {}, tokens.sender)).statusCode).toBe(403)
    const none = await post('/api/v1/notifiers/smss/test')
    expect([none.statusCode, none.json()]).toMatchObject([404, { detail: 'there are webhook-1, sms' }])
  })
  it('is told of an incident in its language, with links to page and room', async () => {
    received.length = 0
    const opened = await post('/api/v1/incidents', { service: 'shop', by: 'ana', why: 'seen', severity: 'major' })
    expect([opened.statusCode, env.said]).toEqual([200, []])
    await vi.waitFor(() => expect(received).toHaveLength(2), { timeout: 10_000 })
    const [{ data }] = told('/hook') as unknown as [{ data: { incident: string; title: string; message: object } }]
    expect(data).toMatchObject({
      event: 'opened',
      message: {
        language: 'de',
        state: 'opened',
        severity: 'major',
        links: {
          page: `https://status.example.com/i/${data.incident}`,
          room: `https://status.example.com/console/i/${data.incident}`,
        },
        assignee: null,
      },
    })
    expect(told('/sms')[0]!['text']).toBe(`Shop failing (major) https://status.example.com/i/${data.incident}`)
  })
})
