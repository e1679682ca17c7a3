import type { Finding, KindReading } from '../../contract/finding.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import { rateOnset } from '../rates/onset.js'
import { type RateReading } from '../rates/rise-detector.js'
import { type Strand } from '../rates/state.js'
import type { SeriesReading } from '../series/count-series.js'
import { expectedReports, unheard, type ReportState } from '../counts/report-counts.js'
import type { ServiceReadings, TroubledService } from './service.js'
import { readMix } from '../admission/crowd.js'
import { LONG_MS, MIX_MS, type Heard } from '../admission/parties.js'
import { readQuotes } from '../mentions/mentions.js'
import { quietKind } from './state.js'
import { doubted } from '../admission/admit.js'

/** Evidence of two kinds may add up to an alarm that neither raises alone: each at least LEAST, together at least SUM. */
const LEAST_BITS = 8
const SUM_BITS = 30
/** One kind counts for so much at most, so that a flood of one never outvotes the silence of the others. */
const KIND_CAP_BITS = 60
/** Reports that are doubted say no more than this: not enough to add up with another kind. */
const DOUBTED_BITS = 3
/** A burst such as this service has says no more either. */
const BURST_BITS = 3
/** With less quiet than this learned, a flood stands against nothing but what such services usually bring. */
const CONTRAST_MS = 15 * MINUTE
/** and who watches besides is heard within this; who was not heard for so long does not watch. */
const MACHINES_WAIT_MS = 3 * MINUTE
const SILENT_MS = 10 * MINUTE
/** What people quote is read over this much, and says no more than this: half of what an alarm takes. */
const QUOTED_MS = 15 * MINUTE
const QUOTED_CAP_BITS = 15
/** Group 0: no label value stands out yet. */
const EVERYTHING = [0]

/** Evidence of all kinds together. */
export const bitsOfKinds = (kinds: Finding['kinds']): number =>
  Object.values(kinds).reduce((sum, k) => sum + Math.min(KIND_CAP_BITS, Math.max(0, k.bits ?? 0)), 0)

/** One kind in alarm, or several that add up to one. */
export const inAlarm = (kinds: Finding['kinds']): boolean =>
  Object.values(kinds).some(k => k.alarm) || addsUp(Object.values(kinds))

/** Do machines see it for themselves? */
export const machinesSee = (kinds: Finding['kinds']): boolean => Boolean(kinds.metric?.alarm || kinds.check?.alarm)

/** Are people all that is heard of a service that is new? Machines are a minute or two late. */
function peopleAlone(s: TroubledService, kinds: Finding['kinds'], now: EpochMs): boolean {
  if (machinesSee(kinds)) return true
  if (now - s.reports!.firstAt < MACHINES_WAIT_MS) return false
  return now - Math.max(s.seen.metric ?? 0, s.seen.check ?? 0) > SILENT_MS
}

const addsUp = (kinds: KindReading[]): boolean => {
  const strong = kinds.filter(k => (k.bits ?? 0) >= LEAST_BITS)
  return strong.length >= 2 && strong.reduce((sum, k) => sum + Math.min(KIND_CAP_BITS, k.bits!), 0) >= SUM_BITS
}

/** What each kind of signal says of failing. */
export function badKinds(s: TroubledService, r: ServiceReadings, now: EpochMs): Finding['kinds'] {
  const kinds: Finding['kinds'] = {}
  if (r.reports) kinds.report = peopleKind(r.reports, s.reports!)
  if (r.posts) {
    const posts = peopleKind(r.posts, s.posts!)
    // Posts follow news as well as trouble: alone they raise nothing where people could have reported and did not.
    if (s.reports && (kinds.report?.bits ?? 0) < 3) posts.alarm = false
    kinds.post = posts
  }
  if (r.metrics) kinds.metric = rateKind(r.metrics.bad)
  if (r.checks) kinds.check = rateKind(r.checks.bad)
  const report = kinds.report
  // Few networks that are loud, or that nobody has had time to judge, are no crowd.
  if (report && isDoubted(s, now)) quieten(report, DOUBTED_BITS)
  // Where machines watch from the first minutes on and see nothing, a flood is as likely how many report here.
  else if (report?.alarm && s.reports!.series.learnedMs < CONTRAST_MS && !peopleAlone(s, kinds, now))
    quieten(report, BURST_BITS)
  else if (report && (report.bits ?? 0) >= LEAST_BITS) report.bits! += quotedBits(s, now)
  for (const via of ['report', 'post'] as const) {
    const kind = kinds[via]
    const state = via === 'report' ? s.reports : s.posts
    if (kind && state && unheard(state, now)) kind.bits = null
  }
  return kinds
}

