import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MINUTE } from '../../../contract/time.js'
import { GAP_MS, Streams } from './streams.js'

const T = Date.UTC(2026, 1, 3)
const at = (minutes: number) => T + minutes * MINUTE
const point = (minute: number, count: number, more: { start?: number; stream?: number } = {}) => ({
  metric: 1,
  stream: more.stream ?? 7,
  start: more.start ?? at(-600),
  time: at(minute),
  values: [count],
})
/** Counts that each point adds; null where nothing is known. */
const steps = (points: ReturnType<typeof point>[], streams = new Streams(1_000)) =>
  points.map(each => {
    const came = streams.step(each, each.time)
    return came === null || came === 'full' ? came : came.values[0]
  })

describe('cumulative streams', () => {
  it('add what came since the last point; the first is a base', () => {
    expect(steps([point(0, 500), point(1, 510), point(2, 510), point(3, 533)])).toEqual([null, 10, 0, 23])
  })
  it('count nothing twice: a repeated export and one that comes late are nothing new', () => {
    expect(steps([point(0, 500), point(2, 520), point(2, 520), point(1, 510), point(3, 525)])).toEqual([
      null,
      20,
      null,
      null,
      5,
    ])
  })
  it('begin anew with a process: by its start, and by a count that fell where no start is known', () => {
    const restarted = at(1.5)
    expect(
      steps([point(0, 500), point(1, 510), point(2, 4, { start: restarted }), point(3, 9, { start: restarted })]),
    ).toEqual([null, 10, 4, 5])
    expect(steps([point(0, 500, { start: 0 }), point(1, 510, { start: 0 }), point(2, 4, { start: 0 })])).toEqual([
      null,
      10,
      4,
    ])
  })
  it('take a later start for no new beginning where the count went on: a relay restarted, not what counts', () => {
    expect(steps([point(0, 500), point(1, 510), point(2, 514, { start: at(1.5) })])).toEqual([null, 10, 4])
    expect(steps([point(0, 500), point(1, 510, { start: at(1) }), point(2, 514, { start: at(1) })])).toEqual([
      null,
      null,
      4,
    ])
  })
  it('follow two writers under one name each by its own start, and see no reset in either', () => {
    const other = { start: at(-300) }
    const both = [0, 1, 2].flatMap(i => [point(i, 9_000 + 10 * i), point(i + 0.5, 20 + i, other)])
    expect(steps(both)).toEqual([null, null, 10, 1, 10, 1])
  })
  it('count a stream from zero that two exports of its metric were without: the first failures are not lost', () => {
    const failures = { stream: 8 }
    const points = [
      point(0, 500),
      point(1, 510),
      point(2, 520),
      point(2, 3, failures),
      point(3, 530),
      point(3, 5, failures),
    ]
    expect(steps(points)).toEqual([null, 10, 10, 3, 10, 2])
    // One export alone may have been cut in two.
    expect(steps([point(0, 500), point(0, 300, failures), point(1, 510), point(1, 310, failures)])).toEqual([
      null,
      null,
      10,
      10,
    ])
    expect(steps([point(0, 500), point(1, 510), point(1, 310, failures)])).toEqual([null, 10, null])
  })
  it('say nothing of a gap whose minutes nobody knows, and go on from its end', () => {
    const minutes = GAP_MS / MINUTE
    expect(steps([point(0, 0), point(minutes + 1, 900), point(minutes + 2, 910)])).toEqual([null, null, 10])
  })
  it('forget a metric as a whole, so that nothing of it is taken for new', () => {
    const streams = new Streams(10)
    steps([point(0, 1), point(1, 2), point(2, 3), point(2, 1, { stream: 8 })], streams)
    expect(streams.count).toBe(2)
    const later = [point(40, 50), point(40, 70, { stream: 9 })]
    expect(steps(later, streams)).toEqual([null, null])
    expect(streams.count).toBe(2)
  })
  it('are bounded: one more has no place, and what found none before is not taken for new', () => {
    const streams = new Streams(2)
    const more = [0, 1, 2].flatMap(i => [
      point(i, 100 + i),
      point(i, 200 + i, { stream: 8 }),
      point(i, 300 + i, { stream: 9 }),
    ])
    expect(steps(more, streams)).toEqual([null, null, 'full', 1, 1, 'full', 1, 1, 'full'])
    expect(streams.count).toBe(2)
  })
  it('never add more than came, whatever is repeated, lost, late or begins anew', () => {
    const life = fc.array(
      fc.record({
        grows: fc.nat(50),
        sent: fc.boolean(),
        again: fc.boolean(),
        late: fc.boolean(),
        restarts: fc.nat(9),
      }),
      { minLength: 1, maxLength: 30 },
    )
    fc.assert(
      fc.property(life, exports => {
        const streams = new Streams(100)
        let [count, start, came, added] = [0, at(-1), 0, 0]
        let last: ReturnType<typeof point> | null = null
        const take = (one: ReturnType<typeof point>) => {
          const step = streams.step(one, one.time)
          if (step !== null && step !== 'full') added += step.values[0]!
        }
        exports.forEach(({ grows, sent, again, late, restarts }, minute) => {
          if (restarts === 0) [count, start] = [0, at(minute - 0.5)]
          count += grows
          came += grows
          const next = point(minute, count, { start })
          if (sent) take(next)
          if (again) take(next)
          if (late && last !== null) take(last)
          last = next
        })
        expect(added).toBeLessThanOrEqual(came)
      }),
    )
  })
})
