import { HOUR, MINUTE, type EpochMs } from '../contract/time.js'
import type { Labels } from '../contract/signal.js'
import {
  addGroups,
  addRow,
  fit,
  groupCount,
  groupSums,
  leafBook,
  leafCount,
  leafFor,
  RING_SLOTS,
  rowsAt,
  slotRing,
  type GroupSums,
  type LeafBook,
  type SlotRing,
} from './aggregate.js'
import { betaBinomialSurvival, bitsOf } from './stat/tails.js'

/**
 * Trouble seen through a denominator: request counts and checks. For every label value a bank of capped likelihood-ratio
 * CUSUMs asks whether the failing share has risen, on what arrived since the last tick (a rate does not care which minute
 * a late row belongs to). Page (1954), Biometrika 41; capped increments so that one bad minute never raises an alarm.
 */

export type Strand = 'bad' | 'slow'
export const STRANDS: readonly Strand[] = ['bad', 'slow']

/** Rises in failing share that the bank looks for, absolute. The least is what an operator would call trouble. */
const RISES: Record<Strand, readonly number[]> = { bad: [0.02, 0.1, 0.4], slow: [0.08, 0.25, 0.6] }
/** Requests of one tick share fate: their failing share wobbles as if no more than this many were drawn. */
const EFFECTIVE_REQUESTS = 2_000
/** One tick may add 4 bits, and 40 more in proportion to the failing share, never over 16: with RAISE_BITS above it, it takes two. */
const tickCapBits = (share: number): number => Math.min(16, 4 + 40 * share)
const RAISE_BITS = 20
/** A sum this high forgets in a bounded number of quiet ticks. */
const CEILING_BITS = 200
/** Healthy rates are learned from minutes this old, so that the onset of trouble is not in them. */
const LEARN_DELAY_MS = 15 * MINUTE
/**
 * A source is new for so long, and until WARM_UP_REQUESTS are learned, but never longer than WARM_UP_MAX_MS. While it is new
 * the newest minute is learned at once, and only more than WARM_UP_SHARE_MAX failing is called trouble, never learned: what is
 * usual here is not known yet. 500 requests tell a usual share of 5 % to ± 1 %.
 */
const WARM_UP_MS = 20 * MINUTE
const WARM_UP_MAX_MS = 2 * HOUR
const WARM_UP_REQUESTS = 500
const WARM_UP_SHARE_MAX = 0.3
/** A minute of fewer requests than this says nothing about whether it mostly fails. */
const WARM_UP_SAMPLE = 20
/** Half-life of what is learned. */
const MEMORY_MS = 24 * 60 * MINUTE
/** A leaf is worth this many requests of the global rate before it speaks for itself. */
const PRIOR_REQUESTS = 200
/** The global rate starts at 0.5 %, known no better than from this many requests. */
const PRIOR_SHARE = 0.005
const PRIOR_ALL_REQUESTS = 20
/**
 * Nightly jobs and tired networks fail by the clock: a factor for each hour of the day against the mean of all, worth this many
 * failures of "no rhythm", and 1 until HOURS_LEAST of them have been seen.
 */
const HOURS = 24
const HOURS_LEAST = 22
const PRIOR_HOUR_HITS = 50
/** Half-life of the rhythm. */
const RHYTHM_MEMORY_MS = 7 * 24 * HOUR
/** An alarm needs so many failing minutes among the newest SPREAD_SLOTS: the rows of one bad minute may arrive over two ticks. */
const BAD_MINUTES_LEAST = 2
const SPREAD_SLOTS = 30
/** Groups whose minutes are counted at an alarm; the rest follow the worst ones. */
const SPREAD_GROUPS = 8
/** No rows for so long: unreadable. Twice the usual reporting interval of a minute, and lag. */
export const UNREADABLE_MS = 10 * MINUTE
/** Shares below this above the usual are not called failing. */
export const CLEAR_SHARE: Record<Strand, number> = { bad: 0.003, slow: 0.02 }

