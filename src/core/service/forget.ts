import type { Forget } from '../../contract/order.js'
import type { Outcome } from '../../contract/outcome.js'
import type { Labels } from '../../contract/signal.js'
import {
  addGroups,
  addRow,
  fit,
  groupCount,
  groupName,
  groupSums,
  leafBook,
  leafCount,
  leafFor,
  slotRing,
  type GroupSums,
  type LeafBook,
  type SlotRing,
} from '../aggregate/label-sets.js'
import { rateState, STRANDS, type RateState } from '../rates/state.js'
import { RISE_COUNT } from '../rates/rise-detector.js'
import type { Places } from '../counts/places.js'
import type { ReportState } from '../counts/report-counts.js'
import type { BinKind } from './rollup.js'
import type { ServiceState } from './service.js'

// A label that is forgotten leaves no gap: what was counted under it still counts, without it. Label sets that differed
// in it alone become one, with the sum of what they had; what is known of the whole service stays as it was.

/** A whole service, not a part of what is known of it. */
export const isWhole = (forget: Forget): boolean => forget.label === undefined && forget.component === undefined

/** What an outcome holds of it goes too: it was computed before and is put after. */
export function leaveOut(forget: Forget, into: Outcome): void {
  const { service, label, value, component } = forget
  ;(into.forgotten ??= []).push(forget)
  if (isWhole(forget)) {
    const other = (each: { service: string }) => each.service !== service
    into.events = into.events.filter(other)
    into.rollups = into.rollups.filter(other)
    into.services = into.services.filter(other)
    into.facts = into.facts.filter(other)
    return
  }
  const name = label ?? 'component'
  const only = label === undefined ? component : value
  for (const row of into.rollups) {
    if (row.service !== service) continue
    for (const by of [row.reportsBy, row.ratesBy] as Record<string, Record<string, unknown>>[]) {
      if (only !== undefined && by[name]) delete by[name][only]
      if (only === undefined || Object.keys(by[name] ?? {}).length === 0) delete by[name]
    }
  }
}

/** A component of the topology, and the label value of its name. */
export function forgetComponent(s: ServiceState, id: string): void {
  const without = <T extends { id: string; dependsOn?: string[] }>(nodes: T[]): T[] =>
    nodes
      .filter(each => each.id !== id)
      .map(each => (each.dependsOn ? { ...each, dependsOn: each.dependsOn.filter(other => other !== id) } : each))
  s.components = without(s.components)
  s.dependsOn = without(s.dependsOn)
  forgetLabel(s, 'component', id)
}

/** A label with all its values, or one of them. */
export function forgetLabel(s: ServiceState, label: string, value?: string): void {
  const goes = (name: string, each: string) => name === label && (value === undefined || each === value)
  const moved: Partial<Record<BinKind, Move>> = {}
  for (const kind of ['metrics', 'checks'] as const) if (s[kind]) [s[kind], moved[kind]] = withoutInRates(s[kind], goes)
  for (const kind of ['reports', 'posts'] as const)
    if (s[kind]) [s[kind], moved[kind]] = withoutInReports(s[kind], goes)
  for (const bin of s.bins.values()) {
    for (const kind of ['reports', 'posts', 'checks', 'metrics'] as const) {
      const move = moved[kind]
      if (move) bin[kind] = movedSums(bin[kind], move)
    }
    bin.dirty = true
  }
  for (const state of [s.strands.bad, s.strands.slow, ...s.branches])
    if (state) state.named = state.named.filter(each => !goes(each.label, each.value))
  for (const id of [...s.heard.parts.keys()]) if (goes('component', id)) s.heard.parts.delete(id)
  s.changed = true
}

type Goes = (label: string, value: string) => boolean

/** The book without a label, and where each label set and group of the old one is in it. */
interface Move {
  book: LeafBook
  leaf: number[]
  /** Absent: it is forgotten. */
  group: (number | undefined)[]
}

