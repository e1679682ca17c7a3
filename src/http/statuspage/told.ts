import type { EventName, IncidentEvent, Severity } from '../../contract/incident.js'
import type { EpochMs } from '../../contract/time.js'
import type { IncidentView } from '../../contract/view.js'
import { isEasing } from '../pages/standing.js'
import { idOf } from './ids.js'
import type { Leaf } from './plan.js'

export type ComponentStatus =
  | 'operational'
  | 'degraded_performance'
  | 'partial_outage'
  | 'major_outage'
  | 'under_maintenance'
export type IncidentStatus = 'investigating' | 'identified' | 'monitoring' | 'resolved'

const BADNESS: Record<ComponentStatus, number> = {
  operational: 0,
  under_maintenance: 1,
  degraded_performance: 2,
  partial_outage: 3,
  major_outage: 4,
}
export const worseStatus = (a: ComponentStatus, b: ComponentStatus): ComponentStatus =>
  BADNESS[b] > BADNESS[a] ? b : a

/** From here on most of those whom a segment covers cannot use it. */
const MOST = 0.5

/** One event of an incident, and what it means for the components of a page. */
export interface Step {
  id: string
  seq: number
  at: EpochMs
  event: IncidentEvent
  /** The incident as its events up to here add up. */
  folded: IncidentEvent
  status: IncidentStatus
  /** The statements that were made for the public, and nothing else. */
  body: string
  /** Status of each component that the incident has touched so far, after this event. */
  statuses: Map<string, ComponentStatus>
  /** Says something that the step before did not. */
  news: boolean
}

/** A stretch of time in which a component had one status because of one incident. */
export interface Span {
  leaf: string
  from: EpochMs
  /** Null: it still has. */
  until: EpochMs | null
  status: ComponentStatus
  /** Of its users who failed; null where no denominator is known. */
  share: number | null
}

/** An incident as a page tells it. */
export interface Told {
  id: string
  view: IncidentView
  steps: Step[]
  /** Components of the page that it touches or touched, in the order of the page. */
  affected: Leaf[]
  spans: Span[]
  status: IncidentStatus
  /** The worst severity so far. */
  impact: Severity
  startedAt: EpochMs
  monitoringAt: EpochMs | null
  resolvedAt: EpochMs | null
  updatedAt: EpochMs
}

type Phase = Exclude<EventName, 'updated'>

/** Null: it is no incident of this page: a note, or trouble of parts that the page does not show. */
export function tellOn(view: IncidentView, leaves: readonly Leaf[], parts: readonly string[]): Told | null {
  const mine = leaves.filter(each => each.service === view.service)
  if (mine.length === 0 || view.events.length === 0 || view.events[0]?.event === 'note') return null
  const steps: Step[] = []
  const touched = new Set<string>()
  let folded = {} as IncidentEvent
  let phase: Phase = 'opened'
  let named: string[] = []
  let worst: Severity = 'minor'
  for (const [i, event] of view.events.entries()) {
    const before = steps.at(-1)
    folded = { ...folded, ...event }
    const turned = event.event !== 'updated' && (event.event !== 'note' || i === 0) && event.event !== phase
    if (event.event !== 'updated' && event.event !== 'note') phase = event.event
    named = namesOf(folded, parts) ?? named
    worst = worseSeverity(worst, folded.severity ?? 'minor')
    const easing = isEasing(view.events.slice(0, i + 1), folded)
    const over = phase === 'resolved'
    const statuses = new Map<string, ComponentStatus>([...touched].map(id => [id, 'operational' as ComponentStatus]))
    if (!over)
      for (const leaf of touchedBy(mine, named, folded)) {
        touched.add(leaf.id)
        statuses.set(leaf.id, statusOf(folded, easing, leaf))
      }
    const status = statusFor(phase, folded)
    const said = textOf(event)
    const body = said ?? (turned ? '' : (before?.body ?? ''))
    const news =
      !before ||
      (said !== null && said !== before.body) ||
      status !== before.status ||
      turned ||
      !same(statuses, before.statuses)
    steps.push({
      id: idOf('update', view.id, event.seq),
      seq: event.seq,
      at: Date.parse(event.at),
      event,
      folded,
      status,
      body,
      statuses,
      news,
    })
  }
  if (touched.size === 0) return null
  const last = steps.at(-1) as Step
  const startedAt = folded.startedAt === undefined ? view.startedAt : Date.parse(folded.startedAt)
  return {
    id: idOf('incident', view.id),
    view,
    steps,
    affected: mine.filter(each => touched.has(each.id)),
    spans: spansOf(steps, mine, startedAt),
    status: last.status,
    impact: worst,
    startedAt,
    monitoringAt:
      steps.findLast((each, i) => each.status === 'monitoring' && steps[i - 1]?.status !== 'monitoring')?.at ?? null,
    resolvedAt:
      last.status === 'resolved' ? (steps.findLast(each => each.event.event === 'resolved')?.at ?? last.at) : null,
    updatedAt: (steps.findLast(each => each.news) as Step).at,
  }
}

/**
 * A machine suspects: `identified` is said only where a cause is confirmed, which takes a person or a cited statement.
 */
