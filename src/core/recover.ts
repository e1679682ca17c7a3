import type { Track } from '../contract/finding.js'
import type { Recovery, Where } from '../contract/incident.js'
import { MINUTE, type EpochMs } from '../contract/time.js'

/**
 * How much of the trouble is gone, per followed value, and when the rest should be: a line through the logarithm of the
 * excess, because mitigations drain rather than switch. The interval is the prediction interval of that line.
 */

/** Points kept for each track, one a minute. */
const POINTS = 45
/** Minutes of the newest points that are extrapolated, and the least number of them. */
const FIT_MIN = 25
const FIT_LEAST = 6
/** Excess at which a track counts as normal again. */
const NORMAL: Record<Track['unit'], number> = { share: 0.003, reports_per_minute: 0.5 }
/** No forecast that reaches beyond this, nor one before the excess has clearly begun to fall. */
const HORIZON_MIN = 8 * 60
const FALLEN = 0.15

export interface TrackMemory {
  key: string
  where: Where
  unit: Track['unit']
  peak: number
  peakAt: EpochMs
  /** Newest last. */
  points: { at: EpochMs; excess: number; stale: boolean }[]
}

const keyOf = (t: Track): string => `${t.unit}:${JSON.stringify(t.where)}`

/** Adds a tick's tracks to what is remembered. */
export function followTracks(memory: TrackMemory[], tracks: readonly Track[], at: EpochMs): void {
  for (const t of tracks) {
    const key = keyOf(t)
    let m = memory.find(x => x.key === key)
    if (!m) memory.push((m = { key, where: t.where, unit: t.unit, peak: 0, peakAt: at, points: [] }))
    // Chance excess is no peak and no remainder.
    const excess = t.bits >= 3 ? t.excess : t.excess < NORMAL[t.unit] ? 0 : t.excess
    if (excess > m.peak) {
      m.peak = excess
      m.peakAt = at
    }
    m.points.push({ at, excess, stale: t.stale })
    if (m.points.length > POINTS) m.points.shift()
  }
}

const now = (m: TrackMemory): number => m.points.at(-1)?.excess ?? 0

const recoveredOf = (m: TrackMemory): number => {
  if (m.peak <= 0) return 1
  const left = now(m)
  if (left < NORMAL[m.unit]) return 1
  return Math.max(0, Math.min(1, 1 - left / m.peak))
}

/** The track that speaks for the whole: shares where known, else reports. */
export const wholeTrack = (memory: readonly TrackMemory[]): TrackMemory | null => {
  const whole = memory.filter(m => Object.keys(m.where).length === 0)
  const share = whole.find(m => m.unit === 'share' && m.peak >= NORMAL.share)
  return share ?? whole.find(m => m.unit === 'reports_per_minute') ?? share ?? null
}

/** Recovery of the whole and of every followed value that was hit at all, worst first. */
export function recoveryOf(memory: readonly TrackMemory[], at: EpochMs): Recovery | null {
  const whole = wholeTrack(memory)
  if (!whole || whole.peak <= 0) return null
  const parts = memory.filter(
    m =>
      m !== whole &&
      m.unit === whole.unit &&
      Object.keys(m.where).length > 0 &&
      m.peak >= 0.05 * whole.peak &&
      m.peak >= NORMAL[m.unit],
  )
  return {
    recovered: round(recoveredOf(whole)),
    eta: etaOf(whole, at),
    segments: parts
      .map(m => ({ where: m.where, recovered: round(recoveredOf(m)), eta: etaOf(m, at) }))
      .sort((a, b) => a.recovered - b.recovered),
  }
}

/** When the whole began to shrink for good: the last time it stood within a tenth of its peak. */
export function turnedAt(memory: readonly TrackMemory[]): EpochMs | null {
  const whole = wholeTrack(memory)
  if (!whole || whole.points.length === 0 || now(whole) > 0.7 * whole.peak) return null
  for (let i = whole.points.length - 1; i >= 0; i--)
    if (whole.points[i]!.excess >= 0.9 * whole.peak) return whole.points[i]!.at
  return whole.peakAt
}

/** 95 % interval for the time at which the excess is normal; null when it is normal, not falling, stale, or beyond the horizon. */
export function etaOf(m: TrackMemory, at: EpochMs): [string, string] | null {
  const left = now(m)
  if (left < NORMAL[m.unit] || left > (1 - FALLEN) * m.peak || m.points.at(-1)?.stale) return null
  const points = m.points.filter(p => p.at > at - FIT_MIN * MINUTE && p.at >= m.peakAt && p.excess > 0 && !p.stale)
  if (points.length < FIT_LEAST) return null
  const xs = points.map(p => (p.at - at) / MINUTE)
  const ys = points.map(p => Math.log(p.excess))
  const n = xs.length
  const mx = xs.reduce((a, b) => a + b) / n
  const my = ys.reduce((a, b) => a + b) / n
  const sxx = xs.reduce((sum, x) => sum + (x - mx) ** 2, 0)
  const slope = xs.reduce((sum, x, i) => sum + (x - mx) * (ys[i]! - my), 0) / sxx
  if (slope > -0.002) return null
  const rest = ys.reduce((sum, y, i) => sum + (y - my - slope * (xs[i]! - mx)) ** 2, 0)
  // Five-minute windows overlap, so only about a fifth of the points are independent: a wider error of the slope.
  const error = Math.sqrt((5 * rest) / Math.max(1, n - 2) / sxx)
  const need = Math.log(NORMAL[m.unit]) - Math.log(left)
  const soon = need / Math.min(-0.002, slope - 2 * error - 0.25 * Math.abs(slope))
  const late = need / Math.min(-0.002, slope + 2 * error + 0.25 * Math.abs(slope))
  if (slope + 2 * error >= 0 || late > HORIZON_MIN) return null
  const iso = (min: number): string =>
    new Date(Math.round(at / MINUTE) * MINUTE + Math.round(min) * MINUTE).toISOString()
  return [iso(soon), iso(late)]
}

const round = (x: number): number => Math.round(x * 1000) / 1000
