import { describe, expect, it } from 'vitest'
import type { SegmentReading } from '../../contract/finding.js'
import type { Where } from '../../contract/incident.js'
import { MINUTE } from '../../contract/time.js'
import { STREAM_START as T, streamOf, type Fault } from '../../testing/stream.js'
import { rateWindow } from '../rates/excess.js'
import { follow, play, troubled } from './fixtures/service.js'
import { rememberSegments, seekSecond } from './second.js'
import { newTrouble } from './state.js'

const segment = (where: Where, excess: number): SegmentReading => ({
  where,
  excess,
  share: null,
  interval: null,
  bits: 9,
})

describe('what was told lately', () => {
  it('is kept for twenty-five minutes, and the newest of what is older', () => {
    const state = newTrouble(T, T, [T, T])
    state.segments = [segment({ cell: ['a'] }, 50)]
    for (let m = 0; m <= 60; m += 3) rememberSegments(state, T + m * MINUTE)
    expect(state.history[0]!.at).toBe(T + 33 * MINUTE)
    expect(state.history.at(-1)!.at).toBe(T + 60 * MINUTE)
  })
  it('leaves out remarks, and a tick that says no place', () => {
    const state = newTrouble(T, T, [T, T])
    state.segments = [segment({ cell: ['a'] }, 99), segment({ cell: ['b'] }, 1)]
    rememberSegments(state, T)
    state.segments = []
    rememberSegments(state, T + MINUTE)
    expect(state.history).toEqual([{ at: T, segments: [{ where: { cell: ['a'] }, excess: 99 }] }])
  })
})

describe('a second trouble is believed', () => {
  const world = { minutes: 160, components: ['cart', 'search', 'pay'], requests: 100 }
  const cart: Fault = { from: 120, until: 300, where: { component: ['cart'], cell: ['a', 'b'] }, bad: 0.3 }
  const pay = { component: ['pay'] }

  /** What is found at minute 160, of the first as it is known then. */
  function found(second: Fault, first: Fault = cart) {
    const known = follow({ ...world, minutes: 140, faults: [first] }).s.troubles.bad!
    const s = troubled()
    play(s, streamOf({ ...world, faults: [first, second] }), 160, () => {})
    const now = T + 160 * MINUTE
    const rates = rateWindow(s.evidence.metric!, 'bad', now, known.onset, true)
    return seekSecond(known, rates, [], [], now)
  }

  it('when it lies apart, began later, lasts, and the first did not notice', () => {
    const second = found({ from: 147, until: 300, where: pay, bad: 0.4 })!
    expect(second.wheres).toEqual([pay])
    expect(Math.abs((second.onset - T) / MINUTE - 147)).toBeLessThanOrEqual(1)
  })
  it.each<[why: string, second: Fault]>([
    ['it has just begun', { from: 156, until: 300, where: pay, bad: 0.4 }],
    ['it began with the first', { from: 121, until: 300, where: pay, bad: 0.4 }],
    ['it is further cells of the same component', { from: 147, until: 300, where: { component: ['cart'] }, bad: 0.3 }],
    ['hardly anything fails there', { from: 147, until: 300, where: pay, bad: 0.004 }],
  ])('not when %s', (_, second) => expect(found(second)).toBeNull())
  it('not when the first bends at the same minute', () => {
    const mending = { ...cart, bad: (m: number) => (m < 147 ? 0.5 : 0.05) }
    expect(found({ from: 147, until: 300, where: pay, bad: 0.4 }, mending)).toBeNull()
  })
})
