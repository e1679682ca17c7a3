/** What a schema of the OpenAPI document allows, as rows that people read. */

export type Schema = Readonly<Record<string, unknown>>

export interface Field {
  /** With its way from the top: `segments[].where`. */
  name: string
  type: string
  required: boolean
  says: string
  /** Names of schemas that its type speaks of. */
  refers: string[]
}

/** Objects within objects are told so deep; deeper ones as `object`. */
const DEEPEST = 4

const list = (value: unknown): Schema[] => (Array.isArray(value) ? (value as Schema[]) : [])
const record = (value: unknown): Record<string, Schema> => (value ?? {}) as Record<string, Schema>
const referred = ({ $ref }: Schema): string | null =>
  typeof $ref === 'string' ? $ref.slice('#/components/schemas/'.length) : null

/** `string`, `"a" | "b"`, `Incident[]`, `integer 1 to 500`. */
export function typeOf(schema: Schema): string {
  const name = referred(schema)
  if (name !== null) return name
  if ('const' in schema) return JSON.stringify(schema['const'])
  if (Array.isArray(schema['enum'])) return schema['enum'].map(each => JSON.stringify(each)).join(' | ')
  const any = list(schema['anyOf'])
  if (any.length > 0) return [...new Set(any.map(typeOf))].join(' | ')
  if (schema['type'] === 'array') {
    const of = schema['prefixItems'] ? list(schema['prefixItems']).map(typeOf).join(', ') : null
    if (of !== null) return `[${of}]`
    const inner = typeOf((schema['items'] ?? {}) as Schema)
    return inner.includes(' | ') ? `(${inner})[]` : `${inner}[]`
  }
  if (
    schema['type'] === 'object' &&
    schema['properties'] === undefined &&
    typeof schema['additionalProperties'] === 'object'
  )
    return `{ name: ${typeOf(schema['additionalProperties'] as Schema)} }`
  return `${String(schema['type'] ?? 'anything')}${boundsOf(schema)}`
}

function boundsOf(schema: Schema): string {
  const { minimum, maximum, maxLength, format } = schema
  if (typeof format === 'string') return `, ${format}`
  if (minimum !== undefined && maximum !== undefined) return ` ${String(minimum)} to ${String(maximum)}`
  if (minimum !== undefined) return ` from ${String(minimum)}`
  if (maximum !== undefined) return ` to ${String(maximum)}`
  return maxLength === undefined ? '' : `, at most ${String(maxLength)} characters`
}

function refersTo(schema: Schema): string[] {
  const name = referred(schema)
  if (name !== null) return [name]
  const inner = [
    schema['items'],
    schema['additionalProperties'],
    ...list(schema['anyOf']),
    ...list(schema['prefixItems']),
  ]
  return inner.flatMap(each => (typeof each === 'object' && each !== null ? refersTo(each as Schema) : []))
}

/** The object inside an array, a map or “or null”; null where there is none. */
function inside(schema: Schema): { schema: Schema; mark: string } | null {
  if (schema['properties'] !== undefined) return { schema, mark: '' }
  if (schema['type'] === 'array') {
    const found = inside((schema['items'] ?? {}) as Schema)
    return found && { schema: found.schema, mark: `[]${found.mark}` }
  }
  const { additionalProperties } = schema
  if (typeof additionalProperties === 'object' && additionalProperties !== null) {
    const found = inside(additionalProperties as Schema)
    return found && { schema: found.schema, mark: `.*${found.mark}` }
  }
  for (const each of list(schema['anyOf'])) {
    const found = inside(each)
    if (found) return found
  }
  return null
}

/** Every field of an object, those of objects inside it below it. */
export function fieldsOf(schema: Schema, before = '', depth = 1): Field[] {
  const required = (schema['required'] ?? []) as string[]
  return Object.entries(record(schema['properties'])).flatMap(([key, each]) => {
    const name = `${before}${key}`
    const found = depth < DEEPEST ? inside(each) : null
    const field: Field = {
      name,
      type: typeOf(each),
      required: required.includes(key),
      says: String(each['description'] ?? ''),
      refers: refersTo(each),
    }
    return [field, ...(found ? fieldsOf(found.schema, `${name}${found.mark}.`, depth + 1) : [])]
  })
}

/** Something that the schema allows, with what it requires and nothing else. */
export function sampleOf(schema: Schema, named: Record<string, Schema>): unknown {
  const name = referred(schema)
  if (name !== null) return sampleOf(named[name] ?? {}, named)
  if ('const' in schema) return schema['const']
  const [example] = (schema['examples'] ?? []) as unknown[]
  if (example !== undefined) return example
  const [first] = list(schema['anyOf'])
  if (first) return sampleOf(first, named)
  if (schema['type'] === 'array') return [sampleOf((schema['items'] ?? {}) as Schema, named)]
  if (schema['type'] === 'integer' || schema['type'] === 'number') return schema['minimum'] ?? 1
  if (schema['type'] === 'boolean') return true
  if (schema['type'] !== 'object') return 'example'
  const properties = record(schema['properties'])
  const required = (schema['required'] ?? []) as string[]
  return Object.fromEntries(required.map(key => [key, sampleOf(properties[key] ?? {}, named)]))
}
