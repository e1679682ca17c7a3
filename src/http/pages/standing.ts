import { TICKS_LATE_MS } from '../../contract/thresholds.js'
import type { Recovery, Where } from '../../contract/incident.js'
import { DAY, MINUTE, type EpochMs } from '../../contract/time.js'
import type { Held, IncidentView, PartStatus, ServiceNow, ServiceState, WorkspaceView } from '../../contract/view.js'
import {
  deafOf,
  heardBy,
  partsHit,
  phaseOf,
  stagesOf,
  stateFrom,
  worsePart,
  type Part,
  type Stage,
} from '../../core/incident/verdict.js'

export { phaseOf }

/** How bad a state is, for lists: the worst first. */
const BADNESS: Record<ServiceState, number> = { ok: 0, unknown: 1, watching: 2, degraded: 3, outage: 4 }

/** One part of a service, as pages show it; `unknown` is a state of its own. */
export interface PartNow {
  /** Null: the service as a whole. */
  part: Part
  status: PartStatus | 'unknown'
  /** Newest signal that speaks of it; null when there never was one. */
  newest: EpochMs | null
}

/**
 * What every page says of a service: the first page, its own, the status pages, Statuspage's API, feeds, badges and lists.
 * One function, so that no two of them can disagree.
 */
export interface Standing {
  service: ServiceNow
  state: ServiceState
  /** Its components, or the service as a whole where it has none. */
  parts: PartNow[]
  /** The service as a whole, for pages that show it as one component: the worst of what is known of it. */
  whole: PartNow['status']
  /** People report, but what is usual is not learned yet, and nothing else tells: not silence, and no health. */
  learning: boolean
  /** Components of which nothing is heard while others are. */
  dark: string[]
  /** Open incidents that are outages of some kind, worst first. */
  incidents: IncidentView[]
  /** How the worst of them stands; null without one. */
  worst: Stage | null
  /** Measured on although a person closed the incident. */
  held: Held[]
  /** The newest signal of any kind; null when there never was one. */
  newest: EpochMs | null
  /** Until when the engine has read what arrived: the row holds until then. */
  asOf: EpochMs
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
  const names = service.components.map(each => each.id)
  const deaf = deafOf(service.parts)
  const told = open
    .filter(each => each.service === service.service && each.open && phaseOf(each.events) !== 'note')
    .map(view => ({ view, stage: stagesOf(view.events, names, deaf).at(-1) as Stage }))
    .sort((a, b) => rank(wordFor(b.stage)) - rank(wordFor(a.stage)) || a.view.startedAt - b.view.startedAt)
  const asOf = Math.max(service.at, Math.floor(workspace.now / MINUTE) * MINUTE)
  const stale =
    workspace.clock === 'wall' && wallNow !== null && wallNow - Math.max(asOf, workspace.now) > TICKS_LATE_MS
  const held = stale ? [] : (service.held ?? [])
  const hit = [
    ...told.map(each => each.stage.statuses),
    ...held.map(each => partsHit(each.trouble, false, names, heardBy(deaf, service.at))),
    // A service can be in trouble a moment before its incident is told; it is never better than its row.
    ...(told.length + held.length === 0 ? ahead(service, names) : []),
  ]
  const parts = (names.length > 0 ? names : [null]).map(part => partNow(service, part, hit, stale))
  const bad = parts.flatMap(each => (each.status === 'unknown' ? [] : [each.status]))
  const dark = parts.filter(each => each.status === 'unknown')
  const seen = Object.values(service.seen).filter(at => at !== undefined)
  const eases = told.length > 0 && held.length === 0 && told.every(each => each.stage.easing)
  const state = stale ? 'unknown' : stateFrom(bad, calmWord(service, told.length > 0, dark.length))
  return {
    service,
    state,
    parts,
    whole: wholeOf(state, bad),
    learning: !stale && isLearning(service, asOf),
    dark: !stale && dark.length < parts.length ? dark.map(each => nameOf(service, each.part)) : [],
    incidents: told.map(each => each.view),
    worst: told[0]?.stage ?? null,
    held,
    newest: seen.length ? Math.max(...seen) : null,
    asOf,
    stale,
    recovering: eases && !stale,
  }
}

const isLearning = ({ state, seen, recent }: ServiceNow, now: EpochMs): boolean =>
  state === 'unknown' && recent.expected === null && now - Math.max(seen.report ?? 0, seen.post ?? 0) < DAY

const wholeOf = (state: ServiceState, hit: readonly PartStatus[]): PartNow['status'] =>
  state === 'unknown' ? 'unknown' : hit.reduce(worsePart, 'operational')

const nameOf = (service: ServiceNow, part: Part): string =>
  service.components.find(each => each.id === part)?.name ?? service.title

/** What is known where nothing is hit: never more of the whole than of its parts. */
function calmWord({ state, components }: ServiceNow, told: boolean, dark: number): 'ok' | 'watching' | 'unknown' {
  if (state === 'watching' || told) return 'watching'
  if (dark > 0) return 'unknown'
  return state === 'unknown' && components.length === 0 ? 'unknown' : 'ok'
}

function ahead({ state }: ServiceNow, names: readonly string[]): Map<Part, PartStatus>[] {
  if (state !== 'degraded' && state !== 'outage') return []
  const status = state === 'outage' ? 'partial_outage' : 'degraded_performance'
  return [new Map([null, ...names].map((part): [Part, PartStatus] => [part, status]))]
}

function partNow(
  service: ServiceNow,
  part: Part,
  hit: readonly ReadonlyMap<Part, PartStatus>[],
  stale: boolean,
): PartNow {
  const heard = service.parts?.find(each => each.component === part)
  const seen = Object.values(service.seen).filter(at => at !== undefined)
  const newest = heard ? heard.at : seen.length ? Math.max(...seen) : null
  const status = hit.reduce<PartStatus>(
    (worst, each) => worsePart(worst, each.get(part) ?? 'operational'),
    'operational',
  )
  // What was called failing stays so in silence; what nobody speaks of is not called working.
  if (stale) return { part, status: 'unknown', newest }
  if (status !== 'operational') return { part, status, newest }
  const known = service.parts && part !== null ? heard?.known === true : service.state !== 'unknown'
  return { part, status: known ? 'operational' : 'unknown', newest }
}

/** The least that an open incident says about its service. */
const wordFor = ({ statuses }: Stage): ServiceState => stateFrom(statuses.values(), 'watching')

export function rank(state: ServiceState): number {
  return BADNESS[state]
}

export function worstFirst(rows: Standing[]): Standing[] {
  return [...rows].sort((a, b) => rank(b.state) - rank(a.state) || byName(a.service.title, b.service.title))
}

const names = new Intl.Collator('en', { numeric: true })
/** As people sort names: “Bank 9” before “Bank 10”. */
export const byName = (a: string, b: string): number => names.compare(a, b)

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
