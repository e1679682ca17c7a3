import { SUBSCRIBER_SLICE } from '../../contract/limits.js'
import type { IncidentEvent } from '../../contract/incident.js'
import type { CommittedEvent } from '../../contract/ports.js'
import type {
  Broadcast,
  Queued,
  Subscriber,
  SubscriberChange,
  Subscriptions,
} from '../../contract/subscribers/subscriber.js'
import type { Env } from '../env.js'
import { lastCursor } from '../delivery/deliver.js'
import type { Channels } from './channels.js'
import { concerns } from './matches.js'

/** Note of the store: how far subscribers were told. */
const TOLD_NOTE = 'subscribers told'
/** Events that are read at once. */
const EVENTS_READ = 64

export interface FanOutHost {
  reads(): Subscriptions
  eventsAfter(after: number, max: number): Promise<CommittedEvent[]>
  change(change: SubscriberChange): Promise<void>
  noted(key: string): Promise<Uint8Array | null>
  /** Resolves when all that is durable has been committed. */
  caughtUp(): Promise<void>
  /** Null: nobody hears of this event. */
  broadcast(event: IncidentEvent): Promise<Broadcast | null>
  /** Steps of planned work that hold now, each under a name of its own. */
  planned(): Promise<{ key: string; broadcast: Broadcast }[]>
  /** Whether their page is open to them still. */
  mayHear(subscriber: Subscriber): boolean
  /** 0: each message alone. */
  digestMs: number
  env: Pick<Env, 'now' | 'log'>
}

interface Told {
  /** The last committed event that was looked at. */
  cursor: number
  /** Steps of planned work that were told, as long as they hold. */
  planned: string[]
  /** What is being told, and to whom last. */
  now: { broadcast: Broadcast; after: string } | null
}

/**
 * Puts what was committed into the queues of whom it concerns, some hundred subscribers at a time: a slice and how far it goes
 * are one change, so that a crash leaves nobody out and queues nothing twice.
 */
export class FanOut implements AsyncDisposable {
  private told: Told | null = null
  private running: Promise<void> | null = null
  private again = false
  private stopped = false

  constructor(
    private readonly host: FanOutHost,
    private readonly channels: Pick<Channels, 'queueOf'>,
    /** Something was queued. */
    private readonly queued: () => void,
  ) {}

  wake(): void {
    this.again = true
    this.running ??= this.run()
      .catch(error => {
        // What was reached is read again; the next news or minute tries again.
        this.told = null
        this.again = false
        this.host.env.log('error', 'subscribers could not be told', { why: String(error) })
      })
      .finally(() => {
        this.running = null
        if (this.again && !this.stopped) this.wake()
      })
  }

  async idle(): Promise<void> {
    while (this.running !== null) await this.running
  }

  /** The store starts over. */
  startOver(): void {
    this.told = null
  }

  private async run(): Promise<void> {
    while (this.again && !this.stopped) {
      this.again = false
      this.told ??= await this.restore()
      while (!this.stopped && (this.told.now !== null || (await this.next(this.told)))) {
        await this.slice(this.told)
        // Everything else has its turn between two slices.
        await new Promise(next => setImmediate(next))
      }
    }
  }

  /** Whoever is configured anew hears of nothing that happened before. */
  private async restore(): Promise<Told> {
    const text = Buffer.from((await this.host.noted(TOLD_NOTE)) ?? []).toString()
    if (text !== '') return JSON.parse(text) as Told
    await this.host.caughtUp()
    const cursor = await lastCursor((after, max) => this.host.eventsAfter(after, max))
    const told = { cursor, planned: (await this.host.planned()).map(each => each.key), now: null }
    await this.host.change({ note: noteOf(told) })
    return told
  }

  /** Looks for what is to be told next; false: nothing is. */
  private async next(told: Told): Promise<boolean> {
    const from = told.cursor
    for (;;) {
      const events = await this.host.eventsAfter(told.cursor, EVENTS_READ)
      for (const { cursor, event } of events) {
        told.cursor = cursor
        const broadcast = await this.host.broadcast(event)
        if (broadcast === null) continue
        told.now = { broadcast, after: '' }
        return true
      }
      if (events.length < EVENTS_READ) break
    }
    const planned = await this.host.planned()
    const found = planned.find(({ key }) => !told.planned.includes(key))
    told.planned = planned.map(each => each.key).filter(key => key === found?.key || told.planned.includes(key))
    if (found !== undefined) told.now = { broadcast: found.broadcast, after: '' }
    else if (told.cursor > from) await this.host.change({ note: noteOf(told) })
    return found !== undefined
  }

  private async slice(told: Told): Promise<void> {
    const { broadcast, after } = told.now!
    const people = await this.host.reads().list({ after, max: SUBSCRIBER_SLICE, state: 'active' })
    const now = this.host.env.now()
    const queue = people
      .filter(each => concerns(broadcast, each) && this.host.mayHear(each))
      .map(each => this.queuedFor(each, broadcast, now))
    const last = people.length < SUBSCRIBER_SLICE
    const next: Told = { ...told, now: last ? null : { broadcast, after: people.at(-1)!.id } }
    await this.host.change({ queue, note: noteOf(next) })
    // A reset meanwhile made a new beginning.
    if (this.told === told) this.told = Object.assign(told, next)
    if (queue.length > 0) this.queued()
  }

  private queuedFor(subscriber: Subscriber, { message, about, thread }: Broadcast, now: number): Omit<Queued, 'id'> {
    const { digestMs } = this.host
    // The end of the stretch in which it is queued, so that what goes together is settled when that has come.
    const batch = digestMs > 0 && subscriber.channel === 'email' ? (Math.floor(now / digestMs) + 1) * digestMs : 0
    return {
      ...{ message, about, thread, batch, subscriber: subscriber.id },
      queue: this.channels.queueOf(subscriber, false),
      dueAt: batch === 0 ? now : batch,
      ...{ since: null, tries: 0, refusals: 0, why: '' },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopped = true
    await this.running
  }
}

const noteOf = (told: Told) => ({ key: TOLD_NOTE, value: Buffer.from(JSON.stringify(told)) })
