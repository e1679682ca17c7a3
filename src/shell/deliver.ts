import { TransientError } from '../contract/error.js'
import type { EventName, IncidentEvent } from '../contract/incident.js'
import type { Notifier } from '../contract/notifier.js'
import type { IncidentHead, Told } from '../contract/ports.js'
import { HOUR, SECOND } from '../contract/time.js'
import type { Env } from './env.js'

/** First pause after a failure; it doubles up to the longest, and after the last the event is given up. */
const FIRST_RETRY_MS = 5 * SECOND
const LONGEST_RETRY_MS = 10 * 60 * SECOND
const GIVE_UP_MS = 24 * HOUR
const EVENTS_READ = 64

const WORTH: Partial<Record<EventName, true>> = { opened: true, recovering: true, resolved: true, reopened: true }

export type Dispatch = { tell: true } | { tell: false; because: 'not news' | 'muted' | 'planned' }

/** What came before an event: the latest severity and kind, and whether nobody was told because it was planned. */
export interface Before {
  severity?: string
  kind?: string
  /** The event itself happens inside a window of maintenance that explains the trouble. */
  planned?: boolean
  /** So did its opening, and all since. */
  heldBack?: boolean
}

/** Whether people hear of an event, and if not, why. */
export function dispatch(event: IncidentEvent, before: Before | null, head: IncidentHead | null): Dispatch {
  if (head?.mutedUntil !== undefined && head.mutedUntil !== null && Date.parse(event.at) < head.mutedUntil)
    return { tell: false, because: 'muted' }
  if (before?.planned === true) return { tell: false, because: 'planned' }
  // Trouble that outlasts its window is told then, whatever the event is; trouble that was over before was never told.
  if (before?.heldBack === true)
    return event.event === 'resolved' ? { tell: false, because: 'planned' } : { tell: true }
  if (WORTH[event.event] === true) return { tell: true }
  const turned =
    event.event === 'updated' &&
    ((event.severity !== undefined && event.severity !== before?.severity) ||
      (event.kind !== undefined && event.kind !== before?.kind))
  return turned ? { tell: true } : { tell: false, because: 'not news' }
}

export interface DeliverParts {
  told(after: number, max: number): Promise<Told[]>
  head(incident: string): Promise<IncidentHead | null>
  story(incident: string): Promise<IncidentEvent[]>
  title(service: string): Promise<string>
  /** Whether planned work explains an incident as it stands at an event; nothing is planned, if not given. */
  planned?(folded: IncidentEvent): boolean
  /** The event in Statuspage's shape, for a notifier that sends it so. */
  status?(event: IncidentEvent): Promise<object[]>
  receipt(): Promise<number>
  saveReceipt(cursor: number): Promise<void>
}

/**
 * Tells one notifier of committed events, in order, each at least once: the receipt moves after the receiver has
 * answered. A receiver that is down holds back its own later messages only.
 */
export class Delivery implements AsyncDisposable {
  private running: Promise<void> | null = null
  private again = false
  private stop = new AbortController()

  constructor(
    readonly name: string,
    private readonly notifier: Notifier,
    private readonly parts: DeliverParts,
    private readonly env: Pick<Env, 'now' | 'log'>,
    private readonly sleep = pause,
  ) {}

  wake(): void {
    this.again = true
    this.running ??= this.run()
      .catch(error => this.env.log('error', 'a notifier has stopped', { notifier: this.name, why: String(error) }))
      .finally(() => {
        this.running = null
      })
  }

  /** Resolves when nothing is left to tell. */
  async idle(): Promise<void> {
    while (this.running !== null) await this.running
  }

  private async run(): Promise<void> {
    while (this.again && !this.stop.signal.aborted) {
      this.again = false
      let cursor = await this.parts.receipt()
      for (;;) {
        const events = await this.parts.told(cursor, EVENTS_READ)
        if (events.length === 0) break
        for (const { cursor: at, event } of events) {
          if (!(await this.deliver(event))) return
          cursor = at
          await this.parts.saveReceipt(cursor)
        }
      }
    }
  }

  /** False when it was stopped before the receiver had answered. */
  private async deliver(event: IncidentEvent): Promise<boolean> {
    const story = await this.parts.story(event.incident)
    const before = this.before(event, story)
    if (!dispatch(event, before, await this.parts.head(event.incident)).tell) return true
    const delivery = {
      id: `msg_${event.incident}_${event.seq}`,
      event,
      title: await this.parts.title(event.service),
      ...(this.parts.status === undefined ? {} : { status: await this.parts.status(event) }),
    }
    const started = this.env.now()
    for (let retryMs = FIRST_RETRY_MS; !this.stop.signal.aborted; retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS)) {
      try {
        await this.notifier.tell(delivery)
        return true
      } catch (error) {
        const why = (error as Error).message
        if (!(error instanceof TransientError) || this.env.now() - started > GIVE_UP_MS) {
          this.env.log('error', 'a message was given up', { notifier: this.name, message: delivery.id, why })
          return true
        }
        this.env.log('warn', 'a message could not be delivered; trying again', {
          notifier: this.name,
          message: delivery.id,
          why,
        })
        await this.sleep(Math.max(retryMs, error.retryAfterMs), this.stop.signal)
      }
    }
    return false
  }

  private before(event: IncidentEvent, story: readonly IncidentEvent[]): Before {
    const before: Before = {}
    let folded = {} as IncidentEvent
    let heldBack = false
    for (const each of story) {
      if (each.seq > event.seq) break
      folded = { ...folded, ...each }
      const planned = this.parts.planned?.(folded) ?? false
      if (each.seq === event.seq) before.planned = planned
      else {
        if (each.severity !== undefined) before.severity = each.severity
        if (each.kind !== undefined) before.kind = each.kind
        const opens = each.event === 'opened' || each.event === 'reopened'
        heldBack = planned && (opens || heldBack)
      }
    }
    return { ...before, heldBack }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort()
    await this.running
    await this.notifier[Symbol.asyncDispose]()
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(done => {
    if (signal.aborted) return done()
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', () => (clearTimeout(timer), done()), { once: true })
  })
}
