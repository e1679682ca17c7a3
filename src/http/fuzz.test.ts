import fc from 'fast-check'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { App } from '../shell/app.js'
import { complete } from '../shell/config/load.js'
import { fakeEnv } from '../testing/env.js'
import { arrival, STREAM_START, streamOf, topology } from '../testing/stream.js'
import { buildServer } from './server.js'

// Whatever is sent to a public address: an answer that says what is wrong, never a stack, never our fault.

let app: App
let server: FastifyInstance
let routes: string[]
let incident: string
beforeAll(async () => {
  const services = [{ id: 'shop', title: 'Shop', components: [{ id: 'cart', name: 'Cart' }], dependsOn: [] }]
  app = await App.open({ ...complete({ clock: 'signals', title: 'Test' }), services }, fakeEnv(), { run: 'memory' })
  const faults = [{ from: 60, until: 200, where: { cell: ['a'] }, bad: 0.6 }]
  const parts = { cells: ['a', 'b'], components: ['x'], tiers: ['free'] }
  const signals = streamOf({ service: 'chat', minutes: 90, seed: 5, reports: 2, requests: 60, ...parts, faults })
  const node = topology({ id: 't', service: 'chat', at: STREAM_START, components: [{ id: 'x', name: 'X' }] })
  await app.ingestValues([node, ...signals].sort((a, b) => arrival(a) - arrival(b)))
  await app.caughtUp()
  server = await buildServer(app, { inMemory: true })
  routes = routesOf(server.printRoutes({ commonPrefix: false }))
  incident = (await app.reader.incidents({ limit: 1 }))[0]!.id
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
})

/** From the tree that fastify prints: each line adds to the one that it is indented under. */
function routesOf(tree: string): string[] {
  const stack: string[] = []
  return tree.split('\n').flatMap(line => {
    const found = /^(.*?)[└├]── (\S+)(?: \((.*)\))?$/.exec(line)
    if (!found) return []
    const depth = found[1]!.length / 4
    stack.splice(depth)
    stack.push(found[2]!)
    return [stack.join('').replace('//', '/')]
  })
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
/** What breaks readers of text: markup, SQL, control characters, directions, other scripts, lengths, paths. */
const NASTY = [
  '',
  ' ',
  '.',
  '..',
  '%',
  '%00',
  '%2e%2e%2f',
  '%F0%9F%92%A9',
  '%ff%fe',
  'null',
  'undefined',
  'constructor',
  '__proto__',
  'toString',
  '-1',
  '1e999',
  '0x10',
  'NaN',
  '9999999999999999',
  '2026-02-30T25:61:00Z',
  '<script>alert(1)</script>',
  "' OR 1=1; --",
  '"><svg/onload=x>',
  '${7*7}{{7*7}}',
  '\u202egnp.exe',
  '\u0000\u0007',
  '\ud800',
  'ÿ€漢😀',
  'a\r\nSet-Cookie: x=1',
  '../../../../etc/passwd',
  'x'.repeat(5_000),
]
const nasty = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
)
const known = fc.constantFrom('chat', 'shop', 'main', 'nobody')
const encoded = (text: string) => encodeURIComponent(Buffer.from(text).toString())

