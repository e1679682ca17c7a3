import type { Where } from '../../contract/incident.js'

/**
 * A window of counts, one row a leaf (a full label set). Column-wise so that a group-by is one pass over typed arrays.
 *
 * `codes[a][i]` indexes `values[a]`; −1 says that leaf i does not carry attribute a, which is common in people's
 * reports and never a value one can name.
 */
export interface LeafTable {
  attributes: string[]
  /** The dictionary of each attribute. */
  values: string[][]
  codes: Int32Array[]
  /** What was seen: reports, or failing requests. */
  real: Float64Array
  /** What a healthy day would have shown in the same window. */
  predict: Float64Array
  /** All requests, where there is a denominator. */
  total?: Float64Array
}

export type Kind = 'counts' | 'rates' | 'measure'

/** The rule of SIGNALS.md: rates with a denominator, counts when every value is a whole number, else a measure. */
export function kindOf(table: LeafTable): Kind {
  if (table.total) return 'rates'
  for (const x of table.real) if (!Number.isInteger(x)) return 'measure'
  return 'counts'
}

/** Code order by content, so that neither leaf order nor dictionary order decides a tie. */
export function nameRanks(names: readonly string[]): Int32Array {
  const order = names.map((_, i) => i).sort((x, y) => (names[x]! < names[y]! ? -1 : names[x]! > names[y]! ? 1 : x - y))
  const ranks = new Int32Array(names.length)
  for (let i = 0; i < order.length; i++) ranks[order[i]!] = i
  return ranks
}

/** Leaves that carry every label of `where` with one of its values. */
export function leavesOf(table: LeafTable, where: Where): Uint8Array {
  const inside = new Uint8Array(table.real.length).fill(1)
  for (const [name, wanted] of Object.entries(where)) {
    const a = table.attributes.indexOf(name)
    if (a < 0) return inside.fill(0)
    const allowed = new Uint8Array(table.values[a]!.length)
    for (const value of wanted) {
      const v = table.values[a]!.indexOf(value)
      if (v >= 0) allowed[v] = 1
    }
    const codes = table.codes[a]!
    for (let i = 0; i < inside.length; i++) if (inside[i] && (codes[i]! < 0 || !allowed[codes[i]!])) inside[i] = 0
  }
  return inside
}

/** Collects rows into a table; a missing label is −1. Handy for windows of aggregated cells and for tests. */
export class TableBuilder {
  readonly #attributes: string[] = []
  readonly #column = new Map<string, number>()
  readonly #dictionaries: Map<string, number>[] = []
  readonly #codes: number[][] = []
  readonly #real: number[] = []
  readonly #predict: number[] = []
  readonly #total: number[] = []

  add(labels: Readonly<Record<string, string>>, real: number, predict: number, total?: number): void {
    const row = this.#real.length
    for (const name in labels) {
      let a = this.#column.get(name)
      if (a === undefined) {
        a = this.#attributes.push(name) - 1
        this.#column.set(name, a)
        this.#dictionaries.push(new Map())
        this.#codes.push(new Array<number>(row).fill(-1))
      }
      const dictionary = this.#dictionaries[a]!
      const value = labels[name]!
      let code = dictionary.get(value)
      if (code === undefined) dictionary.set(value, (code = dictionary.size))
      this.#codes[a]![row] = code
    }
    for (const codes of this.#codes) if (codes.length === row) codes.push(-1)
    this.#real.push(real)
    this.#predict.push(predict)
    if (total !== undefined) this.#total.push(total)
  }

  /** A table with totals if every row had one. */
  table(): LeafTable {
    return {
      attributes: [...this.#attributes],
      values: this.#dictionaries.map(d => [...d.keys()]),
      codes: this.#codes.map(c => Int32Array.from(c)),
      real: Float64Array.from(this.#real),
      predict: Float64Array.from(this.#predict),
      ...(this.#total.length === this.#real.length && this.#total.length
        ? { total: Float64Array.from(this.#total) }
        : {}),
    }
  }
}
