import { PermanentError, RefusedError, TransientError } from '../../contract/error.js'
import type { Fetched, FetchInit, PluginEnv } from '../../contract/plugin.js'

/** A receiver that takes longer is asked again later. */
const POST_TIMEOUT_MS = 10_000
/** What is waited at least where the receiver does not say how long. */
export const POST_RETRY_MS = 5_000
/** A receiver may ask for patience, an hour at most. */
export const RETRY_MAX_MS = 3_600_000
/** Bytes of an answer that are read: a reason, an id. */
const POST_ANSWER_BYTES = 64 * 1024
/** Characters of a reason that are repeated. */
export const REASON_CHARS_MOST = 200

/** Answers that are about this message and no other. Others of the 400s are about the address, the secret or the pace. */
export const WRONG: ReadonlySet<number> = new Set([400, 406, 409, 411, 412, 413, 414, 415, 416, 417, 422, 431])

/** What a receiver answered. */
export interface PostAnswer {
  status: number
  headers: Fetched['headers']
  /** As JSON; undefined where it is none. */
  json: unknown
  text: string
}

/**
 * What an answer means. `later`: it may be tried again, after so long; `wrong`: it is this message that is not taken; `gone`: it
 * never will be.
 */
export interface Judgement {
  is: 'taken' | 'later' | 'wrong' | 'gone'
  /** The receiver's own words or code. */
  why?: string | undefined
  retryAfterMs?: number | undefined
}

export interface PostSettings {
  /** The receiver in words, as `Slack`. */
  receiver: string
  env: Pick<PluginEnv, 'fetch' | 'now'>
  /** What of its own words the receiver may repeat and nobody may read. */
  secrets?: readonly string[]
  /** The receiver's own rules; undefined: by the status alone. */
  judge?(answer: PostAnswer, now: number): Judgement | undefined
}

/** What a status means where the receiver has no rules of its own. */
export function byStatus({ status }: Pick<PostAnswer, 'status'>): Judgement['is'] {
  if (status >= 200 && status < 300) return 'taken'
  return status === 410 ? 'gone' : WRONG.has(status) ? 'wrong' : 'later'
}

/**
 * Sends messages to one receiver over HTTP. Once that asks for patience nothing is sent before the time that it named: others of
 * its messages would only lengthen it.
 */
export class Post {
  private quietUntil = 0

  constructor(private readonly settings: PostSettings) {}

  /** @throws TransientError to be tried again, RefusedError where the message is called wrong, PermanentError where it never will be taken */
  async send(url: string, init: Omit<FetchInit, 'timeoutMs' | 'maxBytes'>): Promise<PostAnswer> {
    const { receiver, env } = this.settings
    const quiet = this.quietUntil - env.now()
    if (quiet > 0) throw new TransientError(`cannot tell ${receiver}: it asked for patience`, quiet)
    let response: Fetched
    let text: string
    try {
      // A redirect is a failure: the receiver's address is the one that was configured.
      response = await env.fetch(url, { ...init, timeoutMs: POST_TIMEOUT_MS, maxBytes: POST_ANSWER_BYTES })
      text = await response.text()
    } catch (error) {
      if (error instanceof PermanentError) throw error
      // The reason alone: it may repeat the address.
      const { name, code } = error as { name: string; code?: string }
      throw new TransientError(`cannot tell ${receiver}: ${code ?? name}`, POST_RETRY_MS)
    }
    const answer: PostAnswer = { status: response.status, headers: response.headers, json: jsonOf(text), text }
    this.weigh(answer)
    return answer
  }

  private weigh(answer: PostAnswer): void {
    const { receiver, judge } = this.settings
    const judged = judge?.(answer, this.settings.env.now()) ?? { is: byStatus(answer) }
    if (judged.is === 'taken') return
    const why = this.clean(judged.why ?? '')
    const text = `cannot tell ${receiver}: it answered ${answer.status}${why === '' ? '' : ` (${why})`}`
    if (judged.is === 'gone') throw new PermanentError(text)
    const asked = judged.retryAfterMs ?? retryAfterOf(answer, this.settings.env.now())
    const wait = asked === null || !(asked > 0) ? null : Math.min(asked, RETRY_MAX_MS)
    if (judged.is === 'wrong') throw new RefusedError(text, wait ?? POST_RETRY_MS)
    if (answer.status === 429 && wait !== null) this.quietUntil = this.settings.env.now() + wait
    throw new TransientError(text, wait ?? POST_RETRY_MS)
  }

  /** What a receiver says, in one short line and without what is secret. */
  clean(text: string): string {
    let plain = text.replace(/[\s\p{Cc}]+/gu, ' ').trim()
    for (const secret of this.settings.secrets ?? []) if (secret !== '') plain = plain.replaceAll(secret, '…')
    return plain.slice(0, REASON_CHARS_MOST)
  }
}

/** `Retry-After`, in seconds or as a date; null: it says none. */
export function retryAfterOf({ headers }: Pick<PostAnswer, 'headers'>, now: number): number | null {
  const text = headers.get('retry-after')
  if (text === null || text.trim() === '') return null
  const seconds = Number(text)
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(text) - now
  return Number.isFinite(ms) ? ms : null
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** A field of an answer, where it is a text or a number. */
export function fieldOf(json: unknown, ...path: string[]): string | undefined {
  let value = json
  for (const key of path) value = (value as Record<string, unknown> | null | undefined)?.[key]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

export const JSON_HEADERS = { 'content-type': 'application/json' }

/** What somebody who tries it is told. */
export const saidOf = ({ status }: PostAnswer, more = ''): string => `${status}${more === '' ? '' : ` ${more}`}`
