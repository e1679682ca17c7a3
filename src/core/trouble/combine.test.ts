import { describe, expect, it } from 'vitest'
import type { KindReading } from '../../contract/finding.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import { byArrival, post, STREAM_START as T, streamOf, type StreamOptions } from '../../testing/stream.js'
import { badKinds, bitsOfKinds, inAlarm, machinesSee, onsetOf, slowKinds } from './combine.js'
import { play, troubled } from './fixtures/service.js'

const says = (bits: number | null, alarm = false): KindReading => ({
  bits,
  alarm,
  observed: 0,
  expected: 0,
  onset: null,
  onsetInterval: null,
  share: null,
})

describe('evidence of several kinds', () => {
  it('is added up in bits, each kind only as far as its cap, and health of one is not taken from another', () => {
    expect(bitsOfKinds({ report: says(20), metric: says(30) })).toBe(50)
    expect(bitsOfKinds({ report: says(1_000), metric: says(-50), check: says(null) })).toBe(60)
  })
  it.each([
    ['one in alarm', { check: says(25, true) }, true],
    ['two that add up', { report: says(16), metric: says(14) }, true],
    ['one that is loud and in no alarm', { report: says(200) }, false],
    ['two of which one says next to nothing', { report: says(200), metric: says(7) }, false],
    ['two that do not reach it', { report: says(12), metric: says(12) }, false],
    ['a flood beside a whisper that counts', { report: says(500), metric: says(8) }, true],
    ['nothing readable', { report: says(null), metric: says(null) }, false],
  ])('%s', (_, kinds, alarm) => expect(inAlarm(kinds)).toBe(alarm))
  it('machines see what requests or checks are in alarm about', () => {
    expect(machinesSee({ check: says(30, true) })).toBe(true)
    expect(machinesSee({ report: says(90, true), post: says(90, true), metric: says(5) })).toBe(false)
  })
})

/** What is said at a minute of a stream, and when it says that it began. */
function at(options: StreamOptions, minute: number, more: Parameters<typeof post>[0][] = []) {
  let out: { kinds: ReturnType<typeof badKinds>; slow: ReturnType<typeof slowKinds>; onset: EpochMs } | undefined
  play(troubled(), byArrival(streamOf(options), more.map(post)), minute, (s, readings, now, m) => {
    if (m < minute) return
    const kinds = badKinds(s, readings, now)
    out = { kinds, slow: slowKinds(s, readings), onset: onsetOf(s, 'bad', kinds, readings, now).onset }
  })
  return out!
}

describe('what each kind says of failing', () => {
  const posts = Array.from({ length: 200 }, (_, i) => ({
    at: T + 150 * MINUTE + i * 1_500,
    id: `p-${i}`,
    author: `a-${i}`,
    text: 'the shop is down, cannot pay',
  }))
  it('posts raise nothing where people could report and do not; where nobody ever reports they do', () => {
    expect(at({ minutes: 155, requests: 0, reports: 1 }, 155, posts).kinds['post']).toMatchObject({ alarm: false })
    expect(at({ minutes: 155, requests: 0, reports: 0 }, 155, posts).kinds['post']).toMatchObject({ alarm: true })
  })
  it('an onset is dated by requests before people, and by people where there are none', () => {
    const fault = { from: 130, until: 200, bad: 0.5, reports: 0 }
    const crowd = { from: 140, until: 200, reports: 12 }
    const machines = at({ minutes: 150, reports: 0.5, faults: [fault, crowd] }, 150)
    expect(Math.abs((machines.onset - T) / MINUTE - 130)).toBeLessThanOrEqual(2)
    const people = at({ minutes: 150, requests: 0, reports: 0.5, faults: [fault, crowd] }, 150)
    expect(Math.abs((people.onset - T) / MINUTE - 140)).toBeLessThanOrEqual(3)
  })
  it('only what is timed says anything of slowness', () => {
    const { kinds, slow } = at({ minutes: 60, checks: 1, reports: 1 }, 60)
    expect(Object.keys(kinds)).toEqual(['report', 'metric', 'check'])
    expect(Object.keys(slow)).toEqual(['metric'])
  })
})
