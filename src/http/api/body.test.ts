import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import Fastify, { type FastifyInstance } from 'fastify'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  ARRAY_BYTES,
  BAD_LINES,
  HEAD_BYTES,
  JSON_DEPTH,
  REFUSED_BODIES,
  REJECTS_LISTED,
} from '../../contract/limits.js'
import { App } from '../../shell/app.js'
import { complete } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { STREAM_START } from '../../testing/stream.js'
import { elementsOf, groupsOf, JsonShape, limitForms, parsed } from './body.js'
import { buildServer } from '../server.js'

let app: App
let server: FastifyInstance
let port = 0
beforeAll(async () => {
  const services = [{ id: 'shop', title: 'Shop', components: [], dependsOn: [] }]
  app = await App.open({ ...complete({ clock: 'signals', challenge: 'off' }), services }, fakeEnv(), { run: 'memory' })
  server = await buildServer(app, { inMemory: true })
  await server.listen({ port: 0, host: '127.0.0.1' })
  ;({ port } = server.server.address() as { port: number })
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
})

let n = 0
const good = (service = 'shop') => ({
  type: 'observation',
  via: 'report',
  id: `r${n++}`,
  service,
  at: STREAM_START,
  total: 1,
  bad: 1,
})
const post = (url: string, payload: string | Buffer, type: string, headers = {}) =>
  server.inject({
    method: 'POST',
    url,
    payload,
    headers: { 'content-type': type, authorization: 'Bearer memory', ...headers },
  })
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
const NDJSON = 'application/x-ndjson'

describe('JSON that is too deep', () => {
  const deep = nested(6_000)
  it.each([
    ['a JSON array', '/api/v1/signals', 'application/json', `[${JSON.stringify(good())},${deep}]`],
    ['a value', '/api/v1/signals', 'application/json', JSON.stringify(good()).replace('}', `,"x":${deep}}`)],
    ['CloudEvents', '/api/v1/signals', 'application/cloudevents-batch+json', `[{"specversion":"1.0","data":${deep}}]`],
    ['an event', '/api/v1/signals', 'application/cloudevents+json', `{"specversion":"1.0","data":{"a":${deep}}}`],
    ['a report', '/api/v1/report', 'application/json', `{"service":"shop","kind":"bad","x":${deep}}`],
    ['an order', '/api/v1/incidents/i/commands', 'application/json', `{"verb":${deep}}`],
    ['a wish to be told', '/api/v1/push', 'application/json', `{"service":"shop","subscription":{"x":${deep}}}`],
    ['an array that never ends', '/api/v1/signals', 'application/json', '['.repeat(ARRAY_BYTES / 2)],
  ])('is refused in %s, and nothing of it counts', async (_, url, type, payload) => {
    const before = app.counters.accepted
    const answer = await post(url, payload, type)
    expect(answer.statusCode).toBe(400)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.json()).toMatchObject({ rule: 'body.depth', value: `more than ${JSON_DEPTH}` })
    expect(app.counters.accepted).toBe(before)
  })
  it('is a rejected line among NDJSON, and the others count', async () => {
    const lines = [JSON.stringify(good()), deep, JSON.stringify({ ...good(), more: JSON.parse(nested(40)) })]
    const answer = await post('/api/v1/signals', `${lines.join('\n')}\n${JSON.stringify(good())}\n`, NDJSON)
    expect(answer.json()).toMatchObject({ accepted: 2, rejectedCount: 2 })
    expect(answer.json().rejected[0].rule).toBe('signal.depth')
  })
  it('is measured as a reader of JSON would', () => {
    const value = fc.jsonValue({ maxDepth: 8 })
    const depthOf = (each: unknown): number =>
      typeof each === 'object' && each !== null ? 1 + Math.max(0, ...Object.values(each).map(depthOf)) : 0
    fc.assert(
      fc.property(value, fc.nat(9), (each, cut) => {
        const bytes = Buffer.from(JSON.stringify(each))
        const shape = new JsonShape()
        shape.push(bytes.subarray(0, cut))
        shape.push(bytes.subarray(cut))
        expect(shape.deepest).toBe(depthOf(each))
        expect(shape.depth).toBe(0)
      }),
    )
  })
})

