import { describe, expect, it } from 'vitest'
import type { IncidentEvent } from '../../contract/incident.js'
import type { Signal } from '../../contract/signal.js'
import { MINUTE } from '../../contract/time.js'
import { originsIn } from '../origin/answer.js'
import { gather } from '../origin/gather.js'
import { emptyOutcome, Fold } from './fold.js'

const START = Date.UTC(2026, 5, 1, 12)
const CONFIG = { clock: 'signals' as const, falseAlarmsPerMonth: 1, services: [] }
/** The store fills at this minute, and those who stand on it fail somewhat later. */
const FULL = 120
const FAILS: Record<string, [number, number]> = { shop: [FULL + 3, 0.5], web: [FULL + 4, 0.3] }

function outage(minutes: number): Signal[] {
  const stands = (service: string, on: object) => ({
    type: 'fact',
    via: 'topology',
    id: `t-${service}`,
    service,
    at: START,
    components: [],
    dependsOn: [on],
  })
  const lines: object[] = [
    stands('web', { id: 'shop', name: 'shop' }),
    stands('shop', { id: 'store', name: 'store', kind: 'database' }),
  ]
  for (let i = 0; i < minutes; i++) {
    const base = { type: 'observation', at: START + i * MINUTE, id: `m${i}`, labels: {}, windowMs: MINUTE }
    const value = i < FULL ? 80 + (i % 7) : 200
    lines.push({
      ...base,
      via: 'gauge',
      service: 'store',
      name: 'connections',
      value,
      capacity: 200,
      measures: 'saturation',
    })
    for (const [service, [from, share]] of Object.entries(FAILS)) {
      const total = 1_000 + (i % 11)
      lines.push({ ...base, via: 'metric', service, total, bad: i < from ? 2 + (i % 3) : Math.round(total * share) })
    }
  }
  return lines as Signal[]
}

function told(signals: readonly Signal[], breakAt?: number): IncidentEvent[] {
  let fold = new Fold(CONFIG)
  const into = emptyOutcome()
  signals.forEach((signal, i) => {
    if (i === breakAt) fold = Fold.open(structuredClone(fold.snapshot()), CONFIG)
    fold.signal(signal, i + 1, into)
  })
  return into.events
}

describe('an incident of services that a graph connects', () => {
  const signals = outage(FULL + 40)

  it('says where it began, as the command does', () => {
    const events = told(signals)
    const asked = originsIn(gather(signals))[0]!
    expect(asked.node).toBe('store')
    for (const service of ['shop', 'web']) {
      const last = events.findLast(each => each.service === service)
      expect(last?.origin).toMatchObject({ node: 'store', victims: asked.victims, path: asked.path })
    }
    expect(JSON.stringify(told(signals, signals.length - 60))).toBe(JSON.stringify(events))
  })

  it('says nothing of it where nothing connects them', () => {
    const events = told(signals.filter(signal => signal.via !== 'topology'))
    expect(events.length).toBeGreaterThan(0)
    expect(events.every(each => each.origin === undefined)).toBe(true)
  })
})
