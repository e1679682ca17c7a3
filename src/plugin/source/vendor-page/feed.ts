import { parseFeed } from 'feedsmith'
import type { EpochMs } from '../../../contract/time.js'
import type { Fields } from './fields.js'
import {
  fieldsOf,
  idOf,
  isOpen,
  lifecycleOf,
  listOf,
  textOf,
  timeOf,
  unwidened,
  urlOf,
  whyNotData,
  wordIn,
} from './fields.js'
import { plain } from './markup.js'
import type { Lifecycle, Reading, Unreadable, VendorNotice, Word } from './reading.js'
import { page, unreadable } from './reading.js'
import { IMPACTS } from './statuspage.js'

/**
 * RSS and Atom in general. A feed is a list of what was said and makes no statement of its own, so the page is never
 * `ok`. Whether an item is over is told by words at known places alone: a category, `Status: …`, the first bold word of
 * a description (Statuspage), a prefix of the title. An item without any is not open, and the page then is `unknown`.
 */

/** One entry in the shape that RSS and Atom share. */
export interface Item {
  key: string
  title: string
  url: string | undefined
  html: string
  at: EpochMs | null
  startedAt: EpochMs | null
  categories: string[]
}

export interface FeedText {
  title: string | undefined
  updatedAt: EpochMs | null
  items: Item[]
}

const END = /<\/(?:rss|feed|(?:rdf:)?rdf)\s*>\s*(?:<!--[^<]{0,1000}-->\s*)?$/i

/** The story that an item belongs to: its id; an id that is a place on a story's own page stands for that page. */
function keyOf(guid: string | undefined, url: string | undefined, title: string): string {
  if (guid === undefined) return url ?? title
  const own = url !== undefined && guid.startsWith(`${url}#`) && /^https?:\/\/[^/]+\/./i.test(url)
  return own ? url : guid
}

function itemOf(entry: Fields, atom: boolean): Item | null {
  const title = textOf(atom ? fieldsOf(entry['title'])['value'] : entry['title'])
  const links = listOf(entry['links'])
  const link = atom
    ? (links.find(each => each['rel'] === 'alternate' || each['rel'] === undefined) ?? links[0])
    : undefined
  const url = urlOf(atom ? link?.['href'] : entry['link'])
  const guid = idOf(atom ? entry['id'] : fieldsOf(entry['guid'])['value'])
  if (title === undefined) return null
  const html = atom
    ? (textOf(fieldsOf(entry['content'])['value']) ?? textOf(fieldsOf(entry['summary'])['value']))
    : (textOf(fieldsOf(entry['content'])['encoded']) ?? textOf(entry['description']))
  return {
    key: keyOf(guid, url, title),
    title: plain(title).split('\n').join(' '),
    url,
    html: html ?? '',
    at: timeOf(atom ? (entry['updated'] ?? entry['published']) : entry['pubDate']),
    startedAt: atom ? timeOf(entry['published']) : null,
    categories: listOf(entry['categories']).flatMap(each => textOf(each['name']) ?? textOf(each['term']) ?? []),
  }
}

/** The entries of a feed, or why there are none to be read. */
export function readFeed(answer: string): FeedText | Unreadable {
  const text = unwidened(answer)
  const why = whyNotData(text.replace(/^\s*<!--[\s\S]{0,2000}?-->/, ''))
  if (why !== undefined) return unreadable(why)
  if (!/^\s*</.test(text)) return unreadable('the answer is no XML')
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) return unreadable('the feed declares a document type, which no feed needs')
  if (!END.test(text)) return unreadable('the feed does not end: it is cut off, or it is no RSS, RDF or Atom')
  let parsed: Fields
  try {
    parsed = parseFeed(text) as unknown as Fields
  } catch (error) {
    return unreadable(`the answer is no feed (${(error as Error).message})`)
  }
  const { format } = parsed
  if (format !== 'rss' && format !== 'rdf' && format !== 'atom')
    return unreadable(`a feed of kind ${String(format)} is not read`)
  const atom = format === 'atom'
  const feed = fieldsOf(parsed['feed'])
  const title = textOf(atom ? fieldsOf(feed['title'])['value'] : feed['title'])
  const entries = listOf(feed[atom ? 'entries' : 'items'])
  const items = entries.map(entry => itemOf(entry, atom)).filter(item => item !== null)
  if (title === undefined && items.length === 0) return unreadable('the feed has neither a title nor entries')
  if (items.length < entries.length) return unreadable(`${entries.length - items.length} entries have no title`)
  return { title, updatedAt: timeOf(feed[atom ? 'updated' : 'lastBuildDate']), items }
}

const LIFECYCLE_WORD =
  'investigating|identified|monitoring|resolved|postmortem|scheduled|in progress|verifying|completed|update'
