import type { Answered, Delivery, Notifier } from '../../contract/notifier.js'
import { type Plugin, plugin } from '../../contract/plugin.js'
import { AUDIENCE, bounded, escaped, factsFor, type ForWhom, isTeam, linksOf, plainText } from '../shared/message.js'
import { byStatus, fieldOf, JSON_HEADERS, type Judgement, Post, type PostAnswer, saidOf } from '../shared/post.js'

interface Settings extends ForWhom {
  /** The homeserver. */
  url: string
  token: string
  /** Id of a room that the user of the token has joined, as `!abc:example.org`. */
  room: string
}

/** Characters of the text; an event may have 64 KiB with its HTML and all that the homeserver adds. */
const MOST = { text: 8_000 }

function judge(answer: PostAnswer): Judgement | undefined {
  const { status, json } = answer
  const why = fieldOf(json, 'errcode')
  if (why === 'M_LIMIT_EXCEEDED') {
    const ms = Number(fieldOf(json, 'retry_after_ms'))
    return { is: 'later', why, ...(ms > 0 ? { retryAfterMs: ms } : {}) }
  }
  if (why === 'M_UNKNOWN_TOKEN' || why === 'M_MISSING_TOKEN' || why === 'M_USER_DEACTIVATED') return { is: 'gone', why }
  // An invitation mends it.
  if (status === 403 || status === 404) return { is: 'later', why }
  return { is: byStatus(answer), why }
}

/** The content of an `m.room.message`, in the thread of the incident. */
export function matrixContent(delivery: Pick<Delivery, 'message' | 'thread'>, team: boolean) {
  const { thread } = delivery
  const message = bounded(delivery.message)
  const html = [
    `<strong>${escaped(message.subject)}</strong>`,
    ...message.says.map(escaped),
    ...factsFor(message, team).map(({ label, text }) => `<b>${escaped(label)}:</b> ${escaped(text)}`),
    ...linksOf(message, team).map(({ words, url }) => `<a href="${escaped(url)}">${escaped(words)}</a>`),
  ]
  return {
    msgtype: 'm.text' as const,
    body: `${message.subject}\n${plainText(message, MOST.text, team)}`,
    format: 'org.matrix.custom.html' as const,
    formatted_body: html.join('<br>').length > 2 * MOST.text ? html.slice(0, 5).join('<br>') : html.join('<br>'),
    // Names that others wrote call nobody.
    'm.mentions': {},
    ...(thread === undefined
      ? {}
      : {
          'm.relates_to': {
            rel_type: 'm.thread' as const,
            event_id: thread,
            is_falling_back: true,
            'm.in_reply_to': { event_id: thread },
          },
        }),
  }
}

const matrix: Plugin<'notifier', Settings, Notifier> = plugin({
  kind: 'notifier',
  name: 'matrix',
  summary: 'a message in a Matrix room, one thread an incident',
  config: {
    type: 'object',
    required: ['url', 'token', 'room'],
    additionalProperties: false,
    properties: {
      url: { type: 'string', pattern: '^https?://[^?#]*[^/?#]$' },
      token: { type: 'string', minLength: 8, writeOnly: true },
      room: { type: 'string', pattern: '^![^\\s]+$' },
      ...AUDIENCE,
    },
  },
  // Homeservers often stand beside the server.
  allowPrivate: true,
  async open(settings, env): Promise<Notifier> {
    const { url, token, room } = settings
    const post = new Post({ receiver: `the Matrix server at ${new URL(url).host}`, env, secrets: [token], judge })
    const rooms = `${url}/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/m.room.message`
    return {
      // The homeserver keeps one message of each transaction: what is sent again after a crash is shown once.
      async tell(delivery: Delivery): Promise<Answered> {
        const answer = await post.send(`${rooms}/${encodeURIComponent(delivery.id)}`, {
          method: 'PUT',
          headers: { ...JSON_HEADERS, authorization: `Bearer ${token}` },
          body: JSON.stringify(matrixContent(delivery, isTeam(settings))),
        })
        const id = fieldOf(answer.json, 'event_id')
        const begins = delivery.thread === undefined && id !== undefined
        return { said: saidOf(answer, id), ...(begins ? { thread: id } : {}) }
      },
      async [Symbol.asyncDispose](): Promise<void> {},
    }
  },
})
export default matrix
