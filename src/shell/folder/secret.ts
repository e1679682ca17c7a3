import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
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

/** Random bytes of what secrets are made of where no token is kept: they end with their process. */
const ROOT_BYTES = 32

export interface OwnToken {
  token: string
  /** It was made just now: print it, once. */
  fresh: boolean
  /** A secret for one purpose, made of the token: the same after a restart, unless nothing is kept. */
  secretOf(purpose: string): Uint8Array
}

/** The token that writing needs: made at the first start, readable by the owner alone. `data` null: nothing is kept. */
export function token(data: string | null, env: Pick<Env, 'random'>): OwnToken {
  if (data === null) return { token: 'memory', fresh: false, secretOf: secretsOf(null, env) }
  const kept = tokenIn(data)
  if (kept !== null) return { token: kept, fresh: false, secretOf: secretsOf(kept, env) }
  const made = `ept_${Buffer.from(env.random(TOKEN_BYTES)).toString('base64url')}`
  writeAside(join(data, 'token'), `${made}\n`)
  return { token: made, fresh: true, secretOf: secretsOf(made, env) }
}

function secretsOf(root: string | null, env: Pick<Env, 'random'>): (purpose: string) => Uint8Array {
  let from: string | Uint8Array | null = root
  return purpose =>
    createHmac('sha256', (from ??= env.random(ROOT_BYTES)))
      .update(purpose)
      .digest()
}

/** Compares digests, so that neither length nor place of a difference can be timed. */
export function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
