import { describe, expect, it } from 'vitest'
import { DAY, HOUR } from '../../../contract/time.js'
import type { Rollup } from '../../../contract/view.js'
import { speechOf } from '../language.js'
import { perMillionOnline } from './internet-users.js'
import { calmCountries, countryRows, mapSection, type Usual } from './map.js'

const NOW = Date.parse('2026-02-03T12:00:00Z')
const hour = (country: Record<string, number>): Rollup => ({
  service: 'shop',
  bin: NOW - HOUR / 2,
  position: 1,
  reports: { bad: 0, ok: 0, expected: null, high: null },
  posts: { total: 0, complaints: 0, expected: null },
  checks: { total: 0, bad: 0 },
  metrics: { total: 0, bad: 0, slow: 0 },
  reportsBy: { country: Object.fromEntries(Object.entries(country).map(([code, bad]) => [code, [bad, 0]])) },
  ratesBy: {},
})
/** Reports an hour that are usual. */
const usual = (hourly: Record<string, number>): Usual => ({
  knownMs: 7 * DAY,
  counts: new Map(Object.entries(hourly).map(([code, n]) => [code, [n * 168, 0]])),
})

describe('where, through how many might speak', () => {
  it('puts a small country before a large one by reports for each million people online', () => {
    expect(perMillionOnline(78, 'AT')).toBeCloseTo(10, 1)
    expect(perMillionOnline(1, 'XX')).toBeNull()
    const rows = countryRows([hour({ DE: 60, AT: 40 })], { knownMs: 0, counts: new Map() }, NOW)
    const section = mapSection(rows, speechOf('en'))!.text
    expect(section.indexOf('Austria<b>5.1')).toBeGreaterThan(0)
    expect(section.indexOf('Austria<b>')).toBeLessThan(section.indexOf('Germany<b>0.8'))
  })

  it('calls a country calm where people would have spoken, and says nothing of one where few ever do', () => {
    const rows = countryRows([hour({ DE: 300, JP: 12 })], usual({ DE: 12, JP: 10, FR: 9, MT: 1 }), NOW)
    // France is silent and usually is not; Malta is silent and usually nearly is.
    expect(calmCountries(rows).map(each => each.code)).toEqual(['JP', 'FR'])
    expect(mapSection(rows, speechOf('en'))!.text).toContain(
      'Not above usual, where at least 5 reports an hour are usual: Japan and France.',
    )
    expect(calmCountries(countryRows([hour({ FR: 30 })], usual({ FR: 9 }), NOW))).toEqual([])
    // Before a level is learned nobody is called calm.
    expect(calmCountries(countryRows([hour({ FR: 1 })], { ...usual({ FR: 9 }), knownMs: HOUR }, NOW))).toEqual([])
  })
})
