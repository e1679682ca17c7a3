import type { Cause, Evidence } from '../../contract/incident.js'
import type { Change, ChangeKind } from '../../contract/signal.js'
import { chances } from './chance.js'
import { dose } from './dose.js'
import { weighEchoes, weighUpstream } from './echo.js'
import { load, weighLoad } from './load.js'
import { isFine, type Label, labelsOf, place } from './place.js'
import { eligible, type Question, type Weighed } from './question.js'
import { reversal } from './reversal.js'
import { settles } from './settle.js'
import { time } from './time.js'

export { type Level, type Question, type Upstream } from './question.js'

/**
 * Ranks what may have caused an incident. Every candidate collects evidence in bits (log2 of a likelihood ratio against
 * coincidence) from time, place, dose, reversal and load; "none of the listed" competes with a weight of its own.
 * A machine says `suspected` and no more. Method: algorithms of change ranking, e.g. Li et al. (2020), Gandalf, NSDI.
 */

/** How often a change of a kind breaks something, relative to a config push, in bits. */
const PRIOR_BITS: Record<ChangeKind, number> = {
  config: 0,
  flag: 0,
  migration: 0,
  deploy: -0.3,
  maintenance: -0.3,
  vendor: -1,
  launch: -1.5,
  mitigation: -3,
}
/**
 * Post-mortem collections say that 40–70 % of troubles come of a change. We hold 41 % for "one of those listed, and nothing else",
 * for to blame the innocent costs more than to say that nothing is known. How many were listed does not matter to that: the time of
 * each is weighed against how often changes come by chance.
 */
const LISTED = 0.41
/** The same as odds of none, in bits, where every kind of change is told of: what the slope stretches from. */
const NONE_BITS = Math.log2((1 - LISTED) / LISTED)
/**
 * Which part of the troubles that come of a change comes of each kind, by the same collections in round numbers: who hears of deploys
 * alone has not heard of most.
 */
const KIND_SHARES: Record<Exclude<ChangeKind, 'mitigation'>, number> = {
  deploy: 0.3,
  config: 0.3,
  flag: 0.1,
  migration: 0.1,
  maintenance: 0.08,
  vendor: 0.08,
  launch: 0.04,
}
/** Chance that a kind of which nothing came lately is connected all the same, and was quiet. */
const QUIET_KIND = 0.3
/**
 * Every term hedges for itself against the odd cause (a late one, a scope filled in wrongly), but few causes are odd in every way:
 * added up, the bits are shy. They are stretched by what makes given probabilities come true (one slope, as Platt, 1999): over 735
 * drawn worlds of ten changes the likelihood is highest there and flat from 1.3 to 1.8; no order changes by it. With few others to
 * tell how changes come here, and with what scopes, nothing is stretched: a lone change has its bits and no more.
 */
const SLOPE = 1.5
/** Other changes from which half of that slope is used. */
const SLOPE_OTHERS = 2
/** The least that a candidate keeps, so that nothing is ever said with certainty. */
const MIN_PROBABILITY = 0.002
/** Causes that an event lists, likeliest first; what is less likely than eight others helps nobody. */
const MAX_CAUSES = 8
/** What chance does more often than this is not called rare. */
const RARE = 0.2

export interface Explanation {
  causes: Cause[]
  unexplained: number
}

export function explain(q: Question): Explanation {
  const listed = q.changes.filter(c => eligible(c, q))
  const labels = labelsOf(
    q,
    listed.map(c => c.scope),
  )
  const unheard = unheardBits(q.changes)
  const changes = listed.map(c => weighChange(c, q, labels, unheard))
  const found: Weighed[] = [
    ...changes.map(c => c.weighed),
    ...q.upstream.map(u => weighUpstream(u, q)),
    ...weighLoad(changes, labels, q),
    ...weighEchoes(q),
  ]
  standBack(changes, found)
  const slope = slopeOf(listed.length)
  const weights = new Map(found.map(f => [f, 2 ** Math.min(40, slope * (f.bits - NONE_BITS))]))
  const all = [...weights.values()].reduce((a, b) => a + b, 1)
  found.sort((a, b) => weights.get(b)! - weights.get(a)! || (a.subject < b.subject ? -1 : 1))
  const shown = found.slice(0, MAX_CAUSES)
  // Every shown candidate and "none" keep the least, so what is shared out is a little under 1 and the sum never over it.
  const bounded = (p: number): number => round(MIN_PROBABILITY + (1 - MIN_PROBABILITY * (shown.length + 1)) * p)
  nameChances(shown, changes, q)
  return {
    causes: shown.map(f => causeOf(f, bounded(weights.get(f)! / all))),
    unexplained: bounded(1 / all),
  }
}

