import { type Plugin, plugin, type Receiver } from '../../contract/plugin.js'
import type { Taken } from '../../contract/received.js'
import { SECRET, shows } from '../shared/secret.js'

export interface JsonConfig {
  secret?: string
  /** Where the messages are in the body, as a JSON pointer; one that is no list is a message itself. */
  list: string
  /** Field of the signal → where it is in the message, as a JSON pointer. */
  map: Record<string, string>
  /** Label → where it is. */
  labels: Record<string, string>
  /** Fields that are the same in each. */
  set: Record<string, unknown>
}

const POINTER = { type: 'string', pattern: '^(?:/|$)' } as const
const NOT_FOUND = Symbol('not found')

/** RFC 6901, of what is a value's own. */
function at(value: unknown, pointer: string): unknown {
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return NOT_FOUND
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

function found(map: Record<string, string>, message: unknown): [string, unknown][] {
  return Object.entries(map).flatMap(([name, pointer]): [string, unknown][] => {
    const value = at(message, pointer)
    return value === NOT_FOUND || value === null ? [] : [[name, value]]
  })
}

/** Labels are texts; a number or true/false is one too, anything else is none. */
const text = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : ['number', 'boolean'].includes(typeof value) ? [String(value)] : []

/** What a body means. Fields that are missing are left for the door to ask for. */
export function read({ list, map, labels, set }: JsonConfig, body: unknown): Taken {
  const there = at(body, list)
  if (there === NOT_FOUND || typeof there !== 'object' || there === null)
    return {
      refused: { rule: 'json.list', message: `there is an object or a list at "${list}"`, value: kindOf(there) },
    }
  const signals = [there].flat().map(message => {
    const own = found(labels, message).flatMap(([name, value]) => text(value).map(each => [name, each]))
    return {
      ...set,
      ...Object.fromEntries(found(map, message)),
      ...(own.length === 0 ? {} : { labels: { ...(set['labels'] as object | undefined), ...Object.fromEntries(own) } }),
    }
  })
  return { signals }
}

const kindOf = (value: unknown): string =>
  value === NOT_FOUND ? 'nothing' : value === null ? 'null' : `a ${typeof value}`

const json: Plugin<'receiver', JsonConfig, Receiver> = plugin({
  kind: 'receiver',
  name: 'json',
  summary: 'any JSON that somebody posts, by where in it the fields of a signal are',
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['map'],
    properties: {
      secret: SECRET,
      list: { ...POINTER, default: '' },
      map: { type: 'object', additionalProperties: POINTER },
      labels: { type: 'object', additionalProperties: POINTER, default: {} },
      set: { type: 'object', additionalProperties: {}, default: {} },
    },
  },
  async open(config): Promise<Receiver> {
    const { secret } = config
    return {
      ...(secret === undefined ? {} : { trusts: request => shows(secret, request) }),
      take: request => read(config, request.json()),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default json
