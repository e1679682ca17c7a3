import { deserialize, serialize } from 'node:v8'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { IncidentEvent } from '../../contract/incident.js'
import type { Outcome } from '../../contract/outcome.js'
import type { Signal } from '../../contract/signal.js'
import { DAY, HOUR, MINUTE, SECOND } from '../../contract/time.js'
import {
  arrival,
  byArrival,
  change,
  metric,
  post,
  report,
  streamOf,
  topology,
  STREAM_START as T,
  type Fault,
} from '../../testing/stream.js'
import { emptyOutcome, Fold, type EngineConfig } from './fold.js'
import { config, fold, minute, names, opened, machines, people, cellA, told } from './fixtures/stories.js'
import { sfc32 } from '../stat/random.js'

describe('an outage in one cell of three', () => {
  const { events } = fold(told(1, [cellA]))

  it('opens once, within five minutes of its onset', () => {
    expect(opened(events)).toHaveLength(1)
    expect(minute(events[0])).toBeLessThanOrEqual(125)
    expect(events[0]).toMatchObject({ event: 'opened', kind: 'outage', service: 'shop', seq: 0 })
    expect(Math.abs((Date.parse(events[0]!.startedAt!) - T) / MINUTE - 120)).toBeLessThanOrEqual(1)
  })

  it('names the cell with its share, and the others as unaffected', () => {
    const late = events.findLast(e => minute(e) <= 161 && e.segments!.length > 0)!
    expect(late.segments).toHaveLength(1)
    expect(late.segments![0]!.where).toEqual({ cell: ['a'] })
    expect(late.segments![0]!.share).toBeCloseTo(0.6, 1)
    const [low, high] = late.segments![0]!.interval!
    expect(low).toBeLessThan(0.6)
    expect(high).toBeGreaterThan(0.6)
    expect([...late.unaffected!.cell!].sort()).toEqual(['b', 'c'])
  })

  it('recovers and is resolved after its end, and everything in order', () => {
    expect(names(events).filter(n => n !== 'updated')).toEqual(['opened', 'recovering', 'resolved'])
    expect(minute(events.at(-1))).toBeGreaterThan(165)
    expect(minute(events.at(-1))).toBeLessThan(190)
    expect(events.map(e => e.seq)).toEqual(events.map((_, i) => i))
    expect(events.at(-1)).toMatchObject({ segments: [], recovery: { recovered: 1, eta: null } })
  })

  it('says nothing on its quiet twin', () => {
    for (const seed of [1, 2, 3]) expect(fold(told(seed, [])).events).toEqual([])
  })

  it('does not chatter', () => {
    expect(events.length).toBeLessThanOrEqual(8)
  })
})

