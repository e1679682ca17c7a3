import type { Config, MaintenanceConfig, NotifierUse } from '../../contract/config.js'
import { PermanentError } from '../../contract/error.js'
import type { IncidentEvent } from '../../contract/incident.js'
import type { Language } from '../../contract/people.js'
import type { Gathering, Message, Notifier } from '../../contract/notifier.js'
import type { EpochMs } from '../../contract/time.js'
import type { Reader } from '../../contract/view.js'
import { isPlanned } from '../../core/calendar/quiet.js'
import { Registry } from '../../plugin/registry.js'
import type { Env } from '../env.js'
import { pluginEnv } from '../outside/env.js'
import type { Parts } from '../parts.js'
import type { Tracer } from '../tracing/tracer.js'
import { OnCall } from '../routing/on-call.js'
import { Router, type RouterHost } from '../routing/router.js'
import { Digest } from './digest.js'
import { Delivery, type DeliverParts, type DeliveryStatus, lastCursor, messageId } from './deliver.js'

/** What notifiers need of the workspace. */
export interface NotifierHost {
  config(): Pick<Config, 'plugins' | 'notifiers' | 'maintenance' | 'language' | 'responders' | 'rotas' | 'routes'>
  reader: Reader
  /** The present one: a demonstration that starts over has another. */
  store(): Parts['store']
  note(key: string, value: Uint8Array): Promise<void>
  /** Resolves when all that is durable now has been folded and committed. */
  caughtUp(): Promise<void>
  env: Env
  /** With a clock that never leaps: for pauses and patience. */
  evenEnv: Env
  tracer?: Tracer | undefined
}

/** Writes what people are told. */
export interface Compose {
  words(event: IncidentEvent, language: Language): Promise<Message>
  /** Of a test: nothing has happened. */
  trial(language: Language): Message
  /** An event in the shape of a status page's webhooks; of the page with this id, null for the first. */
  status(event: IncidentEvent, page: string | null): Promise<object[]>
}

/** How a test message fared. */
export interface Tried {
  taken: boolean
  /** What the receiver answered, or why it could not be told. */
  said: string
  tookMs: number
}

interface Opened {
  use: NotifierUse
  notifier: Notifier
  wantsStatus: boolean
}

/** Everybody who is told, each by a delivery of its own. */
export class Notifiers implements AsyncDisposable {
  private deliveries: Delivery[] = []
  private digests: Digest[] = []
  private opened: Opened[] = []
  /** Those that cannot be told before somebody writes their messages. */
  private later: Opened[] = []
  private compose: Compose | null = null

  /** null: there are no routes, and each hears of all news. */
  private routed: Router | null = null
  /** One with routes, which reads decisions of a time with routes too. */
  readonly router: Router
  readonly onCall: OnCall
  private readonly routing: RouterHost

  constructor(private readonly host: NotifierHost) {
    this.onCall = new OnCall({
      config: () => host.config(),
      noted: key => host.store().noted(key),
      note: host.note,
      now: () => host.env.now(),
      id: () => Buffer.from(host.env.random(6)).toString('hex'),
    })
    this.routing = {
      config: () => host.config(),
      reader: host.reader,
      store: () => host.store(),
      note: host.note,
      reached: () => this.onCall.reached(),
      settled: async name => this.deliveries.find(each => each.name === name)?.settled ?? { cursor: 0, waiting: [] },
      log: why => host.env.log('error', 'messages were given up', { why }),
    }
    this.router = new Router(this.routing)
  }

