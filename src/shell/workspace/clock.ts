import { SKEW_WALL_MS } from '../../contract/limits.js'
import { DAY, MINUTE, type EpochMs } from '../../contract/time.js'
import type { Env } from '../env.js'

// The clock on the wall may be wrong, and may be put right. A second clock, which only counts on, tells a leap from time
// that went by; senders tell by their own stamps which of the two is right.

/** No program of this version ran before: a wall that says so was never set. */
export const MADE_MS = Date.UTC(2026, 0, 1)
/** So far the wall is followed at once: steps of a time service, and what slow drift adds up to between two looks. */
export const FOLLOW_MS = MINUTE
/** A leap that no sender speaks for or against is believed when it has stood so long … */
export const STAND_MS = 10 * MINUTE
/** … and so long where senders speak, or where nothing but the end of the log speaks against it. */
export const QUICK_MS = MINUTE
/** A sender's word counts for so long. */
const VOICE_MS = MINUTE
/** A leap that senders spoke against is put to the question again after so long without a word. */
const REFUSED_MS = DAY
/** At a start the wall may be so far ahead of the end of the log: as far as late signals are taken. */
const LONGEST_STOP_MS = 2 * DAY
/** What was believed before is remembered so long: senders may still speak for it. */
const FORMER_MS = 7 * DAY

/** A step of what is believed, which the log has to hold: the fold goes by it. */
export interface Turn {
  verdict: 'doubted' | 'believed' | 'refused'
  /** How far the other time is ahead of the one believed so far; below zero: behind. */
  lead: number
  from: EpochMs
  to: EpochMs
  /** Takes the step back: it could not be made durable. */
  undo: () => void
}

export interface ClockState {
  /** `unset`: it says a time before this program was made. */
  state: 'steady' | 'doubted' | 'refused' | 'unset'
  /** How far the wall is ahead of what is believed. */
  leadMs: number
  /** So long that has been so. */
  forMs: number
}

interface Claim {
  /** The wall, or what was believed before. */
  by: 'wall' | 'former'
  /** Its time less the steady clock's. */
  offset: number
  lead: number
  since: number
  /** Newest word of a sender for it and against it, by the steady clock. */
  for: number
  against: number
  refused: boolean
}

/**
 * The time that is believed. It goes on evenly; a leap of the wall beyond FOLLOW_MS is doubted first, and believed when
 * senders confirm it, or when it has stood for long and nobody contradicts.
 */
export class Clock {
  private readonly steady: () => number
  private readonly first: number
  /** Believed time less the steady clock's; NaN while the wall was never set. */
  private offset = Number.NaN
  /** Whether the wall ever stood behind `offset`; else it is only where the log ends. */
  private anchored = false
  private wary = false
  private claim: Claim | null = null
  private former: { offset: number; until: number } | null = null
  /** A claim that senders brought up and that no turn has told of. */
  private raised = false
  /** Leaps since the start, for those who count. */
  leaps = 0

  constructor(private readonly env: Pick<Env, 'now' | 'log'> & { steady?: () => number }) {
    this.steady = env.steady ?? env.now
    this.first = env.now() - this.steady()
  }

  /** At the start of a workspace: where its log ends, 0 where there is none; `wary`: it ends in doubt. */
  begin(end: EpochMs, wary = false): void {
    const [wall, steady] = [this.env.now(), this.steady()]
    if (end <= 0) return
    this.claim = null
    const ahead = wall - end
    this.wary = wary
    this.anchored = Math.abs(ahead) <= FOLLOW_MS || this.paused(ahead, wall)
    this.offset = (this.anchored ? wall : end) - steady
    if (this.anchored && ahead > SKEW_WALL_MS) this.former = { offset: end - steady, until: steady + FORMER_MS }
  }

  /** The time that is believed; the wall's while it is not set and nothing else is known. */
  now(): EpochMs {
    if (Number.isNaN(this.offset)) return this.env.now()
    const { offset } = this
    // Whole milliseconds: what is stamped with it is.
    return Math.round(this.steady() + offset)
  }

