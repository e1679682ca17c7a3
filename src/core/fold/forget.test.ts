import { describe, expect, it } from 'vitest'
import type { Forget } from '../../contract/order.js'
import type { Signal } from '../../contract/signal.js'
import { MINUTE } from '../../contract/time.js'
import { arrival, byArrival, streamOf, STREAM_START as T, topology } from '../../testing/stream.js'
import type { RateState } from '../rates/state.js'
import { emptyOutcome, Fold, type EngineConfig } from './fold.js'

const config: EngineConfig = { clock: 'signals', falseAlarmsPerMonth: 0.1, services: [] }
const forget = (more: Partial<Forget> = {}): Forget => ({
  type: 'forget',
  id: 'f',
  at: 0,
  service: 'shop',
  by: 'ada',
  why: 'a typing error',
  ...more,
})

/** Two hours, and four with an outage of one cell in them. */
const CUT = T + 120 * MINUTE
const stream = (from: number, minutes: number, label?: string) =>
  streamOf({
    service: 'shop',
    seed: 7,
    minutes: from + minutes,
    reports: 3,
    requests: 120,
    cells: ['a', 'b'],
    components: ['checkout', 'search'],
    tiers: ['free'],
    faults: [{ from: 200, until: 260, where: { cell: ['a'] }, bad: 0.7 }],
  })
    .filter(s => arrival(s) >= T + from * MINUTE)
    .map(s =>
      label === undefined ? s : ({ ...s, labels: { ...s.labels, [label]: s.id.length % 2 ? 'x' : 'y' } } as Signal),
    )

function run(signals: readonly Signal[], forgets: Forget | null, given = config, cut = CUT) {
  const fold = new Fold(given)
  const outcome = emptyOutcome()
  let done = forgets === null
  let position = 0
  for (const signal of signals) {
    if (!done && arrival(signal) >= cut) {
      fold.forget(forgets!, outcome)
      done = true
    }
    fold.signal(signal, ++position, outcome)
  }
  return { fold, ...outcome }
}
const later = <E extends { at: string }>(events: E[]) => events.filter(e => Date.parse(e.at) >= CUT)

describe('a service that is forgotten', () => {
  it('leaves nothing behind, and comes back as a new one', () => {
    const before = byArrival(stream(0, 120), [
      topology({ at: T, service: 'shop', components: [{ id: 'checkout', name: 'C' }] }),
    ])
    const after = stream(120, 240)
    const whole = run([...before.filter(s => arrival(s) < CUT), ...after], forget())
    const anew = run(after, null)
    expect(whole.events.length).toBeGreaterThan(2)
    expect(whole.events).toEqual(anew.events)
    expect(whole.rollups.map(row => ({ ...row, position: 0 }))).toEqual(
      anew.rollups.map(row => ({ ...row, position: 0 })),
    )
    expect(whole.services.at(-1)).toEqual(anew.services.at(-1))
    expect(whole.forgotten).toEqual([forget()])
  })
  it('leaves others as they are', () => {
    const other = streamOf({
      service: 'mail',
      seed: 3,
      minutes: 300,
      requests: 90,
      tiers: ['all'],
      faults: [{ from: 150, until: 200, bad: 0.6 }],
    })
    const both = run(byArrival(stream(0, 360), other), forget())
    const events = both.events.filter(e => e.service === 'mail')
    expect(events).toEqual(run(other, null).events.slice(0, events.length))
    expect(events.length).toBeGreaterThan(1)
  })
  it('stays where the configuration names it, unknown', () => {
    const services = [
      { id: 'shop', title: 'The shop', components: [{ id: 'checkout', name: 'Checkout' }], dependsOn: [] },
    ]
    const { services: rows } = run([...stream(0, 121)], forget(), { ...config, services })
    const row = rows.find(each => each.service === 'shop')
    expect(row).toMatchObject({ title: 'The shop', state: 'unknown', seen: {}, components: [{ id: 'checkout' }] })
  })
  it('is found by the name that pages have for it', () => {
    const fold = new Fold(config)
    const outcome = emptyOutcome()
    for (const signal of stream(0, 5)) fold.signal({ ...signal, service: 'a\ud800' }, 1, outcome)
    fold.forget(forget({ service: 'a\ufffd' }), outcome)
    const { watch } = fold.snapshot() as { watch: { services: unknown[] } }
    expect(watch.services).toEqual([])
  })
})

