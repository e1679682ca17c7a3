import { describe, expect, it } from 'vitest'
import { streamOf } from '../../testing/stream.js'
import { fold, minute, people, told } from './fixtures/stories.js'

describe('the state of a service', () => {
  it('is outage while it fails, degraded once half of it is back, and ok after the end', () => {
    const decay = (m: number): number => 0.6 * Math.exp(-Math.max(0, m - 150) / 12)
    const { events, services } = fold(told(3, [{ from: 120, until: 220, where: { cell: ['a'] }, bad: decay }]))
    const states = services.map(s => s.state)
    const at = (time: string): string => services.find(s => s.at === Date.parse(time))!.state
    const recovering = events.find(e => e.event === 'recovering')!
    expect(events[0]!.kind).toBe('outage')
    expect(at(events[0]!.at)).toBe('outage')
    const half = events.find(e => e.at >= recovering.at && e.recovery!.recovered >= 0.5)!
    expect(at(half.at)).toBe('degraded')
    expect(states.lastIndexOf('outage')).toBeLessThan(states.lastIndexOf('degraded'))
    expect(states.at(-1)).toBe('ok')
  })
})

describe('words', () => {
  const text = (e: { says?: { text: string }[] }) => e.says!.map(each => each.text).join(' ')

  it('a repair at once is told as a step: the share of the last minutes, and of the newest', () => {
    const { events } = fold(
      streamOf({ minutes: 200, requests: 200, seed: 3, faults: [{ from: 90, until: 120, bad: 0.8 }] }),
    )
    const after = events.filter(e => minute(e) > 122 && minute(e) <= 126 && e.event !== 'resolved')
    expect(after.length).toBeGreaterThan(0)
    for (const e of after.filter(each => each.segments!.length > 0)) {
      expect(e.lately).toBeLessThan(0.05)
      expect(text(e)).toMatch(/failed over the last minutes: everywhere\. In the newest minute it was (under 1|\d) %\./)
      expect(text(e)).not.toMatch(/% of requests are failing|of the trouble is gone/)
    }
    const during = events.filter(e => minute(e) < 120)
    expect(during.every(e => e.lately === undefined)).toBe(true)
  })

  it('fewer reports alone are no recovery: nothing is said to be back, and the state stays', () => {
    const faults = [
      { from: 150, until: 165, reports: 60 },
      { from: 165, until: 200, reports: 20 },
    ]
    const { events, services } = fold(streamOf({ ...people, minutes: 260, seed: 4, faults }))
    const tired = events.filter(e => (e.recovery?.recovered ?? 0) >= 0.5 && minute(e) < 200 && e.event !== 'resolved')
    expect(tired.length).toBeGreaterThan(0)
    for (const e of tired) {
      expect(e.recovery!.of).toBe('reports')
      expect(text(e)).toMatch(/fewer problem reports than at the worst\. Whether it is back is not known yet\./)
      expect(services.find(s => s.at === Date.parse(e.at))!.state).toBe('outage')
    }
    expect(text(events.findLast(e => e.event === 'resolved')!)).toMatch(/^Reports have been back to their usual level/)
  })
})