/** One minute may say so much about the onset: enough to tell a steep rise from a flat one, too little to outvote its neighbours. */
const ONSET_CAP_BITS = 100

/** Minutes that are read back: the ring less a margin for rows that come early. */
const READ_SLOTS = RING_SLOTS - 5

/** Minutes of demand that are kept. */
export const DEMAND_SLOTS = 240

interface Learned {
  total: number[]
  hit: number[]
  /** Expected share a leaf. */
  share: number[]
  allTotal: number
  allHit: number
  /** By hour of day (UTC). */
  hourTotal: number[]
  hourHit: number[]
  hourFactor: number[]
}

export interface RateState {
  book: LeafBook
  ring: SlotRing
  /** Since the last tick, by group: total, bad, slow. */
  fresh: GroupSums
  /** Since the last tick, by group: expected bad, expected slow. */
  freshExpected: GroupSums
  touched: boolean
  learned: Record<Strand, Learned>
  /** Leaf → its newest row: what is known of it when it falls silent for longer than the ring. */
  last: { slot: number[]; total: number[]; bad: number[]; slow: number[] }
  /** Group × rise → bits. */
  sums: Record<Strand, Float64Array>
  firstAt: EpochMs
  seenAt: EpochMs
  learnedUntil: EpochMs
  /** Requests of all leaves by minute, DEMAND_SLOTS long, and which minute each place holds. */
  totals: Float64Array
  totalsSlot: Float64Array
}

const learnedNothing = (): Learned => ({
  total: [],
  hit: [],
  share: [],
  allTotal: 0,
  allHit: 0,
  hourTotal: Array.from({ length: HOURS }, () => 0),
  hourHit: Array.from({ length: HOURS }, () => 0),
  hourFactor: Array.from({ length: HOURS }, () => 1),
})

export const rateState = (): RateState => ({
  book: leafBook(),
  ring: slotRing(),
  fresh: groupSums(),
  freshExpected: groupSums(),
  touched: false,
  learned: { bad: learnedNothing(), slow: learnedNothing() },
  last: { slot: [], total: [], bad: [], slow: [] },
  sums: { bad: new Float64Array(0), slow: new Float64Array(0) },
  firstAt: 0,
  seenAt: 0,
  learnedUntil: 0,
  totals: new Float64Array(DEMAND_SLOTS),
  totalsSlot: new Float64Array(DEMAND_SLOTS),
})

/** Takes one row; `slot` is the start of the minute it counts in. Returns the leaf. */
export function takeRate(
  state: RateState,
  slot: EpochMs,
  labels: Labels,
  total: number,
  bad: number,
  slow: number,
): number {
  const { book } = state
  const leaf = leafFor(book, labels)
  const groups = book.groups[leaf]!
  const count = groupCount(book)
  fit(state.fresh, count)
  fit(state.freshExpected, count)
  addRow(state.ring, slot, leaf, total, bad, slow)
  noteLast(state.last, slot, leaf, total, bad, slow)
  addGroups(state.fresh, groups, total, bad, slow)
  addGroups(
    state.freshExpected,
    groups,
    total * expectedShare(state, 'bad', leaf, slot),
    total * expectedShare(state, 'slow', leaf, slot),
    0,
  )
  const place = (slot / MINUTE) % DEMAND_SLOTS
  if (state.totalsSlot[place] !== slot) {
    state.totalsSlot[place] = slot
    state.totals[place] = 0
  }
  state.totals[place]! += total
  state.touched = true
  if (state.firstAt === 0) state.firstAt = slot
  return leaf
}

function noteLast(
  last: RateState['last'],
  slot: EpochMs,
  leaf: number,
  total: number,
  bad: number,
  slow: number,
): void {
  while (last.slot.length <= leaf) {
    last.slot.push(0)
    last.total.push(0)
    last.bad.push(0)
    last.slow.push(0)
  }
  if (slot < last.slot[leaf]!) return
  const same = slot === last.slot[leaf]!
  last.slot[leaf] = slot
  last.total[leaf] = total + (same ? last.total[leaf]! : 0)
  last.bad[leaf] = bad + (same ? last.bad[leaf]! : 0)
  last.slow[leaf] = slow + (same ? last.slow[leaf]! : 0)
}

