import type { NoticeImpact } from '../../contract/signal.js'
import type { StatusPageConfig } from '../../contract/config.js'
import type { Severity } from '../../contract/incident.js'
import { DAY, MINUTE, type EpochMs } from '../../contract/time.js'
import type { IncidentView, ServiceNow, WorkspaceView } from '../../contract/view.js'
import { dayStart, localDay } from '../../core/calendar/zone.js'
import { isEasing, phaseOf, shareOf } from '../../core/incident/verdict.js'
import type { Published } from '../../core/words/published.js'
import { standing, type PartNow, type Standing } from '../pages/standing.js'
import type { Plans, Window } from './maintenance.js'
import { windowsOf } from './maintenance.js'
import { isGroup, planOf, unheard, type Group, type Leaf, type Plan } from './plan.js'
import type { Told } from '../../core/vendors/told.js'
import { worseSeverity } from '../../core/incident/rules.js'
import { publicIncidentOf, worseStatus, type ComponentStatus, type PublicIncident } from './public-incident.js'

/** As people see it: what is not known is a state of its own. */
export type Shown = ComponentStatus | 'unknown'
export type Indicator = NoticeImpact

/** A component and how it is. */
export interface Part {
  leaf: Leaf
  shown: Shown
  /** What clients that know five states are told. */
  status: ComponentStatus
  /** Newest signal of its service; null when there never was one. */
  dataAt: EpochMs | null
  /** Unknown not by silence: what people usually report is not learned yet. */
  learning: boolean
  /** Of its users who fail; null where unknown. */
  share: number | null
  /** Open incidents that touch it. */
  incidents: PublicIncident[]
  /** What others say of it now, worst first: theirs, and no part of how it is shown. */
  told: Told[]
  window: Window | null
  createdAt: EpochMs
  updatedAt: EpochMs
}

/**
 * A status page at a moment. HTML, JSON, feeds, badges and calendar are all made from it, so that no two of them can
 * disagree: components come from incidents and windows, and the banner is counted from the components.
 */
export interface PageView {
  page: StatusPageConfig
  pageId: string
  plan: Plan
  services: ServiceNow[]
  /** How each service of the page is, as on its own page. */
  rows: Standing[]
  parts: Part[]
  byLeaf: Map<string, Part>
  /** Newest first. */
  incidents: PublicIncident[]
  windows: Window[]
  /** By incident. */
  postmortems: ReadonlyMap<string, Published>
  days: ReadonlyMap<string, ReadonlySet<EpochMs>>
  /** What others say of each service now, worst first. */
  told: ReadonlyMap<string, Told[]>
  status: { indicator: Indicator; description: string }
  now: EpochMs
  /** How far the data goes, in whole minutes: what is rendered stays the same within one. */
  asOf: EpochMs
  updatedAt: EpochMs
}

export interface PageViewInput {
  page: StatusPageConfig
  pageId: string
  plans: Plans
  workspace: WorkspaceView
  services: ServiceNow[]
  incidents: IncidentView[]
  postmortems?: ReadonlyMap<string, Published>
  now: EpochMs
  wallNow: EpochMs | null
  /** What others say of each service now. */
  told?: ReadonlyMap<string, Told[]>
  /** Days of the page's zone in which a service has data, as `localDay` tells them, oldest first. */
  days: ReadonlyMap<string, ReadonlySet<EpochMs>>
}

/** The incidents of a page as it tells them, newest first. */
function publicIncidentsOn(
  plan: Plan,
  services: readonly ServiceNow[],
  incidents: readonly IncidentView[],
): PublicIncident[] {
  const rowOf = new Map(services.map(each => [each.service, each]))
  return incidents
    .flatMap(view => {
      const { components = [], parts: heard } = rowOf.get(view.service) ?? {}
      const ids = components.map(each => each.id)
      return publicIncidentOf(view, plan.leaves, ids, heard) ?? []
    })
    .sort((a, b) => b.view.openedAt - a.view.openedAt || (a.id < b.id ? -1 : 1))
}

