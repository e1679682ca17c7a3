import type { EpochMs } from '../../../contract/time.js'
import type { Lifecycle, Unreadable } from './reading.js'
import { unreadable } from './reading.js'

/** Reading foreign values: what is not of the expected type is as if it were absent, never a guess. */

export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {})

/** The objects of a list; what else is in it is left out. */
export const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isFields) : [])

/** Longest text that is kept of what a vendor wrote, in UTF-16 units: a contract's text holds no more. */
const TEXT_MOST = 8_000

export function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const text = value.replace(/\r\n?/g, '\n').trim()
  return text === '' ? undefined : cut(text, TEXT_MOST)
}

/** Cut without leaving half a character. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text
  const end = /[\uD800-\uDBFF]$/.test(text.slice(0, most)) ? most - 1 : most
  return text.slice(0, end)
}

/** Ids are texts or whole numbers. */
export const idOf = (value: unknown): string | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : textOf(value)

/** Only what a browser would open as a web page. */
export function urlOf(value: unknown): string | undefined {
  const text = textOf(value)
  return text !== undefined && text.length <= 2_000 && /^https?:\/\/[^\s"'<>]+$/i.test(text) ? text : undefined
}

const ISO = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?\s?(?:Z|UTC|[+-]\d{2}:?\d{2})$/i
const RFC_2822 = /^(?:[A-Za-z]{3}, )?\d{1,2} [A-Za-z]{3} \d{4} \d{2}:\d{2}(?::\d{2})? (?:Z|[A-Z]{2,4}|[+-]\d{4})$/
/** What no status page can be about. */
const EARLIEST = Date.UTC(2000, 0, 1)
const LATEST = Date.UTC(2100, 0, 1)

const plausible = (ms: number): EpochMs | null => (ms >= EARLIEST && ms < LATEST ? ms : null)

/** A time with its offset, as ISO 8601 or RFC 2822 write it; a time without one is no time, since nobody knows whose. */
export function timeOf(value: unknown): EpochMs | null {
  const text = textOf(value)
  if (text === undefined || text.length > 40) return null
  if (ISO.test(text)) return plausible(Date.parse(text.replace(' ', 'T').replace(/\s?UTC$/i, 'Z')))
  return RFC_2822.test(text) ? plausible(Date.parse(text.replace(/ Z$/, ' GMT'))) : null
}

/** Seconds since 1970, as a number or in digits. */
export function secondsOf(value: unknown): EpochMs | null {
  const seconds = typeof value === 'string' && /^\d{9,11}$/.test(value) ? Number(value) : value
  return typeof seconds === 'number' && Number.isFinite(seconds) ? plausible(Math.round(seconds * 1000)) : null
}

/** Milliseconds since 1970. */
export const millisOf = (value: unknown): EpochMs | null =>
  typeof value === 'number' && Number.isFinite(value) ? plausible(Math.round(value)) : null

/** The word for a key in any spelling (`IN PROGRESS`, `in_progress`, `InProgress`). */
export function wordIn<T>(table: ReadonlyMap<string, T>, value: unknown): T | undefined {
  return typeof value === 'string' ? table.get(value.toLowerCase().replace(/[\s_-]/g, '')) : undefined
}

export const LIFECYCLES: ReadonlyMap<string, Lifecycle> = new Map<string, Lifecycle>([
  ['investigating', 'investigating'],
  ['identified', 'identified'],
  ['monitoring', 'monitoring'],
  ['resolved', 'resolved'],
  ['postmortem', 'postmortem'],
  ['scheduled', 'scheduled'],
  ['notstartedyet', 'scheduled'],
  ['maintenancescheduled', 'scheduled'],
  ['inprogress', 'in_progress'],
  ['maintenanceinprogress', 'in_progress'],
  ['verifying', 'in_progress'],
  ['completed', 'resolved'],
  ['maintenancecomplete', 'resolved'],
])

export const lifecycleOf = (value: unknown): Lifecycle | null => wordIn(LIFECYCLES, value) ?? null

/** Begun and not over. What stands nowhere that is known counts as open: a vendor lists it for a reason. */
export const isOpen = (status: Lifecycle | null): boolean =>
  status !== 'resolved' && status !== 'postmortem' && status !== 'scheduled'

/** Whether an answer is a web page instead of data. */
const isMarkup = (text: string): boolean => /^\s*<(?:!doctype html|html|head|body|script|!--)/i.test(text)

const shown = (text: string): string => JSON.stringify(cut(text.trim().replace(/\s+/g, ' '), 40))

/** Longest answer that is read, in UTF-16 units. The largest public list known (Google Cloud's) has about 3 million. */
export const ANSWER_MOST = 8_000_000

/** Why a text cannot be data of any kind here, or undefined. */
export function whyNotData(text: string): string | undefined {
  if (text.length > ANSWER_MOST) return `the answer has ${text.length} characters, at most ${ANSWER_MOST} are read`
  if (text.trim() === '') return 'the answer is empty'
  if (isMarkup(text)) return `the answer is a web page (${shown(text)}), not data`
  return undefined
}

/**
 * UTF-16 that was decoded as UTF-8 has a NUL beside each Latin character. Without other damage it can be undone; else
 * the text is given back as it came.
 */
export function unwidened(text: string): string {
  if (!text.includes('\0')) return text.replace(/^\uFEFF/, '')
  const narrow = text.replace(/^\uFFFD{1,2}/, '').replaceAll('\0', '')
  return narrow.includes('\uFFFD') ? text : narrow.replace(/^\uFEFF/, '')
}

/** Bytes of an answer as text: by the byte order mark, else as UTF-8. AWS answers in UTF-16, big end first. */
export function decoded(bytes: Uint8Array): string {
  const [first, second] = bytes
  const name = first === 0xfe && second === 0xff ? 'utf-16be' : first === 0xff && second === 0xfe ? 'utf-16le' : 'utf-8'
  return new TextDecoder(name).decode(bytes)
}

/** The JSON of an answer. */
export function jsonOf(answer: string): { value: unknown } | Unreadable {
  const text = unwidened(answer)
  const why = whyNotData(text)
  if (why !== undefined) return unreadable(why)
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return unreadable(`the answer is no JSON, or is cut off (${shown(text)})`)
  }
}

/** The JSON object of an answer. */
export function objectOf(answer: string): { value: Fields } | Unreadable {
  const json = jsonOf(answer)
  if (!('value' in json)) return json
  return isFields(json.value) ? { value: json.value } : unreadable('the answer is JSON, but no object')
}
