import type { Config } from '../contract/config.js'
import { TransientError } from '../contract/error.js'
import { RETRY_AFTER_MS } from '../contract/limits.js'
import type { Forget, Order } from '../contract/order.js'
import type { Past } from '../contract/past.js'
import type { Taught } from '../core/service/past.js'
import type { Receipt, Received } from '../contract/received.js'
import type { SubscriberChange } from '../contract/subscribers/subscriber.js'
import { MINUTE, SECOND } from '../contract/time.js'
import type { WorkRole } from '../contract/sharing/sharing.js'
import type { AlertNow, LongReader } from '../contract/view.js'
import { firingOf } from '../core/evidence/alerts.js'
import { type Changed, Changes } from './changes.js'
import { CutShort } from './workspace/cut-short.js'
import { DataFolder } from './folder/data-folder.js'
import type { DeliveryStatus } from './delivery/deliver.js'
import { every } from './every.js'
import { Refusal } from '../core/ingest/door.js'
import { type Compose, Notifiers, type Tried } from './delivery/notify.js'
import { Clock, type ClockState } from './workspace/clock.js'
import type { Committed } from './engine.js'
import type { Env } from './env.js'
import type { Parts, PartsOptions } from './parts.js'
import { type OwnToken, token } from './folder/secret.js'
import { People } from './people/people.js'
import { type Sender, Tokens } from './visitors/tokens.js'
import type { Space } from './workspace/gate.js'
import type { Own } from './workspace/intake.js'
import { readerOf } from './reading.js'
import { Inputs } from './running/inputs.js'
import { type Tracer, tracerOf } from './tracing/tracer.js'
import { receive, type ReceiveOutcome } from './running/receive.js'
import { type Body, Workspace } from './workspace/workspace.js'

export type { Changed } from './changes.js'
export type Counter = keyof App['counters']

/** Where others watch and judge, what they found passes on with each tick: so much older is what is shown where somebody has died. */
const PULSE_MS = 2 * SECOND
/** Labels are saved, and old rows of log and store are trimmed, so often. */
const UPKEEP_MS = 10 * MINUTE

/** The house in one object: a workspace, those who watch it and those who are told. Made by `open`, ended by dispose. */
export class App implements AsyncDisposable {
  /** For `/metrics`: since the start, but `late`, which the log's whole life adds up to. */
  readonly counters = { accepted: 0, duplicate: 0, rejected: 0, refused: 0, events: 0, orders: 0, late: 0 }
  readonly token: OwnToken
  /** All who may write or read, the owner included. */
  readonly tokens: Tokens
  /** Who may sign in. */
  readonly people: People
  readonly reader: LongReader
  readonly tracer: Tracer | undefined
  /** The outside, with the time that is believed. */
  readonly env: Env
  private readonly clock: Clock
  private workspace!: Workspace
  private readonly changes: Changes
  /** Sources, receivers and probes. */
  readonly inputs: Inputs
  private readonly told: Notifiers
  private timers: NodeJS.Timeout[] = []
  private resetting: Promise<void> | null = null
  private turn = 0
  private startedAt = 0
  private readonly wall: () => number
  private closed = false

  private constructor(
    private configured: Config,
    env: Env,
    private readonly options: PartsOptions,
    private readonly folder: DataFolder | null,
  ) {
    this.clock = new Clock(env)
    this.tracer = options.tracer
    this.changes = new Changes(env.log)
    // Who only shows puts nothing on the log, and has no say in what time it is.
    this.env = this.reading ? env : { ...env, now: () => this.clock.now() }
    this.wall = () => env.now()
    const data = folder === null ? null : configured.data
    this.token = token(data, env)
    this.tokens = new Tokens(data, this.token.token, configured.tokens, env)
    this.people = new People(data, this.env)
    this.reader = readerOf(() => this.config, {
      workspace: () => this.workspace,
      settled: () => this.resetting,
      startedAt: () => this.startedAt,
    })
    this.told = new Notifiers({
      config: () => this.config,
      reader: this.reader,
      store: () => this.workspace.store,
      note: this.note,
      caughtUp: () => this.caughtUp(),
      env: this.env,
      evenEnv: this.evenEnv,
      tracer: this.tracer,
    })
    const taker = {
      take: (values: readonly unknown[] | Own, space: Space) => this.ingestFrom(values, space),
      teach: (value: unknown) => this.teach(value).then(taught => (taught instanceof Refusal ? taught : null)),
      note: this.note,
      noted: this.noted,
      even: () => this.clock.even(),
      self: () => ({ instance: this.tokens.instance, url: this.config.url }),
    }
    this.inputs = new Inputs(taker, this.env)
  }

  static async open(config: Config, env: Env, options: PartsOptions = {}): Promise<App> {
    const folder = options.run === 'memory' ? null : await DataFolder.take(config.data, env, config)
    let app: App | null = null
    try {
      // Before anything is written beside what an earlier one left.
      if (config.demo) folder?.empty()
      app = new App(config, env, { tracer: tracerOf(config, env), ...options, demo: folder?.demo ?? null }, folder)
      await app.begin()
      return app
    } catch (error) {
      // What was opened would keep the process alive, without a port.
      await app?.[Symbol.asyncDispose]()
      folder?.[Symbol.dispose]()
      throw error
    }
  }

