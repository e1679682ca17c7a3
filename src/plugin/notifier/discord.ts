import type { Answered, Delivery, Message, Notifier } from '../../contract/notifier.js'
import { type Plugin, plugin } from '../../contract/plugin.js'
import { AUDIENCE, cut, factsFor, type ForWhom, isTeam, linesWithin, linksOf } from '../shared/message.js'
import { byStatus, fieldOf, JSON_HEADERS, type Judgement, Post, type PostAnswer, saidOf } from '../shared/post.js'

interface Settings extends ForWhom {
  url: string
  /** The webhook's channel is a forum: each incident is a post of its own. */
  forum: boolean
}

/** Characters and counts of an embed; Discord takes 4,096 of the description, 25 fields of 1,024, and 6,000 of all together. */
const MOST = { title: 256, description: 2_000, fields: 10, fieldName: 100, field: 300, embed: 6_000, threadName: 100 }

const COLOURS: Record<Message['severity'], number> = { minor: 0xc69214, major: 0xd9622b, critical: 0xc0272d }
const CALM = 0x2e7d4f

/** Beside the status Discord says how long to wait in the body. Who sends to a webhook that is gone is shut out for it. */
function judge(answer: PostAnswer): Judgement | undefined {
  const { status, json } = answer
  const why = fieldOf(json, 'message')
  if (status === 429) {
    const seconds = Number(fieldOf(json, 'retry_after'))
    return { is: 'later', why, ...(seconds > 0 ? { retryAfterMs: Math.ceil(seconds * 1_000) } : {}) }
  }
  // 10015: unknown webhook, 50027: its token is wrong.
  const code = fieldOf(json, 'code')
  if (status === 404 || code === '10015' || code === '50027') return { is: 'gone', why }
  return { is: byStatus(answer), why }
}

export function discordMessage({ message, event }: Pick<Delivery, 'message' | 'event'>, team: boolean) {
  const links = linksOf(message, team)
  const title = cut(message.subject, MOST.title)
  const description = linesWithin(
    [...message.says.map(plain), ...links.map(({ words, url }) => `[${plain(words)}](${cut(url, 400)})`)],
    MOST.description,
  )
  let left = MOST.embed - title.length - description.length
  const fields = factsFor(message, team)
    .slice(0, MOST.fields)
    .map(({ label, text }) => ({ name: cut(label, MOST.fieldName), value: cut(plain(text), MOST.field) }))
    .filter(({ name, value }) => (left -= name.length + value.length) >= 0)
  const over = message.state === 'resolved' || message.state === 'note'
  return {
    // Names that others wrote call nobody.
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title,
        description,
        ...(links[0] === undefined ? {} : { url: cut(links[0].url, 2_000) }),
        color: over ? CALM : COLOURS[message.severity],
        timestamp: event.at,
        fields,
      },
    ],
  }
}

/** Text that is no markup of Discord's. */
const plain = (text: string): string => text.replace(/[\\*_~`|[\]<>]/g, '\\$&')

class Discord implements Notifier {
  constructor(
    private readonly post: Post,
    private readonly settings: Settings,
  ) {}

  async tell(delivery: Delivery): Promise<Answered> {
    const { url, forum } = this.settings
    const { thread, message } = delivery
    const at = new URL(url)
    at.searchParams.set('wait', 'true')
    const begins = forum && thread === undefined
    if (forum && thread !== undefined) at.searchParams.set('thread_id', thread)
    const body = {
      ...discordMessage(delivery, isTeam(this.settings)),
      ...(begins ? { thread_name: cut(message.name, MOST.threadName) } : {}),
    }
    const answer = await this.post.send(at.href, { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(body) })
    const channel = fieldOf(answer.json, 'channel_id')
    return {
      said: saidOf(answer, fieldOf(answer.json, 'id')),
      ...(begins && channel !== undefined ? { thread: channel } : {}),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const discord: Plugin<'notifier', Settings, Notifier> = plugin({
  kind: 'notifier',
  name: 'discord',
  summary: 'a message in a Discord channel; in a forum one post an incident',
  config: {
    type: 'object',
    required: ['url'],
    additionalProperties: false,
    properties: {
      url: { type: 'string', pattern: '^https://', writeOnly: true },
      forum: { type: 'boolean', default: false },
      ...AUDIENCE,
    },
  },
  async open(settings, env): Promise<Notifier> {
    return new Discord(new Post({ receiver: 'Discord', env, secrets: [settings.url], judge }), settings)
  },
})
export default discord
