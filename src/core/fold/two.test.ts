import { describe, expect, it } from 'vitest'
import type { IncidentEvent } from '../../contract/incident.js'
import { MINUTE } from '../../contract/time.js'
import { byArrival, change, STREAM_START as T, streamOf, topology, type Fault } from '../../testing/stream.js'
import { emptyOutcome, Fold } from './fold.js'
import { config, fold, minute, opened, people } from './fixtures/stories.js'

/** Several troubles of one service at once, and one that looks like several. */

const at = (m: number) => T + m * MINUTE
const shop = { minutes: 330, components: ['cart', 'search', 'pay'], checks: 1, reports: 0.5, requests: 100 }
const play = (faults: Fault[], more: Parameters<typeof change>[0][] = [], options: Partial<typeof shop> = {}) =>
  fold(byArrival(streamOf({ ...shop, ...options, faults }), more.map(change))).events
const last = (events: readonly IncidentEvent[], e: IncidentEvent) => events.findLast(x => x.incident === e.incident)!
const started = (e: IncidentEvent) => (Date.parse(e.startedAt!) - T) / MINUTE
const cells = { cell: ['a', 'b'], component: ['cart'] }
const pay = { component: ['pay'] }
const first: Fault = { from: 120, until: 230, where: cells, bad: 0.3, reports: 5 }

