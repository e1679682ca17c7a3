import type { FastifyReply, FastifyRequest } from 'fastify'
import { makeFormat, type Format } from './format.js'
import { LANGUAGES, type Language, type Strings } from './strings.js'

/** A language's words and its way with numbers and times. */
export interface Speech {
  language: Language
  t: Strings
  f: Format
}

export const DEFAULT_LANGUAGE: Language = 'en'
/** Remembers what a reader chose, and nothing else. */
const COOKIE = 'lang'
/** Seconds that a choice of language is remembered: a year. */
const COOKIE_SECONDS = 365 * 86_400
/** Distinct headers whose answer is remembered; then all are forgotten. Browsers send a few hundred kinds of them. */
const LANGUAGES_REMEMBERED = 1_000
/** Longer headers are not read. */
const HEADER_CHARS = 500
/** Languages of a header that are read; people list a handful. */
const MOST_RANGES = 20

/** By language and zone; there are as many zones as status pages that name one. */
const speeches = new Map<string, Speech>()

export function speechOf(language: Language, zone = 'UTC'): Speech {
  const key = `${language} ${zone}`
  let found = speeches.get(key)
  if (!found) {
    const t: Strings = LANGUAGES[language]
    speeches.set(key, (found = { language, t, f: makeFormat(t.locale, zone) }))
  }
  return found
}

/** `pt-BR` as `pt`; null where the pages do not speak it. */
export function languageOfTag(tag: string): Language | null {
  const first = (tag.split(/[-_]/, 1)[0] as string).toLowerCase()
  // Indonesian was `in` until 1989, and some systems still say so.
  const name = first === 'in' ? 'id' : first
  return Object.hasOwn(LANGUAGES, name) ? (name as Language) : null
}

const remembered = new Map<string, Language>()

/** The best language that an Accept-Language header allows (RFC 9110, 12.5.4); English where it names none of ours. */
export function chooseLanguage(header: string | undefined): Language {
  if (!header || header.length > HEADER_CHARS) return DEFAULT_LANGUAGE
  let found = remembered.get(header)
  if (found) return found
  let best = 0
  found = DEFAULT_LANGUAGE
  for (const range of header.split(',', MOST_RANGES)) {
    const [tag = '', ...rest] = range.split(';').map(each => each.trim())
    const q = rest.find(each => /^q=/i.test(each))
    const weight = q === undefined ? 1 : Number(q.slice(2))
    const language = languageOfTag(tag)
    if (!language || !(weight > best) || weight > 1) continue
    best = weight
    found = language
  }
  if (remembered.size >= LANGUAGES_REMEMBERED) remembered.clear()
  remembered.set(header, found)
  return found
}

/** What a reader asked for: in the address, else in the cookie, else by the browser. */
export function languageOf(request: FastifyRequest): Language {
  return asked(request) ?? languageFor(request.headers.cookie, request.headers['accept-language'])
}

/** The same where the address names none: both headers lead to one of the languages that pages speak. */
export function languageFor(cookie: string | undefined, accepted: string | undefined): Language {
  return inCookie(cookie) ?? chooseLanguage(accepted)
}

/**
 * Says what the answer depends on, and remembers a language that a reader asked for by a link. True then: such an answer
 * is for this reader alone. The page's script names its language in the address too, so that its page keeps it while the
 * reader chooses another one elsewhere: that is no choice, and shared caches may hold the answer.
 */
export function rememberLanguage(request: FastifyRequest, reply: FastifyReply): boolean {
  const language = asked(request)
  // An address that names a language needs neither the browser's wish nor the cookie.
  reply.header('vary', language ? 'accept-encoding, sec-fetch-dest' : 'accept-encoding, accept-language, cookie')
  if (!language || request.headers['sec-fetch-dest'] === 'empty') return false
  reply.header('set-cookie', `${COOKIE}=${language}; Path=/; Max-Age=${COOKIE_SECONDS}; SameSite=Lax; HttpOnly`)
  return true
}

function asked(request: FastifyRequest): Language | null {
  // An address that could not be read has no query at all.
  const lang = (request.query as Record<string, unknown> | null)?.lang
  return typeof lang === 'string' ? languageOfTag(lang) : null
}

function inCookie(header: string | undefined): Language | null {
  if (!header?.includes(`${COOKIE}=`)) return null
  const value = /(?:^|;\s*)lang=([\w-]{2,10})(?:;|$)/.exec(header)?.[1]
  return value === undefined ? null : languageOfTag(value)
}
