import type { IncidentEvent, IncidentKind } from '../../../contract/incident.js'
import type { EpochMs } from '../../../contract/time.js'
import type { Rollup } from '../../../contract/view.js'
import type { Strings } from '../strings.js'
import type { Bar, Series } from './series.js'

/**
 * What can be drawn of a service: one picture for each kind of evidence that it has, the strongest first. What nobody
 * measures has no picture, so no page has an empty frame.
 */
export type PictureKind = 'requests' | 'slow' | 'checks' | 'reports' | 'posts'
/** Answers that it works are drawn beside a picture, and never lead. */
type DrawnKind = PictureKind | 'works'

/** One bar of a picture; null in its place where this kind has no data. */
export interface Drawn {
  from: EpochMs
  /** A count, or a share 0..1. */
  value: number
  /** Usual level, and the end of the normal range; null until they are known. */
  expected: number | null
  high: number | null
  /** Clearly above what is usual. */
  hot: boolean
  /** Share of the bar's time that has passed, 0..1. */
  filled: number
}

export interface Picture {
  kind: DrawnKind
  /** Values are shares, 0..1. */
  share: boolean
  title: string
  from: EpochMs
  until: EpochMs
  binMs: number
  bars: (Drawn | null)[]
}

/** Usual shares of what is measured, 0..1; null where too little quiet time is known. */
export type UsualShares = Record<'requests' | 'slow' | 'checks', number | null>

/** Half an hour of bins outside incidents. */
const QUIET_ROWS = 6

/** The shares over everything that was measured in bins outside incidents. */
export function usualShares(quiet: readonly Rollup[]): UsualShares {
  const pooled = (pick: (row: Rollup) => [total: number, bad: number]): number | null => {
    const rows = quiet.map(pick).filter(([total]) => total > 0)
    const [total, bad] = rows.reduce(([t, b], [total, bad]) => [t + total, b + bad], [0, 0])
    return rows.length < QUIET_ROWS ? null : bad / total
  }
  return {
    requests: pooled(row => [row.metrics.total, row.metrics.bad]),
    slow: pooled(row => [row.metrics.total, row.metrics.slow]),
    checks: pooled(row => [row.checks.total, row.checks.bad]),
  }
}

/** Failures come in bursts: their variance is this many times that of independent ones, as with reports. */
const BURST = 2.5
/** Distance in standard deviations that chance passes about once in 1,000 bins. */
const RARE_DEVIATIONS = 3.3

/** The end of the normal range of a bar with `total` requests: `(np + 3.3 √(2.5 np) + 2) / n`. */
function highShare(usual: number, total: number): number {
  const mean = usual * total
  return Math.min(1, (mean + RARE_DEVIATIONS * Math.sqrt(BURST * mean) + 2) / total)
}

export interface PictureInput {
  series: Series
  usual: UsualShares
  t: Strings
  /** Bits of the incidents that are looked at, by kind of signal; null without one. */
  evidence: IncidentEvent['evidence'] | null
  incidentKind: IncidentKind | null
}

/** Strongest evidence first; kinds about which there is nothing are left out. */
export function picturesOf(input: PictureInput): Picture[] {
  const { series, evidence, incidentKind } = input
  const first: PictureKind[] =
    incidentKind === 'degraded'
      ? ['slow', 'requests', 'reports', 'checks', 'posts']
      : incidentKind === null
        ? ['reports', 'requests', 'checks', 'slow', 'posts']
        : ['requests', 'reports', 'checks', 'slow', 'posts']
  const bits = ({ kind }: Picture) => {
    const via = SIGNAL[kind]
    return evidence && Object.hasOwn(evidence, via) ? (evidence[via] ?? 0) : 0
  }
  return first
    .map(kind => pictureOf(kind, input))
    .filter(each => isTold(each, series))
    .sort((a, b) => bits(b) - bits(a))
}

const SIGNAL: Record<DrawnKind, string> = {
  works: 'report',
  requests: 'metric',
  slow: 'metric',
  checks: 'check',
  reports: 'report',
  posts: 'post',
}

/** Slow answers are drawn where they say something; reports also where silence is what is usual. */
function isTold({ kind, bars }: Picture, series: Series): boolean {
  if (kind === 'reports') return series.bars.some(bar => bar && (bar.bad > 0 || (bar.expected ?? 0) > 0))
  if (kind === 'slow') return bars.some(bar => bar?.hot)
  if (kind === 'posts') return bars.some(bar => bar && bar.value > 0)
  return bars.some(Boolean)
}

/** Kinds that are shares, in a bar: [of how many, how many]. */
const SHARES: Record<'requests' | 'slow' | 'checks', (bar: Bar) => [number, number] | null> = {
  requests: ({ rate }) => rate && [rate[0], rate[1]],
  slow: ({ rate }) => rate && [rate[0], rate[2]],
  checks: ({ checks }) => checks,
}

export function pictureOf(
  kind: PictureKind,
  { series, usual, t }: Pick<PictureInput, 'series' | 'usual' | 't'>,
): Picture {
  const { from, until, binMs } = series
  const frame = { kind, title: titleOf(kind, t), from, until, binMs }
  if (kind === 'reports') return { ...frame, share: false, bars: countsOf(series) }
  if (kind === 'posts')
    return {
      ...frame,
      share: false,
      bars: series.bars.map(bar => {
        if (!bar?.posts) return null
        const { complaints: value, expected } = bar.posts
        const high = expected === null ? null : expected + RARE_DEVIATIONS * Math.sqrt(BURST * expected) + 2
        return { from: bar.from, value, expected, high, hot: high !== null && value > high, filled: bar.filled }
      }),
    }
  const expected = usual[kind]
  return {
    ...frame,
    share: true,
    bars: series.bars.map(bar => {
      const pair = bar && SHARES[kind](bar)
      if (!bar || !pair) return null
      const [total, bad] = pair
      const value = bad / total
      const high = expected === null ? null : highShare(expected, total)
      return { from: bar.from, value, expected, high, hot: high !== null && value > high, filled: bar.filled }
    }),
  }
}

/** “Works for me” answers; null where nobody gave one. */
export function worksOf(series: Series, t: Strings): Picture | null {
  if (!series.bars.some(bar => bar && bar.ok > 0)) return null
  const { from, until, binMs } = series
  const bars = series.bars.map(
    bar => bar && { from: bar.from, value: bar.ok, expected: null, high: null, hot: false, filled: bar.filled },
  )
  return { kind: 'works', share: false, title: t.chart.works, from, until, binMs, bars }
}

/** Problem reports of a series, as they are drawn. */
export function countsOf({ bars }: Series): (Drawn | null)[] {
  return bars.map(bar => {
    if (!bar) return null
    const { from, bad: value, expected, high, filled } = bar
    return { from, value, expected, high, filled, hot: high !== null && value > high * filled }
  })
}

function titleOf(kind: PictureKind, t: Strings): string {
  return {
    requests: t.chart.errors,
    slow: t.look.slow,
    checks: t.look.checks,
    reports: t.look.reports,
    posts: t.look.posts,
  }[kind]
}

/** The most that each kind of signal has said over the events of incidents, in bits. */
export function evidenceOf(events: readonly IncidentEvent[]): Record<string, number> {
  const out: Record<string, number> = {}
  for (const { evidence } of events)
    for (const [via, bits] of Object.entries(evidence ?? {}))
      if (bits !== null) out[via] = Math.max(Object.hasOwn(out, via) ? (out[via] as number) : 0, bits)
  return out
}
