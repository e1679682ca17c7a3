import type { Config, MaintenanceConfig, Use } from '../../contract/config.js'
import { PermanentError } from '../../contract/error.js'
import type { IncidentEvent } from '../../contract/incident.js'
import type { Notifier } from '../../contract/notifier.js'
import type { EpochMs } from '../../contract/time.js'
import type { Reader } from '../../contract/view.js'
import { isPlanned } from '../../core/calendar/quiet.js'
import { Registry } from '../../plugin/registry.js'
import type { Env } from '../env.js'
import { pluginEnv } from '../outside/env.js'
import type { Parts } from '../parts.js'
import { OnCall } from '../routing/on-call.js'
import { Router, type RouterHost } from '../routing/router.js'
import { Delivery, type DeliverParts, type DeliveryStatus, lastCursor } from './deliver.js'

/** What notifiers need of the workspace. */
export interface NotifierHost {
  config(): Pick<Config, 'plugins' | 'notifiers' | 'maintenance' | 'responders' | 'rotas' | 'routes'>
  reader: Reader
  /** The present one: a demonstration that starts over has another. */
  store(): Parts['store']
  note(key: string, value: Uint8Array): Promise<void>
  /** Resolves when all that is durable now has been folded and committed. */
  caughtUp(): Promise<void>
  env: Env
  /** With a clock that never leaps: for pauses and patience. */
  evenEnv: Env
}

/** Writes the messages of an event in the shape of a status page's webhooks; of the page with this id, null for the first. */
export type Compose = (event: IncidentEvent, page: string | null) => Promise<object[]>

/** Everybody who is told, each by a delivery of its own. */
export class Notifiers implements AsyncDisposable {
  private deliveries: Delivery[] = []
  /** Those that cannot be told before somebody composes their messages. */
  private later: Use[] = []

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

  /** Tells by the present configuration from now on; each goes on where its receipt says. */
  async open(): Promise<void> {
    for (const delivery of this.deliveries.splice(0)) await delivery[Symbol.asyncDispose]()
    this.later = []
    await this.openRouter()
    const { plugins, notifiers } = this.host.config()
    const { registry } = await Registry.open(plugins)
    for (const [i, use] of notifiers.entries()) {
      const { wantsStatus } = await registry.get('notifier', use.use)
      if (wantsStatus === true) this.later.push(use)
      else await this.add(registry, use, i)
    }
  }

  /** Those who read a status page's webhooks, once somebody can write them. */
  async addSubscribers(compose: Compose): Promise<void> {
    const { plugins, notifiers } = this.host.config()
    const { registry } = await Registry.open(plugins)
    for (const use of this.later.splice(0)) {
      const page = (use.settings['page'] as string | undefined) ?? null
      await this.add(registry, use, notifiers.indexOf(use), event => compose(event, page))
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
    for (const delivery of this.deliveries) {
      await this.forget(delivery.name)
      delivery.startOver()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.routed?.idle()
    for (const delivery of this.deliveries.splice(0)) await delivery[Symbol.asyncDispose]()
  }

  /** Notifiers are told from what was committed; a new one hears of nothing that happened before it. */
  private async add(registry: Registry, use: Use, index: number, status?: DeliverParts['status']): Promise<void> {
    const { host } = this
    const plugin = await registry.get('notifier', use.use)
    const allow = use.allowPrivate ?? plugin.allowPrivate ?? false
    const notifier = await plugin.open(use.settings as never, pluginEnv(host.env, allow)).catch((error: Error) => {
      throw new PermanentError(`notifiers[${index}]: ${error.message}`, { cause: error })
    })
    const name = use.id
    const routed = status === undefined ? this.routed : null
    if (routed !== null) return this.addRouted(name, notifier, routed)
    if ((await host.store().noted(receiptOf(name))) === null) {
      // What is folded again into a new store happened before it too.
      await host.caughtUp()
      await this.forget(name)
    }
    const parts = deliverParts({
      reader: host.reader,
      store: () => host.store(),
      maintenance: () => host.config().maintenance,
      receipt: async () => Buffer.from((await host.store().noted(receiptOf(name))) ?? []).toString(),
      saveReceipt: receipt => host.note(receiptOf(name), Buffer.from(receipt)),
      status,
    })
    const delivery = new Delivery(name, notifier, parts, host.evenEnv)
    this.deliveries.push(delivery)
    delivery.wake()
  }

  /** One that is told what the router has for it. */
  private addRouted(name: string, notifier: Notifier, router: Router): void {
    const { host } = this
    const parts: DeliverParts = {
      ...deliverParts({
        reader: host.reader,
        store: () => host.store(),
        maintenance: () => [],
        receipt: async () => Buffer.from((await host.store().noted(routedOf(name))) ?? []).toString(),
        saveReceipt: receipt => host.note(routedOf(name), Buffer.from(receipt)),
      }),
      eventsAfter: async (after, max) => router.messagesFor(name, after, max),
    }
    const delivery = new Delivery(name, notifier, parts, host.evenEnv)
    this.deliveries.push(delivery)
    delivery.wake()
  }

  private async forget(name: string): Promise<void> {
    const cursor = await lastCursor((after, max) => this.host.store().eventsAfter(after, max))
    await this.host.note(receiptOf(name), Buffer.from(String(cursor)))
  }
}

const receiptOf = (name: string) => `receipt:${name}`
/** Of messages that the router made. */
const routedOf = (name: string) => `receipt of routed:${name}`

export interface DeliverySources extends Pick<DeliverParts, 'receipt' | 'saveReceipt'> {
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
