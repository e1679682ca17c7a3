import type { ServiceNow } from '../../contract/view.js'
import { REPORT_PREFIXES } from '../../contract/limits.js'
import { Buckets } from '../../shell/visitors/buckets.js'
import { Challenges, type Puzzle, Siege } from '../../shell/visitors/challenge.js'
import type { Env } from '../../shell/env.js'

/** Waiting tickets for one prefix: people without script, and who presses too early. */
const TICKETS = { burst: 20, perMinute: 2 }

export interface Proof {
  proof?: string
  ticket?: string
}

/** What the door asks of a report before it counts. */
export interface Asking {
  puzzle: Puzzle
  /** For who has no script; null: a program, or this prefix has had its share. */
  ticket: string | null
  early: boolean
}

/**
 * While a service is under attack, who is kept out by a limit of its door may prove that he is no flood. Whom no limit
 * keeps out is never asked: an attack from elsewhere is not his trouble.
 */
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

  /** For a report that a limit refused; `page`: of a browser that sends forms. `calm`: nothing is asked; `proved`: it passes. */
  ask(
    row: Pick<ServiceNow, 'service' | 'coordinated' | 'recent'>,
    prefix: string,
    given: Proof,
    page: boolean,
  ): Asking | 'calm' | 'proved' {
    const { service } = row
    const now = this.env.now()
    if (this.mode === 'off') return 'calm'
    if (given.proof !== undefined && this.#challenges.solved(given.proof, service)) return 'proved'
    const opens = given.ticket === undefined ? 'no' : this.#challenges.opens(given.ticket, service, prefix)
    if (opens === 'yes') return 'proved'
    const attacked = this.#siege.on(service, row, now)
    this.#siege.note(service, now)
    if (!attacked) return 'calm'
    const early = opens === 'early'
    const ticket = early
      ? (given.ticket as string)
      : page && this.#tickets.take(prefix, now)
        ? this.#challenges.ticket(service, prefix)
        : null
    return { puzzle: this.#challenges.puzzle(service), ticket, early }
  }
}
