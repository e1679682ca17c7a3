import { noticesOf, readFeed } from './feed.js'
import type { Reading, VendorNotice } from './reading.js'
import { page, unreadable } from './reading.js'

/**
 * Azure's feed, `https://rssfeed.azure.status.microsoft/en-us/status/feed/`: what goes on, titled
 * `SERVICE - REGION - what happens`. It is empty while nothing does, and an instance of it that is itself in trouble has
 * been empty too: an empty feed is `quiet`, never `ok`.
 */

/** The last clause of a title says whether it is over; "Resolved in A. Impact continues in B" is not over. */
const OVER = /(?:^|[^a-z])(?:resolved|mitigated)(?:[^a-z]|$)/i
const STILL =
  /(?:^|[^a-z])(?:not|no|un|investigating|mitigating|ongoing|continu\w*|remain\w*|impact\w*|monitoring|partial\w*|except)(?:[^a-z]|$)/i

const clauses = (title: string): string[] => title.split(/ [-–—] |\. |; /).map(clause => clause.trim())

function placed(notice: VendorNotice): VendorNotice {
  const parts = clauses(notice.title.replace(/^\s*[[(]?resolved[\])]?\s*(?::|-|–)?\s*/i, ''))
  const last = parts.at(-1) ?? ''
  if (notice.status === null && OVER.test(last) && !STILL.test(last)) {
    return placed({ ...notice, status: 'resolved', open: false, resolvedAt: notice.updatedAt })
  }
  const told: VendorNotice = { ...notice, status: notice.status ?? 'investigating' }
  const [service, region, ...rest] = parts
  // A title of two clauses may name a service or a place: only the full form tells which is which.
  if (service === undefined || region === undefined || rest.length === 0) return told
  const global = /^(?:global|multiple|all)\b/i.test(region)
  return { ...told, parts: [{ name: service, state: 'unknown' }], regions: global ? [] : [region] }
}

export function parseAzure(answer: string): Reading {
  const feed = readFeed(answer)
  if ('readable' in feed) return feed
  if (!/azure/i.test(feed.title ?? ''))
    return unreadable(`the feed calls itself "${feed.title ?? ''}", not Azure Status`)
  const notices = noticesOf(feed.items, true).map(placed)
  return page(null, notices, { updatedAt: feed.updatedAt, ...(feed.title === undefined ? {} : { name: feed.title }) })
}
