import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Observation } from '../../contract/signal.js'
import { MINUTE, SECOND } from '../../contract/time.js'
import type { ServiceNow } from '../../contract/view.js'
import { check, metric, report, STREAM_START as T, topology } from '../../testing/stream.js'
import { emptyOutcome, Fold } from './fold.js'
import { config } from './fixtures/stories.js'

/** The row that stands after each minute of the wall, whatever arrived in it. */
function rowsOf(signals: readonly Observation[], minutes: number, parts: string[] = []): ServiceNow[] {
  const fold = new Fold({ ...config, clock: 'wall' })
  const components = parts.map(id => ({ id, name: id }))
  const out = emptyOutcome()
  fold.signal(topology({ at: T, components }), 1, out)
  const rows: ServiceNow[] = []
  const waiting = [...signals].sort((a, b) => (a.seenAt ?? a.at) - (b.seenAt ?? b.at))
  for (let minute = 1; minute <= minutes; minute++) {
    const now = T + minute * MINUTE
    while (waiting.length > 0 && (waiting[0]!.seenAt ?? waiting[0]!.at) < now) {
      const signal = waiting.shift()!
      fold.advance(signal.seenAt ?? signal.at, 1, out)
      fold.signal(signal, 1, out)
    }
    fold.advance(now, 1, out)
    fold.takeFresh(out)
    rows.push(out.services.findLast(each => each.service === 'shop')!)
  }
  return rows
}

/** Checks each so many minutes, a little early or late. */
const checks = (every: number, minutes: number, bad = 0, jitter: (i: number) => number = () => 0): Observation[] =>
  Array.from({ length: Math.floor(minutes / every) }, (_, i) => {
    const at = T + i * every * MINUTE + 30 * SECOND + Math.round(jitter(i) * every * MINUTE)
    return check({ at, bad, id: `k${i}` })
  })

describe('steady evidence', () => {
  it('never flips, however rarely it comes', () => {
    const shape = fc.record({
      every: fc.constantFrom(1, 2, 5, 10, 15),
      jitter: fc.array(fc.double({ min: -0.2, max: 0.2, noNaN: true }), { minLength: 1, maxLength: 20 }),
      lagMs: fc.constantFrom(0, 20 * SECOND, 5 * MINUTE),
    })
    fc.assert(
      fc.property(shape, ({ every, jitter, lagMs }) => {
        const signals = checks(every, 300, 0, i => (i === 0 ? 0 : jitter[i % jitter.length]!))
        const rows = rowsOf(
          signals.map(each => ({ ...each, seenAt: each.at + lagMs })),
          295,
        )
        const known = rows.findIndex(each => each?.state === 'ok')
        expect(known).toBeLessThan(lagMs / MINUTE + 2)
        expect(new Set(rows.slice(known).map(each => each.state))).toEqual(new Set(['ok']))
      }),
      { numRuns: 40 },
    )
  })

  it.each([1, 5, 10])('of failing, each %i minutes, is never told as working', every => {
    const rows = rowsOf(checks(every, 120, 1), 120)
    expect(rows.map(each => each.state)).not.toContain('ok')
    // Once may be a blip; twice in a row it is measured.
    expect(new Set(rows.slice(every + 2).map(each => each.state))).not.toContain('watching')
  })

  it.each([
    [1, 10],
    [5, 13],
    [10, 25],
  ])('each %i minutes that ends is unknown after %i', (every, silent) => {
    const rows = rowsOf(checks(every, 200), 300)
    const last = Math.floor(200 / every - 1) * every
    const unknown = rows.findIndex(each => each.state === 'unknown')
    expect(unknown - last).toBeGreaterThanOrEqual(silent - 1)
    expect(unknown - last).toBeLessThanOrEqual(silent + 1)
    expect(rows.slice(unknown).every(each => each.state === 'unknown')).toBe(true)
  })

  it('a pause of the source is not taken for its rhythm for long', () => {
    const all = checks(1, 300).filter((_, i) => i < 60 || (i >= 180 && i < 240))
    const rows = rowsOf(all, 300)
    expect(rows[100]!.state).toBe('unknown')
    expect(rows[200]!.state).toBe('ok')
    expect(rows[299]!.state).toBe('unknown')
  })
})

describe('a component', () => {
  const named = (component: string, minutes: number, every = 1) =>
    Array.from({ length: Math.floor(minutes / every) }, (_, i) =>
      metric({ at: T + (i * every + 1) * MINUTE, labels: { component }, total: 50, id: `${component}${i}` }),
    )

  it('that no signal names is unknown while others are measured, and so is the whole', () => {
    const row = rowsOf([...named('a', 30), ...named('b', 30)], 30, ['a', 'b', 'c']).at(-1)!
    expect(row.parts!.map(each => [each.component, each.known])).toEqual([
      ['a', true],
      ['b', true],
      ['c', false],
    ])
    expect(row.state).toBe('unknown')
  })

  it('of which nothing was ever heard is not told as failing by what names no component', () => {
    const bad = named('a', 60).map((each, i) => ({ ...each, bad: i >= 40 ? 45 : 0 }))
    const row = rowsOf(bad, 60, ['a', 'c']).at(-1)!
    expect(row.incidents).toHaveLength(1)
    expect(row.state).toBe('outage')
    expect(row.parts!.map(each => each.known)).toEqual([true, false])
  })

  it('that is measured more rarely than its neighbours does not flip', () => {
    const rows = rowsOf([...named('a', 200), ...named('b', 200, 10)], 190, ['a', 'b'])
    expect(new Set(rows.slice(2).map(each => each.state))).toEqual(new Set(['ok']))
  })

  it('is as its service is where signals name no component', () => {
    const row = rowsOf(checks(1, 10), 10, ['a', 'b']).at(-1)!
    expect(row.parts).toBeUndefined()
    expect(row.state).toBe('ok')
  })
})

describe('the first hours of reports', () => {
  const complaints = (n: number, minute: number) =>
    Array.from({ length: n }, (_, i) =>
      report({ at: T + minute * MINUTE + i * SECOND, reporter: `p${minute}.${i}`, id: `r${minute}.${i}` }),
    )

  it('three complaints as the first signals ever are not "working", and no level is told', () => {
    const row = rowsOf(complaints(3, 0), 5).at(-1)!
    expect(row.state).not.toBe('ok')
    expect(row.recent).toEqual({ bad: 3, ok: 0, expected: null })
  })

  it('a level is told once it is learned, from the row and from the bins alike', () => {
    const minutes = 180
    const fold = new Fold({ ...config, clock: 'wall' })
    const out = emptyOutcome()
    for (let minute = 0; minute < minutes; minute++)
      for (const signal of complaints(1 + (minute % 2), minute)) {
        fold.advance(signal.at, 1, out)
        fold.signal(signal, 1, out)
      }
    fold.advance(T + minutes * MINUTE, 1, out)
    const levels = out.rollups.map(each => each.reports.expected)
    expect(levels.slice(0, 20).every(each => each === null)).toBe(true)
    expect(levels.at(-1)).toBeGreaterThan(4)
    expect(levels.at(-1)).toBeLessThan(12)
    expect(out.services.at(-1)!.recent.expected).toBeGreaterThan(15)
  })
})
