import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { binomial, negativeBinomial, poisson, sfc32, type Random } from '../stat/random.js'
import { segment } from './segment.js'
import { TableBuilder, type LeafTable } from './table.js'

const HEALTHY = 0.0008
const TIERS: Record<string, number> = { free: 0.8, go: 0.08, plus: 0.09, business: 0.03 }
const COMPONENTS: Record<string, number> = {
  chat: 0.8,
  login: 0.1,
  search: 0.15,
  voice: 0.05,
  api: 0.06,
  tuning: 0.002,
}
/** Where people are decides which cell serves them; each region leans on two. */
const ROUTES: Record<string, Record<string, number>> = {
  us: { east: 0.6, central: 0.4 },
  eu: { north: 0.7, central: 0.3 },
  in: { south: 0.5, west: 0.5 },
  ap: { west: 1 },
}
const REGIONS: Record<string, number> = { us: 0.5, eu: 0.3, in: 0.15, ap: 0.05 }

type Labels = { component: string; cell: string; region: string; tier: string }

/** A service in a minute: region → cell routing, tiers and components across; `fail` gives the failing share of a leaf. */
function traffic(random: Random, users: number, fail: (labels: Labels) => number, dispersion = 1): LeafTable {
  const builder = new TableBuilder()
  for (const [region, weight] of Object.entries(REGIONS))
    for (const [cell, part] of Object.entries(ROUTES[region]!))
      for (const [tier, tierShare] of Object.entries(TIERS))
        for (const [component, use] of Object.entries(COMPONENTS)) {
          const labels = { component, cell, region, tier }
          const total = poisson(random, users * weight * part * tierShare * use)
          if (!total) continue
          const share = fail(labels)
          const healthy =
            dispersion > 1 ? negativeBinomial(random, total * HEALTHY, dispersion) : binomial(random, total, HEALTHY)
          builder.add(labels, Math.min(total, binomial(random, total, share) + healthy), total * HEALTHY, total)
        }
  return builder.table()
}

const wheres = (table: LeafTable) => segment(table, { kind: 'rates' }).segments.map(s => s.where)

