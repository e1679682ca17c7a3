import { REOPEN_MS } from '../../contract/thresholds.js'
import type { Finding, KindReading } from '../../contract/finding.js'
import type { Where } from '../../contract/incident.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import type { Component } from '../../contract/topology.js'
import { windowByGroup } from '../rates/window.js'
import { type FailureMode } from '../rates/state.js'
import { isApart } from './apart.js'
import { isDoubted } from './combine.js'
import { readCrowd } from '../admission/crowd.js'
import { readDemand } from '../rates/demand.js'
import { locateIn, REPORT_WINDOW_MS } from './locate.js'
import { leavesIn, leavesNear, minus, not, othersWell, sumOf, within } from '../rates/masks.js'
import { type Mask } from '../rates/excess.js'
import { seekSecond } from './second.js'
import type { TroubledService } from './service.js'
import { anyExcess, rateWindow, worstBits, type RateWindow } from '../rates/excess.js'
import { failingComponents, locateRates } from './rate-segments.js'
import { nameSegments, newTrouble, type Trouble } from './state.js'
import { readTracks } from './tracks.js'

/**
 * Several troubles of one service at once. The first keeps everything that no other claims; each further one is read in its own
 * leaves alone, by requests: reports do not say whose they are. When the first is over, the eldest of the others takes its place.
 */

/** Troubles told apart at once besides the first; what comes on top of them stays with the first. */
const MAX_BRANCHES = 3
/** The first is only split while its requests fail. */
const FAILS_STILL_MS = 2 * MINUTE
/** Bits from which a window is an alarm of its own: as much as the detector of all requests asks for (rates.ts). */
const ALARM_BITS = 20
/** As much as the detector says at most. */
const CEILING_BITS = 200
/** One that is over keeps its place as long as its incident may reopen: a relapse is its own. */
const AFTERMATH_MS = REOPEN_MS
/** A window of checks reaches back so far. */
const CHECKS_LINGER_MS = 10 * MINUTE
/** Segments of one claim: growth beyond it stays with the first. */
const MAX_CLAIM = 12
/** A claim that has less than this part of its requests to itself is read as a whole. */
const LEAST_OWN_SHARE = 0.05
/** What people report beside healthy requests of the first is of the others: no more than this of it. */
const NOT_OURS_BITS = 3

/** Leaves that are the first one's, by source; null: all. */
export interface Own {
  metrics: Mask | null
  checks: Mask | null
}

export function ownOf(s: TroubledService, now: EpochMs): Own | null {
  if (s.branches.length === 0) return null
  const claims = s.branches.flatMap(b => b.claim ?? [])
  // Checks seldom say which component: while another fails that they may be of, they say nothing of the first.
  const failing = s.branches.filter(b => now - b.troubledAt <= CHECKS_LINGER_MS).flatMap(b => b.claim ?? [])
  return {
    metrics: s.evidence.metric && not(leavesIn(s.evidence.metric.book, claims)),
    checks: s.evidence.check && not(leavesNear(s.evidence.check.book, failing)),
  }
}

export interface Windows {
  /** In its own leaves. */
  metrics: RateWindow | null
  checks: RateWindow | null
  /** Over all requests, others' leaves taken as well. */
  all: RateWindow | null
  /** What stands for the whole of it. */
  whole: RateWindow | null
}

/** The windows of the first: all there is, less what others claim. */
export function windowsOf(
  s: TroubledService,
  mode: FailureMode,
  state: Trouble,
  own: Own | null,
  now: EpochMs,
): Windows {
  const { onset } = state
  const metrics = s.evidence.metric && rateWindow(s.evidence.metric, mode, now, onset, true, own?.metrics ?? undefined)
  const checks =
    s.evidence.check && (mode === 'bad' || s.evidence.check.tellsSlow === true)
      ? rateWindow(s.evidence.check, mode, now, onset, s.evidence.metric === null)
      : null
  const all =
    metrics && own?.metrics ? withShared(othersWell(metrics, own.metrics), own.metrics, state.settled) : metrics
  return {
    metrics: metrics && own?.metrics ? within(metrics, own.metrics) : metrics,
    checks: checks && own?.checks ? within(checks, own.checks) : checks,
    all,
    whole: all && state.claim ? within(all, leavesIn(all.state.book, state.claim)) : all,
  }
}

