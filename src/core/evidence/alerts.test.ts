import { deserialize, serialize } from 'node:v8'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Alert, Gauge, Signal } from '../../contract/signal.js'
import { HOUR, MINUTE } from '../../contract/time.js'
import { STREAM_START as T, streamOf } from '../../testing/stream.js'
import { config, fold, minute, opened } from '../fold/fixtures/stories.js'
import { emptyOutcome, Fold, type FoldSnapshot } from '../fold/fold.js'
import { ALERTS, alertsNow, takeAlert, type AlertsState } from './alerts.js'

const at = (minutes: number): number => T + minutes * MINUTE
const alert = (when: number, more: Partial<Alert> = {}): Alert => ({
  type: 'fact',
  via: 'alert',
  id: `a-${when}-${more.status ?? 'firing'}`,
  service: 'shop',
  at: at(when),
  thread: 'HighErrorRate',
  status: 'firing',
  severity: 'critical',
  scope: {},
  ...more,
})
const over = (when: number, more: Partial<Alert> = {}) => alert(when, { status: 'resolved', ...more })
const noAlerts = (): AlertsState => ({ alerts: new Map() })
function stateOf(...signals: Alert[]): AlertsState {
  const state = noAlerts()
  for (const signal of signals) takeAlert(state, signal)
  return state
}
const bitsAt = (state: AlertsState, when: number): number => ALERTS.tick(state, at(when))!.bits
const now = (state: AlertsState, when: number) => alertsNow(state, at(when))[0]

describe('alerts as evidence', () => {
  it('have a beginning and an end, and say what their severity is worth, together no more than a part', () => {
    const state = stateOf(over(0))
    expect(state.alerts.size).toBe(0)
    takeAlert(state, alert(10))
    takeAlert(state, alert(12, { thread: 'b', severity: 'info' }))
    expect(bitsAt(state, 13)).toBe(10)
    for (let i = 0; i < 10; i++) takeAlert(state, alert(14, { thread: `c-${i}` }))
    expect(bitsAt(state, 15)).toBe(16)
    for (let i = 0; i < 10; i++) takeAlert(state, over(16, { thread: `c-${i}` }))
    takeAlert(state, over(20, { endedAt: at(19) }))
    expect(state.alerts.get('HighErrorRate')).toMatchObject({ since: at(10), endedAt: at(19) })
    // A repetition that comes late changes nothing.
    takeAlert(state, alert(15))
    expect(bitsAt(state, 21)).toBe(0)
  })
  it('that flap, last for days, or were not heard of for long, say less or nothing', () => {
    const state = stateOf(...[0, 10, 20].flatMap(when => [alert(when), over(when + 5)]), alert(30))
    expect(now(state, 31)).toMatchObject({ flaps: 4, bits: 2.5, since: at(30) })
    expect(bitsAt(state, 31)).toBe(2.5)
    expect(bitsAt(state, 31 + 7 * 60)).toBe(0)
    takeAlert(state, alert(25 * 60))
    expect(bitsAt(state, 25 * 60 + 1)).toBe(0)
  })
  it('said a hundred times fire once', () => {
    const state = stateOf(...Array.from({ length: 100 }, (_, i) => alert(i / 10, { happenedAt: at(-3) })))
    expect(now(state, 11)).toMatchObject({ flaps: 1, since: at(-3), heardAt: at(9.9), bits: 10 })
    expect(stateOf(...Array.from({ length: 100 }, (_, i) => alert(i / 10))).alerts.get('HighErrorRate')!.open).toEqual([
      { begun: T, endsAt: null },
    ])
  })
})

