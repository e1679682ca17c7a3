import type { IncidentView } from '../../contract/view.js'
import { type Notice, PAGE_THREAD } from '../../contract/signal.js'
import { HOUR, type EpochMs } from '../../contract/time.js'
import { phaseOf } from '../incident/verdict.js'
import { EXCHANGE_LABEL, heardAt, storiesOf } from './told.js'

/**
 * How right this was, measured against what vendors told. The rule: ours counts from when it was told here; a vendor's from the time that
 * the vendor itself wrote beside its first word, which favours the vendor. Two are one trouble where they overlap, with an hour of
 * grace on either side. Hindsight: what a vendor told and nobody here did was missed; what was told here while the vendor's page
 * was read and stayed silent, and what no person confirmed, stands alone. Where nothing was read, nothing is claimed.
 */

/** Vendors' pages lag by 15 to 60 minutes. */
export const GRACE_MS = HOUR
/** A page says so at least once a day that it was read (sources repeat it then); for so long after each time it counts as read. */
export const READ_HOLDS_MS = 26 * HOUR

/** What a vendor told of one trouble. */
export interface VendorIncident {
  source: string | null
  /** The vendor's own name of it; null: its page said so as a whole, without a story. */
  thread: string | null
  title: string | null
  href: string | null
  /** First word, by the vendor's own clock, and when that was read here. */
  at: EpochMs
  heardAt: EpochMs
  /** Null: not called over. */
  resolvedAt: EpochMs | null
}

export interface OurIncident {
  id: string
  title: string
  /** First word. */
  at: EpochMs
  resolvedAt: EpochMs | null
  /** A person confirmed a cause of it, or opened it. */
  isConfirmed: boolean
}

/**
 * `both`: told here and by the vendor. `missed`: by the vendor alone. `alone`: here alone, which counts as a false alarm. `confirmed`: here
 * alone, and a person confirmed it. `unjudged`: the vendor was not read then, or it is too early to tell.
 */
export type Judged = 'both' | 'missed' | 'alone' | 'confirmed' | 'unjudged'

export interface RecordEntry {
  judged: Judged
  ours: OurIncident | null
  vendor: VendorIncident | null
  /** How long our first word came before the vendor's; negative: after it. Null: there are not two first words. */
  leadMs: number | null
}

export interface MonthRecord {
  /** Such as `2026-02`; of UTC. */
  month: string
  /** How much of it is over, and how much of that the page of a vendor was read. */
  spanMs: number
  readMs: number
  /** Troubles told here, and how many of them a vendor told as well. */
  ours: number
  both: number
  /** Null, like all that a vendor is needed for, where no vendor was read. */
  vendors: number | null
  missed: number | null
  alone: number | null
  /** Of those that both told: the median, and of how many. */
  leadMs: number | null
  leads: number
  /** Median time from the first word to "resolved". */
  oursLastedMs: number | null
  vendorsLastedMs: number | null
  /** Oldest first. */
  entries: RecordEntry[]
}

type Span = [from: EpochMs, until: EpochMs]

const BAD_STATES = new Set(['degraded', 'partial', 'down'])

/** Everything that vendors told as trouble, oldest first: planned work, and what they call harmless, is none. */
export function vendorIncidents(facts: readonly { via: string }[]): VendorIncident[] {
  const stories = storiesOf(facts).filter(({ words }) =>
    words.every(each => each.labels?.[EXCHANGE_LABEL] === undefined),
  )
  const found = stories.filter(each => each.thread !== PAGE_THREAD).flatMap(each => ofStory(each.words) ?? [])
  for (const { words } of stories.filter(each => each.thread === PAGE_THREAD)) {
    for (const span of badSpans(words)) {
      // A page that turns red and the story that tells why are one trouble, which began with the first of the two.
      const same = found.find(
        each =>
          each.source === span.source &&
          each.at <= (span.resolvedAt ?? Number.POSITIVE_INFINITY) &&
          span.at <= (each.resolvedAt ?? Number.POSITIVE_INFINITY),
      )
      if (!same) found.push(span)
      else if (span.at < same.at) Object.assign(same, { at: span.at, heardAt: span.heardAt })
    }
  }
  return found.sort((a, b) => a.at - b.at || ((a.thread ?? '') < (b.thread ?? '') ? -1 : 1))
}

