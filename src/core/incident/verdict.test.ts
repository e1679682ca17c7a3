import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  EVENT_NAMES,
  INCIDENT_KINDS,
  SEVERITIES,
  type IncidentEvent,
  type SegmentRecovery,
} from '../../contract/incident.js'
import { addUp, extentOf, partsHit, phaseOf, stagesOf, stateFrom } from './verdict.js'

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

describe('what an incident’s events add up to', () => {
  const event = fc.record(
    {
      event: fc.constantFrom(...EVENT_NAMES),
      severity: fc.constantFrom(...SEVERITIES),
      kind: fc.constantFrom(...INCIDENT_KINDS),
      title: fc.constantFrom('a', 'b'),
      components: fc.subarray(['cart', 'login']),
      recovery: fc.record({
        recovered: fc.double({ min: 0, max: 1 }),
        eta: fc.constant(null),
        segments: fc.constant<SegmentRecovery[]>([]),
      }),
    },
    { requiredKeys: ['event'] },
  )
  const events = fc.array(event, { minLength: 1, maxLength: 12 }).map(all =>
    all.map((each, seq): IncidentEvent => {
      const at = new Date(Date.UTC(2026, 1, 3, 20, seq)).toISOString()
      return { at, incident: 'i', seq, service: 's', ...each }
    }),
  )

  it('is the same step by step and for each prefix: the latest value of every part, and the last turn', () => {
    fc.assert(
      fc.property(events, all => {
        const stages = stagesOf(all, ['cart', 'login'])
        for (let n = 1; n <= all.length; n++) {
          const prefix = all.slice(0, n)
          const { folded, phase } = stages[n - 1]!
          expect(folded).toEqual(prefix.reduce<IncidentEvent | null>(addUp, null))
          expect(folded).toEqual(Object.assign({}, ...prefix))
          expect(phase).toBe(phaseOf(prefix))
        }
      }),
    )
  })

  it('ends a recovery with a turn alone: no update and no later note', () => {
    const turn = (name: IncidentEvent['event'], seq: number) => ({ event: name, seq })
    expect(phaseOf([turn('opened', 0), turn('recovering', 1), turn('updated', 2), turn('note', 3)])).toBe('recovering')
    expect(phaseOf([turn('note', 0)])).toBe('note')
  })
})
