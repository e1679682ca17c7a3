import type { Finding, KindReading } from '../../contract/finding.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import { rateOnset } from '../rates/onset.js'
import type { FailureMode } from '../rates/state.js'
import { expectedReports } from '../counts/report-counts.js'
import type { Readings } from '../evidence/evidence.js'
import { BURST_BITS } from '../evidence/people.js'
import { EVIDENCE } from '../evidence/kinds.js'
import { machinesOf, sayEvidence } from '../evidence/registry.js'
import type { TroubledService } from './service.js'
import { readMix } from '../admission/crowd.js'
import { LONG_MS, MIX_MS, type ReportWindow } from '../admission/parties.js'
import { readMentions } from '../mentions/mentions.js'
import { isDoubtful, turn } from '../admission/admit.js'

/** Evidence of two kinds may add up to an alarm that neither raises alone: each at least LEAST, together at least SUM. */
const LEAST_BITS = 8
const SUM_BITS = 30
/** One kind counts for so much at most, so that a flood of one never outvotes the silence of the others. */
const KIND_CAP_BITS = 60
/** Reports that are doubted say no more than this: not enough to add up with another kind. */
const DOUBTED_BITS = 3
/** Reports that bear witness to what posts tell. */
const WITNESS_BITS = 3
/** With less quiet than this learned, or seen by machines before it began, a flood stands against nothing but what such services usually bring. */
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
export const machinesSee = (kinds: Finding['kinds']): boolean => machinesOf(kinds).some(k => k.alarm)

const isNew = (counts: TroubledService['evidence']['report']): boolean =>
  counts !== null && counts.series.learnedMs < CONTRAST_MS

/**
 * Did machines watch for long enough before so many reported? Then the quiet before is what they stand against, though it is not learned
 * yet, for the newest hour is held back.
 */
function hasRisen({ evidence }: TroubledService, report: KindReading): boolean {
  const watched = [evidence.metric, evidence.check].flatMap(each => (each?.firstAt ? [each.firstAt] : []))
  return report.onset !== null && report.onset - Math.min(...watched) >= CONTRAST_MS
}

/** Are people all that is heard of a service that is new? Machines are a minute or two late. */
function peopleAlone(s: TroubledService, kinds: Finding['kinds'], now: EpochMs): boolean {
  if (machinesSee(kinds)) return true
  if (now - s.evidence.report!.firstAt < MACHINES_WAIT_MS) return false
  return now - Math.max(s.seen.metric ?? 0, s.seen.check ?? 0) > SILENT_MS
}

const addsUp = (kinds: KindReading[]): boolean => {
  const strong = kinds.filter(k => (k.bits ?? 0) >= LEAST_BITS)
  return strong.length >= 2 && strong.reduce((sum, k) => sum + Math.min(KIND_CAP_BITS, k.bits!), 0) >= SUM_BITS
}

/** What each kind of evidence says of failing, as far as the others let it be believed. */
export function badKinds(s: TroubledService, readings: Readings, now: EpochMs): Finding['kinds'] {
  const kinds = sayEvidence(s.evidence, readings, 'bad')
  const { report, post } = kinds
  // Posts follow news as well as trouble: alone they raise nothing where people could have reported and did not. A wave of them
  // before it is known how many are usual says less still.
  if (post && s.evidence.report && (report?.bits ?? 0) < (isNew(s.evidence.post) ? LEAST_BITS : WITNESS_BITS))
    post.alarm = false
  // Few networks that are loud, or that nobody has had time to judge, are no crowd.
  if (report && (report.alarm || (report.bits ?? 0) > DOUBTED_BITS ? isDoubted(s, now) : passTime(s, now)))
    quieten(report, DOUBTED_BITS)
  // Where machines watch from the first minutes on and see nothing, a flood is as likely how many report here.
  else if (report?.alarm && isNew(s.evidence.report) && !hasRisen(s, report) && !peopleAlone(s, kinds, now))
    quieten(report, BURST_BITS)
  else if (report && (report.bits ?? 0) >= LEAST_BITS) report.bits! += mentionBits(s, now)
  for (const { kind, isUnheard } of EVIDENCE) {
    const state = s.evidence[kind]
    if (kinds[kind] && state && isUnheard?.(state, now)) kinds[kind].bits = null
  }
  return kinds
}

/** What each kind says of slowness. */
export const slowKinds = (s: TroubledService, readings: Readings): Finding['kinds'] =>
  sayEvidence(s.evidence, readings, 'slow')

function quieten(kind: KindReading, bits: number): void {
  kind.alarm = false
  kind.bits = Math.min(bits, kind.bits ?? 0)
}

/** How many report and what they quote are independent: the bits of both add up. */
const mentionBits = (s: TroubledService, now: EpochMs): number =>
  Math.min(
    QUOTED_CAP_BITS,
    readMentions(s.mentions, s.evidence, now - QUOTED_MS, now).reduce((sum, q) => sum + q.bits, 0),
  )

/** Where doubt would change nothing its question is not asked, only its time goes on; false. */
function passTime(s: TroubledService, now: EpochMs): false {
  const { open, coordinated } = readMix(s.crowd, now)
  if (open + coordinated > 0) turn(s.admission, now)
  return false
}

/** Is what comes through people's own door to be doubted at this tick? */
export function isDoubted(s: TroubledService, now: EpochMs): boolean {
  const mix = readMix(s.crowd, now)
  // Asked of every service at every tick, and most are silent.
  if (mix.open + mix.coordinated === 0) return false
  const { report } = s.evidence
  const heard = (ms: number): ReportWindow => {
    const { counted, open } = readMix(s.crowd, now, ms)
    const mean = report ? expectedReports(report, now - ms, now) : 0
    return { ms, counted, vouched: counted - open, mean, dispersion: report?.series.expect(now).dispersion ?? 1 }
  }
  const slow = report !== null && !report.rare && (report.drift.alarm || report.places.alarm >= 0)
  return isDoubtful(s.admission, mix, now, heard(MIX_MS), slow ? heard(LONG_MS) : null)
}

/**
 * When it began, by the kind that knows best: request counts, checks, then whoever dates it. `began`: where its first mild signs were seen
 * earlier; it is told, while what fails is counted from the onset, for the mild minutes would thin it.
 */
export function onsetOf(
  s: TroubledService,
  mode: FailureMode,
  kinds: Finding['kinds'],
  readings: Readings,
  now: EpochMs,
): { onset: EpochMs; interval: [EpochMs, EpochMs]; began?: EpochMs } {
  const { metric, check } = s.evidence
  if (kinds.metric?.alarm) return rateOnset(metric!, mode, readings.metric![mode].groups, now)
  if (kinds.check?.alarm) return rateOnset(check!, mode, readings.check![mode].groups, now)
  if ((kinds.metric?.bits ?? 0) >= LEAST_BITS) return rateOnset(metric!, mode, EVERYTHING, now)
  const dated = Object.values(kinds).find(k => k.onset !== null && (k.alarm || (k.bits ?? 0) >= LEAST_BITS))
  if (dated?.onset) {
    const { onset, onsetInterval, beganAt: began = onset } = dated
    return { onset, interval: onsetInterval ?? [onset - 5 * MINUTE, onset + 5 * MINUTE], began }
  }
  return { onset: now - 5 * MINUTE, interval: [now - 15 * MINUTE, now] }
}
