import type { Uneven } from '../../contract/incident.js'
import { whereOf, type Measured } from './describe.js'
import { ratioInterval } from './likelihood.js'
import { findMixture, type Unit } from './mixture.js'
import type { LeafTable } from './table.js'
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
  /** Exposure and hits inside the segments. */
  struck: Float64Array
  struckHits: Float64Array
}

/**
 * Values in which some fail and others do not because a segment runs through them: a country whose people are on
 * several cells. `explainedBy` names the segments' attributes that tell the two parts apart.
 */
export function findUneven(window: Window, segments: readonly Measured[], places: readonly string[]): Uneven[] {
  const { table } = window
  const used = new Set(segments.flatMap(s => [...s.conditions.keys()]))
  if (!used.size) return []
  const inside = sides(window, segments)
  const found: (Uneven & { excess: number })[] = []
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
        ...parts(window, tally, v),
        excess: tally.hits[v]!,
      })
    }
  }
  return found
    .sort((x, y) => y.excess - x.excess || (JSON.stringify(x.where) < JSON.stringify(y.where) ? -1 : 1))
    .slice(0, MAX_UNEVEN)
    .map(({ excess: _, ...each }) => each)
}

/** Which part lies inside the segments, and how much of that fails. */
function parts(window: Window, { exposure, struck, struckHits }: Tally, v: number): Pick<Uneven, 'hit' | 'among'> {
  const among = Math.min(1, Math.max(0, struckHits[v]! / struck[v]!))
  return {
    hit: { share: struck[v]! / exposure[v]!, interval: [...ratioInterval(struck[v]!, exposure[v]!, 0, 1, 1)] },
    among: { share: among, interval: [...ratioInterval(among * struck[v]!, struck[v]!, 0, 1, window.dispersion)] },
  }
}

/** Segments told of are searched, the largest first: each costs two milliseconds. */
const MAX_SEARCHED = 4
/** Label sets of a segment that are put together before the largest are looked at. */
const MAX_LEAVES = 20_000

/**
 * Segments in which some label sets fail and their neighbours do not although no label tells the two apart: had one done so, the
 * search would have divided them by it. Something that nobody labelled decides there.
 */
export function findUnexplained(window: Window, segments: readonly Measured[]): Uneven[] {
  const { table } = window
  return segments.slice(0, MAX_SEARCHED).flatMap((s): Uneven[] => {
    if (s.share === null || s.members.length > MAX_LEAVES) return []
    const found = findMixture(unitsOf(window, s, segments))
    if (!found) return []
    return [
      {
        where: whereOf(table, s.conditions),
        share: s.share,
        explainedBy: [],
        hit: { share: found.hit, interval: found.hitInterval },
        among: { share: found.among, interval: found.amongInterval },
      },
    ]
  })
}

/** Label sets that lie in this segment alone; rows that carry the same labels are one. */
function unitsOf({ table }: Window, own: Measured, segments: readonly Measured[]): Unit[] {
  const crossed = new Uint8Array(table.real.length)
  for (const s of segments) if (s !== own) for (let j = 0; j < s.members.length; j++) crossed[s.members[j]!] = 1
  const keyOf = keysOf(table)
  const units = new Map<number | string, Unit>()
  for (let j = 0; j < own.members.length; j++) {
    const i = own.members[j]!
    const total = table.total?.[i] ?? 0
    if (!(total > 0) || crossed[i]) continue
    const key = keyOf(i)
    const unit = units.get(key)
    const [bad, usual] = [table.real[i]!, table.predict[i]!]
    if (!unit) units.set(key, { bad, total, usual })
    else {
      unit.bad += bad
      unit.total += total
      unit.usual += usual
    }
  }
  return [...units.values()]
}

/** A key of a leaf's labels: one number, with a digit for each attribute, where that is exact. */
function keysOf({ codes, values }: LeafTable): (leaf: number) => number | string {
  const strides: number[] = []
  let size = 1
  for (const each of values) {
    strides.push(size)
    size *= each.length + 1
  }
  if (size > Number.MAX_SAFE_INTEGER) return leaf => codes.map(column => column[leaf]!).join()
  return leaf => {
    let key = 0
    for (let a = 0; a < strides.length; a++) key += strides[a]! * (codes[a]![leaf]! + 1)
    return key
  }
}

/** Whether, within value v of attribute a, two segments, or a segment and what is fine, share no value of b. */
function tellsApart(window: Window, a: number, v: number, b: number, side: Uint8Array): boolean {
  const codes = window.table.codes[a]!
  const others = window.table.codes[b]!
  const width = window.table.values[b]!.length
  // Side × value of b, where it was seen.
  const seen: (Uint8Array | undefined)[] = []
  for (let i = 0; i < window.leaves; i++) {
    if (codes[i] !== v || others[i]! < 0 || !(window.exposure[i]! > 0)) continue
    const row = (seen[side[i]!] ??= new Uint8Array(width))
    row[others[i]!] = 1
  }
  const rows = seen.filter(row => row !== undefined)
  return rows.some((x, i) => rows.some((y, j) => j > i && x.every((here, code) => !here || !y[code])))
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
  const sums = () => new Float64Array(size)
  const tally = { hits: sums(), exposure: sums(), struck: sums(), struckHits: sums() }
  const codes = window.table.codes[attribute]!
  for (let i = 0; i < window.leaves; i++) {
    const code = codes[i]!
    if (code < 0) continue
    tally.hits[code]! += window.hits[i]!
    tally.exposure[code]! += window.exposure[i]!
    if (!inside[i]) continue
    tally.struck[code]! += window.exposure[i]!
    tally.struckHits[code]! += window.hits[i]!
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
