import { randomBytes } from 'node:crypto'
import type { EpochMs } from '../contract/time.js'

export type Level = 'info' | 'warn' | 'error'

/** The outside, as an argument: tests hand in their own. */
export interface Env {
  now(): EpochMs
  random(bytes: number): Uint8Array
  fetch: typeof fetch
  log(level: Level, what: string, detail?: Record<string, unknown>): void
}

/** One JSON line on stderr for what an operator should know; nothing for each request. */
export const realEnv = (write: (line: string) => void = line => process.stderr.write(line)): Env => ({
  now: () => Date.now(),
  random: bytes => randomBytes(bytes),
  fetch: (input, init) => fetch(input, init),
  log: (level, what, detail) => write(`${JSON.stringify({ at: new Date().toISOString(), level, what, ...detail })}\n`),
})
