import type { Fields } from './fields.js'
import {
  fieldsOf,
  idOf,
  isFields,
  isOpen,
  lifecycleOf,
  listOf,
  objectOf,
  textOf,
  timeOf,
  urlOf,
  wordIn,
} from './fields.js'
import type { Impact, Reading, State, VendorNotice, VendorPart } from './reading.js'
import { page, unreadable } from './reading.js'

/**
 * Instatus: `summary.json` (older pages) and `v3/summary.json`, and `v2/components.json`. Active incidents and
 * maintenances are left out of the answer while there are none. A duration is minutes, in digits.
 */

const PAGES: ReadonlyMap<string, State> = new Map<string, State>([
  ['up', 'ok'],
  ['undermaintenance', 'maintenance'],
  ['hasissues', 'degraded'],
  ['allundermaintenance', 'maintenance'],
  ['alldegradedperformance', 'degraded'],
  ['allpartialoutage', 'partial'],
  ['allminoroutage', 'partial'],
  ['allmajoroutage', 'down'],
  ['someundermaintenance', 'maintenance'],
  ['somedegradedperformance', 'degraded'],
  ['somepartialoutage', 'partial'],
  ['someminoroutage', 'partial'],
  ['somemajoroutage', 'partial'],
])

const PARTS: ReadonlyMap<string, State> = new Map<string, State>([
  ['operational', 'ok'],
  ['undermaintenance', 'maintenance'],
  ['degradedperformance', 'degraded'],
  ['partialoutage', 'partial'],
  ['minoroutage', 'partial'],
  ['majoroutage', 'down'],
])

/** Of an incident: how bad its worst part is. A major outage of a part is not the vendor's word for the whole. */
const IMPACTS: ReadonlyMap<string, Impact> = new Map<string, Impact>([
  ['operational', 'none'],
  ['undermaintenance', 'maintenance'],
  ['degradedperformance', 'minor'],
  ['partialoutage', 'minor'],
  ['minoroutage', 'minor'],
  ['majoroutage', 'major'],
])

/** Names may be texts, or one text a language. */
const nameOf = (value: unknown): string | undefined =>
  textOf(value) ?? (isFields(value) ? (textOf(value['default']) ?? textOf(value['en'])) : undefined)

function partOf(fields: Fields): VendorPart | null {
  const name = nameOf(fields['name'])
  if (name === undefined || fields['isParent'] === true) return null
  const id = idOf(fields['id'])
  const group = nameOf(fieldsOf(fields['group'])['name'])
  const part: VendorPart = { name, state: wordIn(PARTS, fields['status']) ?? 'unknown' }
  if (id !== undefined) part.id = id
  if (group !== undefined) part.group = group
  return part
}

function minutesOf(value: unknown): number | null {
  const minutes = typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : value
  return typeof minutes === 'number' && minutes >= 0 && Number.isFinite(minutes) ? minutes : null
}

function noticeOf(fields: Fields, planned: boolean): VendorNotice | null {
  const title = nameOf(fields['name'])
  const startedAt = timeOf(planned ? fields['start'] : fields['started'])
  if (title === undefined) return null
  const status = lifecycleOf(fields['status'])
  const notice: VendorNotice = {
    id: idOf(fields['id']) ?? urlOf(fields['url']) ?? `${startedAt ?? ''} ${title}`.trim(),
    title,
    status,
    open: isOpen(status),
    impact: planned ? 'maintenance' : (wordIn(IMPACTS, fields['impact']) ?? null),
    parts: listOf(fields['components'])
      .map(partOf)
      .filter(part => part !== null),
    regions: [],
    startedAt,
    updatedAt: timeOf(fields['updatedAt']) ?? timeOf(fields['updated']),
    resolvedAt: timeOf(fields['resolved']),
    words: [],
  }
  const url = urlOf(fields['url'])
  if (url !== undefined) notice.url = url
  if (planned && startedAt !== null) {
    const minutes = minutesOf(fields['duration'])
    notice.window = { from: startedAt, until: minutes === null ? null : startedAt + minutes * 60_000 }
  }
  for (const update of listOf(fields['updates'])) {
    const text = nameOf(update['message']) ?? nameOf(update['description'])
    if (text === undefined) continue
    const at = timeOf(update['started']) ?? timeOf(update['createdAt'])
    notice.words.push({ at, status: lifecycleOf(update['status']), text })
  }
  return notice
}

export function parseInstatus(answer: string): Reading {
  const json = objectOf(answer)
  if (!('value' in json)) return json
  const { value } = json
  const about = fieldsOf(value['page'])
  // Newer answers say it beside the page.
  const status = textOf(about['status']) ?? textOf(fieldsOf(value['status'])['type'])
  if (status === undefined && !Array.isArray(value['components']))
    return unreadable('the answer has neither page.status nor components')
  const notices = [
    ...listOf(value['activeIncidents']).map(each => noticeOf(each, false)),
    ...listOf(value['activeMaintenances']).map(each => noticeOf(each, true)),
  ]
  const understood = notices.filter(each => each !== null)
  const banner = status === undefined ? null : (wordIn(PAGES, status) ?? 'unknown')
  const name = textOf(about['name'])
  return page(banner === 'ok' && understood.length < notices.length ? 'unknown' : banner, understood, {
    parts: listOf(value['components'])
      .map(partOf)
      .filter(part => part !== null),
    ...(name === undefined ? {} : { name }),
    ...(status === undefined ? {} : { sentence: status }),
  })
}
