// The scenario player is the one plug-in that may enter core: it needs seeded samplers and nothing else of it.
import { type Random, sfc32 } from '../core/stat/random.js'

/**
 * A stream of its own for each concern and tick. So a replay may start anywhere, and leaving out one kind of signal
 * (`only`) changes nothing about the others. 53 bits go into the seed: two of 10^6 streams meet with probability 10^-4.
 */
export function chanceFor(seed: number, concern: string, tick: number): Random {
  let low = 0x811c9dc5 ^ (seed | 0)
  let high = 0x9747b28c ^ Math.floor(seed / 2 ** 32)
  const mix = (word: number) => {
    low = Math.imul(low ^ word, 0x85ebca6b)
    low ^= low >>> 13
    high = Math.imul(high ^ low, 0xc2b2ae35)
    high ^= high >>> 16
  }
  for (let i = 0; i < concern.length; i++) mix(concern.charCodeAt(i))
  mix(tick)
  mix(0x5bd1e995)
  return sfc32((high & 0x1fffff) * 2 ** 32 + (low >>> 0))
}

/** An index drawn in proportion to its weight; the last one when all weights are zero. */
export function drawIndex(random: Random, weights: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < weights.length; i++) sum += weights[i]!
  let rest = random() * sum
  for (let i = 0; i < weights.length; i++) {
    rest -= weights[i]!
    if (rest < 0) return i
  }
  return weights.length - 1
}

/** A choice with fixed weights, ready to be drawn from often. */
export class Wheel<T> {
  private readonly weights: number[]
  constructor(private readonly items: readonly (readonly [T, number])[]) {
    this.weights = items.map(([, weight]) => weight)
  }
  get size(): number {
    return this.items.length
  }
  has(item: T): boolean {
    return this.items.some(([known]) => known === item)
  }
  draw(random: Random): T {
    return this.items[drawIndex(random, this.weights)]![0]
  }
}

export function oneOf<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)]!
}

/** 48 random bits, as an opaque name. */
export function token(random: Random): string {
  return Math.floor(random() * 2 ** 48).toString(36)
}
