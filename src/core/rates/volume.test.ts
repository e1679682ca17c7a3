import { describe, expect, it } from 'vitest'
import { DAY, HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import { learnVolume, readVolume, startVolumeAnew, takeVolume, volumeState, type Missing } from './volume.js'

const T = Date.UTC(2031, 3, 7)
/** A day with a night of a third, at so many requests a minute. */
const rhythm = (at: EpochMs): number => 600 * (1 + 0.5 * Math.sin((2 * Math.PI * (at - T)) / DAY))

interface Row {
  at: EpochMs
  total: number
  windowMs: number
}

/** Three days of three senders; `factor`: of what is usual, by minute and sender; null: the sender is silent. */
function played(
  factor: (at: EpochMs, sender: number) => number | null,
  windowMs = MINUTE,
  trouble?: null,
): Map<EpochMs, Missing> {
  const state = volumeState()
  const said = new Map<EpochMs, Missing>()
  for (let now = T; now < T + 3 * DAY; now += MINUTE) {
    if ((now - T) % windowMs === 0)
      for (let sender = 0; sender < 3; sender++) {
        const part = factor(now, sender)
        const row: Row = { at: now, total: (rhythm(now) * (part ?? 0) * windowMs) / MINUTE, windowMs }
        if (part !== null) takeVolume(state, row.at - MINUTE, row.total, row.windowMs)
      }
    const gone = readVolume(state, now)
    if (gone) said.set(now, gone)
    learnVolume(state, now, trouble === undefined ? (gone?.since ?? null) : trouble)
  }
  return said
}

/** Everything as usual but between the two hours after the second day. */
const between = (from: number, until: number, part: number | null) => (at: EpochMs) =>
  at >= T + 2 * DAY + from * HOUR && at < T + 2 * DAY + until * HOUR ? part : 1

describe('requests that do not come', () => {
  it.each([MINUTE, 5 * MINUTE, 10 * MINUTE])(
    'half of them for hours is an alarm with its share, whatever the windows (%i ms)',
    window => {
      const said = played(between(9, 15, 0.5), window)
      const [first] = [...said.keys()]
      expect((first! - T - 2 * DAY - 9 * HOUR) / MINUTE).toBeLessThan(45)
      const middle = said.get(T + 2 * DAY + 12 * HOUR)!
      expect(middle.share).toBeCloseTo(0.5, 1)
      expect(middle.alarm).toBe(true)
      expect(Math.abs(middle.since - T - 2 * DAY - 9 * HOUR)).toBeLessThan(20 * MINUTE)
      // And it is over soon after its end.
      expect(Math.max(...said.keys())).toBeLessThan(T + 2 * DAY + 15.5 * HOUR)
    },
  )
  it('a third of them bears witness and is no alarm; a tail is followed down to a few percent', () => {
    const tail = (at: EpochMs): number => {
      const hours = (at - T - 2 * DAY) / HOUR - 8
      return hours < 0 ? 1 : 1 - 0.35 * 2 ** (-hours / 3)
    }
    const said = played(tail)
    expect([...said.values()].some(gone => gone.alarm)).toBe(false)
    expect(said.get(T + 2 * DAY + 9 * HOUR)!.share).toBeGreaterThan(0.2)
    expect(said.get(T + 2 * DAY + 14 * HOUR)!.share).toBeCloseTo(0.0875, 1)
  })
  it('the night, a busy day, a quiet tenth and a sender that falls silent are none', () => {
    expect(played(() => 1).size).toBe(0)
    expect(played(between(6, 18, 1.6)).size).toBe(0)
    expect(played(between(6, 18, 0.9)).size).toBe(0)
    expect(played((at, sender) => (sender === 0 ? between(6, 18, null)(at) : 1)).size).toBe(0)
  })
  it('a holiday, on which half as many come from the small hours on, is none; nor is its end', () => {
    const holiday = (at: EpochMs) => {
      const hours = (at - T - 2 * DAY) / HOUR
      return 1 - 0.5 * Math.min(1, Math.max(0, hours / 3)) + 0.5 * Math.min(1, Math.max(0, (hours - 20) / 3))
    }
    expect(played(holiday).size).toBe(0)
    // On such a day what stops is still seen.
    const said = played(at => holiday(at) * between(12, 14, 0.4)(at)!)
    expect(Math.min(...said.keys())).toBeLessThan(T + 2 * DAY + 12.5 * HOUR)
    expect([...said.values()].some(each => each.alarm)).toBe(true)
  })
  it('what stays missing for more than a day while nothing else is wrong is how things are', () => {
    const said = played(at => (at > T + 30 * HOUR ? 0.6 : 1), MINUTE, null)
    expect(said.size).toBeGreaterThan(0)
    expect(Math.max(...said.keys())).toBeLessThan(T + 56 * HOUR)
  })
  it('nothing is said before a day is known, and all is learned anew where that is asked', () => {
    const first = played(at => (at > T + 12 * HOUR && at < T + 20 * HOUR ? 0.3 : 1))
    expect(Math.min(Number.POSITIVE_INFINITY, ...first.keys())).toBeGreaterThan(T + 22 * HOUR)
    const state = volumeState()
    takeVolume(state, T, 100, MINUTE)
    learnVolume(state, T + HOUR, null)
    expect(state.weight.some(w => w > 0)).toBe(true)
    startVolumeAnew(state)
    expect(state.weight.some(w => w > 0)).toBe(false)
  })
})
