import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE, SECOND } from '../../contract/time.js'
import { sfc32 } from '../../core/stat/random.js'
import { fakeEnv } from '../../testing/env.js'
import { App } from '../app.js'
import { complete } from '../config/load.js'

const START = Date.UTC(2026, 5, 10, 9, 0, 30)
const VIAS = ['report', 'check', 'metric', 'post'] as const
let id = 0
const signal = (via: (typeof VIAS)[number], ageMs: number, now = START) => ({
  type: 'observation',
  via,
  id: `l-${++id}`,
  service: 'shop',
  at: now - ageMs,
  total: 1,
  bad: 0,
})
const bodyOf = (signals: readonly object[]) => Buffer.from(signals.map(s => JSON.stringify(s)).join('\n'))
const house = (clock: 'wall' | 'signals') => App.open(complete({ clock }), fakeEnv(START), { run: 'memory' })

describe('what comes too late for its minute', () => {
  it('is said in the receipt with the age that is allowed, and what is older still is refused by its rule', async () => {
    await using app = await house('wall')
    const ages = [0, 29 * MINUTE, 31 * MINUTE, 5 * HOUR, 47 * HOUR, 49 * HOUR, 50 * HOUR]
    expect(await app.ingest(bodyOf(ages.map(age => signal('report', age))))).toEqual({
      accepted: 5,
      duplicate: 0,
      late: 3,
      lateAfterMs: 30 * MINUTE,
      rejectedCount: 2,
      rules: { 'signal.old': 2 },
      rejected: [expect.objectContaining({ line: 6 }), expect.objectContaining({ line: 7 })],
    })
    expect(await app.ingest(bodyOf([signal('report', 0)]))).not.toHaveProperty('late')
  })

  it.each(['wall', 'signals'] as const)('is what the engine then counts in no minute (%s)', async clock => {
    await using app = await house(clock)
    const random = sfc32(4)
    let late = 0
    for (let i = 0; i < 20; i++) {
      const signals = Array.from({ length: 50 }, () =>
        signal(VIAS[Math.floor(random() * 4)]!, Math.floor((29 * MINUTE + random() * 2 * MINUTE) / SECOND) * SECOND),
      )
      // The same lines as bytes that were seen before, as text, and as values.
      if (i % 2 === 0) late += (await app.ingest(bodyOf([signal('check', 0), ...signals]))).late ?? 0
      else late += (await app.ingestValues(signals)).late ?? 0
    }
    await app.caughtUp()
    expect(late).toBeGreaterThan(100)
    expect(late).toBe(app.counters.late)
  })
})
