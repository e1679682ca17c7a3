import { describe, expect, it } from 'vitest'
import { readSignal } from './door.js'
import { Refusal } from './rules.js'

const topology = { type: 'fact', via: 'topology', id: 't', service: 'shop', at: '2026-06-01T00:00:00Z' }

describe('a topology', () => {
  it('says what kind each node is, and where edges are known from', () => {
    const said = {
      ...topology,
      source: 'traces',
      components: [{ id: 'web', dependsOn: ['db', { id: 'bus' }, { id: 'mail', basis: 'trace' }] }],
      dependsOn: [
        { id: 'db', kind: 'database', name: 'Orders' },
        'dns',
        { id: 'bus', kind: 'queue', basis: 'cluster' },
      ],
    }
    expect(readSignal(said)).toMatchObject({
      source: 'traces',
      components: [{ id: 'web', name: 'web', dependsOn: ['db', 'bus', 'mail'], bases: { mail: 'trace' } }],
      dependsOn: [
        { id: 'db', name: 'Orders', kind: 'database' },
        { id: 'dns', name: 'dns' },
        { id: 'bus', kind: 'queue', basis: 'cluster' },
      ],
    })
  })

  it.each<[string, object, string]>([
    ['a kind of node that is none', { components: [{ id: 'a', kind: 'thing' }] }, 'topology.components'],
    [
      'a basis of an edge that is none',
      { dependsOn: [{ id: 'a', dependsOn: [{ id: 'b', basis: 'guess' }] }] },
      'topology.dependsOn',
    ],
    ['a basis that is none', { dependsOn: [{ id: 'a', basis: 7 }] }, 'topology.dependsOn'],
    ['dependsOn that is no list', { components: [{ id: 'a', dependsOn: 'b' }] }, 'topology.components'],
    ['a source that is no name', { source: 7 }, 'topology.source'],
  ])('is refused with %s', (_what, part, rule) => {
    const read = readSignal({ ...topology, ...part })
    expect(read).toBeInstanceOf(Refusal)
    expect((read as Refusal).rule).toBe(rule)
  })
})
