import type { EpochMs } from './time.js'
import type { Component, Dependency, Edge } from './topology.js'

/** How an observation reached us; one detector per kind, evidence is added in bits. */
export type ObservationVia = 'report' | 'post' | 'check' | 'metric'
export type FactVia = 'change' | 'notice' | 'topology'
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
  /** Checks: how long the answer took. No kind of evidence reads it yet. */
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

export type ChangeKind = 'deploy' | 'config' | 'flag' | 'launch' | 'maintenance' | 'vendor' | 'migration' | 'mitigation'

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
  /** Id of the change that this one undoes. */
  reverts?: string
}

export type NoticeStatus = 'investigating' | 'identified' | 'monitoring' | 'resolved'

export interface Notice extends FactBase {
  via: 'notice'
  source?: string
  status?: NoticeStatus
  /** Which story of the source it belongs to. */
  thread?: string
  scope: Scope
}

export interface Topology extends FactBase {
  via: 'topology'
  components: Component[]
  dependsOn: Dependency[]
  /** Which cell stands behind the codes that people quote from error pages. */
  edges?: Edge[]
}

export type Fact = Change | Notice | Topology
export type Signal = Observation | Fact
