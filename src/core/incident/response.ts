import type { Order } from '../../contract/order.js'
import type { EpochMs } from '../../contract/time.js'

/** Who does what about an incident: what its commands add up to, for the team. */
export interface Response {
  /** Who said last that they are looking at it; null: nobody, or it was opened again since. */
  acknowledged: { by: string; at: EpochMs } | null
  /** Who has it; null: nobody was named. */
  assignee: string | null
  /** Id of the newest command; empty: there was none. A command that was written before it was seen is refused. */
  newest: string
}

/** @param orders of one incident, oldest first */
export function responseOf(orders: readonly Order[]): Response {
  const response: Response = { acknowledged: null, assignee: null, newest: orders.at(-1)?.id ?? '' }
  for (const { verb, by, at, person } of orders) {
    if (verb === 'reopen') response.acknowledged = null
    // Who takes it, or is given it, has it; whoever acts on it has seen it.
    else if (verb === 'ack') response.assignee ??= by
    else if ((verb === 'assign' || verb === 'hand-over') && person !== undefined) response.assignee = person
    if (ACTS.has(verb)) response.acknowledged ??= { by, at }
  }
  return response
}

/** Whoever mutes it or gives it away may not be looking at it. */
const ACTS: ReadonlySet<string> = new Set([
  'ack',
  'confirm',
  'rule-out',
  'say',
  'mitigated',
  'severity',
  'components',
  'segments',
  'rename',
  'open',
] as const satisfies readonly Order['verb'][])
