import { describe, expect, it } from 'vitest'
import { sfc32 } from '../stat/random.js'
import { noteTrip, tripState } from './trips.js'

/** Round trips about `usual`, as a lognormal of deviation 0.3. */
function trips(seed: number, usual: number) {
  const random = sfc32(seed)
  return () => usual * Math.exp(0.3 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()))
}

describe('noteTrip()', () => {
  it('knows what is usual of each label set after some answers, and calls hardly any of them slow', () => {
    const state = tripState()
    const [near, far] = [trips(1, 40), trips(2, 400)]
    let slow = 0
    for (let i = 0; i < 3_000; i++)
      slow += Number(noteTrip(state, 0, near(), true)) + Number(noteTrip(state, 1, far(), true))
    expect(slow).toBeLessThan(4)
    expect(Math.exp(state.mean[0]!)).toBeCloseTo(40, -1)
    expect(Math.exp(state.mean[1]!)).toBeCloseTo(400, -2)
    expect(noteTrip(state, 0, 400, false)).toBe(true)
    expect(noteTrip(state, 1, 400, false)).toBe(false)
  })
  it('is not taught by the first answers of a trouble, nor says anything before it knows, nor of what nobody waits for', () => {
    const state = tripState()
    const next = trips(3, 200)
    expect(noteTrip(state, 0, 9_000, true)).toBe(false)
    for (let i = 0; i < 200; i++) noteTrip(state, 0, next(), true)
    const called = Array.from({ length: 20 }, () => noteTrip(state, 0, 8 * next(), true))
    expect(called.filter(Boolean).length).toBeGreaterThan(17)
    for (let i = 0; i < 200; i++) noteTrip(state, 1, 3, true)
    expect(noteTrip(state, 1, 90, false)).toBe(false)
  })
})
