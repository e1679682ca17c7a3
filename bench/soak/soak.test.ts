import { expect, it } from 'vitest'
import { MINUTE } from '../../src/contract/time.js'
import { KINDS, planOf } from './plan.js'
import { soak } from './run.js'
import { happened, memoryOf, telling } from './verdict.js'

it('draws every kind of fault for half an hour, one after the other, the same for the same seed', () => {
  const { faults } = planOf(1, 30 * MINUTE, 6)
  expect(planOf(1, 30 * MINUTE, 6).faults).toEqual(faults)
  expect(planOf(2, 30 * MINUTE, 6).faults).not.toEqual(faults)
  expect(new Set(faults.map(each => each.kind))).toEqual(new Set(KINDS))
  faults.slice(1).forEach((each, i) => expect(each.fromMs).toBeGreaterThan(faults[i]!.untilMs))
  expect(faults.at(-1)!.untilMs).toBeLessThan(30 * MINUTE)
  // The last life is long enough to tell whether memory is flat.
  expect(Math.max(...faults.filter(each => each.kind.startsWith('kill')).map(each => each.untilMs))).toBeLessThan(
    20 * MINUTE,
  )
})

it('tells a slope of memory from a saw, and lives from one another', () => {
  const sample = (pid: number, minute: number, rss: number) => ({
    ...{ at: minute * MINUTE, pid, rss: rss * 1e6, heap: 1e6, external: 0, dedupe: 0 },
  })
  const saw = Array.from({ length: 60 }, (_, i) => sample(2, 10 + i / 4, 200 + (i % 4)))
  const rising = saw.map((each, i) => ({ ...each, rss: each.rss + i * 1e6 }))
  const before = Array.from({ length: 20 }, (_, i) => sample(1, i / 4, 900))
  expect(Math.abs(memoryOf([...before, ...saw], 2 * MINUTE)!.slope.rss)).toBeLessThan(0.1)
  expect(memoryOf(rising, 2 * MINUTE)!.slope.rss).toBeCloseTo(4, 0)
})

it('counts once what was acknowledged, in a few seconds of kills, a full disk and a wrong clock', async () => {
  const ran = await soak({ seed: 1, ms: 8_000 })
  const { house, senders, readers, receivers, counts, episodes } = ran
  expect(happened(episodes)).toEqual({ kill: 1, full: 1, leap: 1, step: 1, 'kill-full': 1 })
  expect(house.down).toHaveLength(2)
  expect(senders.refusedAt.length).toBeGreaterThan(0)
  expect(senders.wrong).toEqual([])
  expect(counts.wrong).toEqual([])
  expect(counts.whole).toEqual([])
  expect(counts.once).toBe(counts.acknowledged)
  expect(counts.once).toBeGreaterThan(100)
  expect(counts.bins).toBeGreaterThan(0)
  expect(telling(ran).wrong).toEqual([])
  expect(ran.ends).toEqual([0, 0])
  expect(receivers.urls).toHaveLength(3)

  const reasons = { full: /signals cannot be written/, clock: /the clock/ }
  const during = (kinds: readonly string[], at: number) =>
    episodes.some((each, i) => kinds.includes(each.kind) && at >= each.from && at < (episodes[i + 1]?.from ?? Infinity))
  const says = (why: RegExp) => readers.ready.filter(each => each.status === 503 && why.test(each.why))
  expect(says(reasons.full).length).toBeGreaterThan(0)
  expect(says(reasons.clock).length).toBeGreaterThan(0)
  expect(says(reasons.full).filter(each => !during(['full', 'kill-full', 'kill'], each.at))).toEqual([])
  expect(says(reasons.clock).filter(each => !during(['leap'], each.at))).toEqual([])
  expect(readers.ready.filter(each => each.status === 0).length).toBeGreaterThan(0)
  expect(readers.reads.filter(each => each.status === 200).length).toBeGreaterThan(0)
}, 240_000)
