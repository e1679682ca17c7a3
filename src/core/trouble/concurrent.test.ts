import { describe, expect, it } from 'vitest'
import { MINUTE } from '../../contract/time.js'
import { STREAM_START as T } from '../../testing/stream.js'
import { newestExcess, ownOf } from './concurrent.js'
import { follow } from './fixtures/service.js'

const world = { minutes: 330, components: ['cart', 'search', 'pay'], requests: 100 }
const cart = { from: 120, until: 200, where: { component: ['cart'], cell: ['a', 'b'] }, bad: 0.3 }
const pay = { from: 145, until: 240, where: { component: ['pay'] }, bad: 0.5 }

describe('a second trouble beside the first', () => {
  const { bad } = follow({ ...world, faults: [cart, pay] })
  const both = [...bad].filter(([, found]) => found.length > 1).map(([minute]) => minute)

  it('is said apart from it, in its own place, with its own onset', () => {
    expect(both[0]).toBeGreaterThan(149)
    expect(both[0]).toBeLessThan(158)
    const [first, second] = bad.get(170)!
    expect(first!.branch).toBeUndefined()
    expect(first!.segments.map(x => x.where)).toEqual([cart.where])
    expect(second!.branch).toMatch(/^[a-z0-9]+$/)
    expect(second!.segments.map(x => x.where)).toEqual([pay.where])
    expect(Math.abs((second!.onset - T) / MINUTE - 145)).toBeLessThanOrEqual(2)
    expect(second!.components).toEqual(['pay'])
  })
  it('at the tick at which it is told apart, the first says since when what it read was of both', () => {
    const parted = bad.get(both[0]!)![0]!.partedSince!
    expect(Math.abs((parted - T) / MINUTE - 145)).toBeLessThanOrEqual(2)
    expect(bad.get(both[0]! - 1)![0]!.partedSince).toBeUndefined()
  })
  it('what fails is counted once: the shares of the two are of the whole', () => {
    const [first, second] = bad.get(170)!
    expect(first!.share! + second!.share!).toBeLessThan(0.3)
    expect(second!.share).toBeGreaterThan(0.1)
  })
  it('takes the place of the first when that is over, and keeps its name', () => {
    const { branch } = bad.get(170)![1]!
    const { s } = follow({ ...world, minutes: 265, faults: [cart, pay] })
    expect(s.branches).toEqual([])
    expect(s.troubles.bad?.branch).toBe(branch)
    expect(bad.get(265)!.map(x => x.branch)).toEqual([branch])
  })
})

describe('growth of one trouble', () => {
  it('is none of its own: the next cells of a rollout, nor the same place getting worse', () => {
    for (const more of [
      { from: 140, until: 200, where: { component: ['cart'], cell: ['c'] }, bad: 0.3 },
      { from: 140, until: 200, where: cart.where, bad: 0.5 },
    ]) {
      const { bad, s } = follow({ ...world, minutes: 220, faults: [cart, more] })
      expect([...bad.values()].every(found => found.length === 1)).toBe(true)
      expect(ownOf(s, T)).toBeNull()
    }
  })
  it('the newest excess is that of any of them', () => {
    const { s } = follow({ ...world, minutes: 170, faults: [cart, pay] })
    expect(s.branches).toHaveLength(1)
    expect(newestExcess(s)).toBe(T + 170 * MINUTE)
  })
})
