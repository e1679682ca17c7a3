import type { Origin } from './topology.js'
/** Incident events, as printed by `replay` and served by the API. Wire format: SIGNALS.md, "Out". */
export const EVENT_NAMES = ['opened', 'updated', 'recovering', 'resolved', 'reopened', 'note'] as const
export type EventName = (typeof EVENT_NAMES)[number]
/** Mildest first: a later one is worse. */
export const SEVERITIES = ['minor', 'major', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]
export const INCIDENT_KINDS = ['outage', 'degraded', 'quality', 'security', 'displaced-load', 'upstream'] as const
export type IncidentKind = (typeof INCIDENT_KINDS)[number]
/** And-ed labels with or-ed values; `{}` is everybody. */
export type Where = Record<string, string[]>

export interface Segment {
  where: Where
  /** Of users or requests in it that are failing, 0..1; null where no denominator is known. */
  share: number | null
  /** 95 %; null where the share is. */
  interval: [number, number] | null
}

/** What requests and checks say of a code that people mention: they fail there too, nobody measures, or they do not. */
export const MEASURED = ['failing', 'unknown', 'healthy'] as const
export type Measured = (typeof MEASURED)[number]

/** Codes of edges, cells or versions that people mention more often than usual. */
export interface Quoted {
  where: Where
  /** People who quote one of these, of all who quote any, */
  people: number
  of: number
  /** and the part of them that usually does, 0..1. */
  usual: number
  bits: number
  measured: Measured
}

export interface Uneven {
  where: Where
  share: number
  /** Label names that explain it; empty when nothing observed does. */
  explainedBy: string[]
  /** The part of it that is hit, and how much of that part fails, each with its 95 % interval. */
  hit?: { share: number; interval: [number, number] }
  among?: { share: number; interval: [number, number] }
}

export interface Evidence {
  says: string
  /** Positive speaks for, negative against. */
  bits: number
  /** Ids of signals, services or notices that it rests on. */
  refs: string[]
}

/** A machine suspects; a person or a cited statement rules out or confirms. */
export const CAUSE_STATES = ['suspected', 'ruled_out', 'confirmed'] as const
export type CauseState = (typeof CAUSE_STATES)[number]

export interface Cause {
  /** Id of a change, `dependency:ID`, `surge`, … */
  subject: string
  title: string
  state: CauseState
  probability: number
  because: Evidence[]
  /** What would tell whether it is the cause. */
  settles?: string
  /** How often chance would place a change of this scope so well, after Holm over all the listed. */
  p?: number
}

/** The question whether data of one person reached another, or an account its thief. */
export const SECURITY_STATES = ['no_evidence', 'suspected', 'confirmed', 'ruled_out'] as const
export type SecurityState = (typeof SECURITY_STATES)[number]
/** They see what is another's; another uses what is theirs. */
export const SECURITY_ABOUT = ['exposure', 'takeover'] as const
export type SecurityAbout = (typeof SECURITY_ABOUT)[number]

export interface Security {
  state: SecurityState
  /** What people report first-hand. */
  about?: SecurityAbout[]
  because: Evidence[]
}

/** What trouble is like. */
export const PATTERNS = ['failing', 'slow', 'intermittent'] as const
export type Pattern = (typeof PATTERNS)[number]

export interface SegmentRecovery {
  where: Where
  /** Share of the worst excess that is gone, 0..1. */
  recovered: number
  /** When it should be normal; null when no forecast can be made. */
  eta: [string, string] | null
}

/** What a recovery is read from where nobody counts requests. */
export const RECOVERY_SIGNS = ['reports', 'checks'] as const

export interface Recovery {
  /** Share of the worst excess that is gone, 0..1. */
  recovered: number
  /** How much is surely gone, and how much may be; left out once it is over. */
  interval?: [number, number]
  /** Where nobody counts requests. Reports: fewer people report, and nobody has measured whether it is back. Checks: few, with luck in them. */
  of?: (typeof RECOVERY_SIGNS)[number]
  eta: [string, string] | null
  segments: SegmentRecovery[]
}

/**
 * How sure a sentence about an incident is. `measured`: seen by signals; `said`: a person says so; `suspected` and `confirmed`: of
 * causes; `unknown`: it says what is not known; `forecast`; `plain`: nothing to be sure of, such as when the next update comes.
 */
export const HEDGES = ['measured', 'said', 'suspected', 'confirmed', 'unknown', 'forecast', 'plain'] as const
export type Hedge = (typeof HEDGES)[number]

/** A sentence fit for the public, with what it rests on. */
export interface Statement {
  text: string
  refs: string[]
  /** The same in other languages, where whoever says it has them: by tag. */
  translations?: Record<string, string>
}

/** Something that a service stands on and that is full, missed, or far from its usual value: for whoever looks for the cause. */
export interface Strained {
  /** The gauge, as its sender calls it. */
  name: string
  labels: Record<string, string>
  value: number
  capacity: number | null
  /** Mean of quiet times; null: not known. */
  usual: number | null
  unit: string | null
  since: string
}

/** One decision. Times are ISO 8601 UTC. Optional parts are left out when they did not change the picture (`note`). */
export interface IncidentEvent {
  at: string
  event: EventName
  incident: string
  /** Position in the incident's own list, from 0. (incident, seq) counts once. */
  seq: number
  service: string
  title?: string
  severity?: Severity
  kind?: IncidentKind
  startedAt?: string
  startedAtInterval?: [string, string]
  components?: string[]
  segments?: Segment[]
  uneven?: Uneven[]
  /** Label name → values that are observed to be fine. */
  unaffected?: Where
  /** Left out when nobody quotes anything unusual. */
  quoted?: Quoted[]
  /** Where it began among services and what they stand on, as far as was last known; left out where the graph tells nothing. */
  origin?: Origin
  causes?: Cause[]
  /** Probability that no listed change is the cause. */
  unexplained?: number
  security?: Security
  recovery?: Recovery
  /** Requests fail, they are slow, or it comes and goes; left out once it is over. */
  pattern?: Pattern
  /** Failing share of the newest minute, where it has clearly left the share of the window: a step is told as a step. */
  lately?: number
  /** Left out where nothing is strained. */
  strained?: Strained[]
  /** Bits of surprise per kind of signal; null: unreadable now. */
  evidence?: Record<string, number | null>
  says?: Statement[]
  /** A person calls it so; empty: it is called by what is measured again. */
  named?: string
  /** A person says that the effect is stopped though the cause is not mended. */
  mitigated?: boolean
  /** The incident that it is part of, by a person's word. */
  partOf?: string
  /** Whoever decided it asked for no messages about it. */
  quiet?: boolean
  /** Set where a person decided. */
  by?: string
  why?: string
}
