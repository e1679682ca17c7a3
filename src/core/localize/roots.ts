import { excessLikelihood } from './likelihood.js'
import { bestCut, comparable, levelOf, profile, type Cut, type Window } from './window.js'

/** And-ed attributes, each with the codes it may take. */
export type Conditions = Map<number, Set<number>>

export interface Root {
  conditions: Conditions
  /** Leaves it explained when it was found: inside, and not yet taken by an earlier one. */
  members: Int32Array
  level: number
  excess: number
  /** Found when the others held nearly all of the excess: by its evidence alone. */
  late: boolean
}

/**
 * A condition separates those who are hit from those who are not: what it leaves out must fail at a quarter of what it
 * keeps, or less. Milder differences are levels inside one fault (`levels.ts`), not another place.
 */
export const HIT_RATIO = 0.25
/**
 * Reports: a small expectation is known to a factor of several, so 600 times the usual and 4,000 times are both "hit".
 * What is left out must stay below this multiple of the cube root of the level inside: ×20 beside ×1000, ×4 beside ×10.
 */
const UNHIT_CUBE = 2
/** A condition that leaves out less than this part of the traffic says nothing worth reading. */
const LEFT_OUT_SHARE = 0.005
/** Nats a condition must bring beyond its own description: chance finds 8 once in e⁸ ≈ 3,000 looks. */
export const PENALTY = 8
/** And-ed attributes of one fault. */
const MAX_DEPTH = 4
/** Independent faults looked for in one window; past that the rest stays unexplained and the held share says so. */
const MAX_ROOTS = 8
/** While the excess is not yet held, a fault with less than this part of it is not told apart from noise in the others. */
const MIN_EXCESS_SHARE = 0.005
/**
 * Once it is held, a further fault is a matter of evidence, however small its part: it must have labels of its own, and be a
 * surprise even if what is usual there were twice what was thought.
 */
const LATE_TIMES = 2
const LATE_PENALTY = 12

/**
 * Independent faults, by greedy peeling: find the label set that separates hit from not hit, take its leaves out, look
 * again. What is found after `enough` of the excess is held has to say more for itself. Each search is a multidimensional subset scan (Neill, McFowland & Zheng
 * 2013, Statistics in Medicine 32): attributes are added one at a time, best first, and each is re-optimised given the
 * others until nothing moves. Cost O(roots · depth · attributes · leaves).
 */
export function findRoots(window: Window, enough: number): Root[] {
  const { leaves, table } = window
  const excess = new Float64Array(leaves)
  let whole = 0
  for (let i = 0; i < leaves; i++) whole += excess[i] = table.real[i]! - table.predict[i]!
  const alive = new Uint8Array(leaves).fill(1)
  // A leaf without the label may belong to the fault: the part of its excess that the labelled leaves explain is gone.
  const left = new Float64Array(leaves).fill(1)
  const original = window.hits
  const working: Window = { ...window, hits: Float64Array.from(original) }
  const roots: Root[] = []
  let held = 0
  for (let round = 0; round < MAX_ROOTS; round++) {
    const members = indices(alive)
    if (!members.length) break
    const { conditions, inside } = searchOne(working, members)
    let k = 0
    let n = 0
    let expected = 0
    let gone = 0
    for (const i of inside) {
      k += working.hits[i]!
      n += window.exposure[i]!
      expected += table.predict[i]!
      gone += excess[i]! * left[i]!
      alive[i] = 0
    }
    const level = levelOf(window.kind, k, n)
    const late = held >= enough * whole
    const found = late
      ? conditions.size > 0 &&
        excessLikelihood(expected + gone, LATE_TIMES * expected) / window.dispersion > LATE_PENALTY
      : excessLikelihood(expected + gone, expected) / window.dispersion > PENALTY &&
        gone > MIN_EXCESS_SHARE * Math.max(0, whole)
    if (late && !found) break
    if (found) {
      if (window.kind === 'counts' && conditions.size)
        gone += forgive(working, original, conditions, alive, left, excess)
      roots.push({ conditions, members: inside, level, excess: gone, late })
      held += gone
    }
    if (!conditions.size) break
  }
  return roots
}

function searchOne(window: Window, members: Int32Array): { conditions: Conditions; inside: Int32Array } {
  const conditions: Conditions = new Map()
  const attributes = window.table.attributes.length
  let inside = members
  // Settling may drop a condition that a later one made needless, so steps are counted, not conditions.
  for (let step = 0; step < MAX_DEPTH; step++) {
    let best: Cut | null = null
    for (let a = 0; a < attributes; a++) {
      if (conditions.has(a)) continue
      const cut = bestCut(window, profile(window, a, inside))
      if (cut && worthIt(window, cut) && (!best || better(window, cut, best))) best = cut
    }
    if (!best) break
    conditions.set(best.attribute, new Set(best.codes))
    inside = settle(window, members, conditions)
  }
  return { conditions, inside }
}

