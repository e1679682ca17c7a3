import { AddressError, PermanentError, RefusedError, TransientError } from '../../contract/error.js'
import { BOUNCES, POSTED_AT_ONCE, QUEUES_AT_ONCE, UNSETTLED_MOST } from '../../contract/limits.js'
import type { Delivery } from '../../contract/notifier.js'
import type {
  About,
  Channel,
  Interest,
  Queued,
  Subscriber,
  SubscriberChange,
  Subscriptions,
  Undelivered,
} from '../../contract/subscribers/subscriber.js'
import { type EpochMs, HOUR, MINUTE, SECOND } from '../../contract/time.js'
import type { Env } from '../env.js'
import { sleep as pause } from '../outside/sleep.js'
import type { Channels } from './channels.js'
import type { Links } from './links.js'

/** First pause of a message that was not taken; it doubles up to the longest. */
const FIRST_RETRY_MS = 5 * SECOND
/** Longest such pause. */
const LONGEST_WAIT_MS = 30 * MINUTE
/** A message that was not taken for so long is given up: nobody waits for news of yesterday. */
const GIVE_UP_MS = 24 * HOUR
/** A message that the receiver calls wrong is tried so often. */
const REFUSALS_MOST = 8
/** Failures in a row that a queue bears; then it waits as a whole, doubling from a second to a minute: its receiver is down. */
const FAILURES_BORNE = 3
/** The longest pause of a queue. */
const QUEUE_PAUSE_MS = MINUTE
/** At the end what is on its way gets so long. */
const ENDS_MS = 2 * SECOND
/** Without news queues are looked at so often. */
const QUEUES_LOOK_MS = MINUTE
/** Messages that are kept as they were written, each in a language for a page. */
const WRITTEN_KEPT = 100
/** A pause that is shorter than this is not made: timers are not finer. */
const SHORTEST_PAUSE_MS = 4

/** A message as everybody of one page and language gets it. */
export type Written = Omit<Delivery, 'id'> & { manage: string }

export interface MailroomHost {
  reads(): Subscriptions
  change(change: SubscriberChange): Promise<void>
  /** Null: what it was about is gone. `confirm`: where whoever is asked confirms. */
  write(about: About, interest: Pick<Interest, 'page' | 'language'>, confirm: string | null): Promise<Written | null>
  /** Whether their page is open to them still. */
  mayHear(subscriber: Subscriber): boolean
  /** Where links to a page's subscribers begin. */
  home(page: string): string
  env: Pick<Env, 'now' | 'log'>
}

/** What became of one message. */
type Fate = Required<Pick<SubscriberChange, 'settle' | 'again' | 'undelivered' | 'put' | 'drop'>>
const fate = (more: Partial<Fate> = {}): Fate => ({
  settle: [],
  again: [],
  undelivered: [],
  put: [],
  drop: [],
  ...more,
})

interface Queue {
  failures: number
  pausedUntil: EpochMs
  why: string
  /** When the next message may go, where it is paced. */
  nextAt: EpochMs
  work: Promise<void> | null
  /** What became of these is not written yet, while the next ones are sent. */
  settling: Set<number>
  fates: Fate[]
  writing: Promise<void> | null
  /** Why something could not be written. */
  failure: Error | null
}

const idle = (): Queue => ({
  ...{ failures: 0, pausedUntil: 0, why: '', nextAt: 0, work: null },
  ...{ settling: new Set(), fates: [], writing: null, failure: null },
})

/** How a queue is, for people. */
export interface QueueNow {
  queue: string
  failures: number
  pausedUntil: EpochMs
  why: string
}

/**
 * Sends what waits, each queue by itself: a receiver that is slow or down holds up its own. What was taken is settled some at
 * a time, so a crash brings a few of them twice, under the ids that they had.
 */
export class Mailroom implements AsyncDisposable {
  readonly told: Record<Channel, number> = { email: 0, webhook: 0, slack: 0, push: 0 }
  private readonly queues = new Map<string, Queue>()
  private readonly written = new Map<string, Promise<Written | null>>()
  private running: Promise<void> | null = null
  private again = false
  private readonly stop = new AbortController()
  private nap = new AbortController()

