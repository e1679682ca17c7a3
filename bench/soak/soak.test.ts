import { expect, it } from 'vitest'
import { HOUR, MINUTE } from '../../src/contract/time.js'
import { emptyOutcome, Fold } from '../../src/core/fold/fold.js'
import { sfc32 } from '../../src/core/stat/random.js'
import { allocationOf, networkOf, prefixOf } from '../../src/shell/visitors/address.js'
import { KINDS, planOf } from './plan.js'
import { addressOf } from './senders.js'
import { memoryOf } from './verdict.js'

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

it('has so many people that admission keeps nobody out, whatever the clock does', () => {
  const start = Date.UTC(2031, 4, 9, 12)
  const desk = { id: 'desk', title: 'Desk', components: [], dependsOn: [] }
  const fold = new Fold({ clock: 'wall', falseAlarmsPerMonth: 1, services: [desk] })
  const random = sfc32(1)
  const counted = new Map<number, number>()
  let at = start
  for (let n = 0; n < 3_600; n++) {
    const into = emptyOutcome()
    at += 500
    if (n === 24) at += HOUR
    if (n === 204) fold.rewind((at -= HOUR), n, into)
    fold.advance(at, n, into)
    const address = addressOf(n, random)
    const where = { prefix: prefixOf(address), network: networkOf(address), allocation: allocationOf(address) }
    const who = { id: `web-${n}`, reporter: `${n}`, ...where }
    const said = { at, labels: {}, total: 1, bad: random() < 0.3 ? 1 : 0 }
    fold.signal({ type: 'observation', via: 'report', service: 'desk', ...who, ...said }, n, into)
    fold.takeFresh(into)
    for (const { bin, reports } of into.rollups) counted.set(bin, reports.bad + reports.ok)
  }
  const sum = [...counted].filter(([bin]) => bin <= at).reduce((all, [, n]) => all + n, 0)
  expect(sum).toBe(3_600)
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
