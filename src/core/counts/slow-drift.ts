import { HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import { DAY_HOURS, KEEP_DAY, meanOfHour, VISIT_VARIANCE, type Hours } from '../stat/hours.js'
import { addPair, boundOf, drawn, weightOf } from '../stat/scatter.js'
import { bitsOf, negativeBinomialSurvival } from '../stat/tails.js'

/**
 * Trouble that drifts in slowly. A baseline that follows the last hours, as it must on the first days, follows a slow rise as well; so whole
 * hours are held against the rhythm of the days before, which no count of the last eight hours has taught, times the level of the hours
 * just before them:
 *     P(Y ≥ y | e, φ + v·e) ≤ asked rate a day / runs that a day holds.
 * y and e are the count and the expectation of the last 1, 2 or 4 hours. The rhythm is a Gamma-Poisson mean for each hour of day, shrunk to the
 * hours around it; the level is one, a Gamma posterior from the rest of the eight hours; v is the relative variance of their product and φ
 * the scatter of such hours about it, measured on the series' own quiet hours, winsorised and drawn to the minutes' dispersion.
 * Cost: at each quarter of an hour some five hundred flops and three tails; nothing between.
 */

const QUARTER_MS = 15 * MINUTE
const QUARTERS_AN_HOUR = 4
const HORIZONS = [4, 8, 16] as const
/** Quarters kept, and as long nothing is learned from them. */
const RING = 32
/** Runs that a day holds: 96 + 48 + 24 that overlap by three quarters at most. */
const LOOKS_A_DAY = 168
/** The rhythm must have seen so much. */
const HISTORY_MS = 20 * HOUR
/** Relative variances: of an hour about the hours around it, and of a day about the days before. */
const HOUR_VARIANCE = 0.05
const DAY_VARIANCE = 0.05
/**
 * One day's rhythm tells little of the next one's: this much more on the second day, a quarter of it on the third, a ninth on the fourth.
 * Chosen on Downdetector's curves of 2018 after one drawn day, of which one in five rose through the morning as no day had before.
 */
const SECOND_DAY_VARIANCE = 0.08
/** Quarters before a run that must be known for the level. */
const LEVEL_QUARTERS = 8
const PRIOR_WEIGHT = 4
const WEIGHT_MAX = 1_000
/** It is over when the last hour is nothing unusual any more. */
const OVER_P = 0.05
/** Below this many times the usual nothing is told, however sure: a rise that days bring by themselves. */
const LEAST_RATIO = 1.3
const LEAST_REPORTS = 10

/** Plain data: part of the snapshot. Counts of quarters are NaN where anything of them is unknown. */
export interface SlowDrift {
  /** Index of the running quarter since 1970; −1 before the first. */
  quarter: number
  first: number
  ring: Float32Array
  running: number
  /** Counts and quarters of each hour of day. */
  day: Float32Array
  /** Pairs of squares and weights by horizon (stat/scatter). */
  scatter: Float64Array
  /** Residuals that wait for RING quarters without an alarm before they teach: slow trouble must not pass for scatter. */
  waiting: { quarter: number; k: number; square: number; weight: number }[]
  alarm: boolean
  since: EpochMs
  bits: number
  observed: number
  expected: number
}

export const slowDrift = (): SlowDrift => ({
  quarter: -1,
  first: -1,
  ring: new Float32Array(RING).fill(Number.NaN),
  running: 0,
  day: new Float32Array(2 * DAY_HOURS),
  scatter: new Float64Array(2 * HORIZONS.length),
  waiting: [],
  alarm: false,
  since: 0,
  bits: 0,
  observed: 0,
  expected: 0,
})

/** Takes one minute; null is unknown. `learn`: nothing else is wrong. */
export function takeMinute(
  c: SlowDrift,
  slot: EpochMs,
  count: number | null,
  dispersion: number,
  learn: boolean,
  neededBits: number,
): void {
  const quarter = Math.floor(slot / QUARTER_MS)
  if (c.quarter < 0) c.quarter = c.first = quarter
  if (quarter - c.quarter > RING) {
    c.ring.fill(Number.NaN)
    c.quarter = quarter
    c.running = 0
  }
  while (c.quarter < quarter) closeQuarter(c, dispersion, learn && !c.alarm, neededBits)
  c.running += count ?? Number.NaN
}

/** Counts that came late for a quarter that is still remembered. */
export function reviseMinute(c: SlowDrift, slot: EpochMs, delta: number): void {
  const quarter = Math.floor(slot / QUARTER_MS)
  if (quarter === c.quarter) c.running += delta
  else if (quarter < c.quarter && quarter >= c.quarter - RING) c.ring[quarter % RING]! += delta
}

/** Whether minutes in which nothing comes raise no alarm from here on: no run that can still be read has LEAST_REPORTS. */
export function isDriftStill(c: SlowDrift): boolean {
  let reports = Number.isNaN(c.running) ? 0 : c.running
  for (let back = 1; back <= HORIZONS.at(-1)!; back++) {
    const count = c.ring[(c.quarter - back + RING) % RING]!
    // A run ends where a quarter is unknown.
    if (!Number.isNaN(count)) reports += count
  }
  return !c.alarm && reports < LEAST_REPORTS
}

function closeQuarter(c: SlowDrift, dispersion: number, learn: boolean, neededBits: number): void {
  const at = c.quarter % RING
  // What leaves the ring is old enough to teach.
  const old = c.ring[at]!
  if (learn && !Number.isNaN(old)) teach(c.day, c.quarter - RING, old)
  c.ring[at] = c.running
  c.quarter++
  c.running = 0
  if ((c.quarter - c.first) * QUARTER_MS >= HISTORY_MS) judge(c, dispersion, learn, neededBits)
}

function teach(day: Float32Array, quarter: number, count: number): void {
  const h = 2 * (Math.floor(quarter / QUARTERS_AN_HOUR) % DAY_HOURS)
  if (quarter % QUARTERS_AN_HOUR === 0) for (const lane of [h, h + 1]) day[lane]! *= KEEP_DAY
  day[h]! += count
  day[h + 1]! += 1
}

/** Mean of a quarter in this hour of day and its relative variance; null for an hour that was never seen. */
function rhythm(day: Float32Array, hour: number, dispersion: number): { mean: number; variance: number } | null {
  if (day[2 * hour + 1] === 0) return null
  const hours: Hours = { counts: day, slots: day, stride: 2, after: 1 }
  return meanOfHour(hours, hour, 1 / HOUR_VARIANCE, dispersion, QUARTERS_AN_HOUR)
}

function judge(c: SlowDrift, dispersion: number, learn: boolean, neededBits: number): void {
  const means: { count: number; mean: number; variance: number }[] = []
  for (let back = 1; back <= RING; back++) {
    const quarter = c.quarter - back
    const count = c.ring[quarter % RING]!
    const usual = rhythm(c.day, Math.floor(quarter / QUARTERS_AN_HOUR) % DAY_HOURS, dispersion)
    if (Number.isNaN(count) || !usual) break
    means.push({ count, mean: usual.mean, variance: usual.variance })
  }
  let best = 0
  let lastHour = 1
  const hour = Math.floor((c.quarter - 1) / QUARTERS_AN_HOUR) % DAY_HOURS
  const visits = c.day[2 * hour + 1]! / QUARTERS_AN_HOUR
  for (let k = 0; k < HORIZONS.length && HORIZONS[k]! + LEVEL_QUARTERS <= means.length; k++) {
    const run = sumOf(means.slice(0, HORIZONS[k]))
    const before = sumOf(means.slice(HORIZONS[k]))
    const worth = 1 / (dispersion + VISIT_VARIANCE * QUARTERS_AN_HOUR * (before.expected / before.quarters))
    const level = (1 / DAY_VARIANCE + worth * before.observed) / (1 / DAY_VARIANCE + worth * before.expected)
    const doubt = 1 / (1 / DAY_VARIANCE + worth * before.expected) + SECOND_DAY_VARIANCE / Math.max(1, visits) ** 2
    // What comes back after hours that merely happened to be quiet is no trouble: below the usual a level counts as far as it is sure.
    const expected = Math.max(level, Math.min(1, level + Math.sqrt(doubt))) * run.expected
    const variance = run.variance + doubt
    const phi = scatter(c, k, dispersion) + variance * expected
    const p = negativeBinomialSurvival(run.observed, expected, phi)
    if (k === 0) lastHour = p
    if (learn && c.quarter % HORIZONS[k]! === 0) learnScatter(c, k, run.observed, expected, variance, phi)
    const bits = Math.max(0, bitsOf(p) - Math.log2(LOOKS_A_DAY))
    if (bits <= best || run.observed < LEAST_REPORTS || run.observed < LEAST_RATIO * expected) continue
    best = bits
    c.observed = run.observed
    c.expected = expected
    if (bits >= neededBits && !c.alarm) c.since = (c.quarter - HORIZONS[k]!) * QUARTER_MS
  }
  c.bits = best
  // A long run still holds trouble that its last hour no longer has.
  if (lastHour > OVER_P) c.alarm = false
  else if (best >= neededBits) c.alarm = true
  settleScatter(c)
}

function sumOf(quarters: readonly { count: number; mean: number; variance: number }[]) {
  let observed = 0
  let expected = 0
  let spread = 0
  for (const { count, mean, variance } of quarters) {
    observed += count
    expected += mean
    // The four quarters of an hour share its error, hours have errors of their own.
    spread += QUARTERS_AN_HOUR * variance * mean * mean
  }
  return { observed, expected, quarters: quarters.length, variance: spread / Math.max(1e-9, expected * expected) }
}

function scatter(c: SlowDrift, k: number, dispersion: number): number {
  return Math.max(1, drawn(dispersion, PRIOR_WEIGHT, c.scatter[2 * k]!, c.scatter[2 * k + 1]!))
}

function learnScatter(
  c: SlowDrift,
  k: number,
  observed: number,
  expected: number,
  variance: number,
  phi: number,
): void {
  const weight = weightOf(expected)
  const residual = Math.min(boundOf(phi, expected), Math.abs(observed - expected))
  const square = weight * (residual * residual - variance * expected * expected)
  c.waiting.push({ quarter: c.quarter, k, square, weight: weight * expected })
}

function settleScatter(c: SlowDrift): void {
  if (c.alarm) c.waiting.length = 0
  while (c.waiting.length > 0 && c.waiting[0]!.quarter <= c.quarter - RING) {
    const { k, square, weight } = c.waiting.shift()!
    addPair(c.scatter, 2 * k, square, weight, WEIGHT_MAX)
  }
}
