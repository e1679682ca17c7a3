import type { JudgeInput } from '../../contract/finding.js'
import type { Past } from '../../contract/past.js'
import type { Signal } from '../../contract/signal.js'
import { DAY, MINUTE, type EpochMs } from '../../contract/time.js'
import type { Rollup } from '../../contract/view.js'
import { noteTopology, summed } from '../graph/sources.js'
import { FAILURE_MODES, type FailureMode } from '../rates/state.js'
import { answered, noteAnswer } from '../admission/answers.js'
import { freshExposures, learnHabits, readCrowd } from '../admission/crowd.js'
import { LEARN_DELAY_MS } from '../counts/report-counts.js'
import { learnMentions, noteEdges } from '../mentions/mentions.js'
import { takeRollups } from '../service/rollup.js'
import { isDoubted } from '../trouble/combine.js'
import { teachPast, type Taught } from '../service/past.js'
import { isFlooding, learnAdmission, admit } from '../admission/admit.js'
import { followTroubles } from '../trouble/follow.js'
import { eachEvidence, tickEvidence } from '../evidence/registry.js'
import type { GraphPart } from '../graph/graph.js'
import { serviceState, takeCoordinated, takeMeasured, takeObservation, type ServiceState } from '../service/service.js'
import { type Asleep, dueOf, isStill, opened, type Packing, stored, type StoredService } from './asleep.js'

/** So many people, each for themselves, must say that they see what is not theirs, or lost what is, before it is told. */
export const EXPOSURES_TO_TELL = 5
const EXPOSURE_WINDOW_MS = 15 * MINUTE
/** Trouble that has lasted so long is taught to the baseline after all: either it ends, or it is how things are now. */
const LASTING_MS = 3 * DAY
/** So many are woken at a tick because time is up: some milliseconds each, with hours of minutes to make up for. */
const WOKEN_AT_ONCE = 200
/** So many fall asleep at a tick: half a millisecond each. */
const LAID_AT_ONCE = 250

export interface WatchOptions {
  /** What an operator asks for: false incidents a service and 30 days. */
  falseAlarmsPerMonth: number
}

/** What a snapshot holds of the watch: each service as it is kept, those that sleep as their bytes. */
export interface WatchSnapshot {
  services: StoredService[]
  /** The last tick; absent, like those that sleep, before any did. */
  ticked?: EpochMs
  asleep?: Asleep[]
}

/** A finding is published while there is something to say; between, only facts pass through. */
export class Watch {
  /** Those that are judged each minute; all of them without a `packing`. */
  readonly services = new Map<string, ServiceState>()
  private asleep = new Map<string, Asleep>()
  private ticked: EpochMs = 0
  private roused = true
  /** What was found in minutes that were made up for: nothing, as far as `isStill` is right. */
  private overdue: JudgeInput[] = []

  constructor(
    private readonly options: WatchOptions,
    readonly packing?: Packing,
  ) {}

  /** Folds one signal at log time `now`. What the judge must know at once goes to `matters`. */
  take(signal: Signal, now: EpochMs, matters: JudgeInput[]): void {
    const s = this.service(signal.service)
    if (signal.type === 'fact') {
      if (signal.via === 'topology') {
        if (signal.title) s.title = signal.title
        s.sources = noteTopology(s.sources, signal)
        Object.assign(s, summed(s.sources))
        if (signal.edges) noteEdges(s.mentions, signal.edges)
        s.changed = true
      }
      if (signal.via === 'alert') takeMeasured(s, signal, now, this.options.falseAlarmsPerMonth / 30)
      else matters.push({ type: 'fact', fact: signal, at: now })
      return
    }
    if (signal.via === 'gauge') return takeMeasured(s, signal, now, this.options.falseAlarmsPerMonth / 30)
    const who = signal.via === 'report' ? signal.reporter : signal.author
    const bad = signal.bad !== 0
    if (signal.via === 'report' && (signal.prefix !== undefined || signal.limited === true)) {
      const again = who !== undefined && answered(s.answers, who, bad, signal.at)
      if (again && isFlooding(s.admission, signal.prefix)) return takeCoordinated(s, signal.at, [])
      const admission = again ? null : admit(s.admission, signal)
      // Who was not counted has not used up the day's answer, and a flood of names pushes nobody out of memory.
      if (admission?.counts === false) return takeCoordinated(s, signal.at, admission.takeBack)
    }
    const first = who === undefined || noteAnswer(s.answers, who, bad, signal.at)
    takeObservation(s, signal, now, first, this.options.falseAlarmsPerMonth / 30)
  }

