import { deserialize, serialize } from 'node:v8'
import { TransientError } from '../contract/error.js'
import type { Order } from '../contract/order.js'
import type { Outcome } from '../contract/outcome.js'
import type { IncidentHead, Log, LogEntry, Store } from '../contract/ports.js'
import { MINUTE, type EpochMs } from '../contract/time.js'
import { readSignal, Refusal } from '../core/door.js'
import { emptyOutcome, type EngineConfig, Fold, FOLD_VERSION } from '../core/fold.js'
import type { Level } from './env.js'
import { LineReader } from './lines.js'
import { Ordinary } from './ordinary.js'
import { heed, tell } from './story.js'

/** What a commit changed, for those who show it. */
export interface Committed {
  position: number
  now: EpochMs
  /** Signals folded since the last one. */
  folded: number
  /** Observations that came too late for their minute, of all time. */
  late: number
  services: string[]
  incidents: string[]
  /** Position of the latest snapshot: the log may be trimmed up to it. */
  snapshot: number
}

/** Rows read at once: at most 16 × LOG_ROW_BYTES. */
const READ_ROWS = 16
/** Outcomes are committed at least this often while there is work, and whenever the log is read to its end. */
const COMMIT_MS = 200
/**
 * A restart folds what came after the snapshot: 500,000 signals are three to five seconds. Under a load that brings
 * them faster than twice a minute, the half minute counts: a snapshot of a large workspace takes a second itself.
 */
const SNAPSHOT_SIGNALS = 500_000
const SNAPSHOT_LEAST_MS = MINUTE / 2
const SNAPSHOT_MS = 5 * MINUTE
const RETRY_MS = 1_000
/** More were never open at once: a service has a few. */
const INCIDENTS_MENDED = 100_000
/** Label limits were applied at the door; here one label set is as good for ever. */
const EPOCH = 1

export interface EngineParts {
  log: Log
  store: Store
  config: EngineConfig
  /** A part of the log that the fold would need was lost. */
  torn?: boolean
  /** Called after each commit. */
  committed: (what: Committed) => void
  say: (level: Level, what: string, detail?: Record<string, unknown>) => void
}

/** Folds the log into the store: reads what is durable, folds, commits, and takes a snapshot now and then. */
export class Engine implements AsyncDisposable {
  private outcome: Outcome = emptyOutcome()
  private readonly ordinary = new Ordinary()
  private orders: Order[] = []
  private folded = 0
  private lastCommit = performance.now()
  private unsaved = 0
  private lastSave = performance.now()
  private pumping: Promise<void> | null = null
  private again = false
  private stopped = false
  private committedAt: number

  private constructor(
    private readonly parts: EngineParts,
    private fold: Fold,
    private position: number,
    private snapshotAt: number,
    /** Past this entry the fold has to agree with what was told; null: it does by itself. */
    private mendAfter: number | null,
  ) {
    this.committedAt = position
  }

  /** From the latest snapshot if this version can read it, otherwise from the start of the log. */
  static async open(parts: EngineParts): Promise<Engine> {
    const { store, config, say } = parts
    const { position } = await store.committed()
    const anew = (torn: boolean | undefined) =>
      new Engine(parts, new Fold(config), 0, 0, torn && position > 0 ? position : null)
    try {
      const saved = await store.loadSnapshot()
      if (saved === null) return anew(parts.torn)
      if (saved.version !== FOLD_VERSION)
        throw new Error(`its version is ${saved.version}, this program writes ${FOLD_VERSION}`)
      const fold = Fold.open(deserialize(saved.body), config)
      return new Engine(parts, fold, saved.position, saved.position, parts.torn === true ? position : null)
    } catch (error) {
      say('warn', 'the snapshot cannot be read; rebuilding from the log', { why: (error as Error).message })
      return anew(true)
    }
  }

  /** Folds all that is in the log; a call during one makes it look again. */
  pump(): Promise<void> {
    this.again = true
    this.pumping ??= this.run().finally(() => {
      this.pumping = null
    })
    return this.pumping
  }

  private async run(): Promise<void> {
    while (this.again && !this.stopped) {
      this.again = false
      for (;;) {
        const rows = await this.parts.log.read(this.position, READ_ROWS)
        if (rows.length === 0) break
        for (const row of rows) {
          if (this.mendAfter !== null && row.position > this.mendAfter) await this.mend(this.mendAfter)
          this.entry(row)
          if (performance.now() - this.lastCommit > COMMIT_MS) await this.commit()
          if (this.stopped) return
        }
        await this.saveNow(false)
        // Let messages in: a question from the main thread waits for one round at most.
        await new Promise(next => setImmediate(next))
      }
      await this.commit()
      await this.saveNow(true)
    }
  }

