import type { Where } from '../../contract/incident.js'
import { buildCuboids, CellSums, leavesOfCell, type Cuboid } from './cuboids.js'
import { LEVEL_RATIO } from './levels.js'
import { ratioInterval } from './likelihood.js'
import { findMixture, type Mixture } from './mixture.js'
import { defaultDepth, modelOf } from './models.js'
import { type Known, type Model } from './model.js'
import { leavesIn, narrow, type Place } from './narrow.js'
import { CellScores } from './scores.js'
import { kindOf, type Kind, type LeafTable } from './table.js'

export interface LocalizeOptions {
  /** By default rates if there is a total, counts if every real is whole, else a measure. */
  kind?: Kind
  /** And-ed labels of a cause, at most. */
  maxDepth?: number
  /** Instead of the causes that together hold the excess, this many best alternatives for a single one. */
  candidates?: number
  /** Variance over mean of a healthy leaf beyond what its spread already says. */
  dispersion?: number
}

export interface RootCause {
  /** And-ed labels, or-ed values, the strongest value first. */
  where: Where
  /** Rates: failing share above the expected one. */
  share: number | null
  interval: [number, number] | null
  /** Surprise after paying for having looked at so many cells. */
  bits: number
  real: number
  expected: number
  total: number | null
  /** Other names for it that the data cannot tell from this one. */
  tied?: Where[]
  /** Rates: only a part of its label sets fails. */
  uneven?: Mixture
  /** Measures: found because it changed as another cause over the same labels did. */
  sibling?: true
}

interface Found extends Place {
  level: number
  tied: Place[]
  known: Known
  sibling?: true
}

/** Causes looked for in one table; each further one is found in what the others left. */
const MAX_CAUSES = 32
/** Cells within this many nats of the best are its equals: the data speak e times more for one than for the other. */
const TIE_NATS = 1
const MAX_TIES = 5
/** The opposite sign has no cause, so its best score is chance; a cause must beat it by this factor. */
const OPPOSITE_FACTOR = 1.3
const SIZE_CLASSES = 40
/** A part of a cause is told apart from this many times its level on. */
const WORSE_FACTOR = 3

/**
 * Root causes of a table of leaves: which label sets explain the difference between real and predicted.
 *
 * A likelihood-ratio scan over all cells of all attribute subsets: the cell with the highest score after the price of
 * its choice is narrowed to what is hit (`narrow.ts`), its leaves are taken out, and the rest is scanned again, until
 * nothing stands out. Group-bys are built once and updated by the leaves taken out. O(subsets · (leaves + causes · cells)).
 *
 * @example
 * const columns = { real: Float64Array.of(5, 90), predict: Float64Array.of(5, 5) }
 * const table = { attributes: ['region'], values: [['r1', 'r2']], codes: [Int32Array.of(0, 1)], ...columns }
 * localize(table)[0]?.where // => { region: ['r2'] }
 */
export function localize(table: LeafTable, options: LocalizeOptions = {}): RootCause[] {
  const kind = options.kind ?? kindOf(table)
  const model = modelOf(table, kind, options.dispersion)
  const cells = new CellSums(buildCuboids(table, options.maxDepth ?? defaultDepth(kind)), model.columns)
  if (options.candidates !== undefined) {
    const found = scan(table, new CellScores(cells, model), 0, options.candidates).best
    return found.map(place => describe(table, kind, [place], cells.cuboids))
  }
  const found = absorb(table, peel(table, cells, model), cells.cuboids, model)
  const groups = join(table, found, cells.cuboids)
  return groups.map(group => describe(table, kind, group, cells.cuboids)).sort((x, y) => y.bits - x.bits)
}

function peel(table: LeafTable, cells: CellSums, model: Model): Found[] {
  const found: Found[] = []
  const scores = new CellScores(cells, model)
  let sign = 0
  while (found.length < MAX_CAUSES) {
    const { best, opposite } = scan(table, scores, sign, 1 + MAX_TIES)
    const first = best[0]
    if (!first || !standsOut(cells, model, first, opposite)) {
      const kin = findKin(table, scores, found)
      if (!kin) break
      const level = model.level(...cells.at(kin.cuboid, kin.cell))
      const members = leavesIn(cells, kin)
      found.push({ ...kin, level, tied: [], known: known(cells, kin), sibling: true })
      scores.remove(members)
      continue
    }
    sign = model.score(...cells.at(first.cuboid, first.cell)) > 0 ? 1 : -1
    for (const place of narrow(table, cells, model, first, sign)) {
      const tied = place === first ? best.slice(1).filter(other => other.score >= first.score - TIE_NATS) : []
      const level = model.level(...cells.at(place.cuboid, place.cell))
      const members = leavesIn(cells, place)
      if (!members.length) return found
      found.push({ ...place, level, tied, known: known(cells, place) })
      scores.remove(members)
    }
  }
  return found
}

