import { createHash, randomBytes } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { type Fault, type Plugin, type PluginEnv, plugin, type Receiver } from '../../contract/plugin.js'
import type { Receipt, Received, Taken } from '../../contract/received.js'
import { GAUGE_MEASURES } from '../../contract/signal.js'
import { HOUR, MINUTE } from '../../contract/time.js'
import { SECRET, shows } from '../shared/secret.js'
import { codesOf, STATUS_CODE, type StatusCodes } from '../shared/status.js'
import { addReceipt, answerOf, PACKINGS, type Packing, Refusals, statusOf } from './otlp/answer.js'
import { Attributes, type LabelNames, LABELS, OWN_LABELS } from './otlp/attributes.js'
import { Book } from './otlp/book.js'
import { Claims, COUNTED_BY, type CountedBy } from './otlp/claims.js'
import { Edges } from './otlp/edges.js'
import { MetricReader, pointsOf } from './otlp/metrics.js'
import { Naming, type NamingConfig, type Origin } from './otlp/origin.js'
import { Context } from './otlp/reading.js'
import { type MetricConfig, rulesOf } from './otlp/rules.js'
import { openSchema, type Schema } from './otlp/schema.js'
import { SpanReader } from './otlp/spans.js'
import { Streams } from './otlp/streams.js'
import { Tally } from './otlp/tally.js'
import { Unsure } from './otlp/unsure.js'
import { hashOf } from './otlp/value.js'
import { Malformed, type SignalName, SIGNALS, type Visitor, walkJson, walkPacked } from './otlp/wire.js'

export interface OtlpConfig extends NamingConfig {
  secret?: string
  /** Label → attributes that it is taken from, beside {@link LABELS}; an empty list leaves one of those out. */
  labels: Record<string, string | string[]>
  slowSeconds: number
  /** Statuses of HTTP that count as failed. */
  bad: StatusCodes
  count: CountedBy
  metrics: MetricConfig[]
  /** Of durations, told as a gauge; 0: none. */
  quantile: number
  /** Whether topologies are told: where nobody declares one by hand. */
  graph: boolean
  /** Values of one label of one service that are told apart. */
  maxValues: number
  /** Cumulative streams that are remembered. */
  maxSeries: number
}

type Read = Extract<Taken, { signals: unknown }>

/** So long others wait at most while a body is read. */
const TURN_MS = 2
/** Items between two looks at the clock. */
const ITEMS_A_LOOK = 16
/** A clock that is further ahead is worth a word to the operator, once an hour. */
const AHEAD_SAID_MS = 2 * MINUTE

class Otlp implements Receiver {
  private readonly attributes: Attributes
  private readonly book: Book
  private readonly naming: Naming
  private readonly claims: Claims
  private readonly streams: Streams
  private readonly edges = new Edges()
  private readonly unsure = new Unsure()
  private readonly rules: ReturnType<typeof rulesOf>
  private readonly failing: ReadonlySet<number>
  /** Streams of two senders are two, whatever they are called. */
  private readonly seed = randomBytes(8).toString('hex')
  private saidAt = Number.NEGATIVE_INFINITY
  readonly trusts?: NonNullable<Receiver['trusts']>

  constructor(
    private readonly config: OtlpConfig,
    private readonly schema: Schema,
    private readonly env: PluginEnv,
  ) {
    const { secret, labels, metrics } = config
    const own: LabelNames = Object.fromEntries(Object.entries(labels).map(([label, names]) => [label, [names].flat()]))
    this.attributes = new Attributes(
      { ...LABELS, ...own },
      metrics.flatMap(({ bad }) => (bad === undefined ? [] : [bad.attribute])),
    )
    this.book = new Book(config.maxValues)
    this.naming = new Naming(config, this.attributes, this.book)
    this.claims = new Claims(config.count)
    this.streams = new Streams(config.maxSeries)
    this.rules = rulesOf(metrics)
    this.failing = codesOf(config.bad)
    if (secret !== undefined) this.trusts = request => shows(secret, request)
  }

