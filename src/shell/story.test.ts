import { describe, expect, it } from 'vitest'
import type { IncidentEvent } from '../contract/incident.js'
import type { IncidentHead } from '../contract/ports.js'
import { someEvent } from '../testing/store-contract.js'
import { heed, tell } from './story.js'

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
const upTo = (n: number) => story.slice(0, n).reduce<IncidentHead | null>((head, event) => tell(head, event), null)!
const at = (n: number) => Date.parse(story[n]!.at)

describe('tell()', () => {
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
    for (const event of story) expect(tell(upTo(6), event)).toEqual(upTo(6))
  })
  it('does not open with a note', () => {
    expect(tell(null, someEvent('b', 0, { event: 'note', title: 'A neighbour is down' }))).toMatchObject({
      open: false,
      resolvedAt: null,
    })
  })
})

describe('heed()', () => {
  const order = { type: 'order', id: 'o', at: 1, incident: 'a', by: 'ada', why: 'x' } as const
  it('keeps a mute until it ends, through what follows', () => {
    const muted = heed(upTo(2), { ...order, verb: 'mute', until: 99 })
    expect(muted.mutedUntil).toBe(99)
    expect(tell(muted, story[2]!).mutedUntil).toBe(99)
  })
  it('leaves the head alone for the rest, which come as events', () => {
    for (const verb of ['resolve', 'say', 'confirm', 'rule-out'] as const)
      expect(heed(upTo(2), { ...order, verb })).toEqual(upTo(2))
  })
})
