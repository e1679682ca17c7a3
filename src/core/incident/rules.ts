import type { Finding } from '../../contract/finding.js'
import {
  type IncidentEvent,
  type IncidentKind,
  type Security,
  type Segment,
  SEVERITIES,
  type Severity,
} from '../../contract/incident.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'

/** The life of an incident, as pure questions that answer with a named reason: so that every silence can be shown to a person. */

/** Complaints that healthy telemetry contradicts must last so long before they open anything. */
export const CONTRADICTED_PERSIST_MS = 10 * MINUTE
/**
 * and be as surprising as this: healthy requests make trouble a thousand times less likely (10 bits) than it is unseen, and what
 * moves people besides trouble, news and each other, is not in the baseline.
 */
export const CONTRADICTED_BITS = 24
/** Slowness must last so long. */
export const SLOW_PERSIST_MS = 3 * MINUTE
/** Request counts arrive so much later than reports, at most: windows of five minutes, and lag. */
export const TELEMETRY_LAG_MS = 10 * MINUTE
/** Reports as surprising as this open an incident before telemetry has spoken. */
const FLOOD_BITS = 60
/** Calm for so long before an incident is called over: longer than reports lag (median 3–5 min, tail 15). */
export const HOLD_MS = 10 * MINUTE
/**
 * Where requests are not counted: this part of the time that it has lasted. Chosen on a world whose last tenth
 * of trouble (5 % of one cell) brings fewer reports than usual scatter, and on one with a tail of days; with 0.2 both
 * end after the truth in the one seed that was looked at; no other part was tried.
 */
const THIN_HOLD_SHARE = 0.2
/** No wait is longer, as what has been calm for forty minutes is hardly followed any more; */
const HOLD_MAX_MS = 45 * MINUTE
/** but of what people told for days it is this part of them: a night of few who are awake is no end. */
const LONG_HOLD_SHARE = 0.05
/** Between two updates that are not urgent. */
export const UPDATE_GAP_MS = 2 * MINUTE
/** A changed picture is told at least so often. */
export const UPDATE_SLOW_MS = 10 * MINUTE
/** Requests failing in all below which telemetry contradicts complaints. */
const HEALTHY_SHARE = 0.005
/** While a service that we stand on is down, fewer failing requests than this are its trouble, not ours. */
export const UPSTREAM_SHARE = 0.2
/** Share of answers that repeat the sender's own, from which a spike is noise of a few: real people press once or twice, not three times and more. */
const REPEATED_SHARE = 0.7
/** Fewer different people than this in a quarter of an hour are no spike, whatever the detector still remembers. */
const REPORTERS_LEAST = 3
/** The detector remembers a spike of repetitions for an hour: until then it takes a crowd. */
const REPORTERS_AFTER_REPEATERS = 15
/** Posts that agree with reports lend them other people's voices. */
const POSTS_AGREE_BITS = 10
/** Texts of one class among those that say anything, from which it names the trouble. */
const TEXT_SHARE = 0.3
/** The fewest texts of one class that name a trouble: fewer are a handful of friends. */
const TEXTS_LEAST = 5

/** Minutes over which a finding's crowd is counted. */
const CROWD_MIN = 15
/** Quiet reports that tell how often people here say more than that something is wrong. */
const HABITS_LEAST = 100
/** and the least share of them that says more, for its lack to mean anything. */
const TELLING_LEAST = 0.05
/** Natural logarithm of the odds for talk from which it is decided that people only talk: twenty to one. */
const TALK_NATS = 3
/** and above which that is not decided yet: e to one for trouble. */
const TALK_UNDECIDED_NATS = -1
/** What was taken for talk is asked again each minute for hours, beside usual reports that come in clumps: it takes twice as much. */
const NO_TALK_NATS = 6
/** An alarm waits at most so long for that decision. */
export const TALK_DECIDED_MS = 10 * MINUTE
/** Of those whom talk moves so many say more all the same, against usual reporters. */
const TALK_TELLS = 0.1
/** So many times the usual is an event whatever it says. */
const TALK_MOST = 20
export const TALK = 'hardly anybody says what fails: people report because others do'
/** A quarter of all users failing is what people call an outage; a little more, since few checks bound it loosely. */
const OUTAGE_SHARE = 0.3
/** What is said of waiting before anybody has said anything, and what that weighs in votes. */
const PRIOR_SLOW = 0.2
/** and that weighs so many votes. */
const PRIOR_VOTES = 4
const SURE_FIRST = { slow: 0.45, votes: 0 }
const SURE_LATER = { slow: 0.3, votes: 10 }

export type Verdict = { open: true; kind: IncidentKind } | { open: false; why: string }