  /** Learns levels from counts of the past; tells nothing. */
  teach(past: Past, now: EpochMs): Taught {
    return teachPast(this.service(past.service), past, now, this.options.falseAlarmsPerMonth / 30)
  }

  service(id: string): ServiceState {
    let s = this.services.get(id)
    if (!s) this.services.set(id, (s = this.wake(id) ?? serviceState(id)))
    return s
  }

  /** Puts a service to sleep until somebody speaks of it or `dueOf` has come. */
  lay(s: ServiceState, at: EpochMs): void {
    this.asleep.set(s.id, this.packed(s, at))
    this.services.delete(s.id)
  }

  private packed(s: ServiceState, at: EpochMs): Asleep {
    const { id, title, late } = s
    return { id, title, late, at, due: dueOf(s, at), bytes: this.packing!.pack(stored(s)) }
  }

  /** Unpacks those that a snapshot held as bytes though they were awake: whoever goes through all of them needs that. */
  rouse(): void {
    if (this.roused) return
    this.roused = true
    for (const { id, awake } of this.asleep.values()) if (awake) this.service(id)
  }

  /** Those that may sleep from the tick at `now` on, not too many of them. */
  *still(now: EpochMs): Generator<ServiceState> {
    if (!this.packing) return
    let found = 0
    for (const s of this.services.values()) {
      if (!isStill(s, now)) continue
      yield s
      if (++found >= LAID_AT_ONCE) return
    }
  }

  /** A service that sleeps, as if each minute since had been judged when it came. */
  private wake(id: string): ServiceState | null {
    const lay = this.asleep.get(id)
    if (lay === undefined) return null
    this.asleep.delete(id)
    const s = opened(this.packing!.unpack(lay.bytes))
    for (let at = lay.at + MINUTE; at <= this.ticked; at += MINUTE) this.judge(s, at, this.overdue)
    takeRollups(s, this.ticked, 0, [])
    return s
  }

  wakeAll(): void {
    for (const id of [...this.asleep.keys()]) this.service(id)
  }

  /** Before a tick at `now` whose rows are seen: wakes those whose time is up. */
  wakeDue(now: EpochMs): void {
    this.rouse()
    let woken = 0
    for (const { id, due } of this.asleep.values()) {
      if (due > now) continue
      this.service(id).changed = true
      if (++woken >= WOKEN_AT_ONCE) return
    }
  }

  forget(id: string): void {
    this.services.delete(id)
    this.asleep.delete(id)
  }

  /** All of them, for the graph: on none that sleeps stands anything, and it on nothing. */
  *parts(): Generator<GraphPart> {
    yield* this.services.values()
    for (const { id, title } of this.asleep.values()) yield { id, title, components: [], dependsOn: [] }
  }

  /** Observations that came too late for their minute, of all time. */
  get late(): number {
    let late = 0
    for (const s of this.services.values()) late += s.late
    for (const s of this.asleep.values()) late += s.late
    return late
  }

  /** Services by the name that pages have for them: half characters of old logs are shown as U+FFFD. */
  named(service: string): string[] {
    return [...this.services.keys(), ...this.asleep.keys()].filter(
      id => id === service || id.replace(/\p{Cs}/gu, '\ufffd') === service,
    )
  }

  /** Closes the minute that ends at `now` for every service. */
  tick(now: EpochMs, matters: JudgeInput[]): void {
    this.rouse()
    this.ticked = now
    matters.push(...this.overdue.splice(0))
    for (const s of this.services.values()) this.judge(s, now, matters)
    matters.push({ type: 'tick', at: now })
  }

  private judge(s: ServiceState, now: EpochMs, matters: JudgeInput[]): void {
    const readings = tickEvidence(s.evidence, now)
    for (const mode of FAILURE_MODES) matters.push(...followTroubles(s, mode, readings, now))
    if (!s.troubles.bad) tellExposure(s, now, matters)
    learn(s, now)
  }

