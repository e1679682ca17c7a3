import type { Fields } from './fields.js'
import { fieldsOf, idOf, listOf, objectOf, textOf, timeOf, wordIn } from './fields.js'
import { plain } from './markup.js'
import type { Lifecycle, Reading, State, VendorNotice, VendorPart, Word } from './reading.js'
import { page, unreadable } from './reading.js'

/**
 * Better Stack's `index.json`, after JSON:API: the page in `data`, sections, resources, reports and updates in
 * `included`. A report has no steps of its own: an update that leaves every resource `resolved` ends it.
 */

const STATES: ReadonlyMap<string, State> = new Map<string, State>([
  ['operational', 'ok'],
  ['maintenance', 'maintenance'],
  ['undermaintenance', 'maintenance'],
  ['degraded', 'degraded'],
  ['downtime', 'down'],
])

/** A page that counts one of many resources as down calls itself `downtime`; in a part the word means what it says. */
const ofPage = (state: State | undefined): State => (state === 'down' ? 'partial' : (state ?? 'unknown'))

const relation = (fields: Fields, name: string): string | undefined =>
  idOf(fieldsOf(fieldsOf(fieldsOf(fields['relationships'])[name])['data'])['id'])

interface Update extends Word {
  report: string | undefined
  affected: Fields[]
}

function updateOf(fields: Fields, reportOf: ReadonlyMap<string, string>): Update {
  const own = fieldsOf(fields['attributes'])
  const affected = listOf(own['affected_resources'])
  const states = affected.map(each => textOf(each['status']))
  const over = states.length > 0 && states.every(state => state === 'resolved')
  return {
    at: timeOf(own['published_at']),
    status: over ? 'resolved' : null,
    text: plain(textOf(own['message']) ?? ''),
    report: relation(fields, 'status_report') ?? reportOf.get(idOf(fields['id']) ?? ''),
    affected,
  }
}

function noticeOf(fields: Fields, parts: ReadonlyMap<string, VendorPart>, all: readonly Update[]): VendorNotice | null {
  const id = idOf(fields['id'])
  const own = fieldsOf(fields['attributes'])
  const title = textOf(own['title'])
  if (id === undefined || title === undefined) return null
  const planned = own['report_type'] === 'maintenance'
  const [from, until] = [timeOf(own['starts_at']), timeOf(own['ends_at'])]
  const updates = all.filter(update => update.report === id).sort((a, b) => (a.at ?? 0) - (b.at ?? 0))
  const state = textOf(own['aggregate_state'])
  const over = state === 'resolved' || updates.at(-1)?.status === 'resolved'
  // Planned work that was announced and has not been spoken of since may or may not have begun: the page does not say.
  const running: Lifecycle | null = planned ? (state === 'maintenance' ? 'in_progress' : 'scheduled') : 'investigating'
  const affected = [...listOf(own['affected_resources']), ...(updates.at(-1)?.affected ?? [])]
  const named = new Map(
    affected.flatMap((each): [string, VendorPart][] => {
      const part = parts.get(idOf(each['status_page_resource_id']) ?? '')
      const word = each['status']
      const state = word === 'resolved' ? 'ok' : (wordIn(STATES, word) ?? 'unknown')
      return part ? [[part.name, { ...part, state }]] : []
    }),
  )
  const notice: VendorNotice = {
    id,
    title,
    status: over ? 'resolved' : running,
    open: !over && running !== 'scheduled',
    impact: planned ? 'maintenance' : null,
    parts: [...named.values()],
    regions: [],
    startedAt: from,
    updatedAt: updates.at(-1)?.at ?? from,
    resolvedAt: over ? (until ?? updates.at(-1)?.at ?? null) : null,
    words: updates.filter(({ text }) => text !== '').map(({ at, status, text }) => ({ at, status, text })),
  }
  if (planned && from !== null) notice.window = { from, until }
  return notice
}

export function parseBetterStack(answer: string): Reading {
  const json = objectOf(answer)
  if (!('value' in json)) return json
  const data = fieldsOf(json.value['data'])
  const own = fieldsOf(data['attributes'])
  const state = textOf(own['aggregate_state'])
  if (data['type'] !== 'status_page' || state === undefined)
    return unreadable('the answer is no status_page with an aggregate_state')
  const included = listOf(json.value['included'])
  const ofType = (type: string): Fields[] => included.filter(each => each['type'] === type)
  const sections = new Map(
    ofType('status_page_section').map(each => [idOf(each['id']) ?? '', textOf(fieldsOf(each['attributes'])['name'])]),
  )
  const parts = new Map<string, VendorPart>()
  for (const each of ofType('status_page_resource')) {
    const [id, about] = [idOf(each['id']), fieldsOf(each['attributes'])]
    const name = textOf(about['public_name'])
    if (id === undefined || name === undefined) continue
    const group = sections.get(idOf(about['status_page_section_id']) ?? '')
    const part: VendorPart = { id, name, state: wordIn(STATES, about['status']) ?? 'unknown' }
    parts.set(id, group === undefined ? part : { ...part, group })
  }
  const reports = ofType('status_report')
  const reportOf = new Map(
    reports.flatMap(report =>
      listOf(fieldsOf(fieldsOf(report['relationships'])['status_updates'])['data']).map((each): [string, string] => [
        idOf(each['id']) ?? '',
        idOf(report['id']) ?? '',
      ]),
    ),
  )
  const updates = ofType('status_update').map(each => updateOf(each, reportOf))
  const notices = reports.map(each => noticeOf(each, parts, updates))
  const understood = notices.filter(each => each !== null)
  const all = [...parts.values()]
  const down = all.length > 0 && all.every(part => part.state === 'down')
  const banner = down && state === 'downtime' ? 'down' : ofPage(wordIn(STATES, state))
  const name = textOf(own['company_name'])
  return page(banner === 'ok' && understood.length < notices.length ? 'unknown' : banner, understood, {
    parts: all,
    updatedAt: timeOf(own['updated_at']),
    sentence: textOf(own['announcement']) ?? state,
    ...(name === undefined ? {} : { name }),
  })
}
