import gammaln from '@stdlib/math-base-special-gammaln'
import { lnChoose } from './likelihood.js'

/** One value that people may quote: a cell, or an edge code that nobody maps to one. */
export interface Mentionable {
  /** People who quote it in the window, */
  people: number
  /** and its weight in what people would quote if all failed alike (pseudo-counts: the past, and the share of traffic). */
  weight: number
}

export interface OverMentioned {
  /** Positions of the values that are quoted too often, most people first. */
  hit: number[]
  people: number
  /** All who quote anything. */
  of: number
  /** By position: the part of them that usually quotes it. */
  usual: number[]
  bits: number
}

/** So many people, each for themselves, quote the values together, */
export const LEAST_PEOPLE = 5
/** and one value: a single one may be mistaken, or read it on somebody else's screen. */
export const LEAST_EACH = 2
/** and this part of them all: of hundreds, two are chance. */
const LEAST_PART = 0.01
/** What is left out is quoted at most at a quarter of the rate of what is named: as for every other label (`roots.ts`). */
const LEFT_RATIO = 0.25
/** How many times as often a failing value is quoted; each as likely as the others. */
const TIMES = [4, 12, 40, 200]
/** Habits are known no better than from this many quotes: who is awake, and who quotes, moves through the day. */
const MOST_WEIGHT = 100
/** Odds of 64 to 1, what was looked at being paid for: it is asked where something fails already, mostly in some places only. */
export const QUOTED_BITS = 6

/**
 * Are some values quoted more often than habit and traffic have it? The counts under "all alike" are Dirichlet-multinomial
 * with the weights as they are, under "these fail" with the weights of the named ones multiplied; the uncertainty of the
 * weights is in both. The best set of a size is a prefix of the values by rate (linear-time subset scanning, Neill 2012), so
 * m sizes are tried and paid for, lnChoose + ln m, and the mean is taken over TIMES. `rest` is the weight of values that nobody quoted.
 * Null where nothing stands out. O(m²·TIMES).
 */
export function findOverMentioned(values: readonly Mentionable[], rest: number): OverMentioned | null {
  let of = 0
  let weight = rest
  for (const v of values) {
    of += v.people
    weight += v.weight
  }
  if (of < LEAST_PEOPLE || !(weight > 0)) return null
  const scale = Math.min(1, MOST_WEIGHT / weight)
  const all = values.map(v => ({ people: v.people, weight: Math.max(1e-6, v.weight * scale) }))
  const left = rest * scale
  const alike = lnLikelihood(all, left, null, 1)
  const rate = (i: number): number => all[i]!.people / (all[i]!.weight + 0.5)
  const order = all
    .flatMap((v, i) => (v.people >= Math.max(LEAST_EACH, LEAST_PART * of) ? [i] : []))
    .sort((x, y) => rate(y) - rate(x) || all[y]!.people - all[x]!.people || x - y)
  let best: { take: number; nats: number } | null = null
  const inside = new Set<number>()
  const m = all.length + (left > 0 ? 1 : 0)
  for (let take = 1; take <= order.length; take++) {
    inside.add(order[take - 1]!)
    if (inside.size === m || !standsOut(all, left, inside, order[take - 1]!)) continue
    const gains = TIMES.map(times => lnLikelihood(all, left, inside, times) - alike)
    const top = Math.max(...gains)
    const mean = top + Math.log(gains.reduce((sum, gain) => sum + Math.exp(gain - top), 0) / TIMES.length)
    const nats = mean - lnChoose(m, take) - Math.log(m)
    if (!best || nats > best.nats) best = { take, nats }
  }
  if (!best || best.nats / Math.LN2 < QUOTED_BITS) return null
  const hit = order.slice(0, best.take).sort((x, y) => all[y]!.people - all[x]!.people || x - y)
  const people = hit.reduce((sum, i) => sum + all[i]!.people, 0)
  const usual = values.map(v => v.weight / weight)
  return people < LEAST_PEOPLE ? null : { hit, people, of, usual, bits: best.nats / Math.LN2 }
}

/** Those outside are quoted far less than those inside, and `least`, the rarest of these, is one of them. */
function standsOut(all: readonly Mentionable[], rest: number, inside: ReadonlySet<number>, least: number): boolean {
  let [kIn, wIn, kOut, wOut] = [0, 0, 0, rest]
  all.forEach((v, i) => {
    if (inside.has(i)) {
      kIn += v.people
      wIn += v.weight
    } else {
      kOut += v.people
      wOut += v.weight
    }
  })
  const limit = (LEFT_RATIO * kIn) / wIn
  return wOut > 0 && kOut / wOut <= limit && all[least]!.people / all[least]!.weight >= limit
}

/** Dirichlet-multinomial log-likelihood, up to what does not depend on the weights. */
function lnLikelihood(
  all: readonly Mentionable[],
  rest: number,
  inside: ReadonlySet<number> | null,
  times: number,
): number {
  let sum = rest
  let n = 0
  all.forEach((v, i) => {
    sum += inside?.has(i) ? times * v.weight : v.weight
    n += v.people
  })
  let size = rest
  for (const v of all) size += v.weight
  // Multiplying moves weight, it does not make it better known.
  const shrink = size / sum
  let nats = gammaln(size) - gammaln(size + n)
  all.forEach((v, i) => {
    if (v.people === 0) return
    const w = shrink * (inside?.has(i) ? times * v.weight : v.weight)
    nats += gammaln(w + v.people) - gammaln(w)
  })
  return nats
}
