import { createHash } from 'node:crypto'
import type { Use } from '../../contract/config.js'
import { PermanentError, TransientError } from '../../contract/error.js'
import { RETRY_AFTER_MS, SOURCE_PIECE, SOURCE_POLL_MS, SOURCE_STATE_BYTES } from '../../contract/limits.js'
import type { Batch, Receiver, Source, Stop } from '../../contract/plugin.js'
import type { Self } from '../../contract/outside/self.js'
import { MINUTE, SECOND } from '../../contract/time.js'
import { sleep } from '../outside/env.js'
import { Halt } from '../outside/halt.js'
import { CutShort } from '../workspace/cut-short.js'
import type { Space } from '../workspace/gate.js'
import type { Own } from '../workspace/intake.js'
import type { Receipt } from '../../contract/received.js'
import type { Task } from './keeper.js'
import type { Pulse } from './pulse.js'

// What a turn of each kind is. All signals go through the same intake as everybody's, in a namespace of ids of their own.

/** The workspace, as far as what runs needs it. */
export interface Taker {
  /** Resolves once they are durable. @throws TransientError, CutShort */
  take(values: readonly unknown[] | Own, space: Space): Promise<Receipt>
  /** Counts of a past; null once levels were learned from them or nothing was to be learned, else the rule that they break. @throws TransientError */
  teach(value: unknown): Promise<{ rule: string; message: string } | null>
  note(key: string, value: Uint8Array): Promise<void>
  noted(key: string): Promise<Uint8Array | null>
  /** A clock that never leaps. */
  even(): number
  /** Who this is among other instances. */
  self?(): Self
}

export interface TaskParts<Opened> {
  use: Use
  open: () => Promise<Opened>
  pulse: Pulse
  taker: Taker
  random: () => number
  /** Of a source that shares its ids with others. */
  space?: Space
}

/** A namespace is no longer than this (ID_SPACE); a longer name stands as its hash. */
const NAMESPACE_CHARS = 60
export function spaceOf(kind: string, id: string): Space {
  const whole = `${kind}.${id}`
  const hash = () => `${kind}.${createHash('sha256').update(id).digest('hex').slice(0, 32)}`
  return { namespace: whole.length <= NAMESPACE_CHARS ? whole : hash(), services: null }
}
/** A source is asked so often where it does not say. */
const EVERY_MS = MINUTE
/** Between two turns of the same there is a little chance, so that many do not fall into step. */
const JITTER = 0.05
const jittered = (ms: number, random: () => number) => ms * (1 + JITTER * (2 * random() - 1))

/** Opened at its first turn, and again after a failure. */
export abstract class Holding<Opened extends AsyncDisposable> implements Task {
  private held: Opened | null = null

  constructor(protected readonly parts: TaskParts<Opened>) {}

  abstract turn(stop: Stop): Promise<number | null>

  protected async opened(): Promise<Opened> {
    this.held ??= await this.parts.open()
    return this.held
  }

  async close(): Promise<void> {
    const { held } = this
    this.held = null
    await held?.[Symbol.asyncDispose]()
  }
}

export class SourceTask extends Holding<Source> {
  private state: unknown
  private restored = false
  private readonly space: Space

  constructor(parts: TaskParts<Source>) {
    super(parts)
    this.space = parts.space ?? spaceOf('source', parts.use.id)
  }

  async turn(stop: Stop): Promise<number | null> {
    const { pulse, random } = this.parts
    if (!this.restored) await this.restore()
    const source = await this.opened()
    pulse.staleMs = source.staleMs ?? Math.max(5 * MINUTE, 3 * (source.everyMs ?? EVERY_MS))
    if (source.poll !== undefined) {
      const batch = await limited(SOURCE_POLL_MS, stop, signal => source.poll!(this.state, signal))
      await this.takeBatch(batch, stop)
      return batch.done === true ? null : jittered(source.everyMs ?? EVERY_MS, random)
    }
    if (source.read === undefined) throw new PermanentError('a source has a method poll or read')
    for await (const batch of source.read(stop, this.state)) {
      await this.takeBatch(batch, stop)
      if (batch.done === true || stop.aborted) return null
    }
    throw new TransientError('it ended by itself', 0)
  }

