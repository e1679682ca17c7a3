import { describe, expect, it } from 'vitest'
import { tinyWorld } from '../../scenario/fixtures/tiny-world.js'
import { parseScenario, play, wireLine } from '../../scenario/scenario.js'
import type { Signal } from '../../contract/signal.js'
import { fakeOutside } from '../../testing/outside.js'
import { testSource } from '../../testing/plugin-contract.js'
import scenario from './scenario.js'

const files = () => ({ 'x.json': JSON.stringify(tinyWorld()) })
const reports = [...play(parseScenario(tinyWorld()), { only: ['report'] })]

testSource('scenario', {
  plugin: scenario,
  settings: { file: 'x.json', only: ['report'] },
  world: () => fakeOutside(undefined, files()),
  more: () => {},
  counts: [Math.min(500, reports.length), Math.min(500, reports.length)],
})

describe('the scenario', () => {
  it('hands signals over in batches, waiting for their time when it has a pace', async () => {
    let now = 1e12
    const slept: number[] = []
    const env = {
      ...fakeOutside(undefined, files()).env,
      now: () => now,
      async sleep(ms: number) {
        slept.push(ms)
        now += ms
      },
    }
    await using source = await scenario.open({ file: 'x.json', only: ['report'], pace: 60 }, env)
    const got: Signal[] = []
    const begun = now
    const seenAt = (s: Signal) => s.seenAt ?? s.at
    let done = false
    for await (const batch of source.read!({ aborted: false, addEventListener() {} }, undefined)) {
      const signals = batch.signals as Signal[]
      got.push(...signals)
      done ||= batch.done === true
      // Nothing is early.
      for (const s of signals) expect((now - begun) * 60 + 1).toBeGreaterThanOrEqual(seenAt(s) - seenAt(got[0]!))
    }
    expect(done).toBe(true)
    expect(got.map(wireLine)).toEqual(reports.map(wireLine))
    expect(slept.length).toBeGreaterThan(10)
  })

  it('names the file that cannot be played', async () => {
    const { env } = fakeOutside(undefined, { 'gone.json': '{' })
    await expect(scenario.open({ file: 'gone.json' }, env)).rejects.toThrow(/gone\.json.*must be JSON/)
  })
})
