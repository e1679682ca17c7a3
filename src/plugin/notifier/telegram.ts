import type { Answered, Delivery, Notifier } from '../../contract/notifier.js'
import { type Plugin, plugin } from '../../contract/plugin.js'
import { AUDIENCE, bounded, escaped, factsFor, type ForWhom, isTeam, linksOf } from '../shared/message.js'
import { byStatus, fieldOf, JSON_HEADERS, type Judgement, Post, type PostAnswer, saidOf } from '../shared/post.js'

interface Settings extends ForWhom {
  token: string
  /** Number of a chat, or `@name` of a public channel. */
  chat: string | number
  /** A topic of a forum. */
  topic?: number
  /** Where the Bot API is; another for a server of one's own. */
  api: string
}

/** Characters of a message, once its markup is read. */
const MOST = { text: 4_096 }

function judge(answer: PostAnswer): Judgement | undefined {
  const { status, json } = answer
  const why = fieldOf(json, 'description')
  if (status === 429) {
    const seconds = Number(fieldOf(json, 'parameters', 'retry_after'))
    return { is: 'later', why, ...(seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {}) }
  }
  // The token is nobody's, or the bot was put out of the chat: only people can mend that, and they hear of it.
  if (status === 401 || status === 403 || status === 404) return { is: 'gone', why }
  return { is: byStatus(answer), why }
}

/** Text with Telegram's few tags, whole lines as long as they fit. */
export function telegramText(delivery: Pick<Delivery, 'message'>, team: boolean): string {
  const message = bounded(delivery.message)
  const links = linksOf(message, team).map(({ words, url }) => `<a href="${escaped(url)}">${escaped(words)}</a>`)
  const lines = [
    `<b>${escaped(message.subject)}</b>`,
    ...message.says.map(escaped),
    ...factsFor(message, team).map(({ label, text }) => `<b>${escaped(label)}:</b> ${escaped(text)}`),
  ]
  let room = MOST.text - links.reduce((sum, each) => sum + each.length + 1, 0)
  const kept = lines.filter(line => (room -= line.length + 1) >= 0)
  return [...kept, ...links].join('\n')
}

class Telegram implements Notifier {
  /** Where a group has moved to, once it was told. */
  private chat: string | number

  constructor(
    private readonly post: Post,
    private readonly settings: Settings,
  ) {
    this.chat = settings.chat
  }

  async tell(delivery: Delivery): Promise<Answered> {
    const { topic } = this.settings
    const { thread } = delivery
    const send = () =>
      this.call({
        chat_id: this.chat,
        text: telegramText(delivery, isTeam(this.settings)),
        parse_mode: 'HTML',
        link_preview_options: { is_disabled: true },
        ...(topic === undefined ? {} : { message_thread_id: topic }),
        ...(thread === undefined
          ? {}
          : { reply_parameters: { message_id: Number(thread), allow_sending_without_reply: true } }),
      })
    const before = this.chat
    const answer = await send().catch(error => {
      // A group that became a supergroup has another number, which the refusal tells.
      if (this.chat === before) throw error
      return send()
    })
    const id = fieldOf(answer.json, 'result', 'message_id')
    return { said: saidOf(answer, id), ...(thread === undefined && id !== undefined ? { thread: id } : {}) }
  }

  private call(body: object): Promise<PostAnswer> {
    const { api, token } = this.settings
    return this.post.send(`${api}/bot${token}/sendMessage`, {
      method: 'POST',
      headers: JSON_HEADERS,
      body: JSON.stringify(body),
    })
  }

  moved(answer: PostAnswer): void {
    const to = fieldOf(answer.json, 'parameters', 'migrate_to_chat_id')
    if (to !== undefined) this.chat = Number(to)
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const telegram: Plugin<'notifier', Settings, Notifier> = plugin({
  kind: 'notifier',
  name: 'telegram',
  summary: 'a message of a Telegram bot, later ones as replies to the first of an incident',
  config: {
    type: 'object',
    required: ['token', 'chat'],
    additionalProperties: false,
    properties: {
      token: { type: 'string', pattern: '^\\d+:[\\w-]{20,}$', writeOnly: true },
      chat: { anyOf: [{ type: 'integer' }, { type: 'string', pattern: '^(-?\\d+|@\\w+)$' }] },
      topic: { type: 'integer', minimum: 1 },
      api: { type: 'string', pattern: '^https?://[^?#]*[^/?#]$', default: 'https://api.telegram.org' },
      ...AUDIENCE,
    },
  },
  async open(settings, env): Promise<Notifier> {
    const post = new Post({
      receiver: 'Telegram',
      env,
      secrets: [settings.token],
      judge: answer => (notifier.moved(answer), judge(answer)),
    })
    const notifier = new Telegram(post, settings)
    return notifier
  },
})
export default telegram
