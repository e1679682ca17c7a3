import { createHash } from 'node:crypto'
import { type Checked, type Plugin, plugin, type Probe } from '../../contract/plugin.js'
import { Amiss, quoted, type Talk, talked } from '../shared/talk.js'
import { Scram } from './postgresql/scram.js'

export interface PostgresqlConfig {
  host: string
  port: number
  /** `require`: has to speak TLS; `believed`: with a certificate that is believed. */
  tls: 'none' | 'require' | 'believed'
  user?: string
  password?: string
  database: string
  /** Asked where there is a user. */
  query: string
}

// The frontend/backend protocol 3.0: https://www.postgresql.org/docs/current/protocol-message-formats.html

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])
/** 3.0, as the message has it: 3 × 65,536. */
const PROTOCOL_VERSION = 196_608
/** Of one message; longer ones are none of a health question, and bad. */
const MESSAGE_BYTES = 64 * 1024
/** Rows of an answer that are read. */
const MESSAGES_MAX = 1_000

function message(type: string, body: Uint8Array): Buffer {
  const head = Buffer.alloc(4)
  head.writeInt32BE(body.length + 4)
  return Buffer.concat([Buffer.from(type), head, body])
}
const text = (...parts: string[]): Buffer => Buffer.from(parts.map(each => `${each}\0`).join(''))

async function read(talk: Talk): Promise<{ type: string; body: Buffer }> {
  const head = await talk.bytes(5)
  const [type, length] = [String.fromCharCode(head[0]!), head.readInt32BE(1)]
  if (!/[A-Za-z0-9]/.test(type) || length < 4 || length > MESSAGE_BYTES)
    throw new Amiss(`it does not speak as PostgreSQL does: ${quoted(head)}`)
  return { type, body: await talk.bytes(length - 4) }
}

/** Fields of an error by their letters: `C` is its code, `M` its message. */
const fieldsOf = (body: Buffer): Map<string, string> =>
  new Map(
    body
      .toString('utf8')
      .split('\0')
      .filter(each => each !== '')
      .map(each => [each[0]!, each.slice(1)]),
  )

/**
 * Refusals of somebody unknown: the server is there and decides. Of what it says before that it is not ready (57P03), full (53300)
 * or going down, nothing is among them.
 */
const WHO_ARE_YOU = /^(?:28000|28P01|3D000)$/

class Refused extends Amiss {
  constructor(
    readonly code: string,
    said: string,
  ) {
    super(`it answers ${quoted(said)} (${code})`)
  }
}
function refusal(body: Buffer): Refused {
  const fields = fieldsOf(body)
  return new Refused(fields.get('C') ?? '?????', fields.get('M') ?? '')
}

async function authenticate(talk: Talk, body: Buffer, user: string, password: string, scram: Scram): Promise<void> {
  const kind = body.readInt32BE(0)
  const md5 = (...parts: (string | Uint8Array)[]) =>
    parts.reduce((hash, each) => hash.update(each), createHash('md5')).digest('hex')
  if (kind === 0) return
  if (kind === 3) return talk.say(message('p', text(password)))
  if (kind === 5) return talk.say(message('p', text(`md5${md5(md5(password, user), body.subarray(4, 8))}`)))
  if (kind === 10) {
    if (!body.includes('SCRAM-SHA-256\0')) throw new Amiss('it asks for a kind of password that is not known here')
    const first = Buffer.from(scram.first)
    const length = Buffer.alloc(4)
    length.writeInt32BE(first.length)
    return talk.say(message('p', Buffer.concat([text('SCRAM-SHA-256'), length, first])))
  }
  if (kind === 11) return talk.say(message('p', Buffer.from(await scram.final(body.subarray(4).toString()))))
  if (kind === 12) return scram.verify(body.subarray(4).toString())
  throw new Amiss('it asks for a kind of password that is not known here')
}

/** Reads up to where it is ready for a question. */
async function ready(talk: Talk, user: string, password: string): Promise<void> {
  const scram = new Scram(password)
  for (let n = 0; n < MESSAGES_MAX; n++) {
    const { type, body } = await read(talk)
    if (type === 'Z') return
    if (type === 'E') throw refusal(body)
    if (type === 'R') await authenticate(talk, body, user, password, scram)
  }
  throw new Amiss('it does not come to an end')
}

async function ask(talk: Talk, { tls, user, password, database, query }: PostgresqlConfig): Promise<Partial<Checked>> {
  if (tls !== 'none') {
    await talk.say(SSL_REQUEST)
    const answer = (await talk.bytes(1)).toString()
    if (answer !== 'S') throw new Amiss('it does not offer TLS')
    await talk.secure({ check: tls === 'believed' })
  }
  const version = Buffer.alloc(4)
  version.writeInt32BE(PROTOCOL_VERSION)
  const start = Buffer.concat([
    version,
    text('user', user ?? 'epicenter', 'database', database, 'application_name', 'epicenter'),
    Buffer.alloc(1),
  ])
  await talk.say(message('', start))
  if (user === undefined) {
    // Nobody it knows: whether it comes so far as to ask who we are.
    const { type, body } = await read(talk)
    if (type === 'R') return {}
    if (type !== 'E') throw new Amiss('it does not speak as PostgreSQL does')
    const why = refusal(body)
    if (!WHO_ARE_YOU.test(why.code)) throw why
    return {}
  }
  await ready(talk, user, password ?? '')
  await talk.say(message('Q', text(query)))
  await ready(talk, user, '')
  await talk.say(message('X', Buffer.alloc(0)))
  return {}
}

const postgresql: Plugin<'probe', PostgresqlConfig, Probe> = plugin({
  kind: 'probe',
  name: 'postgresql',
  summary: 'asks PostgreSQL whether it takes connections and, where it is given a user, a query',
  start: {
    has: ['postgresql', 'postgres'],
    asks: [{ name: 'host', asks: 'its host', usual: '127.0.0.1' }],
    settings: ({ host }) => ({ host }),
  },
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['host'],
    properties: {
      host: { type: 'string', minLength: 1, maxLength: 253 },
      port: { type: 'integer', minimum: 1, maximum: 65_535, default: 5_432 },
      tls: { enum: ['none', 'require', 'believed'], default: 'none' },
      user: { type: 'string', pattern: '^[^\\x00]{1,63}$' },
      password: { type: 'string', pattern: '^[^\\x00]{1,1000}$', writeOnly: true },
      database: { type: 'string', pattern: '^[^\\x00]{1,63}$', default: 'postgres' },
      query: { type: 'string', pattern: '^[^\\x00]{1,10000}$', default: 'select 1' },
    },
  },
  async open(config, env) {
    const { host, port } = config
    return {
      check: stop => talked(env, { host, port }, stop, talk => ask(talk, config)),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default postgresql