describe('segment of request rates', () => {
  it.each([1e4, 1e6, 1e8])('calls a failure of everything alike {} at %d users', users => {
    const { segments, uneven, unaffected } = segment(
      traffic(sfc32(1), users, () => 0.4),
      { kind: 'rates' },
    )
    expect(segments.map(s => s.where)).toEqual([{}])
    expect(segments[0]!.share).toBeCloseTo(0.4, 1)
    expect(uneven).toEqual([])
    expect(unaffected).toEqual([])
  })

  it('says nothing about a healthy window', () => {
    for (let seed = 0; seed < 50; seed++) expect(wheres(traffic(sfc32(seed), 1e6, () => 0, 2))).toEqual([])
  })

  it.each([1e5, 1e7])('names the component that fails everywhere, and no other label, at %d users', users => {
    expect(wheres(traffic(sfc32(2), users, l => (l.component === 'login' ? 0.5 : 0)))).toEqual([
      { component: ['login'] },
    ])
  })

  it.each([1e5, 1e7])(
    'blames the cell, not the regions that lean on it, and says which are uneven, at %d users',
    users => {
      const { segments, uneven, unaffected } = segment(
        traffic(sfc32(3), users, l => (l.cell === 'central' ? 0.9 : 0)),
        { kind: 'rates' },
      )
      expect(segments.map(s => s.where)).toEqual([{ cell: ['central'] }])
      expect(uneven.map(u => [u.where, u.explainedBy])).toEqual([
        [{ region: ['us'] }, ['cell']],
        [{ region: ['eu'] }, ['cell']],
      ])
      expect(uneven[0]!.share).toBeCloseTo(0.36, 1)
      expect(uneven[1]!.share).toBeCloseTo(0.27, 1)
      expect(unaffected).toContainEqual({ attribute: 'cell', values: ['east', 'north', 'south', 'west'] })
      expect(unaffected).toContainEqual({ attribute: 'region', values: ['ap', 'in'] })
    },
  )

  it('blames the cells when whole regions hang on them and the two cannot be told apart', () => {
    const found = wheres(traffic(sfc32(31), 1e6, l => (['east', 'central', 'north'].includes(l.cell) ? 0.7 : 0)))
    expect(found).toEqual([{ cell: ['central', 'east', 'north'] }])
  })

  it('blames the region when all of it fails and its cells do elsewhere not', () => {
    expect(wheres(traffic(sfc32(32), 1e6, l => (l.region === 'eu' ? 0.7 : 0)))).toEqual([{ region: ['eu'] }])
  })

  it('joins or-ed values in one line and divides by the tier that truly differs', () => {
    const weight: Record<string, number> = { free: 0.9, go: 0.9, plus: 0.5, business: 0.35 }
    const found = segment(
      traffic(sfc32(4), 1e7, l => (['east', 'south'].includes(l.cell) ? weight[l.tier]! : 0)),
      { kind: 'rates' },
    )
    expect(found.segments.map(s => s.where)).toEqual([
      { cell: ['east', 'south'], tier: ['free', 'go'] },
      { cell: ['east', 'south'], tier: ['plus'] },
      { cell: ['east', 'south'], tier: ['business'] },
    ])
    expect(found.segments.map(s => Math.round(s.share! * 20) / 20)).toEqual([0.9, 0.5, 0.35])
    expect(found.held).toBeGreaterThan(0.99)
  })

  it('is not refined by noise: cells of slightly different share stay one line', () => {
    const share: Record<string, number> = { east: 0.92, central: 0.85, south: 0.8 }
    expect(wheres(traffic(sfc32(5), 1e7, l => share[l.cell] ?? 0))).toEqual([{ cell: ['central', 'east', 'south'] }])
  })

  it('keeps two halves of 0.9 and 0.75 in one line, and those of 0.9 and 0.6 in two', () => {
    const of = (low: number) => wheres(traffic(sfc32(33), 1e7, l => ({ east: 0.9, central: low })[l.cell] ?? 0))
    expect(of(0.75)).toEqual([{ cell: ['central', 'east'] }])
    expect(of(0.6)).toEqual([{ cell: ['east'] }, { cell: ['central'] }])
  })

  it('does not give a line to a small component that fails half as much', () => {
    const found = wheres(traffic(sfc32(34), 1e7, l => (l.cell === 'east' ? (l.component === 'voice' ? 0.5 : 0.9) : 0)))
    expect(found).toEqual([{ cell: ['east'] }])
  })

  it('names what is left of everything by what the first segment is not', () => {
    const { segments } = segment(
      traffic(sfc32(35), 1e7, l => (l.cell === 'south' ? 0.95 : 0.15)),
      { kind: 'rates' },
    )
    expect(segments.map(s => s.where)).toEqual(
      expect.arrayContaining([{ cell: ['south'] }, { cell: ['central', 'east', 'north', 'west'] }]),
    )
    expect(segments).toHaveLength(2)
  })

  it('calls no region uneven that hangs on the failing cell altogether', () => {
    const { uneven } = segment(
      traffic(sfc32(36), 1e7, l => (l.cell === 'west' ? 0.9 : 0)),
      { kind: 'rates' },
    )
    expect(uneven.map(u => u.where)).toEqual([{ region: ['in'] }])
  })

  it('tells levels by tier without any cell', () => {
    expect(wheres(traffic(sfc32(6), 1e6, l => (l.tier === 'free' ? 0.45 : 0.2)))).toEqual([
      { tier: ['free'] },
      { tier: ['business', 'go', 'plus'] },
    ])
  })

  it.each([
    ['a large component', 'chat'],
    ['a small component', 'voice'],
  ])('keeps two faults apart that cross: one cell, and %s everywhere', (_, component) => {
    const found = wheres(
      traffic(sfc32(7), 1e7, l => 1 - (l.cell === 'east' ? 0.1 : 1) * (l.component === component ? 0.5 : 1)),
    )
    expect(found).toHaveLength(2)
    expect(found).toContainEqual({ cell: ['east'] })
    expect(found).toContainEqual({ component: [component] })
  })

  it.each([
    [
      'a small component that fails altogether',
      (l: Labels) => (l.component === 'tuning' ? 0.9 : 0),
      { component: ['tuning'] },
    ],
    [
      'a large component of which one in 200 fails',
      (l: Labels) => (l.component === 'login' ? 0.005 : 0),
      { component: ['login'] },
    ],
  ])('names %s beside a fault that holds nearly all of the excess', (_, second, where) => {
    for (let seed = 0; seed < 5; seed++) {
      const found = wheres(traffic(sfc32(70 + seed), 1e7, l => (l.cell === 'east' ? 0.9 : second(l))))
      expect(found).toHaveLength(2)
      expect(found).toContainEqual({ cell: ['east'] })
      expect(found).toContainEqual(where)
    }
  })

  it('takes a healthy rate that is mistaken by half for no second fault', () => {
    for (let seed = 0; seed < 20; seed++) {
      const table = traffic(sfc32(90 + seed), 1e7, l =>
        l.cell === 'east' ? 0.9 : l.component === 'login' ? HEALTHY / 2 : 0,
      )
      expect(wheres(table)).toEqual([{ cell: ['east'] }])
    }
  })

  it('names both labels of a joint fault', () => {
    expect(wheres(traffic(sfc32(8), 1e7, l => (l.cell === 'west' && l.component === 'search' ? 0.7 : 0)))).toEqual([
      { cell: ['west'], component: ['search'] },
    ])
  })

  it('keeps two joint faults apart that no single label separates', () => {
    const bad = (l: Labels) =>
      (l.cell === 'east' && l.component === 'login') || (l.cell === 'central' && l.component === 'search')
    const found = wheres(traffic(sfc32(9), 1e7, l => (bad(l) ? 0.7 : 0)))
    expect(found).toHaveLength(2)
    expect(found).toContainEqual({ cell: ['east'], component: ['login'] })
    expect(found).toContainEqual({ cell: ['central'], component: ['search'] })
  })

  it('names a segment of a small share beside a large one once there is evidence for it', () => {
    const share = (l: Labels) => (l.cell === 'east' ? 0.9 : l.cell === 'north' ? 0.02 : 0)
    expect(wheres(traffic(sfc32(10), 3e3, share))).toEqual([{ cell: ['east'] }])
    expect(wheres(traffic(sfc32(10), 1e7, share))).toEqual([{ cell: ['east'] }, { cell: ['north'] }])
    expect(wheres(traffic(sfc32(10), 1e8, l => (l.cell === 'north' ? 0.008 : 0)))).toEqual([{ cell: ['north'] }])
  })

  it('gives intervals that hold the true share in 90 to 100 % of windows, overdispersed or not', () => {
    for (const users of [3e3, 1e5]) {
      let covered = 0
      for (let seed = 0; seed < 200; seed++) {
        const [found] = segment(
          traffic(sfc32(seed), users, l => (l.cell === 'east' ? 0.3 : 0), 2),
          { kind: 'rates' },
        ).segments
        if (found && found.interval![0] <= 0.3 && found.interval![1] >= 0.3) covered++
      }
      expect(covered).toBeGreaterThanOrEqual(180)
    }
  })
})

