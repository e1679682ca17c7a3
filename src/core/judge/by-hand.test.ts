import { describe, expect, it } from 'vitest'
import type { Finding } from '../../contract/finding.js'
import type { IncidentEvent } from '../../contract/incident.js'
import type { Order } from '../../contract/order.js'
import { HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import { alarm, finding, NOW, whole } from '../incident/fixtures/finding.js'
import { Judge } from './judge.js'

const at = (minute: number): EpochMs => NOW + minute * MINUTE
const cellA = { where: { cell: ['a'] }, share: 0.4, interval: [0.38, 0.42] as [number, number], bits: 90, excess: 400 }
const fails = (now: EpochMs, more: Partial<Finding> = {}): Finding =>
  finding({ at: now, kinds: { metric: alarm }, share: 0.4, segments: [cellA], tracks: [whole(0.4, 0.01)], ...more })
const calm = (now: EpochMs): Finding =>
  fails(now, { alarm: false, calm: true, kinds: {}, share: 0, segments: [], tracks: [whole(0, 0.01)] })

let orders = 0
const order = (minute: number, verb: Order['verb'], more: Partial<Order> = {}): Order => ({
  ...{ type: 'order', id: `o-${orders++}`, at: at(minute), incident: '', verb, by: 'ana', why: 'she looked' },
  ...more,
})

/** A judge with what it told; `play` feeds findings of the minutes [from, until), a tick after each. */
function room() {
  const judge = new Judge()
  const events: IncidentEvent[] = []
  return {
    judge,
    events,
    play(from: number, until: number, make: (at: EpochMs) => Finding | null) {
      for (let minute = from; minute < until; minute++) {
        const found = make(at(minute))
        if (found) judge.take(found, events)
        judge.take({ type: 'tick', at: at(minute) }, events)
      }
    },
    ask(minute: number, verb: Order['verb'], more: Partial<Order> = {}) {
      const before = events.length
      judge.take(order(minute, verb, { incident: events[0]?.incident ?? '', ...more }), events)
      return events.slice(before)
    },
  }
}

describe('an incident that a person opens', () => {
  it('says what they say and nothing that nobody measured, and stays until a person resolves it', () => {
    const it = room()
    const [opened] = it.ask(0, 'open', {
      ...{ incident: 'shop-hand', service: 'shop', severity: 'major', title: 'Invoices are wrong', where: 'tier=paid' },
      ...{ components: 'billing', text: 'Invoices of today show the wrong sum.' },
    })
    expect(opened).toMatchObject({
      ...{ event: 'opened', severity: 'major', title: 'Invoices are wrong', named: 'Invoices are wrong', by: 'ana' },
      components: ['billing'],
      segments: [{ where: { tier: ['paid'] }, share: null, interval: null }],
      causes: [],
      recovery: { recovered: 0, eta: null },
    })
    expect(opened!.says![0]!.text).toBe('Invoices of today show the wrong sum.')
    it.play(1, 200, () => null)
    expect(it.judge.openIncidents('shop').map(x => x.id)).toEqual(['shop-hand'])
    expect(it.ask(200, 'resolve')).toMatchObject([{ event: 'resolved', by: 'ana', segments: [] }])
    it.play(201, 240, () => null)
    expect(it.events.map(e => e.event)).toEqual(['opened', 'resolved'])
  })
  it('goes on with what is measured then, as one incident, and is not over by itself', () => {
    const it = room()
    it.ask(0, 'open', { incident: 'shop-hand', service: 'shop' })
    it.play(1, 6, fails)
    expect(new Set(it.events.map(e => e.incident))).toEqual(new Set(['shop-hand']))
    expect(it.events.at(-1)!.segments).toMatchObject([{ where: { cell: ['a'] }, share: 0.4 }])
    it.play(6, 60, calm)
    expect(it.judge.openIncidents('shop')).toHaveLength(1)
    expect(it.ask(60, 'resolve')).toMatchObject([{ event: 'resolved', recovery: { recovered: 1 } }])
  })
  it('with an end is the record of something past', () => {
    const it = room()
    it.ask(300, 'open', { incident: 'old', service: 'shop', startedAt: at(0), endedAt: at(45) })
    expect(it.events).toMatchObject([
      { event: 'opened', startedAt: new Date(at(0)).toISOString() },
      { event: 'resolved', at: new Date(at(45)).toISOString() },
    ])
    expect(it.judge.openIncidents('shop')).toEqual([])
  })
})

describe('what a person sets', () => {
  it('stands over what is measured, until they give it back', () => {
    const it = room()
    it.play(0, 3, fails)
    expect(it.events[0]).toMatchObject({ severity: 'critical' })
    expect(it.ask(3, 'severity', { severity: 'minor' })).toMatchObject([{ severity: 'minor', by: 'ana' }])
    it.ask(3, 'rename', { title: 'Cell a is on fire' })
    it.ask(3, 'components', { components: 'login, search' })
    it.ask(3, 'segments', { where: 'cell=a,b tier=free' })
    it.play(4, 30, fails)
    const last = it.ask(30, 'say', { text: 'We work on it.' })[0]!
    expect(last).toMatchObject({
      ...{ severity: 'minor', title: 'Cell a is on fire', components: ['login', 'search'] },
      segments: [{ where: { cell: ['a', 'b'], tier: ['free'] }, share: null }],
    })
    // The part that was measured keeps its share.
    expect(it.ask(31, 'segments', { where: 'cell=a' })[0]!.segments).toMatchObject([{ share: 0.4 }])
    expect(it.ask(32, 'severity', { severity: 'auto' })[0]).toMatchObject({ severity: 'critical' })
    const [unnamed] = it.ask(33, 'rename', { title: 'auto' })
    expect(unnamed!.named).toBe('')
    expect(unnamed!.title).not.toBe('Cell a is on fire')
  })
  it('is asked for in words that mean something, or changes nothing', () => {
    const it = room()
    it.play(0, 3, fails)
    for (const more of [{ severity: 'bad' }, { severity: '' }, {}]) expect(it.ask(3, 'severity', more)).toEqual([])
    for (const where of ['cell', 'cell=', '=a', 'cell=a cell=b', 'cell=a,,b', '1=a'])
      expect(it.ask(3, 'segments', { where })).toEqual([])
    expect(it.ask(3, 'components', { components: 'a,,b' })).toEqual([])
  })
  it('changes nothing public where it is for the team', () => {
    const it = room()
    it.play(0, 3, fails)
    for (const [verb, more] of [
      ['ack', {}],
      ['assign', { person: 'bo' }],
      ['hand-over', { person: 'bo', text: 'all yours' }],
      ['note', { text: 'rack 7' }],
      ['mute', { until: at(60) }],
    ] as const)
      expect(it.ask(3, verb, more)).toEqual([])
  })
})

describe('mitigated, reopened', () => {
  it('is told as easing, by a person', () => {
    const it = room()
    it.play(0, 3, fails)
    expect(it.ask(3, 'mitigated')).toMatchObject([{ event: 'recovering', mitigated: true, by: 'ana' }])
    it.ask(4, 'resolve')
    expect(it.ask(5, 'mitigated')).toEqual([])
  })
  it('opens again by hand, and then a person ends it', () => {
    const it = room()
    it.play(0, 3, fails)
    it.play(3, 40, calm)
    expect(it.events.at(-1)!.event).toBe('resolved')
    expect(it.ask(41, 'reopen')).toMatchObject([{ event: 'reopened', by: 'ana' }])
    expect(it.ask(41, 'reopen')).toEqual([])
    it.play(42, 42 + HOUR / MINUTE, () => null)
    expect(it.judge.openIncidents('shop')).toHaveLength(1)
  })
})

describe('merged and split', () => {
  it('one ends as part of the other, which is not over before both are', () => {
    const it = room()
    it.play(0, 6, now => fails(now, { strand: 'slow', share: 0.3 }))
    const slow = it.judge.records[0]!
    expect(slow).toMatchObject({ open: true, strand: 'slow' })
    const id = 'hand'
    it.ask(7, 'open', { incident: id, service: 'shop', title: 'Big one' })
    const told = it.ask(8, 'merge', { incident: slow.id, into: id })
    expect(told).toMatchObject([
      { event: 'resolved', incident: slow.id, partOf: id },
      { event: 'updated', incident: id },
    ])
    it.play(9, 30, now => fails(now, { strand: 'slow', share: 0.3 }))
    expect(it.judge.openIncidents('shop').map(x => x.id)).toEqual([id])
    expect(it.events.some(e => e.event === 'reopened')).toBe(false)
    expect(it.ask(30, 'merge', { incident: id, into: id })).toEqual([])
    expect(it.ask(30, 'merge', { incident: id, into: 'nothing' })).toEqual([])
  })
  it('a part gets an incident of its own', () => {
    const it = room()
    it.play(0, 3, fails)
    const told = it.ask(3, 'split', { where: 'cell=b', begins: 'shop-b', title: 'Cell b too' })
    expect(told).toMatchObject([{ event: 'opened', incident: 'shop-b', segments: [{ where: { cell: ['b'] } }] }])
    expect(it.judge.openIncidents('shop')).toHaveLength(2)
    it.play(4, 30, fails)
    expect(it.events.filter(e => e.incident === 'shop-b')).toHaveLength(1)
  })
})

it('is repeated by a replay from a snapshot', () => {
  const it = room()
  it.play(0, 3, fails)
  it.ask(3, 'severity', { severity: 'minor' })
  const copy = Judge.open(structuredClone(it.judge.snapshot()))
  const mine: IncidentEvent[] = []
  copy.take(order(4, 'say', { incident: it.events[0]!.incident, text: 'x', id: 'same' }), mine)
  it.judge.take(order(4, 'say', { incident: it.events[0]!.incident, text: 'x', id: 'same' }), it.events)
  expect(mine).toEqual([it.events.at(-1)])
})
