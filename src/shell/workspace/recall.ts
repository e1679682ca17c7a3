import { deserialize } from 'node:v8'
import { DEDUPE_MS, LOG_LINE_BYTES } from '../../contract/limits.js'
import type { Forget, Order } from '../../contract/order.js'
import type { Log, LogEntry } from '../../contract/ports.js'
import { type EpochMs, HOUR } from '../../contract/time.js'
import { readSignal, Refusal } from '../../core/ingest/door.js'
import type { LabelBook } from '../../core/ingest/cardinality.js'
import type { Gate } from './gate.js'
import { LineReader } from './lines.js'
import type { Env } from '../env.js'
import type { Parts } from '../parts.js'
import { LABELS_NOTE } from '../folder/together.js'

// What a workspace knows again after a start: from the log, which is the truth about it.

const KEPT_NOTE = 'kept'
/** Rows of the log whose fingerprints are read at once. */
const KEYS_READ = 4_096

/** Fingerprints of what came within DEDUPE_MS before `since`, also of what was stamped by a clock that was ahead. */
export async function recallKeys(
  gate: Gate,
  log: Pick<Log, 'keys'>,
  since: EpochMs,
  now: EpochMs,
  each: (row: Omit<LogEntry, 'body'>) => void = () => {},
): Promise<void> {
  for (let after = 0; ; ) {
    const rows = await log.keys(after, since - DEDUPE_MS, KEYS_READ)
    for (const row of rows) {
      eachKey(row.keys, (hi, lo) => void gate.dedupe.add(hi, lo, Math.min(row.at, now)))
      each(row)
    }
    if (rows.length === 0) return
    after = rows.at(-1)!.position
  }
}

/** Label values: from a note, and from the lines that came after it. */
export async function recallLabels(gate: Gate, { log, store }: Parts, now: EpochMs, say: Env['log']): Promise<void> {
  const saved = await store.noted(LABELS_NOTE)
  let after = 0
  if (saved !== null) {
    try {
      const note = deserialize(saved) as { position: number; book: ReturnType<LabelBook['snapshot']> }
      gate.labels.restore(note.book)
      after = note.position
    } catch (error) {
      say('warn', 'the note of labels cannot be read; it is made anew from the log', { why: String(error) })
    }
  }
  for (;;) {
    const rows = await log.read(after, 16)
    if (rows.length === 0) return
    for (const row of rows) {
      if (row.kind === 'order') {
        const order = JSON.parse(Buffer.from(row.body).toString('utf8')) as Order | Forget
        if (order.type === 'forget') gate.forget(order)
      }
      if (row.kind !== 'signals' && row.kind !== 'held') continue
      const lines = new LineReader(
        (_, text) => {
          const signal = text === null ? null : readSignal(JSON.parse(text))
          if (signal === null || signal instanceof Refusal) return
          // A time that was taken back moves no epoch.
          gate.labels.admit(signal.service, signal.labels, Math.min(row.at, now))
        },
        null,
        LOG_LINE_BYTES,
      )
      lines.push(row.body)
      lines.end()
    }
    after = rows.at(-1)!.position
  }
}

export function eachKey(keys: Uint8Array, each: (hi: number, lo: number) => void): void {
  const view = new DataView(keys.buffer, keys.byteOffset, keys.byteLength)
  for (let i = 0; i + 8 <= keys.length; i += 8) each(view.getUint32(i, true), view.getUint32(i + 4, true))
}

/**
 * The time from which ages are counted when something is to be forgotten, so that a clock years ahead ends nothing: it
 * moves on at most twice as fast as time went by in this process.
 */
export class Lived {
  private at: EpochMs = Number.NaN
  private since: number

  constructor(
    private readonly keepMs: number,
    private readonly steady: () => number,
  ) {
    this.since = steady()
  }

  /** Where the log ended when the process began; NaN: there was none. */
  end: EpochMs = Number.NaN

  async upTo(now: EpochMs, { log, store, note }: Parts): Promise<EpochMs> {
    const steady = this.steady()
    if (Number.isNaN(this.at)) {
      const noted = await store.noted(KEPT_NOTE)
      const [oldest] = await log.keys(0, 0, 1)
      // Where nothing is noted nothing was forgotten: the oldest entry tells how far that was right, and the log ends
      // where it was lived to.
      const right = oldest === undefined ? now : oldest.at + Math.max(this.keepMs, DEDUPE_MS + HOUR)
      const lived = Number.isNaN(this.end) ? (oldest?.at ?? now) : this.end
      this.at = noted === null ? Math.min(right, lived) : Number(Buffer.from(noted).toString())
    }
    this.at = Math.min(now, this.at + 2 * (steady - this.since))
    this.since = steady
    if (Number.isFinite(this.at)) await note(KEPT_NOTE, Buffer.from(String(Math.round(this.at))))
    return this.at
  }
}