  /**
   * What was committed up to `position` was not folded to its end, or not from its beginning: incidents go on from what
   * people were told of them.
   */
  private async mend(position: number): Promise<void> {
    await this.commit()
    if (this.stopped) return
    const { store } = this.parts
    const open = await store.reader().incidents({ open: true, limit: INCIDENTS_MENDED })
    const heads = await Promise.all(
      [...new Set([...open.map(each => each.id), ...this.fold.followed])].map(id => store.head(id)),
    )
    const { now } = await store.committed()
    this.fold.mend(
      heads.filter(head => head !== null),
      now,
      this.outcome,
    )
    this.position = Math.max(this.position, position)
    this.mendAfter = null
  }

  /** Takes a snapshot when one is due. */
  private async saveNow(idle: boolean): Promise<void> {
    const age = performance.now() - this.lastSave
    const due =
      this.unsaved > SNAPSHOT_SIGNALS ? age > SNAPSHOT_LEAST_MS : this.unsaved > 0 && idle && age > SNAPSHOT_MS
    if (!due) return
    await this.commit()
    if (!this.stopped) await this.save()
  }

  private entry(entry: LogEntry): void {
    const { fold, outcome, parts } = this
    const { position } = entry
    if (parts.config.clock === 'wall' || entry.kind === 'tick') fold.advance(entry.at, position, outcome)
    if (entry.kind === 'order') {
      const order = JSON.parse(Buffer.from(entry.body).toString('utf8')) as Order
      fold.order(order, position, outcome)
      this.orders.push(order)
    } else if (entry.kind === 'signals') {
      const { ordinary } = this
      const lines = new LineReader(
        (_, text, __, chunk, from, to) => {
          const signal = text === null ? null : readSignal(JSON.parse(text))
          // What was accepted stays readable; a rule that became stricter since then passes over it.
          if (signal === null || signal instanceof Refusal) return
          ordinary.learn(chunk, from, to, EPOCH, signal.service, signal.labels)
          fold.signal(signal, position, outcome)
        },
        (chunk, from) => {
          if (!ordinary.read(chunk, from, EPOCH)) return -1
          const { next } = ordinary.scanner
          fold.signal(ordinary.observation(chunk), position, outcome)
          return next
        },
      )
      lines.push(entry.body)
      lines.end()
    }
    this.position = position
    this.folded += entry.count
    this.unsaved += Math.max(1, entry.count)
  }

  /** Puts what was folded; without room it waits and tries again, and the log keeps the rest. */
  private async commit(): Promise<void> {
    this.lastCommit = performance.now()
    const { outcome, orders, position, folded, parts } = this
    if (position === this.committedAt) return
    this.fold.takeFresh(outcome)
    const heads = await this.heads(outcome, orders)
    for (;;) {
      try {
        await parts.store.commit({ outcome, heads, orders, position, now: this.fold.now })
        break
      } catch (error) {
        if (!(error instanceof TransientError)) throw error
        parts.say('error', 'the store has no room; trying again', { why: error.message })
        await new Promise(next => setTimeout(next, RETRY_MS))
        if (this.stopped) return
      }
    }
    this.outcome = emptyOutcome()
    this.orders = []
    this.folded = 0
    this.committedAt = position
    this.lastCommit = performance.now()
    parts.committed({
      position,
      now: this.fold.now,
      folded,
      late: this.fold.late,
      services: [...new Set(outcome.services.map(s => s.service))],
      incidents: heads.map(h => h.id),
      snapshot: this.snapshotAt,
    })
  }

  private async heads(outcome: Outcome, orders: Order[]): Promise<IncidentHead[]> {
    const heads = new Map<string, IncidentHead | null>()
    const load = async (id: string) => {
      if (!heads.has(id)) heads.set(id, await this.parts.store.head(id))
      return heads.get(id) ?? null
    }
    for (const event of outcome.events) heads.set(event.incident, tell(await load(event.incident), event))
    for (const order of orders) {
      const head = await load(order.incident)
      if (head !== null) heads.set(order.incident, heed(head, order))
    }
    return [...heads.values()].filter(head => head !== null)
  }

  /** Takes a snapshot at the present position; everything before it has been committed. */
  async save(): Promise<number> {
    if (this.position === this.snapshotAt) return this.snapshotAt
    try {
      await this.parts.store.saveSnapshot(this.position, FOLD_VERSION, serialize(this.fold.snapshot()))
      this.snapshotAt = this.position
    } catch (error) {
      // A restart then folds from the one before; nothing is lost.
      this.parts.say('warn', 'no snapshot was saved', { why: (error as Error).message })
    }
    this.unsaved = 0
    this.lastSave = performance.now()
    return this.snapshotAt
  }

  /** Finishes the round at hand, commits and saves a snapshot. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stopped = true
    await this.pumping
    await this.commit()
    await this.save()
  }
}
