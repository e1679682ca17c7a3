import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import net from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { PIPELINED } from '../contract/limits.js'
import { inOrder } from './in-order.js'

const servers: http.Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

/** A server that answers when the test says so, and a connection that asks many questions in one piece. */
async function setup(many: number) {
  const begun: string[] = []
  const open: ServerResponse[] = []
  const later: (() => void)[] = []
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    begun.push(request.url!)
    open.push(response)
  }
  const server = http.createServer(inOrder(answer, go => void later.push(go)))
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const socket = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
  let told = ''
  socket.on('data', piece => (told += piece.toString()))
  socket.on('error', () => {})
  const ask = (paths: string[]) => socket.write(paths.map(path => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
  ask(Array.from({ length: many }, (_, i) => `/${i}`))
  await vi.waitFor(() => expect(begun).toEqual(['/0']))
  /** Answers what is open, and lets the loop turn. */
  const step = async () => {
    for (const response of open.splice(0)) response.end('ok')
    await vi.waitFor(() => expect(later).toHaveLength(1), { interval: 1 })
    later.shift()!()
  }
  return { begun, open, later, socket, step, ask, told: () => told }
}

describe('questions of one connection', () => {
  it('are worked on one at a time, in their order, and each in another turn of the loop', async () => {
    const { begun, open, later, step } = await setup(3)
    open.shift()!.end('ok')
    await vi.waitFor(() => expect(later).toHaveLength(1))
    expect(begun).toEqual(['/0'])
    later.shift()!()
    expect(begun).toEqual(['/0', '/1'])
    await step()
    expect(begun).toEqual(['/0', '/1', '/2'])
  })

  it('are all answered, also those that come when the others are done', async () => {
    const { begun, step, ask, told } = await setup(PIPELINED)
    for (let i = 0; i < PIPELINED; i++) await step()
    expect(begun).toHaveLength(PIPELINED)
    ask(['/late'])
    await vi.waitFor(() => expect(begun.at(-1)).toBe('/late'))
    await step()
    await vi.waitFor(() => expect(told().split('200 OK')).toHaveLength(PIPELINED + 2))
  })

  it('go with who asked them: nobody works for somebody who left', async () => {
    const { begun, later, socket } = await setup(20)
    socket.destroy()
    await vi.waitFor(() => expect(later).toHaveLength(1))
    later.shift()!()
    expect(later).toEqual([])
    expect(begun).toEqual(['/0'])
  })

  it('that come too far ahead of their answers close it', async () => {
    const { begun, socket, later } = await setup(PIPELINED + 2)
    await vi.waitFor(() => expect(socket.closed).toBe(true))
    await vi.waitFor(() => expect(later).toHaveLength(1))
    later.shift()!()
    expect(begun).toEqual(['/0'])
  })
})
