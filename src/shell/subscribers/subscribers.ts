import { AsyncResource } from 'node:async_hooks'
import type { Config } from '../../contract/config.js'
import type { IncidentEvent } from '../../contract/incident.js'
import { SUBSCRIBER_CONFIRM_MS } from '../../contract/limits.js'
import type { Broadcast, Channel, Subscriber, Subscriptions } from '../../contract/subscribers/subscriber.js'
import { HOUR, MINUTE } from '../../contract/time.js'
import type { App, Changed } from '../app.js'
import { every } from '../every.js'
import { Asking } from './asking.js'
import { Channels } from './channels.js'
import { FanOut } from './fan-out.js'
import { Hearing } from './hearing.js'
import { Links } from './links.js'
import type { PushHouse } from './push.js'
import { Mailroom, type MailroomHost, type QueueNow } from './mailroom.js'

/** Note of the store: what links are sealed with. */
const KEY_NOTE = 'subscribers key'

/** What subscribers are told, written by whoever makes the pages. */
export interface SubscriberWords extends Pick<MailroomHost, 'write' | 'home'> {
  /** Null: nobody hears of this event. */
  broadcast(event: IncidentEvent): Promise<Broadcast | null>
  planned(): Promise<{ key: string; broadcast: Broadcast }[]>
}

/** Everybody who subscribed to a page of this server: they ask, are asked, and are told. */
export class Subscribers implements AsyncDisposable {
  private readonly timers: NodeJS.Timeout[]
  private readonly stopListening: () => void

  private constructor(
    private readonly app: App,
    readonly asking: Asking,
    readonly channels: Channels,
    private readonly fanOut: FanOut,
    private readonly mailroom: Mailroom,
  ) {
    const { log } = app.env
    const idle = () => false
    this.timers = [
      // Planned work begins without news, and what could not be written is tried again.
      every(
        MINUTE,
        async () => {
          this.fanOut.wake()
          this.mailroom.wake()
        },
        { idle, log },
      ),
      every(HOUR, () => this.forgetUnsure(), { idle, log }),
    ]
    this.stopListening = app.onChange(
      AsyncResource.bind(({ reset, incidents }: Changed) => {
        if (reset) {
          this.fanOut.startOver()
          this.mailroom.startOver()
        }
        if (reset || incidents.length > 0) this.fanOut.wake()
      }),
    )
    this.fanOut.wake()
    this.mailroom.wake()
  }

  /** Null where the configuration lets nobody subscribe. */
  static async open(app: App, words: SubscriberWords, push: PushHouse | null = null): Promise<Subscribers | null> {
    const config: Config = app.config
    if (config.subscribers === null) return null
    const { env } = app
    const channels = await Channels.open(config, env, push)
    const key = await keyOf(app)
    const [links, hearing] = [new Links(key), new Hearing(config.pages, key)]
    const mayHear = (subscriber: Subscriber) => hearing.mayHear(subscriber)
    const reads = () => app.store.subscriptions
    const change = app.subscribe
    const closed = await hearing.endOthers(reads(), change, env.now())
    if (closed > 0) env.log('info', 'subscribers of a page that is not open to them any more were ended', { closed })
    const mailroom = new Mailroom(
      {
        ...{ reads, change, env, mayHear, home: page => words.home(page) },
        write: (about, interest, confirm) => words.write(about, interest, confirm),
      },
      channels,
      links,
    )
    // Whoever asks for a message is no reader of it: what is written is not cut to what a visitor may see.
    const wake = AsyncResource.bind(() => mailroom.wake())
    const fanOut = new FanOut(
      {
        ...{ reads, change, env, mayHear, noted: app.noted, caughtUp: app.caughtUp },
        eventsAfter: (after, max) => app.store.eventsAfter(after, max),
        broadcast: event => words.broadcast(event),
        planned: () => words.planned(),
        digestMs: config.subscribers.digestMs,
      },
      channels,
      wake,
    )
    return new Subscribers(
      app,
      new Asking({ reads, change, env, hearing }, channels, links, wake),
      channels,
      fanOut,
      mailroom,
    )
  }

  get reads(): Subscriptions {
    return this.app.store.subscriptions
  }

  /** How sending goes: since the start what was told, and queues whose receivers do not take anything. */
  async status(): Promise<{ told: Record<Channel, number>; waiting: number; failing: QueueNow[] }> {
    return { told: { ...this.mailroom.told }, waiting: await this.reads.waiting(), failing: this.mailroom.failing }
  }

  /** Resolves when all that was committed has been told, or waits for another try. */
  async settled(): Promise<void> {
    await this.fanOut.idle()
  }

  private forgetUnsure(): Promise<void> {
    return this.app.subscribe({ dropAskedBefore: this.app.env.now() - SUBSCRIBER_CONFIRM_MS })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopListening()
    for (const timer of this.timers) clearInterval(timer)
    await this.fanOut[Symbol.asyncDispose]()
    await this.mailroom[Symbol.asyncDispose]()
  }
}

async function keyOf(app: App): Promise<Uint8Array> {
  const known = await app.noted(KEY_NOTE)
  if (known !== null && known.length > 0) return known
  const made = app.env.random(32)
  await app.note(KEY_NOTE, made)
  return made
}
