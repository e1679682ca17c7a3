import { describe, expect, it } from 'vitest'
import type { Cause, IncidentEvent } from '../../contract/incident.js'
import type { Signal } from '../../contract/signal.js'
import { MINUTE } from '../../contract/time.js'
import { byArrival, change, post, streamOf, STREAM_START as T } from '../../testing/stream.js'
import { fold, machines, told } from './fixtures/stories.js'

/** Explanations from simulated signals, through the whole engine. */

const at = (minute: number) => T + minute * MINUTE
const of = (events: readonly IncidentEvent[], service = 'shop') => events.filter(e => e.service === service)
const cause = (e: IncidentEvent | undefined, subject: string): Cause | undefined =>
  e?.causes?.find(c => c.subject === subject)
const lastOpen = (events: readonly IncidentEvent[]) => of(events).findLast(e => e.event !== 'resolved')
const says = (c: Cause | undefined, text: string) => c?.because.find(b => b.says.includes(text))

describe('dose and response', () => {
  const stepped = (minute: number) => (minute < 120 ? 0 : minute < 150 ? 0.1 : minute < 180 ? 0.4 : 1)
  const rollout = change({
    id: 'rollout',
    at: at(119),
    kind: 'deploy',
    rollout: [
      [at(119), 0.1],
      [at(150), 0.4],
      [at(180), 1],
    ],
  })
  const beside = change({ id: 'beside', at: at(119), kind: 'deploy' })
  const story = (bad: (minute: number) => number, changes: Signal[]) =>
    lastOpen(fold(byArrival(told(1, [{ from: 120, until: 215, bad }]), changes)).events)

  it('failures that follow the steps speak for the rollout, and above a change of the same minute', () => {
    const e = story(m => 0.5 * stepped(m), [rollout, beside])
    expect(says(cause(e, 'rollout'), 'follow its steps')!.bits).toBeGreaterThan(3)
    expect(e!.causes![0]!.subject).toBe('rollout')
    expect(cause(e, 'rollout')!.probability).toBeGreaterThan(3 * cause(e, 'beside')!.probability)
  })
  it('a rollout that is told step by step, as it goes on, speaks for itself as one told whole', () => {
    const steps = rollout.rollout!.map(([time, share], i) =>
      change({ id: `step-${i}`, thread: 'rollout', at: time, kind: 'deploy', rollout: [[time, share]] }),
    )
    const e = story(m => 0.5 * stepped(m), [...steps, beside])
    expect(says(cause(e, 'rollout'), 'follow its steps')!.bits).toBeGreaterThan(3)
    expect(e!.causes!.map(each => each.subject).filter(each => each.startsWith('step-'))).toEqual([])
  })
  it('failures that do not care for the steps speak against it', () => {
    const e = story(() => 0.3, [rollout, beside])
    expect(says(cause(e, 'rollout'), 'do not follow its steps')!.bits).toBeLessThan(-2)
    expect(e!.causes![0]!.subject).toBe('beside')
  })
  it('an undoing in steps is a dose too', () => {
    const plain = change({ id: 'plain', at: at(119), kind: 'deploy' })
    const undo = change({
      id: 'undo',
      at: at(150),
      kind: 'deploy',
      reverts: 'plain',
      rollout: [
        [at(150), 0.5],
        [at(180), 0.9],
      ],
    })
    const e = story(m => (m < 150 ? 0.5 : m < 180 ? 0.25 : 0.05), [plain, undo])
    expect(says(cause(e, 'plain'), 'follow its steps')!.bits).toBeGreaterThan(1)
  })
})