  /** Opens those of the present configuration; they are told once {@link begin} says by whose words. */
  async open(): Promise<void> {
    await this[Symbol.asyncDispose]()
    this.compose = null
    await this.openRouter()
    const { plugins, notifiers } = this.host.config()
    const { registry } = await Registry.open(plugins)
    for (const [i, use] of notifiers.entries()) {
      const plugin = await registry.get('notifier', use.use)
      const allow = use.allowPrivate ?? plugin.allowPrivate ?? false
      const notifier = await plugin
        .open(use.settings as never, pluginEnv(this.host.env, allow))
        .catch((error: Error) => {
          throw new PermanentError(`notifiers[${i}]: ${error.message}`, { cause: error })
        })
      const opened = { use, notifier, wantsStatus: plugin.wantsStatus === true }
      this.opened.push(opened)
      this.later.push(opened)
      if (this.routed !== null && !opened.wantsStatus) continue
      // A new one hears of nothing that happened before it; what is folded again into a new store did too.
      if ((await this.host.store().noted(receiptOf(use.id))) !== null) continue
      await this.host.caughtUp()
      await this.forget(use.id)
    }
  }

  /** From now on they are told, in these words; each goes on where its receipt says. */
  begin(compose: Compose): void {
    this.compose = compose
    for (const each of this.later.splice(0)) this.add(each, compose)
  }

  /** The notifier of that id, as it is now; null: there is none. */
  named(id: string): Notifier | null {
    return this.opened.find(({ use }) => use.id === id)?.notifier ?? null
  }

  /** Sends one of them a message about nothing; null: there is none of that id. */
  async test(id: string): Promise<Tried | null> {
    const found = this.opened.find(({ use }) => use.id === id)
    return found === undefined ? null : this.sendTrial(found.use, found.notifier)
  }

  /** The same by settings that nobody runs on yet. What fails is its answer; null: nobody writes messages yet. */
  async tryOne(plugins: readonly string[], use: NotifierUse): Promise<Tried | null> {
    const began = this.host.evenEnv.now()
    try {
      const { registry } = await Registry.open(plugins)
      const plugin = await registry.get('notifier', use.use)
      const outside = pluginEnv(this.host.env, use.allowPrivate ?? plugin.allowPrivate ?? false)
      await using notifier = await plugin.open(use.settings as never, outside)
      return await this.sendTrial(use, notifier)
    } catch (error) {
      return { taken: false, said: (error as Error).message, tookMs: this.host.evenEnv.now() - began }
    }
  }

  private async sendTrial(use: NotifierUse, notifier: Notifier): Promise<Tried | null> {
    if (this.compose === null) return null
    const { env, evenEnv } = this.host
    const message = this.compose.trial(this.languageOf(use))
    const at = new Date(env.now()).toISOString()
    const incident = `test-${Buffer.from(env.random(6)).toString('hex')}`
    const event: IncidentEvent = { at, event: 'note', incident, seq: 0, service: 'test', severity: message.severity }
    const began = evenEnv.now()
    const tried = (taken: boolean, said: string): Tried => ({ taken, said, tookMs: evenEnv.now() - began })
    try {
      const id = messageId(incident, 0)
      const answer = await notifier.tell({ id, event, title: message.name, message, test: true })
      return tried(true, answer?.said ?? 'taken')
    } catch (error) {
      return tried(false, (error as Error).message)
    }
  }

  /** Something was committed at `now`; `news`: events among it. */
  committed(now: EpochMs, news: boolean): void {
    if (news) this.wake()
    const { routed } = this
    if (routed === null) return
    void routed
      .pass(now, news)
      .then(sends => sends && this.wake())
      .catch(error => this.host.env.log('error', 'messages could not be routed', { why: String(error) }))
  }

  private wake(): void {
    for (const delivery of this.deliveries) delivery.wake()
  }

  private async openRouter(): Promise<void> {
    await this.routed?.idle()
    const { host } = this
    if (host.config().routes !== null) {
      if (this.routed === null) {
        await host.caughtUp()
        await this.router.open()
      }
      this.routed = this.router
      return
    }
    this.routed = null
    const cursor = await Router.close(this.routing)
    if (cursor === null) return
    // Without routes each goes on where the router was.
    for (const { id } of host.config().notifiers) await host.note(receiptOf(id), Buffer.from(String(cursor)))
  }

  /** How far each is, and what it could not tell. */
  get status(): DeliveryStatus[] {
    return this.deliveries.map(each => each.status)
  }

