import type { ConfigSchema as Schema } from '../../../contract/plugin.js'
import type { Entry } from '../../../contract/console/settings.js'
import { fromYaml } from '../../../shell/settings/export.js'
import { type Field, fieldsOf } from './fields.js'

/** What a form carried, by the name of its fields. */
export type Form = Partial<Record<string, string>>

/** Stands where a secret is kept that is not shown. */
export const KEPT = '••••••'
/** Rows that a form may have in one list. */
const ROWS_MOST = 500

/** The name of a field in the form: `v/dkim/key`. */
export const nameIn = (path: readonly string[]): string => ['v', ...path].join('/')
/** Ticked to take a secret away. */
export const forgetIn = (path: readonly string[]): string => `forget/${path.join('/')}`
/** Of one of several choices. */
export const choiceIn = (path: readonly string[], word: string | number): string => `${nameIn(path)}#${word}`

/**
 * The entry that a form says. What was left empty is left out; a secret that was left empty stays what it was.
 *
 * @param old what is kept: where secrets come from
 */
export function readEntry(schema: Schema, form: Form, old: Entry | null): Entry {
  return readObject(fieldsOf(schema), form, [], old) ?? {}
}

function readObject(fields: readonly Field[], form: Form, path: readonly string[], old: unknown): Entry | undefined {
  const made: Entry = {}
  for (const field of fields) {
    const value = readField(field, form, [...path, field.name], (old as Entry | null | undefined)?.[field.name])
    if (value !== undefined) made[field.name] = value
  }
  return Object.keys(made).length === 0 ? undefined : made
}

function readField(field: Field, form: Form, path: readonly string[], old: unknown): unknown {
  const text = (form[nameIn(path)] ?? '').replaceAll('\r\n', '\n').trim()
  const { as } = field
  if (field.secret && as.kind !== 'pairs' && as.kind !== 'yaml' && as.kind !== 'group') {
    if (text !== '' && text !== KEPT) return text
    return form[forgetIn(path)] === undefined ? old : undefined
  }
  switch (as.kind) {
    case 'file':
      return old
    case 'group':
      return readObject(as.fields, form, path, old)
    case 'rows':
      return readRows(as.item, form, path, old)
    case 'choices': {
      const chosen = as.words.filter(word => form[choiceIn(path, word)] !== undefined)
      return chosen.length === 0 ? undefined : chosen
    }
    case 'flag':
      return text === '' ? undefined : text === 'true' || (text === 'false' ? false : text)
    case 'choice':
      return text === '' ? undefined : (as.words.find(word => String(word) === text) ?? text)
    case 'number':
      return text === '' ? undefined : numberOr(text)
    case 'lines':
      return readLines(text, as.numbers)
    case 'pairs':
      return unmasked(readPairs(text), old)
    case 'yaml':
      return text === '' ? undefined : unmasked(fromYaml(text), old)
    default:
      return text === '' ? undefined : isNumeric(field.schema) && /^-?\d+$/.test(text) ? Number(text) : kept(text, old)
  }
}

/** A text that was not shown because a secret stood in it. */
const kept = (text: string, old: unknown): unknown => (text === KEPT ? old : text)
const isNumeric = (schema: Schema): boolean =>
  ((schema['anyOf'] ?? schema['oneOf'] ?? []) as Schema[]).some(each => each['type'] === 'integer')
const numberOr = (text: string): number | string =>
  /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : text

function readLines(text: string, numbers: boolean): unknown[] | undefined {
  const lines = text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
  if (lines.length === 0) return undefined
  return numbers ? lines.map(numberOr) : lines
}

/** `name: value`, one a line; what has no colon is told by the check as a value that is not a text. */
function readPairs(text: string): Record<string, unknown> | undefined {
  const lines = (readLines(text, false) ?? []) as string[]
  if (lines.length === 0) return undefined
  return Object.fromEntries(
    lines.map(line => {
      const at = line.indexOf(':')
      return at < 0 ? [line, null] : [line.slice(0, at).trim(), line.slice(at + 1).trim()]
    }),
  )
}

function readRows(item: Schema, form: Form, path: readonly string[], old: unknown): unknown[] | undefined {
  const fields = fieldsOf(item)
  const rows: unknown[] = []
  for (let i = 0; i < rowsIn(form, path); i++) {
    const row = readObject(fields, form, [...path, String(i)], Array.isArray(old) ? old[i] : undefined)
    if (row !== undefined) rows.push(row)
  }
  return rows.length === 0 ? undefined : rows
}

/** Names of the fields of a form that hold a secret by themselves. */
export function secretNames(schema: Schema, form: Form, path: readonly string[] = []): string[] {
  return fieldsOf(schema).flatMap(({ name, as, secret, schema: inner }) => {
    const at = [...path, name]
    if (as.kind === 'group') return secretNames(inner, form, at)
    if (as.kind === 'rows')
      return Array.from({ length: rowsIn(form, at) }, (_, i) => secretNames(as.item, form, [...at, String(i)])).flat()
    return secret && as.kind !== 'pairs' && as.kind !== 'yaml' ? [nameIn(at)] : []
  })
}

/** How many rows of a list a form has, also empty ones. */
export function rowsIn(form: Form, path: readonly string[]): number {
  const before = `${nameIn(path)}/`
  let most = -1
  for (const name of Object.keys(form))
    if (name.startsWith(before)) most = Math.max(most, Number.parseInt(name.slice(before.length), 10) || 0)
  return Math.min(ROWS_MOST, most + 1)
}

/** Puts what was kept where a form has a mark in its place. */
function unmasked(value: unknown, old: unknown): unknown {
  if (value === KEPT) return old
  if (Array.isArray(value)) {
    // Of another length: nobody knows which is which, and the secret has to be typed again.
    const same = Array.isArray(old) && old.length === value.length ? (old as unknown[]) : null
    return same === null ? value : value.map((each, i) => unmasked(each, same[i]))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, unmasked(each, (old as Entry | null | undefined)?.[key])]),
  )
}