/** Where the first was before others claimed it, it is taken to be as bad as in the rest of its place. */
function withShared(all: RateWindow, own: Mask, settled: readonly Where[]): RateWindow {
  const place = leavesIn(all.state.book, settled)
  const rest = sumOf(all, minus(place, not(own)))
  const share = rest.total > 0 ? Math.max(0, rest.hit - rest.expected) / rest.total : 0
  const { window } = all
  for (let leaf = 0; leaf < own.length; leaf++)
    if (place[leaf] && !own[leaf]) window.hit[leaf] = window.expected[leaf]! + share * window.total[leaf]!
  return { ...all, groups: windowByGroup(all.state.book, window) }
}

const isAlarm = (rates: RateWindow): boolean => anyExcess(rates, 'bad', ALARM_BITS)

const shareOf = (rates: RateWindow): number | null => {
  const total = rates.groups.total[0]!
  return total > 0 ? Math.max(0, (rates.groups.hit[0]! - rates.groups.expected[0]!) / total) : null
}

function reading(rates: RateWindow): KindReading {
  const total = rates.groups.total[0]!
  return {
    bits: Math.min(CEILING_BITS, worstBits(rates, 'bad')),
    alarm: isAlarm(rates),
    observed: total > 0 ? rates.groups.hit[0]! / total : 0,
    expected: total > 0 ? rates.groups.expected[0]! / total : 0,
    onset: null,
    onsetInterval: null,
    share: total > 0 ? rates.groups.hit[0]! / total : null,
  }
}

/** What each kind says of the first alone, while others are told apart from it. */
export function ownKinds(kinds: Finding['kinds'], { metrics, checks }: Windows): Finding['kinds'] {
  const own = { ...kinds }
  if (own.metric && metrics && own.metric.bits !== null) own.metric = reading(metrics)
  if (own.check && checks && own.check.bits !== null) own.check = reading(checks)
  if (own.metric?.alarm || own.check?.alarm) return own
  for (const via of ['report', 'post'] as const) {
    const kind = own[via]
    if (kind) own[via] = { ...kind, alarm: false, bits: kind.bits === null ? null : Math.min(NOT_OURS_BITS, kind.bits) }
  }
  return own
}

/** Newest tick at which requests or checks of any trouble failed. */
export const newestExcess = (s: TroubledService): EpochMs =>
  Math.max(
    0,
    ...[s.troubles.bad, ...s.branches].flatMap(x => (x ? [x.raisedAt, x.excessAt.metric, x.excessAt.check] : [])),
  )

/** Tells a second trouble apart when it has been seen at two ticks in a row. Returns when it began. */
export function splitOff(s: TroubledService, now: EpochMs): EpochMs | null {
  const first = s.troubles.bad
  if (!first || !s.evidence.metric || s.branches.length >= MAX_BRANCHES) return null
  if (now - first.excessAt.metric > FAILS_STILL_MS) return null
  const own = ownOf(s, now)?.metrics ?? undefined
  const rates = rateWindow(s.evidence.metric, 'bad', now, first.onset, true, own)
  const claimed = s.branches.flatMap(b => b.claim ?? [])
  const second = seekSecond(first, own ? within(rates, own) : rates, claimed, s.components, now)
  const suspected = first.suspectedAt
  first.suspectedAt = second ? now : 0
  if (!second || now - suspected > MINUTE) return null
  const { wheres, onset, interval } = second
  s.branches.push({
    ...newTrouble(now, onset, interval),
    machineAt: now,
    branch: (now / MINUTE).toString(36),
    claim: wheres,
  })
  // What was told since is of both.
  first.history = first.history.filter(p => p.at < onset)
  first.named = []
  const before = first.history.at(-1)?.segments ?? []
  first.settled = before.map(x => x.where)
  nameSegments(first, before)
  return onset
}

/** What fails now beside the first and the claims of others, and is growth of one of the others, is claimed by it. */
export function handOver(s: TroubledService, now: EpochMs): void {
  const first = s.troubles.bad
  if (!first || !s.evidence.metric || first.settled.length === 0 || s.branches.length === 0) return
  const { book } = s.evidence.metric
  const known = leavesIn(book, [...first.settled, ...s.branches.flatMap(b => b.claim ?? [])])
  const rest = within(rateWindow(s.evidence.metric, 'bad', now, first.onset, true, not(known)), not(known))
  if (!anyExcess(rest, 'bad')) return
  for (const { where } of locateRates(rest).segments) {
    const to = s.branches.find(
      b => b.claim!.length < MAX_CLAIM && isNearer(where, b.claim!, first.settled, s.components),
    )
    if (!to) continue
    to.claim!.push(where)
    to.grewAt = now
  }
}

