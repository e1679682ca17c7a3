import type { GaugeMeasure } from '../../contract/signal.js'
import type { EpochMs } from '../../contract/time.js'
import type { Series } from './question.js'

/** How a series shows trouble: requests fail or are slow, something is full, work is more or less than usual, or it is merely odd. */
export type Symptom = 'fails' | 'slow' | 'full' | 'misses' | 'load' | 'lull' | 'odd'

/** What left its usual course, how clearly, and since when. */
export interface Deviation {
  series: Series
  symptom: Symptom
  /** Standard deviations at the worst. */
  z: number
  /** Not after the last point that was usual, not later than the first that was not. */
  onset: [EpochMs, EpochMs]
  usual: number
  worst: number
  /** Points of the run. */
  length: number
}

/** A point is unusual from so many standard deviations on, and belongs to a run of such from fewer. */
const UNUSUAL = 3
const RUNNING = 2
/** Well within the usual. */
const CALM = 1
/** The newest usual point stands elsewhere than the past. */
const MOVED = 1.5
/** A single point at the end is no run; it must stand out further. */
const LONELY = 4.5
/** Largest z that is told; more is no more certain. */
const MOST_Z = 20
const FULL = 0.97
const HALF_FULL = 0.85
const FULL_Z = 8
/** What a share is moved by before its logarithm is taken: half a percent more or less is nothing to anybody. */
const SHARE_FLOOR = 0.005
/** The same for shares of known requests: so many of all that were counted, and no less than this. */
const COUNTED_FLOOR = 5
const LEAST_FLOOR = 0.001
/** So many points of the past tell the scatter; with fewer the floor below is added in full. */
const LEARNED = 12
/** So many tell how heavy the tails are. */
const TAILED = 50

/** Scatter that is assumed of each measure, on the scale on which it is compared (logits of shares, logarithms of the rest). */
const SCATTER: Record<GaugeMeasure, number> = {
  failing: 0.35,
  slow: 0.35,
  latency: 0.2,
  saturation: 0.4,
  demand: 0.22,
  hit: 0.35,
  other: 0.45,
}
/** The same where the past has told how much it scatters: what is left for what the past did not hold. */
const LEARNED_SCATTER = 0.35

const logit = (share: number, floor: number): number => {
  const p = Math.min(1, Math.max(0, share))
  return Math.log((p + floor) / (1 - p + floor))
}

/** Where many requests were counted, a few that fail are seen. */
function floorOf({ points }: Series): number {
  let requests = 0
  for (const { weight } of points) {
    if (weight === undefined) return SHARE_FLOOR
    requests += weight
  }
  return Math.min(SHARE_FLOOR, Math.max(LEAST_FLOOR, COUNTED_FLOOR / Math.max(1, requests)))
}

