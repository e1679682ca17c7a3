import { deserialize, serialize } from 'node:v8'
import type { Forget, Order } from '../../contract/order.js'
import type { Matters, Turn } from '../../contract/sharing/matters.js'
import {
  type Held,
  type Lane,
  type LaneEntry,
  OutrunError,
  type SharedBus,
  type SharedStore,
} from '../../contract/sharing/sharing.js'
import { MINUTE } from '../../contract/time.js'
import { readPast, Refusal } from '../../core/ingest/door.js'
import type { EngineConfig } from '../../core/fold/fold.js'
import { LANE_VERSION, WatchHalf } from '../../core/fold/watch-half.js'
import type { Env } from '../env.js'
import { EntryLines } from '../workspace/entry-lines.js'
import { clockEntryOf } from '../workspace/timekeeper.js'
import { patiently } from '../patiently.js'

/** Entries read at once. */
const READ_ENTRIES = 16
/** Barriers that are passed on together while there is a backlog. */
const PASS_BARRIERS = 64
/** A restart folds what came after the checkpoint: some seconds. */
const CHECKPOINT_SIGNALS = 250_000
/** While little arrives one is saved so often. */
const CHECKPOINT_MS = MINUTE
/** A bus or store that cannot now is tried again after this. */
const LANE_RETRY_MS = 1_000

export interface LaneParts {
  bus: SharedBus
  store: SharedStore
  config: EngineConfig
  held: Held
  partition: number
  log: Env['log']
}

/** Watches the services of one partition: reads its entries, folds them, and passes on what it found at each barrier. */
export class LaneWorker {
  private readonly lines = new EntryLines()
  private readonly lane: Lane
  private passing: Matters[] = []
  private unsaved = 0
  private savedAt = performance.now()
  private saved: number
  private pumping: Promise<void> | null = null
  private again = false
  private stopped = false
  /** Signals that it has folded. */
  folded = 0

  private constructor(
    private readonly parts: LaneParts,
    private readonly half: WatchHalf,
    /** Of the last entry that was folded. */
    public position: number,
    /** Of the last barrier that was passed on. */
    private reached: number,
  ) {
    this.lane = parts.bus.lane(parts.partition)
    this.saved = position
  }

  /** From the checkpoint, if this version can read it; otherwise from the start of the log. */
  static async open(parts: LaneParts): Promise<LaneWorker> {
    const { bus, store, config, held, partition, log } = parts
    const share = { partition, partitions: bus.partitions }
    const [saved, reached] = await Promise.all([store.loadCheckpoint(held.name), bus.matters.reached(partition)])
    if (saved !== null && saved.version === LANE_VERSION)
      return new LaneWorker(parts, WatchHalf.open(deserialize(saved.body), config, share), saved.position, reached)
    if (saved !== null) log('warn', 'a checkpoint is of another version; the partition is folded anew', { partition })
    return new LaneWorker(parts, new WatchHalf(config, share), 0, reached)
  }