describe('an alert that is to hold until a time', () => {
  it('ends then by itself, if it is not said again, and is trusted until then', () => {
    const state = stateOf(alert(0, { endedAt: at(4) }), alert(1, { happenedAt: T, endedAt: at(5) }))
    expect([bitsAt(state, 4), now(state, 4)?.endsAt]).toEqual([10, at(5)])
    expect([bitsAt(state, 5), now(state, 5)]).toEqual([0, undefined])
    expect(state.alerts.get('HighErrorRate')).toMatchObject({ since: T, endedAt: at(5) })
    // Its sender was cut off and says again what it had said: it is the same beginning.
    takeAlert(state, alert(9, { happenedAt: T, endedAt: at(13) }))
    expect(now(state, 9)).toMatchObject({ since: T, flaps: 2 })
    expect(bitsAt(stateOf(alert(0, { endedAt: at(12 * 60) })), 8 * 60)).toBe(10)
  })
  it('that lies in the past has ended, and an end in the future is now', () => {
    expect(bitsAt(stateOf(alert(0), alert(1, { endedAt: at(1) })), 1)).toBe(0)
    const state = stateOf(alert(0), over(5, { endedAt: at(15) }))
    expect(state.alerts.get('HighErrorRate')!.endedAt).toBe(at(5))
  })
  it('began no later than it was heard of, whatever its sender’s clock says', () => {
    expect(now(stateOf(alert(0, { happenedAt: at(10) })), 1)!.since).toBe(T)
  })
})

describe('words on an alert that come out of order', () => {
  const begun = { happenedAt: at(-1) }
  it('do not bring back what has ended, be it heard of before or not', () => {
    for (const first of [[alert(0, begun)], []]) {
      const state = stateOf(...first, over(2, begun), alert(3, begun))
      expect(bitsAt(state, 4)).toBe(0)
      // Said for longer, it does fire.
      takeAlert(state, alert(20, begun))
      expect(now(state, 21)).toMatchObject({ since: at(20) })
    }
  })
  it('of another beginning are a new one at once', () => {
    expect(now(stateOf(alert(0, begun), over(2, begun), alert(3)), 4)).toMatchObject({ since: at(3), flaps: 2 })
  })
})

describe('one alert from two senders', () => {
  const [one, two] = [{ happenedAt: at(-2) }, { happenedAt: at(-1) }]
  it('counts once, and fires until both say that it is over, without flapping', () => {
    const state = stateOf(alert(0, one), alert(1, two))
    expect(bitsAt(state, 1)).toBe(10)
    // The first says its end a few times while the second goes on.
    for (let i = 2; i < 10; i++) {
      takeAlert(state, over(i, one))
      takeAlert(state, alert(i + 0.5, two))
      expect(bitsAt(state, i + 0.5)).toBe(10)
    }
    expect(now(state, 10)).toMatchObject({ since: at(-2), flaps: 1 })
    takeAlert(state, over(11, two))
    expect(bitsAt(state, 11)).toBe(0)
  })
  it('is over for all by an end that names no beginning', () => {
    expect(bitsAt(stateOf(alert(0, one), alert(1, two), over(2)), 2)).toBe(0)
  })
})

it('keeps what fires before what has ended, and no more than five hundred', () => {
  const state = noAlerts()
  const many = Array.from({ length: 600 }, (_, i) => alert(i, { thread: `t-${i}` }))
  for (const [i, each] of many.entries()) {
    takeAlert(state, each)
    if (i >= 100) takeAlert(state, over(i, { thread: each.thread }))
  }
  expect(state.alerts.size).toBe(500)
  expect(alertsNow(state, at(600)).map(each => each.thread)).toEqual(
    Array.from({ length: 100 }, (_, i) => `t-${99 - i}`),
  )
})

