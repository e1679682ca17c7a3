import { describe, expect, test } from 'vitest'
import { TransientError } from '../contract/error.js'
import { HOUR, MINUTE } from '../contract/time.js'
import { parseScenario } from '../scenario/scenario.js'
import { tinyWorld } from '../scenario/fixtures/tiny-world.js'
import { Demo, DEMO_SCENARIO, openDemo } from './demo.js'
import type { DemoEnv, DemoTarget } from './demo.js'

const scenario = parseScenario({
  ...tinyWorld(),
  ground_truth: {
    is_incident: true,
    started_at: '2031-05-06T09:30:00Z',
    mitigated_most_at: '2031-05-06T10:20:00Z',
    resolved_at: '2031-05-06T10:30:00Z',
  },
})
const { t0 } = scenario.clock
const at = (minutes: number) => t0 + minutes * MINUTE
const START = at(23)

/** A workspace that notes what it was given, and a clock that only sleeping moves. */
function stage(options: { refuse?: number; historyMs?: number } = {}) {
  let refusals = options.refuse ?? 0
  const given: { at: number; via: string; id: string }[] = []
  const said: string[] = []
  const slices: number[] = []
  let resets = 0
  let now = 0
  let sleeping: (() => void) | null = null
  const target: DemoTarget = {
    async ingest(body) {
      if (refusals-- > 0) throw new TransientError('not now', 700)
      for (const line of Buffer.from(body).toString().trimEnd().split('\n')) {
        const signal = JSON.parse(line)
        given.push({
          at: Date.parse(signal.seenAt ?? signal.at),
          via: signal.via,
          id: `${signal.service} ${signal.id}`,
        })
      }
    },
    async settled() {},
    async reset() {
      resets++
      given.length = 0
    },
  }
  const env: DemoEnv = {
    now: () => now,
    sleep(ms, cut) {
      // Waiting for a workspace that is busy passes by itself; the demonstration's own steps wait for `tick`.
      if (!cut) {
        now += ms
        return Promise.resolve()
      }
      return new Promise(resolve => {
        sleeping = () => {
          sleeping = null
          now += ms
          resolve()
        }
        void cut.then(() => sleeping?.())
      })
    },
    async yield() {
      slices.push(now)
    },
    say: line => said.push(line),
  }
  const demo = new Demo(scenario, target, env, options.historyMs ?? 2 * HOUR)
  const settle = () => new Promise<void>(resolve => setImmediate(resolve))
  return {
    demo,
    given,
    said,
    resets: () => resets,
    last: () => given.at(-1)!.at,
    /** Lets `steps` of a quarter of a second pass. */
    async tick(steps: number) {
      for (let i = 0; i < steps; i++) {
        for (let k = 0; !sleeping && k < 20; k++) await settle()
        ;(sleeping as (() => void) | null)?.()
        await settle()
      }
    },
    async until(phase: string) {
      for (let i = 0; demo.status().phase !== phase; i++) {
        if (i > 1000) throw new Error(`still ${demo.status().phase}`)
        await settle()
      }
    },
  }
}

