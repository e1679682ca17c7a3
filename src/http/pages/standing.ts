import type { EventName, IncidentEvent, Recovery, Where } from '../../contract/incident.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import type { IncidentView, ServiceNow, ServiceState, WorkspaceView } from '../../contract/view.js'

/** On the wall clock a row older than this is unknown: ticks come every few seconds, so three missed minutes are a fault. */
export const STALE_MS = 3 * MINUTE

const ORDER: ServiceState[] = ['ok', 'unknown', 'watching', 'degraded', 'outage']

/** What every page says of a service. One function, so that banner, rows and title cannot disagree. */
export interface Standing {
  service: ServiceNow
  state: ServiceState
  /** Open incidents that are outages of some kind, worst first. */
  incidents: IncidentView[]
  /** The newest signal of any kind; null when there never was one. */
  newest: EpochMs | null
  stale: boolean
  /** Every open incident is recovering and more than half over. */
  recovering: boolean
}

/**
 * @param wallNow the wall's time, or null on the `signals` clock, where the log's own time is the only one there is
 */
export function standing(
  service: ServiceNow,
  open: readonly IncidentView[],
  workspace: WorkspaceView,
  wallNow: EpochMs | null,
): Standing {
  const incidents = open
    .filter(each => each.service === service.service && each.open && phaseOf(each.events) !== 'note')
    .sort((a, b) => rank(severityState(b)) - rank(severityState(a)) || a.startedAt - b.startedAt)
  const seen = Object.values(service.seen).filter(at => at !== undefined)
  const newest = seen.length ? Math.max(...seen) : null
  const stale = workspace.clock === 'wall' && wallNow !== null && wallNow - service.at > STALE_MS
  const worst = incidents[0] ? severityState(incidents[0]) : 'ok'
  const recovering = incidents.length > 0 && incidents.every(each => isEasing(each.events, each.latest))
  // What recovers is no longer down: its outage is the incident's, and the incident says how much is back.
  const told = recovering && service.state === 'outage' ? 'degraded' : service.state
  const state = stale ? 'unknown' : rank(worst) > rank(told) ? worst : told
  return { service, state, incidents, newest, stale, recovering: recovering && !stale }
}

/** From here on most of it is over; a recovery that has only begun is still an outage. */
const MOST = 0.5

export function isEasing(events: readonly IncidentEvent[], { recovery }: IncidentEvent): boolean {
  return phaseOf(events) === 'recovering' && (recovery?.recovered ?? 0) >= MOST
}

/** The last turn of an incident: `updated` and later notes do not end a recovery. */
export function phaseOf(events: readonly IncidentEvent[]): Exclude<EventName, 'updated'> {
  let phase: Exclude<EventName, 'updated'> = 'opened'
  for (const { event, seq } of events) if (event !== 'updated' && (event !== 'note' || seq === 0)) phase = event
  return phase
}

/** The least that an open incident says about its service. */
function severityState(incident: IncidentView): ServiceState {
  if (isEasing(incident.events, incident.latest)) return 'degraded'
  return incident.kind === 'outage' && incident.severity !== 'minor' ? 'outage' : 'degraded'
}

export function rank(state: ServiceState): number {
  return ORDER.indexOf(state)
}

export function worstFirst(rows: Standing[]): Standing[] {
  return [...rows].sort((a, b) => rank(b.state) - rank(a.state) || a.service.title.localeCompare(b.service.title))
}

/** The property of an object if it is its own: keys of labels come from strangers and may be called `constructor`. */
export function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

export function isEverybody(where: Where): boolean {
  return Object.keys(where).length === 0
}

/** Less than this share of the excess gone is the noise of counts, not a recovery. */
const SEEN_SHARE = 0.05

export function recoveryIsSeen(recovery: Recovery): boolean {
  return recovery.recovered >= SEEN_SHARE || recovery.segments.some(each => each.recovered >= 2 * SEEN_SHARE)
}
