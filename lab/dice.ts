import type { Random } from '../src/core/stat/random.js'

export type Range = [low: number, high: number]

/** Chance with ranges. */
export class Dice {
  constructor(readonly random: Random) {}
  between([low, high]: Range): number {
    return low + (high - low) * this.random()
  }
  /** Both ends included. */
  whole([low, high]: Range): number {
    return low + Math.floor(this.random() * (high - low + 1))
  }
  /** Spread evenly over orders of magnitude. */
  scale([low, high]: Range): number {
    return Math.exp(this.between([Math.log(low), Math.log(high)]))
  }
  flip(probability: number): boolean {
    return this.random() < probability
  }
  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)]!
  }
  /** `count` different items, in their own order. */
  some<T>(items: readonly T[], count: number): T[] {
    const keyed = items.map((item, i) => ({ item, i, key: this.random() })).sort((a, b) => a.key - b.key)
    return keyed
      .slice(0, count)
      .sort((a, b) => a.i - b.i)
      .map(k => k.item)
  }
  weighted<T>(items: readonly (readonly [T, number])[]): T {
    let rest = this.random() * items.reduce((n, [, w]) => n + w, 0)
    for (const [item, weight] of items) if ((rest -= weight) < 0) return item
    return items.at(-1)![0]
  }
  /** Shares that add up to one, to three digits. */
  shares(count: number): number[] {
    const raw = Array.from({ length: count }, () => 0.3 + this.random())
    const sum = raw.reduce((a, b) => a + b, 0)
    const shares = raw.map(x => Math.round((1000 * x) / sum) / 1000)
    shares[0] = Math.round(1000 * (1 - shares.slice(1).reduce((a, b) => a + b, 0))) / 1000
    return shares
  }
}
