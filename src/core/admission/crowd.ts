import type { Crowd } from '../../contract/finding.js'
import type { Observation } from '../../contract/signal.js'
import { DAY, MINUTE, type EpochMs } from '../../contract/time.js'
import { bitsOf, poissonSurvival } from '../stat/tails.js'
import { classify, type TextClass } from '../text/classify.js'
import { symptomOf, tellsMore } from '../text/symptoms.js'
import { REPORTER_MS } from './answers.js'
import { MIX_MS } from './parties.js'
import { FEW_WAIT_MIN, type Mix } from './admit.js'

/** Minutes of texts that are summed. */
const CROWD_SLOTS = 60
const MAX_REFS = 10
/** People remembered who say that they see what is not theirs; five are enough to be told. */
const MAX_EXPOSURES = 200
/** People tell of it over so many windows. */
const EXPOSURE_WINDOWS = 6
/**
 * Accounts are lost to guessed passwords every day, and a large service always hears of it: those who lost theirs count when so many
 * at once are a surprise of 20 bits (one in a million windows) against the usual of the last weeks.
 */
const TAKEOVER_BITS = 20
const TAKEOVER_MEMORY_MS = 14 * DAY
/** Until a service has a past, one a day is taken for usual. */
const TAKEOVER_PRIOR_PER_DAY = 1
/** Habits rest on so many reports; beyond it the past is halved. */
const USUAL_REPORTS = 5_000

/** Counters of one minute. */
interface CrowdSlot {
  slot: EpochMs
  reports: number
  repeated: number
  /** Of `reports` those through people's own door, and what was kept out there. */
  open: number
  coordinated: number
  ok: number
  /** Of `reports` those that say more than that something is wrong, and how it hurts. */
  told: number
  slow: number
  failing: number
  texts: Partial<Record<TextClass, number>>
  posts: number
}

export interface CrowdState {
  slots: (CrowdSlot | null)[]
  /** Reports that say they see what is not theirs, newest last. */
  exposures: Statement[]
  /** Reports of an own account in other hands, newest last; `usual` is their fading sum over TAKEOVER_MEMORY. */
  takeovers: { said: Statement[]; usual: number; since: EpochMs; at: EpochMs }
  /** How people report in quiet times, fading. */
  usual: { reports: number; told: number; slow: number; failing: number }
}

/** One person's word. */
interface Statement {
  at: EpochMs
  id: string
  who: string
  /** Through people's own door: the party that it comes from, which is heard once. */
  party?: string
}

export const crowdState = (): CrowdState => ({
  slots: Array.from({ length: CROWD_SLOTS }, () => null),
  exposures: [],
  takeovers: { said: [], usual: 0, since: 0, at: 0 },
  usual: { reports: 0, told: 0, slow: 0, failing: 0 },
})

/** Remembers how people usually report, from a minute that no trouble holds; returns how many did. */
export function learnHabits(state: CrowdState, slot: EpochMs): number {
  const quiet = state.slots[(slot / MINUTE) % CROWD_SLOTS]
  if (!quiet || quiet.slot !== slot) return 0
  const { usual } = state
  usual.reports += quiet.reports
  usual.told += quiet.told
  usual.slow += quiet.slow
  usual.failing += quiet.failing
  if (usual.reports > USUAL_REPORTS)
    for (const what of ['reports', 'told', 'slow', 'failing'] as const) usual[what] /= 2
  return quiet.reports
}

function slotOf(state: CrowdState, at: EpochMs): CrowdSlot {
  const slot = Math.floor(at / MINUTE) * MINUTE
  const i = (slot / MINUTE) % CROWD_SLOTS
  const known = state.slots[i]
  if (known && known.slot >= slot) return known
  return (state.slots[i] = {
    slot,
    reports: 0,
    repeated: 0,
    open: 0,
    coordinated: 0,
    ok: 0,
    told: 0,
    slow: 0,
    failing: 0,
    texts: {},
    posts: 0,
  })
}

/** A report that people's own door or its mix keeps out of the counts; its text is not heard either. */
export function noteCoordinated(state: CrowdState, at: EpochMs): void {
  slotOf(state, at).coordinated++
}

/** A report that was counted turned out to be part of a flood. */
export function takeBackReport(state: CrowdState, at: EpochMs, bad: boolean, who: string): void {
  state.exposures = state.exposures.filter(x => x.who !== who)
  state.takeovers.said = state.takeovers.said.filter(x => x.who !== who)
  const slot = slotOf(state, at)
  slot.coordinated++
  if (!bad) slot.ok = Math.max(0, slot.ok - 1)
  else {
    slot.reports = Math.max(0, slot.reports - 1)
    slot.open = Math.max(0, slot.open - 1)
  }
}

/** Reports by how they came, by default of the last quarter of an hour; an hour at most. */
export function readMix(state: CrowdState, now: EpochMs, ms = MIX_MS): Mix {
  const mix: Mix = { counted: 0, open: 0, openLately: 0, coordinated: 0 }
  for (const slot of state.slots) {
    if (!slot || slot.slot <= now - ms || slot.slot > now) continue
    mix.counted += slot.reports
    mix.open += slot.open
    mix.coordinated += slot.coordinated
    if (slot.slot >= now - FEW_WAIT_MIN * MINUTE) mix.openLately += slot.open
  }
  return mix
}

/** Possibly coordinated reports of the last quarter of an hour. */
export const readCoordinated = (state: CrowdState, now: EpochMs): number => readMix(state, now).coordinated

