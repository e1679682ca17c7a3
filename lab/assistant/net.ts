import {
  Agent,
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'

export interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: string
}
export interface Asked {
  method?: string
  headers?: OutgoingHttpHeaders
  body?: string
  timeoutMs?: number
  lookup?: LookupFunction
}

const agent = new Agent({ keepAlive: true, maxSockets: 2_000 })

/** One question over loopback. @throws Error where nothing answers in time, or the connection breaks */
export async function ask(url: string, asked: Asked = {}): Promise<Answer> {
  const { status, headers, pieces } = await open(url, asked)
  let body = ''
  for await (const piece of pieces) body += piece
  return { status, headers, body }
}

export interface Opened {
  status: number
  headers: IncomingMessage['headers']
  /** The body as it comes. Fails where it does not come whole within the time of the question. */
  pieces: AsyncIterable<string>
}

/** The same, answered once the head of the answer is there. */
export function open(
  url: string,
  { method = 'GET', headers = {}, body, timeoutMs = 30_000, lookup }: Asked = {},
): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    const asking = request(url, { method, agent, headers: { ...headers, ...length }, ...(lookup ? { lookup } : {}) })
    const timer = setTimeout(() => asking.destroy(new Error('no answer in time')), timeoutMs)
    const fail = (error: Error) => {
      clearTimeout(timer)
      reject(error)
    }
    asking.on('error', fail)
    asking.on('response', answer => {
      answer.setEncoding('utf8')
      answer.once('close', () => clearTimeout(timer))
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, pieces: answer })
    })
    asking.end(body)
  })
}

export interface Reply {
  status: number
  headers?: OutgoingHttpHeaders
  body?: string
  /** Sent one after another, as they come, instead of the body. */
  pieces?: AsyncIterable<string>
}
export type Handle = (request: IncomingMessage, body: string) => Promise<Reply> | Reply

/** Who breaks off in the middle is seen to: the connection ends without its end. */
async function stream(pieces: AsyncIterable<string>, outgoing: ServerResponse): Promise<void> {
  try {
    for await (const piece of pieces) {
      if (outgoing.destroyed) return
      outgoing.write(piece)
    }
    outgoing.end()
  } catch {
    outgoing.destroy()
  }
}

/** Listens on loopback at a free port, or at the one that is named. */
export async function listen(handle: Handle, port = 0): Promise<{ port: number; server: Server }> {
  const server = createServer((incoming, outgoing) => {
    let body = ''
    incoming.setEncoding('utf8')
    incoming.on('data', piece => (body += piece))
    incoming.on('end', () => {
      void (async () => handle(incoming, body))()
        .catch((error: unknown): Reply => ({ status: 500, body: String(error) }))
        .then(({ status, headers, body: text = '', pieces }) => {
          outgoing.writeHead(status, headers)
          if (pieces === undefined) return void outgoing.end(text)
          return stream(pieces, outgoing)
        })
    })
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(port, '127.0.0.1', done)
  })
  return { port: (server.address() as AddressInfo).port, server }
}

export const sleep = (ms: number): Promise<void> => new Promise(done => setTimeout(done, ms))
export const header = (request: { headers: IncomingMessage['headers'] }, name: string): string =>
  String(request.headers[name] ?? '')
