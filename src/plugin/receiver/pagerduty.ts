import { type Plugin, plugin, type Receiver } from '../../contract/plugin.js'
import type { Answer, Receipt, Received, Taken } from '../../contract/received.js'
import { DAY, type EpochMs, HOUR } from '../../contract/time.js'
import {
  type AboutAlerts,
  alertSettings,
  alertSignal,
  idOf,
  isRecord,
  labelsIn,
  linkOf,
  serviceOf,
  threadOf,
  timeIn,
} from '../shared/alerts.js'
import { isSame, SECRET, shows } from '../shared/secret.js'
import { form, receiving } from '../shared/start.js'

export interface PagerdutyConfig extends AboutAlerts {
  /** Further routing keys, each for one service. */
  keys: { key: string; service: string }[]
  /** Nobody repeats what fires here: it holds until it is resolved, so long at most. */
  holdsHours: number
}

/** As PagerDuty documents it for `dedup_key`. */
const KEY_CHARS = 255
const ACTIONS = new Set(['trigger', 'acknowledge', 'resolve'])
const JSON_TYPE = { 'content-type': 'application/json' }
const PATHS = new Set(['', 'v2/enqueue'])

const refuse = (rule: string, message: string, value: string, status = 400): Taken => ({
  refused: { rule: `pagerduty.${rule}`, message, value: value.slice(0, 80), status },
})
const accepted = (key: string): Answer => ({
  status: 202,
  headers: JSON_TYPE,
  body: JSON.stringify({ status: 'success', message: 'Event processed', dedup_key: key }),
})

/** As PagerDuty answers: 202 with the key, or what was wrong with the event. */
const answerOf =
  (key: string) =>
  ({ rejectedCount, rejected }: Receipt): Answer =>
    rejectedCount === 0
      ? accepted(key)
      : {
          status: 400,
          headers: JSON_TYPE,
          body: JSON.stringify({
            status: 'invalid event',
            message: 'Event object is invalid',
            errors: rejected.map(({ rule, message }) => `${rule}: ${message}`),
          }),
        }

/** What an event of the Events API v2 says. An acknowledgement changes nothing of what fires. */
export function read(body: unknown, config: PagerdutyConfig, now: EpochMs): Taken {
  if (!isRecord(body)) return refuse('event', 'an event is an object', Array.isArray(body) ? 'a list' : typeof body)
  const { event_action: action, dedup_key: given } = body
  if (typeof action !== 'string' || !ACTIONS.has(action))
    return refuse('event_action', `event_action is one of ${[...ACTIONS].join(', ')}`, String(action))
  if (given !== undefined && given !== null && (typeof given !== 'string' || given.length > KEY_CHARS))
    return refuse('dedup_key', `dedup_key is a text of at most ${KEY_CHARS} characters`, typeof given)
  const named = typeof given === 'string' && given !== ''
  if (!named && action !== 'trigger') return refuse('dedup_key', `${action} names the alert by its dedup_key`, 'none')
  // The same event without a key, sent again, is the same alert.
  const key = named ? given : idOf(JSON.stringify(body))
  if (action === 'acknowledge') return { signals: [], answer: () => accepted(key) }
  const payload = isRecord(body['payload']) ? body['payload'] : {}
  const summary = payload['summary']
  if (action === 'trigger' && (typeof summary !== 'string' || summary.trim() === ''))
    return refuse('payload', 'trigger has a payload with a summary, a source and a severity', typeof summary)
  const labels = { ...labelsIn(payload['custom_details']), ...labelsIn({ ...payload, summary: undefined }) }
  const begun = timeIn(payload['timestamp'])
  const [link] = Array.isArray(body['links']) ? (body['links'] as unknown[]) : []
  const signal = {
    ...{ thread: threadOf(key), labels, at: now, source: 'pagerduty', id: idOf(key, action, now) },
    status: action === 'trigger' ? 'firing' : 'resolved',
    title: typeof summary === 'string' ? summary : undefined,
    href: linkOf(isRecord(link) ? link['href'] : undefined, body['client_url']),
    happenedAt: action === 'trigger' && begun !== undefined && Math.abs(now - begun) < DAY ? begun : undefined,
    endedAt: action === 'trigger' ? now + config.holdsHours * HOUR : undefined,
  }
  const service = routed(body['routing_key'], config)?.service ?? serviceOf(labels, config)
  return { signals: [alertSignal(signal, config, service)], answer: answerOf(key) }
}

/** Compares all of them, so that the time says nothing of which it was. */
function routed(shown: unknown, { keys }: PagerdutyConfig): PagerdutyConfig['keys'][number] | undefined {
  const key = typeof shown === 'string' ? shown : ''
  return keys.filter(each => isSame(each.key, key)).at(0)
}

/** Clients of PagerDuty show their routing key in the body; others of ours may show it as everywhere. */
function trusts(request: Received, config: PagerdutyConfig): boolean {
  const { secret } = config
  if (secret !== undefined && shows(secret, request)) return true
  let body: unknown
  try {
    body = request.json()
  } catch {
    return false
  }
  const key = isRecord(body) && typeof body['routing_key'] === 'string' ? body['routing_key'] : ''
  return (secret !== undefined && isSame(key, secret)) || routed(key, config) !== undefined
}

const KEYS = {
  type: 'array',
  default: [],
  maxItems: 1000,
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['key', 'service'],
    properties: { key: SECRET, service: { type: 'string', minLength: 1, role: 'service' } },
  },
} as const

const pagerduty: Plugin<'receiver', PagerdutyConfig, Receiver> = plugin({
  kind: 'receiver',
  name: 'pagerduty',
  summary: 'events of PagerDuty’s Events API v2, from clients whose address alone is changed',
  start: receiving(
    ['pagerduty'],
    form('senders of PagerDuty events (v2) post', 'to', 'with the header Authorization: Bearer'),
  ),
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...alertSettings(['service']),
      keys: KEYS,
      holdsHours: { type: 'number', minimum: 0.1, maximum: 720, default: 24 },
    },
  },
  async open(config, env): Promise<Receiver> {
    const knows = config.secret !== undefined || config.keys.length > 0
    return {
      ...(knows ? { trusts: request => trusts(request, config) } : {}),
      take(request) {
        if (PATHS.has(request.path)) return read(request.json(), config, env.now())
        const change = request.path === 'v2/change/enqueue'
        const message = change ? 'changes go to a receiver for changes' : 'events go to v2/enqueue below the receiver'
        return refuse('path', message, request.path, 404)
      },
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default pagerduty
