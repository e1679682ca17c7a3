import { WEIGHED_BY } from '../../contract/view.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type IncidentEvent, SEVERITIES } from '../../contract/incident.js'
import { MINUTE } from '../../contract/time.js'
import type { IncidentView } from '../../contract/view.js'
import { type Asked, budgetOf, type Spell, spellsOf, type Window } from './budget.js'

const T = Date.parse('2026-03-01T00:00:00Z')
const SPAN = 240

/**
 * The same, minute by minute and as plainly as it can be said: a minute is out if any window of planned work or of silence holds it; else it costs as much as
 * the worst of the spells that hold it and count. It shares no line with what it judges.
 */
function oracle(spells: readonly Spell[], windows: readonly Window[], asked: Asked, unheard: readonly Window[]) {
  let [measured, down, usedUp] = [0, 0, null as number | null]
  const total = (asked.until - asked.from) / MINUTE
  const isPlanned = (at: number) => windows.some(each => at >= each.from && at < each.until)
  const isOut = (at: number) => isPlanned(at) || unheard.some(each => at >= each.from && at < each.until)
  let planned = 0
  for (let i = 0; i < total; i++) {
    if (!isOut(asked.from + i * MINUTE)) measured++
    if (isPlanned(asked.from + i * MINUTE)) planned++
  }
  const budget = (1 - asked.objective) * measured
  for (let i = 0; i < total; i++) {
    const at = asked.from + i * MINUTE
    if (isOut(at)) continue
    let worst = 0
    for (const each of spells) {
      if (at < each.from || at >= each.until) continue
      if (each.severity === 'minor' && asked.severity !== 'minor') continue
      if (each.severity === 'major' && asked.severity === 'critical') continue
      let ofParts = asked.parts.length === 0
      for (const part of asked.parts) {
        const [service, component] = part.split('/')
        if (service !== each.service) continue
        if (component === undefined || each.components.length === 0 || each.components.includes(component))
          ofParts = true
      }
      if (!ofParts) continue
      let weight = each.segments.length === 0 ? 1 : 0
      for (const { where, share } of each.segments) {
        let theirs = true
        for (const [label, values] of Object.entries(asked.where ?? {}))
          if (where[label] !== undefined && !where[label].some(value => values.includes(value))) theirs = false
        if (theirs) weight = Math.max(weight, asked.by === 'people' ? (share ?? 1) : 1)
      }
      worst = Math.max(worst, weight)
    }
    if (usedUp === null && worst > 0 && down + worst > budget + 1e-9) usedUp = i
    down += worst
  }
  return { measured, planned, down, budget, usedUp }
}

const minute = fc.integer({ min: -30, max: SPAN + 30 })
const span = fc.tuple(minute, fc.integer({ min: 1, max: 90 })).map(([at, length]) => ({
  from: T + at * MINUTE,
  until: T + (at + length) * MINUTE,
}))
const label = fc.dictionary(fc.constantFrom('tier', 'region'), fc.subarray(['a', 'b', 'c'], { minLength: 1 }), {
  maxKeys: 2,
})
const spell: fc.Arbitrary<Spell> = fc
  .record({
    incident: fc.constantFrom('i1', 'i2', 'i3', 'i4'),
    service: fc.constantFrom('chat', 'mail'),
    severity: fc.constantFrom(...SEVERITIES),
    components: fc.subarray(['api', 'web']),
    segments: fc.array(fc.record({ where: label, share: fc.option(fc.constantFrom(0.25, 0.5, 0.75, 1)) }), {
      maxLength: 2,
    }),
    at: span,
  })
  .map(({ at, ...rest }) => ({ ...rest, ...at }))
const asked: fc.Arbitrary<Asked> = fc.record({
  from: fc.constant(T),
  until: fc.constant(T + SPAN * MINUTE),
  severity: fc.constantFrom(...SEVERITIES),
  objective: fc.constantFrom(0.5, 0.75, 0.875, 1),
  by: fc.constantFrom(...WEIGHED_BY),
  where: fc.option(label),
  parts: fc.subarray(['chat', 'chat/api', 'mail/web', 'mail/api']),
})

