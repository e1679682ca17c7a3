import { createHash, timingSafeEqual } from 'node:crypto'
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
