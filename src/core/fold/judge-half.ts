import type { JudgeInput } from '../../contract/finding.js'
import type { IncidentEvent } from '../../contract/incident.js'
import type { Forget } from '../../contract/order.js'
import type { Outcome } from '../../contract/outcome.js'
import type { Matters, Sight, Step } from '../../contract/sharing/matters.js'
import type { EpochMs } from '../../contract/time.js'
import { forgetCourses, type Courses, courses as noCourses, takeChanged } from '../origin/courses.js'
import { leaveOut, isWhole } from '../service/forget.js'
import { Judge, type JudgeSnapshot } from '../judge/judge.js'
import { type KnownIncident, mendRecords } from '../judge/mend.js'
import { type EngineConfig, SAME_MS } from './fold.js'
import { inOrder } from './order.js'
import { moveBack, stepBack } from './rewind.js'
import { rowFrom } from './rows.js'
import { Tracing } from './tracing.js'
import { HALF_VERSION } from './watch-half.js'

export interface JudgeHalfSnapshot {
  version: number
  declared: string
  now: EpochMs
  judge: JudgeSnapshot
  sights: Map<string, Sight>
  courses: Courses
  /** The last time that the clock was put back: by how much, as long as it may be taken back. */
  backMs: number
}

/**
 * The half that judges: what `Fold` does with what its watch found, of all partitions together. The same matters give the same
 * outcome, whoever sent them and when.
 */
export class JudgeHalf {
  now: EpochMs = 0
  private backMs = 0
  private tracing: Tracing

  constructor(
    private readonly config: EngineConfig,
    private judge = new Judge(),
    private readonly sights = new Map<string, Sight>(),
    courses: Courses = noCourses(),
    restored = false,
  ) {
    const parts = () => [...this.sights.values()].map(sight => ({ ...sight, id: sight.service }))
    this.tracing = new Tracing(parts, courses)
    if (!restored) this.declare()
  }

  private declare(only?: string): void {
    for (const c of this.config.services) {
      if (only !== undefined && c.id !== only) continue
      const fact = { ...c, type: 'fact' as const, via: 'topology' as const, id: `config-${c.id}`, service: c.id, at: 0 }
      this.judge.take({ type: 'fact', fact, at: this.now }, [])
    }
  }

  /** One barrier, as all partitions reached it. */
  take(all: readonly Matters[], into: Outcome): void {
    const sorted = [...all].sort((a, b) => a.partition - b.partition)
    const steps = sorted.flatMap(each => each.steps)
    const ticks = [...new Set(steps.map(each => each.tick))].filter(tick => tick !== null).sort((a, b) => a - b)
    for (const tick of ticks)
      this.step(
        steps.filter(each => each.tick === tick),
        tick,
        into,
      )
    const rest = steps.filter(each => each.tick === null)
    if (rest.length > 0) this.step(rest, null, into)
    this.now = Math.max(this.now, ...all.map(each => each.now))
    const undone = sorted[0]?.undone ?? []
    if (undone.length > 0) (into.undone ??= []).push(...undone)
    this.turn(sorted[0]?.turn ?? null, into)
  }

  private step(steps: readonly Step[], tick: EpochMs | null, into: Outcome): void {
    const told = into.events.length
    for (const each of steps) takeChanged(this.tracing.courses, each.courses)
    const sights = steps.flatMap(each => each.sights)
    for (const sight of sights) this.sights.set(sight.service, sight)
    if (sights.length > 0) this.tracing.connect()
    const inputs: JudgeInput[] = steps.flatMap(each => each.inputs)
    if (tick !== null) inputs.push({ type: 'tick', at: tick })
    inOrder(inputs)
    if (tick !== null) this.tracing.trace(inputs)
    for (const input of inputs) this.judge.take(input, into.events)
    for (const fact of steps.flatMap(each => each.facts))
      into.facts.push((fact.via === 'change' && this.judge.change(fact)) || fact)
    into.rollups.push(...steps.flatMap(each => each.rollups))
    this.show(sights, into, into.events.slice(told), tick ?? this.now)
  }

  /** Rows of what was seen anew, and of what was decided about. */
  private show(sights: readonly Sight[], into: Outcome, events: readonly IncidentEvent[], at: EpochMs): void {
    const seen = new Set(sights.map(each => each.service))
    into.services.push(...sights.map(each => rowFrom(each, this.judge)))
    for (const service of new Set(events.map(each => each.service))) {
      const known = this.sights.get(service)
      if (known && !seen.has(service)) into.services.push(rowFrom(known, this.judge, Math.max(at, known.at)))
    }
  }

  private turn(turn: Matters['turn'], into: Outcome): void {
    if (turn?.kind === 'order') {
      const told = into.events.length
      const { order } = turn
      this.judge.take({ ...order, at: Math.max(order.at, this.now) }, into.events)
      this.show([], into, into.events.slice(told), this.now)
    } else if (turn?.kind === 'forget') this.forget(turn.forget, into)
    else if (turn?.kind === 'rewind') this.rewind(turn.to)
  }

  private forget(forget: Forget, into: Outcome): void {
    leaveOut(forget, into)
    if (!isWhole(forget)) return
    for (const id of [...this.sights.keys()])
      if (id === forget.service || id.replace(/\p{Cs}/gu, '\ufffd') === forget.service) {
        this.sights.delete(id)
        this.judge.forget(id)
        forgetCourses(this.tracing.courses, id)
      }
    this.judge.forget(forget.service)
    this.declare(forget.service)
  }

  private rewind(to: EpochMs): void {
    const goes = this.now - to
    if (goes > 0) {
      this.backMs = stepBack(this.now, to)
      this.move(to, this.backMs)
    } else if (this.backMs > 0 && Math.abs(-goes - this.backMs) < SAME_MS) {
      this.move(this.now - this.backMs, -this.backMs)
      this.backMs = 0
    }
    this.now = to
  }

  private move(after: EpochMs, byMs: number): void {
    const state = { judge: this.judge.snapshot(), sights: this.sights, courses: this.tracing.courses }
    moveBack(state, after, byMs, { now: this.now, stay: [] })
    this.judge = Judge.open(state.judge)
  }

  /** A part of what passed between the halves was lost: from here on it goes by what was told of incidents. */
  mend(known: readonly KnownIncident[], at: EpochMs, into: Outcome): void {
    mendRecords(this.judge.records, known, Math.max(at, this.now), into.events)
  }

  snapshot(): JudgeHalfSnapshot {
    return {
      version: HALF_VERSION,
      declared: JSON.stringify(this.config.services),
      ...{ now: this.now, backMs: this.backMs, sights: this.sights },
      judge: this.judge.snapshot(),
      courses: this.tracing.courses,
    }
  }

  static open(snapshot: JudgeHalfSnapshot, config: EngineConfig): JudgeHalf {
    const { version, declared, now, backMs, sights, judge, courses, ...rest } = snapshot
    rest satisfies Record<string, never>
    if (version !== HALF_VERSION)
      throw new RangeError(`JudgeHalf.open: checkpoint version is ${HALF_VERSION}; got ${version}`)
    const half = new JudgeHalf(config, Judge.open(judge), sights, courses, true)
    half.now = now
    half.backMs = backMs
    half.tracing.connect()
    if (declared !== JSON.stringify(config.services)) half.declare()
    return half
  }
}
