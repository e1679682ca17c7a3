import type { Finding, KindReading, SegmentReading } from '../../contract/finding.js'
import type { Observation, ObservationVia } from '../../contract/signal.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import type { Component, Dependency } from '../../contract/topology.js'
import { groupCount, groupName, LATE_MS } from '../aggregate.js'
import { segment, type Segmentation } from '../localize/index.js'
import { clearSums, rateState, takeRate, tickRates, type RateReading, type RateState, type Strand } from '../rates.js'
import { noteSample, sampleState, takeBackSample, type SampleState } from '../samples/samples.js'
import type { SeriesReading } from '../series.js'
import {
  crowdState,
  noteCoordinated,
  noteCrowd,
  readCrowd,
  reporters,
  takeBackReport,
  whoOf,
  type CrowdState,
  type Reporters,
} from './crowd.js'
import type { TextClass } from '../text.js'
import { readDemand } from './demand.js'
import { badKinds, bitsOfKinds, inAlarm, isDoubted, machinesSee, onsetOf, slowKinds } from './kinds.js'
import {
  expectedReports,
  reportState,
  reportTable,
  takeReport,
  untakeReport,
  type ReportState,
  stepSeries,
} from './reports.js'
import { addToBin, type Bin } from './rollup.js'
import {
  addFromChecks,
  anyExcess,
  failingComponents,
  failsInSilence,
  locateRates,
  nameSegments,
  newStrand,
  rateWindow,
  readTracks,
  stretch,
  whereUnaffected,
  type RateWindow,
  type StrandState,
} from './strand.js'
import { noteCounted, voices, type Counted, type Voices } from './voices.js'

/** The onset is estimated anew while evidence comes in for so long after the alarm, then it stands. */
const ONSET_SETTLES_MS = 10 * MINUTE
/** Sums of a kind are forgotten when its window has shown nothing for so long. */
const EVIDENCE_FADES_MS = 5 * MINUTE
/** Reports below this part of their peak are an echo once telemetry is calm. */
const ECHO_SHARE = 0.2
/** A strand is followed for so long after its last trouble; the judge's hold is shorter. */
const AFTERMATH_MS = 40 * MINUTE
/** Report segments are read over this much. */
const REPORT_WINDOW_MS = 15 * MINUTE
/** Posts that tell of trouble. */
const TROUBLED: ReadonlySet<TextClass> = new Set(['complaint', 'exposure', 'takeover', 'quality'])
/** Segments are searched each minute at first, then each SEARCH_EVERY minutes: they change slowly later. */
const SEARCH_EVERY_MIN = 3
const SEARCH_SETTLES_MS = 30 * MINUTE

export interface ServiceState {
  id: string
  title: string
  components: Component[]
  dependsOn: Dependency[]
  metrics: RateState | null
  checks: RateState | null
  reports: ReportState | null
  posts: ReportState | null
  crowd: CrowdState
  answers: Reporters
  voices: Voices
  samples: SampleState
  strands: Record<Strand, StrandState | null>
  bins: Map<EpochMs, Bin>
  seen: Partial<Record<ObservationVia, EpochMs>>
  /** Observations that came too late for their minute. */
  late: number
  changed: boolean
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
  strands: { bad: null, slow: null },
  bins: new Map(),
  seen: {},
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
  const says = noteCrowd(s.crowd, signal, first)
  if (!first) return
  const kind = signal.via === 'report' ? 'reports' : 'posts'
  const state = (s[kind] ??= reportState(slot, falseAlarmsPerDay))
  state.seenAt = Math.max(state.seenAt, slot)
  if (signal.via === 'report') {
    const bad = signal.bad ?? signal.total
    const leaf = takeReport(state, slot, signal.labels, bad, signal.total - bad)
    if (signal.text && bad > 0 && (says === 'complaint' || says === 'quality'))
      noteSample(s.samples, signal.at, whoOf(signal), signal.prefix ?? whoOf(signal), signal.text)
    addToBin(s, slot, 'reports', state.book, leaf, bad, signal.total - bad, 0)
    const { at, labels, prefix } = signal
    if (prefix !== undefined)
      noteCounted(s.voices, prefix, { who: whoOf(signal), at, slot, labels, bad, ok: signal.total - bad })
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
    if (!s.reports) continue
    const leaf = untakeReport(s.reports, slot, labels, bad, ok)
    addToBin(s, slot, 'reports', s.reports.book, leaf, -bad, -ok, 0)
  }
}