  /** The store starts over: what happens from now on is told. */
  async startOver(): Promise<void> {
    await this.routed?.idle()
    await this.routed?.startOver()
    for (const digest of this.digests) await digest.clear()
    for (const delivery of this.deliveries) {
      await this.forget(delivery.name)
      delivery.startOver()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.routed?.idle()
    // Those that nobody tells yet have no delivery that ends them.
    for (const { notifier } of this.later.splice(0)) await notifier[Symbol.asyncDispose]()
    for (const delivery of this.deliveries.splice(0)) await delivery[Symbol.asyncDispose]()
    this.opened = []
    this.digests = []
  }

  private languageOf({ language }: NotifierUse): Language {
    return language ?? this.host.config().language
  }

  private add({ use, notifier, wantsStatus }: Opened, compose: Compose): void {
    const { host } = this
    // Those who read a status page's webhooks hear of all news, as the page does.
    const router = wantsStatus ? null : this.routed
    const page = (use.settings['page'] as string | undefined) ?? null
    const key = router === null ? receiptOf(use.id) : routedOf(use.id)
    const parts = deliverParts({
      reader: host.reader,
      store: () => host.store(),
      maintenance: () => (router === null ? host.config().maintenance : []),
      receipt: async () => Buffer.from((await host.store().noted(key)) ?? []).toString(),
      saveReceipt: receipt => host.note(key, Buffer.from(receipt)),
      words: event => compose.words(event, this.languageOf(use)),
      status: wantsStatus ? event => compose.status(event, page) : undefined,
    })
    const from =
      router === null
        ? {}
        : { eventsAfter: async (after: number, max: number) => router.messagesFor(use.id, after, max) }
    const { tracer } = host
    const traced = tracer === undefined ? {} : { traced: tracer.telling.bind(tracer) }
    const delivery = new Delivery(
      use.id,
      this.gathering(use.id, notifier),
      { ...parts, ...from, ...traced },
      host.evenEnv,
    )
    this.deliveries.push(delivery)
    delivery.wake()
  }

  /** The notifier itself, or what gathers for it. */
  private gathering(name: string, notifier: Notifier): Notifier {
    if (notifier.gathering === undefined) return notifier
    const { host } = this
    const parts = {
      kept: async () => Buffer.from((await host.store().noted(`digest:${name}`)) ?? []).toString(),
      keep: (text: string) => host.note(`digest:${name}`, Buffer.from(text)),
    }
    const digest = new Digest(name, notifier as Notifier & { gathering: Gathering }, parts, host.evenEnv)
    this.digests.push(digest)
    digest.begin()
    return digest
  }

  private async forget(name: string): Promise<void> {
    const cursor = await lastCursor((after, max) => this.host.store().eventsAfter(after, max))
    await this.host.note(receiptOf(name), Buffer.from(String(cursor)))
  }
}

const receiptOf = (name: string) => `receipt:${name}`
/** Of messages that the router made. */
const routedOf = (name: string) => `receipt of routed:${name}`

export interface DeliverySources extends Pick<DeliverParts, 'receipt' | 'saveReceipt' | 'words'> {
  reader: Reader
  store: () => Parts['store']
  maintenance: () => readonly MaintenanceConfig[]
  status?: DeliverParts['status'] | undefined
}

/** What a delivery reads: the committed events, the words for them, and whether planned work explains them. */
export function deliverParts({ reader, store, maintenance, status, ...receipts }: DeliverySources): DeliverParts {
  return {
    ...receipts,
    eventsAfter: (after, max) => store().eventsAfter(after, max),
    head: incident => store().head(incident),
    story: async incident => (await reader.incident(incident))?.events ?? [],
    title: async service => (await reader.service(service))?.title ?? service,
    planned: ({ service, components = [], startedAt, at }) =>
      isPlanned(maintenance(), { service, components, startedAt: Date.parse(startedAt ?? at) }, Date.parse(at)),
    ...(status === undefined ? {} : { status }),
  }
}
