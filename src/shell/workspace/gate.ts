import { Dedupe } from '../../core/ingest/dedupe.js'
import { fingerprint, fingerprintBytes, print } from '../../core/stat/fingerprint.js'
import type { Clock } from '../../contract/view.js'
import {
  readPast,
  ID_SPACE,
  isChosen,
  isDeeper,
  isLabelName,
  isName,
  LABEL_NAME_RULE,
  LABEL_VALUE_RULE,
  readSignal,
  Refusal,
  shown,
  timely,
  untimely,
} from '../../core/ingest/door.js'
import { LabelBook } from '../../core/ingest/cardinality.js'
import { LATE_MS } from '../../core/aggregate/label-sets.js'
import { JSON_DEPTH, LABEL_EPOCH_MS, MAX_AGE_MS, SKEW_WALL_MS } from '../../contract/limits.js'
import type { Forget } from '../../contract/order.js'
import type { Past } from '../../contract/past.js'
import type { Measured, Observation, Signal } from '../../contract/signal.js'
import { type EpochMs, MINUTE } from '../../contract/time.js'
import { Ordinary } from './ordinary.js'

const DUPLICATE = 'duplicate' as const

/** Whose the lines are that come now. */
export interface Space {
  /** Whose ids they carry; empty: the owner's, who may also send lines of others, as a copied log has them. */
  namespace: string
  /** The only services they may be about; null: any. */
  services: ReadonlySet<string> | null
}

const OWN: Space = { namespace: '', services: null }
const UNSALTED = { hi: 0, lo: 0 }

/** Whether it comes too late to count in its minute, as the engine reckons (core/service). */
const tooLate = (via: Measured['via'], at: EpochMs, now: EpochMs): boolean => {
  const end = via === 'metric' || via === 'gauge' ? at - 1 : at
  return now - (end - (end % MINUTE)) > LATE_MS
}

const labelEpoch = (now: EpochMs) => Math.floor(now / LABEL_EPOCH_MS)

/** Rules, clock, de-duplication and label limits in the order in which a line meets them. One for each workspace. */
export class Gate {
  readonly dedupe = new Dedupe()
  readonly labels = new LabelBook({
    isName,
    isLabelName,
    isChosen,
    nameRule: LABEL_NAME_RULE,
    valueRule: LABEL_VALUE_RULE,
  })
  /** Log time: on `signals` the highest `seenAt ?? at` let in, on `wall` the stamp of the entry. */
  now: EpochMs = Number.NEGATIVE_INFINITY
  /** Fingerprint of the signal last let in. */
  hi = 0
  lo = 0

  /** Where the line that `bytes` was asked about ends. */
  next = 0
  /** The signal last let in waits until it is known what time it is. */
  held = false
  /** The signal last let in comes too late for its minute: kept, and counted in none. */
  late = false
  /** How far another time that may be the right one is ahead of log time. */
  doubt: number | null = null
  /** Hears the stamps of senders while the clock is in question. */
  hear: ((at: EpochMs) => void) | null = null
  private ordinary = new Ordinary()
  private space = OWN
  private salt = UNSALTED
  /** Of senders that stay: making one takes a hash. */
  private readonly salts = new WeakMap<Space, { hi: number; lo: number }>()

  /** `saltOf`: what is mixed into the fingerprints of a namespace's ids. Without it a namespace is told by its name alone. */
  constructor(
    readonly clock: Clock,
    private readonly saltOf: (namespace: string) => { hi: number; lo: number } = saltOfName,
  ) {}

  /** From here on lines are of this sender; said anew before each piece, because requests are read by turns. */
  from(space: Space = OWN): void {
    if (space === this.space) return
    this.space = space
    if (space.namespace === '') this.salt = UNSALTED
    else {
      const known = this.salts.get(space)
      this.salt = known ?? this.saltOf(space.namespace)
      if (known === undefined) this.salts.set(space, this.salt)
    }
  }

  /** On `wall`: the stamp of the entry that the following lines go into. Never moves back. */
  stamp(now: EpochMs): EpochMs {
    if (now > this.now) this.now = now
    return this.now
  }

  /** What is to be written as the time of something that happens here and now: in doubt, the time in question. */
  get present(): EpochMs {
    const lead = this.doubt ?? 0
    return this.now + (Math.abs(lead) <= SKEW_WALL_MS ? 0 : lead)
  }

  /** Lets in what says nothing of the time. */
  deaf(work: () => void): void {
    const { hear } = this
    this.hear = null
    try {
      work()
    } finally {
      this.hear = hear
    }
  }

  /** The clock was ahead: log time goes back. What it remembers stays remembered. */
  rewind(now: EpochMs): void {
    if (now >= this.now) return void this.stamp(now)
    this.now = now
    this.dedupe.rewind(now)
    this.labels.rewind(now)
    this.ordinary = new Ordinary()
  }