/** Notes a report or post; returns what its text says, null without one. */
export function noteCrowd(state: CrowdState, signal: Observation, counted: boolean, party?: string): TextClass | null {
  const slot = slotOf(state, signal.at)
  // Through people's own door anybody may repeat himself ten thousand times: that says nothing of the others.
  if (signal.prefix !== undefined && !counted) return signal.text ? noteText(state, slot, signal, false, party) : null
  if (signal.prefix !== undefined && signal.bad !== 0) slot.open++
  if (signal.via === 'post') slot.posts++
  else if (!counted) slot.repeated++
  else if (signal.bad === 0) slot.ok++
  else slot.reports++
  const says = signal.text ? noteText(state, slot, signal, counted, party) : null
  if (signal.via === 'report' && counted && signal.bad !== 0) {
    if (tellsMore(signal)) slot.told++
    const hurts = symptomOf(signal, says)
    if (hurts) slot[hurts]++
  }
  return says
}

function noteText(
  state: CrowdState,
  slot: CrowdSlot,
  signal: Observation,
  counted: boolean,
  party: string | undefined,
): TextClass {
  const says = classify(signal.text!)
  if (counted) slot.texts[says] = (slot.texts[says] ?? 0) + 1
  // Whoever complained in the morning may see a stranger's data at noon: exposures count people by themselves.
  if (says === 'exposure') noteStatement(state.exposures, signal, party)
  if (says === 'takeover' && noteStatement(state.takeovers.said, signal, party))
    noteTakeover(state.takeovers, signal.at)
  return says
}

export const whoOf = (signal: Observation): string => signal.reporter ?? signal.author ?? signal.id

/** False when this person has told it within a day. */
function noteStatement(said: Statement[], signal: Observation, party: string | undefined): boolean {
  const who = whoOf(signal)
  const known = said.findIndex(x => x.who === who)
  if (known >= 0) {
    if (signal.at - said[known]!.at < REPORTER_MS) return false
    said.splice(known, 1)
  }
  said.push({ at: signal.at, id: signal.id, who, ...(party === undefined ? {} : { party }) })
  if (said.length > MAX_EXPOSURES) said.shift()
  return true
}

function noteTakeover(takeovers: CrowdState['takeovers'], at: EpochMs): void {
  if (takeovers.since === 0) takeovers.since = takeovers.at = at
  takeovers.usual = 1 + takeovers.usual * Math.exp(-Math.max(0, at - takeovers.at) / TAKEOVER_MEMORY_MS)
  takeovers.at = Math.max(takeovers.at, at)
}

/** Those of people's own door wait while it is doubted, and one party is heard once, however many it says it is. */
function freshOf(said: readonly Statement[], now: EpochMs, windowMs: number, doubt: boolean): Statement[] {
  const fresh = said.filter(x => x.at > now - EXPOSURE_WINDOWS * windowMs && x.at <= now)
  const last = new Map(fresh.flatMap(x => (x.party === undefined ? [] : [[x.party, x]])))
  return fresh.filter(x => x.party === undefined || (!doubt && last.get(x.party) === x))
}

/** Lost accounts of the window when they are more than a service of this past hears of, else none; O(MAX_EXPOSURES). */
function freshTakeovers(state: CrowdState, now: EpochMs, windowMs: number, doubt: boolean): Statement[] {
  const { said, usual, since, at } = state.takeovers
  if (said.length === 0) return []
  const fresh = freshOf(said, now, windowMs, doubt)
  // What is judged is not its own usual; the sum has had only so long to fill.
  const before = Math.max(0, usual * Math.exp(-Math.max(0, now - at) / TAKEOVER_MEMORY_MS) - fresh.length)
  const filled = TAKEOVER_MEMORY_MS * (1 - Math.exp(-Math.max(0, now - since) / TAKEOVER_MEMORY_MS))
  const perMs = (before + TAKEOVER_PRIOR_PER_DAY) / (filled + DAY)
  const bits = bitsOf(poissonSurvival(fresh.length, perMs * EXPOSURE_WINDOWS * windowMs))
  return bits >= TAKEOVER_BITS ? fresh : []
}

/** Words of people who saw what is another's, or lost what is theirs: what the security lane rests on, oldest first. */
export const freshExposures = (state: CrowdState, now: EpochMs, windowMs: number, doubt = false): Statement[] =>
  [...freshOf(state.exposures, now, windowMs, doubt), ...freshTakeovers(state, now, windowMs, doubt)].sort(
    (a, b) => a.at - b.at,
  )

/** Sums over (now − windowMs, now]. */
export function readCrowd(state: CrowdState, now: EpochMs, windowMs: number, doubt = false): Crowd {
  const out: Crowd = {
    reports: 0,
    reporters: 0,
    repeated: 0,
    coordinated: 0,
    complaints: 0,
    rumours: 0,
    exposures: 0,
    takeovers: 0,
    quality: 0,
    worksForMe: 0,
    told: 0,
    slow: 0,
    failing: 0,
    usual: { ...state.usual },
    exposureRefs: [],
  }
  for (const slot of state.slots) {
    if (!slot || slot.slot <= now - windowMs || slot.slot > now) continue
    out.reports += slot.reports + slot.repeated
    out.reporters += slot.reports
    out.worksForMe += slot.ok
    out.told += slot.told
    out.slow += slot.slow
    out.failing += slot.failing
    out.repeated += slot.repeated
    out.coordinated += slot.coordinated
    out.complaints += slot.texts.complaint ?? 0
    out.rumours += slot.texts.rumour ?? 0
    out.quality += slot.texts.quality ?? 0
  }
  out.repeated = out.reports > 0 ? out.repeated / out.reports : 0
  const fresh = freshExposures(state, now, windowMs, doubt)
  out.exposures = fresh.length
  out.takeovers = freshTakeovers(state, now, windowMs, doubt).length
  out.exposureRefs = fresh.slice(-MAX_REFS).map(x => x.id)
  return out
}
