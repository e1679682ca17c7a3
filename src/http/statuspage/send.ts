import type { FastifyReply, FastifyRequest } from 'fastify'
import { homeOf } from '../home.js'
import { type Bytes, chooseEncoding, matches } from '../pages/cache.js'

/** Shared caches may hold an answer for two seconds and serve it for half a minute while they fetch the next one. */
const CACHE_CONTROL = 'public, max-age=2, stale-while-revalidate=30'

/** Everybody may read it from everywhere: there is nothing in it that is not public. */
export function sendOpen(request: FastifyRequest, reply: FastifyReply, made: Bytes): FastifyReply {
  const bytes = made.under(homeOf(request).base)
  const encoding = chooseEncoding(request.headers['accept-encoding'])
  reply
    .header('access-control-allow-origin', '*')
    .header('access-control-expose-headers', 'etag')
    .header('cache-control', CACHE_CONTROL)
    .header('x-content-type-options', 'nosniff')
    .header(
      'vary',
      bytes.type.startsWith('application/') ? 'accept-encoding' : 'accept-encoding, accept-language, cookie',
    )
    .header('etag', `"${bytes.etag}"`)
  if (matches(request.headers['if-none-match'], bytes.etag)) return reply.code(304).send()
  if (encoding !== 'identity') reply.header('content-encoding', encoding)
  return reply.code(bytes.status).header('content-type', bytes.type).send(bytes.encoded(encoding))
}
