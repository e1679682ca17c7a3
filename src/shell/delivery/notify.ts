import type { Config, MaintenanceConfig, NotifierUse } from '../../contract/config.js'
import { PermanentError } from '../../contract/error.js'
import type { IncidentEvent } from '../../contract/incident.js'
import type { Language } from '../../contract/people.js'
import type { Gathering, Message, Notifier } from '../../contract/notifier.js'
import type { Reader } from '../../contract/view.js'
import { isPlanned } from '../../core/calendar/quiet.js'
import { Registry } from '../../plugin/registry.js'
import type { Env } from '../env.js'
import { pluginEnv } from '../outside/env.js'
import type { Parts } from '../parts.js'
import { Digest } from './digest.js'
import { Delivery, type DeliverParts, type DeliveryStatus, lastCursor, messageId } from './deliver.js'

/** What notifiers need of the workspace. */
export interface NotifierHost {
  config(): Pick<Config, 'plugins' | 'notifiers' | 'maintenance' | 'language'>
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

  constructor(private readonly host: NotifierHost) {}

  /** Opens those of the present configuration; they are told once {@link begin} says by whose words. */
  async open(): Promise<void> {
    await this[Symbol.asyncDispose]()
    this.compose = null
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

  /** Sends one of them a message about nothing; null: there is none of that id. */
  async test(id: string): Promise<Tried | null> {
    const found = this.opened.find(({ use }) => use.id === id)
    if (found === undefined || this.compose === null) return null
    const { env, evenEnv } = this.host
    const message = this.compose.trial(this.languageOf(found.use))
    const at = new Date(env.now()).toISOString()
    const incident = `test-${Buffer.from(env.random(6)).toString('hex')}`
    const event: IncidentEvent = { at, event: 'note', incident, seq: 0, service: 'test', severity: message.severity }
    const began = evenEnv.now()
    const tried = (taken: boolean, said: string): Tried => ({ taken, said, tookMs: evenEnv.now() - began })
    try {
      const answer = await found.notifier.tell({
        id: messageId(incident, 0),
        event,
        title: message.name,
        message,
        test: true,
      })
      return tried(true, answer?.said ?? 'taken')
    } catch (error) {
      return tried(false, (error as Error).message)
    }
  }

  /** There are new events. */
  wake(): void {
    for (const delivery of this.deliveries) delivery.wake()
  }

  /** How far each is, and what it could not tell. */
  get status(): DeliveryStatus[] {
    return this.deliveries.map(each => each.status)
  }

  /** The store starts over: what happens from now on is told. */
  async startOver(): Promise<void> {
    for (const digest of this.digests) await digest.clear()
    for (const delivery of this.deliveries) {
      await this.forget(delivery.name)
      delivery.startOver()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
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
    const page = (use.settings['page'] as string | undefined) ?? null
    const parts = deliverParts({
      reader: host.reader,
      store: () => host.store(),
      maintenance: () => host.config().maintenance,
      receipt: async () => Buffer.from((await host.store().noted(receiptOf(use.id))) ?? []).toString(),
      saveReceipt: receipt => host.note(receiptOf(use.id), Buffer.from(receipt)),
      words: event => compose.words(event, this.languageOf(use)),
      status: wantsStatus ? event => compose.status(event, page) : undefined,
    })
    const delivery = new Delivery(use.id, this.gathering(use.id, notifier), parts, host.evenEnv)
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
