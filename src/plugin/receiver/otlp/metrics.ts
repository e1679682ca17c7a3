import type { EpochMs } from '../../../contract/time.js'
import { isFailure, operationOf } from './attributes.js'
import { readExplicit, readExponential, slowerThan } from './buckets.js'
import { GaugeTally } from './gauges.js'
import { RANKS } from './claims.js'
import { addHash, FACETS, type Origin } from './origin.js'
import type { Context } from './reading.js'
import type { Rule } from './rules.js'
import type { Streams } from './streams.js'
import { addDurations, type GroupKind, isPlausible, type Tally } from './tally.js'
import { enumOf, fieldsOf, hashOf, keyOf, listOf, mix, msOf, numberOf, orZero, textOf } from './value.js'

/** By their numbers in the protocol. */
const TEMPORALITIES = ['UNSPECIFIED', 'DELTA', 'CUMULATIVE'] as const
/** Between two of which others may have their turn. */
const POINTS_A_PAUSE = 64
/** Bit of `flags`: nothing was recorded. */
const NO_VALUE = 1

const DATA = ['sum', 'gauge', 'histogram', 'exponentialHistogram'] as const
/** Points of a metric. */
export const pointsOf = (item: unknown): number =>
  DATA.reduce((sum, each) => sum + listOf(fieldsOf(fieldsOf(item)[each])['dataPoints']).length, 0)

type Requests = Extract<Rule, { as: 'requests' }>
interface Point {
  fields: Readonly<Record<string, unknown>>
  start: EpochMs
  time: EpochMs
}
/** What one metric's points have in common. */
interface Kind {
  name: string
  seconds: number
  temporality: (typeof TEMPORALITIES)[number]
  /** Of the metric within its resource and scope. */
  hash: [number, number]
  /** Whose requests its counts are. */
  group: GroupKind
}

/** Reads metrics of one request: counts into a tally, the rest as gauges. */
export class MetricReader {
  readonly gauges: GaugeTally

  constructor(
    private readonly context: Context,
    private readonly rules: ReadonlyMap<string, Rule>,
    private readonly streams: Streams,
    private readonly tally: Tally,
  ) {
    this.gauges = new GaugeTally(context)
  }

  /** Gives the turn away now and then. */
  *metric(origin: Origin, scope: string, item: unknown): Generator<void> {
    yield
    const fields = fieldsOf(item)
    const { name, unit } = fields
    const rule = typeof name === 'string' ? this.rules.get(name) : undefined
    if (rule === undefined) return
    const data = DATA.find(each => typeof fields[each] === 'object' && fields[each] !== null)
    if (data === undefined) return
    const { dataPoints, aggregationTemporality, isMonotonic } = fieldsOf(fields[data])
    const known = rule.as === 'requests' ? rule.seconds : 1
    const kind: Kind = {
      name: name as string,
      seconds: unit === 's' ? 1 : unit === 'ms' ? 0.001 : known,
      temporality: TEMPORALITIES[enumOf(aggregationTemporality, TEMPORALITIES)] ?? 'UNSPECIFIED',
      hash: hashOf(`${scope}\0${name as string}`, origin.key),
      group: {
        claim: `${origin.name}\0${rule.as === 'requests' ? rule.family : ''}`,
        rank: rule.as === 'requests' ? rule.rank : RANKS.stable,
        name: name as string,
      },
    }
    const grows = data !== 'gauge' && (data !== 'sum' || isMonotonic === true)
    if (rule.as === 'requests') this.context.claims.hear(kind.group.claim, kind.group.rank, this.context.now)
    for (const [i, each] of listOf(dataPoints).entries()) {
      if (i % POINTS_A_PAUSE === POINTS_A_PAUSE - 1) yield
      const point = this.point(each)
      if (point === null) continue
      if (rule.as === 'requests') {
        if (grows) this.requests(origin, rule, kind, data, point)
        else
          this.context.refuse(
            'otlp.metric',
            `${kind.name} counts nothing: a histogram or a sum that only grows is asked for`,
          )
      } else this.gauge(origin, rule, kind, { ...point, unit, grows })
    }
  }

  /** Null where there is nothing in it, or where it was refused. */
  private point(value: unknown): Point | null {
    const fields = fieldsOf(value)
    if ((orZero(fields['flags']) & NO_VALUE) !== 0) return null
    const time = msOf(fields['timeUnixNano'])
    const start = msOf(fields['startTimeUnixNano'])
    return this.context.isTime(time) && start >= 0 ? { fields, time, start: Math.min(start, time) } : null
  }

