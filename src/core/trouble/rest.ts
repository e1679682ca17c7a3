import type { Rest } from '../../contract/finding.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import { groupCount, groupName, RING_SLOTS, rowsAt } from '../aggregate/label-sets.js'
import { burstDispersion } from '../counts/bursts.js'
import { expectedReports, type ReportState } from '../counts/report-counts.js'
import { negativeBinomialCdf, negativeBinomialSurvival } from '../stat/tails.js'

/**
 * A wide trouble on top of a narrow one, by people's reports alone: one component was named before the rest of them was, and once the rest
 * is back it is named as it was before. Then the wide one is over, and what is left is the narrow one, which goes on by itself.
 *
 * Hours are held against each other, as counts of the reports that name each component, negative binomial with the series' own scatter at that
 * scale. Of the last hour all of this is asked:
 *  · what is named most beyond the usual is so as well in an hour before the worst, and not clearly more now than then;
 *  · what else was named at the worst is named no more than in that hour before;
 *  · had either hour the mix of the worst, so few would name the others once in {@link MIX_ODDS}: a tail of one trouble keeps its mix.
 * Cost: a few tails a quarter of an hour in trouble.
 */

const QUARTER_MS = 15 * MINUTE
const QUARTERS_AN_HOUR = 4
/** Half a day is remembered, some ten kilobytes of a service in trouble at most; what was before that is not known. */
const MAX_QUARTERS = 48
/** Quarters whose rows are all still there (aggregate/label-sets); what was not read for longer is a gap, and it begins anew. */
const READABLE_MS = (RING_SLOTS - 1) * MINUTE
/** Clearly more: chance shows as much once in a hundred hours. */
const CLEAR_P = 0.01
/** What chance shows less often than once in twenty hours is not taken for back. */
const BACK_P = 0.05
/** The odds against which a tail of one and the same mix is ruled out: as the end of a series is (core/series). */
const MIX_ODDS = 50
/** Only a level of less than half of the worst is what is left of it. */
const REST_SHARE = 0.5

/** Reports of a quarter of an hour: all, and those that name each component. */
export interface Quarter {
  at: EpochMs
  all: number
  /** What is usual then, of all. */
  usual: number
  parts: Record<string, number>
}

/** Plain data: kept of a service from its first trouble on, since one that comes back is held against what was before the first. */
export interface NamedCourse {
  /** Newest last; the first four are of the hour before the onset. */
  quarters: Quarter[]
  /** As read at the newest quarter. */
  rest: Rest | null
}

/** Takes the quarters that have ended by now; what is left is judged at each. */
export function followNamed(
  before: NamedCourse | undefined,
  counts: ReportState,
  onset: EpochMs,
  now: EpochMs,
): NamedCourse {
  const ended = (before?.quarters.at(-1)?.at ?? Number.NEGATIVE_INFINITY) + QUARTER_MS
  const goesOn = before !== undefined && ended >= now - READABLE_MS
  const course = goesOn ? before : { quarters: [], rest: null }
  const began = Math.floor(onset / QUARTER_MS - QUARTERS_AN_HOUR) * QUARTER_MS
  const readable = Math.ceil((now - READABLE_MS) / QUARTER_MS) * QUARTER_MS
  const from = goesOn ? ended : Math.max(began, readable)
  if (now - from < QUARTER_MS) return course
  const { quarters } = course
  for (let at = from; at + QUARTER_MS <= now; at += QUARTER_MS) quarters.push(quarterOf(counts, at))
  if (quarters.length > MAX_QUARTERS) quarters.splice(0, quarters.length - MAX_QUARTERS)
  course.rest = restOf(quarters, counts, now)
  return course
}

/** Without components that are forgotten. */
export function withoutParts(course: NamedCourse, goes: (component: string) => boolean): NamedCourse {
  const kept = (parts: Quarter['parts']): Quarter['parts'] =>
    Object.fromEntries(Object.entries(parts).filter(([part]) => !goes(part)))
  return { quarters: course.quarters.map(each => ({ ...each, parts: kept(each.parts) })), rest: null }
}

function quarterOf(counts: ReportState, at: EpochMs): Quarter {
  const { book, ring } = counts
  const quarter: Quarter = { at, all: 0, usual: expectedReports(counts, at, at + QUARTER_MS), parts: {} }
  for (let slot = at; slot < at + QUARTER_MS; slot += MINUTE) {
    const rows = rowsAt(ring, slot)
    if (!rows) continue
    for (let i = 0; i < rows.leaf.length; i++) {
      const n = rows.a[i]!
      quarter.all += n
      for (const group of book.groups[rows.leaf[i]!]!) {
        const name = groupName(book, group)
        if (name?.label === 'component') quarter.parts[name.value] = (quarter.parts[name.value] ?? 0) + n
      }
    }
  }
  return quarter
}

