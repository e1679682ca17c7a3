import { deserialize, serialize } from 'node:v8'
import type { Config } from '../contract/config.js'
import { TransientError } from '../contract/error.js'
import {
  BACKLOG_SIGNALS,
  DEDUPE_MS,
  QUEUE_BYTES,
  REQUEST_BYTES,
  REQUESTS_OPEN,
  RETRY_AFTER_MS,
} from '../contract/limits.js'
import type { Order } from '../contract/order.js'
import { HOUR, MINUTE } from '../contract/time.js'
import { readSignal, Refusal } from '../core/door.js'
import type { LabelBook } from '../core/labels.js'
import { Committer } from './committer.js'
import type { Committed } from './engine.js'
import type { Env } from './env.js'
import { Gate } from './gate.js'
import { Intake, type Receipt } from './intake.js'
import { LineReader } from './lines.js'
import { LABELS_NOTE } from './together.js'
import { openParts, type Parts, type PartsOptions } from './parts.js'

export type Body = Uint8Array | AsyncIterable<Uint8Array>

/** More than may come in one request. What came before counts and is in `receipt`. */
export class TooLarge extends Error {
  override name = 'TooLarge'
  constructor(
    message: string,
    readonly receipt: Receipt,
  ) {
    super(message)
  }
}

const LABELS_MS = 5 * MINUTE
const KEYS_READ = 4_096

/** One workspace from its door to its store: gate, group commit, log, engine. Opened anew when a demo starts over. */
export class Workspace implements AsyncDisposable {
  readonly gate: Gate
  private readonly committer: Committer
  private parts!: Parts
  private requests = 0
  private durable = { position: 0, signals: 0 }
  private folded = { position: 0, signals: 0 }
  private snapshot = 0
  private waiting: { position: number; resolve: () => void; reject: (error: Error) => void }[] = []
  private labelsSaved = { values: -1, at: 0 }
  dead: Error | null = null

  private constructor(
    private readonly config: Config,
    private readonly env: Env,
    private readonly onCommit: (what: Committed) => void,
  ) {
    this.gate = new Gate(config.clock)
    this.committer = new Committer({
      append: entries => this.parts.append(entries),
      logTime: () => (Number.isFinite(this.gate.now) ? this.gate.now : 0),
      durable: (signals, position) => {
        this.durable = { position, signals: this.durable.signals + signals }
        this.parts.wake()
      },
      failed: (keys, error) => {
        for (const k of keys) eachKey(k, (hi, lo) => this.gate.dedupe.forget(hi, lo))
        env.log('error', 'signals could not be made durable; their senders were told', { why: String(error) })
      },
    })
  }

  static async open(
    config: Config,
    env: Env,
    onCommit: (what: Committed) => void,
    options: PartsOptions = {},
  ): Promise<Workspace> {
    const workspace = new Workspace(config, env, onCommit)
    workspace.parts = await openParts(
      config,
      env,
      {
        committed: what => workspace.committed(what),
        died: error => {
          workspace.dead = error
          env.log('error', 'the engine has stopped', { why: error.stack ?? error.message })
          workspace.giveUp(new TransientError('the engine has stopped; the operator has to look', RETRY_AFTER_MS))
        },
      },
      options,
    )
    try {
      await workspace.remember()
    } catch (error) {
      await workspace.parts[Symbol.asyncDispose]()
      throw error
    }
    workspace.parts.wake()
    return workspace
  }

