import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEDUPE_MS } from '../../contract/limits.js'
import { HOUR, MINUTE } from '../../contract/time.js'
import { Dedupe } from './dedupe.js'
import { fingerprint, print } from '../stat/fingerprint.js'

const T0 = Date.UTC(2026, 1, 3)
const add = (dedupe: Dedupe, service: string, id: string, now: number) => {
  fingerprint(service, id)
  return dedupe.add(print.hi, print.lo, now)
}
const forget = (dedupe: Dedupe, service: string, id: string) => {
  fingerprint(service, id)
  dedupe.forget(print.hi, print.lo)
}

describe('Dedupe', () => {
  it('counts a service + id once', () => {
    const dedupe = new Dedupe()
    expect(add(dedupe, 'a', '1', T0)).toBe('new')
    expect(add(dedupe, 'a', '1', T0 + HOUR)).toBe('duplicate')
    expect(add(dedupe, 'b', '1', T0)).toBe('new')
    expect(add(dedupe, 'a', '11', T0)).toBe('new')
  })
  it('tells the service from the id', () => {
    const dedupe = new Dedupe()
    expect(add(dedupe, 'ab', 'c', T0)).toBe('new')
    expect(add(dedupe, 'a', 'bc', T0)).toBe('new')
  })
  it('looks at the whole of a fingerprint: half of one may be anybody’s', () => {
    const dedupe = new Dedupe()
    // Some of these begin at the same place of the table, wherever it looks.
    for (let bit = 0; bit < 32; bit++) expect(dedupe.add(7, (2 ** bit) >>> 0, T0)).toBe('new')
    for (let hi = 8; hi <= 2_000; hi++) expect(dedupe.add(hi, 1, T0)).toBe('new')
    expect(dedupe.add(7, 4, T0)).toBe('duplicate')
  })
  it('forgets after its horizon and not before', () => {
    const dedupe = new Dedupe()
    add(dedupe, 'a', '1', T0)
    expect(add(dedupe, 'a', '1', T0 + DEDUPE_MS - MINUTE)).toBe('duplicate')
    expect(add(dedupe, 'a', '1', T0 + DEDUPE_MS + MINUTE)).toBe('new')
  })
  it('takes back what could not be made durable', () => {
    const dedupe = new Dedupe()
    add(dedupe, 'a', '1', T0)
    add(dedupe, 'a', '2', T0)
    forget(dedupe, 'a', '1')
    expect(add(dedupe, 'a', '2', T0)).toBe('duplicate')
    expect(add(dedupe, 'a', '1', T0)).toBe('new')
    expect(add(dedupe, 'a', '1', T0)).toBe('duplicate')
  })
  it('answers as a map of times does, whatever comes', () => {
    const step = fc.record({ id: fc.nat(400), minutes: fc.nat({ max: 300 }), back: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), steps => {
        const dedupe = new Dedupe()
        const seen = new Map<number, number>()
        let now = T0
        for (const { id, minutes, back } of steps) {
          now += minutes * MINUTE
          if (back && seen.has(id)) {
            forget(dedupe, 's', String(id))
            seen.delete(id)
          }
          const last = seen.get(id)
          const expected = last !== undefined && now - last < DEDUPE_MS ? 'duplicate' : 'new'
          if (add(dedupe, 's', String(id), now) !== expected) return false
          if (expected === 'new') seen.set(id, now)
        }
        return true
      }),
      { numRuns: 60 },
    )
  })
  it('keeps a hundred thousand apart', () => {
    const dedupe = new Dedupe()
    for (let i = 0; i < 100_000; i++)
      if (add(dedupe, 'service', `id-${i}`, T0 + i) !== 'new') throw new Error(`id-${i} was taken for another`)
    for (let i = 0; i < 100_000; i += 7)
      if (add(dedupe, 'service', `id-${i}`, T0 + 100_000) !== 'duplicate') throw new Error(`id-${i} was forgotten`)
  })
  it('is bounded: when it is full the oldest go first, and it says how far back it knows', () => {
    const dedupe = new Dedupe(1_024)
    const ids = 64 * 1_024 * 2
    const verdicts = new Set<string>()
    for (let i = 0; i < ids; i++) verdicts.add(add(dedupe, 's', `${i}`, T0 + i * 40))
    expect(verdicts).toEqual(new Set(['new']))
    expect(dedupe.bytes).toBeLessThanOrEqual(64 * 1_024 * 12)
    const horizonMs = dedupe.horizonMs
    expect(horizonMs).toBeLessThan(DEDUPE_MS)
    expect(horizonMs).toBeGreaterThan(5 * MINUTE)
    const now = T0 + (ids - 1) * 40
    for (let i = 0; i < ids; i += 101)
      if (T0 + i * 40 > now - horizonMs + MINUTE) expect(add(dedupe, 's', `${i}`, now)).toBe('duplicate')
  })
  it('refuses rather than forgets within one minute', () => {
    const dedupe = new Dedupe(256)
    const verdicts = new Set<string>()
    for (let i = 0; i < 64 * 256; i++) verdicts.add(add(dedupe, 's', `${i}`, T0))
    expect(verdicts).toEqual(new Set(['new', 'full']))
  })
})

describe('fingerprint()', () => {
  it('spreads ids that differ in one place', () => {
    const seen = new Set<string>()
    const high = new Int32Array(64)
    for (let i = 0; i < 64_000; i++) {
      fingerprint('chat-assistant', `r${i.toString(36).padStart(8, '0')}`)
      seen.add(`${print.hi}:${print.lo}`)
      high[print.hi >>> 26]!++
    }
    expect(seen.size).toBe(64_000)
    // A thousand a shard; a binomial count strays by more than 200 once in 10 billion.
    expect(Math.max(...high)).toBeLessThan(1_200)
    expect(Math.min(...high)).toBeGreaterThan(800)
  })
})
