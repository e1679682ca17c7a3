import { emptyOutcome, Fold, type EngineConfig } from '../core/fold/fold.js'
import { Refusal } from '../core/ingest/door.js'
import type { Reject } from '../contract/error.js'
import type { IncidentEvent } from '../contract/incident.js'
import { FALSE_ALARMS_PER_MONTH, LOG_LINE_BYTES, REJECTS_LISTED } from '../contract/limits.js'
import type { Outcome } from '../contract/outcome.js'
import type { Signal } from '../contract/signal.js'
import { Gate } from './workspace/gate.js'
import { LineReader } from './workspace/lines.js'

export interface ReplayCounts {
  lines: number
  accepted: number
  duplicate: number
  rejected: number
  /** The first of them. */
  rejects: Reject[]
}

export const replayConfig = (falseAlarmsPerMonth = FALSE_ALARMS_PER_MONTH): EngineConfig => ({
  clock: 'signals',
  falseAlarmsPerMonth,
  services: [],
})

/**
 * What a live instance on the `signals` clock would have decided. Feed it bytes; it calls `say` for each event. Keeps
 * nothing of the input but what the engine itself keeps.
 */
export class Replay {
  readonly counts: ReplayCounts = { lines: 0, accepted: 0, duplicate: 0, rejected: 0, rejects: [] }
  private readonly gate = new Gate('signals')
  private readonly fold: Fold
  private readonly reader: LineReader
  private outcome: Outcome = emptyOutcome()
  private position = 1
  private inBatch = 0

  constructor(
    private readonly say: (event: IncidentEvent) => void,
    private readonly options: {
      config?: EngineConfig
      batch?: number
      /** Hears of everything that a batch made. */
      outcome?: (outcome: Outcome, now: number) => void
    } = {},
  ) {
    this.fold = new Fold(options.config ?? replayConfig())
    this.reader = new LineReader(
      (line, text, refusal, chunk, from, to) => this.line(line, text, refusal, chunk, from, to),
      (chunk, from) => this.bytes(chunk, from),
      LOG_LINE_BYTES,
    )
  }

  push(bytes: Uint8Array): void {
    this.reader.push(bytes)
    if (this.options.batch === undefined) this.cut()
  }

  end(): void {
    this.reader.end()
    this.cut()
  }

  /** Log time. */
  get now(): number {
    return this.fold.now
  }

  private bytes(chunk: Buffer, from: number): number {
    const verdict = this.gate.bytes(chunk, from)
    if (verdict === 'unknown') return -1
    const { next } = this.gate
    if (verdict === 'duplicate') this.counts.duplicate++
    else this.take(this.gate.observation(chunk))
    this.counted()
    return next
  }

  private line(
    line: number,
    text: string | null,
    refusal: Refusal | null,
    chunk: Buffer,
    from: number,
    to: number,
  ): void {
    const signal = text === null ? refusal! : this.gate.line(text)
    if (signal === 'duplicate') this.counts.duplicate++
    else if (signal instanceof Refusal) {
      const { rule, message, value } = signal
      this.counts.rejected++
      if (this.counts.rejects.length < REJECTS_LISTED) this.counts.rejects.push({ line, rule, message, value })
    } else {
      this.gate.learn(chunk, from, to, signal)
      this.take(signal)
    }
    this.counted()
  }

  private take(signal: Signal): void {
    this.counts.accepted++
    this.fold.signal(signal, this.position, this.outcome)
  }

  private counted(): void {
    this.counts.lines++
    if (this.options.batch !== undefined && ++this.inBatch >= this.options.batch) this.cut()
  }

  private cut(): void {
    this.inBatch = 0
    this.position++
    for (const event of this.outcome.events) this.say(event)
    this.options.outcome?.(this.outcome, this.now)
    this.outcome = emptyOutcome()
  }
}
