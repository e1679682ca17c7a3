import type { Labels, Observation } from '../../contract/signal.js'
import { HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import { generations, putNewest, turnOver, type Generations } from '../stat/generations.js'
import {
  isFamiliar,
  learnParties,
  noteParty,
  originOf,
  parties,
  standsAlone,
  usualOf,
  usualOfAllocation,
  type Parties,
  type ReportWindow,
} from './parties.js'

// People's own door is open to everybody, so a report from there weighs what strangers lend it: many prefixes of many
// networks that say the same make each other believable, and few of them do not, however loud. Reports that come with
// a token carry no prefix and pass untouched: their source answers for them. How independent those are who count is
// asked once more before an alarm is believed (admission/parties).

/** What is asked of a prefix and of a text is asked over so long. */
export const CROWD_MS = 10 * MINUTE
/** Reports of one prefix (IPv4 /24, IPv6 /48) that count without anybody else: a household, two colleagues. */
export const ALONE = 2
/** Strangers from which on a crowd is one. 10 prefixes are an hour's rent; 16 of at least 4 networks are not. */
export const STRANGERS = 16
/** Strangers who are always there lend nothing: so many times their usual number does not count. */
const USUAL_TIMES = 2
/** Their usual number is learned over so many quiet minutes. */
const USUAL_MINUTES = 360
/** and what each further one adds to the reports that a prefix may have counted: 40 strangers carry 98 of one carrier's prefix. */
const LENT = 4
/** Prefixes for which one network vouches: who rents a whole network is still one stranger of four faces. */
const FACES = 4
/** and one allocation (IPv4 /12, IPv6 /20), and a network that the service's own people use. */
const ALLOCATION_FACES = 8
const FAMILIAR_FACES = 16
/** Networks remembered as strangers. More lend no more. */
const NETWORKS_MAX = 1_024
/**
 * Reports that one network, and one allocation, may have counted in CROWD_MS by themselves, beside so many times what they
 * usually bring; and what each stranger of other networks lends them. A familiar network is bound by its prefixes alone.
 */
const NETWORK_ALONE = 6
const ALLOCATION_ALONE = 12
const USUAL_ROOM = 3
const NETWORK_LENT = 12
const ALLOCATION_LENT = 24
/** Reports of one prefix beyond what counts, from which it is a flood: then what it had counted is taken back. */
export const FLOOD = 30
/** Gaps between reports of one prefix that agree within a twentieth, one after another: people's do so once in 10¹⁰. */
const BEATS = 8
const BEAT_SHARE = 0.05
const BEAT_LEAST_MS = 50
/** A text of so many letters that comes more often than this is one text. Short ones ("it is down") are everybody's. */
const COPY_LETTERS = 24
export const COPIES = 8
/** Letters that are compared. */
const COPY_COMPARED = 160
/** Prefixes and texts remembered for a service: 300 bytes each, 1.5 MB; beyond it those that came first are forgotten. */
const PREFIXES_MAX = 4_096
const SPENT_MAX = 4_096
const TEXTS_MAX = 512
/** A burst of few networks must last so long before it is believed: coordination shows itself within it. */
export const FEW_WAIT_MIN = 3
/** Reports with a token, above twice the usual, that make a crowd of their own. */
const VOUCHED_LEAST = 5

/**
 * What a prefix, a network or a text was is forgotten when no window can reach back to it, whatever clock a report was stamped with;
 * a prefix's beat later, for a machine may be slow. A busy service would else hold its most for ever, and of 33,000 services
 * with 30 million reports a month that were some gigabytes.
 */
const OVER_MS = 2 * CROWD_MS
const BEAT_MS = 6 * HOUR

/** What a report added, so that it can be taken back. */
export interface Counted {
  /** Who, as exposures name people. */
  who: string
  at: EpochMs
  slot: EpochMs
  labels: Labels
  bad: number
  ok: number
}

interface PrefixState {
  since: EpochMs
  n: number
  over: number
  flood: boolean
  lastAt: EpochMs
  gapMs: number
  beats: number
  /** The first ALONE that counted. */
  counted: Counted[]
}

/** A network's prefixes that counted, FAMILIAR_FACES at most. */
interface Vouching {
  allocation: string
  prefixes: string[]
}

export interface AdmissionState {
  /** By network, each generation CROWD_MS long. */
  networks: Generations<Vouching>
  strangers: number
  /** Strangers in quiet times, and the minutes that it rests on. */
  usual: { strangers: number; minutes: number }
  prefixes: Map<string, PrefixState>
  /** What networks and allocations had counted. */
  spent: Map<string, { since: EpochMs; n: number }>
  texts: Map<string, { since: EpochMs; n: number }>
  parties: Parties
}

export const admissionState = (): AdmissionState => ({
  networks: generations(),
  strangers: 0,
  usual: { strangers: 0, minutes: 0 },
  prefixes: new Map(),
  spent: new Map(),
  texts: new Map(),
  parties: parties(),
})

export interface Admission {
  counts: boolean
  /** What this prefix had counted before it turned out to be a flood. */
  takeBack: Counted[]
}

const COUNTS: Admission = { counts: true, takeBack: [] }
const COORDINATED: Admission = { counts: false, takeBack: [] }

/** Whether a first answer counts in the public level. Call `noteAdmitted` with what it then added. */
export function admit(v: AdmissionState, signal: Observation): Admission {
  const { prefix, at } = signal
  if (prefix === undefined) return signal.limited ? COORDINATED : COUNTS
  turn(v, at)
  const known = stateOfPrefix(v, prefix, at)
  const copied = noteCopy(v, signal.text, at)
  const strangers = lending(v)
  const alone = strangers === 0
  const machine = alone && (known.flood || known.beats >= BEATS)
  if (!signal.limited && !copied && !machine && known.n < ALONE + LENT * strangers && spend(v, signal)) {
    known.n++
    vouch(v, signal)
    return COUNTS
  }
  known.over++
  if (!alone || known.flood || known.over < FLOOD) return COORDINATED
  known.flood = true
  const takeBack = known.counted.splice(0)
  for (const { slot, bad } of takeBack) noteParty(v.parties, slot, signal, -bad)
  return { counts: false, takeBack }
}

/** Strangers who are more than a handful, and more than always there. */
const lending = (v: AdmissionState): number => Math.max(0, v.strangers - STRANGERS - USUAL_TIMES * v.usual.strangers)

/** What is left of what a network and its allocation may have counted: who holds one whole has all of its prefixes. */
function spend(v: AdmissionState, signal: Observation): boolean {
  const { network, allocation } = originOf(signal)
  if (isFamiliar(v.parties, network)) return true
  const own = Math.min(FACES, v.networks.young.get(network)?.prefixes.length ?? 0)
  const others = Math.max(0, lending(v) - own)
  const [of, wide] = [spentOf(v, network, signal.at), spentOf(v, `a ${allocation}`, signal.at)]
  const room = NETWORK_ALONE + USUAL_ROOM * usualOf(v.parties, network, CROWD_MS) + NETWORK_LENT * others
  const wideRoom =
    ALLOCATION_ALONE + USUAL_ROOM * usualOfAllocation(v.parties, allocation, CROWD_MS) + ALLOCATION_LENT * others
  if (of.n >= room || wide.n >= wideRoom) return false
  of.n++
  wide.n++
  return true
}

function spentOf(v: AdmissionState, name: string, at: EpochMs): { since: EpochMs; n: number } {
  const known = v.spent.get(name)
  if (known && at - known.since < CROWD_MS) return known
  const fresh = { since: at, n: 0 }
  putNewest(v.spent, name, fresh, SPENT_MAX)
  return fresh
}

/** A prefix that floods is not heard in anything. */
export const isFlooding = (v: AdmissionState, prefix: string | undefined): boolean =>
  prefix !== undefined && lending(v) === 0 && v.prefixes.get(prefix)?.flood === true

export function noteAdmitted(v: AdmissionState, signal: Observation, counted: Counted): void {
  const known = v.prefixes.get(signal.prefix!)
  // Here and below anew and not pushed: what is pushed onto an empty list takes room for seventeen.
  if (known && known.counted.length < ALONE) known.counted = [...known.counted, counted]
  if (counted.bad > 0) noteParty(v.parties, counted.slot, signal, counted.bad)
}

/** Remembers a minute that no trouble holds: who reports then, and from how many places. */
export function learnAdmission(v: AdmissionState, slot: EpochMs, reports: number): void {
  learnParties(v.parties, slot, reports)
  const { usual } = v
  usual.minutes = Math.min(USUAL_MINUTES, usual.minutes + 1)
  usual.strangers += (v.strangers - usual.strangers) / usual.minutes
}

/** Counts of MIX_MS. */
export interface Mix {
  /** Counted answers "I have a problem", and how many of them came through people's own door. */
  counted: number
  open: number
  /** The same door in the last FEW_WAIT_MIN minutes. */
  openLately: number
  coordinated: number
}

/**
 * Is what people say to be doubted: said by a few parties, or a burst of few networks that is mostly coordinated, or too
 * young to tell?
 */
export function isDoubtful(
  v: AdmissionState,
  mix: Mix,
  now: EpochMs,
  heard: ReportWindow,
  slow: ReportWindow | null = null,
): boolean {
  if (mix.open + mix.coordinated === 0) return false
  turn(v, now)
  // Who reports with a token stands far above the usual: coordination beside it changes nothing.
  const { vouched } = heard
  if (vouched > mix.open && vouched > 2 * heard.mean + VOUCHED_LEAST) return false
  if (v.strangers < STRANGERS && (mix.coordinated > mix.counted || 2 * mix.openLately > mix.counted)) return true
  return !standsAlone(v.parties, now, heard, slow)
}

/** Its time goes on to `at`. */
export function turn(v: AdmissionState, at: EpochMs): void {
  const { networks } = v
  const lasted = at - networks.since
  if (lasted < CROWD_MS) return
  turnOver(networks, at)
  if (lasted >= 2 * CROWD_MS) networks.old.clear()
  v.strangers = countStrangers(v)
  forgetOver(v, at)
}

/** What begins anew goes to the end of its map, so the oldest stand in front. */
function forgetOver({ spent, texts, prefixes }: AdmissionState, at: EpochMs): void {
  for (const map of [spent, texts])
    for (const [name, { since }] of map) {
      if (at - since < OVER_MS) break
      map.delete(name)
    }
  for (const [prefix, known] of prefixes) {
    if (at - known.since < OVER_MS) break
    if (at - known.lastAt >= BEAT_MS) prefixes.delete(prefix)
    else if (known.counted.length > 0) known.counted = []
  }
}

function vouch(v: AdmissionState, signal: Observation): void {
  const { prefix, network, allocation } = originOf(signal)
  const { young } = v.networks
  let own = young.get(network)
  if (!own) {
    if (young.size >= NETWORKS_MAX) return
    young.set(network, (own = { allocation, prefixes: [] }))
  }
  if (own.prefixes.includes(prefix) || own.prefixes.length >= FAMILIAR_FACES) return
  own.prefixes = [...own.prefixes, prefix]
  v.strangers = countStrangers(v)
}

/** O(networks), asked when a prefix is new: some thousand times in CROWD_MS at most. */
function countStrangers({ networks: { young, old }, parties }: AdmissionState): number {
  const wide = new Map<string, number>()
  let familiar = 0
  const count = (network: string, { allocation, prefixes }: Vouching, more: readonly string[]) => {
    const faces = prefixes.length + more.filter(prefix => !prefixes.includes(prefix)).length
    if (isFamiliar(parties, network)) familiar += Math.min(FAMILIAR_FACES, faces)
    else wide.set(allocation, Math.min(ALLOCATION_FACES, (wide.get(allocation) ?? 0) + Math.min(FACES, faces)))
  }
  for (const [network, vouching] of young) count(network, vouching, old.get(network)?.prefixes ?? [])
  for (const [network, vouching] of old) if (!young.has(network)) count(network, vouching, [])
  let sum = familiar
  for (const faces of wide.values()) sum += faces
  return sum
}

function stateOfPrefix(v: AdmissionState, prefix: string, at: EpochMs): PrefixState {
  let known = v.prefixes.get(prefix)
  if (!known) {
    known = { since: at, n: 0, over: 0, flood: false, lastAt: at, gapMs: 0, beats: 0, counted: [] }
    putNewest(v.prefixes, prefix, known, PREFIXES_MAX)
    return known
  }
  if (at - known.since >= CROWD_MS) {
    // A flood that goes on stays one over the change of windows.
    known.flood = at - known.since < 2 * CROWD_MS && known.over >= FLOOD
    known.since = at
    known.n = known.over = 0
    known.counted = []
    putNewest(v.prefixes, prefix, known, PREFIXES_MAX)
  }
  const gapMs = at - known.lastAt
  if (gapMs >= BEAT_LEAST_MS) {
    known.beats = Math.abs(gapMs - known.gapMs) <= BEAT_SHARE * known.gapMs ? known.beats + 1 : 0
    known.gapMs = gapMs
    known.lastAt = at
  }
  return known
}

function noteCopy(v: AdmissionState, text: string | undefined, at: EpochMs): boolean {
  if (text === undefined || text.length < COPY_LETTERS) return false
  const letters = text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '')
    .slice(0, COPY_COMPARED)
  if (letters.length < COPY_LETTERS) return false
  const known = v.texts.get(letters)
  if (known && at - known.since < CROWD_MS) return ++known.n > COPIES
  putNewest(v.texts, letters, { since: at, n: 1 }, TEXTS_MAX)
  return false
}
