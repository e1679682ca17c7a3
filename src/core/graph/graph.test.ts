import { describe, expect, it } from 'vitest'
import type { Dependency } from '../../contract/topology.js'
import { graphOf, type GraphPart } from './graph.js'

const part = (id: string, dependsOn: Dependency[], components: GraphPart['components'] = []): GraphPart => ({
  id,
  title: id.toUpperCase(),
  components,
  dependsOn,
})
const edges = (parts: GraphPart[]): string[] =>
  graphOf(parts).edges.map(each => `${each.from}>${each.to} ${each.basis}`)

describe('graphOf()', () => {
  it('joins what services say: a dependency is the service of its id, or one node that they share', () => {
    const graph = graphOf([
      part('web', [
        { id: 'api', name: 'The API' },
        { id: 'db', name: 'db' },
      ]),
      part('api', [{ id: 'db', name: 'Orders', kind: 'database' }]),
    ])
    expect([...graph.nodes.values()]).toEqual([
      { id: 'web', name: 'WEB', kind: 'service' },
      { id: 'api', name: 'API', kind: 'service' },
      { id: 'db', name: 'db', kind: 'database' },
    ])
    expect(graph.edges.map(each => `${each.from}>${each.to}`)).toEqual(['web>api', 'web>db', 'api>db'])
  })

  it('goes through a dependency to what that stands on, and keeps where each edge is known from', () => {
    const gateway = { id: 'gw', name: 'gw', dependsOn: ['db', 'mail'], bases: { mail: 'suggested' as const } }
    expect(
      edges([part('web', [gateway, { id: 'db', name: 'db' }, { id: 'dns', name: 'dns', basis: 'trace' }])]),
    ).toEqual(['web>gw declared', 'gw>db declared', 'gw>mail suggested', 'web>dns trace'])
  })

  it('takes a component for a part of its service, unless it says what kind of node it is', () => {
    const components = [
      { id: 'checkout', name: 'Checkout', dependsOn: ['cart', 'pay'] },
      { id: 'cart', name: 'Cart' },
      { id: 'store', name: 'Store', kind: 'cache' as const },
    ]
    const pay = { id: 'pay', name: 'Pay', service: 'payments' }
    expect(edges([part('shop', [pay], components)])).toEqual(['shop>store declared', 'shop>payments declared'])
  })

  it('needs no order: of two bases of one edge the stronger stands', () => {
    const said = [
      part('a', [{ id: 'b', name: 'b', basis: 'suggested' }]),
      part('a', [{ id: 'b', name: 'b', basis: 'trace' }]),
    ]
    expect(edges(said)).toEqual(['a>b trace'])
    expect(edges(said.toReversed())).toEqual(['a>b trace'])
  })
})
