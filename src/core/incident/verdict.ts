import type { EventName, IncidentEvent } from '../../contract/incident.js'
import { SPEAKS_BITS } from '../../contract/thresholds.js'
import type { EpochMs } from '../../contract/time.js'
import type { PartHeard, PartStatus, ServiceState } from '../../contract/view.js'

/**
 * How a service and its parts are, decided from the evidence in one place. Rows of the engine, pages, Statuspage's API,
 * feeds, badges and lists all read it here, so that no two of them can disagree.
 */

/** Id of a component; null: the service as a whole. */
export type Part = string | null

/** What a trouble looks like at a moment: an incident as its events add up, or what is measured without one. */
export type Trouble = Pick<
  IncidentEvent,
  'kind' | 'severity' | 'components' | 'segments' | 'unaffected' | 'evidence' | 'pattern'
>

const BADNESS: Record<PartStatus, number> = {
  operational: 0,
  degraded_performance: 2,
  partial_outage: 3,
  major_outage: 4,
}
export const worsePart = (a: PartStatus, b: PartStatus): PartStatus => (BADNESS[b] > BADNESS[a] ? b : a)

/** From here on most of those whom a segment covers cannot use it, and most of a trouble is over. */
const MOST = 0.5

/** The last turn of an incident: `updated` and later notes do not end a recovery. */
export type Phase = Exclude<EventName, 'updated'>

type Turn = Pick<IncidentEvent, 'event' | 'seq'>

/** The phase that an event begins; null: it goes on as before. */
export const turnOf = ({ event, seq }: Turn): Phase | null =>
  event !== 'updated' && (event !== 'note' || seq === 0) ? event : null

export const phaseOf = (events: readonly Turn[]): Phase =>
  events.reduce<Phase>((phase, event) => turnOf(event) ?? phase, 'opened')

/**
 * What holds of an incident after one event more: each carries the parts that changed, so the latest value of each part
 * stands. The one place where events are added up: heads, pages, status pages and notifiers go by it.
 */
export const addUp = (before: IncidentEvent | null, event: IncidentEvent): IncidentEvent => ({ ...before, ...event })

/** Fewer people who report are no recovery: they tire, and nobody has seen the service answer. */
export const isMeasured = ({ recovery }: Pick<IncidentEvent, 'recovery'>): boolean => recovery?.of !== 'reports'

/** What is surely gone, where less is sure than what is seen. */
const sureOf = ({ recovery }: Pick<IncidentEvent, 'recovery'>): number =>
  (recovery?.of === undefined ? recovery?.recovered : recovery.interval?.[0]) ?? 0

/**
 * How much may be called gone: nothing of what only fewer reports tell, of which nothing has lasted yet, or that comes and goes;
 * of a few checks what is sure; else what is seen.
 */
export function goneOf(folded: Pick<IncidentEvent, 'recovery' | 'pattern'>): number {
  const { recovery, pattern } = folded
  if (!recovery || !isMeasured(folded) || recovery.interval?.[0] === 0) return 0
  if (pattern === 'intermittent') return recovery.interval?.[0] ?? 0
  return sureOf(folded)
}

/** More than half of what was measured is over: what eases is no longer down, and its incident says how much is back. */
export const isEasing = (phase: Phase, folded: Pick<IncidentEvent, 'recovery' | 'pattern'>): boolean =>
  phase === 'recovering' && folded.pattern !== 'intermittent' && sureOf(folded) >= MOST && isMeasured(folded)

/** An incident after one of its events. */
export interface Stage {
  event: IncidentEvent
  /** Its events up to here, added up. */
  folded: IncidentEvent
  phase: Phase
  easing: boolean
  /** Of each part that it touches at this moment. */
  statuses: Map<Part, PartStatus>
}

/** Whether nothing had been heard of a part by then: what names no part does not tell of it. */
export type Deaf = (part: string, at: EpochMs) => boolean
const HEARS: Deaf = () => false

/** Deafness by what is heard of the parts, where signals name parts at all. */
export const deafOf =
  (heard: readonly PartHeard[] | undefined): Deaf =>
  (part, at) => {
    if (heard === undefined) return false
    const [first] = heard.find(each => each.component === part)?.spans ?? []
    return first === undefined || first[0] > at
  }

/** Goes through the events of an incident; `parts` are the components of its service that exist. */
export function stagesOf(events: readonly IncidentEvent[], parts: readonly string[], deaf: Deaf = HEARS): Stage[] {
  let folded: IncidentEvent | null = null
  let phase: Phase = 'opened'
  let named: readonly string[] = []
  return events.map(event => {
    folded = addUp(folded, event)
    phase = turnOf(event) ?? phase
    named = namesOf(folded, parts) ?? named
    const easing = isEasing(phase, folded)
    const over = phase === 'resolved' || phase === 'note'
    return {
      event,
      folded,
      phase,
      easing,
      statuses: over ? new Map() : partsHit(folded, easing, parts, heardBy(deaf, Date.parse(event.at)), named),
    }
  })
}

