import { leavesOfCell, type CellSums } from './cuboids.js'
import { lnChoose } from './likelihood.js'
import type { Model, Sums } from './model.js'
import type { LeafTable } from './table.js'

/** A cell of one cuboid, with its score after the price. */
export interface Place {
  cuboid: number
  cell: number
  score: number
}

/** Nats by which a split must outscore the whole, beyond naming which values are hit. */
const NARROW_PENALTY = 8

/**
 * A cell whose values split, some hit and some not, is not the cause: its hit children are. Goes down one attribute at a
 * time, the most telling first, and returns all hit children together: taking out one of them alone could make the
 * rest, with other causes mixed in, look like the whole again.
 */
export function narrow(table: LeafTable, cells: CellSums, model: Model, start: Place, sign: number): Place[] {
  if (model.hitRatio === null) return [start]
  const cuboid = cells.cuboids[start.cuboid]!
  const members = leavesIn(cells, start)
  let best: Split | null = null
  for (const attribute of byName(table)) {
    if (cuboid.attributes.includes(attribute)) continue
    const found = split(table, cells, model, members, attribute, sign)
    if (found && found.gain > 0 && (!best || found.gain > best.gain * (1 + 1e-9))) best = found
  }
  if (!best) return [start]
  const attributes = [...cuboid.attributes, best.attribute].sort((x, y) => x - y)
  const below = cells.cuboids.findIndex(c => c.attributes.join() === attributes.join())
  if (below < 0) return [start]
  const price = model.price(attributes.length, cells.cuboids[below]!.occupied)
  const children = best.hit.map(({ leaf }) => {
    const cell = cells.cuboids[below]!.cellOf[leaf]!
    return { cuboid: below, cell, score: Math.abs(model.score(...cells.at(below, cell))) - price }
  })
  const sure = children.filter(child => child.score >= model.penalty)
  const [top] = children.toSorted((x, y) => y.score - x.score)
  return (sure.length ? sure : [top!]).flatMap(child => narrow(table, cells, model, child, sign))
}

function byName(table: LeafTable): number[] {
  return table.attributes.map((_, a) => a).sort((x, y) => (table.attributes[x]! < table.attributes[y]! ? -1 : 1))
}

interface Value {
  code: number
  leaf: number
  sums: Sums
}

interface Split {
  attribute: number
  /** The values that are hit. */
  hit: Value[]
  gain: number
}

/**
 * The prefix of values, worst first, that stands out most while what it leaves out is not hit. The likelihood gained is
 * divided by the dispersion that remains within the two groups: in a cause of which only some leaves are hit, values
 * differ by chance far more than counts do, and that is no reason to narrow it.
 */
function split(
  table: LeafTable,
  cells: CellSums,
  model: Model,
  members: Int32Array,
  attribute: number,
  sign: number,
): Split | null {
  const values = valueSums(table, cells, members, attribute)
  if (values.length < 2) return null
  const level = (v: Value) => sign * Number(model.level(...v.sums).toPrecision(12))
  const name = (v: Value) => table.values[attribute]![v.code]!
  values.sort((x, y) => level(y) - level(x) || y.sums[0] - x.sums[0] || (name(x) < name(y) ? -1 : 1))
  const outside: [number, number, number, number] = [0, 0, 0, 0]
  for (const v of values) for (let c = 0; c < 4; c++) outside[c]! += v.sums[c]!
  const own = Math.abs(model.score(...outside))
  const inside: [number, number, number, number] = [0, 0, 0, 0]
  let best: (Split & { nats: number; naming: number; levels: [number, number] }) | null = null
  for (let take = 1; take < values.length; take++) {
    const added = values[take - 1]!
    for (let c = 0; c < 4; c++) {
      inside[c]! += added.sums[c]!
      outside[c]! -= added.sums[c]!
    }
    const levels: [number, number] = [model.level(...inside), model.level(...outside)]
    if (sign * levels[1] > model.hitRatio! * sign * levels[0] || model.alike(...outside)) continue
    // What is left out of a measure may hold causes of its own: they are no reason to keep the whole.
    const left = model.score(...outside)
    const rest = model.splitsByLevel ? Math.abs(left) : Math.max(0, sign * left)
    const nats = Math.abs(model.score(...inside)) + rest - own
    const naming = lnChoose(values.length, take) + Math.log(values.length) + NARROW_PENALTY
    const gain = nats - naming
    if (!best || gain > best.gain) best = { attribute, hit: values.slice(0, take), gain, nats, naming, levels }
  }
  if (!best || best.gain <= 0 || !model.splitsByLevel) return best
  const hit = new Set(best.hit.map(v => v.code))
  const dispersion = dispersionWithin(table, cells, members, attribute, hit, best.levels)
  return { attribute, hit: best.hit, gain: best.nats / dispersion - best.naming }
}

/** Mean squared Pearson residual of the leaves around the two levels; 1 or more. */
function dispersionWithin(
  table: LeafTable,
  cells: CellSums,
  members: Int32Array,
  attribute: number,
  hit: ReadonlySet<number>,
  levels: readonly [inside: number, outside: number],
): number {
  const [, seen, expected] = cells.columns
  const codes = table.codes[attribute]!
  let squares = 0
  let leaves = 0
  for (let j = 0; j < members.length; j++) {
    const i = members[j]!
    if (codes[i]! < 0) continue
    const mean = (1 + Math.max(0, levels[hit.has(codes[i]!) ? 0 : 1])) * expected![i]!
    if (!(mean > 0)) continue
    squares += (seen![i]! - mean) ** 2 / mean
    leaves++
  }
  return Math.max(1, squares / Math.max(1, leaves - 2))
}

function valueSums(table: LeafTable, cells: CellSums, members: Int32Array, attribute: number): Value[] {
  const codes = table.codes[attribute]!
  const size = table.values[attribute]!.length
  const columns = cells.columns.map(() => new Float64Array(size))
  const leaf = new Int32Array(size).fill(-1)
  for (let j = 0; j < members.length; j++) {
    const i = members[j]!
    const v = codes[i]!
    if (v < 0) continue
    leaf[v] = i
    for (let c = 0; c < 4; c++) columns[c]![v]! += cells.columns[c]![i]!
  }
  const found: Value[] = []
  for (let v = 0; v < size; v++) {
    const sums: Sums = [columns[0]![v]!, columns[1]![v]!, columns[2]![v]!, columns[3]![v]!]
    if (sums[0] > 0.5) found.push({ code: v, leaf: leaf[v]!, sums })
  }
  return found
}

/** Leaves of a cell that no earlier cause has taken. */
export function leavesIn(cells: CellSums, place: { cuboid: number; cell: number }): Int32Array {
  const alive = cells.columns[0]!
  return leavesOfCell(cells.cuboids[place.cuboid]!, place.cell).filter(i => alive[i]! > 0)
}
