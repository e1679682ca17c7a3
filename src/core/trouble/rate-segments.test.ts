import { describe, expect, it } from 'vitest'
import { addFromChecks, failingComponents, failsInSilence, locateRates } from './rate-segments.js'
import { rateWindow } from '../rates/excess.js'
import { at, fails, fine, rates } from '../rates/fixtures/rates.js'
import { newTrouble, type Trouble } from './state.js'
import { readTracks } from './tracks.js'

const troubleState = (named: Trouble['named'] = []): Trouble => ({
  ...newTrouble(at(122), at(120), [at(119), at(121)]),
  named,
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
