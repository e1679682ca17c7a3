import type { Past, Untaught } from '../../contract/past.js'
import { DAY, MINUTE, type EpochMs } from '../../contract/time.js'
import { rowsAt } from '../aggregate/label-sets.js'
import { fingerprint, print } from '../stat/fingerprint.js'
import { learnRates } from '../rates/learn.js'
import { rateState, takeRate, type RateState } from '../rates/state.js'
import { tickRates } from '../rates/rise-detector.js'
import { binomial, sfc32 } from '../stat/random.js'
import { reportState, takePast, type ReportState } from '../counts/report-counts.js'
import type { ServiceState } from './service.js'

/** Only so much of a past teaches: the rhythm of the week remembers eight weeks. */
export const PAST_MS = 70 * DAY
/** What a service has learned by itself for so long is not given up for a past that ends so long ago. */
export const LIVED_MS = 2 * DAY
/** Minutes that are still at hand, so that what was lived through since the past ends is learned again. */
const AT_HAND_MS = 80 * MINUTE
/** A gap this short is passed minute by minute. */
const GAP_MS = DAY

/** Tells one past from another: the same is taken once. */
export function printOf({ service, via, binMs, counts }: Past): string {
  fingerprint(`${service} ${via} ${binMs}`, JSON.stringify(counts))
  return `${print.hi.toString(16)}${print.lo.toString(16)}`
}

export type Taught = 'taught' | Untaught

/**
 * Learns the usual level of a service from counts of its past, as if they had been lived through; nothing is told, no
 * incident opens, and whether it works stays unknown. The same counts give the same levels, whenever they are read.
 */
export function teachPast(s: ServiceState, past: Past, now: EpochMs, falseAlarmsPerDay: number): Taught {
  const own = printOf(past)
  if (s.taught?.[past.via] === own) return 'known'
  const kind = ({ report: 'reports', post: 'posts', metric: 'metrics', check: 'checks' } as const)[past.via]
  const lived = livedSince(s[kind])
  const end = past.counts.at(-1)![0] + past.binMs
  if (lived !== null && now - lived > LIVED_MS && now - end > LIVED_MS) return 'lived'
  if (kind === 'reports' || kind === 'posts') s[kind] = teachReports(s[kind], past, now, falseAlarmsPerDay)
  else s[kind] = teachRates(s[kind], past)
  ;(s.taught ??= {})[past.via] = own
  s.changed = true
  return 'taught'
}

function livedSince(state: ReportState | RateState | null): EpochMs | null {
  if (state === null) return null
  if ('series' in state) return state.creep.first < 0 ? null : state.creep.first * 15 * MINUTE
  return state.firstAt === 0 ? null : state.firstAt
}

function teachReports(old: ReportState | null, past: Past, now: EpochMs, perDay: number): ReportState {
  const until = old?.steppedUntil ?? now - (now % MINUTE)
  const since = livedSince(old)
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
  const { series, bursts, creep } = fresh
  creep.alarm = false
  const into = old ?? { ...fresh, seenAt: fresh.steppedUntil, learnedUntil: until }
  return Object.assign(into, { series, bursts, creep, rare: false, steppedUntil: until })
}

/** The minutes of a past up to `until`; `onset`: where the trouble began that it ends in. */
function walkPast(past: Past, perDay: number, until: EpochMs): { fresh: ReportState; onset: EpochMs | null } {
  const { counts, binMs, service } = past
  const from = Math.max(counts[0]![0], counts.at(-1)![0] - PAST_MS)
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

/** Shares that fail usually, and their rhythm. What is slow a past does not tell, so the source stays a new one. */
function teachRates(old: RateState | null, past: Past): RateState {
  const { counts, binMs } = past
  const from = counts.at(-1)![0] - PAST_MS
  const minutes = binMs / MINUTE
  const fresh = rateState()
  let trouble: EpochMs | null = null
  for (const [at, failed, total = 0] of counts) {
    const start = Math.floor(at / MINUTE) * MINUTE
    for (let m = 0; start >= from && m < minutes; m++) {
      const slot = start + m * MINUTE
      takeRate(fresh, slot, {}, total / minutes, failed / minutes, 0)
      const { alarm } = tickRates(fresh, slot + MINUTE).bad
      trouble = alarm ? (trouble ?? slot - 5 * MINUTE) : null
      learnRates(fresh, slot + MINUTE, { bad: trouble, slow: slot })
    }
  }
  const into = old ?? rateState()
  const { allTotal, allHit, hourTotal, hourHit, hourFactor } = fresh.learned.bad
  Object.assign(into.learned.bad, { allTotal, allHit, hourTotal, hourHit, hourFactor })
  return into
}
