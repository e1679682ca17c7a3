import type { JudgeInput } from '../../contract/finding.js'
import type { IncidentEvent } from '../../contract/incident.js'
import type { Forget, Order } from '../../contract/order.js'
import type { Outcome } from '../../contract/outcome.js'
import type { Past } from '../../contract/past.js'
import type { Signal } from '../../contract/signal.js'
import { DAY, HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import type { Component, Dependency, Edge } from '../../contract/topology.js'
import { type Clock, ROLLUP_MS, type ServiceRow } from '../../contract/view.js'
import { Judge, type JudgeSnapshot } from '../judge/judge.js'
import { type KnownIncident, mendRecords } from '../judge/mend.js'
import { forgetComponent, forgetLabel, isWhole, leaveOut } from '../service/forget.js'
import { freshRollups } from '../service/rollup.js'
import type { Taught } from '../service/past.js'
import type { Packing } from '../watch/asleep.js'
import { Watch, type WatchSnapshot } from '../watch/watch.js'
import type { Courses } from '../origin/courses.js'
import { inOrder } from './order.js'
import { moveBack, stepBack } from './rewind.js'
import { FADING_MS, recentOf, RENEW_MS, rowFrom, shownBy, shownOf, sightOf } from './rows.js'
import { Tracing } from './tracing.js'

export interface EngineConfig {
  clock: Clock
  /** What an operator asks for: false incidents a service and 30 days. */
  falseAlarmsPerMonth: number
  services: { id: string; title: string; components: Component[]; dependsOn: Dependency[]; edges?: Edge[] }[]
}

/** Raised with every change of the snapshot's layout; another version is rebuilt from the log. */
export const FOLD_VERSION = 31
/** A quieter gap than this in the log has no ticks of its own: nothing is known of it, and a year of minutes takes seconds. */
export const MAX_TICKS_MS = 14 * DAY
/** A leap that differs by less from the time that was put back takes that back. */
export const SAME_MS = 2 * MINUTE

/** The last time that the clock was put back, while it may turn out that it had been right. */
export interface Undone {
  after: EpochMs
  until: EpochMs
  byMs: number
  position: number
  /** Bins that were not moved, as they began before. */
  stay: EpochMs[]
}

/** What a snapshot holds: written by `snapshot`, read whole by `open`. */
export interface FoldSnapshot {
  version: number
  /** Services of the configuration, as JSON: an edited one is declared again. */
  declared: string
  now: EpochMs
  ticked: EpochMs
  undone: Undone | null
  watch: WatchSnapshot
  judge: JudgeSnapshot
  courses: Courses
}

export const emptyOutcome = (): Outcome => ({ events: [], rollups: [], services: [], facts: [] })

/**
 * Both halves on one machine: every log entry goes through `watch`, what it finds through `judge`.
 * A fold: the same entries give the same outcome, however they were cut into batches.
 */
export class Fold {
  /** Log time. */
  now: EpochMs = 0
  private ticked: EpochMs = 0
  private matters: JudgeInput[] = []
  /** The last time the clock was put back, until the time that was taken back has come. */
  private undone: Undone | null = null
  /** Services with reports or alerts that no row tells of yet → position of the newest. */
  private unshown = new Map<string, number>()
  private tracing = new Tracing(() => this.watch.parts())

  constructor(
    private readonly config: EngineConfig,
    private watch = new Watch(config),
    private judge = new Judge(),
    restored = false,
  ) {
    if (!restored) this.declare()
  }

  /** What the configuration says of services counts like a topology fact that came first. */
  private declare(only?: string): void {
    for (const c of this.config.services) {
      if (only !== undefined && c.id !== only) continue
      const fact = { ...c, type: 'fact' as const, via: 'topology' as const, id: `config-${c.id}`, service: c.id, at: 0 }
      this.watch.take(fact, this.now, this.matters)
    }
    this.settle([])
    this.tracing.connect()
  }

  /** Folds one accepted signal. On the `signals` clock its `seenAt ?? at` moves the time first, and with it the ticks. */
  signal(signal: Signal, position: number, into: Outcome): void {
    if (this.config.clock === 'signals') this.advance(signal.seenAt ?? signal.at, position, into)
    this.watch.take(signal, this.now, this.matters)
    this.tracing.take(signal)
    if (this.matters.length > 0) this.settle(into.events)
    if (signal.via === 'report' || signal.via === 'alert') this.unshown.set(signal.service, position)
    // What rules of the operator's own say is theirs, and evidence: pages tell of changes and notices.
    if (signal.type === 'fact' && signal.via !== 'topology' && signal.via !== 'alert')
      into.facts.push((signal.via === 'change' && this.judge.change(signal)) || signal)
  }

  /** Counts of a past teach levels; nothing is decided by them. Before the first entry they also tell what time it is not yet. */
  teach(past: Past, into: Outcome): Taught {
    const end = past.counts.at(-1)![0] + past.binMs
    const taught = this.watch.teach(past, this.now > 0 ? this.now : end)
    this.takeServices(into.services, this.now)
    return taught
  }

  /** A person's order, at the present log time. */
  order(order: Order, _position: number, into: Outcome): void {
    const told = into.events.length
    this.judge.take({ ...order, at: Math.max(order.at, this.now) }, into.events)
    for (const event of into.events.slice(told)) this.watch.service(event.service).changed = true
    this.takeServices(into.services, this.now)
  }

  /** Ids of incidents that are open or may reopen. */
  get followed(): string[] {
    return this.judge.records.map(({ id }) => id)
  }

  /** A part of the log was lost: from here on it goes by what was told of incidents, whatever it would have told itself. */
  mend(known: readonly KnownIncident[], at: EpochMs, into: Outcome): void {
    mendRecords(this.judge.records, known, Math.max(at, this.now), into.events)
    for (const { service } of known) this.watch.service(service).changed = true
  }

  /** Forgets a service, or a label or component of it, at the present log time; what `into` holds of it goes as well. */
  forget(forget: Forget, into: Outcome): void {
    for (const id of this.watch.named(forget.service)) {
      if (forget.label !== undefined) forgetLabel(this.watch.service(id), forget.label, forget.value)
      else if (forget.component !== undefined) forgetComponent(this.watch.service(id), forget.component)
      else {
        this.watch.forget(id)
        this.judge.forget(id)
        this.tracing.forget(id)
        this.unshown.delete(id)
      }
    }
    leaveOut(forget, into)
    // Its page stays where the configuration names it, and nothing is known of it.
    if (isWhole(forget)) this.declare(forget.service)
    this.takeServices(into.services, this.now)
  }

  /** Moves log time forward (never back) and runs the ticks that lie between. */
  advance(now: EpochMs, position: number, into: Outcome): void {
    if (now <= this.now) return
    this.now = now
    const last = now - (now % MINUTE)
    if (this.ticked === 0) this.ticked = last
    if (last - this.ticked > MAX_TICKS_MS) {
      this.watch.wakeAll()
      this.ticked = last - MAX_TICKS_MS
    }
    while (this.ticked < last) {
      this.ticked += MINUTE
      // Of ticks that are made up for at once only the newest rows are seen by anyone.
      const seen = last - this.ticked < RENEW_MS
      if (seen) this.watch.wakeDue(this.ticked)
      this.watch.tick(this.ticked, this.matters)
      inOrder(this.matters)
      this.tracing.trace(this.matters)
      this.settle(into.events)
      this.makeRoom(this.ticked, into)
      this.watch.takeRollups(this.ticked, position, into.rollups)
      if (!seen) continue
      this.takeServices(into.services, this.ticked)
      this.layDown(into.services, this.ticked)
    }
  }

  /**
   * The clock was ahead and is put back to `to`: all that is remembered of the time since moves back with it. Log time
   * never goes back otherwise. Where it turns out that it had been right before, `leap` takes that back.
   */
  rewind(to: EpochMs, position: number, into: Outcome): void {
    if (to >= this.now) return this.leap(to, position, into)
    this.watch.wakeAll()
    const byMs = stepBack(this.now, to)
    const bins = [...this.watch.services.values()].flatMap(s => [...s.bins.keys()])
    this.undone = { after: to, until: this.now, byMs, position, stay: [...new Set(bins.filter(bin => bin <= to))] }
    this.move(to, byMs, [])
    this.advance(to, position, into)
  }

  /** The clock went on by a leap. */
  leap(to: EpochMs, position: number, into: Outcome): void {
    const { undone } = this
    if (undone !== null && Math.abs(to - this.now - undone.byMs) < SAME_MS) {
      this.watch.wakeAll()
      const { after, byMs, position: since, stay } = undone
      const lowest = after - byMs - HOUR
      ;(into.undone ??= []).push({ after: lowest, until: this.now, since, position: position - 1 })
      into.rollups = into.rollups.filter(row => row.position <= since)
      // What was moved back, and what was measured since then, lies as far back; less than a minute is made up for.
      this.move(after - byMs, -byMs, stay)
      for (const s of this.watch.services.values()) for (const bin of s.bins.values()) bin.dirty = bin.urgent = true
      this.undone = null
    }
    this.advance(to, position, into)
  }

  private move(after: EpochMs, byMs: number, stay: EpochMs[]): void {
    const state = { watch: this.watch.whole(), judge: this.judge.snapshot(), courses: this.tracing.courses }
    moveBack(state, after, byMs, { now: this.now, stay })
    this.watch = Watch.open(state.watch, this.config, this.watch.packing)
    this.judge = Judge.open(state.judge)
    this.now -= byMs
    this.ticked = Math.max(0, this.ticked - byMs)
  }

  /** As time comes to what a clock that was ahead had filled, that makes room: now it is known what was. */
  private makeRoom(at: EpochMs, into: Outcome): void {
    const { undone } = this
    if (undone === null || at % ROLLUP_MS !== 0) return
    const until = Math.min(at, undone.until)
    ;(into.undone ??= []).push({ after: until - ROLLUP_MS, until, since: 0, position: undone.position })
    if (at >= undone.until) this.undone = null
  }

  /**
   * What people reported and rules said since the rows were last taken, for those who look between two ticks. Nothing is decided here
   * and nothing remembered, so when and how often it is asked changes no later row and no event.
   */
  takeFresh(into: Outcome): void {
    for (const [id, position] of this.unshown) {
      const s = this.watch.services.get(id)
      // Its newest row was put when it fell asleep.
      if (s === undefined) continue
      freshRollups(s, this.now, position, into.rollups)
      into.services.push({
        ...rowFrom(sightOf(s, this.ticked), this.judge),
        recent: recentOf(s, this.now - (this.now % MINUTE) + MINUTE),
      })
    }
    this.unshown.clear()
  }

  /** Observations that came too late for their minute, of all time. */
  get late(): number {
    return this.watch.late
  }

  /** Structured-clone-able; it shares memory with the fold, so serialise it before the next step. */
  snapshot(): FoldSnapshot {
    return {
      version: FOLD_VERSION,
      declared: JSON.stringify(this.config.services),
      now: this.now,
      ticked: this.ticked,
      undone: this.undone,
      watch: this.watch.snapshot(),
      judge: this.judge.snapshot(),
      courses: this.tracing.courses,
    }
  }

  /** With a `packing` services of which nothing is heard sleep. */
  static open(snapshot: FoldSnapshot, config: EngineConfig, packing?: Packing): Fold {
    const { version, declared, now, ticked, undone, watch, judge, courses, ...rest } = snapshot
    // What is written and not read here does not compile.
    rest satisfies Record<string, never>
    if (version !== FOLD_VERSION) throw new RangeError(`Fold.open: snapshot version is ${FOLD_VERSION}; got ${version}`)
    const fold = new Fold(config, Watch.open(watch, config, packing), Judge.open(judge), true)
    fold.now = now
    fold.ticked = ticked
    fold.undone = undone
    fold.tracing = new Tracing(() => fold.watch.parts(), courses).connect()
    // A configuration that was edited meanwhile is the newest word; an unchanged one must not undo later facts.
    if (declared !== JSON.stringify(config.services)) fold.declare()
    return fold
  }

  private settle(events: IncidentEvent[]): void {
    for (const matter of this.matters) this.judge.take(matter, events)
    this.matters.length = 0
  }

  /** Of whom nothing is heard, measured or told sleeps; its row says so much for as long. */
  private layDown(into: ServiceRow[], at: EpochMs): void {
    for (const s of this.watch.still(at)) {
      if (this.judge.follows(s.id) || this.judge.inAlarm(s.id, at)) continue
      const row = rowFrom(sightOf(s, at), this.judge)
      s.shown = shownBy(row)
      into.push(row)
      this.watch.lay(s, at)
    }
  }

  private takeServices(into: ServiceRow[], at: EpochMs): void {
    this.watch.rouse()
    for (const s of this.watch.services.values()) {
      // Quiet rows are renewed at times, as their usual levels move, and whenever time alone changes what they say.
      const busy = s.changed || s.troubles.bad !== null || s.troubles.slow !== null || at % RENEW_MS === 0
      if (!busy && at - (s.seen.report ?? 0) > FADING_MS && s.shown === shownOf(s, this.judge, at)) continue
      const row = rowFrom(sightOf(s, at), this.judge)
      s.changed = false
      s.shown = shownBy(row)
      into.push(row)
    }
  }
}
