import type { Alert, Gauge, GaugeMeasure, Observation, ObservationVia } from '../../contract/signal.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import type { Component, Dependency } from '../../contract/topology.js'
import type { Sources } from '../graph/sources.js'
import { LATE_MS } from '../aggregate/label-sets.js'
import { noteSample, sampleState, takeBackSample, type SampleState } from '../mentions/samples.js'
import { crowdState, noteCoordinated, noteCrowd, takeBackReport, whoOf } from '../admission/crowd.js'
import { reporters, type Reporters } from '../admission/answers.js'
import type { TextClass } from '../text/classify.js'
import { heard, noteHeard, type Heard } from './freshness.js'
import { noteMention, mentionState, takeBackMentions } from '../mentions/mentions.js'
import { untakeReport } from '../counts/report-counts.js'
import { partyOf } from '../admission/parties.js'
import { addToBin, type Bins } from '../evidence/bins.js'
import { badOf, TROUBLED } from '../evidence/people.js'
import { heardVia, noEvidence } from '../evidence/registry.js'
import type { Heard as Evident } from '../evidence/evidence.js'
import type { TroubledService } from '../trouble/service.js'
import { noteAdmitted, admissionState, type Counted } from '../admission/admit.js'

/** Gauges that say how a service does, not only what it stands on. */
const TELLING: ReadonlySet<GaugeMeasure> = new Set(['failing', 'slow', 'latency'])

/** All that is kept of one service. */
export interface ServiceState extends TroubledService {
  title: string
  components: Component[]
  dependsOn: Dependency[]
  /** What components and dependencies are summed from. */
  sources: Sources
  answers: Reporters
  samples: SampleState
  bins: Bins
  heard: Heard
  /** What its newest row said, so that a row is put when time alone changes it. */
  shown: string
  /** Observations that came too late for their minute. */
  late: number
  changed: boolean
  /** What was taught of the past, by kind: the same is taken once. */
  taught?: Partial<Record<ObservationVia, string>>
}

export const serviceState = (id: string): ServiceState => ({
  id,
  title: id,
  components: [],
  dependsOn: [],
  sources: {},
  evidence: noEvidence(),
  crowd: crowdState(),
  answers: reporters(),
  admission: admissionState(),
  samples: sampleState(),
  mentions: mentionState(),
  troubles: { bad: null, slow: null },
  branches: [],
  bins: new Map(),
  seen: {},
  heard: heard(),
  shown: '',
  late: 0,
  changed: true,
})

/** Counts one observation in its minute. `first` is false for a person's repeated answer, which is noted but not counted. */
export function takeObservation(
  s: ServiceState,
  signal: Observation,
  now: EpochMs,
  first: boolean,
  falseAlarmsPerDay: number,
): void {
  // A window that ends on the minute belongs to the minute before.
  const slot = Math.floor((signal.via === 'metric' ? signal.at - 1 : signal.at) / MINUTE) * MINUTE
  s.seen[signal.via] = Math.max(s.seen[signal.via] ?? 0, signal.at)
  noteHeard(s.heard, signal, now)
  if (now - slot > LATE_MS) {
    s.late++
    return
  }
  if (signal.via === 'report' || signal.via === 'post') takeAnswer(s, signal, slot, first, falseAlarmsPerDay)
  else count(s, signal, slot, null, falseAlarmsPerDay)
}

/** Notes a value that was read off something, or what a rule of the operator's says. */
export function takeMeasured(s: ServiceState, signal: Gauge | Alert, now: EpochMs, falseAlarmsPerDay: number): void {
  const slot = Math.floor((signal.via === 'gauge' ? signal.at - 1 : signal.at) / MINUTE) * MINUTE
  if (signal.via === 'gauge') {
    // A share of what fails is heard like the counts that it stands for.
    if (TELLING.has(signal.measures)) {
      s.seen.metric = Math.max(s.seen.metric ?? 0, signal.at)
      noteHeard(s.heard, { ...signal, via: 'metric', total: 1 }, now)
    }
    if (now - slot > LATE_MS) {
      s.late++
      return
    }
  }
  count(s, signal, slot, null, falseAlarmsPerDay)
}

/** Counts it in every kind of evidence that hears it. */
function count(
  s: ServiceState,
  signal: Evident,
  slot: EpochMs,
  says: TextClass | null,
  falseAlarmsPerDay: number,
): void {
  for (const each of heardVia[signal.via]) {
    if (each.hears?.(signal) === false) continue
    const state = (s.evidence[each.kind] ??= each.state(slot, falseAlarmsPerDay))
    each.take(state, signal, slot, says, s.bins)
  }
  s.changed = true
}

function takeAnswer(
  s: ServiceState,
  signal: Observation,
  slot: EpochMs,
  first: boolean,
  falseAlarmsPerDay: number,
): void {
  const open = signal.prefix !== undefined
  const says = noteCrowd(s.crowd, signal, first, open ? partyOf(s.admission.parties, signal) : undefined)
  if (!first) return
  const bad = badOf(signal, says)
  const troubled = signal.via === 'report' ? signal.bad !== 0 : says !== null && TROUBLED.has(says)
  if (troubled) noteMention(s.mentions, s.evidence, signal, whoOf(signal))
  count(s, signal, slot, says, falseAlarmsPerDay)
  if (signal.via !== 'report') return
  const who = whoOf(signal)
  const party = open ? partyOf(s.admission.parties, signal) : who
  if (signal.text && bad > 0 && (says === 'complaint' || says === 'quality'))
    noteSample(s.samples, signal.at, who, party, signal.text)
  const { at, labels } = signal
  if (open) noteAdmitted(s.admission, signal, { who, at, slot, labels, bad, ok: signal.total - bad })
}

/** A report that is kept out of the counts, and what the flood it belongs to had counted before. */
export function takeCoordinated(s: ServiceState, at: EpochMs, before: readonly Counted[]): void {
  noteCoordinated(s.crowd, at)
  s.changed = true
  for (const { who, at: then, slot, labels, bad, ok } of before) {
    takeBackReport(s.crowd, then, bad > 0, who)
    takeBackSample(s.samples, who)
    takeBackMentions(s.mentions, who)
    const { report } = s.evidence
    if (!report) continue
    const leaf = untakeReport(report, slot, labels, bad, ok)
    addToBin(s.bins, slot, 'report', true, report.book, leaf, -bad, -ok, 0)
  }
}
