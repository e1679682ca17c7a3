import type { EpochMs } from './time.js'
import type { Component, Dependency, Edge } from './topology.js'

/** How an observation reached us; one detector per kind, evidence is added in bits. */
export const OBSERVATION_VIAS = ['report', 'post', 'check', 'metric'] as const
export type ObservationVia = (typeof OBSERVATION_VIAS)[number]
/** What kind of fact it is. */
export const FACT_VIAS = ['change', 'notice', 'topology', 'alert'] as const
export type FactVia = (typeof FACT_VIAS)[number]
/** Everything that comes in. */
export const SIGNAL_VIAS = [...OBSERVATION_VIAS, 'gauge', ...FACT_VIAS] as const
export type SignalVia = (typeof SIGNAL_VIAS)[number]
export type Labels = Record<string, string>

/** Something that counts: a report, a post, a check, request counts. Wire format: SIGNALS.md, "In". */
export interface Observation {
  type: 'observation'
  via: ObservationVia
  id: string
  service: string
  /** When it happened; for a metric the end of its window. */
  at: EpochMs
  /** When it reached us, if later. */
  seenAt?: EpochMs
  labels: Labels
  total: number
  /** 0 ≤ bad ≤ total. A post may leave it out; then its text is judged. */
  bad?: number
  slow?: number
  /** The counts cover (at − windowMs, at]. */
  windowMs?: number
  /** How long the answer took; where nothing is counted as `slow`, it is held against what is usual. */
  latencyMs?: number
  /** Opaque, already hashed; counts once per service in a rolling 24 h. */
  reporter?: string
  author?: string
  /**
   * Where a report comes from, opaque and already hashed: its address prefix, the network that it lies in, and the
   * allocation that this lies in. Set by people's own door.
   */
  prefix?: string
  network?: string
  allocation?: string
  /** A limit of that door was passed: noted as possibly coordinated, never counted. */
  limited?: boolean
  text?: string
  lang?: string
}

/**
 * What a gauge tells of: how full something is, a share that fails or is slow of a number that nobody knows, how long
 * something takes (seconds), how much is asked for, how much a cache answers (low is bad), or a number that is only looked at.
 */
export const GAUGE_MEASURES = ['saturation', 'failing', 'slow', 'latency', 'demand', 'hit', 'other'] as const
export type GaugeMeasure = (typeof GAUGE_MEASURES)[number]

/** A value that was read off something: no count, so it has no denominator. */
export interface Gauge {
  type: 'observation'
  via: 'gauge'
  id: string
  service: string
  at: EpochMs
  seenAt?: EpochMs
  labels: Labels
  /** What was read, as its sender calls it. */
  name: string
  value: number
  /** As UCUM writes it: `1`, `s`, `By`. */
  unit?: string
  /** The value at which it is full. */
  capacity?: number
  measures: GaugeMeasure
  /** It stands for (at − windowMs, at]. */
  windowMs?: number
}

/** What was changed; how often each kind breaks things is learned apart. */
export const CHANGE_KINDS = [
  'deploy',
  'config',
  'flag',
  'launch',
  'maintenance',
  'vendor',
  'migration',
  'mitigation',
] as const
export type ChangeKind = (typeof CHANGE_KINDS)[number]

/** Label name → values touched; a label that is not named is unrestricted. */
export type Scope = Record<string, string[]>

interface FactBase {
  type: 'fact'
  id: string
  service: string
  at: EpochMs
  seenAt?: EpochMs
  title?: string
  href?: string
  labels?: Labels
}

export interface Change extends FactBase {
  via: 'change'
  kind: ChangeKind
  happenedAt?: EpochMs
  scope: Scope
  /** [time, share 0..1] steps. */
  rollout?: [EpochMs, number][]
  /** Which change it is, where several messages tell of one: they are put together under this id. */
  thread?: string
  /** Id of the change that this one undoes. */
  reverts?: string
  /** What was changed, in words: a message, the files, a diff. Weak evidence, by its kind and by the words that failing shares with it. */
  text?: string
}

/** States of an incident in the words of Statuspage, in the order in which they mostly come. */
export const INCIDENT_STATUSES = ['investigating', 'identified', 'monitoring', 'resolved'] as const
export type IncidentStatus = (typeof INCIDENT_STATUSES)[number]
/** The same with what is said of planned work, and afterwards. */
export const NOTICE_STATUSES = [...INCIDENT_STATUSES, 'postmortem', 'scheduled', 'in_progress'] as const
export type NoticeStatus = (typeof NOTICE_STATUSES)[number]

/** How bad its source calls a notice. */
export const NOTICE_IMPACTS = ['none', 'minor', 'major', 'critical', 'maintenance'] as const
export type NoticeImpact = (typeof NOTICE_IMPACTS)[number]

/** How its source says that a part is. */
export const NOTICE_STATES = ['ok', 'maintenance', 'degraded', 'partial', 'down', 'unknown'] as const
export type NoticeState = (typeof NOTICE_STATES)[number]

/** A part in its source's spelling; without a state it is only named. */
export interface NoticePart {
  name: string
  state?: NoticeState
}

/** The thread of what a page says as a whole; its first part is the page itself. */
export const PAGE_THREAD = 'page'

export interface Notice extends FactBase {
  via: 'notice'
  source?: string
  status?: NoticeStatus
  impact?: NoticeImpact
  /** Which story of the source it belongs to. */
  thread?: string
  parts?: NoticePart[]
  /** Planned work: when it is to begin and to end. */
  window?: { from: EpochMs; until?: EpochMs }
  /** What was said, word by word. */
  text?: string
  scope: Scope
}

export interface Topology extends FactBase {
  via: 'topology'
  /** Who says it. A later topology of the same source replaces the earlier one of it; sources add up. */
  source?: string
  components: Component[]
  dependsOn: Dependency[]
  /** Which cell stands behind the codes that people quote from error pages. */
  edges?: Edge[]
}

export const ALERT_STATUSES = ['firing', 'resolved'] as const
export type AlertStatus = (typeof ALERT_STATUSES)[number]
/** How bad whoever made the rule thinks it is. */
export const ALERT_SEVERITIES = ['info', 'warning', 'error', 'critical'] as const
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number]

/** What somebody else's rule says: evidence with a beginning and an end, no incident by itself. */
export interface Alert extends FactBase {
  via: 'alert'
  /** Which alert it is: the same from its beginning to its end, and when it fires again. */
  thread: string
  status: AlertStatus
  severity?: AlertSeverity
  /** When it began, by its sender. */
  happenedAt?: EpochMs
  /** When it ended, by its sender. */
  endedAt?: EpochMs
  /** Who says it. */
  source?: string
  text?: string
  scope: Scope
}

export type Fact = Change | Notice | Topology | Alert
/** What comes in and is no fact. */
export type Measured = Observation | Gauge
export type Signal = Measured | Fact
