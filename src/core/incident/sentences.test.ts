import { describe, expect, it } from 'vitest'
import type { Cause, IncidentEvent, IncidentKind, Quoted, Segment } from '../../contract/incident.js'
import { placeText, sentences, titleOf } from './sentences.js'

const event = (e: Partial<IncidentEvent> = {}): IncidentEvent => ({
  at: '2031-05-09T12:00:00.000Z',
  event: 'updated',
  incident: 'shop-1',
  seq: 1,
  service: 'shop',
  kind: 'outage',
  segments: [{ where: { cell: ['a'] }, share: 0.42, interval: [0.4, 0.44] }],
  causes: [],
  unexplained: 1,
  ...e,
})
const cause = (c: Partial<Cause> = {}): Cause => ({
  subject: 'push',
  title: 'Routing push',
  state: 'suspected',
  probability: 0.9,
  because: [{ says: 'x', bits: 4, refs: ['push', 'undo'] }],
  ...c,
})
const segment = (share: number | null): Segment => ({ where: { cell: ['a'] }, share, interval: null })
const text = (e: IncidentEvent): string =>
  sentences(e)
    .map(s => s.text)
    .join(' ')

const quoted = (measured: Quoted['measured'], people = 7): Quoted => ({
  where: { cell: ['a'] },
  people,
  of: 9,
  usual: 0.08,
  bits: 7,
  measured,
})

const KINDS: IncidentKind[] = ['outage', 'degraded', 'quality', 'security', 'displaced-load', 'upstream']
const recovery = (recovered: number) => ({
  recovered,
  eta: null,
  segments: [{ where: { cell: ['b'] }, recovered: 0.1, eta: null }],
})

describe('every sentence', () => {
  const events = KINDS.flatMap(kind =>
    (['opened', 'updated', 'recovering', 'resolved', 'reopened'] as const).flatMap(name =>
      [
        {},
        { segments: [] },
        { segments: [segment(null)] },
        { causes: [cause()], unexplained: 0.1 },
        { causes: [cause({ state: 'confirmed', probability: 1 })], unexplained: 0 },
        { causes: [cause({ because: [] })], unexplained: 0.1 },
        { causes: [cause({ state: 'ruled_out', probability: 0 })] },
        { recovery: recovery(0.6) },
        { quoted: [quoted('unknown')] },
        { quoted: [quoted('healthy')] },
        { security: { state: 'suspected' as const, because: [{ says: '', bits: 9, refs: ['r1'] }] } },
        { by: 'ana', why: 'done' },
      ].map(more => event({ kind, event: name, ...more })),
    ),
  )

  it('rests on something, says something, and ends', () => {
    for (const e of events) {
      expect(sentences(e).length).toBeGreaterThan(0)
      for (const s of sentences(e)) {
        expect(s.refs.length, s.text).toBeGreaterThan(0)
        expect(s.text).toMatch(/^[A-Z].*\.$/)
        expect(s.text).not.toMatch(/undefined|null|NaN/)
      }
    }
  })

  it('calls nothing the cause that no person has confirmed', () => {
    for (const e of events) {
      if (e.causes?.some(c => c.state === 'confirmed')) continue
      expect(text(e)).not.toMatch(/caused|(?<!not )confirmed:|because of|due to/i)
    }
  })
})

describe('the cause', () => {
  it('confirmed, suspected, or not known', () => {
    expect(text(event({ causes: [cause({ state: 'confirmed', probability: 1 })] }))).toMatch(
      /Cause confirmed: Routing push\./,
    )
    expect(text(event({ causes: [cause()], unexplained: 0.1 }))).toMatch(/Suspected, not confirmed: Routing push\./)
    expect(text(event({ causes: [cause({ probability: 0.45 })], unexplained: 0.4 }))).toMatch(
      /The cause is not known\./,
    )
    expect(text(event({ causes: [cause({ state: 'ruled_out', probability: 0 })] }))).toMatch(/The cause is not known\./)
  })
  it('cites the change and its evidence, each once', () => {
    const said = sentences(event({ causes: [cause()], unexplained: 0.1 })).find(s => s.text.startsWith('Suspected'))
    expect(said!.refs).toEqual(['push', 'undo'])
  })
})

