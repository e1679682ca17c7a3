import net from 'node:net'
import fc from 'fast-check'
import type { FastifyInstance } from 'fastify'
import { head, LAST, ODD } from '../../src/http/front/fixtures/odd.js'
import { buildServer } from '../../src/http/server.js'
import { App } from '../../src/shell/app.js'
import { complete } from '../../src/shell/config/load.js'
import { fakeEnv } from '../../src/testing/env.js'
import { arrival, streamOf } from '../../src/testing/stream.js'
import { edited, edits, must, type Target } from './target.js'

const TARGETS = [
  '/',
  '/s/chat',
  '/s/%63hat',
  '/s/..',
  '/status',
  '/api/v2/summary.json',
  '/history.atom',
  '/nothing',
  '*',
]
/** Lines that two readers of HTTP may read in two ways, and ordinary ones. */
const LINES = [
  'Accept-Encoding: gzip',
  'Cookie: lang=ja',
  'Connection: close',
  'Connection: keep-alive',
  'Content-Length: 0',
  'Content-Length: 5',
  'Content-Length: +5',
  'Content-Length: 5, 5',
  'Content-Length : 5',
  ' Content-Length: 5',
  'Content-Length: 0x5',
  'Content-Length: 99999999999999999999',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding:\tchunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding: xchunked',
  'Transfer_Encoding: chunked',
  'transfer-encoding: CHUNKED',
  'Expect: 100-continue',
  'Upgrade: h2c',
  'Trailer: X',
  'Host: other',
  'X: a\rb',
  'X: a\nContent-Length: 5',
]
const BODIES = [
  '',
  'hello',
  '5\r\nhello\r\n0\r\n\r\n',
  '0\r\n\r\n',
  '5;x="\n"\r\nhello\r\n0\r\nX: y\r\n\r\n',
  '-1\r\n',
  '0x5\r\nhello\r\n',
  'ffffffffffffffff1\r\n',
  LAST,
]
const question = fc
  .tuple(
    fc.constantFrom('GET', 'HEAD', 'POST', 'OPTIONS'),
    fc.constantFrom(...TARGETS),
    fc.subarray(LINES, { maxLength: 4 }),
    fc.constantFrom(...BODIES),
    fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/1.11'),
  )
  .map(([method, target, lines, body, version]) =>
    Buffer.from(
      head(target, ...lines)
        .replace('GET', method)
        .replace('HTTP/1.1', version) + body,
      'latin1',
    ),
  )
const part = fc.oneof(
  { weight: 3, arbitrary: question },
  { weight: 1, arbitrary: fc.constantFrom(...ODD).map(([, bytes]) => Buffer.from(bytes as string)) },
)
const sent = fc.record({
  parts: fc.array(fc.tuple(part, edits), { minLength: 1, maxLength: 4 }),
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
})

/** A connection that nobody closed after so long is one that hangs: node:http gives up on half a head after a minute. */
const HANGS_MS = 90_000

/**
 * A sender that has heard nothing for so long says that it is done, in milliseconds; sooner, and node:http drops answers that it
 * is making. What then differs is asked again more patiently: a page may have changed between two questions, too.
 */
const PATIENCE_MS = [40, 400, 2_000]

/** All that comes back to some bytes. */
function talk(port: number, pieces: readonly Buffer[], patienceMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
    const came: Buffer[] = []
    const hangs = setTimeout(() => (socket.destroy(), reject(new Error('nobody closes the connection'))), HANGS_MS)
    let done: NodeJS.Timeout
    const wait = () => {
      clearTimeout(done)
      done = setTimeout(() => socket.end(), patienceMs)
    }
    socket.on('data', piece => {
      came.push(piece)
      wait()
    })
    socket.on('error', ({ code }: NodeJS.ErrnoException) =>
      code === 'ECONNRESET' || code === 'EPIPE' ? undefined : reject(new Error(code)),
    )
    socket.on('close', () => {
      clearTimeout(hangs)
      clearTimeout(done)
      // Without its date, which may have moved on between the two.
      resolve(
        Buffer.concat(came)
          .toString('latin1')
          .replaceAll(/\r\nDate: [^\r]*/g, '\r\nDate: D'),
      )
    })
    void (async () => {
      for (const piece of pieces) {
        if (socket.destroyed) return
        await new Promise(next => socket.write(piece, next))
        if (pieces.length > 1) await new Promise(next => setTimeout(next, 2))
      }
      wait()
    })()
  })
}

const begins = (one: string, other: string) => one.startsWith(other) || other.startsWith(one)
const answersOf = (text: string) => text.split(/(?=HTTP\/1\.1 \d)/)
/** What is said to bytes that are no request: written to the connection itself, past all that answers requests. */
const REFUSED = /^HTTP\/1\.1 4\d\d [^\r]*\r\nContent-Type: /
/**
 * What is odd ends the connection with a refusal, and node:http then loses answers that it was still making, or gives them and
 * refuses nothing: which of these is a matter of time, with a front and without one. All else is the same.
 */
function isSame(ours: string, theirs: string, sent: Buffer): boolean {
  // A tunnel is not offered: its connection is dropped at once.
  if (ours === theirs || (sent.includes('CONNECT ') && begins(ours, theirs))) return true
  const [mine, other] = [answersOf(ours), answersOf(theirs)]
  const refusals = [mine, other].map(each => (REFUSED.test(each.at(-1) ?? '') ? each.pop()! : null))
  const [first, second] = refusals
  if (first === second ? first === null : first !== null && second !== null) return false
  return begins(mine.join(''), other.join(''))
}

const portOf = (server: FastifyInstance) => (server.server.address() as net.AddressInfo).port

const front: Target = {
  name: 'front',
  about: 'bytes on a connection, odd ones too: with the front and without it the same comes back',
  async open() {
    const app = await App.open(complete({ clock: 'signals', title: 'Test' }), fakeEnv(), { run: 'memory' })
    const signals = streamOf({ service: 'chat', minutes: 30, seed: 5, reports: 2, requests: 60, cells: ['a'] })
    await app.ingestValues(signals.sort((a, b) => arrival(a) - arrival(b)))
    await app.caughtUp()
    const both = [await buildServer(app, { inMemory: true }), await buildServer(app, { inMemory: true, front: false })]
    for (const each of both) await each.listen({ port: 0, host: '127.0.0.1' })
    const same = async (pieces: readonly Buffer[], patienceMs: number) => {
      const [ours, theirs] = (await Promise.all(both.map(each => talk(portOf(each), pieces, patienceMs)))) as [
        string,
        string,
      ]
      let at = 0
      while (at < ours.length && ours[at] === theirs[at]) at++
      const around = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 80), at + 160))
      return isSame(ours, theirs, Buffer.concat(pieces))
        ? null
        : `with the front ${around(ours)}, without ${around(theirs)}`
    }
    return {
      property: fc.asyncProperty(sent, async ({ parts, cuts }) => {
        const whole = Buffer.concat(parts.map(([bytes, changes]) => edited(bytes, changes)))
        const at = [...cuts.map(each => Math.floor(each * whole.length)).sort((a, b) => a - b), whole.length]
        const pieces = at.map((end, i) => whole.subarray(at[i - 1] ?? 0, end)).filter(each => each.length > 0)
        let differs: string | null = ''
        for (const patienceMs of PATIENCE_MS) if (differs !== null) differs = await same(pieces, patienceMs)
        must(differs === null, () => differs!)
      }),
      async close() {
        for (const each of both) await each.close()
        await app[Symbol.asyncDispose]()
      },
    }
  },
}

export const FRONT_TARGETS: readonly Target[] = [front]
