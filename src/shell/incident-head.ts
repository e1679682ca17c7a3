import type { IncidentEvent } from '../contract/incident.js'
import type { Order } from '../contract/order.js'
import type { Outcome } from '../contract/outcome.js'
import type { IncidentHead, Store } from '../contract/ports.js'
import { addUp, turnOf } from '../core/incident/verdict.js'

/**
 * The head of an incident after one event more. An event that the head already holds changes nothing: recovery may offer it
 * again.
 */
export function headAfter(head: IncidentHead | null, event: IncidentEvent): IncidentHead {
  if (head !== null && event.seq <= head.lastSeq) return head
  const at = Date.parse(event.at)
  const startedAt = event.startedAt === undefined ? (head?.startedAt ?? at) : Date.parse(event.startedAt)
  const turn = turnOf(event)
  const open = turn === null ? (head?.open ?? true) : turn !== 'resolved' && turn !== 'note'
  return {
    id: event.incident,
    service: event.service,
    title: event.title ?? head?.title ?? event.service,
    open,
    kind: event.kind ?? head?.kind ?? 'outage',
    severity: event.severity ?? head?.severity ?? 'minor',
    startedAt,
    openedAt: head?.openedAt ?? at,
    resolvedAt: turn === 'resolved' ? at : open ? null : (head?.resolvedAt ?? null),
    latest: addUp(head?.latest ?? null, event),
    lastSeq: event.seq,
    mutedUntil: head?.mutedUntil ?? null,
    ...(head?.muted ? { muted: head.muted } : {}),
    ...(head?.publishedAt === undefined ? {} : { publishedAt: head.publishedAt }),
  }
}

/** The head after a command: what it changes beside the events that it causes. */
export function headAfterCommand(head: IncidentHead, { verb, until, by, why, at }: Order): IncidentHead {
  switch (verb) {
    case 'mute':
      return { ...head, mutedUntil: until ?? null, muted: { by, why } }
    case 'unmute': {
      const { muted: _, ...rest } = head
      return { ...rest, mutedUntil: null }
    }
    case 'publish':
      return { ...head, publishedAt: at }
    case 'withdraw': {
      const { publishedAt: _, ...rest } = head
      return rest
    }
    default:
      return head
  }
}

/** Heads of the incidents that an outcome and commands touch, as they are with them. */
export async function headsOf(
  store: Pick<Store, 'head'>,
  outcome: Pick<Outcome, 'events'>,
  orders: readonly Order[],
): Promise<IncidentHead[]> {
  const heads = new Map<string, IncidentHead | null>()
  const load = async (id: string) => {
    if (!heads.has(id)) heads.set(id, await store.head(id))
    return heads.get(id) ?? null
  }
  for (const event of outcome.events) heads.set(event.incident, headAfter(await load(event.incident), event))
  for (const order of orders) {
    const head = await load(order.incident)
    if (head !== null) heads.set(order.incident, headAfterCommand(head, order))
  }
  return [...heads.values()].filter(head => head !== null)
}
