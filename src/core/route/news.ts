import type { EventName, IncidentEvent } from '../../contract/incident.js'
import type { IncidentHead } from '../../contract/ports.js'
import { addUp } from '../incident/verdict.js'

/** What of an incident is worth a message at all, whoever hears of it. */

const WORTH: Partial<Record<EventName, true>> = { opened: true, recovering: true, resolved: true, reopened: true }

export type Dispatch = { tell: true } | { tell: false; because: 'not news' | 'muted' | 'planned' | 'quiet' }

/** What came before an event: the latest severity and kind, and whether no message was sent because it was planned. */
export interface Before {
  severity?: string
  kind?: string
  /** The event itself happens inside a window of maintenance that explains the trouble. */
  planned?: boolean
  /** So did its opening, and all since. */
  heldBack?: boolean
}

/** Whether people hear of an event, and if not, why. */
export function dispatch(event: IncidentEvent, before: Before | null, head: IncidentHead | null): Dispatch {
  if (head?.mutedUntil !== undefined && head.mutedUntil !== null && Date.parse(event.at) < head.mutedUntil)
    return { tell: false, because: 'muted' }
  // Who asked for it wanted no message. What came before an event is added up; only its own word counts.
  if (event.quiet === true) return { tell: false, because: 'quiet' }
  if (before?.planned === true) return { tell: false, because: 'planned' }
  // Trouble that outlasts its window is sent then, whatever the event is; of trouble that was over before nothing is ever sent.
  if (before?.heldBack === true)
    return event.event === 'resolved' ? { tell: false, because: 'planned' } : { tell: true }
  if (WORTH[event.event] === true) return { tell: true }
  const turned =
    event.event === 'updated' &&
    ((event.severity !== undefined && event.severity !== before?.severity) ||
      (event.kind !== undefined && event.kind !== before?.kind))
  return turned ? { tell: true } : { tell: false, because: 'not news' }
}

/** What came before an event of a story. `planned`: whether planned work explains the incident as it stands. */
export function beforeOf(
  event: IncidentEvent,
  story: readonly IncidentEvent[],
  planned: (folded: IncidentEvent) => boolean = () => false,
): Before {
  const before: Before = {}
  let folded: IncidentEvent | null = null
  let heldBack = false
  for (const each of story) {
    if (each.seq > event.seq) break
    folded = addUp(folded, each)
    const isPlanned = planned(folded)
    if (each.seq === event.seq) before.planned = isPlanned
    else {
      if (each.severity !== undefined) before.severity = each.severity
      if (each.kind !== undefined) before.kind = each.kind
      const opens = each.event === 'opened' || each.event === 'reopened'
      heldBack = isPlanned && (opens || heldBack)
    }
  }
  return { ...before, heldBack }
}
