import type { CellSums } from './cuboids.js'
import { lnChoose } from './likelihood.js'
import type { Model, Sums } from './models.js'
import type { LeafTable } from './table.js'

/** A cell of one cuboid, with its score after the price. */
export interface Place {
  cuboid: number
  cell: number
  score: number
}

/** Nats by which the hit part must outscore the whole, beyond naming which values are hit. */
const NARROW_PENALTY = 8

/**
 * A cell whose values split, some hit and some not, is not the cause: its best hit child is, and the others follow in
 * later rounds. Goes down one attribute at a time, the most telling first.
 */
export function narrow(table: LeafTable, cells: CellSums, model: Model, start: Place, sign: number): Place {
  if (model.hitRatio === null) return start
  let at = start
  for (;;) {
    const cuboid = cells.cuboids[at.cuboid]!
    const members = leavesIn(cells, at)
    const own = Math.abs(model.score(...cells.at(at.cuboid, at.cell)))
    let best: Split | null = null
    for (let a = 0; a < table.attributes.length; a++) {
      if (cuboid.attributes.includes(a)) continue
      const found = split(table, cells, model, members, a, sign)
      if (found && found.gain > own && (!best || found.gain > best.gain)) best = found
    }
    if (!best) return at
    const attributes = [...cuboid.attributes, best.attribute].sort((x, y) => x - y)
    const below = cells.cuboids.findIndex(
      c => c.attributes.length === attributes.length && c.attributes.every((a, j) => a === attributes[j]),
    )
    if (below < 0) return at
    const cell = cells.cuboids[below]!.cellOf[best.leaf]!
    const price = model.price(attributes.length, cells.cuboids[below]!.occupied)
    at = { cuboid: below, cell, score: Math.abs(model.score(...cells.at(below, cell))) - price }
  }
}

interface Split {
  attribute: number
  /** A leaf of the hit value with the highest score. */
  leaf: number
  gain: number
}

/** The prefix of values, worst first, that scores best as one cause while what it leaves out is not hit. */
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
  values.sort((x, y) => sign * (model.level(...y.sums) - model.level(...x.sums)))
  const outside: [number, number, number, number] = [0, 0, 0, 0]
  for (const v of values) for (let c = 0; c < 4; c++) outside[c]! += v.sums[c]!
  const inside: [number, number, number, number] = [0, 0, 0, 0]
  let best: Split | null = null
  let top = values[0]!
  for (let take = 1; take < values.length; take++) {
    const added = values[take - 1]!
    for (let c = 0; c < 4; c++) {
      inside[c]! += added.sums[c]!
      outside[c]! -= added.sums[c]!
    }
    if (Math.abs(model.score(...added.sums)) > Math.abs(model.score(...top.sums))) top = added
    if (sign * model.level(...outside) > model.hitRatio! * sign * model.level(...inside) || model.alike(...outside))
      continue
    const gain =
      Math.abs(model.score(...inside)) - lnChoose(values.length, take) - Math.log(values.length) - NARROW_PENALTY
    if (!best || gain > best.gain) best = { attribute, leaf: top.leaf, gain }
  }
  return best
}

function valueSums(
  table: LeafTable,
  cells: CellSums,
  members: Int32Array,
  attribute: number,
): { leaf: number; sums: Sums }[] {
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
  const found: { leaf: number; sums: Sums }[] = []
  for (let v = 0; v < size; v++) {
    const sums: Sums = [columns[0]![v]!, columns[1]![v]!, columns[2]![v]!, columns[3]![v]!]
    if (sums[0] > 0.5) found.push({ leaf: leaf[v]!, sums })
  }
  return found
}

/** Leaves of a cell that no earlier cause has taken. */
export function leavesIn(cells: CellSums, place: { cuboid: number; cell: number }): Int32Array {
  const { cellOf } = cells.cuboids[place.cuboid]!
  const alive = cells.columns[0]!
  const members = new Int32Array(cellOf.length)
  let size = 0
  for (let i = 0; i < cellOf.length; i++) if (cellOf[i] === place.cell && alive[i]!) members[size++] = i
  return members.subarray(0, size)
}