function ofStory(words: readonly Notice[]): VendorIncident | null {
  const last = words.at(-1) as Notice
  const impact = words.findLast(each => each.impact !== undefined)?.impact
  const isPlanned = words.some(({ status }) => status === 'scheduled' || status === 'in_progress')
  if (isPlanned || impact === 'maintenance' || impact === 'none') return null
  const steps = words.filter(({ status }) => status !== undefined && status !== 'postmortem')
  const [first] = steps
  if (!first) return null
  const end = steps.at(-1) as Notice
  return {
    source: last.source ?? null,
    thread: last.thread ?? null,
    title: last.title ?? null,
    href: last.href ?? null,
    at: first.at,
    heardAt: heardAt(first),
    resolvedAt: end.status === 'resolved' ? end.at : null,
  }
}

/** When a page said as a whole that something was wrong. */
function badSpans(words: readonly Notice[]): VendorIncident[] {
  const spans: VendorIncident[] = []
  let open: VendorIncident | null = null
  for (const word of words) {
    const isBad = BAD_STATES.has(word.parts?.[0]?.state ?? '')
    if (isBad && !open) {
      const { source = null, title = null, href = null, at } = word
      open = { source, thread: null, title, href, at, heardAt: heardAt(word), resolvedAt: null }
      spans.push(open)
    } else if (!isBad && open) {
      open.resolvedAt = Math.max(open.at, word.at)
      open = null
    }
  }
  return spans
}

/** Incidents of ours that were told as such: not those of which only a note was made, nor parts of another. */
export function ourIncidents(views: readonly IncidentView[]): OurIncident[] {
  return views
    .filter(({ events, latest }) => phaseOf(events) !== 'note' && latest.partOf === undefined)
    .map(({ id, title, openedAt, resolvedAt, events, latest }) => ({
      id,
      title,
      at: openedAt,
      resolvedAt,
      isConfirmed:
        latest.causes?.some(each => each.state === 'confirmed') === true ||
        latest.security?.state === 'confirmed' ||
        events.some(each => each.event === 'opened' && each.by !== undefined),
    }))
    .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
}

/** When any vendor's page is known to have been read, as spans that do not touch, oldest first. */
export function readSpans(facts: readonly { via: string }[], now: EpochMs): Span[] {
  const times = storiesOf(facts)
    .filter(({ thread, words }) => thread === PAGE_THREAD && words[0]?.labels?.[EXCHANGE_LABEL] === undefined)
    .flatMap(({ words }) => words.map(heardAt))
    .sort((a, b) => a - b)
  const spans: Span[] = []
  for (const from of times) {
    const until = Math.min(now, from + READ_HOLDS_MS)
    const last = spans.at(-1)
    if (last && from <= last[1]) last[1] = Math.max(last[1], until)
    else if (until > from) spans.push([from, until])
  }
  return spans
}

const overlap = (a: { at: EpochMs; resolvedAt: EpochMs | null }, b: typeof a): boolean =>
  a.at - GRACE_MS <= (b.resolvedAt ?? Number.POSITIVE_INFINITY) &&
  b.at - GRACE_MS <= (a.resolvedAt ?? Number.POSITIVE_INFINITY)

export interface RecordInput {
  /** Notices of a service; whatever else is among them is passed over. */
  facts: readonly { via: string }[]
  incidents: readonly IncidentView[]
  now: EpochMs
}

