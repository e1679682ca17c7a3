import { describe, expect, it } from 'vitest'
import type { Topology } from '../../contract/signal.js'
import { noteTopology, type Sources, summed } from './sources.js'

const topology = (part: Partial<Topology>): Topology => ({
  type: 'fact',
  via: 'topology',
  id: 't',
  service: 'shop',
  at: 0,
  components: [],
  dependsOn: [],
  ...part,
})
const after = (...said: Partial<Topology>[]): Sources =>
  said.reduce<Sources>((sources, each) => noteTopology(sources, topology(each)), {})

describe('what sources say of a service', () => {
  it('adds up, and the strongest basis of an edge stands', () => {
    const [hand, traces] = [
      { dependsOn: [{ id: 'db', name: 'Orders', kind: 'database' as const }] },
      {
        source: 'traces',
        dependsOn: [
          {
            id: 'db',
            name: 'db',
            dependsOn: ['disk', 'net'],
            bases: { disk: 'trace' as const, net: 'suggested' as const },
          },
          { id: 'mail', name: 'mail' },
        ],
      },
    ]
    const cluster = {
      source: 'cluster',
      dependsOn: [{ id: 'db', name: 'x', dependsOn: ['net'], bases: { net: 'cluster' as const } }],
    }
    const expected = {
      components: [],
      dependsOn: [
        {
          id: 'db',
          name: 'Orders',
          kind: 'database',
          dependsOn: ['net', 'disk'],
          bases: { disk: 'trace', net: 'cluster' },
        },
        { id: 'mail', name: 'mail' },
      ],
    }
    expect(summed(after(hand, traces, cluster))).toEqual(expected)
    expect(summed(after(cluster, traces, hand))).toEqual(expected)
  })

  it('replaces what the same source said before', () => {
    const a = { dependsOn: [{ id: 'a', name: 'a' }] }
    const b = { dependsOn: [{ id: 'b', name: 'b' }] }
    expect(summed(after(a, b)).dependsOn).toEqual(b.dependsOn)
    expect(summed(after({ ...a, source: 'x' }, { ...b, source: 'y' }, { ...b, source: 'x' })).dependsOn).toEqual(
      b.dependsOn,
    )
  })

  it('is bounded: the source that spoke longest ago makes room', () => {
    const many = Array.from({ length: 90 }, (_, i) => ({ source: `s${i}`, dependsOn: [{ id: `d${i}`, name: 'd' }] }))
    const ids = summed(after(...many)).dependsOn.map(each => each.id)
    expect(ids).toHaveLength(64)
    expect(ids).toContain('d89')
    expect(ids).not.toContain('d0')
  })
})
