import type { FastifyInstance } from 'fastify'
import { HttpProblem } from './problem.js'

const HOST = /^(?:[a-z0-9_.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i

/** Headers in which a proxy says under which address it was asked. Many proxies pass on what strangers write there. */
const SAID = ['x-forwarded-host', 'x-forwarded-prefix', 'forwarded'] as const
const SAID_PROTOCOL = 'x-forwarded-proto'

export interface HostOptions {
  /** Whether what this address says of hosts is believed. */
  isProxy(address: string): boolean
  /** Whether an address is configured, so that no answer rests on what a request says. */
  configured: boolean
}

/**
 * What requests say of the name that they came by, kept from doing harm.
 *
 * Two Host headers, or one that is no name, are refused (RFC 9112, 3.2): the proxy in front and we might read different
 * ones. And an answer whose addresses rest on a forwarded name is for whoever asked and for no shared cache: a cache
 * looks answers up by the name that it was asked by, so a stranger's X-Forwarded-Host would stand in everybody's feed.
 * With `url` in the configuration no answer rests on it.
 */
export function guardHosts(server: FastifyInstance, { isProxy, configured }: HostOptions): void {
  server.addHook('onRequest', async ({ raw }) => {
    const { host } = raw.headers
    const count = raw.rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length
    if (count <= 1 && (host === undefined || host === '' || HOST.test(host))) return
    const detail = count > 1 ? 'a request has one Host header' : 'Host is a name or an address, with a port or without'
    throw new HttpProblem(400, 'a rule is broken', detail, {
      rule: 'host',
      value: count > 1 ? `${count} of them` : (host ?? '').slice(0, 80),
    })
  })
  if (configured) return
  server.addHook('onSend', async ({ headers, socket }, reply) => {
    const cache = reply.getHeader('cache-control')
    if (typeof cache !== 'string' || !cache.startsWith('public') || !isProxy(socket.remoteAddress ?? '')) return
    const vary = String(reply.getHeader('vary') ?? '')
    reply.header('vary', [vary, SAID_PROTOCOL].filter(Boolean).join(', '))
    if (SAID.some(name => headers[name] !== undefined))
      reply.header('cache-control', cache.replace('public', 'private'))
  })
}
