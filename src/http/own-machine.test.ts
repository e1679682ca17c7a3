import { connect, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FastifyInstance } from 'fastify'
import { App } from '../shell/app.js'
import { complete } from '../shell/config/load.js'
import { fakeEnv } from '../testing/env.js'
import { registerDemo } from './demo/demo.js'
import { buildServer } from './server.js'

let app: App
let server: FastifyInstance
let port = 0
let restarts = 0
beforeAll(async () => {
  app = await App.open(complete({ clock: 'signals', title: 'Demo' }, true), fakeEnv(), { run: 'memory' })
  const status = () => ({ now: 0, start: 0, end: 0, marks: [], pace: 1, ownPace: true, phase: 'playing' as const })
  const demo = { status, restart: () => restarts++, pause() {}, pace() {}, jump() {} }
  server = await buildServer(app, {
    inMemory: true,
    demo: { status, strip: () => '', routes: to => registerDemo(to, demo as never) },
  })
  await server.listen({ port: 0, host: '127.0.0.1' })
  port = (server.server.address() as AddressInfo).port
})
afterAll(async () => {
  await server.close()
  await app[Symbol.asyncDispose]()
})

/** Status of a request written byte by byte, over a real connection. */
function ask(path: string, lines: string[], version = '1.1', body = ''): Promise<number> {
  const head = [`POST ${path} HTTP/${version}`, ...lines, `Content-Length: ${body.length}`, 'Connection: close']
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(`${head.join('\r\n')}\r\n\r\n${body}`))
    socket.on('data', piece => (text += piece))
    socket.on('error', reject)
    socket.on('close', () => resolve(Number(text.split(' ')[1])))
  })
}

const signal = JSON.stringify({
  type: 'observation',
  via: 'report',
  service: 'x',
  id: '1',
  at: '2026-02-03T20:14:00Z',
  bad: 1,
})
const JSON_TYPE = 'Content-Type: application/json'
const both = async (lines: string[], version?: string) => [
  await ask('/api/v1/signals', [...lines, JSON_TYPE], version, signal),
  await ask('/demo/restart', lines, version),
]

describe('the demonstration', () => {
  it.each([
    [['Host: localhost:8080']],
    [['Host: LOCALHOST']],
    [['Host: 127.0.0.1:1']],
    [['Host: [::1]:8080']],
    [['Host: localhost:8080', 'Origin: http://localhost:8080', 'Sec-Fetch-Site: same-origin']],
    [['Host: localhost:8080', 'Sec-Fetch-Site: none']],
  ])('obeys its own machine: %j', async lines => expect(await both(lines)).toEqual([200, 200]))

  it.each([
    ['a name that was made to lead here', ['Host: rebound.example']],
    ['a name that was made to lead here, with a port', ['Host: rebound.example:8080']],
    ['a name that begins alike', ['Host: localhost.evil.example']],
    ['a name that ends alike', ['Host: evil-localhost']],
    ['an address of the network', ['Host: 192.168.1.7:8080']],
    ['a page of another site', ['Host: localhost:8080', 'Origin: https://evil.example']],
    ['a page of another port', ['Host: localhost:8080', 'Origin: http://localhost:3000']],
    ['a page without an origin of its own', ['Host: localhost:8080', 'Origin: null']],
    ['another site, as the browser says', ['Host: localhost:8080', 'Sec-Fetch-Site: cross-site']],
    ['another port, as the browser says', ['Host: localhost:8080', 'Sec-Fetch-Site: same-site']],
    ...[
      'X-Forwarded-For: 127.0.0.1',
      'X-Forwarded-Host: localhost',
      'X-Forwarded-Proto: http',
      'X-Forwarded-Anything: x',
      'X-Real-IP: 127.0.0.1',
      'Forwarded: for=127.0.0.1',
      'Via: 1.1 proxy',
      'CF-Connecting-IP: 203.0.113.9',
      'CF-Ray: x',
      'True-Client-IP: 203.0.113.9',
      'X-Client-IP: 203.0.113.9',
      'X-Original-Host: x',
      'Fastly-Client-IP: 203.0.113.9',
      'x-ReAl-iP: 203.0.113.9',
      'X-Real-IP:',
    ].map((line): [string, string[]] => [`a proxy that says ${line}`, ['Host: localhost:8080', line]]),
  ])('does not obey %s', async (_, lines) => {
    const before = restarts
    expect(await both(lines)).toEqual([401, 403])
    expect(restarts).toBe(before)
  })
  it('does not obey a proxy that says nothing but speaks the old version', async () =>
    expect(await both(['Host: 127.0.0.1:8080'], '1.0')).toEqual([401, 403]))
  it('takes writes from anywhere with its token', async () => {
    const lines = ['Host: demo.example', 'X-Forwarded-For: 203.0.113.9', 'Authorization: Bearer memory', JSON_TYPE]
    expect(await ask('/api/v1/signals', lines, '1.1', signal)).toBe(200)
  })
})