/** Deafness at a moment. */
export const heardBy =
  (deaf: Deaf, at: EpochMs) =>
  (part: string): boolean =>
    deaf(part, at)

/** What a trouble means for the parts that it touches, and for the service as a whole. */
export function partsHit(
  trouble: Trouble,
  easing: boolean,
  parts: readonly string[],
  isDeaf: (part: string) => boolean,
  named: readonly string[] = namesOf(trouble, parts) ?? [],
): Map<Part, PartStatus> {
  const hit = touchedBy(parts, named, trouble, isDeaf).map((part): [Part, PartStatus] => [
    part,
    statusOf(trouble, easing, part),
  ])
  const worst = hit.map(each => each[1]).reduce(worsePart, 'operational')
  return new Map<Part, PartStatus>([[null, hit.length > 0 ? worst : statusOf(trouble, easing, null)], ...hit])
}

/** Parts that the incident names, if it names any that exist. */
function namesOf({ components, segments }: Trouble, parts: readonly string[]): string[] | null {
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

/** What names no part concerns the whole service, but for parts that are seen to be fine or of which nothing was ever heard. */
function touchedBy(
  parts: readonly string[],
  named: readonly string[],
  { unaffected }: Trouble,
  isDeaf: (part: string) => boolean,
): readonly string[] {
  if (named.length > 0) return parts.filter(each => named.includes(each))
  const fine = new Set(
    unaffected !== undefined && Object.hasOwn(unaffected, 'component') ? unaffected['component'] : [],
  )
  const rest = parts.filter(each => !fine.has(each) && !isDeaf(each))
  return rest.length > 0 ? rest : parts
}

/**
 * - `major_outage`: most of all its users fail, or a critical outage of which nobody knows the shares
 * - `partial_outage`: some fail and others do not: a critical or major outage, or a minor one in which most of a segment fails
 * - `degraded_performance`: slow, poor or suspect answers, trouble from elsewhere, an outage that is more than half over
 */
export function statusOf(trouble: Trouble, easing: boolean, part: Part): PartStatus {
  if ((trouble.kind ?? 'outage') !== 'outage') return 'degraded_performance'
  const some = shareOf(trouble, part)
  const all = shareOf(trouble, part, true)
  if (all !== null && all >= MOST) return 'major_outage'
  const severity = easing ? 'minor' : (trouble.severity ?? 'minor')
  if (severity === 'minor') return some !== null && some >= MOST ? 'partial_outage' : 'degraded_performance'
  return severity === 'critical' && some === null ? 'major_outage' : 'partial_outage'
}

/** The largest known share of the segments that cover a part; of those that are everybody's alone, if asked. */
export function shareOf({ segments }: Trouble, part: Part, everybody = false): number | null {
  let largest: number | null = null
  for (const { where, share } of segments ?? []) {
    if (share === null || share === undefined) continue
    const parts = Object.hasOwn(where, 'component') ? where['component'] : undefined
    if (parts !== undefined && part !== null && !parts.includes(part)) continue
    if (everybody && Object.keys(where).some(label => label !== 'component')) continue
    if (everybody && parts !== undefined && part === null) continue
    largest = Math.max(largest ?? 0, share)
  }
  return largest
}

/** The one word for a service: the worst of what is hit, else what is known without an incident. */
export function stateFrom(
  hit: Iterable<PartStatus>,
  otherwise: Exclude<ServiceState, 'degraded' | 'outage'>,
): ServiceState {
  let worst: PartStatus = 'operational'
  for (const each of hit) worst = worsePart(worst, each)
  if (worst === 'operational') return otherwise
  return worst === 'degraded_performance' ? 'degraded' : 'outage'
}

/**
 * How far an outage reaches, so that a headline says no more than its evidence:
 * - `many`: people were counted, as failing requests or as reports, and not in a part alone
 * - `part`: some of its components, and not the others
 * - `some`: some fail and others do not, or nobody knows how many
 * - `checks`: only our own checks fail; nobody knows of people
 */
export type Extent = 'many' | 'part' | 'some' | 'checks'

export const speaks = ({ evidence }: Pick<IncidentEvent, 'evidence'>, via: string): boolean =>
  evidence !== undefined && Object.hasOwn(evidence, via) && (evidence[via] ?? 0) >= SPEAKS_BITS

export function extentOf(trouble: Trouble, parts: readonly string[]): Extent {
  const { severity = 'minor', evidence } = trouble
  const people = evidence === undefined || speaks(trouble, 'report') || speaks(trouble, 'post')
  // The engine tells null for a kind that cannot be read now.
  const requests = evidence === undefined || typeof evidence['metric'] === 'number'
  const counted = people || requests
  if (counted && severity === 'critical') return 'many'
  const named = namesOf(trouble, parts)
  if (named !== null && named.length <= parts.length / 2) return 'part'
  if (!counted) return 'checks'
  return severity === 'major' && !requests ? 'many' : 'some'
}

/** The components that a trouble names, for a sentence about a part. */
export const partsNamed = (trouble: Trouble, parts: readonly string[]): string[] => namesOf(trouble, parts) ?? []