  /** Log time, fingerprints and label values as they were: from the log, which is the truth about all three. */
  private async remember(): Promise<void> {
    const { gate, parts } = this
    const newest = await parts.log.last()
    this.durable.position = newest.position
    if (newest.position === 0) return
    const committed = await parts.store.committed()
    this.folded.position = committed.position
    // Of a log that was lost the store still knows the time.
    const at = Math.max(newest.at, committed.now)
    if (at > 0) gate.now = at
    for (let after = 0; ; ) {
      const rows = await parts.log.keys(after, newest.at - DEDUPE_MS, KEYS_READ)
      for (const row of rows) {
        eachKey(row.keys, (hi, lo) => void gate.dedupe.add(hi, lo, row.at))
        if (row.position > committed.position) this.durable.signals += row.count
      }
      if (rows.length === 0) break
      after = rows.at(-1)!.position
    }
    const saved = await parts.store.noted(LABELS_NOTE)
    let after = 0
    if (saved !== null) {
      try {
        const note = deserialize(saved) as { position: number; book: ReturnType<LabelBook['snapshot']> }
        gate.labels.restore(note.book)
        after = note.position
      } catch (error) {
        this.env.log('warn', 'the note of labels cannot be read; it is made anew from the log', { why: String(error) })
      }
    }
    for (;;) {
      const rows = await parts.log.read(after, 16)
      if (rows.length === 0) return
      for (const row of rows) {
        if (row.kind !== 'signals') continue
        const lines = new LineReader((_, text) => {
          const signal = text === null ? null : readSignal(JSON.parse(text))
          if (signal !== null && !(signal instanceof Refusal)) gate.labels.admit(signal.service, signal.labels, row.at)
        })
        lines.push(row.body)
        lines.end()
      }
      after = rows.at(-1)!.position
    }
  }

  /** NDJSON in, receipt out once all that was accepted is durable. @throws TransientError, TooLarge */
  ingest(body: Body): Promise<Receipt> {
    return this.request(async intake => {
      let size = 0
      const pieces = body instanceof Uint8Array ? [body] : body
      for await (const piece of pieces) {
        size += piece.length
        if (size > REQUEST_BYTES) return `a request has at most ${REQUEST_BYTES} bytes`
        intake.push(piece)
        // A long request waits here, and its sender with it, when the disk is slower than the wire.
        if (this.committer.bytes > QUEUE_BYTES / 2) await this.committer.settled()
      }
      intake.end()
      return null
    })
  }

  /** The same for signals that came as JSON values. */
  ingestValues(values: readonly unknown[]): Promise<Receipt> {
    return this.request(async intake => {
      for (const value of values) {
        intake.value(value)
        if (this.committer.bytes > QUEUE_BYTES / 2) await this.committer.settled()
      }
      return null
    })
  }

  private async request(work: (intake: Intake) => Promise<string | null>): Promise<Receipt> {
    this.makeWay()
    this.requests++
    const { failures } = this.committer
    const intake = new Intake(this.gate, this.committer)
    let tooLarge: string | null
    try {
      if (this.config.clock === 'wall') this.gate.stamp(this.env.now())
      tooLarge = await work(intake)
      await this.committer.settled()
    } finally {
      this.requests--
    }
    if (this.committer.failures !== failures)
      throw new TransientError('some signals could not be made durable; send the request again', RETRY_AFTER_MS)
    if (tooLarge !== null) throw new TooLarge(tooLarge, intake.receipt)
    return intake.receipt
  }

  /** Refuses before memory grows. */
  private makeWay(): void {
    if (this.dead !== null) throw new TransientError('the engine has stopped; the operator has to look', 30_000)
    if (this.committer.bytes > QUEUE_BYTES) throw new TransientError('the disk is behind', RETRY_AFTER_MS)
    if (this.backlog > BACKLOG_SIGNALS) throw new TransientError('the engine is behind', 5 * RETRY_AFTER_MS)
    if (this.requests >= REQUESTS_OPEN) throw new TransientError('too many requests are being read', RETRY_AFTER_MS)
  }

  /** Signals that are durable but not folded yet. */
  get backlog(): number {
    return this.durable.signals - this.folded.signals
  }

  get queueBytes(): number {
    return this.committer.bytes
  }

  get position(): { durable: number; folded: number; snapshot: number } {
    return { durable: this.durable.position, folded: this.folded.position, snapshot: this.snapshot }
  }

