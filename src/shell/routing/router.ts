import type { Config } from '../../contract/config.js'
import type { IncidentEvent } from '../../contract/incident.js'
import type { Decision, RoutedMessage } from '../../contract/oncall/routing.js'
import { SECOND, type EpochMs } from '../../contract/time.js'
import type { Reader } from '../../contract/view.js'
import { routeState, type Reached, type RouteState } from '../../core/route/pass.js'
import { route } from '../../core/route/route.js'
import { lastCursor, type ToTell } from '../delivery/deliver.js'
import type { Parts } from '../parts.js'
import { readWorld } from './world.js'

/** What the router needs of the workspace. */
export interface RouterHost {
  config(): Pick<Config, 'routes' | 'maintenance'>
  reader: Reader
  store(): Parts['store']
  note(key: string, value: Uint8Array): Promise<void>
  reached(): Promise<(rota: string, at: EpochMs) => Reached | null>
  /** How far a notifier is with its messages, and which of those before it is not through with. */
  settled(notifier: string): Promise<{ cursor: number; waiting: readonly number[] }>
  log: (why: string) => void
}

/** Notes of the store: the router's state with what it has sent out, and decisions by what they are about. */
const NOTE = 'router'
const decisionsOf = (about: string) => `routed:${about}`
/** Where decisions on alerts of a service are kept, that no incident explains. */
const alertsOf = (service: string) => `alerts of ${service}`
/** Decisions that are kept of one incident, or of the alerts of one service; the oldest go. */
const DECISIONS_KEPT = 200
/** Messages that wait for one receiver; of more it is told the newest. */
const OUTBOX_MOST = 1_000
/** Events that are read at once. */
const EVENTS_AT_ONCE = 500
/** Where nothing happens, time is looked at so often. */
const PASS_EVERY_MS = 30 * SECOND

interface Saved {
  /** Of the committed events. */
  cursor: number
  state: RouteState
  /** Number of the newest message. */
  last: number
  outbox: (RoutedMessage & { cursor: number })[]
}

/**
 * The router before the deliveries. Each pass reads what was committed since the last one, decides, and keeps decisions and messages
 * with its state in one note: a crash before that repeats the pass by the same ids, one after it sends what the note holds.
 */
export class Router {
  private saved: Saved | null = null
  private passedAt = 0
  private running: Promise<boolean> | null = null
  private again = false

  constructor(private readonly host: RouterHost) {}

  /** Where it goes on; a new one hears of nothing that happened before it. */
  async open(): Promise<void> {
    const text = Buffer.from((await this.host.store().noted(NOTE)) ?? []).toString()
    if (text === '') await this.startOver()
    else this.saved = JSON.parse(text) as Saved
  }

  /** The store starts over, or this is the first start. */
  async startOver(): Promise<void> {
    const cursor = await lastCursor((after, max) => this.host.store().eventsAfter(after, max))
    // Above every number of a time before, which receivers may still have in their receipts.
    const { now } = await this.host.store().committed()
    const last = Math.max(this.saved?.last ?? 0, now)
    this.saved = { cursor, state: routeState(), last, outbox: [] }
    this.passedAt = 0
    await this.save()
  }

  /** Routes are gone: how far it came, and it forgets that it was there. */
  static async close(host: Pick<RouterHost, 'store' | 'note'>): Promise<number | null> {
    const text = Buffer.from((await host.store().noted(NOTE)) ?? []).toString()
    if (text === '') return null
    await host.note(NOTE, Buffer.from(''))
    return (JSON.parse(text) as Saved).cursor
  }

  /** Messages for one receiver, oldest first. */
  messagesFor(notifier: string, after: number, max: number): ToTell[] {
    const mine = this.saved?.outbox.filter(each => each.to === notifier && each.cursor > after) ?? []
    return mine.slice(0, max).map(({ cursor, event, suffix, title }) => ({
      ...{ cursor, event },
      routed: { suffix, ...(title === undefined ? {} : { title }) },
    }))
  }

  /** Decides on all that is committed; true: there is something to send. `news`: events were committed. */
  async pass(now: EpochMs, news: boolean): Promise<boolean> {
    if (!news && now - this.passedAt < PASS_EVERY_MS) return false
    if (this.running !== null) {
      this.again = true
      return this.running
    }
    this.running = (async () => {
      let sends = false
      do {
        this.again = false
        sends = (await this.once()) || sends
      } while (this.again)
      return sends
    })().finally(() => {
      this.running = null
    })
    return this.running
  }

