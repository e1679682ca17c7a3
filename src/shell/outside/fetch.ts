import type { LookupAddress } from 'node:dns'
import http, { type ClientRequest, type IncomingMessage } from 'node:http'
import https from 'node:https'
import net, { type LookupFunction, type Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { PermanentError } from '../../contract/error.js'
import { OUTSIDE_BYTES, OUTSIDE_IDLE_MS, OUTSIDE_MS, OUTSIDE_REDIRECTS } from '../../contract/limits.js'
import type { Fetched, FetchInit, Phases, Stop } from '../../contract/plugin.js'
import { type Guard, Unreachable } from './guard.js'
import { Halt } from './halt.js'

const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** What is never sent on to another site. */
const OWN_HEADERS = new Set(['authorization', 'cookie', 'proxy-authorization'])

/**
 * `fetch` with a guard: connects only to what the guard lets, looks names up once, times its phases, and bounds bytes and
 * time. Each question has a connection of its own.
 *
 * @throws Unreachable (transient) without an answer, NotAllowed or PermanentError for an address that can never be asked
 */
export async function ask(text: string, init: FetchInit, guard: Guard): Promise<Fetched> {
  const limit = new Limit(init)
  let url = webAddress(text)
  let { method = 'GET', body } = init
  let headers = lowered(init.headers)
  const phases: Phases = { total: 0 }
  const began = performance.now()
  try {
    for (let redirects = 0; ; redirects++) {
      const response = await once(url, method, headers, body, guard, phases, limit, init.ca)
      phases.total = performance.now() - began
      const location = response.headers.location
      if (init.redirect !== 'follow' || !REDIRECTS.has(response.statusCode ?? 0) || location === undefined)
        return answered(response, url, init, phases, began, limit)
      response.destroy()
      if (redirects === OUTSIDE_REDIRECTS)
        throw new Unreachable('EREDIRECTS', `${url.host} redirects more than ${OUTSIDE_REDIRECTS} times`)
      const next = webAddress(location, url)
      if (next.origin !== url.origin)
        headers = Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN_HEADERS.has(name)))
      if (response.statusCode === 303 || (method === 'POST' && (response.statusCode ?? 0) < 303))
        [method, body] = ['GET', undefined]
      url = next
    }
  } catch (error) {
    limit.end()
    throw limit.explain(error as Error, url)
  }
}

/** Ends a question that takes too long, or that nobody waits for any more. */
class Limit {
  readonly stop = new Halt()
  private timer: NodeJS.Timeout
  private readonly ms: number
  late = false
  private readonly signal: Stop | undefined

  constructor({ timeoutMs = OUTSIDE_MS, signal }: FetchInit) {
    this.ms = timeoutMs
    this.timer = this.after(timeoutMs)
    this.signal = signal
    if (signal?.aborted === true) this.stop.abort()
    signal?.addEventListener('abort', this.stop.abort, { once: true })
  }

  /** From now on so long without a piece of the body. */
  wait(ms: number): void {
    clearTimeout(this.timer)
    this.timer = this.after(ms)
  }

  end(): void {
    clearTimeout(this.timer)
    this.signal?.removeEventListener?.('abort', this.stop.abort)
  }

  private after(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.late = true
      this.stop.abort()
    }, ms).unref()
  }

  /** The same failure as one of ours, naming the host and nothing else of the address. */
  explain(error: Error, { host }: URL): Error {
    if (error instanceof Unreachable || error instanceof PermanentError) return error
    if (this.late) return new Unreachable('ETIMEDOUT', `${host} gave no answer within ${this.ms / 1_000} s`)
    if (this.stop.aborted) return new Unreachable('ABORT_ERR', `the question to ${host} was stopped`, 0)
    const { code, name } = error as NodeJS.ErrnoException
    return new Unreachable(code ?? name, `${host} cannot be asked (${code ?? name})`)
  }
}

/** @throws PermanentError for what is no address of the web; it is not repeated, for it may hold a secret */
function webAddress(text: string, base?: URL): URL {
  let url: URL | null = null
  try {
    url = new URL(text, base)
  } catch {
    // Said below.
  }
  if (url === null || !/^https?:$/.test(url.protocol)) throw new PermanentError('an address begins with http or https')
  return url
}

