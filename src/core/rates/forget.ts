import { groupCount, leafCount } from '../aggregate/label-sets.js'
import { movedCounts, moveOf, movedRing, movedSums, type Goes, type Move } from '../aggregate/relabel.js'
import { RISE_COUNT } from './rise-detector.js'
import { rateState, FAILURE_MODES, type RateState } from './state.js'

/** What is known of a source without a label. */
export function withoutInRates(old: RateState, goes: Goes): [RateState, Move] {
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
  // How long answers of joined label sets take is learned anew.
  delete next.trips
  for (const mode of FAILURE_MODES) {
    const learned = old.learned[mode]
    const [total, hit] = [movedCounts(learned.total, move), movedCounts(learned.hit, move)]
    // Each share rests on its own requests and some of everybody's; of sets that become one, the mean by requests.
    const weight = learned.share.map((_, leaf) => 1 + (learned.total[leaf] ?? 0))
    const weights = movedCounts(weight, move)
    const shares = movedCounts(
      learned.share.map((share, leaf) => share * weight[leaf]!),
      move,
    )
    const all = learned.allTotal > 0 ? learned.allHit / learned.allTotal : 0
    next.learned[mode] = {
      ...learned,
      total,
      hit,
      share: shares.map((s, i) => (weights[i]! > 0 ? s / weights[i]! : all)),
    }
    next.sums[mode] = movedBits(old.sums[mode], groupCount(old.book), move)
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