  /** Counts once it is durable; what it says to go on from is kept then, never before. */
  private async takeBatch(batch: Batch, stop: Stop): Promise<void> {
    const { signals } = batch
    if (!Array.isArray(signals)) throw new PermanentError('a batch is an object with a list `signals`')
    this.parts.pulse.hear({ accepted: 0, duplicate: 0 })
    this.parts.pulse.lagMs = batch.lagMs === undefined ? null : Math.round(batch.lagMs)
    if (batch.unread !== undefined) this.parts.pulse.fail(batch.unread)
    for (const past of batch.past ?? []) await this.teach(past)
    for (let i = 0; i < signals.length; i += SOURCE_PIECE)
      if (!(await this.takePiece(signals.slice(i, i + SOURCE_PIECE), stop))) return
    if (batch.state === undefined) return
    this.state = batch.state
    await keepState('source', this.parts, batch.state)
  }

  private async teach(past: unknown): Promise<void> {
    const wrong = await this.parts.taker.teach(past)
    if (wrong !== null) this.parts.pulse.hear({ accepted: 0, duplicate: 0, rules: { [wrong.rule]: 1 } })
  }

  /** Waits for room as often as it must: what was taken twice counts once. False: it was stopped before that. */
  private async takePiece(piece: readonly unknown[], stop: Stop): Promise<boolean> {
    const { taker, pulse } = this.parts
    while (!stop.aborted) {
      try {
        pulse.hear(await taker.take(piece, this.space))
        return true
      } catch (error) {
        const why = error instanceof CutShort ? error.why : error
        if (!(why instanceof TransientError)) throw why
        await sleep(why.retryAfterMs, stop)
      }
    }
    return false
  }

  private async restore(): Promise<void> {
    this.state = await keptState('source', this.parts)
    this.restored = true
  }
}

type Keeping = Pick<TaskParts<unknown>, 'use' | 'taker'>

/** Keeps what to go on from. @throws PermanentError where that is too much */
export async function keepState(kind: string, { use, taker }: Keeping, state: unknown): Promise<void> {
  const note = Buffer.from(JSON.stringify({ use: use.use, state }))
  if (note.length > SOURCE_STATE_BYTES)
    throw new PermanentError(
      `what a ${kind} goes on from has at most ${SOURCE_STATE_BYTES} bytes; it has ${note.length}`,
    )
  await taker.note(`${kind}:${use.id}`, note)
}

/** What was kept; undefined: nothing, or by another plug-in, whose words say nothing to this one. */
export async function keptState(kind: string, { use, taker }: Keeping): Promise<unknown> {
  const note = await taker.noted(`${kind}:${use.id}`)
  if (note === null || note.length === 0) return undefined
  const kept = JSON.parse(Buffer.from(note).toString()) as { use: string; state: unknown }
  return kept.use === use.use ? kept.state : undefined
}

/** What others may send to, under a path of its own. */
export interface Hearing {
  /** Null while it cannot be opened. */
  readonly receiver: Receiver | null
  readonly space: Space
}

/** A receiver has no turns: it is opened, and asked by others. */
export class ReceiverTask extends Holding<Receiver> implements Hearing {
  receiver: Receiver | null = null
  readonly space: Space

  constructor(parts: TaskParts<Receiver>) {
    super(parts)
    this.space = spaceOf('receiver', parts.use.id)
  }

  async turn(stop: Stop): Promise<number | null> {
    this.receiver = await this.opened()
    await new Promise<void>(done => {
      if (stop.aborted) done()
      stop.addEventListener('abort', () => done(), { once: true })
    })
    return null
  }

  override async close(): Promise<void> {
    this.receiver = null
    await super.close()
  }
}

export class TooSlow extends TransientError {}

/**
 * Work with an end: it is told to stop when its time is over, and its own answer then no longer counts. Resolves no sooner
 * than the work does, so that there are never two of it.
 */
export async function limited<T>(ms: number, stop: Stop, work: (stop: Stop) => Promise<T>): Promise<T> {
  const end = new Halt()
  let late = false
  const stopped = end.abort
  const timer = setTimeout(() => {
    late = true
    end.abort()
  }, ms).unref()
  if (stop.aborted) end.abort()
  // Taken off again below: a source is asked thousands of times, and its signal lives as long as it does.
  stop.addEventListener('abort', stopped, { once: true })
  const slow = () => new TooSlow(`it took longer than ${ms / SECOND} s`, RETRY_AFTER_MS)
  try {
    const found = await work(end)
    if (late) throw slow()
    return found
  } catch (error) {
    throw late ? slow() : error
  } finally {
    clearTimeout(timer)
    stop.removeEventListener?.('abort', stopped)
  }
}
