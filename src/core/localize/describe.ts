import type { Where } from '../../contract/incident.js'
import { LEVEL_RATIO, type Part } from './levels.js'
import { excessLikelihood, ratioInterval } from './likelihood.js'
import { encloses, restrict, type Conditions } from './roots.js'
import type { LeafTable } from './table.js'
import { levelOf, type Window } from './window.js'

export interface Measured {
  conditions: Conditions
  /** All leaves that carry the labels. */
  members: Int32Array
  level: number
  share: number | null
  interval: [number, number] | null
  bits: number
  excess: number
}

/** What a reader of `where` may take it to say: the figures of every leaf that carries its labels. */
export function measure(window: Window, conditions: Conditions): Measured {
  const { table, kind, hits, exposure, dispersion } = window
  const members = restrict(window, window.everything, conditions)
  let real = 0
  let expected = 0
  let k = 0
  let n = 0
  for (let j = 0; j < members.length; j++) {
    const i = members[j]!
    real += table.real[i]!
    expected += table.predict[i]!
    k += hits[i]!
    n += exposure[i]!
  }
  const level = levelOf(kind, k, n)
  const share = kind === 'rates' && n > 0 ? Math.min(1, Math.max(0, level)) : null
  let squares = 0
  let leaves = 0
  if (share !== null) {
    for (let j = 0; j < members.length; j++) {
      const i = members[j]!
      if (!(exposure[i]! > 0)) continue
      leaves++
      squares += (hits[i]! - share * exposure[i]!) ** 2
    }
  }
  return {
    conditions,
    members,
    level,
    share,
    interval: share === null ? null : ratioInterval(k, n, squares, leaves, dispersion),
    bits: excessLikelihood(real, expected) / dispersion / Math.LN2,
    excess: real - expected,
  }
}

/** Joins label sets that differ in one attribute only and fail alike (counts: at all), then drops what says nothing. */
export function mergeAlike(window: Window, parts: readonly Part[]): Conditions[] {
  let open = parts.map(part => ({ conditions: part.conditions, ...sums(window, part.members) }))
  for (let joined = true; joined; ) {
    joined = false
    outer: for (let x = 0; x < open.length; x++) {
      for (let y = x + 1; y < open.length; y++) {
        const one = open[x]!
        const other = open[y]!
        const conditions = joinable(one.conditions, other.conditions)
        if (!conditions || !alike(window, one, other)) continue
        open[x] = { conditions, hits: one.hits + other.hits, exposure: one.exposure + other.exposure }
        open = open.filter((_, i) => i !== y)
        joined = true
        break outer
      }
    }
  }
  return open.map(part => withoutVacuous(window, part.conditions))
}

/**
 * Drops a condition whose complement another, at least equally failing segment holds while crossing this one: beside
 * "cell A", "component X in every cell but A" is "component X". A segment enclosed in the wider set would be hidden by
 * the wider name, so it keeps the condition.
 */
export function widenCrossed(window: Window, found: readonly Measured[]): Measured[] {
  const out = [...found]
  if (window.kind === 'counts') return out
  const { everything } = window
  for (let x = 0; x < out.length; x++) {
    for (const a of [...out[x]!.conditions.keys()]) {
      const { conditions, level } = out[x]!
      if (conditions.size < 2) break
      const wider = new Map(conditions)
      wider.delete(a)
      const others = out.filter((other, y) => y !== x && other.level >= level && !encloses(wider, other.conditions))
      if (!others.length) continue
      const added = restrict(window, everything, wider).filter(i => !matches(window, conditions, i))
      const covered = added.every(i => !(window.exposure[i]! > 0) || others.some(o => matches(window, o.conditions, i)))
      if (covered) out[x] = measure(window, wider)
    }
  }
  return out
}

/** Where so many values are named, */
const MANY_VALUES = 4
/** and others that fail worse are at most so many beside them, by number and by traffic, all of them are said. */
const FEW_OTHERS = 1 / 4