/** Healthy share of a leaf in the minute `slot`: its own level times the rhythm of the day. */
export function expectedShare(state: RateState, strand: Strand, leaf: number, slot: EpochMs): number {
  const learned = state.learned[strand]
  return Math.min(0.95, (learned.share[leaf] ?? globalShare(learned)) * learned.hourFactor[hourOf(slot)]!)
}

const globalShare = (learned: Learned): number =>
  (learned.allHit + PRIOR_SHARE * PRIOR_ALL_REQUESTS) / (learned.allTotal + PRIOR_ALL_REQUESTS)

const hourOf = (slot: EpochMs): number => Math.floor(slot / HOUR) % HOURS

/** A source so new that what is usual for it is not known. */
const isNew = (state: RateState, now: EpochMs): boolean => {
  const age = now - state.firstAt
  return age < WARM_UP_MS || (age < WARM_UP_MAX_MS && state.learned.bad.allTotal < WARM_UP_REQUESTS)
}

/** What one strand looks like after a tick. */
export interface RateReading {
  /** null: nothing readable. */
  bits: number | null
  alarm: boolean
  /** Groups over the threshold, worst first. */
  groups: number[]
  share: number | null
  expectedShare: number
}

/** Closes a tick: updates the sums with what arrived since the last one, then forgets it. O(groups). */
export function tickRates(state: RateState, now: EpochMs): Record<Strand, RateReading> {
  const count = groupCount(state.book)
  const readings = { bad: readStrand(state, 'bad', count, now), slow: readStrand(state, 'slow', count, now) }
  if (state.touched) {
    state.seenAt = now
    for (const sums of [state.fresh, state.freshExpected]) {
      sums.a.fill(0)
      sums.b.fill(0)
      sums.c.fill(0)
    }
    state.touched = false
  }
  return readings
}

function readStrand(state: RateState, strand: Strand, count: number, now: EpochMs): RateReading {
  const rises = RISES[strand]
  let sums = state.sums[strand]
  if (sums.length < count * rises.length) {
    const next = new Float64Array(2 * count * rises.length)
    next.set(sums)
    sums = state.sums[strand] = next
  }
  if (state.touched) updateSums(state, strand, count, sums, isNew(state, now) ? WARM_UP_SHARE_MAX : 0)
  const threshold = RAISE_BITS + Math.log2(1 + count) / 2
  const over: { group: number; bits: number }[] = []
  let worst = 0
  for (let g = 0; g < count; g++) {
    let bits = 0
    for (let k = 0; k < rises.length; k++) bits = Math.max(bits, sums[g * rises.length + k]!)
    if (bits > worst) worst = bits
    if (bits >= threshold) over.push({ group: g, bits })
  }
  over.sort((x, y) => y.bits - x.bits || x.group - y.group)
  const total = state.fresh.a[0]!
  const hit = (strand === 'bad' ? state.fresh.b : state.fresh.c)[0]!
  const expected = (strand === 'bad' ? state.freshExpected.a : state.freshExpected.b)[0]!
  const readable = state.touched || (state.seenAt > 0 && now - state.seenAt < UNREADABLE_MS)
  return {
    bits: readable ? worst : null,
    alarm: over.some((x, i) => i < SPREAD_GROUPS && badMinutes(state, strand, x.group, now) >= BAD_MINUTES_LEAST),
    groups: over.map(x => x.group),
    share: total > 0 ? hit / total : null,
    expectedShare: total > 0 ? expected / total : globalShare(state.learned[strand]),
  }
}

