import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { HEAD_BYTES, HEAD_MS } from '../contract/limits.js'
import { MINUTE, SECOND } from '../contract/time.js'
import type { Front } from './front/front.js'
import { inOrder } from './in-order.js'

/** A request has ten minutes to arrive; an idle connection is kept for a minute and a bit, longer than proxies do. */
export const LISTENING = {
  requestTimeout: 10 * MINUTE,
  keepAliveTimeout: 72 * SECOND,
  maxHeaderSize: HEAD_BYTES,
  headersTimeout: HEAD_MS,
  /** Heads and bodies that are late are looked for this often. */
  connectionsCheckingInterval: 5 * SECOND,
}
/** Connections that wait for nothing are looked for this often while the server ends. */
const IDLE_MS = 50

/** The listening half of a server, which outlives what answers. */
export interface Shared {
  server: http.Server
  fronts: Set<Front>
  /** True once there will be no other to answer. */
  ending: boolean
}

/**
 * Listens once and lets the server of the day answer, so that another can take its place: no connection is closed for it,
 * questions that come meanwhile wait, and what the old one is answering it answers.
 */
export class Entrance {
  readonly #shared: Shared
  readonly #sockets = new Set<Socket>()
  readonly #track = (socket: Socket) => {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
  }
  #now: FastifyInstance | null = null
  #next: Promise<unknown> = Promise.resolve()

  constructor() {
    const answer = (request: IncomingMessage, response: ServerResponse) => {
      if (this.#now !== null) this.#now.routing(request, response)
      else void this.#next.then(() => this.#now?.routing(request, response))
    }
    const server = http.createServer(LISTENING, inOrder(answer))
    this.#shared = { server, fronts: new Set(), ending: false }
  }

  /** @returns the port */
  async listen(host: string, port: number): Promise<number> {
    const { server } = this.#shared
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port }, () => {
        server.removeListener('error', reject)
        resolve()
      })
    })
    return (server.address() as AddressInfo).port
  }

  /** Lets what `make` makes answer from now on. Where it fails nobody answers until it is called again. */
  async answerWith(make: (shared: Shared) => Promise<FastifyInstance>): Promise<void> {
    const old = this.#now
    this.#now = null
    const next = (async () => {
      // Its half of the connections goes on; each maker adds its own way to tell senders what could not be read.
      await old?.close()
      const { server } = this.#shared
      server.removeAllListeners('clientError')
      // A front takes what listens here for the server behind it.
      server.removeListener('connection', this.#track)
      this.#now = await make(this.#shared)
      server.prependListener('connection', this.#track)
    })()
    this.#next = next.catch(() => {})
    await next
  }

  /** Takes no more connections and ends when what was asked is answered, or after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    const { server, fronts } = this.#shared
    await this.#next
    this.#shared.ending = true
    const drained = new Promise(resolve => server.close(resolve))
    await this.#now?.close()
    for (const front of fronts) front.close()
    const late = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy()
    }, graceMs)
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_MS)
    await drained
    clearTimeout(late)
    clearInterval(idle)
  }
}
