import { PENALTY, restrict, type Conditions } from './roots.js'
import { comparable, levelOf, profile, splitGain, type Profile, type Window } from './window.js'

export interface Part {
  conditions: Conditions
  members: Int32Array
}

/** Two levels within a factor of this are one level to a reader (0.92 and 0.78 are "most"; 0.5 and 0.37 are not). */
export const LEVEL_RATIO = 1.25
/** A refinement must move at least this part of the whole excess to where it belongs. */
const RELEVANT_SHARE = 0.05
/** An attribute that more than a fifth of the segment does not carry cannot divide it. */
const LABELLED_SHARE = 0.8
/** Deeper refinement of one fault is a table, not a sentence. */
const MAX_REFINEMENTS = 3

interface Group {
  codes: number[]
  hits: number
  exposure: number
}

interface Division {
  attribute: number
  groups: Group[]
  gain: number
}

/**
 * Divides one fault by the attribute along which its failing share truly differs, again and again: values of alike
 * share stay together, and a division must be significant, larger than `LEVEL_RATIO`, and relevant against
 * `wholeExcess`. Of correlated attributes the one with the largest likelihood wins; given it, the others bring nothing.
 */
export function refine(window: Window, part: Part, wholeExcess: number, depth = 0): Part[] {
  if (depth >= MAX_REFINEMENTS) return [part]
  let best: Division | null = null
  for (let a = 0; a < window.table.attributes.length; a++) {
    const division = divide(window, profile(window, a, part.members), part.members, wholeExcess)
    if (division && (!best || better(window, division, best))) best = division
  }
  if (!best) return [part]
  const { attribute, groups } = best
  const parts = groups.flatMap(group => {
    const conditions = new Map(part.conditions).set(attribute, new Set(group.codes))
    const members = restrict(window, part.members, new Map([[attribute, new Set(group.codes)]]))
    return refine(window, { conditions, members }, wholeExcess, depth + 1)
  })
  return worthDividing(window, parts) ? parts : [part]
}

function divide(window: Window, p: Profile, members: Int32Array, wholeExcess: number): Division | null {
  if (p.codes.length < 2) return null
  let exposure = 0
  for (let j = 0; j < members.length; j++) exposure += window.exposure[members[j]!]!
  if (p.labelled < LABELLED_SHARE * exposure) return null
  const groups = groupAlike(window, p)
  if (groups.length < 2) return null
  const level = p.labelledHits / p.labelled
  let moved = 0
  for (const g of groups) moved += Math.abs(g.hits - level * g.exposure)
  if (moved < RELEVANT_SHARE * wholeExcess) return null
  let gain = 0
  let hits = 0
  let n = 0
  for (const g of groups) {
    if (n > 0) gain += splitGain(window, hits, n, g.hits, g.exposure)
    hits += g.hits
    n += g.exposure
  }
  return { attribute: p.attribute, groups, gain }
}

/**
 * Whether the parts say more than the whole. Where label sets differ among themselves whatever part they are in, parts differ by
 * the luck of the draw: the likelihood gained is divided by the dispersion that remains within them.
 */
function worthDividing(window: Window, parts: readonly Part[]): boolean {
  let gain = 0
  let [hits, exposure, squares, leaves] = [0, 0, 0, 0]
  for (const { members } of parts) {
    let k = 0
    let n = 0
    for (let j = 0; j < members.length; j++) {
      k += window.hits[members[j]!]!
      n += window.exposure[members[j]!]!
    }
    if (!(n > 0)) continue
    if (exposure > 0) gain += splitGain(window, hits, exposure, k, n)
    hits += k
    exposure += n
    const p = Math.min(1, Math.max(0, k / n))
    for (let j = 0; j < members.length; j++) {
      const x = window.exposure[members[j]!]!
      if (!(x > 0)) continue
      leaves++
      squares += (window.hits[members[j]!]! - p * x) ** 2 / (x * Math.max(p * (1 - p), 0.25 / (x + 1)))
    }
  }
  const scatter = squares / window.dispersion / Math.max(1, leaves - parts.length)
  return gain / Math.max(1, scatter) > PENALTY * (parts.length - 1)
}

/** Joins neighbours on the level scale, the least different first, until all that are left are truly apart. */
function groupAlike(window: Window, p: Profile): Group[] {
  const groups: Group[] = p.codes.map((code, j) => ({ codes: [code], hits: p.hits[j]!, exposure: p.exposure[j]! }))
  const costs = groups.slice(1).map((g, j) => joinCost(window, groups[j]!, g))
  while (groups.length > 1) {
    let j = 0
    for (let i = 1; i < costs.length; i++) if (costs[i]! < costs[j]!) j = i
    if (costs[j] === Infinity) break
    const upper = groups[j]!
    const lower = groups[j + 1]!
    const hits = upper.hits + lower.hits
    groups.splice(j, 2, { codes: [...upper.codes, ...lower.codes], hits, exposure: upper.exposure + lower.exposure })
    costs.splice(j, 1)
    if (j > 0) costs[j - 1] = joinCost(window, groups[j - 1]!, groups[j]!)
    if (j < costs.length) costs[j] = joinCost(window, groups[j]!, groups[j + 1]!)
  }
  return groups
}

/** Likelihood lost by joining two groups; infinite for two that are both significantly and relevantly apart. */
function joinCost(window: Window, upper: Group, lower: Group): number {
  const high = levelOf(window.kind, upper.hits, upper.exposure)
  const low = levelOf(window.kind, lower.hits, lower.exposure)
  const cost = splitGain(window, upper.hits, upper.exposure, lower.hits, lower.exposure)
  return high > low * LEVEL_RATIO && cost > PENALTY ? Infinity : cost
}

function better(window: Window, one: Division, other: Division): boolean {
  const x = comparable(window, one.attribute, one.gain)
  const y = comparable(window, other.attribute, other.gain)
  if (Math.abs(x - y) > 1e-9 * Math.max(Math.abs(x), Math.abs(y))) return x > y
  if (one.groups.length !== other.groups.length) return one.groups.length < other.groups.length
  return window.table.attributes[one.attribute]! < window.table.attributes[other.attribute]!
}
