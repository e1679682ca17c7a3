import { type Checked, type Plugin, plugin, type Probe } from '../../contract/plugin.js'
import { Amiss, quoted, type Talk, talked } from '../shared/talk.js'

export interface RedisConfig {
  host: string
  port: number
  tls: boolean
  user?: string
  password?: string
  /** What it has to be; a replica that has lost its master is degraded. */
  role?: 'master' | 'replica'
}

/** A command as a list of bulk strings (RESP2). */
const command = (...parts: string[]): string =>
  `*${parts.length}\r\n${parts.map(each => `$${Buffer.byteLength(each)}\r\n${each}\r\n`).join('')}`

/** A simple or a bulk string; @throws Amiss for an error */
async function reply(talk: Talk): Promise<string> {
  const line = await talk.line()
  if (line.startsWith('+')) return line.slice(1)
  if (line.startsWith('-')) throw new Amiss(`it answers ${quoted(line.slice(1))}`)
  const length = /^\$(\d{1,9})$/.exec(line)
  if (length === null) throw new Amiss(`it does not speak as Redis does: ${quoted(line)}`)
  const text = await talk.bytes(Number(length[1]) + 2)
  return text.subarray(0, -2).toString('utf8')
}

async function ask(talk: Talk, { user, password, role }: RedisConfig): Promise<Partial<Checked>> {
  if (password !== undefined) {
    await talk.say(command('AUTH', ...(user === undefined ? [] : [user]), password))
    await reply(talk)
  }
  await talk.say(command('PING'))
  const pong = await reply(talk)
  if (pong !== 'PONG') throw new Amiss(`it answers PING with ${quoted(pong)}`)
  if (role === undefined) return {}
  await talk.say(command('INFO', 'replication'))
  const info = new Map((await reply(talk)).split('\r\n').map(each => each.split(':', 2) as [string, string]))
  const is = info.get('role') === 'slave' ? 'replica' : info.get('role')
  if (is !== role) throw new Amiss(`it is ${is === undefined ? 'of no known role' : `a ${is}`}, not a ${role}`)
  return role === 'replica' && info.get('master_link_status') !== 'up'
    ? { outcome: 'degraded', why: 'it has lost its master' }
    : {}
}

const redis: Plugin<'probe', RedisConfig, Probe> = plugin({
  kind: 'probe',
  name: 'redis',
  summary: 'asks Redis, or what speaks like it, whether it is there, and whether it is master or replica',
  start: {
    has: ['redis', 'valkey'],
    asks: [{ name: 'host', asks: 'its host', usual: '127.0.0.1' }],
    settings: ({ host }) => ({ host }),
  },
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['host'],
    properties: {
      host: { type: 'string', minLength: 1, maxLength: 253 },
      port: { type: 'integer', minimum: 1, maximum: 65_535, default: 6_379 },
      tls: { type: 'boolean', default: false },
      user: { type: 'string', minLength: 1 },
      password: { type: 'string', minLength: 1, writeOnly: true },
      role: { enum: ['master', 'replica'] },
    },
  },
  async open(config, env) {
    const { host, port, tls } = config
    return {
      check: stop => talked(env, { host, port, ...(tls ? { tls: true } : {}) }, stop, talk => ask(talk, config)),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default redis
