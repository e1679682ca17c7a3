import { describe, expect, it } from 'vitest'
import { CLOSED_BY_PERSON_MS, type Order } from '../../contract/order.js'
import type { Signal } from '../../contract/signal.js'
import { MINUTE } from '../../contract/time.js'
import {
  arrival,
  byArrival,
  change,
  metric,
  notice,
  streamOf,
  topology,
  STREAM_START as T,
} from '../../testing/stream.js'
import { emptyOutcome, Fold } from './fold.js'
import { config, fold, minute, opened, cellA, told } from './fixtures/stories.js'

describe('facts', () => {
  const causes = (signals: Signal[]) => fold(signals).events.findLast(e => e.event === 'updated')!.causes!
  const pushed = { id: 'push', title: 'Routing push', scope: { cell: ['a'] } }

  it('a change just before the onset in the same cell leads, as suspected', () => {
    const [first] = causes(byArrival(told(1, [cellA]), [change({ ...pushed, at: T + 117 * MINUTE })]))
    expect(first).toMatchObject({ subject: 'push', state: 'suspected' })
    expect(first!.probability).toBeGreaterThan(0.5)
  })

  it('that is told half an hour late weighs the same', () => {
    const late = change({ ...pushed, at: T + 117 * MINUTE, seenAt: T + 147 * MINUTE })
    const [first] = causes(byArrival(told(1, [cellA]), [late]))
    expect(first!.subject).toBe('push')
    expect(first!.probability).toBeGreaterThan(0.5)
  })

  it('a topology that comes late counts from then on', () => {
    const db = streamOf({
      service: 'db',
      requests: 100,
      tiers: ['all'],
      seed: 5,
      faults: [{ from: 117, until: 150, bad: 0.7 }],
      minutes: 240,
    })
    const late = topology({ at: T + 125 * MINUTE, dependsOn: [{ id: 'db', name: 'Database', service: 'db' }] })
    const { events } = fold(byArrival(told(1, [{ ...cellA, where: {} }]), db, [late]))
    const mine = events.filter(e => e.service === 'shop' && minute(e) > 130)
    expect(mine.some(e => e.causes!.some(c => c.subject === 'dependency:db'))).toBe(true)
  })

  it('changes and notices reach the outcome, topologies do not', () => {
    const { facts } = fold([change({ at: T, id: 'c' }), notice({ at: T, id: 'n' }), topology({ at: T, id: 't' })])
    expect(facts.map(f => f.id)).toEqual(['c', 'n'])
  })
})

