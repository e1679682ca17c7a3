import type { FastifyInstance, FastifyRequest } from 'fastify'
import { RETRY_AFTER_MS, TURNS_SHARE, TURNS_WAITING } from '../contract/limits.js'
import { type Circles, Shares } from '../shell/visitors/shares.js'
import { HttpProblem } from './problem.js'
import type { Visitors } from './visitor.js'

/** What was used counts half after this time. */
const HALF_MS = 2_000
/** Longest pause after a long piece of work while others wait: meanwhile short questions are answered. */
const LONGEST_PAUSE_MS = 50
/** Short work begun each time the loop turns, and what one takes: a report. */
const SHORT_AT_ONCE = 16
/** Milliseconds that one piece of short work is taken to cost; measuring it would cost more. */
const SHORT_MS = 0.5
/** Names whose use is remembered; those that used least are forgotten first. */
const NAMES_MAX = 10_000

class Waiter {
  constructor(
    readonly circles: Circles,
    readonly short: boolean,
    readonly go: () => void,
    readonly refuse: (error: Error) => void,
  ) {}
}

/** Those of one address, oldest first. */
type Queue = Map<string, Waiter[]>

/** Network, and address within it. */
export const namesOf = (circles: Circles): [string, string] => [circles[0] ?? '', `${circles[0]} ${circles.at(-1)}`]

/** Milliseconds of work that a network used lately, and an address in it. */
export class Used {
  readonly #ms = new Map<string, { ms: number; at: number }>()

  by(name: string, now: number): number {
    const known = this.#ms.get(name)
    return known === undefined ? 0 : known.ms * 2 ** ((known.at - now) / HALF_MS)
  }

  note(circles: Circles, ms: number, now: number): void {
    for (const name of namesOf(circles)) {
      const used = this.by(name, now) + ms
      this.#ms.delete(name)
      this.#ms.set(name, { ms: used, at: now })
      if (this.#ms.size > NAMES_MAX) this.#ms.delete(this.#ms.keys().next().value!)
    }
  }

  /** The oldest of the address that used least, within the network that used least. O(addresses that wait). */
  least<Item extends { circles: Circles }>(queue: ReadonlyMap<string, readonly Item[]>, now: number): Item | null {
    let best: Item | null = null
    let [leastNetwork, leastAddress] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
    for (const [item] of queue.values()) {
      const [network, address] = namesOf(item!.circles)
      const ofNetwork = this.by(network, now)
      if (ofNetwork > leastNetwork) continue
      const ofAddress = this.by(address, now)
      if (ofNetwork === leastNetwork && ofAddress >= leastAddress) continue
      best = item!
      leastNetwork = ofNetwork
      leastAddress = ofAddress
    }
    return best
  }
}

/**
 * Work that takes time is done one piece at a time, and whose is next is decided by who had least of it lately: networks
 * first, within a network addresses. So a party that asks for a thousand things waits for itself. Between two pieces
 * whatever is quickly answered gets its turn. Short work has turns of its own, some at once each time the loop turns.
 */
export class Turns {
  readonly #waiting = new Shares<Waiter>(TURNS_WAITING, [TURNS_SHARE.network, TURNS_SHARE.prefix, TURNS_SHARE.address])
  readonly #long: Queue = new Map()
  readonly #short: Queue = new Map()
  readonly #used = new Used()
  #working: Waiter | null = null
  #since = 0
  #pause: NodeJS.Timeout | null = null
  #shortNow = 0

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  get size(): number {
    return this.#waiting.size
  }

  /**
   * Resolves when it is their turn, with what ends it.
   *
   * @param short it takes no time worth waiting for, and the turn ends by itself
   * @throws HttpProblem when so many of theirs wait already
   */
  take(circles: Circles, short = false): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(circles, short, () => resolve(() => this.#end(waiter)), reject)
      const taken = this.#waiting.take(circles, waiter)
      if (!taken.in) return reject(tooMany())
      if (taken.out !== null) {
        this.#leave(taken.out)
        taken.out.refuse(tooMany())
      }
      const queue = short ? this.#short : this.#long
      const [, name] = namesOf(circles)
      const others = queue.get(name)
      if (others === undefined) queue.set(name, [waiter])
      else others.push(waiter)
      if (short) this.#nextShort()
      else this.#next()
    })
  }

  #leave(waiter: Waiter): void {
    this.#waiting.free(waiter)
    const queue = waiter.short ? this.#short : this.#long
    const [, name] = namesOf(waiter.circles)
    const others = queue.get(name)
    const at = others?.indexOf(waiter) ?? -1
    if (at >= 0) others!.splice(at, 1)
    if (others?.length === 0) queue.delete(name)
  }

  #first(queue: Queue, now: number): Waiter | null {
    const best = this.#used.least(queue, now)
    if (best !== null) this.#leave(best)
    return best
  }

  #next(): void {
    if (this.#working !== null || this.#pause !== null) return
    const now = this.nowMs()
    this.#working = this.#first(this.#long, now)
    this.#since = now
    this.#working?.go()
  }

  #nextShort(): void {
    while (this.#shortNow < SHORT_AT_ONCE) {
      const now = this.nowMs()
      const next = this.#first(this.#short, now)
      if (next === null) return
      if (this.#shortNow++ === 0)
        setImmediate(() => {
          this.#shortNow = 0
          this.#nextShort()
        })
      this.#used.note(next.circles, SHORT_MS, now)
      next.go()
    }
  }

  #end(waiter: Waiter): void {
    if (this.#working !== waiter) return
    this.#working = null
    const now = this.nowMs()
    const took = now - this.#since
    this.#used.note(waiter.circles, took, now)
    if (this.#long.size === 0) return
    this.#pause = setTimeout(
      () => {
        this.#pause = null
        this.#next()
      },
      Math.min(LONGEST_PAUSE_MS, took),
    )
  }
}

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
  server.addHook('onRequest', async (request, reply) => {
    const { config } = request.routeOptions
    if (config.atOnce === true || config.streamed === true || visitors.isOurs(request)) return
    const done = new Promise<void>(resolve => {
      ends.set(request, resolve)
      reply.raw.once('close', resolve)
    })
    // A form is short work and then waits for the disk: others need not wait for that.
    const end = await turns.take(visitors.circles(request), request.method === 'POST')
    void done.then(end)
    // Nobody is there any more: no work for nobody.
    if (request.raw.socket.destroyed) {
      ends.get(request)!()
      reply.hijack()
    }
  })
  server.addHook('onSend', async request => ends.get(request)?.())
  return turns
}
