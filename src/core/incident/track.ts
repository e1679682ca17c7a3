import type { Track } from '../../contract/finding.js'
import type { Where } from '../../contract/incident.js'
import type { EpochMs } from '../../contract/time.js'

/** What is remembered of each followed value, a point a minute: its peak, its worst level, and whether it comes and goes. */

/** Points kept for each track, one a minute: as long as anything is waited for before it counts as gone. */
export const POINTS = 60
/** Minutes over which a level is read where there are no requests. */
const LEVEL_MIN = 30
/** Minutes from one reading to the next that shares nothing with it: reports are read over ten. */
const APART_MIN = 10
/** Excess at which a track counts as normal again. */
export const NORMAL: Record<Track['unit'], number> = { share: 0.003, reports_per_minute: 0.5 }
/** Within this part of the peak the trouble has not turned. */
export const HIGH_SHARE = 0.9
/** Fewer bits than this are chance, neither a peak nor a remainder. */
const CHANCE_BITS = 3

/** It is off below half of its peak and on above, each beyond chance. */
const OFF_SHARE = 0.5
/** Times of coming back that are remembered. */
const BACKS = 6

export interface TrackMemory {
  key: string
  where: Where
  unit: Track['unit']
  peak: number
  peakAt: EpochMs
  /** Newest time at which it stood within a tenth of its peak. */
  highAt: EpochMs
  /** Highest mean over LEVEL_MIN minutes so far, when it was, and what was usual then (reports): a level, and not the luckiest minute. */
  worst: { level: number; at: EpochMs; usual: number }
  /** On and off: since when it is off (null: on), when it came on first and came back, and the longest that it was off. */
  off: { since: EpochMs | null; began: EpochMs; backs: EpochMs[]; longestMs: number }
  /** Newest last. */
  points: { at: EpochMs; excess: number; error: number; stale: boolean; usual?: number }[]
}

const keyOf = (t: Track): string => `${t.unit}:${JSON.stringify(t.where)}`

/** Adds a tick's tracks to what is remembered. */
export function followTracks(memory: TrackMemory[], tracks: readonly Track[], at: EpochMs): void {
  for (const t of tracks) {
    const key = keyOf(t)
    let m = memory.find(x => x.key === key)
    if (!m)
      memory.push(
        (m = {
          key,
          where: t.where,
          unit: t.unit,
          peak: 0,
          peakAt: at,
          highAt: at,
          worst: { level: 0, at, usual: 0 },
          off: { since: null, began: at, backs: [], longestMs: 0 },
          points: [],
        }),
      )
    const excess = t.bits >= CHANCE_BITS ? t.excess : 0
    // The highest of many noisy values is too high by their noise: a peak counts less its error.
    const sure = Math.max(0, excess - t.error)
    if (sure > m.peak) {
      m.peak = sure
      m.peakAt = at
    }
    if (m.peak > 0 && excess >= HIGH_SHARE * m.peak) m.highAt = at
    const usual = t.usual === undefined ? {} : { usual: t.usual }
    m.points.push({ at, excess, error: t.error, stale: t.stale, ...usual })
    if (m.points.length > POINTS) m.points.shift()
    noteLevel(m, at)
    noteOff(m, excess, t.error, at)
  }
}

/** What it has been over the newest minutes, and how far chance moves that. */
export function levelOf(m: TrackMemory): { level: number; error: number; usual: number } {
  const points = m.points.slice(-LEVEL_MIN)
  const mean = (of: (p: TrackMemory['points'][number]) => number): number =>
    points.reduce((sum, p) => sum + of(p), 0) / Math.max(1, points.length)
  const apart = Math.max(1, points.length / APART_MIN)
  return {
    level: mean(p => p.excess),
    error: Math.sqrt(mean(p => p.error ** 2) / apart),
    usual: mean(p => p.usual ?? 0),
  }
}

function noteLevel(m: TrackMemory, at: EpochMs): void {
  const { level, error, usual } = levelOf(m)
  if (level - error > m.worst.level) m.worst = { level: level - error, at, usual }
}

function noteOff(m: TrackMemory, excess: number, error: number, at: EpochMs): void {
  const { off } = m
  if (m.peak <= 0) return
  if (excess + error <= OFF_SHARE * m.peak) off.since ??= at
  else if (off.since !== null && excess - error >= OFF_SHARE * m.peak) m.off = backAgain(off, off.since, at)
}

const backAgain = (off: TrackMemory['off'], since: EpochMs, at: EpochMs): TrackMemory['off'] => ({
  since: null,
  began: off.began,
  backs: [...off.backs, at].slice(-BACKS),
  longestMs: Math.max(off.longestMs, at - since),
})

/**
 * What is remembered of a trouble that was called over and is back: it is measured against its own worst, and that it comes and goes is
 * not forgotten.
 */
export function relapsed(memory: readonly TrackMemory[], at: EpochMs): TrackMemory[] {
  const whole = wholeTrack(memory)
  if (!whole) return []
  const worst = { level: 0, at, usual: 0 }
  const off = backAgain(whole.off, whole.off.since ?? at, at)
  return [{ ...whole, peak: 0, peakAt: at, highAt: at, worst, off, points: [] }]
}

/** The memory as it stood at `since`; a track that began later is forgotten. */
export function tracksUntil(memory: readonly TrackMemory[], since: EpochMs): TrackMemory[] {
  return memory.flatMap(m => {
    const points = m.points.filter(p => p.at < since)
    if (points.length === 0) return []
    if (m.peakAt < since) return [{ ...m, points, highAt: Math.min(m.highAt, points.at(-1)!.at) }]
    const fresh: TrackMemory[] = []
    for (const { at, ...point } of points)
      followTracks(fresh, [{ where: m.where, unit: m.unit, bits: CHANCE_BITS, ...point }], at)
    return fresh
  })
}

/** What is left at the newest point. */
export const leftOf = (m: TrackMemory): number => m.points.at(-1)?.excess ?? 0

/** The track that speaks for the whole: shares where known, else reports. */
export const wholeTrack = (memory: readonly TrackMemory[]): TrackMemory | null => {
  const whole = memory.filter(m => Object.keys(m.where).length === 0)
  const share = whole.find(m => m.unit === 'share' && m.peak >= NORMAL.share)
  return share ?? whole.find(m => m.unit === 'reports_per_minute') ?? share ?? null
}
