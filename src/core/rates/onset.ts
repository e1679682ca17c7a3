import { MINUTE, type EpochMs } from '../../contract/time.js'
import { rowsAt } from '../aggregate/label-sets.js'
import { expectedShare, minuteOf, READ_SLOTS, type RateState, type FailureMode } from './state.js'

/**
 * When did a failing share leave its usual level? Nobody knows how steeply a fault grows, so the share after the start is a
 * hidden level that mostly stays or grows (a hidden Markov chain over rises a factor of two apart): a step, a ramp
 * over ten minutes and a rollout in stages all fit it. With L(t, k) the likelihood of minute t at level k against the usual one,
 *
 *   P(start = s | all minutes)  ∝  Π_{t < s} U(t) · Σ_k L(s, k)·first(k)·β_s(k),       β by Rabiner (1989), Proc. IEEE 77, (25)
 *
 * where U(t) lets a usual minute be a stray one now and then. All starts are weighed, so the interval is the posterior's own: a
 * rise too small to be told from noise in its first minutes lets it reach back. Cost: 85 minutes × 13 levels, and two passes
 * over the rows of the ring.
 */

/** Rises of the failing share from the least to the highest, each twice the one before. */
const LEVELS = Float64Array.from({ length: 13 }, (_, k) => Math.min(0.95, 0.00025 * 2 ** k))
/**
 * Where it stands in the first minute, in steps below the level of the newest minutes: a step is there at once, a ramp of ten
 * minutes begins four or five steps below. What is left goes to all levels alike.
 */
const FIRST = [0.45, 0.2, 0.12, 0.09, 0.06, 0.03]
/** From minute to minute, below that level: stays, rises by one, two or three steps, falls by one; what is left jumps anywhere. */
const GROWING = { stays: 0.5, up: [0.2, 0.1, 0.05], down: 0.05 }
/** And from that level on. */
const GROWN = { stays: 0.6, up: [0.1], down: 0.2 }
/** One usual minute in a hundred is a stray one. */
const STRAY = 0.01
/** The usual share is known to a tenth of itself: its error, squared, counts as noise beside that of the counts. */
const USUAL_ERROR_SQ = 0.1 ** 2
/** Noise is learned from minutes at least so old, for they are mostly from before. */
const QUIET_FROM = 20
const QUIET_LEAST = 10
/** χ²₁ has its median here: noise that lies above is overdispersed. */
const CHI2_MEDIAN = 0.455
/** The level that the trouble has grown to is read from so many minutes at most. */
const NEWEST = 8
/**
 * Label sets that fail are told by the newest minutes: beyond chance by so many nats, and by no less than this part of the mean
 * excess of all such. Few minutes, for a set chosen by what it did before the start would seem to have begun there.
 */
const TELLING = 4
/** They speak for the trouble when they hold this part of the whole excess; where requests are few they do not. */
const HELD_PART = 0.8
const FAILS_NATS = 6
const FAILS_PART = 0.3
/** Of the posterior, outside the interval on each side; the minutes either side of it, which are added for the rounding, make it 95 %. */
const TAIL = 0.05

export interface MinuteSum {
  total: number
  hit: number
  expected: number
}

/** When the failure mode left its usual share: the likeliest minute, and a 95 % interval over the minutes at hand. */
export function rateOnset(
  state: RateState,
  mode: FailureMode,
  groups: readonly number[],
  now: EpochMs,
): { onset: EpochMs; interval: [EpochMs, EpochMs] } {
  const wanted = failing(state, mode, firstOf(now)) ?? inGroups(state, groups)
  return leavesOnset(state, mode, leaf => wanted[leaf] === 1, now)
}

/** The same for any set of label sets. */
export function leavesOnset(
  state: RateState,
  mode: FailureMode,
  wanted: (leaf: number) => boolean,
  now: EpochMs,
): { onset: EpochMs; interval: [EpochMs, EpochMs] } {
  const first = firstOf(now)
  const { low, likeliest, high } = startOf(
    Array.from({ length: READ_SLOTS }, (_, k) => minuteOf(state, mode, first + k * MINUTE, wanted)),
  )
  // A fault that grows from nothing is not seen in its first minute.
  return { onset: first + likeliest * MINUTE, interval: [first + (low - 1) * MINUTE, first + (high + 1) * MINUTE] }
}

const firstOf = (now: EpochMs): EpochMs => Math.floor(now / MINUTE) * MINUTE - READ_SLOTS * MINUTE

/** Leaf → 1 where it fails in the newest minutes; null when they do not hold most of the excess. */
function failing(state: RateState, mode: FailureMode, first: EpochMs): Uint8Array | null {
  const leaves = state.book.groups.length
  const total = new Float64Array(leaves)
  const hit = new Float64Array(leaves)
  const expected = new Float64Array(leaves)
  let telling = 0
  for (let k = READ_SLOTS - 1; k >= 0 && telling < TELLING; k--) {
    const slot = first + k * MINUTE
    const rows = rowsAt(state.ring, slot)
    if (!rows) continue
    telling++
    const hits = mode === 'bad' ? rows.b : rows.c
    for (let i = 0; i < rows.leaf.length; i++) {
      const leaf = rows.leaf[i]!
      total[leaf]! += rows.a[i]!
      hit[leaf]! += hits[i]!
      expected[leaf]! += rows.a[i]! * expectedShare(state, mode, leaf, slot)
    }
  }
  const out = new Uint8Array(leaves)
  let all = 0
  let excess = 0
  let whole = 0
  for (let leaf = 0; leaf < leaves; leaf++) {
    const [y, e] = [hit[leaf]!, expected[leaf]!]
    whole += y - e
    if (!(y > e) || y * Math.log(y / e) - (y - e) < FAILS_NATS) continue
    out[leaf] = 1
    all += total[leaf]!
    excess += y - e
  }
  if (excess < HELD_PART * whole || all === 0) return null
  for (let leaf = 0; leaf < leaves; leaf++)
    if (out[leaf] === 1 && (hit[leaf]! - expected[leaf]!) / total[leaf]! < (FAILS_PART * excess) / all) out[leaf] = 0
  return out
}

