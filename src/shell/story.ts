import type { IncidentEvent } from '../contract/incident.js'
import type { Order } from '../contract/order.js'
import type { IncidentHead } from '../contract/ports.js'

/**
 * What an incident's events add up to. Each event carries the parts that changed, so the latest value of each part
 * stands. An event that the head already holds changes nothing: recovery may offer it again.
 */
export function tell(head: IncidentHead | null, event: IncidentEvent): IncidentHead {
  if (head !== null && event.seq <= head.lastSeq) return head
  const at = Date.parse(event.at)
  const startedAt = event.startedAt === undefined ? (head?.startedAt ?? at) : Date.parse(event.startedAt)
  const opens = event.event === 'opened' || event.event === 'reopened'
  return {
    id: event.incident,
    service: event.service,
    title: event.title ?? head?.title ?? event.service,
    open: event.event === 'resolved' ? false : opens || (head?.open ?? event.event !== 'note'),
    kind: event.kind ?? head?.kind ?? 'outage',
    severity: event.severity ?? head?.severity ?? 'minor',
    startedAt,
    openedAt: head?.openedAt ?? at,
    resolvedAt: event.event === 'resolved' ? at : opens ? null : (head?.resolvedAt ?? null),
    latest: { ...head?.latest, ...event },
    lastSeq: event.seq,
    mutedUntil: head?.mutedUntil ?? null,
    ...(head?.muted ? { muted: head.muted } : {}),
  }
}

/** What an order changes in the head beside the events that it causes. */
export function heed(head: IncidentHead, { verb, until, by, why }: Order): IncidentHead {
  if (verb === 'mute') return { ...head, mutedUntil: until ?? null, muted: { by, why } }
  if (verb !== 'unmute') return head
  const { muted: _, ...rest } = head
  return { ...rest, mutedUntil: null }
}
