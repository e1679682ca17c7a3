import type { Answered, Delivery, Message, Notifier } from '../../contract/notifier.js'
import { type Plugin, plugin } from '../../contract/plugin.js'
import { createHash } from 'node:crypto'
import { cut, linesWithin, linksOf } from '../shared/message.js'
import { byStatus, fieldOf, JSON_HEADERS, type Judgement, Post, type PostAnswer, saidOf } from '../shared/post.js'

interface Settings {
  token: string
  /** Key of a user or a group. */
  user: string
  /** A critical incident rings until somebody says in the app that they have seen it. */
  emergency: boolean
  api: string
}

/** Characters that Pushover takes. */
const MOST = { message: 1_024, title: 250, url: 512, urlTitle: 100 }
/** An emergency rings so often, */
const RING_SECONDS = 60
/** and so long at most. */
const RING_FOR_SECONDS = 3_600

const PRIORITIES: Record<Message['severity'], number> = { minor: 0, major: 1, critical: 1 }

/** 429 is the application's month, whose end a header names: what waits is looked at again within the hour. */
function judge(answer: PostAnswer, now: number): Judgement {
  const errors = (answer.json as { errors?: unknown } | undefined)?.errors
  const why = Array.isArray(errors) ? errors.map(String).join('; ') : undefined
  const reset = Number(answer.headers.get('x-limit-app-reset'))
  if (answer.status === 429 && reset > 0) return { is: 'later', why, retryAfterMs: reset * 1_000 - now }
  return { is: byStatus(answer), why }
}

/** A tag of letters and digits, by which what still rings is silenced. */
const tagOf = (incident: string): string => `i${createHash('sha256').update(incident).digest('hex').slice(0, 20)}`

export function pushoverMessage({ message, event }: Pick<Delivery, 'message' | 'event'>, settings: Settings) {
  const { token, user, emergency } = settings
  const [link] = linksOf(message)
  const over = message.state === 'resolved' || message.state === 'note'
  const rings = emergency && message.severity === 'critical' && !over
  const facts = message.facts.map(({ label, text }) => `${label}: ${text}`)
  return {
    token,
    user,
    title: cut(message.subject, MOST.title),
    message: linesWithin([...message.says, ...facts], MOST.message) || message.name,
    priority: over ? 0 : rings ? 2 : PRIORITIES[message.severity],
    timestamp: Math.floor(Date.parse(event.at) / 1_000),
    ...(link === undefined || link.url.length > MOST.url
      ? {}
      : { url: link.url, url_title: cut(link.words, MOST.urlTitle) }),
    ...(rings ? { retry: RING_SECONDS, expire: RING_FOR_SECONDS, tags: tagOf(event.incident) } : {}),
  }
}

const pushover: Plugin<'notifier', Settings, Notifier> = plugin({
  kind: 'notifier',
  name: 'pushover',
  summary: 'a push message by Pushover, which may ring until it is seen',
  config: {
    type: 'object',
    required: ['token', 'user'],
    additionalProperties: false,
    properties: {
      token: { type: 'string', pattern: '^[A-Za-z0-9]{30}$', writeOnly: true },
      user: { type: 'string', pattern: '^[A-Za-z0-9]{30}$', writeOnly: true },
      emergency: { type: 'boolean', default: false },
      api: { type: 'string', pattern: '^https?://[^?#]*[^/?#]$', default: 'https://api.pushover.net/1' },
    },
  },
  async open(settings, env): Promise<Notifier> {
    const { token, user, emergency, api } = settings
    const post = new Post({ receiver: 'Pushover', env, secrets: [token, user], judge })
    const send = (path: string, body: object) =>
      post.send(`${api}/${path}`, { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(body) })
    return {
      async tell(delivery: Delivery): Promise<Answered> {
        const { message, event } = delivery
        if (emergency && message.state === 'resolved')
          await send(`receipts/cancel_by_tag/${tagOf(event.incident)}.json`, { token })
        const answer = await send('messages.json', pushoverMessage(delivery, settings))
        return { said: saidOf(answer, fieldOf(answer.json, 'request')) }
      },
      async [Symbol.asyncDispose](): Promise<void> {},
    }
  },
})
export default pushover