describe('laws of the fold', () => {
  const signals = byArrival(
    [topology({ at: T, title: 'Told later', dependsOn: [{ id: 'db', name: 'Database', service: 'db' }] })],
    [change({ at: T + 118 * MINUTE, id: 'push', scope: { cell: ['a'] } })],
    streamOf({
      ...machines,
      requests: 60,
      components: ['cart'],
      minutes: 200,
      faults: [
        { ...cellA, until: 140 },
        { from: 150, until: 165, slow: 0.5 },
      ],
    }),
    streamOf({ service: 'db', requests: 30, tiers: ['all'], minutes: 200, seed: 3 }),
    [post({ at: T + 130 * MINUTE, author: 'x', text: 'the shop is down' })],
  )
  const whole = fold(signals)

  // What the configuration says came first: a topology fact that came later is the newest word, after a restart too.
  const components = [{ id: 'till', name: 'Till' }]
  const configured: EngineConfig = {
    ...config,
    services: ['shop', 'never-heard-of'].map(id => ({ id, title: 'Configured', components, dependsOn: [] })),
  }
  it.each([
    ['of services that only signals name', config],
    ['of services that are configured', configured],
  ])('a run %s, cut anywhere, goes on from its snapshot as one that is not', (_, config) => {
    const whole = fold(signals, new Fold(config))
    expect(opened(whole.events).length).toBeGreaterThanOrEqual(1)
    fc.assert(
      fc.property(fc.array(fc.nat({ max: signals.length }), { minLength: 1, maxLength: 3 }), cuts => {
        const out = emptyOutcome()
        let running = new Fold(config)
        let i = 0
        for (const cut of [...cuts.sort((a, b) => a - b), signals.length]) {
          for (; i < cut; i++) running.signal(signals[i]!, 1, out)
          running = Fold.open(deserialize(serialize(running.snapshot())), config)
        }
        expect(out.events).toEqual(whole.events)
        expect(out.rollups).toEqual(whole.rollups)
        expect(out.services).toEqual(whole.services)
        expect(deserialize(serialize(running.snapshot()))).toEqual(deserialize(serialize(whole.fold.snapshot())))
      }),
      { numRuns: 6, seed: 1 },
    )
  })

  it('rows between ticks, taken whenever somebody asks, change no event, no row of a tick and no state', () => {
    const fresh = emptyOutcome()
    const reports = signals.concat(streamOf({ service: 'cafe', requests: 0, reports: 3, minutes: 200, seed: 8 }))
    const [asked, never] = [fold(byArrival(reports).slice(0, 0)), fold(byArrival(reports))]
    const out = emptyOutcome()
    byArrival(reports).forEach((signal, i) => {
      asked.fold.signal(signal, 1, out)
      if (i % 7 === 0) asked.fold.takeFresh(fresh)
    })
    expect(fresh.rollups.length).toBeGreaterThan(20)
    expect(out).toMatchObject({ events: never.events, rollups: never.rollups, services: never.services })
    expect(deserialize(serialize(asked.fold.snapshot()))).toEqual(deserialize(serialize(never.fold.snapshot())))
  })

  it('a snapshot of another version is refused', () => {
    expect(() => Fold.open({ ...whole.fold.snapshot(), version: 0 }, config)).toThrow(/version/)
  })

  it('batches do not matter: outcomes of any cut add up to the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), size => {
        const running = new Fold(config)
        const events: IncidentEvent[] = []
        let services = 0
        for (let i = 0; i < signals.length; i += size) {
          const out = emptyOutcome()
          for (const signal of signals.slice(i, i + size)) running.signal(signal, 1, out)
          events.push(...out.events)
          services += out.services.length
        }
        expect(events).toEqual(whole.events)
        expect(services).toBe(whole.services.length)
      }),
      { numRuns: 3, seed: 2 },
    )
  })

  it('the same signals twice give the same bytes', () => {
    expect(JSON.stringify(fold(signals).events)).toBe(JSON.stringify(whole.events))
  })

  it('arrival order within the lateness limit changes no count of any cell', () => {
    const straight = counts(fold(byLateness(signals, () => 0)))
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), seed => {
        const random = sfc32(seed)
        expect(counts(fold(byLateness(signals, () => Math.floor(random() * 20 * MINUTE))))).toEqual(straight)
      }),
      { numRuns: 3, seed: 3 },
    )
  })

  it('every rollup row is a bin of five minutes, and its metrics add up to what was sent', () => {
    const last = new Map(whole.rollups.map(r => [`${r.service} ${r.bin}`, r]))
    const sent = signals.reduce((n, s) => n + (s.type === 'observation' && s.via === 'metric' ? s.total : 0), 0)
    const done = fold([metric({ service: 'other', at: T + DAY, total: 1 })], whole.fold)
    for (const row of done.rollups) last.set(`${row.service} ${row.bin}`, row)
    const rows = [...last.values()].filter(r => r.service !== 'other')
    expect(rows.every(r => r.bin % (5 * MINUTE) === 0)).toBe(true)
    expect(rows.reduce((n, r) => n + r.metrics.total, 0)).toBe(sent)
  })
})

/** The same signals, each up to some minutes late; then a later one so that every bin is put. */
function byLateness(signals: readonly Signal[], lateMs: () => number): Signal[] {
  const end = Math.max(...signals.map(arrival)) + 2 * HOUR
  return byArrival(
    signals.map(s => ({ ...s, seenAt: arrival(s) + lateMs() })),
    [0, 1, 2].map(i => metric({ service: 'other', at: end + i * HOUR, id: `end${i}` })),
  )
}

/** Counts of the last row of each bin, by service. */
function counts({ rollups }: Outcome): Record<string, unknown> {
  const rows: Record<string, unknown> = {}
  for (const r of rollups)
    if (r.service !== 'other')
      rows[`${r.service} ${r.bin}`] = {
        ...r,
        reports: [r.reports.bad, r.reports.ok],
        posts: [r.posts.total, r.posts.complaints],
      }
  return rows
}

