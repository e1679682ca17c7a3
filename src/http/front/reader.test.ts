import http from 'node:http'
import net from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { Ready } from './answer.js'
import { head } from './fixtures/odd.js'
import { Front } from './front.js'

describe('a slow reader', () => {
  /** More than the kernel takes at once. */
  const LONG = 12_000_000

  /** A front whose every answer is this long; `coming`: it is not there at once. */
  async function fronted(bytes: number, options: { keepAliveMs: number; unreadMs?: number; coming?: boolean }) {
    const given = { status: 200, message: 'OK', headers: [['content-length', String(bytes)]] as [string, string][] }
    const ready = new Ready({ ...given, body: Buffer.alloc(bytes, 'x') }, 1_000)
    const take = () => (options.coming === true ? Promise.resolve(ready) : ready)
    const server = http.createServer()
    const front = new Front(server, { ...options, shelf: { take } as never, isProxy: () => false })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as net.AddressInfo
    const stop = () => {
      front.close()
      server.close()
    }
    return { front, port, stop }
  }

  it.each([{ coming: false }, { coming: true }])(
    'gets all of an answer (%o) over a time in which an idle connection is closed, and is heard again',
    async ({ coming }) => {
      const { port, stop } = await fronted(LONG, { keepAliveMs: 1_000, coming })
      const socket = net.connect({ port, host: '127.0.0.1', noDelay: true }).pause()
      let came = 0
      let ended: string | null = null
      socket.on('error', error => (ended = String(error)))
      socket.on('data', piece => (came += piece.length))
      socket.write(head('/status'))
      await new Promise(next => setTimeout(next, 2_200))
      socket.resume()
      await vi.waitFor(() => expect({ ended, all: came > LONG }).toEqual({ ended: null, all: true }), 5_000)
      const first = came
      socket.write(head('/status'))
      await vi.waitFor(() => expect({ ended, all: came }).toEqual({ ended: null, all: 2 * first }), 5_000)
      socket.destroy()
      stop()
    },
  )

  it('who reads nothing more has gone away', async () => {
    const { front, port, stop } = await fronted(LONG, { keepAliveMs: 60_000, unreadMs: 100 })
    const socket = net.connect({ port, host: '127.0.0.1' }).pause()
    socket.write(head('/status'))
    await vi.waitFor(() => expect(front.connections).toBe(1))
    await vi.waitFor(() => expect(front.connections).toBe(0), 10_000)
    socket.destroy()
    stop()
  })
})
