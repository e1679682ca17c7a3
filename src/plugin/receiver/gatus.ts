import { type Plugin, plugin, type Receiver } from '../../contract/plugin.js'
import type { Received, Taken } from '../../contract/received.js'
import type { Labels } from '../../contract/signal.js'
import type { EpochMs } from '../../contract/time.js'
import { type About, aboutSettings, idOf, isRecord, labelsIn, labelsOf, serviceOf } from '../shared/alerts.js'
import { checkSignal } from '../shared/checks.js'
import { shows } from '../shared/secret.js'
import { form, receiving } from '../shared/start.js'

const refuse = (rule: string, message: string, value: string, status = 400): Taken => ({
  refused: { rule: `gatus.${rule}`, message, value: value.slice(0, 80), status },
})

/** Units of Go's durations, in milliseconds. */
const UNITS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** Milliseconds of a duration as Go writes it, such as `1m2.5s`; null for what is none. */
export function durationOf(text: string): number | null {
  if (text === '0') return 0
  let ms = 0
  let rest = text
  do {
    const [piece, number, unit] = /^(\d{1,15}(?:\.\d{0,15})?)(ns|us|µs|μs|ms|s|m|h)/.exec(rest) ?? []
    if (piece === undefined) return null
    ms += Number(number) * UNITS[unit!]!
    rest = rest.slice(piece.length)
  } while (rest !== '')
  return ms
}

function check(own: Labels, ok: boolean, config: About, now: EpochMs, latencyMs?: number): object {
  const labels = labelsOf(own, config)
  return checkSignal({
    id: idOf(JSON.stringify(own), now),
    service: serviceOf(own, config),
    at: now,
    ok,
    labels,
    latencyMs,
  })
}

/** Key of an endpoint: group and name, each without `_`, which stands between them. */
const keyIn = ({ path }: Received): string | undefined => /^api\/v1\/endpoints\/([^/]+)\/external$/.exec(path)?.[1]

/** A result that is pushed for an external endpoint, as to Gatus itself. */
function readPush(key: string, { query }: Received, config: About, now: EpochMs): Taken {
  const { success = '', duration = '' } = query
  if (success !== 'true' && success !== 'false') return refuse('success', 'success is true or false', success)
  const latencyMs = duration === '' ? undefined : durationOf(duration)
  if (latencyMs === null) return refuse('duration', 'duration is one as Go writes it, such as 1.5s', duration)
  const at = key.indexOf('_')
  const own = labelsIn({ key, group: key.slice(0, Math.max(0, at)), name: key.slice(at + 1) })
  return { signals: [check(own, success === 'true', config, now, latencyMs)], answer: () => ({ status: 200 }) }
}

const STATES: Record<string, boolean> = { TRIGGERED: false, RESOLVED: true }

/** A message of the alert provider `custom`, with the body that docs/alerts.md gives. */
export function read(body: unknown, config: About, now: EpochMs): Taken {
  if (!isRecord(body)) return refuse('body', 'the body is the object that docs/alerts.md shows', typeof body)
  const state = typeof body['state'] === 'string' ? body['state'] : ''
  if (!Object.hasOwn(STATES, state)) return refuse('state', 'state is TRIGGERED or RESOLVED', state)
  const own = labelsIn({ group: body['group'], name: body['name'] })
  return { signals: [check(own, STATES[state]!, config, now)] }
}

const gatus: Plugin<'receiver', About, Receiver> = plugin({
  kind: 'receiver',
  name: 'gatus',
  summary: 'results of Gatus as checks: pushed for its external endpoints, or by its custom alerts',
  start: receiving(['gatus'], form('in alerting.custom of Gatus', 'url', 'header Authorization: Bearer')),
  config: {
    type: 'object',
    additionalProperties: false,
    properties: aboutSettings(['group'], { name: 'component' }),
  },
  async open(config, env): Promise<Receiver> {
    const { secret } = config
    return {
      ...(secret === undefined ? {} : { trusts: request => shows(secret, request) }),
      take(request) {
        const key = keyIn(request)
        if (key !== undefined) return readPush(key, request, config, env.now())
        if (request.path === '') return read(request.json(), config, env.now())
        return refuse('path', 'results go to api/v1/endpoints/KEY/external below the receiver', request.path, 404)
      },
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default gatus
