import type { Fields } from './fields.js'
import { fieldsOf, idOf, isOpen, lifecycleOf, listOf, objectOf, textOf, timeOf, urlOf, wordIn } from './fields.js'
import { plain } from './markup.js'
import type { Impact, Reading, State, VendorNotice, VendorPart, Word } from './reading.js'
import { page, unreadable } from './reading.js'

/**
 * Statuspage's API v2: `summary.json`, `incidents.json`, `scheduled-maintenances.json`. The same paths are answered by
 * incident.io and by Rootly with fewer fields: incidents without `shortlink`, `started_at` or `components`, updates
 * without `affected_components`, no `scheduled_maintenances`; incident.io writes `full_outage` for `major_outage`.
 */

const INDICATORS: ReadonlyMap<string, State> = new Map<string, State>([
  ['none', 'ok'],
  ['maintenance', 'maintenance'],
  ['minor', 'degraded'],
  ['major', 'partial'],
  ['critical', 'down'],
])

export const PART_STATES: ReadonlyMap<string, State> = new Map<string, State>([
  ['operational', 'ok'],
  ['undermaintenance', 'maintenance'],
  ['degradedperformance', 'degraded'],
  ['partialoutage', 'partial'],
  ['majoroutage', 'down'],
  ['fulloutage', 'down'],
])

export const IMPACTS: ReadonlyMap<string, Impact> = new Map<string, Impact>([
  ['none', 'none'],
  ['minor', 'minor'],
  ['major', 'major'],
  ['critical', 'critical'],
  ['maintenance', 'maintenance'],
])

function partOf(fields: Fields, groups: ReadonlyMap<string, string>): VendorPart | null {
  const name = textOf(fields['name'])
  if (name === undefined || fields['group'] === true) return null
  const id = idOf(fields['id'])
  const group = groups.get(idOf(fields['group_id']) ?? '')
  const part: VendorPart = { name, state: wordIn(PART_STATES, fields['status']) ?? 'unknown' }
  if (id !== undefined) part.id = id
  if (group !== undefined) part.group = group
  return part
}

function partsOf(value: unknown): VendorPart[] {
  const all = listOf(value)
  const groups = new Map(
    all.filter(each => each['group'] === true).map(each => [idOf(each['id']) ?? '', textOf(each['name']) ?? '']),
  )
  return all.map(each => partOf(each, groups)).filter(part => part !== null)
}

function wordOf(fields: Fields): Word | null {
  const text = plain(textOf(fields['body']) ?? '')
  const status = lifecycleOf(fields['status'])
  if (text === '' && status === null) return null
  return { at: timeOf(fields['display_at']) ?? timeOf(fields['created_at']), status, text }
}

/** The states that the newest update gives to the parts it names; a summary has them, a history does not. */
function touched(updates: readonly Fields[]): VendorPart[] {
  for (const update of updates) {
    const parts = listOf(update['affected_components']).flatMap((each): VendorPart[] => {
      const name = textOf(each['name'])
      const id = idOf(each['code'])
      if (name === undefined) return []
      const state = wordIn(PART_STATES, each['new_status']) ?? 'unknown'
      return [id === undefined ? { name, state } : { id, name, state }]
    })
    if (parts.length > 0) return parts
  }
  return []
}

function noticeOf(fields: Fields, planned: boolean): VendorNotice | null {
  const id = idOf(fields['id'])
  const title = textOf(fields['name'])
  if (id === undefined || title === undefined) return null
  const status = lifecycleOf(fields['status'])
  const updates = listOf(fields['incident_updates'])
  const parts = partsOf(fields['components'])
  const from = timeOf(fields['scheduled_for'])
  const notice: VendorNotice = {
    id,
    title,
    status,
    open: isOpen(status),
    impact: planned ? 'maintenance' : (wordIn(IMPACTS, fields['impact']) ?? null),
    parts: parts.length > 0 ? parts : touched(updates),
    regions: [],
    startedAt: timeOf(fields['started_at']) ?? timeOf(fields['created_at']),
    updatedAt: timeOf(fields['updated_at']),
    resolvedAt: timeOf(fields['resolved_at']),
    words: updates.map(wordOf).filter(word => word !== null),
  }
  const url = urlOf(fields['shortlink'])
  if (url !== undefined) notice.url = url
  if (from !== null) notice.window = { from, until: timeOf(fields['scheduled_until']) }
  const told = plain(textOf(fields['postmortem_body']) ?? '')
  if (told !== '')
    notice.words.push({ at: timeOf(fields['postmortem_published_at']), status: 'postmortem', text: told })
  return notice
}

/** Any of the three answers; what is absent is not said. */
export function parseStatuspage(answer: string): Reading {
  const json = objectOf(answer)
  if (!('value' in json)) return json
  const { value } = json
  const lists = ['components', 'incidents', 'scheduled_maintenances'].filter(name => Array.isArray(value[name]))
  const status = fieldsOf(value['status'])
  const indicator = textOf(status['indicator'])
  if (lists.length === 0 && indicator === undefined)
    return unreadable('the answer has neither status.indicator nor components, incidents or scheduled_maintenances')
  const notices = [
    ...listOf(value['incidents']).map(each => noticeOf(each, false)),
    ...listOf(value['scheduled_maintenances']).map(each => noticeOf(each, true)),
  ]
  const lost = notices.filter(each => each === null).length
  if (lost > 0 && lost === notices.length)
    return unreadable(`none of the ${lost} notices has an id and a name: this is not the format it was`)
  const about = fieldsOf(value['page'])
  const [name, sentence] = [textOf(about['name']), textOf(status['description'])]
  const banner = wordIn(INDICATORS, indicator) ?? (indicator === undefined ? null : 'unknown')
  return page(
    lost > 0 && banner === 'ok' ? 'unknown' : banner,
    notices.filter(each => each !== null),
    {
      parts: partsOf(value['components']),
      updatedAt: timeOf(about['updated_at']),
      ...(name === undefined ? {} : { name }),
      ...(sentence === undefined ? {} : { sentence }),
    },
  )
}
