import { describe, expect, it } from 'vitest'
import { MINUTE } from '../../contract/time.js'
import { addRow, leafBook, leafFor, rowsAt, slotRing } from '../aggregate/label-sets.js'
import { negativeBinomial, sfc32 } from '../stat/random.js'
import { partOfWorld } from './world-regions.js'
import { clumpsAt, clumpsOf, closeStep, countMinute, EVERYTHING, MAX_PLACES, places, RING, ringOf } from './places.js'

describe('clumps', () => {
  it('are the reports themselves where these come one by one', () => {
    expect(clumpsOf(7, 1e9)).toBeCloseTo(7, 6)
    expect(clumpsOf(0, 0.1)).toBe(0)
    expect(clumpsOf(1, 0.1)).toBe(1)
  })
  it('sum term by term and as an integral to the same', () => {
    let sum = 0
    for (let i = 0; i < 500; i++) sum += 40 / (40 + i)
    expect(clumpsOf(500, 40)).toBeCloseTo(sum, 0)
  })
  it('have the mean of a compound Poisson, and scatter no more than one', () => {
    const random = sfc32(5)
    const mean = 0.6
    const phi = 2.5
    const r = mean / (phi - 1)
    const seen = Array.from({ length: 40_000 }, () => clumpsOf(negativeBinomial(random, mean, phi), r))
    const average = seen.reduce((a, b) => a + b) / seen.length
    const variance = seen.reduce((a, b) => a + (b - average) ** 2, 0) / seen.length
    expect(average).toBeCloseTo(r * Math.log(phi), 2)
    expect(variance / average).toBeLessThan(1)
  })
})

describe('places', () => {
  const T = Date.UTC(2031, 4, 9)
  const takeAll = (all: Record<string, string>[]) => {
    const s = places()
    const book = leafBook()
    const ring = slotRing()
    all.forEach((labels, i) => {
      addRow(ring, T + i * MINUTE, leafFor(book, labels), 1, 0, 0)
      countMinute(s, book, rowsAt(ring, T + i * MINUTE))
    })
    return s
  }
  const seen = (s: ReturnType<typeof places>, key: string) =>
    s.places.find(({ label, value }) => `${label}=${value}` === key)?.reports

  it('are the label values, the part of the world and the continent of a report', () => {
    const s = takeAll([{ country: 'DE', platform: 'web' }, { country: 'PL' }, { country: 'SG' }])
    expect(seen(s, 'country=DE')).toBe(1)
    expect(seen(s, 'platform=web')).toBe(1)
    expect(seen(s, 'part of the world=Western Europe')).toBe(1)
    expect(seen(s, 'continent=Europe')).toBe(2)
    expect(seen(s, 'continent=Asia')).toBe(1)
  })
  it('count each report once in everything, also without a country or with one that is none', () => {
    const s = takeAll([{ country: 'DE' }, { platform: 'web' }, { country: 'ZZ' }, {}])
    expect(seen(s, 'continent=')).toBe(3)
    expect(s.places[EVERYTHING]!.clumps).toBeCloseTo(4, 6)
  })
  it('leave out what replaces itself without trouble', () => {
    const s = takeAll([{ version: '6.2', lang: 'en', country: 'DE' }])
    expect(seen(s, 'version=6.2')).toBeUndefined()
    expect(seen(s, 'lang=en')).toBeUndefined()
  })
  it('are no more than a limit, whatever labels come', () => {
    const s = takeAll(Array.from({ length: 3_000 }, (_, i) => ({ [`l${i % 12}`]: `v${i}`, country: 'DE' })))
    expect(s.places.length).toBeLessThanOrEqual(MAX_PLACES)
    expect(seen(s, 'country=DE')).toBe(3_000)
  })
  it('hold the same steps whether few of these have clumps or all', () => {
    const random = sfc32(7)
    const s = places()
    const [everything] = s.places
    s.step = s.first = 1_000
    const scratch = new Float32Array(RING).fill(5)
    const held = new Map<number, number>()
    let asColumn = 0
    for (let i = 0; i < 6 * RING; i++) {
      // Rarely at first, then more and more often.
      if (random() < i / (5 * RING)) everything!.clumps = Math.fround(3 * random())
      held.set(s.step % RING, everything!.clumps)
      closeStep(s, false)
      if (!Array.isArray(everything!.ring)) asColumn++
      const column = ringOf(everything!, scratch)
      for (const [at, clumps] of held) {
        expect(clumpsAt(everything!, at)).toBe(clumps)
        expect(column[at]).toBe(clumps)
      }
    }
    expect(asColumn).toBeGreaterThan(RING)
    expect(asColumn).toBeLessThan(6 * RING)
  })
  it('know where countries lie', () => {
    expect(partOfWorld('de')).toEqual({ continent: 'Europe', part: 'Western Europe' })
    expect(partOfWorld('BR')?.continent).toBe('South America')
    expect(partOfWorld('XX')).toBeNull()
  })
})
