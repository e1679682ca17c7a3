import type { Subscribers } from '../../shell/subscribers/subscribers.js'

/** A message of which more is not read. */
export const BOUNCE_CHARS = 256 * 1024
const LINK = /\/subscription\/([\w-]{22}\.[\w-]{22})\/leave/

/** What a report of delivery (RFC 3464) says of a letter of ours. */
export interface Bounce {
  /** Part of the link in the letter's own header, which only its subscriber and their mail server have seen. */
  token: string
  status: string
  why: string
}

/**
 * Reads a report that a letter could not be delivered. Null for what is none: a delay, an answer of a person or a machine, and
 * one without the header of the letter, which could be of anybody's.
 */
export function bounceIn(message: string): Bounce | null {
  // A header goes on in lines that begin with a blank, and quoted-printable in lines that end with "=".
  const text = message
    .slice(0, BOUNCE_CHARS)
    .replace(/=\r?\n/g, '')
    .replace(/\r?\n[ \t]+/g, ' ')
  if (!/^Action:\s*failed\b/im.test(text)) return null
  const status = /^Status:\s*(5\.\d{1,3}\.\d{1,3})/im.exec(text)?.[1]
  const token = LINK.exec(text)?.[1]
  if (status === undefined || token === undefined) return null
  // `smtp; 550 no such user`: the kind of its words stands before them.
  const said = /^Diagnostic-Code:(.{0,300})/im.exec(text)?.[1]?.split(';').slice(-1)[0]?.trim()
  return { token, status, why: said === undefined || said === '' ? status : said }
}

/** Puts down what a report says; whether it was of a subscriber. */
export async function takeBounce(subscribers: Subscribers, message: string): Promise<boolean> {
  const found = bounceIn(message)
  return (
    found !== null && subscribers.asking.bounced(found.token, /^5\.1\.(?:1|2|3|6|10)$/.test(found.status), found.why)
  )
}
