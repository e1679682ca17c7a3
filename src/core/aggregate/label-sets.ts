import type { Labels } from '../../contract/signal.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'

/**
 * Counts by label set and minute. A *leaf* is a full label set as it arrived, a *group* one label value
 * (`cell=a`), group 0 everything. All state is plain data, so a snapshot is the state itself.
 */

/** Minutes of leaf rows that are kept: enough to find an onset, to localize, and to take late rows. */
export const RING_SLOTS = 90
/** Up to this age a row still counts in its minute; later ones are counted as late. Below RING_SLOTS, so the minute is still there. */
export const LATE_MS = 30 * MINUTE
/** Label names that are aggregated for one service and kind; further names are kept in the log only. */
export const MAX_ATTRIBUTES = 16
/** Label sets for one service and kind, 64 bytes each and a row a minute; beyond it rows count without labels. */
export const MAX_LEAVES = 20_000

/** Label values for one service and kind. */
export const MAX_GROUPS = 65_536
/** Places in remembered orders of labels: some orders of each label set. Beyond it a set is found by its canonical key. */
const MAX_NODES = 8 * MAX_LEAVES

/** Label sets of one service and one kind of signal. */
export interface LeafBook {
  attributes: string[]
  values: string[][]
  /** Leaf → one code an attribute, −1 where the label is absent; shorter when attributes came later. */
  codes: number[][]
  /** Leaf → groups it belongs to, 0 first. */
  groups: number[][]
  groupAttribute: number[]
  groupValue: number[]
  /** Label name → value → group. */
  steps: Map<string, Map<string, number>>
  /** Canonical label set → leaf. */
  leafOf: Map<string, number>
  /** Label sets in the order in which they arrive, as paths: node × MAX_GROUPS + group → node. */
  paths: Map<number, number>
  /** Node → leaf, −1 while unknown. */
  leafAt: number[]
}

export const leafBook = (): LeafBook => ({
  attributes: [],
  values: [],
  codes: [],
  groups: [],
  groupAttribute: [-1],
  groupValue: [-1],
  steps: new Map(),
  leafOf: new Map(),
  paths: new Map(),
  leafAt: [-1],
})

export const leafCount = (book: LeafBook): number => book.codes.length
export const groupCount = (book: LeafBook): number => book.groupAttribute.length
export const groupName = (book: LeafBook, group: number): { label: string; value: string } | null => {
  const a = book.groupAttribute[group] ?? -1
  return a < 0 ? null : { label: book.attributes[a]!, value: book.values[a]![book.groupValue[group]!]! }
}

/** The group of a label value; undefined where no label set had it. */
export const groupNamed = (book: LeafBook, label: string, value: string): number | undefined =>
  book.steps.get(label)?.get(value)

/** The leaf of a label set. Seen before in this order of labels: one look-up a label, nothing is built. */
export function leafFor(book: LeafBook, labels: Labels): number {
  let node = 0
  for (const name in labels) {
    const group = book.steps.get(name)?.get(labels[name]!)
    if (group === undefined) return enter(book, labels)
    const next = book.paths.get(node * MAX_GROUPS + group)
    if (next === undefined) return enter(book, labels)
    node = next
  }
  const leaf = book.leafAt[node]!
  return leaf >= 0 ? leaf : enter(book, labels)
}

function enter(book: LeafBook, labels: Labels): number {
  const names = Object.keys(labels).sort()
  const sorted = names.map(name => `${name}\u0001${labels[name]}`).join('\u0002')
  let leaf = book.leafOf.get(sorted)
  if (leaf === undefined) {
    const full = book.codes.length >= MAX_LEAVES || groupCount(book) + names.length >= MAX_GROUPS
    if (full && names.length > 0) return leafFor(book, {})
    leaf = book.codes.length
    const codes: number[] = []
    const groups = [0]
    for (const name of names) {
      const a = attributeFor(book, name)
      if (a < 0) continue
      while (codes.length < a) codes.push(-1)
      const group = groupFor(book, a, labels[name]!)
      codes[a] = book.groupValue[group]!
      groups.push(group)
    }
    // Copies have no room to grow, which they never do.
    book.codes.push(codes.slice())
    book.groups.push(groups.slice())
    book.leafOf.set(sorted, leaf)
  }
  remember(book, labels, leaf)
  return leaf
}

