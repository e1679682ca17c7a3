import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import { describe, expect, it } from 'vitest'
import { PermanentError, TransientError } from '../../contract/error.js'
import { LISTEN_WAITING_BYTES } from '../../contract/limits.js'
import type { Heard, Listening, ListenAt } from '../../contract/outside/listening.js'
import { listen } from './listen.js'

const stop = new AbortController().signal

async function send(port: number, ...texts: (string | Buffer)[]): Promise<void> {
  const socket = dgram.createSocket('udp4')
  for (const text of texts)
    await new Promise<void>((done, fail) =>
      socket.send(text, port, '127.0.0.1', error => (error ? fail(error) : done())),
    )
  socket.close()
}
/** Fetches until that many bytes have come. */
async function heard(port: Listening, bytes: number): Promise<Heard[]> {
  const all: Heard[] = []
  while (all.reduce((sum, each) => sum + each.bytes.length, 0) < bytes) all.push(...(await port.next(2_000, stop)))
  return all
}
const text = (all: Heard[]) => all.map(each => Buffer.from(each.bytes).toString())

describe('a port that listens', () => {
  it('hears datagrams, on this machine alone where nothing is said', async () => {
    await using port = await listen({ protocol: 'udp', port: 0 })
    expect(port.address).toBe('127.0.0.1')
    await send(port.port, 'a', 'bc')
    expect(text(await heard(port, 3))).toEqual(['a', 'bc'])
    expect(await port.next(0, stop)).toEqual([])
    expect(port.lost()).toEqual({ datagrams: 0, refused: 0 })
  })

  it('hears connections, each by itself, and when they are over', async () => {
    await using port = await listen({ protocol: 'tcp', port: 0 })
    const [one, two] = [net.connect(port.port, '127.0.0.1'), net.connect(port.port, '127.0.0.1')]
    one.write('one')
    two.write('two')
    const all = await heard(port, 6)
    expect(text(all).toSorted()).toEqual(['one', 'two'])
    expect(new Set(all.map(each => each.from)).size).toBe(2)
    one.end()
    await once(one, 'close')
    const [over] = await port.next(2_000, stop)
    expect([over?.from, over?.bytes.length]).toEqual([all.find(each => text([each])[0] === 'one')?.from, 0])
    two.destroy()
  })

  it.each(['udp', 'tcp'] as const)('hears nobody over %s who may not send', async protocol => {
    await using port = await listen({ protocol, port: 0, senders: ['10.0.0.0/8'] })
    if (protocol === 'udp') await send(port.port, 'a')
    else {
      const socket = net.connect(port.port, '127.0.0.1').on('error', () => {})
      await once(socket, 'close')
    }
    expect(await port.next(50, stop)).toEqual([])
    await expect.poll(() => port.lost().refused).toBe(1)
  })

  it('keeps so much and no more: what is beyond is counted, and there is room again', async () => {
    await using port = await listen({ protocol: 'udp', port: 0 })
    const large = Buffer.alloc(60_000, 'x')
    let lost = 0
    // The system loses some by itself where we are slow to fetch them.
    for (let i = 0; lost === 0 && i < 20 * (LISTEN_WAITING_BYTES / large.length); i++) {
      await send(port.port, large)
      await new Promise(setImmediate)
      lost += port.lost().datagrams
    }
    expect(lost).toBeGreaterThan(0)
    const kept = (await port.next(0, stop)).reduce((sum, each) => sum + each.bytes.length, 0)
    expect(kept).toBeLessThanOrEqual(LISTEN_WAITING_BYTES + large.length)
    await send(port.port, 'again')
    expect(text(await heard(port, 1))).toContain('again')
  })

  it('lets a connection wait that says more than there is room for, and loses nothing of it', async () => {
    await using port = await listen({ protocol: 'tcp', port: 0 })
    const socket = net.connect(port.port, '127.0.0.1')
    const bytes = LISTEN_WAITING_BYTES + 4_000_000
    socket.end(Buffer.alloc(bytes, 'x'))
    expect((await heard(port, bytes)).reduce((sum, each) => sum + each.bytes.length, 0)).toBe(bytes)
  })

  it.each<[string, (taken: number) => ListenAt, typeof TransientError | typeof PermanentError]>([
    ['is taken', port => ({ protocol: 'tcp', port }), TransientError],
    ['is of another machine', () => ({ protocol: 'tcp', host: '192.0.2.1', port: 0 }), PermanentError],
    ['is of another machine', () => ({ protocol: 'udp', host: '192.0.2.1', port: 0 }), PermanentError],
  ])('cannot be had where it %s', async (_, at, kind) => {
    await using taken = await listen({ protocol: 'tcp', port: 0 })
    await expect(listen(at(taken.port))).rejects.toThrow(kind)
    await expect(listen(at(taken.port))).rejects.toThrow(/cannot listen at (tcp|udp):\/\//)
  })

  it('asks for senders that there can be', async () => {
    const port = listen({ protocol: 'udp', port: 0, senders: ['10.0.0.0/8', '10.0.0.999'] })
    await expect(port).rejects.toThrow(PermanentError)
    await expect(port).rejects.toThrow('10.0.0.999')
  })

  it('is free again once it is given up, also while somebody is connected', async () => {
    const port = await listen({ protocol: 'tcp', port: 0 })
    const socket = net.connect(port.port, '127.0.0.1').on('error', () => {})
    socket.write('x')
    await heard(port, 1)
    await port[Symbol.asyncDispose]()
    await using again = await listen({ protocol: 'tcp', port: port.port })
    expect(again.port).toBe(port.port)
  })
})