describe('what people say', () => {
  it('opens on a spike of reports alone, with a share that is not known', () => {
    const { events } = fold(streamOf({ ...people, faults: [{ from: 200, until: 260, reports: 10 }] }))
    expect(opened(events)).toHaveLength(1)
    expect(minute(events[0])).toBeGreaterThanOrEqual(200)
    expect(minute(events[0])).toBeLessThanOrEqual(212)
    for (const s of events.flatMap(e => e.segments ?? [])) expect(s).toMatchObject({ share: null, interval: null })
  })

  it.each([
    ['600 answers "works for me"', (i: number) => report({ at: 0, bad: 0, reporter: `p${i}` })],
    ['one reporter who repeats 600 times', () => report({ at: 0, reporter: 'same' })],
    ['twelve bots that repeat', (i: number) => report({ at: 0, reporter: `bot${i % 12}` })],
    ['600 rumours of an attack', (i: number) => post({ at: 0, author: `p${i}`, text: 'was it hacked?' })],
  ])('does not open on %s', (_, make) => {
    const flood = Array.from({ length: 600 }, (_, i) => ({
      ...make(i),
      id: `f${i}`,
      at: T + 200 * MINUTE + i * SECOND,
    }))
    expect(fold(byArrival(streamOf(people), flood)).events).toEqual([])
  })

  it('does not open on twelve bots even where hardly anybody ever reports', () => {
    const flood = Array.from({ length: 600 }, (_, i) =>
      report({ at: T + 200 * MINUTE + i * SECOND, reporter: `bot${i % 12}`, id: `f${i}` }),
    )
    expect(fold(byArrival(streamOf({ ...people, reports: 0.05 }), flood)).events).toEqual([])
  })

  it('waits where requests are healthy, then is `degraded`, never an outage', () => {
    const { events } = fold(
      streamOf({ ...machines, checks: 0, minutes: 300, faults: [{ from: 200, until: 260, reports: 10 }] }),
    )
    expect(opened(events)).toHaveLength(1)
    expect(minute(events[0])).toBeGreaterThanOrEqual(210)
    expect(new Set(events.map(e => e.kind))).toEqual(new Set(['degraded']))
    expect(new Set(events.map(e => e.severity))).toEqual(new Set(['minor']))
  })

  const seen = (n: number, text: string) =>
    Array.from({ length: n }, (_, i) => report({ at: T + (100 + i) * MINUTE, reporter: `x${i}`, text, id: `x${i}` }))

  it('suspects a security problem when five people see what is not theirs, and no fewer', () => {
    const text = "I can see somebody else's chats in my history"
    expect(fold(byArrival(streamOf(machines), seen(4, text))).events).toEqual([])
    const { events } = fold(byArrival(streamOf(machines), seen(5, text)))
    expect(events[0]).toMatchObject({ event: 'opened', kind: 'security', security: { state: 'suspected' } })
    expect(events[0]!.security!.because[0]!.refs).toEqual(['x0', 'x1', 'x2', 'x3', 'x4'])
  })

  it('hears them also when each of them had reported something else that day', () => {
    const text = "I can see somebody else's chats in my history"
    const before = seen(5, 'it is down').map((r, i) => ({ ...r, id: `before${i}`, at: T + (20 + 9 * i) * MINUTE }))
    const { events } = fold(byArrival(streamOf(machines), before, seen(5, text)))
    expect(events[0]).toMatchObject({ kind: 'security', security: { state: 'suspected' } })
  })

  it('never suspects it on rumours, however many', () => {
    const rumours = Array.from({ length: 1_000 }, (_, i) =>
      report({ at: T + 100 * MINUTE + i * 2 * SECOND, reporter: `x${i}`, text: 'is it hacked??', id: `h${i}` }),
    )
    const { events } = fold(byArrival(streamOf(machines), rumours))
    for (const e of events) expect(e).not.toMatchObject({ kind: 'security' })
    for (const e of events) expect(e.security?.state).toBe('no_evidence')
  })

  it('does not hide an outage behind a security story', () => {
    const text = "I can see somebody else's chats in my history"
    const { events } = fold(byArrival(told(1, [{ from: 130, until: 180, bad: 0.9 }]), seen(6, text)))
    expect(events[0]!.kind).toBe('security')
    const during = events.filter(e => minute(e) > 135)
    expect(during[0]).toMatchObject({ kind: 'outage', severity: 'critical', security: { state: 'suspected' } })
    expect(new Set(events.map(e => e.incident)).size).toBe(1)
  })
})