  /** Counts on evenly from the first time that was seen: for what only asks how long ago something was. */
  even(): EpochMs {
    return Math.round(this.steady() + this.first)
  }

  /** How far the time in question is ahead of the one believed; null when nothing is in question. */
  get doubt(): number | null {
    return this.claim === null || this.claim.refused ? null : this.claim.lead
  }

  /** Whether what senders say of the time is worth hearing. */
  get listens(): boolean {
    return this.claim !== null || this.former !== null
  }

  get unset(): boolean {
    return Number.isNaN(this.offset)
  }

  get state(): ClockState {
    const [wall, steady] = [this.env.now(), this.steady()]
    if (this.unset) return { state: 'unset', leadMs: 0, forMs: 0 }
    const { claim } = this
    const leadMs = Math.round(wall - steady - this.offset)
    if (claim === null) return { state: 'steady', leadMs, forMs: 0 }
    return {
      state: claim.refused ? 'refused' : 'doubted',
      leadMs: claim.by === 'wall' ? leadMs : claim.lead,
      forMs: Math.round(steady - claim.since),
    }
  }

  /** Looks at the wall. Ask until it answers null: each turn has to be on the log before anything that comes after it. */
  look(): Turn | null {
    const [wall, steady] = [this.env.now(), this.steady()]
    if (this.unset) {
      if (wall < MADE_MS) return null
      this.offset = wall - steady
      this.anchored = true
    }
    if (this.former !== null && steady > this.former.until) this.former = null
    const wallOffset = wall - steady
    const { claim } = this
    if (claim !== null) {
      if (this.raised) {
        this.raised = false
        return this.turn('doubted', claim, steady, () => (this.claim = null))
      }
      // Where the wall went on to another time, or came back, its word of before is void.
      if (claim.by === 'wall' && Math.abs(wallOffset - claim.offset) > FOLLOW_MS) return this.drop(claim, steady)
      if (claim.by === 'wall') claim.offset = wallOffset
      return this.decide(claim, wall, steady)
    }
    const lead = Math.round(wallOffset - this.offset)
    if (Math.abs(lead) <= FOLLOW_MS || (!this.anchored && this.paused(lead, wall))) {
      this.offset = wallOffset
      this.anchored = true
      return null
    }
    this.leaps++
    const next = claimOf('wall', wallOffset, lead, steady)
    this.claim = next
    return this.turn('doubted', next, steady, () => (this.claim = null))
  }

  /** The wall may be so far ahead where nothing but the end of the log tells the time: the server did not run. */
  private paused(lead: number, wall: EpochMs): boolean {
    return !this.wary && lead > 0 && lead <= LONGEST_STOP_MS && wall >= MADE_MS
  }

  /** What a sender's stamp says. Only worth calling while `listens`. */
  hear(at: EpochMs): void {
    const steady = this.steady()
    const now = steady + this.offset
    const here = Math.abs(at - now) <= SKEW_WALL_MS
    const { claim, former } = this
    if (claim !== null) {
      const there = Math.abs(at - now - claim.lead) <= SKEW_WALL_MS
      if (here && !there) claim.against = steady
      if (there && !here) claim.for = steady
    } else if (former !== null && !here && Math.abs(at - steady - former.offset) <= SKEW_WALL_MS) {
      this.claim = claimOf('former', former.offset, Math.round(former.offset - this.offset), steady)
      this.claim.for = steady
      this.raised = true
    }
  }

