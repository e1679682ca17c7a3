import type { Where } from '../incident.js'
import type { Language } from '../people.js'
import type { EpochMs } from '../time.js'

/** How a subscriber is told, in Statuspage's words; `push`: their browser, by Web Push. */
export const CHANNELS = ['email', 'webhook', 'slack', 'push'] as const
export type Channel = (typeof CHANNELS)[number]

/** `asked`: not confirmed yet. `ended`: what was sent there did not arrive, and nothing is sent any more. */
export const SUBSCRIBER_STATES = ['asked', 'active', 'ended'] as const
export type SubscriberState = (typeof SUBSCRIBER_STATES)[number]

/** What somebody wants to hear of. */
export interface Interest {
  /** Id of a status page. */
  page: string
  /** Ids of components as the page's API has them; empty: all of the page. */
  components: string[]
  /** Who they are, by label, such as `country: IN`: what clearly hits others alone is not told. Empty: everything. */
  labels: Record<string, string>
  language: Language
}

/** Somebody who is told of what a status page tells. One channel and address subscribes to a page once. */
export interface Subscriber extends Interest {
  /** By chance, 22 characters of base64url. */
  id: string
  channel: Channel
  /** A mail address, or an address of the web. That of a browser is a secret: whoever has it may write to it. */
  address: string
  /** What messages to a webhook are signed with. */
  secret?: string
  /** Of a browser: what messages to it are encrypted for. */
  keys?: { p256dh: string; auth: string }
  /** Of a page that was not for everybody when they asked: the seal of the rule by which it opened. */
  rule?: string
  state: SubscriberState
  /** When they were asked to confirm, the newest last; as many as a day allows. */
  askedAt: EpochMs[]
  /** Null: never. Times of before, if they came from elsewhere. */
  confirmedAt: EpochMs | null
  endedAt: EpochMs | null
  /** Messages in a row that could not be delivered for good. */
  bounces: number
  /** Why the last one was not. */
  why?: string
}

/** What a message is about; enough to write it again after a restart. */
export type About =
  | { is: 'incident'; incident: string; seq: number }
  | { is: 'window'; page: string; window: string; step: string }
  /** `fresh`: they are asked to confirm; `known`: they are subscribed already. */
  | { is: 'asking'; what: 'fresh' | 'known' }

/** A message that waits for one subscriber. */
export interface Queued {
  /** Place in the order in which messages came; given by the store. */
  id: number
  /** The same for all subscribers and for every attempt. */
  message: string
  about: About
  subscriber: string
  /** Whose queue it stands in: the host that takes it. */
  queue: string
  /** What it follows: messages of one thread reach a subscriber in order. */
  thread: string
  /** Messages of one subscriber with the same batch go together; 0: alone. */
  batch: number
  dueAt: EpochMs
  /** First try; null: none yet. */
  since: EpochMs | null
  tries: number
  refusals: number
  why: string
}

/** A message that was given up. */
export interface Undelivered {
  at: EpochMs
  subscriber: string
  channel: Channel
  address: string
  message: string
  tries: number
  why: string
}

/** News for everybody whom it concerns. */
export interface Broadcast {
  message: string
  about: About
  thread: string
  /** By page, the components that it touches; a page that does not show it is absent. */
  pages: Record<string, string[]>
  /** Parts of the users who are hit; empty: all of them. */
  segments: Where[]
  /** Label values that are seen to be fine. */
  fine: Where
}

/** What is written at once, all of it or nothing. */
export interface SubscriberChange {
  /** Put by id, with whatever stood under the same page, channel and address. */
  put?: readonly Subscriber[]
  /** With what waits for them. */
  drop?: readonly string[]
  /** Forgets whoever was asked before this and never confirmed. */
  dropAskedBefore?: EpochMs
  /** Message and subscriber stand in the queue once. */
  queue?: readonly Omit<Queued, 'id'>[]
  /** Delivered or given up. */
  settle?: readonly number[]
  /** To be tried again. */
  again?: readonly Pick<Queued, 'id' | 'dueAt' | 'since' | 'tries' | 'refusals' | 'why'>[]
  /** The newest UNDELIVERED_KEPT are kept. */
  undelivered?: readonly Undelivered[]
  note?: { key: string; value: Uint8Array }
}

export interface SubscriberQuery {
  /** In the order of their ids, after this one. */
  after: string
  max: number
  state?: SubscriberState
  page?: string
  channel?: Channel
}

/** What a store tells of subscribers and of what waits for them. */
export interface Subscriptions {
  get(ids: readonly string[]): Promise<Subscriber[]>
  find(page: string, channel: Channel, address: string): Promise<Subscriber | null>
  list(query: SubscriberQuery): Promise<Subscriber[]>
  /** By page, channel and state. */
  counts(): Promise<{ page: string; channel: Channel; state: SubscriberState; count: number }[]>
  /** Queues with messages, and when the first of each is due. */
  queues(): Promise<{ queue: string; dueAt: EpochMs }[]>
  /** What may be sent now, first come first: of one thread of a subscriber only the eldest. */
  due(queue: string, now: EpochMs, max: number): Promise<Queued[]>
  /** All that goes together with a message. */
  batch(subscriber: string, batch: number): Promise<Queued[]>
  waiting(): Promise<number>
  /** All that waits, in the order in which it came, after this place. */
  queued(after: number, max: number): Promise<Queued[]>
  /** The newest first. */
  undelivered(): Promise<Undelivered[]>
}
