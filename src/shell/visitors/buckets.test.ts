import { describe, expect, it } from 'vitest'
import { MINUTE } from '../../contract/time.js'
import { Buckets } from './buckets.js'

const took = (buckets: Buckets, name: string, now: number, tries: number) =>
  Array.from({ length: tries }, () => buckets.take(name, now)).filter(Boolean).length

describe('Buckets', () => {
  it('gives the burst at once, then the rate, never more than the burst', () => {
    const buckets = new Buckets({ burst: 10, perMinute: 2 }, 100)
    expect(took(buckets, 'a', 0, 50)).toBe(10)
    expect(took(buckets, 'a', MINUTE, 50)).toBe(2)
    expect(took(buckets, 'a', 1.4 * MINUTE, 50)).toBe(0)
    expect(took(buckets, 'a', 1.6 * MINUTE, 50)).toBe(1)
    expect(took(buckets, 'a', 1_000 * MINUTE, 50)).toBe(10)
    expect(took(buckets, 'b', 0, 50)).toBe(10)
  })
  it('a clock that is set back gives nothing', () => {
    const buckets = new Buckets({ burst: 1, perMinute: 1 }, 100)
    expect([buckets.take('a', 10 * MINUTE), buckets.take('a', 0)]).toEqual([true, false])
  })
  it('memory is bounded: the one used longest ago is forgotten', () => {
    const buckets = new Buckets({ burst: 1, perMinute: 0 }, 3)
    for (const name of ['a', 'b', 'c', 'a', 'd']) buckets.take(name, 0)
    expect(buckets.size).toBe(3)
    expect([buckets.take('a', 0), buckets.take('b', 0)]).toEqual([false, true])
  })
})
