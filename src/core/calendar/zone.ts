import { DAY, MINUTE, type EpochMs } from '../../contract/time.js'
import { isDay, readInstant } from '../stat/instant.js'

/** Wall-clock time in a zone, as people write it on a plan. Months count from 1. */
export interface Local {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
}

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  let found = formats.get(zone)
  if (!found) {
    found = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      era: 'short',
    })
    formats.set(zone, found)
  }
  return found
}

export function isZone(zone: string): boolean {
  try {
    formatOf(zone)
    return true
  } catch {
    return false
  }
}

export function isUtc(zone: string): boolean {
  return zone === 'UTC' || zone === 'Etc/UTC'
}

export function toLocal(at: EpochMs, zone: string): Local {
  const parts: Record<string, number> = {}
  for (const { type, value } of formatOf(zone).formatToParts(at)) parts[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return { year, month, day, hour, minute, second }
}

/** Clocks change at whole quarters of an hour, since 1973 everywhere; what was asked once is remembered. */
const QUARTER_MS = 15 * MINUTE
const OFFSETS_REMEMBERED = 50_000
const offsets = new Map<string, Map<number, number>>()

/** How far the zone's clocks are ahead of UTC at this moment. */
export function offsetMsAt(at: EpochMs, zone: string): number {
  if (isUtc(zone)) return 0
  let known = offsets.get(zone)
  if (!known || known.size >= OFFSETS_REMEMBERED) offsets.set(zone, (known = new Map()))
  const quarter = Math.floor(at / QUARTER_MS)
  const whole = quarter * QUARTER_MS
  let offset = known.get(quarter)
  if (offset === undefined) known.set(quarter, (offset = utcOf(toLocal(whole, zone)) - whole))
  return offset
}

/** The same numbers as if the clock stood in Greenwich. */
export function utcOf({ year, month, day, hour, minute, second }: Local): EpochMs {
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

/**
 * The moment a wall clock shows this. A time that is skipped in spring moves forward by what was skipped, one that comes
 * twice in autumn is the first of the two (RFC 5545, 3.3.5).
 */
export function fromLocal(local: Local, zone: string): EpochMs {
  const naive = utcOf(local)
  const before = naive - offsetMsAt(naive - 12 * 60 * MINUTE, zone)
  const after = naive - offsetMsAt(naive + 12 * 60 * MINUTE, zone)
  const fits = [before, after].filter(at => at + offsetMsAt(at, zone) === naive)
  return fits.length > 0 ? Math.min(...fits) : before
}

/** The day that a clock of the zone shows, as its midnight as if that clock stood in Greenwich. */
export function localDay(at: EpochMs, zone: string): EpochMs {
  return Math.floor((at + offsetMsAt(at, zone)) / DAY) * DAY
}

/** When such a day begins; where its midnight is skipped, the first moment after it. */
export function dayStart(day: EpochMs, zone: string): EpochMs {
  if (isUtc(zone)) return day
  const date = new Date(day)
  const local = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
  return fromLocal({ ...local, hour: 0, minute: 0, second: 0 }, zone)
}

/** `2026-02-03T21:12:00.000+01:00`; `Z` where the clocks are UTC's. */
export function isoIn(at: EpochMs, zone: string): string {
  const offset = offsetMsAt(at, zone)
  const text = new Date(at + offset).toISOString()
  if (isUtc(zone)) return text
  const minutes = Math.round(Math.abs(offset) / MINUTE)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${text.slice(0, -1)}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

const LOCAL_TIME = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?$/

/**
 * A moment as a person writes it: with an offset, or as the wall clock of a zone shows it. `local` is that wall clock as
 * if it stood in Greenwich; it differs from what the clocks really show where spring skipped that time.
 *
 * @throws Error that says what may stand there
 */
export function readMoment(text: string, zone: string): { at: EpochMs; local: EpochMs } {
  const [all, ...parts] = LOCAL_TIME.exec(text) ?? []
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map(each => Number(each ?? 0))
  const local: Local = { year, month, day, hour, minute, second }
  const at = all === undefined ? readInstant(text) : isDay(year, month, day) ? fromLocal(local, zone) : Number.NaN
  if (Number.isNaN(at) || hour > 23 || minute > 59 || second > 59)
    throw new Error('a time such as 2026-03-01T02:00 or 2026-03-01T02:00:00Z')
  return { at, local: all === undefined ? utcOf(toLocal(at, zone)) : utcOf(local) }
}
