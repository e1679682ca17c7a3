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
import { Scanner } from '../core/door/scan.js'
import { LabelBook } from '../core/labels.js'
import { LABEL_EPOCH_MS, MAX_AGE_MS } from '../contract/limits.js'
import type { Signal } from '../contract/signal.js'
import type { EpochMs } from '../contract/time.js'

const DUPLICATE = 'duplicate' as const

const SETS = 2 ** 16
const labelEpoch = (now: EpochMs) => Math.floor(now / LABEL_EPOCH_MS)

/**
 * Fingerprints of service + labels as they were written, seen in the present label epoch. Four places for each, the
 * newest stay: 65,536 × 12 bytes. What is pushed out is read the long way once more.
 */
class KnownSets {
  private readonly words = new Uint32Array(SETS * 3)
  private turn = 0

  has(hi: number, lo: number, epoch: number): boolean {
    const { words } = this
    const first = (lo & (SETS / 4 - 1)) * 12
    for (let at = first; at < first + 12; at += 3) {
      if (words[at] === hi && words[at + 1] === lo && words[at + 2] === epoch) return true
    }
    return false
  }

  add(hi: number, lo: number, epoch: number): void {
    this.turn = (this.turn + 1) & 3
    const at = (lo & (SETS / 4 - 1)) * 12 + this.turn * 3
    this.words[at] = hi
    this.words[at + 1] = lo
    this.words[at + 2] = epoch
  }
}

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
  private readonly scanner = new Scanner()
  private readonly sets = new KnownSets()

  constructor(readonly clock: 'wall' | 'signals') {}

  /** On `wall`: the stamp of the entry that the following lines go into. Never moves back. */
  stamp(now: EpochMs): EpochMs {
    if (now > this.now) this.now = now
    return this.now
  }

  /**
   * The line that begins at `from` and has its end within `bytes`, straight from them: the same verdict as `line` at half the cost; 'unknown' when only `line` can
   * tell. A line whose service and labels came before with these very bytes has label values that are known.
   */
  bytes(bytes: Uint8Array, from: number): 'accepted' | 'duplicate' | 'unknown' {
    const { scanner } = this
    if (!scanner.scan(bytes, from)) return 'unknown'
    const { at, seenAt, serviceFrom, serviceTo, labelsFrom, labelsTo, idFrom, idTo } = scanner
    const now = this.clock === 'signals' && seenAt > this.now ? seenAt : this.now
    if (!timely(at, seenAt, this.now, this.clock, Math.min(MAX_AGE_MS, this.dedupe.horizonMs))) return 'unknown'
    fingerprintBytes(bytes, serviceFrom, serviceTo, labelsFrom, labelsTo)
    if (!this.sets.has(print.hi, print.lo, labelEpoch(now))) return 'unknown'
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

  /** After `line` has accepted the line that ends at `to`: from now on `bytes` knows its labels. */
  learn(bytes: Uint8Array, from: number, to: number): void {
    const { scanner } = this
    // The last line of a body may have no end.
    if (to >= bytes.length || !scanner.scan(bytes, from)) return
    fingerprintBytes(bytes, scanner.serviceFrom, scanner.serviceTo, scanner.labelsFrom, scanner.labelsTo)
    this.sets.add(print.hi, print.lo, labelEpoch(this.now))
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
