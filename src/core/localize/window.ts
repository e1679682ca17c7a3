import { binomialFit, lnChoose, poissonFit } from './likelihood.js'
import { nameRanks, type LeafTable } from './table.js'

/**
 * A table made ready for scanning: per leaf `hits` of `exposure`, so that rates and counts share one search.
 *
 * - rates: hits = bad − expected bad, exposure = total − expected bad, fitted binomially; the level hits/exposure is the
 *   failing share above the healthy rate.
 * - counts: hits = reports, exposure = expected reports, fitted as Poisson; the level is the relative excess R/E − 1.
 */
export interface Window {
  kind: 'counts' | 'rates'
  table: LeafTable
  leaves: number
  hits: Float64Array
  exposure: Float64Array
  /** Variance over mean; every likelihood is divided by it (quasi-likelihood, McCullagh & Nelder 9.2). */
  dispersion: number
  ranks: Int32Array[]
  /** All leaves. */
  everything: Int32Array
  /** 1 for attributes that say where people are, not what serves them. */
  place: Uint8Array
}

/**
 * Expectations are never exactly zero: this part of the whole is spread evenly over the leaves, so that a label set
 * the baseline never saw is surprising but not infinitely so.
 */
const UNSEEN_SHARE = 0.02

export function openWindow(
  table: LeafTable,
  kind: 'counts' | 'rates',
  dispersion: number,
  places: readonly string[] = [],
): Window {
  const { real, predict, total } = table
  const leaves = real.length
  const hits = new Float64Array(leaves)
  const exposure = new Float64Array(leaves)
  if (kind === 'rates') {
    for (let i = 0; i < leaves; i++) {
      hits[i] = real[i]! - predict[i]!
      exposure[i] = Math.max(0, (total?.[i] ?? 0) - predict[i]!)
    }
  } else {
    let expected = 0
    for (let i = 0; i < leaves; i++) expected += predict[i]!
    const floor = (UNSEEN_SHARE * Math.max(expected, 1)) / Math.max(leaves, 1)
    for (let i = 0; i < leaves; i++) {
      hits[i] = real[i]!
      exposure[i] = predict[i]! * (1 - UNSEEN_SHARE) + floor
    }
  }
  const place = Uint8Array.from(table.attributes, name => (places.includes(name) ? 1 : 0))
  const everything = new Int32Array(leaves)
  for (let i = 0; i < leaves; i++) everything[i] = i
  return { kind, table, leaves, hits, exposure, dispersion, ranks: table.values.map(nameRanks), everything, place }
}

export function levelOf(kind: Window['kind'], hits: number, exposure: number): number {
  if (!(exposure > 0)) return 0
  return kind === 'rates' ? hits / exposure : hits / exposure - 1
}

function fit(kind: Window['kind'], hits: number, exposure: number): number {
  return kind === 'rates' ? binomialFit(hits, exposure) : poissonFit(hits, exposure)
}

/** Log-likelihood gained when two groups have levels of their own instead of a common one, over the dispersion. */
export function splitGain(window: Window, hits1: number, exposure1: number, hits2: number, exposure2: number): number {
  const { kind, dispersion } = window
  const apart = fit(kind, hits1, exposure1) + fit(kind, hits2, exposure2)
  return (apart - fit(kind, hits1 + hits2, exposure1 + exposure2)) / dispersion
}

/** Nats, and part of the gain, by which a place must beat machinery: routing alone makes the two look nearly alike. */
const PLACE_NATS = 12
const PLACE_SHARE = 0.01

/**
 * A gain as two attributes are compared by it. People of a place fail because of what serves them, far more often than
 * the other way round, so where both say nearly the same the place stands back.
 */
export function comparable(window: Window, attribute: number, gain: number): number {
  return window.place[attribute] ? gain * (1 - PLACE_SHARE) - PLACE_NATS : gain
}

/** One attribute's values within a set of leaves, worst first. */
export interface Profile {
  attribute: number
  /** Codes with any exposure, by level downwards; ties by size, then by name. */
  codes: number[]
  hits: number[]
  exposure: number[]
  /** Exposure and hits of the leaves that carry the attribute. */
  labelled: number
  labelledHits: number
}

/** Group-by of one attribute over `members`: one pass, O(members + values·ln values). */
export function profile(window: Window, attribute: number, members: Int32Array): Profile {
  const { kind, table, hits, exposure } = window
  const codes = table.codes[attribute]!
  const size = table.values[attribute]!.length
  const k = new Float64Array(size)
  const n = new Float64Array(size)
  let labelled = 0
  let labelledHits = 0
  for (let j = 0; j < members.length; j++) {
    const i = members[j]!
    const code = codes[i]!
    if (code < 0) continue
    k[code]! += hits[i]!
    n[code]! += exposure[i]!
  }
  const present: number[] = []
  for (let v = 0; v < size; v++) {
    if (!(n[v]! > 0)) continue
    present.push(v)
    labelled += n[v]!
    labelledHits += k[v]!
  }
  const ranks = window.ranks[attribute]!
  present.sort((x, y) => {
    const difference = levelOf(kind, k[y]!, n[y]!) - levelOf(kind, k[x]!, n[x]!)
    return difference || n[y]! - n[x]! || ranks[x]! - ranks[y]!
  })
  return {
    attribute,
    codes: present,
    hits: present.map(v => k[v]!),
    exposure: present.map(v => n[v]!),
    labelled,
    labelledHits,
  }
}

export interface Cut {
  attribute: number
  /** The first `take` values of the profile are inside. */
  take: number
  codes: number[]
  /** Likelihood gained, less the length of naming these values among all. */
  gain: number
  levelIn: number
  levelOut: number
  exposureIn: number
  exposureOut: number
}

/**
 * The subset of values that stands out most. Among all 2^m subsets the best two-level likelihood is reached by a prefix
 * of the values ordered by level (linear-time subset scanning, Neill 2012, J. R. Statist. Soc. B 74), so m cuts are
 * enough. Null where nothing stands out.
 */
export function bestCut(window: Window, p: Profile): Cut | null {
  const { kind } = window
  const values = p.codes.length
  let best: Cut | null = null
  let k = 0
  let n = 0
  for (let take = 1; take < values; take++) {
    k += p.hits[take - 1]!
    n += p.exposure[take - 1]!
    const levelIn = levelOf(kind, k, n)
    const levelOut = levelOf(kind, p.labelledHits - k, p.labelled - n)
    if (levelIn <= 0 || levelOut >= levelIn) continue
    const gain = splitGain(window, k, n, p.labelledHits - k, p.labelled - n) - lnChoose(values, take) - Math.log(values)
    if (best && gain <= best.gain) continue
    best = {
      attribute: p.attribute,
      take,
      codes: [],
      gain,
      levelIn,
      levelOut,
      exposureIn: n,
      exposureOut: p.labelled - n,
    }
  }
  if (best) best.codes = p.codes.slice(0, best.take)
  return best
}
