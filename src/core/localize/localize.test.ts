import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gamma, normal, poisson, sfc32, type Random } from '../stat/random.js'
import { localize, type RootCause } from './localize.js'
import { TableBuilder, type Kind, type LeafTable } from './table.js'

type Labels = Record<string, string>
const SIZES: Record<string, number> = { region: 6, component: 4, platform: 3, isp: 5 }

/** Every combination of the labels once, with what `leaf` says of it. */
function grid(leaf: (labels: Labels) => { real: number; predict: number; total?: number }, sizes = SIZES): LeafTable {
  const builder = new TableBuilder()
  const names = Object.keys(sizes)
  const walk = (depth: number, labels: Labels): void => {
    if (depth === names.length) {
      const { real, predict, total } = leaf(labels)
      builder.add(labels, real, predict, total)
      return
    }
    const name = names[depth]!
    for (let v = 1; v <= sizes[name]!; v++) walk(depth + 1, { ...labels, [name]: `${name[0]}${v}` })
  }
  walk(0, {})
  return builder.table()
}

const counts = (random: Random, times: (l: Labels) => number, spread = 0.1, mean = 3): LeafTable =>
  grid(l => {
    const predict = mean * Math.exp(0.7 * normal(random))
    return { real: poisson(random, predict * times(l) * gamma(random, 1 / spread) * spread), predict }
  })

const measures = (random: Random, factor: (l: Labels) => number, noise: number): LeafTable =>
  grid(l => {
    const real = 100 * Math.exp(normal(random))
    const f = factor(l)
    return f === 1 ? { real: real * (1 + noise * normal(random)), predict: real } : { real: real * f, predict: real }
  })

const rates = (random: Random, share: (l: Labels) => number): LeafTable =>
  grid(l => {
    const total = poisson(random, 200)
    return { real: Math.min(total, poisson(random, total * (0.02 + share(l)))), predict: total * 0.02, total }
  })

const wheres = (causes: RootCause[]) => causes.map(c => c.where)

describe('localize counts', () => {
  it.each<[string, Labels, RootCause['where']]>([
    ['a single label', { region: 'r2' }, { region: ['r2'] }],
    ['two and-ed labels', { region: 'r2', platform: 'p3' }, { region: ['r2'], platform: ['p3'] }],
    [
      'three and-ed labels',
      { region: 'r2', platform: 'p3', isp: 'i1' },
      { region: ['r2'], platform: ['p3'], isp: ['i1'] },
    ],
  ])('names %s', (_, fault, where) => {
    const table = counts(sfc32(1), l => (Object.entries(fault).every(([k, v]) => l[k] === v) ? 12 : 1))
    const found = localize(table, { kind: 'counts' })
    expect(wheres(found)).toEqual([where])
    expect(found[0]!.share).toBeNull()
    expect(found[0]!.real / found[0]!.expected).toBeGreaterThan(6)
  })

  it('keeps two causes apart, also where they cross and fail doubly', () => {
    const table = counts(sfc32(2), l => (l['region'] === 'r1' ? 10 : 1) * (l['component'] === 'c2' ? 8 : 1))
    expect(wheres(localize(table))).toEqual(expect.arrayContaining([{ region: ['r1'] }, { component: ['c2'] }]))
    expect(localize(table)).toHaveLength(2)
  })

  it('joins values that fail alike', () => {
    const table = counts(sfc32(3), l => (['r1', 'r4'].includes(l['region']!) ? 10 : 1), 0.02, 10)
    const [found, ...rest] = localize(table)
    expect(rest).toEqual([])
    expect(found!.where['region']!.toSorted()).toEqual(['r1', 'r4'])
  })

  it('narrows a parent of which most values fail to those that do', () => {
    const table = counts(sfc32(4), l => (l['region'] === 'r3' && l['component'] !== 'c1' ? 15 : 1), 0.02, 10)
    const found = localize(table)
    const named = found.flatMap(c =>
      c.where['region']?.[0] === 'r3' ? (c.where['component'] ?? ['all']) : ['elsewhere'],
    )
    expect(named.toSorted()).toEqual(['c2', 'c3', 'c4'])
  })

  it('blames a segment in which only a part of the leaves is hit', () => {
    const random = sfc32(5)
    expect(wheres(localize(counts(random, l => (l['isp'] === 'i2' && random() < 0.4 ? 12 : 1))))).toEqual([
      { isp: ['i2'] },
    ])
  })

  it('says {} when everything rises alike', () => {
    expect(wheres(localize(counts(sfc32(6), () => 6)))).toEqual([{}])
  })

  it('finds nothing in tables without a cause, be they overdispersed', () => {
    let named = 0
    for (let seed = 0; seed < 100; seed++) named += localize(counts(sfc32(seed), () => 1, 0.2)).length
    expect(named).toBeLessThanOrEqual(3)
  })

  it('is not impressed by an expectation that is three percent low everywhere', () => {
    expect(localize(counts(sfc32(7), () => 1.03, 0.005, 2000))).toEqual([])
  })
})

