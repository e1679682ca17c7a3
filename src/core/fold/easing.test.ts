import { describe, expect, it } from 'vitest'
import { fold, told } from './fixtures/stories.js'

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
