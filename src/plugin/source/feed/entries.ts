import { parseFeed } from 'feedsmith'
import type { EpochMs } from '../../../contract/time.js'
import { plainText } from '../../shared/posts/post.js'

/** One entry of a feed or a list, before it is known whom it is about. */
export interface Entry {
  id: string
  author: string
  text: string
  /** null: it does not say. */
  at: EpochMs | null
}

/** Where in an answer of JSON things are, as JSON pointers (RFC 6901); in `text` the parts that are there are put together. */
export interface Pointers {
  list: string
  id: string
  text: readonly string[]
  author: string
  at: string
}

type Fields = Record<string, unknown>
const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})
const list = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])
const text = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
const first = (...values: unknown[]): string => values.map(text).find(each => each !== '') ?? ''

/** Seconds or milliseconds since 1970, or a date in words; null: none. */
export function timeIn(value: unknown): EpochMs | null {
  const at = typeof value === 'number' ? (value < 1e11 ? value * 1_000 : value) : Date.parse(text(value))
  return Number.isFinite(at) && at > 0 ? Math.round(at) : null
}

function at(value: unknown, pointer: string): unknown {
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Fields)[key]
  }
  return value
}

/** Entries of a list within JSON. @throws Error where there is none */
export function ofJson(body: unknown, { list: where, id, text: parts, author, at: when }: Pointers): Entry[] {
  const found = at(body, where)
  if (!Array.isArray(found)) throw new Error(`it has no list at "${where}"`)
  return found.map(each => ({
    id: text(at(each, id)),
    author: text(at(each, author)),
    text: plainText(
      parts
        .map(part => text(at(each, part)))
        .filter(part => part !== '')
        .join(' · '),
    ),
    at: timeIn(at(each, when)),
  }))
}

/** Title and body of an entry, once where the body begins with the title, as feeds of short posts do. */
function whole(title: string, html: string): string {
  const [short, long] = [plainText(title), plainText(html)]
  // A title that was cut ends in dots.
  const begun = short.replace(/(?:\.{3}|…)$/, '')
  return long.startsWith(begun) ? long : `${short} · ${long}`
}

/** Entries of RSS, RDF, Atom or a JSON Feed. @throws Error for what is none */
export function ofFeed(body: string): Entry[] {
  const { format, feed } = parseFeed(body)
  const all = fields(feed)
  return list(format === 'atom' ? all['entries'] : all['items']).map(each => {
    const entry = fields(each)
    const authors = list(entry['authors']).map(fields)
    if (format === 'atom') {
      const html = first(fields(entry['content'])['value'], fields(entry['summary'])['value'])
      return {
        id: text(entry['id']),
        author: first(authors[0]?.['name'], authors[0]?.['uri']),
        text: whole(text(fields(entry['title'])['value']), html),
        at: timeIn(entry['published']) ?? timeIn(entry['updated']),
      }
    }
    if (format === 'json')
      return {
        id: text(entry['id']),
        author: first(authors[0]?.['url'], authors[0]?.['name']),
        text: whole(text(entry['title']), first(entry['content_text'], entry['content_html'], entry['summary'])),
        at: timeIn(entry['date_published']),
      }
    const creator = list(fields(entry['dc'])['creators'])[0]
    return {
      id: first(fields(entry['guid'])['value'], entry['link']),
      author: first(creator, authors[0]?.['name'], authors[0]?.['email'], entry['authors']),
      text: whole(text(entry['title']), first(fields(entry['content'])['encoded'], entry['description'])),
      at: timeIn(entry['pubDate']) ?? timeIn(list(fields(entry['dc'])['dates'])[0]),
    }
  })
}
