import { SOURCE_UNKNOWN_TIMES } from '../../contract/limits.js'
import type { Receipt } from '../../contract/received.js'
import type { InputHealth, InputState, InputStatus, Look } from '../../contract/plugin.js'
import { type EpochMs, MINUTE } from '../../contract/time.js'

/** Rules named of one source: the door has fewer, and what a plug-in makes up ends somewhere. */
const RULES_MAX = 60
/** Minutes over which signals are counted. */
const SLOTS = 5

/** Adds to counts by name; what is one name too many goes under `other`. */
function tally(counts: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(more)) {
    const known = Object.hasOwn(counts, name) || Object.keys(counts).length < RULES_MAX
    const key = known ? name : 'other'
    counts[key] = (counts[key] ?? 0) + count
  }
}

/** What is known of the life of a source, by a clock that never leaps. */
export class Pulse {
  state: InputState = 'starting'
  accepted = 0
  duplicate = 0
  failures = 0
  readonly rejected: Record<string, number> = {}
  private phases: InputStatus['phases'] = null
  private look: Look | null = null
  /** Why a probe cannot tell at present; null: it can. */
  blind: string | null = null
  readonly ignored: Record<string, number> = {}
  lagMs: number | null = null
  /** Of the even clock; null: never. */
  heard: number | null = null
  private lastError: { at: number; why: string } | null = null
  private readonly counts: number[] = Array<number>(SLOTS).fill(0)
  private minute: number
  private readonly since: number

  constructor(
    private readonly about: Pick<InputStatus, 'kind' | 'id' | 'use'> & Partial<Pick<InputStatus, 'of' | 'place'>>,
    private readonly even: () => number,
    /** Of what is believed, for people. */
    private readonly now: () => EpochMs,
    public staleMs: number,
  ) {
    this.since = even()
    this.minute = Math.floor(this.since / MINUTE)
  }

  /** It was heard of, `agoMs` ago (null: that was said already): `receipt` says what became of what it said. */
  hear(
    { accepted, duplicate, rules = {} }: Pick<Receipt, 'accepted' | 'duplicate' | 'rules'>,
    agoMs: number | null = 0,
  ): void {
    if (agoMs !== null) this.heard = Math.max(this.heard ?? Number.NEGATIVE_INFINITY, this.even() - agoMs)
    this.accepted += accepted
    this.duplicate += duplicate
    tally(this.rejected, rules)
    this.turn()
    this.counts[this.minute % SLOTS]! += accepted
  }

  /** A probe has looked. */
  looked(look: Look, phases: InputStatus['phases']): void {
    this.look = look
    this.phases = phases
    this.blind = look.outcome === 'unknown' ? (look.why ?? 'it could not tell') : null
  }

  /** It said what is of no use here. */
  pass(reasons: Readonly<Record<string, number>>): void {
    tally(this.ignored, reasons)
  }

  fail(why: string): void {
    this.failures++
    this.lastError = { at: this.even(), why }
  }

  get isSource(): boolean {
    return this.about.kind === 'source'
  }

  get health(): InputHealth {
    if (this.heard === null || this.state === 'stopped') return 'unknown'
    const age = this.even() - this.heard
    return age <= this.staleMs ? 'ok' : age <= SOURCE_UNKNOWN_TIMES * this.staleMs ? 'stale' : 'unknown'
  }

  get status(): InputStatus {
    const even = this.even()
    const at = (time: number): EpochMs => this.now() - (even - time)
    this.turn()
    const minutes = Math.min(SLOTS, Math.max(1, (even - this.since) / MINUTE))
    return {
      of: null,
      place: null,
      ...this.about,
      health: this.health,
      state: this.state,
      heardAt: this.heard === null ? null : at(this.heard),
      ageMs: this.heard === null ? null : even - this.heard,
      perMinute: this.counts.reduce((sum, each) => sum + each, 0) / minutes,
      accepted: this.accepted,
      duplicate: this.duplicate,
      rejected: { ...this.rejected },
      ignored: { ...this.ignored },
      failures: this.failures,
      lastError: this.lastError === null ? null : { at: at(this.lastError.at), why: this.lastError.why },
      lagMs: this.lagMs,
      phases: this.phases,
      look: this.look,
    }
  }

  /** Empties the minutes that went by. */
  private turn(): void {
    const minute = Math.floor(this.even() / MINUTE)
    for (let each = Math.max(this.minute + 1, minute - SLOTS + 1); each <= minute; each++) this.counts[each % SLOTS] = 0
    this.minute = minute
  }
}