  /** Stamped with log time and put on the log; resolves when the engine has followed it. */
  async order(order: Omit<Order, 'type' | 'id' | 'at'>): Promise<Order> {
    this.makeWay()
    if (this.config.clock === 'wall') this.gate.stamp(this.env.now())
    const id = `ord-${Buffer.from(this.env.random(12)).toString('base64url')}`
    const whole: Order = { type: 'order', id, at: Number.isFinite(this.gate.now) ? this.gate.now : 0, ...order }
    const position = await this.committer.entry('order', Buffer.from(JSON.stringify(whole)))
    await this.caughtUp(position)
    return whole
  }

  /** On the `wall` clock: time goes on although nothing arrives. */
  async tick(): Promise<void> {
    this.gate.stamp(this.env.now())
    await this.committer.entry('tick', new Uint8Array(0))
  }

  /** Resolves when the store holds all up to `position`, by default all that is durable now. */
  async caughtUp(position = this.durable.position): Promise<void> {
    if (this.folded.position >= position) return
    if (this.dead !== null) throw new TransientError('the engine has stopped', RETRY_AFTER_MS)
    await new Promise<void>((resolve, reject) => this.waiting.push({ position, resolve, reject }))
  }

  /** Nothing will be folded any more: whoever waits for it is told. */
  private giveUp(error: Error): void {
    for (const { reject } of this.waiting.splice(0)) reject(error)
  }

  /** How often the log was found to end before what was committed. */
  get gaps(): number {
    return this.parts.gaps
  }

  private committed(what: Committed): void {
    // After a restart the engine folds again what came after its snapshot; the store already holds that.
    this.folded = {
      position: Math.max(what.position, this.folded.position),
      signals: this.folded.signals + what.folded,
    }
    this.snapshot = what.snapshot
    this.waiting = this.waiting.filter(w => w.position > what.position || w.resolve())
    this.onCommit(what)
  }

  get store(): Parts['store'] {
    return this.parts.store
  }

  note(key: string, value: Uint8Array): Promise<void> {
    return this.parts.note(key, value)
  }

  /** Now and then: saves what the gate knows, forgets what is kept no longer. */
  async upkeep(): Promise<void> {
    await this.saveLabels()
    const now = this.gate.now
    if (!Number.isFinite(now)) return
    const { keep } = this.config
    await this.parts.trimLog(now - Math.max(keep.logMs, DEDUPE_MS + HOUR), this.snapshot)
    await this.parts.trimStore({ rollups: now - keep.rollupsMs, facts: now - keep.factsMs })
  }

  private async saveLabels(): Promise<void> {
    const { values } = this.gate.labels.size
    const now = performance.now()
    if (values === this.labelsSaved.values && now - this.labelsSaved.at < LABELS_MS) return
    // The book may be ahead of this position: reading those entries again changes nothing.
    const note = serialize({ position: this.durable.position, book: this.gate.labels.snapshot() })
    await this.parts.note(LABELS_NOTE, note)
    this.labelsSaved = { values, at: now }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.committer.close()
    if (this.dead === null) await this.saveLabels().catch(() => {})
    await this.parts[Symbol.asyncDispose]()
    for (const { resolve } of this.waiting) resolve()
  }

  /** Ends without saving: what is stored will be deleted. */
  async abandon(): Promise<void> {
    this.committer.abandon(new TransientError('the workspace starts over', RETRY_AFTER_MS))
    await this.parts[Symbol.asyncDispose]()
    for (const { resolve } of this.waiting) resolve()
  }
}

function eachKey(keys: Uint8Array, each: (hi: number, lo: number) => void): void {
  const view = new DataView(keys.buffer, keys.byteOffset, keys.byteLength)
  for (let i = 0; i + 8 <= keys.length; i += 8) each(view.getUint32(i, true), view.getUint32(i + 4, true))
}
