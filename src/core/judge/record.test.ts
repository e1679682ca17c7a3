import { describe, expect, it } from 'vitest'
import type { Finding } from '../../contract/finding.js'
import type { Cause } from '../../contract/incident.js'
import { applyRulings, newRecord, rememberWorst, type Ruling } from './record.js'

const cause = (subject: string, probability: number): Cause => ({
  subject,
  title: subject,
  state: 'suspected',
  probability,
  because: [{ says: 'time', bits: 3, refs: [subject] }],
})
const ruling = (state: Ruling['state'], refs = ['order-1']): Ruling => ({
  state,
  by: 'ana',
  why: 'seen',
  refs,
  title: 'T',
})
const causes = [cause('a', 0.6), cause('b', 0.3)]

describe('a person’s rulings over the ranking', () => {
  it('change nothing when there are none', () => {
    expect(applyRulings(causes, 0.1, {})).toEqual({ causes, unexplained: 0.1 })
  })
  it('ruled out: its probability goes to the others and to the unknown in proportion, and it comes last', () => {
    const got = applyRulings(causes, 0.1, { a: ruling('ruled_out') })
    expect(got.causes.map(c => [c.subject, c.state, c.probability])).toEqual([
      ['b', 'suspected', 0.75],
      ['a', 'ruled_out', 0],
    ])
    expect(got.unexplained).toBe(0.25)
  })
  it('all ruled out: nothing is explained', () => {
    const got = applyRulings(causes, 0.1, { a: ruling('ruled_out'), b: ruling('ruled_out') })
    expect(got.unexplained).toBe(1)
  })
  it('confirmed: it takes everything, comes first, and cites the order', () => {
    const got = applyRulings(causes, 0.1, { b: ruling('confirmed', ['order-1', 'https://example.org']) })
    expect(got.causes.map(c => [c.subject, c.state, c.probability])).toEqual([
      ['b', 'confirmed', 1],
      ['a', 'suspected', 0],
    ])
    expect(got.causes[0]!.because.at(-1)).toEqual({
      says: 'ana: seen',
      bits: 0,
      refs: ['order-1', 'https://example.org'],
    })
    expect(got.unexplained).toBe(0)
  })
  it('two confirmed did it together: they share what there is', () => {
    const got = applyRulings(causes, 0.1, { a: ruling('confirmed'), b: ruling('confirmed') })
    expect(got.causes.map(c => [c.state, c.probability])).toEqual([
      ['confirmed', 0.5],
      ['confirmed', 0.5],
    ])
    expect(got.unexplained).toBe(0)
  })
  it('a cause that nobody listed can be confirmed', () => {
    const got = applyRulings(causes, 0.1, { 'a worn cable': ruling('confirmed') })
    expect(got.causes[0]).toMatchObject({ subject: 'a worn cable', state: 'confirmed', title: 'T' })
  })
  it('the security question is not a cause', () => {
    expect(applyRulings(causes, 0.1, { security: ruling('confirmed') })).toEqual({ causes, unexplained: 0.1 })
  })
})

describe('the picture at its worst', () => {
  const finding = (share: number | null, cell: string, excess = 10): Finding =>
    ({
      type: 'finding',
      service: 'shop',
      at: 0,
      strand: 'bad',
      share,
      segments: [
        { where: { cell: [cell] }, share, interval: null, bits: 9, excess },
        { where: { cell: ['z'] }, share, interval: null, bits: 9, excess: 30 },
      ],
      components: [cell],
      unaffected: {},
    }) as unknown as Finding

  it('is kept when the trouble shrinks, taken anew when it is as bad again', () => {
    const record = newRecord('i', finding(0.5, 'a'), 'outage', 'major')
    rememberWorst(record, finding(0.5, 'a'))
    rememberWorst(record, finding(0.2, 'b'))
    expect(record.worst.components).toEqual(['a'])
    rememberWorst(record, finding(0.46, 'c'))
    expect(record.worst.components).toEqual(['c'])
    expect(record.worst.share).toBe(0.5)
  })
  it('weighs each segment by its part of the excess', () => {
    const record = newRecord('i', finding(0.5, 'a'), 'outage', 'major')
    rememberWorst(record, finding(0.5, 'a', 10))
    expect(record.worst.segments.map(s => s.weight)).toEqual([0.25, 0.75])
  })
  it('nothing located changes nothing', () => {
    const record = newRecord('i', finding(0.5, 'a'), 'outage', 'major')
    rememberWorst(record, { ...finding(0.9, 'a'), segments: [] })
    expect(record.worst.share).toBe(-1)
  })
})
