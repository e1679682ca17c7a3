import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EVENT_NAMES, type IncidentEvent } from '../contract/incident.js'
import type { IncidentHead } from '../contract/ports.js'
import { addUp, phaseOf } from '../core/incident/verdict.js'
import { someEvent } from '../testing/store-contract.js'
import { headAfter, headAfterCommand } from './incident-head.js'

const story: IncidentEvent[] = [
  someEvent('a', 0, {
    title: 'Chat failing',
    severity: 'minor',
    kind: 'outage',
    startedAt: '2026-02-02T23:55:00.000Z',
    unexplained: 0.4,
  }),
  someEvent('a', 1, { severity: 'critical' }),
  someEvent('a', 2, { event: 'resolved' }),
  someEvent('a', 3, { event: 'reopened', severity: 'minor' }),
  someEvent('a', 4, { event: 'resolved', by: 'ada' }),
  someEvent('a', 5, { event: 'note', says: [{ text: 'It was the cache.', refs: [] }] }),
]
const upTo = (n: number) =>
  story.slice(0, n).reduce<IncidentHead | null>((head, event) => headAfter(head, event), null)!
const at = (n: number) => Date.parse(story[n]!.at)

describe('headAfter()', () => {
  it('begins with the first event', () => {
    expect(upTo(1)).toMatchObject({
      id: 'a',
      open: true,
      title: 'Chat failing',
      severity: 'minor',
      openedAt: at(0),
      resolvedAt: null,
      lastSeq: 0,
    })
    expect(upTo(1).startedAt).toBe(Date.parse('2026-02-02T23:55:00.000Z'))
  })
  it('keeps the latest value of each part', () => {
    expect(upTo(2)).toMatchObject({ severity: 'critical', kind: 'outage', title: 'Chat failing' })
    expect(upTo(2).latest).toMatchObject({ event: 'updated', severity: 'critical', unexplained: 0.4, seq: 1 })
  })
  it.each<[after: number, open: boolean, resolved: number | null]>([
    [2, true, null],
    [3, false, 2],
    [4, true, null],
    [5, false, 4],
    [6, false, 4],
  ])('after %i events is open: %s', (n, open, resolved) => {
    expect([upTo(n).open, upTo(n).resolvedAt]).toEqual([open, resolved === null ? null : at(resolved)])
    expect(upTo(n).openedAt).toBe(at(0))
  })
  it('takes an event that it holds for what it is: said again', () => {
    for (const event of story) expect(headAfter(upTo(6), event)).toEqual(upTo(6))
  })
  it('does not open with a note', () => {
    expect(headAfter(null, someEvent('b', 0, { event: 'note', title: 'A neighbour is down' }))).toMatchObject({
      open: false,
      resolvedAt: null,
    })
  })
})

it('is open exactly when its last turn is no end, after every prefix', () => {
  const name = fc.constantFrom(...EVENT_NAMES)
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 12 }), names => {
      const events = names.map((event, seq) => someEvent('a', seq, { event }))
      let head: IncidentHead | null = null
      for (const [i, event] of events.entries()) {
        head = headAfter(head, event)
        const prefix = events.slice(0, i + 1)
        expect(head.latest).toEqual(prefix.reduce<IncidentEvent | null>(addUp, null))
        expect(head.open).toBe(!['resolved', 'note'].includes(phaseOf(prefix)))
        expect(headAfter(head, event)).toEqual(head)
      }
    }),
  )
})

describe('headAfterCommand()', () => {
  const order = { type: 'order', id: 'o', at: 1, incident: 'a', by: 'ada', why: 'x' } as const
  it('keeps a mute until it ends, through what follows', () => {
    const muted = headAfterCommand(upTo(2), { ...order, verb: 'mute', until: 99 })
    expect(muted.mutedUntil).toBe(99)
    expect(headAfter(muted, story[2]!).mutedUntil).toBe(99)
  })
  it('leaves the head alone for the rest, which come as events', () => {
    for (const verb of ['resolve', 'say', 'confirm', 'rule-out'] as const)
      expect(headAfterCommand(upTo(2), { ...order, verb })).toEqual(upTo(2))
  })
})
