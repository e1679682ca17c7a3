import { describe, expect, it } from 'vitest'
import { Baseline } from './baseline.js'
import { negativeBinomial, sfc32 } from '../stat/random.js'
import { negativeBinomialSurvival } from '../stat/tails.js'

const MINUTE = 60_000
const DAY_MS = 86_400_000
const START = Date.UTC(2026, 0, 26)

interface World {
  slotMs: number
  days: number
  mean: (at: number) => number
  dispersion: number
  seed: number
}

/** Runs the baseline over noise and gives each prediction, with the count that came, to `look`. */
function run(world: World, look: (baseline: Baseline, count: number, age: number, truth: number) => void) {
  const baseline = new Baseline(world.slotMs)
  const random = sfc32(world.seed)
  for (let i = 0; i * world.slotMs < world.days * DAY_MS; i++) {
    const at = START + i * world.slotMs
    baseline.advance(at)
    const truth = world.mean(at + world.slotMs / 2)
    const count = negativeBinomial(random, truth, world.dispersion)
    look(baseline, count, (at - START) / DAY_MS, truth)
    baseline.observe(count, true)
  }
  return baseline
}

const daily = (at: number) => Math.exp(0.8 * Math.sin((2 * Math.PI * at) / DAY_MS))

describe('Baseline', () => {
  it.each([
    ['tiny', 0.05, 1.2, 15],
    ['small', 1, 2, 15],
    ['middling', 20, 1.5, 5],
    ['large', 400, 3, 5],
  ])('predicts with a uniform randomised PIT on a %s series', (_, mean, dispersion, minutes) => {
    const bins = new Array<number>(10).fill(0)
    const random = sfc32(77)
    let n = 0
    const world = { slotMs: minutes * MINUTE, days: 28, mean: (at: number) => mean * daily(at), dispersion, seed: 31 }
    run(world, (baseline, count, age) => {
      if (age < 7) return
      const ratio = baseline.dispersion + baseline.mean * baseline.variance
      const above = negativeBinomialSurvival(count + 1, baseline.mean, ratio)
      const atLeast = negativeBinomialSurvival(count, baseline.mean, ratio)
      const pit = above + random() * (atLeast - above)
      bins[Math.min(9, Math.floor(pit * 10))]!++
      n++
    })
    // A little wide is allowed (the expectation is uncertain), lopsided or narrow is not.
    for (const bin of bins) expect(Math.abs(bin / n - 0.1)).toBeLessThan(0.04)
    expect(bins[0]! / n).toBeLessThan(0.115)
  })

  it.each([0.05, 0.5, 5, 50, 500])('keeps its 1e-3 bound within a factor of two at mean %d', mean => {
    let over = 0
    let n = 0
    const random = sfc32(6)
    const world = { slotMs: 5 * MINUTE, days: 60, mean: (at: number) => mean * daily(at), dispersion: 2, seed: 5 }
    run(world, (baseline, count, age) => {
      if (age < 7) return
      n++
      if (count <= baseline.mean) return
      const ratio = baseline.dispersion + baseline.mean * baseline.variance
      const above = negativeBinomialSurvival(count + 1, baseline.mean, ratio)
      // A count takes a whole stretch of probability; where in it the bound lies is drawn.
      if (above + random() * (negativeBinomialSurvival(count, baseline.mean, ratio) - above) < 1e-3) over++
    })
    expect(over / n / 1e-3).toBeGreaterThan(0.25)
    expect(over / n / 1e-3).toBeLessThan(2)
  })

  it('learns the rhythm of a day and of a weekend', () => {
    const weekend = (at: number) => ([0, 6].includes(new Date(at).getUTCDay()) ? 0.4 : 1)
    let error = 0
    let n = 0
    run(
      { slotMs: 15 * MINUTE, days: 28, mean: at => 30 * daily(at) * weekend(at), dispersion: 1.5, seed: 3 },
      (b, _, age, truth) => {
        if (age < 21) return
        error += Math.log(b.mean / truth) ** 2
        n++
      },
    )
    expect(Math.sqrt(error / n)).toBeLessThan(0.12)
  })

  it('knows how far it is wrong: claimed variance against true error, cold and warm', () => {
    for (const [from, to] of [
      [0.25, 1],
      [10, 20],
    ] as const) {
      let error = 0
      let claimed = 0
      for (let seed = 0; seed < 12; seed++) {
        run(
          { slotMs: 15 * MINUTE, days: to, mean: at => 10 * daily(at + seed * 7_200_000), dispersion: 1.5, seed },
          (b, _, age, truth) => {
            if (age < from) return
            error += Math.log(b.mean / truth) ** 2
            claimed += b.variance
          },
        )
      }
      expect(error / claimed).toBeLessThan(1.7)
      expect(error / claimed).toBeGreaterThan(0.15)
    }
  })

  it('finds the dispersion whatever the level does', () => {
    const baseline = run({ slotMs: 5 * MINUTE, days: 10, mean: at => 40 * daily(at), dispersion: 3, seed: 8 }, () => {})
    expect(baseline.dispersion).toBeGreaterThan(2.6)
    expect(baseline.dispersion).toBeLessThan(3.5)
  })

  it('is moved little by single wild counts', () => {
    const baseline = run({ slotMs: MINUTE, days: 2, mean: () => 5, dispersion: 1.2, seed: 8 }, () => {})
    const before = baseline.mean
    for (let i = 2 * 1440; i < 2 * 1440 + 180; i++) {
      baseline.advance(START + i * MINUTE)
      baseline.observe(i % 60 === 0 ? 5000 : 5, true)
    }
    // Untamed, three counts of 5000 in three hours would multiply the level by 17.
    expect(baseline.mean / before).toBeLessThan(1.35)
  })

  it('grows unsure in a gap and is right again after it', () => {
    const baseline = run({ slotMs: MINUTE, days: 3, mean: () => 5, dispersion: 1.2, seed: 8 }, () => {})
    const sure = baseline.variance
    baseline.advance(START + 6 * DAY_MS)
    expect(baseline.variance).toBeGreaterThan(sure)
    expect(baseline.mean).toBeGreaterThan(3)
    expect(baseline.mean).toBeLessThan(8)
  })

  it('works with bins of a day', () => {
    let error = 0
    const mean = (at: number) => ([0, 6].includes(new Date(at).getUTCDay()) ? 40 : 100)
    run({ slotMs: DAY_MS, days: 200, mean, dispersion: 1.5, seed: 4 }, (b, _, age, truth) => {
      if (age > 100) error = Math.max(error, Math.abs(Math.log(b.mean / truth)))
    })
    expect(error).toBeLessThan(0.5)
  })
})
