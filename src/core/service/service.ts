import type { Observation, ObservationVia } from '../../contract/signal.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import type { Component, Dependency } from '../../contract/topology.js'
import { LATE_MS } from '../aggregate/label-sets.js'
import { rateState, takeRate, type RateState } from '../rates/state.js'
import { tickRates } from '../rates/rise-detector.js'
import { noteSample, sampleState, takeBackSample, type SampleState } from '../mentions/samples.js'
import { crowdState, noteCoordinated, noteCrowd, takeBackReport, whoOf } from '../admission/crowd.js'
import { reporters, type Reporters } from '../admission/answers.js'
import type { TextClass } from '../text/classify.js'
import { heard, noteHeard, type Heard } from './freshness.js'
import { noteQuote, quoteState, takeBackQuotes } from '../mentions/mentions.js'
import { reportState, takeReport, untakeReport, type ReportState, stepSeries } from '../counts/report-counts.js'
import { partyOf } from '../admission/parties.js'
import { addToBin, type Bin } from './rollup.js'
import type { ServiceReadings, TroubledService } from '../trouble/service.js'
import { noteCounted, voices, type Counted } from '../admission/admit.js'

/** Posts that tell of trouble. */
const TROUBLED: ReadonlySet<TextClass> = new Set(['complaint', 'exposure', 'takeover', 'quality'])

/** All that is kept of one service. */
export interface ServiceState extends TroubledService {
  title: string
  components: Component[]
  dependsOn: Dependency[]
  metrics: RateState | null
  checks: RateState | null
  reports: ReportState | null
  posts: ReportState | null
  answers: Reporters
  samples: SampleState
  bins: Map<EpochMs, Bin>
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
  metrics: null,
  checks: null,
  reports: null,
  posts: null,
  crowd: crowdState(),
  answers: reporters(),
  voices: voices(),
  samples: sampleState(),
  quotes: quoteState(),
  strands: { bad: null, slow: null },
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
  if (signal.via === 'metric') {
    s.metrics ??= rateState()
    const leaf = takeRate(s.metrics, slot, signal.labels, signal.total, signal.bad ?? 0, signal.slow ?? 0)
    addToBin(s, slot, 'metrics', s.metrics.book, leaf, signal.total, signal.bad ?? 0, signal.slow ?? 0)
  } else if (signal.via === 'check') {
    s.checks ??= rateState()
    const leaf = takeRate(s.checks, slot, signal.labels, signal.total, signal.bad ?? 0, 0)
    addToBin(s, slot, 'checks', s.checks.book, leaf, signal.total, signal.bad ?? 0, 0)
  } else takeAnswer(s, signal, slot, first, falseAlarmsPerDay)
}

function takeAnswer(
  s: ServiceState,
  signal: Observation,
  slot: EpochMs,
  first: boolean,
  falseAlarmsPerDay: number,
): void {
  const open = signal.prefix !== undefined
  const says = noteCrowd(s.crowd, signal, first, open ? partyOf(s.voices.parties, signal) : undefined)
  if (!first) return
  const kind = signal.via === 'report' ? 'reports' : 'posts'
  const state = (s[kind] ??= reportState(slot, falseAlarmsPerDay))
  state.seenAt = Math.max(state.seenAt, slot)
  const troubled = signal.via === 'report' ? signal.bad !== 0 : says !== null && TROUBLED.has(says)
  if (troubled) noteQuote(s.quotes, s, signal, whoOf(signal))
  if (signal.via === 'report') {
    const bad = signal.bad ?? signal.total
    const leaf = takeReport(state, slot, signal.labels, bad, signal.total - bad)
    if (signal.text && bad > 0 && (says === 'complaint' || says === 'quality'))
      noteSample(
        s.samples,
        signal.at,
        whoOf(signal),
        open ? partyOf(s.voices.parties, signal) : whoOf(signal),
        signal.text,
      )
    addToBin(s, slot, 'reports', state.book, leaf, bad, signal.total - bad, 0)
    const { at, labels } = signal
    if (open) noteCounted(s.voices, signal, { who: whoOf(signal), at, slot, labels, bad, ok: signal.total - bad })
  } else {
    const bad = signal.bad ?? (says !== null && TROUBLED.has(says) ? signal.total : 0)
    const leaf = takeReport(state, slot, signal.labels, bad, 0)
    addToBin(s, slot, 'posts', state.book, leaf, signal.total, bad, 0)
  }
}

/** A report that is kept out of the counts, and what the flood it belongs to had counted before. */
export function takeCoordinated(s: ServiceState, at: EpochMs, before: readonly Counted[]): void {
  noteCoordinated(s.crowd, at)
  s.changed = true
  for (const { who, at: then, slot, labels, bad, ok } of before) {
    takeBackReport(s.crowd, then, bad > 0, who)
    takeBackSample(s.samples, who)
    takeBackQuotes(s.quotes, who)
    if (!s.reports) continue
    const leaf = untakeReport(s.reports, slot, labels, bad, ok)
    addToBin(s, slot, 'reports', s.reports.book, leaf, -bad, -ok, 0)
  }
}

/** Closes the minute before `now` in every kind. */
export function tickKinds(s: ServiceState, now: EpochMs): ServiceReadings {
  return {
    reports: s.reports && stepSeries(s.reports, now),
    posts: s.posts && stepSeries(s.posts, now),
    metrics: s.metrics && tickRates(s.metrics, now),
    checks: s.checks && tickRates(s.checks, now),
  }
}
