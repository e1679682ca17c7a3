import { deserialize, serialize } from 'node:v8'
import { TransientError } from '../contract/error.js'
import type { Forget, Order } from '../contract/order.js'
import type { Outcome } from '../contract/outcome.js'
import type { Log, LogEntry, Store } from '../contract/ports.js'
import { MINUTE, type EpochMs } from '../contract/time.js'
import { readPast, Refusal } from '../core/ingest/door.js'
import { emptyOutcome, type EngineConfig, Fold, FOLD_VERSION } from '../core/fold/fold.js'
import { Watch } from '../core/watch/watch.js'
import { isWhole } from '../core/service/forget.js'
import type { Level } from './env.js'
import { EntryLines } from './workspace/entry-lines.js'
import { clockEntryOf } from './workspace/timekeeper.js'
import { headsOf } from './incident-head.js'
import { PACKING } from './packing.js'
import { patiently } from './patiently.js'

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
  /** Positions of past counts that were not taken: their services had learned for longer by themselves. */
  untaken: number[]
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
/** No two snapshots are closer than this, however much arrives. */
const SNAPSHOT_LEAST_MS = MINUTE / 2
/** While little arrives a snapshot is taken so often. */
const SNAPSHOT_MS = 5 * MINUTE
/** A log or store that cannot now is tried again after this. */
const STORE_RETRY_MS = 1_000
/** More were never open at once: a service has a few. */
const INCIDENTS_MENDED = 100_000
/** Incidents of a forgotten service that are named to those who show them; pages read all of them anew in any case. */
const FORGOTTEN_NAMED = 100

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

const REBUILDING = 'the snapshot cannot be read; rebuilding from the log'

/** Folds the log into the store: reads what is durable, folds, commits, and takes a snapshot now and then. */
export class Engine implements AsyncDisposable {
  private outcome: Outcome = emptyOutcome()
  private readonly lines = new EntryLines()
  private untaken: number[] = []
  private orders: Order[] = []
  private folded = 0
  private lastCommit = performance.now()
  private unsaved = 0
  private lastSave = performance.now()
  private pumping: Promise<void> | null = null
  private again = false
  private stopped = false
  /** A configuration that takes the place of the present one before the next entry. */
  private next: EngineConfig | null = null
  private committedAt: number

  private constructor(
    private parts: EngineParts,
    private fold: Fold,
    private position: number,
    private snapshotAt: number,
    /** Past this entry the fold has to agree with what was told; null: it does by itself. */
    private mendAfter: number | null,
    /** The store holds what was folded up to here: until then what is folded again is shown to nobody. */
    private readonly heldUpTo: number,
  ) {
    this.committedAt = position
  }

  /** From the latest snapshot if this version can read it, otherwise from the start of the log. */
  static async open(parts: EngineParts): Promise<Engine> {
    const { log, store, config, say } = parts
    const { position } = await store.committed()
    // Never beyond the log: what is appended after its end is new, whatever the store remembers.
    const held = Math.min(position, (await log.last()).position)
    const mendAfter = (torn: boolean | undefined) => (torn && position > 0 ? position : null)
    const fresh = () => new Fold(config, new Watch(config, PACKING))
    try {
      const saved = await store.loadSnapshot()
      if (saved === null) return new Engine(parts, fresh(), 0, 0, mendAfter(parts.torn), held)
      if (saved.version !== FOLD_VERSION) {
        say('warn', REBUILDING, { why: `its version is ${saved.version}, this program writes ${FOLD_VERSION}` })
        return new Engine(parts, fresh(), 0, 0, mendAfter(true), held)
      }
      const fold = Fold.open(deserialize(saved.body), config, PACKING)
      return new Engine(parts, fold, saved.position, saved.position, mendAfter(parts.torn), held)
    } catch (error) {
      // A damaged store may lack more than its snapshot: what the log gives is put again.
      say('warn', REBUILDING, { why: (error as Error).message })
      return new Engine(parts, fresh(), 0, 0, mendAfter(true), 0)
    }
  }

  /** Folds all that is in the log; a call during one makes it look again. */
  pump(): Promise<void> {
    this.again = true
    this.pumping ??= this.run()
      .catch(this.unlessStopped)
      .finally(() => {
        this.pumping = null
      })
    return this.pumping
  }

  /**
   * From here on another configuration: what was folded stays, what comes is judged by the new one. The snapshot taken at
   * that point is where a restart goes on, so that it decides alike.
   */
  reconfigure(config: EngineConfig): Promise<void> {
    // It copies itself to change over: not for what is none of its business.
    if (JSON.stringify(config) !== JSON.stringify(this.next ?? this.parts.config)) this.next = config
    return this.pump()
  }

  private async renew(): Promise<void> {
    if (this.next === null) return
    const config = this.next
    this.next = null
    await this.commit()
    this.fold = Fold.open(deserialize(serialize(this.fold.snapshot())), config, PACKING)
    this.parts = { ...this.parts, config }
    await this.save(true)
  }

  private patiently<T>(ask: () => Promise<T>): Promise<T> {
    return patiently(ask, {
      retryMs: STORE_RETRY_MS,
      stopped: () => this.stopped,
      say: why => this.parts.say('error', 'log or store does not answer, or has no room; trying again', { why }),
    })
  }

  /** Who stops does not wait for what may do later. */
  private readonly unlessStopped = (error: unknown): undefined => {
    if (!this.stopped || !(error instanceof TransientError)) throw error
  }

