import { DAY, HOUR, MINUTE, SECOND, type EpochMs } from '../../contract/time.js'
import { isUtc, localDay } from '../../core/calendar/zone.js'
import { Count } from './strings/plural.js'

/**
 * Numbers and times as people read them. Times are UTC, or those of a status page's own zone, and say so: everybody who
 * talks about an outage must mean the same minute.
 */
export interface Format {
  locale: string
  number(value: number): string
  /** A number that words agree with. */
  count(value: number): Count
  /** `1234567` as `1.2 million`; below 100,000 in full. */
  short(value: number): string
  /** 0.889 as `89%`; what is not zero is never shown as `0%`, what is not everything never as `100%`. */
  share(share: number): string
  shares(interval: readonly [number, number]): string
  /** 7.43 as `7.4×`. */
  times(ratio: number): string
  /** `20:12` */
  clock(at: EpochMs): string
  /** `20:12 UTC`, with the name of the zone, and with the day where it is not today's. */
  moment(at: EpochMs, now: EpochMs): string
  day(at: EpochMs): string
  /** The day without its year: `3 Feb`. */
  date(at: EpochMs): string
  month(at: EpochMs): string
  /** `2 hrs 53 mins`: two units at most, rounded down, so that an age is never shown older than it is. */
  span(ms: number): string
  /** `5 min ago`: one unit, rounded down; the script in the page says it the same way. */
  ago(ms: number): string
  country(code: string): string
  list(words: readonly string[]): string
}

export function makeFormat(locale: string, zone = 'UTC'): Format {
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 })
  const tenth = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 })
  const compact = new Intl.NumberFormat(locale, {
    notation: 'compact',
    compactDisplay: 'long',
    maximumSignificantDigits: 2,
  })
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 })
  const fine = new Intl.NumberFormat(locale, { style: 'percent', maximumSignificantDigits: 1 })
  const date = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, { timeZone: zone, ...options })
  const time = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
  const clocks = date(time)
  const days = date({ day: 'numeric', month: 'short' })
  const dates = date({ day: 'numeric', month: 'short', year: 'numeric' })
  const moments = date({ day: 'numeric', month: 'short', ...time })
  const farMoments = date({ day: 'numeric', month: 'short', year: 'numeric', ...time })
  const months = date({ month: 'long', year: 'numeric' })
  const regions = new Intl.DisplayNames(locale, { type: 'region', fallback: 'code' })
  const lists = new Intl.ListFormat(locale, { type: 'conjunction' })
  const units = new Intl.ListFormat(locale, { type: 'unit', style: 'narrow' })
  const ages = new Intl.RelativeTimeFormat(locale, { style: 'short' })
  const lengths = UNITS.map(([, unit]) => new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' }))

  const zones = isUtc(zone) ? null : date({ timeZoneName: 'short', hour: 'numeric' })
  const zoneName = (at: EpochMs) => zones?.formatToParts(at).find(each => each.type === 'timeZoneName')?.value ?? 'UTC'
  const number = (value: number) => (Math.abs(value) < 10 && !Number.isInteger(value) ? tenth : whole).format(value)
  const clock = (at: EpochMs) => clocks.format(at)
  const share = (value: number) => {
    if (value > 0 && value < 0.005) return fine.format(Math.max(value, 0.001))
    if (value < 1 && value >= 0.995) return percent.format(0.99)
    return percent.format(value)
  }
  return {
    locale,
    number,
    count: value => new Count(value, number(value)),
    short: value => (value < 100_000 ? number(value) : compact.format(value)),
    share,
    shares: ([low, high]) =>
      share(low) === share(high) ? share(low) : percent.formatRange(Math.max(low, 0.01), Math.min(high, 0.99)),
    times: ratio => `${ratio < 10 ? tenth.format(ratio) : whole.format(ratio)}×`,
    clock,
    moment(at, now) {
      const [day, today] = [localDay(at, zone), localDay(now, zone)]
      if (day === today) return `${clock(at)} ${zoneName(at)}`
      const sameYear = new Date(day).getUTCFullYear() === new Date(today).getUTCFullYear()
      return `${(sameYear ? moments : farMoments).format(at)} ${zoneName(at)}`
    },
    day: at => dates.format(at),
    date: at => days.format(at),
    month: at => months.format(at),
    span(ms) {
      const [first, next] = splitSpan(ms)
      const words = (part: SpanPart) => (lengths[part[1]] as Intl.NumberFormat).format(part[0])
      return next ? units.format([words(first), words(next)]) : words(first)
    },
    ago(ms) {
      const [[count, index]] = splitSpan(ms)
      return ages.format(-count, (UNITS[index] as (typeof UNITS)[number])[1])
    },
    country: code => (/^[A-Z]{2}$/.test(code) ? (regions.of(code) ?? code) : code),
    list: words => lists.format(words),
  }
}

const UNITS = [
  [DAY, 'day'],
  [HOUR, 'hour'],
  [MINUTE, 'minute'],
  [SECOND, 'second'],
] as const

/** A count and the index of its unit. */
type SpanPart = [number, number]

/** The largest unit that fits, and the next one if any of it is left; seconds stand alone. */
function splitSpan(ms: number): [SpanPart, SpanPart?] {
  const left = Math.max(0, ms)
  const index = UNITS.findIndex(([unit]) => left >= unit)
  if (index < 0) return [[0, UNITS.length - 1]]
  const [unit] = UNITS[index] as (typeof UNITS)[number]
  const first: SpanPart = [Math.floor(left / unit), index]
  const next = UNITS[index + 1]
  const rest = next && next[0] >= MINUTE ? Math.floor((left % unit) / next[0]) : 0
  return rest > 0 ? [first, [rest, index + 1]] : [first]
}

/** ISO time for `datetime`; empty for what is no time, so that a bad value cannot break a page. */
export function iso(at: EpochMs): string {
  return Number.isFinite(at) && Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : ''
}
