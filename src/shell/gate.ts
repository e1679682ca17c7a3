import { Dedupe, fingerprint, fingerprintBytes, print } from '../core/dedupe.js'
import {
  isLabelName,
  isName,
  LABEL_NAME_RULE,
  LABEL_VALUE_RULE,
  readSignal,
  Refusal,
  shown,
  timely,
  untimely,
} from '../core/door.js'
import { LabelBook } from '../core/labels.js'
import { LABEL_EPOCH_MS, MAX_AGE_MS } from '../contract/limits.js'
import type { Forget } from '../contract/order.js'
import type { Observation, Signal } from '../contract/signal.js'
import type { EpochMs } from '../contract/time.js'
import { Ordinary } from './ordinary.js'

const DUPLICATE = 'duplicate' as const

const labelEpoch = (now: EpochMs) => Math.floor(now / LABEL_EPOCH_MS)

/** Rules, clock, de-duplication and label limits in the order in which a line meets them. One for each workspace. */
export class Gate {
  readonly dedupe = new Dedupe()
  readonly labels = new LabelBook({ isName, isLabelName, nameRule: LABEL_NAME_RULE, valueRule: LABEL_VALUE_RULE })
  /** Log time: on `signals` the highest `seenAt ?? at` let in, on `wall` the stamp of the entry. */
  now: EpochMs = Number.NEGATIVE_INFINITY
  /** Fingerprint of the signal last let in. */
  hi = 0
  lo = 0

  /** Where the line that `bytes` was asked about ends. */
  next = 0
  private ordinary = new Ordinary()

  constructor(readonly clock: 'wall' | 'signals') {}

  /** On `wall`: the stamp of the entry that the following lines go into. Never moves back. */
  stamp(now: EpochMs): EpochMs {
    if (now > this.now) this.now = now
    return this.now
  }

  /**
   * The line that begins at `from` and has its end within `bytes`, straight from them: the same verdict as `line` at
   * half the cost; 'unknown' when only `line` can tell.
   */
  bytes(bytes: Uint8Array, from: number): 'accepted' | 'duplicate' | 'unknown' {
    const { ordinary } = this
    const { scanner } = ordinary
    // The epoch of the line that moves log time into the next is not known here yet; it will not be found.
    if (!ordinary.read(bytes, from, labelEpoch(this.now))) return 'unknown'
    const { at, seenAt, serviceFrom, serviceTo, idFrom, idTo } = scanner
    const now = this.clock === 'signals' && seenAt > this.now ? seenAt : this.now
    if (labelEpoch(now) !== labelEpoch(this.now)) return 'unknown'
    if (!timely(at, seenAt, this.now, this.clock, Math.min(MAX_AGE_MS, this.dedupe.horizonMs))) return 'unknown'
    fingerprintBytes(bytes, serviceFrom, serviceTo, idFrom, idTo)
    const { hi, lo } = print
    const verdict = this.dedupe.add(hi, lo, now)
    if (verdict === 'full') return 'unknown'
    this.next = scanner.next
    if (verdict === DUPLICATE) return DUPLICATE
    this.now = now
    this.hi = hi
    this.lo = lo
    return 'accepted'
  }

  /** The signal that `bytes` has just accepted. */
  observation(bytes: Buffer): Observation {
    return this.ordinary.observation(bytes)
  }

  /** After `line` has accepted the line that ends at `to`: from now on `bytes` knows its labels. */
  learn(bytes: Uint8Array, from: number, to: number, { service, labels }: Signal): void {
    this.ordinary.learn(bytes, from, to, labelEpoch(this.now), service, labels)
  }

  /** Frees the places of a service, or of a label of it; what comes again passes the rules as new. Returns how many values. */
  forget({ service, label, value, component }: Pick<Forget, 'service' | 'label' | 'value' | 'component'>): number {
    this.ordinary = new Ordinary()
    return component === undefined
      ? this.labels.forget(service, label, value)
      : this.labels.forget(service, 'component', component)
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