describe('a budget', () => {
  it('is what a slow, obvious count of minutes says, for any incidents and any planned work', () => {
    fc.assert(
      fc.property(
        fc.array(spell, { maxLength: 8 }),
        fc.array(span, { maxLength: 4 }),
        asked,
        fc.array(span, { maxLength: 2 }),
        (spells, windows, ask, unheard) => {
          const plain = oracle(spells, windows, ask, unheard)
          const found = budgetOf(spells, windows, ask, unheard)
          expect(found.measuredMs / MINUTE).toBeCloseTo(plain.measured, 6)
          expect(found.plannedMs / MINUTE).toBeCloseTo(plain.planned, 6)
          expect(found.unknownMs / MINUTE).toBeCloseTo(SPAN - plain.planned - plain.measured, 6)
          expect(found.downMs / MINUTE).toBeCloseTo(plain.down, 6)
          expect(found.budgetMs / MINUTE).toBeCloseTo(plain.budget, 6)
          expect(found.met).toBe(plain.measured === 0 ? null : plain.down <= plain.budget)
          expect(found.usedUpAt === null).toBe(plain.usedUp === null)
          if (plain.usedUp !== null) {
            // The minute in which it was used up, or its end where it just came out even.
            const at = (found.usedUpAt! - T) / MINUTE
            expect(at).toBeGreaterThanOrEqual(plain.usedUp - 1e-6)
            expect(at).toBeLessThanOrEqual(plain.usedUp + 1)
          }
          expect(found.incidents.reduce((sum, each) => sum + each.downMs, 0)).toBeCloseTo(found.downMs, 3)
        },
      ),
      { numRuns: 150 },
    )
  })
})

const event = (at: number, name: IncidentEvent['event'], more: Partial<IncidentEvent> = {}): IncidentEvent => ({
  ...{ at: new Date(T + at * MINUTE).toISOString(), event: name, incident: 'i', seq: at, service: 'chat' },
  ...more,
})
const view = (events: IncidentEvent[]): IncidentView => ({
  ...{ id: 'i', service: 'chat', title: 'Chat', open: true, kind: 'outage', severity: 'minor', mutedUntil: null },
  ...{ startedAt: T, openedAt: T + 5 * MINUTE, resolvedAt: null, latest: events.at(-1)!, events },
})
const told = (events: IncidentEvent[], now: number) =>
  spellsOf(view(events), T + now * MINUTE).map(each => [
    (each.from - T) / MINUTE,
    (each.until - T) / MINUTE,
    each.severity,
  ])

describe('the pictures of an incident', () => {
  it('begin with the onset, change with its events, pause while it is over, and end now', () => {
    const events = [
      event(5, 'opened', { severity: 'minor' }),
      event(9, 'note', { severity: 'critical' }),
      event(12, 'updated', { severity: 'major' }),
      event(20, 'resolved'),
      event(30, 'reopened'),
    ]
    expect(told(events, 40)).toEqual([
      [0, 12, 'minor'],
      [12, 20, 'major'],
      [30, 40, 'major'],
    ])
    expect(told(events.slice(0, 4), 40)).toHaveLength(2)
  })
  it('what a person called over and came back had never stopped', () => {
    const closed = event(20, 'resolved', { by: 'ada', why: 'looked fine' })
    expect(told([event(5, 'opened'), closed, event(30, 'reopened')], 40)).toEqual([
      [0, 20, 'minor'],
      [20, 40, 'minor'],
    ])
  })
  it('of something past that a person wrote down later end when it ended', () => {
    expect(told([event(0, 'opened', { severity: 'major' }), event(3, 'resolved')], 400)).toEqual([[0, 3, 'major']])
  })
})
