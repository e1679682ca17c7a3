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
}

type Tally = Record<string, number>

const STREAMS = 1_200
const SLOW_HEADS = 400
const SLOW_BODIES = 160
const SLOW_FORMS = 100
const IDLE = 800
const GZIP_LINES = 3_000_000

/** What the parts of one attack share. */
interface Under extends Attack {
  random: () => number
  sockets: Set<Socket>
  count: (what: string, by?: number) => void
  over: boolean
}

/** Runs it and resolves with what it was answered, by kind and status. */
export async function attack(how: Attack): Promise<Tally> {
  const { port, address, seconds, seed } = how
  const tally: Tally = {}
  const count = (what: string, by = 1) => {
    tally[what] = (tally[what] ?? 0) + by
  }
  const under: Under = { ...how, random: sfc32(seed), sockets: new Set(), count, over: false }
  holdConnections(under)
  const agent = new http.Agent({ keepAlive: true, maxSockets: 200, localAddress: address } as http.AgentOptions)
  const works = worksOf(under, sender(under, agent))
  const until = Date.now() + seconds * 1_000
  const loops = Object.values(works).flatMap(work => Array.from({ length: 6 }, () => work))
  const run = loops.map(async work => {
    while (Date.now() < until) await work()
  })
  const pipes = Array.from({ length: 20 }, () => pipeline(port, address, until, count))
  await Promise.race([Promise.all([...run, ...pipes]), new Promise(done => setTimeout(done, (seconds + 5) * 1_000))])
  under.over = true
  tally['open at the end'] = under.sockets.size
  for (const socket of under.sockets) socket.destroy()
  agent.destroy()
  return tally
}

/** Opens what can be kept open: idle connections, heads and bodies that never end, streams that nobody reads. */
function holdConnections(under: Under): void {
  const { port, address, token, sockets, count } = under
  const open = (kind: string, first: string, each?: string): void => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: address })
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      count(`${kind} closed`)
    })
    socket.once('data', piece => count(`${kind} ${piece.toString('latin1', 9, 12)}`))
    socket.on('connect', () => socket.write(first))
    if (each !== undefined) {
      const timer = setInterval(
        () => (socket.destroyed || under.over ? clearInterval(timer) : socket.write(each)),
        1_000,
      )
      timer.unref()
    }
  }
  const head = (method: string, path: string, more: string[] = []) =>
    `${[`${method} ${path} HTTP/1.1`, 'Host: status.example', ...more].join('\r\n')}\r\n`
  const auth = `Authorization: Bearer ${token}`
  for (let i = 0; i < IDLE; i++) open('idle', '')
  for (let i = 0; i < SLOW_HEADS; i++) open('slow head', head('GET', '/'), 'X: y\r\n')
  for (let i = 0; i < SLOW_BODIES; i++)
    open(
      'slow body',
      `${head('POST', '/api/v1/signals', [auth, 'Content-Type: application/x-ndjson', 'Content-Length: 100000'])}\r\n`,
      '\n',
    )
  for (let i = 0; i < SLOW_FORMS; i++)
    open(
      'slow form',
      `${head('POST', '/api/v1/report', ['Content-Type: application/json', 'Content-Length: 9000'])}\r\n`,
      ' ',
    )
  // Never read: what is written to them has to stay bounded too.
  for (let i = 0; i < STREAMS; i++) open('stream', `${head('GET', '/api/v1/stream')}\r\n`)
}

type Send = (
  kind: string,
  method: string,
  path: string,
  headers: http.OutgoingHttpHeaders,
  body?: string | Buffer,
) => Promise<void>

/** Sends one request from the attacker's address and counts how it was answered. */
function sender({ port, address, count }: Under, agent: http.Agent): Send {
  return (kind: string, method: string, path: string, headers: http.OutgoingHttpHeaders, body?: string | Buffer) =>
    new Promise<void>(resolve => {
      const request = http.request({ port, host: '127.0.0.1', localAddress: address, agent, method, path, headers })
      request.on('response', response => {
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
}

/** What it asks for, again and again. */
function worksOf({ token, random }: Under, send: Send): Record<string, () => Promise<void>> {
  const json = { 'content-type': 'application/json' }
  const signals = { ...json, authorization: `Bearer ${token}` }
  const lines = { 'content-type': 'application/x-ndjson', authorization: `Bearer ${token}` }
  const bomb = gzipSync('x\n'.repeat(GZIP_LINES))
  const deep = '['.repeat(2_000_000)
  const n = (below: number) => Math.floor(random() * below)
  const signal = () => ({
    type: 'observation',
    via: 'report',
    id: `h${n(2 ** 31)}-${n(2 ** 31)}`,
    service: `shop-${n(10)}`,
    at: new Date().toISOString(),
    total: 1,
    bad: 1,
    labels: { [`n${n(500)}`]: 'x', country: `junk ${n(1e9)}` },
  })
  return {
    page: () => send('page', 'GET', ['/', '/status', `/s/shop-${n(10)}`][n(3)]!, {}),
    'page of another host': () => send('page of another host', 'GET', `/?x=${n(1e9)}`, { host: `h${n(1e9)}.example` }),
    history: () => send('history', 'GET', `/incidents?before=${1.6e12 + n(2 ** 31)}`, { 'accept-encoding': 'br' }),
    'just me': () => send('just me', 'GET', `/s/shop-${n(10)}/just-me?country=DE`, { 'accept-encoding': 'br' }),
    rollups: () => send('rollups', 'GET', `/api/v1/services/shop-${n(10)}/rollups?from=${Date.now() - 30 * 864e5}`, {}),
    nothing: () => send('nothing', 'GET', `/nothing/${n(1e9)}`, { accept: 'text/html' }),
    report: () =>
      send(
        'report',
        'POST',
        '/api/v1/report',
        json,
        JSON.stringify({ service: `shop-${n(10)}`, kind: 'bad', text: 'x'.repeat(900) }),
      ),
    'tell me': () =>
      send(
        'tell me',
        'POST',
        '/api/v1/push',
        json,
        JSON.stringify({
          service: 'shop-1',
          subscription: { endpoint: `https://push.example.com/${n(1e9)}`, keys: keysOf() },
        }),
      ),
    gzip: () => send('gzip', 'POST', '/api/v1/signals', { ...lines, 'content-encoding': 'gzip' }, bomb),
    deep: () => send('deep', 'POST', '/api/v1/signals', signals, deep),
    'bad lines': () => send('bad lines', 'POST', '/api/v1/signals', lines, '{}\n'.repeat(300_000)),
    labels: () =>
      send(
        'labels',
        'POST',
        '/api/v1/signals',
        lines,
        Array.from({ length: 500 }, () => `${JSON.stringify(signal())}\n`).join(''),
      ),
    'long head': () => send('long head', 'GET', '/', { 'accept-encoding': `a${' '.repeat(60_000)}b` }),
    'wrong token': () => send('wrong token', 'POST', '/api/v1/signals', { ...lines, authorization: 'Bearer no' }, 'x'),
  }
}

/** Asks a thousand times in one piece, again and again, and reads as it likes. */
async function pipeline(
  port: number,
  address: string,
  until: number,
  count: (what: string, by: number) => void,
): Promise<void> {
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
