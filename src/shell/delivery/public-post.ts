import { isIP } from 'node:net'
import { ask } from '../outside/fetch.js'
import { Guard, NotAllowed } from '../outside/guard.js'

// Addresses to post to that strangers hand in: https on its usual port at a name of the public Internet.

/** A push service answers within this or is tried again. */
const TIMEOUT_MS = 10_000
/** Longest address of a push service that was seen is 240 characters. */
export const ENDPOINT_CHARS = 1_000
/** Longest pause that a push service may ask for. */
const RETRY_MAX_SECONDS = 3_600

/** Why nothing is posted there; null: it may be tried. */
export function whyNotPublic(text: string): string | null {
  if (text.length > ENDPOINT_CHARS || !URL.canParse(text)) return 'an address of at most 1,000 characters'
  const { protocol, port, username, password, hostname } = new URL(text)
  if (protocol !== 'https:') return 'an https address'
  if (port !== '' || username !== '' || password !== '') return 'an address without port, name and password'
  if (hostname.startsWith('[') || isIP(hostname) !== 0) return 'a host name, not a number'
  const name = hostname.replace(/\.$/, '')
  if (!/^(?:[a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{1,62}$/.test(name)) return 'a public host name'
  if (/(?:^|\.)(?:localhost|local|internal|lan|home|corp|intranet|arpa|test|invalid|onion)$/.test(name))
    return 'a public host name'
  return null
}

export interface Posted {
  status: number
  retryAfterMs: number | null
}

export type PublicPost = (url: string, headers: Record<string, string>, body: Uint8Array) => Promise<Posted>

const PUBLIC = new Guard()

/** Follows no redirect and reads no answer but its status. @throws Error with `code` when there is none */
export const publicPost: PublicPost = async (url, headers, body) => {
  const why = whyNotPublic(url)
  if (why !== null) throw new NotAllowed(`not ${why}`)
  const answer = await ask(url, { method: 'POST', headers, body, timeoutMs: TIMEOUT_MS }, PUBLIC)
  await answer.cancel()
  const seconds = Number(answer.headers.get('retry-after'))
  return {
    status: answer.status,
    retryAfterMs: seconds > 0 ? Math.min(seconds, RETRY_MAX_SECONDS) * 1_000 : null,
  }
}