  private async run(): Promise<void> {
    while (this.again && !this.stopped) {
      this.again = false
      await this.renew()
      for (;;) {
        const rows = await this.patiently(() => this.parts.log.read(this.position, READ_ROWS))
        if (rows.length === 0) break
        for (const row of rows) {
          if (this.next !== null) await this.renew()
          if (this.mendAfter !== null && row.position > this.mendAfter) await this.mend(this.mendAfter)
          if (row.kind === 'clock') await this.clock(row)
          else this.entry(row)
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
    const [heads, now] = await this.patiently(async () => {
      const open = await store.reader().incidents({ open: true, limit: INCIDENTS_MENDED })
      const ids = new Set([...open.map(each => each.id), ...this.fold.followed])
      return [await Promise.all([...ids].map(id => store.head(id))), (await store.committed()).now] as const
    })
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
      const order = JSON.parse(Buffer.from(entry.body).toString('utf8')) as Order | Forget
      if (order.type === 'forget') this.forget(order)
      else {
        fold.order(order, position, outcome)
        this.orders.push({ ...order, position })
      }
    } else if (entry.kind === 'taught') this.teach(entry)
    else if (entry.kind === 'signals') this.signals(entry.body, position)
    this.passed(entry)
  }

  private teach({ body, position }: LogEntry): void {
    const past = readPast(JSON.parse(Buffer.from(body).toString('utf8')), 0)
    if (past instanceof Refusal) return
    if (this.fold.teach(past, this.outcome) !== 'lived') return
    this.untaken.push(position)
    this.parts.say('warn', 'past counts were not taken: the service has learned longer by itself', {
      service: past.service,
    })
  }

  private passed(entry: LogEntry): void {
    this.position = entry.position
    this.folded += entry.count
    this.unsaved += Math.max(1, entry.count)
  }

  /** A snapshot follows at once: a restart must not put back what it would fold again. */
  private forget(order: Forget): void {
    this.fold.forget(order, this.outcome)
    this.unsaved += SNAPSHOT_SIGNALS + 1
    this.lastSave = Number.NEGATIVE_INFINITY
  }

  /** What the clock said is settled, or not yet: time moves as it was decided, and what waited for it is folded. */
  private async clock(entry: LogEntry): Promise<void> {
    const { fold, outcome, parts } = this
    const { position } = entry
    const { verdict, held, from } = clockEntryOf(entry.body)
    // Both times at one moment: only then is their distance that of the clocks.
    fold.advance(from, position, outcome)
    if (verdict === 'believed') fold.rewind(entry.at, position, outcome)
    let lead = 0
    for (let after = held - 1; verdict !== 'doubted' && held > 0 && after < position - 1; ) {
      const rows = await this.patiently(() => parts.log.read(after, READ_ROWS))
      if (rows.length === 0) break
      for (const row of rows) {
        after = row.position
        if (after >= position) break
        if (row.kind === 'clock') ({ lead } = clockEntryOf(row.body))
        // Not believed: who stamped with the clock that was wrong is as far off as it was.
        if (row.kind === 'held') this.signals(row.body, position, verdict === 'refused' ? lead : 0)
      }
    }
    this.passed(entry)
  }

  private signals(body: Uint8Array, position: number, offMs = 0): void {
    const { fold, outcome } = this
    this.lines.each(body, signal => fold.signal(signal, position, outcome), offMs)
  }

  /** Puts what was folded; without room it waits and tries again, and the log keeps the rest. */
  private async commit(): Promise<void> {
    this.lastCommit = performance.now()
    const { outcome, orders, position, folded, parts } = this
    if (position === this.committedAt) return
    this.fold.takeFresh(outcome)
    // Rows of the past would replace newer ones for as long as the catching up takes.
    if (position <= this.heldUpTo) {
      this.forgetFolded()
      return
    }
    const done = await this.patiently(async () => {
      const heads = await headsOf(parts.store, outcome, orders)
      const gone = await this.incidentsOf(outcome.forgotten ?? [])
      await parts.store.commit({ outcome, heads, orders, position, now: this.fold.now })
      return [...heads.map(head => head.id), ...gone]
    }).catch(this.unlessStopped)
    if (done === undefined) return
    this.forgetFolded()
    parts.committed({
      position,
      now: this.fold.now,
      folded,
      late: this.fold.late,
      services: [...new Set([...outcome.services, ...(outcome.forgotten ?? [])].map(s => s.service))],
      incidents: done,
      untaken: this.untaken.splice(0),
      snapshot: this.snapshotAt,
    })
  }

  /** Whoever shows them has to hear that they are gone. */
  private async incidentsOf(forgotten: readonly Forget[]): Promise<string[]> {
    const ids: string[] = []
    for (const each of forgotten) {
      if (!isWhole(each)) continue
      const found = await this.parts.store.reader().incidents({ service: each.service, limit: FORGOTTEN_NAMED })
      ids.push(...found.map(incident => incident.id))
    }
    return ids
  }

  private forgetFolded(): void {
    this.outcome = emptyOutcome()
    this.orders = []
    this.folded = 0
    this.committedAt = this.position
    this.lastCommit = performance.now()
  }

  /** Takes a snapshot at the present position; everything before it has been committed. */
  async save(anyway = false): Promise<number> {
    if (this.position === this.snapshotAt && !anyway) return this.snapshotAt
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