it('says no more than the words on an alert do, in any order', () => {
  const word = fc.record({
    when: fc.integer({ min: 0, max: 90 }),
    status: fc.constantFrom('firing' as const, 'resolved' as const),
    thread: fc.constantFrom('a', 'b'),
    begun: fc.option(fc.integer({ min: -5, max: 60 }), { nil: undefined }),
    ends: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
  })
  fc.assert(
    fc.property(fc.array(word, { maxLength: 30 }), words => {
      const state = noAlerts()
      for (const { when, status, thread, begun, ends } of words) {
        const times = {
          ...(begun === undefined ? {} : { happenedAt: at(begun) }),
          ...(ends === undefined ? {} : { endedAt: at(ends) }),
        }
        takeAlert(state, alert(when, { status, thread, ...times }))
      }
      expect(bitsAt(state, 100)).toBeLessThanOrEqual(16)
      for (const { since, flaps, bits, thread } of alertsNow(state, at(100))) {
        expect(words.some(each => each.status === 'firing' && each.thread === thread)).toBe(true)
        expect(since).toBeLessThanOrEqual(at(100))
        expect(flaps).toBeLessThanOrEqual(words.length)
        expect(bits).toBeLessThanOrEqual(10)
      }
    }),
  )
})

describe('in a fold, alerts', () => {
  const gauge: Gauge = {
    ...{ type: 'observation', via: 'gauge', id: 'x', service: 'shop', at: at(5 * 60), labels: {} },
    ...{ name: 'x', measures: 'other', value: 0 },
  }
  it('open nothing by themselves, and help what neither they nor a few checks would open alone', () => {
    const firing: Signal[] = Array.from({ length: 30 }, (_, i) => alert(120 + i, { id: `a-${i}` }))
    const quiet = streamOf({ minutes: 240, requests: 0, checks: 1 })
    const merge = (...lists: Signal[][]) => lists.flat().toSorted((a, b) => (a.seenAt ?? a.at) - (b.seenAt ?? b.at))
    expect(fold(merge(firing, [gauge])).events).toEqual([])
    expect(fold(merge(quiet, firing)).events).toEqual([])
    const some = streamOf({ minutes: 240, requests: 0, reports: 1, faults: [{ from: 120, until: 150, reports: 5 }] })
    const alone = opened(fold(some).events)
    const both = opened(fold(merge(some, firing)).events)
    expect(both.length).toBe(1)
    expect(alone.length === 0 || minute(both[0]) <= minute(alone[0])).toBe(true)
    expect(both[0]!.evidence!['alert']).toBe(10)
  })
  it('stand in the row of their service as long as they fire, and nowhere else', () => {
    const it = new Fold(config)
    const rows = (until: number) => {
      const out = emptyOutcome()
      it.advance(at(until), 1, out)
      expect([out.events, out.facts, out.rollups]).toEqual([[], [], []])
      return out.services
    }
    const out = emptyOutcome()
    it.signal(alert(0, { title: 'Errors', endedAt: at(4), href: 'https://rules.example/1' }), 1, out)
    expect(JSON.stringify([out.events, out.facts])).not.toContain('Errors')
    // Operators need not wait for the minute to end.
    it.takeFresh(out)
    expect(out.services).toMatchObject([{ service: 'shop', alerts: [{ thread: 'HighErrorRate', bits: 10 }] }])
    expect(rows(1).at(-1)!.alerts).toMatchObject([{ title: 'Errors', severity: 'critical', endsAt: at(4), bits: 10 }])
    // The row is put when one ends by itself, with nothing else going on.
    const last = rows(4).at(-1)!
    expect([last.at, last.alerts]).toMatchObject([at(4), [{ endedAt: at(4), bits: 0 }]])
    // What it measured may go on: it is heard of for two hours more.
    expect(rows(125).at(-1)!.alerts).toBeUndefined()
  })
  it('move with a clock that is put back', () => {
    const it = new Fold(config)
    const out = emptyOutcome()
    for (const signal of [alert(0), alert(60, { id: 'again' }), over(62), alert(62, { thread: 'b' })])
      it.signal(signal, 1, out)
    it.rewind(T - HOUR, 2, out)
    const stored = deserialize(serialize(it.snapshot())) as FoldSnapshot
    const { alerts } = stored.watch.services[0]!.evidence['alert'] as AlertsState
    expect(alerts.get('HighErrorRate')).toMatchObject({ since: at(-122), endedAt: at(-60), begins: [at(-122)] })
    expect(alerts.get('b')!.open).toEqual([{ begun: at(-60), endsAt: null }])
  })
})
