import type { Post } from '../../shared/posts/post.js'
import { plainText } from '../../shared/posts/post.js'

/** A status of Mastodon's API, as far as it matters here. */
export interface Status {
  /** As this server calls it, also when it is deleted. */
  id: string
  post: Post
}

type Fields = Record<string, unknown>
const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})
const PUBLIC = new Set(['public', 'unlisted'])

/**
 * A status as a post; null for one that is not for everybody, or of an account that says it is a bot: those repeat news. A boost is what
 * it boosts, so it is counted with it once. `uri` is the same on every server.
 */
export function statusOf(value: unknown): Status | null {
  const outer = fields(value)
  const status = outer['reblog'] ? fields(outer['reblog']) : outer
  const account = fields(status['account'])
  const { id, uri, content, created_at: created, language, visibility, spoiler_text: warning } = status
  const at = typeof created === 'string' ? Date.parse(created) : Number.NaN
  if (typeof id !== 'string' || typeof content !== 'string' || Number.isNaN(at)) return null
  const author = account['url'] ?? account['acct']
  if (typeof author !== 'string' || account['bot'] === true) return null
  if (visibility !== undefined && !PUBLIC.has(visibility as string)) return null
  const text = plainText(typeof warning === 'string' && warning !== '' ? `${warning} ${content}` : content)
  return {
    id,
    post: {
      id: typeof uri === 'string' ? uri : id,
      author,
      text,
      at,
      ...(typeof language === 'string' ? { lang: language } : {}),
    },
  }
}

/** An event of the stream: what happened, and to what. */
export interface StreamEvent {
  event: string
  data: string
}

/** Longest line of a stream: a status has some tens of kilobytes. */
const EVENT_LINE_CHARS = 1024 * 1024

/** Server-sent events out of pieces of text. Comments keep the connection alive and say nothing. */
export class Events {
  private rest = ''
  private event = ''
  private data: string[] = []

  /** @throws RangeError at a line without an end */
  take(piece: string): StreamEvent[] {
    const found: StreamEvent[] = []
    const lines = (this.rest + piece).split(/\r\n|\n|\r(?!$)/)
    this.rest = lines.pop() ?? ''
    if (this.rest.length > EVENT_LINE_CHARS) throw new RangeError('a line without an end')
    for (const line of lines) {
      if (line === '') {
        if (this.data.length > 0) found.push({ event: this.event || 'message', data: this.data.join('\n') })
        this.event = ''
        this.data = []
        continue
      }
      const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? []
      if (name === 'event') this.event = value
      else if (name === 'data') this.data.push(value)
    }
    return found
  }
}
