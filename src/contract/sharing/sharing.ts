import type { LogEntry } from '../ports.js'
import type { EpochMs } from '../time.js'

// What a bus and a store offer beside a log and a store, where several processes share out the work.

/** What a process does. `watch`, `judge` and `ingest` are leased; of the others any number may be at it. */
export const WORK_ROLES = ['ingest', 'watch', 'judge', 'deliver', 'pages', 'probe'] as const
export type WorkRole = (typeof WORK_ROLES)[number]

/** An entry as one partition has it: its own, or one that all have. */
export interface LaneEntry extends LogEntry {
  /** All partitions have it: what each made so far is passed on here. */
  common: boolean
}

/** The log as one partition reads it. */
export interface Lane {
  /** Entries with position > after, oldest first: all of some appends, about `max`; none: there are no more yet. */
  read(after: number, max: number): Promise<LaneEntry[]>
}

/** A message of one partition for the judge. `position`: of the last barrier in it. */
export interface MattersMessage {
  /** Its own, by which it is asked for again. */
  number: number
  partition: number
  position: number
  body: Uint8Array
}

/** What partitions tell the judge: a log of its own, in which each partition has one that writes. */
export interface MattersLog {
  /** Position of the last barrier that is there of a partition; 0: none. */
  reached(partition: number): Promise<number>
  /**
   * Resolves once it is on stable storage, behind what `reached` or the last `publish` of this process found. @throws
   * OutrunError where another process wrote of this partition meanwhile
   */
  publish(partition: number, position: number, body: Uint8Array): Promise<void>
  /**
   * Goes on reading: whole messages, oldest first, at most about `max`. `resume`: the number from which a reader that begins anew
   * misses none of those that were not handed out yet.
   */
  read(max: number): Promise<{ messages: MattersMessage[]; resume: number }>
  /** Begins at a number; 1 is the first. */
  seek(number: number): void
  /** Forgets what is before a number. */
  trim(before: number): Promise<void>
}

/** Another process has written of the same partition: what is there has to be asked for again. */
export class OutrunError extends Error {
  override readonly name = 'OutrunError'
}

/** A bus that several processes share. */
export interface SharedBus extends AsyncDisposable {
  readonly partitions: number
  lane(partition: number): Lane
  readonly matters: MattersLog
  /** Number of the newest message of the log: it rises with each append. */
  newest(): Promise<number>
}

/** A process at work, as it last said of itself. */
export interface Member {
  id: string
  roles: WorkRole[]
  /** Where it is reached; null: it does not listen. */
  url: string | null
  version: string
  /** Its own words on how it is doing; plain data. */
  doing: Record<string, unknown>
}

export interface MemberSeen extends Member {
  since: EpochMs
  /** How long ago it was heard of, by the store's clock. */
  agoMs: number
}

/** Who does what is done by one process at a time. */
export interface Lease {
  name: string
  /** Counts the owners: writing is refused to all but the last. */
  epoch: number
  holder: string
  /** How long it still holds, by the store's clock; negative: it is free. */
  leftMs: number
  heldMs: number
}

export interface Held {
  name: string
  epoch: number
}

export interface CheckpointAt {
  name: string
  position: number
  ageMs: number
  bytes: number
}

/** A store that several processes share: who does what, and from where each goes on. */
export interface SharedStore extends AsyncDisposable {
  /** Says that this process is there, and goes on holding what it holds. Which of these it has lost is missing from `leases`. */
  beat(member: Member, held: readonly Held[], leaseMs: number): Promise<{ members: MemberSeen[]; leases: Lease[] }>
  /** Takes what nobody holds; null: somebody does. */
  take(name: string, holder: string, leaseMs: number): Promise<Held | null>
  /** Lets go at once. */
  release(held: Held): Promise<void>
  leave(member: string): Promise<void>
  /** The lease is the fence: whoever lost it saves nothing. @throws PermanentError then */
  saveCheckpoint(held: Held, position: number, version: number, body: Uint8Array): Promise<void>
  loadCheckpoint(name: string): Promise<{ position: number; version: number; body: Uint8Array } | null>
  checkpoints(): Promise<CheckpointAt[]>
  /** Whom and what there is, without being one of them. */
  look(): Promise<{ members: MemberSeen[]; leases: Lease[]; checkpoints: CheckpointAt[] }>
}

/** What a bus or a store that several processes share gives, by its kind. */
export type SharedOf<Kind extends string> = Kind extends 'bus' ? SharedBus : Kind extends 'store' ? SharedStore : never
