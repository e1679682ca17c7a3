import { describe, expect, it } from 'vitest'
import { failingWorld, SPAN } from './fixtures/failing-world.js'
import { fisher, suggestEdges } from './suggest.js'

const none = (): boolean => false

describe('suggestEdges()', () => {
  it('is right in nine of ten where nodes stand on one another', () => {
    let [right, said, there] = [0, 0, 0]
    for (let seed = 1; seed <= 40; seed++) {
      const { onsets, edges } = failingWorld(seed, true)
      const found = suggestEdges(onsets, SPAN, none)
      said += found.length
      there += edges.size
      right += found.filter(each => edges.has(`${each.from}>${each.to}`)).length
    }
    expect(right / said).toBeGreaterThanOrEqual(0.9)
    expect(right / there).toBeGreaterThan(0.6)
  })

  it('suggests hardly anything where nothing stands on anything', () => {
    let said = 0
    for (let seed = 1; seed <= 100; seed++) said += suggestEdges(failingWorld(seed, false).onsets, SPAN, none).length
    // A hundred worlds at one in a hundred each.
    expect(said).toBeLessThanOrEqual(3)
  })

  it('suggests nothing that is known', () => {
    const { onsets } = failingWorld(1, true)
    const [first] = suggestEdges(onsets, SPAN, none)
    const again = suggestEdges(onsets, SPAN, (a, b) => a === first!.from && b === first!.to)
    expect(again).not.toContainEqual(first)
  })

  it('tests exactly', () => {
    expect(fisher(0, 3, 4, 50)).toBe(1)
    expect(fisher(2, 2, 2, 4)).toBeCloseTo(1 / 6, 10)
    expect(fisher(1, 2, 2, 4)).toBeCloseTo(5 / 6, 10)
  })
})
