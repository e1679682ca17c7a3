import { createHash } from 'node:crypto'
import type { Answered, Delivery, Message, Notifier } from '../../contract/notifier.js'
import { type Plugin, plugin } from '../../contract/plugin.js'
import { bounded, cut, linksOf } from '../shared/message.js'
import { byStatus, fieldOf, JSON_HEADERS, type Judgement, Post, type PostAnswer, saidOf } from '../shared/post.js'

interface Settings {
  /** Integration key of Events API v2. */
  key: string
  /** Accounts of the European region are elsewhere. */
  url: string
}

/** Characters that PagerDuty takes; an event may have 512 KB. */
const MOST = { summary: 1_024, dedupKey: 255 }
const SEVERITIES: Record<Message['severity'], 'warning' | 'error' | 'critical'> = {
  minor: 'warning',
  major: 'error',
  critical: 'critical',
}

function judge(answer: PostAnswer): Judgement {
  const { errors } = (answer.json ?? {}) as { errors?: unknown }
  const why = [fieldOf(answer.json, 'message'), ...(Array.isArray(errors) ? errors.map(String) : [])]
  return { is: byStatus(answer), why: why.filter(Boolean).join(': ') }
}

/** The same for all messages of an incident, so that it is one incident there too. */
export function dedupKey(incident: string): string {
  const key = `epicenter/${incident}`
  return key.length <= MOST.dedupKey ? key : `epicenter/${createHash('sha256').update(incident).digest('hex')}`
}

/** Somebody has it, or it is over, or it is on. */
function actionOf({ state, acknowledged }: Message): 'trigger' | 'acknowledge' | 'resolve' {
  if (state === 'resolved') return 'resolve'
  return acknowledged !== null && state !== 'reopened' ? 'acknowledge' : 'trigger'
}

export function pagerdutyEvent(delivery: Pick<Delivery, 'message' | 'event' | 'title'>, key: string) {
  const { event, title } = delivery
  const message = bounded(delivery.message)
  const details = message.facts.map(({ label, text }) => [label, text] as const)
  return {
    routing_key: key,
    event_action: actionOf(message),
    dedup_key: dedupKey(event.incident),
    client: 'Epicenter',
    ...(message.links.room === null ? {} : { client_url: message.links.room }),
    links: linksOf(message).map(({ words, url }) => ({ href: url, text: words })),
    payload: {
      summary: cut(message.subject, MOST.summary),
      source: cut(title, MOST.summary),
      severity: SEVERITIES[message.severity],
      timestamp: event.at,
      component: event.service,
      class: message.kind,
      custom_details: { ...Object.fromEntries(details), says: message.says.join('\n') },
    },
  }
}

const pagerduty: Plugin<'notifier', Settings, Notifier> = plugin({
  kind: 'notifier',
  name: 'pagerduty',
  summary: 'an incident of PagerDuty that is triggered, acknowledged and resolved with ours (Events API v2)',
  config: {
    type: 'object',
    required: ['key'],
    additionalProperties: false,
    properties: {
      key: { type: 'string', pattern: '^[A-Za-z0-9]{32}$', writeOnly: true },
      url: { type: 'string', pattern: '^https?://', default: 'https://events.pagerduty.com/v2/enqueue' },
    },
  },
  async open({ key, url }, env): Promise<Notifier> {
    const post = new Post({ receiver: 'PagerDuty', env, secrets: [key], judge })
    const send = (body: object) => post.send(url, { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(body) })
    return {
      async tell(delivery: Delivery): Promise<Answered> {
        const event = pagerdutyEvent(delivery, key)
        const answer = await send(event)
        // A test leaves nothing open.
        if (delivery.test === true) await send({ ...event, event_action: 'resolve' })
        return { said: saidOf(answer, fieldOf(answer.json, 'message')) }
      },
      async [Symbol.asyncDispose](): Promise<void> {},
    }
  },
})
export default pagerduty
