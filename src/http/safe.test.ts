import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { App } from '../shell/app.js'
import { complete } from '../shell/config/load.js'
import { fakeEnv } from '../testing/env.js'
import { routesOf } from './fixtures/routes.js'
import { buildServer } from './server.js'

/** One request for each route, and for each way to be refused. */
const EXTRA: [method: 'GET' | 'POST' | 'PUT', url: string, headers?: Record<string, string>][] = [
  ['GET', '/nothing', { accept: 'text/html' }],
  ['GET', '/nothing'],
  ['GET', '/api/v1/nothing'],
  ['PUT', '/status'],
  ['GET', '/%zz', { accept: 'text/html' }],
  ['GET', '/%zz'],
  ['GET', '/s/nobody'],
  ['GET', '/embed/nobody'],
  ['GET', '/badge/nobody.svg'],
  ['GET', '/?lang=de'],
  ['POST', '/api/v1/report', { origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' }],
  ['POST', '/api/v1/signals'],
]

const routes: { method: string; url: string }[] = []
let app: App
let server: FastifyInstance
beforeAll(async () => {
  const config = complete({
    title: 'T',
    url: 'https://status.example.com/here',
    services: [{ id: 'shop' }],
    pages: [{ id: 'main' }, { id: 'other', url: 'https://other.example' }],
  })
  app = await App.open(config, fakeEnv(), { run: 'memory' })
  server = await buildServer(app, { inMemory: true })
  routes.push(...routesOf(server))
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
})

const filled = (url: string) =>
  url
    .replace(/:page/, 'main')
    .replace(/:(service|id)\b/, 'shop')
    .replace(/:file/, 'shop.svg')
    .replace(/:code/, '0123456789ab.json')
    .replace(/:\w+/, 'x')

describe('every answer', () => {
  it('tells browsers what they may do with it: each route, errors and redirects', async () => {
    expect(routes.length).toBeGreaterThan(40)
    const asked = [
      ...routes.map(({ method, url }) => [method as 'GET', filled(url), {}] as const),
      ...EXTRA.map(([method, url, headers]) => [method, url, headers ?? {}] as const),
      ['GET', '/', { host: 'other.example' }] as const,
    ]
    const seen = new Set<number>()
    for (const [method, url, headers] of asked) {
      if (url.startsWith('/api/v1/stream')) continue
      const payload = 'origin' in headers ? { payload: 'service=shop&kind=bad' } : {}
      const reply = await server.inject({
        method,
        url,
        ...payload,
        headers: { host: 'status.example.com', ...headers },
      })
      seen.add(reply.statusCode)
      const said = reply.headers
      const name = `${method} ${url} ${reply.statusCode}`
      const framed = url.startsWith('/embed/')
      const page = String(said['content-type'] ?? '').startsWith('text/html')
      const open = said['access-control-allow-origin'] === '*'
      expect(said['x-content-type-options'], name).toBe('nosniff')
      expect(said['referrer-policy'], name).toBe('strict-origin-when-cross-origin')
      expect(said['permissions-policy'], name).toContain('camera=()')
      expect(said['strict-transport-security'], name).toBe('max-age=31536000')
      expect(said['content-security-policy'], name).toMatch(/^default-src '(?:none|self)'/)
      expect(said['cross-origin-resource-policy'], name).toBe(open || framed ? 'cross-origin' : 'same-origin')
      expect(said['x-frame-options'], name).toBe(framed ? undefined : 'DENY')
      expect(said['cross-origin-opener-policy'], name).toBe(page && !framed ? 'same-origin' : undefined)
      if (!url.startsWith('/badge/') && !framed)
        expect(said['content-security-policy'], name).toContain("frame-ancestors 'none'")
      if (page && !framed) expect(said['content-security-policy'], name).toContain("form-action 'self'")
      expect(said['server'], name).toBeUndefined()
      expect(said['x-powered-by'], name).toBeUndefined()
    }
    for (const status of [200, 204, 302, 400, 401, 403, 404, 405]) expect([...seen], String(status)).toContain(status)
  })

  it('of a stream too', async () => {
    const reply = await server.inject({ method: 'HEAD', url: '/api/v1/stream' })
    expect(reply.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cross-origin-resource-policy': 'same-origin',
    })
  })

  it('asks for TLS only where readers have it', async () => {
    const bare = await App.open(complete({}), fakeEnv(), { run: 'memory' })
    const plain = await buildServer(bare, { inMemory: true })
    expect((await plain.inject('/status')).headers['strict-transport-security']).toBeUndefined()
    await plain.close()
    await bare[Symbol.asyncDispose]()
  })
})
