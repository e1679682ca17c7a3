import type { Alert, Gauge, Observation, Signal } from '../../contract/signal.js'
import type { EpochMs } from '../../contract/time.js'
import type { Graph } from '../graph/graph.js'
import type { Alarm, Point, Question, Series } from './question.js'

/** Points kept of one course: six hours by the minute. */
const MAX_POINTS = 360
/** Courses of gauges kept, some 20 MB at most; further ones are left out. */
const MAX_SERIES = 1_000
/** Nodes whose counts are kept, some 20 KB each. */
const MAX_COUNTED = 1_000
/** Alerts kept; the one that fired longest ago makes room. */
const MAX_ALARMS = 500
/** An alert that began so long before the newest point is about something else. */
const STALE_MS = 12 * 3_600_000

/** What nodes were measured at lately, and the alerts that fire: plain data, so that a snapshot and a clock that is put back need nothing more. */
export interface Courses {
  series: Map<string, Series>
  /** Courses of request counts and checks, by node. */
  counts: Map<string, { metric?: Counts; check?: Counts }>
  alarms: Map<string, Alarm>
}

export const courses = (): Courses => ({ series: new Map(), counts: new Map(), alarms: new Map() })

/** Notes what a signal measures. Signals of one moment and kind are one count; a late one finds its place. */
export function noteCourse(into: Courses, signal: Signal): void {
  if (signal.via === 'gauge') noteGauge(into, signal)
  else if (signal.via === 'metric' || signal.via === 'check') noteCounts(into, signal)
  else if (signal.via === 'alert') noteAlarm(into, signal)
}

/** By their keys, so that it is all the same what was heard of first. */
const inOrder = <T>(map: ReadonlyMap<string, T>): T[] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each)

/** The question that they ask about a graph. */
export function questionOf({ series, counts, alarms }: Courses, graph: Graph, since?: EpochMs): Question {
  const counted = inOrder(counts).flatMap(({ metric, check }) => [metric, check])
  const courses = counted.flatMap(each => (each ? [each.requests, each.failing, each.slow] : []))
  const all = [...inOrder(series), ...courses].filter(each => each.points.length > 0)
  const newest = all.reduce((last, each) => Math.max(last, each.points.at(-1)?.at ?? 0), 0)
  const fresh = inOrder(alarms).filter(each => newest - each.at <= STALE_MS)
  return { series: all, alarms: fresh, graph, ...(since === undefined ? {} : { since }) }
}

/** Newest points of the courses that changed, by node and since when; and the alerts of these nodes. */
export function changedCourses({ series, counts, alarms }: Courses, since: ReadonlyMap<string, EpochMs>): Changed[] {
  const changed: Changed[] = []
  if (since.size === 0) return changed
  const newer = (each: Series, from: EpochMs): Series => ({ ...each, points: each.points.filter(p => p.at >= from) })
  for (const [node, from] of since) {
    for (const via of ['metric', 'check'] as const) {
      const had = counts.get(node)?.[via]
      if (!had) continue
      const { requests, failing, slow } = had
      const course = { requests: newer(requests, from), failing: newer(failing, from), slow: newer(slow, from) }
      changed.push({ key: via, node, course })
    }
    changed.push({ key: 'alarms', node, course: [...alarms].filter(([, each]) => each.node === node) })
  }
  for (const [key, each] of series) {
    const from = since.get(each.node)
    if (from !== undefined) changed.push({ key, node: each.node, course: newer(each, from) })
  }
  return changed
}

/** What `changedCourses` gave elsewhere, taken in here. */
export function takeChanged(into: Courses, changed: readonly Changed[]): void {
  for (const { key, node, course } of changed) {
    if (key === 'alarms') {
      for (const [id, each] of into.alarms) if (each.node === node) into.alarms.delete(id)
      for (const [id, alarm] of course as [string, Alarm][])
        if (into.alarms.size < MAX_ALARMS) into.alarms.set(id, alarm)
    } else if (key === 'metric' || key === 'check') {
      if (!into.counts.has(node) && into.counts.size >= MAX_COUNTED) continue
      const counts = into.counts.get(node) ?? {}
      into.counts.set(node, counts)
      const next = course as Counts
      const had = counts[key]
      counts[key] = {
        requests: joined(had?.requests, next.requests),
        failing: joined(had?.failing, next.failing),
        slow: joined(had?.slow, next.slow),
      }
    } else if (into.series.has(key) || into.series.size < MAX_SERIES)
      into.series.set(key, joined(into.series.get(key), course as Series))
  }
}

