import type { Matter } from '../contract/finding.js'
import type { IncidentEvent } from '../contract/incident.js'
import type { Order } from '../contract/order.js'
import type { Outcome } from '../contract/outcome.js'
import type { Signal } from '../contract/signal.js'
import { DAY, MINUTE, type EpochMs } from '../contract/time.js'
import type { Component, Dependency, Edge } from '../contract/topology.js'
import type { ServiceNow, ServiceState } from '../contract/view.js'
import { Judge } from './judge/judge.js'
import type { KnownIncident } from './judge/mend.js'
import type { Story } from './judge/story.js'
import { UNREADABLE_MS } from './rates.js'
import type { ServiceState as Watched } from './watch/service.js'
import { expectedReports } from './watch/reports.js'
import { rowsAt } from './aggregate.js'
import { readCoordinated } from './watch/crowd.js'
import { readSamples } from './samples/samples.js'
import { freshRollups } from './watch/rollup.js'
import { Watch } from './watch/watch.js'

export interface EngineConfig {
  clock: 'wall' | 'signals'
  /** What an operator asks for: false incidents a service and 30 days. */
  falseAlarmsPerMonth: number
  services: { id: string; title: string; components: Component[]; dependsOn: Dependency[]; edges?: Edge[] }[]
}

/** Raised with every change of the snapshot's layout; another version is rebuilt from the log. */
export const FOLD_VERSION = 9
/** A quieter gap than this in the log has no ticks of its own: nothing is known of it, and a year of minutes takes seconds. */
const MAX_TICKS_MS = 14 * DAY
/** Rows of services at which nothing happens are put so often. */
const RENEW_MS = 5 * MINUTE
/** From this part of the excess gone on, an outage that is recovering is told as degraded. */
const EASING_FROM = 0.5
/** Reports shown as "lately". */
const RECENT_MIN = 15

export const emptyOutcome = (): Outcome => ({ events: [], rollups: [], services: [], facts: [] })

/**
 * Both halves on one machine: every log entry goes through `watch`, what it finds through `judge`.
 * A fold: the same entries give the same outcome, however they were cut into batches.
 */
export class Fold {
  /** Log time. */
  now: EpochMs = 0
  private ticked: EpochMs = 0
  private matters: Matter[] = []
  /** Services with reports that no row tells of yet → position of the newest. */
  private unshown = new Map<string, number>()

  constructor(
    private readonly config: EngineConfig,
    private readonly watch = new Watch(config),
    private readonly judge = new Judge(),
    restored = false,
  ) {
    if (!restored) this.declare()
  }

  /** What the configuration says of services counts like a topology fact that came first. */
  private declare(): void {
    for (const c of this.config.services) {
      const fact = { ...c, type: 'fact' as const, via: 'topology' as const, id: `config-${c.id}`, service: c.id, at: 0 }
      this.watch.take(fact, this.now, this.matters)
    }
    this.settle([])
  }

  /** Folds one accepted signal. On the `signals` clock its `seenAt ?? at` moves the time first, and with it the ticks. */
  signal(signal: Signal, position: number, into: Outcome): void {
    if (this.config.clock === 'signals') this.advance(signal.seenAt ?? signal.at, position, into)
    this.watch.take(signal, this.now, this.matters)
    if (this.matters.length > 0) this.settle(into.events)
    if (signal.type === 'observation' && signal.via === 'report') this.unshown.set(signal.service, position)
    if (signal.type === 'fact' && signal.via !== 'topology') into.facts.push(signal)
  }

  /** A person's order, at the present log time. */
  order(order: Order, _position: number, into: Outcome): void {
    const told = into.events.length
    this.judge.take({ ...order, at: Math.max(order.at, this.now) }, into.events)
    for (const event of into.events.slice(told)) this.watch.service(event.service).changed = true
    this.takeServices(into.services, this.now)
  }

  get followed(): string[] {
    return this.judge.followed
  }

  /** A part of the log was lost: from here on it goes by what was told of incidents, whatever it would have told itself. */
  mend(known: readonly KnownIncident[], at: EpochMs, into: Outcome): void {
    this.judge.mend(known, Math.max(at, this.now), into.events)
    for (const { service } of known) this.watch.service(service).changed = true
  }

  /** Moves log time forward (never back) and runs the ticks that lie between. */
  advance(now: EpochMs, position: number, into: Outcome): void {
    if (now <= this.now) return
    this.now = now
    const last = now - (now % MINUTE)
    if (this.ticked === 0) this.ticked = last
    if (last - this.ticked > MAX_TICKS_MS) this.ticked = last - MAX_TICKS_MS
    while (this.ticked < last) {
      this.ticked += MINUTE
      this.watch.tick(this.ticked, this.matters)
      this.settle(into.events)
      this.watch.takeRollups(this.ticked, position, into.rollups)
      // Of ticks that are made up for at once only the newest rows are seen by anyone.
      if (last - this.ticked < RENEW_MS) this.takeServices(into.services, this.ticked)
    }
  }

