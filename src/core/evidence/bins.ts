import type { EpochMs } from '../../contract/time.js'
import { ROLLUP_MS } from '../../contract/view.js'
import { addGroups, fit, groupCount, groupSums, type GroupSums, type LeafBook } from '../aggregate/label-sets.js'

/** What is counted of one service in five minutes, by label value. */
export interface Bin {
  bin: EpochMs
  /** By kind of evidence, those that were heard. */
  sums: Record<string, GroupSums>
  dirty: boolean
  /** Usual levels, as they were when the row was first put. */
  usual: { expected: number | null; high: number | null; posts: number | null } | null
  /** People said something since the row was last put: pages want that at once. */
  urgent: boolean
}

/** By their beginning. */
export type Bins = Map<EpochMs, Bin>

/** Counts in the bin of a minute, for everything and for each label value of a leaf of the kind's book. */
export function addToBin(
  bins: Bins,
  slot: EpochMs,
  kind: string,
  urgent: boolean,
  book: LeafBook,
  leaf: number,
  a: number,
  b: number,
  c: number,
): void {
  const start = slot - (slot % ROLLUP_MS)
  let bin = bins.get(start)
  if (!bin) bins.set(start, (bin = { bin: start, sums: {}, dirty: false, usual: null, urgent: false }))
  const sums = (bin.sums[kind] ??= groupSums(1))
  fit(sums, groupCount(book))
  addGroups(sums, book.groups[leaf]!, a, b, c)
  bin.dirty = true
  if (urgent) bin.urgent = true
}
