import pg from 'pg'
import { PermanentError, TransientError } from '../../../contract/error.js'
import { RETRY_AFTER_MS } from '../../../contract/limits.js'
import { type PostgresConfig, refusalOf, transient, unanswered } from './settings.js'

// One connection that comes back. Whoever has it has it alone until their work is done, so nothing slips into a transaction of
// somebody else. All that is asked here may be asked again: rows are put by their id, never added.

/** How long an operation waits for a server that starts anew or changes over before it is given up. */
export const RESTART_MS = 10_000
/** Between two tries. */
const RECONNECT_PAUSE_MS = 200
/** A server that is gone without a word is noticed so much later than the slowest statement allowed. */
const GRACE_MS = 5_000
/** A connection that takes longer is one that does not come. */
const DIAL_MS = 5_000
/**
 * Between two statements of a transaction nobody thinks for longer: who does was frozen, or cut off, and the server undoes what
 * they began. Whoever takes over from them needs the rows that it holds.
 */
const FROZEN_MS = 4_000
/** The type `int8`: positions and times, which stay below 2^53. */
const INT8 = 20

export type Ask = <Row extends object>(sql: string, values?: readonly unknown[]) => Promise<Row[]>

export interface SessionParts {
  config: PostgresConfig
  tls: { ca?: string; cert?: string; key?: string } | undefined
  readonly: boolean
  /** What each new connection has to do first. */
  begin: (ask: Ask) => Promise<void>
  sleep: (ms: number) => Promise<void>
  /** For how long an operation is tried; {@link RESTART_MS}, if not given. */
  patienceMs?: number
}

export class Session implements AsyncDisposable {
  private client: pg.Client | null = null
  private turn: Promise<unknown> = Promise.resolve()
  private closed = false
  /** Operations that wait or are at work. */
  waiting = 0

  constructor(private readonly parts: SessionParts) {}

  /**
   * Does `work` once it is its turn, again on a new connection where the one it had was lost.
   * @throws TransientError where the server does not come back in time, or is busy; PermanentError where it refuses for good
   */
  do<T>(operation: string, work: (ask: Ask) => Promise<T>): Promise<T> {
    this.waiting++
    const mine = this.turn.then(() => this.tried(operation, work))
    this.turn = mine.then(
      () => this.waiting--,
      () => this.waiting--,
    )
    return mine
  }

  /** The same as one transaction. */
  within<T>(operation: string, work: (ask: Ask) => Promise<T>): Promise<T> {
    return this.do(operation, async ask => {
      await ask('BEGIN')
      try {
        const done = await work(ask)
        await ask('COMMIT')
        return done
      } catch (error) {
        // Of a connection that is gone the server undoes what was begun.
        if (!unanswered(error)) await ask('ROLLBACK')
        throw error
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.turn
    this.closed = true
    const { client } = this
    this.client = null
    await client?.end().catch(() => {})
  }

  private async tried<T>(operation: string, work: (ask: Ask) => Promise<T>): Promise<T> {
    const { config, sleep, patienceMs = RESTART_MS } = this.parts
    const until = performance.now() + patienceMs
    for (;;) {
      try {
        return await work(await this.ask())
      } catch (error) {
        if (error instanceof PermanentError || error instanceof TransientError) throw error
        const again = unanswered(error)
        if (again) this.drop()
        if (again && !this.closed && performance.now() < until) {
          await sleep(RECONNECT_PAUSE_MS)
          continue
        }
        const refusal = refusalOf(error, operation, config)
        if (refusal !== null) throw new PermanentError(refusal, { cause: error })
        const why = transient(error, config)
        if (why === null) throw error
        throw new TransientError(`cannot ${operation}: ${why}`, RETRY_AFTER_MS, { cause: error })
      }
    }
  }

  private async ask(): Promise<Ask> {
    const client = this.client ?? (await this.connect())
    return asking(client)
  }

  private async connect(): Promise<pg.Client> {
    const { config, tls, readonly, begin } = this.parts
    const { host, port, database, user, password, schema, statementTimeoutSeconds } = config
    const timeout = statementTimeoutSeconds * 1_000
    const client = new pg.Client({
      host,
      port,
      database,
      user,
      ...(password === undefined ? {} : { password }),
      ssl: tls === undefined ? false : { ...tls, rejectUnauthorized: true },
      connectionTimeoutMillis: DIAL_MS,
      query_timeout: timeout + GRACE_MS,
      keepAlive: true,
      application_name: readonly ? 'epicenter, reading' : 'epicenter',
      types: {
        getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
          oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
      },
    })
    // Told by whoever asks next; without a listener it would end the process.
    client.on('error', () => this.client === client && this.drop())
    try {
      await client.connect()
      await client.query(
        `SET search_path = "${schema}"; SET statement_timeout = ${timeout}; SET idle_in_transaction_session_timeout = ${FROZEN_MS}; SET client_min_messages = warning; ` +
          `SET default_transaction_read_only = ${readonly ? 'on' : 'off'}`,
      )
      await begin(asking(client))
    } catch (error) {
      hangUp(client)
      throw error
    }
    this.client = client
    return client
  }

  private drop(): void {
    const { client } = this
    this.client = null
    if (client !== null) hangUp(client)
  }
}

/** Several connections for those who only read; each question goes to the one that has least to do. */
export class Sessions implements AsyncDisposable {
  constructor(private readonly all: readonly [Session, ...Session[]]) {}

  do<T>(operation: string, work: (ask: Ask) => Promise<T>): Promise<T> {
    return this.all.reduce((least, each) => (each.waiting < least.waiting ? each : least)).do(operation, work)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map(each => each[Symbol.asyncDispose]()))
  }
}

const asking =
  (client: pg.Client): Ask =>
  async <Row extends object>(sql: string, values?: readonly unknown[]) =>
    (await client.query<Row>(sql, values as unknown[])).rows

/** Without waiting for a server that may be gone. */
function hangUp(client: pg.Client): void {
  void client.end().catch(() => {})
  ;(client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy()
}
