/** The four sums of a cell that a model asks for; the first is its number of leaves. */
export type Sums = readonly [n: number, a: number, b: number, c: number]

/** What a found cause showed: leaves, sum and sum of squares of their change. */
export interface Known {
  n: number
  sum: number
  squares: number
}

/** How surprising a cell is, per kind of table. */
export interface Model {
  /** Leaf columns whose sums the functions read; the first is 1 for every leaf that counts. */
  columns: [Float64Array, Float64Array, Float64Array, Float64Array]
  /** Log-likelihood ratio in nats; positive for more than expected, negative for less. */
  score(n: number, a: number, b: number, c: number): number
  /** Score of a further cell over the labels of a known cause, if it changes as that does; null: every cause is found by itself. */
  kin: ((known: Known, n: number, a: number, b: number, c: number) => number) | null
  /** How strongly the cell fails, 0 when healthy; orders the values of an attribute. */
  level(n: number, a: number, b: number, c: number): number
  /** Nats that choosing a cell costs: how many others of its kind there were. */
  price(depth: number, occupied: number): number
  /** Nats beyond the price from which on a cell is a cause. */
  penalty: number
  /** The score, less what an expectation that is a few percent off everywhere explains. */
  sure(nats: number, n: number, a: number, b: number): number
  /** Values left out of a cause have at most this part of the level of those kept; null: causes are not narrowed. */
  hitRatio: number | null
  /** Whether what is left out may have a level of its own and be weighed as a second group (counts), or is at rest. */
  splitsByLevel: boolean
  /** Whether leaves are hit alike, so that they are a cause even if not this one. */
  alike(n: number, a: number, b: number, c: number): boolean
  /** Times the expectation that a level means; null where a level is no ratio. */
  times: ((level: number) => number) | null
  /** Whether the best score of the opposite sign, in the same size class, is a further threshold. */
  oppositeIsNull: boolean
}
