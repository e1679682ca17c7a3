import type { Receipt } from '../../contract/received.js'
import { type EpochMs, MINUTE } from '../../contract/time.js'
import { BAD_LINES, JSON_DEPTH, LINE_BYTES, REJECTS_LISTED } from '../../contract/limits.js'
import { isDeeper, Refusal, shown } from '../../core/ingest/door.js'
import { partitionOf } from '../../core/stat/partition.js'
import { LATE_MS } from '../../core/aggregate/label-sets.js'
import type { Committer } from './committer.js'
import { TooMuch } from './cut-short.js'
import type { Gate, Space } from './gate.js'
import { LineReader } from './lines.js'

/** Signals that this server makes itself, stamped with the time they are given: between the two no clock is put right. */
export type Own = (present: EpochMs) => readonly unknown[]

/** A run is handed on at this size, so that a log row is at most twice LOG_ROW_BYTES. */
const RUN_BYTES = 256 * 1024

const [NEWLINE, BRACE] = [10, 125]

/**
 * One request's way through the gate. Accepted lines that follow one another are handed to the committer as one run of
 * bytes, and always before control is given up: what the gate has let in is on its way to the log.
 */
export class Intake {
  readonly receipt: Receipt = { accepted: 0, duplicate: 0, rejectedCount: 0, rejected: [] }
  private readonly reader: LineReader
  private line = 0
  private chunk: Buffer | null = null
  private from = 0
  private to = 0
  /** Grows: most requests that this server makes itself have one line. */
  private keys = Buffer.allocUnsafe(8 * 64)
  private used = 0
  private held = false
  private whose: number | null = null
  private minute = Number.NaN
  private readonly services = new Map<string, number>()

  /** What is written into each line of a named sender, so that the log says whose it is. */
  private readonly mark: Buffer | null
  private marked = Buffer.alloc(0)
  private markedTo = 0

  constructor(
    private readonly gate: Gate,
    private readonly committer: Committer,
    private readonly space?: Space,
    /** Into how many parts the log is shared out. */
    private readonly partitions?: number | undefined,
  ) {
    const namespace = space?.namespace ?? ''
    this.mark = namespace === '' ? null : Buffer.from(`,"idSpace":${JSON.stringify(namespace)}}`)
    this.reader = new LineReader(
      (line, text, refusal, chunk, from, to) => {
        if (this.tooBad) return
        const verdict = text === null ? refusal! : this.gate.line(text)
        if (verdict === 'duplicate') this.receipt.duplicate++
        else if (verdict instanceof Refusal) this.reject(line, verdict)
        else {
          this.accept(chunk, from, to, verdict.via === 'topology' ? null : verdict.service)
          this.gate.learn(chunk, from, to, verdict)
        }
      },
      (chunk, from) => {
        const verdict = this.gate.bytes(chunk, from)
        if (verdict === 'unknown') return -1
        const { next } = this.gate
        if (verdict === 'duplicate') this.receipt.duplicate++
        else this.accept(chunk, from, next - 1, this.gate.service)
        return next
      },
    )
  }

  push(bytes: Uint8Array): void {
    this.gate.from(this.space)
    this.reader.push(bytes)
    this.hand()
    this.check()
  }

  end(): void {
    this.gate.from(this.space)
    this.reader.end()
    this.hand()
    this.check()
  }

  /** More lines that are no signals than a sender of signals has. */
  private get tooBad(): boolean {
    const { accepted, duplicate, rejectedCount } = this.receipt
    return rejectedCount + this.reader.blank > BAD_LINES + accepted + duplicate
  }

  private check(): void {
    if (this.tooBad)
      throw new TooMuch('lines', `${this.receipt.rejectedCount} lines were rejected: the rest was not read`)
  }

