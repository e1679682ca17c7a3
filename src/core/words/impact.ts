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

/** Parts that segments tell apart; with more than so many, those of one value alone are counted. */
const MOST_ATOMS = 2_000
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

/** Values of each label that any segment names, those together that always were, in every combination. */
function atomsOf(wheres: readonly Where[]): Atom[] {
  const labels = new Set(wheres.flatMap(where => Object.keys(where)))
  let out: Where[] = [{}]
  for (const label of [...labels].sort()) {
    const groups = inseparable(label, wheres)
    out = out.flatMap(where => groups.map(values => ({ ...where, [label]: values })))
    if (out.length > MOST_ATOMS) return distinct(wheres).map(fresh)
  }
  return out.map(fresh)
}

/** The values of a label in groups that no segment takes apart. */
function inseparable(label: string, wheres: readonly Where[]): string[][] {
  const told = wheres.map(where => (Object.hasOwn(where, label) ? new Set(where[label]) : null))
  const groups = new Map<string, string[]>()
  for (const value of [...new Set(told.flatMap(each => [...(each ?? [])]))].sort()) {
    const where = told.map(each => (each?.has(value) ? '1' : '0')).join('')
    groups.set(where, [...(groups.get(where) ?? []), value])
  }
  return [...groups.values()]
}

const distinct = (wheres: readonly Where[]): Where[] =>
  [...new Map(wheres.map(each => [JSON.stringify(each), each])).values()].filter(each =>
    Object.values(each).every(values => values.length === 1),
  )

/** Minutes by which parts may differ and still be one row, finest first: the next is taken where there are too many rows. */
const COARSER = [0.1, 2, 5, 15, 60]
/** More rows nobody reads. */
const MOST_ROWS = 12

/** Parts that differ in one label alone and lost the same are one, label by label; the more parts, the coarser. */
function together(atoms: readonly Atom[]): Impact[] {
  let rows: Impact[] = []
  for (const step of COARSER) {
    rows = merged(atoms, step)
    if (rows.length <= MOST_ROWS) break
  }
  return rows
}

function merged(atoms: readonly Atom[], step: number): Impact[] {
  const exact = step === COARSER[0]
  let rows: (Impact & { parts: number })[] = atoms.map(each => ({ ...each, parts: 1 }))
  const labels = [...new Set(atoms.flatMap(each => Object.keys(each.where)))]
  for (const label of labels.toReversed()) {
    const groups = new Map<string, (typeof rows)[number]>()
    for (const row of rows) {
      const { [label]: values = [], ...rest } = row.where
      const lost = (exact ? [row.minutes, ...row.interval] : [row.minutes]).map(each => Math.round(each / step))
      const key = JSON.stringify([rest, lost, ...(exact ? [row.from, row.until] : [])])
      const held = groups.get(key)
      groups.set(
        key,
        held
          ? joined(held, row, label)
          : { ...row, where: { ...row.where, ...(values.length > 0 ? { [label]: [...values] } : {}) } },
      )
    }
    rows = [...groups.values()]
  }
  return rows.map(({ where, minutes, interval, from, until }) => ({ where, minutes, interval, from, until }))
}

/** Two rows as one: what its parts lost on average, within the ends of both. */
function joined<T extends Impact & { parts: number }>(a: T, b: T, label: string): T {
  const parts = a.parts + b.parts
  return {
    ...a,
    parts,
    where: { ...a.where, [label]: [...(a.where[label] ?? []), ...(b.where[label] ?? [])].sort() },
    minutes: (a.minutes * a.parts + b.minutes * b.parts) / parts,
    interval: [Math.min(a.interval[0], b.interval[0]), Math.max(a.interval[1], b.interval[1])],
    from: Math.min(a.from, b.from),
    until: Math.max(a.until, b.until),
  }
}
