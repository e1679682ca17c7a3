import { HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import { rowsAt } from '../aggregate/label-sets.js'
import {
  globalShare,
  hourOf,
  HOURS,
  isNew,
  READ_SLOTS,
  FAILURE_MODES,
  WARM_UP_SHARE_MAX,
  type Learned,
  type RateState,
  type FailureMode,
} from './state.js'

/** Healthy rates are learned from minutes this old, so that the onset of trouble is not in them. */
const LEARN_DELAY_MS = 15 * MINUTE
/** A minute of fewer requests than this says nothing about whether it mostly fails. */
const WARM_UP_SAMPLE = 20
/** Half-life of what is learned. */
const MEMORY_MS = 24 * 60 * MINUTE
/** A leaf is worth this many requests of the global rate before it speaks for itself. */
const PRIOR_REQUESTS = 200
/** An hour of the day is worth this many failures of "no rhythm"; its factor is 1 until HOURS_LEAST hours have been seen. */
const HOURS_LEAST = 22
const PRIOR_HOUR_HITS = 50
/** Half-life of the rhythm. */
const RHYTHM_MEMORY_MS = 7 * 24 * HOUR

/** Learns healthy shares from minutes that have grown old enough. `trouble` names failure modes that must not be taught now. */
export function learnRates(state: RateState, now: EpochMs, trouble: Record<FailureMode, EpochMs | null>): void {
  if (state.firstAt === 0) return
  // What was taught is not given up for the first minutes that come: they may be of trouble.
  const warm = isNew(state, now) && state.taught !== true
  const until = warm ? now : now - LEARN_DELAY_MS
  let slot = Math.max(state.learnedUntil, state.firstAt, until - READ_SLOTS * MINUTE)
  for (; slot < until; slot += MINUTE) {
    // A warm-up minute whose rows are still on their way is learned later, with the delayed ones.
    const rows = rowsAt(state.ring, slot)
    if (!rows && warm && until - slot < 5 * MINUTE) break
    for (const mode of FAILURE_MODES) {
      const since = trouble[mode]
      if (rows && (since === null || slot < since)) learnSlot(state, mode, slot, rows, warm)
    }
  }
  state.learnedUntil = slot
}

function learnSlot(
  state: RateState,
  mode: FailureMode,
  slot: EpochMs,
  rows: { leaf: number[]; a: number[]; b: number[]; c: number[] },
  warm: boolean,
): void {
  const learned = state.learned[mode]
  const hits = mode === 'bad' ? rows.b : rows.c
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
