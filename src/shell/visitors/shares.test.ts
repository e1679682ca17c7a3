import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Circles, Shares } from './shares.js'

const who = (network: number, prefix = 0, address = 0): Circles => [`n${network}`, `p${prefix}`, `a${address}`]
const fill = (shares: Shares<object>, circles: Circles, many: number) =>
  Array.from({ length: many }, () => shares.take(circles, {})).filter(each => each.in).length

describe('shares', () => {
  it('one party alone may have all that a party may have', () => {
    const shares = new Shares<object>(100, [80, 60, 50])
    expect(fill(shares, who(1), 200)).toBe(50)
    expect(fill(shares, who(1, 0, 1), 200)).toBe(30)
    expect(shares.count(['n1', 'p0'])).toBe(60)
  })
  it('when all are taken the largest holder makes room, and for newcomers alone', () => {
    const shares = new Shares<object>(100, [100, 100, 100])
    fill(shares, who(1), 100)
    const small = shares.take(who(2), {})
    expect(small.in && small.out).not.toBeNull()
    expect(shares.count(['n1'])).toBe(99)
    expect(shares.take(who(1), {}).in).toBe(false)
    expect(shares.size).toBe(100)
  })
  it('within one network the largest address makes room, and other networks lose nothing', () => {
    const shares = new Shares<object>(20, [10, 10, 10])
    fill(shares, who(1), 9)
    fill(shares, who(1, 0, 1), 1)
    fill(shares, who(2), 6)
    expect(shares.take(who(1, 0, 2), {}).in).toBe(true)
    expect([shares.count(['n1']), shares.count(['n2'])]).toEqual([10, 6])
    expect(shares.count(who(1))).toBe(8)
  })
  it('a network of many addresses gives way to a small network as one', () => {
    const shares = new Shares<object>(100, [100, 100, 100])
    for (let address = 0; address < 100; address++) shares.take(who(1, address % 5, address), {})
    for (let other = 2; other < 12; other++) expect(shares.take(who(other), {}).in).toBe(true)
    expect(shares.count(['n1'])).toBe(90)
  })
  it('whoever gave up a place cannot take it back by asking again', () => {
    const shares = new Shares<object>(10, [10, 10, 10])
    fill(shares, who(1), 10)
    fill(shares, who(2), 5)
    expect([shares.count(['n1']), shares.count(['n2'])]).toEqual([5, 5])
    expect(fill(shares, who(1), 10) + fill(shares, who(2), 10)).toBe(0)
  })
  it('which one goes may be chosen, also none', () => {
    const first: object = {}
    const shares = new Shares<object>(2, [2, 2, 2], items => (items.has(first) ? first : null))
    shares.take(who(1), first)
    fill(shares, who(1), 1)
    expect(shares.take(who(2), {})).toEqual({ in: true, out: first })
    expect(shares.take(who(3), {}).in).toBe(false)
  })
  it('holds never more than allowed on any level, and forgets whoever is gone', () => {
    const step = fc.tuple(fc.nat(3), fc.nat(2), fc.nat(2), fc.boolean())
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), steps => {
        const shares = new Shares<object>(12, [9, 6, 4])
        const held = new Set<object>()
        for (const [network, prefix, address, leave] of steps) {
          const [first] = held
          if (leave && first !== undefined) {
            shares.free(first)
            held.delete(first)
            continue
          }
          const item = {}
          const taken = shares.take(who(network, prefix, address), item)
          if (taken.in) held.add(item)
          if (taken.in && taken.out !== null) held.delete(taken.out)
          expect(shares.size).toBe(held.size)
          expect(shares.size).toBeLessThanOrEqual(12)
          expect(shares.count([`n${network}`])).toBeLessThanOrEqual(9)
          expect(shares.count(who(network, prefix, address))).toBeLessThanOrEqual(4)
        }
        for (const item of held) shares.free(item)
        expect(shares.size).toBe(0)
        expect(shares.count([])).toBe(0)
      }),
    )
  })
  it('who holds nothing gets in whenever somebody holds two', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4), { minLength: 10, maxLength: 40 }), networks => {
        const shares = new Shares<object>(8, [8, 8, 8])
        for (const network of networks) shares.take(who(network), {})
        const two = [0, 1, 2, 3, 4].some(network => shares.count([`n${network}`]) >= 2)
        expect(shares.take(who(9), {}).in).toBe(shares.size < 8 || two)
      }),
    )
  })
})