export interface Surroundings {
  /** Since when this strand has been in alarm without an incident. */
  alarmSince: EpochMs
  /** A service that this one stands on is itself in trouble. */
  upstream: boolean
  /** An incident with failing requests is open at the same service. */
  badOpen: boolean
  /** An incident with slow answers is open at the same service, or was lately. */
  slowOpen: boolean
  /** An incident that machines saw has ended within the hour. */
  endedLately: boolean
  /** This alarm began as the repetitions of a few. */
  repeaters: boolean
  /** This alarm began as talk: hardly anybody said what fails. */
  talk: boolean
}

/** Why a spike that a few people make by repeating themselves does not open. */
export const REPEATERS = 'few people repeat themselves'

/** Should this finding open an incident, and of which kind? */
export function shouldOpen(f: Finding, around: Surroundings): Verdict {
  if (f.strand === 'bad' && f.crowd.exposures >= 5) return { open: true, kind: 'security' }
  if (!f.alarm) return { open: false, why: 'no alarm' }
  if (f.calm) return { open: false, why: 'machines see the end: what is still reported comes late' }
  const lasted = f.at - around.alarmSince
  if (f.strand === 'slow') {
    if (around.badOpen) return { open: false, why: 'part of the open incident' }
    return lasted >= SLOW_PERSIST_MS
      ? { open: true, kind: 'degraded' }
      : { open: false, why: 'slow for less than three minutes' }
  }
  if (ownFailure(f) && !(around.upstream && sureShare(f, 2) < UPSTREAM_SHARE)) return { open: true, kind: 'outage' }
  const hollow = fewVoices(f, around.repeaters)
  if (hollow) return { open: false, why: hollow }
  const contradicted = contradictedBy(f)
  if (awaitsTelemetry(f) && lasted < TELEMETRY_LAG_MS)
    return { open: false, why: 'requests since the onset are still to be counted' }
  if (around.slowOpen && f.kinds.metric)
    return { open: false, why: 'people complain of the slowness that is already told' }
  if (contradicted && around.endedLately)
    return { open: false, why: 'machines see no failure: what is still reported comes late' }
  if (contradicted && lasted < CONTRADICTED_PERSIST_MS)
    return { open: false, why: 'people complain, requests do not fail: waiting' }
  if (contradicted && Math.max(f.kinds.report?.bits ?? 0, f.kinds.post?.bits ?? 0) < CONTRADICTED_BITS)
    return { open: false, why: 'too few complain for what requests do not show' }
  if (around.upstream) return { open: true, kind: 'upstream' }
  const talk = onlyTalk(f, around.talk, lasted)
  if (talk) return { open: false, why: talk }
  const undecided = around.talk || (talkOdds(f) ?? -TALK_NATS) > -TALK_NATS
  const mild = contradicted || undecided || !saysFailing(f, SURE_FIRST)
  return { open: true, kind: kindFromTexts(f) ?? (mild ? 'degraded' : 'outage') }
}

/** Our own machines see requests or checks fail; a few failing checks beside healthy request counts are not enough. */
export const ownFailure = (f: Finding): boolean =>
  Boolean(
    f.kinds.metric?.alarm ||
      f.kinds.volume?.alarm ||
      ((f.kinds.check?.alarm || f.kinds.gauge?.alarm) && !contradictedBy(f)),
  )

/** Failing in all less so many standard errors: two bad ones of three checks may be chance. */
export function sureShare(f: Finding, errors: number): number {
  const whole = f.tracks.find(t => t.unit === 'share' && Object.keys(t.where).length === 0)
  return (f.share ?? 0) - errors * (whole?.error ?? 0)
}

/** Telemetry that is readable and healthy speaks against complaints; unreadable telemetry says nothing. */
export function contradictedBy(f: Finding): boolean {
  const metric = f.kinds.metric
  if (!metric || metric.bits === null || metric.alarm || f.kinds.volume) return false
  return f.share !== null && f.share < HEALTHY_SHARE && metric.bits < 10
}

/** Request counts are alive but have not covered the time since the onset; a flood of reports does not wait for them. */
function awaitsTelemetry(f: Finding): boolean {
  const metric = f.kinds.metric
  return metric !== undefined && metric.bits !== null && f.share === null && (f.kinds.report?.bits ?? 0) < FLOOD_BITS
}

/** A spike of reports alone is not believed when a few senders make it by repeating themselves, or when nobody is left who reports. */
function fewVoices(f: Finding, repeaters: boolean): string | null {
  if (f.kinds.metric?.alarm || f.kinds.check?.alarm || (f.kinds.post?.bits ?? 0) >= POSTS_AGREE_BITS) return null
  if (f.crowd.repeated > REPEATED_SHARE) return REPEATERS
  const needed = repeaters ? REPORTERS_AFTER_REPEATERS : REPORTERS_LEAST
  return f.crowd.reporters < needed && (f.kinds.report?.alarm ?? false) ? 'hardly anybody reports any more' : null
}

