import { Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { TransientError } from '../../contract/error.js'
import { ARRAY_BYTES, RETRY_AFTER_MS } from '../../contract/limits.js'
import type { Receiver } from '../../contract/plugin.js'
import type { Answer, Received } from '../../contract/received.js'
import type { App } from '../../shell/app.js'
import { senderOf } from '../guard.js'
import { HttpProblem, notFound } from '../problem.js'
import type { Routes } from '../routes.js'
import type { Visitors } from '../visitor.js'
import { parsed, JsonShape, refuseDepth } from './body.js'
import { bytesOf, counted, problemOf } from './ingest.js'
import type { Places } from './places.js'

interface Parts {
  app: App
  /** The same that signals have. */
  places: Places
  visitors: Visitors
  /** Asks for a token that may send signals. */
  guard: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>
}

const Params = Type.Object({ id: Type.String({ minLength: 1, maxLength: 100, description: 'Of the configuration' }) })

/** `/in/ID` and whatever lies below: what others send in their own words, for the receiver of that id to read. */
export function receiverRoutes(server: FastifyInstance, routes: Routes, parts: Parts): void {
  const handle = async (request: FastifyRequest, reply: FastifyReply) => {
    try {
      return await receive(parts, request, reply)
    } catch (error) {
      throw problemOf(error as Error)
    }
  }
  const own = async (request: FastifyRequest, reply: FastifyReply) => {
    // Who has a secret of its own is asked for it once the body is there, which it may be signed with.
    if (receiverOf(parts.app, request).trusts === undefined) await parts.guard(request, reply)
  }
  for (const method of ['POST', 'GET'] as const) {
    routes.add(
      server,
      {
        method,
        url: '/in/:id',
        summary:
          method === 'POST'
            ? 'A message in the words of a foreign protocol, read by a receiver of the configuration'
            : 'A question of a foreign protocol, answered by a receiver of the configuration',
        scope: 'signals',
        streamed: true,
        params: Params,
        ...(method === 'POST' ? { consumes: ['*/*'] } : {}),
        answer: { type: '*/*', says: 'What the protocol has for an answer, or the counts of signals' },
        fails: [400, 404, 405, 408, 413, 415, 503],
        handle: ({ raw }, reply) => handle(raw, reply),
      },
      own,
    )
    server.route({
      method,
      url: '/in/:id/*',
      config: { scope: 'signals', streamed: true },
      onRequest: own,
      handler: handle,
    })
  }
}

const idOf = (request: FastifyRequest): string => (request.params as { id: string }).id

/** @throws HttpProblem 404 where there is none, TransientError while it cannot be opened */
function receiverOf(app: App, request: FastifyRequest): Receiver {
  const found = app.inputs.receiver(idOf(request))
  if (found === null) throw notFound('receiver', idOf(request))
  const { receiver } = found.task
  if (receiver === null) throw new TransientError('this receiver is not open yet', RETRY_AFTER_MS)
  return receiver
}

async function receive(
  { app, places, visitors }: Parts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const receiver = receiverOf(app, request)
  const { methods = ['POST'] } = receiver
  const method = request.method as Received['method']
  if (!methods.includes(method))
    throw new HttpProblem(405, 'not with this method', `use ${methods.join(', ')}`, { rule: 'method', value: method })
  const limit = Math.min(receiver.maxBytes ?? ARRAY_BYTES, ARRAY_BYTES)
  const received = await readWhole({ places, visitors }, request, limit, receiver.unpacks)
  const answer = await app.receive(idOf(request), received, senderOf(request))
  if ('refused' in answer) {
    const { rule, message, value, status = 400, answer: own } = answer.refused
    if (own !== undefined) return send(reply, own)
    throw new HttpProblem(status, 'this is not taken', message, { rule, ...(value === undefined ? {} : { value }) })
  }
  if (answer.answer !== null) return send(reply, answer.answer)
  const { accepted, duplicate, rejectedCount } = answer.receipt
  // What a receiver understood and has no signal of, a trial or an empty list, is no error.
  return accepted + duplicate + rejectedCount === 0 ? answer.receipt : counted(answer.receipt)
}

function send(reply: FastifyReply, { status, headers = {}, body = '' }: Answer): FastifyReply {
  for (const [name, value] of Object.entries(headers)) reply.header(name, value)
  // Whatever a plug-in says, no page of ours is made of it.
  if (reply.getHeader('content-type') === undefined) reply.type('text/plain; charset=utf-8')
  return reply
    .header('cache-control', 'no-store')
    .code(status)
    .serializer((payload: unknown) => payload as string)
    .send(typeof body === 'string' ? body : Buffer.from(body))
}

/** A request with its body, which is read in its turn. @throws HttpProblem 413 beyond `limit` */
export async function readWhole(
  { places, visitors }: Pick<Parts, 'places' | 'visitors'>,
  request: FastifyRequest,
  limit: number,
  unpacks?: readonly string[],
): Promise<Received> {
  const method = request.method as Received['method']
  const circles = [senderOf(request)?.name ?? '', ...visitors.circles(request)]
  const body =
    method === 'GET'
      ? Buffer.alloc(0)
      : await places.with(circles, true, place => whole(place.read(bytesOf(request, unpacks)), limit))
  return {
    method,
    path: decoded((request.params as { '*'?: string })['*'] ?? ''),
    query: lastOf(request.query as Record<string, string | string[]>),
    headers: lastOf(request.headers as Record<string, string | string[]>, ', '),
    body,
    json: () => jsonOf(body),
  }
}

async function whole(bytes: AsyncIterable<Buffer>, limit: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of bytes) {
    size += piece.length
    if (size > limit)
      throw new HttpProblem(413, 'too large', `a body has at most ${limit} bytes here`, {
        rule: 'body.size',
        value: `more than ${limit}`,
      })
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

function jsonOf(body: Buffer): unknown {
  const shape = new JsonShape()
  shape.push(body)
  refuseDepth(shape)
  return parsed(body)
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path).replace(/^\/+|(?<!\/)\/+$/g, '')
  } catch {
    return path
  }
}

/** One value of each name. */
const lastOf = (all: Record<string, string | string[] | undefined>, join?: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(all).flatMap(([name, value]): [string, string][] =>
      value === undefined
        ? []
        : [[name, Array.isArray(value) ? (join === undefined ? (value.at(-1) ?? '') : value.join(join)) : value]],
    ),
  )
