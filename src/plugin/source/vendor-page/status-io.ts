import type { Fields } from './fields.js'
import { fieldsOf, idOf, isFields, listOf, objectOf, textOf, timeOf } from './fields.js'
import { plain } from './markup.js'
import type { Impact, Lifecycle, Reading, State, VendorNotice, VendorPart } from './reading.js'
import { page, unreadable } from './reading.js'

/** Status.io's public API: `https://api.status.io/1.0/status/PAGE`. Codes: https://kb.status.io/developers/status-codes/ */

const STATES: Readonly<Record<number, State>> = {
  100: 'ok',
  200: 'maintenance',
  300: 'degraded',
  400: 'partial',
  500: 'down',
  // A security event is no statement about whether it works.
  600: 'unknown',
}
const IMPACTS: Readonly<Record<number, Impact>> = { 200: 'maintenance', 300: 'minor', 400: 'major', 500: 'critical' }
const STEPS: Readonly<Record<number, Lifecycle>> = {
  100: 'investigating',
  200: 'identified',
  300: 'monitoring',
  400: 'resolved',
}

const codeOf = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN)

const namesOf = (value: unknown): VendorPart[] =>
  listOf(value).flatMap((each): VendorPart[] => {
    const [name, id] = [textOf(each['name']), idOf(each['_id']) ?? idOf(each['id'])]
    if (name === undefined) return []
    return [id === undefined ? { name, state: 'unknown' } : { id, name, state: 'unknown' }]
  })

function noticeOf(fields: Fields, planned: boolean, running: boolean): VendorNotice | null {
  const [id, title] = [idOf(fields['_id']) ?? idOf(fields['id']), textOf(fields['name'])]
  if (id === undefined || title === undefined) return null
  const messages = listOf(fields['messages'])
  const newest = messages.reduce<Fields | null>(
    (best, each) => (best === null || (timeOf(each['datetime']) ?? 0) >= (timeOf(best['datetime']) ?? 0) ? each : best),
    null,
  )
  const step = STEPS[codeOf(newest?.['state'])] ?? null
  const status: Lifecycle | null = planned ? (running ? 'in_progress' : 'scheduled') : (step ?? null)
  const [from, until] = [timeOf(fields['datetime_planned_start']), timeOf(fields['datetime_planned_end'])]
  const notice: VendorNotice = {
    id,
    title,
    status,
    open: planned ? running : status !== 'resolved',
    impact: planned ? 'maintenance' : (IMPACTS[codeOf(newest?.['status'])] ?? null),
    parts: namesOf(fields['components_affected']),
    regions: namesOf(fields['containers_affected']).map(({ name }) => name),
    startedAt: timeOf(fields['datetime_open']) ?? from,
    updatedAt: timeOf(newest?.['datetime']),
    resolvedAt: timeOf(fields['datetime_resolved']),
    words: messages.flatMap(each => {
      const text = plain(textOf(each['details']) ?? '')
      return text === '' ? [] : [{ at: timeOf(each['datetime']), status: STEPS[codeOf(each['state'])] ?? null, text }]
    }),
  }
  if (planned && from !== null) notice.window = { from, until }
  return notice
}

export function parseStatusIo(answer: string): Reading {
  const json = objectOf(answer)
  if (!('value' in json)) return json
  const { result } = json.value
  const overall = fieldsOf(fieldsOf(result)['status_overall'])
  if (!isFields(result) || typeof overall['status_code'] !== 'number')
    return unreadable('the answer has no result.status_overall.status_code')
  const planned = fieldsOf(result['maintenance'])
  const notices = [
    ...listOf(result['incidents']).map(each => noticeOf(each, false, true)),
    ...listOf(planned['active']).map(each => noticeOf(each, true, true)),
    ...listOf(planned['upcoming']).map(each => noticeOf(each, true, false)),
  ]
  const understood = notices.filter(each => each !== null)
  const banner = STATES[overall['status_code']] ?? 'unknown'
  const sentence = textOf(overall['status'])
  return page(banner === 'ok' && understood.length < notices.length ? 'unknown' : banner, understood, {
    parts: listOf(result['status']).flatMap((each): VendorPart[] => {
      const [name, id] = [textOf(each['name']), idOf(each['id'])]
      if (name === undefined) return []
      const state = STATES[codeOf(each['status_code'])] ?? 'unknown'
      return [id === undefined ? { name, state } : { id, name, state }]
    }),
    updatedAt: timeOf(overall['updated']),
    ...(sentence === undefined ? {} : { sentence }),
  })
}