  /** Resolves when no pass is running. */
  async idle(): Promise<void> {
    while (this.running !== null) await this.running.catch(() => {})
  }

  private async once(): Promise<boolean> {
    const { host, saved } = this
    if (saved === null) return false
    const store = host.store()
    const { now } = await store.committed()
    const events: IncidentEvent[] = []
    let { cursor } = saved
    for (;;) {
      const read = await store.eventsAfter(cursor, EVENTS_AT_ONCE)
      events.push(...read.map(each => each.event))
      if (read.length === 0) break
      cursor = read.at(-1)!.cursor
    }
    // A pass that fails half-way leaves the state as it was.
    const state = structuredClone(saved.state)
    const sources = { config: host.config(), reader: host.reader, onCall: await host.reached() }
    const world = await readWorld({ ...sources, alerts: service => store.alerts(service) }, state, events, now)
    // An incident that was forgotten takes with it what was decided about it.
    for (const id of Object.keys(state.incidents))
      if (!world.incidents.has(id)) await host.note(decisionsOf(id), Buffer.from(''))
    const { decisions, messages } = route(state, world)
    await this.keep(decisions)
    const before = JSON.stringify(saved)
    const outbox = await this.unsettled(saved.outbox)
    saved.state = state
    saved.cursor = cursor
    saved.outbox = outbox
    for (const each of messages) saved.outbox.push({ ...each, cursor: ++saved.last })
    this.shorten()
    if (JSON.stringify(saved) !== before) await this.save()
    this.passedAt = now
    return messages.length > 0
  }

  private save(): Promise<void> {
    return this.host.note(NOTE, Buffer.from(JSON.stringify(this.saved)))
  }

  /** Without what its receivers are through with. */
  private async unsettled(outbox: Saved['outbox']): Promise<Saved['outbox']> {
    const by = new Map<string, { cursor: number; waiting: readonly number[] }>()
    for (const { to } of outbox) if (!by.has(to)) by.set(to, await this.host.settled(to))
    return outbox.filter(({ to, cursor }) => cursor > by.get(to)!.cursor || by.get(to)!.waiting.includes(cursor))
  }

  private shorten(): void {
    const count = new Map<string, number>()
    for (const { to } of this.saved!.outbox) count.set(to, (count.get(to) ?? 0) + 1)
    for (const [to, waiting] of count) {
      let over = waiting - OUTBOX_MOST
      if (over <= 0) continue
      this.host.log(`${over} messages to ${to} were given up: it is not through with ${OUTBOX_MOST} of before`)
      this.saved!.outbox = this.saved!.outbox.filter(each => each.to !== to || over-- <= 0)
    }
  }

  /** Each is kept once, whatever is decided again after a crash. */
  private async keep(decisions: readonly Decision[]): Promise<void> {
    const by = new Map<string, Decision[]>()
    for (const each of decisions) {
      const about = each.thread === undefined ? each.about : alertsOf(each.service)
      by.set(about, [...(by.get(about) ?? []), each])
      if (each.within !== undefined && each.within !== about && each.thread !== undefined)
        by.set(each.within, [...(by.get(each.within) ?? []), each])
    }
    for (const [about, more] of by) {
      const all = new Map([...(await this.read(about)), ...more].map(each => [keyOf(each), each]))
      const kept = [...all.values()].slice(-DECISIONS_KEPT)
      await this.host.note(decisionsOf(about), Buffer.from(JSON.stringify(kept)))
    }
  }

  /** What was decided about an incident, oldest first. */
  decisions(incident: string): Promise<Decision[]> {
    return this.read(incident)
  }

  /** The same about alerts of a service. */
  alertDecisions(service: string): Promise<Decision[]> {
    return this.read(alertsOf(service))
  }

  private async read(about: string): Promise<Decision[]> {
    const text = Buffer.from((await this.host.store().noted(decisionsOf(about))) ?? []).toString()
    return text === '' ? [] : (JSON.parse(text) as Decision[])
  }
}

const keyOf = ({ at, about, told, reason, seq, to, thread, since }: Decision): string =>
  JSON.stringify([at, about, told, reason, seq, to, thread, since])