function standsOut(cells: CellSums, model: Model, place: Place, opposite: number): boolean {
  const sums = cells.at(place.cuboid, place.cell)
  const raw = Math.abs(model.score(...sums))
  const sure = model.sure(raw, sums[0], sums[1], sums[2]) - (raw - place.score)
  return sure >= Math.max(model.penalty, model.oppositeIsNull ? OPPOSITE_FACTOR * opposite : 0)
}

function known(cells: CellSums, { cuboid, cell }: Place): Known {
  const [n, sum, squares] = cells.at(cuboid, cell)
  return { n, sum, squares }
}

/**
 * A further cell of a found cause: over the same labels, and changed as much. It need not pay for the labels nor for its level
 * again, only for which of the cells it is, so it may be fainter than the first. Cells that change as much the other way are
 * the null.
 */
function findKin(table: LeafTable, scores: CellScores, found: readonly Found[]): Place | null {
  const { cells, model } = scores
  const { kin } = model
  if (!kin) return null
  const best: Place[] = []
  let mirrored = 0
  for (const one of found) {
    const cuboid = cells.cuboids[one.cuboid]!
    const [n, a, b, c] = cells.sums[one.cuboid]!
    const price = Math.log(Math.max(1, cuboid.occupied))
    const sign = Math.sign(one.known.sum)
    for (let cell = 0; cell < cuboid.cells; cell++) {
      if (n![cell]! < 0.5 || Math.abs(a![cell]!) < 0.5 * n![cell]! * Math.abs(one.level)) continue
      const same = a![cell]! * sign > 0
      const score = kin(one.known, n![cell]!, same ? a![cell]! : -a![cell]!, b![cell]!, c![cell]!) - price
      if (score <= 0) continue
      if (same) insert(table, cells.cuboids, best, { cuboid: one.cuboid, cell, score }, 1)
      else mirrored = Math.max(mirrored, score)
    }
  }
  const [first] = best
  return first && first.score >= Math.max(model.penalty, OPPOSITE_FACTOR * mirrored) ? first : null
}

/** The best cells by score after price, and the best score of the opposite sign in the size class of the first. */
function scan(table: LeafTable, scores: CellScores, sign: number, keep: number): { best: Place[]; opposite: number } {
  const { cells, model } = scores
  const above = new Float64Array(SIZE_CLASSES)
  const below = new Float64Array(SIZE_CLASSES)
  const best: Place[] = []
  let worst = 0
  for (let s = 0; s < cells.cuboids.length; s++) {
    const cuboid = cells.cuboids[s]!
    const raw = scores.raw[s]!
    const n = cells.sums[s]![0]!
    const price = model.price(cuboid.attributes.length, cuboid.occupied)
    for (let cell = 0; cell < raw.length; cell++) {
      const score = Math.abs(raw[cell]!) - price
      if (score <= 0) continue
      const size = sizeClass(n[cell]!)
      const side = raw[cell]! > 0 ? above : below
      if (score > side[size]!) side[size] = score
      if (raw[cell]! * sign < 0 || (best.length === keep && score < worst * (1 - 1e-9))) continue
      insert(table, cells.cuboids, best, { cuboid: s, cell, score }, keep)
      worst = best.at(-1)!.score
    }
  }
  const first = best[0]
  if (!first) return { best, opposite: 0 }
  const sums = cells.at(first.cuboid, first.cell)
  return { best, opposite: (model.score(...sums) > 0 ? below : above)[sizeClass(sums[0])]! }
}

function sizeClass(leaves: number): number {
  return Math.min(SIZE_CLASSES - 1, Math.floor(Math.log2(leaves + 0.5)))
}

function insert(table: LeafTable, cuboids: readonly Cuboid[], best: Place[], place: Place, keep: number): void {
  let j = best.length
  while (j > 0 && before(table, cuboids, place, best[j - 1]!)) j--
  if (j < keep) best.splice(j, 0, place)
  if (best.length > keep) best.pop()
}

/** By score; equals by fewer labels, then by their text, so that the order of rows decides nothing. */
function before(table: LeafTable, cuboids: readonly Cuboid[], x: Place, y: Place): boolean {
  if (Math.abs(x.score - y.score) > 1e-9 * Math.max(1, Math.abs(y.score))) return x.score > y.score
  const [one, other] = [labelsOf(table, cuboids, x), labelsOf(table, cuboids, y)]
  if (one.length !== other.length) return one.length < other.length
  return JSON.stringify(one) < JSON.stringify(other)
}