function restOf(quarters: readonly Quarter[], counts: ReportState, now: EpochMs): Rest | null {
  const last = quarters.length - QUARTERS_AN_HOUR
  if (last < QUARTERS_AN_HOUR + 1) return null
  let worst = 0
  for (let i = 1; i < last; i++) if (quarters[i]!.all > quarters[worst]!.all) worst = i
  const left = hourAt(quarters, last)
  if (left.all > REST_SHARE * QUARTERS_AN_HOUR * quarters[worst]!.all) return null
  const { dispersion } = counts.series.expect(now - MINUTE)
  const scatter = burstDispersion(counts.bursts, QUARTERS_AN_HOUR * 15, dispersion)
  const ask: Asked = { named: usualParts(counts), scatter }
  const [rest] = unusual(left, ask)
  // The worst of an hour that reaches over the worst quarter, which may be its first or its last.
  const top = hourAt(quarters, Math.max(0, Math.min(last - QUARTERS_AN_HOUR, worst - 1)))
  const others = unusual(top, ask).filter(part => part !== rest)
  if (rest === undefined || others.length === 0 || !isOtherMix(top, left, rest, others, ask)) return null
  // Where it rose is no hour before: quarters that already had more than twice of what is left.
  let rise = worst
  while (rise > 0 && QUARTERS_AN_HOUR * quarters[rise - 1]!.all > 2 * left.all) rise--
  for (let i = rise - QUARTERS_AN_HOUR; i >= 0; i--) {
    const before = hourAt(quarters, i)
    if (unusual(before, ask)[0] !== rest || !isOtherMix(top, before, rest, others, ask)) continue
    if (asBefore(before, left, rest, others, ask)) return { components: [rest], since: before.at }
  }
  return null
}

interface Asked {
  /** Part of the usual reports that name each component. */
  named: Record<string, number>
  /** Variance/mean of an hour. */
  scatter: number
}

const numberOf = (hour: Quarter, parts: readonly string[]): number =>
  parts.reduce((sum, part) => sum + (hour.parts[part] ?? 0), 0)

const usualOf = (hour: Quarter, parts: readonly string[], { named }: Asked): number =>
  parts.reduce((sum, part) => sum + hour.usual * (named[part] ?? 0), 0)

/** Components named beyond the usual, most named first. */
const unusual = (hour: Quarter, ask: Asked): string[] =>
  Object.keys(hour.parts)
    .filter(part => {
      const mean = usualOf(hour, [part], ask)
      return above(hour.parts[part]!, mean, ofPart(ask, mean, hour.usual)) < CLEAR_P
    })
    .sort((a, b) => hour.parts[b]! - hour.parts[a]! || (a < b ? -1 : 1))

/** Of clumps in which each names what they like, a part clumps by as much less. */
const ofPart = ({ scatter }: Asked, part: number, all: number): number =>
  1 + (scatter - 1) * Math.min(1, part / Math.max(1, all))

/** Is the rest named not clearly more than in the hour before, by all that report as well, and what else failed as seldom? */
function asBefore(before: Quarter, left: Quarter, rest: string, others: readonly string[], ask: Asked): boolean {
  // Both hours scatter.
  const more = (now: number, was: number): number => above(now, was, 2 * ofPart(ask, was, before.all))
  return (
    more(left.all, before.all) > CLEAR_P &&
    more(numberOf(left, [rest]), numberOf(before, [rest])) > CLEAR_P &&
    more(numberOf(left, others), numberOf(before, others)) > BACK_P
  )
}

/** Would the others be named more, had the hour the mix of the worst? */
function isOtherMix(top: Quarter, hour: Quarter, rest: string, others: readonly string[], ask: Asked): boolean {
  const excess = (of: Quarter, parts: readonly string[]): number =>
    Math.max(0, numberOf(of, parts) - usualOf(of, parts, ask))
  const ratio = excess(top, others) / Math.max(1, excess(top, [rest]))
  const expected = usualOf(hour, others, ask) + ratio * excess(hour, [rest])
  const scatter = ofPart(ask, numberOf(top, others), top.all)
  return negativeBinomialCdf(numberOf(hour, others), expected, scatter) <= 1 / MIX_ODDS
}

/** How likely chance brings so many. */
const above = (count: number, mean: number, scatter: number): number =>
  negativeBinomialSurvival(count, Math.max(mean, 0.5), scatter)

function hourAt(quarters: readonly Quarter[], from: number): Quarter {
  const hour: Quarter = { at: quarters[from]!.at, all: 0, usual: 0, parts: {} }
  for (const quarter of quarters.slice(from, from + QUARTERS_AN_HOUR)) {
    hour.all += quarter.all
    hour.usual += quarter.usual
    for (const [part, n] of Object.entries(quarter.parts)) hour.parts[part] = (hour.parts[part] ?? 0) + n
  }
  return hour
}

/** What part of the usual reports names each component, with half a report that was not seen. */
function usualParts({ book, usual, usualAll }: ReportState): Record<string, number> {
  const sums = new Float64Array(groupCount(book))
  for (let leaf = 0; leaf < usual.length; leaf++) for (const g of book.groups[leaf]!) sums[g]! += usual[leaf]!
  const parts: Record<string, number> = {}
  for (let g = 1; g < sums.length; g++) {
    const name = groupName(book, g)
    if (name?.label === 'component') parts[name.value] = (sums[g]! + 0.5) / (usualAll + 1)
  }
  return parts
}
