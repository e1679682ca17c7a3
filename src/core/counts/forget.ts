import { movedCounts, moveOf, movedRing, type Goes, type Move } from '../aggregate/relabel.js'
import type { Places } from './places.js'
import type { ReportState } from './report-counts.js'

/** What people reported without a label. */
export function withoutInReports(old: ReportState, goes: Goes): [ReportState, Move] {
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
    // Read anew from the book at the next minute.
    of: [],
    touched: old.touched.flatMap(i => to.get(i) ?? []),
    alarm: to.get(old.alarm) ?? -1,
  }
}
