import type { Where } from '../../contract/incident.js'
import { groupNamed, leafCount, type LeafBook } from '../aggregate/label-sets.js'
import { windowByGroup, type LeafWindow } from './window.js'
import type { Mask, RateWindow } from './excess.js'

/** Which label sets belong to a trouble, and windows in which only those count. */

/** Leaves that lie in any of the segments: every label is carried and met. */
export function leavesIn(book: LeafBook, wheres: readonly Where[]): Mask {
  const mask = new Uint8Array(leafCount(book))
  for (const where of wheres) {
    const wanted = Object.entries(where).map(([label, values]) => groupsOf(book, label, values))
    for (let leaf = 0; leaf < mask.length; leaf++) {
      const own = book.groups[leaf]!
      if (wanted.every(any => own.some(g => any.has(g)))) mask[leaf] = 1
    }
  }
  return mask
}

/** Leaves that may lie in a segment as far as their labels go (checks carry fewer): none differs. */
export function leavesNear(book: LeafBook, wheres: readonly Where[]): Mask {
  const mask = new Uint8Array(leafCount(book))
  for (const where of wheres) {
    const wanted = Object.entries(where).map(([label, values]) => ({
      attribute: book.attributes.indexOf(label),
      any: groupsOf(book, label, values),
    }))
    for (let leaf = 0; leaf < mask.length; leaf++) {
      const carried = wanted.filter(w => (book.codes[leaf]![w.attribute] ?? -1) >= 0)
      if (carried.every(w => book.groups[leaf]!.some(g => w.any.has(g)))) mask[leaf] = 1
    }
  }
  return mask
}

const groupsOf = (book: LeafBook, label: string, values: readonly string[]): Set<number> =>
  new Set(values.flatMap(v => groupNamed(book, label, v) ?? []))

export const minus = (mask: Mask, other: Mask): Mask => mask.map((m, leaf) => (m && !other[leaf] ? 1 : 0))
export const not = (mask: Mask): Mask => mask.map(m => (m ? 0 : 1))

/** The window as if the other leaves were not there. */
export function within(rates: RateWindow, mask: Mask): RateWindow {
  return changed(rates, mask, window => {
    for (let leaf = 0; leaf < mask.length; leaf++)
      if (!mask[leaf]) window.total[leaf] = window.hit[leaf] = window.expected[leaf] = window.newest[leaf] = 0
  })
}

/** The window as if the other leaves were well: shares are of everything still. */
export function othersWell(rates: RateWindow, mask: Mask): RateWindow {
  return changed(rates, mask, window => {
    for (let leaf = 0; leaf < mask.length; leaf++) if (!mask[leaf]) window.hit[leaf] = window.expected[leaf]!
  })
}

function changed(rates: RateWindow, mask: Mask, change: (window: LeafWindow) => void): RateWindow {
  const { total, hit, expected, newest } = rates.window
  const window = { total: total.slice(), hit: hit.slice(), expected: expected.slice(), newest: newest.slice() }
  change(window)
  return { ...rates, window, groups: windowByGroup(rates.state.book, window), mask }
}

/** Requests, failures and failures beyond the usual in the leaves of a mask. */
export function sumOf(rates: RateWindow, mask: Mask): { total: number; hit: number; expected: number } {
  const sum = { total: 0, hit: 0, expected: 0 }
  for (let leaf = 0; leaf < mask.length; leaf++) {
    if (!mask[leaf]) continue
    sum.total += rates.window.total[leaf]!
    sum.hit += rates.window.hit[leaf]!
    sum.expected += rates.window.expected[leaf]!
  }
  return sum
}
