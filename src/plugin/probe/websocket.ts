import { createHash, randomBytes } from 'node:crypto'
import { type Plugin, plugin, type Probe } from '../../contract/plugin.js'
import { Expectation, EXPECTED, type Expected, faultsOf } from '../shared/expect.js'
import { Amiss, quoted, type Talk, talked } from '../shared/talk.js'

export interface WebsocketConfig extends Expected {
  url: string
  headers?: Record<string, string>
  /** Offered; it has to take one of them. */
  protocols?: string[]
  /** A text that is sent once it is open. */
  send?: string
}

// RFC 6455, as much of it as a health question needs.

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const [TEXT, BINARY, CLOSE, PING, PONG] = [1, 2, 8, 9, 10]
/** Of one frame; a server that sends longer ones at a health question is bad. */
const FRAME_BYTES = 128 * 1024
/** Frames that are read before what is waited for. */
const FRAMES_MAX = 200

/** One frame of ours, masked as a client's are. */
function frame(opcode: number, payload: Buffer): Buffer {
  const mask = randomBytes(4)
  const size = payload.length
  const length = size < 126 ? [0x80 | size] : size < 65_536 ? [0xfe, size >> 8, size & 255] : null
  if (length === null) throw new Amiss('the text to send is too long')
  return Buffer.concat([Buffer.from([0x80 | opcode, ...length]), mask, payload.map((byte, i) => byte ^ mask[i % 4]!)])
}

async function read(talk: Talk): Promise<{ opcode: number; payload: Buffer }> {
  const head = await talk.bytes(2)
  const masked = (head[1]! & 0x80) !== 0
  let size = head[1]! & 0x7f
  if (masked || (head[0]! & 0x70) !== 0) throw new Amiss('it breaks the rules of WebSocket frames')
  if (size === 126) size = (await talk.bytes(2)).readUInt16BE(0)
  else if (size === 127) size = Number((await talk.bytes(8)).readBigUInt64BE(0))
  if (size > FRAME_BYTES) throw new Amiss(`it sends frames of more than ${FRAME_BYTES} bytes`)
  return { opcode: head[0]! & 15, payload: await talk.bytes(size) }
}

async function shake(talk: Talk, url: URL, { headers = {}, protocols = [] }: WebsocketConfig): Promise<void> {
  const key = randomBytes(16).toString('base64')
  const lines = {
    Host: url.host,
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': key,
    'Sec-WebSocket-Version': '13',
    ...(protocols.length === 0 ? {} : { 'Sec-WebSocket-Protocol': protocols.join(', ') }),
    ...headers,
  }
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`)
  await talk.say(`GET ${url.pathname}${url.search} HTTP/1.1\r\n${head.join('')}\r\n`)
  const answer = (await talk.until(have => have.indexOf('\r\n\r\n') + 4 || -1)).toString('latin1').split('\r\n')
  const status = /^HTTP\/1\.1 (\d{3})/.exec(answer[0]!)?.[1]
  if (status === undefined) throw new Amiss(`it does not speak HTTP: ${quoted(answer[0]!)}`)
  if (status !== '101') throw new Amiss(`status ${status}, where a WebSocket should open`)
  const found = new Map(
    answer.slice(1).map(line => {
      const at = line.indexOf(':')
      return [line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()]
    }),
  )
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64')
  if (found.get('sec-websocket-accept') !== accept) throw new Amiss('it says that it opens, and is no WebSocket')
  if (protocols.length > 0 && !protocols.includes(found.get('sec-websocket-protocol') ?? ''))
    throw new Amiss(`it speaks none of ${protocols.join(', ')}`)
}

/** Waits for the answer to a ping, or for a message that is as it should be. */
async function hear(talk: Talk, expectation: Expectation): Promise<void> {
  let last: string | null = null
  for (let n = 0; n < FRAMES_MAX; n++) {
    const { opcode, payload } = await read(talk)
    if (opcode === CLOSE) {
      const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005
      throw new Amiss(`it closes with ${code}${payload.length > 2 ? ` ${quoted(payload.subarray(2))}` : ''}`)
    }
    if (opcode === PING) await talk.say(frame(PONG, payload))
    if (opcode === PONG && !expectation.some) return
    if ((opcode !== TEXT && opcode !== BINARY) || !expectation.some) continue
    last = expectation.whyNot(payload.toString('utf8'))
    if (last === null) return
  }
  throw new Amiss(last ?? 'it does not answer a ping')
}

const websocket: Plugin<'probe', WebsocketConfig, Probe> = plugin({
  kind: 'probe',
  name: 'websocket',
  summary: 'opens a WebSocket and asks for a pong, or sends a text and looks at what comes back',
  start: {
    has: ['websocket'],
    asks: [{ name: 'url', asks: 'its address', usual: 'ws://127.0.0.1:8000/' }],
    settings: ({ url }) => ({ url }),
  },
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['url'],
    properties: {
      url: { type: 'string', pattern: '^wss?://' },
      headers: {
        type: 'object',
        additionalProperties: { type: 'string', pattern: '^[^\\r\\n]*$', writeOnly: true },
      },
      protocols: { type: 'array', minItems: 1, items: { type: 'string', pattern: '^[!-~]+$' } },
      send: { type: 'string', minLength: 1, maxLength: 10_000 },
      ...EXPECTED,
    },
  },
  check: config => [
    ...(URL.canParse(config.url)
      ? []
      : [{ path: 'url', rule: 'a whole address, such as wss://example.org/', value: '(not shown)' }]),
    ...faultsOf(config),
  ],
  async open(config, env) {
    const url = new URL(config.url)
    const secure = url.protocol === 'wss:'
    const to = {
      host: url.hostname,
      port: Number(url.port) || (secure ? 443 : 80),
      ...(secure ? { tls: { alpn: ['http/1.1'] } } : {}),
    }
    const expectation = new Expectation(config)
    return {
      check: stop =>
        talked(env, to, stop, async talk => {
          await shake(talk, url, config)
          if (config.send !== undefined) await talk.say(frame(TEXT, Buffer.from(config.send)))
          if (!expectation.some) await talk.say(frame(PING, Buffer.from('epicenter')))
          await hear(talk, expectation)
          await talk.say(frame(CLOSE, Buffer.from([3, 232])))
        }),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default websocket
