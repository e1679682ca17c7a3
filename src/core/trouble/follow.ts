import type { Finding, Track } from '../../contract/finding.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import { clearSums } from '../rates/rise-detector.js'
import { type Strand } from '../rates/state.js'
import { handOver, newestExcess, outgrows, ownKinds, ownOf, readBranches, tellApart, windowsOf } from './concurrent.js'
import { readCrowd, readMix } from '../admission/crowd.js'
import { readDemand } from '../rates/demand.js'
import { badKinds, bitsOfKinds, inAlarm, isDoubted, machinesSee, onsetOf, slowKinds } from './combine.js'
import { latelyOf } from '../rates/newest-minute.js'
import { componentsOf, locate, REPORT_WINDOW_MS } from './locate.js'
import { MIX_MS, readIndependence } from '../admission/parties.js'
import { keepPicture } from './second.js'
import type { Readings } from '../evidence/evidence.js'
import { EVIDENCE } from '../evidence/kinds.js'
import { machinesOf } from '../evidence/registry.js'
import type { TroubledService } from './service.js'
import { AFTERMATH_MS, newStrand, type StrandState } from './state.js'
import { anyExcess, type RateWindow } from '../rates/excess.js'
import { failsInSilence } from './rate-segments.js'
import { readTracks } from './tracks.js'

/** The onset is estimated anew while evidence comes in for so long after the alarm, then it stands. */
const ONSET_SETTLES_MS = 10 * MINUTE
/** Sums of a kind are forgotten when its window has shown nothing for so long. */
const EVIDENCE_FADES_MS = 5 * MINUTE
/** Reports below this part of their peak are an echo once telemetry is calm. */
const ECHO_SHARE = 0.2
/** Segments are searched each minute at first, then each SEARCH_EVERY minutes: they change slowly later. */
const SEARCH_EVERY_MIN = 3
const SEARCH_SETTLES_MS = 30 * MINUTE

/** What one strand has to say at this tick, one finding a trouble; none when all is quiet. Opens, follows and closes its states. */
export function readStrand(s: TroubledService, strand: Strand, r: Readings, now: EpochMs): Finding[] {
  const partedSince = strand === 'bad' ? tellApart(s, now) : null
  if (strand === 'bad') handOver(s, now)
  const first = readFirst(s, strand, r, now, partedSince)
  const findings = first ? [first] : []
  if (strand === 'bad') readBranches(s, now, findings)
  return findings
}

/** The first of them: all that no other claims. */
function readFirst(
  s: TroubledService,
  strand: Strand,
  r: Readings,
  now: EpochMs,
  partedSince: EpochMs | null,
): Finding | null {
  const before = s.strands[strand]
  const own = strand === 'bad' && before ? ownOf(s, now) : null
  let kinds = strand === 'bad' ? badKinds(s, r, now) : slowKinds(s, r)
  if (own) kinds = ownKinds(kinds, windowsOf(s, strand, before!, own, now))
  const alarm = inAlarm(kinds)
  if (!alarm && !before) return null
  const state = (s.strands[strand] = before ?? newStrand(now, now, [now, now]))
  if (alarm && !own) dateAgain(s, state, strand, kinds, r, before === null, now)
  const { metrics, checks, all, whole } = windowsOf(s, strand, state, own, now)
  const failing = {
    metrics: metrics !== null && anyExcess(metrics, strand),
    checks: checks !== null && anyExcess(checks, strand),
  }
  noteExcess(s, state, strand, failing, own !== null, now)
  const further = tracksBeside(s, strand, kinds, now)
  const echo = further.find(t => t.unit === 'reports_per_minute') ?? null
  state.reportPeak = Math.max(state.reportPeak, echo?.excess ?? 0)
  const troubled =
    failing.metrics || failing.checks || (alarm && !onlyEcho(state, kinds, echo, s.strands.slow !== null, now))
  if (troubled) state.troubledAt = now
  else if (now - state.troubledAt > AFTERMATH_MS) {
    s.strands[strand] = null
    return null
  }
  if (now - state.raisedAt < SEARCH_SETTLES_MS || (now / MINUTE) % SEARCH_EVERY_MIN === 0 || partedSince !== null) {
    locate(s, state, strand, kinds, { metrics, checks }, failing, now)
    if (strand === 'bad' && failing.metrics) keepPicture(state, now)
  }
  const outgrown = all !== null && outgrows(state, all)
  // Metrics that saw the trouble keep the last word of what falls silent later: then they still speak for the whole.
  const sawIt = state.excessAt.metric > 0
  const blind = metrics !== null && checks !== null && !sawIt && failsInSilence(checks, metrics, now)
  const leading = blind ? null : state.claim ? whole : all
  const tracks = readTracks(state, leading, metrics, checks, now)
  tracks.push(...further)
  const stale = tracks.some(t => t.stale && t.excess > 0.02)
  return {
    type: 'finding',
    service: s.id,
    at: now,
    strand,
    ...(state.branch ? { branch: state.branch } : {}),
    ...(partedSince !== null || outgrown ? { partedSince: partedSince ?? state.onset } : {}),
    alarm,
    kinds,
    bits: bitsOfKinds(kinds),
    onset: state.onset,
    onsetInterval: state.onsetInterval,
    segments: state.segments,
    uneven: state.uneven,
    unaffected: state.unaffected,
    ...(state.quoted.length > 0 ? { quoted: state.quoted } : {}),
    components: notClaimed(s, componentsOf(s, state, metrics, strand, now), own !== null),
    tracks,
    share: overallShare(blind ? null : all, checks),
    lately: own || blind ? null : latelyFrom(s, strand, all, now),
    calm: !troubled && !stale,
    demand: (state.demand = (s.evidence.metric && readDemand(s.evidence.metric, state.onset, now)) ?? state.demand),
    crowd: crowdOf(s, now),
  }
}