/** What is said of an answer to anything at all. */
function expectClear(asked: InjectOptions, answer: Awaited<ReturnType<typeof server.inject>>): void {
  const { statusCode, headers, body } = answer
  const said = JSON.stringify({ ...asked, said: body.slice(0, 300) }).slice(0, 600)
  // Of the answers above 499 only one is no fault of ours: a place that is full.
  expect(statusCode < 500 || statusCode === 503, `${statusCode} ${said}`).toBe(true)
  expect(body, said).not.toMatch(/node_modules|node:internal|\bat [^ ]+ \(|\.[jt]s:\d+|SQLITE/)
  expect(JSON.stringify(headers), said).not.toContain('x=1')
  if (statusCode < 400 || asked.method === 'HEAD') return
  expect(headers['content-type'], said).toMatch(/^(application\/problem\+json|text\/html)/)
  expect(headers['cache-control'], said).toBe('no-store')
  if (String(headers['content-type']).startsWith('application/')) {
    expect(JSON.parse(body), said).toMatchObject({ status: statusCode, title: expect.any(String) })
    expect(body.length, said).toBeLessThan(2_000)
  }
}

/** A listener for news never ends. */
const ends = ({ url, method }: InjectOptions) => method !== 'GET' || !/^\/api\/v1\/stream\/?($|\?)/.test(String(url))

describe('whatever is asked of a public address', () => {
  const query = fc.array(
    fc.tuple(
      fc.constantFrom(
        'range',
        'thanks',
        'lang',
        'at',
        'before',
        'from',
        'until',
        'limit',
        'open',
        'service',
        'page',
        'theme',
        'v',
        'x',
      ),
      fc.oneof(known, nasty),
    ),
    { maxLength: 3 },
  )
  const headers = fc.dictionary(
    fc.constantFrom(
      'accept',
      'accept-encoding',
      'accept-language',
      'authorization',
      'content-type',
      'cookie',
      'host',
      'if-none-match',
      'origin',
      'sec-fetch-dest',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
    ),
    fc.oneof(
      fc.constantFrom(
        'text/html',
        'application/json',
        'gzip',
        'lang=fr',
        '*',
        'Bearer memory',
        'application/x-www-form-urlencoded',
      ),
      // What a socket lets through; the rest is refused before anybody reads it.
      nasty.map(text => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '').slice(0, 2_000)),
    ),
    { maxKeys: 4 },
  )
  const body = fc.oneof(
    nasty,
    fc.json(),
    fc
      .record({ service: fc.oneof(known, nasty), kind: fc.oneof(fc.constantFrom('bad', 'ok'), nasty), text: nasty })
      .map(form => JSON.stringify(form)),
    fc
      .array(fc.tuple(fc.constantFrom('service', 'kind', 'text', 'country', 'problem', 'back'), nasty))
      .map(fields => fields.map(([name, value]) => `${name}=${encoded(value)}`).join('&')),
  )

  it('is answered, and refused clearly where it has to be (fuzz)', async () => {
    expect(routes.length).toBeGreaterThan(40)
    const asked = fc.tuple(
      fc.nat(),
      fc.constantFrom(...METHODS),
      fc.array(fc.oneof(known, nasty), { minLength: 2, maxLength: 2 }),
      query,
      headers,
      body,
    )
    await fc.assert(
      fc.asyncProperty(asked, async ([i, method, values, query, headers, payload]) => {
        const path = routes[i % routes.length]!.replace(/:\w+/g, () => encoded(values.shift() ?? 'chat'))
        const search = query.map(([name, value]) => `${name}=${encoded(value)}`).join('&')
        const options: InjectOptions = { method, url: search === '' ? path : `${path}?${search}`, headers }
        if (method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS') options.payload = payload
        if (ends(options)) expectClear(options, await server.inject(options))
      }),
      { numRuns: 1_500 },
    )
  })

  it('of every address with every method is answered', async () => {
    for (const route of routes)
      for (const method of METHODS)
        for (const id of ['chat', 'nobody', incident, 'x'.repeat(400)]) {
          const options: InjectOptions = { method, url: route.replace(/:\w+/g, id), headers: { accept: 'text/html' } }
          if (ends(options)) expectClear(options, await server.inject(options))
        }
  })

  it('a report of 100 KB, or one that is no form, is refused', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const large = await server.inject({
      method: 'POST',
      url: '/api/v1/report',
      headers: form,
      payload: `service=chat&kind=bad&text=${'x'.repeat(100_000)}`,
    })
    expect([large.statusCode, large.json().status]).toEqual([413, 413])
    for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/xml', '']) {
      const options: InjectOptions = {
        method: 'POST',
        url: '/api/v1/report',
        headers: { 'content-type': type },
        payload: 'x',
      }
      const answer = await server.inject(options)
      expect(answer.statusCode).toBeGreaterThanOrEqual(400)
      expectClear(options, answer)
    }
  })
})
