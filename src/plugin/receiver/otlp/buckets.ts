import { fieldsOf, listOf, numberOf, orZero } from './value.js'

/** Buckets of one point at most: SDKs have 15, and 160 of a scale. */
const BUCKETS = 400

/** Counts between bounds in seconds: `counts[i]` of what is above `bounds[i − 1]` and at most `bounds[i]`. */
export interface Histogram {
  bounds: readonly number[]
  counts: number[]
}

/** Counts with bounds as they are sent. Null where they contradict each other. */
export function readExplicit(point: Readonly<Record<string, unknown>>, seconds: number): Histogram | null {
  const bounds = listOf(point['explicitBounds'])
  const counts = listOf(point['bucketCounts'])
  if (counts.length === 0) return { bounds: [], counts: [] }
  if (counts.length !== bounds.length + 1 || counts.length > BUCKETS) return null
  const read = { bounds: scaled(bounds, seconds), counts: scaled(counts, 1) }
  return isRising(read.bounds) && areCounts(read.counts) ? read : null
}

/** Numbers times a factor; where they are what they are to be, the list itself. */
function scaled(list: readonly unknown[], factor: number): number[] {
  if (factor === 1 && typeof list[0] === 'number') return list as number[]
  return list.map(each => factor * numberOf(each))
}
function isRising(bounds: readonly number[]): boolean {
  for (let i = 0; i < bounds.length; i++) if (!(bounds[i]! > (bounds[i - 1] ?? Number.NEGATIVE_INFINITY))) return false
  return true
}

/** Upper bounds in seconds that exponential histograms are brought to, from 60 µs to an hour by √2: they change their own as they go. */
const GRID = Array.from({ length: 54 }, (_, i) => 2 ** ((i - 28) / 2))

/**
 * Counts of a base-2 exponential histogram (OpenTelemetry's data model, "ExponentialHistogram"): bucket i is of
 * (base^i, base^(i+1)], base = 2^(2^−scale). Each goes where its upper bound lies.
 */
export function readExponential(point: Readonly<Record<string, unknown>>, seconds: number): Histogram | null {
  const scale = orZero(point['scale'])
  const zero = orZero(point['zeroCount'])
  const { offset, bucketCounts } = fieldsOf(point['positive'])
  const from = orZero(offset)
  const counts = listOf(bucketCounts).map(numberOf)
  if (!Number.isInteger(scale) || Math.abs(scale) > 30 || !Number.isInteger(from) || !isCount(zero)) return null
  if (counts.length > BUCKETS || !counts.every(isCount)) return null
  const grid = GRID.map(() => 0)
  grid.push(0)
  grid[0]! += zero
  const shift = Math.log2(seconds)
  for (const [i, count] of counts.entries()) {
    const exponent = (from + i + 1) * 2 ** -scale + shift
    const at = Math.ceil(2 * exponent - 1e-9) + 28
    grid[Math.min(Math.max(0, at), GRID.length)]! += count
  }
  return { bounds: GRID, counts: grid }
}

function areCounts(list: readonly unknown[]): boolean {
  for (let i = 0; i < list.length; i++) if (!isCount(list[i])) return false
  return true
}
const isCount = (n: unknown): boolean => typeof n === 'number' && n >= 0 && n <= Number.MAX_SAFE_INTEGER

/** How many took longer than the first bound that is at least `seconds`; none where there is no such bound. Counts are as many as `to`. */
export function slowerThan(
  seconds: number,
  bounds: readonly number[],
  counts: readonly number[],
  to = counts.length,
): number {
  let at = 0
  while (at < bounds.length && bounds[at]! < seconds) at++
  let slow = 0
  if (at < bounds.length) for (let i = at + 1; i < to; i++) slow += counts[i]!
  return slow
}
