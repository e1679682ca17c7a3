import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Received } from '../../contract/received.js'

/** As strong as a secret of a receiver has to be: nobody is slowed who guesses. */
export const SECRET = { type: 'string', minLength: 16, maxLength: 200, writeOnly: true } as const

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Whether two secrets are one, in a time that says nothing of where they differ. */
export const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))

/** Whether a request shows the secret: as `Authorization: Bearer …`, or as `?key=…` where its sender can set no header. */
export function shows(secret: string, { headers, query }: Pick<Received, 'headers' | 'query'>): boolean {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers['authorization'] ?? '')?.[1]
  return isSame(bearer ?? query['key'] ?? '', secret)
}

/**
 * Whether a body is signed with the secret: the HMAC of its bytes in hexadecimal, after the prefix that its sender writes. In a
 * time that says nothing of where two differ.
 */
export function signs(
  secret: string,
  { body, headers }: Pick<Received, 'headers' | 'body'>,
  { header, algorithm, prefix = '' }: { header: string; algorithm: 'sha256' | 'sha512'; prefix?: string },
): boolean {
  const shown = headers[header]
  if (shown === undefined || !shown.startsWith(prefix)) return false
  const hex = createHmac(algorithm, secret).update(body).digest('hex')
  return isSame(shown.slice(prefix.length).trim().toLowerCase(), hex)
}