function statusFor(phase: Phase, { causes }: IncidentEvent): IncidentStatus {
  if (phase === 'resolved') return 'resolved'
  if (phase === 'recovering') return 'monitoring'
  return causes?.some(each => each.state === 'confirmed') === true ? 'identified' : 'investigating'
}

/** Parts that the incident names, if it names any that exist. */
function namesOf({ components, segments }: IncidentEvent, parts: readonly string[]): string[] | null {
  const known = (names: readonly string[]) => names.filter(each => parts.includes(each))
  const told = known(components ?? [])
  if (told.length > 0) return told
  const where = (segments ?? []).map(each =>
    Object.hasOwn(each.where, 'component') ? each.where['component'] : undefined,
  )
  if (where.length === 0 || where.some(each => each === undefined)) return null
  const found = known(where.flatMap(each => each ?? []))
  return found.length > 0 ? [...new Set(found)] : null
}

/** What names no part concerns the whole service, but for the parts that are seen to be fine. */
function touchedBy(mine: readonly Leaf[], named: readonly string[], { unaffected }: IncidentEvent): Leaf[] {
  if (named.length > 0) return mine.filter(each => each.component === null || named.includes(each.component))
  const fine = new Set(
    unaffected !== undefined && Object.hasOwn(unaffected, 'component') ? unaffected['component'] : [],
  )
  const rest = mine.filter(each => each.component === null || !fine.has(each.component))
  return rest.length > 0 ? rest : [...mine]
}

/**
 * - `major_outage`: most of all its users fail, or a critical outage of which nobody knows the shares
 * - `partial_outage`: some fail and others do not: a critical or major outage, or a minor one in which most of a segment fails
 * - `degraded_performance`: slow, poor or suspect answers, trouble from elsewhere, an outage that is more than half over
 */
export function statusOf(folded: IncidentEvent, easing: boolean, leaf: Pick<Leaf, 'component'>): ComponentStatus {
  if ((folded.kind ?? 'outage') !== 'outage') return 'degraded_performance'
  const some = shareOf(folded, leaf)
  const all = shareOf(folded, leaf, true)
  if (all !== null && all >= MOST) return 'major_outage'
  const severity = easing ? 'minor' : (folded.severity ?? 'minor')
  if (severity === 'minor') return some !== null && some >= MOST ? 'partial_outage' : 'degraded_performance'
  return severity === 'critical' && some === null ? 'major_outage' : 'partial_outage'
}

/** The largest known share of the segments that cover a component; of those that are everybody's alone, if asked. */
export function shareOf(
  { segments }: IncidentEvent,
  { component }: Pick<Leaf, 'component'>,
  everybody = false,
): number | null {
  let largest: number | null = null
  for (const { where, share } of segments ?? []) {
    if (share === null || share === undefined) continue
    const parts = Object.hasOwn(where, 'component') ? where['component'] : undefined
    if (parts !== undefined && component !== null && !parts.includes(component)) continue
    if (everybody && Object.keys(where).some(label => label !== 'component')) continue
    if (everybody && parts !== undefined && component === null) continue
    largest = Math.max(largest ?? 0, share)
  }
  return largest
}

function textOf({ says }: IncidentEvent): string | null {
  const texts = (says ?? []).map(each => each.text.trim()).filter(text => text !== '')
  return texts.length > 0 ? texts.join(' ') : null
}

function spansOf(steps: readonly Step[], mine: readonly Leaf[], startedAt: EpochMs): Span[] {
  const spans: Span[] = []
  const open = new Map<string, Span>()
  for (const [i, step] of steps.entries())
    for (const leaf of mine) {
      const status = step.statuses.get(leaf.id) ?? 'operational'
      const share = status === 'operational' ? null : shareOf(step.folded, leaf)
      const held = open.get(leaf.id)
      if (held && held.status === status && held.share === share) continue
      if (held) {
        held.until = step.at
        open.delete(leaf.id)
      }
      if (status === 'operational') continue
      // It began before it was noticed.
      const made: Span = {
        leaf: leaf.id,
        from: i === 0 ? Math.min(startedAt, step.at) : step.at,
        until: null,
        status,
        share,
      }
      open.set(leaf.id, made)
      spans.push(made)
    }
  return spans.filter(each => each.until === null || each.until > each.from)
}

const RANK: Severity[] = ['minor', 'major', 'critical']
export const worseSeverity = (a: Severity, b: Severity): Severity => (RANK.indexOf(b) > RANK.indexOf(a) ? b : a)

function same(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value)
}

/** Status before and after, of the components that an incident has touched by then. */
export function changesOf(
  affected: readonly Leaf[],
  before: ReadonlyMap<string, ComponentStatus>,
  after: ReadonlyMap<string, ComponentStatus>,
): { leaf: Leaf; old: ComponentStatus; new: ComponentStatus }[] {
  return affected
    .filter(leaf => after.has(leaf.id))
    .map(leaf => ({ leaf, old: before.get(leaf.id) ?? 'operational', new: after.get(leaf.id) ?? 'operational' }))
}
