import { type Plugin, plugin, type Receiver } from '../../contract/plugin.js'
import type { Answer, Receipt, Received, Taken } from '../../contract/received.js'
import { type EpochMs, MINUTE } from '../../contract/time.js'
import {
  type AboutAlerts,
  alertSettings,
  alertSignal,
  idOf,
  isRecord,
  labelsIn,
  linkOf,
  timeIn,
} from '../shared/alerts.js'
import { readNotified, threadIn } from '../shared/notified.js'
import { shows } from '../shared/secret.js'
import { receiving } from '../shared/start.js'

export interface AlertmanagerConfig extends AboutAlerts {
  /** An alert that is posted without its end holds for so long; Alertmanager's `resolve_timeout`. */
  resolveMinutes: number
}

const SOURCE = 'alertmanager'
const JSON_TYPE = { 'content-type': 'application/json' }

const titleIn = (labels: Record<string, string>, annotations: Record<string, string>): string | undefined =>
  annotations['summary'] ?? annotations['title'] ?? labels['alertname']

/** What a notification of Alertmanager's webhook says, format 4. */
export const readWebhook = (body: unknown, config: AlertmanagerConfig, now: EpochMs): Taken =>
  readNotified(body, now, config, SOURCE, ({ alert, labels, annotations, external }) => ({
    title: titleIn(labels, annotations),
    href: linkOf(alert['generatorURL'], external),
  }))

/**
 * What is posted to Alertmanager's API v2. An alert fires until its end, which its sender moves on as long as it fires: when
 * that falls silent, it is over. What has no end holds for `resolveMinutes`.
 */
export function readPosted(body: unknown, config: AlertmanagerConfig, now: EpochMs): Taken {
  if (!Array.isArray(body))
    return { refused: { rule: 'alertmanager.list', message: 'alerts are posted as a list', value: typeof body } }
  const signals = (body as unknown[]).map((each, i) => {
    const alert = isRecord(each) ? each : {}
    const [labels, annotations] = [labelsIn(alert['labels']), labelsIn(alert['annotations'])]
    const thread = threadIn(labels)
    const begun = timeIn(alert['startsAt'])
    const held = Math.floor(now / MINUTE) * MINUTE + config.resolveMinutes * MINUTE
    const ends = timeIn(alert['endsAt']) ?? held
    return alertSignal(
      {
        ...{ thread, labels, at: now, source: SOURCE, status: ends > now ? 'firing' : 'resolved' },
        ...{ title: titleIn(labels, annotations), href: linkOf(alert['generatorURL']) },
        ...{ id: idOf(thread ?? i, begun, ends), happenedAt: begun, endedAt: ends },
      },
      config,
    )
  })
  return { signals, answer: posted }
}

/** As Alertmanager answers: nothing, or a text of what was wrong where nothing was taken. */
function posted({ accepted, duplicate, rejectedCount, rejected }: Receipt): Answer {
  if (rejectedCount === 0 || accepted + duplicate > 0) return { status: 200 }
  const [first] = rejected
  return { status: 400, headers: JSON_TYPE, body: JSON.stringify(`${first?.rule}: ${first?.message}`) }
}

/** The part of `GET /api/v2/status` that clients rely on; its fields are required by Alertmanager's OpenAPI document. */
const STATUS = {
  cluster: { status: 'disabled', peers: [] },
  config: { original: '' },
  uptime: '1970-01-01T00:00:00.000Z',
  versionInfo: { branch: '', buildDate: '', buildUser: '', goVersion: '', revision: '', version: 'epicenter' },
}

const ASKED: Record<string, Answer> = {
  'api/v2/status': { status: 200, headers: JSON_TYPE, body: JSON.stringify(STATUS) },
  '-/healthy': { status: 200, body: 'OK' },
  '-/ready': { status: 200, body: 'OK' },
}

const nowhere = ({ path }: Received): Taken => ({
  refused: {
    rule: 'alertmanager.path',
    message: 'notifications go to the receiver’s own path, alerts to api/v2/alerts below it',
    value: path.slice(0, 80),
    status: 404,
  },
})

const alertmanager: Plugin<'receiver', AlertmanagerConfig, Receiver> = plugin({
  kind: 'receiver',
  name: 'alertmanager',
  summary: 'alerts of Prometheus, which takes it for an Alertmanager, or of the webhook of one',
  start: receiving(
    ['alertmanager'],
    (at, secret) =>
      `in alertmanager.yml, of a receiver:\n  webhook_configs: [{ url: '${at}', http_config: { authorization: { credentials: ${secret} } } }]`,
  ),
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...alertSettings(['service', 'job']),
      resolveMinutes: { type: 'number', minimum: 1, maximum: 1440, default: 5 },
    },
  },
  async open(config, env): Promise<Receiver> {
    const { secret } = config
    return {
      methods: ['GET', 'POST'],
      ...(secret === undefined ? {} : { trusts: request => shows(secret, request) }),
      take(request) {
        if (request.method === 'GET') {
          const answer = Object.hasOwn(ASKED, request.path) ? ASKED[request.path]! : null
          return answer === null ? nowhere(request) : { signals: [], answer: () => answer }
        }
        if (request.path === '') return readWebhook(request.json(), config, env.now())
        if (request.path === 'api/v2/alerts') return readPosted(request.json(), config, env.now())
        return nowhere(request)
      },
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default alertmanager
