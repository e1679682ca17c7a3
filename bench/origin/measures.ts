import type { GaugeMeasure } from '../../src/contract/signal.js'

/** What a gauge of this name measures, and by what its values are divided. */
export interface Meaning {
  measures: GaugeMeasure
  scale: number
  /** What is told is how much is left; it is full where nothing is. */
  left?: boolean
}

const PERCENT = /(^|_)(pct|percent)(_|$)/
const SHARE = /(^|_)(rate|ratio|pct|percent|share|fraction)(_|$)/
const FAILING = /error|5xx|4xx|fail|fault|reject|throttl|cancel|timeout|invalid|unavailab/
const FULL = /used|util|cpu|mem|disk|buffer/
const COUNTED = /(^|_)(count|total|requests|errors)(_|$)/
const LATENCY = /latency|duration|response_time|elapsed|(^|_)p\d\d(_|$)/
const REMAINING = /available|free|remaining|until/
const DEMAND =
  /rps|qps|per_(sec|second|min|minute)|request_rate|requests|queries|throughput|(^|_)lps(_|$)|retry|retries|calls|consumed/
const STRESS =
  /evict|throttl|dropped|under_replicated|panic|oom|restart|error|missing|blocked|pause|queue|backlog|lag|depth|age|cpu|mem|heap|rss|disk|used|util|conn|pool|buffer|bytes|inflight|pending|held|threads|handles/

/** By the words of the field in a metric's name: unit, what is counted, what it is a share of. */
export function meaningOf(name: string, values: readonly number[]): Meaning {
  const lower = name.toLowerCase()
  const most = Math.max(...values.map(Math.abs))
  // A share is written as 0..1 or in percent; only its values say which, where the name does not.
  const share = (PERCENT.test(lower) && !(FULL.test(lower) && most <= 1)) || most > 1.5 ? 100 : 1
  if (/hit/.test(lower) && SHARE.test(lower)) return { measures: 'hit', scale: share }
  if (FAILING.test(lower) && SHARE.test(lower) && !COUNTED.test(lower)) return { measures: 'failing', scale: share }
  if (LATENCY.test(lower) && !/evict|error/.test(lower))
    return { measures: 'latency', scale: /(^|_)(s|sec|seconds)(_|$)/.test(lower) ? 1 : 1000 }
  if (REMAINING.test(lower)) return { measures: 'saturation', scale: most > 0 ? most : 1, left: true }
  const stress = STRESS.test(lower)
  if (stress && (PERCENT.test(lower) || /(^|_)(util|utilization|usage)(_|$)/.test(lower)))
    return { measures: 'saturation', scale: share }
  if (/evict|throttl|dropped|under_replicated|panic|missing|error/.test(lower))
    return { measures: 'saturation', scale: 1 }
  if (DEMAND.test(lower)) return { measures: 'demand', scale: 1 }
  return { measures: stress ? 'saturation' : 'other', scale: 1 }
}

const LIMIT = /^(max|provisioned|limit|capacity|allocated|total)_|_(limit|max|capacity)$/
const stem = (name: string): string =>
  name.replace(LIMIT, '').replace(/^(active|consumed|used|current|open)_|_(used|active|in_use)$/, '')

/** Whether a course is a limit: named so, and it does not move. */
export const isLimit = (name: string, values: readonly number[]): boolean =>
  LIMIT.test(name) && new Set(values).size === 1

/** The limit that belongs to a metric of the same node: of the same thing (`active_connections`, `max_connections`). */
export const limitOf = (name: string, limits: ReadonlyMap<string, number>): number | undefined =>
  [...limits].find(([limit]) => stem(limit) === stem(name))?.[1]
