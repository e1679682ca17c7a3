import gammaln from '@stdlib/math-base-special-gammaln'
import { MINUTE, type EpochMs } from '../../contract/time.js'

/** An edge that failing together suggests: `from` would stand on `to`. Nothing uses it before a trace or a person confirms it. */
export interface Suggestion {
  from: string
  to: string
  /** Troubles that both had within one slot, and of how many of each. */
  together: number
  of: [from: number, to: number]
  /** Probability that chance alone brings so many together, before the correction for all pairs that were tested. */
  p: number
}

/** Troubles that begin within one slot are counted as one moment. */
const SLOT_MS = 10 * MINUTE
/** Of what is suggested so much may be wrong by chance (Benjamini and Hochberg). */
const FALSE_SHARE = 0.01
/** Fewer troubles together suggest nothing, however rare they are. */
const LEAST_TOGETHER = 4
/** Part of the troubles of what is stood on that must reach who stands on it. */
const LEAST_SHARE = 0.3
/** Of troubles that both had, so many more must begin at one of the two first. */
const LEAST_LEAD = 0.2
/** Nodes whose pairs are tested; those with most troubles. */
const MOST_NODES = 300

/** When troubles of each node began. */
export type Onsets = ReadonlyMap<string, readonly EpochMs[]>

/**
 * Pairs of nodes whose troubles begin together more often than chance lets them, by Fisher's exact test over slots of time, with
 * the share of false ones bounded over all pairs. `known` says of a pair that the graph connects it already. Of three that all fail
 * together the weakest pair is left out: it follows from the other two.
 */
export function suggestEdges(
  onsets: Onsets,
  [from, until]: [EpochMs, EpochMs],
  known: (a: string, b: string) => boolean,
): Suggestion[] {
  const slots = Math.ceil((until - from) / SLOT_MS)
  const nodes = [...onsets]
    .map(([node, times]) => ({ node, times: bySlot(times, from, until) }))
    .sort((a, b) => b.times.size - a.times.size || a.node.localeCompare(b.node, 'en'))
    .slice(0, MOST_NODES)
  const pairs: Suggestion[] = []
  for (const [i, a] of nodes.entries())
    for (const b of nodes.slice(i + 1)) {
      const both = [...a.times.keys()].filter(slot => b.times.has(slot))
      const p = fisher(both.length, a.times.size, b.times.size, slots)
      // Who began first most often is stood on.
      const lead = both.reduce((sum, slot) => sum + Math.sign(b.times.get(slot)! - a.times.get(slot)!), 0) / both.length
      const [to, by] = lead >= 0 ? [a, b] : [b, a]
      const clear =
        both.length >= LEAST_TOGETHER && Math.abs(lead) >= LEAST_LEAD && both.length >= LEAST_SHARE * to.times.size
      pairs.push({
        from: by.node,
        to: to.node,
        together: clear ? both.length : 0,
        of: [by.times.size, to.times.size],
        p,
      })
    }
  return withoutShortcuts(significant(pairs)).filter(each => each.together > 0 && !known(each.from, each.to))
}

/** Slot → when the first trouble in it began. */
function bySlot(times: readonly EpochMs[], from: EpochMs, until: EpochMs): Map<number, EpochMs> {
  const slots = new Map<number, EpochMs>()
  for (const at of times) {
    if (at < from || at >= until) continue
    const slot = Math.floor((at - from) / SLOT_MS)
    slots.set(slot, Math.min(at, slots.get(slot) ?? at))
  }
  return slots
}

const lnChoose = (n: number, k: number): number => gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)

/**
 * Probability that two sets of `a` and `b` of `slots` share `both` or more by chance.
 *
 * @example
 * Math.round(fisher(1, 1, 1, 100) * 1e6) / 1e6 // => 0.01
 */
export function fisher(both: number, a: number, b: number, slots: number): number {
  if (both <= 0) return 1
  let p = 0
  for (let k = both; k <= Math.min(a, b); k++)
    p += Math.exp(lnChoose(a, k) + lnChoose(slots - a, b - k) - lnChoose(slots, b))
  return Math.min(1, p)
}

function significant(pairs: readonly Suggestion[]): Suggestion[] {
  const ranked = [...pairs].sort(
    (x, y) => x.p - y.p || x.from.localeCompare(y.from, 'en') || x.to.localeCompare(y.to, 'en'),
  )
  const last = ranked.findLastIndex((each, i) => each.p <= (FALSE_SHARE * (i + 1)) / ranked.length)
  return ranked.slice(0, last + 1)
}

/** Strongest first; a pair whose two ends already meet through a third one, both more strongly, follows from that. */
function withoutShortcuts(ranked: readonly Suggestion[]): Suggestion[] {
  const near = new Map<string, Set<string>>()
  const kept: Suggestion[] = []
  for (const each of ranked) {
    const [a, b] = [near.get(each.from) ?? new Set<string>(), near.get(each.to) ?? new Set<string>()]
    const through = [...a].some(other => b.has(other))
    near.set(each.from, a.add(each.to))
    near.set(each.to, b.add(each.from))
    if (!through) kept.push(each)
  }
  return kept
}
