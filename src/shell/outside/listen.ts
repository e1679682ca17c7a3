import dgram from 'node:dgram'
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { PermanentError, TransientError } from '../../contract/error.js'
import { LISTEN_CONNECTIONS, LISTEN_IDLE_MS, LISTEN_WAITING_BYTES } from '../../contract/limits.js'
import type { Heard, ListenAt, Listening } from '../../contract/outside/listening.js'
import type { Stop } from '../../contract/plugin.js'
import { isRange, plainAddress, rangesOf } from '../visitors/address.js'
import { isPublicAddress } from './guard.js'
import { sleep } from './sleep.js'

const LOOPBACK = '127.0.0.1'
/** What the system is asked to keep for us while we are busy; it may give less. */
const SOCKET_BYTES = 8 * 1024 * 1024
/** Nobody can come to an address that is not ours, whenever it is tried. */
const NEVER = new Set(['EADDRNOTAVAIL', 'EACCES', 'ENOTFOUND', 'EINVAL'])
/** Something is looked for so often while nothing comes. */
const HEARD_LOOK_MS = 20

/** Opens a port of this machine. @throws TransientError where it is taken, PermanentError where it cannot be had */
export async function listen(at: ListenAt): Promise<Listening> {
  const { protocol, host = LOOPBACK, port } = at
  const wrong = at.senders?.find(each => !isRange(each))
  if (wrong !== undefined) throw new PermanentError(`senders are addresses or ranges such as 10.0.0.0/8, not ${wrong}`)
  const heard = new Waiting(at.senders)
  try {
    return protocol === 'udp' ? await udp(heard, host, port) : await tcp(heard, host, port)
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    const what = `cannot listen at ${protocol}://${host}:${port} (${code})`
    throw NEVER.has(code) ? new PermanentError(what) : new TransientError(what, 0)
  }
}

/** What has come and nobody has fetched, up to a bound. */
class Waiting {
  private pieces: Heard[] = []
  private size = 0
  private datagrams = 0
  private refused = 0
  private readonly allowed: (address: string) => boolean
  /** There is room again. */
  onRoom = (): void => {}

  constructor(senders: readonly string[] | undefined) {
    const ranges = senders === undefined ? null : rangesOf(senders)
    this.allowed = ranges === null ? address => !isPublicAddress(address) : ranges
  }

  lets(address: string | undefined): boolean {
    const plain = address === undefined ? null : plainAddress(address)
    const may = plain !== null && this.allowed(plain)
    if (!may) this.refused++
    return may
  }

  get full(): boolean {
    return this.size >= LISTEN_WAITING_BYTES
  }

  put(piece: Heard): void {
    this.pieces.push(piece)
    // An empty piece takes room as well.
    this.size += piece.bytes.length + 64
  }

  datagram(bytes: Uint8Array): void {
    if (this.full) this.datagrams++
    else this.put({ from: 0, bytes })
  }

  async next(waitMs: number, stop: Stop): Promise<Heard[]> {
    const end = performance.now() + waitMs
    while (this.pieces.length === 0 && !stop.aborted) {
      const left = end - performance.now()
      if (left <= 0) break
      await sleep(Math.min(HEARD_LOOK_MS, left), stop)
    }
    const { pieces } = this
    this.pieces = []
    this.size = 0
    this.onRoom()
    return pieces
  }

  lost(): { datagrams: number; refused: number } {
    const { datagrams, refused } = this
    this.datagrams = 0
    this.refused = 0
    return { datagrams, refused }
  }
}

async function udp(waiting: Waiting, host: string, port: number): Promise<Listening> {
  const socket = dgram.createSocket({ type: net.isIPv6(host) ? 'udp6' : 'udp4', recvBufferSize: SOCKET_BYTES })
  socket.on('message', (bytes, { address }) => {
    if (waiting.lets(address)) waiting.datagram(bytes)
  })
  try {
    socket.bind({ address: host, port, exclusive: true })
    await once(socket, 'listening')
  } catch (error) {
    socket.close()
    throw error
  }
  // A message that the system could not deliver is none of ours; without a listener it would end the process.
  socket.on('error', () => {})
  return made(waiting, socket.address(), () => new Promise<void>(done => socket.close(() => done())))
}

async function tcp(waiting: Waiting, host: string, port: number): Promise<Listening> {
  const open = new Map<number, net.Socket>()
  let last = 0
  waiting.onRoom = () => {
    for (const socket of open.values()) if (socket.isPaused()) socket.resume()
  }
  const server = net.createServer(socket => {
    socket.on('error', () => {})
    if (open.size >= LISTEN_CONNECTIONS || !waiting.lets(socket.remoteAddress)) return void socket.destroy()
    const from = ++last
    open.set(from, socket)
    socket.setTimeout(LISTEN_IDLE_MS, () => socket.destroy())
    socket.on('data', bytes => {
      waiting.put({ from, bytes })
      if (waiting.full) socket.pause()
    })
    // The other side hears nothing from us, and sees the end of its own.
    socket.on('end', () => socket.end())
    socket.on('close', () => {
      open.delete(from)
      waiting.put({ from, bytes: new Uint8Array(0) })
    })
  })
  server.listen({ host, port, exclusive: true })
  await once(server, 'listening')
  server.on('error', () => {})
  return made(waiting, server.address() as AddressInfo, async () => {
    const closed = new Promise(done => server.close(done))
    for (const socket of open.values()) socket.destroy()
    await closed
  })
}

function made(waiting: Waiting, { address, port }: AddressInfo, close: () => Promise<unknown>): Listening {
  return {
    address,
    port,
    next: (waitMs, stop) => waiting.next(waitMs, stop),
    lost: () => waiting.lost(),
    async [Symbol.asyncDispose]() {
      await close()
    },
  }
}
