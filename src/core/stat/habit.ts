/**
 * Trouble that comes again at its hour is a habit. What an alarm holds back from learning would never be learned where the same thing raises it
 * each day, as a plateau that begins at seven does; so for each hour of the week it is remembered on how many visits in a row a quarter of it
 * or more was held back (what begins at half past seven has but half of its first hour), and at which level. It is a habit, and learned, once
 *  · on five of the seven days before this hour of day was held back (a working week; four days of an outage are none), or
 *  · this hour of the week was on its last three visits.
 * One quiet visit ends it. While it is one, nothing beyond twice its level is learned: an outage on top of it is still one.
 * The state is one array, made when something is first held back. Cost: a few additions a slot.
 */

const DAY_HOURS = 24
const WEEK_HOURS = 168
const DAYS = 5
const WEEKS = 3
/** Held back in less than this part of an hour it is no visit of the habit. */
const LEAST_SHARE = 0.25
/** More than this many times the habit's level is not the habit. */
const MOST_LEVEL = 2

// Lanes: visits in a row, level of the last one; then the running hour, its slots held back, their sum, its slots learned.
const LEVEL = WEEK_HOURS
const HOUR = 2 * WEEK_HOURS
const HELD = HOUR + 1
const SUM = HOUR + 2
const TAUGHT = HOUR + 3
const LANES = HOUR + 4

export const habit = (): Float32Array => new Float32Array(LANES).fill(-1, HOUR, HELD)

/** Notes a slot that was learned in an hour (since 1970). */
export function noteTaught(h: Float32Array, hour: number): void {
  enter(h, hour)
  h[TAUGHT]! += 1
}

/** Notes a slot that was held back; returns what to learn of it as a habit, null where it is none. */
export function noteHeld(h: Float32Array, hour: number, count: number): number | null {
  enter(h, hour)
  h[HELD]! += 1
  h[SUM]! += count
  let days = 0
  let level = 0
  for (let w = hour % DAY_HOURS; w < WEEK_HOURS; w += DAY_HOURS) {
    if (h[w]! === 0) continue
    days++
    level = Math.max(level, h[LEVEL + w]!)
  }
  return days >= DAYS || h[hour % WEEK_HOURS]! >= WEEKS ? Math.min(count, MOST_LEVEL * level) : null
}

function enter(h: Float32Array, hour: number): void {
  const before = h[HOUR]!
  if (hour === before) return
  if (before >= 0) {
    const w = before % WEEK_HOURS
    const held = h[HELD]! > 0 && h[HELD]! >= LEAST_SHARE * (h[HELD]! + h[TAUGHT]!)
    h[w] = held ? h[w]! + 1 : 0
    h[LEVEL + w] = held ? h[SUM]! / h[HELD]! : 0
  }
  h[HOUR] = hour
  h[HELD] = h[SUM] = h[TAUGHT] = 0
}
