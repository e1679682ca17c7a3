import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rulesOf } from '../../testing/plugin-contract.js'
import { alertSignal, labelsIn, labelsOf, linkOf, severityOf, threadOf, timeIn, titleOf } from './alerts.js'
import { alertDefaults } from './fixtures/alerts/settings.js'

describe('severityOf', () => {
  it.each([
    ['critical', 'critical'],
    ['page', 'critical'],
    ['P1', 'critical'],
    [' Error ', 'error'],
    ['warning', 'warning'],
    ['info', 'info'],
    ['none', 'info'],
    ['blue', undefined],
    ['constructor', undefined],
  ])('reads %j', (word, severity) => expect(severityOf(word)).toBe(severity))
  it('asks the operator’s words first', () => {
    expect(severityOf('blue', { blue: 'error', page: 'warning' })).toBe('error')
    expect(severityOf('page', { page: 'warning' })).toBe('warning')
    expect(severityOf('toString', {})).toBeUndefined()
  })
})

describe('what others wrote', () => {
  it('is a line without addresses of people', () => {
    expect(titleOf('  Disk is\n\tfull  ')).toBe('Disk is full')
    expect(titleOf('ask anna.b@shop.example now')).toBe('ask … now')
    expect(titleOf('x\u0000\u202ey')).toBe('xy')
    expect(titleOf('😀'.repeat(600)).length).toBeLessThanOrEqual(500)
  })
  it('is a link only where it is one', () => {
    expect(linkOf('', null, 'javascript:alert(1)', '/graph', 'https://a.example/b')).toBe('https://a.example/b')
    expect(linkOf('https://a b')).toBeUndefined()
  })
  it('is a time only in our days', () => {
    expect(timeIn('0001-01-01T00:00:00Z')).toBeUndefined()
    expect(timeIn('yesterday')).toBeUndefined()
    expect(timeIn(7)).toBeUndefined()
    expect(timeIn('2026-02-03T13:00:00.123456789+01:00')).toBe(Date.UTC(2026, 1, 3, 12, 0, 0, 123))
  })
  it('is a thread of its own, however long', () => {
    const [a, b] = [threadOf(`${'k'.repeat(240)}a`), threadOf(`${'k'.repeat(240)}b`)]
    expect([a === b, a.length, threadOf('short')]).toEqual([false, 200, 'short'])
  })
  it('has a place only by the names that are given, the first of two', () => {
    const labels = { availability_zone: 'b', zone: 'a', cell: '', region: ' eu', pod: 'p' }
    expect(labelsOf(labelsIn(labels), alertDefaults([]))).toEqual({ cell: 'a' })
  })
  it('whatever it is loses no alert that says which it is, whom it is about and how it is', () => {
    const any = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.integer(), fc.constant(null))
    fc.assert(
      fc.property(fc.dictionary(fc.string(), any), fc.string({ unit: 'binary', maxLength: 900 }), (extra, title) => {
        const labels = labelsIn({ ...extra, service: 'shop', zone: extra['zone'] ?? title, severity: title })
        const said = { id: 'a', at: Date.UTC(2026, 1, 3), thread: 't', status: 'firing', source: 'test', labels, title }
        expect(rulesOf([JSON.parse(JSON.stringify(alertSignal(said, alertDefaults(['service']))))])).toEqual(['taken'])
      }),
      { numRuns: 500 },
    )
  })
})
