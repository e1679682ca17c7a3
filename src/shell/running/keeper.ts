import { PermanentError, TransientError } from '../../contract/error.js'
import { SOURCE_RETRY_FIRST_MS, SOURCE_RETRY_MAX_MS } from '../../contract/limits.js'
import type { Stop } from '../../contract/plugin.js'
import type { Env } from '../env.js'
import { Halt } from '../outside/halt.js'
import type { Pulse } from './pulse.js'

/** Whoever is told to stop and does not within this time is left behind. */
const GRACE_MS = 5_000

/** What is done again and again. */
export interface Task {
  /** One turn: resolves with the milliseconds until the next, null when there is none. */
  turn(stop: Stop): Promise<number | null>
  /** Gives up what it holds; the next turn begins anew. */
  close(): Promise<void>
}

export interface KeeperParts {
  /** For an operator: `source vendor`. */
  name: string
  task: Task
  pulse: Pulse
  /** Before the first turn. */
  delayMs: number
  /** An earlier life of the same, which has to be over first. */
  after: Promise<unknown>
  sleep: (ms: number, stop: Stop) => Promise<void>
  /** A number from 0 up to 1. */
  random: () => number
  log: Env['log']
}

/**
 * Keeps one thing running: turn after turn, never two at once, with growing pauses after failures and an end where
 * trying again is of no use.
 */
export class Keeper implements AsyncDisposable {
  private readonly stop = new Halt()
  /** Why it fails, as it was last logged; null: it works. */
  private logged: string | null = null
  /** Resolves once nothing of it runs any more. */
  readonly over: Promise<void>

  constructor(private readonly parts: KeeperParts) {
    this.over = this.live()
  }

  private async live(): Promise<void> {
    const { task, pulse, after, delayMs, sleep } = this.parts
    const signal = this.stop
    await after
    await sleep(delayMs, signal)
    let inARow = 0
    while (!signal.aborted) {
      const heard = pulse.heard
      pulse.state = 'running'
      let waitMs: number | null
      try {
        waitMs = await task.turn(signal)
        inARow = 0
        if (pulse.blind === null) this.worked()
        else this.logOnce(pulse.blind, {})
        pulse.state = waitMs === null ? 'ended' : 'waiting'
      } catch (error) {
        if (signal.aborted) break
        await task.close().catch(() => {})
        // What was heard of since has begun anew.
        inARow = pulse.heard === heard ? inARow + 1 : 1
        waitMs = this.failed(error as Error, inARow)
      }
      if (waitMs === null) break
      await sleep(waitMs, signal)
    }
    await task.close().catch(() => {})
  }

  /** How long to wait; null: it will not work another time either. */
  private failed(error: Error, inARow: number): number | null {
    const { name, pulse, random, log } = this.parts
    const why = error.message || error.name
    pulse.fail(why)
    if (error instanceof PermanentError) {
      pulse.state = 'stopped'
      log('error', `${name} has stopped for good`, { why })
      return null
    }
    pulse.state = 'retrying'
    const asked = error instanceof TransientError ? error.retryAfterMs : 0
    const backoffMs = Math.min(SOURCE_RETRY_FIRST_MS * 2 ** (inARow - 1), SOURCE_RETRY_MAX_MS)
    const waitMs = Math.max(asked, backoffMs * (0.5 + random() / 2))
    // An error that nobody meant is a fault in the plug-in: where it comes from helps whoever wrote it.
    const detail = error instanceof TransientError ? {} : { stack: error.stack }
    this.logOnce(why, { waitMs: Math.round(waitMs), ...detail })
    return waitMs
  }

  /** Once for each reason: what cannot be reached for a week fills no log, and its health says so all the time. */
  private logOnce(why: string, detail: Record<string, unknown>): void {
    const { name, log } = this.parts
    if (why !== this.logged) log('warn', `${name} has failed; trying again`, { why, ...detail })
    this.logged = why
  }

  private worked(): void {
    const { name, log } = this.parts
    if (this.logged !== null) log('info', `${name} works again`)
    this.logged = null
  }

  /** Resolves when it has stopped, or does not. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>(done => {
      timer = setTimeout(() => done('late'), GRACE_MS).unref()
    })
    if ((await Promise.race([this.over, late])) === 'late')
      this.parts.log('error', `${this.parts.name} does not stop; it is left behind`)
    clearTimeout(timer)
  }
}