/** Lays the path of this order of labels, so that the next one finds it. A label beyond MAX_ATTRIBUTES has no group: no path. */
function remember(book: LeafBook, labels: Labels, leaf: number): void {
  if (book.leafAt.length > MAX_NODES) return
  let node = 0
  for (const name in labels) {
    const group = book.steps.get(name)?.get(labels[name]!)
    if (group === undefined) return
    const key = node * MAX_GROUPS + group
    let next = book.paths.get(key)
    if (next === undefined) {
      next = book.leafAt.push(-1) - 1
      book.paths.set(key, next)
    }
    node = next
  }
  book.leafAt[node] = leaf
}

function attributeFor(book: LeafBook, name: string): number {
  const a = book.attributes.indexOf(name)
  if (a >= 0 || book.attributes.length >= MAX_ATTRIBUTES) return a
  book.attributes.push(name)
  book.values.push([])
  return book.attributes.length - 1
}

function groupFor(book: LeafBook, attribute: number, value: string): number {
  const name = book.attributes[attribute]!
  const values = book.steps.get(name) ?? new Map<string, number>()
  const known = values.get(value)
  if (known !== undefined) return known
  const group = book.groupAttribute.length
  book.groupAttribute.push(attribute)
  book.groupValue.push(book.values[attribute]!.push(value) - 1)
  book.steps.set(name, values.set(value, group))
  return group
}

/** Rows of one minute: three counts a leaf. Metrics: total, bad, slow. Reports: bad, ok, –. */
export interface SlotRows {
  slot: EpochMs
  leaf: number[]
  a: number[]
  b: number[]
  c: number[]
}

export interface SlotRing {
  rows: (SlotRows | null)[]
  /** Leaf → minute and index of its newest row, so that a leaf has one row a minute. */
  lastSlot: number[]
  lastIndex: number[]
}

export const slotRing = (): SlotRing => ({
  rows: Array.from({ length: RING_SLOTS }, () => null),
  lastSlot: [],
  lastIndex: [],
})

const ringIndex = (slot: EpochMs): number => Math.floor(slot / MINUTE) % RING_SLOTS

export function addRow(ring: SlotRing, slot: EpochMs, leaf: number, a: number, b: number, c: number): void {
  const at = ringIndex(slot)
  const rows = ring.rows[at]
  if (!rows || rows.slot !== slot) {
    // An older minute than the one that took its place: too late for the ring.
    if (rows && rows.slot > slot) return
    // In arrays of one: what is pushed onto an empty one takes room for seventeen, and most minutes have one row.
    ring.rows[at] = { slot, leaf: [leaf], a: [a], b: [b], c: [c] }
    noteNewest(ring, slot, leaf, 0)
    return
  }
  let i = -1
  if (ring.lastSlot[leaf] === slot) i = ring.lastIndex[leaf]!
  else if ((ring.lastSlot[leaf] ?? 0) > slot) i = rows.leaf.indexOf(leaf)
  if (i < 0) {
    i = rows.leaf.push(leaf) - 1
    rows.a.push(a)
    rows.b.push(b)
    rows.c.push(c)
    noteNewest(ring, slot, leaf, i)
    return
  }
  rows.a[i]! += a
  rows.b[i]! += b
  rows.c[i]! += c
}

function noteNewest(ring: SlotRing, slot: EpochMs, leaf: number, i: number): void {
  while (ring.lastSlot.length <= leaf) {
    ring.lastSlot.push(0)
    ring.lastIndex.push(0)
  }
  if (slot < ring.lastSlot[leaf]!) return
  ring.lastSlot[leaf] = slot
  ring.lastIndex[leaf] = i
}

