import type { JudgeInput } from '../../contract/finding.js'
import type { Forget } from '../../contract/order.js'
import type { Past } from '../../contract/past.js'
import type { CoursePoints, Matters, Sight, Step, Turn } from '../../contract/sharing/matters.js'
import type { Signal } from '../../contract/signal.js'
import { HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import { ROLLUP_MS } from '../../contract/view.js'
import { partitionOf } from '../stat/partition.js'
import { changedCourses, type Courses, courses as noCourses, forgetCourses, noteCourse } from '../origin/courses.js'
import { forgetComponent, forgetLabel, isWhole } from '../service/forget.js'
import type { Taught } from '../service/past.js'
import { freshRollups } from '../service/rollup.js'
import { Watch, type WatchSnapshot } from '../watch/watch.js'
import { type EngineConfig, FOLD_VERSION, MAX_TICKS_MS, SAME_MS, type Undone } from './fold.js'
import { moveBack, stepBack } from './rewind.js'
import { FADING_MS, recentOf, RENEW_MS, sightOf, sightShown } from './rows.js'
import { isConnected } from './tracing.js'

/** Raised with every change of the judge's checkpoint or of what passes between the halves that the other version cannot read. */
export const HALF_VERSION = 3
/** Of a partition's checkpoint, which has the states that snapshots have: those are read by their own version alone, so it rises with the fold's. */
export const LANE_VERSION = 1_000 * FOLD_VERSION + HALF_VERSION

/** Which services this half has: those of one partition. */
export interface Share {
  partition: number
  partitions: number
}

export interface WatchHalfSnapshot {
  version: number
  declared: string
  now: EpochMs
  ticked: EpochMs
  undone: Undone | null
  connected: boolean
  watch: WatchSnapshot
  courses: Courses
  /** What is to pass at the next barrier. */
  pending: Pending
}

interface Pending {
  steps: Step[]
  present: Step
  folded: number
  leftOut: Matters['undone']
  unshown: Map<string, number>
  measured: Map<string, EpochMs>
}

const step = (): Step => ({ tick: null, inputs: [], sights: [], rollups: [], facts: [], courses: [] })

/**
 * The half that watches, of one partition: what `Fold` does with its services before anybody judges. What it makes is cut at
 * barriers, which are entries that all partitions have.
 */
export class WatchHalf {
  /** Log time. */
  now: EpochMs = 0
  private ticked: EpochMs = 0
  private undone: Undone | null = null
  private leftOut: Matters['undone'] = []
  private steps: Step[] = []
  private present = step()
  private folded = 0
  private unshown = new Map<string, number>()
  /** Nodes of which something was measured since the last step → from when on their courses changed. */
  private measured = new Map<string, EpochMs>()
  private connected = false

  constructor(
    private readonly config: EngineConfig,
    private readonly share: Share,
    private watch = new Watch(config),
    private courses: Courses = noCourses(),
    restored = false,
  ) {
    if (!restored) this.declare()
  }

  isMine = (service: string): boolean => partitionOf(service, this.share.partitions) === this.share.partition

  /** The judge hears of the configuration by itself. */
  private declare(only?: string): void {
    for (const c of this.config.services) {
      if (only !== undefined && c.id !== only) continue
      if (isConnected([c])) this.connected = true
      if (!this.isMine(c.id)) continue
      const fact = { ...c, type: 'fact' as const, via: 'topology' as const, id: `config-${c.id}`, service: c.id, at: 0 }
      this.watch.take(fact, this.now, [])
    }
  }

  /** Folds a signal of its own; of others it hears the time, and what stands on what. */
  signal(signal: Signal, position: number): void {
    if (this.config.clock === 'signals') this.advance(signal.seenAt ?? signal.at, position)
    const { via } = signal
    if (via === 'topology' && isConnected([signal])) this.connected = true
    if (!this.isMine(signal.service)) return
    this.folded++
    const { present } = this
    this.watch.take(signal, this.now, present.inputs)
    if (via === 'topology') return
    if (this.connected && (via === 'metric' || via === 'check' || via === 'gauge' || via === 'alert')) {
      noteCourse(this.courses, signal)
      const since = this.measured.get(signal.service) ?? Number.POSITIVE_INFINITY
      this.measured.set(signal.service, Math.min(since, signal.at))
    }
    if (via === 'report' || via === 'alert') this.unshown.set(signal.service, position)
    if (signal.type === 'fact' && (via === 'change' || via === 'notice')) present.facts.push(signal as never)
  }

  /** Moves log time forward (never back) and runs the ticks that lie between, as `Fold` does. */
  advance(now: EpochMs, position: number): void {
    if (now <= this.now) return
    this.now = now
    const last = now - (now % MINUTE)
    if (this.ticked === 0) this.ticked = last
    if (last - this.ticked > MAX_TICKS_MS) this.ticked = last - MAX_TICKS_MS
    while (this.ticked < last) {
      this.ticked += MINUTE
      const inputs: JudgeInput[] = []
      this.watch.tick(this.ticked, inputs)
      const { present } = this
      present.inputs.push(...inputs.filter(each => each.type !== 'tick'))
      present.courses = this.takeCourses()
      this.makeRoom(this.ticked)
      this.watch.takeRollups(this.ticked, position, present.rollups)
      if (last - this.ticked < RENEW_MS) this.takeSights(present.sights, this.ticked)
      present.tick = this.ticked
      this.steps.push(present)
      this.present = step()
    }
  }

  private takeSights(into: Sight[], at: EpochMs): void {
    for (const s of this.watch.services.values()) {
      const busy = s.changed || s.troubles.bad !== null || s.troubles.slow !== null || at % RENEW_MS === 0
      if (!busy && at - (s.seen.report ?? 0) > FADING_MS && s.shown === sightShown(s, at)) continue
      s.changed = false
      s.shown = sightShown(s, at)
      into.push(sightOf(s, at))
    }
  }

  private takeCourses(): CoursePoints[] {
    const changed = changedCourses(this.courses, this.measured)
    this.measured.clear()
    return changed
  }

  /** All since the barrier before. What people reported since their rows were last taken is in it as it stands. */
  barrier(position: number, turn: Turn | null): Matters {
    for (const [id, since] of this.unshown) {
      const s = this.watch.service(id)
      freshRollups(s, this.now, since, this.present.rollups)
      const sight = sightOf(s, this.ticked)
      sight.recent = recentOf(s, this.now - (this.now % MINUTE) + MINUTE)
      this.present.sights.push(sight)
    }
    this.unshown.clear()
    const { now, folded } = this
    const rest = isEmpty(this.present) ? [] : [this.present]
    const matters = {
      partition: this.share.partition,
      ...{ position, now, folded, late: this.watch.late, turn, undone: this.leftOut },
      steps: [...this.steps, ...rest],
    }
    this.steps = []
    this.present = step()
    this.folded = 0
    this.leftOut = []
    return matters
  }

  teach(past: Past): Taught | null {
    if (!this.isMine(past.service)) return null
    const end = past.counts.at(-1)![0] + past.binMs
    const taught = this.watch.teach(past, this.now > 0 ? this.now : end)
    this.takeSights(this.present.sights, this.now)
    return taught
  }

  /** To be called after the barrier of its entry: the judge forgets there. */
  forget(forget: Forget): void {
    for (const id of this.watch.named(forget.service)) {
      if (forget.label !== undefined) forgetLabel(this.watch.service(id), forget.label, forget.value)
      else if (forget.component !== undefined) forgetComponent(this.watch.service(id), forget.component)
      else {
        this.watch.forget(id)
        forgetCourses(this.courses, id)
        this.measured.delete(id)
        this.unshown.delete(id)
      }
    }
    if (isWhole(forget)) this.declare(forget.service)
    this.takeSights(this.present.sights, this.now)
  }

  /** To be called after the barrier of its entry: the clock was ahead, or goes on by a leap. */
  rewind(to: EpochMs, position: number): void {
    if (to >= this.now) return this.leap(to, position)
    const byMs = stepBack(this.now, to)
    const bins = [...this.watch.services.values()].flatMap(s => [...s.bins.keys()])
    this.undone = { after: to, until: this.now, byMs, position, stay: [...new Set(bins.filter(bin => bin <= to))] }
    this.move(to, byMs, [])
    this.advance(to, position)
  }

  private leap(to: EpochMs, position: number): void {
    const { undone } = this
    if (undone !== null && Math.abs(to - this.now - undone.byMs) < SAME_MS) {
      const { after, byMs, position: since, stay } = undone
      this.leftOut.push({ after: after - byMs - HOUR, until: this.now, since, position: position - 1 })
      this.move(after - byMs, -byMs, stay)
      for (const s of this.watch.services.values()) for (const bin of s.bins.values()) bin.dirty = bin.urgent = true
      this.undone = null
    }
    this.advance(to, position)
  }

  private move(after: EpochMs, byMs: number, stay: EpochMs[]): void {
    const state = { watch: this.watch.snapshot(), courses: this.courses }
    moveBack(state, after, byMs, { now: this.now, stay })
    this.watch = Watch.open(state.watch, this.config)
    this.now -= byMs
    this.ticked = Math.max(0, this.ticked - byMs)
  }

  private makeRoom(at: EpochMs): void {
    const { undone } = this
    if (undone === null || at % ROLLUP_MS !== 0) return
    const until = Math.min(at, undone.until)
    this.leftOut.push({ after: until - ROLLUP_MS, until, since: 0, position: undone.position })
    if (at >= undone.until) this.undone = null
  }

  /** It shares memory, so serialise it before the next step. */
  snapshot(): WatchHalfSnapshot {
    const { steps, present, folded, leftOut, unshown, measured } = this
    return {
      version: LANE_VERSION,
      declared: JSON.stringify(this.config.services),
      ...{ now: this.now, ticked: this.ticked, undone: this.undone, connected: this.connected },
      watch: this.watch.snapshot(),
      courses: this.courses,
      pending: { steps, present, folded, leftOut, unshown, measured },
    }
  }

  static open(snapshot: WatchHalfSnapshot, config: EngineConfig, share: Share): WatchHalf {
    const { version, declared, now, ticked, undone, connected, watch, courses, pending, ...rest } = snapshot
    rest satisfies Record<string, never>
    if (version !== LANE_VERSION)
      throw new RangeError(`WatchHalf.open: checkpoint version is ${LANE_VERSION}; got ${version}`)
    const half = new WatchHalf(config, share, Watch.open(watch, config), courses, true)
    Object.assign(half, { now, ticked, undone, connected, ...pending })
    if (declared !== JSON.stringify(config.services)) half.declare()
    return half
  }
}

const isEmpty = ({ inputs, sights, rollups, facts, courses }: Step): boolean =>
  inputs.length + sights.length + rollups.length + facts.length + courses.length === 0
