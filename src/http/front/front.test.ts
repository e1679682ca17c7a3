import http from 'node:http'
import net from 'node:net'
import fc from 'fast-check'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { App } from '../../shell/app.js'
import { complete } from '../../shell/config/load.js'
import { fakeEnv } from '../../testing/env.js'
import { arrival, STREAM_START, streamOf, topology } from '../../testing/stream.js'
import { buildServer } from '../server.js'
import { head, LAST, ODD } from './fixtures/odd.js'
import { Front } from './front.js'

// The same bytes are sent to a server with a front and to the same server without one: whoever asks can tell no difference.

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
const evening = [
  topology({ id: 't', service: 'chat', at: STREAM_START, components: [{ id: 'x', name: 'X' }] }),
  ...signals,
]

interface Both {
  app: App
  fronted: FastifyInstance
  plain: FastifyInstance
}

async function open(more: { proxies?: string[] } = {}): Promise<Both> {
  const config = { ...complete({ clock: 'signals', title: 'Test' }), ...more }
  const app = await App.open(config, fakeEnv(), { run: 'memory' })
  await app.ingestValues(evening.sort((a, b) => arrival(a) - arrival(b)))
  await app.caughtUp()
  const [fronted, plain] = [
    await buildServer(app, { inMemory: true }),
    await buildServer(app, { inMemory: true, front: false }),
  ]
  for (const each of [fronted, plain]) await each.listen({ port: 0, host: '127.0.0.1' })
  return { app, fronted, plain }
}
const portOf = (server: FastifyInstance) => (server.server.address() as net.AddressInfo).port

let both: Both
beforeAll(async () => {
  both = await open()
})
afterAll(async () => {
  await both.fronted.close()
  await both.plain.close()
  await both.app[Symbol.asyncDispose]()
})

/** All bytes that come back until the server closes the connection. `pieces` are written one after the other. */
function talk(port: number, pieces: readonly (string | Buffer)[], end = false): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
    const came: Buffer[] = []
    socket.on('data', piece => came.push(piece))
    socket.on('error', error => ((error as NodeJS.ErrnoException).code === 'ECONNRESET' ? undefined : reject(error)))
    // Without its date, which may have moved on between the two.
    socket.on('close', () =>
      resolve(
        Buffer.concat(came)
          .toString('latin1')
          .replace(/\r\nDate: [^\r]*/g, '\r\nDate: D'),
      ),
    )
    void (async () => {
      for (const piece of pieces) {
        if (socket.destroyed) return
        await new Promise(next => socket.write(piece, next))
        if (pieces.length > 1) await new Promise(next => setTimeout(next, 2))
      }
      if (end) socket.end()
    })()
  })
}

async function expectSame(pieces: readonly (string | Buffer)[], { end = false, to = both } = {}): Promise<string> {
  const [ours, theirs] = await Promise.all([to.fronted, to.plain].map(each => talk(portOf(each), pieces, end)))
  expectEqual(ours as string, theirs as string)
  return ours as string
}

/** Pages are long: what is shown is where they part. */
function expectEqual(ours: string, theirs: string): void {
  let at = 0
  while (at < ours.length && ours[at] === theirs[at]) at++
  const around = (text: string) => text.slice(Math.max(0, at - 60), at + 120)
  if (ours !== theirs) expect(around(ours)).toBe(around(theirs))
  expect(ours.length).toBe(theirs.length)
}

const bodiesOf = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(each => Number(each[1]))

/** Every address whose answers are kept, and some that are not. */
const TARGETS = [
  '/',
  '/s/chat',
  '/s/chat?range=7d',
  '/s/chat?range=7d&x=1',
  '/s/chat?thanks=bad',
  '/s/chat?lang=fr',
  '/s/chat?range=1y',
  '/s/nobody',
  '/s/%63hat',
  '/s/ch%2Fat',
  '/s/%2e%2e',
  '/s/.%2E',
  '/s/..',
  '/status/%2e',
  '/status/..',
  '/incidents',
  '/incidents?before=12',
  '/i/nothing',
  '/status',
  '/status/',
  '/status/main',
  '/status/other',
  '/api/v2/summary.json',
  '/api/v2/status.json',
  '/api/v2/components.json',
  '/api/v2/incidents/unresolved.json',
  '/api/v2/nothing.json',
  '/history.rss',
  '/history.atom',
  '/history.json?page=2',
  '/history.json?page=x',
  '/feed.json',
  '/status.ics',
  '/badge/chat.svg',
  '/badge/chat',
  '/embed/chat?theme=dark',
  '/embed/chat?theme=blue',
  '/assets/mark.svg',
  '/assets/nothing.js',
  '/healthz',
  '/api/v1/services',
  '/api/v1/nothing',
  '/nothing',
]
const LINES = [
  'Accept-Encoding: gzip, deflate, br',
  'accept-encoding: gzip',
  'ACCEPT-ENCODING:gzip;q=0',
  'Accept-Language: de-DE,de;q=0.9',
  'accept-language: ar',
  'Cookie: a=b; lang=ja; c=d',
  'Cookie: lang=xx',
  'Connection: keep-alive',
  'Connection:  Keep-Alive ',
  'If-None-Match: *',
  'If-None-Match: "x", W/"y"',
  'If-None-Match:',
  'Sec-Fetch-Dest: empty',
  'Sec-Fetch-Dest: document',
  'Accept: text/html',
  'Accept: */*',
  'User-Agent: somebody (else) 1.0',
  'X-Forwarded-Host: evil.example',
  'X-Forwarded-Proto: https',
  'Upgrade-Insecure-Requests: 1',
  'Range: bytes=0-9',
  'If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT',
  'Cache-Control: no-cache',
  'Origin: https://elsewhere.example',
]

