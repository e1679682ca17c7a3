import { deserialize, serialize } from 'node:v8'
import type { Order } from '../../contract/order.js'
import type { Outcome } from '../../contract/outcome.js'
import type { Store } from '../../contract/ports.js'
import type { Matters } from '../../contract/sharing/matters.js'
import type { Held, SharedBus, SharedStore } from '../../contract/sharing/sharing.js'
import { MINUTE } from '../../contract/time.js'
import { emptyOutcome, type EngineConfig } from '../../core/fold/fold.js'
import { JudgeHalf, type JudgeHalfSnapshot } from '../../core/fold/judge-half.js'
import { HALF_VERSION } from '../../core/fold/watch-half.js'
import type { Env } from '../env.js'
import { headsOf } from '../incident-head.js'
import { patiently } from '../patiently.js'

/** Messages of partitions that are read at once, about a barrier of each. */
const READ_MESSAGES = 64
/** Outcomes are committed at least this often while there is work. */
const JUDGE_COMMIT_MS = 200
/** A judge that takes over judges again what came since: some seconds of work. */
const JUDGE_CHECKPOINT_MS = MINUTE / 2
/** A bus or store that cannot now is tried again after this. */
const JUDGE_RETRY_MS = 1_000
/** More were never open at once. */
const MOST_OPEN = 100_000

export interface JudgeParts {
  bus: SharedBus
  /** The store, by this lease. */
  store: Store
  shared: SharedStore
  held: Held
  config: EngineConfig
  log: Env['log']
}

interface Saved {
  half: JudgeHalfSnapshot
  resume: number
  /** Last barrier that was judged. */
  position: number
}

interface Waiting {
  number: number
  matters: Matters
}

/** Judges what the partitions found, barrier by barrier, and commits it: the one that writes what people are shown. */
export class JudgeWorker {
  private outcome: Outcome = emptyOutcome()
  private orders: Order[] = []
  private readonly waiting: Waiting[][]
  private resume: number
  private lastCommit = performance.now()
  private committedAt: number
  private savedAt = performance.now()
  private saved: number
  private pumping: Promise<void> | null = null
  private again = false
  private stopped = false
  /** Signals folded by all, as they say. */
  folded = 0
  late = 0

  private constructor(
    private readonly parts: JudgeParts,
    private readonly half: JudgeHalf,
    saved: Omit<Saved, 'half'>,
    /** The store has what was judged up to here: until then what is judged again is not put again. */
    private readonly heldUpTo: number,
  ) {
    this.position = this.saved = this.committedAt = saved.position
    this.resume = saved.resume
    this.waiting = Array.from({ length: parts.bus.partitions }, () => [])
    parts.bus.matters.seek(saved.resume)
  }

  /** Last barrier that was judged. */
  position: number

  static async open(parts: JudgeParts): Promise<JudgeWorker> {
    const { shared, store, config, held, log } = parts
    const found = await shared.loadCheckpoint(held.name)
    const committed = await store.committed()
    if (found !== null && found.version === HALF_VERSION) {
      const { half, ...saved } = deserialize(found.body) as Saved
      return new JudgeWorker(parts, JudgeHalf.open(half, config), saved, committed.position)
    }
    const begin = { resume: 1, position: 0 }
    const worker = new JudgeWorker(parts, new JudgeHalf(config), begin, found === null ? committed.position : 0)
    if (found !== null) {
      log('warn', 'the checkpoint is of another version: incidents go on from what people were told', {})
      const open = await store.reader().incidents({ open: true, limit: MOST_OPEN })
      const heads = await Promise.all(open.map(({ id }) => store.head(id)))
      const known = heads.filter(head => head !== null)
      worker.half.mend(known, committed.now, worker.outcome)
    }
    return worker
  }

  pump(): Promise<void> {
    this.again = true
    this.pumping ??= this.run().finally(() => {
      this.pumping = null
    })
    return this.pumping
  }

  private async run(): Promise<void> {
    const { matters } = this.parts.bus
    while (this.again && !this.stopped) {
      this.again = false
      for (;;) {
        const { messages, resume } = await this.patiently(() => matters.read(READ_MESSAGES))
        // What was judged already was passed on a second time.
        for (const { number, partition, body } of messages)
          for (const each of deserialize(body) as Matters[])
            if (each.position > (this.waiting[partition]!.at(-1)?.matters.position ?? this.position))
              this.waiting[partition]!.push({ number, matters: each })
        this.resume = resume
        await this.judge()
        if (messages.length === 0 || this.stopped) break
        await this.saveNow()
      }
      await this.commit()
      await this.saveNow()
    }
  }

  /** All barriers that every partition has reached. */
  private async judge(): Promise<void> {
    const { waiting } = this
    while (waiting.every(each => each.length > 0) && !this.stopped) {
      const position = Math.min(...waiting.map(each => each[0]!.matters.position))
      const all = waiting.filter(each => each[0]!.matters.position === position).map(each => each.shift()!.matters)
      const { turn } = all[0]!
      // What is forgotten, or was put in a wrong time, is so before what follows is put.
      if (turn?.kind === 'forget' || turn?.kind === 'rewind' || all[0]!.undone.length > 0) await this.commit()
      this.half.take(all, this.outcome)
      if (turn?.kind === 'order') this.orders.push(turn.order)
      this.position = position
      for (const each of all) this.folded += each.folded
      this.late = all.reduce((sum, each) => sum + each.late, 0)
      if (turn !== null || performance.now() - this.lastCommit > JUDGE_COMMIT_MS) await this.commit()
    }
  }

  private async commit(): Promise<void> {
    this.lastCommit = performance.now()
    const { outcome, orders, position, parts, half } = this
    if (position === this.committedAt) return
    if (position > this.heldUpTo)
      await this.patiently(async () => {
        const heads = await headsOf(parts.store, outcome, orders)
        await parts.store.commit({ outcome, heads, orders, position, now: half.now })
      })
    this.outcome = emptyOutcome()
    this.orders = []
    this.committedAt = position
  }

  private async saveNow(): Promise<void> {
    if (performance.now() - this.savedAt > JUDGE_CHECKPOINT_MS) await this.save()
  }

  async save(): Promise<void> {
    await this.commit()
    if (this.position === this.saved) return
    const { shared, held, bus } = this.parts
    const resume = Math.min(this.resume, ...this.waiting.flat().map(each => each.number))
    const saved: Saved = { half: this.half.snapshot(), resume, position: this.position }
    const body = serialize(saved)
    await this.patiently(() => shared.saveCheckpoint(held, this.position, HALF_VERSION, body))
    this.saved = this.position
    this.savedAt = performance.now()
    // What was judged nobody needs any more.
    await bus.matters.trim(resume).catch((error: Error) => {
      this.parts.log('warn', 'what was judged cannot be forgotten now', { why: error.message })
    })
  }

  /** Log time that was judged. */
  get now(): number {
    return this.half.now
  }

  private patiently<T>(ask: () => Promise<T>): Promise<T> {
    return patiently(ask, {
      retryMs: JUDGE_RETRY_MS,
      stopped: () => this.stopped,
      say: why => this.parts.log('error', 'bus or store does not answer, or has no room; trying again', { why }),
    })
  }

  async stop(lost: boolean): Promise<void> {
    this.stopped = true
    await this.pumping?.catch(() => {})
    if (!lost) await this.save()
    await this.parts.store[Symbol.asyncDispose]()
  }
}
