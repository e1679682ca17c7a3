import { describe, expect, it } from 'vitest'
import type { Observation } from '../../contract/signal.js'
import { MINUTE, SECOND } from '../../contract/time.js'
import { check, STREAM_START as T } from '../../testing/stream.js'
import { config, minute } from '../fold/fixtures/stories.js'
import { emptyOutcome, Fold } from '../fold/fold.js'

/** Ten checks a minute from two places, all of which pass; those of a place are slow in the minutes [120, 150). */
const checks = (slowAt: readonly string[]): Observation[] =>
  Array.from({ length: 10 * 200 }, (_, i) => {
    const vantage = i % 2 === 0 ? 'fra' : 'iad'
    const isSlow = slowAt.includes(vantage) && i >= 10 * 120 && i < 10 * 150
    return check({ id: `c-${i}`, at: T + i * 6 * SECOND, labels: { vantage }, bad: 0, ...(isSlow ? { slow: 1 } : {}) })
  })
/** The same without a word on what is slow: those of a place take six times as long. */
const timed = (slowAt: readonly string[]): Observation[] =>
  checks(slowAt).map(({ slow, ...c }, i) => ({ ...c, latencyMs: (slow ? 6 : 1) * (150 + ((i * 37) % 60)) }))
const eventsOf = (signals: readonly Observation[]) => {
  const fold = new Fold(config)
  const out = emptyOutcome()
  for (const signal of signals) fold.signal(signal, 1, out)
  return out.events
}

describe('checks that are slow', () => {
  it('open an incident of slowness, and end it', () => {
    const [opened, ...later] = eventsOf(checks(['fra', 'iad']))
    expect(opened).toMatchObject({ event: 'opened', kind: 'degraded', evidence: { check: expect.any(Number) } })
    expect(minute(opened)).toBeGreaterThan(120)
    expect(minute(opened)).toBeLessThan(128)
    expect(opened!.startedAt).toBe(new Date(T + 120 * MINUTE).toISOString())
    expect(later.at(-1)).toMatchObject({ event: 'resolved' })
  })
  it('are told as a share of checks, and of no requests', () => {
    const events = eventsOf(checks(['fra']))
    expect(events[0]).toMatchObject({ event: 'opened', kind: 'degraded' })
    expect(events[0]!.says![0]!.text).toBe('Nearly all of checks are slow or degraded: vantage fra.')
  })
  it('are known by how long they take, with their place, onset, share and end', () => {
    const events = eventsOf(timed(['fra']))
    expect(events[0]).toMatchObject({ event: 'opened', kind: 'degraded', pattern: 'slow' })
    expect(minute(events[0])).toBeLessThan(130)
    expect(Math.abs(Date.parse(events[0]!.startedAt!) - T - 120 * MINUTE)).toBeLessThanOrEqual(2 * MINUTE)
    expect(events[0]!.says![0]!.text).toBe('Nearly all of checks are slow or degraded: vantage fra.')
    expect(events.at(-1)).toMatchObject({ event: 'resolved' })
  })
  it('that fail are not slow as well', () => {
    const failing = timed(['fra', 'iad']).map(c => (c.latencyMs! > 500 ? { ...c, bad: 1 } : c))
    expect(eventsOf(failing).map(e => e.kind)).not.toContain('degraded')
  })
  it('say nothing where none is', () => {
    expect(eventsOf(checks([]))).toEqual([])
    expect(eventsOf(timed([]))).toEqual([])
  })
})

describe('one place failing of three', () => {
  /** A check a minute from each; those of `bad` fail for 40 minutes. */
  const from = (bad: readonly string[], more: Record<string, Record<string, string>> = {}): Observation[] =>
    Array.from({ length: 3 * 200 }, (_, i) => {
      const vantage = ['fra', 'iad', 'waw'][i % 3]!
      const at = T + i * 20 * SECOND
      const fails = bad.includes(vantage) && at >= T + 120 * MINUTE && at < T + 160 * MINUTE
      return check({ id: `c-${i}`, at, labels: { vantage, ...more[vantage] }, bad: fails ? 1 : 0 })
    })
  const told = (events: ReturnType<typeof eventsOf>) =>
    events.filter(each => (each.segments?.length ?? 0) > 0 && minute(each) < 150).map(each => each.segments![0])

  it('is said as exactly that, and counted', () => {
    const events = eventsOf(from(['waw']))
    expect(events[0]).toMatchObject({ event: 'opened', kind: 'outage', evidence: { check: expect.any(Number) } })
    expect(minute(events[0]!)).toBeLessThan(125)
    expect(told(events)[0]).toMatchObject({ where: { vantage: ['waw'] }, share: 1 })
    expect(events.at(-1)).toMatchObject({ event: 'resolved' })
  })
  it('is not said where all fail, nor where something else says where', () => {
    expect(told(eventsOf(from(['fra', 'iad', 'waw'])))[0]).toMatchObject({ where: {}, share: 1 })
    const cells = { fra: { cell: 'a' }, iad: { cell: 'b' }, waw: { cell: 'c' } }
    expect(told(eventsOf(from(['waw'], cells)))[0]).toMatchObject({ where: { cell: ['c'] } })
  })
})
