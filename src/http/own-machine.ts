import type { FastifyRequest } from 'fastify'

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/i
/** A page elsewhere can give its own name the address 127.0.0.1, but the browser then still says that name. */
const LOCAL_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i
/** What proxies, balancers and content networks write when they ask for somebody else. */
const FORWARDS =
  /^(?:forwarded|via|x-forwarded(?:-.*)?|x-real-ip|x-client-ip|x-cluster-client-ip|x-original-.*|x-envoy-.*|x-appengine-.*|x-azure-.*|cf-.*|cdn-loop|fastly-.*|fly-client-ip|true-client-ip|client-ip)$/

/**
 * Whether somebody at this very machine asks, for the demonstration, which takes their word without a token: the
 * connection comes from here, the name it was asked by is this machine's own, nobody stands between, and no page of
 * another site has sent it.
 */
export function isOwnMachine({ socket, headers, raw }: FastifyRequest): boolean {
  if (!LOOPBACK.test(socket.remoteAddress ?? '')) return false
  const { host = '', origin, 'sec-fetch-site': site } = headers
  if (!LOCAL_HOST.test(host) || namesOf(raw.rawHeaders).some(name => FORWARDS.test(name))) return false
  // nginx as it comes out of the box says nothing of whom it asks for, but speaks the old version; no browser does.
  if (raw.httpVersion !== '1.1') return false
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) return false
  return site === undefined || site === 'same-origin' || site === 'none'
}

const namesOf = (raw: readonly string[]): string[] => raw.filter((_, i) => i % 2 === 0).map(name => name.toLowerCase())
