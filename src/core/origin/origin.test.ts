import { describe, expect, it } from 'vitest'
import { originsIn } from './answer.js'
import { START, thinned, worldOf, type World } from './fixtures/world.js'

const SHOP = { edge: ['cart', 'search'], cart: ['orders-db', 'prices'], search: ['index'], prices: ['orders-db'] }
const KINDS = { 'orders-db': 'database', index: 'database' } as const
const fails = (from: number, failing = 0.3) => ({ failing, from })
const originOf = (world: World): string | null | undefined => originsIn(worldOf(world))[0]?.node
const edge = ({ from, to }: { from: string; to: string }): string => `${from}>${to}`

describe('originsIn()', () => {
  it('says that nothing is wrong where nothing is', () => {
    for (let seed = 1; seed <= 30; seed++) expect(originsIn(worldOf({ seed, calls: SHOP, faults: {} }))).toEqual([])
  })

  it('goes from callee to caller, however loud the caller is', () => {
    const faults = { prices: fails(30, 0.05), cart: fails(31, 0.3), edge: fails(31, 0.6) }
    const [origin, ...others] = originsIn(worldOf({ calls: SHOP, kinds: KINDS, faults }))
    expect(origin).toMatchObject({ node: 'prices', victims: ['cart', 'edge'] })
    expect(origin!.probability).toBeGreaterThan(0.9)
    expect(origin!.path.map(edge)).toEqual(['prices>cart', 'cart>edge'])
    expect(origin!.onset.map(at => (Date.parse(at) - START) / 60_000)).toEqual([29, 30])
    expect(others).toEqual([])
  })

  it('finds a full store that answers everybody, by those that share it', () => {
    const faults = { 'orders-db': { full: 0.99, from: 25 }, cart: fails(28), prices: fails(29), edge: fails(29, 0.1) }
    const [origin] = originsIn(worldOf({ calls: SHOP, kinds: KINDS, faults }))
    expect(origin).toMatchObject({ node: 'orders-db' })
    expect(origin!.path.map(edge)).toEqual(expect.arrayContaining(['orders-db>cart', 'orders-db>prices', 'cart>edge']))
    expect(origin!.path.map(edge)).not.toContain('edge>cart')
  })

  it('finds a host by its pods though nothing measures it', () => {
    const calls = { a: ['host'], b: ['host'], c: ['host'], d: ['other'] }
    const world = { calls, kinds: { host: 'node', other: 'node' } as const, dark: ['host', 'other'] }
    expect(originOf({ ...world, faults: { a: fails(30), b: fails(30), c: fails(31) } })).toBe('host')
  })

  it('reads load that callers send again as the effect it is', () => {
    const calls = { front: ['reco'], reco: [] }
    const faults = { reco: { latency: 2, from: 20 }, front: { failing: 0.2, load: 4_000, from: 24 } }
    expect(originOf({ calls, faults })).toBe('reco')
    const sent = { front: { failing: 0.2, from: 20 }, reco: { load: 5_000, full: 0.95, from: 22 } }
    expect(originOf({ calls, faults: sent })).toBe('front')
  })

  it('keeps two troubles apart that have nothing to do with each other', () => {
    const faults = { index: fails(20), search: fails(21), 'orders-db': fails(40), cart: fails(41), prices: fails(41) }
    const found = originsIn(
      worldOf({ calls: { cart: SHOP.cart, prices: SHOP.prices, search: SHOP.search }, kinds: KINDS, faults }),
    )
    expect(found.map(each => each.node).sort()).toEqual(['index', 'orders-db'])
    expect(found.find(each => each.node === 'index')!.victims).toEqual(['search'])
  })

  it('answers what an alert asks about first', () => {
    const faults = {
      index: fails(40, 0.05),
      search: fails(41, 0.05),
      'orders-db': fails(20),
      cart: fails(21),
      prices: fails(21),
    }
    const world = { calls: { cart: SHOP.cart, prices: SHOP.prices, search: SHOP.search }, kinds: KINDS, faults }
    expect(originOf(world)).toBe('orders-db')
    expect(originOf({ ...world, alarms: [{ node: 'search', at: START + 45 * 60_000, severity: 'critical' }] })).toBe(
      'index',
    )
  })

  it('says that it is not in the graph where many that share nothing fail at once', () => {
    const calls = { a: ['x'], b: ['y'], c: ['z'], d: ['w'] }
    const found = originsIn(worldOf({ calls, faults: { a: fails(30), b: fails(30), c: fails(30), d: fails(30) } }))
    expect(found[0]).toMatchObject({ node: null, path: [] })
    expect(found[0]!.victims).toHaveLength(4)
  })

  it('uses no edge that is only suggested', () => {
    const world = worldOf({ calls: SHOP, kinds: KINDS, faults: { prices: fails(30), cart: fails(32) } })
    const edges = world.graph.edges.map(each =>
      each.to === 'prices' ? { ...each, basis: 'suggested' as const } : each,
    )
    const [origin] = originsIn({ ...world, graph: { ...world.graph, edges } })
    expect(origin!.path.map(edge)).not.toContain('prices>cart')
    expect(originsIn(world)[0]!.path.map(edge)).toContain('prices>cart')
  })

  it('takes a host that is drawn and measured under two names for one', () => {
    const calls = { a: ['host.zone'], b: ['host.zone'], c: ['other.zone'], 'node:host': [] }
    const kinds = { 'host.zone': 'node', 'other.zone': 'node' } as const
    const faults = { 'node:host': { full: 0.99, from: 20 }, a: fails(24), b: fails(24) }
    const world = worldOf({ calls, kinds, faults, dark: ['host.zone', 'other.zone'] })
    const nodes = new Map(world.graph.nodes).set('node:host', { id: 'node:host', name: 'host', kind: 'node' })
    const [origin] = originsIn({ ...world, graph: { ...world.graph, nodes } })
    expect(origin).toMatchObject({ node: 'node:host', same: [{ measured: 'node:host', drawn: 'host.zone' }] })
    expect(origin!.path.map(edge)).toEqual(['node:host>a', 'node:host>b'])
  })

  it('holds on drawn worlds with a fifth of all points gone', () => {
    let right = 0
    for (let seed = 1; seed <= 40; seed++) {
      const names = Array.from({ length: 8 }, (_, i) => `n${i}`)
      const calls = Object.fromEntries(names.map((name, i) => [name, names.slice(i + 1, i + 3)]))
      const at = (seed * 7) % 8
      const faults = Object.fromEntries(
        names
          .slice(0, at + 1)
          .map((name, i) => [name, fails(30 + Math.ceil((at - i) / 2), 0.1 + ((seed * i) % 5) / 10)]),
      )
      if (originsIn(thinned(worldOf({ seed, calls, faults }), 2, seed))[0]?.node === `n${at}`) right++
    }
    expect(right).toBeGreaterThanOrEqual(38)
  })
})
