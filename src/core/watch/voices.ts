import type { Labels, Observation } from '../../contract/signal.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'

// People's own door is open to everybody, so a report from there weighs what strangers lend it: many prefixes of many
// networks that say the same make each other believable, and few of them do not, however loud. Reports that come with
// a token carry no prefix and pass untouched.

/** What is asked of a prefix and of a text is asked over so long. */
export const VOICES_MS = 10 * MINUTE
/** Reports of one prefix (IPv4 /24, IPv6 /48) that count without anybody else: a household, two colleagues. */
export const ALONE = 2
/** Strangers from which on a crowd is one. 10 prefixes are an hour's rent; 16 of at least 4 networks are not. */
export const STRANGERS = 16
/** and what each further one adds to the reports that a prefix may have counted: 40 strangers carry 98 of one carrier's prefix. */
const LENT = 4
/** Prefixes for which one network vouches: who rents a whole network is still one stranger of four faces. */
const FACES = 4
/** Strangers remembered; 256 lend 962 reports to each prefix. More lend no more. */
const STRANGERS_MAX = 256
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
const PLACES_MAX = 4_096
const TEXTS_MAX = 512
/** A burst of few networks must last so long before it is believed: coordination shows itself within it. */
export const FEW_WAIT_MIN = 3
/** Reports with a token, above twice the usual, that make a crowd of their own. */
const VOUCHED_LEAST = 5

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

interface Place {
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

export interface Voices {
  turnedAt: EpochMs
  /** Network → its prefixes that counted, FACES at most; two generations of VOICES_MS. */
  young: Map<string, string[]>
  old: Map<string, string[]>
  strangers: number
  places: Map<string, Place>
  texts: Map<string, { since: EpochMs; n: number }>
}

export const voices = (): Voices => ({
  turnedAt: 0,
  young: new Map(),
  old: new Map(),
  strangers: 0,
  places: new Map(),
  texts: new Map(),
})

export interface Weighed {
  counts: boolean
  /** What this prefix had counted before it turned out to be a flood. */
  takeBack: Counted[]
}

const COUNTS: Weighed = { counts: true, takeBack: [] }
const COORDINATED: Weighed = { counts: false, takeBack: [] }

/** Whether a first answer counts in the public level. Call `noteCounted` with what it then added. */
export function weigh(v: Voices, signal: Observation): Weighed {
  const { prefix, at } = signal
  if (prefix === undefined) return signal.limited ? COORDINATED : COUNTS
  turn(v, at)
  const place = placeOf(v, prefix, at)
  const copied = isCopy(v, signal.text, at)
  const strangers = Math.max(0, v.strangers - STRANGERS)
  const alone = strangers === 0
  const machine = alone && (place.flood || place.beats >= BEATS)
  if (!signal.limited && !copied && !machine && place.n < ALONE + LENT * strangers) {
    place.n++
    vouch(v, signal.network ?? prefix, prefix)
    return COUNTS
  }
  place.over++
  if (!alone || place.flood || place.over < FLOOD) return COORDINATED
  place.flood = true
  return { counts: false, takeBack: place.counted.splice(0) }
}

/** A prefix that floods is not heard in anything. */
export const floods = (v: Voices, prefix: string | undefined): boolean =>
  prefix !== undefined && v.strangers <= STRANGERS && v.places.get(prefix)?.flood === true

export function noteCounted(v: Voices, prefix: string, counted: Counted): void {
  const place = v.places.get(prefix)
  if (place && place.counted.length < ALONE) place.counted.push(counted)
}

/** How reports came is told over this much. */
export const MIX_MS = 15 * MINUTE

/** Counts of MIX_MS. */
export interface Mix {
  /** Counted answers "I have a problem", and how many of them came through people's own door. */
  counted: number
  open: number
  /** The same door in the last FEW_WAIT_MIN minutes. */
  openLately: number
  coordinated: number
}

/** Is what people say to be doubted: a burst of few networks that is mostly coordinated, or too young to tell? */
export function doubted(v: Voices, mix: Mix, now: EpochMs, usual: (windowMs: number) => number): boolean {
  if (mix.open + mix.coordinated === 0) return false
  turn(v, now)
  // Who reports with a token stands far above the usual: coordination beside it changes nothing.
  const vouched = mix.counted - mix.open
  if (vouched > mix.open && vouched > 2 * usual(MIX_MS) + VOUCHED_LEAST) return false
  if (v.strangers >= STRANGERS) return false
  return mix.coordinated > mix.counted || 2 * mix.openLately > mix.counted
}

function turn(v: Voices, at: EpochMs): void {
  if (at - v.turnedAt < VOICES_MS) return
  v.old = at - v.turnedAt < 2 * VOICES_MS ? v.young : new Map()
  v.young = new Map()
  v.turnedAt = at
  v.strangers = 0
  for (const faces of v.old.values()) v.strangers += faces.length
}

function vouch(v: Voices, network: string, prefix: string): void {
  if (v.strangers >= STRANGERS_MAX && !v.old.has(network)) return
  const young = v.young.get(network) ?? []
  if (young.includes(prefix) || young.length >= FACES) return
  const old = v.old.get(network) ?? []
  const before = Math.min(FACES, young.length + old.filter(p => !young.includes(p)).length)
  young.push(prefix)
  v.young.set(network, young)
  const after = Math.min(FACES, young.length + old.filter(p => !young.includes(p)).length)
  v.strangers += after - before
}

function placeOf(v: Voices, prefix: string, at: EpochMs): Place {
  let place = v.places.get(prefix)
  if (!place) {
    place = { since: at, n: 0, over: 0, flood: false, lastAt: at, gapMs: 0, beats: 0, counted: [] }
    if (v.places.size >= PLACES_MAX) v.places.delete(v.places.keys().next().value!)
    v.places.set(prefix, place)
    return place
  }
  if (at - place.since >= VOICES_MS) {
    // A flood that goes on stays one over the change of windows.
    place.flood = at - place.since < 2 * VOICES_MS && place.over >= FLOOD
    place.since = at
    place.n = place.over = 0
    place.counted = []
    v.places.delete(prefix)
    v.places.set(prefix, place)
  }
  const gapMs = at - place.lastAt
  if (gapMs >= BEAT_LEAST_MS) {
    place.beats = Math.abs(gapMs - place.gapMs) <= BEAT_SHARE * place.gapMs ? place.beats + 1 : 0
    place.gapMs = gapMs
    place.lastAt = at
  }
  return place
}

function isCopy(v: Voices, text: string | undefined, at: EpochMs): boolean {
  if (text === undefined || text.length < COPY_LETTERS) return false
  const letters = text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '')
    .slice(0, COPY_COMPARED)
  if (letters.length < COPY_LETTERS) return false
  const known = v.texts.get(letters)
  if (known && at - known.since < VOICES_MS) return ++known.n > COPIES
  v.texts.delete(letters)
  if (v.texts.size >= TEXTS_MAX) v.texts.delete(v.texts.keys().next().value!)
  v.texts.set(letters, { since: at, n: 1 })
  return false
}
