import { createSocket, type Socket } from 'node:dgram'
import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PermanentError } from '../../contract/error.js'
import { pluginEnv } from './env.js'

let server: Socket
let port = 0
const senders = new Set<number>()
beforeAll(async () => {
  server = createSocket('udp4')
  server.on('message', (message, from) => {
    senders.add(from.port)
    if (message.toString() === 'silent') return
    server.send('noise', from.port, from.address)
    server.send(`heard ${message.toString()}`, from.port, from.address)
  })
  await new Promise<void>(done => server.bind(0, '127.0.0.1', done))
  ;({ port } = server.address())
})
afterAll(() => void server.close())
const env = pluginEnv({ now: Date.now, log: () => {} }, ['127.0.0.0/8'])
const answers = (bytes: Uint8Array) => Buffer.from(bytes).toString().startsWith('heard')
const asking = (text: string) => ({ host: '127.0.0.1', port, bytes: Buffer.from(text), answers })

describe('a datagram', () => {
  it('is sent, and what does not answer it is passed over', async () => {
    const found = await env.datagram(asking('you'))
    expect(Buffer.from(found.bytes).toString()).toBe('heard you')
    expect(found).toMatchObject({
      address: '127.0.0.1',
      phases: { lookup: expect.any(Number), firstByte: expect.any(Number) },
    })
  })
  it('is not waited for without end, and tells a port where nobody is', async () => {
    await expect(env.datagram({ ...asking('silent'), timeoutMs: 5 })).rejects.toMatchObject({ code: 'ETIMEDOUT' })
    const stop = new AbortController()
    const waiting = env.datagram({ ...asking('silent'), signal: stop.signal })
    stop.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'ABORT_ERR' })
    const gone = createSocket('udp4')
    await new Promise<void>(done => gone.bind(0, '127.0.0.1', done))
    const free = gone.address().port
    await new Promise<void>(done => gone.close(done))
    await expect(env.datagram({ ...asking('you'), port: free })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
  it('goes only where it may', async () => {
    const closed = pluginEnv({ now: Date.now, log: () => {} })
    const before = senders.size
    await expect(closed.datagram(asking('you'))).rejects.toThrow(PermanentError)
    await expect(env.datagram({ ...asking('you'), port: 0 })).rejects.toThrow(PermanentError)
    expect(senders.size).toBe(before)
  })
})

describe('TLS that begins later', () => {
  let plain: Server
  let at = 0
  beforeAll(async () => {
    plain = createServer(socket => socket.on('error', () => {}).on('data', () => socket.end('no TLS here')))
    await new Promise<void>(done => plain.listen(0, '127.0.0.1', done))
    at = (plain.address() as { port: number }).port
  })
  afterAll(() => void plain.close())
  it('is refused by who speaks none, with a reason', async () => {
    await using connection = await env.connect({ host: '127.0.0.1', port: at })
    await expect(connection.secure({ check: false })).rejects.toThrow(/does not agree on TLS \(\w+\)/)
  })
})