  async take(request: Received): Promise<Taken> {
    const packing = PACKINGS[(request.headers['content-type'] ?? '').split(';')[0]!.trim() as keyof typeof PACKINGS]
    const name = /^v1\/(\w+)$/.exec(request.path)?.[1] as SignalName | undefined
    if (name === undefined || !SIGNALS.includes(name))
      return this.refusal(packing, 404, 'otlp.path', `one of v1/${SIGNALS.join(', v1/')} is asked for`, request.path)
    if (packing === undefined)
      return this.refusal(
        'json',
        415,
        'otlp.content-type',
        `one of ${Object.keys(PACKINGS).join(', ')} is asked for`,
        request.headers['content-type'] ?? 'nothing',
      )
    const refusals = new Refusals()
    try {
      const signals = await this.read(request, packing, name, refusals)
      return { ...signals, dropped: refusals.byRule }
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      return this.refusal(
        packing,
        400,
        `otlp.${packing}`,
        `this is no request of OTLP: ${error.message}`,
        `${request.body.length} bytes`,
      )
    }
  }

  async [Symbol.asyncDispose]() {}

  private refusal(packing: Packing | undefined, status: number, rule: string, message: string, value: string): Taken {
    const answer = statusOf(this.schema, packing ?? 'json', status, message)
    return { refused: { rule, message, value: value.slice(0, 80), status, answer } }
  }

  private async read(request: Received, packing: Packing, name: SignalName, refusals: Refusals): Promise<Read> {
    const { schema, unsure, config } = this
    const now = this.env.now()
    const sender = `${this.seed}${request.headers['authorization'] ?? request.query['key'] ?? ''}`
    const digest = () => digestOf(sender, request)
    const before = unsure.size > 0 ? unsure.again(digest()) : undefined
    const answer = (requests: string[], items: number[]) => (receipt: Receipt) => {
      unsure.sure(requests)
      addReceipt(refusals, receipt, items)
      return answerOf(schema, packing, name, refusals)
    }
    if (before !== undefined) return { signals: before, answer: answer([digest()], []) }
    this.book.turn(now)
    this.naming.turn(now)
    this.edges.turn(now)
    const { attributes, naming, claims, failing } = this
    const context = new Context(
      attributes,
      naming,
      claims,
      refusals,
      config.slowSeconds,
      failing,
      config.maxSeries,
      now,
    )
    const tally = new Tally()
    const metrics = new MetricReader(context, this.rules, this.streams, tally)
    const spans = new SpanReader(context, tally, this.edges)
    const visitor = this.visitor(hashOf(sender), context, { name, metrics, spans })
    await unhurried(
      packing === 'json' ? walkJson(name, jsonOf(request), visitor) : walkPacked(schema, name, request.body, visitor),
    )
    this.sayAhead(context)
    const told = [...tally.signals(claims, now, config.quantile), ...metrics.gauges.signals(now)]
    const left = unsure.left(sender, now)
    const signals = [...told.map(({ signal }) => signal), ...(config.graph ? this.edges.facts(now) : [])]
    const own = context.cumulative && signals.length > 0 ? [digest()] : []
    for (const each of own) unsure.keep(each, sender, signals, now)
    const items = told.map(each => each.items)
    return { signals: [...signals, ...left.signals], answer: answer([...own, ...left.requests], items) }
  }

  private visitor(
    sender: readonly [number, number],
    context: Context,
    { name, metrics, spans }: { name: SignalName; metrics: MetricReader; spans: SpanReader },
  ): Visitor {
    let origin: Origin | null = null
    let scope = ''
    return {
      resource: attributes => {
        origin = this.naming.origin(attributes, sender)
      },
      scope: named => {
        scope = named
      },
      item: (item, bytes) => {
        if (name === 'logs') return context.refuse('otlp.logs', 'logs are not read: send metrics or traces')
        if (origin === null)
          return context.refuse(
            'otlp.service',
            'its resource has no service.name',
            name === 'traces' ? 1 : pointsOf(item),
          )
        return name === 'traces' ? spans.span(origin, item, bytes) : metrics.metric(origin, scope, item)
      },
    }
  }