function quieten(kind: KindReading, bits: number): void {
  kind.alarm = false
  kind.bits = Math.min(bits, kind.bits ?? 0)
}

/** How many report and what they quote are independent: the bits of both add up. */
const quotedBits = (s: TroubledService, now: EpochMs): number =>
  Math.min(
    QUOTED_CAP_BITS,
    readQuotes(s.quotes, s, now - QUOTED_MS, now).reduce((sum, q) => sum + q.bits, 0),
  )

/** Is what comes through people's own door to be doubted at this tick? */
export function isDoubted(s: TroubledService, now: EpochMs): boolean {
  const { reports } = s
  const heard = (ms: number): Heard => {
    const { counted, open } = readMix(s.crowd, now, ms)
    const mean = reports ? expectedReports(reports, now - ms, now) : 0
    return { ms, counted, vouched: counted - open, mean, dispersion: reports?.series.expect(now).dispersion ?? 1 }
  }
  const slow = reports !== null && !reports.rare && (reports.creep.alarm || reports.places.alarm >= 0)
  return doubted(s.voices, readMix(s.crowd, now), now, heard(MIX_MS), slow ? heard(LONG_MS) : null)
}

/** What each kind says of slowness: only requests are timed. */
export const slowKinds = (r: ServiceReadings): Finding['kinds'] =>
  r.metrics ? { metric: rateKind(r.metrics.slow) } : {}

/** A series of people's reports: its alarm where that is rare, or whole hours or a place that run above the days before. */
function peopleKind(r: SeriesReading, state: ReportState): KindReading {
  const { rare, creep, places } = state
  const kind: KindReading = {
    bits: r.alarm && !rare ? Math.min(BURST_BITS, r.bits) : r.bits,
    alarm: r.alarm && rare,
    observed: r.observed ?? 0,
    expected: r.expected,
    onset: r.onset,
    onsetInterval: r.onsetInterval ? [r.onsetInterval[0], r.onsetInterval[1]] : null,
    share: null,
  }
  if (kind.alarm || (!creep.alarm && places.alarm < 0)) return kind
  const slow = creep.alarm ? creep : places
  const reach = r.at - slow.since
  return {
    ...kind,
    alarm: true,
    bits: Math.max(kind.bits ?? 0, slow.bits),
    onset: slow.since,
    onsetInterval: [slow.since - reach / 2, slow.since + reach / 2],
  }
}

const rateKind = (r: RateReading): KindReading => ({
  ...quietKind(r.share ?? 0, r.expectedShare, r.bits),
  alarm: r.alarm,
  share: r.share,
})

/** When it began, by the kind that knows best: request counts, checks, then people. */
export function onsetOf(
  s: TroubledService,
  strand: Strand,
  kinds: Finding['kinds'],
  r: ServiceReadings,
  now: EpochMs,
): { onset: EpochMs; interval: [EpochMs, EpochMs] } {
  if (kinds.metric?.alarm) return rateOnset(s.metrics!, strand, r.metrics![strand].groups, now)
  if (kinds.check?.alarm) return rateOnset(s.checks!, strand, r.checks![strand].groups, now)
  if ((kinds.metric?.bits ?? 0) >= LEAST_BITS) return rateOnset(s.metrics!, strand, EVERYTHING, now)
  const crowd = [kinds.report, kinds.post].find(k => k && k.onset !== null && (k.alarm || (k.bits ?? 0) >= LEAST_BITS))
  if (crowd?.onset)
    return { onset: crowd.onset, interval: crowd.onsetInterval ?? [crowd.onset - 5 * MINUTE, crowd.onset + 5 * MINUTE] }
  return { onset: now - 5 * MINUTE, interval: [now - 15 * MINUTE, now] }
}