export function pageViewOf(input: PageViewInput): PageView {
  const { page, pageId, plans, workspace, services, now, wallNow, days } = input
  const plan = planOf(page, services)
  const incidents = publicIncidentsOn(plan, services, input.incidents)
  const windows = windowsOf(plans, plan, services, now)
  const open = incidents.filter(each => each.status !== 'resolved')
  const asOf = Math.floor(workspace.now / MINUTE) * MINUTE
  // By name, for a page may have each of 33,000 services.
  const rowOf = new Map(services.map(each => [each.service, each]))
  const leavesOf = new Map<string, Leaf[]>(plan.services.map(id => [id, []]))
  for (const leaf of plan.leaves) leavesOf.get(leaf.service)?.push(leaf)
  const standings = new Map(
    plan.services.map(id => {
      const service = withLeaves(rowOf.get(id) ?? unheard(id), leavesOf.get(id)!)
      return [id, standing(service, input.incidents, workspace, wallNow)] as const
    }),
  )
  const parts = plan.leaves.map((leaf): Part => {
    const row = standings.get(leaf.service) as Standing
    const mine = open.filter(each => each.steps.at(-1)?.statuses.has(leaf.id))
    const { status: found, newest } = leafNow(row, leaf)
    const window = windows.find(each => each.status === 'in_progress' && each.affected.includes(leaf)) ?? null
    const shown: Shown = window && (found === 'operational' || found === 'unknown') ? 'under_maintenance' : found
    const spans = incidents.flatMap(each => each.spans.filter(span => span.leaf === leaf.id))
    const shares = [
      ...spans.filter(each => each.until === null).map(each => each.share),
      ...row.held.map(each => shareOf(each.trouble, leaf.component)),
    ].filter(share => share !== null)
    const [firstDay] = daysOf(leaf, { days, services, page })
    const createdAt =
      firstDay === undefined
        ? Math.min(dayStart(localDay(asOf, page.timeZone), page.timeZone), ...spans.map(each => each.from))
        : dayStart(firstDay, page.timeZone)
    return {
      leaf,
      shown,
      status: shown === 'unknown' ? page.unknownAs : shown,
      dataAt: newest,
      learning: shown === 'unknown' && row.learning,
      share: shares.length > 0 && found !== 'operational' && found !== 'unknown' ? Math.max(...shares) : null,
      incidents: mine,
      told: toldOfLeaf(leaf, input.told?.get(leaf.service) ?? []),
      window,
      createdAt,
      updatedAt: changedAt(leaf, incidents, windows, now, createdAt),
    }
  })
  return {
    page,
    pageId,
    plan,
    services,
    rows: [...standings.values()],
    parts,
    byLeaf: new Map(parts.map(each => [each.leaf.id, each])),
    incidents,
    postmortems: input.postmortems ?? new Map(),
    windows,
    days,
    told: input.told ?? new Map(),
    status: bannerOf(parts, open, [...standings.values()]),
    now,
    asOf,
    updatedAt: newest(incidents, windows, now) ?? asOf,
  }
}

/** Of a component what names it, or names nothing: by the vendor's spelling or by ours. */
function toldOfLeaf({ component, name }: Leaf, told: readonly Told[]): Told[] {
  if (component === null) return [...told]
  const own = new Set([component, name].map(each => each.toLowerCase()))
  return told.filter(({ parts, scope }) => {
    const named = [...parts.map(each => each.name), ...(scope['component'] ?? [])]
    return named.length === 0 || named.some(each => own.has(each.toLowerCase()))
  })
}

/** The service with every component that the page names of it, declared or not. */
function withLeaves(service: ServiceNow, leaves: readonly Leaf[]): ServiceNow {
  const more = leaves.flatMap(({ component, name }) =>
    component !== null && !service.components.some(each => each.id === component) ? [{ id: component, name }] : [],
  )
  return more.length === 0 ? service : { ...service, components: [...service.components, ...more] }
}

/** A component as its service has it; the service as a whole is the worst of its parts. */
function leafNow(row: Standing, { component }: Leaf): { status: PartNow['status']; newest: EpochMs | null } {
  const own = row.parts.find(each => each.part === component)
  if (own) return own
  return { status: row.whole, newest: row.newest }
}

/** Days with data of a component: its own where signals name components, else its service's. */
export function daysOf(
  leaf: Leaf,
  { days, services, page: { timeZone } }: Pick<PageView, 'days' | 'services' | 'page'>,
): ReadonlySet<EpochMs> {
  const of = days.get(leaf.service) ?? new Set<EpochMs>()
  if (leaf.component === null) return of
  const parts = services.find(each => each.service === leaf.service)?.parts
  if (parts === undefined) return of
  const own = parts.find(each => each.component === leaf.component)?.spans ?? []
  const heard = (day: EpochMs) => {
    const [from, until] = [dayStart(day, timeZone), dayStart(day + DAY, timeZone)]
    return own.some(([first, last]) => first < until && last >= from)
  }
  return new Set([...of].filter(heard))
}