describe('segment of report counts', () => {
  const COUNTRIES: Record<string, number> = { US: 0.5, GB: 0.12, DE: 0.1, IN: 0.2, JP: 0.08 }
  /** Reports: country nearly always, component and tier in a fifth of them. */
  function reports(random: Random, expected: number, times: (country: string, component: string) => number): LeafTable {
    const builder = new TableBuilder()
    for (const [country, weight] of Object.entries(COUNTRIES))
      for (const [platform, part] of Object.entries({ web: 0.5, ios: 0.3, android: 0.2 }))
        for (const [component, use] of Object.entries({ chat: 0.7, login: 0.1, search: 0.2 }))
          for (const detailed of [true, false]) {
            const mean = expected * weight * part * use * (detailed ? 0.2 : 0.8)
            const labels = { country, platform, ...(detailed ? { component } : {}) }
            builder.add(labels, negativeBinomial(random, mean * times(country, component), 2), mean)
          }
    return builder.table()
  }
  const found = (table: LeafTable) => segment(table, { kind: 'counts' })

  it.each([3, 30, 300])('calls a crowd of usual composition {} at %d usual reports, without a share', expected => {
    const { segments } = found(reports(sfc32(11), expected, () => 30))
    expect(segments.map(s => [s.where, s.share, s.interval])).toEqual([[{}, null, null]])
  })

  it('names the component that every detailed report names', () => {
    const { segments, held } = found(reports(sfc32(12), 100, (_, c) => (c === 'login' ? 60 : 1)))
    expect(segments.map(s => s.where)).toEqual([{ component: ['login'] }])
    expect(held).toBeGreaterThan(0.8)
  })

  it('joins countries and says which are fine', () => {
    const { segments, unaffected } = found(reports(sfc32(13), 100, c => ({ GB: 50, DE: 20 })[c] ?? 1))
    expect(segments.map(s => s.where)).toEqual([{ country: ['DE', 'GB'] }])
    expect(unaffected[0]!.attribute).toBe('country')
    expect(unaffected[0]!.values).toEqual(expect.arrayContaining(['IN', 'US']))
    expect(unaffected[0]!.values).not.toContain('DE')
  })

  it('does not take a country that reports more eagerly for the only place', () => {
    const { segments } = found(reports(sfc32(14), 20, c => ({ US: 60, GB: 400, DE: 90, IN: 150 })[c] ?? 100))
    expect(segments.map(s => s.where)).toEqual([{}])
  })

  it('says nothing about a quiet hour', () => {
    for (let seed = 0; seed < 50; seed++) expect(found(reports(sfc32(seed), 50, () => 1)).segments).toEqual([])
  })
})

