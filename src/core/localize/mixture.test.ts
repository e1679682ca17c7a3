import { describe, expect, it } from 'vitest'
import { beta, binomial, sfc32, type Random } from '../stat/random.js'
import { findMixture, type Unit } from './mixture.js'
import { segment } from './segment.js'
import { TableBuilder } from './table.js'

const USUAL = 0.01
const units = (random: Random, count: number, requests: number, rate: (i: number) => number): Unit[] =>
  Array.from({ length: count }, (_, i) => {
    const total = Math.ceil(requests * (0.3 + 2 * random()))
    return { bad: binomial(random, total, Math.min(1, rate(i) + USUAL)), total, usual: total * USUAL }
  })

describe('findMixture()', () => {
  it.each([
    [0.3, 0.9, 40, 30],
    [0.5, 0.4, 60, 50],
    [0.7, 0.8, 24, 200],
    [0.4, 0.9, 120, 8],
  ])('finds a part of %d failing at %d among %d units of about %d requests', (part, q, count, requests) => {
    const held = { hit: 0, among: 0, found: 0 }
    for (let seed = 0; seed < 60; seed++) {
      const random = sfc32(seed)
      const hit = Array.from({ length: count }, () => random() < part)
      const all = units(random, count, requests, i => (hit[i] ? q : 0))
      const inside =
        all.filter((_, i) => hit[i]).reduce((s, u) => s + u.total, 0) / all.reduce((s, u) => s + u.total, 0)
      const found = findMixture(all)
      if (!found) continue
      held.found++
      expect(found.hit).toBeGreaterThan(inside - 0.1)
      expect(found.hit).toBeLessThan(inside + 0.1)
      if (found.hitInterval[0] <= part && found.hitInterval[1] >= part) held.hit++
      if (found.amongInterval[0] <= q + USUAL && found.amongInterval[1] >= q + USUAL) held.among++
    }
    expect(held.found).toBeGreaterThanOrEqual(55)
    expect(held.hit).toBeGreaterThanOrEqual(0.88 * held.found)
    expect(held.among).toBeGreaterThanOrEqual(0.88 * held.found)
  })

  it.each([
    ['one rate', () => 0.4],
    ['rates that scatter around one', (random: Random) => beta(random, 4, 6)],
    ['rates that scatter widely', (random: Random) => beta(random, 1.2, 1.8)],
    ['small rates that scatter', (random: Random) => 0.05 * -Math.log(1 - random())],
  ])('claims nothing of %s in 95 % of segments', (_, draw) => {
    let claims = 0
    for (let seed = 0; seed < 200; seed++) {
      const random = sfc32(1000 + seed)
      const rates = Array.from({ length: 50 }, () => draw(random))
      if (findMixture(units(random, 50, 60, i => rates[i]!))) claims++
    }
    expect(claims).toBeLessThanOrEqual(10)
  })

  it('claims nothing of too few units', () => {
    expect(findMixture(units(sfc32(1), 5, 500, i => (i < 3 ? 0.9 : 0)))).toBeNull()
  })
})

describe('segment() of a fault that no label explains', () => {
  const window = (explained: boolean) => {
    const random = sfc32(5)
    const builder = new TableBuilder()
    for (let region = 0; region < 4; region++)
      for (let isp = 0; isp < 6; isp++)
        for (let platform = 0; platform < 4; platform++)
          for (let version = 0; version < 4; version++) {
            const labels = { region: `r${region}`, isp: `i${isp}`, platform: `p${platform}`, version: `v${version}` }
            const unlucky = explained ? isp < 3 : random() < 0.45
            const share = region === 0 && unlucky ? 0.8 : 0
            builder.add(labels, binomial(random, 300, share) + binomial(random, 300, 0.002), 0.6, 300)
          }
    return segment(builder.table(), { kind: 'rates' })
  }

  it('says that a part is hit, which share of it, and that nothing seen explains it', () => {
    const { segments, uneven } = window(false)
    expect(segments[0]!.where).toEqual({ region: ['r0'] })
    const own = uneven.find(u => JSON.stringify(u.where) === '{"region":["r0"]}')!
    expect(own.explainedBy).toEqual([])
    expect(own.hit!.share).toBeGreaterThan(0.3)
    expect(own.hit!.share).toBeLessThan(0.6)
    expect(own.among!.share).toBeGreaterThan(0.75)
    expect(own.among!.share).toBeLessThan(0.85)
  })

  it('leaves it to the label where one explains it', () => {
    const { segments, uneven } = window(true)
    expect(segments.map(s => s.where)).toEqual([{ isp: ['i0', 'i1', 'i2'], region: ['r0'] }])
    expect(uneven.filter(u => u.explainedBy.length === 0)).toEqual([])
  })
})