function moveOf(old: LeafBook, goes: Goes): Move {
  const book = leafBook()
  const leaf = Array.from({ length: leafCount(old) }, (_, i) => leafFor(book, labelsOf(old, i, goes)))
  const group = Array.from({ length: groupCount(old) }, (_, g) => {
    const name = groupName(old, g)
    return name === null
      ? 0
      : goes(name.label, name.value)
        ? undefined
        : book.groupOf.get(`${name.label}=${name.value}`)
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

function movedRing(old: SlotRing, { leaf }: Move): SlotRing {
  const ring = slotRing()
  for (const rows of old.rows.filter(each => each !== null).toSorted((a, b) => a.slot - b.slot))
    rows.leaf.forEach((from, i) => addRow(ring, rows.slot, leaf[from]!, rows.a[i]!, rows.b[i]!, rows.c[i]!))
  return ring
}

function movedSums(old: GroupSums, { book, group }: Move): GroupSums {
  const sums = groupSums(1)
  fit(sums, groupCount(book))
  for (let g = 0; g < old.a.length; g++)
    if (group[g] !== undefined) addGroups(sums, [group[g]!], old.a[g]!, old.b[g]!, old.c[g]!)
  return sums
}

/** One number a leaf, added up. */
function movedCounts(old: readonly number[], { book, leaf }: Move): number[] {
  const counts = Array.from({ length: leafCount(book) }, () => 0)
  old.forEach((n, from) => (counts[leaf[from]!]! += n))
  return counts
}

function withoutInRates(old: RateState, goes: Goes): [RateState, Move] {
  const move = moveOf(old.book, goes)
  const next: RateState = {
    ...old,
    book: move.book,
    ring: movedRing(old.ring, move),
    fresh: movedSums(old.fresh, move),
    freshExpected: movedSums(old.freshExpected, move),
    learned: { bad: old.learned.bad, slow: old.learned.slow },
    last: rateState().last,
    sums: { bad: new Float64Array(0), slow: new Float64Array(0) },
  }
  for (const strand of STRANDS) {
    const learned = old.learned[strand]
    const [total, hit] = [movedCounts(learned.total, move), movedCounts(learned.hit, move)]
    // Each share rests on its own requests and some of everybody's; of sets that become one, the mean by requests.
    const weight = learned.share.map((_, leaf) => 1 + (learned.total[leaf] ?? 0))
    const weights = movedCounts(weight, move)
    const shares = movedCounts(
      learned.share.map((share, leaf) => share * weight[leaf]!),
      move,
    )
    const all = learned.allTotal > 0 ? learned.allHit / learned.allTotal : 0
    next.learned[strand] = {
      ...learned,
      total,
      hit,
      share: shares.map((s, i) => (weights[i]! > 0 ? s / weights[i]! : all)),
    }
    next.sums[strand] = movedBits(old.sums[strand], groupCount(old.book), move)
  }
  moveLast(old.last, next.last, move)
  return [next, move]
}

/** Several numbers a group. */
function movedBits(old: Float64Array, groups: number, { book, group }: Move): Float64Array {
  const each = RISE_COUNT
  const sums = new Float64Array(each * groupCount(book))
  for (let g = 0; g < groups; g++)
    for (let k = 0; group[g] !== undefined && k < each && g * each + k < old.length; k++)
      sums[group[g]! * each + k] = Math.max(sums[group[g]! * each + k]!, old[g * each + k]!)
  return sums
}
function moveLast(old: RateState['last'], last: RateState['last'], { book, leaf }: Move): void {
  for (const column of [last.slot, last.total, last.bad, last.slow])
    column.push(...Array.from({ length: leafCount(book) }, () => 0))
  old.slot.forEach((slot, from) => {
    const to = leaf[from]!
    if (slot < last.slot[to]!) return
    const same = slot === last.slot[to]!
    last.slot[to] = slot
    last.total[to] = old.total[from]! + (same ? last.total[to]! : 0)
    last.bad[to] = old.bad[from]! + (same ? last.bad[to]! : 0)
    last.slow[to] = old.slow[from]! + (same ? last.slow[to]! : 0)
  })
}

function withoutInReports(old: ReportState, goes: Goes): [ReportState, Move] {
  const move = moveOf(old.book, goes)
  const next: ReportState = {
    ...old,
    book: move.book,
    ring: movedRing(old.ring, move),
    usual: movedCounts(old.usual, move),
    places: withoutPlaces(old.places, goes),
  }
  return [next, move]
}

/** Its places are free for others. */
function withoutPlaces(old: Places, goes: Goes): Places {
  // The first two are everything and nowhere, whatever they are called.
  const kept = old.places.map((_, i) => i).filter(i => i < 2 || !goes(old.places[i]!.label, old.places[i]!.value))
  const to = new Map(kept.map((from, i) => [from, i]))
  return {
    ...old,
    places: kept.map(i => old.places[i]!),
    keys: new Map(kept.map((from, i) => [`${old.places[from]!.label}=${old.places[from]!.value}`, i])),
    // Read anew from the book at the next minute.
    of: [],
    touched: old.touched.flatMap(i => to.get(i) ?? []),
    alarm: to.get(old.alarm) ?? -1,
  }
}
