import { describe, expect, it } from 'vitest'
import type { Rest } from '../../contract/finding.js'
import type { Signal } from '../../contract/signal.js'
import { MINUTE } from '../../contract/time.js'
import { byArrival, report, STREAM_START as T } from '../../testing/stream.js'
import { learnUsual, reportState, stepSeries, takeReport } from '../counts/report-counts.js'
import { fold, minute } from '../fold/fixtures/stories.js'
import { poisson, sfc32 } from '../stat/random.js'
import { followNamed, withoutParts, type NamedCourse } from './rest.js'

interface Wave {
  from: number
  until: number
  aMinute: number
  component: string
}

/** Problem reports by minutes of the stream; every second one names what it is about. */
function told(waves: readonly Wave[], seed: number): Signal[] {
  const random = sfc32(seed)
  const wave = ({ from, until, aMinute, component }: Wave, w: number): Signal[] =>
    Array.from({ length: until - from }, (_, i) => i + from).flatMap(at =>
      Array.from({ length: poisson(random, aMinute) }, (__, k) => {
        const id = `${w}.${at}.${k}`
        const labels = k % 2 === 0 ? { component } : {}
        const time = T + at * MINUTE + Math.floor(random() * MINUTE)
        return report({ service: 'shop', at: time, labels, reporter: `p${id}`, id })
      }),
    )
  return byArrival(waves.flatMap(wave))
}

const each = (from: number, until: number, aMinute: number): Wave[] =>
  ['cart', 'search', 'image'].map(component => ({ from, until, aMinute, component }))
const usual: Wave[] = ['cart', 'search'].map(component => ({ from: 0, until: 600, aMinute: 0.2, component }))
const narrow = (from: number, until: number, aMinute = 3): Wave => ({ from, until, aMinute, component: 'image' })
const wide = each(260, 310, 8)

/** What is left at minute 420, where the trouble was dated to minute 262. */
function leftOf(waves: readonly Wave[], seed = 5): { rest: Rest | null; course: NamedCourse } {
  const state = reportState(T, 1 / 30)
  let course: NamedCourse | undefined
  const signals = told([...usual, ...waves], seed)
  let next = 0
  for (let m = 1; m <= 420; m++) {
    const now = T + m * MINUTE
    for (; next < signals.length && signals[next]!.at < now; next++) {
      const signal = signals[next]!
      if (signal.type === 'observation') takeReport(state, Math.floor(signal.at / MINUTE) * MINUTE, signal.labels, 1, 0)
    }
    stepSeries(state, now)
    learnUsual(state, now, m > 262 ? T + 262 * MINUTE : null)
    if (m >= 265) course = followNamed(course, state, T + 262 * MINUTE, now)
  }
  return { rest: course!.rest, course: course! }
}

describe('what is left of a wide trouble', () => {
  it('is the narrow one that was there before it, once it is as it was', () => {
    expect(leftOf([narrow(190, 600), ...wide]).rest).toMatchObject({ components: ['image'] })
  })
  it('is its own tail while it keeps its mix', () => {
    expect(leftOf([narrow(190, 310), ...wide, ...each(310, 600, 1)]).rest).toBeNull()
  })
  it('is its own where one part is slower to recover than the rest, and was not there before', () => {
    expect(leftOf([...wide, narrow(310, 600)]).rest).toBeNull()
  })
  it('is its own while it is clearly worse than what was before', () => {
    expect(leftOf([narrow(190, 260), ...wide, narrow(310, 600, 7)]).rest).toBeNull()
  })
  it('is not told while the rest is not back', () => {
    const cart = { from: 310, until: 600, aMinute: 1, component: 'cart' }
    expect(leftOf([narrow(190, 600), ...wide, cart]).rest).toBeNull()
  })
  it('names nothing that is forgotten', () => {
    const { course } = leftOf([narrow(190, 600), ...wide])
    expect(JSON.stringify(course)).toContain('image')
    expect(JSON.stringify(withoutParts(course, id => id === 'image'))).not.toContain('image')
  })
})

describe('its incident', () => {
  it('ends, and what had been there before goes on as degraded until it is over', () => {
    const { events } = fold(told([...usual, narrow(190, 470), ...wide], 5))
    const [first, second] = [...new Set(events.map(e => e.incident))]
    const ends = events.filter(e => e.event === 'resolved')
    expect(ends.map(e => e.incident)).toEqual([first, second])
    expect(minute(ends[0])).toBeGreaterThan(360)
    expect(minute(ends[0])).toBeLessThan(450)
    const rest = events.filter(e => e.incident === second)
    expect(rest[0]).toMatchObject({ at: ends[0]!.at, event: 'opened', severity: 'minor' })
    expect(rest.map(e => e.kind)).toEqual(rest.map(() => 'degraded'))
    expect(minute(ends[1])).toBeGreaterThan(470)
  })
})
