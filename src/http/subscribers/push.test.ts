import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { App } from '../../shell/app.js'
import { complete } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { browser } from '../../testing/browser.js'
import { buildServer } from '../server.js'

const HOME = 'https://status.example.com'
const authorization = 'Bearer memory'
const told: { url: string; headers: Record<string, string>; body: Buffer }[] = []
let status = 201
let app: App
let server: FastifyInstance
beforeAll(async () => {
  const services = [{ id: 'shop', title: 'Shop' }]
  app = await App.open(complete({ url: HOME, services, subscribers: { channels: ['push'] } }), fakeEnv(), {
    run: 'memory',
  })
  server = await buildServer(app, {
    inMemory: true,
    post: async (url, headers, body) => {
      if (status < 300) told.push({ url, headers, body: Buffer.from(body) })
      return { status, retryAfterMs: null }
    },
  })
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
})

const api = async (url: string, payload?: object) => {
  const reply = await server.inject({
    ...{ method: payload ? 'POST' : 'GET', url, headers: { authorization } },
    ...(payload ? { payload } : {}),
  })
  expect([url, reply.statusCode]).toEqual([url, 200])
  return reply.json()
}
const subscribe = ({ endpoint, keys }: { endpoint: string; keys: object }, more: Record<string, string> = {}) =>
  server.inject({
    ...{ method: 'POST', url: '/status/subscribe', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    payload: new URLSearchParams({ channel: 'push', address: endpoint, ...keys, scope: 'all', ...more }).toString(),
  })
const open = async (title: string): Promise<string> =>
  (await api('/api/v1/incidents', { service: 'shop', title, severity: 'major', text: 'We look.', by: 'a', why: 'b' }))
    .incident.id
const states = async () => (await api('/api/v1/subscribers')).map((each: { state: string }) => each.state)

describe('a browser that subscribes to a page', () => {
  it('is told by one message each, that it alone can read, and leaves by its link', async () => {
    const { subscription, read } = browser()
    const reply = await subscribe(subscription, { language: 'de' })
    expect(reply.statusCode).toBe(201)
    const { manage } = reply.json() as { manage: string }
    // Twice is once.
    expect((await subscribe(subscription, { language: 'de' })).json()).toEqual({ manage })
    const listed = await api('/api/v1/subscribers')
    expect(listed).toMatchObject([{ channel: 'push', state: 'active', address: 'https://push.example.com' }])
    expect(JSON.stringify(listed)).not.toMatch(/box|p256dh|auth/)
    const id = await open('Paying fails')
    await vi.waitFor(() => expect(told).toHaveLength(1))
    const [{ url, headers, body }] = told as [(typeof told)[0]]
    expect(url).toBe(subscription.endpoint)
    const { pushKey } = await server.inject('/api/v1/push').then(each => ({ pushKey: each.json().key as string }))
    expect(headers).toMatchObject({ authorization: expect.stringContaining(`k=${pushKey}`), ttl: '86400' })
    expect(read(body)).toMatchObject({ tag: id, lang: 'de', url: expect.stringContaining(`${HOME}/i/${id}`) })
    expect(read(body)['title']).toContain('Paying fails')
    const page = await server.inject({ url: manage, headers: { accept: 'text/html' } })
    expect([page.statusCode, page.body.includes(subscription.endpoint)]).toEqual([200, false])
    expect((await server.inject({ method: 'POST', url: `${manage}/leave` })).statusCode).toBe(200)
    await api(`/api/v1/incidents/${id}/commands`, { verb: 'resolve', by: 'a', why: 'b' })
    expect([await states(), told.length]).toEqual([[], 1])
  })
  it.each([404, 410, 403])('that is gone (%i) is ended at once', async code => {
    expect((await subscribe(browser(`gone${code}`).subscription)).statusCode).toBe(201)
    status = code
    const id = await open(`Gone ${code}`)
    await vi.waitFor(async () => expect(await states()).toEqual(['ended']))
    const { undelivered } = await api('/api/v1/subscribers/status')
    expect(undelivered[0]).toMatchObject({ channel: 'push', address: 'https://push.example.com', tries: 1 })
    status = 201
    await api(`/api/v1/incidents/${id}/commands`, { verb: 'resolve', by: 'a', why: 'b' })
    for (const { id: gone } of await api('/api/v1/subscribers'))
      await api('/api/v1/subscribers/remove', { addresses: [gone] })
  })
  it('is tried again where its push service is down', async () => {
    expect((await subscribe(browser('down').subscription)).statusCode).toBe(201)
    status = 503
    await open('Down')
    await vi.waitFor(async () => expect((await api('/api/v1/subscribers/status')).waiting).toBe(1))
    expect(await states()).toEqual(['active'])
    status = 201
  })
  it.each([
    ['no push service', { endpoint: 'http://push.example.com/x' }, {}],
    ['an address inside', { endpoint: 'https://10.0.0.1/x' }, {}],
    ['no keys', {}, { p256dh: 'x', auth: 'y' }],
  ])('with %s is refused', async (_, more, keys) => {
    const { subscription } = browser('refused')
    const reply = await subscribe({ ...subscription, ...more, keys: { ...subscription.keys, ...keys } })
    expect(reply.statusCode).toBe(400)
  })
  it('finds a script of its own size on the form, and a form without it', async () => {
    const { body } = await server.inject({ url: '/status/subscribe', headers: { accept: 'text/html' } })
    expect(body).toContain('src="/assets/subscribe.js"')
    expect(body).not.toContain('name="address"')
  })
})
