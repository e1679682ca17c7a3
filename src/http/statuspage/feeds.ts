import { isolated, unturned } from '../pages/direction.js'
import { englishTitle } from '../pages/status/title.js'
import type { EpochMs } from '../../contract/time.js'
import { isoIn } from '../../core/calendar/zone.js'
import { stepsOf } from './v2.js'
import type { Window } from './maintenance.js'
import type { PageView } from './page-view.js'

/** RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1 of a page: one entry for each incident and each window that has begun. */

/** Incidents, as many as GitHub's feed has. */
const ENTRIES = 25
/** Windows beside them, so that maintenance every night pushes no incident out. */
const WINDOWS = 10

interface Entry {
  id: string
  link: string
  title: string
  from: EpochMs
  updated: EpochMs
  /** Newest first. */
  lines: { at: EpochMs; status: string; body: string }[]
  maintenance: boolean
}

const WORDS: Record<string, string> = {
  investigating: 'Investigating',
  identified: 'Identified',
  monitoring: 'Monitoring',
  resolved: 'Resolved',
  scheduled: 'Scheduled',
  in_progress: 'In progress',
  completed: 'Completed',
}

function entriesOf(picture: PageView, origin: string): Entry[] {
  const newest = (a: Entry, b: Entry) => b.updated - a.updated || (a.id < b.id ? -1 : 1)
  const incidents = picture.incidents.map(
    (each): Entry => ({
      id: each.id,
      link: `${origin}/incidents/${each.id}`,
      title: englishTitle(each, picture),
      from: each.startedAt,
      updated: each.updatedAt,
      lines: each.steps.filter(step => step.news).reverse(),
      maintenance: false,
    }),
  )
  const windows = toldWindows(picture).map((each): Entry => {
    const lines = stepsOf(each).reverse()
    return {
      id: each.id,
      link: `${origin}/maintenance/${each.id}`,
      title: each.title,
      from: each.from,
      updated: lines[0]?.at ?? each.from,
      lines,
      maintenance: true,
    }
  })
  return [...incidents.sort(newest).slice(0, ENTRIES), ...windows.sort(newest).slice(0, WINDOWS)].sort(newest)
}

/** Of each plan what runs, what comes next and what was last: a reader of feeds wants news, the calendar has all. */
function toldWindows({ windows }: PageView): Window[] {
  const told = new Map<string, Window>()
  for (const each of windows) {
    const key = `${each.status} ${each.plan}`
    // Newest start first: the last one that is scheduled is the next, the first that is over is the last.
    if (each.status === 'scheduled' || each.status === 'in_progress' || !told.has(key)) told.set(key, each)
  }
  return [...told.values()]
}

/** `<`, `&` and quotes escaped; characters that XML 1.0 does not know are replaced. */
export function xml(text: string): string {
  return unturned(text)
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
}

/** The updates as HTML, newest first; escaped once here and once more where it becomes XML text. */
function content(entry: Entry, zone: string): string {
  return entry.lines
    .map(({ at, status, body }) => {
      const time = isoIn(at, zone)
      return `<p><small><time datetime="${time}">${time.slice(0, 16).replace('T', ' ')}</time></small><br><strong>${WORDS[status] ?? xml(status)}</strong>${body === '' ? '' : ` - ${xml(body)}`}</p>`
    })
    .join('')
}

const rfc822 = (at: EpochMs) => new Date(at).toUTCString().replace('GMT', '+0000')

/** A channel's description is HTML to its readers, as that of an item is: escaped as HTML, and once more as XML. */
export function rss(picture: PageView, origin: string, home: string): string {
  const { page } = picture
  const items = entriesOf(picture, origin).map(
    each =>
      `<item><title>${xml(each.title)}</title><description>${xml(content(each, page.timeZone))}</description><pubDate>${rfc822(each.updated)}</pubDate><link>${xml(each.link)}</link><guid isPermaLink="true">${xml(each.link)}</guid>${each.maintenance ? '<category>maintenance</category>' : ''}</item>`,
  )
  return `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>${xml(isolated(page.title))} - Incident history</title><link>${xml(home)}</link><description>${xml(xml(page.description ?? `Incidents and maintenance of ${isolated(page.title)}`))}</description><atom:link href="${xml(origin)}/history.rss" rel="self" type="application/rss+xml"/><lastBuildDate>${rfc822(picture.updatedAt)}</lastBuildDate>${items.join('')}</channel></rss>
`
}

export function atom(picture: PageView, origin: string, home: string): string {
  const { page } = picture
  const time = (at: EpochMs) => isoIn(at, page.timeZone)
  const entries = entriesOf(picture, origin).map(
    each =>
      `<entry><id>${xml(each.link)}</id><title>${xml(each.title)}</title><published>${time(Math.min(each.from, each.updated))}</published><updated>${time(each.updated)}</updated><link rel="alternate" type="text/html" href="${xml(each.link)}"/>${each.maintenance ? '<category term="maintenance"/>' : ''}<content type="html">${xml(content(each, page.timeZone))}</content></entry>`,
  )
  return `<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><id>${xml(origin)}/history.atom</id><title>${xml(isolated(page.title))} - Incident history</title><updated>${time(picture.updatedAt)}</updated><author><name>${xml(page.title)}</name></author><link rel="self" type="application/atom+xml" href="${xml(origin)}/history.atom"/><link rel="alternate" type="text/html" href="${xml(home)}"/>${entries.join('')}</feed>
`
}

export function jsonFeed(picture: PageView, origin: string, home: string): object {
  const { page } = picture
  return {
    version: 'https://jsonfeed.org/version/1.1',
    title: `${isolated(page.title)} - Incident history`,
    home_page_url: home,
    feed_url: `${origin}/feed.json`,
    ...(page.description === null ? {} : { description: page.description }),
    items: entriesOf(picture, origin).map(each => ({
      id: each.link,
      url: each.link,
      title: each.title,
      content_html: content(each, page.timeZone),
      content_text: each.lines.map(({ status, body }) => [WORDS[status], body].filter(Boolean).join(': ')).join('\n'),
      date_published: isoIn(Math.min(each.from, each.updated), page.timeZone),
      date_modified: isoIn(each.updated, page.timeZone),
      tags: [each.maintenance ? 'maintenance' : 'incident'],
    })),
  }
}