describe('Demo', () => {
  test('starts in the calm before the trouble with a week of history behind it', async () => {
    const { demo, given, resets } = stage({ historyMs: 7 * 24 * HOUR })
    await demo.run()
    expect(resets()).toBe(1)
    expect(demo.status()).toMatchObject({ now: START, pace: 60, ownPace: true, start: START, end: at(240) })
    expect(given[0]!.via).toBe('topology')
    expect(given[0]!.at).toBeLessThan(t0 - 7 * 24 * HOUR + MINUTE)
    expect(given.at(-1)!.at).toBeLessThan(START)
    expect(given.at(-1)!.at).toBeGreaterThan(START - MINUTE)
    expect(new Set(given.map(g => g.id)).size).toBe(given.length)
    await demo.stop()
  })

  test('goes 60 times faster than life, faster through the tail, and stands still at the end', async () => {
    const { demo, last, tick, until, given } = stage()
    await demo.run()
    await tick(4)
    expect(demo.status().now).toBe(START + MINUTE)
    expect(last()).toBeLessThan(demo.status().now)
    demo.jump(at(97))
    await tick(1)
    expect(demo.status()).toMatchObject({ pace: 60 })
    await tick(8)
    expect(demo.status()).toMatchObject({ pace: 120 })
    demo.pace(3600)
    await tick(12)
    await until('ended')
    expect(demo.status().now).toBe(at(240))
    const count = given.length
    await tick(4)
    expect(given.length).toBe(count)
    expect(demo.status().now).toBe(at(240))
    await demo.stop()
  })

  test('pauses, goes on, and keeps a pace that somebody chose', async () => {
    const { demo, tick, until } = stage()
    await demo.run()
    demo.pause(true)
    await until('paused')
    await tick(1)
    const { now } = demo.status()
    await tick(2)
    expect(demo.status().now).toBe(now)
    demo.pause(false)
    demo.pace(240)
    await tick(5)
    expect(demo.status()).toMatchObject({ phase: 'playing', pace: 240, ownPace: false })
    expect(demo.status().now).toBeGreaterThan(now)
    await demo.stop()
  })

  test('jumps forward at once, with everything that lies between', async () => {
    const { demo, last, resets, tick, given } = stage()
    await demo.run()
    demo.jump(at(80))
    await tick(1)
    expect(demo.status().now).toBeGreaterThanOrEqual(at(80))
    expect(last()).toBeGreaterThan(at(79))
    expect(resets()).toBe(1)
    const inOrder = given.every((g, i) => i === 0 || g.at >= given[i - 1]!.at)
    expect(inOrder).toBe(true)
    await demo.stop()
  })

  test('jumps back by starting over, and gives the same signals again', async () => {
    const { demo, resets, tick, given } = stage()
    await demo.run()
    demo.jump(at(60))
    await tick(1)
    const before = given.filter(g => g.at < at(40)).map(g => g.id)
    demo.jump(at(40))
    await tick(1)
    expect(resets()).toBe(2)
    expect(demo.status().now).toBeLessThan(at(42))
    expect(given.filter(g => g.at < at(40)).map(g => g.id)).toEqual(before)
    await demo.stop()
  })

  test('restarts from anywhere; pressing twice restarts once', async () => {
    const { demo, resets, tick, until } = stage()
    await demo.run()
    demo.jump(at(240))
    await until('ended')
    demo.restart()
    demo.restart()
    await until('playing')
    await tick(1)
    expect(resets()).toBe(2)
    expect(demo.status()).toMatchObject({ ownPace: true })
    expect(demo.status().now).toBeLessThan(START + 2 * MINUTE)
    await demo.stop()
  })

  test('stays between its start and its end', async () => {
    const { demo, until } = stage()
    await demo.run()
    demo.jump(at(100_000))
    await until('ended')
    expect(demo.status().now).toBe(at(240))
    demo.jump(0)
    await until('playing')
    expect(demo.status().now).toBeLessThan(START + 2 * MINUTE)
    demo.pace(1e9)
    expect(demo.status().pace).toBe(3600)
    await demo.stop()
  })

  test('waits for a workspace that is behind, and loses nothing', async () => {
    const [patient, plain] = [stage({ refuse: 3 }), stage()]
    await patient.demo.run()
    await plain.demo.run()
    expect(patient.given.map(g => g.id)).toEqual(plain.given.map(g => g.id))
    await Promise.all([patient.demo.stop(), plain.demo.stop()])
  })

  test('says so when the workspace has failed for good', async () => {
    const target: DemoTarget = {
      async ingest() {
        throw new Error('disk on fire')
      },
      async settled() {},
      async reset() {},
    }
    const said: string[] = []
    const env: DemoEnv = { now: () => 0, async sleep() {}, async yield() {}, say: line => said.push(line) }
    await expect(new Demo(scenario, target, env).run()).rejects.toThrow('disk on fire')
    expect(said.join()).toContain('disk on fire')
  })
})

test('the demonstration that comes with the house begins at 20:05 on 3 February 2026 and takes about three minutes', async () => {
  const target: DemoTarget = { async ingest() {}, async settled() {}, async reset() {} }
  const env: DemoEnv = { now: () => 0, async sleep() {}, async yield() {}, say() {} }
  const { start, end, marks } = (await openDemo(target, env, DEMO_SCENARIO)).status()
  expect(new Date(start).toISOString()).toBe('2026-02-03T20:05:00.000Z')
  const tail = marks.find(m => m.name === 'mitigated')!.at + 18 * MINUTE
  const seconds = ((tail - start) / 60 + (end - tail) / 120) / 1000
  expect(seconds).toBeLessThan(240)
})