  /** One signal that came as a JSON value; lines count on. */
  value(value: unknown): void {
    this.line++
    this.gate.from(this.space)
    this.check()
    if (value instanceof Refusal) return this.reject(this.line, value)
    if (isDeeper(value, JSON_DEPTH))
      return this.reject(this.line, new Refusal('signal.depth', `at most ${JSON_DEPTH} levels`, 'more'))
    const bytes = Buffer.from(JSON.stringify(value) ?? 'null')
    if (bytes.length > LINE_BYTES)
      return this.reject(
        this.line,
        new Refusal('line.length', `a signal has at most ${LINE_BYTES} bytes`, shown(bytes.length)),
      )
    const verdict = this.gate.value(value)
    if (verdict === 'duplicate') this.receipt.duplicate++
    else if (verdict instanceof Refusal) this.reject(this.line, verdict)
    else {
      this.accept(bytes, 0, bytes.length, verdict.via === 'topology' ? null : verdict.service)
      this.hand()
    }
  }

  private reject(line: number, { rule, message, value }: Refusal): void {
    this.receipt.rejectedCount++
    const rules = (this.receipt.rules ??= {})
    rules[rule] = (rules[rule] ?? 0) + 1
    if (this.receipt.rejected.length < REJECTS_LISTED) this.receipt.rejected.push({ line, rule, message, value })
  }

  /** `service`: whose partition has it; null: all have to hear of it. */
  private accept(chunk: Buffer, from: number, to: number, service: string | null): void {
    this.receipt.accepted++
    if (this.partitions !== undefined) this.share(service, this.partitions)
    if (this.gate.late) {
      this.receipt.late = (this.receipt.late ?? 0) + 1
      this.receipt.lateAfterMs = LATE_MS
    }
    if (this.mark !== null) {
      from = this.write(chunk, from, to, this.mark)
      to = this.markedTo - 1
      chunk = this.marked
    }
    // A gap of one or two bytes can only be a line end: a line between would take three.
    if (chunk !== this.chunk || this.held !== this.gate.held || from - this.to > 2 || this.to - this.from > RUN_BYTES) {
      this.hand()
      this.chunk = chunk
      this.held = this.gate.held
      this.from = from
    }
    this.to = to
    if (this.used + 8 > this.keys.length) this.keys = Buffer.concat([this.keys, Buffer.alloc(this.keys.length)])
    this.keys.writeUInt32LE(this.gate.hi, this.used)
    this.keys.writeUInt32LE(this.gate.lo, this.used + 4)
    this.used += 8
  }

  /** Lines of one partition are handed on together; before a line that begins a minute, or is for all, and after the latter. */
  private share(service: string | null, partitions: number): void {
    const whose = service === null ? null : this.whoseIs(service, partitions)
    const minute = Math.floor(this.gate.now / MINUTE)
    if (whose === this.whose && minute === this.minute && whose !== null) return
    this.hand()
    if (minute !== this.minute) this.committer.cross(this.gate.now)
    if (whose === null || this.whose === null) this.committer.seal()
    this.minute = minute
    this.whose = whose
  }

  private whoseIs(service: string, partitions: number): number {
    let whose = this.services.get(service)
    if (whose === undefined) this.services.set(service, (whose = partitionOf(service, partitions)))
    return whose
  }

  /** Copies a line with the mark at its end, where it outdoes what the sender may have written there; returns where it begins. */
  private write(chunk: Buffer, from: number, to: number, mark: Buffer): number {
    const end = chunk.lastIndexOf(BRACE, to - 1)
    const size = end - from + mark.length + 1
    // What was handed on is copied there; what waits for it is not.
    if (this.used === 0) this.markedTo = 0
    if (this.markedTo + size > this.marked.length) {
      this.hand()
      // As much as the chunk is likely to take: a check of our own has one line, and is made a thousand times a second.
      this.marked = Buffer.allocUnsafe(Math.max(size, Math.min(RUN_BYTES, 2 * chunk.length)))
      this.markedTo = 0
    }
    const start = this.markedTo
    chunk.copy(this.marked, start, from, end)
    mark.copy(this.marked, start + end - from)
    this.marked[start + size - 1] = NEWLINE
    this.markedTo = start + size
    return start
  }

  private hand(): void {
    if (this.used > 0 && this.chunk !== null)
      this.committer.lines(
        this.chunk,
        this.from,
        this.to,
        this.keys.subarray(0, this.used),
        this.held ? 'held' : 'signals',
        this.whose,
      )
    this.chunk = null
    this.used = 0
  }
}
