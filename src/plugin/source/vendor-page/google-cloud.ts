import type { Fields } from './fields.js'
import { idOf, isFields, jsonOf, listOf, textOf, timeOf, wordIn } from './fields.js'
import { plain } from './markup.js'
import type { Impact, Lifecycle, Reading, VendorNotice, VendorPart, Word } from './reading.js'
import { page, unreadable } from './reading.js'

/**
 * Google's dashboards (Cloud, Workspace, Firebase, Play): `incidents.json`, the incidents of some years, newest first. The
 * page makes no statement when nothing is open, so it never says `ok`. Schema: `incidents.schema.json` beside it.
 */

const IMPACTS: ReadonlyMap<string, Impact> = new Map<string, Impact>([
  ['serviceinformation', 'minor'],
  ['servicedisruption', 'major'],
  ['serviceoutage', 'critical'],
])

/** `AVAILABLE` is the word of an update that ends it; the others only say how bad it is. */
const stepOf = (value: unknown): Lifecycle | null => (value === 'AVAILABLE' ? 'resolved' : null)

const placesOf = (value: unknown): string[] =>
  listOf(value).flatMap(each => textOf(each['id']) ?? textOf(each['title']) ?? [])

function wordOf(fields: Fields): Word | null {
  const text = plain(textOf(fields['text']) ?? '')
  return text === ''
    ? null
    : { at: timeOf(fields['when']) ?? timeOf(fields['created']), status: stepOf(fields['status']), text }
}

function noticeOf(fields: Fields, base: string): VendorNotice | null {
  const id = idOf(fields['id'])
  const startedAt = timeOf(fields['begin'])
  if (id === undefined || startedAt === null) return null
  const resolvedAt = timeOf(fields['end'])
  // An end that cannot be read is no end: only what is known to be over is over.
  const status: Lifecycle = resolvedAt === null ? 'investigating' : 'resolved'
  const impact = wordIn(IMPACTS, fields['status_impact']) ?? null
  const products = listOf(fields['affected_products']).flatMap((each): VendorPart[] => {
    const [name, product] = [textOf(each['title']), idOf(each['id'])]
    if (name === undefined) return []
    return [product === undefined ? { name, state: 'unknown' } : { id: product, name, state: 'unknown' }]
  })
  const service = textOf(fields['service_name'])
  const regions = [
    ...placesOf(fields['currently_affected_locations']),
    ...placesOf(fields['previously_affected_locations']),
    ...listOf(fields['updates']).flatMap(each => placesOf(each['affected_locations'])),
  ]
  const [title = ''] = plain(textOf(fields['external_desc']) ?? '').split('\n')
  const notice: VendorNotice = {
    id,
    title: title === '' ? (service ?? id) : title,
    status,
    open: resolvedAt === null,
    impact,
    parts: products.length > 0 || service === undefined ? products : [{ name: service, state: 'unknown' }],
    regions: [...new Set(regions)],
    startedAt,
    updatedAt: timeOf(fields['modified']),
    resolvedAt,
    words: listOf(fields['updates'])
      .map(wordOf)
      .filter(word => word !== null),
  }
  const uri = textOf(fields['uri'])
  if (uri !== undefined && /^[\w/-]+$/.test(uri)) notice.url = `${base}/${uri.replace(/^\/+/, '')}`
  return notice
}

/** @param base Address of the dashboard, under which the incidents' own pages are. */
export function parseGoogle(answer: string, base = 'https://status.cloud.google.com'): Reading {
  const json = jsonOf(answer)
  if (!('value' in json)) return json
  if (!Array.isArray(json.value)) return unreadable('the answer is JSON, but no list of incidents')
  const all = json.value as unknown[]
  const notices = all.map(each => (isFields(each) ? noticeOf(each, base) : null))
  const understood = notices.filter(each => each !== null)
  if (all.length > 0 && understood.length === 0)
    return unreadable(`none of the ${all.length} incidents has an id and a begin: this is not the format it was`)
  return page(understood.length < all.length ? 'unknown' : null, understood)
}
