import { PAST_TAUGHT_MS, type Past } from '../../contract/past.js'
import { DAY, MINUTE, type EpochMs } from '../../contract/time.js'
import { rowsAt } from '../aggregate/label-sets.js'
import { fingerprint, print } from '../stat/fingerprint.js'
import { binomial, sfc32 } from '../stat/random.js'
import { reportState, takePast, type ReportState } from './report-counts.js'

/** Minutes that are still at hand, so that what was lived through since the past ends is learned again. */
const AT_HAND_MS = 80 * MINUTE
/** A gap this short is passed minute by minute. */
const GAP_MS = DAY

/** Since when a series has been watched; null: it has just begun. */
export const livedSince = ({ drift }: ReportState): EpochMs | null =>
  drift.first < 0 ? null : drift.first * 15 * MINUTE

/** The same counts give the same levels, whenever they are read. */
export function teachReports(old: ReportState | null, past: Past, now: EpochMs, perDay: number): ReportState {
  const until = old?.steppedUntil ?? now - (now % MINUTE)
  const since = old && livedSince(old)
  let last = until
  let state = walkPast(past, perDay, last)
  // A past that ends in trouble teaches what was before that.
  for (let tries = 0; state.onset !== null && tries < 5; tries++) {
    last = state.onset
    state = walkPast(past, perDay, last)
  }
  const { fresh } = state
  if (old !== null)
    for (let slot = Math.max(fresh.steppedUntil, until - AT_HAND_MS); slot < until; slot += MINUTE) {
      const rows = rowsAt(old.ring, slot)
      const heard = since !== null && slot >= since
      takePast(fresh, slot, rows === null ? (heard ? 0 : null) : rows.a.reduce((sum, n) => sum + n, 0))
    }
  const { series, bursts, drift } = fresh
  drift.alarm = false
  const into = old ?? { ...fresh, seenAt: fresh.steppedUntil, learnedUntil: until }
  return Object.assign(into, { series, bursts, drift, rare: false, steppedUntil: until })
}

/** The minutes of a past up to `until`; `onset`: where the trouble began that it ends in. */
function walkPast(past: Past, perDay: number, until: EpochMs): { fresh: ReportState; onset: EpochMs | null } {
  const { counts, binMs, service } = past
  const from = Math.max(counts[0]![0], counts.at(-1)![0] - PAST_TAUGHT_MS)
  const minutes = binMs / MINUTE
  let fresh: ReportState | null = null
  let onset: EpochMs | null = null
  for (const [at, count] of counts) {
    const start = Math.floor(at / MINUTE) * MINUTE
    if (start < from || start + binMs > until) continue
    fresh ??= reportState(start, perDay)
    if (start - fresh.steppedUntil <= GAP_MS)
      while (fresh.steppedUntil < start) takePast(fresh, fresh.steppedUntil, null)
    const parts = split(count, minutes, service, at)
    for (let m = 0; m < minutes; m++) {
      const reading = takePast(fresh, start + m * MINUTE, parts[m]!)
      onset = reading.alarm ? reading.onset : null
    }
  }
  return { fresh: fresh ?? reportState(until, perDay), onset }
}

/** One count over so many minutes, as chance would lay it; the same each time. */
function split(count: number, minutes: number, service: string, at: EpochMs): number[] {
  fingerprint(service, String(at))
  const random = sfc32(print.hi)
  const parts: number[] = []
  for (let left = count, m = minutes; m > 0; m--) {
    const part = m === 1 ? left : binomial(random, left, 1 / m)
    parts.push(part)
    left -= part
  }
  return parts
}
