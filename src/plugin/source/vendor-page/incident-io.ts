import type { Fields } from './fields.js'
import { idOf, isFields, isOpen, lifecycleOf, listOf, objectOf, textOf, timeOf, urlOf, wordIn } from './fields.js'
import { plain } from './markup.js'
import type { Impact, Reading, VendorNotice, VendorPart } from './reading.js'
import { page, unreadable } from './reading.js'
import { parseStatuspage, PART_STATES } from './statuspage.js'

/**
 * incident.io. Its pages answer Statuspage's paths with fewer fields; its own widget lists what is going on, and says
 * nothing when nothing is: then the page is `quiet`, not `ok`.
 */

const IMPACTS: ReadonlyMap<string, Impact> = new Map<string, Impact>([
  ['degradedperformance', 'minor'],
  ['partialoutage', 'major'],
  ['fulloutage', 'critical'],
])

function partOf(fields: Fields): VendorPart | null {
  const name = textOf(fields['name'])
  if (name === undefined) return null
  const [id, group] = [idOf(fields['id']), textOf(fields['group_name'])]
  const part: VendorPart = { name, state: wordIn(PART_STATES, fields['current_status']) ?? 'unknown' }
  if (id !== undefined) part.id = id
  if (group !== undefined) part.group = group
  return part
}

function noticeOf(fields: Fields, planned: boolean): VendorNotice | null {
  const [id, title] = [idOf(fields['id']), textOf(fields['name'])]
  if (id === undefined || title === undefined) return null
  const status = lifecycleOf(fields['status'])
  const updatedAt = timeOf(fields['last_update_at'])
  const from = timeOf(fields['started_at']) ?? timeOf(fields['starts_at'])
  const text = plain(textOf(fields['last_update_message']) ?? '')
  const notice: VendorNotice = {
    id,
    title,
    status,
    open: isOpen(status),
    impact: planned ? 'maintenance' : (wordIn(IMPACTS, fields['current_worst_impact']) ?? null),
    parts: listOf(fields['affected_components'])
      .map(partOf)
      .filter(part => part !== null),
    regions: [],
    startedAt: from,
    updatedAt,
    resolvedAt: null,
    words: text === '' ? [] : [{ at: updatedAt, status, text }],
  }
  const url = urlOf(fields['url'])
  if (url !== undefined) notice.url = url
  const until = timeOf(fields['scheduled_end_at']) ?? timeOf(fields['ends_at'])
  if (planned && from !== null) notice.window = { from, until }
  return notice
}

const WIDGET = ['ongoing_incidents', 'in_progress_maintenances', 'scheduled_maintenances'] as const

export function parseIncidentIo(answer: string): Reading {
  const json = objectOf(answer)
  if (!('value' in json)) return json
  const { value } = json
  if (!Array.isArray(value['ongoing_incidents'])) return parseStatuspage(answer)
  const whole = WIDGET.flatMap(name => (Array.isArray(value[name]) ? (value[name] as unknown[]) : []))
  const notices = WIDGET.flatMap(name => listOf(value[name]).map(each => noticeOf(each, name !== 'ongoing_incidents')))
  const understood = notices.filter(each => each !== null)
  if (whole.length > 0 && understood.length === 0)
    return unreadable(`none of the ${whole.length} entries has an id and a name: this is not the format it was`)
  const name = textOf(value['page_title'])
  const missed = whole.length > understood.length || !whole.every(isFields)
  return page(missed ? 'unknown' : null, understood, name === undefined ? {} : { name })
}
