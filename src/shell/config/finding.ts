import { type ValueError, ValueErrorType } from '@sinclair/typebox/errors'
import type { Section } from '../../contract/console/settings.js'
import { shown } from '../../core/ingest/door.js'
import { meant } from './nearest.js'
import { shapeOf } from './shape.js'

/** One thing wrong with a configuration file. */
export interface Finding {
  /** Where, as in `services[0].id`; empty for the file as a whole. */
  path: string
  /** What is asked, as the end of a sentence that begins with "expected". */
  rule: string
  value: string
  /** Line of the file, from 1, where it is known. */
  line?: number
  /** It is in this entry of what the console keeps, not in the file; `at`: where in it. */
  kept?: { section: Section; id: string; at: string }
}

/** What may be a secret must not end in somebody's terminal log. */
export function valueOf({ value, type }: ValueError, secret: boolean): string {
  if (type === ValueErrorType.ObjectRequiredProperty) return 'nothing'
  if (secret && typeof value === 'string') return `a text of ${value.length} characters, not shown`
  return shown(typeof value === 'string' ? withoutCredentials(value) : value)
}

/** An address without name and password. */
export const withoutCredentials = (text: string): string => text.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/?#]*@/i, '$1…@')

/** A JSON pointer as it is told: `services[0].id`. */
export const pathOf = (pointer: string) =>
  pointer
    .split('/')
    .slice(1)
    .map(part => (/^\d+$/.test(part) ? `[${part}]` : `.${part.replaceAll('~1', '/').replaceAll('~0', '~')}`))
    .join('')
    .replace(/^\./, '')

/** What is asked where a schema is broken. */
export function ruleOf({ type, schema, value, path, message }: ValueError): string {
  if (type === ValueErrorType.ObjectAdditionalProperties) {
    const fields = Object.keys((schema['properties'] ?? {}) as object)
    return `a known setting${meant(path.slice(path.lastIndexOf('/') + 1), fields)}`
  }
  if (type === ValueErrorType.ObjectRequiredProperty) return 'a value'
  if (path === '' && type === ValueErrorType.Object) return 'a list of settings, such as `title: …`'
  const values = (schema['anyOf'] as { const?: unknown }[] | undefined)?.map(s => s.const)
  if (values?.every(v => v !== undefined) === true) return `one of ${values.join(', ')}`
  if (type === ValueErrorType.String && ['number', 'boolean'].includes(typeof value))
    return 'a text: put what reads like a number or like true into quotes'
  return shapeOf(schema) ?? message.replace(/^Expected /, '')
}

/** A missing field is found twice, as missing and as no text: the first says it. */
export function sharpest(findings: Finding[]): Finding[] {
  const seen = new Set<string>()
  return findings.filter(({ path }) => !seen.has(path) && seen.add(path))
}