  /**
   * The line that begins at `from` and has its end within `bytes`, straight from them: the same verdict as `line` at
   * half the cost; 'unknown' when only `line` can tell.
   */
  bytes(bytes: Uint8Array, from: number): 'accepted' | 'duplicate' | 'unknown' {
    // In question: each stamp is looked at.
    if (this.doubt !== null) return 'unknown'
    const { ordinary } = this
    const { scanner } = ordinary
    // The epoch of the line that moves log time into the next is not known here yet; it will not be found.
    if (this.space.services !== null || !ordinary.read(bytes, from, labelEpoch(this.now))) return 'unknown'
    // A line that says itself whose it is: believed of the owner alone, and read the long way.
    if (scanner.spaceFrom >= 0) return 'unknown'
    const { via, at, seenAt, serviceFrom, serviceTo, idFrom, idTo } = scanner
    const now = this.clock === 'signals' && seenAt > this.now ? seenAt : this.now
    if (labelEpoch(now) !== labelEpoch(this.now)) return 'unknown'
    if (!timely(at, seenAt, this.now, this.clock, Math.min(MAX_AGE_MS, this.dedupe.horizonMs))) return 'unknown'
    const late = tooLate(via, at, now)
    if (this.hear !== null) {
      this.hear(seenAt)
      if (late || seenAt - now > SKEW_WALL_MS) return 'unknown'
    }
    fingerprintBytes(bytes, serviceFrom, serviceTo, idFrom, idTo)
    const hi = (print.hi ^ this.salt.hi) >>> 0
    const lo = (print.lo ^ this.salt.lo) >>> 0
    const verdict = this.dedupe.add(hi, lo, now)
    if (verdict === 'full') return 'unknown'
    this.held = false
    this.late = late
    this.next = scanner.next
    if (verdict === DUPLICATE) return DUPLICATE
    this.now = now
    this.hi = hi
    this.lo = lo
    return 'accepted'
  }

  /** Whose line `bytes` has just accepted. */
  get service(): string {
    return this.ordinary.service
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

  /** Past counts of a service, which takes a place as one that sends does. */
  past(value: unknown): Past | Refusal {
    const past = readPast(value, Number.isFinite(this.now) ? this.now : 0)
    if (past instanceof Refusal) return past
    const unfit = this.labels.admit(past.service, {}, this.now)
    return unfit === null ? past : new Refusal(unfit.rule, unfit.message, shown(unfit.value))
  }

  /** One line of NDJSON. */
  line(text: string): Signal | Refusal | typeof DUPLICATE {
    let value: unknown
    // Traces of errors that nobody reads take most of the time that a bad line takes.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    try {
      value = JSON.parse(text)
    } catch {
      return new Refusal('line.json', 'a line is one JSON object', shown(text))
    } finally {
      Error.stackTraceLimit = stackTraceLimit
    }
    if (isDeeper(value, JSON_DEPTH)) return new Refusal('signal.depth', `at most ${JSON_DEPTH} levels`, 'more')
    return this.value(value)
  }

  value(value: unknown): Signal | Refusal | typeof DUPLICATE {
    const { namespace, services } = this.space
    if (namespace !== '' && typeof value === 'object' && value !== null && !Array.isArray(value))
      (value as { idSpace?: unknown }).idSpace = namespace
    const signal = readSignal(value)
    if (signal instanceof Refusal) return signal
    if (services?.has(signal.service) === false)
      return new Refusal('token.services', `this token speaks of ${[...services].join(', ')}`, shown(signal.service))
    const seen = signal.seenAt ?? signal.at
    this.hear?.(seen)
    const held = this.isHeld(signal, seen)
    const horizonMs = Math.min(MAX_AGE_MS, this.dedupe.horizonMs)
    const refusal = held ? null : untimely(signal, this.now, this.clock, horizonMs)
    if (refusal !== null) return refusal
    const now = this.clock === 'signals' && seen > this.now ? seen : this.now
    const { hi, lo } = this.fingerprintOf(signal, (value as { idSpace?: unknown; id: string }).idSpace)
    const verdict = this.dedupe.add(hi, lo, now)
    if (verdict === DUPLICATE) return DUPLICATE
    if (verdict === 'full')
      return new Refusal('signal.capacity', 'too many ids within one minute to count each once', signal.id)
    const unfit = this.labels.admit(signal.service, signal.labels, now, this.space.namespace || null)
    if (unfit !== null) {
      this.dedupe.forget(hi, lo)
      return new Refusal(unfit.rule, unfit.message, shown(unfit.value))
    }
    this.held = held
    this.late = !held && signal.type === 'observation' && tooLate(signal.via, signal.at, now)
    this.now = now
    this.hi = hi
    this.lo = lo
    return signal
  }

  /** In doubt what is not of the time believed, but would be let in by the other, waits for the answer. */
  private isHeld(signal: Signal, seen: EpochMs): boolean {
    if (this.doubt === null || Math.abs(seen - this.now) <= SKEW_WALL_MS) return false
    return untimely(signal, this.now + this.doubt, this.clock, Math.min(MAX_AGE_MS, this.dedupe.horizonMs)) === null
  }

  private fingerprintOf({ service, id }: Signal, space: unknown): { hi: number; lo: number } {
    // What is no name in `idSpace` changed nothing (see wholeId).
    const named = typeof space === 'string' && ID_SPACE.test(space)
    const salt = !named ? UNSALTED : space === this.space.namespace ? this.salt : this.saltOf(space)
    fingerprint(service, named ? id.slice(space.length + 1) : id)
    return { hi: (print.hi ^ salt.hi) >>> 0, lo: (print.lo ^ salt.lo) >>> 0 }
  }
}

function saltOfName(namespace: string): { hi: number; lo: number } {
  fingerprint(namespace, 'ids')
  return { ...print }
}