/** Each trouble of the past with what was said of it, by the time of its first word. */
export function entriesOf({ facts, incidents, now }: RecordInput): RecordEntry[] {
  const [ours, vendors, read] = [ourIncidents(incidents), vendorIncidents(facts), readSpans(facts, now)]
  /** Whether the vendor was read at a time and through the hour of grace after it. */
  const isRead = (at: EpochMs) => read.some(([from, until]) => from <= at && at + GRACE_MS <= until)
  const entries: RecordEntry[] = []
  const taken = new Set<OurIncident>()
  for (const vendor of vendors) {
    const mine = ours.find(each => overlap(each, vendor)) ?? null
    // Of several troubles of theirs within one of ours, only the first has two first words to compare.
    const isFirst = mine !== null && !taken.has(mine)
    if (mine) taken.add(mine)
    const judged = mine ? 'both' : isRead(vendor.at) ? 'missed' : 'unjudged'
    entries.push({ judged, ours: mine, vendor, leadMs: isFirst ? vendor.at - (mine as OurIncident).at : null })
  }
  for (const mine of ours) {
    if (taken.has(mine)) continue
    const also = vendors.find(each => overlap(each, mine)) ?? null
    const judged = also ? 'both' : mine.isConfirmed ? 'confirmed' : isRead(mine.at) ? 'alone' : 'unjudged'
    entries.push({ judged, ours: mine, vendor: also, leadMs: null })
  }
  return entries.sort((a, b) => firstWord(a) - firstWord(b))
}

const firstWord = ({ ours, vendor }: RecordEntry): EpochMs =>
  Math.min(ours?.at ?? Number.POSITIVE_INFINITY, vendor?.at ?? Number.POSITIVE_INFINITY)

export const monthOf = (at: EpochMs): string => new Date(at).toISOString().slice(0, 7)
const monthStart = (month: string): EpochMs => Date.parse(`${month}-01T00:00:00Z`)
/** Safely within the next one, whatever the length. */
const nextMonth = (month: string): string => monthOf(monthStart(month) + 32 * 24 * HOUR)

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return low === undefined || high === undefined ? null : (low + high) / 2
}

const lasted = (list: readonly { at: EpochMs; resolvedAt: EpochMs | null }[]): number[] =>
  list.flatMap(({ at, resolvedAt }) => (resolvedAt === null ? [] : [resolvedAt - at]))

/** Months in which anything was told or read, newest first, from the one in which `from` lies. */
export function recordOf(input: RecordInput, from: EpochMs): MonthRecord[] {
  const { now, facts } = input
  const entries = entriesOf(input)
  const read = readSpans(facts, now)
  const months: MonthRecord[] = []
  for (let month = monthOf(from); monthStart(month) <= now; month = nextMonth(month)) {
    const [start, end] = [monthStart(month), Math.min(now, monthStart(nextMonth(month)))]
    const own = entries.filter(each => monthOf(firstWord(each)) === month)
    const readMs = read.reduce((sum, [a, b]) => sum + Math.max(0, Math.min(b, end) - Math.max(a, start)), 0)
    if (own.length > 0 || readMs > 0) months.push(ofMonth(month, own, end - start, readMs))
  }
  return months.reverse()
}

function ofMonth(month: string, entries: RecordEntry[], spanMs: number, readMs: number): MonthRecord {
  const ours = new Set(entries.flatMap(each => each.ours ?? []))
  const vendors = new Set(entries.flatMap(each => each.vendor ?? []))
  const both = new Set(entries.filter(each => each.judged === 'both').map(each => each.ours))
  const count = (judged: Judged) => entries.filter(each => each.judged === judged).length
  const leads = entries.flatMap(each => each.leadMs ?? [])
  const wasRead = readMs > 0 || vendors.size > 0
  return {
    month,
    spanMs,
    readMs,
    ours: ours.size,
    both: both.size,
    vendors: wasRead ? vendors.size : null,
    missed: readMs > 0 ? count('missed') : null,
    alone: readMs > 0 ? count('alone') : null,
    leadMs: median(leads),
    leads: leads.length,
    oursLastedMs: median(lasted([...ours])),
    vendorsLastedMs: median(lasted([...vendors])),
    entries,
  }
}