/** `least`: share below which nothing is called trouble. */
function updateSums(state: RateState, strand: Strand, count: number, sums: Float64Array, least: number): void {
  const rises = RISES[strand]
  const hits = strand === 'bad' ? state.fresh.b : state.fresh.c
  const expected = strand === 'bad' ? state.freshExpected.a : state.freshExpected.b
  for (let g = 0; g < count; g++) {
    const total = state.fresh.a[g]!
    if (total <= 0) continue
    const share = hits[g]! / total
    const p0 = Math.max(least, expected[g]! / total)
    const cap = tickCapBits(Math.max(0, share - p0))
    for (let k = 0; k < rises.length; k++) {
      const bits = riseBits(total, share, p0, rises[k]!)
      const at = g * rises.length + k
      sums[at] = Math.min(CEILING_BITS, Math.max(0, sums[at]! + Math.min(cap, bits)))
    }
  }
}

/** Evidence in bits that `share` of `total` comes from a rise over the usual `p0` and not from it. */
function riseBits(total: number, share: number, p0: number, rise: number): number {
  const usual = Math.min(0.9, Math.max(1e-6, p0))
  const risen = Math.min(0.999, Math.max(usual + rise, 2 * usual))
  const n = total / (1 + total / EFFECTIVE_REQUESTS)
  return n * (share * Math.log2(risen / usual) + (1 - share) * Math.log2((1 - risen) / (1 - usual)))
}

/** Minutes among the newest that speak for a rise in the group, counted up to BAD_MINUTES_LEAST. */
function badMinutes(state: RateState, strand: Strand, group: number, now: EpochMs): number {
  let found = 0
  const newest = Math.floor(now / MINUTE) * MINUTE
  for (let slot = newest; slot > newest - SPREAD_SLOTS * MINUTE && found < BAD_MINUTES_LEAST; slot -= MINUTE) {
    const m = minuteOf(state, strand, slot, g => g === group)
    if (m && riseBits(m.total, m.hit / m.total, m.expected / m.total, RISES[strand][0]!) > 0) found++
  }
  return found
}

/** Sums over the leaves of one minute that belong to any wanted group; null when nothing came. */
function minuteOf(
  state: RateState,
  strand: Strand,
  slot: EpochMs,
  wanted: (group: number) => boolean,
): { total: number; hit: number; expected: number } | null {
  const rows = rowsAt(state.ring, slot)
  if (!rows) return null
  const hits = strand === 'bad' ? rows.b : rows.c
  const sum = { total: 0, hit: 0, expected: 0 }
  for (let i = 0; i < rows.leaf.length; i++) {
    const leaf = rows.leaf[i]!
    if (!state.book.groups[leaf]!.some(wanted)) continue
    sum.total += rows.a[i]!
    sum.hit += hits[i]!
    sum.expected += rows.a[i]! * expectedShare(state, strand, leaf, slot)
  }
  return sum.total > 0 ? sum : null
}

/** Forgets the evidence of one strand: its alarm is over although the sums, built in a flood, would take long to run down. */
export function clearSums(state: RateState, strand: Strand): void {
  state.sums[strand].fill(0)
}

/** Learns healthy shares from minutes that have grown old enough. `trouble` names strands that must not be taught now. */
export function learnRates(state: RateState, now: EpochMs, trouble: Record<Strand, EpochMs | null>): void {
  if (state.firstAt === 0) return
  const warm = isNew(state, now)
  const until = warm ? now : now - LEARN_DELAY_MS
  let slot = Math.max(state.learnedUntil, state.firstAt, until - READ_SLOTS * MINUTE)
  for (; slot < until; slot += MINUTE) {
    // A warm-up minute whose rows are still on their way is learned later, with the delayed ones.
    const rows = rowsAt(state.ring, slot)
    if (!rows && warm && until - slot < 5 * MINUTE) break
    for (const strand of STRANDS) {
      const since = trouble[strand]
      if (rows && (since === null || slot < since)) learnSlot(state, strand, slot, rows, warm)
    }
  }
  state.learnedUntil = slot
}

