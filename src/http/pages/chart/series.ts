import { HOUR, type EpochMs } from '../../../contract/time.js'
import { ROLLUP_MS, type Rollup } from '../../../contract/view.js'

/** One bar of a chart; null where there is no data, which is not zero. */
export interface Bar {
  from: EpochMs
  bad: number
  ok: number
  /** Usual level, and the one that is passed rarely; null until they are learned. */
  expected: number | null
  high: number | null
  /** [total, bad, slow] of metrics; null where none were measured. */
  rate: [number, number, number] | null
  /** [total, bad] of checks; null where none ran. */
  checks: [number, number] | null
  /** Posts that complain, and the usual number of posts; null where none are read. */
  posts: { complaints: number; expected: number | null } | null
  /** Share of the bar's time that has passed, 0..1. */
  filled: number
}

export interface Series {
  from: EpochMs
  until: EpochMs
  binMs: number
  bars: (Bar | null)[]
}

/** Lays rollups on a grid of whole bins that ends with the bin of `now`; `binMs` is a multiple of a rollup's. */
export function toSeries(rollups: readonly Rollup[], spanMs: number, binMs: number, now: EpochMs): Series {
  const until = (Math.floor((now - 1) / binMs) + 1) * binMs
  return toSeriesBetween(rollups, until - spanMs, until, binMs, now)
}

export function toSeriesBetween(
  rollups: readonly Rollup[],
  start: EpochMs,
  end: EpochMs,
  binMs: number,
  now: EpochMs,
): Series {
  const from = Math.floor(start / binMs) * binMs
  const until = Math.ceil(end / binMs) * binMs
  const bars = new Array<Bar | null>(Math.round((until - from) / binMs)).fill(null)
  const squares = new Float64Array(bars.length)
  const rows = new Uint16Array(bars.length)
  for (const row of fillSilence(rollups, from, Math.min(until, now))) {
    const index = Math.floor((row.bin - from) / binMs)
    if (index < 0 || index >= bars.length) continue
    const barFrom = from + index * binMs
    const bar = (bars[index] ??= emptyBar(barFrom, Math.min(1, Math.max(0, (now - barFrom) / binMs))))
    bar.bad += row.reports.bad
    bar.ok += row.reports.ok
    addUsual(bar, row.reports, (rows[index] = (rows[index] as number) + 1) === 1, squares, index)
    addMeasured(bar, row)
  }
  // Of a bar that is still filling only a part has rows, but what is usual and what is high is said of the whole.
  bars.forEach((bar, i) => {
    const missing = binMs / ROLLUP_MS / (rows[i] as number)
    if (!bar || bar.expected === null || bar.high === null || bar.filled === 1 || missing <= 1) return
    bar.high = bar.expected * missing + (bar.high - bar.expected) * Math.sqrt(missing)
    bar.expected *= missing
  })
  return { from, until, binMs, bars }
}

function addMeasured(bar: Bar, { metrics, checks, posts }: Rollup): void {
  if (metrics.total > 0) {
    bar.rate ??= [0, 0, 0]
    bar.rate[0] += metrics.total
    bar.rate[1] += metrics.bad
    bar.rate[2] += metrics.slow
  }
  if (checks.total > 0) {
    bar.checks ??= [0, 0]
    bar.checks[0] += checks.total
    bar.checks[1] += checks.bad
  }
  if (posts.total > 0 || posts.expected !== null) {
    bar.posts ??= { complaints: 0, expected: null }
    bar.posts.complaints += posts.complaints
    if (posts.expected !== null) bar.posts.expected = (bar.posts.expected ?? 0) + posts.expected
  }
}

/** Of a bar in whose time a level was only learned it is not known for the whole. */
function addUsual(
  bar: Bar,
  { expected, high }: Rollup['reports'],
  first: boolean,
  squares: Float64Array,
  index: number,
): void {
  if (expected === null || high === null || (bar.expected === null && !first)) {
    bar.expected = bar.high = null
    return
  }
  bar.expected = (bar.expected ?? 0) + expected
  // The level of a sum: distances above the mean add in squares where bins are independent.
  squares[index] = (squares[index] as number) + Math.max(0, high - expected) ** 2
  bar.high = bar.expected + Math.sqrt(squares[index] as number)
}

/**
 * Bins in which nothing arrived have no row, so a hole means either "nobody reported" or "we were not listening". A hole
 * is read as zero while so long a silence is nothing special, that is while fewer than SILENCE reports would have been
 * usual in it; a longer one stays a hole, and so does the time before the first row. Reports come in bursts: with a
 * variance of 2.5 times the mean (negative binomial) nothing of μ arrives with probability e^(−0.61 μ), 1 in 1,500 for 12.
 */
