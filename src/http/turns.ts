import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { RETRY_AFTER_MS, TURNS_SHARE, TURNS_WAITING } from '../contract/limits.js'
import { type Circles, Shares } from '../shell/shares.js'
import { HttpProblem } from './problem.js'
import type { Visitors } from './visitor.js'

/** What was used counts half after this time. */
const HALF_MS = 2_000
/** Longest pause after a long piece of work while others wait: meanwhile short questions are answered. */
const PAUSE_MS = 50
/** Names whose use is remembered; those that used least are forgotten first. */
const NAMES_MAX = 10_000

class Waiter {
  constructor(
    readonly circles: Circles,
    readonly go: () => void,
    readonly refuse: (error: Error) => void,
  ) {}
}

/**
 * Work that takes time is done one piece at a time, and whose is next is decided by who had least of it lately: networks
 * first, within a network addresses. So a party that asks for a thousand things waits for itself. Between two pieces
 * whatever is quickly answered gets its turn.
 */
export class Turns {
  readonly #waiting = new Shares<Waiter>(TURNS_WAITING, [TURNS_SHARE.network, TURNS_SHARE.prefix, TURNS_SHARE.address])
  /** Milliseconds used by a network, and by an address. */
  readonly #used = new Map<string, { ms: number; at: number }>()
  #working: Waiter | null = null
  #since = 0
  #timer: NodeJS.Timeout | null = null

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  get size(): number {
    return this.#waiting.size
  }

  /** Resolves when it is their turn, with what ends it. @throws HttpProblem when so many of theirs wait already */
  take(circles: Circles, gone?: (forget: () => void) => void): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(circles, () => resolve(() => this.#end(waiter)), reject)
      const taken = this.#waiting.take(circles, waiter)
      if (!taken.in) return reject(tooMany())
      taken.out?.refuse(tooMany())
      gone?.(() => {
        this.#waiting.free(waiter)
        this.#end(waiter)
      })
      if (this.#working === null && this.#timer === null) this.#next()
    })
  }

  #next(): void {
    this.#timer = null
    if (this.#working !== null) return
    const now = this.nowMs()
    let best: Waiter | null = null
    let least = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
    for (const each of this.#waiting.items()) {
      const used = namesOf(each.circles).map(name => this.#usedBy(name, now))
      if (best !== null && !(used[0]! < least[0]! || (used[0] === least[0] && used[1]! < least[1]!))) continue
      best = each
      least = used
    }
    if (best === null) return
    this.#waiting.free(best)
    this.#working = best
    this.#since = now
    best.go()
  }

  #end(waiter: Waiter): void {
    if (this.#working !== waiter) return
    this.#working = null
    const now = this.nowMs()
    const took = now - this.#since
    for (const name of namesOf(waiter.circles)) this.#note(name, took, now)
    if (this.#waiting.size > 0) this.#timer = setTimeout(() => this.#next(), Math.min(PAUSE_MS, Math.floor(took)))
  }

  #usedBy(name: string, now: number): number {
    const known = this.#used.get(name)
    return known === undefined ? 0 : known.ms * 2 ** ((known.at - now) / HALF_MS)
  }

  #note(name: string, ms: number, now: number): void {
    const used = this.#usedBy(name, now) + ms
    this.#used.delete(name)
    this.#used.set(name, { ms: used, at: now })
    if (this.#used.size > NAMES_MAX) this.#used.delete(this.#used.keys().next().value!)
  }
}

/** Network, and address within it. */
const namesOf = (circles: Circles): [string, string] => [circles[0] ?? '', `${circles[0]} ${circles.at(-1)}`]

const tooMany = () =>
  new HttpProblem(503, 'too many questions at once', 'so many of yours wait already', {
    rule: 'requests.waiting',
    value: `more than ${TURNS_SHARE.address} of an address`,
    retryAfterMs: RETRY_AFTER_MS,
  })

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Waits for nobody's turn: it takes no time, or has places of its own. */
    atOnce?: boolean
  }
}

/** Options of a route that is answered at once. */
export const AT_ONCE = { config: { atOnce: true } }

/** Whoever asks for something that does not lie ready waits for their turn. What this server asks itself does not. */
export function takeTurns(server: FastifyInstance, visitors: Visitors): Turns {
  const turns = new Turns()
  const ends = new WeakMap<FastifyRequest, () => void>()
  // Questions that came in one piece are answered in their order: one of a connection waits at a time.
  const before = new WeakMap<Socket, Promise<void>>()
  server.addHook('onRequest', async (request, reply) => {
    const { config } = request.routeOptions
    if (config.atOnce === true || config.streamed === true || visitors.isOurs(request)) return
    const { socket } = request.raw
    const earlier = before.get(socket)
    const done = new Promise<void>(resolve => {
      ends.set(request, resolve)
      reply.raw.once('close', resolve)
    })
    before.set(socket, done)
    await earlier
    const end = await turns.take(visitors.circles(request), forget => reply.raw.once('close', forget))
    void done.then(end)
    // A form is short work and then waits for the disk: others need not wait for that.
    if (request.method === 'POST') setImmediate(end)
  })
  server.addHook('onSend', async request => ends.get(request)?.())
  return turns
}
