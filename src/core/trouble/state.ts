import type { Finding, SegmentReading } from '../../contract/finding.js'
import type { Quoted, Uneven, Where } from '../../contract/incident.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import type { HeldMentions } from '../mentions/corroborate.js'

/** Followed values at most: the cost of a tick in trouble. */
const MAX_TRACKS = 64
/** A failure mode is followed for so long after its last trouble; the judge's hold is shorter. */
export const AFTERMATH_MS = 40 * MINUTE
/** What was told at one tick. */
export interface PastSegments {
  at: EpochMs
  segments: { where: Where; excess: number }[]
}

/** Trouble of one kind (failing or slow) at one service, from its first alarm to the end of its aftermath. */
export interface Trouble {
  raisedAt: EpochMs
  /** First tick at which machines were in alarm; 0 while only people are. */
  machineAt: EpochMs
  /** What fails is counted from here; */
  onset: EpochMs
  /** it is told to have begun here, where mild signs went before. */
  beganAt: EpochMs
  onsetInterval: [EpochMs, EpochMs]
  /** Newest tick with an alarm or an excess. */
  troubledAt: EpochMs
  /** Newest tick with an excess in request counts and in checks; 0 before the first. */
  excessAt: { metric: EpochMs; check: EpochMs }
  /** Highest failing share of all requests. */
  failedMost: number
  /** Highest excess of reports a minute. */
  reportPeak: number
  /** Label values that were ever part of a segment, in order of appearance. */
  named: { label: string; value: string }[]
  segments: SegmentReading[]
  uneven: Uneven[]
  unaffected: Where
  quoted: Quoted[]
  /** and what it was read from. */
  heldMentions: HeldMentions | null
  /** Its last reading: the hours before the onset leave the memory of a long trouble. */
  demand: Finding['demand']
  /** Names it among several troubles at once; empty for one that began alone. */
  branch: string
  /** Where it is told apart from the others; null: everywhere else. */
  claim: Where[] | null
  /** Newest tick at which its claim grew. */
  grewAt: EpochMs
  /** What was told lately: a second trouble is held against it. */
  history: PastSegments[]
  /** Where it was before another was told apart from it. */
  settled: Where[]
  /** Newest tick at which a second trouble seemed to lie beside it. */
  suspectedAt: EpochMs
}

export const newTrouble = (now: EpochMs, onset: EpochMs, onsetInterval: [EpochMs, EpochMs]): Trouble => ({
  raisedAt: now,
  machineAt: 0,
  onset,
  beganAt: onset,
  onsetInterval,
  troubledAt: now,
  excessAt: { metric: 0, check: 0 },
  failedMost: 0,
  reportPeak: 0,
  named: [],
  segments: [],
  uneven: [],
  unaffected: {},
  quoted: [],
  heldMentions: null,
  demand: null,
  branch: '',
  claim: null,
  grewAt: 0,
  history: [],
  settled: [],
  suspectedAt: 0,
})

/** Remembers the values that segments name, so that each is followed to its own recovery. */
export function nameSegments(state: Trouble, segments: readonly { where: Where }[]): void {
  for (const s of segments)
    for (const [label, values] of Object.entries(s.where))
      for (const value of values)
        if (state.named.length < MAX_TRACKS && !state.named.some(n => n.label === label && n.value === value))
          state.named.push({ label, value })
}
