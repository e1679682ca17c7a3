import gammaln from '@stdlib/math-base-special-gammaln'
import { ratioInterval } from './likelihood.js'

/** A label set inside a segment: `bad` of `total` requests failed, `usual` of them do on a healthy day. */
export interface Unit {
  bad: number
  total: number
  usual: number
}

/** Some units fail and their neighbours do not. */
export interface Mixture {
  /** Part of the requests that lies in units that fail (π), */
  hit: number
  hitInterval: [number, number]
  /** and how much fails there (q). */
  among: number
  amongInterval: [number, number]
  /** Log-likelihood gained over one common rate that merely scatters. */
  nats: number
}

/** Units beyond the largest so many add little: the share of 200 is known to ±.07. */
const MAX_UNITS = 200
/** Fewer than this on either side are an exception, not a part. */
const LEAST_UNITS = 3
/** Intra-unit correlation of units that are hit alike, or not at all: their rates scatter by about √.02 of what a rate can. */
const ALIKE = 0.02
/** Scatter of one common rate that is tried against the two groups, up to the widest that still has one peak. */
const SCATTERS = [0.002, 0.01, 0.03, 0.08, 0.15, 0.25, 0.35]
/** e⁸: chance makes such a difference once in 3,000 segments. */
const MIXTURE_NATS = 8
/** A healthy unit fails by at least this, so that one stray failure does not make it a hit one. */
const LEAST_USUAL = 0.003
const ROUNDS = 12

/**
 * One rate for all, or (π, q): a part π of the units fails at rate q and the rest as on a healthy day? Beta-binomial
 * likelihoods on both sides, so that units which merely scatter around one rate are not taken for two groups; π and q by
 * expectation–maximization. Null where one rate does. O(units · rounds).
 */
export function findMixture(all: readonly Unit[]): Mixture | null {
  const units = all
    .filter(u => u.total > 0)
    .sort((x, y) => y.total - x.total)
    .slice(0, MAX_UNITS)
  if (units.length < 2 * LEAST_UNITS) return null
  let bad = 0
  let total = 0
  for (const u of units) {
    bad += u.bad
    total += u.total
  }
  const common = bad / total
  if (!(common > 0 && common < 1) || !scatters(units, common)) return null
  const rest = units.map(u => betaBinomial(u, Math.max(LEAST_USUAL, u.usual / u.total), ALIKE))
  const posterior = new Float64Array(units.length)
  let part = 0.5
  let q = Math.min(0.99, weighted(units, u => (u.bad / u.total > common ? 1 : 0)).rate)
  let nats = 0
  for (let round = 0; round < ROUNDS; round++) {
    nats = 0
    units.forEach((u, i) => {
      const hit = Math.log(part) + betaBinomial(u, q, ALIKE)
      const not = Math.log1p(-part) + rest[i]!
      const top = Math.max(hit, not)
      const sum = top + Math.log(Math.exp(hit - top) + Math.exp(not - top))
      posterior[i] = Math.exp(hit - sum)
      nats += sum
    })
    part = Math.min(0.99, Math.max(0.01, posterior.reduce((s, p) => s + p, 0) / units.length))
    q = Math.min(0.99, Math.max(0.005, weighted(units, (_, i) => posterior[i]!).rate))
  }
  const gain = nats - onePeak(units, common) - Math.log(units.length)
  const sure = [posterior.filter(p => p > 0.9).length, posterior.filter(p => p < 0.1).length]
  if (gain < MIXTURE_NATS || Math.min(...sure) < LEAST_UNITS) return null
  return { ...figures(units, posterior, total), nats: gain }
}

/** Pearson's dispersion: where units scatter as chance makes them there is nothing to explain. */
function scatters(units: readonly Unit[], common: number): boolean {
  let chi = 0
  for (const { bad, total } of units) chi += (bad - common * total) ** 2 / (common * (1 - common) * total)
  return chi > 2 * (units.length - 1)
}

/** The best single rate whose scatter has one peak (both shape parameters near 1 or above). */
function onePeak(units: readonly Unit[], common: number): number {
  const widest = 1 / (1 + 0.8 / Math.min(common, 1 - common))
  let best = Number.NEGATIVE_INFINITY
  for (const scatter of [...SCATTERS.filter(s => s < widest), widest])
    best = Math.max(
      best,
      units.reduce((sum, u) => sum + betaBinomial(u, common, scatter), 0),
    )
  return best
}

function figures(units: readonly Unit[], posterior: Float64Array, total: number): Omit<Mixture, 'nats'> {
  const { rate, weight } = weighted(units, (_, i) => posterior[i]!)
  const hit = weight / total
  let apart = 0
  let squares = 0
  units.forEach((u, i) => {
    apart += ((posterior[i]! - hit) * u.total) ** 2
    squares += (posterior[i]! * (u.bad - rate * u.total)) ** 2
  })
  return {
    hit,
    hitInterval: [...ratioInterval(weight, total, apart, units.length, 1)],
    among: rate,
    amongInterval: [...ratioInterval(rate * weight, weight, squares, Math.max(2, units.length * hit), 1)],
  }
}

/** Failing share over units taken in part, beyond the usual. */
function weighted(units: readonly Unit[], part: (u: Unit, i: number) => number): { rate: number; weight: number } {
  let bad = 0
  let weight = 0
  units.forEach((u, i) => {
    const p = part(u, i)
    bad += p * u.bad
    weight += p * u.total
  })
  return { rate: weight > 0 ? bad / weight : 0, weight }
}

/** Log-probability up to a constant: rates of units spread as a beta with the mean and intra-class correlation `scatter`. */
function betaBinomial({ bad, total }: Unit, mean: number, scatter: number): number {
  const size = 1 / scatter - 1
  const a = mean * size
  const b = size - a
  const k = Math.max(0, Math.min(total, bad))
  return gammaln(k + a) + gammaln(total - k + b) - gammaln(total + size) - gammaln(a) - gammaln(b) + gammaln(size)
}
