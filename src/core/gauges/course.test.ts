import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE } from '../../contract/time.js'
import type { Gauge } from '../../contract/signal.js'
import { bearingOf } from './course.js'
import { gaugeState, learnGauges, takeGauge } from './gauges.js'

const T = Date.UTC(2031, 0, 1, 12)
const SINCE = T + 2 * HOUR

/** A service with one gauge that was read at these minutes after the alert began. */
function gauges(values: [minute: number, value: number][], more: Partial<Gauge> = {}) {
  const state = gaugeState()
  for (const [minute, value] of values) {
    const at = SINCE + minute * MINUTE
    const gauge: Gauge = {
      ...{ type: 'observation', via: 'gauge', id: `g${minute}`, service: 'shop', at, labels: {} },
      ...{ name: 'disk_used', value, measures: 'other' },
      ...more,
    }
    takeGauge(state, gauge, at)
  }
  return state
}
const named = (values: [number, number][], more: Partial<Gauge> = {}) => {
  const now = SINCE + Math.max(...values.map(([minute]) => minute)) * MINUTE
  return bearingOf(gauges(values, more), { metric: ['disk_used'] }, SINCE, now)
}

describe('bearingOf()', () => {
  it.each<[string, [number, number][], string | null]>([
    [
      'grows that moves on from where it began',
      [
        [-60, 40],
        [0, 48],
        [15, 61],
      ],
      'grows',
    ],
    [
      'level that jumped and stands',
      [
        [-60, 40],
        [0, 71],
        [15, 72],
        [30, 71],
      ],
      'level',
    ],
    [
      'eases that goes back',
      [
        [-60, 40],
        [0, 71],
        [15, 45],
      ],
      'eases',
    ],
    [
      'level that sways a little, however often that is its jump',
      [
        [-60, 81],
        [0, 82],
        [15, 83],
      ],
      'level',
    ],
    [
      'nothing that was not read before',
      [
        [0, 48],
        [15, 61],
      ],
      null,
    ],
    [
      'nothing that was not read since',
      [
        [-60, 40],
        [0, 48],
      ],
      null,
    ],
    [
      'grows downwards too',
      [
        [-60, 60],
        [0, 50],
        [15, 20],
      ],
      'grows',
    ],
  ])('calls %s', (_, values, course) => expect(named(values).course).toBe(course))

  it('goes by what is left to its capacity, where it has one', () => {
    expect(
      named(
        [
          [-60, 80],
          [0, 91],
          [20, 95],
        ],
        { capacity: 100 },
      ).course,
    ).toBe('grows')
    expect(
      named([
        [-60, 80],
        [0, 91],
        [20, 95],
      ]).course,
    ).toBe('level')
  })
  it('knows which way is worse of what can fill up, though it was not read before', () => {
    const values: [number, number][] = [
      [0, 48],
      [15, 61],
    ]
    expect(named(values, { capacity: 100 }).course).toBe('grows')
    expect(named(values).course).toBeNull()
  })
  it('knows what has filled up, and what always was full', () => {
    expect(
      named(
        [
          [-60, 86],
          [0, 100],
        ],
        { capacity: 100 },
      ).full,
    ).toBe(true)
    expect(
      named(
        [
          [-60, 100],
          [0, 100],
        ],
        { capacity: 100 },
      ).full,
    ).toBe(false)
    expect(
      named(
        [
          [-60, 86],
          [0, 98],
        ],
        { capacity: 100 },
      ).full,
    ).toBe(false)
  })
  it('holds what shares a label against its quiet times', () => {
    const calm = Array.from({ length: 60 }, (_, i): [number, number] => [i - 90, 10])
    const state = gauges([...calm, [0, 35]], { name: 'log lines', labels: { pattern: 'p1' } })
    for (let minute = -60; minute < 0; minute++) learnGauges(state, SINCE + minute * MINUTE, null)
    expect(bearingOf(state, { pattern: ['p1'] }, SINCE, SINCE).times).toBeCloseTo(3.5)
    expect(bearingOf(state, { pattern: ['p2'] }, SINCE, SINCE).times).toBeNull()
    expect(bearingOf(state, { pattern: ['p1'] }, SINCE, SINCE + 2 * HOUR).times).toBeNull()
  })
  it('says nothing without gauges', () =>
    expect(bearingOf(null, {}, SINCE, SINCE)).toEqual({ times: null, course: null, full: false }))
})
