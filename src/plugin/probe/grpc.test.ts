import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pluginEnv } from '../../shell/outside/env.js'
import { BLIND, fakeOutside, fakeTalk, REFUSING } from '../../testing/outside.js'
import { testProbe } from '../../testing/plugin-contract.js'
import grpc, { type GrpcConfig } from './grpc.js'

type Answer = { status?: number; grpc?: string; frame?: number[]; cut?: boolean }
let server: Http2Server
let port = 0
let answer: Answer = {}
const asked: { path: string; body: Buffer }[] = []
beforeAll(async () => {
  server = createServer()
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    const pieces: Buffer[] = []
    stream.on('error', () => {})
    stream.on('data', (piece: Buffer) => pieces.push(piece))
    stream.on('end', () => {
      asked.push({ path: String(headers[':path']), body: Buffer.concat(pieces) })
      const { status = 200, grpc: code = '0', frame = [0, 0, 0, 0, 2, 8, 1], cut = false } = answer
      stream.respond({ ':status': status, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => (cut ? stream.close(2) : stream.sendTrailers({ 'grpc-status': code })))
      stream.end(Buffer.from(frame))
    })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  port = (server.address() as AddressInfo).port
})
afterAll(() => server.close())

/** The real outside, as far as this machine. */
const real = (said: Answer) => () => {
  answer = said
  const outside = fakeOutside()
  const env = pluginEnv({ now: Date.now, log: () => {} }, ['127.0.0.0/8'])
  outside.env.connect = to => env.connect({ ...to, host: '127.0.0.1', port })
  return outside
}
const settings: GrpcConfig = { host: 'shop.example', port: 50_051, tls: false, name: 'shop.v1.Cart' }
testProbe('grpc', {
  plugin: grpc,
  settings,
  well: real({}),
  ill: [
    REFUSING,
    ['not serving', real({ frame: [0, 0, 0, 0, 2, 8, 2] }), /says NOT_SERVING/],
    ['a health that is left out', real({ frame: [0, 0, 0, 0, 0] }), /says UNKNOWN/],
    ['a service that is not known', real({ grpc: '5', frame: [] }), /knows no service shop.v1.Cart/],
    ['no health at all', real({ grpc: '12', frame: [] }), /does not answer questions of health/],
    ['another status', real({ grpc: '14', frame: [] }), /status 14 of gRPC/],
    ['a proxy without it', real({ status: 502 }), /^status 502$/],
    ['half an answer', real({ frame: [0, 0, 0, 0, 9, 8] }), /cut off/],
    ['something else', real({ frame: [0, 0, 0, 0, 2, 18, 1] }), /not about health/],
    ['an end in the middle', real({ cut: true }), /does not speak HTTP\/2|no end/],
    [
      'a web server',
      () => fakeTalk((say, hangUp) => () => (say('HTTP/1.1 400 Bad Request\r\n\r\n'), hangUp())),
      /does not speak HTTP\/2|hangs up/,
    ],
  ],
  blind: BLIND,
})

describe('grpc', () => {
  it('asks for the server as a whole, or for one of its services', async () => {
    asked.length = 0
    for (const name of ['', 'a.B']) {
      await using probe = await grpc.open({ ...settings, name }, real({})().env)
      expect((await probe.check({ aborted: false, addEventListener() {} })).outcome).toBe('ok')
    }
    expect(asked.map(each => [each.path, [...each.body]])).toEqual([
      ['/grpc.health.v1.Health/Check', [0, 0, 0, 0, 0]],
      ['/grpc.health.v1.Health/Check', [0, 0, 0, 0, 5, 10, 3, 97, 46, 66]],
    ])
  })
})
