/**
 * One address with everything it can open and send, for some seconds, against a server on this machine's loopback: a
 * part of `bench/hostile.ts` and a process of its own, so that what it does to itself is not measured.
 */
import http from 'node:http'
import { connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { sfc32 } from '../src/core/stat/random.js'

export interface Attack {
  port: number
  token: string
  address: string
  seconds: number
  seed: number
  /** Only what has one of these names; empty: everything. */
  only: string[]
}

type Tally = Record<string, number>

const STREAMS = 1_200
const SLOW_HEADS = 400
const SLOW_BODIES = 160
const SLOW_FORMS = 100
const IDLE = 800
/** Loops for each kind of question, and connections that ask in one piece. */
const LOOPS = 6
const PIPES = 20
const GZIP_LINES = 3_000_000

type Count = (what: string, by?: number) => void

const head = (method: string, path: string, more: string[] = []) =>
  `${[`${method} ${path} HTTP/1.1`, 'Host: status.example', ...more].join('\r\n')}\r\n`

/** Runs it and resolves with what it was answered, by kind and status. */
export async function attack(of: Attack): Promise<Tally> {
  const tally: Tally = {}
  const count: Count = (what, by = 1) => (tally[what] = (tally[what] ?? 0) + by)
  const sockets = holdOpen(of, count)
  const agent = new http.Agent({ keepAlive: true, maxSockets: 200, localAddress: of.address } as http.AgentOptions)
  const until = Date.now() + of.seconds * 1_000
  const does = (kind: string) => of.only.length === 0 || of.only.includes(kind)
  const loops = Object.entries(questions(of, agent, count)).flatMap(([kind, work]) =>
    Array.from({ length: does(kind) ? LOOPS : 0 }, () => work),
  )
  const run = loops.map(async work => {
    while (Date.now() < until) await work()
  })
  const pipes = Array.from({ length: does('pipeline') ? PIPES : 0 }, () => pipeline(of, until, count))
  const end = new Promise(done => setTimeout(done, (of.seconds + 5) * 1_000))
  const held = new Promise(done => setTimeout(done, of.seconds * 1_000))
  await Promise.race([Promise.all([held, ...run, ...pipes]), end])
  count('open at the end', sockets.size)
  for (const socket of sockets) socket.destroy()
  agent.destroy()
  return tally
}

/** Everything that it only has to hold. */
function holdOpen({ port, address, token, only }: Attack, count: Count): Set<Socket> {
  const sockets = new Set<Socket>()
  const open = (kind: string, first: string, each?: string): void => {
    if (only.length > 0 && !only.includes(kind)) return
    const socket = connect({ port, host: '127.0.0.1', localAddress: address })
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      count(`${kind} closed`)
    })
    socket.once('data', piece => count(`${kind} ${piece.toString('latin1', 9, 12)}`))
    socket.on('connect', () => socket.write(first))
    if (each === undefined) return
    const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write(each)), 1_000)
    timer.unref()
  }
  const times = (many: number, what: () => void) => Array.from({ length: many }, what)
  const body = ['Content-Type: application/x-ndjson', 'Content-Length: 100000', `Authorization: Bearer ${token}`]
  const form = ['Content-Type: application/json', 'Content-Length: 9000']
  times(IDLE, () => open('idle', ''))
  times(SLOW_HEADS, () => open('slow head', head('GET', '/'), 'X: y\r\n'))
  times(SLOW_BODIES, () => open('slow body', `${head('POST', '/api/v1/signals', body)}\r\n`, '\n'))
  times(SLOW_FORMS, () => open('slow form', `${head('POST', '/api/v1/report', form)}\r\n`, ' '))
  // Never read: what is written to them has to stay bounded too.
  times(STREAMS, () => open('stream', `${head('GET', '/api/v1/stream')}\r\n`))
  return sockets
}

/** Each notes what it was answered. */
function askers({ port, address }: Pick<Attack, 'port' | 'address'>, agent: http.Agent, count: Count) {
  const send = (
    kind: string,
    method: string,
    path: string,
    headers: http.OutgoingHttpHeaders,
    body?: string | Buffer,
  ) =>
    new Promise<void>(resolve => {
      const options = { port, host: '127.0.0.1', localAddress: address, agent, method, path, headers }
      const request = http.request(options, response => {
        count(`${kind} ${response.statusCode}`)
        response.resume()
        response.on('close', resolve)
      })
      request.on('error', () => {
        count(`${kind} error`)
        setTimeout(resolve, 20)
      })
      request.end(body)
    })
  const get = (kind: string, path: () => string, headers: () => http.OutgoingHttpHeaders = () => ({})) => ({
    [kind]: () => send(kind, 'GET', path(), headers()),
  })
  const post = (kind: string, path: string, headers: http.OutgoingHttpHeaders, body: () => string | Buffer) => ({
    [kind]: () => send(kind, 'POST', path, headers, body()),
  })
  return { get, post }
}

