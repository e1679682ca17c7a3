import { HOUR } from '../../../contract/time.js'

const MONTHS: Record<string, number> = {
  Jan: 0,
  Feb: 1,
  Mar: 2,
  Apr: 3,
  May: 4,
  Jun: 5,
  Jul: 6,
  Aug: 7,
  Sep: 8,
  Oct: 9,
  Nov: 10,
  Dec: 11,
}
const CLF = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: ([+-]\d\d):?(\d\d))?$/
const ISO =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: ?(?:(Z|UTC)|([+-]\d\d):?(\d\d)(?: [A-Z]{2,5})?))?$/
/** Seconds since 1970 have ten digits, milliseconds thirteen, and so on. */
const UNIX: readonly [below: number, factor: number][] = [
  [1e11, 1_000],
  [1e14, 1],
  [1e17, 1e-3],
  [Number.POSITIVE_INFINITY, 1e-6],
]

/**
 * Reads times as access logs write them: `03/Feb/2026:12:00:00 +0100`, ISO 8601, numbers since 1970. NaN for anything else.
 *
 * @param zone of those that do not say theirs; the one of this machine, if not given
 */
export function timeReader(zone?: string): (text: string) => number {
  const local = zone === undefined ? ownZone : zoned(zone)
  let text = ''
  let time = Number.NaN
  return asked => {
    // Lines of one second come together.
    if (asked === text) return time
    text = asked
    time = timeOf(asked, local)
    return time
  }
}

type Local = (y: number, mo: number, d: number, h: number, mi: number, s: number) => number

function timeOf(text: string, local: Local): number {
  const clf = CLF.exec(text)
  if (clf !== null) {
    const [, d, name, y, h, mi, s, part, zh, zm] = clf
    return timeFrom([y, MONTHS[name ?? ''], d, h, mi, s], part, zh, zm, local)
  }
  const iso = ISO.exec(text)
  if (iso !== null) {
    const [, y, mo, d, h, mi, s, part, utc, zh, zm] = iso
    return timeFrom([y, Number(mo) - 1, d, h, mi, s], part, utc === undefined ? zh : '+00', zm, local)
  }
  if (!/^\d{9,19}(?:\.\d+)?$/.test(text)) return Number.NaN
  const number = Number(text)
  return number * (UNIX.find(([below]) => number < below)?.[1] ?? 1)
}

function timeFrom(
  parts: (string | number | undefined)[],
  fraction: string | undefined,
  hours: string | undefined,
  minutes: string | undefined,
  local: Local,
): number {
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = parts.map(Number)
  const ms = fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * 1_000)
  if (hours === undefined) return local(y, mo, d, h, mi, s) + ms
  const east = (Math.abs(Number(hours)) * 60 + Number(minutes ?? 0)) * (hours.startsWith('-') ? -60_000 : 60_000)
  return Date.UTC(y, mo, d, h, mi, s) - east + ms
}

const ownZone: Local = (y, mo, d, h, mi, s) => new Date(y, mo, d, h, mi, s).getTime()

/** Whether a name is one of a time zone. */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).format(0)
    return true
  } catch {
    return false
  }
}

function zoned(zone: string): Local {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const eastAt = (time: number): number => {
    const at = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]))
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = at
    return Date.UTC(year, month - 1, day, hour, minute, second) - time
  }
  let hourOf = Number.NaN
  let east = 0
  return (...parts) => {
    const wall = Date.UTC(...parts)
    const hour = Math.floor(wall / HOUR)
    if (hour !== hourOf) {
      hourOf = hour
      // The offset at about that time, and then at that time: they differ where the clocks are changed.
      east = eastAt(wall - eastAt(wall))
    }
    return wall - east
  }
}
