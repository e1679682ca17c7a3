import { Dedupe, fingerprint, print } from '../core/dedupe.js'
import {
  isLabelName,
  isName,
  LABEL_NAME_RULE,
  LABEL_VALUE_RULE,
  readSignal,
  Refusal,
  shown,
  untimely,
} from '../core/door.js'
import { LabelBook } from '../core/labels.js'
import { MAX_AGE_MS } from '../contract/limits.js'
import type { Signal } from '../contract/signal.js'
import type { EpochMs } from '../contract/time.js'

const DUPLICATE = 'duplicate' as const

/** Rules, clock, de-duplication and label limits in the order in which a line meets them. One for each workspace. */
export class Gate {
  readonly dedupe = new Dedupe()
  readonly labels = new LabelBook({ isName, isLabelName, nameRule: LABEL_NAME_RULE, valueRule: LABEL_VALUE_RULE })
  /** Log time: on `signals` the highest `seenAt ?? at` let in, on `wall` the stamp of the entry. */
  now: EpochMs = Number.NEGATIVE_INFINITY
  /** Fingerprint of the signal last let in. */
  hi = 0
  lo = 0

  constructor(readonly clock: 'wall' | 'signals') {}

  /** On `wall`: the stamp of the entry that the following lines go into. Never moves back. */
  stamp(now: EpochMs): EpochMs {
    if (now > this.now) this.now = now
    return this.now
  }

  /** One line of NDJSON. */
  line(text: string): Signal | Refusal | typeof DUPLICATE {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return new Refusal('line.json', 'a line is one JSON object', shown(text))
    }
    return this.value(value)
  }

  value(value: unknown): Signal | Refusal | typeof DUPLICATE {
    const signal = readSignal(value)
    if (signal instanceof Refusal) return signal
    const late = untimely(signal, this.now, this.clock, Math.min(MAX_AGE_MS, this.dedupe.horizonMs))
    if (late !== null) return late
    const seen = signal.seenAt ?? signal.at
    const now = this.clock === 'signals' && seen > this.now ? seen : this.now
    fingerprint(signal.service, signal.id)
    const { hi, lo } = print
    const verdict = this.dedupe.add(hi, lo, now)
    if (verdict === DUPLICATE) return DUPLICATE
    if (verdict === 'full')
      return new Refusal('signal.capacity', 'too many ids within one minute to count each once', signal.id)
    const refusal = this.labels.admit(signal.service, signal.labels, now)
    if (refusal !== null) {
      this.dedupe.forget(hi, lo)
      return new Refusal(refusal.rule, refusal.message, shown(refusal.value))
    }
    this.now = now
    this.hi = hi
    this.lo = lo
    return signal
  }
}
