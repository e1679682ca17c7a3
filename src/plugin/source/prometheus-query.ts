import { createHash } from 'node:crypto'
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
import { GAUGE_MEASURES } from '../../contract/signal.js'
import { type EpochMs, MINUTE, SECOND } from '../../contract/time.js'
import { answeredIn, Asker, type Range } from './prometheus-query/ask.js'
import { pastOf, stepped } from './prometheus-query/past.js'
import { type Answers, PARTS, type Query, signalsOf } from './prometheus-query/signals.js'

export interface PrometheusQueryConfig {
  url: string
  queries: Query[]
  /** How long a step is: each counts the requests since the one before. */
  stepSeconds: number
  /** A step is asked for so long after its end, when Prometheus has scraped all of it. */
  delaySeconds: number
  /** Days before the first start from which levels are learned; 0: none. */
  learnDays: number
  token?: string
  user?: string
  password?: string
  headers?: Record<string, string>
  /** Takes answers that say themselves that they may be a part. */
  partial: boolean
}

/** Steps are asked for back to here after a pause: what is older counts in no minute. */
const BACK_MS = 25 * MINUTE
/** A step is asked for so long after it can be had, so that a clock that is a little ahead asks in vain at most once. */
const AFTER_MS = SECOND
/** At the first start so much before it is counted; what is older teaches. */
const FIRST_MS = 15 * MINUTE

/** End of the last step that was taken, and by which queries levels were learned. */
interface State {
  to: EpochMs
  learned: string
}

class Poller {
  private readonly asker: Asker
  private readonly stepMs: number
  /** Of what is asked: other questions have another past. */
  private readonly asked: string

  constructor(
    private readonly config: PrometheusQueryConfig,
    private readonly env: PluginEnv,
  ) {
    this.asker = new Asker(config.url, credentials(config), config.partial, env)
    this.stepMs = config.stepSeconds * SECOND
    this.asked = createHash('sha256').update(JSON.stringify(config.queries)).digest('base64url').slice(0, 22)
  }

  /** Until the next step can be had: whoever asks at any moment of a step waits half a step for nothing. */
  get everyMs(): number {
    const { stepMs } = this
    const ready = this.env.now() - this.config.delaySeconds * SECOND
    return stepMs - (((ready % stepMs) + stepMs) % stepMs) + AFTER_MS
  }

  async poll(kept: unknown, stop: Stop): Promise<Batch> {
    const { stepMs, asked } = this
    const state = kept as State | undefined
    const to = Math.floor((this.env.now() - this.config.delaySeconds * SECOND) / stepMs) * stepMs
    const back = to - (state === undefined ? FIRST_MS : BACK_MS)
    // A state of a clock that was ahead, or of another length of a step, is no reason to wait or to ask between steps.
    const last = Math.max(Math.min(state?.to ?? 0, to), back)
    const from = Math.floor(last / stepMs) * stepMs + stepMs
    const signals = from > to ? [] : await this.ask({ from, to, stepMs }, stop)
    const next: State = { to, learned: asked }
    if (state?.learned === asked || this.config.learnDays === 0) return { signals, state: next }
    return { signals, state: next, past: await this.learn(from - stepMs, stop) }
  }

  /** All of it, or an error. */
  private async ask(range: Range, stop: Stop): Promise<object[]> {
    const signals: object[] = []
    for (const query of this.config.queries) {
      const answers: Answers = {}
      for (const part of PARTS) {
        const text = query[part]
        if (text !== undefined) answers[part] = await this.asker.range(stepped(text, range.stepMs), range, stop)
      }
      signals.push(...signalsOf(query, answers, range.stepMs))
    }
    return signals
  }

  /** Asked once the present was answered. A past that cannot be had is no reason to be blind to the present. */
  private async learn(end: EpochMs, stop: Stop): Promise<object[]> {
    const { queries, learnDays } = this.config
    try {
      return await pastOf(queries, learnDays, end, this.stepMs, this.asker, stop)
    } catch (error) {
      if (stop.aborted) throw error
      this.env.log('warn', 'nothing was learned of the past', { why: (error as Error).message })
      return []
    }
  }
}

/**
 * What would become of an answer to the first query: of its first question, the others being answered with nothing, or of each by
 * its name (`{"total": …, "bad": …}`).
 */
function mapped({ queries }: PrometheusQueryConfig, sample: Uint8Array): Mapped {
  const said = JSON.parse(Buffer.from(sample).toString()) as Record<string, unknown>
  const [query] = queries as [Query, ...Query[]]
  const asked = PARTS.filter(part => query[part] !== undefined)
  const given = 'status' in said ? { [asked[0] as string]: said } : said
  const read = asked.map(part => [part, given[part] === undefined ? [] : answeredIn(given[part])] as const)
  const times = [...new Set(read.flatMap(([, series]) => series.flatMap(each => [...each.values.keys()])))].sort(
    (a, b) => a - b,
  )
  const steps = times.slice(1).map((at, i) => at - times[i]!)
  const signals = signalsOf(query, Object.fromEntries(read), steps.length === 0 ? MINUTE : Math.min(...steps))
  const all = read.flatMap(([, series]) => series.flatMap(each => [...each.values.values()]))
  const unknown = all.filter(value => Number.isNaN(value)).length
  return { signals, dropped: unknown === 0 ? [] : [{ rule: 'prometheus.number', count: unknown, value: 'NaN' }] }
}

