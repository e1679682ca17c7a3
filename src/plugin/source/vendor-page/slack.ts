import type { Fields } from './fields.js'
import { idOf, isFields, listOf, objectOf, textOf, timeOf, urlOf } from './fields.js'
import { plain } from './markup.js'
import type { Impact, Lifecycle, Reading, VendorNotice } from './reading.js'
import { page, unreadable } from './reading.js'

/**
 * Slack's `api/v2.0.0/current`: `status` is `ok` or `active`; incidents, outages, notices and maintenances with notes.
 * https://docs.slack.dev/reference/slack-status-api
 */

const IMPACTS: Readonly<Record<string, Impact>> = {
  notice: 'minor',
  incident: 'major',
  outage: 'critical',
  maintenance: 'maintenance',
}
const STEPS: Readonly<Record<string, Lifecycle>> = {
  active: 'investigating',
  resolved: 'resolved',
  completed: 'resolved',
  cancelled: 'resolved',
  scheduled: 'scheduled',
}

function noticeOf(fields: Fields): VendorNotice | null {
  const [id, title] = [idOf(fields['id']), textOf(fields['title'])]
  if (id === undefined || title === undefined) return null
  const type = textOf(fields['type']) ?? ''
  const step = STEPS[textOf(fields['status']) ?? ''] ?? null
  const status = type === 'maintenance' && step === 'investigating' ? 'in_progress' : step
  const services = Array.isArray(fields['services']) ? fields['services'].flatMap(each => textOf(each) ?? []) : []
  const updatedAt = timeOf(fields['date_updated'])
  const notice: VendorNotice = {
    id,
    title: plain(title),
    status,
    open: status !== 'resolved' && status !== 'scheduled',
    impact: Object.hasOwn(IMPACTS, type) ? (IMPACTS[type] ?? null) : null,
    parts: services.map(name => ({ name, state: 'unknown' })),
    regions: [],
    startedAt: timeOf(fields['date_created']),
    updatedAt,
    resolvedAt: status === 'resolved' ? updatedAt : null,
    words: listOf(fields['notes']).flatMap(note => {
      const text = plain(textOf(note['body']) ?? '')
      return text === '' ? [] : [{ at: timeOf(note['date_created']), status: null, text }]
    }),
  }
  const url = urlOf(fields['url'])
  if (url !== undefined) notice.url = url
  return notice
}

export function parseSlack(answer: string): Reading {
  const json = objectOf(answer)
  if (!('value' in json)) return json
  const { value } = json
  const status = textOf(value['status'])
  // Before v2 there was one incident, in the answer itself.
  if (status === undefined || !Array.isArray(value['active_incidents']))
    return unreadable('the answer has no status with active_incidents')
  const all = value['active_incidents'] as unknown[]
  const notices = all.map(each => (isFields(each) ? noticeOf(each) : null))
  const understood = notices.filter(each => each !== null)
  // `active` says that there is something; what it is, the list says.
  const known = status === 'ok' || (status === 'active' && understood.length > 0)
  const banner = status === 'ok' ? 'ok' : known ? null : 'unknown'
  return page(understood.length < all.length ? 'unknown' : banner, understood, {
    updatedAt: timeOf(value['date_updated']),
    sentence: status,
  })
}
