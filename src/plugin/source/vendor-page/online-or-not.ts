import type { Fields } from './fields.js'
import { fieldsOf, idOf, isFields, isOpen, lifecycleOf, listOf, objectOf, textOf, timeOf, wordIn } from './fields.js'
import { plain } from './markup.js'
import type { Impact, Reading, State, VendorNotice, VendorPart } from './reading.js'
import { page, unreadable } from './reading.js'

/**
 * OnlineOrNot: `https://api.onlineornot.com/v1/status_pages/PAGE/summary`. The page's word is a sentence for people; only
 * sentences that are known word for word count. Incidents that are over are not listed any more.
 */

const SENTENCES: ReadonlyMap<string, State> = new Map<string, State>([
  ['allsystemsoperational', 'ok'],
  ['undermaintenance', 'maintenance'],
  ['degradedperformance', 'degraded'],
  ['minorserviceoutage', 'partial'],
  ['partialsystemoutage', 'partial'],
  ['partialoutage', 'partial'],
  ['majorserviceoutage', 'down'],
  ['majorsystemoutage', 'down'],
  ['majoroutage', 'down'],
])

const PARTS: ReadonlyMap<string, State> = new Map<string, State>([
  ['operational', 'ok'],
  ['maintenance', 'maintenance'],
  ['undermaintenance', 'maintenance'],
  ['degradedperformance', 'degraded'],
  ['partialoutage', 'partial'],
  ['majoroutage', 'down'],
])

const IMPACTS: ReadonlyMap<string, Impact> = new Map<string, Impact>([
  ['noimpact', 'none'],
  ['minor', 'minor'],
  ['degradedperformance', 'minor'],
  ['partialoutage', 'major'],
  ['major', 'major'],
  ['majoroutage', 'major'],
  ['critical', 'critical'],
])

function partOf(fields: Fields): VendorPart | null {
  const name = textOf(fields['name'])
  if (name === undefined) return null
  const id = idOf(fields['id'])
  const state = wordIn(PARTS, fields['status']) ?? 'unknown'
  return id === undefined ? { name, state } : { id, name, state }
}

const partsOf = (value: unknown): VendorPart[] =>
  listOf(value)
    .map(partOf)
    .filter(part => part !== null)

function noticeOf(fields: Fields, planned: boolean): VendorNotice | null {
  const [id, title] = [idOf(fields['id']), textOf(fields['title'])]
  if (id === undefined || title === undefined) return null
  const from = timeOf(fields['started']) ?? timeOf(fields['start_date']) ?? timeOf(fields['created_at'])
  const until = timeOf(fields['ended']) ?? timeOf(fields['end_date'])
  // The list holds what is active and gives it no step: `investigating` is the least that can be meant.
  const said = lifecycleOf(fields['status']) ?? (planned ? 'scheduled' : until === null ? 'investigating' : 'resolved')
  const notice: VendorNotice = {
    id,
    title,
    status: said,
    open: isOpen(said),
    impact: planned ? 'maintenance' : (wordIn(IMPACTS, fields['impact']) ?? null),
    parts: partsOf(fields['components']),
    regions: [],
    startedAt: from,
    updatedAt: timeOf(fields['updated_at']) ?? from,
    resolvedAt: planned ? null : until,
    words: listOf(fields['updates']).flatMap(update => {
      const text = plain(textOf(update['body']) ?? textOf(update['message']) ?? '')
      return text === '' ? [] : [{ at: timeOf(update['created_at']), status: lifecycleOf(update['status']), text }]
    }),
  }
  if (planned && from !== null) notice.window = { from, until }
  return notice
}

export function parseOnlineOrNot(answer: string): Reading {
  const json = objectOf(answer)
  if (!('value' in json)) return json
  const { value } = json
  if (value['success'] === false) {
    const [first] = listOf(value['errors'])
    return unreadable(`the answer says that it failed: ${textOf(first?.['message']) ?? 'it gives no reason'}`)
  }
  if (!isFields(value['result'])) return unreadable('the answer has no result')
  const { result } = value
  const sentence = textOf(fieldsOf(result['status'])['description'])
  if (sentence === undefined) return unreadable('the answer has no result.status.description')
  const notices = [
    ...listOf(result['active_incidents']).map(each => noticeOf(each, false)),
    ...listOf(result['scheduled_maintenance']).map(each => noticeOf(each, true)),
  ]
  const understood = notices.filter(each => each !== null)
  const banner = wordIn(SENTENCES, sentence) ?? 'unknown'
  const name = textOf(fieldsOf(result['status_page'])['name'])
  return page(banner === 'ok' && understood.length < notices.length ? 'unknown' : banner, understood, {
    parts: partsOf(result['components']),
    sentence,
    ...(name === undefined ? {} : { name }),
  })
}