describe('segment, whatever comes', () => {
  it.each([
    ['no rows', new TableBuilder().table()],
    [
      'no attributes',
      (() => {
        const b = new TableBuilder()
        b.add({}, 50, 1, 100)
        return b.table()
      })(),
    ],
    [
      'rows of zeros',
      (() => {
        const b = new TableBuilder()
        b.add({ a: 'x' }, 0, 0, 0)
        b.add({ a: 'y' }, 0, 0, 0)
        return b.table()
      })(),
    ],
  ])('answers for a table with %s', (_, table) => {
    for (const kind of ['counts', 'rates'] as const)
      for (const s of segment(table, { kind }).segments) expect(s.where).toEqual({})
  })

  const rows = fc.array(
    fc.record({
      a: fc.constantFrom('a1', 'a2', 'a3', ''),
      b: fc.constantFrom('b1', 'b2', ''),
      total: fc.integer({ min: 0, max: 5000 }),
      share: fc.constantFrom(0, 0, 0.001, 0.3, 1),
    }),
    { maxLength: 30 },
  )
  const build = (list: { a: string; b: string; total: number; share: number }[], rename = (x: string) => x) => {
    const builder = new TableBuilder()
    for (const r of list) {
      const labels: Record<string, string> = {}
      if (r.a) labels['a'] = rename(r.a)
      if (r.b) labels['b'] = rename(r.b)
      builder.add(labels, Math.floor(r.total * r.share), r.total * 0.001, r.total)
    }
    return builder.table()
  }

  it('does not depend on the order of leaves or dictionaries', () => {
    fc.assert(
      fc.property(
        rows.chain(r => fc.tuple(fc.constant(r), fc.shuffledSubarray(r, { minLength: r.length }))),
        fc.constantFrom('counts' as const, 'rates' as const),
        ([one, other], kind) => {
          const [x, y] = [segment(build(one), { kind }), segment(build(other), { kind })]
          expect(y.segments.map(s => s.where)).toEqual(x.segments.map(s => s.where))
          expect(y.unaffected).toEqual(x.unaffected)
          y.segments.forEach((s, i) => expect(s.bits).toBeCloseTo(x.segments[i]!.bits, 6))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('follows a renaming that keeps the order of names', () => {
    const rename = (x: string) => `${x[0]}-renamed-${x[1]}`
    fc.assert(
      fc.property(rows, list => {
        const back = segment(build(list, rename), { kind: 'rates' }).segments.map(s =>
          Object.fromEntries(Object.entries(s.where).map(([k, v]) => [k, v.map(x => x[0]! + x.at(-1))])),
        )
        expect(back).toEqual(segment(build(list), { kind: 'rates' }).segments.map(s => s.where))
      }),
      { numRuns: 200 },
    )
  })

  it('finds a fault no less surprising when more of it fails', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1000 }),
        fc.double({ min: 0.1, max: 0.9, noNaN: true }),
        fc.double({ min: 0, max: 0.1, noNaN: true }),
        (seed, share, more) => {
          const of = (s: number) =>
            segment(
              traffic(sfc32(seed), 1e5, l => (l.cell === 'east' ? s : 0)),
              { kind: 'rates' },
            ).segments[0]!
          const [less, greater] = [of(share), of(share + more)]
          // Both windows are drawn anew from the same seed: allow for what the draw moves.
          expect(greater.bits).toBeGreaterThan(less.bits * 0.98)
        },
      ),
      { numRuns: 30 },
    )
  })
})
