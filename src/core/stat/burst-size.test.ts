import { describe, expect, it } from 'vitest'
import { addToSize, burstOf, isOutage, noteSize, SIZE_LANES, sizeKeep, sizeOf } from './burst-size.js'

const MINUTE_MS = 60_000

/** State after slots of these counts at this usual level. */
function after(slotMs: number, usual: number, counts: readonly number[]): Float64Array {
  const s = new Float64Array(SIZE_LANES)
  for (const count of counts) addToSize(s, 0, sizeKeep(slotMs), count, usual)
  return s
}

describe('size of a burst', () => {
  it('of a slot of twenty minutes is what it brings beyond half again the usual', () => {
    expect(sizeOf(after(20 * MINUTE_MS, 4, [100, 30]), 0)).toBe(24)
    expect(sizeOf(after(60 * MINUTE_MS, 4, [100, 30]), 0)).toBe(24)
  })

  it('of a steady level is the same for all lengths of a slot', () => {
    const minutes = sizeOf(after(MINUTE_MS, 0.2, Array<number>(200).fill(1.5)), 0)
    expect(minutes).toBeCloseTo(sizeOf(after(20 * MINUTE_MS, 4, [30]), 0), 1)
  })

  it('is an outage from a dozen more than four times the usual on', () => {
    expect(isOutage(after(20 * MINUTE_MS, 4, [27]), 0)).toBe(false)
    expect(isOutage(after(20 * MINUTE_MS, 4, [28]), 0)).toBe(true)
  })

  it('is remembered of an episode at its largest, and not at all of an outage', () => {
    const s = after(20 * MINUTE_MS, 1, [9])
    noteSize(s, 0, true)
    addToSize(s, 0, 0, 12, 1)
    noteSize(s, 0, false)
    addToSize(s, 0, 0, 3, 1)
    noteSize(s, 0, false)
    expect(burstOf(s, 0)).toBe(10.5)
    addToSize(s, 0, 0, 16, 1)
    noteSize(s, 0, false)
    addToSize(s, 0, 0, 3, 1)
    noteSize(s, 0, false)
    expect(burstOf(s, 0)).toBeNull()
    noteSize(s, 0, true)
    expect(burstOf(s, 0)).toBe(1.5)
  })
})
