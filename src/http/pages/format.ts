import { DAY, HOUR, MINUTE, SECOND, type EpochMs } from '../../contract/time.js'

/** Numbers and times as people read them. Times are UTC: everybody who talks about an outage must mean the same minute. */
export interface Format {
  locale: string
  number(value: number): string
  /** `1234567` as `1.2 million`; below 100,000 in full. */
  short(value: number): string
  /** 0.889 as `89%`; what is not zero is never shown as `0%`, what is not everything never as `100%`. */
  share(share: number): string
  shares(interval: readonly [number, number]): string
  /** 7.43 as `7.4×`. */
  times(ratio: number): string
  /** `20:12` */
  clock(at: EpochMs): string
  /** `20:12 UTC`, with the day where it is not today's. */
  moment(at: EpochMs, now: EpochMs): string
  day(at: EpochMs): string
  month(at: EpochMs): string
  /** `2 h 53 min` */
  span(ms: number): string
  country(code: string): string
  list(words: readonly string[]): string
}

export function makeFormat(locale: string): Format {
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 })
  const tenth = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 })
  const compact = new Intl.NumberFormat(locale, {
    notation: 'compact',
    compactDisplay: 'long',
    maximumSignificantDigits: 2,
  })
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 })
  const fine = new Intl.NumberFormat(locale, { style: 'percent', maximumSignificantDigits: 1 })
  const date = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, { timeZone: 'UTC', ...options })
  const clocks = date({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const days = date({ day: 'numeric', month: 'short' })
  const dates = date({ day: 'numeric', month: 'short', year: 'numeric' })
  const months = date({ month: 'long', year: 'numeric' })
  const regions = new Intl.DisplayNames(locale, { type: 'region', fallback: 'code' })
  const lists = new Intl.ListFormat(locale, { type: 'conjunction' })

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
    short: value => (value < 100_000 ? number(value) : compact.format(value)),
    share,
    shares: ([low, high]) =>
      share(low) === share(high) ? share(low) : `${share(low).replace(/\s*%$/, '')}–${share(high)}`,
    times: ratio => `${ratio < 10 ? tenth.format(ratio) : whole.format(ratio)}×`,
    clock,
    moment(at, now) {
      if (Math.floor(at / DAY) === Math.floor(now / DAY)) return `${clock(at)} UTC`
      const sameYear = new Date(at).getUTCFullYear() === new Date(now).getUTCFullYear()
      return `${(sameYear ? days : dates).format(at)}, ${clock(at)} UTC`
    },
    day: at => dates.format(at),
    month: at => months.format(at),
    span,
    country: code => (/^[A-Z]{2}$/.test(code) ? (regions.of(code) ?? code) : code),
    list: words => lists.format(words),
  }
}

/** Two units at most, rounded down: an age is never shown older than it is. */
export function span(ms: number): string {
  const parts: [number, string][] = [
    [DAY, 'd'],
    [HOUR, 'h'],
    [MINUTE, 'min'],
    [SECOND, 's'],
  ]
  const left = Math.max(0, ms)
  for (let i = 0; i < parts.length - 1; i++) {
    const [unit, name] = parts[i] as [number, string]
    const [lesser, lesserName] = parts[i + 1] as [number, string]
    if (left < unit) continue
    const rest = Math.floor((left % unit) / lesser)
    return rest > 0 && lesser >= MINUTE
      ? `${Math.floor(left / unit)} ${name} ${rest} ${lesserName}`
      : `${Math.floor(left / unit)} ${name}`
  }
  return `${Math.floor(left / SECOND)} s`
}

/** ISO time for `datetime`; empty for what is no time, so that a bad value cannot break a page. */
export function iso(at: EpochMs): string {
  return Number.isFinite(at) && Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : ''
}
