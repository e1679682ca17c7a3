import { createHash, timingSafeEqual } from 'node:crypto'
import { join } from 'node:path'
import type { Env } from '../env.js'
import { readWhole, writeAside } from './key-file.js'

/** Random bytes of the owner’s token: 192 bits. */
const TOKEN_BYTES = 24
const TOKEN = /^[\x21-\x7e]{16,}$/

/** The token that is kept; null where none was made yet. @throws PermanentError on a file that holds none */
export const tokenIn = (data: string): string | null =>
  readWhole(
    join(data, 'token'),
    text => (TOKEN.test(text.trim()) ? text.trim() : null),
    'put the token back (16 characters or more, without blanks), or delete the file: then the next start makes a new one ' +
      'and prints it, and senders need that',
  )

/** The token that writing needs: made at the first start, readable by the owner alone. `fresh`: print it, once. */
export function token(data: string, env: Env): { token: string; fresh: boolean } {
  const kept = tokenIn(data)
  if (kept !== null) return { token: kept, fresh: false }
  const made = `ept_${Buffer.from(env.random(TOKEN_BYTES)).toString('base64url')}`
  writeAside(join(data, 'token'), `${made}\n`)
  return { token: made, fresh: true }
}

/** Compares digests, so that neither length nor place of a difference can be timed. */
export function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
