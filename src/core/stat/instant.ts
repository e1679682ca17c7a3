import type { EpochMs } from '../../contract/time.js'

const INSTANT = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:[Zz]|([+-])(\d\d):?(\d\d))$/
/** Samoa and Kiribati are 14 hours ahead; nobody is further from Greenwich. */
const OFFSET_MOST_MIN = 14 * 60
const LONGEST = 40

/**
 * A moment with its offset, as RFC 3339 writes it (seconds may be left out). NaN for whatever no calendar and no clock
 * shows: a 31st of September, 24:00, a second 60, an offset of more than 14 hours, a time without an offset.
 *
 * @example
 * readInstant('2026-02-03T21:14:00+01:00') // => 1770149640000
 * readInstant('2026-09-31T00:00:00+00:00') // => NaN
 */
export function readInstant(text: string): EpochMs {
  const parts = text.length <= LONGEST ? INSTANT.exec(text) : null
  if (parts === null) return Number.NaN
  const [year, month, day, hour, minute] = parts.slice(1, 6).map(Number) as [number, number, number, number, number]
  const second = Number(parts[6] ?? 0)
  const offset = parts[8] === undefined ? 0 : (parts[8] === '-' ? -1 : 1) * (60 * Number(parts[9]) + Number(parts[10]))
  if (!isDay(year, month, day) || hour > 23 || minute > 59 || second > 59) return Number.NaN
  if (Math.abs(offset) > OFFSET_MOST_MIN || Number(parts[10] ?? 0) > 59) return Number.NaN
  const ms = Math.floor(Number(`0.${parts[7] ?? 0}`) * 1000)
  return Date.UTC(year, month - 1, day, hour, minute, second, ms) - offset * 60_000
}

/** Whether the calendar has this day; the language turns 31 September into 1 October. Months count from 1. */
export function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day))
  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}
