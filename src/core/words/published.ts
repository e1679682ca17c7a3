import type { Order } from '../../contract/order.js'
import type { EpochMs } from '../../contract/time.js'
import type { Story } from './story.js'

/** A change of a post-mortem after it was published: of the team, or what the vendor corrected. */
export interface Amendment {
  by: string
  at: EpochMs
  why: string
  href: string | null
}

/** A post-mortem that everybody can read. */
export interface Published {
  /** Markdown, as it stands now. */
  body: string
  by: string
  /** When it was published first, and when it last changed. */
  at: EpochMs
  changedAt: EpochMs
  /** Oldest first. */
  amendments: Amendment[]
}

/** What is published by these commands on one incident, oldest first; null: nothing, or it was taken back. */
export function publishedOf(orders: readonly Order[]): Published | null {
  return orders.reduce<Published | null>((now, { verb, body, by, at, why, href }) => {
    if (verb === 'withdraw') return null
    if (verb !== 'publish' || body === undefined) return now
    if (now === null) return { body, by, at, changedAt: at, amendments: [] }
    return { ...now, body, changedAt: at, amendments: [...now.amendments, { by, at, why, href: href ?? null }] }
  }, null)
}

/** Something that was written down to be done. */
export interface Action {
  id: string
  text: string
  owner: string
  due: EpochMs | null
  /** Who did it; null: it is open. */
  done: { id: string; by: string; at: EpochMs } | null
  late: boolean
}

/** What is to be done after an incident, oldest first. */
export const actionsOf = ({ orders, now }: Pick<Story, 'orders' | 'now'>): Action[] =>
  orders.flatMap(order => {
    if (order.verb !== 'action' || order.text === undefined) return []
    const done = orders.find(each => each.verb === 'done' && each.action === order.id)
    const due = order.until ?? null
    return [
      {
        ...{ id: order.id, text: order.text, owner: order.person ?? order.by, due },
        done: done ? { id: done.id, by: done.by, at: done.at } : null,
        late: !done && due !== null && due < now,
      },
    ]
  })
