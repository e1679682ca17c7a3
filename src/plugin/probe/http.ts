import { type Checked, type Fetched, type Plugin, plugin, type Probe, type Stop } from '../../contract/plugin.js'
import type { PluginEnv } from '../../contract/plugin.js'
import { DAY } from '../../contract/time.js'
import { whyUnreachable } from '../shared/unreachable.js'

export interface HttpConfig {
  url: string
  method: 'GET' | 'HEAD' | 'POST'
  headers?: Record<string, string>
  body?: string
  /** Good statuses; below 400, if not given. */
  status?: number[]
  /** A text that stands in the answer. */
  contains?: string
  follow: boolean
  /** The certificate has to be good for so many days more. */
  certificateDays?: number
}

/** What is wrong with an answer; null: nothing. */
async function whyBad(answer: Fetched, { status, contains, certificateDays }: HttpConfig, now: number) {
  // Read to its end either way: only then is it known how long it took.
  const text = await answer.text()
  if (status === undefined ? answer.status >= 400 : !status.includes(answer.status)) return `status ${answer.status}`
  if (contains !== undefined && !text.includes(contains)) return 'the answer does not contain what it should'
  const { certificateUntil: until } = answer
  const days = until === undefined ? Number.POSITIVE_INFINITY : Math.floor((until - now) / DAY)
  return certificateDays !== undefined && days < certificateDays ? `the certificate ends in ${days} days` : null
}

async function check(config: HttpConfig, env: PluginEnv, stop: Stop): Promise<Checked> {
  const { url, method, headers, body, follow } = config
  try {
    const answer = await env.fetch(url, {
      method,
      ...(headers === undefined ? {} : { headers }),
      ...(body === undefined ? {} : { body }),
      redirect: follow ? 'follow' : 'manual',
      signal: stop,
    })
    const why = await whyBad(answer, config, env.now())
    return { ok: why === null, ...(why === null ? {} : { why }), phases: answer.phases }
  } catch (error) {
    return { ok: false, why: whyUnreachable(error) }
  }
}

const http: Plugin<'probe', HttpConfig, Probe> = plugin({
  kind: 'probe',
  name: 'http',
  summary: 'asks an address of the web: status, a text in the answer, days of its certificate',
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
      contains: { type: 'string', minLength: 1 },
      follow: { type: 'boolean', default: true },
      certificateDays: { type: 'number', minimum: 0, maximum: 3_650 },
    },
  },
  check: ({ url }) =>
    URL.canParse(url)
      ? []
      : [{ path: 'url', rule: 'a whole address, such as https://example.org/', value: '(not shown)' }],
  open: async (config, env) => ({
    check: stop => check(config, env, stop),
    async [Symbol.asyncDispose]() {},
  }),
})
export default http
