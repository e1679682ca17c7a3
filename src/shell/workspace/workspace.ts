import { OBSERVATION_VIAS } from '../../contract/signal.js'
import { serialize } from 'node:v8'
import type { Config } from '../../contract/config.js'
import { TransientError } from '../../contract/error.js'
import {
  BACKLOG_SIGNALS,
  DEDUPE_MS,
  LOG_ROW_BYTES,
  QUEUE_BYTES,
  REQUEST_BYTES,
  REPORTS_OPEN,
  REQUESTS_OPEN,
  RETRY_AFTER_MS,
} from '../../contract/limits.js'
import type { Forget, Order } from '../../contract/order.js'
import type { Past } from '../../contract/past.js'
import { isWhole } from '../../core/service/forget.js'
import { printOf, type Taught } from '../../core/service/past.js'
import { Refusal } from '../../core/ingest/door.js'
import { type EpochMs, HOUR, MINUTE } from '../../contract/time.js'
import type { Clock } from './clock.js'
import { Committer } from './committer.js'
import { CutShort, TooMuch } from './cut-short.js'
import type { Committed } from '../engine.js'
import type { Env } from '../env.js'
import { Gate, type Space } from './gate.js'
import type { SubscriberChange } from '../../contract/subscribers/subscriber.js'
import type { Receipt } from '../../contract/received.js'
import { Intake, type Own } from './intake.js'
import { engineConfig, openParts, type Parts, type PartsOptions } from '../parts.js'
import { eachKey, Lived, recallKeys, recallLabels } from './recall.js'
import { Timekeeper } from './timekeeper.js'
import { troublesOf } from './troubles.js'
import { LABELS_NOTE } from '../folder/together.js'

export type Body = Uint8Array | AsyncIterable<Uint8Array>
const taughtKey = (via: string, service: string) => `taught:${via}:${service}`
/** What is known of labels is saved so often where nothing new came; at once where it did. */
const LABELS_MS = 5 * MINUTE

/** One workspace from its door to its store: gate, group commit, log, engine. Opened anew when a demo starts over. */
export class Workspace implements AsyncDisposable {
  readonly gate: Gate
  private readonly committer: Committer
  private parts!: Parts
  private readonly timekeeper: Timekeeper
  private readonly wall: boolean
  private readonly lived: Lived
  private requests = 0
  private durable = { position: 0, signals: 0 }
  private folded = { position: 0, signals: 0 }
  private snapshot = 0
  private waiting: { position: number; resolve: () => void; reject: (error: Error) => void }[] = []
  private readonly untaken = new Set<number>()
  private labelsSaved = { values: -1, at: 0 }
  /** When something began to wait for the engine, by the steady clock; null: it is up to date. */
  private waitsSince: number | null = null
  /** Log time that the engine has reached. */
  private foldedTo: EpochMs = 0
  /** Why signals could not be written, until they can be again. */
  private unwritten: { why: string; bytes: number } | null = null
  dead: Error | null = null

  private constructor(
    private config: Config,
    private readonly env: Env,
    readonly clock: Clock,
    private readonly onCommit: (what: Committed) => void,
    saltOf?: ConstructorParameters<typeof Gate>[1],
  ) {
    this.gate = new Gate(config.clock, saltOf)
    this.gate.labels.expect(config.services.map(each => each.id))
    this.wall = config.clock === 'wall'
    this.lived = new Lived(config.keep.logMs, () => this.steady())
    this.committer = new Committer({
      append: entries => this.parts.append(entries),
      logTime: () => (Number.isFinite(this.gate.now) ? this.gate.now : 0),
      durable: (signals, position) => {
        if (this.folded.position >= this.durable.position) this.waitsSince = this.steady()
        this.durable = { position, signals: this.durable.signals + signals }
        this.parts.wake()
      },
      failed: (keys, error, bytes) => {
        this.unwritten = { why: (error as Error).message, bytes: Math.max(bytes, this.unwritten?.bytes ?? 0) }
        for (const k of keys) eachKey(k, (hi, lo) => this.gate.dedupe.forget(hi, lo))
        if (keys.some(k => k.length > 0))
          env.log('error', 'signals could not be stored; their senders got an error', { why: String(error) })
      },
    })
    const { gate, committer } = this
    const recall = async (now: EpochMs) => recallKeys(gate, this.parts.log, now, now)
    this.timekeeper = new Timekeeper({ clock, gate, committer, recall, wall: () => env.now() })
  }

