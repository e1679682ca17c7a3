/**
 * The scoring rule of the Numenta Anomaly Benchmark v1.1 (Lavin & Ahmad 2015, "Evaluating real-time anomaly detection algorithms"), written
 * from its description. A detection at relative position x of a window (−1 its first record, 0 just past its last) is worth
 *     σ(x) = 2 / (1 + e^{5x}) − 1,
 * of which a window takes the best (over σ(−1), so that its first record is worth 1), a missed window costs fnWeight, and every detection
 * outside costs fpWeight: in full before the first window, σ(distance / width) of the window before it afterwards, in full again past three
 * widths. Records of the probation (15 %, at most 750) count for nothing. One threshold is chosen for all series of the corpus by the total
 * score, anew for each profile, and totals are told between "says nothing" (0) and "first record of each window" (100).
 * Cost: O(n log n) in the records of the corpus.
 */
export interface Profile {
  name: string
  tpWeight: number
  fpWeight: number
  fnWeight: number
}

export const PROFILES: readonly Profile[] = [
  { name: 'standard', tpWeight: 1, fpWeight: 0.11, fnWeight: 1 },
  { name: 'reward low FP', tpWeight: 1, fpWeight: 0.22, fnWeight: 1 },
  { name: 'reward low FN', tpWeight: 1, fpWeight: 0.11, fnWeight: 2 },
]

export interface Scored {
  name: string
  /** One anomaly score a record, 0..1. */
  scores: Float64Array
  /** First and last record of each window, inclusive, in order. */
  windows: readonly (readonly [number, number])[]
}

export interface Outcome {
  /** The lowest score that counts as a detection; above 1 when saying nothing is best. */
  threshold: number
  /** 0 says nothing, 100 perfect; below 0 is possible. */
  normalised: number
  found: number
  windows: number
  falseRecords: number
}

const PROBATION_SHARE = 0.15
const PROBATION_OF_AT_MOST = 5000
/** Past so many widths of the window before it a detection is false in full. */
const FAR_WIDTHS = 3
/** Above every score. */
const NOTHING = 1.1

export const probation = (records: number): number =>
  Math.min(Math.floor(PROBATION_SHARE * records), PROBATION_SHARE * PROBATION_OF_AT_MOST)

export const sigmoid = (x: number): number => (x > FAR_WIDTHS ? -1 : 2 / (1 + Math.exp(5 * x)) - 1)

interface Point {
  score: number
  /** Index of the window over the whole corpus, −1 outside. */
  window: number
  worth: number
}

/** What a detection at each record would be worth before weights: windows in 0..1, outside in −1..0. */
export function worths(records: number, windows: Scored['windows']): { worth: Float64Array; window: Int32Array } {
  const worth = new Float64Array(records).fill(-1)
  const window = new Int32Array(records).fill(-1)
  windows.forEach(([first, last], w) => {
    const width = last - first + 1
    for (let i = first; i <= last; i++) {
      worth[i] = sigmoid(-(last - i + 1) / width) / sigmoid(-1)
      window[i] = w
    }
    const next = windows[w + 1]?.[0] ?? records
    // A window of one record has no width to measure distance by: what follows is false in full.
    for (let i = last + 1; i < next; i++) worth[i] = width > 1 ? sigmoid((i - last) / (width - 1)) : -1
  })
  return { worth, window }
}

function pointsOf(corpus: readonly Scored[]): { points: Point[]; windows: number } {
  const points: Point[] = []
  let windows = 0
  for (const { scores, windows: own } of corpus) {
    const { worth, window } = worths(scores.length, own)
    for (let i = Math.ceil(probation(scores.length)); i < scores.length; i++) {
      const score = scores[i]!
      if (score > 0) points.push({ score, window: window[i]! < 0 ? -1 : windows + window[i]!, worth: worth[i]! })
    }
    windows += own.length
  }
  return { points: points.sort((a, b) => b.score - a.score), windows }
}

/** Total, found windows and false records of a corpus at a threshold, or at the best one when none is given. */
export function nabScore(corpus: readonly Scored[], profile: Profile, threshold?: number): Outcome {
  const { points, windows } = pointsOf(corpus)
  const best = new Float64Array(windows).fill(-profile.fnWeight)
  let total = -profile.fnWeight * windows
  let outcome = { threshold: threshold ?? NOTHING, total, found: 0, falseRecords: 0 }
  let found = 0
  let falseRecords = 0
  for (let i = 0; i < points.length; ) {
    const { score } = points[i]!
    if (threshold !== undefined && score < threshold) break
    for (; i < points.length && points[i]!.score === score; i++) {
      const { window, worth } = points[i]!
      if (window < 0) {
        total += worth * profile.fpWeight
        falseRecords++
        continue
      }
      const before = best[window]!
      if (before === -profile.fnWeight) found++
      best[window] = Math.max(before, worth * profile.tpWeight)
      total += best[window]! - before
    }
    if (threshold !== undefined || total > outcome.total)
      outcome = { threshold: threshold ?? score, total, found, falseRecords }
  }
  const nothing = -profile.fnWeight * windows
  const perfect = profile.tpWeight * windows
  return {
    threshold: outcome.threshold,
    normalised: windows === 0 ? Number.NaN : (100 * (outcome.total - nothing)) / (perfect - nothing),
    found: outcome.found,
    windows,
    falseRecords: outcome.falseRecords,
  }
}
