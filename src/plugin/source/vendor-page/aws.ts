import { DAY, type EpochMs } from '../../../contract/time.js'
import type { Fields } from './fields.js'
import { fieldsOf, idOf, isFields, jsonOf, listOf, secondsOf, textOf } from './fields.js'
import { plain } from './markup.js'
import type { Impact, Lifecycle, Reading, State, VendorNotice, VendorPart, Word } from './reading.js'
import { page, unreadable } from './reading.js'

/**
 * AWS: `health.aws.amazon.com/public/currentevents` (a list of events, in UTF-16), and `data.json` of the dashboard before
 * it (`{archive, current}`, updates as HTML with the hour alone). Neither makes a statement when nothing is open. Times
 * are seconds. Status: 0 normal, 1 informational, 2 degradation, 3 disruption; a `[RESOLVED]` before the summary ends it.
 */

const IMPACTS: Readonly<Record<string, Impact>> = { '0': 'none', '1': 'minor', '2': 'major', '3': 'critical' }
const STATES: Readonly<Record<string, State>> = { '0': 'ok', '1': 'degraded', '2': 'partial', '3': 'down' }

const RESOLVED = /^\s*\[resolved\]\s*/i

const codeOf = (value: unknown): string | undefined =>
  typeof value === 'number' || typeof value === 'string' ? String(value) : undefined

/** `ec2-us-east-1` → `us-east-1`; a service without a region is global. */
const regionIn = (service: string): string | undefined => /-([a-z]{2}(?:-[a-z]+)+-\d+)$/.exec(service)?.[1]

/** Hours that the zone is behind UTC. */
const ZONES: Readonly<Record<string, number>> = { PDT: 7, PST: 8, UTC: 0 }
const CLOCK = /^\s*(?:[A-Z][a-z]{2} \d{1,2}, )?(\d{1,2}):(\d{2}) (AM|PM) (PDT|PST|UTC)/

/**
 * Updates of the older format: a time of day each, the first of which belongs to the event's date. A time that is
 * earlier than the one before it is of the next day.
 */
function lines(html: string, date: EpochMs): Word[] {
  const words: Word[] = []
  let last = date
  for (const block of html.split(/<div\b[^>]*>/i)) {
    const text = plain(block)
    const clock = CLOCK.exec(text)
    if (!clock) {
      if (text !== '') words.push({ at: words.length === 0 ? date : last, status: null, text })
      continue
    }
    const [whole, hour = '', minute = '', half, zone = ''] = clock
    const ofDay = (((Number(hour) % 12) + (half === 'PM' ? 12 : 0) + (ZONES[zone] ?? 0)) * 60 + Number(minute)) * 60_000
    let at = last - (last % DAY) + (ofDay % DAY)
    // The date is that of the first update to the second, its text to the minute.
    if (at < last - 60_000) at += DAY
    last = words.length === 0 ? date : at
    words.push({ at: last, status: null, text: text.slice(whole.length).trim() })
  }
  return words
}

function partsOf(event: Fields): VendorPart[] {
  const impacted = Object.entries(fieldsOf(event['impacted_services'])).flatMap(([id, each]): VendorPart[] => {
    const name = textOf(fieldsOf(each)['service_name'])
    return name === undefined ? [] : [{ id, name, state: STATES[codeOf(fieldsOf(each)['current']) ?? ''] ?? 'unknown' }]
  })
  if (impacted.length > 0) return impacted
  const [id, name] = [idOf(event['service']), textOf(event['service_name'])]
  return name === undefined ? [] : [id === undefined ? { name, state: 'unknown' } : { id, name, state: 'unknown' }]
}

function noticeOf(event: Fields, archived: boolean): VendorNotice | null {
  const startedAt = secondsOf(event['date'])
  const summary = textOf(event['summary'])
  if (startedAt === null || summary === undefined) return null
  const service = idOf(event['service']) ?? ''
  const code = codeOf(event['status'])
  const over = archived || RESOLVED.test(summary) || code === '0' || secondsOf(event['end_time']) !== null
  const log = listOf(event['event_log']).flatMap((each): Word[] => {
    const text = plain(textOf(each['message']) ?? '')
    const ends = RESOLVED.test(textOf(each['summary']) ?? '') || codeOf(each['status']) === '0'
    return text === '' ? [] : [{ at: secondsOf(each['timestamp']), status: ends ? 'resolved' : null, text }]
  })
  const words = log.length > 0 ? log : lines(textOf(event['description']) ?? '', startedAt)
  const region = /^arn:[a-z-]+:health:([a-z0-9-]+):/.exec(textOf(event['arn']) ?? '')?.[1] ?? regionIn(service)
  const status: Lifecycle = over ? 'resolved' : 'investigating'
  const updatedAt = words.reduce((latest, { at }) => Math.max(latest, at ?? 0), startedAt)
  return {
    id: textOf(event['arn'])?.split('/').at(-1) ?? `${service}_${startedAt / 1000}`,
    title: summary.replace(RESOLVED, ''),
    status,
    open: !over,
    impact: IMPACTS[code ?? ''] ?? null,
    parts: partsOf(event),
    regions: region === undefined || region === 'global' ? [] : [region],
    startedAt,
    updatedAt,
    resolvedAt: over ? (secondsOf(event['end_time']) ?? updatedAt) : null,
    words,
  }
}

export function parseAws(answer: string): Reading {
  const json = jsonOf(answer)
  if (!('value' in json)) return json
  const { value } = json
  const older = isFields(value) && Array.isArray(value['archive']) && Array.isArray(value['current'])
  if (!Array.isArray(value) && !older)
    return unreadable('the answer is neither a list of events nor {archive, current}')
  const [current, archive] = older
    ? [value['current'] as unknown[], value['archive'] as unknown[]]
    : [value as unknown[], []]
  const all = [...current.map(each => ({ each, archived: false })), ...archive.map(each => ({ each, archived: true }))]
  const notices = all.map(({ each, archived }) => (isFields(each) ? noticeOf(each, archived) : null))
  const understood = notices.filter(each => each !== null)
  if (all.length > 0 && understood.length === 0)
    return unreadable(`none of the ${all.length} events has a date and a summary: this is not the format it was`)
  return page(understood.length < all.length ? 'unknown' : null, understood)
}
