import { connect, constants } from 'node:http2'
import { Duplex } from 'node:stream'
import { callbackify } from 'node:util'
import { type Checked, type Connection, type Plugin, plugin, type Probe, type Stop } from '../../contract/plugin.js'
import { Amiss, talked } from '../shared/talk.js'

export interface GrpcConfig {
  host: string
  port: number
  tls: boolean
  /** Which of its services; empty for the server as a whole. */
  name: string
}

// The health protocol of gRPC (grpc.health.v1.Health/Check) by hand: one field in, one field out.

/** Of the message HealthCheckResponse. */
const STATUSES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const
/** Of an answer: it has seven. More is none. */
const HEALTH_BYTES = 1_024
const [NOT_FOUND, UNIMPLEMENTED] = ['5', '12']

/** HealthCheckRequest { service = 1 } in a frame of gRPC: not packed, its length, itself. */
function question(name: string): Buffer {
  const bytes = Buffer.from(name)
  const body = bytes.length === 0 ? bytes : Buffer.concat([Buffer.from([10, bytes.length]), bytes])
  const head = Buffer.alloc(5)
  head.writeUInt32BE(body.length, 1)
  return Buffer.concat([head, body])
}

/** The field `status` of an answer; proto3 leaves a zero out. @throws Amiss */
function statusOf(frame: Buffer): string {
  if (frame.length < 5 || frame[0] !== 0 || frame.readUInt32BE(1) !== frame.length - 5)
    throw new Amiss('its answer is no message of gRPC, or cut off')
  const body = frame.subarray(5)
  const status = body.length === 0 ? 0 : body[0] === 8 && body.length === 2 ? body[1]! : -1
  const word = STATUSES[status]
  if (word === undefined) throw new Amiss('its answer is not about health')
  return word
}

/** A connection of the environment as a stream. */
function streamOf(connection: Connection): Duplex {
  const pieces = connection.chunks()[Symbol.asyncIterator]()
  return new Duplex({
    read() {
      pieces.next().then(
        ({ done, value }) => this.push(done === true ? null : value),
        (error: Error) => this.destroy(error),
      )
    },
    write(bytes: Buffer, _, done) {
      callbackify(() => connection.write(bytes))(done)
    },
    destroy(error, done) {
      callbackify(async () => connection[Symbol.asyncDispose]())(() => done(error))
    },
  })
}

async function ask(connection: Connection, { host, port, tls, name }: GrpcConfig, stop: Stop): Promise<string> {
  const scheme = tls ? 'https' : 'http'
  const session = connect(`${scheme}://${host}:${port}`, { createConnection: () => streamOf(connection) })
  try {
    return await new Promise<string>((resolve, reject) => {
      const broken = (error: Error) =>
        reject(new Amiss(`it does not speak HTTP/2 (${(error as NodeJS.ErrnoException).code ?? error.name})`))
      session.on('error', broken)
      session.on('close', () => reject(new Amiss('it hangs up without an answer')))
      stop.addEventListener('abort', () => session.destroy(), { once: true })
      const request = session.request({
        ':method': 'POST',
        ':path': '/grpc.health.v1.Health/Check',
        'content-type': 'application/grpc',
        te: 'trailers',
      })
      let status = ''
      let grpc: string | undefined
      const pieces: Buffer[] = []
      const note = (headers: Record<string, unknown>) => {
        const code = headers['grpc-status']
        if (typeof code === 'string') grpc = code
      }
      request.on('response', headers => {
        status = String(headers[constants.HTTP2_HEADER_STATUS])
        note(headers)
      })
      request.on('trailers', note)
      request.on('data', (piece: Buffer) => {
        pieces.push(piece)
        if (pieces.reduce((sum, each) => sum + each.length, 0) > HEALTH_BYTES) session.destroy()
      })
      request.on('error', broken)
      request.on('end', () => {
        try {
          resolve(answered(status, grpc, Buffer.concat(pieces), name))
        } catch (error) {
          reject(error as Error)
        }
      })
      request.end(question(name))
    })
  } finally {
    session.destroy()
  }
}

function answered(status: string, grpc: string | undefined, frame: Buffer, name: string): string {
  if (status !== '200') throw new Amiss(`status ${status}`)
  if (grpc === NOT_FOUND) throw new Amiss(`it knows no service ${name === '' ? 'of its own' : name}`)
  if (grpc === UNIMPLEMENTED) throw new Amiss('it does not answer questions of health')
  if (grpc === undefined) throw new Amiss('its answer has no end')
  if (grpc !== '0')
    throw new Amiss(`it answers with the status ${/^\d{1,3}$/.test(grpc) ? grpc : 'of no number'} of gRPC`)
  return statusOf(frame)
}

const grpc: Plugin<'probe', GrpcConfig, Probe> = plugin({
  kind: 'probe',
  name: 'grpc',
  summary: 'asks a server of gRPC for its health, or for that of one of its services',
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['host', 'port'],
    properties: {
      host: { type: 'string', minLength: 1, maxLength: 253 },
      port: { type: 'integer', minimum: 1, maximum: 65_535 },
      tls: { type: 'boolean', default: false },
      name: { type: 'string', maxLength: 100, pattern: '^[\\w./-]*$', default: '' },
    },
  },
  async open(config, env) {
    const { host, port, tls } = config
    return {
      check: stop =>
        talked(
          env,
          { host, port, ...(tls ? { tls: { alpn: ['h2'] } } : {}) },
          stop,
          async (talk): Promise<Partial<Checked>> => {
            const health = await ask(talk.connection, config, stop)
            if (health !== 'SERVING') throw new Amiss(`it says ${health}`)
            return {}
          },
        ),
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default grpc
