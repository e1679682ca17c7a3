import type { EpochMs } from './time.js'
import type { Outcome } from './outcome.js'
import type { Reader } from './view.js'

/** One row of the log. `body` is NDJSON for signals, one JSON object for an order, empty for a tick. */
export interface LogEntry {
  position: number
  /** Stamp of the log: wall time on the `wall` clock; ignored on the `signals` clock. */
  at: EpochMs
  kind: 'signals' | 'order' | 'tick'
  count: number
  body: Uint8Array
}

/** The log: durable before it is acknowledged, read in order, from any position. */
export interface Log extends AsyncDisposable {
  /** Resolves when every entry is on stable storage. @throws TransientError when there is no room. */
  append(entries: readonly Omit<LogEntry, 'position'>[]): Promise<number[]>
  /** Entries with position > after, oldest first, at most `max`. */
  read(after: number, max: number): Promise<LogEntry[]>
  last(): Promise<number>
  /** Forgets entries stamped before `before` up to position `upTo`. */
  trim(before: EpochMs, upTo: number): Promise<void>
}

/** Incidents, rollups, receipts and snapshots: one transaction, one writer. */
export interface Store extends AsyncDisposable {
  /** Puts everything by its content id and moves the committed position, all or nothing. */
  commit(outcome: Outcome, position: number, now: EpochMs): Promise<void>
  committed(): Promise<{ position: number; now: EpochMs }>
  saveSnapshot(position: number, version: number, body: Uint8Array): Promise<void>
  loadSnapshot(): Promise<{ position: number; version: number; body: Uint8Array } | null>
  reader(): Reader
}
