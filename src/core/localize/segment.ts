import type { Uneven, Where } from '../../contract/incident.js'
import { mergeAlike, measure, whereOf, widenCrossed, widenNearlyAll, type Measured } from './describe.js'
import { refine, type Part } from './levels.js'
import { encloses, findRoots, restrict, type Root } from './roots.js'
import type { LeafTable } from './table.js'
import { findUnaffected, findUneven, findUnexplained } from './uneven.js'
import { openWindow, type Window } from './window.js'

export interface SegmentOptions {
  kind: 'counts' | 'rates'
  /**
   * Variance over mean of healthy counts in a window. Quiet report counts of larger services show 2–3; the same default
   * for requests keeps a slightly mistaken healthy rate from looking like a finding.
   */
  dispersion?: number
  /**
   * Labels that say where people are. A place that says nearly the same as a piece of machinery stands back, and a
   * half-hit place is told as uneven even if all places are half hit.
   */
  places?: readonly string[]
}

export interface SegmentFound {
  where: Where
  /** Failing share above the healthy rate over all of `where`; null for counts, which have no denominator. */
  share: number | null
  interval: [number, number] | null
  /** Surprise against the healthy expectation. */
  bits: number
  /** Failing requests or reports beyond expectation. */
  excess: number
}

export interface Segmentation {
  /** Largest excess first. */
  segments: SegmentFound[]
  uneven: Uneven[]
  unaffected: { attribute: string; values: string[] }[]
  /** Part of the excess that the segments hold, 0..1; unlabelled leaves count as their labelled kin. */
  held: number
}

export const DEFAULT_DISPERSION = 2
const DEFAULT_PLACES = ['country', 'region', 'city', 'isp', 'asn', 'network', 'vantage']
/** Once the segments hold this part of the excess, a further one needs evidence of its own. */
const ENOUGH_SHARE = 0.95
/** A segment beside others is worth a line from this share on, */
const MIN_SHARE = 0.01
/** one that was found by its own evidence from this one on, */
const LEAST_SHARE = 0.002
/** and from this part of the largest share. */
const MIN_SHARE_OF_LARGEST = 0.05

/**
 * Where it fails: the fewest and-ed, or-ed label sets that hold most of the excess over a healthy window.
 *
 * Independent faults are peeled off first (`roots.ts`), each is divided where its share truly differs (`levels.ts`),
 * and what remains alike is merged. A failure of everything alike is `where: {}`. O(segments · attributes · leaves).
 */
export function segment(table: LeafTable, options: SegmentOptions): Segmentation {
  const window = openWindow(
    table,
    options.kind,
    options.dispersion ?? DEFAULT_DISPERSION,
    options.places ?? DEFAULT_PLACES,
  )
  let whole = 0
  for (let i = 0; i < table.real.length; i++) whole += table.real[i]! - table.predict[i]!
  const roots = findRoots(window, ENOUGH_SHARE)
  nameApart(window, roots)
  const parts = options.kind === 'rates' ? divide(window, roots) : roots
  const measured = mergeAlike(window, parts).map(conditions => measure(window, conditions))
  const late = roots.filter(root => root.late)
  const kept = largestFirst(widenNearlyAll(window, widenCrossed(window, dropTiny(measured, late))))
  const held = roots.reduce((sum, r) => sum + r.excess, 0)
  return {
    segments: kept.map(({ conditions, share, interval, bits, excess }) => ({
      where: whereOf(table, conditions),
      share,
      interval,
      bits,
      excess,
    })),
    uneven:
      options.kind === 'rates'
        ? [...findUnexplained(window, kept), ...findUneven(window, kept, options.places ?? DEFAULT_PLACES)]
        : [],
    unaffected: findUnaffected(window, kept),
    held: whole > 0 ? Math.min(1, held / whole) : 0,
  }
}

/**
 * A later fault that encloses an earlier one is what is left of the enclosing set, so it names the values it still has
 * of each attribute the earlier one was narrower in. One that merely crosses an earlier one keeps its plain name: a
 * component failing everywhere also fails in the cell that fails altogether.
 */
function nameApart(window: Window, roots: Root[]): void {
  for (let later = 1; later < roots.length; later++) {
    const outer = roots[later]!
    const enclosed = roots.slice(0, later).filter(inner => encloses(outer.conditions, inner.conditions))
    for (const attribute of new Set(enclosed.flatMap(inner => [...inner.conditions.keys()]))) {
      if (outer.conditions.has(attribute)) continue
      const codes = new Set<number>()
      for (const i of outer.members) {
        const code = window.table.codes[attribute]![i]!
        if (code >= 0 && window.exposure[i]! > 0) codes.add(code)
      }
      outer.conditions.set(attribute, codes)
    }
  }
}

/** Levels are read where only one fault works: leaves in which two cross would show the sum of both. */
function divide(window: Window, roots: Root[]): Part[] {
  let whole = 0
  const cover = new Uint8Array(window.leaves)
  for (const root of roots) {
    whole += root.excess
    for (const i of restrict(window, window.everything, root.conditions)) if (cover[i]! < 2) cover[i]!++
  }
  return roots.flatMap(root => {
    const alone = root.members.filter(i => cover[i] === 1)
    return refine(window, { conditions: root.conditions, members: alone.length ? alone : root.members }, whole)
  })
}

/** A part of a fault is dropped where next to nothing of it fails; a fault found by its evidence alone is not. */
function dropTiny(found: Measured[], late: readonly Root[]): Measured[] {
  const largest = found.reduce((max, s) => Math.max(max, s.share ?? 0), 0)
  const limit = Math.max(MIN_SHARE, MIN_SHARE_OF_LARGEST * largest)
  const isOwn = (s: Measured) => s.share! >= LEAST_SHARE && late.some(root => encloses(root.conditions, s.conditions))
  const kept = found.filter(s => s.excess > 0 && (s.share === null || s.share >= limit || isOwn(s)))
  return kept.length ? kept : largestFirst(found.filter(s => s.excess > 0)).slice(0, 1)
}

function largestFirst(found: Measured[]): Measured[] {
  return found.toSorted((x, y) => y.excess - x.excess || y.bits - x.bits)
}
