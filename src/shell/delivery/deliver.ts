import { createHash } from 'node:crypto'
import { PermanentError, RefusedError, TransientError } from '../../contract/error.js'
import type { IncidentEvent } from '../../contract/incident.js'
import { THREAD_CHARS, THREADS_KEPT } from '../../contract/limits.js'
import type { Message, Notifier } from '../../contract/notifier.js'
import type { RoutedMessage } from '../../contract/oncall/routing.js'
import { beforeOf, dispatch } from '../../core/route/news.js'
import type { IncidentHead, CommittedEvent } from '../../contract/ports.js'
import { type EpochMs, HOUR, SECOND } from '../../contract/time.js'
import type { Env } from '../env.js'
import type { Tracer } from '../tracing/tracer.js'

/** First pause after a failure; it doubles up to the longest, and after the last the event is given up. */
const FIRST_RETRY_MS = 5 * SECOND
/** Longest such pause. */
const LONGEST_RETRY_MS = 10 * 60 * SECOND
/** A message that was not taken for so long is given up: nobody waits for news of yesterday. */
const GIVE_UP_MS = 24 * HOUR
/** A message that the receiver calls wrong is tried so often, over ten minutes: perhaps it is the receiver that is. */
const REFUSALS_MOST = 8
/** Events that are read at once to find the newest. */
const CURSOR_READ = 1_000
/** Events that are read at once to be sent. */
const EVENTS_READ = 64
/** Messages on their way to one receiver at once, each of another incident. */
const MESSAGES_AT_ONCE = 4
/** Events read and not yet sent, 50 bytes each in the receipt. When so many wait the receiver is down: the rest stays unread. */
export const WAITING_MOST = 1_000
/** Messages given up that are still named. */
const GIVEN_UP_NAMED = 50

/** Where the events end that were committed so far. */
export async function lastCursor(eventsAfter: DeliverParts['eventsAfter']): Promise<number> {
  for (let cursor = 0; ; ) {
    const events = await eventsAfter(cursor, CURSOR_READ)
    if (events.length === 0) return cursor
    cursor = events.at(-1)!.cursor
  }
}

/** Goes into a header of the message, so it is ASCII whatever the incident is called. */
export function messageId(incident: string, seq: number): string {
  if (/^[\x20-\x7e]+$/.test(incident)) return `msg_${incident}_${seq}`
  const readable = incident.replace(/[^\w.-]+/g, '~')
  return `msg_${readable}-${createHash('sha256').update(incident, 'utf16le').digest('hex').slice(0, 16)}_${seq}`
}

/** An event to be told: as it was committed, or as the router made it of what was, and then for certain. */
export interface ToTell extends CommittedEvent {
  routed?: Pick<RoutedMessage, 'suffix' | 'title'>
}

export interface DeliverParts {
  eventsAfter(after: number, max: number): Promise<ToTell[]>
  head(incident: string): Promise<IncidentHead | null>
  story(incident: string): Promise<IncidentEvent[]>
  title(service: string): Promise<string>
  /** What people are told of it. */
  words(event: IncidentEvent): Promise<Message>
  /** Whether planned work explains an incident as it stands at an event; nothing is planned, if not given. */
  planned?(folded: IncidentEvent): boolean
  /** The event in Statuspage's shape, for a notifier that sends it so. */
  status?(event: IncidentEvent): Promise<object[]>
  /** Tells in a trace of ours. */
  traced?: Tracer['telling']
  /** What {@link DeliverParts.saveReceipt} saved; the position alone, as a number, is one too. */
  receipt(): Promise<string>
  saveReceipt(receipt: string): Promise<void>
}

/** An event that was read and is not settled: neither sent, nor no news, nor given up. */
interface Waiting extends ToTell {
  /** When it was tried first; null: not yet. */
  since: EpochMs | null
  tries: number
  refusals: number
  dueAt: EpochMs
  /** Why it was not taken the last time. */
  why: string
  busy: boolean
}

/** A message that was given up. */
export interface GivenUp {
  message: string
  at: EpochMs
  tries: number
  why: string
}

export interface DeliveryStatus {
  name: string
  /** Since the start. */
  told: number
  /** For good. */
  givenUp: number
  /** Not yet sent, without those that no message is worth. */
  waiting: number
  /** First try of the one that waits longest; null when none does. */
  waitingSince: EpochMs | null
  /** Why the one that waits longest was not taken. */
  why: string | null
  /** The newest last. */
  lastGivenUp: readonly GivenUp[]
}

