import { deserialize, serialize } from 'node:v8'
import { describe, expect, it, vi } from 'vitest'
import type { Outcome } from '../../contract/outcome.js'
import type { Observation, Signal } from '../../contract/signal.js'
import { MINUTE, SECOND } from '../../contract/time.js'
import { check, STREAM_START as T } from '../../testing/stream.js'
import { config, minute } from '../fold/fixtures/stories.js'
import { emptyOutcome, Fold, type FoldSnapshot } from '../fold/fold.js'
import type { AnyEvidence } from './evidence.js'

vi.mock('./kinds.js', async original => {
  const { EVIDENCE } = await original<{ EVIDENCE: readonly AnyEvidence[] }>()
  const { ROUND_TRIP } = await import('./fixtures/round-trip.js')
  return { EVIDENCE: [...EVIDENCE, ROUND_TRIP] }
})

/** Twenty checks a minute, all of which pass, and whose round trip is long in the minutes [from, until). */
function checks(minutes: number, from: number, until: number): Observation[] {
  return Array.from({ length: 20 * minutes }, (_, i) => {
    const slow = i >= 20 * from && i < 20 * until
    const labels = { cell: i % 2 === 0 ? 'a' : 'b' }
    return check({ id: `c-${i}`, at: T + i * 3 * SECOND, labels, bad: 0, latencyMs: (slow ? 5 : 1) * (80 + (i % 40)) })
  })
}

function feed(fold: Fold, signals: readonly Signal[], out: Outcome): Outcome {
  for (const signal of signals) fold.signal(signal, 1, out)
  return out
}

describe('a kind of evidence that no other file knows', () => {
  const signals = checks(240, 120, 150)
  const { events } = feed(new Fold(config), signals, emptyOutcome())

  it('opens an incident, says when it began, is part of what is told, and ends it', () => {
    const [opened, ...later] = events
    expect(opened).toMatchObject({ event: 'opened', kind: 'degraded' })
    expect(minute(opened)).toBeGreaterThan(120)
    expect(minute(opened)).toBeLessThan(128)
    expect(opened!.evidence!['round-trip']).toBeGreaterThan(20)
    expect(opened!.startedAt).toBe(new Date(T + 120 * MINUTE).toISOString())
    expect(later.at(-1)).toMatchObject({ event: 'resolved', recovery: { recovered: 1 } })
  })
  it('is silent where it hears nothing, and quiet where nothing is slow', () => {
    const untimed = signals.map(({ latencyMs: _, ...signal }) => signal)
    expect(feed(new Fold(config), untimed, emptyOutcome()).events).toEqual([])
    expect(feed(new Fold(config), checks(240, 0, 0), emptyOutcome()).events).toEqual([])
  })
  it.each([60, 125, 155])('restored at minute %i it goes on as if it had not been', at => {
    const out = emptyOutcome()
    const first = new Fold(config)
    feed(first, signals.slice(0, 20 * at), out)
    const stored = deserialize(serialize(first.snapshot())) as FoldSnapshot
    expect(stored.watch.services[0]!.evidence).toHaveProperty('round-trip')
    feed(Fold.open(stored, config), signals.slice(20 * at), out)
    expect(out.events).toEqual(events)
  })
  it('moves with the clock, and stays when a label of the service is forgotten', () => {
    const fold = new Fold(config)
    const out = feed(fold, signals.slice(0, 20 * 130), emptyOutcome())
    const before = states(fold)
    const forget = { type: 'forget' as const, service: 'shop', label: 'cell', by: 'ana', why: 'private', id: 'f-1' }
    fold.forget({ ...forget, at: fold.now }, out)
    expect(states(fold)).toEqual(before)
    fold.rewind(fold.now - 60 * MINUTE, 2, out)
    expect(states(fold)).toMatchObject({ alarmSince: T + 60 * MINUTE })
  })
})

const states = (fold: Fold): unknown =>
  (deserialize(serialize(fold.snapshot())) as FoldSnapshot).watch.services[0]!.evidence['round-trip']
