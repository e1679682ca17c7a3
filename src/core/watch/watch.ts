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
import type { EvidenceSnapshot } from '../evidence/evidence.js'
import { eachEvidence, openEvidence, snapshotEvidence, tickEvidence } from '../evidence/registry.js'
import { serviceState, takeCoordinated, takeMeasured, takeObservation, type ServiceState } from '../service/service.js'

/** So many people, each for themselves, must say that they see what is not theirs, or lost what is, before it is told. */
export const EXPOSURES_TO_TELL = 5
const EXPOSURE_WINDOW_MS = 15 * MINUTE
/** Trouble that has lasted so long is taught to the baseline after all: either it ends, or it is how things are now. */
const LASTING_MS = 3 * DAY

export interface WatchOptions {
  /** What an operator asks for: false incidents a service and 30 days. */
  falseAlarmsPerMonth: number
}

/** What a snapshot holds of the watch: each service as it is kept, its evidence as the kinds store it. */
export interface WatchSnapshot {
  services: (Omit<ServiceState, 'evidence'> & { evidence: EvidenceSnapshot })[]
}

/** A finding is published while there is something to say; between, only facts pass through. */
export class Watch {
  readonly services = new Map<string, ServiceState>()

  constructor(private readonly options: WatchOptions) {}

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
    if (!s) this.services.set(id, (s = serviceState(id)))
    return s
  }

  /** Services by the name that pages have for them: half characters of old logs are shown as U+FFFD. */
  named(service: string): string[] {
    return [...this.services.keys()].filter(id => id === service || id.replace(/\p{Cs}/gu, '\ufffd') === service)
  }

  /** Closes the minute that ends at `now` for every service. */
  tick(now: EpochMs, matters: JudgeInput[]): void {
    for (const s of this.services.values()) {
      const readings = tickEvidence(s.evidence, now)
      for (const mode of FAILURE_MODES) matters.push(...followTroubles(s, mode, readings, now))
      if (!s.troubles.bad) tellExposure(s, now, matters)
      learn(s, now)
    }
    matters.push({ type: 'tick', at: now })
  }

  /** Rows of the pages that changed since they were last taken. */
  takeRollups(now: EpochMs, position: number, into: Rollup[]): void {
    for (const s of this.services.values()) if (s.bins.size > 0) takeRollups(s, now, position, into)
  }

  /** Shares memory with the watch: serialise it before the next step. */
  snapshot(): WatchSnapshot {
    return { services: [...this.services.values()].map(s => ({ ...s, evidence: snapshotEvidence(s.evidence) })) }
  }

  static open({ services, ...rest }: WatchSnapshot, options: WatchOptions): Watch {
    rest satisfies Record<string, never>
    const watch = new Watch(options)
    for (const s of services) watch.services.set(s.id, { ...s, evidence: openEvidence(s.evidence) })
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
