import type { CellSums } from './cuboids.js'
import type { Model } from './model.js'

/** Every cell's signed score in nats, computed once and again only where leaves were taken out. */
export class CellScores {
  readonly raw: Float64Array[]

  constructor(
    readonly cells: CellSums,
    readonly model: Model,
  ) {
    this.raw = cells.cuboids.map(({ cells: size }, s) => this.#fill(s, new Float64Array(size)))
  }

  /** Takes leaves out of sums and scores: O(cuboids · min(leaves taken, cells)). */
  remove(leaves: Int32Array): void {
    this.cells.remove(leaves)
    this.cells.cuboids.forEach(({ cellOf, cells: size }, s) => {
      const raw = this.raw[s]!
      if (leaves.length >= size) {
        this.#fill(s, raw)
        return
      }
      for (let j = 0; j < leaves.length; j++) {
        const cell = cellOf[leaves[j]!]!
        if (cell >= 0) raw[cell] = this.#score(s, cell)
      }
    })
  }

  #fill(s: number, raw: Float64Array): Float64Array {
    for (let cell = 0; cell < raw.length; cell++) raw[cell] = this.#score(s, cell)
    return raw
  }

  #score(s: number, cell: number): number {
    const sums = this.cells.sums[s]!
    const n = sums[0]![cell]!
    return n < 0.5 ? 0 : this.model.score(n, sums[1]![cell]!, sums[2]![cell]!, sums[3]![cell]!)
  }
}
