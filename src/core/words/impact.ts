import type { Where } from '../../contract/incident.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import type { Story } from './story.js'

/** What an incident cost those of one part. */
export interface Impact {
  where: Where
  /** User-minutes for each of its users: ∫ failing share dt, in minutes. */
  minutes: number
  /** The same along the ends of the shares' 95 % intervals. */
  interval: [number, number]
  from: EpochMs
  until: EpochMs
}

/** Parts by one value of each label that segments name; more than so many, and segments are counted as they were told. */
const MOST_ATOMS = 200
/** Less is told by no row. */
const LEAST_MINUTES = 0.1

interface Atom extends Impact {
  key: string
}

/**
 * Adds up the shares of each part over the time for which they stood. Segments are told anew with each event, coarser and finer:
 * so the shares are laid on the smallest parts that any of them names, added up there, and parts that lost the same are
 * put together again. Worst first.
 *
 * @param until the end of the time that counts: of the incident, or now
 */
export function impactOf({ events }: Pick<Story, 'events'>, until: EpochMs): Impact[] {
  const told = events.flatMap(event =>
    event.segments === undefined ? [] : [{ at: Date.parse(event.at), segments: event.segments }],
  )
  const atoms = atomsOf(told.flatMap(each => each.segments.map(s => s.where)))
  for (const [i, { at, segments }] of told.entries()) {
    const minutes = (Math.min(told[i + 1]?.at ?? until, until) - at) / MINUTE
    if (minutes <= 0) continue
    for (const atom of atoms) {
      // The first that covers it is the one that was told as the worst.
      const found = segments.find(each => each.share !== null && covers(each.where, atom.where))
      if (!found || found.share === null) continue
      const [low, high] = found.interval ?? [0, 1]
      atom.minutes += found.share * minutes
      atom.interval[0] += low * minutes
      atom.interval[1] += high * minutes
      atom.from = Math.min(atom.from, at)
      atom.until = Math.max(atom.until, at + minutes * MINUTE)
    }
  }
  return together(atoms.filter(each => each.minutes >= LEAST_MINUTES)).sort((a, b) => b.minutes - a.minutes)
}

/** A part that people told of and that nobody counts requests of. */
export type Reported = Pick<Impact, 'where' | 'from' | 'until'>

/**
 * Parts that were named without a share, by labels that no measured part has: what is measured tells more of the others.
 *
 * @param until the end of the time that counts: of the incident, or now
 */
export function reportedOf({ events }: Pick<Story, 'events'>, until: EpochMs): Reported[] {
  const told = events.flatMap(event =>
    event.segments === undefined ? [] : [{ at: event.at, segments: event.segments }],
  )
  const measured = new Set(
    told.flatMap(each => each.segments.flatMap(s => (s.share === null ? [] : Object.keys(s.where)))),
  )
  const found = new Map<string, Reported>()
  for (const [i, { at, segments }] of told.entries())
    for (const { where, share } of segments) {
      const labels = Object.keys(where)
      if (share !== null || labels.length === 0 || labels.some(label => measured.has(label))) continue
      const key = JSON.stringify(where)
      const from = found.get(key)?.from ?? Date.parse(at)
      found.set(key, { where, from, until: Math.min(Date.parse(told[i + 1]?.at ?? '') || until, until) })
    }
  return [...found.values()]
}

const covers = (where: Where, atom: Where): boolean =>
  Object.entries(where).every(([label, values]) => Object.hasOwn(atom, label) && values.includes(atom[label]![0]!))

const fresh = (where: Where): Atom => ({
  where,
  key: JSON.stringify(where),
  minutes: 0,
  interval: [0, 0],
  from: Infinity,
  until: -Infinity,
})

/** One value of each label that any segment names, in every combination. */
function atomsOf(wheres: readonly Where[]): Atom[] {
  const labels = new Map<string, Set<string>>()
  for (const where of wheres)
    for (const [label, values] of Object.entries(where))
      for (const value of values) labels.set(label, (labels.get(label) ?? new Set()).add(value))
  let out: Where[] = [{}]
  for (const [label, values] of [...labels].sort(([a], [b]) => (a < b ? -1 : 1))) {
    out = out.flatMap(where => [...values].sort().map(value => ({ ...where, [label]: [value] })))
    if (out.length > MOST_ATOMS) return distinct(wheres).map(fresh)
  }
  return out.map(fresh)
}

const distinct = (wheres: readonly Where[]): Where[] =>
  [...new Map(wheres.map(each => [JSON.stringify(each), each])).values()].filter(each =>
    Object.values(each).every(values => values.length === 1),
  )

/** Parts that differ in one label alone and lost the same are one, label by label. */
function together(atoms: readonly Atom[]): Impact[] {
  let rows: Impact[] = [...atoms]
  const labels = [...new Set(atoms.flatMap(each => Object.keys(each.where)))]
  for (const label of labels.toReversed()) {
    const groups = new Map<string, Impact>()
    for (const row of rows) {
      const { [label]: values = [], ...rest } = row.where
      const lost = [row.minutes, ...row.interval].map(each => each.toFixed(1))
      const key = JSON.stringify([rest, lost, row.from, row.until])
      const held = groups.get(key)
      if (held) held.where[label] = [...(held.where[label] ?? []), ...values]
      else groups.set(key, { ...row, where: { ...row.where, ...(values.length > 0 ? { [label]: [...values] } : {}) } })
    }
    rows = [...groups.values()]
  }
  return rows.map(({ where, minutes, interval, from, until }) => ({ where, minutes, interval, from, until }))
}