describe('localize measures', () => {
  it.each([0, 0.05, 0.2])('names losses of several depths in noise of %d', noise => {
    const table = measures(
      sfc32(8),
      l => (l['region'] === 'r5' ? 0.3 : l['component'] === 'c4' && l['isp'] === 'i5' ? 0.1 : 1),
      noise,
    )
    const found = wheres(localize(table))
    expect(found).toHaveLength(2)
    expect(found).toEqual(expect.arrayContaining([{ region: ['r5'] }, { component: ['c4'], isp: ['i5'] }]))
  })

  it('names a single leaf that stands out of the noise', () => {
    const leaf = { region: 'r1', component: 'c1', platform: 'p1', isp: 'i1' }
    const table = measures(sfc32(9), l => (Object.entries(leaf).every(([k, v]) => l[k] === v) ? 0.2 : 1), 0.05)
    expect(wheres(localize(table))).toEqual([{ region: ['r1'], component: ['c1'], platform: ['p1'], isp: ['i1'] }])
  })

  it('names causes that hit most of the table by their labels, not as everything', () => {
    const hit = (l: Labels) =>
      ['r1', 'r2', 'r3', 'r4'].includes(l['region']!)
        ? 0.11
        : l['component'] === 'c1' || l['component'] === 'c2'
          ? 0.19
          : 1
    const found = localize(measures(sfc32(21), hit, 0.03))
    expect(wheres(found)).toEqual(
      expect.arrayContaining([{ region: ['r1', 'r2', 'r3', 'r4'].sort() }, { component: ['c1', 'c2'] }]),
    )
    expect(found).toHaveLength(2)
  })

  it('names a faint leaf sooner beside one that changed as much', () => {
    const is = (leaf: string, l: Labels) => Object.values(l).join() === leaf
    const found = (sibling: number): number => {
      let named = 0
      for (let seed = 0; seed < 40; seed++) {
        const factor = (l: Labels) => (is('r1,c1,p1,i1', l) ? sibling : is('r2,c3,p2,i4', l) ? 0.25 : 1)
        const causes = localize(measures(sfc32(500 + seed), factor, 0.2))
        if (causes.some(c => c.where['region']?.[0] === 'r2' && c.where['isp']?.[0] === 'i4')) named++
      }
      return named
    }
    expect(found(0.1)).toBeGreaterThan(found(1) + 8)
  })

  it('reads the tail of the noise off the side that has no cause', () => {
    let named = 0
    for (let seed = 0; seed < 30; seed++) {
      const random = sfc32(900 + seed)
      const laplace = () => (random() < 0.5 ? 1 : -1) * Math.log(1 - random())
      const table = grid(() => {
        const [one, other] = [100, 100 * Math.max(0.05, 1 + 0.1 * laplace())]
        return random() < 0.5 ? { real: one, predict: other } : { real: other, predict: one }
      })
      if (localize(table).length > 0) named++
    }
    expect(named).toBeLessThanOrEqual(8)
  })

  it('names gains as well', () => {
    expect(wheres(localize(measures(sfc32(10), l => (l['platform'] === 'p2' ? 2 : 1), 0.05)))).toEqual([
      { platform: ['p2'] },
    ])
  })

  it('finds nothing in noise', () => {
    let named = 0
    for (let seed = 0; seed < 100; seed++) named += localize(measures(sfc32(seed), () => 1, 0.2)).length
    // The price of a measure's cell is its description length, so about one table in six of pure noise names a leaf.
    expect(named).toBeLessThanOrEqual(25)
  })
})

