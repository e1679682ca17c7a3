import type { Where } from '../../contract/incident.js'
import type { Measured } from './describe.js'
import { ratioInterval } from './likelihood.js'
import { levelOf, type Window } from './window.js'

/** A value is half hit when between a twentieth and all but a twentieth of its traffic lies inside the segments. */
const HALF_HIT = [0.05, 0.95] as const
/** An attribute that is no place is told as uneven when its values differ in their hit part by more than this. */
const APART = 0.15
/** More lines than a person reads; the values with the largest excess come first. */
const MAX_UNEVEN = 24
/** A value is fine when its share, at the upper end of its interval, is below this part of the largest share. */
const FINE_SHARE_OF_LARGEST = 0.05
/** Counts: fine when the relative excess, at its upper end, is below this part of the whole's. */
const FINE_EXCESS_OF_WHOLE = 0.1
/** and the number itself is at most this multiple of the usual, */
const FINE_EXCESS = 2
/** with e³ = 20 to 1 against the tested excess. */
const FINE_NATS = 3

interface Tally {
  hits: Float64Array
  exposure: Float64Array
  /** Exposure inside the segments. */
  struck: Float64Array
}

/**
 * Values in which some fail and others do not because a segment runs through them: a country whose people are on
 * several cells. `explainedBy` names the segments' attributes that tell the two parts apart.
 */
export function findUneven(
  window: Window,
  segments: readonly Measured[],
  places: readonly string[],
): { where: Where; share: number; explainedBy: string[] }[] {
  const { table } = window
  const used = new Set(segments.flatMap(s => [...s.conditions.keys()]))
  if (!used.size) return []
  const inside = sides(window, segments)
  const found: { where: Where; share: number; explainedBy: string[]; excess: number }[] = []
  for (let a = 0; a < table.attributes.length; a++) {
    if (used.has(a)) continue
    const tally = tallyOf(window, a, inside)
    const part = Array.from(tally.struck, (x, v) => (tally.exposure[v]! > 0 ? x / tally.exposure[v]! : Number.NaN))
    const known = part.filter(x => !Number.isNaN(x))
    const apart = Math.max(...known) - Math.min(...known) > APART
    if (!apart && !places.includes(table.attributes[a]!)) continue
    for (let v = 0; v < part.length; v++) {
      if (!(part[v]! > HALF_HIT[0] && part[v]! < HALF_HIT[1])) continue
      const explainedBy = [...used].filter(b => tellsApart(window, a, v, b, inside)).map(b => table.attributes[b]!)
      found.push({
        where: { [table.attributes[a]!]: [table.values[a]![v]!] },
        share: Math.min(1, Math.max(0, levelOf('rates', tally.hits[v]!, tally.exposure[v]!))),
        explainedBy: explainedBy.sort(),
        excess: tally.hits[v]!,
      })
    }
  }
  return found
    .sort((x, y) => y.excess - x.excess || (JSON.stringify(x.where) < JSON.stringify(y.where) ? -1 : 1))
    .slice(0, MAX_UNEVEN)
    .map(({ where, share, explainedBy }) => ({ where, share, explainedBy }))
}

/** Whether, within value v of attribute a, two segments, or a segment and what is fine, share no value of b. */
function tellsApart(window: Window, a: number, v: number, b: number, side: Uint8Array): boolean {
  const codes = window.table.codes
  const seen = new Map<number, Set<number>>()
  for (let i = 0; i < window.leaves; i++) {
    if (codes[a]![i] !== v || codes[b]![i]! < 0 || !(window.exposure[i]! > 0)) continue
    const set = seen.get(side[i]!) ?? new Set<number>()
    seen.set(side[i]!, set.add(codes[b]![i]!))
  }
  const sets = [...seen.values()]
  return sets.some((x, i) => sets.some((y, j) => j > i && [...x].every(code => !y.has(code))))
}

/** Values observed to be fine: enough traffic to say so, and next to nothing beyond the healthy rate. */
export function findUnaffected(
  window: Window,
  segments: readonly Measured[],
): { attribute: string; values: string[] }[] {
  if (!segments.length) return []
  const { table } = window
  const inside = sides(window, segments)
  const out: { attribute: string; values: string[] }[] = []
  for (let a = 0; a < table.attributes.length; a++) {
    const tally = tallyOf(window, a, inside)
    const values = table.values[a]!.filter((_, v) => isFine(window, segments, tally, v)).sort()
    if (values.length) out.push({ attribute: table.attributes[a]!, values })
  }
  return out.sort((x, y) => (x.attribute < y.attribute ? -1 : 1))
}

function isFine(window: Window, segments: readonly Measured[], tally: Tally, v: number): boolean {
  const n = tally.exposure[v]!
  const k = tally.hits[v]!
  if (!(n > 0)) return false
  if (window.kind === 'rates') {
    const largest = segments.reduce((max, s) => Math.max(max, s.share ?? 0), 0)
    const limit = FINE_SHARE_OF_LARGEST * largest
    return ratioInterval(Math.max(0, k), n, 0, 1, window.dispersion)[1] < limit
  }
  // Reports: near the usual number, where the tested excess would have brought clearly more.
  const whole = segments.reduce((max, s) => Math.max(max, s.level), 0)
  const tested = n * (1 + FINE_EXCESS_OF_WHOLE * whole)
  const missing = tested > k ? k * Math.log(Math.max(k, 1e-300) / tested) - (k - tested) : 0
  return k <= FINE_EXCESS * n && missing / window.dispersion > FINE_NATS
}

function tallyOf(window: Window, attribute: number, inside: Uint8Array): Tally {
  const size = window.table.values[attribute]!.length
  const tally = { hits: new Float64Array(size), exposure: new Float64Array(size), struck: new Float64Array(size) }
  const codes = window.table.codes[attribute]!
  for (let i = 0; i < window.leaves; i++) {
    const code = codes[i]!
    if (code < 0) continue
    tally.hits[code]! += window.hits[i]!
    tally.exposure[code]! += window.exposure[i]!
    if (inside[i]) tally.struck[code]! += window.exposure[i]!
  }
  return tally
}

/** For each leaf the number of the segment it lies in, from 1; 0 outside. */
function sides(window: Window, segments: readonly Measured[]): Uint8Array {
  const side = new Uint8Array(window.leaves)
  segments.forEach((s, number) => {
    for (const i of s.members) side[i] = number + 1
  })
  return side
}