  private sayAhead({ aheadMs, now }: Context): void {
    if (aheadMs < AHEAD_SAID_MS || now - this.saidAt < HOUR) return
    this.saidAt = now
    const minutes = Math.round(aheadMs / MINUTE)
    this.env.log('warn', `otlp: a sender's clock is ${minutes} minutes ahead; what it says counts now`)
  }
}

const digestOf = (sender: string, { path, body }: Received): string =>
  createHash('sha256').update(sender).update(`\0${path}\0`).update(body).digest('base64url')

/** Works a little at a time, so that nobody else waits long. */
async function unhurried(work: Iterable<void>): Promise<void> {
  let until = performance.now() + TURN_MS
  let items = 0
  for (const _ of work) {
    if (++items % ITEMS_A_LOOK !== 0 || performance.now() < until) continue
    await setImmediate()
    until = performance.now() + TURN_MS
  }
}

/** @throws Malformed */
function jsonOf(request: Received): unknown {
  try {
    return request.json()
  } catch (error) {
    throw new Malformed((error as Error).message)
  }
}

/** Of attributes and metrics, which are ASCII by their conventions. */
const names = { type: 'string', pattern: '^[\\x21-\\x7e]{1,200}$' } as const

const otlp: Plugin<'receiver', OtlpConfig, Receiver> = plugin({
  kind: 'receiver',
  name: 'otlp',
  summary: 'metrics and traces of OpenTelemetry, as its SDKs and its Collector send them (OTLP/HTTP)',
  start: {
    has: ['otlp', 'opentelemetry'],
    asks: [{ name: 'by', asks: 'attributes that tell places apart, with commas', usual: 'service.instance.id' }],
    settings: ({ service, secret, by = '' }) => ({ secret, service, labels: { instance: by.split(/[\s,]+/) } }),
    next: (at, { secret }) =>
      `where your programs or the Collector run:\n  OTEL_EXPORTER_OTLP_ENDPOINT=${at}\n  OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer%20${secret}\n  OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`,
  },
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      secret: SECRET,
      service: { type: 'string', role: 'service' },
      services: { type: 'object', additionalProperties: { type: 'string', role: 'service' }, default: {} },
      labels: {
        type: 'object',
        additionalProperties: { anyOf: [names, { type: 'array', items: names, maxItems: 10 }] },
        default: {},
      },
      slowSeconds: { type: 'number', exclusiveMinimum: 0, maximum: 3600, default: 1 },
      bad: { type: 'array', minItems: 1, items: STATUS_CODE, default: ['5xx'] },
      count: { enum: COUNTED_BY, default: 'auto' },
      metrics: {
        type: 'array',
        maxItems: 200,
        default: [],
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['name', 'as'],
          properties: {
            name: names,
            as: { enum: ['requests', ...GAUGE_MEASURES] },
            bad: {
              type: 'object',
              additionalProperties: false,
              required: ['attribute', 'values'],
              properties: { attribute: names, values: { type: 'array', items: names } },
            },
            state: names,
            capacity: { anyOf: [{ type: 'number', exclusiveMinimum: 0 }, names] },
          },
        },
      },
      quantile: { type: 'number', minimum: 0, maximum: 0.9999, default: 0.95 },
      graph: { type: 'boolean', default: true },
      maxValues: { type: 'integer', minimum: 1, maximum: 1_500, default: 200 },
      maxSeries: { type: 'integer', minimum: 1, maximum: 200_000, default: 20_000 },
    },
  },
  check: ({ labels }): Fault[] =>
    Object.keys(labels).flatMap(label =>
      /^[A-Za-z][\w./:-]{0,63}$/.test(label) && !(OWN_LABELS as readonly string[]).includes(label)
        ? []
        : [{ path: `labels.${label}`, rule: `a label name other than ${OWN_LABELS.join(', ')}`, value: label }],
    ),
  open: async (config, env) => new Otlp(config, await openSchema(), env),
})
export default otlp
