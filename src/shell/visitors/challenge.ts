import { createHash, createHmac } from 'node:crypto'
import { MINUTE, SECOND, type EpochMs } from '../../contract/time.js'
import type { Env } from '../env.js'
import { sameSecret } from '../folder/secret.js'

// A small task that a browser solves in a moment and a flood has to solve for each report, in the form that ALTCHA gave
// it (github.com/altcha-org): find the number whose SHA-256 together with the salt is the one that is asked for.

/** Half of it on average: 0.3 to 1 s in a browser's worker. A native program needs 10 ms, so it slows floods and stops none. */
export const NUMBERS = 40_000
/** A task that is older is none. */
const VALID_MS = 5 * MINUTE
/** Without script: a button that counts after so long, and up to VALID_MS. */
export const WAIT_MS = 8 * SECOND
/** Answers remembered, so that each is good once: 100 bytes each, 10 MB; more than these in VALID_MS are refused. */
const USED_MAX = 100_000
/** Characters of an answer; ours have about 300. Longer ones are wrong unread. */
const PROOF_CHARS = 1_000

export interface Puzzle {
  algorithm: 'SHA-256'
  /** Hex of the digest that is looked for. */
  challenge: string
  maxnumber: number
  salt: string
  signature: string
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex')

/** Gives out tasks and waiting tickets, and takes each back once. Their key ends with the process. */
export class Challenges {
  readonly #key: Uint8Array
  /** What was used → until when it would be valid; oldest first. */
  readonly #used = new Map<string, EpochMs>()

  constructor(private readonly env: Pick<Env, 'now' | 'random'>) {
    this.#key = env.random(32)
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('hex')
  }

  #nonce(bytes: number): string {
    return Buffer.from(this.env.random(bytes)).toString('hex')
  }

  /** `about` binds it: an answer for one service is none for another. */
  puzzle(about: string): Puzzle {
    const salt = `${this.#nonce(12)}?expires=${this.env.now() + VALID_MS}`
    const number = Number.parseInt(this.#nonce(6), 16) % NUMBERS
    const challenge = digest(salt + number)
    return {
      algorithm: 'SHA-256',
      challenge,
      maxnumber: NUMBERS,
      salt,
      signature: this.#sign(`${challenge}\n${about}`),
    }
  }

  /** Whether this is the answer to a task of ours, in time and for the first time. `proof` is base64 of JSON, as ALTCHA sends it. */
  solved(proof: string, about: string): boolean {
    if (proof.length > PROOF_CHARS) return false
    let given: Partial<Record<keyof Puzzle | 'number', unknown>> | null
    try {
      given = JSON.parse(Buffer.from(proof, 'base64').toString('utf8')) as typeof given
    } catch {
      return false
    }
    const { challenge, salt, signature, number } = given ?? {}
    if (typeof challenge !== 'string' || typeof salt !== 'string' || typeof signature !== 'string') return false
    if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number > NUMBERS) return false
    if (digest(salt + number) !== challenge || !sameSecret(signature, this.#sign(`${challenge}\n${about}`)))
      return false
    const until = Number(/\?expires=(\d{1,15})$/.exec(salt)?.[1])
    return until >= this.env.now() && this.#first(challenge, until)
  }

  /** For who has no script: good from WAIT_MS on, for the prefix that it was given to. */
  ticket(about: string, prefix: string): string {
    const body = `${this.env.now()}.${this.#nonce(9)}`
    return `${body}.${this.#sign(`${body}\n${about}\n${prefix}`)}`
  }

  opens(ticket: string, about: string, prefix: string): 'yes' | 'early' | 'no' {
    const [, body = '', at = '', seal = ''] = /^((\d{1,15})\.[0-9a-f]{18})\.([0-9a-f]{64})$/.exec(ticket) ?? []
    if (body === '' || !sameSecret(seal, this.#sign(`${body}\n${about}\n${prefix}`))) return 'no'
    const age = this.env.now() - Number(at)
    if (age > VALID_MS) return 'no'
    if (age < WAIT_MS) return 'early'
    return this.#first(body, Number(at) + VALID_MS) ? 'yes' : 'no'
  }

  #first(what: string, until: EpochMs): boolean {
    if (this.#used.has(what)) return false
    const now = this.env.now()
    for (const [old, end] of this.#used) {
      if (end >= now) break
      this.#used.delete(old)
    }
    if (this.#used.size >= USED_MAX) return false
    this.#used.set(what, until)
    return true
  }
}

/** So many suspicious reports of a service within a minute, or of the last quarter of an hour, are an attack. */
export const SIEGE_REPORTS = 100
/** It goes on so long after the last sign of it. */
export const SIEGE_MS = 10 * MINUTE
/** Services whose attacks are counted; the one that was counted first starts anew. */
const SERVICES_MAX = 2_000

/** Which services are under attack, by what their door refuses and what their engine keeps out of the counts. */
export class Siege {
  readonly #held = new Map<string, { since: EpochMs; n: number; until: EpochMs }>()

  /** A report that passed a limit, or that did not answer what it was asked. */
  note(service: string, now: EpochMs): void {
    const held = this.#of(service, now)
    if (now - held.since >= MINUTE) Object.assign(held, { since: now, n: 0 })
    if (++held.n >= SIEGE_REPORTS) held.until = now + SIEGE_MS
  }

  /** @param row what is known of the service: its reports that count, and those that do not */
  on(service: string, row: { coordinated?: number; recent: { bad: number } }, now: EpochMs): boolean {
    const { coordinated = 0, recent } = row
    if (coordinated >= SIEGE_REPORTS && coordinated > recent.bad) return true
    return now < (this.#held.get(service)?.until ?? 0)
  }

  #of(service: string, now: EpochMs): { since: EpochMs; n: number; until: EpochMs } {
    let held = this.#held.get(service)
    if (!held) {
      if (this.#held.size >= SERVICES_MAX) this.#held.delete(this.#held.keys().next().value as string)
      this.#held.set(service, (held = { since: now, n: 0, until: 0 }))
    }
    return held
  }
}
