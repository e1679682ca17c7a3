import { betaQuantile, gammaQuantile } from './quantile.js'

export type Interval = [low: number, high: number]

/** Two-sided normal quantile for 95 %. */
export const Z95 = 1.959963984540054

/**
 * Wilson's score interval for a share bad/total; [0, 1] when nothing was seen. Brown, Cai & DasGupta (2001), Statistical Science 16.
 *
 * @example
 * wilson(0, 0) // => [0, 1]
 */
export function wilson(bad: number, total: number, z = Z95): Interval {
  if (!(total > 0)) return [0, 1]
  const share = Math.min(1, Math.max(0, bad / total))
  const z2 = (z * z) / total
  const middle = (share + z2 / 2) / (1 + z2)
  const half = (z / (1 + z2)) * Math.sqrt((share * (1 - share)) / total + z2 / (4 * total))
  return [bad <= 0 ? 0 : Math.max(0, middle - half), bad >= total ? 1 : Math.min(1, middle + half)]
}

/** Jeffreys interval for a share: equal tails of Beta(bad + ½, total − bad + ½), closed at 0 and 1 when none or all are bad. */
export function jeffreys(bad: number, total: number, mass = 0.95): Interval {
  if (!(total > 0)) return [0, 1]
  const tail = (1 - mass) / 2
  const a = bad + 0.5
  const b = total - bad + 0.5
  return [bad <= 0 ? 0 : betaQuantile(tail, a, b), bad >= total ? 1 : betaQuantile(1 - tail, a, b)]
}

/**
 * Exact (Garwood) interval for the mean of a Poisson count: gamma quantiles with shapes k and k + 1.
 *
 * @example
 * poissonInterval(0) // => [0, -Math.log(0.025)]
 */
export function poissonInterval(k: number, mass = 0.95): Interval {
  const tail = (1 - mass) / 2
  return [k <= 0 ? 0 : gammaQuantile(tail, k), gammaQuantile(1 - tail, k + 1)]
}
