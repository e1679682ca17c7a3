import type { Config, NotifierConfig } from '../contract/config.js'
import { PermanentError, TransientError } from '../contract/error.js'
import type { IncidentEvent } from '../contract/incident.js'
import { RETRY_AFTER_MS } from '../contract/limits.js'
import type { Order } from '../contract/order.js'
import { MINUTE, SECOND } from '../contract/time.js'
import type { Reader, ServiceNow } from '../contract/view.js'
import { isPlanned } from '../core/calendar/quiet.js'
import { Delivery } from './deliver.js'
import { DataFolder } from './data-folder.js'
import type { Committed } from './engine.js'
import type { Env } from './env.js'
import type { Receipt } from './intake.js'
import { pluginEnv, type PartsOptions } from './parts.js'
import { token } from './secret.js'
import { type Body, Workspace } from './workspace.js'

/** What changed, told after it was committed. `reset`: everything did, the demonstration started over. */
export interface Changed {
  services: string[]
  incidents: string[]
  now: number
  reset: boolean
}

export type Counter = 'accepted' | 'duplicate' | 'rejected' | 'refused' | 'events' | 'orders' | 'late'

const UPKEEP_MS = 10 * MINUTE
const EVENTS_READ = 1_000

/** The house in one object: a workspace, those who watch it and those who are told. Made by `open`, ended by dispose. */
export class App implements AsyncDisposable {
  /** For `/metrics`: since the start, but `late`, which the log's whole life adds up to. */
  readonly counters: Record<Counter, number> = {
    accepted: 0,
    duplicate: 0,
    rejected: 0,
    refused: 0,
    events: 0,
    orders: 0,
    late: 0,
  }
  readonly token: { token: string; fresh: boolean }
  readonly reader: Reader
  private workspace!: Workspace
  private listeners = new Set<(changed: Changed) => void>()
  private deliveries: Delivery[] = []
  private timers: NodeJS.Timeout[] = []
  private resetting: Promise<void> | null = null
  private minute = 0
  private subscribed = false
  private startedAt = 0
  private closed = false

  private constructor(
    readonly config: Config,
    readonly env: Env,
    private readonly options: PartsOptions,
    /** Held as long as this lives; null in memory. */
    private readonly folder: DataFolder | null,
  ) {
    this.token = folder === null ? { token: 'memory', fresh: false } : token(config.data, env)
    this.reader = this.makeReader()
  }

  static async open(config: Config, env: Env, options: PartsOptions = {}): Promise<App> {
    const { demo } = config
    const folder = options.run === 'memory' ? null : await DataFolder.take(config.data, env, { demo })
    let app: App | null = null
    try {
      // It forgets what an earlier one left, before anything is written beside that.
      if (demo) folder?.empty()
      app = new App(config, env, { ...options, demo: folder?.demo ?? null }, folder)
      await app.begin()
      return app
    } catch (error) {
      // Whatever was opened would keep the process alive, without a port.
      await app?.[Symbol.asyncDispose]()
      folder?.[Symbol.dispose]()
      throw error
    }
  }

  private async begin(): Promise<void> {
    await this.start()
    for (const [i, each] of this.config.notifiers.entries())
      if (each.kind === 'webhook') await this.addNotifier(each, i)
    this.every(UPKEEP_MS, () => this.workspace.upkeep())
    if (this.config.clock === 'wall') this.every(SECOND, () => this.tick())
  }

  private async start(): Promise<void> {
    this.startedAt = this.env.now()
    this.workspace = await Workspace.open(this.config, this.env, what => this.tell(what), this.options)
  }

  /** NDJSON in; resolves with counts once all that was accepted is durable. @throws TransientError, TooLarge */
  ingest(body: Body): Promise<Receipt> {
    return this.count(this.current().ingest(body))
  }

  /** The same for JSON values, also signals made in this process. */
  ingestValues(values: readonly unknown[]): Promise<Receipt> {
    return this.count(this.current().ingestValues(values))
  }

  /** A person's command; resolves when the engine has followed it. */
  async order(order: Omit<Order, 'type' | 'id' | 'at'>): Promise<Order> {
    const placed = await this.current().order(order)
    this.counters.orders++
    return placed
  }

  /** Log time; -Infinity before the first signal of a `signals` clock. */
  get now(): number {
    return this.workspace.gate.now
  }

