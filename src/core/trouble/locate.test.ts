import { describe, expect, it } from 'vitest'
import { follow } from './fixtures/service.js'

const at = (options: Parameters<typeof follow>[0], minute: number) => follow(options).bad.get(minute)![0]!

describe('where it fails, by the kind that knows best', () => {
  it('requests name the cell and the component, and what is not affected', () => {
    const where = { cell: ['b'], component: ['search'] }
    const finding = at({ minutes: 140, faults: [{ from: 120, until: 200, where, bad: 0.5 }] }, 135)
    expect(finding.segments.map(s => s.where)).toEqual([where])
    expect(finding.components).toEqual(['search'])
    expect(finding.segments[0]!.interval![0]).toBeLessThan(0.5)
    expect(finding.segments[0]!.interval![1]).toBeGreaterThan(0.45)
  })
  it('checks add the cell whose requests are silent while those of another fail', () => {
    const faults = [
      { from: 120, until: 200, where: { cell: ['a'] }, bad: 0.5 },
      { from: 120, until: 200, where: { cell: ['c'] }, bad: 0.9, silent: true },
    ]
    const { segments } = at({ minutes: 150, checks: 2, faults }, 145)
    expect(segments.map(s => s.where)).toEqual([{ cell: ['a'] }, { cell: ['c'] }])
    expect(segments[1]!.share).toBeGreaterThan(0.7)
  })
  it('checks name the cell whose requests are no longer heard', () => {
    const fault = { from: 120, until: 200, where: { cell: ['c'] }, bad: 0.9, silent: true }
    const finding = at({ minutes: 150, checks: 2, faults: [fault] }, 145)
    expect(finding.segments.map(s => s.where)).toContainEqual({ cell: ['c'] })
  })
  it('reports name the country where nobody counts requests; their share is nobody’s', () => {
    const usual = ['DE', 'FR', 'PT'].map(country => ({ from: 0, until: 220, reports: 1, labels: { country } }))
    const fault = { from: 150, until: 220, reports: 15, labels: { country: 'PT', component: 'pay' } }
    const finding = at({ minutes: 180, requests: 0, faults: [...usual, fault] }, 170)
    expect(finding.segments[0]).toMatchObject({ where: { country: ['PT'] }, share: null, interval: null })
    expect(finding.components).toEqual(['pay'])
  })
  it('everything failing alike is no place', () => {
    const finding = at({ minutes: 140, faults: [{ from: 120, until: 200, bad: 0.5 }] }, 135)
    expect(finding.segments.map(s => s.where)).toEqual([{}])
    expect(finding.share).toBeGreaterThan(0.4)
  })
})
