import type { Model } from './models.js'
import type { LeafTable } from './table.js'

/** Leaves of one cause differ by about this much in their relative change; weighs as one leaf against what they show. */
const OWN_SPREAD = 0.06
/** A cause whose leaves differ by more than this, and by more than the noise, is a mixture of something smaller. */
const LARGEST_SPREAD = 0.12
/** The same against its level: where a part f of the leaves is hit, spread/level is √((1−f)/f), and 0.35 means f = 0.89. */
const RELATIVE_SPREAD = 0.35
/** Nats each leaf must gain beyond the healthy density, so that a slightly wrong density is no finding in a large cell. */
const TOLL = 0.03
/** Four printed digits are a change of up to 5e-4; noise below that cannot be told. */
const LEAST_NOISE = 0.002
const HALF_LN_2PI = 0.9189385332046727

/**
 * Large additive measures: u = (r − e)/max(|r|, |e|), the relative change of a leaf, in −1..1.
 *
 * Healthy leaves: one of r, e is the other times 1 + σz; which way round is not known, so u has the density
 * ½·φ(|u|/σ)/σ + ½·φ(v/σ)/(σ(1−|u|)²) with v = |u|/(1−|u|). Its logarithm is a leaf column, so a cell's is a sum.
 * Hit leaves change by a common share (the ripple effect of HotSpot, Sun et al. 2018, IEEE Access 6): u ~ N(μ, τ²) with
 * μ integrated over its range (the −½·ln(n/2πτ²) term) and τ² taken from the cell, shrunk and bounded. The price of a
 * cell is its description: depth, which attributes, which of the occupied cells; so the penalty is small.
 */
export function measureModel(table: LeafTable): Model {
  const leaves = table.real.length
  const used = new Float64Array(leaves)
  const change = new Float64Array(leaves)
  const square = new Float64Array(leaves)
  const healthy = new Float64Array(leaves)
  for (let i = 0; i < leaves; i++) {
    const r = table.real[i]!
    const e = table.predict[i]!
    const scale = Math.max(Math.abs(r), Math.abs(e))
    if (scale === 0) continue
    used[i] = 1
    change[i] = Math.max(-1, Math.min(1, (r - e) / scale))
    square[i] = change[i]! ** 2
  }
  const sigma = noiseOf(change, used)
  for (let i = 0; i < leaves; i++) if (used[i]) healthy[i] = healthyLogDensity(Math.abs(change[i]!), sigma)
  const own = Math.max(OWN_SPREAD, 0.1 * sigma) ** 2
  const largest = (mean: number) => Math.max(sigma, Math.min(LARGEST_SPREAD, RELATIVE_SPREAD * Math.abs(mean))) ** 2
  const attributes = table.attributes.length
  return {
    columns: [used, change, square, healthy],
    score(n, sum, squares, atRest) {
      if (n < 0.5) return 0
      const inner = Math.max(0, squares - (sum * sum) / n)
      const variance = Math.max(LEAST_NOISE ** 2, Math.min(largest(sum / n), (inner + own) / (n + 1)))
      const hit = -0.5 * n * Math.log(2 * Math.PI * variance) - inner / (2 * variance)
      const nats = hit - 0.5 * Math.log(n / (2 * Math.PI * variance)) - atRest - TOLL * n
      return nats <= 0 ? 0 : sum >= 0 ? nats : -nats
    },
    level: (n, sum) => (n < 0.5 ? 0 : sum / n),
    price: (depth, occupied) =>
      Math.log(attributes + 1) + lnBinomial(attributes, depth) + Math.log(Math.max(1, occupied)),
    penalty: 1,
    sure: nats => nats,
    hitRatio: 0.5,
    splitsByLevel: false,
    alike(n, sum, squares) {
      if (n < 0.5) return false
      const mean = sum / n
      const bound = largest(mean)
      return squares / n - mean * mean <= 1.5 * bound && mean * mean > bound
    },
    times: null,
    oppositeIsNull: true,
  }
}

/**
 * σ from the quieter side: causes of one direction leave the other side clean, even when they cover half of the table.
 * Leaves without any change count on both. The median of |u| on a side is 0.6745σ, less a little for the half that is compressed.
 */
function noiseOf(change: Float64Array, used: Float64Array): number {
  const sides = [-1, 1].map(sign => {
    const side = new Float64Array(change.length)
    let size = 0
    for (let i = 0; i < change.length; i++) if (used[i] && change[i]! * sign >= 0) side[size++] = Math.abs(change[i]!)
    return side.subarray(0, size).sort()
  })
  const all = sides[0]!.length + sides[1]!.length
  const medians = sides.filter(side => side.length >= 0.1 * all).map(side => side[side.length >> 1] ?? 0)
  const median = medians.length ? Math.min(...medians) : 0
  return Math.max(LEAST_NOISE, median / (0.6745 - 0.2275 * median))
}

/** Not below −60: beyond that one leaf would decide alone, whatever the noise really looks like. */
function healthyLogDensity(u: number, sigma: number): number {
  const straight = Math.exp((-0.5 * u * u) / (sigma * sigma)) / sigma
  const rest = Math.max(1e-6, 1 - u)
  const v = u / rest
  const folded = Math.exp((-0.5 * v * v) / (sigma * sigma)) / (sigma * rest * rest)
  return Math.max(-60, Math.log((straight + folded) / 2 + 1e-300) - HALF_LN_2PI)
}

function lnBinomial(n: number, k: number): number {
  let sum = 0
  for (let i = 0; i < k; i++) sum += Math.log((n - i) / (i + 1))
  return sum
}
