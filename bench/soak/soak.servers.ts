// A soak of seconds, beside the tests with real servers: the gate has no time for it.
import { expect, it } from 'vitest'
import { soak } from './run.js'
import { happened, telling } from './verdict.js'

it('counts once what was acknowledged, in a few seconds of kills, a full disk and a wrong clock', async () => {
  const ran = await soak({ seed: 1, ms: 6_000 })
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

  // Where a machine is so slow that a start takes a minute, what a fault left behind may show long after it.
  const refusals = readers.ready.filter(each => each.status === 503)
  const known = /signals cannot be written|the clock (leapt by|is .* off)|behind|committed nothing/
  expect(refusals.filter(each => !known.test(each.why))).toEqual([])
  expect(refusals.filter(each => each.at < episodes[0]!.from)).toEqual([])
  expect(refusals.some(each => /signals cannot be written/.test(each.why))).toBe(true)
  expect(refusals.some(each => /the clock leapt by/.test(each.why))).toBe(true)
  expect(readers.ready.filter(each => each.status === 0).length).toBeGreaterThan(0)
  expect(readers.reads.filter(each => each.status === 200).length).toBeGreaterThan(0)
}, 240_000)
