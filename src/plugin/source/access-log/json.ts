import { fill, readRequest, type Format, type Role, type Row } from './row.js'

// Lines that are JSON objects: which of their keys say what, by the names that servers give them.

type Key = readonly [key: string, role: Role]

/** By what each is read as, the surest name first. Dots go into objects. */
const KEYS: readonly Key[] = [
  ['time_iso8601', 'time'],
  ['time_local', 'time'],
  ['EdgeStartTimestamp', 'time'],
  ['EdgeEndTimestamp', 'time'],
  ['StartUTC', 'time'],
  ['start_time', 'time'],
  ['@timestamp', 'time'],
  ['timestamp', 'time'],
  ['ts', 'time'],
  ['msec', 'time'],
  ['time', 'time'],
  ['EdgeResponseStatus', 'status'],
  ['DownstreamStatus', 'status'],
  ['response_code', 'status'],
  ['status', 'status'],
  ['status_code', 'status'],
  ['http.response.status_code', 'status'],
  ['ClientRequestMethod', 'method'],
  ['RequestMethod', 'method'],
  ['request_method', 'method'],
  ['request.method', 'method'],
  ['method', 'method'],
  ['ClientRequestURI', 'path'],
  ['ClientRequestPath', 'path'],
  ['RequestPath', 'path'],
  ['request_uri', 'path'],
  ['request.uri', 'path'],
  ['uri', 'path'],
  ['path', 'path'],
  ['ClientRequestHost', 'host'],
  ['RequestHost', 'host'],
  ['request.host', 'host'],
  ['http_host', 'host'],
  ['host', 'host'],
  ['authority', 'host'],
  ['server_name', 'host'],
  ['upstream_addr', 'upstream'],
  ['upstream_host', 'upstream'],
  ['ServiceAddr', 'upstream'],
  ['request', 'request'],
]
/** Durations by what else stands in the line, for one name is seconds here and milliseconds there. */
const DURATIONS: readonly (readonly [beside: string, key: string, unit: Role])[] = [
  ['request_time', 'request_time', 's'],
  ['EdgeTimeToFirstByteMs', 'EdgeTimeToFirstByteMs', 'ms'],
  ['Duration', 'Duration', 'ns'],
  ['response_code', 'duration', 'ms'],
  ['request.uri', 'duration', 's'],
  ['duration_ms', 'duration_ms', 'ms'],
]
/** Fields that become labels by themselves, where there are any: which part of the world of a network's edge it was. */
export const JSON_LABELS: Record<string, string> = { EdgeColoCode: 'pop', ClientCountry: 'country' }

function valueAt(object: unknown, path: readonly string[]): string {
  let value = object
  for (const key of path) value = (value as Record<string, unknown> | null | undefined)?.[key]
  return typeof value === 'string' ? value : typeof value === 'number' ? plain(value) : ''
}

/** Times of ten digits with a fraction, and sums of milliseconds: never in the spelling with an exponent. */
const plain = (value: number): string => (Number.isInteger(value) ? String(BigInt(value)) : String(value))

const pathOf = (object: unknown, key: string): string[] =>
  (object as Record<string, unknown>)[key] === undefined ? key.split('.') : [key]

function parsed(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return null
  }
}

export interface JsonNames {
  /** Names of one's own, before all others: what is read → key. */
  keys: Readonly<Record<string, string>>
  /** Keys of further fields, by their place among the labels. */
  more: readonly string[]
  /** How a key named `duration` in the settings counts. */
  unit: Role
}

/**
 * A reader of lines like this one; null where it is none, or says nothing of a status.
 *
 * @param kept what was found in lines before, as it was kept: `json key:role …`
 */
export function byJson(line: string, names: JsonNames, timeOf: (text: string) => number, kept?: string): Format | null {
  let found: Key[]
  if (kept === undefined) {
    const object = parsed(line)
    if (object === null) return null
    found = keysIn(object, names)
    if (!found.some(([, role]) => role === 'status')) return null
  } else found = JSON.parse(kept.slice('json '.length)) as Key[]
  const object = parsed(line) ?? {}
  const plan = found.map(([key, role]) => [pathOf(object, key), role] as const)
  const parse = (text: string, row: Row) => {
    const each = parsed(text)
    if (each === null) return 'other'
    let status = false
    for (const [path, role] of plan) {
      const value = valueAt(each, path)
      if (value === '') continue
      if (role === 'status') status = true
      if (role === 'request') {
        if (row.method === '') readRequest(value, row)
      } else if (!fill(row, role, value, timeOf)) return 'other'
    }
    // The same log has lines of other things: that a server has started, for one.
    return status ? 'request' : 'none'
  }
  return { name: `json ${JSON.stringify(found)}`, parse }
}

function keysIn(object: Record<string, unknown>, { keys, more, unit }: JsonNames): Key[] {
  const is = (key: string): boolean => valueAt(object, pathOf(object, key)) !== ''
  const found: Key[] = Object.entries(keys).map(([name, key]) => [key, name === 'duration' ? unit : (name as Role)])
  for (const [key, role] of KEYS) if (!found.some(each => each[1] === role) && is(key)) found.push([key, role])
  if (keys['duration'] === undefined) {
    const duration = DURATIONS.find(([beside, key]) => is(beside) && is(key))
    if (duration !== undefined) found.push([duration[1], duration[2]])
  }
  more.forEach((key, i) => found.push([key, i]))
  return found
}
