import { deserialize, serialize } from 'node:v8'
import { describe, expect, it } from 'vitest'
import type { Outcome } from '../../contract/outcome.js'
import type { Signal } from '../../contract/signal.js'
import { DAY, HOUR, MINUTE, SECOND, type EpochMs } from '../../contract/time.js'
import { arrival, byArrival, change, post, STREAM_START as T, streamOf, type Fault } from '../../testing/stream.js'
import { emptyOutcome, Fold, type EngineConfig } from './fold.js'

const config: EngineConfig = { clock: 'wall', falseAlarmsPerMonth: 0.1, services: [] }
const fault: Fault = { from: 150, until: 400, where: { cell: ['a'] }, bad: 0.5, reports: 12, texts: ['cannot pay'] }
const world = (from: EpochMs, minutes: number, faults: readonly Fault[]): Signal[] =>
  byArrival([
    ...streamOf({ from, minutes, seed: 3, reports: 4, requests: 60, cells: ['a', 'b'], checks: 2, faults }),
    change({ id: 'chg-1', at: from + 148 * MINUTE }),
    ...Array.from({ length: 30 }, (_, i) => post({ id: `p-${i}`, at: from + i * 5 * MINUTE, bad: 0 })),
  ])

/** Folds as a server on the wall does: each signal at the time it comes. */
function feed(fold: Fold, signals: readonly Signal[], into: Outcome = emptyOutcome()): Outcome {
  let position = 1
  for (const signal of signals) {
    fold.advance(arrival(signal), ++position, into)
    fold.signal(signal, position, into)
  }
  return into
}

const moved = (signals: readonly Signal[], by: number): Signal[] =>
  signals.map(s => ({ ...s, at: s.at + by, ...(s.seenAt === undefined ? {} : { seenAt: s.seenAt + by }) }))

const plain = (fold: Fold): unknown => deserialize(serialize(fold.snapshot()))

/** Paths at which two states differ, but for ids that name a day. */
function differences(a: unknown, b: unknown, path = ''): string[] {
  if (/\.(id|incident|refs\.\d+)$/.test(path)) return []
  if (typeof a !== 'object' || a === null || b === null || typeof b !== 'object')
    return Object.is(a, b) ? [] : [`${path}: ${String(a)} for ${String(b)}`]
  const entries = (x: object): Map<unknown, unknown> => (x instanceof Map ? x : new Map(Object.entries(x)))
  const [left, right] = [entries(a), entries(b)]
  return [...new Set([...left.keys(), ...right.keys()])].flatMap(key =>
    differences(left.get(key), right.get(key), `${path}.${String(key)}`),
  )
}

describe('a fold whose clock was ahead', () => {
  const week = 7 * DAY

  it('is, put back by weeks, what it would have been: nothing measured keeps the wrong time', () => {
    const signals = world(T, 200, [fault])
    const right = new Fold(config)
    const last = arrival(signals.at(-1)!)
    feed(right, signals)
    const wrong = new Fold(config)
    feed(wrong, moved(signals, 2 * week))
    wrong.rewind(last, 9, emptyOutcome())
    // Ids of incidents name the day on which they opened, and stay.
    expect(wrong.now).toBe(right.now)
    // Rows of bins lie in the wrong time, so all are put again.
    const again = /^\.watch\.services\.0\.bins\.\d+\.(dirty|urgent): true for false$/
    const other = differences(plain(wrong), plain(right)).filter(each => !again.test(each))
    expect(other).toEqual(['.undone: [object Object] for null'])
  })

  it.each([2 * MINUTE, HOUR, 7 * HOUR + 13 * MINUTE, 3 * DAY, 3_652 * DAY])(
    'counts each signal in its minute after it was put back by %i ms, and tells its open incident on',
    by => {
      const signals = world(T, 200, [fault])
      const now = arrival(signals.at(-1)!)
      const fold = new Fold(config)
      const before = feed(fold, moved(signals, by))
      const { incident } = before.events.find(e => e.event === 'opened')!
      const into = emptyOutcome()
      fold.rewind(now, 9, into)
      expect(fold.now).toBe(now)
      const more = world(now + MINUTE, 60, [{ ...fault, from: 0, until: 12 }])
      const late = fold.late
      feed(fold, more, into)
      expect(fold.late).toBe(late)
      expect(into.events.filter(e => e.incident === incident).at(-1)).toMatchObject({ event: 'resolved' })
      expect(into.events.every(e => Date.parse(e.at) >= now - MINUTE)).toBe(true)
      const never = new Fold(config)
      const right = feed(never, more, feed(never, signals))
      const after = now - (now % (5 * MINUTE)) + 5 * MINUTE
      const counts = ({ rollups }: Outcome) =>
        Object.fromEntries(
          rollups.filter(r => r.bin >= after).map(r => [r.bin, [r.reports.bad, r.metrics, r.checks, r.posts.total]]),
        )
      expect(counts(into)).toEqual(counts(right))
      expect(Object.keys(counts(right)).length).toBeGreaterThan(10)
      expect(Math.max(...into.rollups.map(r => r.bin))).toBeLessThanOrEqual(fold.now)
    },
  )

  it('finds an outage as soon after it was put back as it would have before', () => {
    const by = 3 * DAY + 5 * HOUR
    const quiet = world(T, 20 * 60, [])
    const now = arrival(quiet.at(-1)!)
    const fold = new Fold(config)
    feed(fold, moved(quiet, by))
    fold.rewind(now, 9, emptyOutcome())
    const outage = world(now + MINUTE, 40, [{ ...fault, from: 10, until: 40 }])
    const opened = feed(fold, outage).events.find(e => e.event === 'opened')
    expect(opened).toBeDefined()
    expect((Date.parse(opened!.at) - now) / MINUTE).toBeLessThan(17)
  })

  it('never goes back otherwise', () => {
    const fold = new Fold(config)
    fold.advance(T, 1, emptyOutcome())
    fold.advance(T - HOUR, 2, emptyOutcome())
    expect(fold.now).toBe(T)
    fold.rewind(T + 30 * SECOND, 3, emptyOutcome())
    expect(fold.now).toBe(T + 30 * SECOND)
  })
})
