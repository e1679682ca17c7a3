import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE } from '../../contract/time.js'
import { anyExcess, EXCESS_BITS, groupExcess, rateWindow } from './excess.js'
import { at, fails, fine, rates, type Leaf } from './fixtures/rates.js'

describe('a window of rates', () => {
  it('is five rows where requests are many and up to twenty where they are few', () => {
    const cell = { cell: 'a' }
    expect(rateWindow(rates(160, 1_000, [[cell, fine]]), 'bad', at(160), at(120), true).groups.total[0]).toBe(5_000)
    expect(rateWindow(rates(160, 60, [[cell, fine]]), 'bad', at(160), at(120), true).groups.total[0]).toBe(600)
    expect(rateWindow(rates(160, 5, [[cell, fine]]), 'bad', at(160), at(120), true).groups.total[0]).toBe(100)
    expect(rateWindow(rates(160, 5, [[cell, fine]]), 'bad', at(160), at(120), false).groups.total[0]).toBe(25)
  })
  it('holds nothing from before the onset', () => {
    const state = rates(122, 1_000, [[{ cell: 'a' }, fine]])
    expect(rateWindow(state, 'bad', at(122), at(120), true).groups.total[0]).toBe(2_000)
  })
  it('excess is the share above the usual one, with an error that shrinks with requests', () => {
    const many = rateWindow(rates(140, 1_000, [[{ cell: 'a' }, fails(0.3)]]), 'bad', at(140), at(120), true)
    const few = rateWindow(rates(140, 10, [[{ cell: 'a' }, fails(0.3)]]), 'bad', at(140), at(120), true)
    expect(groupExcess(many, 0).excess).toBeCloseTo(0.3, 2)
    expect(groupExcess(few, 0).error).toBeGreaterThan(groupExcess(many, 0).error)
    expect(anyExcess(many, 'bad')).toBe(true)
    expect(
      anyExcess(rateWindow(rates(140, 1_000, [[{ cell: 'a' }, fine]]), 'bad', at(140), at(120), true), 'bad'),
    ).toBe(false)
  })
  it('a share too small to be called trouble is none, however sure', () => {
    const window = rateWindow(rates(140, 1_000_000, [[{ cell: 'a' }, fails(0.0025)]]), 'bad', at(140), at(120), true)
    expect(groupExcess(window, 0).bits).toBeGreaterThan(EXCESS_BITS + 2)
    expect(anyExcess(window, 'bad')).toBe(false)
  })
  it('a label set that fell silent weighs as before, for hours, whether the ring still has it or not', () => {
    const leaves: Leaf[] = [
      [{ cell: 'a' }, fails(0.9), 0, 140],
      [{ cell: 'b' }, fine],
    ]
    for (const minutes of [145, 200, 222, 223, 224, 300, 480]) {
      const window = rateWindow(rates(minutes, 500, leaves), 'bad', at(minutes), at(120), true)
      expect(groupExcess(window, 0).excess, `${minutes}`).toBeCloseTo(0.45, 1)
      expect(anyExcess(window, 'bad')).toBe(true)
    }
    const later = rateWindow(rates(140 + 361, 500, leaves), 'bad', at(140) + 6 * HOUR + MINUTE, at(120), true)
    expect(groupExcess(later, 0).excess).toBe(0)
  })
})
