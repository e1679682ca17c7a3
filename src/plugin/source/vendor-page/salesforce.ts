import type { Fields } from './fields.js'
import { fieldsOf, idOf, isFields, jsonOf, listOf, textOf, timeOf, wordIn } from './fields.js'
import { plain } from './markup.js'
import type { Impact, Lifecycle, Reading, State, VendorNotice, VendorPart } from './reading.js'
import { page, unreadable, worse } from './reading.js'

/**
 * Salesforce's Trust API (`api.status.salesforce.com/v1`): `incidents/active` (a list of incidents), and
 * `instances/status/preview` or `instances/KEY/status` (instances with a status word). Instances say when they are well.
 */

const WORDS: ReadonlyMap<string, State> = new Map<string, State>([
  ['ok', 'ok'],
  ['informationalcore', 'ok'],
  ['informationalnoncore', 'ok'],
  ['maintenancecore', 'maintenance'],
  ['maintenancenoncore', 'maintenance'],
  ['minorincidentcore', 'degraded'],
  ['minorincidentnoncore', 'degraded'],
  ['majorincidentnoncore', 'partial'],
  ['majorincidentcore', 'down'],
])

const SEVERITIES: ReadonlyMap<string, Impact> = new Map<string, Impact>([
  ['minor', 'minor'],
  ['major', 'major'],
])

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.flatMap(each => textOf(each) ?? []) : [])

function noticeOf(fields: Fields): VendorNotice | null {
  const id = idOf(fields['externalId']) ?? idOf(fields['id'])
  const impacts = listOf(fields['IncidentImpacts'])
  const startedAt =
    impacts.map(each => timeOf(each['startTime'])).find(at => at !== null) ?? timeOf(fields['createdAt'])
  if (id === undefined || startedAt === null) return null
  const message = fieldsOf(fields['message'])
  const events = listOf(fields['IncidentEvents'])
  const ends = impacts.map(each => timeOf(each['endTime']))
  const said = textOf(fields['status'])?.toLowerCase()
  const over = said === 'resolved' || (ends.length > 0 && ends.every(at => at !== null))
  const status: Lifecycle = over ? 'resolved' : 'investigating'
  const cause = plain(textOf(message['pathToResolution']) ?? textOf(message['rootCause']) ?? '')
  const title = textOf(fields['message']) ?? textOf(fields['additionalInformation']) ?? textOf(events[0]?.['message'])
  const words = events.flatMap(each => {
    const text = plain(textOf(each['message']) ?? '')
    const type = textOf(each['type'])?.toLowerCase()
    if (text === '') return []
    return [{ at: timeOf(each['createdAt']), status: type === 'resolved' ? ('resolved' as const) : null, text }]
  })
  if (cause !== '') words.push({ at: timeOf(fields['updatedAt']), status: null, text: cause })
  const severity = impacts.map(each => wordIn(SEVERITIES, each['severity'])).find(each => each !== undefined)
  return {
    id,
    title: plain(title ?? '').split('\n')[0] || `Incident ${id}`,
    status,
    open: !over,
    impact: severity ?? null,
    parts: texts(fields['serviceKeys']).map(name => ({ name, state: 'unknown' })),
    regions: texts(fields['instanceKeys']),
    startedAt,
    updatedAt: timeOf(fields['updatedAt']),
    resolvedAt: over ? (ends.findLast(at => at !== null) ?? timeOf(fields['updatedAt'])) : null,
    words,
  }
}

function instanceOf(fields: Fields): VendorPart | null {
  const name = textOf(fields['key'])
  const word = textOf(fields['status'])
  if (name === undefined || word === undefined) return null
  const group = textOf(fields['location'])
  const part: VendorPart = { name, state: wordIn(WORDS, word) ?? 'unknown' }
  return group === undefined ? part : { ...part, group }
}

export function parseSalesforce(answer: string): Reading {
  const json = jsonOf(answer)
  if (!('value' in json)) return json
  const { value } = json
  const one = isFields(value) && textOf(value['key']) !== undefined
  if (!Array.isArray(value) && !one) return unreadable('the answer is neither a list nor one instance')
  const all = one ? [value] : (value as unknown[])
  const instances = all.map(each => (isFields(each) ? instanceOf(each) : null)).filter(each => each !== null)
  if (instances.length > 0) {
    const notices = all.flatMap(each => listOf(fieldsOf(each)['Incidents']).map(noticeOf)).filter(each => each !== null)
    let banner: State = instances.length < all.length ? 'unknown' : 'ok'
    for (const { state } of instances)
      banner = worse(banner, state === 'down' && instances.length > 1 ? 'partial' : state)
    const known = new Map(notices.map(each => [each.id, each]))
    return page(banner, [...known.values()], { parts: instances })
  }
  const notices = all.map(each => (isFields(each) ? noticeOf(each) : null))
  const understood = notices.filter(each => each !== null)
  if (all.length > 0 && understood.length === 0)
    return unreadable(`none of the ${all.length} entries is an incident or an instance: this is not the format it was`)
  return page(understood.length < all.length ? 'unknown' : null, understood)
}
