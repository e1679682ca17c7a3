import type { Model } from './model.js'
import type { LeafTable } from './table.js'

/** Leaves of one cause differ by about this much in their relative change; weighs as one leaf against what they show. */
const OWN_SPREAD = 0.06
/** A cause whose leaves differ by more than this, and by more than the noise, is a mixture of something smaller. */
const LARGEST_SPREAD = 0.12
/** The same against its level: where a part f of the leaves is hit, spread/level is √((1−f)/f), and 0.35 means f = 0.89. */
const RELATIVE_SPREAD = 0.35
/** Leaves that vary by this many times the largest variance of a cause are a mixture. */
const MIXTURE = 1.5
/** Nats each leaf must gain beyond the healthy density, so that a slightly wrong density is no finding in a large cell. */
const TOLL = 0.03
/** Cells of one cause change alike, to within this. */
const KIN_SPREAD = 0.06
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
  const density = healthyDensity(change, used, sigma)
  for (let i = 0; i < leaves; i++) if (used[i]) healthy[i] = density(Math.abs(change[i]!))
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
      // Quasi-likelihood: what varies more than one cause does is a mixture of causes, or of hit and healthy leaves.
      const sure = nats / Math.max(1, inner / n / (MIXTURE * largest(sum / n)))
      return sure <= 0 ? 0 : sum >= 0 ? sure : -sure
    },
    kin({ n: n0, sum: sum0, squares: squares0 }, n, sum, squares, atRest) {
      const mean = sum0 / n0
      const inner0 = Math.max(0, squares0 - mean * sum0)
      const inner = Math.max(0, squares - (sum * sum) / n)
      const variance = Math.max(LEAST_NOISE ** 2, Math.min(largest(mean), (inner0 + inner + own) / (n0 + n)))
      const apart = KIN_SPREAD ** 2 + variance / n0 + variance / n
      const hit = -0.5 * n * Math.log(2 * Math.PI * variance) - inner / (2 * variance)
      const near = -0.5 * Math.log((n * apart) / variance) - (sum / n - mean) ** 2 / (2 * apart)
      return hit + near - atRest - TOLL * n
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
      return squares / n - mean * mean <= MIXTURE * bound && mean * mean > bound
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

/** Bins of |u| in which the real noise may be heavier than normal. */
const TAIL_BINS = 40
/** An exact zero is a value of its own; a cause that ends a leaf altogether has about this chance. */
const GONE_SHARE = 0.2
/** Nats under which no leaf's healthy density goes: one leaf would decide alone, whatever the noise really looks like. */
const DENSITY_FLOOR = -60

/**
 * Log-density of a healthy |u|: the normal one, or what is seen on the quieter side where that is clearly more. Chance has no
 * direction and a cause has one, so the side without it shows the tail of the noise as it is.
 */
function healthyDensity(change: Float64Array, used: Float64Array, sigma: number): (u: number) => number {
  const above = new Float64Array(TAIL_BINS + 1)
  const below = new Float64Array(TAIL_BINS + 1)
  let leaves = 0
  for (let i = 0; i < change.length; i++) {
    if (!used[i]) continue
    leaves++
    const u = change[i]!
    const bin = Math.floor(Math.abs(u) * TAIL_BINS)
    if (u > 0) above[bin]!++
    else if (u < 0) below[bin]!++
  }
  const lift = new Float64Array(TAIL_BINS + 1)
  for (let bin = 0; bin <= TAIL_BINS; bin++) {
    const seen = Math.min(above[bin]!, below[bin]!)
    const width = bin < TAIL_BINS ? 1 / TAIL_BINS : GONE_SHARE
    const middle =
      bin < TAIL_BINS ? Math.exp(normalLogDensity((bin + 0.5) / TAIL_BINS, sigma)) : goneChance(sigma) / width
    const density = seen / leaves / width
    lift[bin] =
      seen - 3 * Math.sqrt(seen) > middle * width * leaves && bin / TAIL_BINS > 2 * sigma
        ? Math.log(density)
        : DENSITY_FLOOR
  }
  const tail = heavyTail(change, used, sigma)
  const gone = Math.max(DENSITY_FLOOR, lift[TAIL_BINS]!, Math.log(goneChance(sigma) / GONE_SHARE + 1e-300))
  return u =>
    u >= 1 ? gone : Math.max(DENSITY_FLOOR, lift[Math.floor(u * TAIL_BINS)]!, normalLogDensity(u, sigma), tail(u))
}

/** From so many σ on, excesses are the tail. */
const TAIL_FROM = 2
/** and this many standard errors beyond a normal tail's sum of excesses make it a heavier one. */
const TAIL_ERRORS = 4

/**
 * Log-density of a tail heavier than normal, −∞ where none is seen: the excesses over 2σ of the quieter side,
 * generalized Pareto (peaks over threshold, Pickands 1975, Ann. Statist. 3). A few hundred leaves show it where bins are too sparse.
 */
function heavyTail(change: Float64Array, used: Float64Array, sigma: number): (u: number) => number {
  const from = TAIL_FROM * sigma
  const sides = [-1, 1].map(sign => ({ sign, count: 0, excess: 0, squares: 0 }))
  let leaves = 0
  for (let i = 0; i < change.length; i++) {
    if (!used[i]) continue
    leaves++
    const u = Math.abs(change[i]!)
    if (u <= from) continue
    const side = sides[change[i]! < 0 ? 0 : 1]!
    side.count++
    side.excess += u - from
    side.squares += (u - from) ** 2
  }
  const seen = sides[0]!.excess < sides[1]!.excess ? sides[0]! : sides[1]!
  let count = 0
  let excess = 0
  const step = (1 - from) / 200
  for (let u = from + step / 2; u < 1; u += step) {
    const chance = leaves * step * Math.exp(normalLogDensity(u, sigma))
    count += chance
    excess += chance * (u - from)
  }
  if (from >= 1 || seen.excess < excess + TAIL_ERRORS * Math.SQRT2 * (excess / Math.sqrt(count) + sigma / 4))
    return () => -Infinity
  // Moments of the generalized Pareto (Hosking & Wallis 1987, Technometrics 29); its shape between exponential and Student's t₂.
  const mean = seen.excess / seen.count
  const peaked = mean ** 2 / Math.max(1e-12, seen.squares / seen.count - mean ** 2)
  const shape = Math.max(0.02, Math.min(0.5, (1 - peaked) / 2))
  const scale = mean * (1 - shape)
  const top = Math.log(seen.count / leaves / scale)
  return u => (u > from ? top - (1 + 1 / shape) * Math.log1p((shape * (u - from)) / scale) : -Infinity)
}

/** Half of the leaves are their partner times 1 + σz, cut at nothing: Φ(−1/σ)/2, by its leading term. */
function goneChance(sigma: number): number {
  const z = 1 / sigma
  return (0.5 * Math.exp(-0.5 * z * z - HALF_LN_2PI)) / (z + 1 / z)
}

function normalLogDensity(u: number, sigma: number): number {
  const straight = Math.exp((-0.5 * u * u) / (sigma * sigma)) / sigma
  const rest = Math.max(1e-6, 1 - u)
  const v = u / rest
  const folded = Math.exp((-0.5 * v * v) / (sigma * sigma)) / (sigma * rest * rest)
  return Math.log((straight + folded) / 2 + 1e-300) - HALF_LN_2PI
}

function lnBinomial(n: number, k: number): number {
  let sum = 0
  for (let i = 0; i < k; i++) sum += Math.log((n - i) / (i + 1))
  return sum
}