function learnSlot(
  state: RateState,
  strand: Strand,
  slot: EpochMs,
  rows: { leaf: number[]; a: number[]; b: number[]; c: number[] },
  warm: boolean,
): void {
  const learned = state.learned[strand]
  const hits = strand === 'bad' ? rows.b : rows.c
  let total = 0
  let hit = 0
  for (let i = 0; i < rows.leaf.length; i++) {
    total += rows.a[i]!
    hit += hits[i]!
  }
  if (total <= 0 || (warm && mostlyFails(learned, total, hit))) return
  learnHour(learned, slot, total, hit)
  const keep = 2 ** (-MINUTE / MEMORY_MS)
  learned.allTotal = learned.allTotal * keep + total
  learned.allHit = learned.allHit * keep + hit
  const all = globalShare(learned)
  for (let i = 0; i < rows.leaf.length; i++) {
    const leaf = rows.leaf[i]!
    while (learned.total.length <= leaf) {
      learned.total.push(0)
      learned.hit.push(0)
      learned.share.push(all)
    }
    learned.total[leaf] = learned.total[leaf]! * keep + rows.a[i]!
    learned.hit[leaf] = learned.hit[leaf]! * keep + hits[i]!
    learned.share[leaf] = (learned.hit[leaf]! + all * PRIOR_REQUESTS) / (learned.total[leaf]! + PRIOR_REQUESTS)
  }
}

const mostlyFails = (learned: Learned, total: number, hit: number): boolean =>
  (total >= WARM_UP_SAMPLE && hit > WARM_UP_SHARE_MAX * total) ||
  learned.allHit + hit > WARM_UP_SHARE_MAX * (learned.allTotal + total + WARM_UP_SAMPLE)

function learnHour(learned: Learned, slot: EpochMs, total: number, hit: number): void {
  const { hourTotal, hourHit, hourFactor } = learned
  // An hour of the day has sixty minutes a day to fade in.
  const keep = 2 ** (-(HOURS * MINUTE) / RHYTHM_MEMORY_MS)
  const h = hourOf(slot)
  hourTotal[h] = hourTotal[h]! * keep + total
  hourHit[h] = hourHit[h]! * keep + hit
  let seen = 0
  let totals = 0
  let hits = 0
  for (let i = 0; i < HOURS; i++) {
    if (hourTotal[i]! > 0) seen++
    totals += hourTotal[i]!
    hits += hourHit[i]!
  }
  if (seen < HOURS_LEAST) return
  for (let i = 0; i < HOURS; i++)
    hourFactor[i] = (hourHit[i]! + PRIOR_HOUR_HITS) / ((hourTotal[i]! * hits) / totals + PRIOR_HOUR_HITS)
}

/** Newest rows of each leaf: its last `rows` minutes with data, none before `from`. A silent leaf keeps its last word. */
export interface LeafWindow {
  total: Float64Array
  hit: Float64Array
  expected: Float64Array
  /** Start of the newest minute with data, 0 when none. */
  newest: Float64Array
}

export function leafWindow(state: RateState, strand: Strand, now: EpochMs, from: EpochMs, rows: number): LeafWindow {
  const leaves = leafCount(state.book)
  const out: LeafWindow = {
    total: new Float64Array(leaves),
    hit: new Float64Array(leaves),
    expected: new Float64Array(leaves),
    newest: new Float64Array(leaves),
  }
  const taken = new Int32Array(leaves)
  const oldest = Math.max(from, now - READ_SLOTS * MINUTE)
  for (let slot = Math.floor((now - 1) / MINUTE) * MINUTE; slot >= oldest; slot -= MINUTE) {
    const minute = rowsAt(state.ring, slot)
    if (!minute) continue
    const hits = strand === 'bad' ? minute.b : minute.c
    for (let i = 0; i < minute.leaf.length; i++) {
      const leaf = minute.leaf[i]!
      if (taken[leaf]! >= rows) continue
      taken[leaf]!++
      if (out.newest[leaf] === 0) out.newest[leaf] = slot
      out.total[leaf]! += minute.a[i]!
      out.hit[leaf]! += hits[i]!
      out.expected[leaf]! += minute.a[i]! * expectedShare(state, strand, leaf, slot)
    }
  }
  // What is about to leave the ring, or has left it, weighs on as so many of its newest rows.
  for (let leaf = 0; leaf < leaves; leaf++) {
    const slot = state.last.slot[leaf]!
    if (slot < from || slot >= now - (READ_SLOTS - rows) * MINUTE) continue
    out.newest[leaf] = slot
    out.total[leaf] = rows * state.last.total[leaf]!
    out.hit[leaf] = rows * (strand === 'bad' ? state.last.bad : state.last.slow)[leaf]!
    out.expected[leaf] = out.total[leaf]! * expectedShare(state, strand, leaf, slot)
  }
  return out
}