/** Remembers where there is an excess; where there was none for long the sums are forgotten. `several`: of any of them. */
function noteExcess(
  s: TroubledService,
  state: StrandState,
  strand: Strand,
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
      clearSums(rates, strand)
  }
}

/** What is left of it in kinds of evidence that say so themselves. */
const tracksBeside = (s: TroubledService, strand: Strand, kinds: Finding['kinds'], now: EpochMs): Track[] =>
  EVIDENCE.flatMap(({ kind, track }) => {
    const state = s.evidence[kind]
    return (state && track?.(state, strand, kinds[kind], now)) ?? []
  })

/** What people say, and how many of them stand for themselves. */
function crowdOf(s: TroubledService, now: EpochMs): Finding['crowd'] {
  const crowd = readCrowd(s.crowd, now, REPORT_WINDOW_MS, isDoubted(s, now))
  const { counted, open } = readMix(s.crowd, now)
  if (open === 0) return crowd
  const { parties, familiar } = readIndependence(s.voices.parties, now, MIX_MS)
  return { ...crowd, independent: counted - open + parties, familiar }
}

/** Of requests, or of checks where nobody counts requests. */
const latelyFrom = (s: TroubledService, strand: Strand, all: RateWindow | null, now: EpochMs): Finding['lately'] => {
  const rates = all !== null ? all.state : s.evidence.metric ? null : s.evidence.check
  return rates && latelyOf(rates, strand, now)
}

/** What people name while others are told apart may be the others'. */
const notClaimed = (s: TroubledService, components: string[], others: boolean): string[] =>
  others ? components.filter(c => !s.branches.some(b => b.claim?.some(w => w.component?.includes(c)))) : components

/** Estimates the onset while evidence comes in; `fresh`: for the first time. */
function dateAgain(
  s: TroubledService,
  state: StrandState,
  strand: Strand,
  kinds: Finding['kinds'],
  r: Readings,
  fresh: boolean,
  now: EpochMs,
): void {
  // Machines that see it at last know better when it began than people who complained before, perhaps of something else.
  const atLast = state.machineAt === 0 && machinesSee(kinds)
  const settled = now - Math.max(state.raisedAt, state.machineAt) >= ONSET_SETTLES_MS
  if (!fresh && !atLast && settled) return
  const { onset, interval } = onsetOf(s, strand, kinds, r, now)
  // A later rise within the same trouble is none of its beginnings.
  if (!fresh && !atLast && onset > Math.max(state.raisedAt, state.machineAt)) return
  if (atLast) state.machineAt = now
  state.onset = onset
  state.onsetInterval = interval
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
  const seen = Math.max(state.excessAt.metric, state.excessAt.check)
  if (seen === 0 || now - seen < EVIDENCE_FADES_MS) return false
  const machine = machinesOf(kinds)
  if (machine.some(k => k.alarm) || !machine.some(k => k.bits !== null)) return false
  return echo === null || slow || echo.excess < ECHO_SHARE * state.reportPeak
}

const overallShare = (metrics: RateWindow | null, checks: RateWindow | null): number | null => {
  const rates = metrics ?? checks
  const total = rates?.groups.total[0] ?? 0
  return rates && total > 0 ? Math.max(0, (rates.groups.hit[0]! - rates.groups.expected[0]!) / total) : null
}
