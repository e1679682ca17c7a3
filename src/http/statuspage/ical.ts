import { isolated, unturned } from '../pages/direction.js'
import { SECOND, type EpochMs } from '../../contract/time.js'
import type { Window } from './maintenance.js'
import type { PageView } from './page-view.js'

/** The maintenance windows of a page as a calendar (RFC 5545), each with its own id, so that a moved one moves. */
export function ical(picture: PageView, origin: string): string {
  const host = new URL(origin).host
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Epicenter//Status//EN',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    `X-WR-CALNAME:${escaped(picture.page.title)}`,
    'REFRESH-INTERVAL;VALUE=DURATION:PT1H',
    ...[...picture.windows].reverse().flatMap(each => event(each, host, origin)),
    'END:VCALENDAR',
  ]
  return `${lines.map(folded).join('\r\n')}\r\n`
}

function event(each: Window, host: string, origin: string): string[] {
  return [
    'BEGIN:VEVENT',
    `UID:${each.id}@${host}`,
    `DTSTAMP:${utc(each.announcedAt)}`,
    `DTSTART:${utc(each.from)}`,
    `DTEND:${utc(each.until)}`,
    `SUMMARY:${escaped(each.title)}`,
    ...(each.text === '' ? [] : [`DESCRIPTION:${escaped(each.text)}`]),
    `LOCATION:${escaped(each.affected.map(leaf => isolated(leaf.name)).join(', '))}`,
    `URL:${origin}/maintenance/${each.id}`,
    'STATUS:CONFIRMED',
    'TRANSP:TRANSPARENT',
    'END:VEVENT',
  ]
}

const utc = (at: EpochMs) => new Date(Math.floor(at / SECOND) * SECOND).toISOString().replace(/[-:]|\.000/g, '')

function escaped(text: string): string {
  return unturned(text)
    .replace(/[\\;,]/g, '\\$&')
    .replace(/\r\n|\r|\n/g, '\\n')
    .replace(/[^\t\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
}

/** Lines of at most 75 octets; a character is never cut in two. */
function folded(line: string): string {
  let out = ''
  let octets = 0
  for (const character of line) {
    const size = Buffer.byteLength(character)
    if (octets + size > 75) {
      out += '\r\n '
      octets = 1
    }
    out += character
    octets += size
  }
  return out
}
