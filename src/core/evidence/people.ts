import type { KindReading, Track } from '../../contract/finding.js'
import type { Observation } from '../../contract/signal.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import { withoutInReports } from '../counts/forget.js'
import {
  expectedReports,
  isStill,
  learnUsual,
  reportState,
  stepSeries,
  takeReport,
  unheard,
  type ReportState,
} from '../counts/report-counts.js'
import { livedSince, teachReports } from '../counts/teach.js'
import { CountSeries, type SeriesReading, type SeriesSnapshot } from '../series/count-series.js'
import type { TextClass } from '../text/classify.js'
import { addToBin } from './bins.js'
import type { Evidence } from './evidence.js'

/** What people say: counts without a denominator. Who of them counts was decided before (core/admission). */

/** A burst such as this service has says no more than this. */
export const BURST_BITS = 3
/** Posts that tell of trouble. */
export const TROUBLED: ReadonlySet<TextClass> = new Set(['complaint', 'exposure', 'takeover', 'quality'])

/** Bad ones of an observation: what it says, else a report is one of a problem, and a post is what its text says. */
export const badOf = (signal: Observation, says: TextClass | null): number =>
  signal.bad ?? (signal.via === 'report' || (says !== null && TROUBLED.has(says)) ? signal.total : 0)

/** A series is stored as it says itself, the rest as it is. */
type StoredReports = Omit<ReportState, 'series'> & { series: SeriesSnapshot }

const counted: Pick<
  Evidence<ReportState, SeriesReading, StoredReports>,
  | 'by'
  | 'state'
  | 'tick'
  | 'isUnheard'
  | 'isStill'
  | 'learn'
  | 'teach'
  | 'livedSince'
  | 'forget'
  | 'says'
  | 'snapshot'
  | 'open'
> = {
  by: 'people',
  state: reportState,
  tick: stepSeries,
  says: (state, reading, mode) => (mode === 'bad' ? kindOf(reading, state) : null),
  isUnheard: unheard,
  isStill,
  learn: (state, now, trouble) => learnUsual(state, now, trouble.bad),
  teach: teachReports,
  livedSince,
  forget: withoutInReports,
  snapshot: state => ({ ...state, series: state.series.snapshot() }),
  open: stored => ({ ...stored, series: CountSeries.open(stored.series) }),
}

export const REPORTS: Evidence<ReportState, SeriesReading, StoredReports> = {
  ...counted,
  kind: 'report',
  via: 'report',
  take(state, signal, slot, says, bins) {
    const bad = badOf(signal, says)
    const ok = signal.total - bad
    state.seenAt = Math.max(state.seenAt, slot)
    const leaf = takeReport(state, slot, signal.labels, bad, ok)
    addToBin(bins, slot, 'report', true, state.book, leaf, bad, ok, 0)
  },
  track: (state, mode, said, now) => (mode === 'bad' ? trackOf(state, said, now) : null),
}

export const POSTS: Evidence<ReportState, SeriesReading, StoredReports> = {
  ...counted,
  kind: 'post',
  via: 'post',
  take(state, signal, slot, says, bins) {
    const bad = badOf(signal, says)
    state.seenAt = Math.max(state.seenAt, slot)
    const leaf = takeReport(state, slot, signal.labels, bad, 0)
    addToBin(bins, slot, 'post', true, state.book, leaf, signal.total, bad, 0)
  },
}

/** A series of people's reports: its alarm where that is rare, or whole hours or a place that run above the days before. */
function kindOf(r: SeriesReading, state: ReportState): KindReading {
  const { rare, drift, places } = state
  const { beganAt } = state.series
  const kind: KindReading = {
    bits: r.alarm && !rare ? Math.min(BURST_BITS, r.bits) : r.bits,
    alarm: r.alarm && rare,
    observed: r.observed ?? 0,
    expected: r.expected,
    onset: r.onset,
    onsetInterval: r.onsetInterval ? [Math.min(r.onsetInterval[0], beganAt ?? r.at), r.onsetInterval[1]] : null,
    ...(beganAt === null ? {} : { beganAt }),
    share: null,
  }
  if (kind.alarm || (!drift.alarm && places.alarm < 0)) return kind
  const slow = drift.alarm ? drift : places
  const reach = r.at - slow.since
  return {
    ...kind,
    alarm: true,
    bits: Math.max(kind.bits ?? 0, slow.bits),
    onset: slow.since,
    beganAt: slow.since,
    onsetInterval: [slow.since - reach / 2, slow.since + reach / 2],
  }
}

/** What people report above the usual. */
function trackOf(state: ReportState, said: KindReading | undefined, now: EpochMs): Track {
  const minutes = 10
  const from = Math.floor(now / MINUTE) * MINUTE - minutes * MINUTE
  let observed = 0
  for (const rows of state.ring.rows)
    if (rows && rows.slot >= from && rows.slot < now) for (const bad of rows.a) observed += bad
  const usual = expectedReports(state, from, from + minutes * MINUTE) / minutes
  const excess = Math.max(0, observed / minutes - usual)
  // One more than was seen, so that none seen is not taken for certainty.
  const error = Math.sqrt(observed + 1) / minutes
  return {
    where: {},
    excess,
    unit: 'reports_per_minute',
    bits: said?.bits ?? 0,
    error,
    stale: said?.bits === null,
    usual,
  }
}
