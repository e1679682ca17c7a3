import { DAY, type EpochMs } from '../../contract/time.js'
import { fromLocal, toLocal, utcOf } from './zone.js'

/**
 * The part of RFC 5545's recurrence rules that maintenance plans use: FREQ (DAILY, WEEKLY, MONTHLY, YEARLY), INTERVAL,
 * BYDAY (with an ordinal such as 1SU or -1FR where FREQ is MONTHLY), BYMONTHDAY (MONTHLY), COUNT, UNTIL and WKST=MO.
 * Anything else is refused by name instead of being read half. Occurrences keep the wall-clock time of the first one, so
 * a window at 02:00 stays at 02:00 when the clocks change.
 */
export interface Rule {
  freq: 'DAILY' | 'WEEKLY' | 'MONTHLY' | 'YEARLY'
  interval: number
  /** Days of the week from Monday 0, with the ordinal within the month; 0 for each. */
  byDay: { day: number; nth: number }[]
  byMonthDay: number[]
  count: number | null
  /** Inclusive. `local`: the wall clock of the plan's zone shows it, as if in Greenwich; a date alone is its last moment. */
  until: { at: EpochMs; local: boolean } | null
}

const DAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']
const WEEK = 7 * DAY
/** Periods walked at most: 27 years of days; a rule that needs more ends there. */
const PERIODS_MAX = 10_000

/** @throws Error that names the part and what may stand there */
export function parseRule(text: string): Rule {
  const rule: Rule = { freq: 'DAILY', interval: 1, byDay: [], byMonthDay: [], count: null, until: null }
  const seen = new Set<string>()
  for (const part of text.replace(/^RRULE:/i, '').split(';')) {
    const [name = '', value = ''] = part.toUpperCase().split('=', 2)
    if (seen.has(name)) throw new Error(`${name} may occur only once`)
    seen.add(name)
    readPart(rule, name, value)
  }
  if (!seen.has('FREQ')) throw new Error('FREQ is missing')
  if (rule.count !== null && rule.until !== null) throw new Error('COUNT and UNTIL cannot both be given')
  if (rule.byDay.some(each => each.nth !== 0) && rule.freq !== 'MONTHLY')
    throw new Error('an ordinal in BYDAY, such as 1SU, needs FREQ=MONTHLY')
  if (rule.byMonthDay.length > 0 && rule.freq !== 'MONTHLY') throw new Error('BYMONTHDAY needs FREQ=MONTHLY')
  if (rule.byDay.length > 0 && rule.freq === 'YEARLY') throw new Error('BYDAY is not supported with FREQ=YEARLY')
  return rule
}

function readPart(rule: Rule, name: string, value: string): void {
  const whole = (low: number, high: number) => {
    const n = Number(value)
    if (!/^\d{1,5}$/.test(value) || n < low || n > high)
      throw new Error(`${name} must be a whole number from ${low} to ${high}`)
    return n
  }
  switch (name) {
    case 'FREQ':
      if (!['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'].includes(value))
        throw new Error('FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY')
      rule.freq = value as Rule['freq']
      return
    case 'INTERVAL':
      rule.interval = whole(1, 999)
      return
    case 'COUNT':
      rule.count = whole(1, 9_999)
      return
    case 'UNTIL':
      rule.until = readUntil(value)
      return
    case 'BYDAY':
      rule.byDay = value.split(',').map(each => {
        const [, nth = '', day = ''] = /^([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)$/.exec(each) ?? []
        if (day === '') throw new Error('BYDAY must be a list of MO, TU, WE, TH, FR, SA, SU')
        return { day: DAYS.indexOf(day), nth: Number(nth) }
      })
      return
    case 'BYMONTHDAY':
      rule.byMonthDay = value.split(',').map(each => {
        if (!/^-?([1-9]|[12]\d|3[01])$/.test(each)) throw new Error('BYMONTHDAY must be a list of 1 to 31 or -1 to -31')
        return Number(each)
      })
      return
    case 'WKST':
      if (value !== 'MO') throw new Error('WKST must be MO')
      return
    default:
      throw new Error(`${name === '' ? 'an empty part' : name} is not supported`)
  }
}

function readUntil(value: string): Rule['until'] {
  const [, y, m, d, h = '23', min = '59', s = '59', z] =
    /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z)?)?$/.exec(value) ?? []
  const at = Date.UTC(Number(y), Number(m) - 1, Number(d), Number(h), Number(min), Number(s))
  const exists = Number(h) < 24 && Number(min) < 60 && Number(s) < 60 && isoDay(at) === `${y}-${m}-${d}`
  if (!exists) throw new Error('UNTIL must be a date such as 20261231 or a time such as 20261231T235959Z')
  return { at, local: z === undefined }
}

const isoDay = (at: EpochMs) => (Number.isNaN(at) ? null : new Date(at).toISOString().slice(0, 10))

