import { type HoursConfig, WEEKDAYS } from '../../contract/oncall/routing.js'
import { DAY, MINUTE, type EpochMs } from '../../contract/time.js'
import { offsetMsAt } from './zone.js'

/** `22:30` as minutes since midnight. */
export function minutesOf(time: string): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number)
  return 60 * hour + minute
}

/** 1 January 1970 was a Thursday. */
const weekdayOf = (localMs: number) => WEEKDAYS[(Math.floor(localMs / DAY) + 3) % 7]!

/**
 * Whether a moment lies in these hours of the week, by the clock of their zone. Hours that end before they begin go on past
 * midnight and belong to the day on which they begin.
 */
export function inHours(hours: HoursConfig, at: EpochMs, zone = 'Etc/UTC'): boolean {
  const local = at + offsetMsAt(at, hours.timeZone ?? zone)
  const minute = Math.floor((local % DAY) / MINUTE)
  const from = hours.from === undefined ? 0 : minutesOf(hours.from)
  const until = hours.until === undefined ? 1_440 : minutesOf(hours.until)
  const on = (ms: number): boolean => hours.days === undefined || hours.days.includes(weekdayOf(ms))
  if (from < until) return minute >= from && minute < until && on(local)
  return (minute >= from && on(local)) || (minute < until && on(local - DAY))
}