  static async open(
    config: Config,
    env: Env,
    clock: Clock,
    onCommit: (what: Committed) => void,
    options: PartsOptions = {},
    saltOf?: ConstructorParameters<typeof Gate>[1],
  ): Promise<Workspace> {
    const workspace = new Workspace(config, env, clock, onCommit, saltOf)
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
      if (!workspace.parts.reading) await workspace.remember()
      if (workspace.wall && !workspace.parts.reading) await workspace.timekeeper.takeUp(workspace.parts.log)
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
    this.foldedTo = committed.now
    // Of a log that was lost the store still knows the time.
    const at = parts.cut ? Math.max(newest.at, committed.now) : newest.at
    if (at > 0) gate.now = this.lived.end = at
    // A log whose clock was ahead: what came before that counts as well.
    const since = this.wall ? Math.min(newest.at, this.env.now()) : newest.at
    await recallKeys(gate, parts.log, since, newest.at, row => {
      if (row.kind === 'clock') this.timekeeper.clockAt = row.position
      if (row.position > committed.position) this.durable.signals += row.count
    })
    await recallLabels(gate, parts, newest.at, this.env.log)
  }

  /** How old what is shown is, by the wall; null: no word on that. */
  get ageMs(): number | null {
    return this.wall && this.foldedTo > 0 ? Math.max(0, this.env.now() - this.foldedTo) : null
  }

  /** NDJSON in, receipt out once all that was accepted is durable; `space`: whose it is. @throws TransientError, CutShort */
  ingest(body: Body, space?: Space): Promise<Receipt> {
    return this.request(space, async intake => {
      let size = 0
      const pieces = body instanceof Uint8Array ? [body] : body
      for await (const piece of pieces) {
        size += piece.length
        if (size > REQUEST_BYTES) throw new TooMuch('size', `a request has at most ${REQUEST_BYTES} bytes`)
        intake.push(piece)
        // A long request waits here, and its sender with it, when the disk is slower than the wire.
        if (this.committer.bytes > QUEUE_BYTES / 2) await this.committer.settled()
      }
      intake.end()
    })
  }

  /** The same for signals that came as JSON values, or that this server makes at the time it is given. */
  ingestValues(values: readonly unknown[] | AsyncIterable<unknown> | Own, space?: Space): Promise<Receipt> {
    return this.request(space, async intake => {
      if (typeof values === 'function')
        // What we stamp ourselves is no word on what time it is.
        return this.gate.deaf(() => values(this.gate.present).forEach(value => intake.value(value)))
      for await (const value of values) {
        intake.value(value)
        if (this.committer.bytes > QUEUE_BYTES / 2) await this.committer.settled()
      }
    })
  }

  private async request(space: Space | undefined, work: (intake: Intake) => Promise<void>): Promise<Receipt> {
    this.makeWay()
    this.requests++
    const { failures } = this.committer
    const intake = new Intake(this.gate, this.committer, space, this.parts.log.partitions)
    let cut: Error | null = null
    try {
      if (this.wall) this.timekeeper.stamp()
      await work(intake).catch((error: Error) => {
        cut = error
      })
      await this.committer.settled()
    } finally {
      this.requests--
    }
    if (this.committer.failures !== failures)
      throw new TransientError('some signals could not be stored; send the request again', RETRY_AFTER_MS)
    // What was let in before the end stays in: whoever is told of the error is told of that too.
    if (cut !== null) throw new CutShort(cut, intake.receipt)
    return intake.receipt
  }

  /** Refuses before memory grows. */
  private makeWay(): void {
    if (this.dead !== null) throw new TransientError('the engine has stopped; the operator has to look', 30_000)
    if (this.committer.bytes > QUEUE_BYTES) throw new TransientError('the disk is behind', RETRY_AFTER_MS)
    if (this.backlog > BACKLOG_SIGNALS) throw new TransientError('the engine is behind', 5 * RETRY_AFTER_MS)
    if (this.requests >= REQUESTS_OPEN + REPORTS_OPEN)
      throw new TransientError('too many requests are being read', RETRY_AFTER_MS)
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
    if (this.wall) this.timekeeper.stamp()
    const id = `ord-${Buffer.from(this.env.random(12)).toString('base64url')}`
    const whole: Order = { type: 'order', id, at: Number.isFinite(this.gate.now) ? this.gate.now : 0, ...order }
    const position = await this.committer.entry('order', Buffer.from(JSON.stringify(whole)))
    await this.caughtUp(position)
    return whole
  }