function changedAt(
  leaf: Leaf,
  incidents: readonly PublicIncident[],
  windows: readonly Window[],
  now: EpochMs,
  createdAt: EpochMs,
): EpochMs {
  let at = createdAt
  const note = (moment: EpochMs | null) => {
    if (moment !== null && moment <= now && moment > at) at = moment
  }
  for (const each of incidents)
    for (const span of each.spans) if (span.leaf === leaf.id) for (const edge of [span.from, span.until]) note(edge)
  for (const each of windows) if (each.affected.includes(leaf)) for (const edge of [each.from, each.until]) note(edge)
  return at
}

function newest(incidents: readonly PublicIncident[], windows: readonly Window[], now: EpochMs): EpochMs | null {
  const edges = [
    ...incidents.map(each => each.updatedAt),
    ...windows.flatMap(each => [each.announcedAt, each.from, each.until]),
  ].filter(at => at <= now)
  return edges.length > 0 ? Math.max(...edges) : null
}

/** From this share of components in an outage on, the page as a whole may be called down. */
const WHOLE = 0.5

/**
 * The banner, counted from the components: `none` exactly when each is operational. Its level is the worst severity of
 * the open incidents (which are judged by affected people), but `critical` only where half of the components or more are
 * in an outage: one part of sixty is not the whole.
 */
export function bannerOf(
  parts: readonly Part[],
  open: readonly PublicIncident[],
  rows: readonly Standing[],
): PageView['status'] {
  const count = (...states: ComponentStatus[]) => parts.filter(each => states.includes(each.status)).length
  const out = count('partial_outage', 'major_outage')
  const bad = out + count('degraded_performance')
  const unknown = parts.filter(each => each.shown === 'unknown').length
  if (parts.length === 0) return { indicator: 'none', description: 'No components yet' }
  if (bad === 0 && count('under_maintenance') > 0)
    return { indicator: 'maintenance', description: 'Service Under Maintenance' }
  const young = unknown > 0 && parts.every(each => each.shown !== 'unknown' || each.learning)
  const why = young ? 'Too little is known yet of' : 'No current data for'
  const silent = unknown > 0 ? `${why} ${unknown} of ${parts.length} components` : ''
  if (bad === 0) return { indicator: 'none', description: silent === '' ? 'All Systems Operational' : silent }
  let level: Severity = 'minor'
  for (const each of open) {
    const last = each.steps.at(-1)
    if (last && !isEasing(phaseOf(each.view.events), last.folded))
      level = worseSeverity(level, last.folded.severity ?? 'minor')
  }
  for (const { trouble } of rows.flatMap(each => each.held)) level = worseSeverity(level, trouble.severity ?? 'minor')
  if (level === 'critical' && out < WHOLE * parts.length) level = 'major'
  if (level !== 'minor' && out === 0) level = 'minor'
  return { indicator: level, description: wordsFor(level, out, bad, unknown, silent) }
}

function wordsFor(level: Severity, out: number, bad: number, unknown: number, silent: string): string {
  if (level === 'critical') return 'Major Service Outage'
  if (level === 'major') return 'Partial System Outage'
  if (out > 0) return 'Minor Service Outage'
  return bad > unknown || unknown === 0
    ? 'Partially Degraded Service'
    : `Status unknown: ${silent.charAt(0).toLowerCase()}${silent.slice(1)}`
}

/** The state of a group: the worst of its components. */
export function groupShown(
  group: Group,
  { byLeaf }: Pick<PageView, 'byLeaf'>,
): { shown: Shown; status: ComponentStatus } {
  let status: ComponentStatus = 'operational'
  let anyUnknown = false
  for (const leaf of group.leaves) {
    const part = byLeaf.get(leaf.id)
    if (!part) continue
    if (part.shown === 'unknown') anyUnknown = true
    else status = worseStatus(status, part.status)
  }
  const told = [...group.leaves].reduce<ComponentStatus>(
    (worst, leaf) => worseStatus(worst, byLeaf.get(leaf.id)?.status ?? 'operational'),
    'operational',
  )
  return { shown: status === 'operational' && anyUnknown ? 'unknown' : status, status: told }
}

export { isGroup }
