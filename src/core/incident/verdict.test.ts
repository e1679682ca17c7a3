import { describe, expect, it } from 'vitest'
import { extentOf, partsHit, stateFrom } from './verdict.js'

const hears = () => false

describe('what a trouble means for the parts of a service', () => {
  const all = {
    kind: 'outage' as const,
    severity: 'critical' as const,
    segments: [{ where: {}, share: 1, interval: null }],
  }

  it('one that names none concerns all', () => {
    expect([...partsHit(all, false, ['a', 'b'], hears)]).toEqual([
      [null, 'major_outage'],
      ['a', 'major_outage'],
      ['b', 'major_outage'],
    ])
  })
  it('but for those that are seen to be fine, and those of which nothing was ever heard', () => {
    const hit = partsHit({ ...all, unaffected: { component: ['b'] } }, false, ['a', 'b', 'c'], part => part === 'c')
    expect([...hit.keys()]).toEqual([null, 'a'])
  })
  it('one that names a part tells of it, heard of or not', () => {
    expect([...partsHit({ ...all, components: ['c'] }, false, ['a', 'c'], part => part === 'c').keys()]).toEqual([
      null,
      'c',
    ])
  })
  it('the whole is the worst of its parts', () => {
    const part = {
      ...all,
      severity: 'minor' as const,
      segments: [{ where: { component: ['a'] }, share: 0.2, interval: null }],
    }
    expect(partsHit(part, false, ['a', 'b'], hears).get(null)).toBe('degraded_performance')
    expect(stateFrom(partsHit(part, false, ['a', 'b'], hears).values(), 'ok')).toBe('degraded')
  })
})

describe('how far an outage is said to reach', () => {
  const parts = ['a', 'b', 'c', 'd']
  it.each([
    ['many', 'critical', { metric: 40 }, []],
    ['many', 'major', { report: 60 }, []],
    ['some', 'major', { metric: 40, report: 60 }, []],
    ['some', 'minor', { report: 60 }, []],
    ['part', 'major', { metric: 40 }, ['a']],
    ['many', 'critical', { metric: 40 }, ['a']],
    ['checks', 'critical', { check: 90 }, []],
    ['checks', 'critical', { check: 90, metric: null }, []],
    ['part', 'critical', { check: 90 }, ['a', 'b']],
  ] as const)('%s: %s, %j, %j', (extent, severity, evidence, components) =>
    expect(extentOf({ kind: 'outage', severity, evidence, components: [...components] }, parts)).toBe(extent),
  )
})
