import { DAY, type EpochMs } from '../../contract/time.js'
import { dayStart, localDay } from '../../core/calendar/zone.js'
import { HISTORY_DAYS } from './desk.js'
import type { PageView } from './page-view.js'
import type { Leaf } from './plan.js'
import { worseStatus, type ComponentStatus } from './public-incident.js'

/**
 * How much of the last 90 days a component worked, by four rules that are in use, beside one another. The same partial
 * outage counts for 0.3 (Statuspage), 0.5 or 1 of its length; where the share of people who failed is known, that share
 * is better than any of the three. Time without data counts for nothing: it is neither up nor down.
 */
export interface Uptime {
  /** Newest last; always {@link HISTORY_DAYS}. */
  days: DayOf[]
  /** Time that was watched. */
  watchedMs: number
  /** By rule, 0..1; null where nothing was watched. */
  statuspage: number | null
  half: number | null
  full: number | null
  people: number | null
  /** Of the time in an outage, the share for which it is known how many people failed; null without an outage. */
  knownShare: number | null
}

export interface DayOf {
  /** When it begins by the clocks of the page. */
  day: EpochMs
  /** Whether there was any data; the trouble of a day counts in any case. */
  known: boolean
  /** Worst of the day. */
  status: ComponentStatus
  ms: Record<'major_outage' | 'partial_outage' | 'degraded_performance' | 'under_maintenance', number>
  /** Of the day, weighted as Statuspage does. */
  downShare: number
  incidents: string[]
}

/** A partial outage counts for this much of its length on Statuspage. */
export const PARTIAL_WEIGHT = 0.3

interface Stretch {
  from: EpochMs
  until: EpochMs
  status: ComponentStatus
  share: number | null
}

export function uptimeOf(leaf: Leaf, picture: PageView, daysWithData: ReadonlySet<EpochMs> | null): Uptime {
  const { now } = picture
  const zone = picture.page.timeZone
  const firstDay = localDay(now, zone) - (HISTORY_DAYS - 1) * DAY
  const { edges, calm } = partsOf(picture, firstDay)
  const first = edges[0] as EpochMs
  const stretches = stretchesOf(leaf, picture, first)
  const touching = picture.incidents.flatMap(each =>
    each.spans
      .filter(span => span.leaf === leaf.id)
      .map(span => ({ id: each.id, from: span.from, until: span.until ?? now })),
  )
  const known = calm.get(daysWithData)
  const isCalm = stretches.length === 0 && touching.length === 0
  if (isCalm && known !== undefined) return known
  const days = Array.from({ length: HISTORY_DAYS }, (_, i): DayOf => {
    const [day, end] = [edges[i], edges[i + 1]] as [EpochMs, EpochMs]
    const isHeard = daysWithData === null || daysWithData.has(firstDay + i * DAY)
    const ms = { major_outage: 0, partial_outage: 0, degraded_performance: 0, under_maintenance: 0 }
    let status: ComponentStatus = 'operational'
    for (const each of stretches) {
      const length = Math.min(each.until, end) - Math.max(each.from, day)
      if (length <= 0 || each.status === 'operational') continue
      ms[each.status] += length
      status = worseStatus(status, each.status)
    }
    return {
      day,
      known: isHeard || status !== 'operational',
      status,
      ms,
      downShare: (ms.major_outage + PARTIAL_WEIGHT * ms.partial_outage) / (end - day),
      incidents: [...new Set(touching.filter(each => each.from < end && each.until > day).map(each => each.id))],
    }
  })
  const watchedMs = days.reduce(
    (sum, each, i) => sum + (each.known ? Math.min(now, edges[i + 1] as EpochMs) - each.day : 0),
    0,
  )
  const uptime = { days, watchedMs, ...rulesOf(stretches, watchedMs) }
  if (isCalm) calm.set(daysWithData, uptime)
  return uptime
}

/** What components of one picture have in common. */
interface Parts {
  /** When its days begin and end: a day on which the clocks change has 23 or 25 hours. */
  edges: readonly EpochMs[]
  /** Of components that never failed, by the days with data. */
  calm: Map<ReadonlySet<EpochMs> | null, Uptime>
}

function partsOf(picture: PageView, firstDay: EpochMs): Parts {
  let found = partsKnown.get(picture)
  if (found === undefined) {
    const zone = picture.page.timeZone
    const edges = Array.from({ length: HISTORY_DAYS + 1 }, (_, i) => dayStart(firstDay + i * DAY, zone))
    partsKnown.set(picture, (found = { edges, calm: new Map() }))
  }
  return found
}

const partsKnown = new WeakMap<PageView, Parts>()

function rulesOf(stretches: readonly Stretch[], watchedMs: number) {
  let [major, partial, people, out, known] = [0, 0, 0, 0, 0]
  for (const { from, until, status, share } of stretches) {
    const ms = until - from
    if (status === 'major_outage') major += ms
    else if (status === 'partial_outage') partial += ms
    else continue
    out += ms
    if (share !== null) known += ms
    people += ms * (share ?? (status === 'major_outage' ? 1 : PARTIAL_WEIGHT))
  }
  const of = (down: number) => (watchedMs > 0 ? Math.max(0, 1 - down / watchedMs) : null)
  return {
    statuspage: of(major + PARTIAL_WEIGHT * partial),
    half: of(major + 0.5 * partial),
    full: of(major + partial),
    people: of(people),
    knownShare: out > 0 ? known / out : null,
  }
}

/** Spans of incidents and windows laid over one another: at each moment the worst holds, with the largest share. */
function stretchesOf(leaf: Leaf, { incidents, windows, now }: PageView, first: EpochMs): Stretch[] {
  const all: Stretch[] = [
    ...windows
      .filter(each => each.affected.includes(leaf) && each.from < now)
      .map(each => ({ from: each.from, until: each.until, status: 'under_maintenance' as const, share: null })),
    ...incidents.flatMap(each =>
      each.spans.filter(span => span.leaf === leaf.id).map(span => ({ ...span, until: span.until ?? now })),
    ),
  ]
    .map(each => ({ ...each, from: Math.max(each.from, first), until: Math.min(each.until, now) }))
    .filter(each => each.until > each.from)
  const edges = [...new Set(all.flatMap(each => [each.from, each.until]))].sort((a, b) => a - b)
  const out: Stretch[] = []
  for (let i = 1; i < edges.length; i++) {
    const [from, until] = [edges[i - 1] as EpochMs, edges[i] as EpochMs]
    const here = all.filter(each => each.from <= from && each.until >= until)
    if (here.length === 0) continue
    const status = here.reduce<ComponentStatus>((worst, each) => worseStatus(worst, each.status), 'operational')
    const shares = here.filter(each => each.status === status && each.share !== null).map(each => each.share as number)
    out.push({ from, until, status, share: shares.length > 0 ? Math.max(...shares) : null })
  }
  return out
}
