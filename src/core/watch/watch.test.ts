import { expect, it } from 'vitest'
import { emptyOutcome, Fold } from '../fold/fold.js'
import { streamOf } from '../../testing/stream.js'

it('a failing share that never goes away becomes usual after days, and its incident ends', () => {
  const fold = new Fold({ clock: 'signals', falseAlarmsPerMonth: 1, services: [] })
  const outcome = emptyOutcome()
  const day = 1440
  const faults = [{ from: day / 4, until: 9 * day, bad: 0.05 }]
  const signals = streamOf({
    minutes: 9 * day,
    cells: ['a'],
    components: ['shop'],
    tiers: ['free'],
    checks: 0,
    reports: 0,
    faults,
  })
  let position = 0
  for (const signal of signals) fold.signal(signal, ++position, outcome)
  console.log(
    outcome.events
      .map(e => [e.at.slice(5, 16), e.event, e.kind, e.segments?.[0]?.share, e.recovery?.recovered].join(' '))
      .join('\n'),
  )
  const names = outcome.events.map(e => e.event)
  expect(names.filter(n => n === 'opened')).toHaveLength(1)
  const end = outcome.events.find(e => e.event === 'resolved')!
  const lastedDays = (Date.parse(end.at) - Date.parse(outcome.events[0]!.at)) / 86_400_000
  expect(lastedDays).toBeGreaterThan(3)
  expect(lastedDays).toBeLessThan(8)
})
