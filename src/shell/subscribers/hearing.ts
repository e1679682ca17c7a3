import { createHmac } from 'node:crypto'
import type { StatusPageConfig } from '../../contract/config.js'
import { SUBSCRIBER_SLICE } from '../../contract/limits.js'
import type { Subscriber, SubscriberChange, Subscriptions } from '../../contract/subscribers/subscriber.js'
import type { EpochMs } from '../../contract/time.js'

/** Why somebody who was told of a page is not any more. */
const CLOSED = 'the page is not for everybody any more, or opens to others than it did when they subscribed'

/**
 * Who may hear of pages that are not for everybody. A subscription holds by the rule that opened the page when it was asked for:
 * whoever subscribed before the page was closed, or under another password, list or claim, is told nothing more of it.
 */
export class Hearing {
  private readonly rules: ReadonlyMap<string, string>

  constructor(pages: readonly Pick<StatusPageConfig, 'id' | 'private'>[], key: Uint8Array) {
    const seal = (page: string, { password, oidc, addresses }: NonNullable<StatusPageConfig['private']>) =>
      createHmac('sha256', key)
        .update(`rule ${JSON.stringify([page, password, oidc, addresses])}`)
        .digest('base64url')
    this.rules = new Map(pages.flatMap(({ id, private: rule }) => (rule === undefined ? [] : [[id, seal(id, rule)]])))
  }

  /** What stands with somebody who subscribes now; nothing where the page is for everybody. */
  ruleOf(page: string): Pick<Subscriber, 'rule'> {
    const rule = this.rules.get(page)
    return rule === undefined ? {} : { rule }
  }

  mayHear({ page, rule }: Pick<Subscriber, 'page' | 'rule'>): boolean {
    const now = this.rules.get(page)
    return now === undefined || now === rule
  }

  /** Ends those who may not hear any more, so that lists say so; nobody of them is told anything, not even that. */
  async endOthers(
    reads: Subscriptions,
    change: (change: SubscriberChange) => Promise<void>,
    now: EpochMs,
  ): Promise<number> {
    let ended = 0
    for (const page of this.rules.keys())
      for (let after = ''; ; ) {
        const some = await reads.list({ after, max: SUBSCRIBER_SLICE, page })
        const out = some.filter(each => each.state !== 'ended' && !this.mayHear(each))
        if (out.length > 0)
          await change({
            put: out
              .filter(each => each.state === 'active')
              .map(each => ({ ...each, state: 'ended' as const, endedAt: now, why: CLOSED })),
            drop: out.filter(each => each.state === 'asked').map(each => each.id),
          })
        ended += out.length
        if (some.length < SUBSCRIBER_SLICE) break
        after = some.at(-1)!.id
      }
    return ended
  }
}
