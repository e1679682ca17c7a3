import { describe, expect, it } from 'vitest'
import { readSignal } from '../../core/ingest/door.js'
import type { Signal } from '../../contract/signal.js'
import { originsIn } from '../../core/origin/answer.js'
import { gather } from '../../core/origin/gather.js'
import { spoken } from './run.js'

const MINUTE = 60_000
const START = Date.UTC(2026, 5, 1, 12)

/** Signals as they go over the wire: a store fills up, and who stands on it fails three minutes later. */
function outage(): Signal[] {
  const topology = (service: string, dependsOn: object[]) => ({
    type: 'fact',
    via: 'topology',
    id: `t-${service}`,
    service,
    at: START,
    dependsOn,
  })
  const lines: object[] = [topology('web', [{ id: 'shop' }]), topology('shop', [{ id: 'orders-db', kind: 'database' }])]
  for (let i = 0; i < 40; i++) {
    const base = { type: 'observation', at: START + i * MINUTE, id: `m${i}`, labels: {} }
    for (const service of ['web', 'shop'])
      lines.push({ ...base, via: 'metric', service, total: 1_000, bad: i < 23 ? 2 : service === 'shop' ? 400 : 150 })
    lines.push({
      ...base,
      via: 'gauge',
      service: 'orders-db',
      name: 'connections',
      value: i < 20 ? 80 + (i % 3) : 200,
      capacity: 200,
    })
  }
  lines.push({
    type: 'fact',
    via: 'change',
    kind: 'deploy',
    id: 'd1',
    service: 'web',
    at: START + 35 * MINUTE,
    title: 'docs: typo',
  })
  return lines.map(line => readSignal(line) as Signal)
}

describe('epicenter origin', () => {
  it('says where it began, draws the way, and gives reasons', () => {
    const origins = originsIn(gather(outage()))
    expect(origins.map(each => [each.node, each.victims])).toEqual([['orders-db', ['shop', 'web']]])
    const text = spoken(origins)
    expect(text).toMatch(
      /^It began at orders-db \(suspected, \d\d %\), between 12:19:00 and 12:20:00 UTC on 2026-06-01\.$/m,
    )
    expect(text).toContain('  orders-db\n  └─ shop\n     └─ web')
    expect(text).toContain('For: it explains shop, web.')
  })

  it('says that nothing is wrong', () => {
    const quiet = outage().filter(signal => signal.at < START + 20 * MINUTE)
    expect(spoken(originsIn(gather(quiet)))).toBe('Nothing is wrong, by what is measured.')
  })
})
