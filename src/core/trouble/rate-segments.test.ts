import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE } from '../../contract/time.js'
import { learnRates } from '../rates/learn.js'
import { rateState, takeRate, type RateState } from '../rates/state.js'
import { tickRates } from '../rates/rise-detector.js'
import { addFromChecks, failingComponents, failsInSilence, locateRates } from './rate-segments.js'
import { anyExcess, groupExcess, rateWindow } from '../rates/excess.js'
import { newTrouble, type Trouble } from './state.js'
import { readTracks } from './tracks.js'

const T = Date.UTC(2031, 4, 9, 12)
type Leaf = [labels: Record<string, string>, bad: (minute: number) => number, from?: number, until?: number]

/** Rows of `total` a minute for each label set, learned while nothing fails. */
function rates(minutes: number, total: number, leaves: Leaf[], onset = 120): RateState {
  const state = rateState()
  for (let m = 0; m < minutes; m++) {
    for (const [labels, bad, from = 0, until = 1e9] of leaves)
      if (m >= from && m < until) takeRate(state, T + m * MINUTE, labels, total, Math.round(total * bad(m)), 0)
    const now = T + (m + 1) * MINUTE
    tickRates(state, now)
    learnRates(state, now, { bad: m >= onset ? T + onset * MINUTE : null, slow: null })
  }
  return state
}
const fails =
  (share: number, onset = 120) =>
  (m: number) =>
    m >= onset ? share : 0
const fine = () => 0
const at = (m: number): number => T + m * MINUTE
const troubleState = (named: Trouble['named'] = []): Trouble => ({
  ...newTrouble(at(122), at(120), [at(119), at(121)]),
  named,
})

describe('a window of rates', () => {
  it('is five rows where requests are many and up to twenty where they are few', () => {
    const cell = { cell: 'a' }
    expect(rateWindow(rates(160, 1_000, [[cell, fine]]), 'bad', at(160), at(120), true).groups.total[0]).toBe(5_000)
    expect(rateWindow(rates(160, 60, [[cell, fine]]), 'bad', at(160), at(120), true).groups.total[0]).toBe(600)
    expect(rateWindow(rates(160, 5, [[cell, fine]]), 'bad', at(160), at(120), true).groups.total[0]).toBe(100)
    expect(rateWindow(rates(160, 5, [[cell, fine]]), 'bad', at(160), at(120), false).groups.total[0]).toBe(25)
  })
  it('holds nothing from before the onset', () => {
    const state = rates(122, 1_000, [[{ cell: 'a' }, fine]])
    expect(rateWindow(state, 'bad', at(122), at(120), true).groups.total[0]).toBe(2_000)
  })
  it('excess is the share above the usual one, with an error that shrinks with requests', () => {
    const many = rateWindow(rates(140, 1_000, [[{ cell: 'a' }, fails(0.3)]]), 'bad', at(140), at(120), true)
    const few = rateWindow(rates(140, 10, [[{ cell: 'a' }, fails(0.3)]]), 'bad', at(140), at(120), true)
    expect(groupExcess(many, 0).excess).toBeCloseTo(0.3, 2)
    expect(groupExcess(few, 0).error).toBeGreaterThan(groupExcess(many, 0).error)
    expect(anyExcess(many, 'bad')).toBe(true)
    expect(
      anyExcess(rateWindow(rates(140, 1_000, [[{ cell: 'a' }, fine]]), 'bad', at(140), at(120), true), 'bad'),
    ).toBe(false)
  })
  it('a label set that fell silent weighs as before, for hours, whether the ring still has it or not', () => {
    const leaves: Leaf[] = [
      [{ cell: 'a' }, fails(0.9), 0, 140],
      [{ cell: 'b' }, fine],
    ]
    for (const minutes of [145, 200, 222, 223, 224, 300, 480]) {
      const window = rateWindow(rates(minutes, 500, leaves), 'bad', at(minutes), at(120), true)
      expect(groupExcess(window, 0).excess, `${minutes}`).toBeCloseTo(0.45, 1)
      expect(anyExcess(window, 'bad')).toBe(true)
    }
    const later = rateWindow(rates(140 + 361, 500, leaves), 'bad', at(140) + 6 * HOUR + MINUTE, at(120), true)
    expect(groupExcess(later, 0).excess).toBe(0)
  })
})

