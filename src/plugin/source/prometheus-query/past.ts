import type { Stop } from '../../../contract/plugin.js'
import { DAY, type EpochMs, MINUTE } from '../../../contract/time.js'
import type { Asker, Range } from './ask.js'
import type { Query } from './signals.js'

/** A bin of the past, where the query says how long one is by `$step`. */
const BIN_MS = 15 * MINUTE
/** Steps of one question: Prometheus answers 11,000 at most. */
const STEPS_MAX = 10_000

/** With the length of a step in its place, as PromQL writes it. */
export const stepped = (query: string, ms: number): string => query.replaceAll('$step', `${Math.round(ms / 1000)}s`)

/**
 * What was counted in the days before `end`, as `POST /api/v1/past` takes it: one past a service, all labels of it together.
 * Queries without failed ones teach nothing.
 */
export async function pastOf(
  queries: readonly Query[],
  days: number,
  end: EpochMs,
  stepMs: number,
  asker: Asker,
  stop: Stop,
): Promise<object[]> {
  const found = new Map<string, { binMs: number; bins: Map<EpochMs, [bad: number, total: number]> }>()
  for (const { service, total, bad } of queries) {
    if (total === undefined || bad === undefined) continue
    // Where a range stands in the query itself, counts are of that.
    const binMs = total.includes('$step') && bad.includes('$step') ? Math.max(BIN_MS, stepMs) : stepMs
    if (binMs % MINUTE !== 0) continue
    const its = found.get(service) ?? { binMs, bins: new Map<EpochMs, [number, number]>() }
    found.set(service, its)
    if (its.binMs !== binMs) continue
    const to = Math.floor(end / binMs) * binMs
    const from = to - Math.floor((days * DAY) / binMs) * binMs
    for (let start = from; start <= to; start += STEPS_MAX * binMs) {
      const range = { from: start, to: Math.min(to, start + (STEPS_MAX - 1) * binMs), stepMs: binMs }
      const all = await sumOf(asker, stepped(total, binMs), range, stop)
      const failed = await sumOf(asker, stepped(bad, binMs), range, stop)
      for (const [at, value] of all) {
        const n = Math.round(value)
        const missed = Math.round(failed.get(at) ?? 0)
        if (!(n >= 0) || !(missed >= 0)) continue
        // What is said of a time covers the bin before it.
        const [wrong, sum] = its.bins.get(at - binMs) ?? [0, 0]
        its.bins.set(at - binMs, [wrong + Math.min(n, missed), sum + n])
      }
    }
  }
  return [...found].flatMap(([service, { binMs, bins }]) => {
    const counts = [...bins].sort(([a], [b]) => a - b).map(([at, [bad, total]]) => [at, bad, total])
    return counts.length === 0 ? [] : [{ service, via: 'metric', binMs, counts }]
  })
}

async function sumOf(asker: Asker, query: string, range: Range, stop: Stop): Promise<ReadonlyMap<EpochMs, number>> {
  const [series] = await asker.range(`sum(${query})`, range, stop)
  return series?.values ?? new Map()
}
