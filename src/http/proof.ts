import type { ServiceNow } from '../contract/view.js'
import { REPORT_PREFIXES } from '../contract/limits.js'
import { Buckets } from '../shell/buckets.js'
import { Challenges, type Puzzle, Siege } from '../shell/challenge.js'
import type { Env } from '../shell/env.js'

/** Waiting tickets for one prefix: people without script, and who presses too early. */
const TICKETS = { burst: 20, perMinute: 2 }

export interface Proof {
  proof?: string
  ticket?: string
}

/** What the door asks of a report before it counts. */
export interface Asking {
  puzzle: Puzzle
  /** For who has no script; null: this prefix has had its share. */
  ticket: string | null
  early: boolean
}

/** Asks for a proof of work while a service is under attack, and for nothing at any other time. */
export class Proofs {
  readonly #challenges: Challenges
  readonly #siege = new Siege()
  readonly #tickets = new Buckets(TICKETS, REPORT_PREFIXES)

  constructor(
    private readonly env: Pick<Env, 'now' | 'random'>,
    private readonly mode: 'auto' | 'off',
  ) {
    this.#challenges = new Challenges(env)
  }

  /** Null: nothing (more) is asked, the report may be counted. */
  ask(row: Pick<ServiceNow, 'service' | 'coordinated' | 'recent'>, prefix: string, given: Proof): Asking | null {
    const { service } = row
    const now = this.env.now()
    if (this.mode === 'off' || !this.#siege.on(service, row, now)) return null
    if (given.proof !== undefined && this.#challenges.solved(given.proof, service)) return null
    const opens = given.ticket === undefined ? 'no' : this.#challenges.opens(given.ticket, service, prefix)
    if (opens === 'yes') return null
    this.#siege.note(service, now)
    const early = opens === 'early'
    const ticket = early
      ? (given.ticket as string)
      : this.#tickets.take(prefix, now)
        ? this.#challenges.ticket(service, prefix)
        : null
    return { puzzle: this.#challenges.puzzle(service), ticket, early }
  }

  /** The door refused to count it. */
  refused(service: string): void {
    this.#siege.note(service, this.env.now())
  }
}
