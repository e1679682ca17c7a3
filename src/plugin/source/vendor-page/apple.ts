import type { Fields } from './fields.js'
import { fieldsOf, idOf, isFields, listOf, millisOf, objectOf, textOf, unwidened, wordIn } from './fields.js'
import { plain } from './markup.js'
import type { Impact, Lifecycle, Reading, State, VendorNotice, VendorPart } from './reading.js'
import { page, unreadable, worse } from './reading.js'

/**
 * Apple's system status, for people (JSON) and for developers (the same within `jsonCallback(…)`): every service with its
 * events. A service without events is shown as "Available" on the page; the data says nothing of it, so the page as a
 * whole is `quiet`. Times are milliseconds; dates in words are not read, since they lack an offset that can be trusted.
 */

const TYPES: ReadonlyMap<string, { state: State; impact: Impact }> = new Map<string, { state: State; impact: Impact }>([
  ['available', { state: 'ok', impact: 'none' }],
  ['maintenance', { state: 'maintenance', impact: 'maintenance' }],
  ['performance', { state: 'degraded', impact: 'minor' }],
  ['issue', { state: 'degraded', impact: 'minor' }],
  ['outage', { state: 'down', impact: 'major' }],
])

const STEPS: ReadonlyMap<string, Lifecycle> = new Map<string, Lifecycle>([
  ['ongoing', 'investigating'],
  ['resolved', 'resolved'],
  ['completed', 'resolved'],
  ['upcoming', 'scheduled'],
])

function noticeOf(event: Fields, service: string): VendorNotice | null {
  const type = textOf(event['statusType'])
  const startedAt = millisOf(event['epochStartDate'])
  if (type === undefined || startedAt === null) return null
  const known = wordIn(TYPES, type)
  const ended = millisOf(event['epochEndDate'])
  const step = wordIn(STEPS, event['eventStatus']) ?? null
  const planned = known?.state === 'maintenance'
  const status = planned && step === 'investigating' ? 'in_progress' : step
  const open = status !== 'resolved' && status !== 'scheduled'
  const text = plain(textOf(event['message']) ?? '')
  const who = textOf(event['usersAffected'])
  const also = Array.isArray(event['affectedServices']) ? event['affectedServices'] : []
  const state = open ? (known?.state ?? 'unknown') : 'unknown'
  const names = [service, ...also.flatMap(each => textOf(each) ?? [])]
  const notice: VendorNotice = {
    id: idOf(event['messageId']) ?? `${service} ${startedAt}`,
    title: `${service}: ${type}`,
    status,
    open,
    impact: known?.impact ?? null,
    parts: [...new Set(names)].map(name => ({ name, state })),
    regions: [],
    startedAt,
    updatedAt: null,
    resolvedAt: status === 'resolved' ? ended : null,
    words: [text, who ?? ''].some(each => each !== '')
      ? [{ at: startedAt, status, text: [text, who ?? ''].filter(each => each !== '').join('\n') }]
      : [],
  }
  if (planned) notice.window = { from: startedAt, until: ended }
  return notice
}

/** The object within `jsonCallback(…);`, or the text as it is. */
function bare(answer: string): string {
  const text = unwidened(answer).trim()
  const call = /^[A-Za-z_$][\w$]{0,40}\(/.exec(text)
  return call && /\);?$/.test(text) ? text.slice(call[0].length, text.lastIndexOf(')')) : text
}

export function parseApple(answer: string): Reading {
  const json = objectOf(bare(answer))
  if (!('value' in json)) return json
  const { services } = json.value
  if (!Array.isArray(services)) return unreadable('the answer has no list of services')
  const parts: VendorPart[] = []
  const notices: VendorNotice[] = []
  let missed = services.filter(each => !isFields(each)).length
  for (const each of listOf(services)) {
    const name = textOf(each['serviceName'])
    if (name === undefined || !Array.isArray(each['events'])) {
      missed++
      continue
    }
    const events = (each['events'] as unknown[]).map(event => noticeOf(fieldsOf(event), name))
    let state: State | null = null
    for (const event of events) {
      if (event === null) missed++
      else {
        notices.push(event)
        const own = event.open ? (event.parts[0]?.state ?? 'unknown') : null
        if (own !== null) state = state === null ? own : worse(state, own)
      }
    }
    // A service without open events is not called well by the data; what is not said is unknown.
    parts.push({ name, state: state ?? 'unknown' })
  }
  if (parts.length === 0) return unreadable('no service has a name and events: this is not the format it was')
  return page(missed > 0 ? 'unknown' : null, notices, { parts })
}