/** Values on a scale on which trouble is up and scatter is even. */
function scaled(series: Series, floor: number): number[] {
  const { measures, capacity, points } = series
  if (measures === 'failing' || measures === 'slow') return points.map(p => logit(p.value, floor))
  if (measures === 'hit') return points.map(p => logit(1 - p.value, floor))
  if (measures === 'saturation' && capacity) return points.map(p => logit(p.value / capacity, floor))
  const largest = points.reduce((most, p) => Math.max(most, Math.abs(p.value)), 0)
  const least = measures === 'latency' ? largest / 1e4 : largest / 20
  return points.map(p => Math.log(Math.max(0, p.value) + least + 1e-12))
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

interface Usual {
  level: number
  scatter: number
}

function usualOf(series: Series, before: readonly number[]): Usual {
  const level = median(before)
  const floor = SCATTER[series.measures] * (before.length >= LEARNED ? LEARNED_SCATTER : 1)
  const scatter = Math.hypot(floor, spreadOf(before, level)) * Math.sqrt(1 + 1 / before.length)
  const last = before.at(-1)!
  // Where the newest usual point stands elsewhere than the past, things have moved since: it is the better guess.
  // What has moved once may move as far again by half.
  const moved = Math.abs(last - level)
  return moved > MOVED * scatter ? { level: last, scatter: Math.hypot(scatter, moved / 2) } : { level, scatter }
}

/** By the middle half; where much is known, by the tail as well, which is often heavier than the middle lets expect. */
function spreadOf(before: readonly number[], level: number): number {
  if (before.length < 4) return 0
  const away = before.map(x => Math.abs(x - level)).sort((a, b) => a - b)
  const middle = 1.4826 * median(away)
  if (before.length < TAILED) return middle
  return Math.max(middle, away[Math.floor(before.length * 0.95)]! / 1.96)
}

/** Part of the scatter of one point that its own denominator explains, as a variance of the logit. */
function counted(value: number, weight: number | undefined, floor: number): number {
  if (weight === undefined) return 0
  const p = Math.min(1, Math.max(0, value))
  return 1 / (Math.max(1, weight) * (p + floor) * (1 - p + floor) + 0.5)
}

/**
 * Points before this index are taken for usual: those before `since`; without it as many as stand before the first run, found
 * from the first quarter and then anew from all before that run.
 */
function quietUntil(series: Series, x: readonly number[], since: EpochMs | undefined): number {
  const { points } = series
  if (since !== undefined) {
    const index = points.findIndex(p => p.at >= since)
    return index < 0 ? points.length : index
  }
  let quiet = Math.max(1, points.length >> 2)
  for (let turn = 0; turn < 2; turn++) {
    const begin = runOf(series, x, quiet, usualOf(series, x.slice(0, quiet)))?.begin
    if (begin === undefined) return points.length
    quiet = Math.max(quiet, begin)
  }
  return quiet
}

interface Run {
  /** Last point before it that was clearly usual. */
  calm: number
  begin: number
  worst: number
  z: number
  length: number
}

/** First run of unusual points from `quiet` on; a run begins where points stay above {@link RUNNING} in the same direction. */
function runOf(series: Series, x: readonly number[], quiet: number, usual: Usual): Run | null {
  const { points, measures, capacity } = series
  const both = measures === 'demand' || measures === 'other' || (measures === 'saturation' && capacity === undefined)
  const floor = floorOf(series)
  const z = points.map((p, i) => {
    const share = measures === 'failing' || measures === 'slow'
    const scatter = share ? Math.sqrt(usual.scatter ** 2 + counted(p.value, p.weight, floor)) : usual.scatter
    return (x[i]! - usual.level) / scatter
  })
  let best: Run | null = null
  for (const sign of both ? [1, -1] : [1]) {
    let begin = -1
    for (let i = quiet; i < points.length; i++) {
      const size = sign * z[i]!
      if (size < RUNNING) {
        begin = -1
        continue
      }
      if (begin < 0) begin = i
      if (size < (i > begin ? UNUSUAL : LONELY)) continue
      if (best && best.begin !== begin && best.z >= size) continue
      if (!best || best.begin !== begin || best.z < size)
        best = { calm: calmBefore(z, begin, sign), begin, worst: i, z: size, length: 0 }
    }
  }
  if (best) {
    const { begin, worst } = best as Run
    const sign = Math.sign(z[worst]!)
    let end = begin
    while (end < z.length && sign * z[end]! >= RUNNING) end++
    best.length = end - begin
  }
  return best
}

/** A slow rise is out of the usual before it shows: it began after the last point that was well within. */
function calmBefore(z: readonly number[], begin: number, sign: number): number {
  let calm = begin - 1
  while (calm > 0 && sign * z[calm]! >= CALM) calm--
  return calm
}

function symptomOf({ measures }: Series, value: number, usual: number): Symptom {
  if (measures === 'failing') return 'fails'
  if (measures === 'slow' || measures === 'latency') return 'slow'
  if (measures === 'saturation') return value > usual ? 'full' : 'odd'
  if (measures === 'hit') return 'misses'
  if (measures === 'demand') return value > usual ? 'load' : 'lull'
  return 'odd'
}

/** What holds no more, and did before, is in trouble however its past scattered. */
const isFull = ({ measures, capacity }: Series, worst: number, level: number): boolean =>
  measures === 'saturation' && capacity !== undefined && worst >= FULL * capacity && level < HALF_FULL * capacity

/** Whether a series left its usual course, and since when; null where it did not, or nothing is known of what is usual. */
export function deviationOf(series: Series, since?: EpochMs): Deviation | null {
  const { points } = series
  if (points.length < 2) return null
  const x = scaled(series, floorOf(series))
  const quiet = quietUntil(series, x, since)
  if (quiet < 1 || quiet >= points.length) return null
  const usual = usualOf(series, x.slice(0, quiet))
  const run = runOf(series, x, quiet, usual)
  if (!run) return null
  const level = median(points.slice(0, quiet).map(p => p.value))
  const worst = points[run.worst]!.value
  return {
    series,
    symptom: symptomOf(series, worst, level),
    z: Math.min(MOST_Z, isFull(series, worst, level) ? Math.max(FULL_Z, run.z) : run.z),
    onset: [points[run.calm]!.at, points[run.begin]!.at],
    usual: level,
    worst,
    length: run.length,
  }
}
