import type { Config } from '../../contract/config.js'
import { PermanentError, TransientError } from '../../contract/error.js'
import type { Delivery, Notifier, ToSubscriber } from '../../contract/notifier.js'
import type { Plugin, PluginOf, Subscribing } from '../../contract/plugin.js'
import { CHANNELS, type Channel, type Subscriber } from '../../contract/subscribers/subscriber.js'
import { Registry } from '../../plugin/registry.js'
import { whyNotPublic } from '../delivery/public-post.js'
import type { Env } from '../env.js'
import { pluginEnv } from '../outside/env.js'
import { type PushHouse, tellBrowser } from './push.js'

/** How the queue of a channel is worked on. */
interface Pace {
  /** Messages on their way at once. */
  atOnce: number
  /** From one to the next; 0: no pause. */
  everyMs: number
}
/** A receiver that many share, such as an automation service, gets two at once. */
const WEB_PACE: Pace = { atOnce: 2, everyMs: 0 }
/** Slack takes one message a second of an incoming webhook, and bursts not for long. */
const SLACK_PACE: Pace = { atOnce: 1, everyMs: 100 }
/** A handful of push services tell all browsers there are. */
const PUSH_PACE: Pace = { atOnce: 16, everyMs: 0 }
/** As many as the connections that letters share. */
const MAIL_AT_ONCE = 4
const MAIL = 'mail'

type Settings = Pick<Config, 'plugins' | 'notifiers' | 'subscribers'>
interface Way {
  subscribing: Subscribing
  /** Opened once, where it is configured. */
  notifier: Notifier | null
  open(to: { address: string; secret: string }): Promise<Notifier>
}

/** The ways in which subscribers are told: found among the plug-ins, and opened. */
export class Channels implements AsyncDisposable {
  private constructor(
    private readonly ways: ReadonlyMap<Channel, Way>,
    private readonly config: NonNullable<Config['subscribers']>,
    private readonly push: PushHouse | null,
  ) {}

  /** @throws PermanentError where the notifier that letters go by cannot be opened */
  static async open(
    { plugins, notifiers, subscribers: config }: Settings,
    env: Pick<Env, 'now' | 'log'>,
    push: PushHouse | null,
  ): Promise<Channels> {
    if (config === null) throw new PermanentError('nobody subscribes here')
    const { registry } = await Registry.open(plugins)
    const ways = new Map<Channel, Way>()
    for (const name of registry.names('notifier')) {
      const plugin = (await registry.find('notifier', name)) as PluginOf<'notifier'>
      const { subscribers: subscribing } = plugin
      if (subscribing === undefined || !config.channels.includes(subscribing.channel)) continue
      const { settings } = subscribing
      const use = notifiers.find(each => each.id === config.mail && each.use === name)
      const { open } = plugin as unknown as Plugin<'notifier', unknown, Notifier>
      if (settings !== undefined)
        ways.set(subscribing.channel, {
          subscribing,
          notifier: null,
          open: to => open(settings(to), pluginEnv(env, config.allowPrivate)),
        })
      else if (use !== undefined) {
        const outside = pluginEnv(env, use.allowPrivate ?? plugin.allowPrivate ?? false)
        const notifier = await open(use.settings, outside)
        ways.set(subscribing.channel, { subscribing, notifier, open: async () => notifier })
      }
    }
    return new Channels(ways, config, config.channels.includes('push') ? push : null)
  }

  /** Those by which somebody may be told here. */
  get offered(): Channel[] {
    return CHANNELS.filter(each => this.ways.has(each) || (each === 'push' && this.push !== null))
  }

  /** What browsers subscribe with; null: they are not told here. */
  get pushKey(): string | null {
    return this.push?.vapid.publicKey ?? null
  }

  /** The address as it is kept; null where nothing could be sent there. */
  addressIn(channel: Channel, text: string): string | null {
    if (channel === 'push') return whyNotPublic(text) === null ? text : null
    const found = this.ways.get(channel)?.subscribing.addressIn(text.trim()) ?? null
    if (found === null || channel === 'email' || this.config.allowPrivate) return found
    return whyNotPublic(found) === null ? found : null
  }

  /** Whose queue a message stands in: one for each host. Who is asked to confirm does not wait for a flood of news. */
  queueOf({ channel, address }: Pick<Subscriber, 'channel' | 'address'>, asking: boolean): string {
    if (channel === 'email') return asking ? `${MAIL}, asked` : MAIL
    return `${channel} ${new URL(address).host}`
  }

  paceOf(queue: string): Pace {
    if (queue === MAIL) return { atOnce: MAIL_AT_ONCE, everyMs: 60_000 / this.config.perMinute }
    if (queue.startsWith(MAIL)) return { atOnce: 1, everyMs: 0 }
    if (queue.startsWith('push ')) return PUSH_PACE
    return queue.startsWith('slack ') ? SLACK_PACE : WEB_PACE
  }

  /** @throws what the notifier throws */
  async tell(
    to: Pick<Subscriber, 'channel' | 'secret' | 'keys'> & ToSubscriber,
    deliveries: readonly Delivery[],
  ): Promise<void> {
    const { channel, address, secret = '' } = to
    if (channel === 'push' && this.push !== null) {
      for (const each of deliveries) await tellBrowser(this.push, to, each)
      return
    }
    const way = this.ways.get(channel)
    if (way === undefined) throw new TransientError(`nobody is told by ${channel} at present`, 0)
    if (way.notifier?.tellOne !== undefined) {
      await way.notifier.tellOne(to, deliveries)
      return
    }
    await using notifier = await way.open({ address, secret })
    for (const each of deliveries) await notifier.tell(each)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { notifier } of this.ways.values()) await notifier?.[Symbol.asyncDispose]()
  }
}