describe('two troubles at once are two incidents', () => {
  const rows: [string, Fault, Fault][] = [
    ['eight minutes apart', first, { from: 128, until: 260, where: pay, bad: 0.6 }],
    ['twenty minutes apart', first, { from: 140, until: 260, where: pay, bad: 0.6 }],
    ['ninety minutes apart', first, { from: 210, until: 270, where: pay, bad: 0.6 }],
    ['the second smaller', { ...first, bad: 0.6 }, { from: 145, until: 200, where: pay, bad: 0.06 }],
    ['the second far bigger', { ...first, bad: 0.05 }, { from: 145, until: 200, where: pay, bad: 0.95 }],
    ['the second over first', first, { from: 145, until: 190, where: pay, bad: 0.5 }],
    [
      'the second in some cells, the first everywhere',
      { ...first, where: pay },
      { from: 150, until: 260, where: cells, bad: 0.4 },
    ],
    [
      'overlapping in a cell as a whole',
      { ...first, where: { cell: ['a'] } },
      { from: 150, until: 260, where: pay, bad: 0.4 },
    ],
    [
      'other components of other cells',
      { ...first, where: { cell: ['a'], component: ['cart'] } },
      { from: 150, until: 260, where: { cell: ['b', 'c'], component: ['pay'] }, bad: 0.4 },
    ],
  ]
  it.each(rows)('%s', (_, one, two) => {
    const events = play(
      [one, two],
      [
        { id: 'one', at: at(one.from - 1), scope: one.where! },
        { id: 'two', at: at(two.from - 1), scope: two.where! },
        { id: 'other', at: at(two.from - 4), scope: { component: ['search'] } },
      ],
    )
    const stories = opened(events)
    expect(stories.map(e => e.kind)).toEqual(['outage', 'outage'])
    ;[one, two].forEach((fault, i) => {
      const end = last(events, stories[i]!)
      const middle = events.findLast(e => e.incident === end.incident && minute(e) <= fault.until)!
      expect(Math.abs(started(end) - fault.from), 'onset').toBeLessThanOrEqual(2)
      expect(minute(stories[i]) - fault.from, 'noticed').toBeLessThanOrEqual(12)
      expect(middle.segments!.map(s => s.where)).toEqual([fault.where])
      expect(middle.components!.toSorted()).toEqual(
        fault.where!.component ?? ['cart', 'pay', 'search'].filter(c => middle.components!.includes(c)),
      )
      expect(end.causes![0]!.subject).toBe(i === 0 ? 'one' : 'two')
      expect(end.event).toBe('resolved')
      expect(end.recovery!.recovered).toBe(1)
      expect(minute(end) - fault.until, 'end').toBeGreaterThanOrEqual(8)
      expect(minute(end) - fault.until, 'end').toBeLessThanOrEqual(35)
      // Nothing is back while it fails.
      const early = events.filter(e => e.incident === end.incident && minute(e) <= fault.until)
      expect(Math.max(...early.map(e => e.recovery!.recovered))).toBeLessThan(0.3)
    })
  })

  it('each has an id and a count of its own, and events stay in order', () => {
    const events = play([first, { from: 145, until: 260, where: pay, bad: 0.5 }])
    expect(new Set(opened(events).map(e => e.incident)).size).toBe(2)
    for (const story of opened(events))
      expect(events.filter(e => e.incident === story.incident).map(e => e.seq)).toEqual(
        events.filter(e => e.incident === story.incident).map((_, i) => i),
      )
    expect(events.map(e => e.at)).toEqual(events.map(e => e.at).toSorted())
  })

  it('severity that the second gave the first for minutes is given back', () => {
    const events = play([
      { ...first, where: { cell: ['a'], component: ['cart'] }, bad: 0.1 },
      { from: 145, until: 260, where: pay, bad: 0.95 },
    ])
    const [one, two] = opened(events)
    expect(last(events, one!).severity).toBe('minor')
    expect(last(events, two!).severity).toBe('critical')
  })

  it('a relapse of the second goes on with the second, also when the first is long over', () => {
    const events = play(
      [
        { ...first, until: 160 },
        { from: 145, until: 220, where: pay, bad: 0.5 },
        { from: 255, until: 280, where: pay, bad: 0.5 },
      ],
      [],
      { minutes: 360 },
    )
    const [one, two] = opened(events)
    expect(opened(events)).toHaveLength(2)
    expect(events.filter(e => e.event === 'reopened').map(e => e.incident)).toEqual([two!.incident])
    expect(last(events, one!).event).toBe('resolved')
    expect(last(events, two!).event).toBe('resolved')
  })

  it('late reports do not hold the second open when it takes the place of the first', () => {
    for (const until of [166, 168, 170]) {
      const events = play([
        { ...first, until, reports: 12 },
        { from: 145, until: 202, where: pay, bad: 0.5, reports: 12 },
        { from: 202, until: 250, reports: 2 },
      ])
      const [, two] = opened(events)
      expect(opened(events)).toHaveLength(2)
      expect(minute(last(events, two!))).toBeLessThanOrEqual(202 + 20)
    }
  })

  it('what the second takes on later is the second’s', () => {
    const events = play([
      first,
      { from: 145, until: 260, where: { cell: ['a', 'c'], component: ['pay'] }, bad: 0.5 },
      { from: 170, until: 260, where: { cell: ['b'], component: ['pay'] }, bad: 0.5 },
    ])
    const [one, two] = opened(events)
    expect(opened(events)).toHaveLength(2)
    const told = (e: IncidentEvent, m: number) => events.findLast(x => x.incident === e.incident && minute(x) <= m)!
    expect(told(one!, 220).components).toEqual(['cart'])
    expect(told(two!, 220).segments!.flatMap(s => s.where.component)).toEqual(['pay'])
    expect(new Set(told(two!, 220).segments!.flatMap(s => s.where.cell ?? ['a', 'b', 'c'])).size).toBe(3)
  })

  it('a restart between changes nothing', () => {
    const signals = streamOf({ ...shop, faults: [first, { from: 145, until: 260, where: pay, bad: 0.5 }] })
    const whole = fold(signals).events
    for (const m of [149, 154, 200, 245]) {
      const cut = signals.findIndex(s => (s.seenAt ?? s.at) > at(m))
      const before = fold(signals.slice(0, cut))
      const stored = structuredClone(before.fold.snapshot())
      const after = emptyOutcome()
      const reopened = Fold.open(stored, config)
      for (const s of signals.slice(cut)) reopened.signal(s, 1, after)
      expect([...before.events, ...after.events]).toEqual(whole)
    }
  })
})

