import type { Answered, Delivery, Message, Notifier } from '../../contract/notifier.js'
import { type Plugin, plugin } from '../../contract/plugin.js'
import { HOUR } from '../../contract/time.js'
import { bounded, cut, plainText } from '../shared/message.js'
import { JSON_HEADERS, Post, saidOf } from '../shared/post.js'

interface Settings {
  /** Of an Alertmanager, or of what takes its alerts; without `/api/v2/alerts`. */
  url: string
  user?: string
  password?: string
  token?: string
  /** Labels beside ours, by which routes of the Alertmanager choose. */
  labels: Record<string, string>
  /** An alert that is not said to be over ends so long after its last message: nobody repeats it. */
  holdHours: number
}

/** Characters of a label or an annotation: Alertmanager has no limit of its own, those whom it tells have. */
const MOST = { text: 8_000 }

interface Alert {
  labels: Record<string, string>
  annotations: Record<string, string>
  startsAt: string
  endsAt: string
  generatorURL?: string
}

/**
 * An incident as alerts. Labels say which alert it is, so that of a severity which has changed is another one: the earlier is over
 * then.
 *
 * @param earlier severity of the message before
 */
export function alertsOf(
  delivery: Pick<Delivery, 'message' | 'event' | 'title'>,
  { labels, holdHours }: Pick<Settings, 'labels' | 'holdHours'>,
  earlier: string | undefined,
): Alert[] {
  const { event, title } = delivery
  const message = bounded(delivery.message)
  const { page, room } = message.links
  const alert = (severity: string, endsAt: string): Alert => ({
    labels: {
      ...labels,
      alertname: 'EpicenterIncident',
      incident: event.incident,
      service: event.service,
      severity,
    },
    annotations: {
      summary: cut(message.subject, MOST.text),
      description: plainText(message, MOST.text),
      title,
      ...(page === null ? {} : { page }),
      ...(room === null ? {} : { room }),
    },
    startsAt: message.startedAt,
    endsAt,
    ...(room === null ? {} : { generatorURL: room }),
  })
  const over = message.state === 'resolved'
  const until = over ? event.at : new Date(Date.parse(event.at) + holdHours * HOUR).toISOString()
  // What is over was told of as it was last, whatever it was at the worst.
  const now: Message['severity'] | string = over && earlier !== undefined ? earlier : message.severity
  return [...(earlier === undefined || earlier === now ? [] : [alert(earlier, event.at)]), alert(now, until)]
}

const alertmanager: Plugin<'notifier', Settings, Notifier> = plugin({
  kind: 'notifier',
  name: 'alertmanager',
  summary: 'alerts for an Alertmanager or what takes its alerts, for who routes there already',
  config: {
    type: 'object',
    required: ['url'],
    additionalProperties: false,
    properties: {
      url: { type: 'string', pattern: '^https?://[^?#@]*[^/?#@]$' },
      user: { type: 'string', minLength: 1 },
      password: { type: 'string', minLength: 1, writeOnly: true },
      token: { type: 'string', minLength: 1, writeOnly: true },
      labels: {
        type: 'object',
        additionalProperties: { type: 'string', minLength: 1, maxLength: 200 },
        propertyNames: { pattern: '^[a-zA-Z_][a-zA-Z0-9_]*$' },
        default: {},
      },
      holdHours: { type: 'number', minimum: 1, maximum: 720, default: 72 },
    },
  },
  // It often stands beside the server.
  allowPrivate: true,
  async open(settings, env): Promise<Notifier> {
    const { url, user = '', password = '', token } = settings
    const post = new Post({
      receiver: `the Alertmanager at ${new URL(url).host}`,
      env,
      secrets: [password, token ?? ''],
    })
    const basic = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    const authorization = token !== undefined ? `Bearer ${token}` : user + password === '' ? undefined : basic
    const headers = { ...JSON_HEADERS, ...(authorization === undefined ? {} : { authorization }) }
    return {
      async tell(delivery: Delivery): Promise<Answered> {
        const alerts = alertsOf(delivery, settings, delivery.thread)
        if (delivery.test === true)
          alerts[0]!.endsAt = new Date(Date.parse(delivery.event.at) + HOUR / 60).toISOString()
        const answer = await post.send(`${url}/api/v2/alerts`, {
          method: 'POST',
          headers,
          body: JSON.stringify(alerts),
        })
        return { said: saidOf(answer), thread: alerts.at(-1)!.labels['severity'] as string }
      },
      async [Symbol.asyncDispose](): Promise<void> {},
    }
  },
})
export default alertmanager