  /** Resolves once everything is forgotten, with what was asked and how many label values it freed at the door. */
  async forget(forget: Omit<Forget, 'type' | 'id' | 'at'>): Promise<{ forget: Forget; values: number }> {
    this.makeWay()
    if (this.wall) this.timekeeper.stamp()
    const id = `fgt-${Buffer.from(this.env.random(12)).toString('base64url')}`
    const whole: Forget = { type: 'forget', id, at: Number.isFinite(this.gate.now) ? this.gate.now : 0, ...forget }
    // What was let in before goes before it into the log; what is let in from here on, after it.
    const entry = this.committer.entry('order', Buffer.from(JSON.stringify(whole)))
    const values = this.gate.forget(whole)
    await this.caughtUp(await entry)
    await this.saveLabels()
    // What it was taught is forgotten with it, so that it may be taught again.
    if (isWhole(forget as Forget))
      for (const via of OBSERVATION_VIAS) await this.note(taughtKey(via, forget.service), new Uint8Array(0))
    return { forget: whole, values }
  }

  /** Counts of a past go on the log; resolves when levels were learned from them. False: the same were taught before. */
  async teach(value: unknown): Promise<{ past: Past; became: Taught } | Refusal> {
    this.makeWay()
    if (this.wall) this.timekeeper.stamp()
    const past = this.gate.past(value)
    if (past instanceof Refusal) return past
    const key = taughtKey(past.via, past.service)
    const before = await this.store.noted(key)
    const print = printOf(past)
    if (before !== null && Buffer.from(before).toString() === print) return { past, became: 'known' }
    const position = await this.committer.entry('taught', Buffer.from(JSON.stringify(past)))
    await this.caughtUp(position)
    if (this.untaken.delete(position)) return { past, became: 'lived' }
    await this.note(key, Buffer.from(print))
    return { past, became: 'taught' }
  }

  /** On the `wall` clock: time goes on although nothing arrives. */
  async tick(): Promise<void> {
    this.timekeeper.stamp()
    await this.committer.entry('tick', new Uint8Array(0))
  }

  /**
   * Now and then, more often than ticks: the clock is looked at, and while signals cannot be written it is tried whether
   * there is room again for as much as failed.
   */
  async beat(): Promise<void> {
    if (this.wall) await this.timekeeper.look()
    if (this.committer.untold) await this.committer.entry('tick', new Uint8Array(0)).catch(() => {})
    const { unwritten } = this
    if (unwritten === null) return
    const room = this.committer.entry('tick', new Uint8Array(Math.min(unwritten.bytes, LOG_ROW_BYTES)))
    const written = await room.then(
      () => true,
      () => false,
    )
    if (!written) return
    this.unwritten = null
    this.env.log('info', 'there is room again: signals are taken')
  }

  /** Whether signals cannot be written now. */
  get full(): boolean {
    return this.unwritten !== null
  }

  /** Why this workspace is not ready, in words; empty: it is. */
  get troubles(): string[] {
    return troublesOf({
      dead: this.dead !== null,
      unwritten: this.unwritten?.why ?? null,
      waitsMs: this.waitsSince === null ? 0 : this.steady() - this.waitsSince,
      behindMs:
        this.wall && this.foldedTo > 0 ? (this.parts.reading ? this.env.now() : this.gate.now) - this.foldedTo : 0,
      lateMs: this.parts.lateMs,
      backlog: this.backlog,
      clock: this.wall && !this.parts.reading ? this.clock.state : null,
    })
  }

  private steady(): number {
    return (this.env.steady ?? this.env.now)()
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
    if (this.folded.position >= this.durable.position) this.folded.signals = this.durable.signals
    this.snapshot = what.snapshot
    this.foldedTo = what.now
    if (this.parts.reading) this.durable.position = what.position
    this.waitsSince = this.folded.position < this.durable.position ? this.steady() : null
    for (const each of what.untaken) this.untaken.add(each)
    this.waiting = this.waiting.filter(w => w.position > what.position || w.resolve())
    this.onCommit(what)
  }

  /** Goes on under another configuration; clock and place stay. */
  async configure(config: Config): Promise<void> {
    this.config = config
    this.gate.labels.expect(config.services.map(each => each.id))
    await this.parts.configure(engineConfig(config))
  }

  get store(): Parts['store'] {
    return this.parts.store
  }
  readonly readLog: Parts['log']['read'] = (after, max) => this.parts.log.read(after, max)
  readonly note = (key: string, value: Uint8Array): Promise<void> => this.parts.note(key, value)
  readonly subscribe = (change: SubscriberChange): Promise<void> => this.parts.subscribe(change)

  /** Now and then: saves what the gate knows, forgets what is kept no longer. */
  async upkeep(): Promise<void> {
    await this.saveLabels()
    const now = await this.lived.upTo(this.gate.now, this.parts)
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
    if (this.dead === null && !this.parts.reading) await this.saveLabels().catch(() => {})
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
