import type { Answered, Delivery, Message, Notifier } from '../../contract/notifier.js'
import { type Plugin, plugin } from '../../contract/plugin.js'
import { AUDIENCE, cutBytes, type ForWhom, factsFor, isTeam, linksOf } from '../shared/message.js'
import { byStatus, fieldOf, JSON_HEADERS, type Judgement, Post, type PostAnswer, saidOf } from '../shared/post.js'

interface Settings extends ForWhom {
  /** The server. */
  url: string
  /** Whoever knows it may read and write there. */
  topic: string
  token?: string
}

/** Bytes: a longer text becomes an attachment, which a lock screen does not show. */
const MOST = { message: 4_096, title: 250 }
/** 3 is usual, 4 and 5 ring. */
const PRIORITIES: Record<Message['severity'], number> = { minor: 3, major: 4, critical: 5 }

/** 42908 and its like: a quota for the day, of which waiting for minutes mends nothing; the status tells it all the same. */
function judge(answer: PostAnswer): Judgement {
  const why = fieldOf(answer.json, 'error')
  return { is: byStatus(answer), why }
}

export function ntfyMessage({ message }: Pick<Delivery, 'message'>, topic: string, team: boolean) {
  const links = linksOf(message, team)
  const facts = factsFor(message, team).map(({ label, text }) => `${label}: ${text}`)
  const over = message.state === 'resolved' || message.state === 'note'
  return {
    topic,
    title: cutBytes(message.subject, MOST.title),
    message: cutBytes([...message.says, ...facts].join('\n'), MOST.message),
    priority: over ? 3 : PRIORITIES[message.severity],
    tags: [over ? 'white_check_mark' : 'rotating_light'],
    ...(links[0] === undefined ? {} : { click: links[0].url }),
    actions: links.map(({ words, url }) => ({ action: 'view' as const, label: words, url })),
  }
}

const ntfy: Plugin<'notifier', Settings, Notifier> = plugin({
  kind: 'notifier',
  name: 'ntfy',
  summary: 'a push message by ntfy, of the public server or one of one’s own',
  config: {
    type: 'object',
    required: ['topic'],
    additionalProperties: false,
    properties: {
      url: { type: 'string', pattern: '^https?://[^?#]*[^/?#]$', default: 'https://ntfy.sh' },
      topic: { type: 'string', pattern: '^[-_A-Za-z0-9]{1,64}$', writeOnly: true },
      token: { type: 'string', minLength: 8, writeOnly: true },
      ...AUDIENCE,
    },
  },
  // Whoever runs a server of their own often runs it beside this one.
  allowPrivate: true,
  async open(settings, env): Promise<Notifier> {
    const { url, topic, token } = settings
    const post = new Post({ receiver: `ntfy at ${new URL(url).host}`, env, secrets: [token ?? '', topic], judge })
    const headers = { ...JSON_HEADERS, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }
    return {
      async tell(delivery: Delivery): Promise<Answered> {
        const body = JSON.stringify(ntfyMessage(delivery, topic, isTeam(settings)))
        const answer = await post.send(url, { method: 'POST', headers, body })
        return { said: saidOf(answer, fieldOf(answer.json, 'id')) }
      },
      async [Symbol.asyncDispose](): Promise<void> {},
    }
  },
})
export default ntfy