/** What passes of a course: `alarms` of a node, or points of one. */
interface Changed {
  key: string
  node: string
  course: unknown
}

function joined(had: Series | undefined, next: Series): Series {
  const from = next.points[0]?.at ?? Number.POSITIVE_INFINITY
  const points = [...(had?.points ?? []).filter(each => each.at < from), ...next.points]
  return { ...next, points: points.slice(-MAX_POINTS) }
}

/** Forgets a node. */
export function forgetCourses({ series, counts, alarms }: Courses, node: string): void {
  counts.delete(node)
  for (const [key, each] of series) if (each.node === node) series.delete(key)
  for (const [key, each] of alarms) if (each.node === node) alarms.delete(key)
}

function courseOf(into: Courses, key: string, make: () => Omit<Series, 'points'>): Series | null {
  const found = into.series.get(key)
  if (found) return found
  if (into.series.size >= MAX_SERIES) return null
  const course = { ...make(), points: [] }
  into.series.set(key, course)
  return course
}

/** Puts a point where its time belongs; of one time there is one point. */
function put({ points }: Series, point: Point, both: (last: Point) => void): void {
  let i = points.length
  while (i > 0 && points[i - 1]!.at > point.at) i--
  const last = points[i - 1]
  if (last?.at === point.at) return both(last)
  points.splice(i, 0, point)
  if (points.length > MAX_POINTS) points.shift()
}

function noteGauge(into: Courses, gauge: Gauge): void {
  const labels = Object.keys(gauge.labels)
    .sort()
    .map(name => `${name}=${gauge.labels[name]}`)
    .join('\n')
  const course = courseOf(into, `${gauge.service}\n${gauge.name}\n${labels}`, () => ({
    node: gauge.service,
    name: gauge.name,
    measures: gauge.measures,
    ...(gauge.capacity === undefined ? {} : { capacity: gauge.capacity }),
  }))
  if (!course) return
  put(course, { at: gauge.at, value: gauge.value }, last => {
    last.value = gauge.value
  })
}

/** Courses of the counts of one kind at one node. */
interface Counts {
  requests: Series
  failing: Series
  slow: Series
}

/** Request counts: how many, the share that fails with its denominator, and the share that is slow. */
function noteCounts(into: Courses, { service, via, at, total, bad, slow }: Observation): void {
  let node = into.counts.get(service)
  if (!node) {
    if (into.counts.size >= MAX_COUNTED) return
    into.counts.set(service, (node = {}))
  }
  const counts = (node[via as 'metric' | 'check'] ??= countsOf(service, via))
  const last = counts.requests.points.at(-1)
  if (last?.at === at) last.value += total
  else put(counts.requests, { at, value: total }, point => (point.value += total))
  if (total === 0) return
  putShare(counts.failing, at, bad ?? 0, total)
  if (slow !== undefined) putShare(counts.slow, at, slow, total)
}

function countsOf(node: string, via: string): Counts {
  const course = (what: string, measures: Series['measures']): Series => ({
    node,
    name: `${via} ${what}`,
    measures,
    points: [],
  })
  return { requests: course('requests', 'demand'), failing: course('failing', 'failing'), slow: course('slow', 'slow') }
}

function putShare(course: Series, at: EpochMs, part: number, total: number): void {
  const add = (point: Point): void => {
    const before = point.weight ?? 0
    point.value = (point.value * before + part) / (before + total)
    point.weight = before + total
  }
  const last = course.points.at(-1)
  if (last?.at === at) add(last)
  else put(course, { at, value: part / total, weight: total }, add)
}

function noteAlarm(
  { alarms }: Courses,
  { service, thread, status, happenedAt, at, severity, title, text }: Alert,
): void {
  const key = `${service}\n${thread}`
  alarms.delete(key)
  if (status !== 'firing') return
  if (alarms.size >= MAX_ALARMS) alarms.delete(alarms.keys().next().value!)
  alarms.set(key, {
    node: service,
    at: happenedAt ?? at,
    ...(severity === undefined ? {} : { severity }),
    words: `${title ?? ''} ${text ?? ''}`.slice(0, WORDS),
  })
}

/** Characters of what an alert says that are kept. */
const WORDS = 500