/** What cannot lead is this much behind what may, in bits. */
const BEHIND_BITS = 1

/**
 * A change of which all that it touched is seen to be fine leads nobody that may have done it, nor "none of the listed", however well its
 * time fits: health that is seen counts.
 */
function standBack(changes: readonly WeighedChange[], found: readonly Weighed[]): void {
  const fine = new Set(changes.filter(c => c.fine).map(c => c.weighed))
  const best = found.reduce((most, f) => (fine.has(f) ? most : Math.max(most, f.bits)), Number.NEGATIVE_INFINITY)
  const most = (best === Number.NEGATIVE_INFINITY ? NONE_BITS : Math.min(best, NONE_BITS)) - BEHIND_BITS
  for (const weighed of fine) weighed.bits = Math.min(weighed.bits, most)
}

/** How far bits are stretched where so many changes are listed. */
function slopeOf(listed: number): number {
  const others = Math.max(0, listed - 1)
  return 1 + ((SLOPE - 1) * others) / (others + SLOPE_OTHERS)
}

/** How much likelier something that nobody told of becomes, in bits, by the kinds of change of which nothing was heard. */
function unheardBits(changes: readonly Change[]): number {
  const heard = new Set(changes.map(c => c.kind))
  const told = Object.entries(KIND_SHARES).reduce(
    (sum, [kind, share]) => sum + share * (heard.has(kind as ChangeKind) ? 1 : QUIET_KIND),
    0,
  )
  return Math.log2((1 - LISTED * told) / (LISTED * told)) - NONE_BITS
}

const causeOf = (f: Weighed, probability: number): Cause => ({
  subject: f.subject,
  title: f.title,
  state: 'suspected',
  probability,
  because: f.because,
  settles: f.settles,
  ...(f.p === undefined ? {} : { p: f.p }),
})

/** Says of the changes that are shown how often chance would do as well. */
function nameChances(shown: readonly Weighed[], changes: readonly WeighedChange[], q: Question): void {
  const named = changes.filter(c => shown.includes(c.weighed))
  chances(named, changes, q).forEach(({ time: alone, p }, i) => {
    const { weighed } = named[i]!
    weighed.p = Number(p.toPrecision(2))
    const [first, ...rest] = weighed.because
    if (alone <= RARE) weighed.because = [{ ...first!, says: `${first!.says}; by chance 1 in ${odds(alone)}` }, ...rest]
  })
}

/** "1 in 360", to two digits. */
const odds = (p: number): number => Number((1 / p).toPrecision(2))

const round = (p: number): number => Math.round(p * 1000) / 1000

interface WeighedChange {
  change: Change
  weighed: Weighed
  /** The part that its scope has in it. */
  placeBits: number
  /** All that it touched is seen to be fine. */
  fine: boolean
}

function weighChange(c: Change, q: Question, labels: readonly Label[], unheard: number): WeighedChange {
  const places = place(c, labels)
  const because = [time(c, q), ...places, ...dose(c, q), ...reversal(c, q), ...load(c, q)].map(e => ({
    ...e,
    bits: Math.round(e.bits * 10) / 10,
  }))
  const weighed: Weighed = {
    subject: c.id,
    title: c.title ?? c.id,
    bits: PRIOR_BITS[c.kind] - unheard + sum(because),
    because,
    settles: settles(c, q, labels),
  }
  return { change: c, weighed, placeBits: sum(places), fine: isFine(c, labels) }
}

const sum = (because: readonly Evidence[]): number => because.reduce((bits, e) => bits + e.bits, 0)