  private async begin(): Promise<void> {
    await this.start()
    if (this.does('deliver')) await this.told.open()
    if (this.does('probe')) await this.inputs.configure(this.config)
    if (this.reading) return
    this.every(UPKEEP_MS, () => this.workspace.upkeep())
    this.every(SECOND, () => this.beat())
  }

  /** What it runs on now. */
  get config(): Config {
    return this.configured
  }

  /**
   * Goes on under another configuration. Clock, folder, host and port are what it started with; whoever serves pages makes
   * them anew, and says again by whose words notifiers are told.
   */
  async reconfigure(config: Config): Promise<void> {
    const { clock, data, host, port, demo } = this.configured
    await this.current().configure({ ...config, clock, data, host, port, demo })
    this.configured = { ...config, clock, data, host, port, demo }
    this.tokens.configure(config.tokens)
    if (this.does('deliver')) await this.told.open()
    if (this.does('probe')) await this.inputs.configure(config)
  }

  private async start(): Promise<void> {
    const outside = { ...this.env, now: this.wall }
    this.workspace = await Workspace.open(
      this.config,
      outside,
      this.clock,
      what => this.tell(what),
      this.options,
      this.tokens.saltOf,
    )
    this.startedAt = this.env.now()
  }

  /**
   * NDJSON in; resolves with counts once all that was accepted is durable. `sender`: whose token it came with, null for
   * what this process makes itself. @throws TransientError, CutShort
   */
  ingest(body: Body, sender: Sender | null = null): Promise<Receipt> {
    return this.count(this.current().ingest(body, sender ?? undefined), sender)
  }

  /** The same for JSON values. */
  ingestValues(values: readonly unknown[] | AsyncIterable<unknown>, sender: Sender | null = null): Promise<Receipt> {
    return this.count(this.current().ingestValues(values, sender ?? undefined), sender)
  }

  /** The same for what this server makes itself, at the time it is given. */
  ingestOwn(values: Own): Promise<Receipt> {
    return this.count(this.current().ingestValues(values), null)
  }

  /** The same for what a source, a receiver or a probe brings. */
  ingestFrom(values: readonly unknown[] | Own, space: Space): Promise<Receipt> {
    return this.count(this.current().ingestValues(values, space), null)
  }

  /** A request to a receiver of the configuration; `sender`: whose token it came with. @throws TransientError, CutShort, what its plug-in throws */
  receive(id: string, request: Received, sender: Sender | null): Promise<ReceiveOutcome> {
    const take = (values: readonly unknown[] | Own, space: Space) => this.ingestFrom(values, space)
    return receive(this.inputs, { take }, id, request, sender?.services ?? null)
  }

  /** A person's command; resolves when the engine has followed it. */
  async order(order: Omit<Order, 'type' | 'id' | 'at'>): Promise<Order> {
    const placed = await this.current().order(order)
    this.counters.orders++
    return placed
  }

  /** Forgets a service, or a label or component of it; resolves when it is gone. */
  async forgetSome(forget: Omit<Forget, 'type' | 'id' | 'at'>): Promise<{ forget: Forget; values: number }> {
    const done = await this.current().forget(forget)
    this.counters.orders++
    // Pages of before are not shown for even half a second more.
    this.changes.announce({ services: [forget.service], incidents: [], now: this.now, reset: true })
    return done
  }

  /** Counts of a past, from which the usual level of a service is learned. @throws TransientError */
  teach(value: unknown): Promise<{ past: Past; became: Taught } | Refusal> {
    return this.current().teach(value)
  }

  /** Log time; -Infinity before the first signal of a `signals` clock. */
  get now(): number {
    return this.workspace.gate.now
  }

  /** The outside with a clock that never leaps: for pauses, patience and tasks that expire. */
  get evenEnv(): Env {
    return { ...this.env, now: () => this.clock.even() }
  }

  /** Whether this workspace works, why not, and how far the engine is behind. */
  get health(): {
    ok: boolean
    why: string | null
    clock: ClockState & { leaps: number }
  } & Record<'backlog' | 'queueBytes' | 'durable' | 'folded', number> {
    const { troubles, backlog, queueBytes, position } = this.workspace
    if (this.resetting !== null) troubles.unshift('starting over')
    if (this.closed) troubles.unshift('stopping')
    const why = troubles.length === 0 ? null : troubles.join('; ')
    return {
      ...{ ok: why === null, why },
      clock: { ...this.clock.state, leaps: this.clock.leaps },
      backlog: Math.max(0, backlog),
      ...{ queueBytes, durable: position.durable, folded: position.folded },
    }
  }

  /** Alerts of a service that fire, for operators; null: there is no such service. */
  async alerts(asked: string): Promise<AlertNow[] | null> {
    const row = await this.reader.service(asked)
    // Rows are of the last minute, and the time of one may have come since.
    return row && firingOf((await this.workspace.store.alerts(row.service)) ?? [], this.now)
  }