  /**
   * What people reported since the rows were last taken, for those who look between two ticks. Nothing is decided here
   * and nothing remembered, so when and how often it is asked changes no later row and no event.
   */
  takeFresh(into: Outcome): void {
    for (const [id, position] of this.unshown) {
      const s = this.watch.service(id)
      freshRollups(s, this.now, position, into.rollups)
      into.services.push({
        ...this.rowOf(s, this.ticked),
        recent: recentOf(s, this.now - (this.now % MINUTE) + MINUTE),
      })
    }
    this.unshown.clear()
  }

  /** Observations that came too late for their minute, of all time. */
  get late(): number {
    let late = 0
    for (const s of this.watch.services.values()) late += s.late
    return late
  }

  /** Structured-clone-able; it shares memory with the fold, so serialise it before the next step. */
  snapshot(): unknown {
    return {
      version: FOLD_VERSION,
      now: this.now,
      ticked: this.ticked,
      watch: this.watch.snapshot(),
      judge: this.judge.snapshot(),
    }
  }

  static open(snapshot: unknown, config: EngineConfig): Fold {
    const from = snapshot as {
      version: number
      now: EpochMs
      ticked: EpochMs
      declared: string
      watch: unknown
      judge: unknown
    }
    if (from.version !== FOLD_VERSION)
      throw new RangeError(`Fold.open: snapshot version is ${FOLD_VERSION}; got ${from.version}`)
    const fold = new Fold(config, Watch.open(from.watch, config), Judge.open(from.judge), true)
    fold.now = from.now
    fold.ticked = from.ticked
    // A configuration that was edited meanwhile is the newest word; an unchanged one must not undo later facts.
    if (from.declared !== JSON.stringify(config.services)) fold.declare()
    return fold
  }

  private settle(events: IncidentEvent[]): void {
    for (const matter of this.matters) this.judge.take(matter, events)
    this.matters.length = 0
  }

  private takeServices(into: ServiceNow[], at: EpochMs): void {
    for (const s of this.watch.services.values()) {
      // Quiet rows are renewed at times, so that the age of what a page shows is known.
      if (!s.changed && s.strands.bad === null && s.strands.slow === null && at % RENEW_MS !== 0) continue
      s.changed = false
      into.push(this.rowOf(s, at))
    }
  }

  private rowOf(s: Watched, at: EpochMs): ServiceNow {
    const open = this.judge.openIncidents(s.id)
    const coordinated = readCoordinated(s.crowd, at)
    const samples = readSamples(s.samples, at)
    return {
      service: s.id,
      title: s.title,
      components: s.components,
      dependsOn: s.dependsOn,
      state: stateOf(
        s,
        open.map(o => (o.kind === 'outage' && isEasing(o) ? 'degraded' : o.kind)),
        this.judge.inAlarm(s.id, at),
        at,
      ),
      at,
      seen: { ...s.seen },
      recent: recentOf(s, at),
      ...(coordinated === 0 ? {} : { coordinated }),
      ...(samples.length === 0 ? {} : { samples }),
      incidents: open.map(o => o.id),
    }
  }
}

/** What has mostly recovered is no longer down; the incident says how much is back. The pages say the same of it. */
const isEasing = (story: Story): boolean => story.recovering && (story.said?.recovery?.recovered ?? 0) >= EASING_FROM

function stateOf(s: Watched, kinds: string[], alarm: boolean, at: EpochMs): ServiceState {
  if (kinds.includes('outage')) return 'outage'
  if (kinds.some(k => k !== 'upstream')) return 'degraded'
  if (kinds.length > 0 || alarm) return 'watching'
  return readable(s, at) ? 'ok' : 'unknown'
}

/** Machines speak each minute; people may be silent for long where few ever report. */
function readable(s: Watched, at: EpochMs): boolean {
  const machine = Math.max(s.seen.metric ?? 0, s.seen.check ?? 0)
  if (machine > 0 && at - machine < UNREADABLE_MS) return true
  const person = Math.max(s.seen.report ?? 0, s.seen.post ?? 0)
  return person > 0 && at - person < DAY
}

function recentOf(s: Watched, at: EpochMs): ServiceNow['recent'] {
  const out = { bad: 0, ok: 0, expected: 0 }
  if (!s.reports) return out
  const from = at - (at % MINUTE) - RECENT_MIN * MINUTE
  for (let slot = from; slot < at; slot += MINUTE) {
    const rows = rowsAt(s.reports.ring, slot)
    if (!rows) continue
    for (let i = 0; i < rows.leaf.length; i++) {
      out.bad += rows.a[i]!
      out.ok += rows.b[i]!
    }
  }
  out.expected = Math.round(100 * expectedReports(s.reports, from, from + RECENT_MIN * MINUTE)) / 100
  return out
}
