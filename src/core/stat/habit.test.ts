import { describe, expect, it } from 'vitest'
import { habit, noteHeld, noteTaught } from './habit.js'

const SLOTS = 12

/** Plays days of hours; `held` says at which level an hour is held back, null where it is quiet. Returns what was learned of held ones by day. */
function play(days: number, held: (day: number, hour: number) => number | null, h = habit()): number[] {
  const learned = Array<number>(days).fill(0)
  for (let hour = 0; hour < 24 * days; hour++) {
    const day = Math.floor(hour / 24)
    const level = held(day, hour % 24)
    for (let i = 0; i < SLOTS; i++) {
      if (level === null) noteTaught(h, hour)
      else if (noteHeld(h, hour, level) !== null) learned[day]! += 1
    }
  }
  return learned
}

describe('trouble that comes again at its hour', () => {
  it('is a habit from the sixth day on, at those hours alone', () => {
    const learned = play(9, (_, hour) => (hour >= 7 && hour < 10 ? 80 : null))
    expect(learned).toEqual([0, 0, 0, 0, 0, 36, 36, 36, 36])
  })
  it('is one of working days too: from the second Monday on', () => {
    const learned = play(14, (day, hour) => (hour === 7 && day % 7 < 5 ? 80 : null))
    expect(learned).toEqual([0, 0, 0, 0, 0, 0, 0, 12, 12, 12, 12, 12, 0, 0])
  })
  it('is one of a single hour of the week after three of them', () => {
    const learned = play(36, (day, hour) => (hour === 7 && day % 7 === 0 ? 80 : null))
    expect(learned.flatMap((n, day) => (n > 0 ? [day] : []))).toEqual([21, 28, 35])
  })
  it('is none while it has lasted but four days, or comes at other hours each day', () => {
    expect(play(4, () => 80).every(n => n === 0)).toBe(true)
    expect(play(60, (day, hour) => (hour === (7 * day) % 24 ? 80 : null)).every(n => n === 0)).toBe(true)
  })
  it('ends with the first quiet visits, and what stands far above it is not learned with it', () => {
    const h = habit()
    play(10, (_, hour) => (hour === 7 ? 80 : null), h)
    expect(noteHeld(h, 247, 2_000)).toBe(160)
    const learned = play(12, (day, hour) => (hour === 7 && (day < 6 || day > 8) ? 80 : null))
    expect(learned.slice(9)).toEqual([0, 0, 0])
  })
  it('is one too where it begins in the middle of an hour and a quarter of that is held back', () => {
    const h = habit()
    for (let day = 0; day < 5; day++) {
      for (let i = 0; i < SLOTS; i++) {
        if (i < 9) noteTaught(h, 24 * day + 7)
        else noteHeld(h, 24 * day + 7, 80)
      }
      noteTaught(h, 24 * day + 8)
    }
    expect(noteHeld(h, 24 * 5 + 7, 80)).toBe(80)
  })
})
