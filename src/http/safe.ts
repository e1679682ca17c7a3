import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Home, homeOf } from './home.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Made to be shown in other sites' pages. */
    framed?: boolean
  }
}

/** Seconds of a year, for which a browser is asked to remember that we speak https. */
const YEAR_SECONDS = 31_536_000
/** What no page of ours asks a browser for. Notifications and push are no part of this list. */
const NO_FEATURES = ['accelerometer', 'camera', 'display-capture', 'geolocation', 'gyroscope', 'magnetometer']
  .concat(['microphone', 'midi', 'payment', 'usb', 'browsing-topics'])
  .map(each => `${each}=()`)
  .join(', ')
const TRUSTWORTHY = /^https:|^http:\/\/(?:(?:[\w-]+\.)*localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/
/** For what is no page: nothing in it runs, loads or is framed. A worker's own answer says what the worker may load. */
const NO_PAGE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
const SCRIPT = "default-src 'self'; base-uri 'none'; frame-ancestors 'none'"

/**
 * What every answer tells browsers, whatever it is: pages, files, errors, redirects, streams. Each says by itself who may
 * read it from elsewhere (`access-control-allow-origin`) and be framed; this follows.
 */
export function safeHeaders(
  { origin }: Home,
  { type, open, framed }: { type: string; open: boolean; framed: boolean },
): [name: string, value: string][] {
  const isPage = type.startsWith('text/html')
  const headers: [string, string][] = [
    ['x-content-type-options', 'nosniff'],
    ['referrer-policy', 'strict-origin-when-cross-origin'],
    ['permissions-policy', NO_FEATURES],
    ['content-security-policy', type.startsWith('text/javascript') ? SCRIPT : NO_PAGE],
    ['cross-origin-resource-policy', open || framed ? 'cross-origin' : 'same-origin'],
  ]
  if (!framed) headers.push(['x-frame-options', 'DENY'])
  // Elsewhere browsers complain about it instead of heeding it.
  if (isPage && !framed && origin !== null && TRUSTWORTHY.test(origin))
    headers.push(['cross-origin-opener-policy', 'same-origin'])
  // Browsers take it from a connection with TLS alone.
  if (origin?.startsWith('https:') === true) headers.push(['strict-transport-security', `max-age=${YEAR_SECONDS}`])
  return headers
}

/** Adds them to all that a server sends; what a route has said itself stands. */
export function keepSafe(server: FastifyInstance): void {
  server.addHook('onSend', async (request, reply) => void makeSafe(request, reply))
}

/** For what is answered before there are hooks. */
export function makeSafe(request: FastifyRequest, reply: FastifyReply, as?: string): FastifyReply {
  const type = as ?? String(reply.getHeader('content-type') ?? '')
  const open = reply.getHeader('access-control-allow-origin') === '*'
  const framed = request.routeOptions?.config?.framed === true
  for (const [name, value] of safeHeaders(homeOf(request), { type, open, framed }))
    if (!reply.hasHeader(name)) reply.header(name, value)
  return reply
}
