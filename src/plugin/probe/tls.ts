import { type Checked, type Plugin, plugin, type Probe } from '../../contract/plugin.js'
import { DAY } from '../../contract/time.js'
import { Amiss, talked } from '../shared/talk.js'

export interface TlsConfig {
  host: string
  port: number
  /** The certificate has to be good for so many days more, or it is degraded. */
  days: number
  /** Protocols that are offered, of which it has to take one. */
  alpn?: string[]
  /** Whether the certificate has to be believed; one of an authority of one's own is not. */
  believed: boolean
}

const tls: Plugin<'probe', TlsConfig, Probe> = plugin({
  kind: 'probe',
  name: 'tls',
  summary: 'agrees on TLS with a port and looks at its certificate: believed, of this name, and for how many days more',
  start: {
    has: ['certificate', 'tls'],
    asks: [{ name: 'host', asks: 'the host whose certificate is looked at', usual: 'localhost' }],
    settings: ({ host }) => ({ host }),
  },
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['host'],
    properties: {
      host: { type: 'string', minLength: 1, maxLength: 253 },
      port: { type: 'integer', minimum: 1, maximum: 65_535, default: 443 },
      days: { type: 'number', minimum: 0, maximum: 3_650, default: 14 },
      alpn: { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } },
      believed: { type: 'boolean', default: true },
    },
  },
  async open({ host, port, days, alpn = [], believed }, env) {
    return {
      // Looked at without being believed, so that it can be said what is wrong with it.
      check: stop =>
        talked(env, { host, port, tls: { alpn, check: false } }, stop, async ({ connection }) => {
          const { certificateUntil, problem, alpn: taken } = connection.tls!
          const daysLeft = Math.floor((certificateUntil - env.now()) / DAY)
          if (daysLeft < 0) throw new Amiss(`the certificate ended ${-daysLeft} days ago`)
          if (believed && problem !== null) throw new Amiss(`the certificate is not believed (${problem})`)
          if (alpn.length > 0 && taken === null) throw new Amiss(`it speaks none of ${alpn.join(', ')}`)
          const found: Partial<Checked> = { figures: { certificateDaysLeft: daysLeft } }
          return daysLeft >= days
            ? found
            : { ...found, outcome: 'degraded', why: `the certificate ends in ${daysLeft} days` }
        }),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default tls