describe('a JSON list read in groups', () => {
  const inGroups = (body: Buffer) => {
    const shape = new JsonShape()
    for (let at = 0; at < body.length; at += 999) shape.push(body.subarray(at, at + 999))
    const groups = groupsOf(body, shape)
    return groups && { groups, read: () => groups.flatMap(each => elementsOf(each, groups.length === 1)) }
  }
  const outcome = (read: () => unknown): unknown => {
    try {
      return { value: read() }
    } catch {
      return 'no JSON'
    }
  }
  it('says what one that is read whole says, also when bytes are changed, lost or added', () => {
    const odd = fc.record({
      at: fc.nat(),
      drop: fc.constantFrom(0, 0, 1),
      put: fc.array(fc.constantFrom(...Buffer.from('[]{},":\\ x0\n\u00e9\ufeff')), { maxLength: 3 }),
    })
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 12 }), fc.option(odd), (values, change) => {
        const many = Array.from({ length: 100 }, () => values).flat()
        let bytes = [...Buffer.from(JSON.stringify(many))]
        if (change !== null) {
          const at = change.at % bytes.length
          bytes = [...bytes.slice(0, at), ...change.put, ...bytes.slice(at + change.drop)]
        }
        const body = Buffer.from(bytes)
        const grouped = inGroups(body)
        const whole = outcome(() => parsed(body))
        if (grouped !== null) expect(outcome(grouped.read)).toEqual(whole)
        else expect(whole === 'no JSON' || !Array.isArray((whole as { value: unknown }).value)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
  it('has no group that takes long, and a long element stands alone', () => {
    const long = JSON.stringify('y'.repeat(300_000))
    const list = [...Array(50_000).fill('{}'), long, ...Array(3_000).fill(JSON.stringify('z'.repeat(1_000))), long]
    const { groups } = inGroups(Buffer.from(`[${list.join(',')}]`))!
    const sizes = groups.map(each => ({ bytes: each.length, elements: elementsOf(each, false).length }))
    expect(sizes.every(({ bytes, elements }) => elements <= 200 && (elements === 1 || bytes <= 70_000))).toBe(true)
    expect(sizes.filter(({ bytes }) => bytes === long.length)).toHaveLength(2)
  })
  it('refuses a value that is too long unread, and the others count', async () => {
    const long = { ...good(), more: 'y'.repeat(400_000) }
    const answer = await post('/api/v1/signals', JSON.stringify([good(), long, good()]), 'application/json')
    expect(answer.json()).toMatchObject({ accepted: 2, rejectedCount: 1, rejected: [{ line: 2, rule: 'line.length' }] })
    const alone = await post('/api/v1/signals', JSON.stringify(long), 'application/json')
    expect([alone.statusCode, alone.json().rule]).toEqual([400, 'line.length'])
  })
})

describe('bodies without end', () => {
  it.each([
    ['lines that are no JSON', 'x\n'],
    ['blank lines', '\n'],
    ['lines of blanks', '  \r\n'],
    ['values that are no signals', '{}\n'],
  ])('are left at some point with the counts so far: %s', async (_, line) => {
    const first = `${JSON.stringify(good())}\n${JSON.stringify(good())}\n`
    const payload = gzipSync(first + line.repeat(3_000_000))
    const answer = await post('/api/v1/signals', payload, NDJSON, { 'content-encoding': 'gzip' })
    expect(answer.statusCode).toBe(400)
    const { rule, accepted, rejectedCount, rejected } = answer.json()
    expect({ rule, accepted }).toEqual({ rule: 'body.rejects', accepted: 2 })
    expect(rejectedCount).toBeLessThanOrEqual(BAD_LINES + 3)
    expect(rejected.length).toBeLessThanOrEqual(REJECTS_LISTED)
  })
  it('an array of nothing too', async () => {
    const answer = await post('/api/v1/signals', `[${'0,'.repeat(1_000_000)}0]`, 'application/json')
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ rule: 'body.rejects', accepted: 0 })
  })
  it('many bad lines among as many good ones are counted to the end', async () => {
    const lines = Array.from({ length: BAD_LINES + 2_000 }, () => `${JSON.stringify(good())}\nx\n`)
    const answer = await post('/api/v1/signals', lines.join(''), NDJSON)
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toMatchObject({ accepted: BAD_LINES + 2_000, rejectedCount: BAD_LINES + 2_000 })
  })
  it('are refused unread after some, to who sent them and nobody else', async () => {
    const send = (payload: string, remoteAddress: string) =>
      server.inject({
        ...{ method: 'POST', url: '/api/v1/signals', payload, remoteAddress },
        headers: { 'content-type': NDJSON, authorization: 'Bearer memory' },
      })
    const one = () => `${JSON.stringify(good())}\n`
    const [theirs, other] = ['198.51.100.7', '198.51.100.8']
    // Small ones cost little, whatever is wrong with them.
    for (let i = 0; i < 2 * REFUSED_BODIES.burst; i++) expect((await send('x\n', theirs)).statusCode).toBe(400)
    for (let i = 0; i < REFUSED_BODIES.burst; i++)
      expect((await send('x\n'.repeat(20_000), theirs)).statusCode).toBe(400)
    const refused = await send(one(), theirs)
    expect(refused.statusCode).toBe(429)
    expect(refused.json()).toMatchObject({ rule: 'body.refused' })
    expect(refused.headers['retry-after']).toBeDefined()
    expect((await send(one(), other)).statusCode).toBe(200)
  })
  it('a gzip that breaks off says what counted before', async () => {
    const whole = gzipSync(Array.from({ length: 20_000 }, () => `${JSON.stringify(good())}\n`).join(''))
    const broken = Buffer.concat([whole.subarray(0, whole.length - 2_000), Buffer.alloc(4_000, 7)])
    const before = app.counters.accepted
    const answer = await post('/api/v1/signals', broken, NDJSON, { 'content-encoding': 'gzip' })
    expect(answer.statusCode).toBe(400)
    expect(answer.json().rule).toBe('body.gzip')
    expect(answer.json().accepted).toBe(app.counters.accepted - before)
    expect(answer.json().accepted).toBeGreaterThan(0)
  })
})

