import type { PluginKind } from './plugin.js'
import type { EpochMs } from './time.js'

/** `stale`: not heard of for longer than usual. `unknown`: never, for much longer, or it has stopped. Never a word on what it watches. */
export const INPUT_HEALTHS = ['ok', 'stale', 'unknown'] as const
export type InputHealth = (typeof INPUT_HEALTHS)[number]

/** What brings signals by itself. */
export const INPUT_KINDS = ['source', 'receiver', 'probe'] as const satisfies readonly PluginKind[]

/** How a source, a receiver or a probe is. */
export interface InputStatus {
  kind: (typeof INPUT_KINDS)[number]
  /** Of this use of it, among those of its kind. */
  id: string
  /** Its plug-in. */
  use: string
  health: InputHealth
  /** `starting` before its first turn; `waiting` between two; `retrying` after a failure; `stopped` for good; `ended` by itself. */
  state: InputState
  /** When it was last heard of, and how long ago that is; null: never. */
  heardAt: EpochMs | null
  ageMs: number | null
  /** Signals taken a minute, over the last five. */
  perMinute: number
  accepted: number
  duplicate: number
  /** Signals that were refused, by the rule that they break. */
  rejected: Readonly<Record<string, number>>
  failures: number
  lastError: { at: EpochMs; why: string } | null
  /** How long each part of the last look took, of a probe; milliseconds. */
  phases: Readonly<Record<string, number>> | null
}

export const INPUT_STATES = ['starting', 'running', 'waiting', 'retrying', 'stopped', 'ended'] as const
export type InputState = (typeof INPUT_STATES)[number]
