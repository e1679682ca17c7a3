import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { Acceptors } from './accept.js'

const MORE = 3
const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function setup(answer: http.RequestListener = (_, response) => response.end('ok')) {
  const server = http.createServer(answer)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const acceptors = new Acceptors(server, MORE)
  closing.push(() => {
    server.close().closeAllConnections()
    void acceptors.close()
  })
  expect(await acceptors.ready).toBe(MORE)
  const { port } = server.address() as AddressInfo
  const connect = () => net.connect({ port, host: '127.0.0.1' }).on('error', () => {})
  return { server, acceptors, port, connect }
}

describe('a server with more handles', () => {
  it('accepts several connections each time the loop turns', async () => {
    const { server, connect } = await setup()
    const many = 24
    let turn = 0
    const turns = new Map<number, number>()
    const all = new Promise<void>(resolve => {
      let count = 0
      server.on('connection', () => {
        turns.set(turn, (turns.get(turn) ?? 0) + 1)
        if (++count === many) resolve()
      })
    })
    let going = true
    const next = () => {
      turn++
      if (going) setImmediate(next)
    }
    next()
    const sockets = Array.from({ length: many }, connect)
    await all
    going = false
    for (const socket of sockets) socket.destroy()
    expect(Math.max(...turns.values())).toBeGreaterThan(1)
    expect(Math.max(...turns.values())).toBeLessThanOrEqual(MORE + 1)
  })

  it('answers on each of them, also whoever ends their side first', async () => {
    const { server, connect } = await setup()
    const kinds = new Set<unknown>()
    server.on('connection', socket => kinds.add(Reflect.get(socket, 'allowHalfOpen')))
    const told = await Promise.all(
      Array.from({ length: 20 }, () => {
        const socket = connect()
        socket.end('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
        let text = ''
        socket.on('data', piece => (text += piece.toString()))
        return new Promise<string>(resolve => socket.on('close', () => resolve(text)))
      }),
    )
    expect(told.every(text => text.startsWith('HTTP/1.1 200 OK'))).toBe(true)
    expect([...kinds]).toEqual([true])
  })

  it('loses nobody who comes while the handles are made', async () => {
    const server = http.createServer((_, response) => response.end('ok'))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const acceptors = new Acceptors(server, MORE)
    closing.push(() => server.close().closeAllConnections())
    const { port } = server.address() as AddressInfo
    let made = false
    void acceptors.ready.then(() => (made = true))
    // One after the other, so that the other process has time to take one.
    while (!made)
      expect((await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).status).toBe(200)
    server.close()
    await acceptors.close()
  })

  it('closes with all its handles, and not before what they accepted is answered', async () => {
    const open: http.ServerResponse[] = []
    const { server, acceptors, port, connect } = await setup((_, response) => void open.push(response))
    const sockets = Array.from({ length: 12 }, connect)
    for (const socket of sockets) socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    while (open.length < sockets.length) await new Promise(resolve => setImmediate(resolve))
    const order: string[] = []
    const closed = Promise.all([new Promise(resolve => server.close(resolve)), acceptors.close()])
    void closed.then(() => order.push('closed'))
    const late = net.connect({ port, host: '127.0.0.1' })
    await new Promise(resolve => late.once('error', resolve))
    order.push('answered')
    for (const response of open) response.end('ok')
    await closed
    expect(order).toEqual(['answered', 'closed'])
  })
})
