import {
  BOUNCES,
  SUBSCRIBE_PER_ADDRESS,
  SUBSCRIBE_PER_HOUSE,
  SUBSCRIBE_PER_NETWORK,
  SUBSCRIBE_PER_PREFIX,
  SUBSCRIBER_CONFIRM_MS,
  SUBSCRIBER_SLICE,
  SUBSCRIBERS,
  SUBSCRIBERS_ASKED,
} from '../../contract/limits.js'
import type {
  Channel,
  Interest,
  Queued,
  Subscriber,
  SubscriberChange,
  Subscriptions,
} from '../../contract/subscribers/subscriber.js'
import { type EpochMs, SECOND } from '../../contract/time.js'
import type { Env } from '../env.js'
import { networkOf, prefixOf } from '../visitors/address.js'
import { Buckets } from '../visitors/buckets.js'
import type { Channels } from './channels.js'
import type { Hearing } from './hearing.js'
import type { Links } from './links.js'

/** Prefixes, networks and addresses whose asking is counted: 120 bytes each, 2 MB. */
const COUNTED_MOST = 20_000
/** How many there are is counted anew so often. */
const COUNT_MS = 10 * SECOND
/** Times of asking that are kept. */
const ASKED_KEPT = 3

export interface AskingHost {
  reads(): Subscriptions
  change(change: SubscriberChange): Promise<void>
  hearing: Pick<Hearing, 'mayHear' | 'ruleOf'>
  env: Pick<Env, 'now' | 'random'>
}

export interface Wish extends Interest {
  channel: Channel
  /** As {@link Channels.addressIn} has it. */
  address: string
}

/** A subscriber whom somebody answers for: their consent was given elsewhere. */
export interface Given extends Wish {
  secret?: string
  confirmedAt?: EpochMs
}

/**
 * The door for subscribers. Nobody is told anything before they confirmed at their own address, and no answer tells whether an
 * address is known: the message that goes to it does.
 */