function credentials({ token, user, password = '', headers = {} }: PrometheusQueryConfig): Record<string, string> {
  if (token !== undefined) return { ...headers, authorization: `Bearer ${token}` }
  if (user === undefined) return headers
  return { ...headers, authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}

function faultsOf({ url, queries, token, user }: PrometheusQueryConfig): Fault[] {
  const faults: Fault[] = []
  const at = URL.canParse(url) ? new URL(url) : null
  if (at === null || at.username + at.password !== '' || at.search !== '')
    faults.push({ path: 'url', rule: 'a whole address without name, password and question', value: '(not shown)' })
  if (token !== undefined && user !== undefined)
    faults.push({ path: 'token', rule: 'either a token or user and password', value: 'both' })
  for (const [i, query] of queries.entries()) {
    const { total, bad, slow, share, gauge, capacity, name } = query
    const path = `queries[${i}]`
    if ([total, share, gauge].filter(each => each !== undefined).length !== 1)
      faults.push({ path, rule: 'one of total, share and gauge', value: Object.keys(query).join(', ') })
    else if ((bad !== undefined || slow !== undefined) && (total === undefined || bad === undefined))
      faults.push({ path, rule: 'bad beside its total, and slow beside both', value: Object.keys(query).join(', ') })
    if (gauge !== undefined && name === undefined)
      faults.push({ path: `${path}.name`, rule: 'what it measures', value: 'nothing' })
    if (capacity !== undefined && gauge === undefined)
      faults.push({ path: `${path}.capacity`, rule: 'the capacity of a gauge', value: 'no gauge' })
  }
  return faults
}

const PROMQL = { type: 'string', minLength: 1, maxLength: 4_000 } as const
const SHORT = { type: 'string', minLength: 1, maxLength: 100 } as const

const QUERY = {
  type: 'object',
  additionalProperties: false,
  required: ['service'],
  properties: {
    service: { type: 'string', minLength: 1, maxLength: 100, role: 'service' },
    labels: { type: 'object', additionalProperties: { type: 'string', minLength: 1, maxLength: 200 } },
    total: PROMQL,
    bad: PROMQL,
    slow: PROMQL,
    share: PROMQL,
    of: { type: 'string', enum: ['failing', 'slow'] },
    gauge: PROMQL,
    capacity: PROMQL,
    name: SHORT,
    unit: { type: 'string', minLength: 1, maxLength: 20 },
    measures: { type: 'string', enum: [...GAUGE_MEASURES] },
  },
} as const

const prometheusQuery: Plugin<'source', PrometheusQueryConfig, Source> = plugin({
  kind: 'source',
  name: 'prometheus-query',
  summary: 'what a Prometheus answers to PromQL: requests, shares and levels step by step, and what was usual before',
  start: {
    has: ['prometheus', 'thanos', 'mimir', 'victoriametrics'],
    asks: [
      { name: 'url', asks: 'the address of its API', usual: 'http://127.0.0.1:9090' },
      { name: 'counter', asks: 'the counter of requests', usual: 'http_requests_total' },
      { name: 'code', asks: 'its label with the status', usual: 'code' },
      { name: 'by', asks: 'labels to tell apart, with commas', usual: 'instance' },
    ],
    settings: ({ service, url, counter = '', code = '', by = '' }) => ({
      url,
      queries: [
        {
          service,
          total: `sum by (${by}) (increase(${counter}[$step]))`,
          bad: `sum by (${by}) (increase(${counter}{${code}=~"5.."}[$step]))`,
        },
      ],
    }),
  },
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['url', 'queries'],
    properties: {
      url: { type: 'string', pattern: '^https?://' },
      queries: { type: 'array', minItems: 1, maxItems: 50, items: QUERY },
      stepSeconds: { type: 'integer', minimum: 5, maximum: 900, default: 60 },
      delaySeconds: { type: 'integer', minimum: 0, maximum: 600, default: 20 },
      learnDays: { type: 'integer', minimum: 0, maximum: 70, default: 14 },
      token: { type: 'string', minLength: 1, maxLength: 4_000, writeOnly: true },
      user: { type: 'string', minLength: 1, maxLength: 200 },
      password: { type: 'string', maxLength: 400, writeOnly: true },
      headers: { type: 'object', additionalProperties: { type: 'string', writeOnly: true } },
      partial: { type: 'boolean', default: false },
    },
  },
  check: faultsOf,
  map: mapped,
  async open(config, env): Promise<Source> {
    const poller = new Poller(config, env)
    return {
      get everyMs() {
        return poller.everyMs
      },
      staleMs: Math.max(5 * MINUTE, 3 * config.stepSeconds * SECOND),
      poll: (state, stop) => poller.poll(state, stop),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default prometheusQuery