  constructor(
    private readonly host: MailroomHost,
    private readonly channels: Pick<Channels, 'tell' | 'paceOf'> & AsyncDisposable,
    private readonly links: Links,
    private readonly sleep = pause,
  ) {}

  /** There is something to send. */
  wake(): void {
    this.again = true
    this.nap.abort()
    this.running ??= this.run()
      .catch(error => {
        this.again = false
        this.host.env.log('error', 'subscribers are not told at present', { why: String(error) })
      })
      .finally(() => {
        this.running = null
        if (this.again && !this.stop.signal.aborted) this.wake()
      })
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.running !== null) await this.running
  }

  /** Those whose receivers do not take anything now. */
  get failing(): QueueNow[] {
    return [...this.queues].flatMap(([queue, { failures, pausedUntil, why }]) =>
      failures >= FAILURES_BORNE ? [{ queue, failures, pausedUntil, why }] : [],
    )
  }

  /** The store starts over. */
  startOver(): void {
    this.written.clear()
    this.queues.clear()
  }

  private async run(): Promise<void> {
    while (!this.stop.signal.aborted) {
      this.nap = new AbortController()
      this.again = false
      const waiting = await this.host.reads().queues()
      const now = this.host.env.now()
      let next = Number.POSITIVE_INFINITY
      for (const { queue, dueAt } of waiting.sort((a, b) => a.dueAt - b.dueAt)) {
        const state = this.stateOf(queue)
        const at = Math.max(dueAt, state.pausedUntil)
        if (state.work !== null) continue
        if (at > now) next = Math.min(next, at)
        else if (this.busy.length < QUEUES_AT_ONCE) this.start(queue, state)
      }
      if (this.again) continue
      const { busy } = this
      if (busy.length === 0 && waiting.length === 0) return
      // What is on its way ends by itself; only what waits for its time needs a clock.
      const wait = busy.length > 0 && next === Number.POSITIVE_INFINITY ? null : Math.min(QUEUES_LOOK_MS, next - now)
      const nap = wait === null ? aborted(this.nap.signal) : this.sleep(wait, this.nap.signal)
      await Promise.race([nap, ...busy])
    }
  }

  private async settled(): Promise<void> {
    await Promise.all(this.busy)
    await Promise.all([...this.queues.values()].map(each => each.writing))
  }

  private get busy(): Promise<void>[] {
    return [...this.queues.values()].flatMap(each => each.work ?? [])
  }

  private stateOf(queue: string): Queue {
    let state = this.queues.get(queue)
    if (state === undefined) this.queues.set(queue, (state = idle()))
    return state
  }

  private start(queue: string, state: Queue): void {
    state.work = this.round(queue, state)
      .catch(error => {
        if (this.stop.signal.aborted) return
        state.pausedUntil = this.host.env.now() + QUEUE_PAUSE_MS
        this.host.env.log('error', 'a queue of subscribers waits', { queue, why: String(error) })
      })
      .finally(() => {
        state.work = null
      })
  }

  /** Sends some of what is due, and writes down what became of it. */
  private async round(queue: string, state: Queue): Promise<void> {
    const reads = this.host.reads()
    if (state.settling.size >= UNSETTLED_MOST) await state.writing
    if (state.failure !== null) {
      const { failure } = state
      state.failure = null
      throw failure
    }
    const found = await reads.due(queue, this.host.env.now(), POSTED_AT_ONCE + state.settling.size)
    const rows = found.filter(each => !state.settling.has(each.id)).slice(0, POSTED_AT_ONCE)
    if (rows.length === 0) {
      // All that is due stands behind older messages that are not: those come first.
      if (state.writing === null) state.pausedUntil = this.host.env.now() + SECOND
      await state.writing
      return
    }
    const people = new Map((await reads.get(rows.map(each => each.subscriber))).map(each => [each.id, each]))
    const batches = new Set<string>()
    const first = rows.filter(({ subscriber, batch }) => {
      const key = `${subscriber} ${batch}`
      return batch === 0 || (!batches.has(key) && batches.add(key))
    })
    const fates: Fate[] = []
    const take = async (): Promise<void> => {
      for (let row = first.shift(); row !== undefined; row = first.shift()) {
        if (this.stop.signal.aborted || state.pausedUntil > this.host.env.now()) return
        await this.paced(queue, state)
        fates.push(await this.deliver(row, people.get(row.subscriber), state))
      }
    }
    await Promise.all(Array.from({ length: this.channels.paceOf(queue).atOnce }, take))
    for (const { settle, again } of fates)
      for (const id of [...settle, ...again.map(each => each.id)]) state.settling.add(id)
    state.fates.push(...fates)
    state.writing ??= this.write(state).finally(() => (state.writing = null))
  }

  /** Writes down what became of messages, as long as there are some. */
  private async write(state: Queue): Promise<void> {
    while (state.fates.length > 0) {
      const all = merged(state.fates.splice(0))
      await this.settle(all).catch((error: Error) => (state.failure = error))
      for (const id of [...all.settle, ...all.again.map(each => each.id)]) state.settling.delete(id)
    }
  }

  private async settle(change: Fate): Promise<void> {
    // They may have left or chosen anew meanwhile: what is known of their address is put beside that.
    const still = await this.host.reads().get(change.put.map(each => each.id))
    const found = new Map(
      change.put.map(({ id, bounces, state, endedAt, why }) => [id, { bounces, state, endedAt, why }]),
    )
    await this.host.change({ ...change, put: still.map(each => ({ ...each, ...found.get(each.id) }) as Subscriber) })
  }

  private async paced(queue: string, state: Queue): Promise<void> {
    const { everyMs } = this.channels.paceOf(queue)
    if (everyMs === 0) return
    const now = this.host.env.now()
    state.nextAt = Math.max(state.nextAt, now - SHORTEST_PAUSE_MS) + everyMs
    const wait = state.nextAt - everyMs - now
    if (wait > SHORTEST_PAUSE_MS) await this.sleep(wait, this.stop.signal)
  }

  private async deliver(row: Queued, subscriber: Subscriber | undefined, state: Queue): Promise<Fate> {
    const asking = row.about.is === 'asking'
    if (subscriber === undefined || (subscriber.state !== 'active' && !asking) || !this.host.mayHear(subscriber))
      return fate({ settle: [row.id] })
    const rows = row.batch === 0 ? [row] : await this.host.reads().batch(row.subscriber, row.batch)
    try {
      const deliveries = (await Promise.all(rows.map(each => this.deliveryOf(each, subscriber)))).flatMap(
        each => each ?? [],
      )
      if (deliveries.length > 0) {
        await this.channels.tell({ ...subscriber, ...this.wayOut(subscriber, deliveries, asking) }, deliveries)
        this.told[subscriber.channel] += deliveries.length
      }
      state.failures = 0
      const settle = rows.map(each => each.id)
      return fate({ settle, put: subscriber.bounces === 0 ? [] : [{ ...subscriber, bounces: 0 }] })
    } catch (error) {
      return this.failed(rows, subscriber, state, error as Error)
    }
  }

  /** How they leave; nobody who was not asked yet can. */
  private wayOut({ id, page }: Subscriber, deliveries: readonly (Delivery & { manage?: string })[], asking: boolean) {
    if (asking) return { leave: null, manage: null }
    const url = `${this.host.home(page)}/subscription/${this.links.manage(id)}`
    return { leave: `${url}/leave`, manage: { words: deliveries[0]?.manage ?? '', url } }
  }

  private async deliveryOf({ about, message }: Queued, subscriber: Subscriber): Promise<Delivery | null> {
    const { id, page, language, channel } = subscriber
    const home = `${this.host.home(page)}/subscription/`
    const manage = home + this.links.manage(id)
    const write = (confirm: string | null) => this.host.write(about, { page, language }, confirm)
    const written =
      about.is === 'asking'
        ? await write(
            about.what === 'known'
              ? manage
              : `${home}${this.links.confirm(id, subscriber.askedAt.at(-1) ?? 0)}/confirm`,
          )
        : await this.kept(`${message} ${page} ${language}`, () => write(null))
    if (written === null) return null
    const made = { ...written, id: `${message}.${id}` }
    if (about.is === 'asking') return made
    // A letter has its links below; others are told them as a fact, and programs where Statuspage writes them.
    if (channel === 'slack') {
      const facts = [...made.message.facts, { label: written.manage, text: manage }]
      return { ...made, message: { ...made.message, facts } }
    }
    const status = made.status?.map(each => ({
      ...each,
      meta: { ...(each as { meta?: object }).meta, unsubscribe: manage },
    }))
    return status === undefined ? made : { ...made, status }
  }

  private kept(key: string, write: () => Promise<Written | null>): Promise<Written | null> {
    let found = this.written.get(key)
    if (found !== undefined) return found
    this.written.set(key, (found = write()))
    found.catch(() => this.written.delete(key))
    if (this.written.size > WRITTEN_KEPT) this.written.delete(this.written.keys().next().value as string)
    return found
  }

  private failed(rows: readonly Queued[], subscriber: Subscriber, state: Queue, error: Error): Fate {
    const now = this.host.env.now()
    const why = error.message
    const [{ since: began, tries, refusals, about, message }] = rows as [Queued, ...Queued[]]
    const since = began ?? now
    const refused = refusals + (error instanceof RefusedError ? 1 : 0)
    const nobody = error instanceof PermanentError && !(error instanceof AddressError && !error.nobody)
    if (!(error instanceof PermanentError) && refused < REFUSALS_MOST && now - since <= GIVE_UP_MS) {
      if (!(error instanceof RefusedError)) this.falter(state, subscriber.channel, why)
      const asked = error instanceof TransientError ? error.retryAfterMs : 0
      const dueAt = now + Math.max(asked, Math.min(FIRST_RETRY_MS * 2 ** tries, LONGEST_WAIT_MS))
      return fate({ again: rows.map(({ id }) => ({ id, dueAt, since, tries: tries + 1, refusals: refused, why })) })
    }
    const settle = rows.map(each => each.id)
    const { channel, id } = subscriber
    const address = channel === 'push' ? new URL(subscriber.address).origin : subscriber.address
    const given: Undelivered = { at: now, subscriber: id, channel, address, message, tries: tries + 1, why }
    this.host.env.log('warn', 'a subscriber could not be told', { channel, message, tries: tries + 1, why })
    // Who was asked and cannot be reached was never a subscriber.
    if (about.is === 'asking' && subscriber.state === 'asked') return fate({ settle, undelivered: [given], drop: [id] })
    const bounces = subscriber.bounces + 1
    const ended = nobody || bounces >= BOUNCES
    const put = { ...subscriber, bounces, why, ...(ended ? { state: 'ended' as const, endedAt: now } : {}) }
    return fate({ settle, undelivered: [given], put: [put] })
  }

  private falter(state: Queue, channel: Channel, why: string): void {
    state.failures++
    state.why = why
    const beyond = state.failures - FAILURES_BORNE
    if (beyond === 0) this.host.env.log('warn', 'subscribers wait for their receiver', { channel, why })
    if (beyond >= 0)
      state.pausedUntil = this.host.env.now() + Math.min(SECOND * 2 ** Math.min(beyond, 16), QUEUE_PAUSE_MS)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort()
    this.nap.abort()
    await this.running
    // What is on its way to somebody slow is not waited for: it comes again, under its id, and others wait for this server.
    const patience = new AbortController()
    await Promise.race([this.settled(), this.sleep(ENDS_MS, patience.signal)])
    patience.abort()
    await this.channels[Symbol.asyncDispose]()
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise(done => (signal.aborted ? done() : signal.addEventListener('abort', () => done(), { once: true })))

const merged = (fates: readonly Fate[]): Fate => ({
  settle: fates.flatMap(each => each.settle),
  again: fates.flatMap(each => each.again),
  undelivered: fates.flatMap(each => each.undelivered),
  // Of two fates of one subscriber in a round the last stands.
  put: [...new Map(fates.flatMap(each => each.put).map(each => [each.id, each])).values()],
  drop: fates.flatMap(each => each.drop),
})
