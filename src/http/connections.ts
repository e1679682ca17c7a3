import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { CONNECTIONS, CONNECTIONS_SHARE } from '../contract/limits.js'
import { circlesOf } from '../shell/visitors/circles.js'
import { Shares } from '../shell/visitors/shares.js'

/**
 * Shares the connections among those who connect: who opens thousands takes them from nobody else. An own proxy is not
 * counted, for it speaks for many.
 */
export class Connections {
  /** Closed or not let in since the start, because somebody held too many. */
  refused = 0
  readonly #open = new Shares<Socket>(CONNECTIONS, [
    CONNECTIONS_SHARE.network,
    CONNECTIONS_SHARE.prefix,
    CONNECTIONS_SHARE.address,
  ])

  /** Counts no connection that comes from now on: another does. */
  readonly retire: () => void

  constructor(
    server: Server,
    private readonly isProxy: (address: string) => boolean,
  ) {
    const counted = (socket: Socket) => this.#connected(socket)
    // Before whoever reads from it.
    server.prependListener('connection', counted)
    this.retire = () => void server.removeListener('connection', counted)
  }

  get size(): number {
    return this.#open.size
  }

  #connected(socket: Socket): void {
    const { remoteAddress } = socket
    // It is gone already, or is one of ours.
    if (remoteAddress === undefined || this.isProxy(remoteAddress)) return
    const taken = this.#open.take(circlesOf(remoteAddress), socket)
    if (!taken.in || taken.out !== null) this.refused++
    if (!taken.in) return void socket.destroy()
    taken.out?.destroy()
    socket.once('close', () => this.#open.free(socket))
  }
}
