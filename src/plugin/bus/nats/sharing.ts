import { randomUUID } from 'node:crypto'
import { PermanentError } from '../../../contract/error.js'
import type { PluginEnv } from '../../../contract/plugin.js'
import {
  type Lane,
  type LaneEntry,
  type MattersLog,
  type MattersMessage,
  OutrunError,
  type SharedBus,
} from '../../../contract/sharing/sharing.js'
import { isMark, joined, type Message, type PartHead, placeOf, readMessage } from './message.js'
import { firstWhere } from './reading.js'
import type { NatsConfig } from './settings.js'
import { Stream } from './stream.js'
import { ENDS, laneSubject } from './subjects.js'

// The log as partitions read it, and the log of what they tell the judge. Reading asks whichever server is near, which may be behind:
// what is not there yet is asked for again.

/** A server takes 1 MB unless it is told otherwise. */
const MATTERS_PART_BYTES = 512 * 1024
/** Messages asked for at once. */
const MATTERS_WINDOW = 32
/** Of the head's line. */
const NEWLINE = 10

export async function openShared(config: NatsConfig, env: PluginEnv): Promise<SharedBus> {
  const { partitions } = config
  if (partitions === undefined)
    throw new PermanentError('roles of their own need a log that is shared out: say "partitions: 8" of the bus')
  const log = await Stream.open(config, env, false)
  try {
    const { partitions: _, ...alone } = config
    const matters = await Stream.open({ ...alone, stream: `${config.stream}-matters` }, env, false)
    return {
      partitions,
      lane: partition => new NatsLane(log, partition),
      matters: new NatsMatters(matters),
      newest: async () => (await log.ends()).last,
      [Symbol.asyncDispose]: async () => {
        await matters[Symbol.asyncDispose]()
        await log[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await log[Symbol.asyncDispose]()
    throw error
  }
}

class NatsLane implements Lane {
  private position = -1
  /** Where the next end of a batch is looked for. */
  private next = 1

  constructor(
    private readonly stream: Stream,
    private readonly partition: number,
  ) {}

  async read(after: number, max: number): Promise<LaneEntry[]> {
    if (after !== this.position) await this.seek(after)
    const entries: LaneEntry[] = []
    while (entries.length < max) {
      const found = await this.stream.near(this.next, ENDS)
      if (found === null) break
      const { head } = readMessage(found.seq, found.data)
      if (!isMark(head) || head.mark !== 'end') throw new PermanentError(`message ${found.seq} is no end of a batch`)
      const first = found.seq - placeOf(head)
      const mine = (head.lanes ?? []).flatMap((lane, i) =>
        lane === null || lane === this.partition ? [first + i] : [],
      )
      const messages = (await Promise.all(mine.map(seq => this.part(seq)))).filter(each => each !== null)
      for (const each of entriesOf(messages, first, head.lanes ?? [])) if (each.position > after) entries.push(each)
      this.next = found.seq + 1
    }
    this.position = entries.at(-1)?.position ?? after
    return entries
  }

  /** Null: it was trimmed. */
  private async part(seq: number): Promise<Message | null> {
    const near = await this.stream.near(seq)
    return near === null ? this.stream.get(seq) : readMessage(near.seq, near.data)
  }

  private async seek(after: number): Promise<void> {
    const beyond = await firstWhere(this.stream, state => state.position > after)
    const before = await this.stream.get(beyond - 1)
    this.next = before === null ? Math.max(1, beyond - 1) : Math.max(1, before.seq - placeOf(before.head))
    this.position = after
  }
}

function entriesOf(messages: readonly Message[], first: number, lanes: readonly (number | null)[]): LaneEntry[] {
  const parts = messages.filter((each): each is Message & { head: PartHead } => !isMark(each.head))
  // Of an entry whose beginning was trimmed nothing is left.
  const begin = parts.findIndex(each => each.head.part === 0)
  const whole = begin < 0 ? [] : parts.slice(begin)
  return joined(whole).map(({ turn: _, ...entry }) => ({ ...entry, common: lanes[entry.seq - first] === null }))
}

interface MattersHead {
  partition: number
  position: number
  /** Position of the message before, which is whole. */
  before: number
  part: number
  parts: number
  id: string
}

interface Newest {
  seq: number
  /** Of the last message that is whole. */
  position: number
  id: string
}

class NatsMatters implements MattersLog {
  private readonly newest = new Map<number, Newest>()
  private number = 1
  private readonly open = new Map<number, { first: number; id: string; pieces: Uint8Array[] }>()

  constructor(private readonly stream: Stream) {}

  async reached(partition: number): Promise<number> {
    const found = await this.stream.newestOf(laneSubject(partition))
    if (found === null) {
      this.newest.set(partition, { seq: 0, position: 0, id: '' })
      return 0
    }
    const { head } = mattersOf(found.data)
    const position = head.part === head.parts - 1 ? head.position : head.before
    this.newest.set(partition, { seq: found.seq, position, id: head.id })
    return position
  }

  async publish(partition: number, position: number, body: Uint8Array): Promise<void> {
    if (!this.newest.has(partition)) await this.reached(partition)
    const { position: before } = this.newest.get(partition)!
    const parts = Math.max(1, Math.ceil(body.length / MATTERS_PART_BYTES))
    for (let part = 0; part < parts; part++) {
      const head: MattersHead = { partition, position, before, part, parts, id: randomUUID() }
      const piece = body.subarray(part * MATTERS_PART_BYTES, (part + 1) * MATTERS_PART_BYTES)
      await this.put(head, Buffer.concat([Buffer.from(JSON.stringify(head)), Buffer.of(NEWLINE), piece]))
    }
    this.newest.set(partition, { ...this.newest.get(partition)!, position })
  }

  /** Asks until it is known whether it is there. */
  private async put(head: MattersHead, bytes: Uint8Array): Promise<void> {
    const { partition, id } = head
    const subject = laneSubject(partition)
    const before = this.newest.get(partition)!
    for (;;) {
      try {
        const seq = await this.stream.publishBehind(subject, id, bytes, before.seq)
        this.newest.set(partition, { ...before, seq, id })
        return
      } catch (error) {
        if (this.stream.isRefused(error)) throw this.stream.refusal('pass on what was found', error)
        if (!this.stream.isOutrun(error)) await this.stream.pause()
        const newest = await this.stream.newestOf(subject)
        const found = newest === null ? null : mattersOf(newest.data).head
        if (newest !== null && found?.id === id) {
          this.newest.set(partition, { ...before, seq: newest.seq, id })
          return
        }
        if ((newest?.seq ?? 0) === before.seq) continue
        this.newest.delete(partition)
        throw new OutrunError(`another process wrote of partition ${partition}`)
      }
    }
  }

  seek(number: number): void {
    this.number = Math.max(1, number)
    this.open.clear()
  }

  async read(max: number): Promise<{ messages: MattersMessage[]; resume: number }> {
    const messages: MattersMessage[] = []
    const { first, last } = await this.stream.ends()
    this.number = Math.max(this.number, first)
    while (this.number <= last && messages.length < max) {
      const until = Math.min(last, this.number + MATTERS_WINDOW - 1)
      const asked = Array.from({ length: until - this.number + 1 }, (_, i) => this.piece(this.number + i))
      for (const found of await Promise.all(asked)) {
        const whole = found === null ? null : this.joined(found.seq, found.data)
        if (whole !== null) messages.push(whole)
      }
      this.number = until + 1
    }
    return { messages, resume: Math.min(this.number, ...[...this.open.values()].map(each => each.first)) }
  }

  private async piece(seq: number): Promise<{ seq: number; data: Uint8Array } | null> {
    for (let tries = 0; ; tries++) {
      const found = await this.stream.near(seq)
      // One that is behind will have it; what was trimmed nobody has.
      if (found !== null || (await this.stream.ends()).first > seq) return found
      if (tries > 100) throw new PermanentError(`message ${seq} of what was passed on is lost`)
      await this.stream.pause()
    }
  }

  private joined(seq: number, data: Uint8Array): MattersMessage | null {
    const { head, bytes } = mattersOf(data)
    const { partition, position, part, parts } = head
    if (part === 0) this.open.set(partition, { first: seq, id: head.id, pieces: [] })
    const open = this.open.get(partition)
    if (open === undefined || open.pieces.length !== part) {
      this.open.delete(partition)
      return null
    }
    open.pieces.push(bytes)
    if (part < parts - 1) return null
    this.open.delete(partition)
    return { number: open.first, partition, position, body: Buffer.concat(open.pieces) }
  }

  async trim(before: number): Promise<void> {
    if (before > 1) await this.stream.purge(before)
  }
}

function mattersOf(data: Uint8Array): { head: MattersHead; bytes: Uint8Array } {
  const end = data.indexOf(NEWLINE)
  const head = JSON.parse(Buffer.from(data.subarray(0, end)).toString()) as MattersHead
  return { head, bytes: data.subarray(end + 1) }
}