/** Re-optimises each condition given the others; two sweeps settle what can settle. */
function settle(window: Window, members: Int32Array, conditions: Conditions): Int32Array {
  if (conditions.size > 1) {
    for (let sweep = 0; sweep < 2; sweep++) {
      let moved = false
      for (const a of [...conditions.keys()]) {
        const others = new Map(conditions)
        others.delete(a)
        const cut = bestCut(window, profile(window, a, restrict(window, members, others)))
        if (!cut || !worthIt(window, cut)) {
          conditions.delete(a)
          moved = true
        } else if (!same(conditions.get(a)!, cut.codes)) {
          conditions.set(a, new Set(cut.codes))
          moved = true
        }
      }
      if (!moved) break
    }
  }
  return restrict(window, members, conditions)
}

function worthIt(window: Window, cut: Cut): boolean {
  return (
    cut.gain > PENALTY &&
    cut.levelOut <= HIT_RATIO * cut.levelIn &&
    (window.kind === 'rates' || cut.levelOut <= UNHIT_CUBE * Math.cbrt(cut.levelIn)) &&
    cut.exposureOut >= LEFT_OUT_SHARE * (cut.exposureIn + cut.exposureOut)
  )
}

/** Ties (a country that is its own region) go to the shorter list, then to the name. */
function better(window: Window, one: Cut, other: Cut): boolean {
  const x = comparable(window, one.attribute, one.gain)
  const y = comparable(window, other.attribute, other.gain)
  if (Math.abs(x - y) > 1e-9 * Math.max(Math.abs(x), Math.abs(y))) return x > y
  if (one.codes.length !== other.codes.length) return one.codes.length < other.codes.length
  return window.table.attributes[one.attribute]! < window.table.attributes[other.attribute]!
}

function same(set: Set<number>, codes: number[]): boolean {
  return set.size === codes.length && codes.every(c => set.has(c))
}

/** Takes from unlabelled leaves that may belong to the fault the part of the excess that labelled leaves gave it. */
function forgive(
  working: Window,
  original: Float64Array,
  conditions: Conditions,
  alive: Uint8Array,
  left: Float64Array,
  excess: Float64Array,
): number {
  const { table, leaves } = working
  let inside = 0
  let outside = 0
  const maybe: number[] = []
  for (let i = 0; i < leaves; i++) {
    let unknown = false
    let out = false
    for (const [a, codes] of conditions) {
      const code = table.codes[a]![i]!
      if (code < 0) unknown = true
      else if (!codes.has(code)) out = true
    }
    if (!unknown && !out) inside += Math.max(0, excess[i]!)
    else if (out && !unknown && alive[i]) outside += Math.max(0, excess[i]! * left[i]!)
    else if (unknown && !out && alive[i]) maybe.push(i)
  }
  const share = inside + outside > 0 ? inside / (inside + outside) : 0
  let gone = 0
  for (const i of maybe) {
    gone += excess[i]! * left[i]! * share
    left[i]! *= 1 - share
    working.hits[i] = table.predict[i]! + (original[i]! - table.predict[i]!) * left[i]!
  }
  return gone
}

/** Whether all that meets `inner` meets `outer`. */
export function encloses(outer: Conditions, inner: Conditions): boolean {
  for (const [a, codes] of outer) {
    const narrow = inner.get(a)
    if (!narrow) return false
    for (const code of narrow) if (!codes.has(code)) return false
  }
  return true
}

/** The members that carry every condition's label with one of its values. */
export function restrict(window: Window, members: Int32Array, conditions: Conditions): Int32Array {
  if (!conditions.size) return members
  let current = members
  for (const [a, allowed] of conditions) {
    const codes = window.table.codes[a]!
    const open = new Uint8Array(window.table.values[a]!.length)
    for (const code of allowed) open[code] = 1
    const next = new Int32Array(current.length)
    let size = 0
    for (let j = 0; j < current.length; j++) {
      const code = codes[current[j]!]!
      if (code >= 0 && open[code]) next[size++] = current[j]!
    }
    current = next.subarray(0, size)
  }
  return current
}

export function indices(mask: Uint8Array): Int32Array {
  const list = new Int32Array(mask.length)
  let size = 0
  for (let i = 0; i < mask.length; i++) if (mask[i]) list[size++] = i
  return list.subarray(0, size)
}
