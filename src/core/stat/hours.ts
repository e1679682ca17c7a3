/**
 * The rhythm of a day: counts by hour, each hour's mean drawn to the hours around it. A Gamma prior with mean m and relative
 * variance 1/p, and counts that are worth `worth` each, make
 *     mean = (p + worth·counts) / (p/m + worth·slots).
 */
export const DAY_HOURS = 24
/** Weights of the hours around an hour of day, by distance. */
export const AROUND = [1, 0.75, 0.5, 0.25] as const
/** Of a weighted mean over these: Σw² / (Σw)². */
export const AROUND_ERROR = 2.75 / 16
/** What stays of an hour's counts at its next visit: memory of two weeks. */
export const KEEP_DAY = 1 - 1 / 14
/** The same hour differs between days by this relative variance beyond counting noise: no single visit teaches more than 1/0.02 = 50 counts do. */
export const VISIT_VARIANCE = 0.02

/** Mean of a Gamma posterior; `precision`: 1 / relative variance of the prior. */
export const gammaMean = (precision: number, prior: number, worth: number, counts: number, slots: number): number =>
  (precision + worth * counts) / (precision / prior + worth * slots)

/** Its hour, whatever the sign. */
export function hourOfDay(hour: number): number {
  const left = hour % DAY_HOURS
  return left < 0 ? left + DAY_HOURS : left
}

/** Where counts and slots of each hour of day stand: at `stride · hour` of one array, and so of another or `after` it. */
export interface Hours {
  counts: Float32Array
  slots: Float32Array
  stride: number
  after: number
}

/** Weighted sum over an hour of day and the three on each side of it. */
export function weightedAround(lane: Float32Array, hour: number, stride = 1, after = 0): number {
  let sum = 0
  for (let k = 1 - AROUND.length; k < AROUND.length; k++)
    sum += AROUND[Math.abs(k)]! * lane[stride * hourOfDay(hour + k) + after]!
  return sum
}

/** Weighted sums over an hour of day and the three on each side of it. */
export const sumAround = ({ counts, slots, stride, after }: Hours, hour: number): Around => ({
  counts: weightedAround(counts, hour, stride),
  slots: weightedAround(slots, hour, stride, after),
})

interface Around {
  counts: number
  slots: number
}

/**
 * Mean of a slot in an hour of day and its relative variance, drawn to the hours around it by `precision`. Counts scatter by
 * `dispersion`, visits by {@link VISIT_VARIANCE}; an hour has `slotsAnHour`.
 */
export function meanOfHour(
  hours: Hours,
  hour: number,
  precision: number,
  dispersion: number,
  slotsAnHour: number,
): { mean: number; variance: number; around: Around } {
  const around = sumAround(hours, hour)
  const i = hours.stride * hourOfDay(hour)
  const [own, slots] = [hours.counts[i]!, hours.slots[i + hours.after]!]
  return { ...meanAround(around, own, slots, precision, dispersion, slotsAnHour), around }
}

/** The same for an hour of so many counts in so many slots, with the sums around it. */
export function meanAround(
  around: Around,
  counts: number,
  slots: number,
  precision: number,
  dispersion: number,
  slotsAnHour: number,
): { mean: number; variance: number } {
  const usual = (around.counts + 0.5) / (around.slots + 1)
  const worth = 1 / (dispersion + VISIT_VARIANCE * slotsAnHour * usual)
  return {
    mean: gammaMean(precision, usual, worth, counts, slots),
    variance: 1 / (precision + worth * slots * usual),
  }
}
