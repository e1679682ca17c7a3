import { spawn } from 'node:child_process'
import net from 'node:net'
import { MINUTE } from '../contract/time.js'

/**
 * Connections accepted each time the loop turns. With one, a hundred that come at once wait for a hundred turns, of some 5 ms under
 * load; each more makes a turn longer by what a new one asks, up to a millisecond: at eight, a hundred wait for thirteen turns of 9 ms.
 */
export const ACCEPTED_AT_ONCE = 8

/** Gives back each handle that it is sent, and ends when its parent hangs up. It is sent handles, not servers: those would listen there. */
const MIRROR = `process.on('message', (message, handle) => process.send(message, handle))`

/**
 * Lets a listening server accept several connections each time the loop turns. libuv (since 1.45) accepts one of a
 * listening handle and then looks at everything else: under load strangers wait in the kernel's queue for as many turns as
 * connections came before theirs, and when that queue is full for seconds. More handles of the same socket accept more.
 * Node makes one only by sending the socket to another process and back, so one is started for a moment. Where that fails
 * the server accepts one at a time, as before.
 */
export class Acceptors {
  /** Resolves with how many there are beside the server itself. */
  readonly ready: Promise<number>
  readonly #others = new Set<net.Server>()
  #closed = false

  constructor(server: net.Server, more = ACCEPTED_AT_ONCE - 1) {
    const mirror = spawn(process.execPath, ['-e', MIRROR], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: {},
      timeout: MINUTE,
    })
    mirror.unref()
    this.ready = new Promise(resolve => {
      const done = () => {
        if (mirror.connected) mirror.disconnect()
        resolve(this.#others.size)
      }
      mirror.once('error', done).once('exit', done)
      mirror.on('message', (_, handle) => {
        this.#add(server, handle)
        if (this.#closed || this.#others.size === more) done()
      })
      const handle = Reflect.get(server, '_handle') as net.Server
      for (let i = 0; i < more; i++) mirror.send('', handle, error => error !== null && done())
    })
  }

  #add(server: net.Server, handle: unknown): void {
    // As http.createServer makes them.
    const other = net.createServer({ allowHalfOpen: true, noDelay: true }, socket => server.emit('connection', socket))
    other.on('error', () => other.close())
    other.listen(handle as net.Server)
    if (this.#closed) other.close()
    else this.#others.add(other)
  }

  /** They accept no more; resolves when the connections that they accepted are closed. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#others].map(other => new Promise(resolve => other.close(resolve))))
  }
}