  /** Rows of the pages that changed since they were last taken. */
  takeRollups(now: EpochMs, position: number, into: Rollup[]): void {
    for (const s of this.services.values()) if (s.bins.size > 0) takeRollups(s, now, position, into)
  }

  /** Shares memory with the watch: serialise it before the next step. */
  snapshot(): WatchSnapshot {
    if (!this.packing) return { services: [...this.services.values()].map(stored) }
    const [services, asleep]: [StoredService[], Asleep[]] = [[], [...this.asleep.values()]]
    for (const s of this.services.values())
      if (s.components.length > 0 || s.dependsOn.length > 0) services.push(stored(s))
      else asleep.push({ ...this.packed(s, this.ticked), awake: true })
    return { services, ticked: this.ticked, asleep }
  }

  /** The same with none as bytes: all are awake from here on. */
  whole(): WatchSnapshot {
    this.wakeAll()
    return { services: [...this.services.values()].map(stored), ticked: this.ticked }
  }

  static open(snapshot: WatchSnapshot, options: WatchOptions, packing?: Packing): Watch {
    const { services, ticked = 0, asleep = [], ...rest } = snapshot
    rest satisfies Record<string, never>
    const watch = new Watch(options, packing)
    watch.ticked = ticked
    for (const s of services) watch.services.set(s.id, opened(s))
    for (const s of asleep) watch.asleep.set(s.id, s)
    watch.roused = false
    return watch
  }
}

function learn(s: ServiceState, now: EpochMs): void {
  const since = (mode: FailureMode): EpochMs | null => {
    const fresh = [s.troubles[mode], ...(mode === 'bad' ? s.branches : [])].filter(
      state => state !== null && now - state.raisedAt < LASTING_MS,
    )
    return fresh.length > 0 ? Math.min(...fresh.map(state => state!.onsetInterval[0])) : null
  }
  for (const mode of FAILURE_MODES) {
    const lasted = now - (s.troubles[mode]?.raisedAt ?? now)
    if (lasted < LASTING_MS || lasted >= LASTING_MS + MINUTE) continue
    eachEvidence(s.evidence, (kind, state) => kind.startAnew?.(state, mode, now))
  }
  const trouble = { bad: since('bad'), slow: since('slow') }
  eachEvidence(s.evidence, (kind, state) => kind.learn(state, now, trouble))
  learnMentions(s.mentions, now, trouble.bad)
  // As late as the mix of places, so that an onset is not in it.
  const settled = now - LEARN_DELAY_MS
  if (trouble.bad === null || settled < trouble.bad) {
    const reports = learnHabits(s.crowd, settled)
    // A rise that was doubted is no quiet time: nobody makes himself familiar by it.
    if (trouble.bad === null && !rises(s)) learnAdmission(s.admission, settled, reports)
  }
}

const rises = ({ evidence: { report } }: ServiceState): boolean =>
  report !== null && (report.rare || report.drift.alarm)

/** People who see what is not theirs, or lost what is, matter by what they say, not by how many they are: told without any spike. */
function tellExposure(s: ServiceState, now: EpochMs, matters: JudgeInput[]): void {
  if (s.crowd.exposures.length + s.crowd.takeovers.said.length < EXPOSURES_TO_TELL) return
  const doubt = isDoubted(s, now)
  const crowd = readCrowd(s.crowd, now, EXPOSURE_WINDOW_MS, doubt)
  if (crowd.exposures < EXPOSURES_TO_TELL) return
  const onset = Math.min(...freshExposures(s.crowd, now, EXPOSURE_WINDOW_MS, doubt).map(x => x.at))
  matters.push({
    type: 'finding',
    service: s.id,
    at: now,
    strand: 'bad',
    alarm: false,
    kinds: {},
    bits: 0,
    onset,
    onsetInterval: [onset - 30 * MINUTE, onset],
    segments: [],
    uneven: [],
    unaffected: {},
    components: [],
    tracks: [],
    share: null,
    lately: null,
    calm: false,
    demand: null,
    crowd,
    hint: 'security',
  })
}
