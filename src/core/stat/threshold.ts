import { THRESHOLD_TABLE } from './threshold-table.js'

/**
 * Alarm threshold of the spike detector (core/detect: a bank of NB CUSUMs) for an asked false-alarm rate.
 *
 * Solved by simulation for a known baseline on the grid below (bench/detect/thresholds.ts) and read between the grid points linearly in the
 * logarithms. Outside the grid: for small means the process is a compound Poisson process, so the rate a slot is proportional to the mean
 * and the table is read at the smallest mean with a rate scaled alike; for rarer alarms each nat of threshold divides the rate by e (Wald).
 */
export const MEANS = [0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.2, 2.5, 5, 10, 30, 100, 300, 1000] as const
export const DISPERSIONS = [1, 1.5, 2.5, 4, 8] as const
/** False alarms a slot. */
export const RATES = [0.03, 0.01, 0.003, 0.001, 3e-4, 1e-4, 3e-5, 1e-5] as const

/** Whatever rate is asked, an alarm needs some evidence: one in e. */
export const MIN_NATS = 1

const LOG_MEANS = MEANS.map(Math.log)
const LOG_DISPERSIONS = DISPERSIONS.map(Math.log)
const LOG_RATES = RATES.map(rate => -Math.log(rate))

/** Nats of evidence at which alarms come falsely at `ratePerSlot`. */
export function thresholdNats(mean: number, dispersion: number, ratePerSlot: number): number {
  const smallest = MEANS[0]
  const scaled = mean < smallest ? (ratePerSlot * smallest) / Math.max(mean, 1e-12) : ratePerSlot
  const logMean = Math.log(Math.min(MEANS[MEANS.length - 1] as number, Math.max(mean, smallest)))
  const logDispersion = Math.log(Math.min(DISPERSIONS[DISPERSIONS.length - 1] as number, Math.max(1, dispersion)))
  const rarity = -Math.log(scaled)
  const i = below(LOG_MEANS, logMean)
  const j = below(LOG_DISPERSIONS, logDispersion)
  const a = part(LOG_MEANS, i, logMean)
  const b = part(LOG_DISPERSIONS, j, logDispersion)
  return (
    (1 - a) * ((1 - b) * read(i, j, rarity) + b * read(i, j + 1, rarity)) +
    a * ((1 - b) * read(i + 1, j, rarity) + b * read(i + 1, j + 1, rarity))
  )
}

function read(i: number, j: number, rarity: number): number {
  const row = (i * DISPERSIONS.length + j) * RATES.length
  const last = RATES.length - 1
  const rarest = LOG_RATES[last] as number
  if (rarity >= rarest) return Math.max(MIN_NATS, THRESHOLD_TABLE[row + last] as number) + rarity - rarest
  const k = below(LOG_RATES, rarity)
  const from = THRESHOLD_TABLE[row + k] as number
  const to = THRESHOLD_TABLE[row + k + 1] as number
  // Rates above the first column follow its slope.
  return Math.max(MIN_NATS, from + (to - from) * part(LOG_RATES, k, rarity))
}

function below(grid: readonly number[], x: number): number {
  let i = 0
  while (i < grid.length - 2 && x >= (grid[i + 1] as number)) i++
  return i
}

function part(grid: readonly number[], i: number, x: number): number {
  return (x - (grid[i] as number)) / ((grid[i + 1] as number) - (grid[i] as number))
}
