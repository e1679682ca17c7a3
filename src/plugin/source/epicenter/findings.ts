import { createHash } from 'node:crypto'
import { LABELS_PER_SIGNAL, SCOPE_VALUES, TEXT_CHARS, TITLE_CHARS } from '../../../contract/limits.js'
import type { IncidentEvent, Severity } from '../../../contract/incident.js'
import type { IncidentStatus, Notice, NoticeImpact, Scope } from '../../../contract/signal.js'
import type { EpochMs } from '../../../contract/time.js'

/**
 * Incidents of another instance as notices: one for each of its events, in its words. Nothing of an answer is believed before it was
 * looked at; what has not the form of an event is passed over.
 */

/** What is used of an incident, as `GET /api/v1/incidents` has it. */
export interface Finding {
  id: string
  service: string
  title: string
  events: IncidentEvent[]
}

/** Incident, as {@link keyOf} has it, → the number of its newest event that was told. */
export type Followed = Record<string, number>

/** Short: 2,000 of them are kept. Two that are alike by chance cost a story its beginning, once in 10⁸ federations. */
export const keyOf = (service: string, incident: string): string =>
  createHash('sha256')
    .update(JSON.stringify([service, incident]))
    .digest('base64url')
    .slice(0, 8)

export interface Place {
  service: string
  source: string
  /** Which instance. */
  peer: string
  base: string
  seenAt: EpochMs
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const cut = (text: string, chars: number): string =>
  text.length <= chars ? text : `${text.slice(0, chars - 1).replace(/[\ud800-\udbff]$/, '')}…`

/** Null: it is no such list. */
export function incidentsIn(body: string): Finding[] | null {
  let list: unknown
  try {
    list = JSON.parse(body)
  } catch {
    return null
  }
  if (!Array.isArray(list)) return null
  return (list as unknown[]).flatMap(each => {
    if (!isObject(each)) return []
    const { id, service, title, events } = each
    if (!isText(id) || !isText(service) || !isText(title) || !Array.isArray(events)) return []
    const known = (events as unknown[]).filter(
      (event): event is IncidentEvent & Record<string, unknown> =>
        isObject(event) &&
        Number.isInteger(event['seq']) &&
        isText(event['at']) &&
        !Number.isNaN(Date.parse(event['at'])),
    )
    return [{ id, service, title, events: known.sort((a, b) => a.seq - b.seq) }]
  })
}

const IMPACT: Record<Severity, NoticeImpact> = { minor: 'minor', major: 'major', critical: 'critical' }

/** Events after `before`, as notices; none of an incident that was only noted. */
export function toldOfIncident({ id, title, events }: Finding, place: Place, before: number): Notice[] {
  if (events[0]?.event === 'note' && !events.some(each => each.event === 'opened')) return []
  const notices: Notice[] = []
  let status: IncidentStatus = 'investigating'
  let folded: Partial<IncidentEvent> = {}
  for (const event of events) {
    folded = { ...folded, ...event }
    status = statusAfter(status, event, folded)
    if (event.seq <= before) continue
    const { severity } = folded
    const { says = [] } = event
    const at = Math.min(Date.parse(event.at), place.seenAt)
    const text = (Array.isArray(says) ? says : [])
      .map(each => each.text)
      .filter(isText)
      .join(' ')
    const impact = severity === undefined ? undefined : IMPACT[severity]
    const parts = names(folded.components).map(name => ({ name }))
    notices.push({
      type: 'fact',
      via: 'notice',
      // By what it tells of and not by when it was read: what is read twice counts once.
      id: createHash('sha256')
        .update(JSON.stringify([place.peer, id, event.seq]))
        .digest('base64url')
        .slice(0, 22),
      service: place.service,
      at,
      ...(place.seenAt > at ? { seenAt: place.seenAt } : {}),
      title: cut(isText(folded.title) ? folded.title : title, TITLE_CHARS),
      href: `${place.base}/i/${encodeURIComponent(id)}`,
      source: place.source,
      thread: createHash('sha256')
        .update(JSON.stringify([place.peer, id]))
        .digest('base64url')
        .slice(0, 22),
      status,
      ...(impact === undefined ? {} : { impact }),
      ...(parts.length > 0 ? { parts } : {}),
      ...(text === '' ? {} : { text: cut(text, TEXT_CHARS) }),
      labels: { exchange: cut(place.peer, 200) },
      scope: scopeOf(folded),
    })
  }
  return notices
}

function statusAfter(status: IncidentStatus, event: IncidentEvent, folded: Partial<IncidentEvent>): IncidentStatus {
  const isKnown = Array.isArray(folded.causes) && folded.causes.some(each => each.state === 'confirmed')
  if (event.event === 'resolved') return 'resolved'
  if (event.event === 'recovering') return 'monitoring'
  if (event.event === 'opened' || event.event === 'reopened') return isKnown ? 'identified' : 'investigating'
  // Later words and changes do not turn it.
  return status === 'investigating' && isKnown ? 'identified' : status
}

const names = (value: unknown): string[] =>
  Array.isArray(value) ? (value as unknown[]).filter(isText).slice(0, 100) : []

/** Whom it touches, over all its segments. */
function scopeOf({ components, segments }: Partial<IncidentEvent>): Scope {
  const values = new Map<string, Set<string>>()
  const add = (label: string, of: unknown) => {
    const known = values.get(label) ?? new Set<string>()
    for (const each of names(of)) if (known.size < SCOPE_VALUES) known.add(each)
    if (known.size > 0) values.set(label, known)
  }
  add('component', components)
  for (const segment of Array.isArray(segments) ? segments : [])
    if (isObject(segment) && isObject(segment.where))
      for (const [label, of] of Object.entries(segment.where)) if (values.size < LABELS_PER_SIGNAL) add(label, of)
  return Object.fromEntries([...values].map(([label, each]) => [label, [...each]]))
}
