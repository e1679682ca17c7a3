/**
 * How long answers usually take, by label set: mean and variance of the logarithm, which is near normal for round trips. An answer that
 * takes several times the usual is counted as slow, so that slowness has a denominator: share, onset, place and end come of that.
 * What is usual is learned while nothing is slow, and each answer is drawn to what is usual, so that the first ones of a trouble teach little.
 */

/** Answers of a label set before its usual is known: it begins at their median, which one odd answer does not move. */
const KNOWN_AFTER = 31
/** Answers that are remembered: older ones fade. */
const MEMORY = 500
/** Standard deviations above the usual, and how many times it: both are asked for. */
const SLOW_DEVIATIONS = 4
const SLOW_TIMES = 2
/** Nobody waits for less than this: a tenth of a second is felt as at once (Miller, 1968). */
const SLOW_LEAST_MS = 100
/** An answer teaches no more than one so many deviations away. */
const TAUGHT_DEVIATIONS = 2
/** The least deviation of the logarithm. */
const LEAST_DEVIATION = 0.05
/** A standard deviation in median distances from the median, where it is normal. */
const DEVIATION_OF_MEDIAN = 1.4826

export interface Trips {
  /** By leaf: the first answers until there are enough (then empty), how many are remembered, mean of the logarithm of milliseconds, its variance. */
  first: number[][]
  count: number[]
  mean: number[]
  variance: number[]
}

export const tripState = (): Trips => ({ first: [], count: [], mean: [], variance: [] })

/** Is this answer slow? And, where `learns`, what is usual afterwards. */
export function noteTrip(trips: Trips, leaf: number, latencyMs: number, learns: boolean): boolean {
  const { first, count, mean, variance } = trips
  while (count.length <= leaf) {
    first.push([])
    count.push(0)
    mean.push(0)
    variance.push(0)
  }
  const x = Math.log(Math.max(1, latencyMs))
  if (count[leaf] === 0) {
    if (learns) begin(trips, leaf, x)
    return false
  }
  const deviation = Math.max(LEAST_DEVIATION, Math.sqrt(variance[leaf]!))
  const away = x - mean[leaf]!
  const slow =
    away > Math.max(Math.log(SLOW_TIMES), SLOW_DEVIATIONS * deviation) &&
    latencyMs - Math.exp(mean[leaf]!) > SLOW_LEAST_MS
  if (!learns) return slow
  const n = (count[leaf] = Math.min(MEMORY, count[leaf]! + 1))
  const reach = TAUGHT_DEVIATIONS * deviation
  const taught = Math.max(-reach, Math.min(reach, away))
  mean[leaf] = mean[leaf]! + taught / n
  // What is cut at two deviations scatters by 8 % less.
  variance[leaf] = variance[leaf]! + (1.08 * taught ** 2 - variance[leaf]!) / n
  return slow
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

function begin({ first, count, mean, variance }: Trips, leaf: number, x: number): void {
  const values = first[leaf]!
  values.push(x)
  if (values.length < KNOWN_AFTER) return
  const middle = (mean[leaf] = median(values))
  variance[leaf] = (DEVIATION_OF_MEDIAN * median(values.map(v => Math.abs(v - middle)))) ** 2
  count[leaf] = values.length
  first[leaf] = []
}