/**
 * Drops a condition that names nearly all values of its attribute, where the few others fail worse, in segments of their own, and the
 * share of all is the same to a reader: "76 % of cell A, all of login there" instead of a list of every component but login.
 */
export function widenNearlyAll(window: Window, found: readonly Measured[]): Measured[] {
  const out = [...found]
  for (let x = 0; x < out.length; x++) {
    for (const [a, codes] of [...out[x]!.conditions]) {
      const { conditions, level, share } = out[x]!
      if (share === null || codes.size < MANY_VALUES) continue
      const wider = new Map(conditions)
      wider.delete(a)
      const worse = out.filter((other, y) => y !== x && other.level >= level && encloses(wider, other.conditions))
      const others = restrict(window, window.everything, wider).filter(
        i => window.exposure[i]! > 0 && !matches(window, conditions, i),
      )
      const values = new Set(Array.from(others, i => window.table.codes[a]![i]!))
      if (values.size > FEW_OTHERS * codes.size) continue
      if (!others.every(i => worse.some(o => matches(window, o.conditions, i)))) continue
      const all = measure(window, wider)
      const [theirs, whole] = [others, all.members].map(each => each.reduce((sum, i) => sum + window.exposure[i]!, 0))
      if (theirs! <= FEW_OTHERS * whole! && all.level <= LEVEL_RATIO * level) out[x] = all
    }
  }
  return out
}

function matches(window: Window, conditions: Conditions, leaf: number): boolean {
  for (const [a, codes] of conditions) if (!codes.has(window.table.codes[a]![leaf]!)) return false
  return true
}

function sums(window: Window, members: Int32Array): { hits: number; exposure: number } {
  let hits = 0
  let exposure = 0
  for (const i of members) {
    hits += window.hits[i]!
    exposure += window.exposure[i]!
  }
  return { hits, exposure }
}

function alike(
  window: Window,
  one: { hits: number; exposure: number },
  other: { hits: number; exposure: number },
): boolean {
  if (window.kind === 'counts') return true
  const x = levelOf(window.kind, one.hits, one.exposure)
  const y = levelOf(window.kind, other.hits, other.exposure)
  return Math.max(x, y) <= LEVEL_RATIO * Math.min(x, y)
}

/** The union of two label sets where it is again one: equal, but for the values of one attribute. */
function joinable(one: Conditions, other: Conditions): Conditions | null {
  if (one.size !== other.size) return null
  let differs = -1
  for (const [a, codes] of one) {
    const others = other.get(a)
    if (!others) return null
    if (codes.size === others.size && [...codes].every(c => others.has(c))) continue
    if (differs >= 0) return null
    differs = a
  }
  return differs < 0 ? one : new Map(one).set(differs, new Set([...one.get(differs)!, ...other.get(differs)!]))
}

/** An attribute whose every value is named, among leaves that meet the other conditions, is no condition. */
function withoutVacuous(window: Window, conditions: Conditions): Conditions {
  const kept = new Map(conditions)
  const { everything } = window
  for (const [a, codes] of conditions) {
    const others = new Map(kept)
    others.delete(a)
    let missing = false
    for (const i of restrict(window, everything, others)) {
      const code = window.table.codes[a]![i]!
      if (code >= 0 && !codes.has(code) && window.exposure[i]! > 0) {
        missing = true
        break
      }
    }
    if (!missing) kept.delete(a)
  }
  return kept
}

/** Names, sorted, so that the same finding always reads the same. */
export function whereOf(table: LeafTable, conditions: Conditions): Where {
  const where: Where = {}
  const named = [...conditions].map(
    ([a, codes]) => [table.attributes[a]!, [...codes].map(c => table.values[a]![c]!).sort()] as const,
  )
  for (const [name, values] of named.sort(([x], [y]) => (x < y ? -1 : 1))) where[name] = values
  return where
}
