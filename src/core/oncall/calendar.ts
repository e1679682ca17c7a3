import type { EpochMs } from '../../contract/time.js'
import type { Shift } from './rota.js'

/** Longest line of an iCalendar file in bytes, without its end (RFC 5545, 3.1). */
const LINE_BYTES = 75

/** Shifts as a calendar that people subscribe to (RFC 5545); stretches without anybody are told as such. */
export function onCallCalendar(
  rota: { id: string; title: string },
  shifts: readonly Shift[],
  nameOf: (person: string) => string,
  now: EpochMs,
): string {
  const lines = [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Epicenter//on call//EN', 'CALSCALE:GREGORIAN'],
    `X-WR-CALNAME:${text(`On call: ${rota.title}`)}`,
    ...shifts.flatMap(({ from, until, person }) => [
      'BEGIN:VEVENT',
      `UID:${rota.id}-${from}@epicenter`,
      `DTSTAMP:${utc(now)}`,
      `DTSTART:${utc(from)}`,
      `DTEND:${utc(until)}`,
      `SUMMARY:${text(`${rota.title}: ${person === null ? 'nobody' : nameOf(person)}`)}`,
      'TRANSP:TRANSPARENT',
      'END:VEVENT',
    ]),
    'END:VCALENDAR',
  ]
  return lines.map(each => `${folded(each)}\r\n`).join('')
}

const utc = (at: EpochMs): string => new Date(at).toISOString().replace(/[-:]|\.\d+/g, '')
const text = (value: string): string => value.replace(/[\\;,]/g, '\\$&').replace(/\r?\n/g, '\\n')
const bytes = (char: string): number => {
  const code = char.codePointAt(0)!
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
}

function folded(line: string): string {
  let out = ''
  let length = 0
  for (const char of line) {
    if (length + bytes(char) > LINE_BYTES) {
      out += '\r\n '
      length = 1
    }
    out += char
    length += bytes(char)
  }
  return out
}
