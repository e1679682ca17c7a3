import type { IncidentStatus } from '../../contract/signal.js'
import type { IncidentEvent, Severity } from '../../contract/incident.js'
import type { EpochMs } from '../../contract/time.js'
import type { IncidentView, PartHeard, PartStatus } from '../../contract/view.js'
import { deafOf, isMeasured, type Phase, shareOf, stagesOf, turnOf, worsePart } from '../../core/incident/verdict.js'
import { worseSeverity } from '../../core/incident/rules.js'
import { idOf } from './ids.js'
import type { Leaf } from './plan.js'

export type ComponentStatus = PartStatus | 'under_maintenance'
export type { IncidentStatus }

export const worseStatus = (a: ComponentStatus, b: ComponentStatus): ComponentStatus => {
  if (a === 'under_maintenance') return b === 'operational' ? a : b
  if (b === 'under_maintenance') return a === 'operational' ? b : a
  return worsePart(a, b)
}

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
export interface PublicIncident {
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

/** Null: it is no incident of this page: a note, or trouble of parts that the page does not show. */
export function publicIncidentOf(
  view: IncidentView,
  leaves: readonly Leaf[],
  parts: readonly string[],
  heard?: readonly PartHeard[],
): PublicIncident | null {
  const mine = leaves.filter(each => each.service === view.service)
  if (mine.length === 0 || view.events.length === 0 || view.events[0]?.event === 'note') return null
  const steps: Step[] = []
  // A page may name a component that nobody declared.
  const known = [...new Set([...parts, ...mine.flatMap(each => each.component ?? [])])]
  const touched = new Set<string>()
  let worst: Severity = 'minor'
  let phaseBefore: Phase = 'opened'
  for (const { event, folded, phase, statuses: hit } of stagesOf(view.events, known, deafOf(heard))) {
    const before = steps.at(-1)
    const turn = turnOf(event)
    const turned = turn !== null && turn !== phaseBefore
    phaseBefore = phase
    worst = worseSeverity(worst, folded.severity ?? 'minor')
    const statuses = new Map<string, ComponentStatus>([...touched].map(id => [id, 'operational' as ComponentStatus]))
    for (const leaf of mine) {
      const found = hit.get(leaf.component)
      if (found === undefined) continue
      touched.add(leaf.id)
      statuses.set(leaf.id, found)
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
  const { folded } = last
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
function statusFor(phase: Phase, folded: IncidentEvent): IncidentStatus {
  const { causes } = folded
  if (phase === 'resolved') return 'resolved'
  // Fewer people who report are no recovery.
  if (phase === 'recovering' && isMeasured(folded)) return 'monitoring'
  return causes?.some(each => each.state === 'confirmed') === true ? 'identified' : 'investigating'
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
      const share = status === 'operational' ? null : shareOf(step.folded, leaf.component)
      const held = open.get(leaf.id)
      if (held && held.status === status && held.share === share) continue
      if (held) {
        held.until = step.at
        open.delete(leaf.id)
      }
      if (status === 'operational') continue
      const made: Span = {
        leaf: leaf.id,
        from: beganAt(steps, i, startedAt),
        until: null,
        status,
        share,
      }
      open.set(leaf.id, made)
      spans.push(made)
    }
  return spans.filter(each => each.until === null || each.until > each.from)
}

/** It began before it was noticed; and what a person closed and came back had never stopped. */
function beganAt(steps: readonly Step[], i: number, startedAt: EpochMs): EpochMs {
  const { at, event } = steps[i] as Step
  if (i === 0) return Math.min(startedAt, at)
  const closed = event.event === 'reopened' ? steps.slice(0, i).findLast(each => each.event.event === 'resolved') : null
  return closed?.event.by === undefined ? at : Math.min(at, closed.at)
}

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
