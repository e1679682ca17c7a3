import { GROUP_COMMIT_MS, LOG_ROW_BYTES } from '../../contract/limits.js'
import type { LogEntry, NewEntry } from '../../contract/ports.js'
import { type EpochMs, MINUTE } from '../../contract/time.js'

/** Bytes that a group of lines begins with; it grows as it is filled. */
const START_BYTES = 64 * 1024
/** As a byte. */
const NEWLINE = 10

/** Entries that become durable together. */
class Group {
  readonly entries: NewEntry[] = []
  bytes = 0
  readonly done: Promise<number[]>
  resolve!: (positions: number[]) => void
  reject!: (error: unknown) => void

  constructor() {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    // Whoever waits sees the failure; a group that nobody waits for must not end the process.
    this.done.catch(() => {})
  }
}

/** Lines that are being gathered for one entry. */
class Gathering {
  body = Buffer.allocUnsafeSlow(START_BYTES)
  length = 0
  keys = Buffer.allocUnsafeSlow(8 * 256)
  count = 0
}

/** Whose lines are: of one partition of the log, or of all. */
export type Whose = number | null

export interface CommitterParts {
  append: (entries: NewEntry[]) => Promise<number[]>
  /** Log time of an entry that is being sealed. */
  logTime: () => EpochMs
  durable: (signals: number, last: number) => void
  /** These fingerprints were not made durable: they may come again. */
  failed: (keys: Uint8Array[], error: unknown, bytes: number) => void
}

/**
 * Group commit: what arrives while one group is being written goes into the next. Lines are copied in the order in
 * which they were accepted, so the log has the order that the door decided in. When a group fails, so does the one
 * that is filling: a line in it may have been called a duplicate of one that is now gone.
 */
export class Committer {
  private filling = new Group()
  private writing: Group | null = null
  private readonly gathered = new Map<Whose, Gathering>()
  private count = 0
  private length = 0
  /** Where the log is shared out: the minute of log time that was told to all. */
  private minute: number | null = null
  /** Lines went to partitions since all were told anything: what those make of them waits for that. */
  untold = false
  /** What the lines that are being gathered are: those of a held time make an entry of their own. */
  private kind: 'signals' | 'held' = 'signals'
  private started = 0
  private timer: NodeJS.Timeout | NodeJS.Immediate | null = null
  private closed = false
  /** Grows with each failed group: who waited across one cannot tell what became of all its lines. */
  failures = 0

  constructor(private readonly parts: CommitterParts) {}

  /** Accepted bytes that are not durable yet. */
  get bytes(): number {
    return this.filling.bytes + this.length + (this.writing?.bytes ?? 0)
  }

  /** Whole accepted lines without the last line end, and the fingerprints of their signals (8 bytes each). */
  lines(
    chunk: Uint8Array,
    from: number,
    to: number,
    keys: Uint8Array,
    kind: 'signals' | 'held' = 'signals',
    whose: Whose = null,
  ): void {
    if (kind !== this.kind) this.seal()
    this.kind = kind
    if (whose !== null) this.untold = true
    const size = to - from + 1
    if ((this.gathered.get(whose)?.length ?? 0) + size > LOG_ROW_BYTES) this.seal()
    let into = this.gathered.get(whose)
    if (into === undefined) this.gathered.set(whose, (into = new Gathering()))
    into.body = grown(into.body, into.length, into.length + size)
    into.body.set(chunk.subarray(from, to), into.length)
    into.body[into.length + size - 1] = NEWLINE
    into.length += size
    this.length += size
    const used = into.count * 8
    into.keys = grown(into.keys, used, used + keys.length)
    into.keys.set(keys, used)
    into.count += keys.length / 8
    this.count += keys.length / 8
    if (into.length >= LOG_ROW_BYTES) this.seal()
    this.kick()
  }