describe('localize rates', () => {
  it('names the label, its share and an interval around it', () => {
    const [found] = localize(rates(sfc32(11), l => (l['platform'] === 'p1' ? 0.3 : 0)))
    expect(found!.where).toEqual({ platform: ['p1'] })
    expect(found!.share).toBeCloseTo(0.3, 1)
    expect(found!.interval![0]).toBeLessThan(found!.share!)
    expect(found!.interval![1]).toBeGreaterThan(found!.share!)
    expect(found!.total).toBeGreaterThan(found!.real)
  })

  it('gives the alternatives for a single cause, best first', () => {
    const found = localize(
      rates(sfc32(12), l => (l['platform'] === 'p1' && l['region'] === 'r2' ? 0.4 : 0)),
      { candidates: 4 },
    )
    expect(found).toHaveLength(4)
    expect(found[0]!.where).toEqual({ platform: ['p1'], region: ['r2'] })
    expect(found.map(c => c.bits)).toEqual(found.map(c => c.bits).toSorted((x, y) => y - x))
  })

  it('says which other names the table cannot tell from one', () => {
    const builder = new TableBuilder()
    const random = sfc32(13)
    for (const cell of ['x', 'y', 'z'])
      for (let host = 0; host < 6; host++) {
        const total = 1000
        builder.add(
          { cell, site: `site-${cell}`, host: `h${host}` },
          poisson(random, cell === 'y' ? 400 : 10),
          10,
          total,
        )
      }
    const [found] = localize(builder.table())
    expect(found!.where).toEqual({ cell: ['y'] })
    expect(found!.tied).toContainEqual({ site: ['site-y'] })
  })
})

describe('localize, whatever comes', () => {
  it.each([
    ['no rows', new TableBuilder().table()],
    ['rows of zeros', grid(() => ({ real: 0, predict: 0, total: 0 }))],
    ['one row', grid(() => ({ real: 5, predict: 5, total: 9 }), { region: 1 })],
  ])('has no cause for a table of %s', (_, table) => {
    for (const kind of ['counts', 'rates', 'measure'] as const) expect(localize(table, { kind })).toEqual([])
  })

  it('leaves unlabelled rows out of every label, and in the whole', () => {
    const builder = new TableBuilder()
    for (let i = 0; i < 40; i++)
      builder.add(i % 2 ? { region: i % 4 === 1 ? 'r1' : 'r2' } : {}, i % 4 === 1 ? 60 : 5, 5)
    expect(wheres(localize(builder.table()))).toEqual([{ region: ['r1'] }])
  })

  const rows = fc.array(
    fc.record({
      a: fc.constantFrom('a1', 'a2', 'a3'),
      b: fc.constantFrom('b1', 'b2', 'b3', 'b4'),
      c: fc.constantFrom('c1', 'c2'),
      predict: fc.integer({ min: 1, max: 200 }),
      times: fc.constantFrom(0, 1, 1, 1, 5),
    }),
    { minLength: 1, maxLength: 30 },
  )
  const build = (
    list: { a: string; b: string; c: string; predict: number; times: number }[],
    rename = (x: string) => x,
  ) => {
    const builder = new TableBuilder()
    for (const { a, b, c, predict, times } of list)
      builder.add(
        { a: rename(a), b: rename(b), c: rename(c) },
        Math.floor(predict * Math.min(times, 5)),
        predict,
        predict * 6,
      )
    return builder.table()
  }
  const kinds = fc.constantFrom<Kind>('counts', 'rates', 'measure')

  it('does not depend on the order of rows or dictionaries', () => {
    fc.assert(
      fc.property(
        rows.chain(r => fc.tuple(fc.constant(r), fc.shuffledSubarray(r, { minLength: r.length }))),
        kinds,
        ([one, other], kind) => {
          expect(wheres(localize(build(other), { kind }))).toEqual(wheres(localize(build(one), { kind })))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('follows a renaming that keeps the order of names', () => {
    const rename = (x: string) => `${x[0]}-renamed-${x[1]}`
    fc.assert(
      fc.property(rows, kinds, (list, kind) => {
        const renamed = wheres(localize(build(list), { kind })).map(where =>
          Object.fromEntries(Object.entries(where).map(([k, v]) => [k, v.map(rename)])),
        )
        expect(wheres(localize(build(list, rename), { kind }))).toEqual(renamed)
      }),
      { numRuns: 200 },
    )
  })

  it('finds a cause no less surprising when more of it came', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 999 }),
        fc.integer({ min: 5, max: 30 }),
        fc.integer({ min: 0, max: 500 }),
        (seed, times, more) => {
          const table = counts(sfc32(seed), l => (l['region'] === 'r2' ? times : 1))
          const bits = () => localize(table).find(c => c.where['region']?.includes('r2'))!.bits
          const before = bits()
          const r2 = table.values[0]!.indexOf('r2')
          const leaf = table.codes[0]!.indexOf(r2)
          table.real[leaf]! += more
          expect(bits()).toBeGreaterThanOrEqual(before - 1e-9)
        },
      ),
      { numRuns: 50 },
    )
  })
})