  get memory(): { dedupeBytes: number; services: number; labelValues: number } {
    const { dedupe, labels } = this.workspace.gate
    return { dedupeBytes: dedupe.bytes, services: labels.size.services, labelValues: labels.size.values }
  }

  /** From now on those who want this data folder too are told where its owner is found. */
  listens = (url: string): void => this.folder?.listens(url)

  /** How often the log was found to end before what was committed. */
  get gaps(): number {
    return this.workspace.gaps
  }

  /** How far each notifier is, and what it could not tell. */
  get notifiers(): DeliveryStatus[] {
    return this.told.status
  }

  /** From now on notifiers are told, in these words. */
  beginTelling = (compose: Compose): void => void (this.does('deliver') && this.told.begin(compose))

  testNotifier = (id: string): Promise<Tried | null> => this.told.test(id)

  /** Who is on call, and what the router has decided. */
  get routing(): Pick<Notifiers, 'onCall' | 'router' | 'tryOne' | 'named'> {
    return this.told
  }

  onChange = (listener: (changed: Changed) => void): (() => void) => this.changes.onChange(listener)

  /** Resolves when all that is durable now has been folded and committed. */
  caughtUp = (): Promise<void> => this.workspace.caughtUp()

  /** Small values of the shell that outlive a restart. */
  note = (key: string, value: Uint8Array): Promise<void> => this.workspace.note(key, value)
  noted = (key: string): Promise<Uint8Array | null> => this.workspace.store.noted(key)

  /** Who subscribed, and what waits for them: read from the store, which is another once a demonstration starts over. */
  subscribe = (change: SubscriberChange): Promise<void> => this.workspace.subscribe(change)

  get store(): Parts['store'] {
    return this.workspace.store
  }

  readonly readLog: Parts['log']['read'] = (after, max) => this.workspace.readLog(after, max)

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
    await this.told.startOver()
    this.changes.announce({ services: [], incidents: [], now: this.now, reset: true })
  }

  private current(): Workspace {
    if (this.closed) throw new TransientError('the server is stopping', RETRY_AFTER_MS)
    if (this.resetting !== null) throw new TransientError('the workspace starts over', RETRY_AFTER_MS)
    return this.workspace
  }

  private async count(work: Promise<Receipt>, sender: Sender | null): Promise<Receipt> {
    try {
      const receipt = await work
      this.add(receipt, sender)
      return receipt
    } catch (error) {
      if (error instanceof CutShort) this.add(error.receipt, sender)
      this.counters.refused++
      throw error
    }
  }

  private add({ accepted, duplicate, rejectedCount }: Receipt, sender: Sender | null): void {
    if (sender !== null) {
      const tally = this.tokens.tally(sender)
      tally.accepted += accepted
      tally.duplicate += duplicate
      tally.rejected += rejectedCount
    }
    this.counters.accepted += accepted
    this.counters.duplicate += duplicate
    this.counters.rejected += rejectedCount
  }

  private tell({ services, incidents, now, late }: Committed): void {
    this.counters.events += incidents.length
    this.counters.late = late
    this.changes.announce({ services, incidents, now, reset: false })
    this.told.committed(now, incidents.length > 0)
  }

  /** Each second: the clock is looked at, and on the `wall` a tick goes on the log when its time comes. */
  async beat(): Promise<void> {
    const workspace = this.current()
    if (this.config.clock !== 'wall') while (this.clock.look() !== null);
    await workspace.beat()
    if (this.config.clock === 'wall' && !workspace.full) await this.tick()
  }

  /** One tick a minute of the wall, stamped when it comes; more where what partitions found passes on with it. */
  async tick(): Promise<void> {
    const turn = Math.floor(this.env.now() / (this.options.share ? PULSE_MS : MINUTE))
    if (turn === this.turn) return
    this.turn = turn
    if (!this.clock.unset) await this.current().tick()
  }

  /** Whether this process does a part of the work. */
  does = (role: WorkRole): boolean => this.options.share?.roles.has(role) ?? true

  get share(): PartsOptions['share'] {
    return this.options.share
  }

  /** It only shows: signals and commands are for another process. */
  get reading(): boolean {
    return this.options.share?.held === null
  }

  /** How old what is shown is, milliseconds; null: no word on that. */
  get ageMs(): number | null {
    return this.workspace.ageMs
  }

  private every(ms: number, work: () => Promise<void>): void {
    this.timers.push(every(ms, work, { idle: () => this.resetting !== null || this.closed, log: this.env.log }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.closed) return
    this.closed = true
    for (const timer of this.timers) clearInterval(timer)
    await this.resetting?.catch(() => {})
    await this.inputs[Symbol.asyncDispose]()
    await this.told[Symbol.asyncDispose]()
    await (this.workspace as Workspace | undefined)?.[Symbol.asyncDispose]()
    await this.tracer?.[Symbol.asyncDispose]()
    this.folder?.[Symbol.dispose]()
  }
}
