import { DAY, type EpochMs } from '../../contract/time.js'
import type { Where } from '../../contract/incident.js'
import type { LeafBook, SlotRows } from '../aggregate/label-sets.js'
import { DAY_HOURS } from '../stat/hours.js'
import { addPair, boundOf, cautious, drawn, weightOf } from '../stat/scatter.js'
import { bitsOf, negativeBinomialSurvival, poissonSurvival } from '../stat/tails.js'
import {
  BLOCKS,
  closeStep,
  CONTINENT,
  countMinute,
  EVERYTHING,
  HISTORY_MS,
  MEAN_AT,
  PART,
  RING,
  ringOf,
  SCALES,
  SPREAD_AT,
  startAnew,
  STEP_MS,
  STEPS_AN_HOUR,
  ALARMED,
  TROUBLE,
  type Place,
  type Places,
} from './places.js'
import { partOfWorld } from './world-regions.js'

/**
 * A scan of people's reports by place (Kulldorff 1997, here against each place's own rhythm instead of a census; Neill 2009). The clumps of
 * the last 15 minutes to 4 hours are held against the rhythm of the place times a level,
 *     P(Y ≥ y | e = L·rhythm, φ + v·e) ≤ asked rate a day / (places · runs that a day holds).
 * L is a Gamma posterior from the hours before and from what the other values of the same label do in the same hours: where all of them rise
 * no place stands out. φ is the scatter of such runs about their expectation, measured on quiet blocks of 15, 60 and 240 minutes, winsorised,
 * drawn to that of all places; v the relative variance of L times the rhythm. Everything is one of the places, against its own hours before.
 * Cost: each five minutes some hundred additions a place, a tail where two deviations are passed.
 */

/** Steps of a run, and the scale of the scatter that it is judged by. */
const HORIZONS = [3, 6, 12, 24, 48] as const
const SCALE_OF = [0, 1, 1, 2, 2] as const
const H = HORIZONS.length
const DAY_STEPS = DAY / STEP_MS
const HOUR_HORIZON = 2
/** Where the waiting blocks of each scale begin. */
const BLOCK_AT = [0, RING / SCALES[0], RING / SCALES[0] + RING / SCALES[1]] as const
/** Everything is watched for minutes elsewhere (series/count-series, counts/bursts): here by whole hours. */
const WHOLE_FROM = HOUR_HORIZON
/**
 * Runs that a day holds: 288/d of d steps, times this for the starts between them, for the choice of d, and for tails that are a little
 * heavier than negative binomial. Set by simulation (scan.test.ts).
 */
const LOOKS = 8
/** The level must have seen so many steps before a run. */
const LEVEL_STEPS = 24
/** Relative variance of a day's level about that of the days before. */
const DAY_VARIANCE = 0.05
/** Scatter before anything is known, and what it is worth; bounds of both. */
const PRIOR_WEIGHT = 6
const PRIOR_CLUMPS = 20
const LEAST_SCATTER = 0.6
const WEIGHT_MAX = 1_000
/** An uncertain scatter makes a tail heavier. */
const CAUTION = 0.2
/** Clumps expected over the ring from which a place is one of those that are looked at, and those that the others must have for a comparison. */
const LEAST_USUAL = 4
const LEAST_OTHERS = 3
/** Room for rounding. */
const SURELY = 1 - 1e-6
/** Below this many clumps and times the usual nothing is told, however sure. */
const LEAST_SEEN = 12
const LEAST_RATIO = 1.5
const LEAST_WHOLE_RATIO = 1.3
/** A place whose rise the others make up for is a change of mix: at least half of it must be left in the sum. */
const LEFT_IN_SUM = 1 / 2
/** It is over when the last hour is nothing unusual any more. */
const OVER_P = 0.05