  /** Whether this workspace works, and how far the engine is behind. */
  get health(): {
    ok: boolean
    why: string | null
    backlog: number
    queueBytes: number
    durable: number
    folded: number
  } {
    const { dead, backlog, queueBytes, position } = this.workspace
    const why =
      dead !== null
        ? 'the engine has stopped'
        : this.resetting !== null
          ? 'starting over'
          : this.closed
            ? 'stopping'
            : null
    return {
      ok: why === null,
      why,
      backlog: Math.max(0, backlog),
      queueBytes,
      durable: position.durable,
      folded: position.folded,
    }
  }

  get memory(): { dedupeBytes: number; services: number; labelValues: number } {
    const { dedupe, labels } = this.workspace.gate
    return { dedupeBytes: dedupe.bytes, services: labels.size.services, labelValues: labels.size.values }
  }

  /** From now on those who want this data folder too are told where its owner is found. */
  listens(url: string): void {
    this.folder?.listens(url)
  }

  /** How often the log was found to end before what was committed. */
  get gaps(): number {
    return this.workspace.gaps
  }

  onChange(listener: (changed: Changed) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Resolves when all that is durable now has been folded and committed. */
  caughtUp(): Promise<void> {
    return this.workspace.caughtUp()
  }

  /** Small values of the shell that outlive a restart. */
  note(key: string, value: Uint8Array): Promise<void> {
    return this.workspace.note(key, value)
  }

  noted(key: string): Promise<Uint8Array | null> {
    return this.workspace.store.noted(key)
  }

  /** Everything this workspace has stored is deleted and it starts empty: the demonstration's restart. */
  async reset(): Promise<void> {
    this.resetting ??= (async () => {
      await this.workspace.abandon()
      this.folder?.empty()
      await this.start()
    })().finally(() => {
      this.resetting = null
    })
    await this.resetting
    for (const delivery of this.deliveries) await this.forget(delivery.name)
    this.announce({ services: [], incidents: [], now: this.now, reset: true })
  }

  private current(): Workspace {
    if (this.closed) throw new TransientError('the server is stopping', RETRY_AFTER_MS)
    if (this.resetting !== null) throw new TransientError('the workspace starts over', RETRY_AFTER_MS)
    return this.workspace
  }

  private async count(work: Promise<Receipt>): Promise<Receipt> {
    try {
      const receipt = await work
      this.counters.accepted += receipt.accepted
      this.counters.duplicate += receipt.duplicate
      this.counters.rejected += receipt.rejectedCount
      return receipt
    } catch (error) {
      this.counters.refused++
      throw error
    }
  }

  private tell(what: Committed): void {
    this.counters.events += what.incidents.length
    this.counters.late = what.late
    this.announce({ services: what.services, incidents: what.incidents, now: what.now, reset: false })
    if (what.incidents.length > 0) for (const delivery of this.deliveries) delivery.wake()
  }

  private announce(changed: Changed): void {
    for (const listener of this.listeners) {
      try {
        listener(changed)
      } catch (error) {
        this.env.log('error', 'a listener failed', { why: String(error) })
      }
    }
  }

  /** One tick a minute of the wall, stamped when it comes. */
  private async tick(): Promise<void> {
    const minute = Math.floor(this.env.now() / MINUTE)
    if (minute === this.minute) return
    this.minute = minute
    await this.current().tick()
  }

  private every(ms: number, work: () => Promise<void>): void {
    let busy = false
    const timer = setInterval(() => {
      if (busy || this.resetting !== null || this.closed) return
      busy = true
      work()
        .catch(error => this.env.log('warn', 'upkeep failed; it comes again', { why: String(error) }))
        .finally(() => {
          busy = false
        })
    }, ms)
    timer.unref()
    this.timers.push(timer)
  }

  /** Those who read Statuspage's webhooks, once somebody can write them: `compose` gives the messages of an event. */
  async addSubscribers(compose: (event: IncidentEvent, page: string | null) => Promise<object[]>): Promise<void> {
    if (this.subscribed) return
    this.subscribed = true
    for (const [i, each] of this.config.notifiers.entries())
      if (each.kind === 'statuspage') await this.addNotifier(each, i, event => compose(event, each.page ?? null))
  }

  /** Notifiers are told from what was committed; a new one hears of nothing that happened before it. */
  private async addNotifier(
    { kind, url, secret }: NotifierConfig,
    index: number,
    status?: (event: IncidentEvent) => Promise<object[]>,
  ): Promise<void> {
    const name = `${kind}-${this.deliveries.filter(each => each.name.startsWith(`${kind}-`)).length + 1}`
    const { default: made } = await (kind === 'webhook'
      ? import('../plugin/notifier/webhook.js')
      : import('../plugin/notifier/webhook/statuspage.js'))
    const notifier = await made.open({ url, secret }, pluginEnv(this.env)).catch((error: Error) => {
      throw new PermanentError(`notifiers[${index}]: ${error.message}`, { cause: error })
    })
    if ((await this.noted(receiptOf(name))) === null) {
      // What is folded again into a new store happened before it too.
      await this.caughtUp()
      await this.forget(name)
    }
    const parts = {
      told: (after: number, max: number) => this.workspace.store.told(after, max),
      head: (incident: string) => this.workspace.store.head(incident),
      story: async (incident: string) => (await this.reader.incident(incident))?.events ?? [],
      title: async (service: string) => (await this.reader.service(service))?.title ?? service,
      receipt: async () => Number(Buffer.from((await this.noted(receiptOf(name))) ?? []).toString() || 0),
      saveReceipt: (cursor: number) => this.note(receiptOf(name), Buffer.from(String(cursor))),
      planned: (folded: IncidentEvent) =>
        isPlanned(
          this.config.maintenance,
          {
            service: folded.service,
            components: folded.components ?? [],
            startedAt: Date.parse(folded.startedAt ?? folded.at),
          },
          Date.parse(folded.at),
        ),
      ...(status === undefined ? {} : { status }),
    }
    const delivery = new Delivery(name, notifier, parts, this.env)
    this.deliveries.push(delivery)
    delivery.wake()
  }

  private async forget(name: string): Promise<void> {
    let cursor = 0
    for (;;) {
      const events = await this.workspace.store.told(cursor, EVENTS_READ)
      if (events.length === 0) break
      cursor = events.at(-1)!.cursor
    }
    await this.note(receiptOf(name), Buffer.from(String(cursor)))
  }

  /** Stays the same over a restart of the demonstration; always asks the present store. */
  private makeReader(): Reader {
    const reads = () => this.workspace.store.reader()
    let from: Workspace | null = null
    let cached: ReturnType<typeof reads> | null = null
    const here = async () => {
      await this.resetting
      // Statements are prepared once for each store.
      if (from !== this.workspace) {
        from = this.workspace
        cached = reads()
      }
      return cached!
    }
    const { title, clock, demo, services } = this.config
    // Before its first tick a configured service is unknown, not absent: its page is there from the start.
    const unheard = ({ id, ...rest }: Config['services'][number]): ServiceNow => ({
      service: id,
      ...rest,
      state: 'unknown',
      at: clock === 'wall' ? this.startedAt : 0,
      seen: {},
      recent: { bad: 0, ok: 0, expected: 0 },
      incidents: [],
    })
    return {
      workspace: async () => {
        await this.resetting
        const { now, position } = await this.workspace.store.committed()
        return { title, clock, now: position === 0 && clock === 'wall' ? this.startedAt : now, position, demo }
      },
      services: async () => {
        const rows = await (await here()).services()
        const heard = new Set(rows.map(each => each.service))
        const more = services.filter(each => !heard.has(each.id)).map(unheard)
        return more.length === 0 ? rows : [...rows, ...more].sort((a, b) => (a.service < b.service ? -1 : 1))
      },
      service: async id => {
        const configured = services.find(each => each.id === id)
        return (await (await here()).service(id)) ?? (configured ? unheard(configured) : null)
      },
      rollups: async (service, start, end) => (await here()).rollups(service, start, end),
      days: async (service, start, end, offsetMs) => (await here()).days(service, start, end, offsetMs),
      incidents: async query => (await here()).incidents(query),
      incident: async id => (await here()).incident(id),
      facts: async (service, start, end) => (await here()).facts(service, start, end),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.closed) return
    this.closed = true
    for (const timer of this.timers) clearInterval(timer)
    await this.resetting?.catch(() => {})
    for (const delivery of this.deliveries) await delivery[Symbol.asyncDispose]()
    // After a start that failed there may be none.
    await (this.workspace as Workspace | undefined)?.[Symbol.asyncDispose]()
    this.folder?.[Symbol.dispose]()
  }
}

const receiptOf = (name: string) => `receipt:${name}`
