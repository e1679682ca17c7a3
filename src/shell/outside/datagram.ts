import dgram from 'node:dgram'
import { PermanentError } from '../../contract/error.js'
import { OUTSIDE_DATAGRAM_MS } from '../../contract/limits.js'
import type { DatagramTo, Phases, PluginEnv } from '../../contract/plugin.js'
import { within } from './fetch.js'
import { type Guard, Unreachable } from './guard.js'

/** One question by UDP to what the guard lets, and its answer. @throws Unreachable, NotAllowed */
export async function datagram(to: DatagramTo, guard: Guard): Promise<Awaited<ReturnType<PluginEnv['datagram']>>> {
  const { host, port, bytes, timeoutMs = OUTSIDE_DATAGRAM_MS, signal } = to
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
  let socket: dgram.Socket | null = null
  try {
    const [first] = await within(guard.addressesOf(host), stop.signal)
    const { address, family } = first!
    phases.lookup = performance.now() - began
    const own = (socket = dgram.createSocket(family === 6 ? 'udp6' : 'udp4'))
    const answer = new Promise<Uint8Array>((done, fail) => {
      // Connected: only what comes from there is heard, and a port that nobody listens at is told.
      own.on('error', fail)
      own.on('message', message => {
        if (to.answers(message)) done(message)
      })
      own.connect(port, address, () => own.send(bytes))
    })
    const found = await within(answer, stop.signal)
    phases.total = performance.now() - began
    phases.firstByte = phases.total - phases.lookup
    return { bytes: found, address, phases }
  } catch (error) {
    if (error instanceof Unreachable || error instanceof PermanentError) throw error
    if (late) throw new Unreachable('ETIMEDOUT', `${host}:${port} gave no answer within ${timeoutMs / 1_000} s`)
    if (stop.signal.aborted) throw new Unreachable('ABORT_ERR', `the question to ${host}:${port} was stopped`, 0)
    const { code, name } = error as NodeJS.ErrnoException
    throw new Unreachable(code ?? name, `${host}:${port} cannot be asked (${code ?? name})`)
  } finally {
    clearTimeout(timer)
    socket?.close()
  }
}
