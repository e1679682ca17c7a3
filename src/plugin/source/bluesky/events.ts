import type { Post } from '../../shared/posts/post.js'

/** Something of the stream that matters here, with its time in microseconds. */
export type StreamEvent = { us: number } & (
  | { kind: 'post'; key: string; post: Post }
  | { kind: 'deleted'; key: string }
  /** An account that is no more, or that took itself back: nothing of it is wanted. */
  | { kind: 'gone'; did: string }
  | { kind: 'other' }
)

const POSTS = 'app.bsky.feed.post'
type Fields = Record<string, unknown>
const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})
const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** One message of Jetstream; null where it is none. Reposts and likes are other collections, so each post comes once. */
export function eventOf(message: string): StreamEvent | null {
  let event: Fields
  try {
    event = fields(JSON.parse(message))
  } catch {
    return null
  }
  const { time_us: us, did } = event
  if (typeof us !== 'number' || !Number.isSafeInteger(us) || us <= 0 || typeof did !== 'string') return null
  if (event['kind'] === 'account')
    return fields(event['account'])['active'] === false ? { us, kind: 'gone', did } : { us, kind: 'other' }
  const { operation, collection, rkey, record } = fields(event['commit'])
  if (event['kind'] !== 'commit' || collection !== POSTS || typeof rkey !== 'string') return { us, kind: 'other' }
  const key = `${did}/${rkey}`
  if (operation === 'delete') return { us, kind: 'deleted', key }
  const { text: said, langs } = fields(record)
  const [lang] = Array.isArray(langs) ? langs : []
  const post = {
    id: `at://${did}/${POSTS}/${rkey}`,
    author: did,
    text: text(said),
    at: Math.floor(us / 1_000),
    ...(typeof lang === 'string' ? { lang } : {}),
  }
  return { us, kind: 'post', key, post }
}
