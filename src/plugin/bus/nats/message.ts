import type { EntryKind, LogEntry, NewEntry } from '../../../contract/ports.js'
import type { EpochMs } from '../../../contract/time.js'

// How entries become messages of a stream and are read again. What is appended at once is a batch: as many messages as it takes,
// each of which says how many they are. A batch counts once its last message is there, and not at all before; so it is all or
// nothing, although a stream takes messages one by one.

/** About 200 signals: larger messages hold each other up, and a server takes 1 MB unless it is told otherwise. */
export const PART_BYTES = 64 * 1024
/** Of the head's line. */
const NEWLINE = 10

/** What the log is once a message counts. Each message says it, so the newest alone tells all. */
export interface State {
  /** Newest position given. */
  position: number
  /** Stamp of the newest entry. */
  at: EpochMs
  /** Highest stamp so far: it never falls, so a stamp can be looked for by halving. */
  high: EpochMs
  /** Position of the first entry since stamps went back the last time: from there on they do not fall. */
  turn: number
  gaps: number
  gapEnd: number
  workspace: string | null
}
export const NOTHING: State = { position: 0, at: 0, high: 0, turn: 0, gaps: 0, gapEnd: 0, workspace: null }

/** A part of an entry. */
export interface PartHead {
  /** Of the log before its batch. */
  state: State
  batch: string
  /** Its place among the messages of the batch, from 0, and how many these are. */
  i: number
  n: number
  position: number
  at: EpochMs
  kind: EntryKind
  count: number
  high: EpochMs
  turn: number
  /** Bytes of fingerprints before the body; of the first part alone. */
  keys: number
  /** Its place among the parts of the entry, from 0, and how many these are. */
  part: number
  parts: number
  /** Where entries are shared out: the batch counts with a mark of its own, which is one of the `n`. */
  ended?: true
}
/** No entry: somebody began to write (`owner`), or something is known from here on. */
export interface MarkHead {
  state: State
  batch: string
  mark: 'owner' | 'gap' | 'workspace' | 'end'
  /** Of an `end`: its place in the batch, and for each message before it whose it is; null: it is for all. */
  i?: number
  lanes?: (number | null)[]
}
export type Head = PartHead | MarkHead

export interface Message {
  seq: number
  head: Head
  /** What follows the head. */
  bytes: Uint8Array
}

/** Place of a message in its batch. */
export const placeOf = (head: Head): number => head.i ?? 0

export const isMark = (head: Head): head is MarkHead => 'mark' in head

/** What the log is with this message, which is the newest. */
export function stateAfter(head: Head): State {
  if (isMark(head) || head.i < head.n - 1) return head.state
  const { position, at, high, turn } = head
  return { ...head.state, position, at, high, turn }
}

const written = (head: Head, ...bytes: Uint8Array[]): Uint8Array =>
  Buffer.concat([Buffer.from(JSON.stringify(head)), Buffer.of(NEWLINE), ...bytes])

export const markOf = (head: MarkHead): Uint8Array => written(head)

/**
 * The messages of a batch, whose each is, and what the log is once all of them are there. `shared`: partitions read on by
 * themselves, so the end of the batch is a mark that tells them what is theirs.
 */
export function batchOf(
  batch: string,
  state: State,
  entries: readonly NewEntry[],
  shared = false,
): { messages: Uint8Array[]; lanes: (number | null)[]; after: State } {
  const cut = entries.map(({ body }) => Math.max(1, Math.ceil(body.length / PART_BYTES)))
  const n = cut.reduce((sum, parts) => sum + parts, 0) + (shared ? 1 : 0)
  const messages: Uint8Array[] = []
  const lanes: (number | null)[] = []
  let { position, at: before, high, turn } = state
  for (const [index, { at, kind, count, keys, body, partition = null }] of entries.entries()) {
    position++
    if (at < before || turn === 0) turn = position
    before = at
    high = Math.max(high, at)
    const parts = cut[index]!
    for (let part = 0; part < parts; part++) {
      const own = part === 0 ? keys : new Uint8Array(0)
      const head = { state, batch, i: messages.length, n, position, at, kind, count, high, turn, part, parts }
      const piece = body.subarray(part * PART_BYTES, (part + 1) * PART_BYTES)
      messages.push(written({ ...head, keys: own.length, ...(shared ? { ended: true as const } : {}) }, own, piece))
      lanes.push(partition)
    }
  }
  const after = { ...state, position, at: before, high, turn }
  if (shared) messages.push(markOf({ state: after, batch, mark: 'end', i: n - 1, lanes }))
  return { messages, lanes, after }
}

/** @throws Error where it is none of ours */
export function readMessage(seq: number, bytes: Uint8Array): Message {
  const end = bytes.indexOf(NEWLINE)
  const head = end < 0 ? null : (JSON.parse(Buffer.from(bytes.subarray(0, end)).toString()) as Partial<Head>)
  if (typeof head?.batch !== 'string' || typeof head.state?.position !== 'number') throw new Error('it has no head')
  if (!isMark(head as Head) && !((head as PartHead).parts >= 1)) throw new Error('it is a part of nothing')
  return { seq, head: head as Head, bytes: bytes.subarray(end + 1) }
}

export interface Joined extends LogEntry {
  /** Of its first message. */
  seq: number
  /** Position of the first entry since stamps went back the last time. */
  turn: number
}

/** Messages in their order into the entries of whole batches. */
export class Joiner {
  private open: (Message & { head: PartHead })[] = []

  /** The entries that count with this message; of a batch whose beginning was trimmed, those that are left. */
  take(message: Message): Joined[] {
    const { head } = message
    const last = this.open.at(-1)?.head
    // Each batch begins at 0, so what does not follow on belongs to another one.
    const ends = isMark(head) && head.mark === 'end' && head.batch === last?.batch && last.i + 1 === head.i
    if (ends) return this.whole()
    if (last !== undefined && (isMark(head) || last.i + 1 !== head.i)) this.open = []
    if (isMark(head)) return []
    if (this.open.length === 0 && head.part !== 0) return []
    this.open.push({ ...message, head })
    if (head.i < head.n - 1) return []
    return this.whole()
  }

  private whole(): Joined[] {
    const whole = this.open
    this.open = []
    return joined(whole)
  }
}

/** Entries of messages that are all there, each with all its parts. */
export function joined(messages: readonly (Message & { head: PartHead })[]): Joined[] {
  const entries: Joined[] = []
  for (let from = 0; from < messages.length; ) {
    const { seq, head, bytes } = messages[from]!
    const { position, at, kind, count, turn, keys, parts } = head
    const rest = messages.slice(from + 1, from + parts).map(each => each.bytes)
    const body = parts === 1 ? bytes.subarray(keys) : Buffer.concat([bytes.subarray(keys), ...rest])
    entries.push({ seq, turn, position, at, kind, count, keys: new Uint8Array(bytes.subarray(0, keys)), body })
    from += parts
  }
  return entries
}
