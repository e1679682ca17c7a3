import type { Labels } from '../../contract/signal.js'
import {
  addGroups,
  addRow,
  fit,
  groupCount,
  groupName,
  groupNamed,
  groupSums,
  leafBook,
  leafCount,
  leafFor,
  slotRing,
  type GroupSums,
  type LeafBook,
  type SlotRing,
} from './label-sets.js'

// A label that is forgotten leaves no gap: what was counted under it still counts, without it. Label sets that differed
// in it alone become one, with the sum of what they had; what is known of the whole service stays as it was.

/** Which label values go. */
export type Goes = (label: string, value: string) => boolean

/** The book without a label, and where each label set and group of the old one is in it. */
export interface Move {
  book: LeafBook
  leaf: number[]
  /** Absent: it is forgotten. */
  group: (number | undefined)[]
}

export function moveOf(old: LeafBook, goes: Goes): Move {
  const book = leafBook()
  const leaf = Array.from({ length: leafCount(old) }, (_, i) => leafFor(book, labelsOf(old, i, goes)))
  const group = Array.from({ length: groupCount(old) }, (_, g) => {
    const name = groupName(old, g)
    return name === null ? 0 : goes(name.label, name.value) ? undefined : groupNamed(book, name.label, name.value)
  })
  return { book, leaf, group }
}

function labelsOf(book: LeafBook, leaf: number, goes: Goes): Labels {
  const labels: Labels = {}
  book.codes[leaf]!.forEach((code, a) => {
    const [name, value] = [book.attributes[a]!, book.values[a]![code]]
    if (code >= 0 && !goes(name, value!)) labels[name] = value!
  })
  return labels
}

export function movedRing(old: SlotRing, { leaf }: Move): SlotRing {
  const ring = slotRing()
  for (const rows of old.rows.filter(each => each !== null).toSorted((a, b) => a.slot - b.slot))
    rows.leaf.forEach((from, i) => addRow(ring, rows.slot, leaf[from]!, rows.a[i]!, rows.b[i]!, rows.c[i]!))
  return ring
}

export function movedSums(old: GroupSums, { book, group }: Move): GroupSums {
  const sums = groupSums(1)
  fit(sums, groupCount(book))
  for (let g = 0; g < old.a.length; g++)
    if (group[g] !== undefined) addGroups(sums, [group[g]!], old.a[g]!, old.b[g]!, old.c[g]!)
  return sums
}

/** One number a leaf, added up. */
export function movedCounts(old: readonly number[], { book, leaf }: Move): number[] {
  const counts = Array.from({ length: leafCount(book) }, () => 0)
  old.forEach((n, from) => (counts[leaf[from]!]! += n))
  return counts
}