describe('one trouble stays one incident', () => {
  const spread = (from: number, where: Fault['where'], bad = 0.4): Fault => ({ from, until: 230, where: where!, bad })
  const rows: [string, Fault[]][] = [
    [
      'that takes cell after cell',
      [spread(120, { cell: ['a'] }), spread(140, { cell: ['b'] }), spread(160, { cell: ['c'] })],
    ],
    [
      'of a component that takes cell after cell',
      ['a', 'b', 'c'].map((c, i) => spread(120 + 20 * i, { cell: [c], component: ['cart'] })),
    ],
    [
      'pushed by stages: more cells, more components',
      [
        spread(120, { cell: ['a'], component: ['cart'] }),
        spread(140, { cell: ['b'], component: ['cart', 'pay'] }),
        spread(160, { cell: ['c'] }),
      ],
    ],
    [
      'that grows and appears elsewhere at once',
      [spread(120, cells), spread(145, pay), spread(145, { cell: ['c'], component: ['cart'] })],
    ],
    [
      'that shares a component, and hardly bends',
      [spread(120, cells), spread(145, { component: ['cart', 'pay'] }, 0.1)],
    ],
    ['or two that begin within minutes', [spread(120, cells), spread(124, pay)]],
    [
      'in two places at once, weakly and for long',
      [
        { from: 120, until: 207, where: { cell: ['a'], component: ['cart'] }, bad: 0.06 },
        { from: 120, until: 225, where: pay, bad: 0.1 },
      ],
    ],
    ['in two places at once', [spread(120, cells), spread(120, pay)]],
    [
      'in two places at once, one of them mended long before',
      [{ ...spread(120, cells), until: 150 }, spread(120, pay)],
    ],
    [
      'whose next step is felt in both places',
      [spread(120, cells, 0.1), { ...spread(150, cells, 0.5) }, spread(150, pay, 0.5)],
    ],
    [
      'that spills over to other components of its cells',
      [spread(120, cells), spread(140, { cell: ['a', 'b'], component: ['pay'] }, 0.15)],
    ],
    ['that hits the component elsewhere too', [spread(120, cells), spread(145, { component: ['cart'] }, 0.2)]],
    ['that shares a component', [spread(120, cells), spread(145, { component: ['cart', 'pay'] }, 0.3)]],
    [
      'whose mending harms others',
      [
        { ...spread(120, cells, 0.6), until: 150 },
        { ...spread(151, pay, 0.2), until: 180 },
      ],
    ],
    [
      'that comes in waves',
      [
        { ...first, until: 150 },
        { ...first, from: 180, until: 200 },
        { ...first, from: 225, until: 240 },
      ],
    ],
    [
      'with a slow tail',
      [
        { ...first, until: 150 },
        { ...first, from: 150, until: 240, bad: 0.02 },
      ],
    ],
  ]
  it.each(rows)('%s', (_, faults) => {
    expect(opened(play(faults))).toHaveLength(1)
  })
  it('a component that stands on the failing one is no news', () => {
    const faults = [first, spread(150, pay)]
    const stands = topology({
      at: T,
      components: [
        { id: 'cart', name: 'Cart' },
        { id: 'pay', name: 'Pay', dependsOn: ['cart'] },
      ],
    })
    expect(opened(fold(byArrival([stands], streamOf({ ...shop, faults }))).events)).toHaveLength(1)
    expect(opened(play(faults))).toHaveLength(2)
  })
  it('people alone never tell two apart', () => {
    const faults = [
      { from: 120, until: 220, reports: 30, labels: { country: 'de', component: 'cart' } },
      { from: 150, until: 220, reports: 30, labels: { component: 'pay' } },
    ]
    expect(opened(fold(streamOf({ ...people, faults })).events)).toHaveLength(1)
  })
})

it('a day apart they are two, whatever they look like', () => {
  const day = 24 * 60
  const events = fold(
    streamOf({
      ...shop,
      requests: 40,
      minutes: 120 + day + 120,
      faults: [
        { ...first, until: 160 },
        { ...first, from: 120 + day, until: 160 + day },
      ],
    }),
  ).events
  expect(opened(events).map(e => Math.round(minute(e) / 60))).toEqual([2, 26])
})
