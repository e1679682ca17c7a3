import { type Plugin, plugin, type Receiver } from '../../contract/plugin.js'
import type { Received, Taken } from '../../contract/received.js'
import type { Labels } from '../../contract/signal.js'
import type { EpochMs } from '../../contract/time.js'
import { type About, aboutSettings, idOf, isRecord, labelsIn, labelsOf, PLACES, serviceOf } from '../shared/alerts.js'
import { checkSignal } from '../shared/checks.js'
import { isSame, SECRET, shows } from '../shared/secret.js'
import { form, receiving } from '../shared/start.js'

interface Push {
  token: string
  service: string
  labels: Labels
}
export interface KumaConfig extends About {
  /** Push addresses, each for what its sender watches. */
  push: Push[]
}

/** States of a heartbeat: down, up, pending (it is being tried again) and maintenance. Only the first two say something. */
const [DOWN, UP, PENDING, MAINTENANCE] = [0, 1, 2, 3]

const refuse = (rule: string, message: string, value: string, status = 400): Taken => ({
  refused: { rule: `uptime-kuma.${rule}`, message, value: value.slice(0, 80), status },
})

const NOTHING: Taken = { signals: [] }

/** Name, tags and kind of a monitor. Its address, headers and passwords stand beside them and are not looked at. */
function labelsOfMonitor(monitor: Record<string, unknown>): Labels {
  const tags = Array.isArray(monitor['tags']) ? (monitor['tags'] as unknown[]) : []
  const named = tags.flatMap((tag): [string, unknown][] =>
    isRecord(tag) && typeof tag['name'] === 'string' ? [[tag['name'], tag['value']]] : [],
  )
  return labelsIn({ ...Object.fromEntries(named), monitor: monitor['name'], type: monitor['type'] })
}

/** What a notification of the type webhook says: a heartbeat is a check. */
export function read(body: unknown, config: KumaConfig, now: EpochMs): Taken {
  if (!isRecord(body) || !('heartbeat' in body || 'msg' in body))
    return refuse(
      'body',
      'a notification has heartbeat, monitor and msg',
      isRecord(body) ? 'none of them' : typeof body,
    )
  const { heartbeat, monitor } = body
  // A trial, or a word on a certificate.
  if (!isRecord(heartbeat) || !isRecord(monitor)) return NOTHING
  const { status, time, ping, monitorID } = heartbeat
  if (status === PENDING || status === MAINTENANCE) return NOTHING
  if (status !== UP && status !== DOWN)
    return refuse('status', 'status is 0 (down), 1 (up), 2 (pending) or 3 (maintenance)', String(status))
  const own = labelsOfMonitor(monitor)
  const latencyMs = typeof ping === 'number' && status === UP ? ping : undefined
  const id = idOf(String(monitorID ?? monitor['id']), String(time ?? now), status)
  const check = { id, service: serviceOf(own, config), at: now, ok: status === UP, labels: labelsOf(own, config) }
  return { signals: [checkSignal({ ...check, latencyMs })] }
}

const tokenIn = ({ path }: Received): string | undefined => /^api\/push\/([^/]+)$/.exec(path)?.[1]

const pushOf = (request: Received, { push }: KumaConfig): Push | undefined => {
  const token = tokenIn(request) ?? ''
  return push.filter(each => isSame(each.token, token)).at(0)
}

/** A heartbeat of a push monitor: `status` (up, if not given), `msg`, which nobody reads here, and `ping` in milliseconds. */
function readPush(request: Received, config: KumaConfig, now: EpochMs): Taken {
  const push = pushOf(request, config)
  if (push === undefined) return refuse('token', 'a push address ends in a token of the configuration', 'another', 404)
  const { status = 'up', ping = '' } = request.query
  const latencyMs = ping === '' ? undefined : Number(ping)
  if (latencyMs !== undefined && !(latencyMs >= 0)) return refuse('ping', 'ping is a time in milliseconds', ping)
  const { service, labels } = push
  const id = idOf(push.token, now)
  return {
    signals: [checkSignal({ id, service, at: now, ok: status === 'up', labels, latencyMs })],
    answer: () => ({ status: 200, headers: { 'content-type': 'application/json' }, body: '{"ok":true}' }),
  }
}

const PUSH = {
  type: 'array',
  default: [],
  maxItems: 1000,
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['token', 'service'],
    properties: {
      token: SECRET,
      service: { type: 'string', minLength: 1, role: 'service' },
      labels: { type: 'object', additionalProperties: { type: 'string' }, default: {} },
    },
  },
} as const

const kuma: Plugin<'receiver', KumaConfig, Receiver> = plugin({
  kind: 'receiver',
  name: 'uptime-kuma',
  summary: 'heartbeats of Uptime Kuma’s monitors as checks, from its webhooks or from whoever pushes to it',
  start: receiving(
    ['uptime-kuma'],
    form('in Notifications, Webhook, application/json', 'Post URL', 'additional header Authorization: Bearer'),
  ),
  config: {
    type: 'object',
    additionalProperties: false,
    properties: { ...aboutSettings(['service'], PLACES), push: PUSH },
  },
  async open(config, env): Promise<Receiver> {
    const { secret, push } = config
    const trusts = (request: Received) =>
      tokenIn(request) === undefined
        ? secret !== undefined && shows(secret, request)
        : pushOf(request, config) !== undefined
    return {
      methods: ['GET', 'POST'],
      ...(secret === undefined && push.length === 0 ? {} : { trusts }),
      take(request) {
        if (tokenIn(request) !== undefined) return readPush(request, config, env.now())
        if (request.path === '' && request.method === 'POST') return read(request.json(), config, env.now())
        return refuse(
          'path',
          'webhooks go to the receiver’s own path, pushes to api/push/TOKEN below it',
          request.path,
          404,
        )
      },
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default kuma
