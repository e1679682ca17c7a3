import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { IncidentEvent } from '../../contract/incident.js'
import type { Order } from '../../contract/order.js'
import type { IncidentView } from '../../contract/view.js'
import { helpedIn, Past, type Traits, traitsOf, wordsOf } from './similar.js'

const T = Date.parse('2026-03-01T10:00:00Z')
const some = (id: string, more: Partial<Traits> = {}): Traits => ({
  ...{ id, service: 'chat', at: T, components: [], segments: [], changes: [], words: [] },
  ...{ kind: null, severity: null, lengthMs: null },
  ...more,
})

describe('incidents that are like one', () => {
  const past = new Past([
    some('login', { components: ['chat/login'], words: wordsOf('sign-in fails after the certificate ran out') }),
    some('eu', { components: ['chat/api'], segments: ['region=eu'], words: wordsOf('slow answers in europe') }),
    some('push', { components: ['chat/api'], changes: wordsOf('config push'), words: wordsOf('errors after a push') }),
  ])
  it('finds by component, by segment, by change and by words, and says which it was', () => {
    expect(past.like(some('x', { components: ['chat/login'] }), 1)[0]?.id).toBe('login')
    expect(past.like(some('x', { segments: ['region=eu'] }), 1)[0]?.id).toBe('eu')
    expect(past.like(some('x', { changes: wordsOf('config push') }), 1)[0]?.id).toBe('push')
    const words = past.like(some('x', { words: wordsOf('certificate of the sign-in') }), 3)
    expect(words.map(each => each.id)).toEqual(['login'])
    expect(Object.keys(words[0]!.by)).toEqual(['words'])
  })
  it('never finds the incident itself, and nothing by its shape alone', () => {
    expect(past.like(some('login', { components: ['chat/login'] }), 3)).toEqual([])
    const shape = { kind: 'outage', severity: 'major', lengthMs: 60_000 } as const
    expect(new Past([some('a', shape)]).like(some('b', shape), 3)).toEqual([])
  })
  it('a trait that is rare tells more than one that many share', () => {
    const many = Array.from({ length: 20 }, (_, i) => some(`m${i}`, { words: ['error', `only${i}`] }))
    const found = new Past([...many, some('rare', { words: ['error', 'quorum'] })]).like(
      some('x', { words: ['error', 'quorum'] }),
      2,
    )
    expect(found[0]?.id).toBe('rare')
    expect(found[0]!.score).toBeGreaterThan(2 * found[1]!.score)
  })
  it('the score is the sum of its parts and lies between 0 and 1, whatever is known', () => {
    const list = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 })
    const traits = fc.record({ components: list, segments: list, changes: list, words: list })
    fc.assert(
      fc.property(fc.array(traits, { minLength: 1, maxLength: 6 }), traits, (others, asked) => {
        const found = new Past(others.map((each, i) => some(`${i}`, each))).like(some('x', asked), 9)
        for (const { score, by } of found) {
          expect(score).toBeGreaterThan(0)
          expect(score).toBeLessThanOrEqual(1 + 1e-9)
          expect(Object.values(by).reduce((a, b) => a + b, 0)).toBeCloseTo(score, 9)
        }
        expect(found.map(each => each.score)).toEqual(found.map(each => each.score).sort((a, b) => b - a))
      }),
      { numRuns: 60 },
    )
  })
})

const event = (seq: number, more: Partial<IncidentEvent>): IncidentEvent => ({
  ...{ at: new Date(T + seq * 60_000).toISOString(), event: 'updated', incident: 'i', seq, service: 'chat' },
  ...more,
})
const view = (events: IncidentEvent[], open = false): IncidentView => ({
  ...{ id: 'i', service: 'chat', title: 'Chat', open, kind: 'outage', severity: 'major', mutedUntil: null },
  ...{ startedAt: T, openedAt: T, resolvedAt: open ? null : T + 600_000, latest: events.at(-1)!, events },
})

describe('what an incident is held against others by', () => {
  it('has the worst of its time, no cause that was ruled out, and what people said', () => {
    const causes: IncidentEvent['causes'] = [
      { subject: 'c1', title: 'Routing push', state: 'confirmed', probability: 1, because: [] },
      { subject: 'c2', title: 'Launch party', state: 'ruled_out', probability: 0, because: [] },
    ]
    const traits = traitsOf(
      view([
        event(0, { components: ['api', 'web'], segments: [{ where: { tier: ['free'] }, share: 1, interval: null }] }),
        event(1, {
          components: [],
          causes,
          by: 'ada',
          why: 'rolled back',
          says: [{ text: 'Mended', refs: [] }],
        }),
      ]),
    )
    expect(traits.components).toEqual(['chat/api', 'chat/web'])
    expect(traits.segments).toEqual(['tier=free'])
    expect(traits.changes).toContain('routing')
    expect(traits.changes).not.toContain('party')
    expect(traits.words).toEqual(expect.arrayContaining(['mended', 'rolled']))
  })
  it('what helped is told of what is over alone, newest first, each with where it is written', () => {
    const order = (id: string, verb: Order['verb'], at: number, more: Partial<Order> = {}): Order => ({
      ...{ type: 'order', id, at, incident: 'i', verb, by: 'ada', why: `why ${id}` },
      ...more,
    })
    const orders = [order('o1', 'ack', T + 1), order('o2', 'mitigated', T + 2), order('o3', 'resolve', T + 3)]
    const said = event(4, { by: 'eve', says: [{ text: 'An index was rebuilt', refs: [] }] })
    expect(helpedIn(view([said]), orders).map(each => [each.verb, each.ref])).toEqual([
      ['said', 'i#4'],
      ['resolve', 'o3'],
      ['mitigated', 'o2'],
    ])
    expect(helpedIn(view([said], true), orders)).toEqual([])
  })
})
