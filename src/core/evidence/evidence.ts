import type { Strained } from '../../contract/incident.js'
import type { KindReading, SegmentReading, Track } from '../../contract/finding.js'
import type { Past } from '../../contract/past.js'
import type { Alert, Gauge, Observation, ObservationVia } from '../../contract/signal.js'
import type { EpochMs } from '../../contract/time.js'
import type { Goes, Move } from '../aggregate/relabel.js'
import type { ReportState } from '../counts/report-counts.js'
import type { RateReading } from '../rates/rise-detector.js'
import type { FailureMode, RateState } from '../rates/state.js'
import type { SeriesReading } from '../series/count-series.js'
import type { TextClass } from '../text/classify.js'
import type { Bins } from './bins.js'

/** What evidence is made of: all that comes in but what is only kept. */
export type Heard = Observation | Gauge | Alert
/** How it reaches us. */
export type HeardVia = ObservationVia | 'gauge' | 'alert'

/**
 * One kind of evidence: what is kept of it for a service, what it says at a tick, and what it learns. A further kind is a file
 * with one of these and its entry in kinds.ts: states, readings, snapshots and findings carry it by its name.
 *
 * A state is plain data (numbers, texts, arrays, typed arrays, maps), so that a clock that is put back moves every time in it;
 * where it holds more, `snapshot` and `open` say how it is stored.
 */
export interface Evidence<
  State extends object = object,
  Reading = unknown,
  Stored = State,
  In extends Heard = Observation,
> {
  /** Its name, in states and findings. */
  readonly kind: string
  /** Who speaks: what people say goes through admission before it counts, and its rows are wanted at once. */
  readonly by: 'people' | 'machines'
  /** How what it hears reaches us. */
  readonly via: In['via']
  /** Which of those it is about; all where it is left out. */
  hears?(signal: In): boolean
  /** The state of a service before its first observation, which counts in the minute `slot`. */
  state(slot: EpochMs, falseAlarmsPerDay: number): State
  /** Counts what it hears in its minute, and in the rows of pages. `says`: what the text of a post says. */
  take(state: State, signal: In, slot: EpochMs, says: TextClass | null, bins: Bins): void
  /** Closes the minute that ends at `now`; null: nothing to read. */
  tick(state: State, now: EpochMs): Reading | null
  /** What a reading says of failing, or of slowness; null: nothing of that. */
  says(state: State, reading: Reading, mode: FailureMode): KindReading | null
  /** Where it fails, or is slow, by this kind; asked where neither requests nor checks say it. */
  where?(state: State, mode: FailureMode): SegmentReading[]
  /** What the service stands on and that is out of the usual, whether or not anything fails. */
  strained?(state: State): Strained[]
  /** Part of what should have come and does not, 0..1, where that lasts: what never arrives fails nowhere that is counted. */
  missing?(state: State): { share: number; error: number } | null
  /** Silence that means a broken source: what it says is unknown then. */
  isUnheard?(state: State, now: EpochMs): boolean
  /** Whether, if nothing more comes, no tick from here on says anything of it; left out: that is not known. */
  isStill?(state: State): boolean
  /** What is left of the trouble, for recovery, where neither requests nor checks say it. */
  track?(state: State, mode: FailureMode, said: KindReading | undefined, now: EpochMs): Track | null
  /** Learns what is usual from minutes before any trouble; `trouble`: when that began, null without. */
  learn(state: State, now: EpochMs, trouble: Record<FailureMode, EpochMs | null>): void
  /** What has lasted is how things are: learns it anew. */
  startAnew?(state: State, mode: FailureMode, now: EpochMs): void
  /** Learns from counts of the past, as if they had been lived through. */
  teach?(state: State | null, past: Past, now: EpochMs, falseAlarmsPerDay: number): State
  /** Since when it has learned by itself; null: not yet. */
  livedSince?(state: State): EpochMs | null
  /** The state without some label values, and where its label sets went (null: it keeps none). */
  forget(state: State, goes: Goes): [State, Move | null]
  /** What a snapshot holds of a state, and back; left out where that is the state itself. */
  snapshot?(state: State): Stored
  open?(stored: Stored): State
}

/** Any kind of evidence, as the registry holds it. */
export type AnyEvidence = Evidence<object, unknown, object, Heard>

/** By kind of evidence. Those that have a name here are asked for by it; the others only through the registry. */
export interface EvidenceStates {
  report: ReportState | null
  post: ReportState | null
  metric: RateState | null
  check: RateState | null
  [further: string]: object | null
}

/** What a snapshot holds of the states, by kind; each kind alone knows its own. */
export type EvidenceSnapshot = Record<string, object | null>

/** Readings of one tick by kind of evidence; null: nothing to read. */
export interface Readings {
  report: SeriesReading | null
  post: SeriesReading | null
  metric: Record<FailureMode, RateReading> | null
  check: Record<FailureMode, RateReading> | null
  [further: string]: unknown
}