describe('orders', () => {
  const signals = byArrival(told(1, [{ ...cellA, until: 200 }]), [
    change({ at: T + 117 * MINUTE, id: 'push', title: 'Routing push', scope: { cell: ['a'] } }),
  ])
  const order = (given: Partial<Order> & Pick<Order, 'verb'>): Order => ({
    type: 'order',
    id: 'o1',
    at: T + 140 * MINUTE,
    incident: opened(fold(signals).events)[0]!.incident,
    by: 'ana',
    why: 'I looked',
    ...given,
  })
  function withOrder(given: Order) {
    const running = new Fold(config)
    const out = emptyOutcome()
    const before = signals.filter(s => arrival(s) <= given.at)
    for (const s of before) running.signal(s, 1, out)
    running.advance(given.at, 1, out)
    const n = out.events.length
    const rows = out.services.length
    running.order(given, 1, out)
    const answer = out.events.slice(n)
    const services = out.services.slice(rows)
    for (const s of signals.slice(before.length)) running.signal(s, 1, out)
    return { answer, after: out.events.slice(n + answer.length), services }
  }

  it("resolve: closes at once in a person's name, is held for half an hour, and does not claim calm", () => {
    const { answer, after, services } = withOrder(order({ verb: 'resolve' }))
    expect(answer).toHaveLength(1)
    expect(answer[0]).toMatchObject({ event: 'resolved', by: 'ana', why: 'I looked' })
    expect(answer[0]!.says!.map(s => s.text).join(' ')).not.toMatch(/usual level/)
    expect(services.map(s => s.incidents)).toEqual([[]])
    expect(after[0]).toMatchObject({ event: 'reopened', incident: answer[0]!.incident })
    expect(minute(after[0])).toBe(140 + CLOSED_BY_PERSON_MS / MINUTE)
  })

  it('resolve: what is measured as failing is told as failing, with who closed it and when it comes back', () => {
    const { services } = withOrder(order({ verb: 'resolve' }))
    const row = services.at(-1)!
    expect(row.state).toBe('outage')
    expect(row.held).toMatchObject([{ by: 'ana', closedAt: T + 140 * MINUTE, reopensAt: T + 170 * MINUTE }])
    expect(row.held![0]!.trouble.segments![0]!.share).toBeGreaterThan(0.3)
  })

  it('resolve: what calms down meanwhile does not come back', () => {
    const short = byArrival(told(1, [{ ...cellA, until: 150 }]))
    const running = new Fold(config)
    const out = emptyOutcome()
    for (const s of short) {
      if (arrival(s) > T + 140 * MINUTE && !out.events.some(e => e.event === 'resolved'))
        running.order(order({ verb: 'resolve', incident: opened(out.events)[0]!.incident }), 1, out)
      running.signal(s, 1, out)
    }
    expect(out.events.at(-1)!.event).toBe('resolved')
    expect(out.services.at(-1)).toMatchObject({ state: 'ok' })
    expect(out.services.at(-1)).not.toHaveProperty('held')
  })

  it('after the end a word tells of the past: nothing is said to fail', () => {
    const running = new Fold(config)
    const out = emptyOutcome()
    for (const s of byArrival(told(1, [cellA]), [
      change({ at: T + 117 * MINUTE, id: 'push', title: 'Routing push', scope: { cell: ['a'] } }),
    ]))
      running.signal(s, 1, out)
    expect(out.events.at(-1)!.event).toBe('resolved')
    const { incident } = out.events.at(-1)!
    for (const given of [
      { verb: 'confirm', subject: 'push' },
      { verb: 'confirm', words: 'a cable was cut' },
      { verb: 'say', text: 'We are sorry.' },
    ] as const) {
      running.order(order({ ...given, incident, at: running.now }), 1, out)
      const last = out.events.at(-1)!
      expect(last.event).toBe('note')
      expect(last.segments).toEqual([])
      expect(last.says!.map(s => s.text).join(' ')).not.toMatch(/are failing|report/)
    }
  })

  it("confirm in a person's own words: a cause of its own, with those words", () => {
    const { answer } = withOrder(order({ verb: 'confirm', words: 'a cable was cut' }))
    expect(answer[0]!.causes![0]).toMatchObject({ subject: 'words:o1', title: 'a cable was cut', state: 'confirmed' })
    expect(answer[0]!.says!.map(s => s.text)).toContain('Cause confirmed: a cable was cut.')
  })

  it('confirm: only then is a cause confirmed, with refs to the order', () => {
    expect(
      fold(signals)
        .events.flatMap(e => e.causes ?? [])
        .every(c => c.state === 'suspected'),
    ).toBe(true)
    const { answer, after } = withOrder(order({ verb: 'confirm', subject: 'push', href: 'https://example.org/pm' }))
    expect(answer[0]).toMatchObject({ event: 'updated', by: 'ana', unexplained: 0 })
    const [first] = answer[0]!.causes!
    expect(first).toMatchObject({ subject: 'push', state: 'confirmed', probability: 1, title: 'Routing push' })
    expect(first!.because.at(-1)!.refs).toEqual(['o1', 'https://example.org/pm'])
    expect(after.at(-1)!.causes![0]!.state).toBe('confirmed')
  })

  it('rule-out: frees the probability for the others and for the unknown', () => {
    const { answer } = withOrder(order({ verb: 'rule-out', subject: 'push' }))
    const ruled = answer[0]!.causes!.find(c => c.subject === 'push')!
    expect(ruled).toMatchObject({ state: 'ruled_out', probability: 0 })
    expect(answer[0]!.unexplained).toBeGreaterThan(0.9)
  })

  it('confirm and rule-out also speak on the security question', () => {
    for (const [verb, state] of [
      ['confirm', 'confirmed'],
      ['rule-out', 'ruled_out'],
    ] as const) {
      const { answer, after } = withOrder(order({ verb, subject: 'security' }))
      expect(answer[0]!.security!.state).toBe(state)
      expect(answer[0]!.security!.because.at(-1)!.refs).toContain('o1')
      expect(after.at(-1)!.security!.state).toBe(state)
    }
  })

  it('say: the sentence comes first, with the order as its ref', () => {
    const { answer } = withOrder(order({ verb: 'say', text: 'We are on it.' }))
    expect(answer[0]!.says![0]).toEqual({ text: 'We are on it.', refs: ['o1'] })
    expect(answer[0]!.by).toBe('ana')
  })

  it('mute: silences messages, changes nothing in the story', () => {
    const { answer, after } = withOrder(order({ verb: 'mute', until: T + 300 * MINUTE }))
    expect(answer).toEqual([])
    expect(after.at(-1)!.event).toBe('resolved')
  })

  it('one for an unknown incident changes nothing', () => {
    const { answer } = withOrder(order({ verb: 'resolve', incident: 'nothing' }))
    expect(answer).toEqual([])
  })
})

describe('late observations', () => {
  it('count in their minute up to half an hour, and are dropped after', () => {
    const at = (min: number, seenMin: number, id: string) =>
      metric({ at: T + min * MINUTE, seenAt: T + seenMin * MINUTE, id, labels: { cell: 'a' }, total: 7 })
    const { rollups } = fold([
      at(1, 1, 'first'),
      at(10, 35, 'late'),
      at(11, 50, 'too late'),
      at(200, 200, 'end'),
      at(201, 202, 'end2'),
    ])
    const last = new Map(rollups.map(r => [r.bin, r.metrics.total]))
    expect(last.get(T + 5 * MINUTE)).toBe(7)
    expect(last.get(T + 10 * MINUTE)).toBeUndefined()
  })
})