export class Asking {
  private readonly house = new Buckets(SUBSCRIBE_PER_HOUSE, 1)
  private readonly prefixes = new Buckets(SUBSCRIBE_PER_PREFIX, COUNTED_MOST)
  private readonly networks = new Buckets(SUBSCRIBE_PER_NETWORK, COUNTED_MOST)
  private readonly addresses = new Buckets(SUBSCRIBE_PER_ADDRESS, COUNTED_MOST)
  private counted = { at: Number.NEGATIVE_INFINITY, all: 0, asked: 0 }
  /** Changes of people are one after another: two forms at once make one subscriber. */
  private last: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly host: AskingHost,
    private readonly channels: Pick<Channels, 'queueOf'>,
    private readonly links: Links,
    /** Something was queued. */
    private readonly queued: () => void,
  ) {}

  /** Asks an address to confirm; false: too many ask from there, or at all. `from`: the visitor's address. */
  ask(wish: Wish, from: string): Promise<boolean> {
    return this.inTurn(async () => {
      const now = this.host.env.now()
      if (!(await this.may(from, now))) return false
      if (!this.addresses.take(mailboxOf(wish), now)) return true
      const known = await this.host.reads().find(wish.page, wish.channel, wish.address)
      const active = known?.state === 'active' && this.host.hearing.mayHear(known)
      const subscriber: Subscriber = active ? known : this.asked(wish, known, now)
      await this.host.change({
        ...(active ? {} : { put: [subscriber] }),
        queue: [this.message(subscriber, active ? 'known' : 'fresh', now)],
      })
      this.queued()
      return true
    })
  }

  /**
   * A browser that gave its permission and its letter box, which nobody else knows: that is both consents, so nothing has to be
   * confirmed. Null: too many ask from there, or at all.
   */
  takeBrowser(wish: Wish, keys: NonNullable<Subscriber['keys']>, from: string): Promise<Subscriber | null> {
    return this.inTurn(async () => {
      const now = this.host.env.now()
      if (!(await this.may(from, now)) || !this.addresses.take(mailboxOf(wish), now)) return null
      const known = await this.host.reads().find(wish.page, wish.channel, wish.address)
      const made = this.asked(wish, known, now)
      const taken: Subscriber = { ...made, keys, state: 'active', confirmedAt: now, endedAt: null, bounces: 0 }
      await this.host.change({ put: [taken] })
      return taken
    })
  }

  private async may(from: string, now: EpochMs): Promise<boolean> {
    return (
      this.prefixes.take(prefixOf(from), now) &&
      this.networks.take(networkOf(from), now) &&
      this.house.take('house', now) &&
      (await this.hasRoom(now))
    )
  }

  private asked(wish: Wish, known: Subscriber | null, now: EpochMs): Subscriber {
    const { id = this.id(), askedAt = [], confirmedAt = null, endedAt = null, bounces = 0, secret } = known ?? {}
    return {
      ...wish,
      ...{ id, state: 'asked', confirmedAt, endedAt, bounces },
      askedAt: [...askedAt, now].slice(-ASKED_KEPT),
      ...this.host.hearing.ruleOf(wish.page),
      ...(wish.channel === 'webhook' ? { secret: secret ?? this.secret() } : {}),
    }
  }

  private message(subscriber: Subscriber, what: 'fresh' | 'known', now: EpochMs): Omit<Queued, 'id'> {
    const message = `asked_${now.toString(36)}`
    return {
      ...{ message, about: { is: 'asking', what }, subscriber: subscriber.id, thread: message },
      queue: this.channels.queueOf(subscriber, true),
      ...{ batch: 0, dueAt: now, since: null, tries: 0, refusals: 0, why: '' },
    }
  }

  private async hasRoom(now: EpochMs): Promise<boolean> {
    if (now - this.counted.at > COUNT_MS) {
      const rows = await this.host.reads().counts()
      const sum = (some: typeof rows) => some.reduce((total, { count }) => total + count, 0)
      this.counted = { at: now, all: sum(rows), asked: sum(rows.filter(each => each.state === 'asked')) }
    }
    this.counted.all++
    this.counted.asked++
    return this.counted.all <= SUBSCRIBERS && this.counted.asked <= SUBSCRIBERS_ASKED
  }

  /** Whoever followed the link is a subscriber; null where it is no link of ours, too old, or they left. */
  confirm(token: string): Promise<Subscriber | null> {
    return this.inTurn(async () => {
      const found = this.links.confirmed(token)
      const now = this.host.env.now()
      if (found === null || now - found.at > SUBSCRIBER_CONFIRM_MS) return null
      const [known] = await this.host.reads().get([found.id])
      if (known === undefined || !this.host.hearing.mayHear(known)) return null
      if (known.state === 'active') return known
      const { why: _, ...rest } = known
      const confirmed: Subscriber = { ...rest, state: 'active', confirmedAt: now, endedAt: null, bounces: 0 }
      await this.host.change({ put: [confirmed] })
      return confirmed
    })
  }

  /** Whether a link to confirm is good, without following it: programs that read mail follow links too. */
  async mayConfirm(token: string): Promise<Subscriber | null> {
    const found = this.links.confirmed(token)
    if (found === null || this.host.env.now() - found.at > SUBSCRIBER_CONFIRM_MS) return null
    return this.known(found.id)
  }

  /** Null as well for whoever may not hear of the page any more: it is not named to them. */
  private async known(id: string): Promise<Subscriber | null> {
    const [known] = await this.host.reads().get([id])
    return known !== undefined && this.host.hearing.mayHear(known) ? known : null
  }

  linkOf(id: string): string {
    return this.links.manage(id)
  }

  /** Whose link it is; null: it is none of ours, or they left. */
  async of(token: string): Promise<Subscriber | null> {
    const id = this.links.managed(token)
    return id === null ? null : this.known(id)
  }

  /** Whoever has their link leaves, also of a page that is closed to them; true: they were there. */
  async leaveBy(token: string): Promise<boolean> {
    const id = this.links.managed(token)
    const known = id === null ? [] : await this.host.reads().get([id])
    if (known.length > 0) await this.leave(known[0]!.id)
    return known.length > 0
  }

  choose(id: string, interest: Omit<Interest, 'page'>): Promise<Subscriber | null> {
    return this.inTurn(async () => {
      const [known] = await this.host.reads().get([id])
      if (known === undefined) return null
      const chosen = { ...known, ...interest }
      await this.host.change({ put: [chosen] })
      return chosen
    })
  }

  /** A letter came back after the mail server had taken it; false: it is nobody's. `nobody`: there is no such address. */
  bounced(token: string, nobody: boolean, why: string): Promise<boolean> {
    return this.inTurn(async () => {
      const known = await this.of(token)
      if (known === null || known.state !== 'active') return known !== null
      const bounces = known.bounces + 1
      const ended = nobody || bounces >= BOUNCES
      const now = this.host.env.now()
      const { id: subscriber, channel, address } = known
      await this.host.change({
        put: [{ ...known, bounces, why, ...(ended ? { state: 'ended', endedAt: now } : {}) }],
        undelivered: [{ at: now, subscriber, channel, address, message: 'returned', tries: 1, why }],
      })
      return true
    })
  }

  /** What was theirs is forgotten. */
  leave(...ids: string[]): Promise<void> {
    return this.inTurn(() => this.host.change({ drop: ids }))
  }

  /** Takes in subscribers as they are; how many are new, and how many were known. */
  give(given: readonly Given[]): Promise<{ added: number; known: number }> {
    return this.inTurn(async () => {
      let known = 0
      for (let i = 0; i < given.length; i += SUBSCRIBER_SLICE) {
        const now = this.host.env.now()
        const put: Subscriber[] = []
        for (const { secret, confirmedAt = now, ...wish } of given.slice(i, i + SUBSCRIBER_SLICE)) {
          const before = await this.host.reads().find(wish.page, wish.channel, wish.address)
          if (before !== null) known++
          const own = secret ?? before?.secret ?? (wish.channel === 'webhook' ? this.secret() : undefined)
          put.push({
            ...wish,
            ...{ id: before?.id ?? this.id(), state: 'active', askedAt: before?.askedAt ?? [] },
            ...this.host.hearing.ruleOf(wish.page),
            ...{ confirmedAt: before?.confirmedAt ?? confirmedAt, endedAt: null, bounces: 0 },
            ...(own === undefined ? {} : { secret: own }),
          })
        }
        await this.host.change({ put })
      }
      return { added: given.length - known, known }
    })
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.last.then(work)
    this.last = done.catch(() => {})
    return done
  }

  private id(): string {
    return Buffer.from(this.host.env.random(16)).toString('base64url')
  }

  private secret(): string {
    return `whsec_${Buffer.from(this.host.env.random(24)).toString('base64')}`
  }
}

/** Addresses that end in one letter box count as one: `ana+x@` is `ana@`; all paths of a host are its own. */
function mailboxOf({ channel, address }: Pick<Wish, 'channel' | 'address'>): string {
  if (channel !== 'email') return `${channel} ${address}`
  const at = address.lastIndexOf('@')
  const [local = ''] = address.slice(0, at).toLowerCase().split('+')
  return `${local}${address.slice(at)}`
}
