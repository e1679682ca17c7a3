import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { ID_CHARS } from '../../contract/limits.js'
import { Refusal, shown } from '../../core/ingest/door.js'

// CloudEvents 1.0. Structured: the envelope is JSON and `data` is the signal. Binary: the envelope is in headers `ce-…`
// and the body is the signal. What identifies an event is its source and id together.

type Fields = Record<string, unknown>

const refuse = (rule: string, message: string, value: unknown) =>
  new Refusal(`cloudevent.${rule}`, message, shown(value))
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isJson = (type: unknown): boolean =>
  typeof type === 'string' && /^\s*[\w.+-]+\/(?:[\w.+-]*\+)?json\s*(?:;|$)/i.test(type)

/** The signal of an event in structured mode: `id`, `at` and `service` come from the envelope where it has none. */
export function fromCloudEvent(value: unknown): unknown {
  if (!isObject(value)) return new Refusal('cloudevent', 'an event is a JSON object', shown(value))
  const broken = envelope(value)
  if (broken !== null) return broken
  const type = value['datacontenttype']
  if (type !== undefined && type !== null && !isJson(type))
    return refuse(
      'datacontenttype',
      'data must be a signal in JSON: datacontenttype must be application/json or end in +json',
      type,
    )
  const data = dataOf(value)
  if (data instanceof Refusal) return data
  return withEnvelope(data, value)
}

/** What every event has, and in this version. */
function envelope(event: Fields): Refusal | null {
  if (event['specversion'] !== '1.0') return refuse('specversion', 'specversion must be 1.0', event['specversion'])
  for (const name of ['id', 'source', 'type'] as const) {
    const value = event[name]
    if (typeof value !== 'string' || value.trim() === '')
      return refuse(name, `every event needs ${name}, a text`, value)
  }
  if (/\s/.test(event['source'] as string))
    return refuse('source', 'source must be a URI reference, without blanks', event['source'])
  return null
}

function dataOf(event: Fields): Fields | Refusal {
  const { data, data_base64: packed } = event
  const has = (value: unknown) => value !== undefined && value !== null
  if (has(data) && has(packed)) return refuse('data', 'an event may have data or data_base64, not both', 'both')
  let value = data
  if (has(packed)) {
    // Node's own reader passes over whatever is no base64.
    if (typeof packed !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(packed) || packed.length % 4 !== 0)
      return refuse('data_base64', 'data_base64 must be base64 of a signal in JSON', packed)
    try {
      value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(packed, 'base64')))
    } catch {
      return refuse('data_base64', 'data_base64 must be base64 of a signal in JSON', packed)
    }
  }
  return isObject(value) ? value : refuse('data', 'data must be a signal as a JSON object', value)
}

function withEnvelope(signal: Fields, event: Fields): Fields {
  const identity = identityOf(event['source'] as string, event['id'] as string)
  return {
    ...signal,
    // A fact is named by other facts and by people, so its own name counts; an observation is told apart by its event.
    id: signal['type'] === 'fact' ? (signal['id'] ?? identity) : identity,
    at: signal['at'] ?? event['time'],
    service: signal['service'] ?? event['source'],
  }
}

/** Source and id as one. A source has no blank in it, so that no two pairs give the same; longer ones are hashed. */
function identityOf(source: string, id: string): string {
  const whole = `${source} ${id}`
  if (whole.normalize('NFC').length <= ID_CHARS) return whole
  return `ce-${createHash('sha256').update(whole.normalize('NFC'), 'utf16le').digest('hex')}`
}

/** Whether a request carries one event in binary mode. */
export const isBinary = (headers: IncomingHttpHeaders): boolean =>
  headers['ce-specversion'] !== undefined || headers['ce-id'] !== undefined

/** The signal of an event in binary mode; `body` is its data. */
export function fromBinary(headers: IncomingHttpHeaders, body: unknown): unknown {
  const event: Fields = {}
  for (const name of ['specversion', 'id', 'source', 'type', 'time']) {
    const value = headers[`ce-${name}`]
    if (value === undefined) continue
    const read = typeof value === 'string' ? headerText(value) : null
    if (read === null)
      return refuse(name, `ce-${name} must be a text, its bytes beyond ASCII percent-encoded UTF-8`, value)
    event[name] = read
  }
  const broken = envelope(event)
  if (broken !== null) return broken
  return isObject(body)
    ? withEnvelope(body, event)
    : refuse('data', 'the body of an event in binary mode must be one signal as a JSON object', body)
}

/** Quotes around the whole are left out, and percent-encoding is undone, as the HTTP binding says. */
function headerText(value: string): string | null {
  const text = /^"(.*)"$/.exec(value)?.[1]?.replace(/\\(.)/g, '$1') ?? value
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