  private requests(origin: Origin, rule: Requests, kind: Kind, data: string, { fields, start, time }: Point): void {
    const { context, tally } = this
    const { slowSeconds } = context
    const number = data === 'sum'
    const histogram = number
      ? { bounds: [], counts: [] }
      : data === 'histogram'
        ? readExplicit(fields, kind.seconds)
        : readExponential(fields, kind.seconds)
    const count = number ? valueOf(fields) : orZero(fields['count'])
    if (histogram === null || !(count >= 0) || !Number.isFinite(count))
      return context.refuse('otlp.point', `a point of ${kind.name} contradicts itself`)
    // The list was made for this point alone.
    const values = histogram.counts
    const buckets = values.push(count) - 1
    const stream = streamOf(kind.hash, fields['attributes'])
    const from = this.increase(kind, stream, start, time, values)
    if (from === null) return
    const total = Math.round(values[buckets]!)
    if (!isPlausible(total)) return context.refuse('otlp.count', `more than 1e9 of ${kind.name} in one window`)
    const { facet, failed } = this.known(origin, rule, stream, fields['attributes'])
    const group = tally.group(facet, kind.group, from, time)
    const hash = mix(time / 1000) ^ total
    group.made[0] = (group.made[0] + mix(stream[0] ^ hash)) >>> 0
    group.made[1] = (group.made[1] + mix(stream[1] + hash + (mix(time / 65_536) >>> 1))) >>> 0
    if (total === 0) return
    group.weight += total
    group.squares += total
    if (failed) {
      group.bad += total
      return
    }
    if (buckets === 0) return
    const { bounds } = histogram
    group.slow += Math.min(total, slowerThan(slowSeconds, bounds, values, buckets))
    addDurations(group.durations, bounds, values, buckets)
  }

  /** Of whom a stream tells, and whether what it counts failed. */
  private known(origin: Origin, rule: Requests, stream: [number, number], attributes: unknown) {
    const key = keyOf(...stream)
    let known = origin.streams.get(key)
    if (known !== undefined) return known
    const { attributes: read, naming, failing } = this.context
    read.read(attributes)
    const failed =
      rule.bad === undefined ? isFailure(read, false, failing) : rule.bad.values.has(read.own(rule.bad.attribute) ?? '')
    known = { facet: naming.facet(origin, operationOf(read)), failed }
    if (origin.streams.size < FACETS) origin.streams.set(key, known)
    return known
  }

  /**
   * Leaves in `values` what a point adds, whichever temporality; gives since when, or null where nothing is known to have been
   * added.
   */
  private increase(
    { temporality, hash, name }: Kind,
    [a, b]: [number, number],
    start: EpochMs,
    time: EpochMs,
    values: number[],
  ): EpochMs | null {
    const { context } = this
    if (temporality === 'DELTA') {
      const from = start === 0 ? time - 1 : start
      if (time - from <= context.gapMs) return from
      context.refuse(
        'otlp.window',
        `a window of ${name} is longer than ${context.gapMs / 60_000} minutes: nobody knows when it was`,
      )
      return null
    }
    if (temporality !== 'CUMULATIVE') {
      context.refuse('otlp.temporality', `${name} says neither delta nor cumulative`)
      return null
    }
    const point = { metric: keyOf(hash[0], hash[1]), stream: keyOf(a, b), start, time, values }
    const came = this.streams.step(point, context.now)
    if (came === 'full') {
      context.refuse('otlp.series', `more than ${context.maxSeries} cumulative series (setting maxSeries)`)
      return null
    }
    if (came !== null) context.cumulative = true
    return came === null ? null : came.from
  }

  private gauge(
    origin: Origin,
    rule: Exclude<Rule, Requests>,
    kind: Kind,
    { fields, start, time, unit, grows }: Point & { unit: unknown; grows: boolean },
  ): void {
    const { attributes } = this.context
    attributes.read(fields['attributes'])
    if ('state' in rule && attributes.get('state') !== rule.state) return
    let value = valueOf(fields)
    let from = start
    if (!Number.isFinite(value)) return this.context.refuse('otlp.value', `${kind.name} is no finite number`)
    if (grows) {
      // Of what only grows the level says nothing; what came is a demand.
      if (rule.as !== 'demand' || value < 0) return
      const values = [value]
      const since = this.increase(kind, streamOf(kind.hash, fields['attributes']), start, time, values)
      if (since === null) return
      value = values[0]!
      from = since
    } else if (kind.temporality === 'DELTA') return
    this.gauges.add(origin, rule, kind.name, {
      value,
      time,
      from: grows ? from : time,
      unit: typeof unit === 'string' ? unit : '',
    })
  }
}
/** A number point has one of two; the other is zero. */
const valueOf = (fields: Point['fields']): number => numberOf(fields['asInt'] || (fields['asDouble'] ?? 0))

/** Tells a stream from others of its metric, whatever the order of its attributes. */
function streamOf(metric: readonly [number, number], attributes: unknown): [number, number] {
  const key: [number, number] = [metric[0], metric[1]]
  for (const each of listOf(attributes)) {
    const { key: name, value } = fieldsOf(each)
    if (typeof name === 'string') addHash(key, name, textOf(value))
  }
  return key
}