const lowered = (headers: Record<string, string> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

/** What was looked up, for whoever connects. */
export const given =
  (addresses: LookupAddress[]): LookupFunction =>
  (_, options, callback) => {
    if (options.all === true) callback(null, addresses as never)
    else callback(null, addresses[0]!.address, addresses[0]!.family)
  }

/** One question and the head of its answer. */
async function once(
  url: URL,
  method: string,
  headers: Record<string, string>,
  body: FetchInit['body'],
  guard: Guard,
  phases: Phases,
  { stop }: Limit,
  ca: string | undefined,
): Promise<IncomingMessage> {
  const began = performance.now()
  const addresses = guard.addressIn(url.hostname) ?? (await within(guard.addressesOf(url.hostname), stop))
  phases.lookup = performance.now() - began
  const { username, password } = url
  const auth =
    username + password === '' ? {} : { auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}` }
  const bytes = body === undefined ? undefined : Buffer.from(body as string)
  const secure = url.protocol === 'https:'
  const request = (secure ? https : http).request(url, {
    ...auth,
    ...(ca === undefined ? {} : { ca }),
    method,
    headers: {
      'user-agent': 'Epicenter',
      'accept-encoding': 'gzip, deflate, br',
      ...(bytes === undefined ? {} : { 'content-length': bytes.length }),
      ...headers,
    },
    ...(secure ? { lookup: given(addresses), agent: false } : { createConnection: () => plain(url, addresses) }),
  })
  const abort = () => request.destroy(new Error('stopped'))
  if (stop.aborted) abort()
  stop.addEventListener('abort', abort)
  const answer = new Promise<IncomingMessage>((done, fail) => {
    request.on('response', done).on('error', fail)
  })
  clockPhases(request, phases, secure)
  request.end(bytes)
  return answer
}

/** All connections read into one place, and keep what they read: 64 kB for each of them is most of what a small answer costs. */
const READ = Buffer.allocUnsafe(64 * 1024)

/** A connection without TLS. */
function plain({ hostname, port }: URL, addresses: LookupAddress[]): Socket {
  const socket: Socket = net.connect({
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? 80 : Number(port),
    lookup: given(addresses),
    // With one address there is nothing to try beside it.
    autoSelectFamily: addresses.length > 1,
    onread: { buffer: READ, callback: (count): boolean => socket.push(Buffer.from(READ.subarray(0, count))) },
  })
  // Once an answer has ended nothing is said any more: hanging up takes one call of the system, and saying goodbye before it another.
  socket.destroySoon = () => void socket.destroy()
  return socket
}

function clockPhases(request: ClientRequest, phases: Phases, secure: boolean): void {
  let since = performance.now()
  const lap = () => {
    const now = performance.now()
    const ms = now - since
    since = now
    return ms
  }
  request.once('socket', (socket: Socket) => {
    socket.once('connect', () => {
      phases.connect = lap()
    })
    if (secure)
      socket.once('secureConnect', () => {
        phases.tls = lap()
      })
  })
  request.once('response', () => {
    phases.firstByte = lap()
  })
}

/** A promise that nobody waits for once the signal says so. */
export function within<T>(work: Promise<T>, signal: Stop): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopped = () => reject(new Error('stopped'))
    if (signal.aborted) return stopped()
    signal.addEventListener('abort', stopped, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener?.('abort', stopped))
  })
}

/** Ways of packing that are undone, by their names. */
const UNPACK: Record<string, () => NodeJS.ReadWriteStream & Readable> = {
  gzip: createGunzip as never,
  'x-gzip': createGunzip as never,
  deflate: createInflate as never,
  br: createBrotliDecompress as never,
}

function answered(
  response: IncomingMessage,
  url: URL,
  { stream = false, maxBytes = OUTSIDE_BYTES }: FetchInit,
  phases: Phases,
  began: number,
  limit: Limit,
): Fetched {
  const status = response.statusCode ?? 0
  const socket = response.socket as Partial<TLSSocket>
  const until = socket.getPeerCertificate?.()?.valid_to
  // An answer that nobody reads may end badly without anybody knowing.
  response.on('error', () => {})
  if (stream) limit.wait(OUTSIDE_IDLE_MS)
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const unpack = UNPACK[(response.headers['content-encoding'] ?? '').trim().toLowerCase()]?.()
    const body: Readable = unpack === undefined ? response : (response.pipe(unpack as never) as never)
    if (unpack !== undefined) response.on('error', error => body.destroy(error))
    let size = 0
    try {
      for await (const piece of body as AsyncIterable<Buffer>) {
        if (stream) limit.wait(OUTSIDE_IDLE_MS)
        else if ((size += piece.length) > maxBytes)
          throw new Unreachable('EMSGSIZE', `${url.host} answers with more than ${maxBytes} bytes`)
        yield piece
      }
    } catch (error) {
      throw limit.explain(error as Error, url)
    } finally {
      limit.end()
      response.destroy()
      phases.total = performance.now() - began
    }
  }
  const isPacked = response.headers['content-encoding'] !== undefined
  const bytes = async () => {
    const pieces: Uint8Array[] = []
    if (stream || isPacked) for await (const piece of chunks()) pieces.push(piece)
    else
      try {
        await read(response, maxBytes, url, pieces)
      } catch (error) {
        throw limit.explain(error as Error, url)
      } finally {
        limit.end()
        response.destroy()
        phases.total = performance.now() - began
      }
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
  }
  return {
    ok: status >= 200 && status < 300,
    status,
    url: url.href,
    headers: { get: name => textOf(response.headers[name.toLowerCase()]) },
    phases,
    ...(until === undefined ? {} : { certificateUntil: Date.parse(until) }),
    chunks,
    bytes,
    text: async () => (await bytes()).toString('utf8'),
    async cancel() {
      limit.end()
      response.destroy()
    },
  }
}

/** The whole of a body as it comes, by its events: an iterator costs a short answer more than the rest of its reading. */
function read(response: IncomingMessage, maxBytes: number, { host }: URL, pieces: Uint8Array[]): Promise<void> {
  return new Promise((done, fail) => {
    let size = 0
    response
      .on('data', (piece: Buffer) => {
        if ((size += piece.length) <= maxBytes) return void pieces.push(piece)
        fail(new Unreachable('EMSGSIZE', `${host} answers with more than ${maxBytes} bytes`))
        response.destroy()
      })
      .on('end', done)
      .on('error', fail)
      .on('close', () => fail(Object.assign(new Error('it ended early'), { code: 'ECONNRESET' })))
  })
}

const textOf = (value: string | string[] | undefined): string | null =>
  value === undefined ? null : Array.isArray(value) ? value.join(', ') : value