/** Everything that it asks and sends again and again. */
function questions(
  { port, token, address, seed }: Attack,
  agent: http.Agent,
  count: Count,
): Record<string, () => Promise<void>> {
  const random = sfc32(seed)
  const n = (below: number) => Math.floor(random() * below)
  const { get, post } = askers({ port, address }, agent, count)
  const json = { 'content-type': 'application/json' }
  const authorization = `Bearer ${token}`
  const lines = { 'content-type': 'application/x-ndjson', authorization }
  const br = () => ({ 'accept-encoding': 'br' })
  const signal = () => ({
    ...{ type: 'observation', via: 'report', id: `h${n(2 ** 31)}-${n(2 ** 31)}`, service: `shop-${n(10)}` },
    ...{ at: new Date().toISOString(), total: 1, bad: 1 },
    labels: { [`n${n(500)}`]: 'x', country: `junk ${n(1e9)}` },
  })
  const many = () => Array.from({ length: 500 }, () => `${JSON.stringify(signal())}\n`).join('')
  const month = () => Date.now() - 30 * 864e5
  const wish = () =>
    JSON.stringify({
      service: 'shop-1',
      subscription: { endpoint: `https://push.example.com/${n(1e9)}`, keys: keysOf() },
    })
  const report = () => JSON.stringify({ service: `shop-${n(10)}`, kind: 'bad', text: 'x'.repeat(900) })
  const bomb = gzipSync('x\n'.repeat(GZIP_LINES))
  const deep = '['.repeat(2_000_000)
  const list = `[${'{},'.repeat(2_000_000)}{}]`
  return {
    ...get('page', () => ['/', '/status', `/s/shop-${n(10)}`][n(3)]!),
    ...get(
      'page of another host',
      () => `/?x=${n(1e9)}`,
      () => ({ host: `h${n(1e9)}.example` }),
    ),
    ...get('history', () => `/incidents?before=${1.6e12 + n(2 ** 31)}`, br),
    ...get('just me', () => `/s/shop-${n(10)}/just-me?country=DE`, br),
    ...get('rollups', () => `/api/v1/services/shop-${n(10)}/rollups?from=${month()}`),
    ...get(
      'nothing',
      () => `/nothing/${n(1e9)}`,
      () => ({ accept: 'text/html' }),
    ),
    ...get(
      'long head',
      () => '/',
      () => ({ 'accept-encoding': `a${' '.repeat(60_000)}b` }),
    ),
    ...post('report', '/api/v1/report', json, report),
    ...post('tell me', '/api/v1/push', json, wish),
    ...post('gzip', '/api/v1/signals', { ...lines, 'content-encoding': 'gzip' }, () => bomb),
    ...post('deep', '/api/v1/signals', { ...json, authorization }, () => deep),
    ...post('list', '/api/v1/signals', { ...json, authorization }, () => list),
    ...post('bad lines', '/api/v1/signals', lines, () => '{}\n'.repeat(300_000)),
    ...post('labels', '/api/v1/signals', lines, many),
    ...post('wrong token', '/api/v1/signals', { ...lines, authorization: 'Bearer no' }, () => 'x'),
  }
}

/** Asks a thousand times in one piece, again and again, and reads as it likes. */
async function pipeline({ port, address }: Attack, until: number, count: Count): Promise<void> {
  const piece = 'GET /status HTTP/1.1\r\nHost: status.example\r\nAccept-Encoding: br\r\n\r\n'.repeat(500)
  while (Date.now() < until)
    await new Promise<void>(resolve => {
      const socket = connect({ port, host: '127.0.0.1', localAddress: address })
      const stop = setInterval(() => Date.now() >= until && socket.destroy(), 100)
      let bytes = 0
      socket.on('connect', () => socket.write(piece))
      socket.on('data', got => {
        bytes += got.length
        if (bytes > 1e6) {
          count('pipelined megabytes', 1)
          bytes = 0
          socket.write(piece)
        }
      })
      socket.on('error', () => {})
      socket.on('close', () => {
        clearInterval(stop)
        setTimeout(resolve, 20)
      })
    })
}

/** As a browser's; the point is one of the curve. */
export function keysOf(): { p256dh: string; auth: string } {
  return {
    p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
    auth: 'BTBZMqHH6r4Tts7J_aSIgg',
  }
}

if (process.argv[2] === '--attack') {
  const tally = await attack(JSON.parse(process.argv[3] ?? '{}') as Attack)
  console.log(JSON.stringify(tally))
  process.exit(0)
}
