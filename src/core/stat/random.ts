import gammaln from '@stdlib/math-base-special-gammaln'

/** A source of numbers in [0, 1). Core never owns chance: it is always an argument of this type. */
export type Random = () => number

/**
 * Chris Doty-Humphrey's "small fast counter" generator of 32 bits (PractRand): 128 bits of state, period at least 2^32.
 * The same seed gives the same stream on every machine; the first twelve draws are thrown away to mix the seed.
 *
 * @example
 * sfc32(7)() === sfc32(7)() // => true
 */
export function sfc32(seed: number): Random {
  let a = (0x9e3779b9 ^ seed) | 0
  let b = (0x243f6a88 ^ Math.imul(seed, 0x85ebca6b)) | 0
  let c = (0xb7e15162 ^ Math.floor(seed / 2 ** 32)) | 0
  let counter = 1
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  for (let i = 0; i < 12; i++) next()
  return next
}

/** Standard normal by Marsaglia's polar method; one of the pair is dropped so that a draw keeps no state outside `random`. */
export function normal(random: Random): number {
  for (;;) {
    const x = 2 * random() - 1
    const y = 2 * random() - 1
    const s = x * x + y * y
    if (s > 0 && s < 1) return x * Math.sqrt((-2 * Math.log(s)) / s)
  }
}

/** Exponential with mean 1. */
export function exponential(random: Random): number {
  return -Math.log(1 - random())
}

/** Gamma with the given shape and scale 1: Marsaglia & Tsang, ACM TOMS 26 (2000); shape < 1 by the boost U^(1/shape). */
export function gamma(random: Random, shape: number): number {
  if (!(shape > 0)) return 0
  if (shape < 1) return gamma(random, shape + 1) * (1 - random()) ** (1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = normal(random)
    const root = 1 + c * x
    if (root <= 0) continue
    const v = root * root * root
    const u = 1 - random()
    if (Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}

/** Beta(a, b) as a ratio of gammas. */
export function beta(random: Random, a: number, b: number): number {
  const x = gamma(random, a)
  const y = gamma(random, b)
  return x + y > 0 ? x / (x + y) : random() < a / (a + b) ? 1 : 0
}

/** Below this mean, counting by sequential search is cheaper than the rejection set-up, and exp(-mean) is far from underflow. */
const SEARCH_BELOW = 10

/** Poisson count; mean 0 or less gives 0. Sequential search below 10, above it PTRS of Hörmann (1993), "The transformed rejection method". */
export function poisson(random: Random, mean: number): number {
  if (!(mean > 0)) return 0
  if (mean < SEARCH_BELOW) {
    let k = 0
    let p = Math.exp(-mean)
    let u = random()
    // 200 is more than sixty deviations out at mean 10: only a rounding residue of u can get there.
    while (u >= p && k < 200) {
      u -= p
      k++
      p *= mean / k
    }
    return k
  }
  const logMean = Math.log(mean)
  const b = 0.931 + 2.53 * Math.sqrt(mean)
  const a = -0.059 + 0.02483 * b
  const vr = 0.9277 - 3.6224 / (b - 2)
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
  for (;;) {
    const u = random() - 0.5
    const v = 1 - random()
    const us = 0.5 - Math.abs(u)
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43)
    if (us >= 0.07 && v <= vr) return k
    if (k < 0 || (us < 0.013 && v > us)) continue
    if (Math.log((v * inverseAlpha) / (a / (us * us) + b)) <= k * logMean - mean - gammaln(k + 1)) return k
  }
}

/** Negative binomial with the given mean and variance/mean: a Poisson whose mean is Gamma(mean/(ratio−1), ratio−1). A ratio of 1 or less is Poisson. */
export function negativeBinomial(random: Random, mean: number, varOverMean: number): number {
  if (!(mean > 0)) return 0
  const excess = varOverMean - 1
  if (!(excess > 1e-9)) return poisson(random, mean)
  return poisson(random, gamma(random, mean / excess) * excess)
}

/** Binomial(n, p): sequential search while n·min(p, 1−p) is small, above it BTRS of Hörmann (1993). */
export function binomial(random: Random, n: number, p: number): number {
  if (!(n > 0) || !(p > 0)) return 0
  if (p >= 1) return n
  if (p > 0.5) return n - binomial(random, n, 1 - p)
  if (n * p < SEARCH_BELOW) {
    const odds = p / (1 - p)
    let mass = (1 - p) ** n
    let u = random()
    let k = 0
    while (u >= mass && k < n) {
      u -= mass
      k++
      mass *= (odds * (n - k + 1)) / k
    }
    return k
  }
  const spread = Math.sqrt(n * p * (1 - p))
  const b = 1.15 + 2.53 * spread
  const a = -0.0873 + 0.0248 * b + 0.01 * p
  const c = n * p + 0.5
  const vr = 0.92 - 4.2 / b
  const alpha = (2.83 + 5.1 / b) * spread
  const mode = Math.floor((n + 1) * p)
  const logOdds = Math.log(p / (1 - p))
  const atMode = gammaln(mode + 1) + gammaln(n - mode + 1)
  for (;;) {
    const u = random() - 0.5
    const v = 1 - random()
    const us = 0.5 - Math.abs(u)
    const k = Math.floor(((2 * a) / us + b) * u + c)
    if (us >= 0.07 && v <= vr) return k
    if (k < 0 || k > n) continue
    const bound = atMode - gammaln(k + 1) - gammaln(n - k + 1) + (k - mode) * logOdds
    if (Math.log((v * alpha) / (a / (us * us) + b)) <= bound) return k
  }
}