  /** Folds all that is in the log; a call during one makes it look again. Rejects where it cannot go on. */
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
        const entries = await this.patiently(() => this.lane.read(this.position, READ_ENTRIES))
        for (const entry of entries) {
          await this.entry(entry)
          this.position = entry.position
          this.unsaved += Math.max(1, entry.count)
          if (this.stopped) return
        }
        if (this.passing.length >= PASS_BARRIERS || entries.length === 0) await this.pass()
        if (entries.length === 0) break
        await this.saveNow()
      }
      await this.saveNow()
    }
  }

  private async entry(entry: LaneEntry): Promise<void> {
    const { half, parts } = this
    const { position, at, kind, body, common } = entry
    const clock = kind === 'clock' ? clockEntryOf(body) : null
    if (clock !== null) half.advance(clock.from, position)
    else if (parts.config.clock === 'wall' || kind === 'tick') half.advance(at, position)
    if (kind === 'signals') this.signals(body, position)
    else if (kind === 'taught') this.teach(body)
    if (!common) return
    const asked = kind === 'order' ? (JSON.parse(Buffer.from(body).toString('utf8')) as Order | Forget) : null
    let turn: Turn | null = null
    if (asked?.type === 'forget') turn = { kind: 'forget', forget: asked }
    else if (asked !== null) turn = { kind: 'order', order: { ...asked, position } }
    else if (clock?.verdict === 'believed') turn = { kind: 'rewind', to: at }
    const matters = half.barrier(position, turn)
    // What another process passed on before it ended is the same: the fold is.
    if (position > this.reached) this.passing.push(matters)
    if (asked?.type === 'forget') {
      half.forget(asked)
      this.unsaved += CHECKPOINT_SIGNALS
    }
    if (clock !== null) await this.settle(clock, position, at)
  }

  private signals(body: Uint8Array, position: number, offMs = 0): void {
    this.lines.each(
      body,
      signal => {
        this.half.signal(signal, position)
        this.folded++
      },
      offMs,
    )
  }

  private teach(body: Uint8Array): void {
    const past = readPast(JSON.parse(Buffer.from(body).toString('utf8')), 0)
    if (past instanceof Refusal || this.half.teach(past) !== 'lived') return
    this.parts.log('warn', 'past counts were not taken: the service has learned longer by itself', {
      service: past.service,
    })
  }

  /** What the clock said is settled, or not yet: time moves as it was decided, and what waited for it is folded. */
  private async settle(clock: ReturnType<typeof clockEntryOf>, position: number, at: number): Promise<void> {
    const { verdict, held } = clock
    if (verdict === 'believed') this.half.rewind(at, position)
    if (verdict === 'doubted' || held === 0) return
    const again = this.parts.bus.lane(this.parts.partition)
    let lead = 0
    for (let after = held - 1; after < position - 1; ) {
      const rows = await this.patiently(() => again.read(after, READ_ENTRIES))
      if (rows.length === 0) break
      for (const row of rows) {
        after = row.position
        if (after >= position) break
        if (row.kind === 'clock') ({ lead } = clockEntryOf(row.body))
        if (row.kind === 'held') this.signals(row.body, position, verdict === 'refused' ? lead : 0)
      }
    }
  }

  /** Passes on what was found. Where another one wrote of this partition meanwhile, what it wrote is not written again. */
  private async pass(): Promise<void> {
    const { bus, partition } = this.parts
    while (this.passing.length > 0) {
      const some = this.passing.slice(0, PASS_BARRIERS)
      const { position } = some.at(-1)!
      try {
        await this.patiently(() => bus.matters.publish(partition, position, serialize(some)))
        this.reached = position
        this.passing = this.passing.slice(some.length)
      } catch (error) {
        if (!(error instanceof OutrunError) || this.stopped) throw error
        this.reached = await this.patiently(() => bus.matters.reached(partition))
        this.passing = this.passing.filter(each => each.position > this.reached)
      }
    }
  }

  private async saveNow(): Promise<void> {
    const age = performance.now() - this.savedAt
    if (this.unsaved > CHECKPOINT_SIGNALS || (this.unsaved > 0 && age > CHECKPOINT_MS)) await this.save()
  }

  /** All before it was passed on. @throws PermanentError where the lease is another's: nothing is saved then */
  async save(): Promise<void> {
    await this.pass()
    if (this.position === this.saved) return
    const { store, held } = this.parts
    const body = serialize(this.half.snapshot())
    await this.patiently(() => store.saveCheckpoint(held, this.position, LANE_VERSION, body))
    this.saved = this.position
    this.unsaved = 0
    this.savedAt = performance.now()
  }

  /** Log time that it has reached. */
  get now(): number {
    return this.half.now
  }

  private patiently<T>(ask: () => Promise<T>): Promise<T> {
    return patiently(ask, {
      retryMs: LANE_RETRY_MS,
      stopped: () => this.stopped,
      say: why => this.parts.log('error', 'bus or store does not answer, or has no room; trying again', { why }),
    })
  }

  /** `lost`: nothing more is passed on or saved. */
  async stop(lost: boolean): Promise<void> {
    this.stopped = true
    await this.pumping?.catch(() => {})
    if (!lost) await this.save()
  }
}
