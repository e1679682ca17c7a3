import { HREF_CHARS, ID_CHARS, LABEL_VALUE_CHARS, SCOPE_VALUES, TITLE_CHARS } from '../../../contract/limits.js'
import type { Scope } from '../../../contract/signal.js'
import type { EpochMs } from '../../../contract/time.js'

/** Reading what others wrote: a value that is not of the expected type is as if it were absent, never a guess. */

export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What lies under a path of keys, each its object's own; undefined where there is nothing. */
export function at(value: unknown, ...path: string[]): unknown {
  for (const key of path) {
    if (!isFields(value) || !Object.hasOwn(value, key)) return undefined
    value = value[key]
  }
  return value
}

/** What a table has for a word that somebody wrote; nothing for what every object inherits. */
export const own = <T>(table: Readonly<Record<string, T>>, word: string | undefined): T | undefined =>
  word !== undefined && Object.hasOwn(table, word) ? table[word] : undefined

export const fieldsAt = (value: unknown, ...path: string[]): Fields => {
  const found = at(value, ...path)
  return isFields(found) ? found : {}
}

/** What nobody sees, or what moves the text around it: the door refuses it in titles and names. */
const UNSEEN =
  /[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u{2800}\u{fff9}-\u{fffb}]+/gu

/** One line of at most so many characters, without what cannot be seen; undefined where nothing is left. */
export function line(value: unknown, most = TITLE_CHARS): string | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value)
  if (typeof value !== 'string') return undefined
  // What follows is linear, but a commit message of a megabyte is no title.
  const text = value
    .slice(0, 4 * most)
    .normalize('NFC')
    .replace(UNSEEN, ' ')
    .replace(/\s+/gu, ' ')
    .trim()
  const short = text.length <= most ? text : text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '') + '…'
  return short === '' ? undefined : short
}

/** A name as labels and services have one; undefined for what the door would refuse, and the whole change for it. */
export function nameOf(value: unknown, most = LABEL_VALUE_CHARS): string | undefined {
  const text = line(value, most)?.replace(/^[\p{M}\s]+/u, '') ?? ''
  return text === '' || /^\.\.?$/.test(text) || Object.hasOwn(Object.prototype, text) ? undefined : text
}

/** The line at a path. */
export const lineAt = (value: unknown, ...path: string[]): string | undefined => line(at(value, ...path))

/** The first line of a text of several. */
export const firstLine = (value: unknown): string | undefined =>
  typeof value === 'string' ? line(value.trimStart().split(/\r?\n/, 1)[0]) : undefined

/** Only what a browser would open as a web page. */
export const hrefOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length <= HREF_CHARS && /^https?:\/\/[^\s"'<>]+$/i.test(value) ? value : undefined

const ISO = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?\s?(?:Z|UTC|[+-]\d{2}:?\d{2})$/i
const [EARLIEST, LATEST] = [Date.UTC(2000, 0, 1), Date.UTC(2070, 0, 1)]

/** A time with its offset, as ISO 8601 or as Ruby writes it (`2026-02-03 20:14:00 UTC`), or milliseconds since 1970. */
export function timeOf(value: unknown): EpochMs | undefined {
  const ms =
    typeof value === 'string' && value.length <= 40 && ISO.test(value)
      ? Date.parse(
          value
            .replace(' ', 'T')
            .replace(/\s?UTC$/i, 'Z')
            .replace(/\s(?=[+-])/, ''),
        )
      : typeof value === 'number'
        ? Math.round(value)
        : Number.NaN
  return ms >= EARLIEST && ms < LATEST ? ms : undefined
}

/** The first of several that is a time. */
export const firstTime = (...values: unknown[]): EpochMs | undefined =>
  values.map(timeOf).find(each => each !== undefined)

/** Seconds since 1970 as milliseconds. */
export const secondsOf = (value: unknown): EpochMs | undefined =>
  typeof value === 'number' ? timeOf(value * 1_000) : undefined

const SHARES = ['rollout', 'share', 'percentage', 'percent', 'weight']

/**
 * How much of the world has a change: a number from 0 to 1, one above that or a text with `%` as a percentage. Undefined where
 * no such field is there or it says nothing of the kind. `percentage`, `percent` and `weight` are percentages in any case.
 */
export function shareIn(fields: Fields): number | undefined {
  for (const name of SHARES) {
    const value = at(fields, name)
    const text = typeof value === 'string' ? /^\s*(\d{1,3}(?:\.\d+)?)\s*(%?)\s*$/.exec(value) : null
    const number = typeof value === 'number' ? value : text === null ? Number.NaN : Number(text[1])
    if (!(number >= 0 && number <= 100)) continue
    const percentage = text?.[2] === '%' || number > 1 || name.startsWith('percent') || name === 'weight'
    return percentage ? number / 100 : number
  }
  return undefined
}

const SCOPED = [
  'component',
  'cell',
  'region',
  'country',
  'city',
  'version',
  'tier',
  'platform',
  'pop',
  'network',
  'asn',
]
const PLURAL: Record<string, string> = { country: 'countries', city: 'cities' }

/** Labels that somebody named in fields of their own, one or several: `cell: eu-1`, `regions: [eu, us]`. */
export function scopeIn(fields: Fields): Scope {
  const scope: Scope = {}
  for (const name of SCOPED) {
    const found = at(fields, name) ?? at(fields, PLURAL[name] ?? `${name}s`)
    const values = valuesOf(found)
    if (values.length > 0) scope[name] = values
  }
  return scope
}

/** Label values of one text or a list. */
export const valuesOf = (value: unknown): string[] =>
  [...new Set([value].flat().map(each => nameOf(each)))].filter(each => each !== undefined).slice(0, SCOPE_VALUES)

/** Parts as one id. A long one keeps its beginning and is told apart by a digest of the whole. */
export function idOf(digest: (text: string) => string, ...parts: (string | number | undefined)[]): string {
  const id = parts
    .filter(each => each !== undefined && each !== '')
    .map(each => String(each).replace(UNSEEN, '').trim())
    .join('/')
    .replace(/^[\p{M}\s]+/u, '')
  return id.length <= ID_CHARS ? id : `${id.slice(0, ID_CHARS - 40).replace(/[\uD800-\uDBFF]$/, '')}…${digest(id)}`
}
