import type { IncidentEvent } from './incident.js'
import type { Order } from './order.js'
import type { Outcome } from './outcome.js'
import type { SubscriberChange, Subscriptions } from './subscribers/subscriber.js'
import type { EpochMs } from './time.js'
import type { AlertHeard, IncidentBrief, LongReader } from './view.js'

export const ENTRY_KINDS = ['signals', 'order', 'tick', 'held', 'clock', 'taught'] as const
export type EntryKind = (typeof ENTRY_KINDS)[number]

/**
 * One row of the log. `body` is NDJSON for `signals`; for `held`, which came while the clock was in doubt and are folded
 * at the `clock` entry that settles it; and for `taught`, past counts. It is one JSON object for an order and for `clock`,
 * and nothing that is read for a tick.
 */
export interface LogEntry {
  position: number
  /** Log time once this entry is folded. Never smaller than that of the entry before, but at a `clock` entry that sets time back. */
  at: EpochMs
  kind: EntryKind
  count: number
  /** 64-bit fingerprints of its signals, 8 bytes each: de-duplication is rebuilt without reading bodies. */
  keys: Uint8Array
  body: Uint8Array
}

/** `partition`: whose it is alone, where the log is shared out; absent: it is for all. */
export type NewEntry = Omit<LogEntry, 'position'> & { partition?: number }

/** What the log says of itself, beside its entries. */
export interface LogState {
  /** Position of the oldest entry kept; one beyond `last` where there is none. */
  first: number
  /** Newest position ever given. */
  last: number
  /** How often it was found to end before what the store had committed. */
  gaps: number
  /** Where the newest of these ends. */
  gapEnd: number
  /** The oldest entry that has its checksums; `first`, if it keeps none. */
  summed: number
  /** The workspace it belongs to. */
  workspace: string | null
}

/** The log: durable before it is acknowledged, read in order, from any position. */
export interface Log extends AsyncDisposable {
  /** Into how many parts it is shared out, each of which can be read without the others; absent: it is not. */
  readonly partitions?: number | undefined
  /** Resolves when every entry is on stable storage. @throws TransientError when there is no room; then none is kept. */
  append(entries: readonly NewEntry[]): Promise<number[]>
  /** Entries with position > after, oldest first, at most `max`. */
  read(after: number, max: number): Promise<LogEntry[]>
  /** The same without bodies, of those stamped at `since` or later. */
  keys(after: number, since: EpochMs, max: number): Promise<Omit<LogEntry, 'body'>[]>
  /** Position and stamp of the newest entry; zero and zero before the first. */
  last(): Promise<{ position: number; at: EpochMs }>
  /**
   * Forgets entries up to the newest one that is stamped before `before` and not after position `upTo`, never the newest of
   * all; returns how many. What a clock that was ahead stamped goes with what came after it.
   */
  trim(before: EpochMs, upTo: number): Promise<number>
  state(): Promise<LogState>
  belongsTo(workspace: string): Promise<void>
  /**
   * Puts other bodies in the place of some, of a log that nobody writes to; null leaves one as it is. Position, stamp, kind,
   * fingerprints and count stay. Returns how many were put; nothing of those before is left. Absent: it cannot.
   */
  rewrite?(replacement: (entry: LogEntry) => Uint8Array | null): Promise<number>
  /** The next entry gets a position beyond `position`: what lies between was lost with another log. */
  goOnAfter(position: number): Promise<void>
  /** At a start. @throws PermanentError on damage that can be seen at once */
  lookThrough?(): Promise<void>
  /** Everything that is wrong with it, as sentences. */
  faults?(): Promise<string[]>
}

/** What is stored of an incident beside its events. */
export type IncidentHead = IncidentBrief

/** What folding up to `position` gave. */
export interface Commit {
  outcome: Outcome
  /** Heads of the incidents that `outcome.events` and `orders` touch. */
  heads: readonly IncidentHead[]
  orders: readonly Order[]
  position: number
  now: EpochMs
}

/** An event with its place in the order in which events were committed. */
export interface CommittedEvent {
  cursor: number
  event: IncidentEvent
}

/** Incidents, rollups, receipts and snapshots: one transaction, one writer. */
export interface Store extends AsyncDisposable {
  /**
   * Puts everything by its content id and moves the committed position, all or nothing. An event counts once by
   * (incident, seq); a rollup replaces one of the same or an earlier position. @throws TransientError without room.
   */
  commit(commit: Commit): Promise<void>
  committed(): Promise<{ position: number; now: EpochMs }>
  saveSnapshot(position: number, version: number, body: Uint8Array): Promise<void>
  loadSnapshot(): Promise<{ position: number; version: number; body: Uint8Array } | null>
  /** The same without its body. */
  snapshotAt(): Promise<{ position: number; version: number } | null>
  head(incident: string): Promise<IncidentHead | null>
  /** Of a store that is shared: services whose row was put after a position, at most so many. */
  changedSince?(position: number, max: number): Promise<string[]>
  /** Committed events after a cursor, in the order of their commit. */
  eventsAfter(after: number, max: number): Promise<CommittedEvent[]>
  /** Small named values of the shell: receipts of a notifier, keys, limits' state. */
  note(key: string, value: Uint8Array): Promise<void>
  noted(key: string): Promise<Uint8Array | null>
  /** All of these in the order of their keys (by code point), after this key. */
  notes(after: string, max: number): Promise<{ key: string; value: Uint8Array }[]>
  /** Who subscribed, which no log can give again: durable when it resolves where it is about them. @throws TransientError without room. */
  subscribe(change: SubscriberChange): Promise<void>
  readonly subscriptions: Subscriptions
  /** Forgets rollups and facts older than these. */
  trim(before: { rollups: EpochMs; facts: EpochMs }): Promise<void>
  /** What the public is told: no row of a reader has the alerts of its service. */
  reader(): Reads
  /** Alerts that fire or did lately, as the newest row of the service has them; null: there is no such row. */
  alerts(service: string): Promise<AlertHeard[] | null>
  /** At a start. @throws PermanentError on damage that can be seen at once */
  lookThrough?(): Promise<void>
  /** Everything that is wrong with it, as sentences. */
  faults?(): Promise<string[]>
}

/** The reader's part that a store knows; title, clock and demo are the workspace's. */
export type Reads = Omit<LongReader, 'workspace'>