export const SILENCE = 12

export function fillSilence(rollups: readonly Rollup[], from: EpochMs, until: EpochMs): Rollup[] {
  const out: Rollup[] = []
  const fill = (left: Rollup, right: Rollup | null, end: EpochMs) => {
    const missing = Math.ceil((end - left.bin) / ROLLUP_MS) - 1
    const mean = (pick: (row: Rollup) => number | null): number | null => {
      const [a, b] = [pick(left), pick(right ?? left)]
      return a === null || b === null ? null : (a + b) / 2
    }
    const expected = mean(row => row.reports.expected)
    // Before a level is learned, what was counted beside the hole stands for it.
    const usual = expected ?? (mean(row => row.reports.bad) as number)
    if (missing < 1 || usual * missing >= SILENCE) return
    const reports = { bad: 0, ok: 0, expected, high: mean(row => row.reports.high) }
    for (let i = 1; i <= missing; i++)
      out.push({ ...QUIET, service: left.service, bin: left.bin + i * ROLLUP_MS, reports })
  }
  let left: Rollup | null = null
  for (const row of rollups) {
    if (left) fill(left, row, row.bin)
    out.push(row)
    left = row
  }
  if (left) fill(left, null, until)
  return out.filter(row => row.bin >= from && row.bin < until)
}

const QUIET: Rollup = {
  service: '',
  bin: 0,
  position: 0,
  reports: { bad: 0, ok: 0, expected: null, high: null },
  posts: { total: 0, complaints: 0, expected: null },
  checks: { total: 0, bad: 0 },
  metrics: { total: 0, bad: 0, slow: 0 },
  reportsBy: {},
  ratesBy: {},
}

function emptyBar(from: EpochMs, filled: number): Bar {
  return { from, bad: 0, ok: 0, expected: null, high: null, rate: null, checks: null, posts: null, filled }
}

/** [first, last] indices of runs without data. */
export function gapsOf({ bars }: { bars: readonly (object | null)[] }): [number, number][] {
  const out: [number, number][] = []
  bars.forEach((bar, i) => {
    const open = out.at(-1)
    if (bar) return
    if (open && open[1] === i - 1) open[1] = i
    else out.push([i, i])
  })
  return out
}

export function total(series: Series, pick: (bar: Bar) => number): number {
  return series.bars.reduce((sum, bar) => sum + (bar ? pick(bar) : 0), 0)
}

/** Sums of one label over the rollups of [from, until): value → [bad, ok]. */
export function countBy(
  rollups: readonly Rollup[],
  label: string,
  from: EpochMs,
  until: EpochMs,
): Map<string, [number, number]> {
  const out = new Map<string, [number, number]>()
  for (const row of rollups) {
    if (row.bin < from || row.bin >= until) continue
    for (const [value, pair] of Object.entries(row.reportsBy[label] ?? {})) {
      const sum = out.get(value)
      if (sum) {
        sum[0] += pair[0]
        sum[1] += pair[1]
      } else out.set(value, [pair[0], pair[1]])
    }
  }
  return out
}

/** 1, 2, 2.5 or 5 times a power of ten, at least `value`. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  const step = [1, 2, 2.5, 5, 10].find(each => each * power >= value * (1 - 1e-12)) as number
  return step * power
}

/** Ticks from zero up to at least `max`, at most five, round numbers, whole unless `max` is below one. */
export function ticks(max: number): number[] {
  let step = roundUp(max / 4)
  if (max >= 1) step = Math.max(1, Math.ceil(step))
  const count = Math.max(1, Math.ceil(max / step - 1e-9))
  return Array.from({ length: count + 1 }, (_, i) => i * step)
}

/** Ticks of an axis of shares, 0..1, at most six. */
export function shareTicks(max: number): number[] {
  const step = [0.01, 0.02, 0.05, 0.1].find(each => max <= 5 * each) ?? 0.2
  const count = Math.min(Math.round(1 / step), Math.max(1, Math.ceil(max / step - 1e-9)))
  return Array.from({ length: count + 1 }, (_, i) => (i * Math.round(step * 100)) / 100)
}

/** Times for labels of an axis: the finest round step that gives at most `most` labels. */
export function timeTicks(from: EpochMs, until: EpochMs, most: number): EpochMs[] {
  const steps = [5 / 60, 10 / 60, 0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 168].map(hours => hours * HOUR)
  const step = steps.find(each => (until - from) / each <= most) ?? 168 * HOUR
  const out: EpochMs[] = []
  for (let at = Math.ceil(from / step) * step; at <= until; at += step) out.push(at)
  return out
}
