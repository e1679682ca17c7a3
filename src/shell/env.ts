import { randomBytes } from 'node:crypto'
import { uptime } from 'node:os'
import type { EpochMs } from '../contract/time.js'

export type Level = 'info' | 'warn' | 'error'

/** The outside, as an argument: tests hand in their own. */
export interface Env {
  now(): EpochMs
  /** Milliseconds that count on evenly whatever the wall clock does, sleep of the machine included. Absent: `now` is believed. */
  steady?(): number
  random(bytes: number): Uint8Array
  fetch: typeof fetch
  log(level: Level, what: string, detail?: Record<string, unknown>): void
}

/** One JSON line on stderr for what an operator should know; nothing for each request. */
export const realEnv = (write: (line: string) => void = line => process.stderr.write(line)): Env => ({
  now: () => Date.now(),
  steady: steadyClock(),
  random: bytes => randomBytes(bytes),
  fetch: (input, init) => fetch(input, init),
  log: (level, what, detail) => write(`${JSON.stringify({ at: new Date().toISOString(), level, what, ...detail })}\n`),
})

/** How often the system is asked how long it has been up. */
const UPTIME_MS = 1_000

/**
 * How long the machine has been up: on Linux and macOS that goes on while it sleeps, which performance.now() does not.
 * To ask costs a system call or two, so between two questions performance.now() counts.
 */
function steadyClock(): () => number {
  let asked = { uptime: uptime() * 1_000, at: performance.now(), wall: Date.now() }
  let newest = asked.uptime
  return () => {
    const at = performance.now()
    const since = at - asked.at
    // What both clocks say of the time between is not asked about; a sleep and a leap show as a difference.
    const even = since >= 0 && since < UPTIME_MS && Math.abs(Date.now() - asked.wall - since) < UPTIME_MS / 2
    if (!even) asked = { uptime: uptime() * 1_000, at, wall: Date.now() }
    newest = Math.max(newest, even ? asked.uptime + since : asked.uptime)
    return newest
  }
}
