import { addPair, boundOf, cautious, drawn, weightOf } from '../stat/scatter.js'
import { bitsOf, negativeBinomialSurvival } from '../stat/tails.js'

/**
 * How far people's reports run above what is expected when nothing is wrong, at the scale of bursts.
 *
 * A minute's counts say little of an hour's: people come in clumps, a talk of the topic lasts an hour, and each makes the sum of many
 * minutes scatter more than its minutes do. So the variance/mean φ is measured by itself on blocks of 5, 15, 60 and 240 minutes,
 * (stat/scatter), drawn to what the minutes say by a prior of PRIOR_WEIGHT (w·e tends to ½ a block, so two dozen blocks: with half of that the first bursts of a first morning raised φ
 * so far, one after the other, that the first outage hid behind it), and winsorised at CLIP deviations. An alarm of
 * the minute series is told to people only when its whole run is rare at its own scale:
 *     P(Y ≥ y | e, φ of its length) ≤ asked rate a day / runs of this length that a day holds.
 * Cost: some ten flops a minute, one tail an alarm's minute.
 */

/** Scales in minutes. */
export const SCALES_MIN = [5, 15, 60, 240] as const
/** Of each scale: the running block (count, expectation, its deviation, minutes), then squares and weights. */
const COUNT = 0
const EXPECTED = 1
const SPREAD = 2
const MINUTES = 3
const SQUARES = 4
const WEIGHTS = SQUARES + 1
const LANES = 6
const BURST_LANES = SCALES_MIN.length * LANES

const PRIOR_WEIGHT = 12
/** Memory of so much weight: two weeks of blocks of five minutes, five months of those of an hour. */
const WEIGHT_MAX = 2_000
/** An uncertain dispersion makes a tail heavier (as in stat/dispersion). */
const CAUTION = 0.8
/**
 * Runs that a day holds: 1440/d places for one of d minutes, times this for the starts between them and for the choice of d. Set by
 * simulation (bursts.test.ts): with it as many quiet series alarm as is asked.
 */
const LOOKS = 10

/** Blocks wait so long before they teach: what an alarm turns out to have begun in is none of the quiet. */
const HELD_MINUTES = 60
/** Lanes of a block that waits: minute of its end, its scale's lanes, square, weight. */
const WAITING_LANES = 4

/** Plain data: part of the snapshot. */
export interface Bursts {
  lanes: Float64Array
  /** Minutes taken. */
  minute: number
  /** Closed blocks that have not taught yet, WAITING_LANES each, the oldest first. */
  waiting: number[]
}

export const bursts = (): Bursts => ({ lanes: new Float64Array(BURST_LANES), minute: 0, waiting: [] })

export const copied = ({ lanes, minute, waiting }: Bursts): Bursts => ({
  lanes: lanes.slice(),
  minute,
  waiting: waiting.slice(),
})

/** Takes one minute in which nothing is wrong; null is unknown and breaks the blocks. */
export function noteQuiet(b: Bursts, count: number | null, mean: number, cv: number, dispersion: number): void {
  b.minute++
  settle(b)
  if (count === null) return breakBlocks(b)
  const { lanes } = b
  for (let k = 0; k < SCALES_MIN.length; k++) {
    const at = k * LANES
    lanes[at + COUNT]! += count
    lanes[at + EXPECTED]! += mean
    lanes[at + SPREAD]! += cv * mean
    if (++lanes[at + MINUTES]! >= SCALES_MIN[k]!) closeBlock(b, at, dispersion)
  }
}

/** A gap: the blocks that it cuts are not learned. */
export function breakBlocks({ lanes }: Bursts): void {
  for (let at = 0; at < BURST_LANES; at += LANES)
    lanes[at + COUNT] = lanes[at + EXPECTED] = lanes[at + SPREAD] = lanes[at + MINUTES] = 0
}

/** Trouble that began so many minutes ago: nor are those that end in it. */
export function forgetLast(b: Bursts, minutes: number): void {
  breakBlocks(b)
  const { waiting } = b
  while (waiting.length > 0 && waiting[waiting.length - WAITING_LANES]! > b.minute - minutes)
    waiting.length -= WAITING_LANES
}

function settle({ lanes, minute, waiting }: Bursts): void {
  while (waiting.length > 0 && minute - waiting[0]! >= HELD_MINUTES) {
    const [, at, square, weight] = waiting.splice(0, WAITING_LANES)
    addPair(lanes, at! + SQUARES, square!, weight!, WEIGHT_MAX)
  }
}

function closeBlock({ lanes: b, minute, waiting }: Bursts, at: number, dispersion: number): void {
  const expected = b[at + EXPECTED]!
  if (expected > 0) {
    const weight = weightOf(expected)
    const spread = b[at + SPREAD]! ** 2
    const phi = dispersionAt(b, at, dispersion)
    // A level that falls is no burst: what is missing counts for no more than what chance would have it.
    const above = b[at + COUNT]! - expected
    const residual = Math.min(boundOf(phi, expected, spread), Math.abs(above))
    const square = residual * residual - spread
    const learned = above > 0 ? square : Math.min(square, phi * expected)
    waiting.push(minute, at, weight * learned, weight * expected)
  }
  b[at + COUNT] = b[at + EXPECTED] = b[at + SPREAD] = b[at + MINUTES] = 0
}

const dispersionAt = (b: Float64Array, at: number, dispersion: number): number =>
  drawn(dispersion, PRIOR_WEIGHT, b[at + SQUARES]!, b[at + WEIGHTS]!)

/** Variance/mean to reckon with for a run of so many minutes: a longer one scatters no less than a shorter one. */
export function burstDispersion({ lanes: b }: Bursts, minutes: number, dispersion: number): number {
  let phi = Math.max(1, dispersion)
  for (let k = 0; k < SCALES_MIN.length; k++) {
    const at = k * LANES
    phi = Math.max(phi, cautious(dispersionAt(b, at, dispersion), CAUTION, PRIOR_WEIGHT + b[at + WEIGHTS]!))
    if (SCALES_MIN[k]! >= minutes) break
  }
  return phi
}

/** Surprise of a run in bits, on the scale of days: chance shows as much once in 2^bits days. */
export function burstBits(
  b: Bursts,
  run: { minutes: number; observed: number; expected: number; cv: number; dispersion: number },
): number {
  const minutes = Math.max(1, run.minutes)
  const ratio = burstDispersion(b, minutes, run.dispersion) + run.cv * run.cv * run.expected
  const bits = bitsOf(negativeBinomialSurvival(run.observed, run.expected, ratio))
  return Math.max(0, bits - Math.log2((LOOKS * 24 * 60) / minutes))
}