function labelsOf(
  table: LeafTable,
  cuboids: readonly Cuboid[],
  { cuboid, cell }: Place,
): [name: string, value: string][] {
  const { attributes, leafOf } = cuboids[cuboid]!
  const leaf = leafOf[cell]!
  const labels = attributes.map((a): [string, string] => [
    table.attributes[a]!,
    table.values[a]![table.codes[a]![leaf]!]!,
  ])
  return labels.sort(([x], [y]) => (x < y ? -1 : 1))
}

/**
 * The strongest part of a cause may be found before the whole of it, and where two causes cross they fail doubly. A part
 * that later causes enclose is kept only if it is worse than they together explain by a factor a reader would care for.
 */
function absorb(table: LeafTable, found: Found[], cuboids: readonly Cuboid[], model: Model): Found[] {
  const { times } = model
  if (!times) return found
  return found.filter((part, j) => {
    const labels = new Map(labelsOf(table, cuboids, part))
    let explained = 1
    let enclosed = false
    for (const later of found.slice(j + 1)) {
      if (!labelsOf(table, cuboids, later).every(([name, value]) => labels.get(name) === value)) continue
      enclosed = true
      explained *= Math.max(1, times(later.level))
    }
    return !enclosed || times(part.level) > WORSE_FACTOR * explained
  })
}

/** Causes over the same labels that differ in one value and fail alike are one cause with or-ed values. */
function join(table: LeafTable, found: readonly Found[], cuboids: readonly Cuboid[]): Found[][] {
  const groups: { members: Found[]; varies: number }[] = []
  for (const one of found) {
    const labels = labelsOf(table, cuboids, one)
    const group = groups.find(({ members, varies }) => {
      const head = members[0]!
      if (head.cuboid !== one.cuboid || !likeLevels(head.level, one.level)) return false
      const differing = labelsOf(table, cuboids, head).flatMap(([, value], j) => (value === labels[j]![1] ? [] : [j]))
      return differing.length === 1 && (varies < 0 || varies === differing[0])
    })
    if (!group) {
      groups.push({ members: [one], varies: -1 })
      continue
    }
    if (group.varies < 0) {
      const head = labelsOf(table, cuboids, group.members[0]!)
      group.varies = head.findIndex(([, value], j) => value !== labels[j]![1])
    }
    group.members.push(one)
  }
  return groups.map(group => group.members)
}

function likeLevels(x: number, y: number): boolean {
  return x * y > 0 && Math.max(Math.abs(x), Math.abs(y)) <= LEVEL_RATIO * Math.min(Math.abs(x), Math.abs(y))
}

function describe(
  table: LeafTable,
  kind: Kind,
  group: (Place & { tied?: Place[]; sibling?: true })[],
  cuboids: readonly Cuboid[],
): RootCause {
  const where: Where = {}
  let nats = 0
  for (const one of group) {
    nats += one.score
    for (const [name, value] of labelsOf(table, cuboids, one)) {
      const values = (where[name] ??= [])
      if (!values.includes(value)) values.push(value)
    }
  }
  const tied = (group.length === 1 && group[0]!.tied) || []
  return {
    where,
    ...figures(table, kind, group, cuboids),
    bits: nats / Math.LN2,
    ...(group.every(one => one.sibling) ? { sibling: true } : {}),
    ...(tied.length
      ? { tied: tied.map(place => Object.fromEntries(labelsOf(table, cuboids, place).map(([k, v]) => [k, [v]]))) }
      : {}),
  }
}

/** Sums over all leaves of the group's cells, also those that an earlier cause had taken. */
function figures(
  table: LeafTable,
  kind: Kind,
  group: readonly Place[],
  cuboids: readonly Cuboid[],
): Pick<RootCause, 'share' | 'interval' | 'real' | 'expected' | 'total' | 'uneven'> {
  const members = group.flatMap(({ cuboid, cell }) => [...leavesOfCell(cuboids[cuboid]!, cell)])
  let real = 0
  let expected = 0
  let total = 0
  for (const i of members) {
    real += table.real[i]!
    expected += table.predict[i]!
    total += table.total?.[i] ?? 0
  }
  const exposure = total - expected
  if (kind !== 'rates' || !(exposure > 0))
    return { share: null, interval: null, real, expected, total: table.total ? total : null }
  const share = Math.min(1, Math.max(0, (real - expected) / exposure))
  let squares = 0
  let leaves = 0
  for (const i of members) {
    const n = table.total![i]! - table.predict[i]!
    if (!(n > 0)) continue
    leaves++
    squares += (table.real[i]! - table.predict[i]! - share * n) ** 2
  }
  const interval = ratioInterval(real - expected, exposure, squares, leaves, 1)
  const units = members.map(i => ({ bad: table.real[i]!, total: table.total![i]!, usual: table.predict[i]! }))
  const uneven = findMixture(units)
  return { share, interval, real, expected, total, ...(uneven ? { uneven } : {}) }
}