/** Groups at most: the rest follow the worst ones. */
const MAX_GROUPS = 8

function inGroups(state: RateState, groups: readonly number[]): Uint8Array {
  const wanted = new Set(groups.slice(0, MAX_GROUPS))
  return Uint8Array.from(state.book.groups, own => (own.some(g => wanted.has(g)) ? 1 : 0))
}

/** Places in the list: the likeliest start and the ends of the interval, all inclusive. */
export function startOf(minutes: readonly (MinuteSum | null)[]): { low: number; likeliest: number; high: number } {
  const weights = startWeights(minutes)
  const all = weights.reduce((a, b) => a + b, 0)
  const quantile = (p: number): number => {
    let sum = 0
    for (let s = 0; s < weights.length; s++) if ((sum += weights[s]!) >= p * all) return s
    return weights.length - 1
  }
  return { low: quantile(TAIL), likeliest: weights.indexOf(Math.max(...weights)), high: quantile(1 - TAIL) }
}

/** Weight of every minute as the first that is not usual. */
function startWeights(minutes: readonly (MinuteSum | null)[]): Float64Array {
  const phi = noiseOf(minutes)
  const nats = minutes.map(m => (m ? levelNats(m, phi) : null))
  const grown = levelNow(minutes)
  const first = LEVELS.map((_, k) => (FIRST[grown - k] ?? 0) + (1 - FIRST.reduce((a, b) => a + b)) / LEVELS.length)
  let beta: Float64Array = new Float64Array(LEVELS.length).fill(1)
  // β is scaled to a maximum of 1 at each minute; the scales are kept as logarithms.
  let scale = 0
  const logs = new Float64Array(minutes.length)
  for (let s = minutes.length - 1; s >= 0; s--) {
    const l = nats[s]
    const top = l ? Math.max(...l) : 0
    const here = beta.map((b, k) => b * (l ? Math.exp(l[k]! - top) : 1))
    logs[s] = scale + top + Math.log(here.reduce((sum, h, k) => sum + h * first[k]!, 0))
    beta = stepBack(here, grown)
    const most = Math.max(...beta)
    beta = beta.map(b => b / most)
    scale += top + Math.log(most)
  }
  let before = 0
  nats.forEach((l, s) => {
    logs[s]! += before
    if (l)
      before += Math.log(1 - STRAY + (STRAY * l.reduce((sum, x) => sum + Math.exp(Math.min(500, x)), 0)) / l.length)
  })
  const best = Math.max(...logs)
  return logs.map(x => Math.exp(x - best))
}

/** The weight of each level one minute earlier. */
function stepBack(here: Float64Array, grown: number): Float64Array {
  const mean = here.reduce((a, b) => a + b, 0) / here.length
  return here.map((h, k) => {
    const { stays, up, down } = k < grown ? GROWING : GROWN
    let weight = stays * h + down * (here[k - 1] ?? h)
    let left = 1 - stays - down
    up.forEach((p, i) => {
      weight += p * (here[k + 1 + i] ?? h)
      left -= p
    })
    return weight + left * mean
  })
}

/** The level that the trouble has grown to: the highest of what the two, four and eight newest minutes say. */
function levelNow(minutes: readonly (MinuteSum | null)[]): number {
  const known = minutes.filter(m => m !== null).slice(-NEWEST)
  let excess = 0
  for (let n = 2; n <= NEWEST; n *= 2) {
    const newest = known.slice(-n)
    const sum = (f: (m: MinuteSum) => number): number => newest.reduce((all, m) => all + f(m), 0)
    excess = Math.max(
      excess,
      sum(m => m.hit - m.expected) /
        Math.max(
          1,
          sum(m => m.total),
        ),
    )
  }
  return Math.max(
    0,
    LEVELS.findLastIndex(x => x <= Math.SQRT2 * excess),
  )
}

/** Log-likelihood of a minute at each level against the usual share, with the noise taken out. */
function levelNats({ total, hit, expected }: MinuteSum, phi: number): Float64Array {
  const usual = Math.min(0.9, Math.max(1e-6, expected / total))
  const share = hit / total
  const n = total / (phi + USUAL_ERROR_SQ * expected)
  return LEVELS.map(rise => {
    const risen = usual + (1 - usual) * rise
    return n * (share * Math.log(risen / usual) + (1 - share) * Math.log((1 - risen) / (1 - usual)))
  })
}

/** Variance of usual minutes over that of independent requests, from the older minutes; 1 where too few are known. */
function noiseOf(minutes: readonly (MinuteSum | null)[]): number {
  const chi2 = minutes
    .slice(0, Math.max(0, minutes.length - QUIET_FROM))
    .flatMap(m => (m && m.expected >= 1 ? [(m.hit - m.expected) ** 2 / (m.expected * (1 - m.expected / m.total))] : []))
    .sort((a, b) => a - b)
  return chi2.length < QUIET_LEAST ? 1 : Math.max(1, chi2[chi2.length >> 1]! / CHI2_MEDIAN)
}
