import { describe, expect, it } from 'vitest'
import { NONE_ID, OTHER, OTHER_ID, Values } from './label-values.js'

const HOUR = 3_600_000
/** So many lines of each of these, as one round. */
function round(values: Values, counts: Record<string, number>, now = 0, good = true): void {
  for (const [value, count] of Object.entries(counts)) for (let i = 0; i < count; i++) values.idOf(value, good, now)
  values.count(Object.values(counts).reduce((sum, each) => sum + each, 0))
  values.settle(now)
}

describe('values of a label', () => {
  it('that a client wrote are known once they are common, and only between rounds', () => {
    const values = new Values(10, false)
    for (let i = 0; i < 50; i++) expect(values.idOf('/a', true, 0)).toBe(OTHER_ID)
    round(values, { '/b': 19, '/c': 3_000 })
    expect(values.known.toSorted()).toEqual(['/a', '/c'])
    // Over rounds as well, but not where it is less than a hundredth.
    round(values, { '/b': 1 })
    expect(values.known).not.toContain('/b')
    round(values, { '/b': 40 })
    expect(values.known).toContain('/b')
    round(values, { '/missing': 5_000 }, 0, false)
    expect(values.known).not.toContain('/missing')
    expect([values.idOf('', true, 0), values.textOf(OTHER_ID), values.textOf(999)]).toEqual([NONE_ID, OTHER, OTHER])
  })

  it('become known later too, after however many lines', () => {
    const values = new Values(10, false)
    for (let i = 0; i < 20; i++) round(values, { '/': 10_000 })
    for (let i = 0; i < 3; i++) round(values, { '/': 2_000, '/new': 100 })
    expect(values.known).toEqual(['/', '/new'])
  })

  it('are so many and no more, and those that nobody uses make room', () => {
    for (const trusted of [true, false]) {
      const values = new Values(3, trusted, [], 0, ['fixed'])
      round(values, { a: 100, b: 100, c: 100 })
      expect(values.known).toEqual(['fixed', 'a', 'b'])
      round(values, { b: 1 }, 20 * HOUR)
      round(values, { c: 100 }, 30 * HOUR)
      round(values, { c: 100 }, 30 * HOUR)
      expect(values.known).toEqual(['fixed', 'b', 'c'])
      expect(values.textOf(values.idOf('c', true, 30 * HOUR))).toBe('c')
      round(values, { ['y'.repeat(65)]: 100 }, 60 * HOUR)
      expect(values.known.join()).not.toContain('y')
    }
  })

  it('of our own servers are known at once', () => {
    const values = new Values(10, true)
    expect(values.textOf(values.idOf('10.0.0.1:80', false, 0))).toBe('10.0.0.1:80')
  })

  it('keep nothing of what strangers make up', () => {
    const values = new Values(10, false)
    for (let i = 0; i < 10; i++)
      round(values, Object.fromEntries(Array.from({ length: 3_000 }, (_, j) => [`/u${i}-${j}`, 1])))
    expect(values.known).toEqual([])
  })
})
