import type { EpochMs } from '../../contract/time.js'
import { ROLLUP_MS, type RateTriple, type ReportPair, type Rollup } from '../../contract/view.js'
import { MINUTE } from '../../contract/time.js'
import { groupCount, groupName, groupSums, LATE_MS, type GroupSums, type LeafBook } from '../aggregate/label-sets.js'
import type { Bin, Bins } from '../evidence/bins.js'
import type { EvidenceStates } from '../evidence/evidence.js'
import { negativeBinomialSurvival } from '../stat/tails.js'
import type { ReportState } from '../counts/report-counts.js'
import type { FailureMode } from '../rates/state.js'

/** What rows of the pages are made of. */
export interface Binned {
  readonly id: string
  readonly bins: Bins
  readonly evidence: Readonly<EvidenceStates>
  /** What is in trouble now. */
  readonly troubles: Readonly<Record<FailureMode, unknown>>
}

/** Bins of this age are done with. */
const DONE_MS = LATE_MS + 2 * ROLLUP_MS
/**
 * But as many as lie within it stay however old they are: where it was a clock that leapt ahead, they are counted on when it
 * is put right, and a row that began anew would take the place of theirs.
 */
const BINS_LEAST = DONE_MS / ROLLUP_MS
/** Values of one label in a row; the busiest are kept, the rest is in the totals only. */
const MAX_VALUES = 60
/** Chance that a quiet bin passes the drawn upper level. */
const HIGH_CHANCE = 1e-3

/**
 * Rows of bins that changed. Reports are put at the next tick; other kinds when their bin is over, or each tick while there is
 * trouble. Bins too old to change are forgotten.
 */
export function takeRollups(s: Binned, now: EpochMs, position: number, into: Rollup[]): void {
  const trouble = s.troubles.bad !== null || s.troubles.slow !== null
  for (const bin of s.bins.values()) {
    if (bin.dirty && (bin.urgent || trouble || now >= bin.bin + ROLLUP_MS)) {
      into.push(rowOf(s, bin, position, (bin.usual ??= usualOf(s, bin))))
      bin.dirty = bin.urgent = false
    }
    if (now - bin.bin > DONE_MS && s.bins.size > BINS_LEAST) s.bins.delete(bin.bin)
  }
}

/** Rows of bins with reports that are not put yet, as they stand; the state stays as it is. */
export function freshRollups(s: Binned, now: EpochMs, position: number, into: Rollup[]): void {
  for (const bin of s.bins.values())
    if (bin.urgent && now - bin.bin <= LATE_MS + ROLLUP_MS)
      into.push(rowOf(s, bin, position, bin.usual ?? usualOf(s, bin)))
}

const usualOf = ({ evidence: { report, post } }: Binned, bin: Bin): NonNullable<Bin['usual']> => ({
  ...(report ? usualLevel(report, bin.bin) : NOT_LEARNED),
  posts: post ? usualLevel(post, bin.bin).expected : null,
})

const NOTHING = groupSums(1)

function rowOf(s: Binned, bin: Bin, position: number, usual: NonNullable<Bin['usual']>): Rollup {
  const { expected, high, posts } = usual
  const { report = NOTHING, post = NOTHING, check = NOTHING, metric = NOTHING } = bin.sums
  return {
    service: s.id,
    bin: bin.bin,
    position,
    reports: { bad: report.a[0]!, ok: report.b[0]!, expected, high },
    posts: { total: post.a[0]!, complaints: post.b[0]!, expected: posts },
    checks: { total: check.a[0]!, bad: check.b[0]! },
    metrics: { total: metric.a[0]!, bad: metric.b[0]!, slow: metric.c[0]! },
    reportsBy: s.evidence.report ? byLabel(s.evidence.report.book, report, (a, b): ReportPair => [a, b]) : {},
    ratesBy: ratesBy(s, check, metric),
  }
}

/** Metrics where there are any, checks for the values that metrics do not tell of: the two are never added up. */
function ratesBy({ evidence: { check, metric } }: Binned, checks: GroupSums, metrics: GroupSums): Rollup['ratesBy'] {
  const triple = (a: number, b: number, c: number): RateTriple => [a, b, c]
  const out = check ? byLabel(check.book, checks, triple) : {}
  const leading = metric ? byLabel(metric.book, metrics, triple) : {}
  for (const [label, values] of Object.entries(leading)) out[label] = { ...out[label], ...values }
  return out
}

function byLabel<T>(
  book: LeafBook,
  sums: GroupSums,
  make: (a: number, b: number, c: number) => T,
): Record<string, Record<string, T>> {
  const found: { g: number; weight: number }[] = []
  for (let g = 1; g < Math.min(groupCount(book), sums.a.length); g++) {
    const weight = sums.a[g]! + sums.b[g]!
    if (weight > 0) found.push({ g, weight })
  }
  found.sort((x, y) => y.weight - x.weight || x.g - y.g)
  const out: Record<string, Record<string, T>> = {}
  for (const { g } of found) {
    const { label, value } = groupName(book, g)!
    const values = (out[label] ??= {})
    if (Object.keys(values).length < MAX_VALUES) values[value] = make(sums.a[g]!, sums.b[g]!, sums.c[g]!)
  }
  return out
}

const NOT_LEARNED = { expected: null, high: null }

/** Usual count of a bin, and the level that one quiet bin in a thousand passes; null until a level is learned. */
function usualLevel(state: ReportState, bin: EpochMs): { expected: number | null; high: number | null } {
  if (!state.series.learned) return NOT_LEARNED
  let expected = 0
  let spread = 0
  for (let slot = bin; slot < bin + ROLLUP_MS; slot += MINUTE) {
    const { mean, dispersion, cv } = state.series.expect(slot)
    expected += mean
    spread += mean * dispersion + (mean * cv) ** 2 * 5
  }
  const overMean = expected > 0 ? Math.max(1.001, spread / expected) : 1.001
  let high = Math.ceil(expected)
  while (
    high < expected + 20 * Math.sqrt(spread + 1) &&
    negativeBinomialSurvival(high + 1, expected, overMean) > HIGH_CHANCE
  )
    high++
  return { expected: round(expected), high }
}

const round = (x: number): number => Math.round(x * 100) / 100
