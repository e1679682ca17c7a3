import { randomUUID } from 'node:crypto'
import { PermanentError } from '../../contract/error.js'
import { type Plugin, plugin } from '../../contract/plugin.js'
import type { Log, LogEntry, LogState, NewEntry } from '../../contract/ports.js'
import type { EpochMs } from '../../contract/time.js'
import {
  batchOf,
  type Joined,
  type MarkHead,
  markOf,
  NOTHING,
  placeOf,
  type State,
  stateAfter,
} from './nats/message.js'
import { ENDS, laneSubject } from './nats/subjects.js'
import { beforeStamp, newestBefore, Reading, whole } from './nats/reading.js'
import { faultsOf, type NatsConfig, SETTINGS } from './nats/settings.js'
import type { Stream } from './nats/stream.js'

// Each message is published on the condition that it follows the one that this process knows as the newest. So nothing that was in
// doubt comes late or twice, the order is that of the door, and whoever was replaced writes nothing more: the new owner begins with
// a message of its own, and what the old one still sends follows on nothing.

/** What is for all, and everything where nothing is shared out. */
const SIGNALS = 'signals.0'
const MARKS = 'marks'
/** Messages that are sent before the first of them is acknowledged: 2 MB. */
const IN_FLIGHT = 32
/** One that still writes is outrun within a few of them. */
const OWN_TRIES = 20

interface Sending {
  subject: string
  bytes: Uint8Array
}

class NatsLog implements Log {
  private readonly reading: Reading
  private readonly ofKeys: Reading
  /** What is written is written one batch after the other. */
  private turn: Promise<unknown> = Promise.resolve()
  /** Number of the newest message, which this process wrote; 0: it only reads. */
  private newest = 0
  private now: State = NOTHING
  private closing = false

  constructor(
    private readonly stream: Stream,
    private readonly readonly: boolean,
    readonly partitions: number | undefined,
  ) {
    this.reading = new Reading(stream)
    this.ofKeys = new Reading(stream)
  }

  /** From here on nobody else writes. */
  async own(): Promise<void> {
    for (let tries = 0; ; tries++) {
      const { state, seq } = await this.end()
      const head: MarkHead = { state, batch: randomUUID(), mark: 'owner' }
      try {
        this.newest = await this.stream.publish(MARKS, head.batch, markOf(head), seq)
        this.now = state
        return
      } catch (error) {
        if (this.stream.isRefused(error)) throw this.stream.refusal('open the log', error)
        if (tries === OWN_TRIES) throw this.stream.silent('open the log', error)
        // Another one wrote meanwhile, or nobody knows: the newest message tells.
        await this.stream.pause()
      }
    }
  }

  append(entries: readonly NewEntry[]): Promise<number[]> {
    return this.alone('append to the log', async () => {
      await this.stream.reachable()
      const batch = randomUUID()
      const before = this.now
      const { messages, lanes, after } = batchOf(batch, before, entries, this.partitions !== undefined)
      const subject = (i: number) => (i >= lanes.length ? ENDS : lanes[i] === null ? SIGNALS : laneSubject(lanes[i]!))
      await this.put(
        'append to the log',
        batch,
        messages.map((bytes, i) => ({ subject: subject(i), bytes })),
      )
      this.now = after
      return entries.map((_, i) => before.position + i + 1)
    })
  }

  async read(after: number, max: number): Promise<LogEntry[]> {
    const found = await this.reading.read(after, max)
    return whole(found, await this.gapEndFor(found)).map(plain)
  }

  async keys(after: number, since: EpochMs, max: number): Promise<Omit<LogEntry, 'body'>[]> {
    const begins = await beforeStamp(this.stream, since)
    if (begins === null) return []
    const rows: Omit<LogEntry, 'body'>[] = []
    for (let from = Math.max(after, begins); rows.length < max; ) {
      const found = await this.ofKeys.read(from, max)
      if (found.length === 0) break
      from = found.at(-1)!.position
      for (const { body: _, seq: __, turn: ___, ...row } of found)
        if (row.at >= since && rows.length < max) rows.push(row)
    }
    return rows
  }

  async last(): Promise<{ position: number; at: EpochMs }> {
    const { position, at } = (await this.end()).state
    return { position, at }
  }

  /** The count is of positions: those of a gap are counted as well. */
  trim(before: EpochMs, upTo: number): Promise<number> {
    return this.alone('trim the log', async () => {
      const [first] = await new Reading(this.stream).read(0, 1)
      if (first === undefined) return 0
      const end = Math.min(upTo, this.now.position - 1)
      const cut = await newestBefore(this.stream, before, end, first.position)
      const [kept] = cut === 0 ? [] : await new Reading(this.stream).read(cut, 1)
      if (kept === undefined) return 0
      await this.stream.purge(kept.seq)
      return kept.position - first.position
    })
  }

  async state(): Promise<LogState> {
    const { state } = await this.end()
    const { position: last, gaps, gapEnd, workspace } = state
    const first = (await new Reading(this.stream).read(0, 1))[0]?.position ?? last + 1
    return { first, last, gaps, gapEnd, summed: first, workspace }
  }

