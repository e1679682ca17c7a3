import { describe, expect, it } from 'vitest'
import { HOUR } from '../../../contract/time.js'
import type { Rollup } from '../../../contract/view.js'
import { LANGUAGE_TAGS } from '../../../contract/people.js'
import { parse } from '../../../shell/config/load.js'
import { readMarkup } from '../fixtures/markup.js'
import { speechOf } from '../language.js'
import { exposedRows, exposedSection } from './exposed.js'

const NOW = Date.parse('2026-02-03T12:00:00Z')
const hour = (by: Rollup['reportsBy']): Rollup => ({
  service: 'shop',
  bin: NOW - HOUR / 2,
  position: 1,
  reports: { bad: 0, ok: 0, expected: null, high: null },
  posts: { total: 0, complaints: 0, expected: null },
  checks: { total: 0, bad: 0 },
  metrics: { total: 0, bad: 0, slow: 0 },
  reportsBy: by,
  ratesBy: {},
})
const voice = (language: (typeof LANGUAGE_TAGS)[number] = 'en') => ({ ...speechOf(language), now: NOW })
const service = { components: [] }
const BY = { country: { DE: [60, 0], AT: [40, 0], FR: [1, 9] }, plan: { pro: [2, 0] } } as Rollup['reportsBy']
const EXPOSURE = { country: { DE: 600_000, AT: 20_000, FR: 500_000, MT: 900 }, plan: { free: 1_000_000, pro: 20_000 } }

describe('where, by how many people use it', () => {
  it('puts the highest rate first, and calls silent only where somebody would have spoken', () => {
    const rows = exposedRows([hour(BY)], EXPOSURE, NOW).filter(each => each.label === 'country')
    expect(rows.map(each => [each.value, each.silent])).toEqual([
      ['AT', false],
      ['DE', false],
      ['FR', true],
      ['MT', false],
    ])
    expect(rows[0]!.rate).toBe(40 / 20_000)
    // As many as elsewhere are no silence, and where nobody reports anything nobody is silent.
    const even = { country: { DE: [60, 0], FR: [50, 0] } } as Rollup['reportsBy']
    const none = exposedRows([hour({})], EXPOSURE, NOW)
    expect([...exposedRows([hour(even)], EXPOSURE, NOW), ...none].some(each => each.silent)).toBe(false)
  })

  it('says so in a table of labels of which enough is heard, with the people it is held against', () => {
    const text = exposedSection([hour(BY)], EXPOSURE, service, voice())!.text
    const plain = text
      .replace(/<[^>]*>/g, ' ')
      .replace(/[\u2066-\u2069]/g, '')
      .replace(/\s+/g, ' ')
    expect(plain).toContain('Austria 2 40 20,000 Germany 0.1 60 600,000')
    expect(plain).toContain('if it were the same everywhere, at least 5 would have: France.')
    expect(plain).toContain('Reports are not people affected')
    expect(plain).not.toContain('Malta')
    // Of plans too few is heard to say anything.
    expect(plain).not.toContain('pro')
    expect(exposedSection([hour({})], EXPOSURE, service, voice())).toBeNull()
    expect(exposedSection([hour(BY)], undefined, service, voice())).toBeNull()
    for (const language of LANGUAGE_TAGS) {
      const { text: said } = exposedSection([hour(BY)], EXPOSURE, service, voice(language))!
      expect(() => readMarkup(`<!doctype html><html><body>${said}</body></html>`)).not.toThrow()
    }
  })

  it('is configured for all services, or for one', async () => {
    const { config } = await parse(
      'exposure: { country: { DE: 10 } }\nservices: [{ id: a, exposure: { plan: { free: 5 } } }, { id: b }]',
      {},
    )
    expect([config?.exposure, config?.services.map(each => each.exposure)]).toEqual([
      { country: { DE: 10 } },
      [{ plan: { free: 5 } }, undefined],
    ])
    for (const wrong of [
      '{ country: { DE: 0 } }',
      '{ country: { DE: 1.5 } }',
      '{ country: {} }',
      '{ Country: { DE: 1 } }',
    ])
      expect([wrong, (await parse(`exposure: ${wrong}`, {})).findings.length > 0]).toEqual([wrong, true])
  })
})