/** Takes one minute; not `known`: nobody was heard. `learn`: nothing else is wrong; `alarmed`: people are told of it already. */
export function takePlaces(
  s: Places,
  slot: EpochMs,
  minute: { book: LeafBook; rows: SlotRows | null; known: boolean; alarmed: boolean },
  learn: boolean,
  neededBits: number,
): void {
  const step = Math.floor(slot / STEP_MS)
  if (s.step < 0) s.step = s.first = step
  if (step - s.step > RING) startAnew(s, step)
  while (s.step < step) {
    closeStep(s, learn && s.alarm < 0)
    s.state[s.step % RING] = 0
    if ((s.step - s.first) * STEP_MS >= HISTORY_MS) judge(s, learn, neededBits)
  }
  if (!minute.known) s.state[step % RING] = Number.NaN
  else if (minute.alarmed) s.state[step % RING] = ALARMED
  else if (!learn && s.state[step % RING] === 0) s.state[step % RING] = TROUBLE
  countMinute(s, minute.book, minute.rows)
}

/** Whether minutes in which nothing comes raise no alarm from here on: no run of any place that can still be read has LEAST_SEEN. */
export function arePlacesStill(s: Places): boolean {
  if (s.alarm >= 0) return false
  const scratch = new Float32Array(RING)
  for (const place of s.places) {
    const ring = ringOf(place, scratch)
    let clumps = place.clumps
    for (let back = 1; back <= HORIZONS.at(-1)!; back++) clumps += ring[(s.step - back + RING) % RING]!
    if (clumps >= LEAST_SEEN) return false
  }
  return true
}

/** Columns of a place's sums, H wide: clumps, expectation and its variance over each horizon; of these the quiet steps'; then the whole ring's. */
const Y = 0
const E = H
const V = 2 * H
const Y_IN = 3 * H
const E_IN = 4 * H
const Y_QUIET = 5 * H
const E_QUIET = 5 * H + 1
const WIDTH = 5 * H + 2

/** Sums of all places over the last `reach` steps, one allocation. */
function sumPlaces(s: Places, reach: number): Float64Array {
  const sums = new Float64Array(s.places.length * WIDTH)
  const scratch = new Float32Array(RING)
  const hours = Uint8Array.from({ length: reach }, (_, i) => Math.floor((s.step - 1 - i) / STEPS_AN_HOUR) % DAY_HOURS)
  for (let i = 0; i < s.places.length; i++) {
    const ring = ringOf(s.places[i]!, scratch)
    const rhythm = (s.places[i]!.rhythm ?? s.quiet)!
    const o = i * WIDTH
    let y = 0
    let e = 0
    let v = 0
    let yQuiet = 0
    let eQuiet = 0
    let k = 0
    let at = s.step % RING
    for (let back = 1; back <= reach; back++) {
      if (--at < 0) at = RING - 1
      const hour = hours[back - 1]!
      y += ring[at]!
      e += rhythm[MEAN_AT + hour]!
      v += rhythm[SPREAD_AT + hour]!
      if (s.state[at] === 0) {
        yQuiet += ring[at]!
        eQuiet += rhythm[MEAN_AT + hour]!
      }
      if (back !== HORIZONS[k]) continue
      sums[o + Y + k] = y
      sums[o + E + k] = e
      sums[o + V + k] = v
      sums[o + Y_IN + k] = yQuiet
      sums[o + E_IN + k++] = eQuiet
    }
    sums[o + Y_QUIET] = yQuiet
    sums[o + E_QUIET] = eQuiet
  }
  return sums
}

/** Sums of all values of one label. */
interface Label {
  y: Float64Array
  e: Float64Array
  eQuiet: number
  /** Values with a past. */
  values: number
}

function sumLabels(s: Places, all: Float64Array): Map<string, Label> {
  const labels = new Map<string, Label>()
  for (let i = 0; i < s.places.length; i++) {
    const { label } = s.places[i]!
    let sums = labels.get(label)
    if (!sums) labels.set(label, (sums = { y: new Float64Array(H), e: new Float64Array(H), eQuiet: 0, values: 0 }))
    const o = i * WIDTH
    for (let k = 0; k < H; k++) {
      sums.y[k]! += all[o + Y + k]!
      sums.e[k]! += all[o + E + k]!
    }
    sums.eQuiet += all[o + E_QUIET]!
    if (all[o + E_QUIET]! >= LEAST_USUAL) sums.values++
  }
  return labels
}

