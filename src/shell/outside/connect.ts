import net from 'node:net'
import tls from 'node:tls'
import { once } from 'node:events'
import { PermanentError } from '../../contract/error.js'
import { OUTSIDE_IDLE_MS, OUTSIDE_MS } from '../../contract/limits.js'
import type { Certified, Connection, ConnectTo, Phases } from '../../contract/plugin.js'
import { given, within } from './fetch.js'
import { type Guard, Unreachable } from './guard.js'

/** A connection by TCP or TLS to what the guard lets. @throws Unreachable, NotAllowed */
export async function connect(to: ConnectTo, guard: Guard): Promise<Connection> {
  const { host, port, timeoutMs = OUTSIDE_MS, signal } = to
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new PermanentError('a port is from 1 to 65535')
  const stop = new AbortController()
  let late = false
  const timer = setTimeout(() => {
    late = true
    stop.abort()
  }, timeoutMs)
  if (signal?.aborted === true) stop.abort()
  signal?.addEventListener('abort', () => stop.abort(), { once: true })
  const began = performance.now()
  const phases: Phases = { total: 0 }
  let socket: net.Socket | null = null
  try {
    const addresses = await within(guard.addressesOf(host), stop.signal)
    phases.lookup = performance.now() - began
    // A conversation waits for each small answer: held back, a line costs the 40 ms after which the other side acknowledges.
    socket = net.connect({ host, port, lookup: given(addresses), noDelay: true })
    await once(socket, 'connect', { signal: stop.signal })
    phases.connect = performance.now() - began - phases.lookup
    const address = socket.remoteAddress ?? addresses[0]!.address
    const secure = to.tls === undefined ? null : await agree(socket, to, stop.signal)
    phases.total = performance.now() - began
    if (secure !== null) phases.tls = phases.total - phases.connect - phases.lookup
    return new Made(secure?.socket ?? socket, host, address, phases, secure?.about)
  } catch (error) {
    socket?.destroy()
    if (error instanceof Unreachable || error instanceof PermanentError) throw error
    if (late) throw new Unreachable('ETIMEDOUT', `${host}:${port} gave no answer within ${timeoutMs / 1_000} s`)
    if (stop.signal.aborted) throw new Unreachable('ABORT_ERR', `the connection to ${host}:${port} was stopped`, 0)
    const { code, name } = error as NodeJS.ErrnoException
    throw new Unreachable(code ?? name, `${host}:${port} cannot be connected to (${code ?? name})`)
  } finally {
    clearTimeout(timer)
  }
}

async function agree(plain: net.Socket, { host, tls: asked }: Pick<ConnectTo, 'host' | 'tls'>, signal: AbortSignal) {
  const { alpn = [], check = true } = asked === true || asked === undefined ? {} : asked
  const socket = tls.connect({
    socket: plain,
    ...(net.isIP(host) === 0 ? { servername: host } : {}),
    host,
    ALPNProtocols: alpn,
    rejectUnauthorized: check,
  })
  try {
    await once(socket, 'secureConnect', { signal })
  } catch (error) {
    socket.destroy()
    throw error
  }
  const { valid_to: until, subject } = socket.getPeerCertificate()
  const about: Certified = {
    protocol: socket.getProtocol() ?? 'unknown',
    alpn: typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : null,
    certificateUntil: Date.parse(until),
    subject: String(subject?.CN ?? ''),
    problem: socket.authorized ? null : codeOf(socket.authorizationError),
  }
  return { socket, about }
}

const codeOf = (error: unknown): string => (error as { code?: string })?.code ?? String(error)

class Made implements Connection {
  tls?: Certified

  constructor(
    private socket: net.Socket,
    private readonly host: string,
    readonly address: string,
    readonly phases: Phases,
    about?: Certified,
  ) {
    if (about !== undefined) this.tls = about
    this.mind()
  }

  private mind(): void {
    const { socket } = this
    // Told by whoever reads or writes next; without a listener it would end the process.
    socket.on('error', () => {})
    socket.setTimeout(OUTSIDE_IDLE_MS, () => socket.destroy(new Unreachable('ETIMEDOUT', 'the other side is silent')))
  }

  write(bytes: Uint8Array | string): Promise<void> {
    return new Promise((done, fail) => {
      this.socket.write(bytes, error =>
        error
          ? fail(new Unreachable((error as NodeJS.ErrnoException).code ?? 'EPIPE', 'the connection is closed'))
          : done(),
      )
    })
  }

  chunks(): AsyncIterable<Uint8Array> {
    return this.socket as AsyncIterable<Uint8Array>
  }

  async secure(tls: Exclude<ConnectTo['tls'], undefined>): Promise<void> {
    const began = performance.now()
    try {
      const { socket, about } = await agree(this.socket, { host: this.host, tls }, AbortSignal.timeout(OUTSIDE_MS))
      this.socket = socket
      this.tls = about
    } catch (error) {
      this.socket.destroy()
      const { code, name } = error as NodeJS.ErrnoException
      throw new Unreachable(code ?? name, `${this.host} does not agree on TLS (${code ?? name})`)
    }
    this.phases.tls = performance.now() - began
    this.mind()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy()
  }
}
