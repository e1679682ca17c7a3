import { DAY, HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import { fromLocal, readMoment, toLocal } from './zone.js'

/** "Until when", as people type it. */

// With single blanks: what may be any number of them at three places would be tried in every way.
const SPAN = /^(?:(\d{1,4}) ?(?:d|days?))? ?(?:(\d{1,4}) ?(?:h|hours?))? ?(?:(\d{1,5}) ?(?:m|min|minutes?))?$/i
const CLOCK = /^(?:(today|tomorrow)\s*(?:at\s*)?)?(\d{1,2})(?::(\d\d))?\s*(am|pm)?$/i
/** What may stand there, for who typed something else. */
export const UNTIL_FORMS =
  '`2h`, `90m`, `1d 12h`, `18:00`, `tomorrow 9:00`, `2026-03-01T18:00` or `2026-03-01T18:00:00Z`'

/**
 * A span from now, a time of day (the next one that comes), a date and time as the wall clock of the zone shows it, or a
 * moment with an offset.
 *
 * @throws Error that says what may stand there
 */
export function readUntil(text: string, now: EpochMs, zone: string): EpochMs {
  const typed = text.trim().replace(/\s+/g, ' ')
  const span = typed === '' ? null : SPAN.exec(typed)
  if (span) {
    const [days = 0, hours = 0, minutes = 0] = span.slice(1).map(each => Number(each ?? 0))
    return now + days * DAY + hours * HOUR + minutes * MINUTE
  }
  const clock = CLOCK.exec(typed)
  if (clock && (clock[3] !== undefined || clock[4] !== undefined)) return nextAt(clock, now, zone)
  if (/^\d+$/.test(typed) && typed.length >= 12) return Number(typed)
  try {
    return readMoment(typed, zone).at
  } catch {
    throw new Error(UNTIL_FORMS)
  }
}

/** What may stand there for a time that is past. */
export const SINCE_FORMS = '`25m ago`, `2h ago`, `20:14`, `2026-03-01T18:00` or `2026-03-01T18:00:00Z`'

/**
 * A span before now, a time of day (the last one that was), a date and time as the wall clock of the zone shows it, or a moment
 * with an offset.
 *
 * @throws Error that says what may stand there
 */
export function readSince(text: string, now: EpochMs, zone: string): EpochMs {
  const typed = text.trim().replace(/ ago$/, '')
  try {
    const at = readUntil(typed, now, zone)
    // A span and a time of day are read forwards: turned around here.
    if (SPAN.test(typed)) return 2 * now - at
    return at > now && CLOCK.test(typed) ? at - DAY : at
  } catch {
    throw new Error(SINCE_FORMS)
  }
}

function nextAt(
  [, day, hours, minutes = '0', half]: readonly (string | undefined)[],
  now: EpochMs,
  zone: string,
): EpochMs {
  const hour = half === undefined ? Number(hours) : (Number(hours) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0)
  if (hour > 23 || Number(minutes) > 59 || (half !== undefined && (Number(hours) < 1 || Number(hours) > 12)))
    throw new Error(UNTIL_FORMS)
  const at = (days: number) =>
    fromLocal({ ...dayAfter(now, zone, days), hour, minute: Number(minutes), second: 0 }, zone)
  if (day !== undefined) return at(day.toLowerCase() === 'tomorrow' ? 1 : 0)
  const today = at(0)
  return today > now ? today : at(1)
}

/** Year, month and day so many days on. */
function dayAfter(now: EpochMs, zone: string, days: number): { year: number; month: number; day: number } {
  const { year, month, day } = toLocal(now, zone)
  const then = new Date(Date.UTC(year, month - 1, day + days))
  return { year: then.getUTCFullYear(), month: then.getUTCMonth() + 1, day: then.getUTCDate() }
}