/**
 * Starts of the occurrences in [from, until), oldest first. `start` is the first occurrence whatever the rule says.
 * `asWritten` is the wall clock of the first one as the plan has it, as if in Greenwich: where the clocks skipped that
 * time, the first one begins later (RFC 5545, 3.3.5), but the others do not. The same holds for each of them: a window
 * that falls into the gap is moved, not left out, because people have to be told of the work.
 */
export function occurrences(
  rule: Rule,
  start: EpochMs,
  zone: string,
  from: EpochMs,
  until: EpochMs,
  asWritten = utcOf(toLocal(start, zone)),
): EpochMs[] {
  const time = ((asWritten % DAY) + DAY) % DAY
  const dayZero = asWritten - time
  const isAfter = (at: EpochMs, local: EpochMs) =>
    rule.until !== null && (rule.until.local ? local > rule.until.at : at > rule.until.at)
  const found: EpochMs[] = []
  let counted = 0
  let period = rule.count === null ? skipped(rule, dayZero, from) : 0
  for (const last = period + PERIODS_MAX; period < last; period++) {
    const days = daysOf(rule, dayZero, period)
    if (days.start - DAY > until) break
    for (const day of days.list) {
      if (day < dayZero) continue
      const at = day === dayZero ? start : fromLocal(localOf(day + time), zone)
      if (isAfter(at, day + time) || (rule.count !== null && counted >= rule.count)) return found
      counted++
      if (at >= from && at < until) found.push(at)
    }
  }
  return found
}

function localOf(naive: EpochMs) {
  const d = new Date(naive)
  return {
    year: d.getUTCFullYear(),
    month: d.getUTCMonth() + 1,
    day: d.getUTCDate(),
    hour: d.getUTCHours(),
    minute: d.getUTCMinutes(),
    second: d.getUTCSeconds(),
  }
}

/** Periods that certainly end before `from`; a year has at most 366 days, a month at most 31. */
function skipped({ freq, interval }: Rule, dayZero: EpochMs, from: EpochMs): number {
  const longest = { DAILY: DAY, WEEKLY: WEEK, MONTHLY: 31 * DAY, YEARLY: 366 * DAY }[freq]
  return Math.max(0, Math.floor((from - dayZero) / (longest * interval)) - 2)
}

/** The days (as naive midnights) that the rule names in its n-th period, in order. */
function daysOf(rule: Rule, dayZero: EpochMs, period: number): { start: EpochMs; list: EpochMs[] } {
  const step = period * rule.interval
  const zero = new Date(dayZero)
  const [year, month, date] = [zero.getUTCFullYear(), zero.getUTCMonth(), zero.getUTCDate()]
  const wanted = new Set(rule.byDay.map(each => each.day))
  switch (rule.freq) {
    case 'DAILY': {
      const day = dayZero + step * DAY
      return { start: day, list: wanted.size === 0 || wanted.has(weekday(day)) ? [day] : [] }
    }
    case 'WEEKLY': {
      const monday = dayZero - weekday(dayZero) * DAY + step * WEEK
      const days = wanted.size === 0 ? [weekday(dayZero)] : [...wanted].sort((a, b) => a - b)
      return { start: monday, list: days.map(day => monday + day * DAY) }
    }
    case 'MONTHLY': {
      const start = Date.UTC(year, month + step, 1)
      const length = (Date.UTC(year, month + step + 1, 1) - start) / DAY
      return { start, list: monthDays(rule, start, length, date) }
    }
    case 'YEARLY': {
      const day = Date.UTC(year + step, month, date)
      // 29 February comes in leap years alone.
      return { start: day, list: new Date(day).getUTCDate() === date ? [day] : [] }
    }
    default:
      return rule.freq satisfies never
  }
}

function monthDays(rule: Rule, start: EpochMs, length: number, date: number): EpochMs[] {
  const dates = new Set<number>()
  for (const n of rule.byMonthDay) dates.add(n > 0 ? n : length + 1 + n)
  for (const { day, nth } of rule.byDay) {
    const all = Array.from({ length }, (_, i) => i + 1).filter(n => weekday(start + (n - 1) * DAY) === day)
    const chosen = nth === 0 ? all : [nth > 0 ? all[nth - 1] : all[all.length + nth]]
    for (const n of chosen) if (n !== undefined && rule.byMonthDay.length === 0) dates.add(n)
  }
  // Both parts together: days that satisfy both, as a Friday the 13th.
  const both = rule.byMonthDay.length > 0 && rule.byDay.length > 0
  const days = new Set(rule.byDay.map(each => each.day))
  const list = rule.byDay.length + rule.byMonthDay.length === 0 ? [date] : [...dates]
  return list
    .filter(n => n >= 1 && n <= length && (!both || days.has(weekday(start + (n - 1) * DAY))))
    .sort((a, b) => a - b)
    .map(n => start + (n - 1) * DAY)
}

/** Monday 0; 1 January 1970 was a Thursday. */
function weekday(day: EpochMs): number {
  return (((Math.floor(day / DAY) + 3) % 7) + 7) % 7
}