const STATUS_LINE = /(?:^|\n)status:\s*([a-z _-]{4,30})(?:\n|$)/i
const BOLD = new RegExp(`<(?:strong|b)>\\s*(${LIFECYCLE_WORD})\\s*</(?:strong|b)>`, 'i')
const PREFIX = new RegExp(`^\\s*(?:[[(]\\s*)?(${LIFECYCLE_WORD})\\s*(?:[\\])]|:| - | – )`, 'i')

/** What the title alone tells. */
function ofTitle(title: string): Lifecycle | null {
  const word = lifecycleOf(PREFIX.exec(title)?.[1])
  if (word !== null) return word
  if (/^\s*(?:post[- ]incident review|pir\b)/i.test(title)) return 'postmortem'
  if (/^\s*scheduled maintenance\b/i.test(title)) return 'scheduled'
  // Better Stack's monitors.
  if (/ (?:recovered|is back up)$/i.test(title)) return 'resolved'
  return / (?:went down|is down)$/i.test(title) ? 'investigating' : null
}

/** Where an item stands, by the words at known places. */
export function stepOf({ title, html, categories }: Item): Lifecycle | null {
  const named = categories.map(lifecycleOf).find(each => each !== null)
  if (named !== undefined) return named
  return lifecycleOf(STATUS_LINE.exec(plain(html))?.[1]?.trim()) ?? lifecycleOf(BOLD.exec(html)?.[1]) ?? ofTitle(title)
}

/** Updates within one description, newest first as Statuspage writes them, or oldest first with full dates. */
function wordsOf(item: Item): Word[] {
  const dated = item.html.split(/<div\b[^>]*>(?=\s*<p[^>]*>\s*<strong>)/i).slice(1)
  const words = dated.flatMap((block): Word[] => {
    const [first = '', second = '', ...rest] = plain(block)
      .split('\n')
      .filter(line => line !== '')
    const at = timeOf(first)
    return at === null ? [] : [{ at, status: lifecycleOf(second), text: [second, ...rest].join('\n') }]
  })
  if (words.length > 0) return words
  const blocks = item.html.split(/<p\b[^<>]*>(?=\s*<small>)/i).slice(1)
  const undated = blocks.map((block): Word => {
    const status = lifecycleOf(BOLD.exec(block)?.[1])
    return { at: null, status, text: plain(block) }
  })
  if (undated.length > 0) {
    // Their dates have no year; that of the newest is the item's.
    const [newest, ...older] = undated
    return [...older.reverse(), ...(newest ? [{ ...newest, at: item.at }] : [])]
  }
  const text = plain(item.html)
  return text === '' ? [] : [{ at: item.at, status: stepOf(item), text }]
}

/**
 * One notice a story.
 *
 * @param listsOpen The feed holds what goes on alone, so that an item which does not say otherwise is open.
 */
export function noticesOf(items: readonly Item[], listsOpen: boolean): VendorNotice[] {
  const stories = new Map<string, Item[]>()
  for (const item of items) {
    const story = stories.get(item.key)
    if (story) story.push(item)
    else stories.set(item.key, [item])
  }
  return [...stories].map(([id, story]) => {
    const sorted = [...story].sort((a, b) => (a.at ?? 0) - (b.at ?? 0))
    const [first, last] = [sorted[0] as Item, sorted.at(-1) as Item]
    const status = stepOf(last)
    const times = sorted.flatMap(({ startedAt, at }) => startedAt ?? at ?? [])
    const impact = last.categories.map(each => wordIn(IMPACTS, each)).find(each => each !== undefined)
    const planned = status === 'scheduled' || status === 'in_progress' || impact === 'maintenance'
    const notice: VendorNotice = {
      id,
      title: first.title,
      status,
      open: status === null ? listsOpen : isOpen(status),
      impact: planned ? 'maintenance' : (impact ?? null),
      parts: [],
      regions: [],
      startedAt: times.length > 0 ? Math.min(...times) : null,
      updatedAt: last.at,
      resolvedAt: status === 'resolved' ? last.at : null,
      words: sorted.flatMap(wordsOf),
    }
    if (last.url !== undefined) notice.url = last.url
    return notice
  })
}

export function parseFeedPage(answer: string): Reading {
  const feed = readFeed(answer)
  if ('readable' in feed) return feed
  const notices = noticesOf(feed.items, false)
  // One story that says nowhere whether it is over leaves open how the whole is.
  const told = notices.every(notice => notice.status !== null)
  return page(told ? null : 'unknown', notices, {
    updatedAt: feed.updatedAt,
    ...(feed.title === undefined ? {} : { name: feed.title }),
  })
}