/** Is this growth of the other and not of the first? A component of the other alone decides, where it may be of both. */
function isNearer(
  where: Where,
  claim: readonly Where[],
  first: readonly Where[],
  components: readonly Component[],
): boolean {
  if (claim.every(c => isApart(c, where, components))) return false
  if (first.every(f => isApart(f, where, components))) return true
  const within = (wheres: readonly Where[], id: string): boolean => wheres.some(w => w.component?.includes(id))
  return where.component?.every(id => within(claim, id) && !within(first, id)) ?? false
}

/** The first has a place of its own (it was told apart once): what fails beyond it is its growth. True when that has happened. */
export function outgrows(state: Trouble, all: RateWindow): boolean {
  if (!state.claim) return false
  const beyond = minus(all.mask ?? not(new Uint8Array(all.window.total.length)), leavesIn(all.state.book, state.claim))
  if (!isAlarm(within(all, beyond))) return false
  state.claim = null
  return true
}

/** Reads every trouble that is told apart; those that are over are forgotten. */
export function followBranches(s: TroubledService, now: EpochMs, into: Finding[]): void {
  if (s.branches.length === 0 || !s.evidence.metric) return
  const { book } = s.evidence.metric
  const first = s.troubles.bad
  // Where the first fails too, nobody knows whose failures are whose.
  const shared = leavesIn(book, first && first.troubledAt === now ? first.segments.map(x => x.where) : [])
  const left: Trouble[] = []
  for (const state of s.branches) {
    const claimed = leavesIn(book, state.claim ?? [])
    // Reports are of all of them: whoever takes the place of the first knows how many there were.
    if (first) state.reportPeak = first.reportPeak
    const finding = followBranch(s, state, claimed, shared, now)
    if (finding) {
      into.push(finding)
      left.push(state)
    }
    for (let leaf = 0; leaf < claimed.length; leaf++) if (claimed[leaf]) shared[leaf] = 1
  }
  s.branches = left
  if (!s.troubles.bad) s.troubles.bad = s.branches.shift() ?? null
}

function followBranch(s: TroubledService, state: Trouble, claimed: Mask, shared: Mask, now: EpochMs): Finding | null {
  const rates = s.evidence.metric!
  const alone = minus(claimed, shared)
  const full = rateWindow(rates, 'bad', now, state.onset, true, alone)
  const mask = sumOf(full, alone).total < LEAST_OWN_SHARE * sumOf(full, claimed).total ? claimed : alone
  const own = within(full, mask)
  const failing = anyExcess(own, 'bad')
  if (failing) state.troubledAt = state.excessAt.metric = now
  else if (now - state.troubledAt > AFTERMATH_MS) return null
  if (failing) locateIn(state, othersWell(within(full, not(minus(claimed, mask))), mask), now)
  else state.segments = []
  const tracks = readTracks(state, own, own, null, now)
  const stale = tracks.some(t => t.stale && t.excess > 0.02)
  const metric = reading(own)
  return {
    type: 'finding',
    service: s.id,
    at: now,
    strand: 'bad',
    branch: state.branch,
    // Shares are of its own place: they start anew when that grows.
    ...(state.grewAt === now ? { partedSince: state.onset } : {}),
    alarm: metric.alarm,
    kinds: { metric },
    bits: Math.max(0, metric.bits ?? 0),
    onset: state.beganAt,
    onsetInterval: state.onsetInterval,
    segments: state.segments,
    uneven: state.uneven,
    unaffected: state.unaffected,
    components: failing ? failingComponents(own, 'bad') : [],
    tracks,
    share: shareOf(othersWell(full, mask)),
    lately: null,
    calm: !failing && !stale,
    demand: (state.demand = readDemand(rates, state.onset, now) ?? state.demand),
    crowd: {
      ...readCrowd(s.crowd, now, REPORT_WINDOW_MS, isDoubted(s, now)),
      exposures: 0,
      takeovers: 0,
      exposureRefs: [],
    },
  }
}
