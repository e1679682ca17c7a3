import { createHash, randomBytes } from 'node:crypto'
import { TransientError } from '../../../contract/error.js'
import type { Connection, PluginEnv, Stop } from '../../../contract/plugin.js'
import { MINUTE } from '../../../contract/time.js'

// A reader of text messages by RFC 6455: no extensions, no compression, no messages of its own but for pings and pongs.

/** Of the answer to the handshake. */
const HEAD_BYTES = 16 * 1024
/** Of one message: posts have a few kilobytes. */
export const FRAME_MESSAGE_BYTES = 1024 * 1024
/** Of what a client appends to its key before it is hashed (RFC 6455, 1.3). */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
/** A refusal is no matter of seconds. */
const HANDSHAKE_RETRY_MS = MINUTE

const OP = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

export interface Frame {
  op: number
  bytes: Buffer
}

const broken = (why: string): TransientError => new TransientError(`it breaks the protocol: ${why}`, 0)

/** Messages and control frames out of bytes as they come. */
export class Frames {
  private rest: Buffer = Buffer.alloc(0)
  /** Of a message in pieces. */
  private parts: Buffer[] = []
  private op: number | null = null

  /** @throws TransientError where the other side breaks the protocol, or sends more than {@link FRAME_MESSAGE_BYTES} */
  take(chunk: Uint8Array): Frame[] {
    const piece = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const data = this.rest.length === 0 ? piece : Buffer.concat([this.rest, piece])
    const frames: Frame[] = []
    let at = 0
    for (;;) {
      const size = sizeOf(data, at)
      if (size === null || data.length < at + size.head + size.body) break
      const from = at + size.head
      const frame = this.join(data[at]!, data.subarray(from, from + size.body))
      if (frame !== null) frames.push(frame)
      at = from + size.body
    }
    this.rest = data.subarray(at)
    return frames
  }

  private join(first: number, bytes: Buffer): Frame | null {
    const [last, op] = [(first & 0x80) !== 0, first & 0x0f]
    if ((first & 0x70) !== 0) throw broken('an extension that nobody asked for')
    if (op >= OP.close) {
      if (!last || bytes.length > 125) throw broken('a control frame in pieces')
      return { op, bytes }
    }
    if ((op === OP.more) !== (this.op !== null)) throw broken('pieces out of order')
    this.op ??= op
    this.parts.push(bytes)
    if (this.parts.reduce((sum, each) => sum + each.length, 0) > FRAME_MESSAGE_BYTES)
      throw broken('a message too large')
    if (!last) return null
    const whole = { op: this.op, bytes: this.parts.length === 1 ? bytes : Buffer.concat(this.parts) }
    this.parts = []
    this.op = null
    return whole
  }
}

/** Bytes of a frame's head and body; null while the head is not whole. */
function sizeOf(data: Buffer, at: number): { head: number; body: number } | null {
  if (data.length < at + 2) return null
  const second = data[at + 1]!
  if ((second & 0x80) !== 0) throw broken('a masked frame')
  const short = second & 0x7f
  if (short < 126) return { head: 2, body: short }
  const head = short === 126 ? 4 : 10
  if (data.length < at + head) return null
  const body = short === 126 ? data.readUInt16BE(at + 2) : Number(data.readBigUInt64BE(at + 2))
  if (body > FRAME_MESSAGE_BYTES) throw broken('a message too large')
  return { head, body }
}

/** A frame of ours, masked as a client's must be. */
export function masked(op: number, bytes: Uint8Array): Buffer {
  const mask = randomBytes(4)
  const body = Buffer.from(bytes).map((byte, i) => byte ^ mask[i % 4]!)
  return Buffer.concat([Buffer.from([0x80 | op, 0x80 | body.length]), mask, body])
}

export interface TextSocket extends AsyncDisposable {
  /** Text messages, those of one piece of the network together; empty where it only shows that it is alive. Ends when it is closed. */
  messages(): AsyncIterable<string[]>
  /** Asks whether the other side is there. */
  ping(): Promise<void>
}

/**
 * Opens a WebSocket.
 *
 * @param url `ws:` or `wss:`
 * @throws TransientError where it is refused, with the status
 */
export async function openSocket(env: PluginEnv, url: string, stop: Stop): Promise<TextSocket> {
  const { protocol, hostname, port, pathname, search, host } = new URL(url)
  const secure = protocol === 'wss:'
  const connection = await env.connect({
    host: hostname,
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    signal: stop,
    ...(secure ? { tls: { alpn: ['http/1.1'] } } : {}),
  })
  try {
    const key = randomBytes(16).toString('base64')
    await connection.write(
      `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\nUser-Agent: epicenter\r\n\r\n`,
    )
    const chunks = connection.chunks()[Symbol.asyncIterator]()
    const rest = await agreed(chunks, key, host)
    return socketOf(connection, chunks, rest)
  } catch (error) {
    await connection[Symbol.asyncDispose]()
    throw error
  }
}

/** Reads the answer to the handshake; returns what came after it. */
async function agreed(chunks: AsyncIterator<Uint8Array>, key: string, host: string): Promise<Buffer> {
  let head: Buffer = Buffer.alloc(0)
  for (;;) {
    const { done, value } = await chunks.next()
    if (done === true) throw new TransientError(`${host} closed the connection before it answered`, HANDSHAKE_RETRY_MS)
    head = Buffer.concat([head, value])
    const end = head.indexOf('\r\n\r\n')
    if (end >= 0) {
      const text = head.subarray(0, end).toString('latin1')
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0)
      if (status !== 101) throw new TransientError(`${host} answered ${status || 'no HTTP'}`, HANDSHAKE_RETRY_MS)
      const accept = /^sec-websocket-accept:\s*(\S+)\s*$/im.exec(text)?.[1]
      const wanted = createHash('sha1')
        .update(key + GUID)
        .digest('base64')
      if (accept !== wanted) throw new TransientError(`${host} speaks no WebSocket`, HANDSHAKE_RETRY_MS)
      return head.subarray(end + 4)
    }
    if (head.length > HEAD_BYTES) throw new TransientError(`${host} answered too much`, HANDSHAKE_RETRY_MS)
  }
}

function socketOf(connection: Connection, chunks: AsyncIterator<Uint8Array>, rest: Buffer): TextSocket {
  const frames = new Frames()
  return {
    async *messages() {
      for (let piece: Uint8Array = rest; ; ) {
        const texts: string[] = []
        let closed = false
        for (const { op, bytes } of frames.take(piece)) {
          if (op === OP.text) texts.push(bytes.toString('utf8'))
          else if (op === OP.ping) await connection.write(masked(OP.pong, bytes))
          else if (op === OP.close) closed = true
        }
        yield texts
        if (closed) return
        const { done, value } = await chunks.next()
        if (done === true) return
        piece = value
      }
    },
    ping: () => connection.write(masked(OP.ping, new Uint8Array(0))),
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  }
}
