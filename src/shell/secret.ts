import { createHash, timingSafeEqual } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PermanentError } from '../contract/error.js'
import type { Env } from './env.js'

const TOKEN_BYTES = 24

/** The token that writing needs: made at the first start, readable by the owner alone. `fresh`: print it, once. */
export function token(data: string, env: Env): { token: string; fresh: boolean } {
  const file = join(data, 'token')
  if (existsSync(file)) {
    const text = readFileSync(file, 'utf8').trim()
    if (text.length < 16) throw new PermanentError(`${file} holds no token; delete it and a new one is made`)
    return { token: text, fresh: false }
  }
  mkdirSync(data, { recursive: true })
  const made = `ept_${Buffer.from(env.random(TOKEN_BYTES)).toString('base64url')}`
  writeFileSync(file, `${made}\n`, { mode: 0o600, flag: 'wx' })
  return { token: made, fresh: true }
}

/** Compares digests, so that neither length nor place of a difference can be timed. */
export function sameSecret(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
