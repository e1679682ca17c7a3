import type { Reader, Type } from 'protobufjs'
import type { Schema } from './schema.js'

/** What is sent, by the last part of the path. */
export const SIGNALS = ['traces', 'metrics', 'logs'] as const
export type SignalName = (typeof SIGNALS)[number]

/** Names of the lists in JSON, and of the message of one item; logs are counted and not read. */
const LISTS: Record<SignalName, { resources: string; scopes: string; items: string; item: string | null }> = {
  traces: { resources: 'resourceSpans', scopes: 'scopeSpans', items: 'spans', item: 'SpanHead' },
  metrics: { resources: 'resourceMetrics', scopes: 'scopeMetrics', items: 'metrics', item: 'Metric' },
  logs: { resources: 'resourceLogs', scopes: 'scopeLogs', items: 'logRecords', item: null },
}

export interface Visitor {
  /** The attributes of who sends what follows. */
  resource(attributes: unknown): void
  scope(name: string): void
  /**
   * A span or a metric; null for what is only counted. What takes long is given bit by bit. `bytes`: where a packed span lies, whose
   * attributes are still there.
   */
  item(item: unknown, bytes?: Bytes): Iterable<void> | void
}

export interface Bytes {
  reader: Reader
  /** Where it begins and ends. */
  span: [number, number]
}

/** The bytes are not what they are said to be. */
export class Malformed extends Error {}

/**
 * Visits the items of a packed request one by one, so that a large body is never built as a whole. Yields after each.
 *
 * @throws Malformed where the bytes are no such message; what was visited before stands
 */
export function* walkPacked(schema: Schema, name: SignalName, body: Uint8Array, to: Visitor): Generator<void> {
  const { item: itemName } = LISTS[name]
  const types = { resource: schema.type('Resource'), scope: schema.type('Scope') }
  const itemType = itemName === null ? null : schema.type(itemName)
  const reader = schema.Reader.create(body)
  const bytes: Bytes = { reader, span: [0, 0] }
  // What is not read here is not kept either.
  reader.discardUnknown = true
  try {
    for (const end of messages(reader, 1, reader.len)) {
      to.resource((first(reader, types.resource, end) as { attributes?: unknown } | null)?.attributes)
      for (const scopeEnd of messages(reader, 2, end)) {
        to.scope((first(reader, types.scope, scopeEnd) as { name?: string } | null)?.name ?? '')
        for (const itemEnd of messages(reader, 2, scopeEnd)) {
          const start = reader.pos
          const item = itemType === null ? null : itemType.decode(reader, itemEnd - start)
          bytes.span[0] = start
          bytes.span[1] = itemEnd
          const pauses = to.item(item, bytes)
          if (pauses === undefined) yield
          else yield* pauses
        }
      }
    }
  } catch (error) {
    // What reads the bytes says so by errors of several sorts; a fault of ours in the visitor is none of them.
    if (error instanceof RangeError || isOfProtobuf(error)) throw new Malformed((error as Error).message)
    throw error
  }
}

const isOfProtobuf = (error: unknown): boolean =>
  error instanceof Error &&
  /^(?:invalid|index out of range|illegal|max depth|missing end|The encoded data)/i.test(error.message)

/** Stops at each message in field `id` before `end`, giving where it ends; afterwards the reader stands there. */
function* messages(reader: Reader, id: number, end: number): Generator<number> {
  if (end > reader.len) throw new RangeError('index out of range')
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag >>> 3 === 0) throw new RangeError('invalid tag')
    if (tag >>> 3 !== id) reader.skipType(tag & 7)
    else if ((tag & 7) !== 2) throw new RangeError('invalid wire type')
    else {
      const length = reader.uint32()
      const until = reader.pos + length
      if (until > end) throw new RangeError('index out of range')
      yield until
      reader.pos = until
    }
  }
  if (reader.pos !== end) throw new RangeError('index out of range')
}

/** The message in field 1, wherever it stands before `end`; the reader does not move. */
function first(reader: Reader, type: Type, end: number): object | null {
  const start = reader.pos
  let found: object | null = null
  for (const until of messages(reader, 1, end)) {
    found = type.decode(reader, until - reader.pos)
    break
  }
  reader.pos = start
  return found
}

/**
 * The same for proto3 JSON.
 *
 * @throws Malformed where it has another shape
 */
export function* walkJson(name: SignalName, value: unknown, to: Visitor): Generator<void> {
  const { resources, scopes, items } = LISTS[name]
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Malformed('an object is asked for')
  for (const each of listOf(value, resources)) {
    to.resource((recordOf(each, 'resource') as { attributes?: unknown }).attributes)
    for (const scope of listOf(each, scopes)) {
      const { name: scopeName } = recordOf(scope, 'scope') as { name?: unknown }
      to.scope(typeof scopeName === 'string' ? scopeName : '')
      for (const item of listOf(scope, items)) {
        const pauses = to.item(item)
        if (pauses === undefined) yield
        else yield* pauses
      }
    }
  }
}

function listOf(value: unknown, key: string): unknown[] {
  const list = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : 0
  if (list === undefined || list === null) return []
  if (!Array.isArray(list)) throw new Malformed(`${key} is a list`)
  return list
}

function recordOf(value: unknown, key: string): object {
  if (typeof value !== 'object' || value === null) throw new Malformed('a list holds objects')
  const found = (value as Record<string, unknown>)[key] ?? {}
  if (typeof found !== 'object') throw new Malformed(`${key} is an object`)
  return found
}
