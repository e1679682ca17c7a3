import { chooseEncoding, type Encoding } from '../pages/cache.js'
import { hasTheme } from '../pages/theme.js'
import { languageFor } from '../pages/language.js'
import type { Language } from '../pages/strings.js'
import type { Said } from '../home.js'

/** A request that is so plain that it can be answered with bytes that lie ready. */
export interface Plain {
  method: 'GET' | 'HEAD'
  /** Path and query as they came. */
  target: string
  /** In small letters. */
  host: string
  encoding: Encoding
  /** By cookie, else by the browser's wish. */
  language: Language
  /** Asked by a script, which wants no cookie. */
  byScript: boolean
  /** The proxy of ours that asks for somebody else, and what it says of where it was asked. */
  proxy:
    | ({
        address: string
        /** What it says of who asks: no part of the answer, but of whose turn it is. */
        visitor?: string | undefined
      } & Said)
    | null
  /** `If-None-Match`. */
  tag: string | undefined
  /** Whether a cookie came along by which a browser may have more opened to it than others. */
  known: boolean
  /** What its answer is looked up by, once that was made. */
  key?: string
}

/** The address from which this server asks itself: nobody connects from it. */
export const HOUSE = '0.0.0.0'

/** Longer targets are not looked up. */
const TARGET_CHARS = 400
/** No percent-encoded dot and no segment that begins with one: what a path means is not decided here. */
const TARGET = /^\/[\w\-~%/?=&+:,.]*$/
const ODD_TARGET = /\/\.|\/\/|%2e|%(?![0-9a-f]{2})/i
const HOST = /^(?:[a-z0-9_.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i

/** Sessions of the console, and pages that were opened by a password or a provider. */
const OPENS = /epicenter-(?:session|reader)/

/** Whole lines of headers: a token (RFC 9110, 5.6.2), a colon, and what can be seen, up to the end of the line. */
const LINES = /(?:[!#$%&'*+.^_`|~\w-]+:[\t\x20-\x7e]*\r\n)*/y

/** Headers that an answer depends on, and headers that change how a connection or a body is read: those are not plain. */
const READ = [
  'host',
  'accept-encoding',
  'accept-language',
  'cookie',
  'if-none-match',
  'sec-fetch-dest',
  'connection',
  'x-forwarded-host',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'forwarded',
  'x-forwarded-for',
] as const
type Read = (typeof READ)[number]
const NOT_PLAIN = [
  'authorization',
  'content-length',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
] as const
const KNOWN = new Map<string, Read | null>([
  ...READ.map(each => [each, each] as const),
  ...NOT_PLAIN.map(each => [each, null] as const),
])
/** Most headers are told from the known ones by their length alone. */
const LENGTHS = new Uint8Array(32)
for (const name of KNOWN.keys()) LENGTHS[name.length] = 1

/**
 * Reads the head of a request that begins at `from`; `end` is where its last line ends, before the empty line. Null for
 * all that is not exactly a plain `GET` or `HEAD`: whoever reads it then reads it from its first byte, so that no two
 * readers can understand the same bytes differently. Strict where HTTP lets one choose: bytes outside ASCII, folded
 * lines, a repeated or odd header, a body or the wish for another protocol are not plain. O(bytes).
 *
 * @param text the bytes as latin1
 * @param proxy the address that asks, if it is a proxy of ours; nobody else's word on hosts and protocols is read
 */
export function readHead(text: string, from: number, end: number, proxy: string | null): Plain | null {
  const method = text.startsWith('GET /', from) ? 'GET' : text.startsWith('HEAD /', from) ? 'HEAD' : null
  if (method === null) return null
  const lineEnd = text.indexOf('\r\n', from)
  if (lineEnd < 0 || lineEnd > end || !text.startsWith(' HTTP/1.1', lineEnd - 9)) return null
  const target = text.slice(from + method.length + 1, lineEnd - 9)
  if (target.length > TARGET_CHARS || !TARGET.test(target) || ODD_TARGET.test(target)) return null
  const headers = readHeaders(text, lineEnd + 2, end)
  if (headers === null) return null
  const { host, connection, cookie } = headers
  if (hasTheme(cookie)) return null
  if (host === undefined || !HOST.test(host)) return null
  if (connection !== undefined && connection.toLowerCase() !== 'keep-alive') return null
  return {
    method,
    target,
    host: host.toLowerCase(),
    encoding: chooseEncoding(headers['accept-encoding']),
    language: languageFor(cookie, headers['accept-language']),
    byScript: headers['sec-fetch-dest'] === 'empty',
    proxy: proxy === null ? null : forwardedBy(proxy, headers),
    tag: headers['if-none-match'],
    known: cookie !== undefined && OPENS.test(cookie),
  }
}

function forwardedBy(address: string, headers: Partial<Record<Read, string>>): Plain['proxy'] {
  return {
    address,
    host: headers['x-forwarded-host'],
    protocol: headers['x-forwarded-proto'],
    prefix: headers['x-forwarded-prefix'],
    forwarded: headers['forwarded'],
    visitor: headers['x-forwarded-for'],
  }
}

/** The headers of the lines from `at` on that matter; null where one of them is not plain. */
function readHeaders(text: string, at: number, end: number): Partial<Record<Read, string>> | null {
  LINES.lastIndex = at
  // One match over all lines: it is quick from the first request on, which a loop over characters is not.
  if (!LINES.test(text) || LINES.lastIndex !== end + 2) return null
  const found: Partial<Record<Read, string>> = {}
  while (at < end) {
    const colon = text.indexOf(':', at)
    const stop = text.indexOf('\r\n', colon)
    const length = colon - at
    if (length < LENGTHS.length && LENGTHS[length] === 1) {
      const known = KNOWN.get(text.slice(at, colon).toLowerCase())
      if (known === null || (known !== undefined && found[known] !== undefined)) return null
      if (known !== undefined) found[known] = text.slice(colon + 1, stop).trim()
    }
    at = stop + 2
  }
  return found
}
