import { type Plugin, plugin, type Probe } from '../../contract/plugin.js'
import { Expectation, faultsOf } from '../shared/expect.js'
import { talked } from '../shared/talk.js'

export interface TcpConfig {
  host: string
  port: number
  /** Said once the connection is there. */
  send?: string
  /** A text, or a pattern, that stands in what it says. */
  contains?: string
  matches?: string
}

const tcp: Plugin<'probe', TcpConfig, Probe> = plugin({
  kind: 'probe',
  name: 'tcp',
  summary: 'connects to a port, says something there if it is told to, and looks at what comes back',
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['host', 'port'],
    properties: {
      host: { type: 'string', minLength: 1, maxLength: 253 },
      port: { type: 'integer', minimum: 1, maximum: 65_535 },
      send: { type: 'string', minLength: 1, maxLength: 10_000 },
      contains: { type: 'string', minLength: 1 },
      matches: { type: 'string', minLength: 1, maxLength: 1_000 },
    },
  },
  check: config => faultsOf(config),
  async open(config, env) {
    const { host, port, send } = config
    const expectation = new Expectation(config)
    return {
      check: stop =>
        talked(env, { host, port }, stop, async talk => {
          if (send !== undefined) await talk.say(send)
          if (expectation.some)
            await talk.until(have => (expectation.whyNot(have.toString('utf8')) === null ? have.length : -1))
        }),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default tcp
