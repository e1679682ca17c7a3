import { describe, expect, it } from 'vitest'
import { readSignal } from '../core/ingest/door.js'
import type { Signal } from '../contract/signal.js'
import { gather } from '../core/origin/gather.js'
import { confirmation, suggested } from './graph.js'

const HOUR = 3_600_000
/** Two services that fail together every other day, and one that fails by itself. */
const incidents = Array.from({ length: 12 }, (_, i) => [
  { service: 'shop', startedAt: i * 48 * HOUR, openedAt: 0 },
  { service: 'web', startedAt: i * 48 * HOUR + 60_000, openedAt: 0 },
  { service: 'mail', startedAt: (i * 48 + 7 + i) * HOUR, openedAt: 0 },
]).flat()

describe('epicenter graph', () => {
  it('suggests what fails together, until it is known', () => {
    expect(suggested({ nodes: [], edges: [] }, incidents)).toMatchObject([{ from: 'web', to: 'shop', together: 12 }])
    const edge = { from: 'web', to: 'shop', basis: 'declared', used: true }
    expect(suggested({ nodes: [], edges: [edge] }, incidents)).toEqual([])
    expect(suggested({ nodes: [], edges: [{ ...edge, basis: 'suggested', used: false }] }, incidents)).toHaveLength(1)
  })

  it('confirms by a signal that adds to what others say', () => {
    const declared = {
      type: 'fact',
      via: 'topology',
      id: 't',
      service: 'web',
      at: Date.UTC(2026, 0),
      dependsOn: ['dns'],
    }
    const word = confirmation('web', 'shop', { by: 'ada', why: 'read the code' }, Date.UTC(2026, 1))
    const { graph } = gather([declared, word].map(each => readSignal(each) as Signal))
    expect(graph.edges).toEqual([
      { from: 'web', to: 'dns', basis: 'declared' },
      { from: 'web', to: 'shop', basis: 'declared' },
    ])
  })
})
