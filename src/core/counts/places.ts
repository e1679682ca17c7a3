import { HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import { groupCount, groupName, type LeafBook, type SlotRows } from '../aggregate/label-sets.js'
import { AROUND_ERROR, DAY_HOURS, KEEP_DAY, meanAround, weightedAround } from '../stat/hours.js'
import { drawn } from '../stat/scatter.js'
import { partOfWorld } from './world-regions.js'

/**
 * People's reports by place: each label value, each part of the world, each continent, and everything. An outage of one region drowns in the
 * total and stands out where it is. This file counts and remembers what is usual; counts/place-scan holds the last hours against it.
 *
 * Reports come in clumps (one tells another, one household reports twice), and a clump says hardly more than its first report. So not
 * reports are counted but clumps: with y reports in a minute of a negative binomial of size r = mean/(φ−1) their expected number is
 *     K(y) = Σ_{i<y} r/(r+i)
 * (the tables of a Chinese restaurant of concentration r; Ewens 1972, Antoniak 1974), which is y for a Poisson stream and near 1 for one
 * that clumps. Its sums scatter like Poisson counts where those of reports scatter φ times as much. φ is measured on differences of minutes
 * that follow each other, which no rhythm touches. Clumps of everything are the sum of the continents', for people far apart do not tell each other.
 * Cost: a minute some ten flops a label of each report; each five minutes one addition a place.
 */

export const STEP_MS = 5 * MINUTE
export const STEPS_AN_HOUR = 12
/** The scan waits until the rhythm has seen so much. */
export const HISTORY_MS = 20 * HOUR
/** Steps kept: the longest horizon of the scan and four hours before it. */
export const RING = 96
const QUARTER = 3
/** Clumps after which half of what was seen of their scatter is forgotten. */
const BENDS_MEMORY = 2_000
/** Relative variance of one hour's mean about that of the hours around it. */
const HOUR_VARIANCE = 0.02
/** Values of one label that are followed, and places in all: two kilobytes each. Later ones are counted in the wider places only. */
const MAX_VALUES = 48
export const MAX_PLACES = 256
/** Variance/mean of minutes before anything is known, worth so many reports. */
const CLUMPING = 2
const CLUMPING_REPORTS = 50
const LEAST_CLUMPING = 1.02
/** The sum is taken term by term up to here, beyond as an integral. */
const TERMS = 100
/** What is no place, or changes its part of the people by itself: a new version replaces the old one without any trouble. */
const NOT_SCANNED = new Set(['lang', 'vantage', 'network', 'title', 'ref', 'followup', 'version'])

/** The first two places: everything, and reports of no known country. */
export const EVERYTHING = 0
const NOWHERE = 1
export const CONTINENT = 'continent'
export const PART = 'part of the world'

/** Step states: TROUBLE teaches nothing and says nothing of the level, ALARMED was told to people as well; NaN is unknown. */
export const TROUBLE = 1
export const ALARMED = 2

export interface Place {
  label: string
  value: string
  /** Reports of the running minute and of the one before. */
  minute: number
  before: number
  /** Sums since the first report: squared differences of minutes, reports. */
  squares: number
  reports: number
  /** Clumps of the running step. */
  clumps: number
  /**
   * Clumps of the last RING steps: as many numbers, or, while few steps hold any, pairs of a step's place in the ring and its
   * clumps, the oldest first. Most places of most services are heard of now and then.
   */
  ring: number[] | Float32Array
  /**
   * Clumps by hour of day, fading; mean of a step (from MEAN_AT) and what each step adds to the variance of a sum of means
   * (SPREAD_AT), as read at the last full hour. Null as long as there is nothing to read.
   */
  rhythm: Float32Array | null
  /** Blocks of scatter that wait, see counts/place-scan; null: none. */
  waiting: Float32Array | null
  /** Second differences of quarters of an hour, and the clumps in these. */
  bends: number
  quarters: number
  /** Scatter: see counts/place-scan; null: none was measured. */
  scatter: number[] | null
}

/** Plain data: part of the snapshot. */
export interface Places {
  /** Running step since 1970; −1 before the first. */
  step: number
  first: number
  minutes: number
  places: Place[]
  /** Group of the book → its places. */
  of: number[][]
  /** Places with reports in the newest minute. */
  touched: number[]
  /** What each step of the ring was: 0, TROUBLE, ALARMED or NaN. */
  state: Float32Array
  /** Steps taught by hour of day, fading. */
  daySteps: Float32Array
  /** The rhythm of a place without a report, which all of these share; null before one is asked for. */
  quiet: Float32Array | null
  /** The highest mean of a step that any place has in any hour. */
  most: number
  pooled: Float64Array
  /** Place in alarm, −1 without. */
  alarm: number
  since: EpochMs
  bits: number
  observed: number
  expected: number
}

/** Blocks of scatter that wait, and sums: pairs for each scale of counts/place-scan. */
export const SCALES = [3, 12, 48] as const
export const BLOCKS = SCALES.reduce((sum, steps) => sum + RING / steps, 0)

export const MEAN_AT = DAY_HOURS
export const SPREAD_AT = MEAN_AT + DAY_HOURS
const RHYTHM = SPREAD_AT + DAY_HOURS
/** Steps with clumps from which they are kept as a column: pairs would take more. */
const MAX_PAIRS = 12

export const places = (): Places => {
  const s: Places = {
    step: -1,
    first: -1,
    minutes: 0,
    places: [],
    of: [],
    touched: [],
    state: new Float32Array(RING),
    daySteps: new Float32Array(DAY_HOURS),
    quiet: null,
    most: 0,
    pooled: new Float64Array(2 * SCALES.length),
    alarm: -1,
    since: 0,
    bits: 0,
    observed: 0,
    expected: 0,
  }
  enterPlace(s, '', '')
  enterPlace(s, CONTINENT, '')
  return s
}

function enterPlace(s: Places, label: string, value: string): number {
  let values = 0
  for (let i = 0; i < s.places.length; i++) {
    const place = s.places[i]!
    if (place.label !== label) continue
    if (place.value === value) return i
    values++
  }
  if (s.places.length >= MAX_PLACES || values >= MAX_VALUES) return -1
  const place: Place = {
    label,
    value,
    minute: 0,
    before: 0,
    squares: 0,
    reports: 0,
    clumps: 0,
    ring: [],
    // Of one that is new in an hour nothing is expected until the next.
    rhythm: s.quiet && new Float32Array(RHYTHM),
    waiting: null,
    bends: 0,
    quarters: 0,
    scatter: null,
  }
  return s.places.push(place) - 1
}

const NONE: number[] = []

function enterPlaces(s: Places, book: LeafBook, group: number): number[] {
  const name = groupName(book, group)
  if (!name || NOT_SCANNED.has(name.label)) return NONE
  const found = [enterPlace(s, name.label, name.value)]
  if (name.label === 'country') {
    const world = partOfWorld(name.value)
    if (world) found.push(enterPlace(s, PART, world.part))
    found.push(world ? enterPlace(s, CONTINENT, world.continent) : NOWHERE)
  }
  // A copy has no room to grow.
  return found.filter(p => p >= 0).slice()
}

/** Counts the rows of one minute into the running step. */
export function countMinute(s: Places, book: LeafBook, rows: SlotRows | null): void {
  while (s.of.length < groupCount(book)) s.of.push(enterPlaces(s, book, s.of.length))
  const before = s.touched
  s.touched = []
  s.minutes++
  for (let i = 0; rows !== null && i < rows.leaf.length; i++) {
    const n = rows.a[i]!
    if (!(n > 0)) continue
    let somewhere = false
    for (const g of book.groups[rows.leaf[i]!]!)
      for (const p of s.of[g]!) {
        touch(s, p, n)
        somewhere ||= s.places[p]!.label === CONTINENT
      }
    if (!somewhere) touch(s, NOWHERE, n)
  }
  for (const p of s.touched) closeMinute(s, s.places[p]!)
  for (const p of before) if (s.places[p]!.minute === 0) closeMinute(s, s.places[p]!)
  for (const p of s.touched) s.places[p]!.minute = 0
}

function touch(s: Places, p: number, n: number): void {
  const place = s.places[p]!
  if (place.minute === 0) s.touched.push(p)
  place.minute += n
}

function closeMinute(s: Places, p: Place): void {
  const phi = drawn(CLUMPING, CLUMPING_REPORTS, p.squares / 2, p.reports)
  // An hour of silence before the first minute, so that a place whose first report has just come is not taken for a busy one.
  const mean = (p.reports + p.minute) / (s.minutes + 60)
  const found = clumpsOf(p.minute, mean / (Math.max(LEAST_CLUMPING, phi) - 1))
  p.clumps += found
  if (p.label === CONTINENT) s.places[EVERYTHING]!.clumps += found
  p.squares += (p.minute - p.before) ** 2
  p.reports += p.minute
  p.before = p.minute
}

/** Expected clumps among so many reports of one minute, at size r > 0. */
export function clumpsOf(count: number, r: number): number {
  let sum = 0
  const terms = Math.min(TERMS, count)
  for (let i = 0; i < terms; i++) sum += r / (r + i)
  return count > TERMS ? sum + r * Math.log((r + count) / (r + TERMS)) : sum
}

/** Clumps of a step of the ring. */
export function clumpsAt({ ring }: Place, at: number): number {
  if (!Array.isArray(ring)) return ring[at]!
  for (let i = 0; i < ring.length; i += 2) if (ring[i] === at) return ring[i + 1]!
  return 0
}

/** Clumps of all steps, to be read before the next is asked for. */
export function ringOf({ ring }: Place, scratch: Float32Array): Float32Array {
  if (!Array.isArray(ring)) return ring
  scratch.fill(0)
  for (let i = 0; i < ring.length; i += 2) scratch[ring[i]!] = ring[i + 1]!
  return scratch
}

function putStep(p: Place, at: number): void {
  const { ring } = p
  const clumps = Math.fround(p.clumps)
  p.clumps = 0
  if (!Array.isArray(ring)) {
    ring[at] = clumps
    return
  }
  for (let i = 0; i < ring.length; i += 2)
    if (ring[i] === at) {
      ring.splice(i, 2)
      break
    }
  if (clumps === 0) return
  if (ring.length === 0) p.ring = [at, clumps]
  else if (ring.push(at, clumps) > 2 * MAX_PAIRS) p.ring = ringOf(p, new Float32Array(RING))
}

/** Moves the ring on by one step; what leaves it is old enough to teach. */
export function closeStep(s: Places, learn: boolean): void {
  const at = s.step % RING
  const old = s.step - RING
  const teaches = learn && old >= s.first && s.state[at] === 0
  const hour = Math.floor(old / STEPS_AN_HOUR) % DAY_HOURS
  const keep = teaches && old % STEPS_AN_HOUR === 0 ? KEEP_DAY : 1
  if (teaches) s.daySteps[hour] = keep * s.daySteps[hour]! + 1
  for (const p of s.places) {
    if (teaches) {
      const left = clumpsAt(p, at)
      if (p.rhythm !== null) p.rhythm[hour] = keep * p.rhythm[hour]! + left
      else if (left > 0) (p.rhythm = s.quiet?.slice() ?? new Float32Array(RHYTHM))[hour] = left
    }
    putStep(p, at)
  }
  s.step++
  if (learn && s.step % QUARTER === 0) for (const p of s.places) bend(s, p)
  if (s.step % STEPS_AN_HOUR === 0) renewRhythms(s)
}

/**
 * What clumps scatter from the first hours on, before any rhythm is known: (a − 2b + c)²/6 of three quarters of an hour that follow each
 * other has the variance of one for its mean, whatever the slope.
 */
function bend(s: Places, p: Place): void {
  if (s.step - s.first < 3 * QUARTER || (Array.isArray(p.ring) && p.ring.length === 0)) return
  let second = 0
  let total = 0
  for (let back = 1; back <= 3 * QUARTER; back++) {
    const at = (s.step - back) % RING
    if (s.state[at] !== 0) return
    const clumps = clumpsAt(p, at)
    total += clumps
    second += (back > QUARTER && back <= 2 * QUARTER ? -2 : 1) * clumps
  }
  p.bends += (second * second) / 6
  p.quarters += total / 3
  if (p.quarters <= BENDS_MEMORY) return
  p.bends /= 2
  p.quarters /= 2
}

/** Reads the rhythm of all places, from a little before the first scan asks for it. */
function renewRhythms(s: Places): void {
  if ((s.step - s.first) * STEP_MS < HISTORY_MS - HOUR) return
  const around = Array.from({ length: DAY_HOURS }, (_, h) => weightedAround(s.daySteps, h))
  s.quiet = renewRhythm(s, new Float32Array(RHYTHM), around)
  s.most = highest(s.quiet)
  for (const p of s.places) {
    if (p.rhythm === null) continue
    if (p.rhythm.subarray(0, DAY_HOURS).every(n => n === 0)) p.rhythm = null
    else s.most = Math.max(s.most, highest(renewRhythm(s, p.rhythm, around)))
  }
}

function highest(rhythm: Float32Array): number {
  let most = 0
  for (let h = 0; h < DAY_HOURS; h++) if (rhythm[MEAN_AT + h]! > most) most = rhythm[MEAN_AT + h]!
  return most
}

/** Gamma-Poisson mean of each hour of day, shrunk to the hours around it; NaN where these were never seen either. */
function renewRhythm(s: Places, rhythm: Float32Array, aroundSlots: readonly number[]): Float32Array {
  for (let h = 0; h < DAY_HOURS; h++) {
    const counts = weightedAround(rhythm, h)
    const around = { counts, slots: aroundSlots[h]! }
    const { mean, variance } = meanAround(around, rhythm[h]!, s.daySteps[h]!, 1 / HOUR_VARIANCE, 1, STEPS_AN_HOUR)
    rhythm[MEAN_AT + h] = around.slots === 0 ? Number.NaN : mean
    // The hours around are counts themselves. The steps of an hour share its error, hours have errors of their own.
    const whole = variance + (4 * AROUND_ERROR) / (counts + 4)
    rhythm[SPREAD_AT + h] = STEPS_AN_HOUR * whole * rhythm[MEAN_AT + h]! * rhythm[MEAN_AT + h]!
  }
  return rhythm
}

/** A gap: nothing of the last hours is known. */
export function startAnew(s: Places, step: number): void {
  s.step = step
  s.state.fill(Number.NaN)
  for (const p of s.places) {
    p.clumps = p.before = p.minute = 0
    p.waiting = null
  }
  s.touched = []
}