  belongsTo(workspace: string): Promise<void> {
    return this.mark('workspace', { ...this.now, workspace })
  }

  goOnAfter(position: number): Promise<void> {
    return this.mark('gap', { ...this.now, position, gaps: this.now.gaps + 1, gapEnd: position })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closing = true
    await this.turn
    await this.stream[Symbol.asyncDispose]()
  }

  private mark(mark: MarkHead['mark'], state: State): Promise<void> {
    return this.alone('write to the log', async () => {
      const head: MarkHead = { state, batch: randomUUID(), mark }
      await this.put('write to the log', head.batch, [{ subject: MARKS, bytes: markOf(head) }])
      this.now = state
    })
  }

  private alone<T>(operation: string, work: () => Promise<T>): Promise<T> {
    if (this.readonly) throw new PermanentError(`cannot ${operation}: it was opened readonly`)
    const mine = this.turn.then(work)
    this.turn = mine.catch(() => {})
    return mine
  }

  /** What the newest message says, and its number. */
  private async end(): Promise<{ state: State; seq: number }> {
    for (let before = -1; ; ) {
      const { last } = await this.stream.ends()
      if (last === 0) return { state: NOTHING, seq: 0 }
      const message = await this.stream.get(last)
      if (message !== null) return { state: stateAfter(message.head), seq: last }
      if (last === before)
        throw new PermanentError('the stream of the log is damaged: its newest message was taken out of it')
      before = last
    }
  }

  /**
   * Resolves once all messages are there, each after the one before. While anybody could not say whether they are, this waits: to
   * give up would be to call what may count nothing. @throws TransientError where the stream takes no more: none of it counts then
   */
  private async put(operation: string, batch: string, messages: readonly Sending[]): Promise<void> {
    const before = this.newest
    for (let done = 0; done < messages.length; ) {
      const failure = await this.send(batch, messages, before, done)
      if (failure === null) done = messages.length
      else {
        if (this.closing) throw this.stream.silent(operation, failure)
        if (!this.stream.isRefused(failure) && !this.stream.isOutrun(failure)) await this.stream.pause()
        done = await this.stored(operation, batch, before)
        // The rest of a batch that lacks its end is passed over by whoever reads.
        if (this.stream.isRefused(failure) && done < messages.length) {
          this.newest = before + done
          throw this.stream.refusal(operation, failure)
        }
      }
    }
    this.newest = before + messages.length
  }

  /** Sends from the one at `from` on; the failure of the first that failed. */
  private async send(batch: string, messages: readonly Sending[], before: number, from: number): Promise<unknown> {
    for (let at = from; at < messages.length; at += IN_FLIGHT) {
      const asked = messages.slice(at, at + IN_FLIGHT).map(({ subject, bytes }, i) => {
        return this.stream.publish(subject, `${batch} ${at + i}`, bytes, before + at + i)
      })
      const failed = (await Promise.allSettled(asked)).find(each => each.status === 'rejected')
      if (failed !== undefined) return failed.reason
    }
    return null
  }

  /** How many of a batch are there; waits for an answer. @throws PermanentError where another one writes */
  private async stored(operation: string, batch: string, before: number): Promise<number> {
    for (;;) {
      try {
        const { last } = await this.stream.ends()
        if (last === before) return 0
        const head = last > before ? (await this.stream.get(last))?.head : undefined
        // One that leads since a moment ago may not have got as far as it promised.
        if (head !== undefined) {
          const mine = head.batch === batch && placeOf(head) === last - before - 1
          if (!mine) throw this.stream.replaced(operation)
          return last - before
        }
        await this.stream.pause()
      } catch (error) {
        if (error instanceof PermanentError) throw error
        // What is in doubt then is known again by its fingerprints, as the log has them.
        if (this.closing) throw this.stream.silent(operation, error)
        await this.stream.pause()
      }
    }
  }

  /** Where positions were left out last; asked for where some were. */
  private async gapEndFor(found: readonly Joined[]): Promise<number> {
    const follow = found.every((each, i) => i === 0 || each.position === found[i - 1]!.position + 1)
    return follow ? 0 : (await this.end()).state.gapEnd
  }
}

const plain = ({ seq: _, turn: __, ...entry }: Joined): LogEntry => entry

const nats: Plugin<'bus', NatsConfig, Log> = plugin({
  kind: 'bus',
  name: 'nats',
  summary: 'the log in a stream of NATS JetStream, on a majority of its servers before it is acknowledged',
  config: SETTINGS,
  check: faultsOf,
  open: async (config, env, { readonly = false }) => {
    const { Stream } = await import('./nats/stream.js')
    const stream = await Stream.open(config, env, readonly)
    const log = new NatsLog(stream, readonly, config.partitions)
    try {
      if (!readonly) await log.own()
    } catch (error) {
      await log[Symbol.asyncDispose]()
      throw error
    }
    return log
  },
  shared: async (config, env) => (await import('./nats/sharing.js')).openShared(config, env),
})
export default nats
