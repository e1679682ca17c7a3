import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sfc32 } from '../stat/random.js'
import { findOverMentioned, type Mentionable } from './over-mentioned.js'

const values = (people: number[], weights: number[]): Mentionable[] =>
  people.map((n, i) => ({ people: n, weight: weights[i]! }))
const ten = Array.from({ length: 10 }, () => 4)

describe('findOverMentioned()', () => {
  it.each<[string, number[], number[], number, number[] | null]>([
    ['7 of 9 quote what serves 8 % of the traffic', [7, 1, 1], [3.2, 2, 2], 33, [0]],
    ['5 of 5 do', [5], [3.2], 36.8, [0]],
    ['4 of 4: too few people', [4], [3.2], 36.8, null],
    ['3 of 9 do: chance', [3, 1, 1, 1, 1, 1, 1], [3.2, 6, 6, 6, 6, 6, 6], 0.8, null],
    ['nobody quotes what serves the most', [3, 2, 2, 2], [3.2, 2, 2, 2], 31, [0, 1, 2, 3]],
    ['half of it serves half of the traffic', [5, 5], [20, 20], 0, null],
    ['everything is quoted ten times as often', ten.map(() => 30), ten, 0, null],
    ['four of ten are, the others as usual', [40, 45, 38, 50, 1, 2, 0, 1, 2, 1], ten, 0, [3, 1, 0, 2]],
    ['four of ten are, the others not at all', [40, 45, 38, 50, 0, 0, 0, 0, 0, 0], ten, 0, [3, 1, 0, 2]],
    ['nothing is known of what is usual', [7, 1, 1], [0.7, 0.7, 0.7], 0, null],
    ['nobody quotes anything', [0, 0], [5, 5], 0, null],
    ['no values', [], [], 0, null],
  ])('%s', (_, people, weights, rest, hit) => {
    expect(findOverMentioned(values(people, weights), rest)?.hit ?? null).toEqual(hit)
  })

  it('counts those who quote it, and the part that usually does', () => {
    const found = findOverMentioned(values([7, 1, 1], [3, 2, 2]), 33)!
    expect(found).toMatchObject({ people: 7, of: 9 })
    expect(found.usual[0]).toBeCloseTo(3 / 40, 10)
  })

  it('names no value that one person alone quotes, however rare it is', () => {
    const found = findOverMentioned(values([12, 1], [3, 0.001]), 37)!
    expect(found.hit).toEqual([0])
  })

  it('leaves out a value that is quoted far less than the others', () => {
    const found = findOverMentioned(values([40, 45, 2, 0, 0, 0], [4, 4, 4, 4, 4, 4]), 0)!
    expect(found.hit).toEqual([1, 0])
  })

  it('is surer of the same counts the better habits are known', () => {
    const bits = (weight: number) =>
      findOverMentioned(values([8, 1], [0.08 * weight, 0.05 * weight]), 0.87 * weight)?.bits ?? 0
    expect(bits(80)).toBeGreaterThan(bits(40))
    expect(bits(40)).toBeGreaterThan(bits(15))
  })

  it('more people who quote it never make it less sure', () => {
    for (let n = 5; n < 40; n++) {
      const bits = (k: number) => findOverMentioned(values([k, 1], [3, 2]), 35)?.bits ?? 0
      expect(bits(n + 1), `${n}`).toBeGreaterThanOrEqual(bits(n))
    }
  })

  it('does not depend on the order of the values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(30), fc.integer({ min: 1, max: 400 })), { minLength: 1, maxLength: 12 }),
        fc.integer(),
        (pairs, seed) => {
          const own = pairs.map(([people, w], i) => ({ people, weight: w / 10, i }))
          const random = sfc32(seed)
          const other = own.map(v => ({ v, key: random() })).sort((x, y) => x.key - y.key)
          const a = findOverMentioned(own, 3)
          const b = findOverMentioned(
            other.map(({ v }) => v),
            3,
          )
          // Values alike in both counts may change places.
          const name = (v: Mentionable) => `${v.people}/${v.weight}`
          expect(b?.hit.map(i => name(other[i]!.v)).sort()).toEqual(a?.hit.map(i => name(own[i]!)).sort())
          expect(b?.bits ?? 0).toBeCloseTo(a?.bits ?? 0, 6)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('finds nothing in what is drawn as usual, more rarely than the odds it asks for', () => {
    const random = sfc32(5)
    const share = [0.3, 0.2, 0.15, 0.1, 0.1, 0.05, 0.05, 0.03, 0.02]
    let found = 0
    const rounds = 2_000
    for (let r = 0; r < rounds; r++) {
      // Habits are themselves a draw: sixty quotes.
      const draw = (n: number) => {
        const counts = share.map(() => 0)
        for (let j = 0; j < n; j++) {
          let u = random()
          let i = 0
          while (i < share.length - 1 && (u -= share[i]!) > 0) i++
          counts[i]!++
        }
        return counts
      }
      const usual = draw(60)
      if (
        findOverMentioned(
          values(
            draw(5 + Math.floor(random() * 60)),
            usual.map(w => w + 2 / 9),
          ),
          0,
        )
      )
        found++
    }
    expect(found / rounds).toBeLessThan(1 / 64)
  })
})