interface Receipt {
  cursor: number
  waiting: Pick<Waiting, 'cursor' | 'since' | 'tries' | 'refusals'>[]
  givenUp: number
  last: GivenUp[]
  threads: Record<string, string>
}

/**
 * Tells one notifier of committed events, those of an incident in order, each at least once: a message is settled after
 * the receiver has answered. A message that is not taken holds back the later ones of its own incident only, a
 * receiver that is down its own messages only.
 */
export class Delivery implements AsyncDisposable {
  private running: Promise<void> | null = null
  private again = false
  private stopped = false
  /** Ends the pause at hand: there is something to do. */
  private nap = new AbortController()
  private cursor = -1
  private waiting: Waiting[] = []
  private inFlight = new Set<Promise<void>>()
  private count = { told: 0, givenUp: 0 }
  private last: GivenUp[] = []
  /** By incident, what the receiver calls its conversation; the eldest first. */
  private threads = new Map<string, string>()

  constructor(
    readonly name: string,
    private readonly notifier: Notifier,
    private readonly parts: DeliverParts,
    private readonly env: Pick<Env, 'now' | 'log'>,
    private readonly sleep = pause,
  ) {}

  wake(): void {
    this.again = true
    this.nap.abort()
    this.running ??= this.run()
      .catch(error => this.env.log('error', 'a notifier has stopped', { notifier: this.name, why: String(error) }))
      .finally(() => {
        this.running = null
      })
  }

  /** The store starts over: what was read from it before is of another time. */
  startOver(): void {
    this.cursor = -1
    this.waiting = []
    this.threads.clear()
  }

  /** Resolves when nothing is left to tell. */
  async idle(): Promise<void> {
    while (this.running !== null) await this.running
  }

  /** How far it is, and which of those before it wait; beyond it nothing was read. */
  get settled(): { cursor: number; waiting: number[] } {
    return { cursor: Math.max(0, this.cursor), waiting: this.waiting.map(each => each.cursor) }
  }

  get status(): DeliveryStatus {
    const tried = this.waiting.filter(each => each.since !== null)
    const eldest = tried.reduce<Waiting | null>((a, b) => (a !== null && a.since! <= b.since! ? a : b), null)
    return {
      name: this.name,
      ...this.count,
      waiting: this.waiting.length,
      waitingSince: eldest?.since ?? null,
      why: eldest === null || eldest.why === '' ? null : eldest.why,
      lastGivenUp: this.last,
    }
  }

  private async run(): Promise<void> {
    if (this.cursor < 0) await this.restore()
    while (!this.stopped) {
      this.nap = new AbortController()
      if (this.again) await this.read()
      this.start()
      const next = Math.min(...this.firsts().map(each => each.dueAt))
      if (this.again) continue
      if (this.inFlight.size > 0)
        await Promise.race([...this.inFlight, new Promise(done => this.nap.signal.addEventListener('abort', done))])
      else if (next === Number.POSITIVE_INFINITY) return
      else await this.sleep(next - this.env.now(), this.nap.signal)
    }
    await Promise.all(this.inFlight)
  }

  /** Reads events as long as there are some and there is room; with room again comes the next look. */
  private async read(): Promise<void> {
    this.again = false
    while (this.waiting.length < WAITING_MOST) {
      const events = await this.parts.eventsAfter(this.cursor, EVENTS_READ)
      if (events.length === 0) return
      for (const each of events) {
        this.cursor = each.cursor
        this.waiting.push(fresh(each, this.env.now()))
      }
    }
  }

  /** Of each incident the one whose turn it is. */
  private firsts(): Waiting[] {
    const seen = new Set<string>()
    return this.waiting
      .filter(({ event }) => !seen.has(event.incident) && seen.add(event.incident))
      .filter(x => !x.busy)
  }

  private start(): void {
    const now = this.env.now()
    for (const each of this.firsts()) {
      if (this.inFlight.size >= MESSAGES_AT_ONCE) return
      if (each.dueAt > now) continue
      each.busy = true
      const work = this.deliver(each).finally(() => {
        each.busy = false
        this.inFlight.delete(work)
      })
      this.inFlight.add(work)
    }
  }

  private async deliver(each: Waiting): Promise<void> {
    try {
      const delivery = await this.message(each)
      if (delivery !== null) {
        each.since ??= this.env.now()
        each.tries++
        const { traced = (_to, _of, _id, work) => work() } = this.parts
        const answer = await traced(this.name, each.event.incident, delivery.id, () => this.notifier.tell(delivery))
        this.count.told++
        this.keepThread(each.event.incident, answer?.thread)
      }
      await this.settle(each)
    } catch (error) {
      await this.failed(each, error as Error)
    }
  }

