import type { IncidentKind, Quoted, Segment, Strained, Uneven, Where } from './incident.js'
import type { Origin } from './topology.js'
import type { Fact } from './signal.js'
import type { Order } from './order.js'
import type { EpochMs } from './time.js'

/** Failure modes, each followed by itself: requests fail, or they are answered, but slowly. */
export const FAILURE_MODES = ['bad', 'slow'] as const
export type FailureMode = (typeof FAILURE_MODES)[number]

/** What one kind of signal says about a service at a tick. */
export interface KindReading {
  /** Evidence of trouble in bits since its onset; negative: evidence of health. null: unreadable (nothing arrives). */
  bits: number | null
  alarm: boolean
  observed: number
  expected: number
  onset: EpochMs | null
  onsetInterval: [EpochMs, EpochMs] | null
  /** When it began to grow, where that was seen before the onset that its sums are counted from. */
  beganAt?: EpochMs
  /** Failing share where a denominator exists. */
  share: number | null
}

/** What fails now in one segment, for recovery. */
export interface SegmentReading extends Segment {
  bits: number
  excess: number
}

/** One label value (or everything, `{}`) followed from trouble to recovery. */
export interface Track {
  where: Where
  /** Failing share above the usual one, 0..1; for reports without denominators the excess reports a minute. */
  excess: number
  unit: 'share' | 'reports_per_minute'
  /** Bits against "as usual" in the window. */
  bits: number
  /** How far chance moves `excess`, one standard deviation. */
  error: number
  /** Nothing arrived for it lately: `excess` is its last word. */
  stale: boolean
  /** Reports a minute that are usual at this hour; for reports alone. */
  usual?: number
}

export interface Demand {
  /** Now, against what its course led to expect. */
  ratio: number
  /** When it rose above its course. */
  since: EpochMs | null
  /** The ratio just before the onset, where it rose before that: later, clients that try again look like demand. */
  before: number | null
}

/** One tick's reading of a service in trouble, or just out of it. Published while there is something to say. */
export interface Finding {
  type: 'finding'
  service: string
  /** End of the tick. */
  at: EpochMs
  strand: FailureMode
  /** Which of several troubles of the strand at once this is; absent for one that began alone. */
  branch?: string
  /** At this tick another trouble was told apart from this one, which began then: what was read since was of both. */
  partedSince?: EpochMs
  alarm: boolean
  /** By kind of evidence: `report`, `post`, `metric`, `check`, and what further ones core/evidence has. */
  kinds: Record<string, KindReading>
  /** Evidence of all kinds together. */
  bits: number
  onset: EpochMs
  onsetInterval: [EpochMs, EpochMs]
  segments: SegmentReading[]
  uneven: Uneven[]
  unaffected: Where
  /** Codes that people quote more often than usual. */
  quoted?: Quoted[]
  components: string[]
  /** What the service stands on and that is full or far from usual; eldest first. */
  strained?: Strained[]
  /** Where the trouble began, where the graph connects the service to others that are in trouble. */
  origin?: Origin
  /** Followed for recovery; the first is everything. */
  tracks: Track[]
  /** Failing share over everything that has a denominator; null without one. */
  share: number | null
  /** The same of the newest whole minute, with its standard error; null where none is known. */
  lately: { share: number; error: number } | null
  /** True once nothing is left of the trouble in any track or kind at this tick. */
  calm: boolean
  /** Demand against the course of its own last hours; null when unknown. */
  demand: Demand | null
  /** What texts and reporters look like; shares 0..1 of the window. */
  crowd: Crowd
  /** By people alone: what was wide is over, and this is left, which had been there before it. */
  rest?: Rest
  hint?: IncidentKind
}

/** Components that people name now as they did before the worst, and since when they did. */
export interface Rest {
  components: string[]
  since: EpochMs
}

export interface Crowd {
  reports: number
  reporters: number
  /** Of the reporters, those who stand for themselves: one party is one, however many it says it is. Left out: all do. */
  independent?: number
  /** Part of those through people's own door whose networks were heard in quiet times; null: not known. */
  familiar?: number | null
  /** Share of reports from reporters, networks or texts that repeat. */
  repeated: number
  /** Reports kept out of the counts as possibly coordinated. */
  coordinated: number
  /** Complaints, rumours, exposure and quality texts among those with text. */
  complaints: number
  rumours: number
  /** People who say that they see what is another's, or that another uses what is theirs. */
  exposures: number
  /** Of these, the latter: accounts taken over. */
  takeovers: number
  quality: number
  worksForMe: number
  /** Reports that say what is wrong (a component, a problem, a text), and how it hurts: waiting or failing. */
  told: number
  slow: number
  failing: number
  /** The same in quiet times: how people here usually report. */
  usual: { reports: number; told: number; slow: number; failing: number }
  /** Up to 10 ids that the exposure reading rests on. */
  exposureRefs: string[]
}

export interface Tick {
  type: 'tick'
  at: EpochMs
}

/** What the judge folds over, in order. */
export type JudgeInput = Finding | { type: 'fact'; fact: Fact; at: EpochMs } | Order | Tick