/** Readings of one tick, kept for the strands, the page rows and learning. */
export interface ServiceReadings {
  reports: SeriesReading | null
  posts: SeriesReading | null
  metrics: Record<Strand, RateReading> | null
  checks: Record<Strand, RateReading> | null
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

function date(state: StrandState, onset: EpochMs, interval: [EpochMs, EpochMs]): void {
  state.onset = onset
  state.onsetInterval = interval
}

/** What one strand has to say at this tick; null when all is quiet. Opens, follows and closes the strand's state. */
export function readStrand(s: ServiceState, strand: Strand, r: ServiceReadings, now: EpochMs): Finding | null {
  const kinds = strand === 'bad' ? badKinds(s, r, now) : slowKinds(r)
  const alarm = inAlarm(kinds)
  let state = s.strands[strand]
  if (!alarm && !state) return null
  if (!state) {
    const { onset, interval } = onsetOf(s, strand, kinds, r, now)
    state = s.strands[strand] = newStrand(now, onset, interval)
  } else if (alarm && now - Math.max(state.raisedAt, state.machineAt) < ONSET_SETTLES_MS) {
    const { onset, interval } = onsetOf(s, strand, kinds, r, now)
    // A later rise within the same trouble is none of its beginnings.
    if (onset <= Math.max(state.raisedAt, state.machineAt)) date(state, onset, interval)
  }
  // Machines that see it at last know better when it began than people who complained before, perhaps of something else.
  if (alarm && state.machineAt === 0 && machinesSee(kinds)) {
    state.machineAt = now
    const { onset, interval } = onsetOf(s, strand, kinds, r, now)
    date(state, onset, interval)
  }
  const metrics = s.metrics && rateWindow(s.metrics, strand, now, state.onset, true)
  const checks =
    strand === 'bad' && s.checks ? rateWindow(s.checks, strand, now, state.onset, s.metrics === null) : null
  const failing = {
    metrics: metrics !== null && anyExcess(metrics, strand),
    checks: checks !== null && anyExcess(checks, strand),
  }
  for (const kind of ['metrics', 'checks'] as const) {
    if (failing[kind]) state.excessAt[kind] = now
    else if (now - Math.max(state.raisedAt, state.excessAt[kind]) >= EVIDENCE_FADES_MS && s[kind])
      clearSums(s[kind]!, strand)
  }
  const echo = strand === 'bad' && s.reports ? reportTrack(s.reports, kinds.report, now) : null
  state.reportPeak = Math.max(state.reportPeak, echo?.excess ?? 0)
  const troubled =
    failing.metrics || failing.checks || (alarm && !onlyEcho(state, kinds, echo, s.strands.slow !== null, now))
  if (troubled) state.troubledAt = now
  else if (now - state.troubledAt > AFTERMATH_MS) {
    s.strands[strand] = null
    return null
  }
  if (now - state.raisedAt < SEARCH_SETTLES_MS || (now / MINUTE) % SEARCH_EVERY_MIN === 0)
    locate(s, state, strand, kinds, { metrics, checks }, failing, now)
  // Metrics that saw the trouble keep the last word of what falls silent later: then they still speak for the whole.
  const sawIt = state.excessAt.metrics > 0
  const blind = metrics !== null && checks !== null && !sawIt && failsInSilence(checks, metrics, now)
  const leading = blind ? null : metrics
  const tracks = readTracks(state, leading, metrics, checks, now)
  if (echo) tracks.push(echo)
  const stale = tracks.some(t => t.stale && t.excess > 0.02)
  return {
    type: 'finding',
    service: s.id,
    at: now,
    strand,
    alarm,
    kinds,
    bits: bitsOfKinds(kinds),
    onset: state.onset,
    onsetInterval: state.onsetInterval,
    segments: state.segments,
    uneven: state.uneven,
    unaffected: state.unaffected,
    components: componentsOf(s, state, metrics, strand, now),
    tracks,
    share: overallShare(leading, checks),
    calm: !troubled && !stale,
    demand: (state.demand = (s.metrics && readDemand(s.metrics, state.onset, now)) ?? state.demand),
    crowd: readCrowd(s.crowd, now, REPORT_WINDOW_MS, isDoubted(s, now)),
  }
}

/**
 * Where telemetry saw the trouble it also sees the end: what people still report then, well below their peak, comes late;
 * or it is about slowness, which is a story of its own.
 */
function onlyEcho(
  state: StrandState,
  kinds: Finding['kinds'],
  echo: Finding['tracks'][number] | null,
  slow: boolean,
  now: EpochMs,
): boolean {
  const seen = Math.max(state.excessAt.metrics, state.excessAt.checks)
  if (seen === 0 || now - seen < EVIDENCE_FADES_MS) return false
  const machine = [kinds.metric, kinds.check].filter(k => k !== undefined)
  if (machine.some(k => k.alarm) || !machine.some(k => k.bits !== null)) return false
  return echo === null || slow || echo.excess < ECHO_SHARE * state.reportPeak
}

function locate(
  s: ServiceState,
  state: StrandState,
  strand: Strand,
  kinds: Finding['kinds'],
  rates: { metrics: RateWindow | null; checks: RateWindow | null },
  failing: { metrics: boolean; checks: boolean },
  now: EpochMs,
): void {
  let found: Segmentation | null = null
  if (rates.metrics && failing.metrics) {
    found = locateRates(rates.metrics)
    if (rates.checks) addFromChecks(found.segments, rates.checks, rates.metrics, now)
  } else if (rates.checks && failing.checks) found = locateRates(rates.checks)
  else if (strand === 'bad' && s.reports && kinds.report?.alarm && state.excessAt.metrics === 0)
    found = segment(reportTable(s.reports, Math.max(state.onset, now - REPORT_WINDOW_MS), now), { kind: 'counts' })
  // Failing, but too early to say where: the last picture stands.
  if (found && found.segments.length === 0 && (failing.metrics || failing.checks)) return
  state.segments = found ? found.segments.map(toReading) : []
  if (rates.metrics && failing.metrics) stretch(state.segments, rates.metrics, strand, now, state.onset)
  state.uneven = found?.uneven ?? []
  state.unaffected = found ? whereUnaffected(found.unaffected) : {}
  nameSegments(state, state.segments)
}

const toReading = (f: Segmentation['segments'][number]): SegmentReading => ({
  where: f.where,
  share: f.share,
  interval: f.interval,
  bits: f.bits,
  excess: f.excess,
})

function reportTrack(state: ReportState, kind: KindReading | undefined, now: EpochMs): Finding['tracks'][number] {
  const minutes = 10
  const from = Math.floor(now / MINUTE) * MINUTE - minutes * MINUTE
  let observed = 0
  for (const rows of state.ring.rows)
    if (rows && rows.slot >= from && rows.slot < now) for (const bad of rows.a) observed += bad
  const excess = Math.max(0, observed - expectedReports(state, from, from + minutes * MINUTE)) / minutes
  // One more than was seen, so that none seen is not taken for certainty.
  const error = Math.sqrt(observed + 1) / minutes
  return { where: {}, excess, unit: 'reports_per_minute', bits: kind?.bits ?? 0, error, stale: kind?.bits === null }
}

const overallShare = (metrics: RateWindow | null, checks: RateWindow | null): number | null => {
  const rates = metrics ?? checks
  const total = rates?.groups.total[0] ?? 0
  return rates && total > 0 ? Math.max(0, (rates.groups.hit[0]! - rates.groups.expected[0]!) / total) : null
}

function componentsOf(
  s: ServiceState,
  state: StrandState,
  metrics: RateWindow | null,
  strand: Strand,
  now: EpochMs,
): string[] {
  if (metrics) {
    const failing = failingComponents(metrics, strand)
    if (failing.length > 0) return failing
  }
  if (!s.reports || strand === 'slow') return []
  return reportedComponents(s.reports, Math.max(state.onset, now - REPORT_WINDOW_MS), now)
}

/** Components named in clearly more reports than usual. */
function reportedComponents(state: ReportState, from: EpochMs, now: EpochMs): string[] {
  const { book } = state
  const seen = new Float64Array(groupCount(book))
  const usual = new Float64Array(groupCount(book))
  for (const rows of state.ring.rows) {
    if (!rows || rows.slot < from || rows.slot >= now) continue
    for (let i = 0; i < rows.leaf.length; i++) for (const g of book.groups[rows.leaf[i]!]!) seen[g]! += rows.a[i]!
  }
  for (let leaf = 0; leaf < state.usual.length; leaf++)
    for (const g of book.groups[leaf]!) usual[g]! += state.usual[leaf]!
  const expected = expectedReports(state, from, now)
  const found: { value: string; n: number }[] = []
  for (let g = 1; g < seen.length; g++) {
    const name = groupName(book, g)!
    if (name.label !== 'component' || seen[g]! < 3) continue
    const mean = (expected * (usual[g]! + 0.5)) / (state.usualAll + 1)
    if (seen[g]! > 3 * mean + 2) found.push({ value: name.value, n: seen[g]! })
  }
  return found.sort((a, b) => b.n - a.n || (a.value < b.value ? -1 : 1)).map(f => f.value)
}
