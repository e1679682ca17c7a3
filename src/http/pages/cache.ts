import { createHash } from 'node:crypto'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { Reader } from '../../contract/view.js'
import { rebased } from '../home.js'
import { THEME_STYLES } from './style.js'
import type { Theme } from './theme.js'

/**
 * Pages kept, one for each language that asked: about 100 KB each with its encodings, so 50 MB at most. The one that was
 * used longest ago goes first.
 */
export const CACHE_PAGES = 512

/** Paths under which pages are held for sending; a server stands under one or two. */
const BASES_HELD = 4

export type Encoding = 'br' | 'gzip' | 'identity'

/** A page as bytes: rendered once, compressed once for each encoding that somebody asked for. */
export class Bytes {
  readonly etag: string
  readonly #encoded = new Map<Encoding, Buffer>()
  #under: Map<string, Bytes> | null = null
  #themed: Partial<Record<Theme, Bytes>> = {}

  constructor(
    readonly status: number,
    readonly type: string,
    text: string,
  ) {
    const raw = Buffer.from(text)
    this.etag = createHash('sha256').update(raw).digest('base64url').slice(0, 22)
    this.#encoded.set('identity', raw)
  }

  /** The same page where its addresses lie under a base; made once for each. */
  under(base: string): Bytes {
    if (base === '' || !this.type.startsWith('text/html')) return this
    this.#under ??= new Map()
    let found = this.#under.get(base)
    if (!found) {
      // A server has one base or a few; more can only come from a proxy that passes on what strangers say.
      if (this.#under.size >= BASES_HELD) this.#under.clear()
      const text = (this.#encoded.get('identity') as Buffer).toString()
      this.#under.set(base, (found = new Bytes(this.status, this.type, rebased(text, base))))
    }
    return found
  }

  /** The same page in the theme that its reader chose; made once for each. */
  themed(theme: Theme | null): Bytes {
    if (theme === null || !this.type.startsWith('text/html')) return this
    const text = (this.#encoded.get('identity') as Buffer).toString()
    return (this.#themed[theme] ??= new Bytes(
      this.status,
      this.type,
      text.replace('</head>', `<style>${THEME_STYLES[theme]}</style></head>`),
    ))
  }

  encoded(encoding: Encoding): Buffer {
    let found = this.#encoded.get(encoding)
    if (found) return found
    const raw = this.#encoded.get('identity') as Buffer
    found =
      encoding === 'gzip'
        ? gzipSync(raw, { level: 7 })
        : brotliCompressSync(raw, {
            params: { [constants.BROTLI_PARAM_QUALITY]: 6, [constants.BROTLI_PARAM_SIZE_HINT]: raw.length },
          })
    this.#encoded.set(encoding, found)
    return found
  }
}

interface Entry {
  version: string
  page: Promise<Bytes>
}

/** Renders a page when its data has changed, not when somebody asks: however many ask, one rendering serves all. */
export class PageCache {
  readonly #entries = new Map<string, Entry>()

  constructor(
    private readonly version: () => string | Promise<string>,
    private readonly most = CACHE_PAGES,
  ) {}

  async get(key: string, render: () => Promise<Bytes>): Promise<Bytes> {
    const version = await this.version()
    const entry = this.#entries.get(key)
    if (entry && entry.version === version) {
      this.#entries.delete(key)
      this.#entries.set(key, entry)
      return entry.page
    }
    const made: Entry = { version, page: render() }
    this.#entries.delete(key)
    this.#entries.set(key, made)
    if (this.#entries.size > this.most) this.#entries.delete(this.#entries.keys().next().value as string)
    // A failure is not kept, nor is a page that is not there: whoever guesses addresses pushes no real page out.
    const forget = () => {
      if (this.#entries.get(key) === made) this.#entries.delete(key)
    }
    made.page.then(bytes => bytes.status === 200 || forget(), forget)
    return made.page
  }
}

/**
 * Names the state of the data: while it stays the same, so does what is read from it. Where nobody tells of changes the
 * log's own position is that name; it would come back when the log starts over, so a server counts what it was told.
 */
export type Edition = () => string | Promise<string>

export function positionOf(reader: Pick<Reader, 'workspace'>): Edition {
  return async () => {
    const { now, position } = await reader.workspace()
    return `${position} ${now}`
  }
}

/** Distinct headers whose answer is remembered; then all are forgotten. Clients send a few dozen kinds of them. */
const HEADERS_REMEMBERED = 200
/** Longer headers are not read: bytes as they are suit everybody. */
const HEADER_CHARS = 500
/** Codings of a header that are read; no browser names more than six. */
const MOST_CODINGS = 20
const remembered = new Map<string, Encoding>()

/** The best encoding that an Accept-Encoding header allows; a coding with q=0 is refused by the client. */
export function chooseEncoding(header: string | undefined): Encoding {
  if (header === undefined || header.length > HEADER_CHARS) return 'identity'
  const known = remembered.get(header)
  if (known !== undefined) return known
  if (remembered.size >= HEADERS_REMEMBERED) remembered.clear()
  const found = readEncodings(header)
  remembered.set(header, found)
  return found
}

function readEncodings(header: string): Encoding {
  const allowed = new Set(
    header
      .toLowerCase()
      .split(',', MOST_CODINGS)
      .map(part => part.split(';', 2).map(each => each.trim()))
      .filter(([, q]) => !q || !/^q=0(?:\.0*)?$/.test(q))
      .map(([name]) => name),
  )
  return allowed.has('br') ? 'br' : allowed.has('gzip') ? 'gzip' : 'identity'
}

/** True when an If-None-Match header names this tag, weakly or not. */
export function matches(header: string | undefined, etag: string): boolean {
  if (!header) return false
  return header.split(',').some(part => part.trim() === '*' || part.trim().replace(/^W\//, '') === `"${etag}"`)
}

/** Keeps the newest so many; the one that was used longest ago goes first. */
export function remember<Value>(memory: Map<string, Value>, key: string, value: Value, most: number): void {
  memory.delete(key)
  memory.set(key, value)
  if (memory.size > most) memory.delete(memory.keys().next().value as string)
}