describe('shares', () => {
  it.each([
    [0, 'Under 1 % of requests are failing'],
    [0.004, 'Under 1 % of requests are failing'],
    [0.01, 'About 1 % of requests are failing'],
    [0.42, 'About 42 % of requests are failing'],
    [0.994, 'About 99 % of requests are failing'],
    [0.995, 'Nearly all'],
    [1, 'Nearly all'],
  ])('%d reads "%s"', (share, words) => expect(text(event({ segments: [segment(share)] }))).toContain(words))

  it('an unknown share is said to be unknown, with no number', () => {
    const said = sentences(event({ segments: [segment(null)] }))[0]!.text
    expect(said).toMatch(/not known/)
    expect(said).not.toMatch(/\d/)
  })
  it('slow is not called failing', () => {
    const said = sentences(event({ kind: 'degraded' }))[0]!.text
    expect(said).toContain('are slow')
    expect(said).not.toContain('failing')
  })
})

describe('the end', () => {
  const over = (e: Partial<IncidentEvent>) => text(event({ event: 'resolved', segments: [], ...e }))
  it('claims calm only where it was seen', () => {
    expect(over({ recovery: { recovered: 1, eta: null, segments: [] } })).toMatch(/usual level for ten minutes/)
    expect(over({ by: 'ana', why: 'enough' })).not.toMatch(/usual level/)
    expect(over({ recovery: { recovered: 0.2, eta: null, segments: [] } })).not.toMatch(/usual level/)
  })
  it('names what fell silent', () => {
    const where = { cell: ['a'] }
    expect(over({ recovery: { recovered: 1, eta: null, segments: [{ where, recovered: 0.1, eta: null }] } })).toMatch(
      /Nothing is heard from cell a\./,
    )
  })
  it('leaves the security question to people', () => {
    const security = { state: 'suspected' as const, because: [{ says: '', bits: 9, refs: ['r1'] }] }
    expect(over({ kind: 'security', security })).toMatch(/for people to establish/)
    expect(over({ kind: 'outage', security })).toMatch(/for people to establish/)
    expect(over({ kind: 'security', security })).not.toMatch(/usual level/)
  })
})

describe('places and titles', () => {
  it('reads as labels that a person can compare with their own case', () => {
    expect(placeText({})).toBe('everywhere')
    expect(placeText({ cell: ['a', 'b'], tier: ['free'] })).toBe('cell a, b · tier free')
    expect(placeText({ country: ['A', 'B', 'C', 'D', 'E'] })).toBe('country A, B, C and 2 more')
  })
  it('names the components, the service when there are none, and does not call slow failing', () => {
    expect(titleOf(event({ components: ['cart'] }), 'Shop')).toBe('Shop: cart failing')
    expect(titleOf(event({ components: [] }), 'Shop')).toBe('Shop failing')
    expect(titleOf(event({ components: ['a', 'b', 'c', 'd'] }), 'Shop')).toBe('Shop: a, b and 2 more failing')
    expect(titleOf(event({ kind: 'degraded' }), 'Shop')).not.toMatch(/failing/)
    for (const kind of KINDS) expect(titleOf(event({ kind }), 'Shop')).toContain('Shop')
  })
})

describe('what people quote', () => {
  it('is told where nobody measures it, and that requests say otherwise where they do', () => {
    expect(text(event({ quoted: [quoted('unknown')] }))).toContain('cell a (7 of 9 people who quote a code).')
    expect(text(event({ quoted: [quoted('healthy')] }))).toContain('our own requests there are not failing')
  })
  it('is not told where requests say the same, nor of a few', () => {
    expect(text(event({ quoted: [quoted('failing')] }))).not.toContain('Quoted')
    expect(text(event({ quoted: [quoted('unknown', 2)] }))).not.toContain('Quoted')
  })
})
