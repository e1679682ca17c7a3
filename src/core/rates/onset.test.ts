import { describe, expect, it } from 'vitest'
import { beta, binomial, poisson, sfc32 } from '../stat/random.js'
import { type MinuteSum, startOf } from './onset.js'

const MINUTES = 85
const RUNS = 120

interface World {
  requests: number
  usual: number
  rise: number
  /** Minutes until it is grown. */
  ramp: number
  /** The share of a minute wobbles as if so many requests were drawn; 0: not at all. */
  wobble: number
  /** Part of the rise that a first stage of twelve minutes has. */
  stage?: number
}

/** How far off, and how often inside, over many draws that are dated 6 to 17 minutes after the start. */
function date(world: World): { off: number[]; covered: number } {
  const random = sfc32(11)
  const off: number[] = []
  let inside = 0
  for (let run = 0; run < RUNS; run++) {
    const after = (world.stage ? 14 : 6) + Math.floor(random() * 12)
    const start = MINUTES - after
    const minutes = Array.from({ length: MINUTES }, (_, m): MinuteSum | null => {
      const total = poisson(random, world.requests)
      if (total === 0) return null
      const grown = m < start ? 0 : world.ramp > 0 ? Math.min(1, (m - start + 0.5) / world.ramp) : 1
      const p = world.usual + world.rise * grown * (world.stage && m < start + 12 ? world.stage : 1)
      const share = world.wobble > 0 ? beta(random, p * world.wobble, (1 - p) * world.wobble) : p
      return { total, hit: binomial(random, total, share), expected: total * world.usual }
    })
    const found = startOf(minutes)
    off.push(found.likeliest - start)
    if (found.low - 1 <= start && start < found.high + 1) inside++
  }
  return { off: off.sort((a, b) => a - b), covered: inside / RUNS }
}

describe('startOf()', () => {
  it.each<[string, World, number, number]>([
    ['a step', { requests: 1_000, usual: 0.01, rise: 0.1, ramp: 0, wobble: 0 }, 0, 0],
    ['a step of few requests', { requests: 10, usual: 0.01, rise: 0.6, ramp: 0, wobble: 0 }, -1, 1],
    ['a step where minutes share their fate', { requests: 1e5, usual: 0.01, rise: 0.1, ramp: 0, wobble: 500 }, -1, 1],
    ['a ramp', { requests: 1e4, usual: 0.002, rise: 0.1, ramp: 10, wobble: 0 }, -1, 1],
    ['a ramp that is lost in noise at first', { requests: 1e3, usual: 0.05, rise: 0.1, ramp: 10, wobble: 500 }, -4, 6],
    ['a small first stage', { requests: 1e4, usual: 0.002, rise: 0.3, ramp: 3, wobble: 0, stage: 0.1 }, -1, 1],
  ])('%s: dated to the minute at the median, and the interval holds the start', (_, world, early, late) => {
    const { off, covered } = date(world)
    expect(off[Math.floor(0.05 * RUNS)]).toBeGreaterThanOrEqual(early)
    expect(off[Math.floor(0.95 * RUNS)]).toBeLessThanOrEqual(late)
    expect(Math.abs(off[RUNS >> 1]!)).toBeLessThanOrEqual(Math.ceil(world.ramp * 0.3))
    expect(covered).toBeGreaterThan(0.93)
  })

  it('one stray minute is no start', () => {
    const minutes = Array.from({ length: MINUTES }, (_, m) => ({
      total: 1_000,
      hit: m === 50 || m >= 80 ? 100 : 10,
      expected: 10,
    }))
    expect(startOf(minutes)).toMatchObject({ low: 80, likeliest: 80, high: 80 })
  })

  it('minutes without data are passed over', () => {
    const minutes = Array.from({ length: MINUTES }, (_, m) =>
      m % 2 === 1 ? null : { total: 1_000, hit: m >= 80 ? 100 : 10, expected: 10 },
    )
    const { low, high } = startOf(minutes)
    expect(low).toBe(79)
    expect(high).toBe(80)
  })

  it('nothing at all leaves every minute possible', () => {
    const { low, high } = startOf(Array.from({ length: MINUTES }, () => null))
    expect(high - low).toBeGreaterThan(MINUTES * 0.8)
  })
})