function kindFromTexts(f: Finding): IncidentKind | null {
  const { complaints, rumours, quality } = f.crowd
  const all = complaints + rumours + quality
  return quality >= TEXTS_LEAST && quality >= TEXT_SHARE * all ? 'quality' : null
}

/**
 * Is it talk? People whom talk moves say that something is wrong, and not what: nothing fails for them. If what came above the usual
 * were like usual reports, `told` would be Binomial(n, u), else Binomial(n, u·(1 − excess share)); their log odds decide, in nats,
 * positive for talk. null where they cannot tell: habits unknown, nothing above the usual, or a crowd of many times the usual.
 */
function talkOdds(f: Finding): number | null {
  const { reporters: n, told, usual } = f.crowd
  const expected = (f.kinds.report?.expected ?? 0) * CROWD_MIN
  const share = Math.min(0.95, usual.told / usual.reports)
  if (!(usual.reports >= HABITS_LEAST) || !(share >= TELLING_LEAST)) return null
  // However many talk: while machines see nothing fail, it may still be talk.
  if (n > TALK_MOST * expected && !contradictedBy(f)) return null
  const talk = share * Math.max(TALK_TELLS, Math.min(1, expected / n))
  return told * Math.log(talk / share) + (n - told) * Math.log((1 - talk) / (1 - share))
}

/** Why an alarm that only people raise does not open yet, or at all; null when it may. What began as talk stays so until people clearly say what fails. */
function onlyTalk(f: Finding, before: boolean, lastedMs: number): string | null {
  const odds = talkOdds(f)
  if (odds === null || odds <= (before ? -NO_TALK_NATS : -TALK_NATS)) return null
  if (before || odds >= TALK_NATS) return TALK
  return odds > TALK_UNDECIDED_NATS && lastedMs < TALK_DECIDED_MS ? 'do people say what fails? too few to tell' : null
}

/**
 * Do people tell of failing rather than of waiting? Checks that all pass bound what can be failing, and where nothing bounds it
 * the words decide, with what is usually said here as a prior. In doubt it is failing for the first word, and stays what it was called.
 */
function saysFailing(f: Finding, sure: { slow: number; votes: number }): boolean {
  const whole = f.tracks[0]
  const measured = whole !== undefined && whole.unit === 'share' && !whole.stale
  if (
    measured &&
    f.kinds.check &&
    !f.kinds.check.alarm &&
    !f.kinds.metric &&
    whole.excess + 3 * whole.error < OUTAGE_SHARE
  )
    return false
  const { slow, failing, usual } = f.crowd
  const before = (usual.slow + PRIOR_SLOW) / (usual.slow + usual.failing + 1)
  return slow + failing >= sure.votes && (slow + PRIOR_VOTES * before) / (slow + failing + PRIOR_VOTES) < sure.slow
}

/** What people alone told of as waiting is an outage after all when they clearly tell of failing. */
export const failsAfterAll = (f: Finding): boolean =>
  !contradictedBy(f) && !f.kinds.metric && saysFailing(f, SURE_LATER)

/** People, each for themselves, whose word alone makes an outage major; and the part of them from networks heard before. */
const MAJOR_PEOPLE = 30
/** The part of them, 0..1, from networks that were heard before, where that is known. */
const MAJOR_FAMILIAR = 0.25

export const worseSeverity = (a: Severity, b: Severity): Severity =>
  SEVERITIES.indexOf(a) >= SEVERITIES.indexOf(b) ? a : b

/** From affected shares, never from raw counts; without a denominator, from how far reports stand above their usual level. */
export function severityOf(f: Finding, kind: IncidentKind): Severity {
  if (kind === 'upstream' || kind === 'displaced-load') return 'minor'
  if (kind === 'security') return 'major'
  const share = f.share
  if (f.strand === 'slow') return share !== null && share >= 0.25 ? 'major' : 'minor'
  if (share !== null && (f.kinds.metric?.alarm || f.kinds.check?.alarm || share >= 0.02)) {
    if (sureShare(f, 1) >= 0.25) return 'critical'
    if (share >= 0.05) return 'major'
    return f.segments.some(s => (s.share ?? 0) >= 0.5 && share >= 0.02) ? 'major' : 'minor'
  }
  // A share of a number that nobody knows may be of a few.
  if (f.kinds.gauge?.alarm && (f.kinds.gauge.share ?? 0) >= 0.25) return 'major'
  if (kind !== 'outage') return 'minor'
  const report = f.kinds.report
  if (!report || contradictedBy(f)) return 'minor'
  const { reporters, independent = reporters, familiar } = f.crowd
  // Where people usually come from somewhere else, many strangers may be one who rents them.
  return independent >= MAJOR_PEOPLE && (report.bits ?? 0) >= 40 && (familiar ?? 1) >= MAJOR_FAMILIAR
    ? 'major'
    : 'minor'
}

