import { TransientError } from '../../contract/error.js'
import { RETRY_AFTER_MS } from '../../contract/limits.js'
import { type Fault, type Plugin, type PluginEnv, plugin, type Receiver } from '../../contract/plugin.js'
import type { Answer, Receipt, Received, Taken } from '../../contract/received.js'
import { GAUGE_MEASURES } from '../../contract/signal.js'
import { SECOND } from '../../contract/time.js'
import { SECRET, shows } from '../shared/secret.js'
import { receiving } from '../shared/start.js'
import { Counts } from './prometheus/counts.js'
import { type GaugeRule, Gauges, USUAL_GAUGES } from './prometheus/gauges.js'
import { Outbox } from './prometheus/outbox.js'
import { Places, USUAL_SERVICE } from './prometheus/places.js'
import { readRules, type RequestRule, Rules, USUAL_REQUESTS } from './prometheus/rules.js'
import { NotSnappy, unpacked } from './prometheus/snappy.js'
import { SERIES_KNOWN, Tracker } from './prometheus/tracker.js'
import { NotProtobuf, readWriteRequest } from './prometheus/write-request.js'

export interface PrometheusConfig {
  secret?: string
  /** The service that everything is about; if not given, labels say it. */
  service?: string
  serviceFrom?: string[]
  /** Our label → labels of Prometheus; beside the usual ones, and an empty list leaves one of these out. */
  labels: Record<string, string[]>
  /** In place of the usual ones. */
  requests?: RequestRule[]
  gauges?: GaugeRule[]
  checks: { up: boolean; probes: boolean }
  /** Requests are counted in windows of so long. */
  windowSeconds: number
}

/** A request unpacks to so much at most. Prometheus sends 2,000 samples at once, some 500 KB. */
const UNPACKED_BYTES = 32 * 1024 * 1024
/** Prometheus sends what it has after five seconds; a window is waited for so much longer. */
const WAITED_MS = 10 * SECOND
/** What has no room is told with the answer, which Prometheus writes in its own log. */
const NO_ROOM: Readonly<Record<string, string>> = {
  'prometheus.series': `more than ${SERIES_KNOWN} series of the metrics that are read here; further ones are left out`,
  'prometheus.services': 'too many services; series of further ones are left out',
  'prometheus.gauges': 'too many gauges; further ones are left out',
}

const refused = (rule: string, message: string, value: string, status = 400): Taken => ({
  refused: { rule: `prometheus.${rule}`, message, value, status },
})

/** What a request is, by its head; null: one of remote-write 1.0. */
function whyNot({ headers }: Pick<Received, 'headers'>): Taken | null {
  const type = headers['content-type'] ?? ''
  const [name = '', ...parameters] = type.split(';').map(part => part.trim().toLowerCase())
  const proto = parameters.find(each => each.startsWith('proto='))?.slice('proto='.length) ?? 'prometheus.writerequest'
  if (name !== 'application/x-protobuf' || proto !== 'prometheus.writerequest')
    return refused('type', 'remote-write 1.0: application/x-protobuf, prometheus.WriteRequest', type.slice(0, 80), 415)
  const encoding = headers['content-encoding'] ?? ''
  if (encoding.trim().toLowerCase() !== 'snappy')
    return refused('encoding', 'a body packed with snappy', encoding.slice(0, 80), 415)
  return null
}

class RemoteWrite {
  private readonly outbox = new Outbox()

  constructor(
    private readonly tracker: Tracker,
    private readonly env: Pick<PluginEnv, 'now'>,
  ) {}

  take(request: Received): Taken {
    const why = whyNot(request)
    if (why !== null) return why
    // Nothing is read that would have to be forgotten: Prometheus comes again with it.
    if (this.outbox.full) throw new TransientError('what was sent before is not stored yet', RETRY_AFTER_MS)
    const { tracker } = this
    const now = this.env.now()
    try {
      const body = unpacked(request.body, UNPACKED_BYTES)
      readWriteRequest(body, tracker.wants, series => tracker.take(series, now))
    } catch (error) {
      if (error instanceof NotSnappy)
        return refused(error.rule, error.message, `${request.body.length} bytes`, error.rule === 'size' ? 413 : 400)
      if (error instanceof NotProtobuf) return refused('protobuf', error.message, `${request.body.length} bytes`)
      throw error
    }
    const { dropped } = tracker
    tracker.dropped = {}
    this.outbox.push(tracker.due(now))
    const { signals, undone } = this.outbox.take()
    return { signals, undone, dropped, answer: receipt => answerTo(receipt, dropped) }
  }
}