describe('the front', () => {
  it.each(TARGETS)('answers %s as the server behind', async target => {
    for (const method of ['GET', 'HEAD'])
      for (const line of ['Accept: */*', 'Accept-Encoding: gzip', 'Accept-Language: hi', 'Cookie: lang=es'])
        await expectSame([head(target, line).replace('GET', method), LAST])
  })

  it('answers 304 as the server behind, for each form of the tag', async () => {
    const tag = /\r\netag: ("[^"]+")/.exec(await expectSame([head('/status'), LAST]))![1]!
    for (const given of [tag, `W/${tag}`, `"x", ${tag}`, '*'])
      for (const method of ['GET', 'HEAD'])
        for (const target of ['/status', '/s/chat', '/api/v2/summary.json'])
          for (const encoding of ['gzip', 'identity'])
            bodiesOf(
              await expectSame([
                head(target, `If-None-Match: ${given}`, `Accept-Encoding: ${encoding}`).replace('GET', method),
                LAST,
              ]),
            )
    expect(bodiesOf(await expectSame([head('/status', `If-None-Match: ${tag}`), LAST]))).toEqual([304, 200])
  })

  it('answers plain questions itself, again from what it kept', async () => {
    const before = await answered()
    for (let i = 0; i < 5; i++) await talk(portOf(both.fronted), [head('/s/chat', 'Accept-Encoding: gzip'), LAST])
    expect(await answered()).toBe(before + 5)
    await talk(portOf(both.fronted), [head('/nothing'), LAST])
    expect(await answered()).toBe(before + 5)
  })

  it('answers the same whatever is asked (fuzz: addresses, headers, order, several at once)', async () => {
    const question = fc
      .tuple(fc.constantFrom('GET', 'HEAD'), fc.constantFrom(...TARGETS), fc.subarray(LINES, { maxLength: 5 }))
      .map(([method, target, lines]) => head(target, ...lines).replace('GET', method))
    await fc.assert(
      fc.asyncProperty(fc.array(question, { minLength: 1, maxLength: 4 }), fc.boolean(), async (some, atOnce) => {
        await expectSame(atOnce ? [some.join('') + LAST] : [...some, LAST])
      }),
      { numRuns: 150 },
    )
  })

  it('answers the same wherever the bytes are cut', async () => {
    const whole = head('/s/chat', 'Accept-Encoding: gzip') + LAST
    for (let cut = 1; cut < whole.length; cut++) await expectSame([whole.slice(0, cut), whole.slice(cut)])
    await expectSame([...LAST])
  })

  it.each(ODD)('leaves %s to the server behind', async (_, bytes) => {
    await expectSame([bytes], { end: !bytes.toString('latin1').includes('close') })
    // The same after a question that it answered: all of it is read by the other one, and nothing twice.
    const first = head('/s/chat', 'Accept-Encoding: gzip')
    const [ours, theirs] = await Promise.all(
      [both.fronted, both.plain].map(async each => {
        const end = !bytes.toString('latin1').includes('close')
        return (await talk(portOf(each), [first, bytes], end)).split(/(?=HTTP\/1\.1 )/)
      }),
    )
    expect(ours![0]).toMatch(/^HTTP\/1\.1 200 OK/)
    const last = ours!.slice(1).join('')
    const all = theirs!.join('')
    expectEqual(last, all.slice(all.length - last.length))
  })

  it('answers the same when bytes are changed, lost or added (fuzz)', async () => {
    const whole = head('/s/chat', 'Accept-Encoding: gzip', 'User-Agent: x', 'Connection: close')
    const change = fc.record({
      at: fc.nat(whole.length - 1),
      drop: fc.constantFrom(0, 0, 1, 2),
      put: fc.array(fc.oneof(fc.constantFrom(13, 10, 32, 9, 0, 58, 47, 37, 255), fc.nat(255)), { maxLength: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 2 }), async changes => {
        let bytes = [...Buffer.from(whole)]
        for (const { at, drop, put } of changes) bytes = [...bytes.slice(0, at), ...put, ...bytes.slice(at + drop)]
        const [ours = '', theirs = ''] = await Promise.all(
          [both.fronted, both.plain].map(each => talk(portOf(each), [Buffer.from(bytes)], true)),
        )
        // What is odd after a whole question ends the connection. The server behind then loses the answer that it was
        // still making; the front has given it.
        const cut = theirs.startsWith('HTTP/1.1 4') && ours.endsWith(theirs) ? ours.length - theirs.length : 0
        expectEqual(ours.slice(cut), theirs)
        if (cut > 0) expect(ours).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
      }),
      { numRuns: 250 },
    )
  })

  it('does not read on while its answers are not read, and then answers all', async () => {
    const socket = net.connect({ port: portOf(both.fronted), host: '127.0.0.1' })
    const before = await answered()
    const count = 3_000
    socket.pause()
    socket.write(head('/status').repeat(count) + LAST)
    let told = before
    // As long as more is answered, the kernel's buffers are filling.
    for (let now = -1; told === before || told !== now; ) {
      now = told
      await new Promise(next => setTimeout(next, 200))
      told = await answered()
    }
    expect(told - before).toBeLessThan(1_000)
    let came = 0
    let rest = ''
    socket.on('data', piece => {
      const text = rest + piece.toString('latin1')
      came += text.split('HTTP/1.1 200 OK').length - 1
      rest = text.slice(-14).replace('HTTP/1.1 200 OK', '')
    })
    socket.resume()
    await new Promise(resolve => socket.once('close', resolve))
    expect(came).toBe(count + 1)
  })

  it('keeps a connection whose questions come in pieces cut anywhere', async () => {
    const bytes = Buffer.from(head('/status', 'Accept-Encoding: gzip').repeat(40) + LAST)
    const before = await answered()
    const pieces = Array.from({ length: Math.ceil(bytes.length / 333) }, (_, i) =>
      bytes.subarray(333 * i, 333 * (i + 1)),
    )
    await expectSame(pieces)
    // But for the last one, which closes the connection and is for the server behind.
    expect((await answered()) - before).toBe(40)
  })

  it.each([5, 20, 40])('leaves half a head of %i bytes to the server behind, which says the same', async bytes => {
    const half = Buffer.from(head('/status', 'User-Agent: somebody').slice(0, bytes))
    await expectSame([Buffer.concat([Buffer.from(head('/status')), half])], { end: true })
  })

  it('lets go of connections when the server closes', async () => {
    const other = await buildServer(both.app, { inMemory: true })
    await other.listen({ port: 0, host: '127.0.0.1' })
    const socket = net.connect({ port: portOf(other), host: '127.0.0.1' })
    socket.write(head('/status'))
    await new Promise(resolve => socket.once('data', resolve))
    const closed = new Promise(resolve => socket.once('close', resolve))
    await Promise.all([other.close(), closed])
  })

  async function answered(): Promise<number> {
    const text = (await both.fronted.inject({ url: '/metrics' })).body
    return Number(/^epicenter_kept_answers_total (\d+)/m.exec(text)![1])
  }
})