/** Steps back to the first that is unknown, or whose hour of day is. */
function reachOf(s: Places): number {
  const rhythm = (s.places[EVERYTHING]!.rhythm ?? s.quiet)!
  let reach = 0
  while (reach < RING) {
    const step = s.step - reach - 1
    if (step < s.first || Number.isNaN(s.state[step % RING]!)) break
    if (Number.isNaN(rhythm[MEAN_AT + (Math.floor(step / STEPS_AN_HOUR) % DAY_HOURS)]!)) break
    reach++
  }
  return reach
}

/** Steps that a new run may reach over: what was told once is not told again from its remains. */
function freshOf(s: Places): number {
  if (s.alarm >= 0) return RING
  for (let back = 1; back <= RING; back++) if (s.state[(s.step - back) % RING] === ALARMED) return back - 1
  return RING
}

/** What is expected of a run and how it scatters. */
interface Run {
  y: number
  expected: number
  /** Relative variance of the expectation, and variance/mean of the count with it. */
  variance: number
  phi: number
}

function readRun(s: Places, i: number, all: Float64Array, others: Label | null, k: number): Run {
  const o = i * WIDTH
  const y = all[o + Y + k]!
  const e = all[o + E + k]!
  const seen = all[o + Y_QUIET]! - all[o + Y_IN + k]! + (others ? others.y[k]! - y : 0)
  const usual = all[o + E_QUIET]! - all[o + E_IN + k]! + (others ? others.e[k]! - e : 0)
  const prior = 1 / DAY_VARIANCE
  const doubt = 1 / (prior + usual)
  const level = (prior + seen) * doubt
  // What comes back after hours that merely happened to be quiet is no trouble: below the usual a level counts as far as it is sure.
  const expected = Math.max(level, Math.min(1, level + Math.sqrt(doubt))) * e
  const variance = all[o + V + k]! / Math.max(1e-9, e * e) + doubt
  return { y, expected, variance, phi: scatterOf(s, s.places[i]!, SCALE_OF[k]!) + variance * expected }
}

/** P(Y ≥ y); a scatter below Poisson's stretches both sides. */
const tail = ({ y, expected, phi }: Run): number =>
  phi < 1 ? poissonSurvival(y / phi, expected / phi) : negativeBinomialSurvival(y, expected, phi)

function judge(s: Places, learn: boolean, neededBits: number): void {
  // Where no place has enough to be looked at, as in most services, there is no more to it.
  if (s.most * RING < SURELY * LEAST_USUAL) {
    s.bits = 0
    s.alarm = -1
    return
  }
  const reach = reachOf(s)
  const fresh = freshOf(s)
  const all = sumPlaces(s, reach)
  const labels = sumLabels(s, all)
  let raised = -1
  s.bits = 0
  for (let i = 0; i < s.places.length; i++) {
    const usual = all[i * WIDTH + E_QUIET]!
    const label = labels.get(s.places[i]!.label)!
    const others = i === EVERYTHING ? null : label
    if (usual < LEAST_USUAL || (others && label.eQuiet - usual < LEAST_OTHERS)) {
      if (s.alarm === i) s.alarm = -1
      continue
    }
    const run = (k: number): Run => readRun(s, i, all, others, k)
    learnScatter(s, i, run, reach, learn)
    if (s.alarm === i && (reach < LEVEL_STEPS || tail(run(HOUR_HORIZON)) > OVER_P)) s.alarm = -1
    // Half of what is asked is for everything, half for the places, each label the same.
    const looked = Math.log2(others ? 2 * (labels.size - 1) * label.values : 2)
    for (let k = others ? 0 : WHOLE_FROM; k < H && HORIZONS[k]! + LEVEL_STEPS <= reach; k++) {
      if (HORIZONS[k]! > fresh || all[i * WIDTH + Y + k]! < LEAST_SEEN) continue
      const read = run(k)
      const bits = bitsOfRun(read, k, others) - looked
      // A long run still holds trouble that its last hour no longer has.
      if (bits <= s.bits || (k > HOUR_HORIZON && tail(run(HOUR_HORIZON)) > OVER_P)) continue
      s.bits = bits
      if (bits < neededBits) continue
      raised = i
      if (s.alarm < 0) s.since = (s.step - HORIZONS[k]!) * STEP_MS
      s.observed = read.y
      s.expected = read.expected
    }
  }
  if (s.alarm < 0) s.alarm = raised
  if (s.alarm >= 0) markTrouble(s)
}