/** What is no use to send again is an error of the sender (4xx), with a word for its log; all else was taken. */
function answerTo({ rejected: [first] }: Receipt, dropped: Readonly<Record<string, number>>): Answer {
  const words = Object.keys(dropped).flatMap(rule => (NO_ROOM[rule] === undefined ? [] : `${rule}: ${NO_ROOM[rule]}`))
  if (first !== undefined) words.push(`${first.rule}: ${first.message}`)
  return words.length === 0 ? { status: 204 } : { status: 400, body: `${words.join('\n')}\n` }
}

const TEXTS = { type: 'array', items: { type: 'string', minLength: 1, maxLength: 200 }, maxItems: 20 } as const
const SELECTOR = { type: 'string', minLength: 1, maxLength: 1_000 } as const

const REQUESTS = {
  type: 'array',
  maxItems: 50,
  items: {
    type: 'object',
    additionalProperties: false,
    properties: {
      total: SELECTOR,
      failed: SELECTOR,
      slow: {
        type: 'object',
        additionalProperties: false,
        required: ['histogram', 'above'],
        properties: { histogram: SELECTOR, above: { type: 'number', exclusiveMinimum: 0 } },
      },
      serviceFrom: TEXTS,
    },
  },
} as const

const GAUGES = {
  type: 'array',
  maxItems: 50,
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['name', 'value'],
    properties: {
      name: { type: 'string', minLength: 1, maxLength: 100 },
      value: SELECTOR,
      capacity: SELECTOR,
      unit: { type: 'string', minLength: 1, maxLength: 20 },
      measures: { type: 'string', enum: [...GAUGE_MEASURES] },
      free: { type: 'boolean' },
    },
  },
} as const

function faultsOf({ requests = [], gauges = [] }: PrometheusConfig): Fault[] {
  const faults: Fault[] = []
  const read = (path: string, what: () => unknown) => {
    try {
      what()
    } catch (error) {
      const { message } = error as Error
      const at = message.indexOf(': ')
      faults.push({
        path: `${path}${message.slice(0, at)}`,
        rule: 'a selector as PromQL has it',
        value: message.slice(at + 2),
      })
    }
  }
  read('requests', () => readRules(requests))
  read('gauges', () => new Gauges(gauges, SECOND))
  for (const [i, { total, slow }] of requests.entries())
    if (total === undefined && slow === undefined)
      faults.push({ path: `requests[${i}]`, rule: 'a counter (total) or a histogram (slow)', value: 'neither' })
  return faults
}

const prometheus: Plugin<'receiver', PrometheusConfig, Receiver> = plugin({
  kind: 'receiver',
  name: 'prometheus',
  summary: 'remote-write of Prometheus and of all that speak it: requests, checks and saturation from its series',
  start: receiving(
    ['remote-write'],
    (at, secret) => `in prometheus.yml:\n  remote_write: [{ url: '${at}', authorization: { credentials: ${secret} } }]`,
  ),
  config: {
    type: 'object',
    additionalProperties: false,
    properties: {
      secret: SECRET,
      service: { type: 'string', minLength: 1, maxLength: 100, role: 'service' },
      serviceFrom: TEXTS,
      labels: { type: 'object', additionalProperties: TEXTS, default: {} },
      requests: REQUESTS,
      gauges: GAUGES,
      checks: {
        type: 'object',
        additionalProperties: false,
        default: {},
        properties: { up: { type: 'boolean', default: true }, probes: { type: 'boolean', default: true } },
      },
      windowSeconds: { type: 'integer', minimum: 1, maximum: 60, default: 15 },
    },
  },
  check: faultsOf,
  async open(config, env): Promise<Receiver> {
    const { secret, service, serviceFrom = USUAL_SERVICE, labels, requests, gauges, checks, windowSeconds } = config
    const windowMs = windowSeconds * SECOND
    const tracker = new Tracker({
      rules: new Rules(readRules(requests ?? USUAL_REQUESTS)),
      gauges: new Gauges(gauges ?? USUAL_GAUGES, windowMs),
      places: new Places(service ?? null, serviceFrom, labels),
      counts: new Counts(windowMs, windowMs + WAITED_MS),
      checks,
      allGauges: gauges !== undefined,
    })
    const remote = new RemoteWrite(tracker, env)
    return {
      ...(secret === undefined ? {} : { trusts: request => shows(secret, request) }),
      unpacks: ['snappy'],
      take: request => remote.take(request),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default prometheus