describe('what stands on what', () => {
  const dependsOn = [{ id: 'db', name: 'Database', service: 'db' }]
  const db = streamOf({
    service: 'db',
    requests: 100,
    tiers: ['all'],
    seed: 5,
    minutes: 300,
    faults: [{ from: 200, until: 240, bad: 0.7 }],
  })

  it('trouble of a service it stands on is `upstream` and minor, with that service as the cause, to the end', () => {
    const own = streamOf({ ...machines, minutes: 300, faults: [{ from: 203, until: 243, bad: 0.05, reports: 6 }] })
    const { events } = fold(byArrival([topology({ at: T, dependsOn })], db, own))
    const mine = events.filter(e => e.service === 'shop')
    expect(opened(mine)).toHaveLength(1)
    for (const e of mine) expect(e).toMatchObject({ kind: 'upstream', severity: 'minor' })
    expect(mine.at(-1)!.event).toBe('resolved')
    for (const e of mine) expect(e.causes![0]!.subject).toBe('dependency:db')
  })

  it('without that line in the topology it is an outage of its own', () => {
    const own = streamOf({ ...machines, minutes: 300, faults: [{ from: 203, until: 243, bad: 0.05, reports: 6 }] })
    const mine = fold(byArrival(db, own)).events.filter(e => e.service === 'shop')
    expect(mine[0]).toMatchObject({ kind: 'outage' })
  })

  it('a configuration that is given says the same as a first topology', () => {
    const own = streamOf({ ...machines, minutes: 300, faults: [{ from: 203, until: 243, bad: 0.05, reports: 6 }] })
    const configured = new Fold({ ...config, services: [{ id: 'shop', title: 'Shop', components: [], dependsOn }] })
    const mine = fold(byArrival(db, own), configured).events.filter(e => e.service === 'shop')
    expect(mine[0]).toMatchObject({ kind: 'upstream' })
  })
})

describe('slow', () => {
  const { events } = fold(told(1, [{ from: 120, until: 170, slow: 0.5, where: { cell: ['b'] } }], { reports: 0 }))

  it('is `degraded`, apart from failing, and waits five minutes', () => {
    expect(opened(events)).toHaveLength(1)
    expect(events[0]).toMatchObject({ kind: 'degraded', severity: 'minor' })
    expect(minute(events[0])).toBeGreaterThanOrEqual(125)
    expect(minute(events[0])).toBeLessThanOrEqual(133)
    expect(events[0]!.segments![0]).toMatchObject({ where: { cell: ['b'] } })
    expect(events.at(-1)!.event).toBe('resolved')
  })

  it('is part of the outage while requests fail too', () => {
    const both = fold(told(1, [{ ...cellA, slow: 0.3 }]))
    expect(new Set(both.events.map(e => e.incident)).size).toBe(1)
  })
})

describe('one story', () => {
  const wave = (from: number): Fault => ({ ...cellA, from, until: from + 25, reports: 0 })

  it('a relapse within the hour reopens the same incident, measured against its own worst', () => {
    const { events } = fold(told(1, [wave(120), wave(175)], { minutes: 290, reports: 0 }))
    expect(new Set(events.map(e => e.incident)).size).toBe(1)
    expect(names(events).filter(n => n !== 'updated')).toEqual([
      'opened',
      'recovering',
      'resolved',
      'reopened',
      'recovering',
      'resolved',
    ])
    const again = events.find(e => e.event === 'reopened')!
    expect(again.recovery!.recovered).toBeLessThan(0.3)
  })

  it('the same a day later is a new one', () => {
    const { events } = fold(
      told(1, [wave(120), wave(1_500)], { minutes: 1_600, reports: 0, requests: 40, tiers: ['all'] }),
    )
    expect(opened(events)).toHaveLength(2)
    expect(names(events)).not.toContain('reopened')
    expect(new Set(events.map(e => e.incident)).size).toBe(2)
  })

  it('few requests do not make it stutter: a steady tenth failing is one opening and a handful of updates', () => {
    const { events } = fold(streamOf({ minutes: 330, requests: 2, faults: [{ from: 130, until: 280, bad: 0.15 }] }))
    expect(opened(events)).toHaveLength(1)
    expect(events.filter(e => minute(e) < 280).length).toBeLessThanOrEqual(6)
    expect(names(events)).not.toContain('reopened')
    expect(events.filter(e => e.event === 'recovering' && minute(e) < 280)).toEqual([])
  })

  it('a clock jump of 300 days says nothing and leaves few rows', () => {
    const later = streamOf({ ...machines, minutes: 30, from: T + 300 * DAY })
    const { events, services } = fold([...told(1, [], { minutes: 130 }), ...later])
    expect(events).toEqual([])
    expect(services.length).toBeLessThan(500)
  })

  it('a gap of 300 days in the middle of an outage ends it at most once', () => {
    const later = streamOf({ ...machines, minutes: 60, from: T + 300 * DAY })
    const { events } = fold([...told(1, [{ ...cellA, until: 200 }], { minutes: 150 }), ...later])
    expect(names(events).filter(n => n === 'opened' || n === 'resolved')).toEqual(['opened', 'resolved'])
  })
})