export function rowsAt(ring: SlotRing, slot: EpochMs): SlotRows | null {
  const rows = ring.rows[ringIndex(slot)]
  return rows && rows.slot === slot ? rows : null
}

/** Sums by leaf over the minutes [from, until). */
export interface LeafSums {
  a: Float64Array
  b: Float64Array
  c: Float64Array
}

export function sumLeaves(ring: SlotRing, leaves: number, from: EpochMs, until: EpochMs): LeafSums {
  const sums = { a: new Float64Array(leaves), b: new Float64Array(leaves), c: new Float64Array(leaves) }
  for (let slot = from; slot < until; slot += MINUTE) {
    const rows = rowsAt(ring, slot)
    if (!rows) continue
    for (let i = 0; i < rows.leaf.length; i++) {
      const leaf = rows.leaf[i]!
      sums.a[leaf]! += rows.a[i]!
      sums.b[leaf]! += rows.b[i]!
      sums.c[leaf]! += rows.c[i]!
    }
  }
  return sums
}

/** Three growing columns indexed by group. */
export interface GroupSums {
  a: Float64Array
  b: Float64Array
  c: Float64Array
}

export const groupSums = (capacity = 8): GroupSums => ({
  a: new Float64Array(capacity),
  b: new Float64Array(capacity),
  c: new Float64Array(capacity),
})

const wider = (column: Float64Array, capacity: number): Float64Array => {
  const next = new Float64Array(capacity)
  next.set(column)
  return next
}

/** Makes room for `count` groups; call before addGroups when groups may be new. */
export function fit(sums: GroupSums, count: number): void {
  if (count <= sums.a.length) return
  const capacity = Math.max(count, 2 * sums.a.length)
  sums.a = wider(sums.a, capacity)
  sums.b = wider(sums.b, capacity)
  sums.c = wider(sums.c, capacity)
}

export function addGroups(sums: GroupSums, groups: readonly number[], a: number, b: number, c: number): void {
  for (let i = 0; i < groups.length; i++) {
    const g = groups[i]!
    sums.a[g]! += a
    sums.b[g]! += b
    sums.c[g]! += c
  }
}

/** Adds sums of the same groups. */
export function addColumns(sums: GroupSums, more: GroupSums): void {
  fit(sums, more.a.length)
  for (const column of ['a', 'b', 'c'] as const) more[column].forEach((n, g) => (sums[column][g]! += n))
}

/** The codes of a book by attribute, as far as they were read: a leaf's codes never change. Derived, so no snapshot holds it. */
const columnsRead = new WeakMap<LeafBook, { leaves: number; columns: Int32Array[] }>()

/** Columns of label codes for the localizer: attribute → leaf → code. O(new leaves), and O(leaves) where some are left out. */
export function codeColumns(book: LeafBook, leaves: Int32Array): Int32Array[] {
  const columns = allColumns(book)
  const count = leafCount(book)
  // Leaves are distinct and in order: as many as there are is all of them.
  if (leaves.length === count) return columns.map(column => column.subarray(0, count))
  return columns.map(column => {
    const codes = new Int32Array(leaves.length)
    for (let i = 0; i < leaves.length; i++) codes[i] = column[leaves[i]!]!
    return codes
  })
}

function allColumns(book: LeafBook): Int32Array[] {
  const count = leafCount(book)
  let read = columnsRead.get(book)
  if (!read) columnsRead.set(book, (read = { leaves: 0, columns: [] }))
  const { columns } = read
  for (let a = 0; a < book.attributes.length; a++) {
    let column = columns[a]
    if (!column || column.length < count) {
      // An attribute that came later is on no leaf that was there before it.
      const wide = new Int32Array(2 * count).fill(-1)
      if (column) wide.set(column)
      column = columns[a] = wide
    }
    for (let leaf = read.leaves; leaf < count; leaf++) column[leaf] = book.codes[leaf]![a] ?? -1
  }
  read.leaves = count
  return columns
}