  private decide(claim: Claim, wall: EpochMs, steady: number): Turn | null {
    const age = steady - claim.since
    const spoken = { for: steady - claim.for <= VOICE_MS, against: steady - claim.against <= VOICE_MS }
    if (claim.refused) {
      if (claim.by === 'former' || wall < MADE_MS || steady - claim.against < REFUSED_MS) return null
      claim.refused = false
      claim.since = steady
      return this.turn('doubted', claim, steady, () => (claim.refused = true))
    }
    if (claim.by === 'wall' && wall < MADE_MS) return this.refuse(claim, steady)
    if (age < QUICK_MS) return null
    if (spoken.for && !spoken.against) return this.believe(claim, steady)
    if (spoken.against && !spoken.for) return this.refuse(claim, steady)
    if (age < (this.anchored || claim.by === 'former' ? STAND_MS : QUICK_MS)) return null
    return spoken.against || claim.by === 'former' ? this.refuse(claim, steady) : this.believe(claim, steady)
  }

  private believe(claim: Claim, steady: number): Turn {
    const { offset, anchored, former } = this
    const turn = this.turn('believed', claim, steady, () => Object.assign(this, { offset, anchored, former, claim }))
    this.former = { offset, until: steady + FORMER_MS }
    this.offset = claim.offset
    this.anchored = true
    // Senders spoke against the wall: it is not asked again before they have been silent for long.
    const wall = claim.by === 'former' ? claimOf('wall', offset, -claim.lead, steady) : null
    this.claim = wall === null ? null : { ...wall, against: steady, refused: true }
    return turn
  }

  private refuse(claim: Claim, steady: number): Turn {
    const { former } = this
    // The wall agrees with what is believed, so there is nothing left in question.
    if (claim.by === 'former') [this.claim, this.former] = [null, null]
    else claim.refused = true
    const undo = () => Object.assign(this, { claim: Object.assign(claim, { refused: false }), former })
    return this.turn('refused', claim, steady, undo)
  }

  private drop(claim: Claim, steady: number): Turn | null {
    this.claim = null
    // The next look finds what the wall says now.
    if (claim.refused) return this.look()
    return this.turn('refused', claim, steady, () => (this.claim = claim))
  }

  private turn(verdict: Turn['verdict'], claim: Claim, steady: number, undo: () => void): Turn {
    const from = Math.round(steady + this.offset)
    const to = verdict === 'believed' ? Math.round(steady + claim.offset) : from
    const { lead } = claim
    this.env.log('warn', SAYS[verdict], { leap: spanOf(lead), believed: iso(to), by: claim.by })
    return { verdict, lead, from, to, undo }
  }
}

const SAYS: Record<Turn['verdict'], string> = {
  doubted: 'the clock leapt and is not believed yet; time goes on without it',
  believed: 'the clock leapt and is believed now',
  refused: 'a leap of the clock was not believed; time went on without it',
}

const claimOf = (by: Claim['by'], offset: number, lead: number, since: number): Claim => ({
  by,
  offset,
  lead,
  since,
  for: Number.NEGATIVE_INFINITY,
  against: Number.NEGATIVE_INFINITY,
  refused: false,
})

/** "+3 d 2 h": a leap for people. */
export function spanOf(ms: number): string {
  const units: [string, number][] = [
    ['d', DAY],
    ['h', 60 * MINUTE],
    ['min', MINUTE],
    ['s', 1_000],
  ]
  let left = Math.round(Math.abs(ms) / 1_000) * 1_000
  const parts: string[] = []
  for (const [name, size] of units) {
    const n = Math.floor(left / size)
    left -= n * size
    if (n > 0 && parts.length < 2) parts.push(`${n} ${name}`)
  }
  return `${ms < 0 ? '−' : '+'}${parts.join(' ') || '0 s'}`
}

const iso = (at: EpochMs) => (Number.isFinite(at) && Math.abs(at) < 8e15 ? new Date(at).toISOString() : String(at))

/** What readiness says of the clock, with `{}` for how far it is off; null where all is well. */
export const CLOCK_SAYS: Record<Clock['state']['state'], string | null> = {
  steady: null,
  doubted: 'the clock leapt by {} and is not trusted yet',
  refused: 'the clock is {} off and is not trusted: it has to be corrected',
  unset: 'the clock shows a time before this program was made: it has to be set',
}
