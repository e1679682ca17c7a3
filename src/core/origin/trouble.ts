import type { EpochMs } from '../../contract/time.js'
import { type Deviation, deviationOf, median, type Symptom } from './deviation.js'
import type { Question, Series } from './question.js'

/** A node of which something is unusual. */
export interface Troubled {
  node: string
  deviations: Deviation[]
  /** How sure it is that something is wrong with it, in bits; work that is more or less than usual counts for nothing here. */
  bits: number
  /** Since when something is wrong: the earliest clear one of its deviations. */
  onset: [EpochMs, EpochMs]
  symptoms: ReadonlySet<Symptom>
  /** Seconds that answers take longer than usual, at the worst. */
  excess: number
  /** Whether its failing requests are measured at all. */
  failingKnown: boolean
  /** What is lost in a window at the worst, where requests are counted: those that fail, and seconds of waiting; null: not known. */
  lost: { failing: number | null; waiting: number | null }
}

/** What a symptom is worth beside failing requests, as a sign that the node itself is in trouble. */
const WORTH: Record<Symptom, number> = { fails: 1, slow: 1, full: 0.8, misses: 0.9, odd: 0.35, load: 0, lull: 0 }
/** Bits that one node may bring. */
const MOST_BITS = 14
/** A deviation so much weaker than the clearest one of its node does not tell when its trouble began. */
const CLEAR_BITS = 2
/** What an alert says of its node where what is measured says less. */
const ALARM_BITS = 4
/** Windows whose requests tell how many there are now. */
const RECENT = 5
const UNMEASURED = { excess: 0, failingKnown: false, lost: { failing: null, waiting: null } }
const ALARMED: ReadonlySet<Symptom> = new Set(['odd'])

/** A single point may be a mistake of the measurement. */
const LONE = 0.5

/** Bits that a deviation is worth: none below the bar, two for each standard deviation above it. */
export const bitsOf = ({ z, symptom, length }: Deviation): number =>
  Math.min(MOST_BITS, Math.max(0, 2 * (z - 2))) * WORTH[symptom] * (length > 1 ? 1 : LONE)

/** Nodes with something unusual, by id. */
export function troubledNodes({ series, alarms, since }: Question): Map<string, Troubled> {
  const found = new Map<string, Deviation[]>()
  for (const each of series) {
    const deviation = deviationOf(each, since)
    if (deviation) found.set(each.node, [...(found.get(each.node) ?? []), deviation])
  }
  const courses = new Map<string, Series[]>()
  for (const each of series) courses.set(each.node, [...(courses.get(each.node) ?? []), each])
  const troubled = new Map(
    [...found].map(([node, deviations]) => [node, troubledNode(node, deviations, courses.get(node) ?? [])]),
  )
  for (const { node, at, severity } of alarms) {
    if (severity === 'info') continue
    const before = troubled.get(node)
    if (!before)
      troubled.set(node, { node, deviations: [], bits: ALARM_BITS, onset: [0, at], symptoms: ALARMED, ...UNMEASURED })
    else if (before.bits < ALARM_BITS) troubled.set(node, { ...before, bits: ALARM_BITS })
  }
  return troubled
}

function troubledNode(node: string, deviations: Deviation[], courses: readonly Series[]): Troubled {
  const most = Math.max(...deviations.map(bitsOf))
  const clear = deviations.filter(each => bitsOf(each) >= Math.max(CLEAR_BITS, most / 4))
  const telling = clear.length > 0 ? clear : deviations
  const onset = telling.reduce<[EpochMs, EpochMs]>(
    (first, each) => (each.onset[1] < first[1] ? each.onset : first),
    telling[0]!.onset,
  )
  const slow = deviations.filter(each => each.series.measures === 'latency' && each.symptom === 'slow')
  return {
    node,
    deviations,
    bits: Math.min(MOST_BITS, most + 0.25 * (clear.reduce((sum, each) => sum + bitsOf(each), 0) - most)),
    onset,
    symptoms: new Set(
      telling.map(each => each.symptom).concat(deviations.some(each => each.symptom === 'load') ? ['load'] : []),
    ),
    excess: Math.max(0, ...slow.map(each => each.worst - each.usual)),
    failingKnown: courses.some(each => each.measures === 'failing'),
    lost: lostOf(deviations, courses),
  }
}

function lostOf(deviations: readonly Deviation[], courses: readonly Series[]): Troubled['lost'] {
  const counts = courses.filter(each => each.measures === 'failing' && each.points.some(p => p.weight !== undefined))
  if (counts.length === 0) return { failing: null, waiting: null }
  const requests = median(counts[0]!.points.slice(-RECENT).map(p => p.weight ?? 0))
  const most = (measures: Series['measures']): number =>
    Math.max(
      0,
      ...deviations
        .filter(d => d.series.measures === measures && d.worst > d.usual)
        .map(d => (d.worst - d.usual) * requests),
    )
  return { failing: most('failing'), waiting: most('latency') }
}