  /** Null where nobody has to hear of it. */
  private async message({ event, routed }: Waiting) {
    if (routed === undefined) {
      const before = beforeOf(event, await this.parts.story(event.incident), this.parts.planned)
      if (!dispatch(event, before, await this.parts.head(event.incident)).tell) return null
    }
    return {
      id: `${messageId(event.incident, event.seq)}${routed?.suffix ?? ''}`,
      event,
      title: routed?.title ?? (await this.parts.title(event.service)),
      message: under(await this.parts.words(event), routed?.title),
      ...(this.threads.has(event.incident) ? { thread: this.threads.get(event.incident)! } : {}),
      ...(this.parts.status === undefined ? {} : { status: await this.parts.status(event) }),
    }
  }

  private keepThread(incident: string, thread: string | undefined): void {
    if (thread === undefined || thread.length > THREAD_CHARS) return
    this.threads.delete(incident)
    this.threads.set(incident, thread)
    if (this.threads.size > THREADS_KEPT) this.threads.delete(this.threads.keys().next().value as string)
  }

  private async settle(each: Waiting): Promise<void> {
    this.waiting = this.waiting.filter(other => other !== each)
    if (this.waiting.length === WAITING_MOST - 1) this.again = true
    await this.save()
  }

  private async failed(each: Waiting, error: Error): Promise<void> {
    const { incident, seq } = each.event
    const message = messageId(incident, seq)
    const now = this.env.now()
    each.why = error.message
    each.since ??= now
    if (error instanceof RefusedError) each.refusals++
    const detail = { notifier: this.name, message, why: each.why }
    if (error instanceof PermanentError || each.refusals >= REFUSALS_MOST || now - each.since > GIVE_UP_MS) {
      this.env.log('error', 'a message was given up', { ...detail, tries: each.tries })
      this.count.givenUp++
      this.last = [...this.last, { message, at: now, tries: each.tries, why: each.why }].slice(-GIVEN_UP_NAMED)
      return this.settle(each)
    }
    this.env.log('warn', 'a message could not be delivered; trying again', detail)
    const retryMs = Math.min(FIRST_RETRY_MS * 2 ** Math.max(0, each.tries - 1), LONGEST_RETRY_MS)
    each.dueAt = now + Math.max(retryMs, error instanceof TransientError ? error.retryAfterMs : 0)
    await this.save()
  }

  private async restore(): Promise<void> {
    const text = await this.parts.receipt()
    const saved: Receipt = { cursor: 0, waiting: [], givenUp: 0, last: [], threads: {}, ...readReceipt(text) }
    for (const { cursor, ...more } of saved.waiting) {
      const [found] = await this.parts.eventsAfter(cursor - 1, 1)
      // What it was about was forgotten meanwhile.
      if (found?.cursor === cursor) this.waiting.push({ ...fresh(found, this.env.now()), ...more })
    }
    this.count.givenUp = saved.givenUp
    this.last = saved.last
    this.threads = new Map(Object.entries(saved.threads))
    this.cursor = saved.cursor
  }

  private async save(): Promise<void> {
    const receipt: Receipt = {
      cursor: this.cursor,
      waiting: this.waiting.map(({ cursor, since, tries, refusals }) => ({ cursor, since, tries, refusals })),
      givenUp: this.count.givenUp,
      last: this.last,
      threads: Object.fromEntries(this.threads),
    }
    await this.parts.saveReceipt(JSON.stringify(receipt)).catch(error =>
      // CommittedEvent again after a restart, by the same id: at least once.
      this.env.log('warn', 'a receipt could not be saved', { notifier: this.name, why: String(error) }),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopped = true
    this.nap.abort()
    await this.running
    await this.notifier[Symbol.asyncDispose]()
  }
}

const fresh = (told: ToTell, now: EpochMs): Waiting => ({
  ...told,
  since: null,
  tries: 0,
  refusals: 0,
  dueAt: now,
  why: '',
  busy: false,
})

/** What the router says of a message stands before its sentence. */
const under = (message: Message, title: string | undefined): Message =>
  title === undefined
    ? message
    : { ...message, subject: `${title} · ${message.subject}`, text: `${title}\n${message.text}` }

const readReceipt = (text: string): Partial<Receipt> => {
  const read = JSON.parse(text === '' ? '0' : text) as number | Partial<Receipt>
  return typeof read === 'number' ? { cursor: read } : read
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(done => {
    if (signal.aborted) return done()
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', () => (clearTimeout(timer), done()), { once: true })
  })
}
