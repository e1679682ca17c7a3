import { describe, expect, it } from 'vitest'
import { costOf, gainOf } from '../stat/multiple.js'
import { Detector, MULTIPLES } from './spike-detector.js'
import { negativeBinomial, sfc32 } from '../stat/random.js'

const MINUTE = 60_000

function logPmf(y: number, size: number, mean: number): number {
  let value = size * Math.log(size / (size + mean)) + y * Math.log(mean / (size + mean))
  for (let i = 0; i < y; i++) value += Math.log((size + i) / (i + 1))
  return value
}

describe('evidence of one count', () => {
  it.each([...MULTIPLES])('for ×%d is the log-likelihood ratio of two negative binomials of the same shape', rho => {
    const mean = 3.7
    const dispersion = 2.2
    const size = mean / (dispersion - 1)
    for (const y of [0, 1, 7, 40]) {
      const direct = logPmf(y, size, rho * mean) - logPmf(y, size, mean)
      expect(gainOf(rho, dispersion) * y - costOf(rho, dispersion) * mean).toBeCloseTo(direct, 9)
    }
  })

  it('tends to the Poisson ratio as variance/mean tends to 1', () => {
    expect(gainOf(3, 1)).toBeCloseTo(Math.log(3), 12)
    expect(costOf(3, 1)).toBe(2)
    expect(costOf(3, 1 + 1e-7)).toBeCloseTo(2, 5)
  })
})

describe('Detector', () => {
  it.each([
    [0.05, 1.5],
    [1, 1],
    [5, 2.5],
    [200, 3],
  ])('with a known baseline of mean %d, dispersion %d raises as often as asked', (mean, dispersion) => {
    const asked = 2
    const detector = new Detector(5 * MINUTE, asked)
    const random = sfc32(19)
    let alarms = 0
    const days = 400
    for (let i = 0; i < days * 288; i++) {
      if (detector.step(i, negativeBinomial(random, mean, dispersion), mean, dispersion, 1e-9)) {
        alarms++
        detector.clear(i)
      }
    }
    expect(alarms / days / asked).toBeGreaterThan(0.75)
    // Between two means of the table a count more or less, of which a tiny mean needs few, moves the rate by a third.
    expect(alarms / days / asked).toBeLessThan(1.35)
  })

  it('proves nothing by a long run of a little more while the level is only roughly known', () => {
    const sure = new Detector(MINUTE, 0.1)
    const unsure = new Detector(MINUTE, 0.1)
    const found = { sure: false, unsure: false }
    for (let i = 0; i < 600; i++) {
      if (sure.step(i, 15, 10, 1.2, 1e-9)) found.sure = true
      if (unsure.step(i, 15, 10, 1.2, 0.2)) found.unsure = true
    }
    expect(found).toEqual({ sure: true, unsure: false })
  })

  it('yet a great rise is proof for a rough level too', () => {
    const unsure = new Detector(MINUTE, 0.1)
    let at = -1
    for (let i = 0; i < 60 && at < 0; i++) if (unsure.step(i, 90, 10, 1.2, 0.2)) at = i
    expect(at).toBeGreaterThanOrEqual(0)
    expect(at).toBeLessThan(5)
  })

  it('late counts give the evidence that they would have given in time', () => {
    const random = sfc32(6)
    const counts = Array.from({ length: 50 }, () => negativeBinomial(random, 2, 1.5))
    const late = new Detector(MINUTE, 0.1)
    const inTime = new Detector(MINUTE, 0.1)
    counts.forEach((count, i) => {
      late.step(i, count, 2, 1.5, 1e-9)
      inTime.step(i, count + (i === 44 ? 12 : 0), 2, 1.5, 1e-9)
    })
    counts[44]! += 12
    late.revise(
      44,
      12,
      49,
      0,
      i => counts[i]!,
      () => 2,
    )
    late.step(50, 2, 2, 1.5, 1e-9)
    inTime.step(50, 2, 2, 1.5, 1e-9)
    expect(late.excess).toBeCloseTo(inTime.excess, 6)
    const places = inTime.snapshot().slice(0, 4 * MULTIPLES.length)
    late
      .snapshot()
      .slice(0, 4 * MULTIPLES.length)
      .forEach((value, i) => {
        expect(value).toBeCloseTo(places[i]!, 9)
      })
  })

  it('needs more than one report, however rare they are', () => {
    const detector = new Detector(MINUTE, 0.5)
    let alarms = 0
    for (let i = 0; i < 100_000; i++) if (detector.step(i, i === 9_000 ? 1 : 0, 1e-5, 1, 1e-9)) alarms++
    expect(alarms).toBe(0)
  })
})
