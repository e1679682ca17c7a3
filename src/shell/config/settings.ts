import { Kind, type TSchema } from '@sinclair/typebox'
import type { ValueError } from '@sinclair/typebox/errors'
import { Value, ValuePointer } from '@sinclair/typebox/value'
import { type ConfigSchema, TEXT_ROLES, type TextRole } from '../../contract/plugin.js'
import { converted } from './fill.js'

type Json = Record<string, unknown>

const KINDS: Record<string, string> = {
  object: 'Object',
  array: 'Array',
  string: 'String',
  number: 'Number',
  integer: 'Integer',
  boolean: 'Boolean',
  null: 'Null',
}

/**
 * A schema as TypeBox reads it: one that was written with TypeBox as it is, one by hand with the marks that TypeBox goes
 * by. Understood are type, properties, required, additionalProperties, items, enum, const, anyOf and oneOf, and the
 * keywords of numbers, texts and lists; anything else allows every value.
 */
export function typed(schema: ConfigSchema): TSchema {
  if (Kind in schema) return schema as unknown as TSchema
  const { format: _, ...plain } = schema as Json
  const all = (list: unknown) => (list as ConfigSchema[]).map(typed)
  const as = (kind: string, more: Json = {}) => ({ ...plain, ...more, [Kind]: kind }) as unknown as TSchema
  if ('const' in plain) return as('Literal', { type: typeof plain['const'] })
  if (Array.isArray(plain['enum'])) return as('Union', { anyOf: plain['enum'].map(each => typed({ const: each })) })
  const choices = plain['anyOf'] ?? plain['oneOf']
  if (Array.isArray(choices)) return as('Union', { anyOf: all(choices) })
  const { type, properties, items, additionalProperties: others } = plain
  if (Array.isArray(type)) return as('Union', { anyOf: type.map(each => typed({ ...plain, type: each })) })
  if (type === 'object')
    return as('Object', {
      properties: Object.fromEntries(Object.entries((properties ?? {}) as Json).map(([k, v]) => [k, typed(v as Json)])),
      ...(typeof others === 'object' && others !== null ? { additionalProperties: typed(others as Json) } : {}),
    })
  if (type === 'array') return as('Array', { items: typed((items ?? {}) as Json) })
  return as(KINDS[type as string] ?? 'Any')
}

/** A text of the settings that refers to something. */
export interface Mention {
  role: TextRole
  /** JSON pointer within the settings. */
  pointer: string
  value: string
}

/** Settings of one use of a plug-in, once its schema was asked. */
export interface Checked {
  settings: Record<string, unknown>
  errors: ValueError[]
  mentions: Mention[]
  /** Pointers of what may be a secret. */
  secret: (pointer: string) => boolean
}

const SECRET = /(?:secret|token|password|passphrase|credential|apikey|privatekey)s?$/i

/**
 * Settings with defaults filled in, and what is wrong with them. A misspelled key is wrong, unless the schema allows others.
 *
 * @param filled pointers of texts that came from the environment: numbers and true/false among them are what they say
 */
export function checkSettings(schema: ConfigSchema, given: Json, filled: ReadonlySet<string>): Checked {
  const shape = typed('additionalProperties' in schema ? schema : { ...schema, additionalProperties: false })
  const settings = Value.Default(shape, structuredClone(given)) as Json
  for (const { path, schema: asked, value } of filled.size > 0 ? [...Value.Errors(shape, settings)] : [])
    if (filled.has(path)) ValuePointer.Set(settings, path, converted(value, asked['type']))
  const hidden = new Set<string>()
  const mentions: Mention[] = []
  walk(shape, settings, '', (pointer, asked, value) => {
    if (asked['writeOnly'] === true) hidden.add(pointer)
    const role = asked['role'] as TextRole
    if (typeof value === 'string' && TEXT_ROLES.includes(role)) mentions.push({ role, pointer, value })
  })
  return {
    settings,
    errors: [...Value.Errors(shape, settings)],
    mentions,
    secret: pointer => hidden.has(pointer) || filled.has(pointer) || SECRET.test(pointer.replaceAll(/[-_]/g, '')),
  }
}

function walk(
  schema: TSchema,
  value: unknown,
  pointer: string,
  visit: (pointer: string, schema: TSchema, value: unknown) => void,
): void {
  visit(pointer, schema, value)
  if (Array.isArray(value)) {
    const { items } = schema as { items?: TSchema }
    if (items !== undefined) value.forEach((each, i) => walk(items, each, `${pointer}/${i}`, visit))
  } else if (typeof value === 'object' && value !== null) {
    const { properties = {}, additionalProperties: others } = schema as {
      properties?: Record<string, TSchema>
      additionalProperties?: TSchema | boolean
    }
    for (const [key, each] of Object.entries(value)) {
      const below = properties[key] ?? (typeof others === 'object' ? others : undefined)
      if (below !== undefined) walk(below, each, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, visit)
    }
  }
}
