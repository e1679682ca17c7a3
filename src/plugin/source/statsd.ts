import { PermanentError, TransientError } from '../../contract/error.js'
import {
  type Batch,
  type Fault,
  type Mapped,
  type Plugin,
  type PluginEnv,
  plugin,
  type Source,
  type Stop,
} from '../../contract/plugin.js'
import { GAUGE_MEASURES, type GaugeMeasure } from '../../contract/signal.js'
import { MINUTE, SECOND } from '../../contract/time.js'
import { PORT_RULE, portOf, RANGE } from '../shared/port.js'
import { PATTERN_RULE, patternOf } from './statsd/match.js'
import { type Rules, Tally } from './statsd/tally.js'

export interface StatsdConfig {
  service: string
  listen: string
  senders?: string[]
  requests?: { service?: string; total?: string; bad?: string; timer?: string; slowSeconds?: number }[]
  gauges?: {
    service?: string
    name: string
    as?: string
    unit?: string
    capacity?: number
    measures?: GaugeMeasure
    quantile?: number
  }[]
  tags?: Record<string, string>
  statusTag?: string
  labels?: Record<string, string>
  windowSeconds: number
}

/** Where nothing is said: counters whose names end as they mostly do. */
const USUAL: NonNullable<StatsdConfig['requests']> = [{ total: '{component}.requests', bad: '{component}.errors' }]
/** Tags that are labels where nothing is said, by the names that they mostly have. */
const USUAL_TAGS: Record<string, string> = {
  region: 'region',
  zone: 'cell',
  availability_zone: 'cell',
  cell: 'cell',
  version: 'version',
  platform: 'platform',
  tier: 'tier',
}
/** A timer is slow from here on, where nothing is said: people begin to wait. */
const SLOW_SECONDS = 2
/** What a timer is told as: one in twenty takes longer. */
const QUANTILE = 0.95
/** Lines that may be strange, all of a round, before that is a failure. */
const FEW = 10
/** What was left out is told so often at most. */
const TELL_MS = 5 * MINUTE
/** Of one connection, a line that has no end yet. */
const REST_CHARS = 8 * 1024

function rulesOf(config: StatsdConfig): Rules {
  const { service, requests = USUAL, gauges = [], tags = USUAL_TAGS, statusTag = null, labels = {} } = config
  const pattern = (text: string | undefined) => (text === undefined ? null : patternOf(text))
  return {
    requests: requests.map(each => ({
      service: each.service ?? service,
      total: pattern(each.total),
      bad: pattern(each.bad),
      timer: pattern(each.timer),
      slowMs: (each.slowSeconds ?? SLOW_SECONDS) * SECOND,
    })),
    gauges: gauges.map(each => ({
      service: each.service ?? service,
      name: patternOf(each.name),
      as: each.as ?? null,
      unit: each.unit ?? null,
      capacity: each.capacity ?? null,
      measures: each.measures ?? null,
      quantile: each.quantile ?? QUANTILE,
    })),
    tags: new Map(Object.entries(tags)),
    statusTag,
    labels,
    windowMs: config.windowSeconds * SECOND,
  }
}

function check(config: StatsdConfig): Fault[] {
  const faults: Fault[] = []
  if (portOf(config.listen) === null) faults.push({ path: 'listen', rule: PORT_RULE, value: config.listen })
  const patterns = (config.requests ?? []).flatMap((each, i) =>
    (['total', 'bad', 'timer'] as const).map(key => [`requests[${i}].${key}`, each[key]] as const),
  )
  for (const [path, text] of [
    ...patterns,
    ...(config.gauges ?? []).map((each, i) => [`gauges[${i}].name`, each.name] as const),
  ])
    try {
      if (text !== undefined) patternOf(text)
    } catch {
      faults.push({ path, rule: PATTERN_RULE, value: text ?? '' })
    }
  for (const [i, { total, timer }] of (config.requests ?? []).entries())
    if (total === undefined && timer === undefined)
      faults.push({ path: `requests[${i}]`, rule: 'a total or a timer', value: 'neither' })
  return faults
}

