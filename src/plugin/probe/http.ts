import {
  type Checked,
  type Fetched,
  type Plugin,
  plugin,
  type PluginEnv,
  type Probe,
  type Stop,
} from '../../contract/plugin.js'
import { DAY, type EpochMs, HOUR } from '../../contract/time.js'
import { EXPECTED, Expectation, type Expected, faultsOf } from '../shared/expect.js'
import { whyUnreachable } from '../shared/unreachable.js'

export interface HttpConfig extends Expected {
  url: string
  method: 'GET' | 'HEAD' | 'POST'
  headers?: Record<string, string>
  body?: string
  /** Good statuses; below 400, if not given. */
  status?: number[]
  follow: boolean
  /** What the address begins with that redirects lead to. */
  endsAt?: string
  /** The certificate has to be good for so many days more, or it is degraded. */
  certificateDays?: number
  /** The registration of a name has to go on for so many days more, or it is degraded. */
  domain?: { name: string; days: number; rdap: string }
}

/** What the registry said of the domain; kept over restarts. */
interface Registered {
  name: string
  askedAt: EpochMs
  /** Null: it says nothing of an end. */
  until: EpochMs | null
}

/** Registrations change once a year; who answers for a whole registry is asked once a day, */
const REGISTERED_MS = DAY
/** and where it did not answer, not again within an hour. */
const RDAP_AGAIN_MS = HOUR
/** What a registry says of one name: some kilobytes. More is not read. */
const RDAP_BYTES = 1024 * 1024

class HttpProbe implements Probe {
  private readonly expectation: Expectation
  private triedAt = Number.NEGATIVE_INFINITY

  constructor(
    private readonly config: HttpConfig,
    private readonly env: PluginEnv,
  ) {
    this.expectation = new Expectation(config)
  }

  async check(stop: Stop, state?: unknown): Promise<Checked> {
    const found = await this.asked(stop)
    if (this.config.domain === undefined || found.outcome === 'bad') return found
    const registered = await this.registered(state as Registered | undefined, stop)
    if (registered === null) return found
    const daysLeft = this.daysTo(registered.until ?? Number.POSITIVE_INFINITY)
    const more: Checked = {
      ...found,
      state: registered,
      figures: { ...found.figures, ...(Number.isFinite(daysLeft) ? { domainDaysLeft: daysLeft } : {}) },
    }
    if (daysLeft >= this.config.domain.days || found.outcome !== 'ok') return more
    return { ...more, outcome: 'degraded', why: `the registration of ${registered.name} ends in ${daysLeft} days` }
  }

  private async asked(stop: Stop): Promise<Checked> {
    const { url, method, headers, body, follow } = this.config
    let answer: Fetched | undefined
    try {
      answer = await this.env.fetch(url, {
        method,
        ...(headers === undefined ? {} : { headers }),
        ...(body === undefined ? {} : { body }),
        redirect: follow ? 'follow' : 'manual',
        signal: stop,
      })
      // Read to its end in any case: only then is it known how long it took.
      return { ...this.judged(answer, await answer.text()), phases: answer.phases }
    } catch (error) {
      const phases = answer === undefined ? {} : { phases: answer.phases }
      return { outcome: 'bad', why: whyUnreachable(error), ...phases }
    }
  }

  private judged(answer: Fetched, text: string): Checked {
    const { status, endsAt, certificateDays } = this.config
    const bad = (why: string): Checked => ({ outcome: 'bad', why })
    if (status === undefined ? answer.status >= 400 : !status.includes(answer.status))
      return bad(`status ${answer.status}`)
    if (endsAt !== undefined && !answer.url.startsWith(endsAt))
      return bad(`it leads to ${new URL(answer.url).host}, not where it should`)
    const why = this.expectation.whyNot(text)
    if (why !== null) return bad(why)
    if (answer.certificateUntil === undefined) return { outcome: 'ok' }
    const days = this.daysTo(answer.certificateUntil)
    const figures = { certificateDaysLeft: days }
    return certificateDays === undefined || days >= certificateDays
      ? { outcome: 'ok', figures }
      : { outcome: 'degraded', why: `the certificate ends in ${days} days`, figures }
  }

  private daysTo(until: EpochMs): number {
    return Math.floor((until - this.env.now()) / DAY)
  }

  /** Null where it is not known: what a registry does not tell says nothing of the service. */
  private async registered(known: Registered | undefined, stop: Stop): Promise<Registered | null> {
    const { name, rdap } = this.config.domain!
    const now = this.env.now()
    const old = known?.name === name ? known : null
    if ((old !== null && now - old.askedAt < REGISTERED_MS) || now - this.triedAt < RDAP_AGAIN_MS) return old
    this.triedAt = now
    try {
      const answer = await this.env.fetch(`${rdap.replace(/\/+$/, '')}/domain/${encodeURIComponent(name)}`, {
        headers: { accept: 'application/rdap+json' },
        redirect: 'follow',
        maxBytes: RDAP_BYTES,
        signal: stop,
      })
      const { events } = JSON.parse(await answer.text()) as { events?: { eventAction?: string; eventDate?: string }[] }
      if (!answer.ok) return old
      const end = events?.find(each => each.eventAction === 'expiration')?.eventDate
      const until = end === undefined ? Number.NaN : Date.parse(end)
      return { name, askedAt: now, until: Number.isNaN(until) ? null : until }
    } catch {
      return old
    }
  }

  async [Symbol.asyncDispose]() {}
}

const http: Plugin<'probe', HttpConfig, Probe> = plugin({
  kind: 'probe',
  name: 'http',
  summary:
    'asks an address of the web: status, redirects, what the answer holds, days of its certificate and its domain',
  start: {
    has: ['page', 'http'],
    asks: [{ name: 'url', asks: 'the address that has to answer', usual: 'http://127.0.0.1:8000/' }],
    settings: ({ url }) => ({ url }),
  },
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['url'],
    properties: {
      url: { type: 'string', pattern: '^https?://' },
      method: { enum: ['GET', 'HEAD', 'POST'], default: 'GET' },
      headers: { type: 'object', additionalProperties: { type: 'string', writeOnly: true } },
      body: { type: 'string' },
      status: { type: 'array', minItems: 1, items: { type: 'integer', minimum: 100, maximum: 599 } },
      ...EXPECTED,
      follow: { type: 'boolean', default: true },
      endsAt: { type: 'string', pattern: '^https?://' },
      certificateDays: { type: 'number', minimum: 0, maximum: 3_650 },
      domain: {
        type: 'object',
        additionalProperties: false,
        required: ['name'],
        properties: {
          name: { type: 'string', minLength: 3, maxLength: 253 },
          days: { type: 'number', minimum: 0, maximum: 3_650, default: 30 },
          rdap: { type: 'string', pattern: '^https?://', default: 'https://rdap.org/' },
        },
      },
    },
  },
  check: config => [
    ...(URL.canParse(config.url)
      ? []
      : [{ path: 'url', rule: 'a whole address, such as https://example.org/', value: '(not shown)' }]),
    ...faultsOf(config),
  ],
  open: async (config, env) => new HttpProbe(config, env),
})
export default http
