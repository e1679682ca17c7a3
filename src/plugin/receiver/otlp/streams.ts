import { type EpochMs, MINUTE } from '../../../contract/time.js'

/** A stream that was not heard of for so long is forgotten, all of its metric at once; so is what was pending of it. */
const STREAM_MS = 15 * MINUTE
/** An increase over a longer time is not counted: nobody knows in which minutes it came. */
export const GAP_MS = 10 * MINUTE
/** Processes that write one stream under the same name at once, and runs of a metric that are told apart. */
const RUNS = 8

/** Numbers that only grow: where it is a histogram its buckets, and at the end the count. */
export type Counted = number[]

/** One point of a cumulative stream. Times are milliseconds of its sender's clock; a start of 0 is not known. */
export interface Point {
  /** Which metric of which resource and scope it is of. */
  metric: number
  /** Which stream of that metric. */
  stream: number
  start: EpochMs
  time: EpochMs
  values: Counted
}

/** What came since an earlier time. */
export interface Increase {
  values: Counted
  from: EpochMs
}

interface Last {
  start: EpochMs
  time: EpochMs
  values: Counted
}
/** All streams of one metric that were exported together since one start. */
interface Run {
  last: EpochMs
  before: EpochMs
  exports: number
}
interface Metric {
  heardAt: EpochMs
  /** Times of the newest export and of the one before it; 0: none. */
  last: EpochMs
  before: EpochMs
  runs: Map<EpochMs, Run>
  streams: Map<number, Last[]>
  /** Some of its streams found no place: what is new to us may be old. */
  incomplete: boolean
}

/** By the count: buckets that a sender widens move counts among them. */
const isFallen = (values: Counted, last: Counted): boolean => values[values.length - 1]! < last[last.length - 1]!

/** Leaves in `values` what they are above `last`, and in `last` what they were: nothing is made for a point of a known stream. */
function exchange(values: number[], last: number[], isAnew: boolean): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    const grown = value - last[i]!
    last[i] = value
    values[i] = isAnew ? value : grown > 0 ? grown : 0
  }
}

/**
 * Turns cumulative streams into increases. A stream that was not seen before is only a base, unless it is certain that it began
 * at zero since its metric was exported before. Restarts are known by a later start or a fallen count; where two writers share
 * a name each is followed by its own start. What is not newer than the last point is nothing new.
 */
export class Streams {
  private readonly metrics = new Map<number, Metric>()
  private latest: { key: number; metric: Metric } | null = null
  private size = 0
  private sweptAt: EpochMs = Number.NEGATIVE_INFINITY

  constructor(private readonly most: number) {}

  /** Streams that are remembered. */
  get count(): number {
    return this.size
  }

  /**
   * What a point adds; null: nothing is known to (a base, a repetition, a gap); `full`: there is no place for one more stream.
   *
   * @param point its values are left as the increase
   * @param now of this machine, for forgetting alone
   */
  step(point: Point, now: EpochMs): Increase | null | 'full' {
    this.sweep(now)
    // Points of one metric come one after the other.
    let metric = this.latest?.key === point.metric ? this.latest.metric : this.metrics.get(point.metric)
    if (metric === undefined) {
      if (this.size >= this.most) return 'full'
      metric = { heardAt: now, last: 0, before: 0, runs: new Map(), streams: new Map(), incomplete: false }
      this.metrics.set(point.metric, metric)
    }
    if (this.latest?.metric !== metric) this.latest = { key: point.metric, metric }
    metric.heardAt = now
    const increase = this.stepIn(metric, point)
    noteRun(metric, point)
    return increase === null || increase === 'full' || point.time - increase.from <= GAP_MS ? increase : null
  }

  private stepIn(metric: Metric, { stream, start, time, values }: Point): Increase | null | 'full' {
    const known = metric.streams.get(stream)
    const same = known === undefined ? undefined : lastOf(known, start, values.length)
    if (same !== undefined) {
      if (time <= same.time) return null
      const from = same.time
      same.time = time
      // Without a start that changes, a count that falls is the only sign of a new beginning.
      exchange(values, same.values, isFallen(values, same.values))
      return { values, from }
    }
    if (this.size >= this.most) {
      metric.incomplete = true
      return 'full'
    }
    const last = { start, time, values: [...values] }
    const increase = fresh(metric, known, { start, time, values })
    this.keep(metric, stream, known, last)
    return increase
  }

  private keep(metric: Metric, stream: number, known: Last[] | undefined, last: Last): void {
    // What this one goes on from, or the one that was silent longest, makes room.
    const stays = (known ?? []).filter(each => each.time > last.start || last.start === 0)
    stays.sort((a, b) => b.time - a.time)
    const next = [last, ...stays.slice(0, RUNS - 1)]
    this.size += next.length - (known?.length ?? 0)
    metric.streams.set(stream, next)
  }

  private sweep(now: EpochMs): void {
    if (now - this.sweptAt < MINUTE) return
    this.sweptAt = now
    for (const [key, metric] of this.metrics) {
      if (now - metric.heardAt <= STREAM_MS) continue
      this.latest = null
      for (const each of metric.streams.values()) this.size -= each.length
      this.metrics.delete(key)
    }
  }
}

/** What the first point of a stream adds, or of a stream that began anew. */
function fresh(metric: Metric, known: readonly Last[] | undefined, { start, time, values }: Last): Increase | null {
  // Zero length: whoever made the point does not know when it began either.
  if (start <= 0 || start >= time) return null
  const before = known?.filter(each => each.values.length === values.length).sort((a, b) => b.time - a.time)[0]
  if (before !== undefined) {
    // It began after the last point of the one before: a restart. Others wrote meanwhile: a second writer, of whom this is a base.
    if (start < before.time) return null
    // A new start whose count goes on (a relay that restarted): what is certain is the difference.
    exchange(values, before.values, isFallen(values, before.values))
    return { values, from: start }
  }
  const since = time > metric.last ? metric.last : metric.before
  if (known !== undefined || metric.incomplete || since === 0) return null
  if (start >= since) return { values, from: start }
  const run = metric.runs.get(start)
  if (run === undefined) return null
  // All streams of a metric are exported each time: what two exports lacked was zero at the second.
  const [exports, last] = time > run.last ? [run.exports, run.last] : [run.exports - 1, run.before]
  return exports >= 2 && time >= run.last ? { values, from: last } : null
}

function lastOf(known: readonly Last[], start: EpochMs, length: number): Last | undefined {
  for (const each of known) if (each.start === start && each.values.length === length) return each
  return undefined
}

function noteRun(metric: Metric, { start, time }: Point): void {
  if (time > metric.last) {
    metric.before = metric.last
    metric.last = time
  }
  const run = metric.runs.get(start)
  if (run === undefined) {
    metric.runs.set(start, { last: time, before: time, exports: 1 })
    if (metric.runs.size > RUNS) {
      const [stalest] = [...metric.runs].sort((a, b) => a[1].last - b[1].last)
      metric.runs.delete(stalest![0])
    }
  } else if (time > run.last) {
    run.before = run.last
    run.last = time
    run.exports++
  }
}