async function* read(config: StatsdConfig, env: PluginEnv, stop: Stop): AsyncGenerator<Batch> {
  const at = portOf(config.listen, config.senders)
  if (at === null) throw new PermanentError('listen is no port')
  await using listening = await env.listen(at)
  const rules = rulesOf(config)
  const { windowMs } = rules
  const tally = new Tally(rules, env.now())
  const run = env.now()
  const rests = new Map<number, string>()
  let told = Number.NEGATIVE_INFINITY
  for (let round = 0; !stop.aborted; round++) {
    const end = (Math.floor(env.now() / windowMs) + 1) * windowMs
    for (let some = true; some && !stop.aborted; ) {
      const leftMs = Math.min(windowMs, end - env.now())
      const heard = leftMs <= 0 ? [] : await listening.next(leftMs, stop)
      some = heard.length > 0
      for (const { from, bytes } of heard)
        for (const line of linesOf(from, bytes, rests)) if (line !== '') tally.add(line)
    }
    const { lines, strange, unasked } = tally
    const { datagrams, refused } = listening.lost()
    if (lines >= FEW && strange === lines)
      throw new TransientError(`none of ${lines} lines is one of StatsD`, 10 * SECOND)
    if (strange + unasked + datagrams + refused > 0 && env.now() - told >= TELL_MS) {
      told = env.now()
      const lost = { datagramsLost: datagrams, sendersRefused: refused }
      env.log('warn', 'statsd: not everything was counted', {
        lines,
        notUnderstood: strange,
        notAskedFor: unasked,
        ...lost,
      })
    }
    yield { signals: tally.end(Math.min(end, env.now() + SECOND), place => `${run}-${round}-${place}`) }
  }
}

/** What would become of lines, all of one window. */
function mapped(config: StatsdConfig, sample: Uint8Array, env: PluginEnv): Mapped {
  const tally = new Tally(rulesOf(config), env.now())
  const firsts: { strange?: string; unasked?: string } = {}
  for (const line of linesOf(0, sample, new Map())) {
    if (line === '') continue
    const before = { strange: tally.strange, unasked: tally.unasked }
    tally.add(line)
    for (const which of ['strange', 'unasked'] as const) if (tally[which] > before[which]) firsts[which] ??= line
  }
  const dropped = [
    { rule: 'statsd.line', count: tally.strange, value: firsts.strange ?? '' },
    { rule: 'statsd.name', count: tally.unasked, value: firsts.unasked ?? '' },
  ]
  const signals = tally.end(env.now(), place => `sample-${place}`)
  return { signals, dropped: dropped.filter(each => each.count > 0) }
}

/** Lines of a datagram, or those of a connection that are whole. */
function linesOf(from: number, bytes: Uint8Array, rests: Map<number, string>): string[] {
  const text = Buffer.from(bytes).toString('utf8')
  if (from === 0) return text.split('\n')
  const lines = ((rests.get(from) ?? '') + text).split('\n')
  const rest = lines.pop() ?? ''
  if (bytes.length === 0) {
    rests.delete(from)
    return [rest]
  }
  rests.set(from, rest.length > REST_CHARS ? '' : rest)
  return lines
}

const NAME = { type: 'string', minLength: 1, maxLength: 200 }
const TEXTS = { type: 'object', additionalProperties: { type: 'string', minLength: 1, maxLength: 64 } }

const statsd: Plugin<'source', StatsdConfig, Source> = plugin({
  kind: 'source',
  name: 'statsd',
  summary: 'counts, timers and gauges that applications send as StatsD, by their names and tags',
  start: {
    has: ['statsd'],
    asks: [{ name: 'listen', asks: 'where to listen', usual: 'udp://127.0.0.1:8125' }],
    settings: ({ service, listen }) => ({ service, listen }),
  },
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['service'],
    properties: {
      service: { type: 'string', role: 'service' },
      listen: { type: 'string', minLength: 1, default: 'udp://127.0.0.1:8125' },
      senders: { type: 'array', minItems: 1, maxItems: 50, items: { type: 'string', pattern: RANGE } },
      requests: {
        type: 'array',
        maxItems: 50,
        items: {
          type: 'object',
          additionalProperties: false,
          properties: {
            service: { type: 'string', role: 'service' },
            total: NAME,
            bad: NAME,
            timer: NAME,
            slowSeconds: { type: 'number', minimum: 0.001, maximum: 3_600 },
          },
        },
      },
      gauges: {
        type: 'array',
        maxItems: 50,
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['name'],
          properties: {
            service: { type: 'string', role: 'service' },
            name: NAME,
            as: { type: 'string', minLength: 1, maxLength: 100 },
            unit: { type: 'string', minLength: 1, maxLength: 20 },
            capacity: { type: 'number', exclusiveMinimum: 0 },
            measures: { enum: [...GAUGE_MEASURES] },
            quantile: { type: 'number', exclusiveMinimum: 0, maximum: 1 },
          },
        },
      },
      tags: TEXTS,
      statusTag: { type: 'string', minLength: 1 },
      labels: TEXTS,
      windowSeconds: { enum: [10, 60], default: 10 },
    },
  },
  check,
  map: mapped,
  open: async (config, env) => ({
    read: stop => read(config, env, stop),
    async [Symbol.asyncDispose]() {},
  }),
})
export default statsd