  /**
   * Where the log is shared out: a minute of log time begins, which all partitions are told before anything of it is theirs. So
   * each has its ticks between the same lines as if it read all.
   */
  cross(now: EpochMs): void {
    const minute = Math.floor(now / MINUTE)
    if (minute === this.minute || !Number.isFinite(minute)) return
    const begins = this.minute === null || minute > this.minute
    this.minute = minute
    if (begins) void this.entry('tick', new Uint8Array(0)).catch(() => {})
  }

  /** An order, a tick or the like; resolves with its position once it is durable. `logTime` is asked now. */
  async entry(kind: LogEntry['kind'], body: Uint8Array): Promise<number> {
    this.seal()
    this.untold = false
    const group = this.filling
    group.bytes += body.length
    const index = group.entries.push({ at: this.parts.logTime(), kind, count: 0, keys: new Uint8Array(0), body }) - 1
    this.kick()
    return (await group.done)[index]!
  }

  /** Resolves when all that was handed in so far is durable, fails when some of it could not be made so. */
  async settled(): Promise<void> {
    if (this.filling.entries.length > 0 || this.count > 0) await this.filling.done
    else if (this.writing !== null) await this.writing.done
  }

  /** Ends the entries that are being gathered: what follows is stamped anew. */
  seal(): void {
    if (this.count === 0) return
    const { filling } = this
    for (const [whose, { body, length, keys, count }] of this.gathered) {
      filling.entries.push({
        at: this.parts.logTime(),
        kind: this.kind,
        count,
        keys: keys.subarray(0, count * 8),
        body: body.subarray(0, length),
        ...(whose === null ? {} : { partition: whose }),
      })
    }
    filling.bytes += this.length
    this.gathered.clear()
    this.length = 0
    this.count = 0
  }

  private kick(): void {
    if (this.writing !== null || this.timer !== null || this.closed) return
    const wait = this.started + GROUP_COMMIT_MS - performance.now()
    const send = () => {
      this.timer = null
      void this.send()
    }
    this.timer = wait > 0 ? setTimeout(send, wait) : setImmediate(send)
  }

  private async send(): Promise<void> {
    this.seal()
    const group = this.filling
    if (group.entries.length === 0 || this.closed) return
    this.filling = new Group()
    this.writing = group
    this.started = performance.now()
    // The buffers are handed to another thread; the fingerprints are needed here if that fails.
    const keys = group.entries.map(entry => new Uint8Array(entry.keys))
    let signals = 0
    for (const entry of group.entries) signals += entry.count
    try {
      const positions = await this.parts.append(group.entries)
      this.writing = null
      this.parts.durable(signals, positions.at(-1)!)
      group.resolve(positions)
    } catch (error) {
      this.writing = null
      this.fail(group, keys, error)
    }
    if (this.filling.entries.length > 0 || this.count > 0) this.kick()
  }

  private fail(group: Group, keys: Uint8Array[], error: unknown): void {
    this.seal()
    const next = this.filling
    this.filling = new Group()
    this.failures++
    this.parts.failed([...keys, ...next.entries.map(entry => entry.keys)], error, group.bytes + next.bytes)
    group.reject(error)
    next.reject(error)
  }

  /** Writes what is there and takes nothing more. */
  async close(): Promise<void> {
    while (this.bytes > 0 || this.filling.entries.length > 0 || this.writing !== null)
      await this.settled().catch(() => {})
    this.closed = true
  }

  /** Gives up what is not durable yet. */
  abandon(error: Error): void {
    this.closed = true
    this.failures++
    this.writing?.reject(error)
    this.filling.reject(error)
  }
}

function grown(buffer: Buffer<ArrayBuffer>, used: number, wanted: number): Buffer<ArrayBuffer> {
  if (wanted <= buffer.length) return buffer
  const next = Buffer.allocUnsafeSlow(Math.max(wanted, buffer.length * 2))
  next.set(buffer.subarray(0, used))
  return next
}
