import type { EpochMs } from '../../../contract/time.js'
import { isFailure, operationOf } from './attributes.js'
import { type Histogram, readExplicit, readExponential, slowerThan } from './buckets.js'
import { GaugeTally } from './gauges.js'
import type { Origin } from './origin.js'
import type { Context } from './reading.js'
import type { Rule } from './rules.js'
import type { Streams } from './streams.js'
import { isPlausible, type Tally } from './tally.js'
import { enumOf, fieldsOf, hashOf, keyOf, listOf, mix, msOf, numberOf, orZero, textOf } from './value.js'

/** By their numbers in the protocol. */
const TEMPORALITIES = ['UNSPECIFIED', 'DELTA', 'CUMULATIVE'] as const
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

  /** Gives the turn away before each of its points. */
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
    }
    const grows = data !== 'gauge' && (data !== 'sum' || isMonotonic === true)
    if (rule.as === 'requests') this.context.claims.hear(`${origin.name}\0${rule.family}`, rule.rank, this.context.now)
    for (const each of listOf(dataPoints)) {
      yield
      const point = this.point(each)
      if (point === null) continue
      this.context.attributes.read(point.fields['attributes'])
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
    const { attributes, naming, slowSeconds } = context
    const number = data === 'sum'
    const histogram = number
      ? NO_HISTOGRAM
      : data === 'histogram'
        ? readExplicit(fields, kind.seconds)
        : readExponential(fields, kind.seconds)
    const count = number ? valueOf(fields) : orZero(fields['count'])
    if (histogram === null || !(count >= 0) || !Number.isFinite(count))
      return context.refuse('otlp.point', `a point of ${kind.name} contradicts itself`)
    const came = this.increase(kind, fields, start, time, [count, ...histogram.counts])
    if (came === null) return
    const { values, from } = came
    const total = Math.round(values[0]!)
    if (!isPlausible(total)) return context.refuse('otlp.count', `more than 1e9 of ${kind.name} in one window`)
    const facet = naming.facet(origin, operationOf(attributes))
    const claim = `${origin.name}\0${rule.family}`
    const group = tally.group(facet, { claim, rank: rule.rank, name: kind.name }, from, time)
    group.made[0] = (group.made[0] + mix(came.made[0] ^ total)) >>> 0
    group.made[1] = (group.made[1] + mix(came.made[1] + total)) >>> 0
    if (total === 0) return
    group.weight += total
    group.squares += total
    const failed =
      rule.bad === undefined
        ? isFailure(attributes, false)
        : rule.bad.values.has(attributes.own(rule.bad.attribute) ?? '')
    if (failed) {
      group.bad += total
      return
    }
    const counts = values.slice(1).map(each => Math.max(0, each))
    group.slow += Math.min(total, slowerThan(slowSeconds, { bounds: histogram.bounds, counts }))
    group.buckets ??= new Map()
    for (const [i, many] of counts.entries()) {
      if (many === 0) continue
      const [above, upTo] = [
        histogram.bounds[i - 1] ?? Number.NEGATIVE_INFINITY,
        histogram.bounds[i] ?? Number.POSITIVE_INFINITY,
      ]
      const key = `${above}:${upTo}`
      const there = group.buckets.get(key)
      if (there === undefined) group.buckets.set(key, [above, upTo, many])
      else there[2] += many
    }
  }

  /** What a point adds, whichever temporality; null where nothing is known to. `made` tells it from others. */
  private increase(
    { temporality, hash, name }: Kind,
    { attributes }: Point['fields'],
    start: EpochMs,
    time: EpochMs,
    values: readonly number[],
  ): { values: readonly number[]; from: EpochMs; made: [number, number] } | null {
    const { context } = this
    const [a, b] = streamOf(hash, attributes)
    const made: [number, number] = [mix(a ^ mix(time / 1000) ^ time), mix(b + mix(time) + mix(time / 65_536))]
    if (temporality === 'DELTA') {
      const from = start === 0 ? time - 1 : start
      if (time - from <= context.gapMs) return { values, from, made }
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
    const point = { metric: keyOf(...hash), stream: keyOf(a, b), start, time, values }
    const came = this.streams.step(point, context.now)
    if (came === 'full') {
      context.refuse('otlp.series', `more than ${context.maxSeries} cumulative series (setting maxSeries)`)
      return null
    }
    if (came !== null) context.cumulative = true
    return came === null ? null : { ...came, made }
  }

  private gauge(
    origin: Origin,
    rule: Exclude<Rule, Requests>,
    kind: Kind,
    { fields, start, time, unit, grows }: Point & { unit: unknown; grows: boolean },
  ): void {
    const { attributes } = this.context
    if ('state' in rule && attributes.get('state') !== rule.state) return
    let value = valueOf(fields)
    let from = start
    if (!Number.isFinite(value)) return this.context.refuse('otlp.value', `${kind.name} is no finite number`)
    if (grows) {
      // Of what only grows the level says nothing; what came is a demand.
      if (rule.as !== 'demand' || value < 0) return
      const came = this.increase(kind, fields, start, time, [value])
      if (came === null) return
      value = came.values[0]!
      from = came.from
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
const NO_HISTOGRAM: Histogram = { bounds: [], counts: [] }

/** Tells a stream from others of its metric, whatever the order of its attributes. */
function streamOf(metric: readonly [number, number], attributes: unknown): [number, number] {
  let [a, b] = metric
  for (const each of listOf(attributes)) {
    const { key, value } = fieldsOf(each)
    if (typeof key !== 'string') continue
    const [x, y] = hashOf(textOf(value) ?? '', hashOf(key))
    a = (a + mix(x)) >>> 0
    b = (b + mix(y ^ 0x5bd1e995)) >>> 0
  }
  return [a, b]
}
