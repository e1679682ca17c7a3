import type { LeafTable } from './table.js'

/** One attribute subset and the cell of it that each leaf lies in. */
export interface Cuboid {
  attributes: number[]
  /** Cell of each leaf, −1 where it lacks one of the labels. */
  cellOf: Int32Array
  /** Cells that can occur: an upper bound for array sizes. */
  cells: number
  /** The first leaf of each cell, −1 for an empty one: names are read off it. */
  leafOf: Int32Array
  /** Cells that hold a leaf: what a finding in this subset was chosen from. */
  occupied: number
}

/** Index memory: 4 bytes a leaf and subset. 64 M entries are 256 MB; above that the depth is cut until it fits. */
const MAX_ENTRIES = 64e6
/** Cell numbers are products of dictionary sizes while that stays below this multiple of the leaves, else compacted. */
const SPARSE = 4

/** Subsets of up to `maxDepth` attributes, the empty one first; an attribute with a single value everywhere is left out. */
export function buildCuboids(table: LeafTable, maxDepth: number): Cuboid[] {
  const leaves = table.real.length
  const useful = table.attributes.map((_, a) => a).filter(a => varies(table.codes[a]!))
  let depth = Math.min(maxDepth, useful.length)
  while (depth > 1 && subsets(useful.length, depth) * leaves > MAX_ENTRIES) depth--
  const first = close([], new Int32Array(leaves), 1)
  const all = [first]
  for (let start = 0, layer = 1; layer <= depth; layer++) {
    const end = all.length
    for (let p = start; p < end; p++) {
      const parent = all[p]!
      const last = parent.attributes.at(-1) ?? -1
      for (const a of useful) if (a > last) all.push(divide(table, parent, a))
    }
    start = end
  }
  return all
}

function divide(table: LeafTable, parent: Cuboid, attribute: number): Cuboid {
  const codes = table.codes[attribute]!
  const size = table.values[attribute]!.length
  const leaves = codes.length
  const cellOf = new Int32Array(leaves)
  const above = parent.cellOf
  const product = parent.cells * size
  const attributes = [...parent.attributes, attribute]
  if (product <= Math.max(1024, SPARSE * leaves)) {
    for (let i = 0; i < leaves; i++) cellOf[i] = above[i]! < 0 || codes[i]! < 0 ? -1 : above[i]! * size + codes[i]!
    return close(attributes, cellOf, product)
  }
  const numbers = new Map<number, number>()
  for (let i = 0; i < leaves; i++) {
    cellOf[i] = -1
    if (above[i]! < 0 || codes[i]! < 0) continue
    const key = above[i]! * size + codes[i]!
    let cell = numbers.get(key)
    if (cell === undefined) numbers.set(key, (cell = numbers.size))
    cellOf[i] = cell
  }
  return close(attributes, cellOf, numbers.size)
}

function close(attributes: number[], cellOf: Int32Array, cells: number): Cuboid {
  const leafOf = new Int32Array(cells).fill(-1)
  let occupied = 0
  for (let i = 0; i < cellOf.length; i++) {
    const cell = cellOf[i]!
    if (cell < 0 || leafOf[cell]! >= 0) continue
    leafOf[cell] = i
    occupied++
  }
  return { attributes, cellOf, cells, leafOf, occupied }
}

function varies(codes: Int32Array): boolean {
  for (let i = 1; i < codes.length; i++) if (codes[i] !== codes[0]) return true
  return false
}

function subsets(n: number, depth: number): number {
  let sum = 0
  let choose = 1
  for (let k = 0; k <= depth; k++) {
    sum += choose
    choose = (choose * (n - k)) / (k + 1)
  }
  return sum
}

/** Sums of leaf columns in every cell of every cuboid, kept up to date as leaves are taken out. */
export class CellSums {
  readonly sums: Float64Array[][]

  constructor(
    readonly cuboids: readonly Cuboid[],
    readonly columns: readonly Float64Array[],
  ) {
    const silent = columns.map(column => column.every(x => x === 0))
    this.sums = cuboids.map(({ cellOf, cells }) =>
      columns.map((column, c) => (silent[c] ? new Float64Array(cells) : sumBy(column, cellOf, cells))),
    )
  }

  at(cuboid: number, cell: number): [number, number, number, number] {
    const [n, a, b, c] = this.sums[cuboid]!
    return [n![cell]!, a![cell]!, b![cell]!, c![cell]!]
  }

  /** Takes leaves out: O(leaves taken · cuboids). */
  remove(leaves: Int32Array): void {
    for (let s = 0; s < this.cuboids.length; s++) {
      const { cellOf } = this.cuboids[s]!
      for (let c = 0; c < this.columns.length; c++) {
        const column = this.columns[c]!
        const sum = this.sums[s]![c]!
        for (let j = 0; j < leaves.length; j++) {
          const i = leaves[j]!
          if (cellOf[i]! >= 0) sum[cellOf[i]!]! -= column[i]!
        }
      }
    }
    for (let j = 0; j < leaves.length; j++) for (const column of this.columns) column[leaves[j]!] = 0
  }
}

function sumBy(column: Float64Array, cellOf: Int32Array, cells: number): Float64Array {
  const sum = new Float64Array(cells)
  for (let i = 0; i < column.length; i++) {
    const cell = cellOf[i]!
    if (cell >= 0) sum[cell]! += column[i]!
  }
  return sum
}

export function leavesOfCell({ cellOf }: Cuboid, cell: number): Int32Array {
  let size = 0
  for (let i = 0; i < cellOf.length; i++) if (cellOf[i] === cell) size++
  const leaves = new Int32Array(size)
  for (let i = cellOf.length - 1; size > 0; i--) if (cellOf[i] === cell) leaves[--size] = i
  return leaves
}