describe('tracks', () => {
  it('everything first, then each named value; stale when nothing came for ten minutes', () => {
    const state = rates(160, 500, [
      [{ cell: 'a' }, fails(0.9), 0, 140],
      [{ cell: 'b' }, fine],
    ])
    const window = rateWindow(state, 'bad', at(160), at(120), true)
    const tracks = readTracks(troubleState([{ label: 'cell', value: 'a' }]), window, window, null, at(160))
    expect(tracks.map(t => [t.where, t.stale])).toEqual([
      [{}, false],
      [{ cell: ['a'] }, true],
    ])
    expect(tracks[1]!.excess).toBeCloseTo(0.9, 1)
  })
  it('metrics lead, checks speak for what metrics never told of', () => {
    const metrics = rateWindow(rates(140, 500, [[{ cell: 'a' }, fails(0.2)]]), 'bad', at(140), at(120), true)
    const checks = rateWindow(
      rates(140, 10, [
        [{ cell: 'a' }, fails(1)],
        [{ cell: 'b' }, fails(1)],
      ]),
      'bad',
      at(140),
      at(120),
      false,
    )
    const named = ['a', 'b'].map(value => ({ label: 'cell', value }))
    const excess = readTracks(troubleState(named), metrics, metrics, checks, at(140)).map(
      t => Math.round(t.excess * 10) / 10,
    )
    expect(excess).toEqual([0.2, 0.2, 1])
  })
})

describe('where telemetry is silent', () => {
  const metrics = (until: number) =>
    rateWindow(
      rates(140, 500, [
        [{ cell: 'a' }, fine, 0, until],
        [{ cell: 'b' }, fine],
      ]),
      'bad',
      at(140),
      at(120),
      true,
    )
  const checks = (share: number) =>
    rateWindow(
      rates(140, 3, [
        [{ cell: 'a' }, fails(share)],
        [{ cell: 'b' }, fine],
      ]),
      'bad',
      at(140),
      at(120),
      false,
    )
  it('failing checks name the cell; not where requests are heard, nor where checks are fine', () => {
    const named = (m: ReturnType<typeof metrics>, c: ReturnType<typeof checks>) => {
      const found = locateRates(m).segments
      addFromChecks(found, c, m, at(140))
      return found.map(s => s.where)
    }
    expect(named(metrics(120), checks(1))).toEqual([{ cell: ['a'] }])
    expect(named(metrics(1e9), checks(1))).toEqual([])
    expect(named(metrics(120), checks(0))).toEqual([])
  })
  it('healthy requests of others say nothing about it', () => {
    expect(failsInSilence(checks(1), metrics(120), at(140))).toBe(true)
    expect(failsInSilence(checks(1), metrics(1e9), at(140))).toBe(false)
    expect(failsInSilence(checks(0), metrics(120), at(140))).toBe(false)
  })
  it('a place that requests never told of is not silent', () => {
    const foreign = rateWindow(rates(140, 3, [[{ isp: 'x' }, fails(1)]]), 'bad', at(140), at(120), false)
    expect(failsInSilence(foreign, metrics(1e9), at(140))).toBe(false)
  })
})

it('components: those that clearly fail, most failing requests first, without what fails little beside the worst', () => {
  const state = rates(140, 1_000, [
    [{ component: 'cart' }, fails(0.4)],
    [{ component: 'pay' }, fails(0.9)],
    [{ component: 'help' }, fails(0.03)],
    [{ component: 'home' }, fine],
  ])
  const window = rateWindow(state, 'bad', at(140), at(120), true)
  expect(failingComponents(window, 'bad')).toEqual(['pay', 'cart'])
})