/** What comes back on a connection of its own until the other side closes it. */
const raw = (text: string, to = port): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = ''
    const socket = connect(to, '127.0.0.1', () => socket.write(text))
    socket.on('data', piece => (said += piece.toString('latin1')))
    socket.on('close', () => resolve(said))
    socket.on('error', error => (said === '' ? reject(error) : resolve(said)))
  })

describe('a head', () => {
  const head = (bytes: number, path = '/') =>
    `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept-Encoding: gzip${' '.repeat(bytes)}, br\r\n\r\n`
  it.each(['/', '/healthz', '/s/shop'])('that is too long gets the same answer everywhere: %s', async path => {
    for (const bytes of [HEAD_BYTES, 60_000]) {
      const said = await raw(head(bytes, path))
      expect(said).toMatch(/^HTTP\/1\.1 431 /)
      expect(said).toContain('"rule":"head.size"')
    }
  })
  it('of one size is read the same way by both readers', async () => {
    const other = await buildServer(app, { inMemory: true, front: false })
    await other.listen({ port: 0, host: '127.0.0.1' })
    const behind = (other.server.address() as { port: number }).port
    const status = (said: string) => said.split('\r\n', 1)[0]
    for (let size = HEAD_BYTES - 120; size < HEAD_BYTES + 120; size += 10) {
      const text = head(size).replace('Connection: close\r\n', '')
      const closed = `${text}GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`
      expect(status(await raw(closed))).toBe(status(await raw(closed, behind)))
    }
    await other.close()
  })
  it('that is no request gets a problem document', async () => {
    expect(await raw('NONSENSE\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 [\s\S]*application\/problem\+json[\s\S]*"rule":"head"/,
    )
  })
})

describe('a form', () => {
  it('that does not come in time is answered and left', async () => {
    const small = Fastify()
    limitForms(small, 50)
    small.post('/form', ({ body }) => ({ body }))
    small.get('/', () => 'page')
    await small.listen({ port: 0, host: '127.0.0.1' })
    const to = (small.server.address() as { port: number }).port
    const start = 'POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n'
    expect(await raw(`${start}Content-Length: 20\r\n\r\n{"a":`, to)).toMatch(/^HTTP\/1\.1 408 /)
    expect(await raw(`${start}Connection: close\r\nContent-Length: 7\r\n\r\n{"a":1}`, to)).toContain('{"body":{"a":1}}')
    expect(await raw('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', to)).toContain('page')
    await small.close()
  })
})
