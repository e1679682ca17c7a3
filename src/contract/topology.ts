/** What a node of the graph is. A node of which nothing is said is what it stands for: a service, or a dependency. */
export const NODE_KINDS = ['service', 'database', 'cache', 'queue', 'node', 'resolver', 'gateway', 'vendor'] as const
export type NodeKind = (typeof NODE_KINDS)[number]

/** Where an edge is known from, strongest first: who runs it said so, traces show it, a cluster lists it, failing together suggests it. */
export const EDGE_BASES = ['declared', 'trace', 'cluster', 'suggested'] as const
export type EdgeBasis = (typeof EDGE_BASES)[number]

/** What components and dependencies have in common. */
export interface TopologyNode {
  id: string
  name: string
  kind?: NodeKind
  /** Ids of what it depends on. */
  dependsOn?: string[]
  /** Where an edge of `dependsOn` is known from, by id; one that is not named is declared. */
  bases?: Record<string, EdgeBasis>
}

/** A part of a service that people can name. */
export type Component = TopologyNode

/** Codes of edges that people may quote (`LHR`), with the cell that serves them. */
export interface Edge {
  cell: string
  codes: string[]
}

/** What a service stands on; `service` names another watched service. */
export interface Dependency extends TopologyNode {
  service?: string
  /** Where it is known from that the service stands on it; left out, it is declared. */
  basis?: EdgeBasis
}

/** Why a node is or is not believed to be where a trouble began. */
export const ORIGIN_REASONS = [
  'own',
  'calm',
  'unmeasured',
  'late',
  'explains',
  'unexplained',
  'loaded',
  'absorbed',
  'slower',
  'alerted',
  'answers',
  'small',
] as const
export type OriginReason = (typeof ORIGIN_REASONS)[number]

/** One reason with its weight: bits below zero speak against, and more the larger they are. */
export interface OriginPoint {
  reason: OriginReason
  bits: number
  nodes?: string[]
}

export interface OriginCandidate {
  /** Null: something that the graph does not hold. */
  node: string | null
  probability: number
  because: OriginPoint[]
}

/** Where a trouble began, as far as what is measured tells: a suspicion. Times are ISO 8601 UTC. */
export interface Origin {
  /** Null: not in the graph. */
  node: string | null
  probability: number
  /** When it left its usual course: after the first of these, not later than the second. */
  onset: [string, string]
  /** The way of the trouble, from the origin to those that it hit. */
  path: { from: string; to: string }[]
  victims: string[]
  /** Best first; the first is the origin. */
  candidates: OriginCandidate[]
  /** A node that is measured under another name than it is drawn with. */
  same?: { measured: string; drawn: string }[]
}
