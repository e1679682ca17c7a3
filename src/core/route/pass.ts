import type { IncidentEvent } from '../../contract/incident.js'
import type { IncidentHead } from '../../contract/ports.js'
import type { Decision, RoutedMessage, RouteConfig } from '../../contract/oncall/routing.js'
import type { EpochMs } from '../../contract/time.js'
import type { AlertHeard } from '../../contract/view.js'
import type { Before } from './news.js'
import type { Graph } from './root.js'

/** An event that was committed since the last pass, in the order of commits. */
export interface FreshEvent {
  event: IncidentEvent
  before: Before
}

/** An incident as it stands. */
export interface Standing {
  head: IncidentHead
  /** Its story, oldest first. */
  events: readonly IncidentEvent[]
  acknowledged: boolean
}

/** Who is reached by a rota. */
export interface Reached {
  person: string
  tell: readonly string[]
}

/** All that a pass goes by, as it was committed. */
export interface World {
  now: EpochMs
  routes: readonly RouteConfig[]
  events: readonly FreshEvent[]
  /** Those that are open, or that an event or the state names. */
  incidents: ReadonlyMap<string, Standing>
  graph: Graph
  alerts: ReadonlyMap<string, readonly AlertHeard[]>
  /** A change of the service took effect in [from, until]. */
  changed(service: string, from: EpochMs, until: EpochMs): boolean
  /** Planned work explains trouble of the whole service that began then. */
  planned(service: string, startedAt: EpochMs): boolean
  /** null: nobody is on call. */
  onCall(rota: string, at: EpochMs): Reached | null
  titleOf(service: string): string
}

/** What is kept of an incident that was routed. */
export interface IncidentRoute {
  /** Opened, or opened again, then. */
  since: EpochMs
  /** Events that wait to be told. */
  waits: number[]
  /** Who was told of it. */
  told: string[]
  toldAt: EpochMs
  /** Times it was told again. */
  again: number
  /** It was told within another one's message, which ended or let it go then; null: it is not, or still. */
  freeAt: EpochMs | null
  within: string | null
  /** What was said last of being kept back, so that it is said once. */
  kept: string
}

/** Alerts that are one and were told of. */
export interface AlertGroup {
  id: string
  service: string
  thread: string
  told: string[]
  toldAt: EpochMs
  /** It was said to be over then; null: it is not. */
  overAt: EpochMs | null
  event: IncidentEvent
}

/** What the router remembers: plain data, which is kept as JSON. */
export interface RouteState {
  incidents: Record<string, IncidentRoute>
  groups: Record<string, AlertGroup>
  /** What was decided last of each alert, by service and thread. */
  alerts: Record<string, string>
}

export const routeState = (): RouteState => ({ incidents: {}, groups: {}, alerts: {} })

/** What one pass has decided, and what is sent by it. */
export interface Routed {
  decisions: Decision[]
  messages: RoutedMessage[]
}