describe('a label that is forgotten', () => {
  const named = (row: { reportsBy: object; ratesBy: object }) => [
    ...Object.keys(row.reportsBy),
    ...Object.keys(row.ratesBy),
  ]
  it('leaves what was counted and what is usual as if it had never been there', () => {
    const signals = (label?: string) => [...stream(0, 120, label).filter(s => arrival(s) < CUT), ...stream(120, 240)]
    const without = run(signals(), null)
    const after = run(signals('noise'), forget({ label: 'noise' }))
    const opened = (events: typeof after.events) =>
      events.filter(e => e.event === 'opened').map(e => [e.incident, e.kind, e.severity])
    expect(opened(after.events)).toEqual(opened(without.events))
    expect(opened(after.events)).toHaveLength(1)
    const totals = (rows: typeof after.rollups) =>
      rows.map(({ bin, metrics, checks, reports }) => [bin, metrics, checks, reports.bad, reports.ok])
    expect(totals(later2(after.rollups))).toEqual(totals(later2(without.rollups)))
    expect(after.rollups.flatMap(named)).not.toContain('noise')
    expect(later(after.events).every(e => !JSON.stringify(e).includes('noise'))).toBe(true)
    const { attributes, codes } = bookOf(without.fold)
    expect(bookOf(after.fold)).toMatchObject({ attributes, codes })
  })
  const bookOf = (of: Fold) => (of.snapshot().watch.services[0]!.evidence['metric'] as RateState).book
  const later2 = <R extends { bin: number }>(rows: R[]) => rows.filter(row => row.bin >= CUT + 5 * MINUTE)

  it('may be one value: the others stay', () => {
    const after = run(stream(0, 125, 'noise'), forget({ label: 'noise', value: 'x' }))
    const book = bookOf(after.fold)
    expect(book.values[book.attributes.indexOf('noise')]).toContain('y')
    const early = after.rollups.filter(row => row.bin < CUT - 5 * MINUTE && row.ratesBy['noise'] !== undefined)
    expect(early.length).toBeGreaterThan(10)
    for (const row of early) expect(Object.keys(row.ratesBy['noise']!)).toEqual(['y'])
  })
  it('goes out of an open incident, which goes on as if it had never been there', () => {
    const signals = (until: number) => [
      ...stream(0, 360, 'noise').filter(s => arrival(s) < until),
      ...stream(0, 360).filter(s => arrival(s) >= until),
    ]
    const story = ({ events }: { events: ReturnType<typeof run>['events'] }) =>
      events.filter(e => e.event !== 'updated').map(e => [e.event, e.incident])
    const after = run(signals(T + 230 * MINUTE), forget({ label: 'noise' }), config, T + 230 * MINUTE)
    expect(story(after)).toEqual(story(run(stream(0, 360), null)))
    expect(after.events.filter(e => e.event === 'opened')).toHaveLength(1)
  })
})

describe('a component that is forgotten', () => {
  it('is in no list, in nothing that others stand on, and in no chart', () => {
    const components = [
      { id: 'checkout', name: 'Checkout', dependsOn: ['search'] },
      { id: 'search', name: 'Search' },
    ]
    const told = byArrival([topology({ at: T, service: 'shop', components })], stream(0, 120))
    const { services, rollups } = run(
      [...told.filter(s => arrival(s) < CUT), ...stream(120, 1).map(s => ({ ...s, labels: {} }) as Signal)],
      forget({ component: 'search' }),
    )
    expect(services.at(-1)?.components).toEqual([{ id: 'checkout', name: 'Checkout', dependsOn: [] }])
    for (const row of rollups) expect(Object.keys(row.ratesBy['component'] ?? {})).not.toContain('search')
    expect(rollups.some(row => row.ratesBy['component']?.['checkout'] !== undefined)).toBe(true)
  })
})