const TOLD = { exposure: 'they see what belongs to others', takeover: 'others have got into their accounts' }

const toldOf = ({ exposures, takeovers }: Finding['crowd']): (keyof typeof TOLD)[] => [
  ...(exposures > takeovers ? (['exposure'] as const) : []),
  ...(takeovers > 0 ? (['takeover'] as const) : []),
]

/** The security lane: judged by what first-hand texts say, never by volume. */
export function securityOf(f: Finding, before: Security): Security {
  if (before.state === 'confirmed' || before.state === 'ruled_out') return before
  if (f.crowd.exposures >= 5) {
    const about = toldOf(f.crowd)
    return {
      state: 'suspected',
      about,
      because: [
        {
          says: `${f.crowd.exposures} people, each for themselves, say that ${about.map(a => TOLD[a]).join(' or that ')}`,
          bits: 2 * f.crowd.exposures,
          refs: f.crowd.exposureRefs,
        },
      ],
    }
  }
  if (before.state === 'suspected') return before
  const because =
    f.crowd.rumours >= 5
      ? [{ says: `${f.crowd.rumours} texts claim an attack; none says what its writer saw`, bits: 0, refs: [] }]
      : []
  return { state: 'no_evidence', because }
}

/**
 * Why an update is due, or null. `said` is the last event that was told. Report counts are noisy, so without shares (`measured`
 * false) only large steps count, and none within the `noise` of recovery (one standard deviation); and the longer a story
 * lasts, the rarer its routine updates.
 */
export function updateReason(
  next: IncidentEvent,
  said: IncidentEvent,
  at: EpochMs,
  ageMs: number,
  measured: boolean,
  noise = 0,
): string | null {
  const since = at - Date.parse(said.at)
  if (next.severity !== said.severity) return 'severity'
  if (next.security?.state !== said.security?.state) return 'security'
  if (next.kind !== said.kind) return 'kind'
  if (next.pattern !== said.pattern) return 'pattern'
  if (since < UPDATE_GAP_MS) return null
  if (leader(next) !== leader(said)) return 'cause'
  if (next.origin?.node !== said.origin?.node) return 'origin'
  const moved = Math.abs(goneOf(next) - goneOf(said))
  if (measured && places(next.segments) !== places(said.segments)) return 'segments'
  if (measured && moved >= Math.max(0.1, 4 * noise)) return 'recovery'
  if (since < Math.max(UPDATE_SLOW_MS, ageMs / 10)) return null
  if (places(next.segments) !== places(said.segments)) return 'segments'
  if (quotes(next) !== quotes(said)) return 'quotes'
  if (moved >= Math.max(measured ? 0.02 : 0.25, 3 * noise)) return 'recovery'
  return shares(next.segments) !== shares(said.segments) ? 'shares' : null
}

/** A pause of what comes and goes is no news. */
const goneOf = ({ recovery, pattern }: IncidentEvent): number =>
  (pattern === 'intermittent' ? recovery?.interval?.[0] : recovery?.recovered) ?? 0

const places = (segments: Segment[] | undefined): string => JSON.stringify((segments ?? []).map(s => s.where))
const quotes = (e: IncidentEvent): string => JSON.stringify((e.quoted ?? []).map(q => [q.where, q.measured]).sort())
const shares = (segments: Segment[] | undefined): string =>
  JSON.stringify((segments ?? []).map(s => s.share && Math.round(s.share * 20)))
const leader = (e: IncidentEvent): string | undefined => {
  const first = e.causes?.[0]
  return first && `${first.subject}:${first.state}:${first.probability >= 0.5}`
}
/**
 * May it be called over? `calmSince` is null while anything is left. Where nobody counts requests (`counted`), a quiet quarter of an hour
 * is little: what has lasted for hours is waited for in proportion. What came back before is waited for by `pauseMs`, longer than it paused.
 */
export function mayResolve(
  calmSince: EpochMs | null,
  at: EpochMs,
  lastedMs: number,
  counted: boolean,
  pauseMs = 0,
): boolean {
  const most = Math.max(HOLD_MAX_MS, counted ? 0 : LONG_HOLD_SHARE * lastedMs)
  const hold = Math.min(most, Math.max(HOLD_MS, pauseMs, counted ? 0 : THIN_HOLD_SHARE * lastedMs))
  return calmSince !== null && at - calmSince >= hold
}