describe('the front behind a proxy', () => {
  let near: Both
  beforeAll(async () => {
    near = await open({ proxies: ['127.0.0.1'] })
  })
  afterAll(async () => {
    await near.fronted.close()
    await near.plain.close()
    await near.app[Symbol.asyncDispose]()
  })

  it('listens to what it says of host and protocol, each for itself', async () => {
    for (const lines of [
      ['X-Forwarded-Host: status.shop.example', 'X-Forwarded-Proto: https'],
      ['X-Forwarded-Proto: https'],
      ['X-Forwarded-Host: evil.example, status.shop.example'],
      ['X-Forwarded-Host: a b', 'X-Forwarded-Proto: https'],
      ['X-Forwarded-Host: one.example', 'X-Forwarded-Host: two.example'],
      ['X-Forwarded-For: 203.0.113.9'],
    ]) {
      const told = await expectSame([head('/api/v2/summary.json', ...lines), LAST], { to: near })
      if (lines.length === 2 && lines[0]!.includes('status.shop'))
        expect(told).toContain('"url":"https://status.shop.example"')
    }
  })

  it('does not listen to anybody else', async () => {
    const told = await expectSame([head('/api/v2/summary.json', 'X-Forwarded-Host: evil.example'), LAST])
    expect(told).not.toContain('evil')
  })
})

describe('a connection on which nothing is asked', () => {
  it('is closed after a while', async () => {
    const server = http.createServer()
    const front = new Front(server, { shelf: null as never, isProxy: () => false, keepAliveMs: 50 })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const socket = net.connect({ port: (server.address() as net.AddressInfo).port, host: '127.0.0.1' })
    await new Promise(resolve => socket.once('close', resolve))
    await vi.waitFor(() => expect(front.connections).toBe(0))
    front.close()
    server.close()
  })
})
