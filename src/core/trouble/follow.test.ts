import { describe, expect, it } from 'vitest'
import { MINUTE } from '../../contract/time.js'
import { STREAM_START as T } from '../../testing/stream.js'
import { follow } from './fixtures/service.js'
import { AFTERMATH_MS } from './state.js'

const minuteOf = (at: number): number => (at - T) / MINUTE
const world = { minutes: 260, checks: 1, reports: 0.5 }
const outage = { from: 120, until: 150, where: { cell: ['a'] }, bad: 0.6, reports: 6 }

describe('one trouble, followed from its first alarm to the end of its aftermath', () => {
  const { s, bad, slow } = follow({ ...world, faults: [outage] })
  const minutes = [...bad.keys()]
  const [first] = bad.get(minutes[0]!)!

  it('is said within minutes, with its place, its onset and its share', () => {
    expect(minutes[0]).toBeGreaterThan(120)
    expect(minutes[0]).toBeLessThanOrEqual(124)
    const settled = bad.get(135)![0]!
    expect(settled).toMatchObject({ strand: 'bad', alarm: true, calm: false, segments: [{ where: { cell: ['a'] } }] })
    expect(settled.segments[0]!.share).toBeGreaterThan(0.5)
    expect(Math.abs(minuteOf(settled.onset) - 120)).toBeLessThanOrEqual(2)
    expect(first!.kinds['metric']!.alarm).toBe(true)
  })
  it('is said at every tick until its aftermath is over, and is calm from its end on', () => {
    expect(minutes).toEqual(Array.from({ length: minutes.length }, (_, i) => minutes[0]! + i))
    const calm = minutes.filter(minute => bad.get(minute)![0]!.calm)
    expect(calm[0]).toBeGreaterThanOrEqual(150)
    expect(calm[0]).toBeLessThan(165)
    expect(minutes.at(-1)! - calm[0]!).toBeGreaterThanOrEqual(AFTERMATH_MS / MINUTE - 2)
    expect(minutes.at(-1)).toBeLessThan(220)
    expect(s.troubles.bad).toBeNull()
  })
  it('its onset stands once it has settled, whatever comes later', () => {
    const worse = follow({
      ...world,
      minutes: 170,
      faults: [{ ...outage, until: 170, bad: m => (m < 145 ? 0.04 : 0.8) }],
    })
    expect(Math.abs(minuteOf(worse.bad.get(165)![0]!.onset) - 120)).toBeLessThanOrEqual(3)
    expect(new Set(minutes.filter(m => m > minutes[0]! + 10).map(m => bad.get(m)![0]!.onset)).size).toBe(1)
  })
  it('what fails does not pass for slowness, nor the other way round', () => {
    expect(slow.size).toBe(0)
    const waiting = follow({ ...world, faults: [{ from: 120, until: 150, slow: 0.5 }] })
    expect(waiting.bad.size).toBe(0)
    expect([...waiting.slow.values()].flat()[0]).toMatchObject({ strand: 'slow', alarm: true, kinds: { metric: {} } })
  })
  it('a quiet day says nothing', () => {
    const quiet = follow(world)
    expect([quiet.bad.size, quiet.slow.size]).toEqual([0, 0])
  })
})

it('where people alone see it, their reports are what is followed', () => {
  const { bad } = follow({
    minutes: 240,
    requests: 0,
    reports: 0.5,
    faults: [{ from: 150, until: 190, reports: 12, labels: { country: 'PT' } }],
  })
  const [finding] = bad.get(165)!
  expect(finding).toMatchObject({ alarm: true, share: null, kinds: { report: { alarm: true } } })
  expect(finding!.tracks).toMatchObject([{ where: {}, unit: 'reports_per_minute' }])
  expect(finding!.crowd.reporters).toBeGreaterThan(100)
})

it('is told to have begun with its first mild signs, while what fails is counted from where it stands out', () => {
  const { s, bad } = follow({
    minutes: 180,
    requests: 0,
    reports: 0.5,
    faults: [
      { from: 140, until: 150, reports: 1 },
      { from: 150, until: 180, reports: 30 },
    ],
  })
  const [finding] = bad.get(165)!
  expect(Math.abs(minuteOf(finding!.onset) - 140)).toBeLessThanOrEqual(3)
  expect(finding!.onsetInterval[0]).toBeLessThanOrEqual(finding!.onset)
  expect(Math.abs(minuteOf(s.troubles.bad!.onset) - 150)).toBeLessThanOrEqual(1)
})

it('where checks are few, those of other places are no end of it: one in six fails on in the place, and people go on', () => {
  const where = { cell: ['a'] }
  const world = { minutes: 330, requests: 0, checks: 1, reports: 0.5, seed: 4 }
  const [worst, left] = [
    { from: 120, until: 150, where, bad: 0.9, reports: 40 },
    { from: 150, until: 230, where, bad: 0.16, reports: 5 },
  ]
  const calmIn = (faults: (typeof worst)[], from: number, until: number) => {
    const { bad } = follow({ ...world, faults })
    return [...bad].filter(([minute, [f]]) => minute >= from && minute < until && f!.calm).map(([minute]) => minute)
  }
  expect(calmIn([worst, left], 150, 230)).toEqual([])
  // Where its checks all go well they tell that it is over, while the last of the people are still heard.
  const over = calmIn([worst, { ...left, bad: 0 }], 150, 230)
  expect(over[0]).toBeGreaterThanOrEqual(165)
  expect(over[0]).toBeLessThanOrEqual(190)
})
