import { LOOKBACK_MS } from '../../contract/thresholds.js'
import { DAY, HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import { type Question, SLACK_MS, startOf } from './question.js'
import { density, stepBefore, uncertainMin } from './time.js'
import type { Change } from '../../contract/signal.js'

/**
 * How often would chance do as well? The change is placed anew at every minute of the comparable hours of the days on record, and
 * given the scope of every listed change; p is the share of these worlds in which time and place fit the trouble at least as
 * well. All of them are counted, none drawn: f(delay) falls on both sides of its peak, so the minutes that fit as well are one
 * span. It is weighed by the rhythm in which changes come and, because a rhythm of few is not well known, also without one: the
 * larger p holds. Over the listed changes p is raised as Holm (1979) does.
 */

/** Changes come near the hours of day at which others came; one more is spread over the whole day. */
const COMPARABLE_MS = HOUR
/** Minutes of a day: the places of a rhythm. */
const DAY_MIN = DAY / MINUTE

export interface Placed {
  change: Change
  /** How well its scope fits, in bits. */
  placeBits: number
}

export interface Chance {
  /** Of time alone. */
  time: number
  /** Of time and place together, after Holm. */
  p: number
}

/** For each of the `shown` candidates among all the listed. */
export function chances(shown: readonly Placed[], listed: readonly Placed[], q: Question): Chance[] {
  const limit = q.interval[1] + SLACK_MS
  const oldest = Math.min(...listed.map(x => startOf(x.change)))
  const days = Math.min(LOOKBACK_MS / DAY, Math.max(1, Math.ceil((limit - oldest) / DAY)))
  const scopes = new Map<number, number>()
  for (const { placeBits } of listed) scopes.set(tenth(placeBits), (scopes.get(tenth(placeBits)) ?? 0) + 1)
  const span = spansOf(q)
  const raw = shown.map(({ change, placeBits }) => {
    const rhythms = [FLAT, rhythmOf(listed.filter(x => x.change !== change).map(x => startOf(x.change)))]
    const fit = tenth(fitAt(stepBefore(change, q), q))
    const chanceOf = (bits: number): number => {
      const [before, after] = span(bits)
      const from = Math.max(limit - days * DAY, q.onset - before * MINUTE)
      const until = Math.min(limit, q.onset + after * MINUTE)
      if (until <= from) return 0
      return Math.min(1, Math.max(...rhythms.map(r => weightOf(r, from, until) / (days * r[DAY_MIN]!))))
    }
    const least = 1 / (1 + days * DAY_MIN)
    let joint = 0
    for (const [bits, count] of scopes)
      joint += (count / listed.length) * chanceOf(tenth(fit + tenth(placeBits) - bits))
    return { time: Math.max(least, chanceOf(fit)), p: Math.max(least / listed.length, joint) }
  })
  return holm(raw, listed.length)
}

/** Holm's step-down: the k-th smallest p counts (n − k) times, never less than one before it. */
function holm(raw: readonly Chance[], n: number): Chance[] {
  const order = raw.map((_, i) => i).sort((a, b) => raw[a]!.p - raw[b]!.p)
  const out = raw.map(r => ({ ...r }))
  let floor = 0
  order.forEach((i, k) => {
    floor = out[i]!.p = Math.min(1, Math.max(floor, raw[i]!.p * (n - k)))
  })
  return out
}

const tenth = (bits: number): number => Math.round(bits * 10) / 10

const fitAt = (at: EpochMs, q: Question): number => Math.log2(density((q.onset - at) / MINUTE, uncertainMin(q)))

/** Weight of the changes by minute of the day, added up: [m] is all before minute m, [1440] the whole day. */
function rhythmOf(others: readonly EpochMs[]): Float64Array {
  const steps = new Float64Array(DAY_MIN + 1)
  const wide = (2 * COMPARABLE_MS) / MINUTE
  for (const at of others) {
    const from = ((Math.floor((at - COMPARABLE_MS) / MINUTE) % DAY_MIN) + DAY_MIN) % DAY_MIN
    const until = from + wide
    steps[from]! += 1 / wide
    if (until <= DAY_MIN) steps[until]! -= 1 / wide
    else {
      steps[0]! += 1 / wide
      steps[until - DAY_MIN]! -= 1 / wide
    }
  }
  const sums = new Float64Array(DAY_MIN + 1)
  let rate = 1 / DAY_MIN
  for (let m = 0; m < DAY_MIN; m++) {
    rate += steps[m]!
    sums[m + 1] = sums[m]! + rate
  }
  return sums
}

/** No hour of the day before another. */
const FLAT = rhythmOf([])

/** Weight between two moments. */
function weightOf(rhythm: Float64Array, from: EpochMs, until: EpochMs): number {
  const upTo = (t: EpochMs): number => {
    const day = Math.floor(t / DAY)
    const minute = (t - day * DAY) / MINUTE
    const m = Math.floor(minute)
    const part = minute - m
    return day * rhythm[DAY_MIN]! + rhythm[m]! + part * (rhythm[Math.min(DAY_MIN, m + 1)]! - rhythm[m]!)
  }
  return upTo(until) - upTo(from)
}

/** Minutes before and after the onset within which a change fits at least so well; none where nothing does. Each is sought once. */
function spansOf(q: Question): (bits: number) => readonly [before: number, after: number] {
  const sigma = uncertainMin(q)
  const f = (delayMin: number): number => Math.log2(density(delayMin, sigma))
  // The peak lies within two errors of the onset; beyond it f falls on both sides.
  let peak = 0
  for (let d = 0; d <= 2 * sigma + 2; d += 0.25) if (f(d) > f(peak)) peak = d
  const edge = (bits: number, far: number): number => {
    if (f(far) >= bits) return far
    let [inside, outside] = [peak, far]
    while (Math.abs(outside - inside) > 0.02) {
      const middle = (inside + outside) / 2
      if (f(middle) >= bits) inside = middle
      else outside = middle
    }
    return inside
  }
  const latest = -(q.interval[1] + SLACK_MS - q.onset) / MINUTE
  const known = new Map<number, readonly [number, number]>()
  return bits => {
    const found = known.get(bits)
    if (found) return found
    const span = f(peak) < bits ? ([0, 0] as const) : ([edge(bits, LOOKBACK_MS / MINUTE), -edge(bits, latest)] as const)
    known.set(bits, span)
    return span
  }
}
