import { describe, expect, it } from 'vitest'
import type { Finding } from '../../contract/finding.js'
import type { IncidentEvent } from '../../contract/incident.js'
import { CLOSED_BY_PERSON_MS, type Order } from '../../contract/order.js'
import { DAY, HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import { alarm, finding, NOW, whole } from '../incident/fixtures/finding.js'
import { Judge } from './judge.js'

// Findings of one service minute by minute, as the watch publishes them; what the judge makes of them.

const fails = (at: EpochMs, more: Partial<Finding> = {}): Finding =>
  finding({
    at,
    kinds: { metric: alarm },
    share: 0.4,
    segments: [{ where: { cell: ['a'] }, share: 0.4, interval: [0.38, 0.42], bits: 90, excess: 400 }],
    tracks: [whole(0.4, 0.01)],
    ...(more as object),
  })
const calm = (at: EpochMs, more: Partial<Finding> = {}): Finding =>
  fails(at, { alarm: false, calm: true, kinds: {}, share: 0, segments: [], tracks: [whole(0, 0.01)], ...more })

const at = (minute: number): EpochMs => NOW + minute * MINUTE

/** Feeds findings of the minutes [from, until), a tick after each. */
function feed(judge: Judge, from: number, until: number, make: (at: EpochMs) => Finding | null): IncidentEvent[] {
  const events: IncidentEvent[] = []
  for (let minute = from; minute < until; minute++) {
    const found = make(at(minute))
    if (found) judge.take(found, events)
    judge.take({ type: 'tick', at: at(minute) }, events)
  }
  return events
}
const names = (events: readonly IncidentEvent[]): string[] => events.map(e => e.event)
const only = (judge: Judge) => judge.records[0]!

describe('one trouble is one incident', () => {
  it('opens at the first finding that is enough, and is resolved when all has been calm for a while', () => {
    const judge = new Judge()
    const opening = feed(judge, 0, 1, fails)
    expect(opening).toMatchObject([{ event: 'opened', service: 'shop', kind: 'outage', severity: 'critical', seq: 0 }])
    expect(judge.openIncidents('shop').map(x => x.id)).toEqual([opening[0]!.incident])
    feed(judge, 1, 10, fails)
    const ending = feed(judge, 10, 40, calm)
    expect(names(ending).at(-1)).toBe('resolved')
    expect(ending.at(-1)!.recovery!.recovered).toBe(1)
    expect(judge.openIncidents('shop')).toEqual([])
  })
  it('what lasted for a day and comes back after hours is the same', () => {
    const judge = new Judge()
    feed(judge, 0, 1_440, now => fails(now, { onset: NOW }))
    const over = feed(judge, 1_440, 1_560, now => calm(now, { onset: NOW })).findLast(e => e.event === 'resolved')!
    const back = (Date.parse(over.at) - NOW) / MINUTE + 240
    expect(feed(judge, back, back + 1, now => fails(now, { onset: now - MINUTE }))[0]!.event).toBe('reopened')
  })
  it('and so is its tail, of which people hardly say more than that it is bad', () => {
    const judge = new Judge()
    feed(judge, 0, 1_440, now => fails(now, { onset: NOW }))
    const over = feed(judge, 1_440, 1_560, now => calm(now, { onset: NOW })).findLast(e => e.event === 'resolved')!
    const back = (Date.parse(over.at) - NOW) / MINUTE + 120
    const weak = (now: EpochMs) =>
      finding({ at: now, onset: now - 5 * MINUTE, kinds: { report: alarm }, crowd: { ...finding({}).crowd, slow: 9 } })
    expect(feed(judge, back, back + 30, weak)[0]).toMatchObject({ event: 'reopened', incident: over.incident })
  })
  it('what people call failing and machines see only late is slow; what then fails goes on with it, but not elsewhere', () => {
    const told = (now: EpochMs): Finding =>
      fails(now, {
        onset: NOW,
        kinds: { report: { ...alarm, bits: 80 }, metric: { ...alarm, alarm: false, bits: 0 } },
        share: 0,
        segments: [],
        tracks: [whole(0, 0.001)],
      })
    const waits = (now: EpochMs): Finding => fails(now, { strand: 'slow', onset: NOW })
    const worse = (cell: string) => {
      const judge = new Judge()
      const events: IncidentEvent[] = []
      for (let minute = 0; minute < 40; minute++) {
        judge.take(told(at(minute)), events)
        judge.take(waits(at(minute)), events)
      }
      expect(events.at(-1)).toMatchObject({ kind: 'degraded', pattern: 'slow' })
      const segments = [{ where: { cell: [cell] }, share: 0.5, interval: null, bits: 90, excess: 400 }]
      const rest = feed(judge, 40, 45, now => fails(now, { onset: at(39), share: 0.5, segments }))
      return { judge, rest }
    }
    const same = worse('a')
    expect(same.judge.records).toHaveLength(1)
    expect(same.rest[0]).toMatchObject({ event: 'updated', kind: 'outage', pattern: 'failing' })
    expect(worse('b').judge.records).toHaveLength(2)
  })
  it('people who report here while far more report a larger outage elsewhere make it no more than minor', () => {
    const reports = (service: string, now: EpochMs, excess: number): Finding =>
      finding({
        service,
        at: now,
        onset: NOW,
        kinds: { report: { ...alarm, bits: 80 } },
        share: null,
        tracks: [{ where: {}, unit: 'reports_per_minute', excess, bits: 80, error: 0.5, stale: false, usual: 1 }],
      })
    // It ends there after ten minutes; here a few go on for hours, and then as many as `late` says.
    const severity = (elsewhere: number, late: number): string => {
      const judge = new Judge()
      const events: IncidentEvent[] = []
      for (let m = 0; m < 240; m++) {
        if (m < 10) judge.take(reports('next-door', at(m), elsewhere), events)
        judge.take(reports('shop', at(m), m < 10 ? 12 : m < 200 ? 3 : late), events)
        judge.take({ type: 'tick', at: at(m) }, events)
      }
      return events.findLast(e => e.service === 'shop')!.severity!
    }
    expect([severity(400, 3), severity(40, 3), severity(400, 36)]).toEqual(['minor', 'major', 'major'])
  })
  it('one that comes back within the hour is reopened, later is another', () => {
    for (const [pause, event] of [
      [20, 'reopened'],
      [90, 'opened'],
    ] as const) {
      const judge = new Judge()
      feed(judge, 0, 5, fails)
      const over = feed(judge, 5, 40, calm).findLast(e => e.event === 'resolved')!
      const back = (Date.parse(over.at) - NOW) / MINUTE + pause
      const [again] = feed(judge, back, back + 1, now => fails(now, { onset: now - MINUTE }))
      expect(again!.event).toBe(event)
      expect(again!.incident === over.incident).toBe(event === 'reopened')
    }
  })
  it('slowness that turns into failure within minutes goes on as one', () => {
    const judge = new Judge()
    const slow = feed(judge, 0, 5, now => fails(now, { strand: 'slow', onset: at(-5), share: 0.1 }))
    expect(slow).toMatchObject([{ event: 'opened', kind: 'degraded' }])
    const [turned] = feed(judge, 5, 6, now => fails(now, { onset: at(-2) }))
    expect(turned).toMatchObject({ event: 'updated', kind: 'outage', incident: slow[0]!.incident })
    expect(judge.records).toHaveLength(1)
  })
  it('nobody says anything more: it is closed, after a quarter of an hour', () => {
    const judge = new Judge()
    feed(judge, 0, 3, fails)
    expect(names(feed(judge, 3, 17, () => null))).toEqual([])
    expect(names(feed(judge, 17, 18, () => null))).toEqual(['resolved'])
  })
  it('is forgotten a day after its end, and at once when the service is', () => {
    const judge = new Judge()
    feed(judge, 0, 3, fails)
    feed(judge, 3, 40, calm)
    judge.take({ type: 'tick', at: NOW + DAY }, [])
    expect(judge.records).toHaveLength(1)
    judge.take({ type: 'tick', at: NOW + DAY + HOUR }, [])
    expect(judge.records).toEqual([])
    feed(judge, 2_000, 2_003, fails)
    judge.forget('shop')
    expect(judge.records).toEqual([])
    expect(judge.inAlarm('shop', at(2_003))).toBe(false)
  })
})

describe('a person’s word', () => {
  const order = (verb: Order['verb'], minute: number, more: Partial<Order> = {}): Order => ({
    type: 'order',
    verb,
    id: `o-${minute}`,
    at: at(minute),
    incident: 'shop-x',
    by: 'ana',
    why: 'I looked',
    ...more,
  })
  function started(): { judge: Judge; incident: string } {
    const judge = new Judge()
    feed(judge, 0, 5, fails)
    return { judge, incident: only(judge).id }
  }
  const take = (judge: Judge, given: Order): IncidentEvent[] => {
    const events: IncidentEvent[] = []
    judge.take(given, events)
    return events
  }

  it('closes it, holds it closed for half an hour while it is measured, and shows that it is', () => {
    const { judge, incident } = started()
    expect(take(judge, order('resolve', 5, { incident }))).toMatchObject([
      { event: 'resolved', by: 'ana', why: 'I looked' },
    ])
    const held = CLOSED_BY_PERSON_MS / MINUTE
    expect(feed(judge, 6, 5 + held, fails)).toEqual([])
    expect(judge.held('shop', at(4 + held))).toMatchObject([{ incident, by: 'ana', trouble: { severity: 'critical' } }])
    expect(feed(judge, 5 + held, 7 + held, fails)).toMatchObject([{ event: 'reopened', incident }])
    expect(judge.held('shop', at(6 + held))).toEqual([])
  })
  it('for an incident that nobody knows changes nothing', () => {
    const { judge } = started()
    expect(take(judge, order('resolve', 5, { incident: 'elsewhere' }))).toEqual([])
    expect(only(judge).open).toBe(true)
  })
  it('that mutes is kept where messages are sent: the judge neither says nor remembers it', () => {
    const { judge, incident } = started()
    const before = JSON.stringify(judge.records)
    expect(take(judge, order('mute', 5, { incident, until: at(60) }))).toEqual([])
    expect(take(judge, order('unmute', 6, { incident }))).toEqual([])
    expect(JSON.stringify(judge.records)).toBe(before)
  })
  it('confirms a cause, of which the incident then speaks', () => {
    const { judge, incident } = started()
    const [told] = take(judge, order('confirm', 5, { incident, subject: 'a cable that was cut' }))
    expect(told).toMatchObject({
      event: 'updated',
      by: 'ana',
      causes: [{ subject: 'a cable that was cut', state: 'confirmed' }],
    })
  })
})

describe('services that stand on each other', () => {
  it('complaints at one whose own machines see nothing open as the other’s trouble', () => {
    const judge = new Judge()
    const topology = { type: 'fact', via: 'topology', id: 't', service: 'shop', at: NOW } as const
    const dependsOn = [{ id: 'db', name: 'Database', service: 'db' }]
    judge.take({ type: 'fact', at: NOW, fact: { ...topology, components: [], dependsOn } }, [])
    const complaints = (now: EpochMs) => finding({ at: now, kinds: { report: alarm } })
    const both = feed(judge, 0, 1, now => fails(now, { service: 'db' }))
    both.push(...feed(judge, 1, 3, complaints))
    expect(both.map(e => [e.service, e.event, e.kind])).toEqual([
      ['db', 'opened', 'outage'],
      ['shop', 'opened', 'upstream'],
    ])
    expect(both[1]!.causes![0]!.subject).toContain('db')
  })
})