/** Sums of a window by group. */
export function windowByGroup(
  book: LeafBook,
  window: LeafWindow,
): { total: Float64Array; hit: Float64Array; expected: Float64Array } {
  const count = groupCount(book)
  const sums = { total: new Float64Array(count), hit: new Float64Array(count), expected: new Float64Array(count) }
  for (let leaf = 0; leaf < window.total.length; leaf++) {
    if (window.total[leaf]! <= 0) continue
    for (const g of book.groups[leaf]!) {
      sums.total[g]! += window.total[leaf]!
      sums.hit[g]! += window.hit[leaf]!
      sums.expected[g]! += window.expected[leaf]!
    }
  }
  return sums
}

/** Bits against "as usual" for a share in a window; the wobble of shared fate is in the tail. */
export function excessBits(total: number, hit: number, expected: number): number {
  if (total <= 0 || hit <= expected) return 0
  const p = Math.min(0.999, Math.max(1e-6, expected / total))
  // Beta-binomial whose share has the variance of EFFECTIVE_REQUESTS draws.
  return bitsOf(
    betaBinomialSurvival(Math.round(hit), Math.round(total), p * EFFECTIVE_REQUESTS, (1 - p) * EFFECTIVE_REQUESTS),
  )
}

/** Standard error of a failing share, shared fate included; half a failure is added so that none is not certainty. */
export function shareError(total: number, hit: number): number {
  const p = (hit + 0.5) / (total + 1)
  return Math.sqrt(p * (1 - p) * (1 / total + 1 / EFFECTIVE_REQUESTS))
}

/** When the strand left its usual share, from minute sums of the given groups: the start that the likelihood likes best. */
export function rateOnset(
  state: RateState,
  strand: Strand,
  groups: readonly number[],
  now: EpochMs,
): { onset: EpochMs; interval: [EpochMs, EpochMs] } {
  const wanted = new Set(groups.slice(0, 8))
  const slots = READ_SLOTS
  const first = Math.floor(now / MINUTE) * MINUTE - slots * MINUTE
  // Row r: evidence summed from a minute to the end, for the r-th rise; the rise is fitted together with the start.
  const tails = RISES[strand].map(() => new Float64Array(slots))
  const present = new Uint8Array(slots)
  let best = slots - 1
  let top = Number.NEGATIVE_INFINITY
  for (let k = slots - 1; k >= 0; k--) {
    const m = minuteOf(state, strand, first + k * MINUTE, g => wanted.has(g))
    if (m) present[k] = 1
    for (let r = 0; r < tails.length; r++) {
      const bits = m ? riseBits(m.total, m.hit / m.total, m.expected / m.total, RISES[strand][r]!) : 0
      const sum = (tails[r]![k + 1] ?? 0) + Math.max(-ONSET_CAP_BITS, Math.min(ONSET_CAP_BITS, bits))
      tails[r]![k] = sum
      if (m && sum > top) {
        top = sum
        best = k
      }
    }
  }
  // Starts whose likelihood is within 3 bits of the best one.
  let low = best
  let high = best
  for (let k = 0; k < slots; k++) {
    if (!present[k] || tails.every(tail => tail[k]! < top - 3)) continue
    if (k < low) low = k
    if (k > high) high = k
  }
  return { onset: first + best * MINUTE, interval: [first + (low - 1) * MINUTE, first + (high + 1) * MINUTE] }
}
