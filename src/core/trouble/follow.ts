import type { Finding, Track } from '../../contract/finding.js'
import { HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import { groupNamed, leafCount, sumLeaves } from '../aggregate/label-sets.js'
import { clearSums } from '../rates/rise-detector.js'
import { type FailureMode } from '../rates/state.js'
import { handOver, newestExcess, outgrows, ownKinds, ownOf, followBranches, splitOff, windowsOf } from './concurrent.js'
import { readCrowd, readMix } from '../admission/crowd.js'
import { readDemand } from '../rates/demand.js'
import { badKinds, bitsOfKinds, inAlarm, isDoubted, machinesSee, onsetOf, slowKinds } from './combine.js'
import { betaQuantile } from '../stat/quantile.js'
import { latelyOf } from '../rates/newest-minute.js'
import { componentsOf, locate, REPORT_WINDOW_MS } from './locate.js'
import { MIX_MS, readIndependence } from '../admission/parties.js'
import { type Gone, joinMissing, missingOf, overallShare } from './missing.js'
import { followNamed } from './rest.js'
import { rememberSegments } from './second.js'
import type { Readings } from '../evidence/evidence.js'
import { EVIDENCE } from '../evidence/kinds.js'
import { machinesOf } from '../evidence/registry.js'
import type { TroubledService } from './service.js'
import { AFTERMATH_MS, newTrouble, type Trouble } from './state.js'
import { anyExcess, rateWindow, type RateWindow } from '../rates/excess.js'
import { failsInSilence } from './rate-segments.js'
import { readTracks } from './tracks.js'

/** The onset is estimated anew while evidence comes in for so long after the alarm, then it stands. */
const ONSET_SETTLES_MS = 10 * MINUTE
/** Sums of a kind are forgotten when its window has shown nothing for so long. */
const EVIDENCE_FADES_MS = 5 * MINUTE
/** Reports below this part of their peak are an echo once telemetry is calm. */
const ECHO_SHARE = 0.2
/** Until checks leave no more than this share failing, so surely, people's word stands beside them: 18 of them that all went well. */
const LEFT_SHARE = 0.15
const SURE = 0.95
/** Segments are searched each minute at first, then each SEARCH_EVERY minutes: they change slowly later. */
const SEARCH_EVERY_MIN = 3
const SEARCH_SETTLES_MS = 30 * MINUTE

/** What one failure mode has to say at this tick, one finding a trouble; none when all is quiet. Opens, follows and closes its states. */
export function followTroubles(s: TroubledService, mode: FailureMode, r: Readings, now: EpochMs): Finding[] {
  const partedSince = mode === 'bad' ? splitOff(s, now) : null
  if (mode === 'bad') handOver(s, now)
  const first = followFirst(s, mode, r, now, partedSince)
  const findings = first ? [first] : []
  if (mode === 'bad') followBranches(s, now, findings)
  return findings
}

/** The first of them: all that no other claims. */
function followFirst(
  s: TroubledService,
  mode: FailureMode,
  r: Readings,
  now: EpochMs,
  partedSince: EpochMs | null,
): Finding | null {
  const before = s.troubles[mode]
  const own = mode === 'bad' && before ? ownOf(s, now) : null
  let kinds = mode === 'bad' ? badKinds(s, r, now) : slowKinds(s, r)
  if (own) kinds = ownKinds(kinds, windowsOf(s, mode, before!, own, now))
  const alarm = inAlarm(kinds)
  if (!alarm && !before) return null
  const state = (s.troubles[mode] = before ?? newTrouble(now, now, [now, now]))
  if (alarm && !own) dateAgain(s, state, mode, kinds, r, before === null, now)
  const windows = windowsOf(s, mode, state, own, now)
  const { metrics, checks, all } = windows
  const failing = {
    metrics: metrics !== null && anyExcess(metrics, mode),
    checks: checks !== null && anyExcess(checks, mode),
  }
  noteExcess(s, state, mode, failing, own !== null, now)
  const further = tracksBeside(s, mode, kinds, now)
  const echo = further.find(t => t.unit === 'reports_per_minute') ?? null
  state.reportPeak = Math.max(state.reportPeak, echo?.excess ?? 0)
  const gone = own || mode === 'slow' ? null : missingOf(s, state, kinds, metrics)
  const troubled =
    gone !== null ||
    failing.metrics ||
    failing.checks ||
    (alarm && !onlyEcho(s, state, mode, kinds, echo, s.troubles.slow !== null, now))
  if (troubled) state.troubledAt = now
  else if (now - state.troubledAt > AFTERMATH_MS) {
    s.troubles[mode] = null
    return null
  }
  if (now - state.raisedAt < SEARCH_SETTLES_MS || (now / MINUTE) % SEARCH_EVERY_MIN === 0 || partedSince !== null) {
    locate(s, state, mode, kinds, { metrics, checks }, failing, now)
    if (mode === 'bad' && failing.metrics) rememberSegments(state, now)
  }
  const outgrown = all !== null && outgrows(state, all)
  const { blind, tracks, share } = follow(s, state, windows, gone, now)
  tracks.push(...further)
  return {
    type: 'finding',
    service: s.id,
    at: now,
    strand: mode,
    ...(state.branch ? { branch: state.branch } : {}),
    ...(partedSince !== null || outgrown ? { partedSince: partedSince ?? state.onset } : {}),
    alarm,
    kinds,
    bits: bitsOfKinds(kinds),
    onset: state.beganAt,
    onsetInterval: state.onsetInterval,
    segments: state.segments,
    uneven: state.uneven,
    unaffected: state.unaffected,
    ...(state.quoted.length > 0 ? { quoted: state.quoted } : {}),
    ...strainedIn(s),
    components: notClaimed(s, componentsOf(s, state, metrics, mode, now), own !== null),
    tracks,
    share,
    ...restFor(s, mode, state, kinds, now),
    lately: own || blind || gone ? null : latelyFrom(s, mode, all, now),
    calm: !troubled && !tracks.some(t => t.stale && t.excess > 0.02),
    demand: (state.demand = (s.evidence.metric && readDemand(s.evidence.metric, state.onset, now)) ?? state.demand),
    crowd: crowdOf(s, now),
  }
}

/** What is left of the whole and of each named value; `blind`: where it fails requests are silent, and others' health says nothing. */
function follow(
  s: TroubledService,
  state: Trouble,
  { metrics, checks, all, whole }: ReturnType<typeof windowsOf>,
  gone: Gone | null,
  now: EpochMs,
): { blind: boolean; tracks: Track[]; share: number | null } {
  // Metrics that saw the trouble keep the last word of what falls silent later: then they still speak for the whole.
  const sawIt = state.excessAt.metric > 0
  const blind = metrics !== null && checks !== null && !sawIt && failsInSilence(checks, metrics, now)
  const leading = blind ? null : state.claim ? whole : all
  // Checks that speak for the whole look back as far as where nobody counts requests: silence is no reason to know less.
  const led = blind && !checks.mask ? rateWindow(s.evidence.check!, 'bad', now, state.onset, true) : checks
  return {
    blind,
    tracks: joinMissing(readTracks(state, leading, metrics, led, now), gone),
    share: gone ? gone.share : overallShare(blind ? null : all, led),
  }
}

/** Remembers where there is an excess; where there was none for long the sums are forgotten. `several`: of any of them. */
function noteExcess(
  s: TroubledService,
  state: Trouble,
  mode: FailureMode,
  failing: { metrics: boolean; checks: boolean },
  several: boolean,
  now: EpochMs,
): void {
  for (const kind of ['metric', 'check'] as const) {
    const rates = s.evidence[kind]
    if (kind === 'metric' ? failing.metrics : failing.checks) state.excessAt[kind] = now
    else if (
      rates &&
      now - (several ? newestExcess(s) : Math.max(state.raisedAt, state.excessAt[kind])) >= EVIDENCE_FADES_MS
    )
      clearSums(rates, mode)
  }
}

/** What is left of it in kinds of evidence that say so themselves. */
const tracksBeside = (s: TroubledService, mode: FailureMode, kinds: Finding['kinds'], now: EpochMs): Track[] =>
  EVIDENCE.flatMap(({ kind, track }) => {
    const state = s.evidence[kind]
    return (state && track?.(state, mode, kinds[kind], now)) ?? []
  })

/** What it stands on and that is full, missed or far from usual. */
function strainedIn(s: TroubledService): Pick<Finding, 'strained'> {
  const strained = EVIDENCE.flatMap(({ kind, strained }) => {
    const state = s.evidence[kind]
    return (state && strained?.(state)) ?? []
  })
  return strained.length === 0 ? {} : { strained }
}

/** What is left of it by people's word, where requests tell nothing and checks see nothing fail. */
function restFor(
  s: TroubledService,
  mode: FailureMode,
  state: Trouble,
  kinds: Finding['kinds'],
  now: EpochMs,
): Pick<Finding, 'rest'> {
  if (mode === 'slow' || !s.evidence.report || state.excessAt.metric > 0 || s.branches.length > 0) return {}
  s.named = followNamed(s.named, s.evidence.report, state.beganAt, now)
  return s.named.rest && !machinesSee(kinds) ? { rest: s.named.rest } : {}
}

/** What people say, and how many of them stand for themselves. */
function crowdOf(s: TroubledService, now: EpochMs): Finding['crowd'] {
  const crowd = readCrowd(s.crowd, now, REPORT_WINDOW_MS, isDoubted(s, now))
  const { counted, open } = readMix(s.crowd, now)
  if (open === 0) return crowd
  const { parties, familiar } = readIndependence(s.admission.parties, now, MIX_MS)
  return { ...crowd, independent: counted - open + parties, familiar }
}

/** Of requests, or of checks where nobody counts requests. */
const latelyFrom = (s: TroubledService, mode: FailureMode, all: RateWindow | null, now: EpochMs): Finding['lately'] => {
  const rates = all !== null ? all.state : s.evidence.metric ? null : s.evidence.check
  return rates && latelyOf(rates, mode, now)
}

/** What people name while others are told apart may be the others'. */
const notClaimed = (s: TroubledService, components: string[], others: boolean): string[] =>
  others ? components.filter(c => !s.branches.some(b => b.claim?.some(w => w.component?.includes(c)))) : components

/** Estimates the onset while evidence comes in; `fresh`: for the first time. */
function dateAgain(
  s: TroubledService,
  state: Trouble,
  mode: FailureMode,
  kinds: Finding['kinds'],
  r: Readings,
  fresh: boolean,
  now: EpochMs,
): void {
  // Machines that see it at last know better when it began than people who complained before, perhaps of something else.
  const atLast = state.machineAt === 0 && machinesSee(kinds)
  const settled = now - Math.max(state.raisedAt, state.machineAt) >= ONSET_SETTLES_MS
  if (!fresh && !atLast && settled) return
  const { onset, interval, began = onset } = onsetOf(s, mode, kinds, r, now)
  // A later rise within the same trouble is none of its beginnings.
  if (!fresh && !atLast && onset > Math.max(state.raisedAt, state.machineAt)) return
  if (atLast) state.machineAt = now
  state.onset = onset
  state.beganAt = began
  state.onsetInterval = interval
}

/**
 * Whether checks leave it open that more than {@link LEFT_SHARE} still fail in a place where it was seen, or anywhere where no place was
 * named: those of other places say nothing of it, and one that fails among a few is no chance to be counted away.
 */
function leavesOpen(s: TroubledService, state: Trouble, mode: FailureMode, since: EpochMs, now: EpochMs): boolean {
  const checks = s.evidence.check
  if (!checks) return true
  const { book, ring } = checks
  const sums = sumLeaves(ring, leafCount(book), Math.max(since + MINUTE, now - HOUR), now)
  const failed = mode === 'bad' ? sums.b : sums.c
  const named = state.named.flatMap(({ label, value }) => groupNamed(book, label, value) ?? [])
  return (named.length === 0 ? [0] : named).some(group => {
    let [total, bad] = [0, 0]
    for (let leaf = 0; leaf < sums.a.length; leaf++) {
      if (!book.groups[leaf]!.includes(group)) continue
      total += sums.a[leaf]!
      bad += failed[leaf]!
    }
    return betaQuantile(SURE, bad + 1, total - bad + 1) > LEFT_SHARE
  })
}

/**
 * Where telemetry saw the trouble it also sees the end: what people still report then, well below their peak, comes late;
 * or it is about slowness, which is a story of its own.
 */
function onlyEcho(
  s: TroubledService,
  state: Trouble,
  mode: FailureMode,
  kinds: Finding['kinds'],
  echo: Finding['tracks'][number] | null,
  slow: boolean,
  now: EpochMs,
): boolean {
  const seen = Math.max(state.excessAt.metric, state.excessAt.check)
  if (seen === 0 || now - seen < EVIDENCE_FADES_MS) return false
  // Checks are few: while people go on, what lets the trouble be elsewhere is no end of it.
  if (state.excessAt.metric === 0 && kinds.report?.alarm && leavesOpen(s, state, mode, seen, now)) return false
  const machine = machinesOf(kinds)
  if (machine.some(k => k.alarm) || !machine.some(k => k.bits !== null)) return false
  return echo === null || slow || echo.excess < ECHO_SHARE * state.reportPeak
}