/** Surprise of one run, on the scale of days; 0 where nothing is to be told. */
function bitsOfRun(run: Run, k: number, others: Label | null): number {
  const { y, expected, phi } = run
  if (y < (others ? LEAST_RATIO : LEAST_WHOLE_RATIO) * expected) return 0
  if (y < expected + 2 * Math.sqrt(phi * expected)) return 0
  if (others && others.y[k]! - others.e[k]! < LEFT_IN_SUM * (y - expected)) return 0
  return bitsOf(tail(run)) - Math.log2((LOOKS * DAY_STEPS) / HORIZONS[k]!)
}

/** What is told as trouble, from its beginning, teaches nothing. */
function markTrouble(s: Places): void {
  const from = Math.max(s.since / STEP_MS, s.step - RING)
  for (let step = from; step < s.step; step++) if (s.state[step % RING]! <= TROUBLE) s.state[step % RING] = ALARMED
  for (const p of s.places) p.waiting = null
}

function scatterOf(s: Places, p: Place, scale: number): number {
  const at = 2 * scale
  const common = drawn(1, PRIOR_WEIGHT, s.pooled[at]!, s.pooled[at + 1]!)
  // Quarters of an hour tell of the first days; what is longer scatters no less.
  const short = drawn(1, PRIOR_CLUMPS, p.bends, p.quarters)
  const own = drawn(Math.max(short, common), PRIOR_WEIGHT, p.scatter?.[at] ?? 0, p.scatter?.[at + 1] ?? 0)
  return Math.max(p.label === '' ? 1 : LEAST_SCATTER, cautious(own, CAUTION, PRIOR_WEIGHT + (p.scatter?.[at + 1] ?? 0)))
}

/** A block waits until it leaves the ring: slow trouble must not pass for scatter. */
function learnScatter(s: Places, i: number, read: (k: number) => Run, reach: number, learn: boolean): void {
  const p = s.places[i]!
  for (let scale = 0; scale < SCALES.length; scale++) {
    const steps = SCALES[scale]!
    if (s.step % steps !== 0 || steps + LEVEL_STEPS > reach) continue
    const waiting = (p.waiting ??= new Float32Array(2 * BLOCKS))
    const scatter = (p.scatter ??= SCALES.flatMap(() => [0, 0]))
    const at = 2 * (BLOCK_AT[scale]! + ((s.step / steps) % (RING / steps)))
    for (const into of [scatter, s.pooled]) {
      if (!learn || s.alarm >= 0) break
      addPair(into, 2 * scale, waiting[at]!, waiting[at + 1]!, WEIGHT_MAX)
    }
    const { y, expected, variance, phi } = read(HORIZONS.indexOf(steps))
    const weight = weightOf(expected)
    const residual = Math.min(boundOf(phi, expected), Math.abs(y - expected))
    waiting[at] = weight * (residual * residual - variance * expected * expected)
    waiting[at + 1] = weight * expected
  }
}

/** Where the alarm is, in labels that people's reports bear; null where it is everything. */
export function whereOf(s: Places): Where | null {
  const p = s.places[s.alarm]
  if (!p || s.alarm === EVERYTHING) return null
  if (p.label !== CONTINENT && p.label !== PART) return { [p.label]: [p.value] }
  const within = s.places.filter(x => {
    const world = x.label === 'country' ? partOfWorld(x.value) : null
    return world !== null && (p.label === PART ? world.part : world.continent) === p.value
  })
  return within.length > 0 ? { country: within.map(x => x.value) } : null
}
