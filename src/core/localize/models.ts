import type { Model } from './model.js'
import { measureModel } from './measure-model.js'
import type { Kind, LeafTable } from './table.js'

/** And-ed labels of a cause of counts or rates; measures are searched through all their attributes. */
const MAX_DEPTH = 4
const MAX_DEPTH_MEASURE = 8

export function defaultDepth(kind: Kind): number {
  return kind === 'measure' ? MAX_DEPTH_MEASURE : MAX_DEPTH
}

export function modelOf(table: LeafTable, kind: Kind, dispersion = 1): Model {
  if (kind === 'counts') return countModel(table, dispersion)
  if (kind === 'rates') return rateModel(table, dispersion)
  return measureModel(table)
}

/** e⁻⁸: one table in 3,000 brings a false cause, the cells looked at being paid for already. */
const COUNT_PENALTY = 8
/** Chance alone lends expectations an error this large, relative, that no number of leaves averages out. */
const EXPECTATION_ERROR = 0.02

/**
 * Counts. A leaf varies by φe + c·e² around its expectation (gamma-Poisson; a mistaken expectation acts alike), so leaf i
 * enters with weight wᵢ = 1/(φ + c·eᵢ): then Σwr has variance Σwe and the Poisson ratio R·ln(R/E) − (R − E) of the
 * weighted sums holds. It stays convex under splitting, so a part never outscores the whole that fails alike.
 */
function countModel(table: LeafTable, dispersion: number): Model {
  const leaves = table.real.length
  const seen = new Float64Array(leaves)
  const expected = new Float64Array(leaves)
  let whole = 0
  for (let i = 0; i < leaves; i++) whole += table.predict[i]!
  const floor = (EXPECTED_FLOOR * Math.max(whole, 1)) / Math.max(1, leaves)
  const spread = leafSpread(table)
  for (let i = 0; i < leaves; i++) {
    const e = Math.max(table.predict[i]!, floor)
    const weight = 1 / (dispersion + spread * e)
    seen[i] = weight * table.real[i]!
    expected[i] = weight * e
  }
  return {
    columns: [new Float64Array(leaves).fill(1), seen, expected, new Float64Array(leaves)],
    score(n, real, e) {
      if (n < 0.5 || e <= 0) return 0
      const nats = real > 1e-9 ? real * Math.log(real / e) - (real - e) : e
      return real >= e ? nats : -nats
    },
    kin: null,
    level: (n, real, e) => (n < 0.5 || e <= 0 ? 0 : real / e - 1),
    price: (depth, occupied) => Math.log(Math.max(1, occupied)) + depth / 2,
    penalty: COUNT_PENALTY,
    sure: (nats, _, __, e) => nats / (1 + EXPECTATION_ERROR ** 2 * e),
    hitRatio: 0.25,
    splitsByLevel: true,
    alike: () => false,
    times: level => level + 1,
    oppositeIsNull: false,
  }
}

/** A leaf that never reported expects this part of an average leaf: a first report is a surprise of 7 nats, not endless. */
const EXPECTED_FLOOR = 0.001

/**
 * The c of e + c·e² seen from the middle of the larger leaves: the value at which the median squared residual is what
 * chance makes it. Hit leaves are few, so the median hardly sees them. Bisection, 12 steps to 1/4096.
 */
function leafSpread(table: LeafTable): number {
  const sizes = table.predict.filter(e => e >= SPREAD_FROM).sort()
  if (sizes.length < 20) return DEFAULT_SPREAD
  const from = sizes[Math.max(0, sizes.length - SPREAD_LEAVES)]!
  const expected: number[] = []
  const square: number[] = []
  for (let i = 0; i < table.predict.length; i++) {
    const e = table.predict[i]!
    if (e < from) continue
    expected.push(e)
    square.push((table.real[i]! - e) ** 2)
  }
  const z = new Float64Array(expected.length)
  let low = 0
  let high = 1
  for (let step = 0; step < 12; step++) {
    const middle = (low + high) / 2
    for (let j = 0; j < z.length; j++) z[j] = square[j]! / (expected[j]! * (1 + middle * expected[j]!))
    if (z.sort()[z.length >> 1]! > CHI_SQUARE_MEDIAN) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** Below two expected events a residual is all chance; a thousand leaves give the median to three percent. */
const SPREAD_FROM = 2
const SPREAD_LEAVES = 1000
/** Too few leaves to see their spread: rates of single label sets vary by about a third (√0.1) around their season. */
const DEFAULT_SPREAD = 0.1
const CHI_SQUARE_MEDIAN = 0.455

/** Trust in a leaf's own recent rate: it weighs as this many requests of the common rate against its own. */
const PRIOR_WEIGHT = 100
/** Nats a further and-ed label must bring: real labels are correlated, so the shorter name is the better bet. */
const LABEL_PRICE = 2
const RATE_PENALTY = 8

/**
 * Rates. Kulldorff's scan (1997, Commun. Statist. 26): failures inside against outside, given all. The expectation is
 * the leaf's own healthy rate shrunk to the common one; leaves are weighted for their spread as for counts, so that a
 * cause must show in several leaves and not only in the largest.
 */
function rateModel(table: LeafTable, dispersion: number): Model {
  const leaves = table.real.length
  const total = table.total ?? new Float64Array(leaves)
  let predicted = 0
  let all = 0
  let real = 0
  for (let i = 0; i < leaves; i++) {
    predicted += table.predict[i]!
    all += total[i]!
    real += table.real[i]!
  }
  const rate = all > 0 ? predicted / all : 0
  const expected = new Float64Array(leaves)
  let sum = 0
  for (let i = 0; i < leaves; i++) {
    sum += expected[i] = (total[i]! * (table.predict[i]! + PRIOR_WEIGHT * rate)) / (total[i]! + PRIOR_WEIGHT)
  }
  const seen = new Float64Array(leaves)
  let hits = 0
  let hoped = 0
  for (let i = 0; i < leaves; i++) {
    const e = sum > 0 ? (expected[i]! * real) / sum : 0
    const weight = 1 / (dispersion + DEFAULT_SPREAD * e)
    hits += seen[i] = weight * table.real[i]!
    hoped += expected[i] = weight * e
  }
  for (let i = 0; i < leaves; i++) expected[i]! *= hoped > 0 ? hits / hoped : 0
  const fit = (k: number, e: number) => (k > 0 && e > 0 ? k * Math.log(k / e) : 0)
  return {
    columns: [new Float64Array(leaves).fill(1), seen, expected, new Float64Array(leaves)],
    score(n, k, e) {
      if (n < 0.5 || e <= 0) return 0
      const nats = fit(k, e) + fit(hits - k, hits - e)
      return k >= e ? nats : -nats
    },
    kin: null,
    level: (n, k, e) => (n < 0.5 || e <= 0 ? 0 : k / e),
    price: depth => LABEL_PRICE * depth,
    penalty: RATE_PENALTY,
    sure: nats => nats,
    hitRatio: null,
    splitsByLevel: true,
    alike: () => false,
    times: null,
    oppositeIsNull: false,
  }
}
