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
  return told(event)
}

function told(event: Fields): StreamEvent | null {
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

/** Where Jetstream v2 speaks: another form of the same, and up to a day and a half of what was said. */
export const V2_PATH = '/xrpc/network.bsky.jetstream.subscribeEvents'
const V2_COMMIT = 'network.bsky.jetstream.subscribeEvents#commit'
const V2_ACCOUNT = 'network.bsky.jetstream.subscribeEvents#account'
const V2_INFO = 'network.bsky.jetstream.subscribeEvents#info'

export interface FrameSays {
  kind: 'error' | 'info'
  says: string
}

/**
 * The same of a frame of Jetstream v2 (github.com/bluesky-social/jetstream, lexicon network.bsky.jetstream.subscribeEvents). A frame of an error
 * is the last; `info` tells that the server keeps less than was asked for.
 */
export function frameOf(message: string): StreamEvent | FrameSays | null {
  let frame: Fields
  try {
    frame = fields(JSON.parse(message))
  } catch {
    return null
  }
  if (frame['$type'] === 'error')
    return { kind: 'error', says: `${text(frame['error'])} ${text(frame['message'])}`.trim() }
  const payload = fields(frame['payload'])
  const { $type, did, time, account, ...commit } = payload
  if (frame['$type'] !== 'message') return null
  if ($type === V2_INFO) return { kind: 'info', says: `${text(payload['name'])} ${text(payload['message'])}`.trim() }
  const us = Date.parse(text(time)) * 1_000
  const kind = $type === V2_COMMIT ? 'commit' : $type === V2_ACCOUNT ? 'account' : 'other'
  return told({ time_us: us, did, kind, commit, account })
}
