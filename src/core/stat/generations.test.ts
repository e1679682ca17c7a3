import { describe, expect, it } from 'vitest'
import { generations, putNewest, recall, turnOver } from './generations.js'

describe('two generations', () => {
  it('remember over one change and forget at the second', () => {
    const both = generations<number>()
    both.young.set('ana', 1)
    turnOver(both, 10)
    both.young.set('bo', 2)
    expect([recall(both, 'ana'), recall(both, 'bo'), both.since]).toEqual([1, 2, 10])
    turnOver(both, 20)
    expect([recall(both, 'ana'), recall(both, 'bo')]).toEqual([undefined, 2])
  })
  it('the young one has the newer word', () => {
    const both = generations<number>()
    both.young.set('ana', 1)
    turnOver(both, 10)
    both.young.set('ana', 2)
    expect(recall(both, 'ana')).toBe(2)
  })
})

describe('putNewest()', () => {
  it('keeps those that were set last, and says who went', () => {
    const map = new Map<string, number>()
    for (const key of ['a', 'b', 'c']) expect(putNewest(map, key, 0, 3)).toBeUndefined()
    expect(putNewest(map, 'a', 1, 3)).toBeUndefined()
    expect(putNewest(map, 'd', 1, 3)).toBe('b')
    expect([...map.keys()]).toEqual(['c', 'a', 'd'])
  })
})
