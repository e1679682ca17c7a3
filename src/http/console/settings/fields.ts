import type { ConfigSchema as Schema } from '../../../contract/plugin.js'
import { isFileField, isSecretField } from '../../../shell/settings/shape.js'

type Json = Record<string, unknown>

/** How a field of a form is asked for; `yaml`: as the configuration file would have it. */
export type FieldKind =
  | { kind: 'text'; long: boolean }
  | { kind: 'number'; whole: boolean }
  | { kind: 'flag' }
  | { kind: 'choice'; words: readonly (string | number)[] }
  | { kind: 'choices'; words: readonly (string | number)[] }
  | { kind: 'lines'; numbers: boolean }
  | { kind: 'pairs'; secret: boolean }
  | { kind: 'rows'; item: Schema }
  | { kind: 'group'; fields: readonly Field[] }
  | { kind: 'file' }
  | { kind: 'yaml' }

export interface Field {
  name: string
  schema: Schema
  required: boolean
  secret: boolean
  as: FieldKind
}

/** From this many characters on a text gets room for several lines. */
const LONG = 1_000

/** The fields of an object, in the order of its schema. */
export function fieldsOf(schema: Schema): Field[] {
  const needed = (schema['required'] ?? []) as readonly string[]
  return Object.entries((schema['properties'] ?? {}) as Record<string, Schema>)
    .filter(([, each]) => each !== undefined)
    .map(([name, each]) => fieldOf(name, each, needed.includes(name)))
}

export const fieldOf = (name: string, schema: Schema, required: boolean): Field => ({
  ...{ name, schema, required },
  secret: isSecretField(name, schema),
  as: isFileField(name, schema) ? { kind: 'file' } : kindOf(schema),
})

const wordsOf = (schema: Schema): (string | number)[] | null => {
  if (Array.isArray(schema['enum'])) return schema['enum'] as string[]
  const any = (schema['anyOf'] ?? schema['oneOf']) as Schema[] | undefined
  if (any === undefined || any.length === 0 || any.some(each => !('const' in each))) return null
  return any.map(each => each['const'] as string)
}

/**
 * How a schema is asked for in a form.
 *
 * @example
 * kindOf({ type: 'array', items: { type: 'string' } }) // => { kind: 'lines', numbers: false }
 */
export function kindOf(schema: Schema): FieldKind {
  const words = wordsOf(schema)
  if (words !== null) return { kind: 'choice', words }
  const any = (schema['anyOf'] ?? schema['oneOf']) as Schema[] | undefined
  if (any !== undefined) {
    const types = any.map(each => each['type'])
    return types.every(type => type === 'string' || type === 'integer')
      ? { kind: 'text', long: false }
      : { kind: 'yaml' }
  }
  switch (schema['type']) {
    case 'string':
      return { kind: 'text', long: Number(schema['maxLength'] ?? 0) >= LONG && schema['pattern'] === undefined }
    case 'integer':
    case 'number':
      return { kind: 'number', whole: schema['type'] === 'integer' }
    case 'boolean':
      return { kind: 'flag' }
    case 'array':
      return kindOfList((schema['items'] ?? {}) as Schema)
    case 'object':
      return kindOfObject(schema)
    default:
      return { kind: 'yaml' }
  }
}

function kindOfList(item: Schema): FieldKind {
  const words = wordsOf(item)
  if (words !== null) return { kind: 'choices', words }
  const type = item['type']
  if (type === 'string') return { kind: 'lines', numbers: false }
  if (type === 'integer' || type === 'number') return { kind: 'lines', numbers: true }
  return type === 'object' && item['properties'] !== undefined ? { kind: 'rows', item } : { kind: 'yaml' }
}

function kindOfObject(schema: Schema): FieldKind {
  const fields = Object.keys((schema['properties'] ?? {}) as Json)
  if (fields.length > 0) return { kind: 'group', fields: fieldsOf(schema) }
  const patterns = Object.values((schema['patternProperties'] ?? {}) as Record<string, Schema>)
  const others = (patterns[0] ?? schema['additionalProperties']) as Schema | undefined
  if (typeof others !== 'object' || others['type'] !== 'string') return { kind: 'yaml' }
  return { kind: 'pairs', secret: others['writeOnly'] === true || schema['writeOnly'] === true }
}
