import { LOG_LINE_BYTES } from '../../contract/limits.js'
import type { Signal } from '../../contract/signal.js'
import { readSignal, Refusal } from '../../core/ingest/door.js'
import { LineReader } from './lines.js'
import { Ordinary } from './ordinary.js'
import { putRight } from './timekeeper.js'

/** Label limits were applied at the door; here one label set is as good for ever. */
const EPOCH = 1

/** Reads the signals of log entries: what was accepted stays readable, and a rule that became stricter since then passes over it. */
export class EntryLines {
  private readonly ordinary = new Ordinary()

  /** Lines of one entry; those stamped with a clock that was `offMs` ahead are put right. */
  each(body: Uint8Array, take: (signal: Signal) => void, offMs = 0): void {
    const { ordinary } = this
    const lines = new LineReader(
      (_, text, __, chunk, from, to) => {
        const signal = text === null ? null : readSignal(JSON.parse(text))
        if (signal === null || signal instanceof Refusal) return
        ordinary.learn(chunk, from, to, EPOCH, signal.service, signal.labels)
        take(offMs === 0 ? signal : putRight(signal, offMs))
      },
      (chunk, from) => {
        if (offMs !== 0 || !ordinary.read(chunk, from, EPOCH)) return -1
        const { next } = ordinary.scanner
        take(ordinary.observation(chunk))
        return next
      },
      LOG_LINE_BYTES,
    )
    lines.push(body)
    lines.end()
  }
}