describe('load', () => {
  const overload = { from: 120, until: 200, bad: 0.3, slow: 0.2 }
  const rise = (minute: number) => (minute >= 95 && minute < 200 ? 1.6 : 1)
  const launch = (minute: number, id = 'launch') => change({ id, at: at(minute), kind: 'launch' })

  it('a launch, then demand, then errors: one chain that begins with the launch', () => {
    const e = lastOpen(fold(byArrival(told(1, [overload], { demand: rise }), [launch(80)])).events)
    expect(e!.causes![0]!.subject).toBe('launch')
    expect(e!.causes![0]!.probability).toBeGreaterThan(0.5)
    expect(says(cause(e, 'launch'), 'demand rose')!.refs).toEqual(['launch', 'surge'])
    expect(cause(e, 'surge')!.probability).toBeLessThan(0.2)
  })
  it('a surge of other origin is not laid on a launch that came after it, nor on one of parts that are fine', () => {
    const late = lastOpen(fold(byArrival(told(1, [overload], { demand: rise }), [launch(112)])).events)
    expect(late!.causes![0]!.subject).toBe('surge')
    const cart = { ...overload, where: { component: ['cart'] } }
    const elsewhere = change({ id: 'launch', at: at(80), kind: 'launch', scope: { component: ['search'] } })
    const e = lastOpen(fold(byArrival(told(1, [cart], { demand: rise }), [elsewhere])).events)
    expect(cause(e, 'launch')!.probability).toBeLessThan(0.1)
  })
  it('demand that rises with the failure of another service is displaced load', () => {
    const till = streamOf({ ...machines, service: 'till', seed: 9, faults: [{ from: 90, until: 200, bad: 0.7 }] })
    const { events } = fold(byArrival(told(1, [{ from: 120, until: 190, slow: 0.4 }], { demand: rise }), till))
    const e = lastOpen(events)
    expect(e!.causes![0]).toMatchObject({ subject: 'displaced:till' })
    expect(e!.causes![0]!.probability).toBeGreaterThan(0.5)
    expect(e!.kind).toBe('displaced-load')
    // Without the other's trouble it is a surge, and plain slowness.
    const alone = lastOpen(fold(told(1, [{ from: 120, until: 190, slow: 0.4 }], { demand: rise })).events)
    expect(alone!.causes![0]!.subject).toBe('surge')
    expect(alone!.kind).toBe('degraded')
  })
})

describe('reports without failing requests', () => {
  const spike = { from: 120, until: 190, reports: 14 }

  it('a claim that goes round is a rumour', () => {
    const claims = Array.from({ length: 120 }, (_, i) =>
      post({ at: at(118) + i * 20_000, author: `p${i}`, text: 'is it hacked? they say it was hacked' }),
    )
    const e = lastOpen(fold(byArrival(told(1, [spike]), claims)).events)
    expect(e!.kind).toBe('degraded')
    expect(cause(e, 'rumour')!.probability).toBeGreaterThan(0.5)
  })
  it('people who join in follow public posts, and share neither a place nor a component', () => {
    const posts = Array.from({ length: 400 }, (_, i) =>
      post({ at: at(118) + i * 10_000, author: `p${i}`, text: 'lol everybody posts about the shop today' }),
    )
    // A few the day long, so that there is a usual level.
    const usual = Array.from({ length: 60 }, (_, i) =>
      post({ at: at(i * 4), author: `u${i}`, text: 'nice shop', bad: 1 }),
    )
    const loud = posts.map(p => ({ ...p, bad: 1 }))
    const e = lastOpen(fold(byArrival(told(1, [spike]), usual, loud)).events)
    expect(cause(e, 'copycats')!.probability).toBeGreaterThan(0.5)
    // Without posts nothing says that they follow anything; where requests do fail nobody is called a copycat.
    expect(lastOpen(fold(told(1, [spike])).events)!.unexplained).toBeGreaterThan(0.9)
    const real = lastOpen(fold(byArrival(told(1, [{ ...spike, bad: 0.4 }]), usual, loud)).events)
    expect(real!.causes!.map(c => c.subject)).toEqual([])
  })
  it('trouble of another service that people report here too is collateral', () => {
    const till = streamOf({
      ...machines,
      service: 'till',
      seed: 9,
      faults: [{ from: 110, until: 200, bad: 0.7, reports: 9 }],
    })
    const e = lastOpen(fold(byArrival(told(1, [spike]), till)).events)
    expect(e!.causes![0]!.subject).toBe('collateral:till')
    expect(e!.causes![0]!.because[0]!.refs[0]).toMatch(/^till-/)
  })
})
