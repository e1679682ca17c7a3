import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { createGunzip } from 'node:zlib'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { TransientError } from '../../contract/error.js'
import {
  ARRAY_BYTES,
  BAD_LINES,
  LINE_BYTES,
  REFUSED_BODIES,
  REFUSED_BYTES,
  REFUSED_SENDERS,
  REQUEST_BYTES,
  RETRY_AFTER_MS,
} from '../../contract/limits.js'
import { Refusal, shown } from '../../core/ingest/door.js'
import type { App } from '../../shell/app.js'
import { subscriberOf } from '../../shell/visitors/address.js'
import { Buckets } from '../../shell/visitors/buckets.js'
import type { Tracer } from '../../shell/tracing/tracer.js'
import { CutShort, TooMuch } from '../../shell/workspace/cut-short.js'
import type { Receipt as Counts } from '../../contract/received.js'
import { elementsOf, groupsOf, JsonShape, parsed, refuseDepth } from './body.js'
import { senderOf } from '../guard.js'
import { fromBinary, fromCloudEvent, isBinary } from './cloudevents.js'
import { type Place, Places } from './places.js'
import { HttpProblem } from '../problem.js'
import type { Routes } from '../routes.js'
import { Receipt } from '../schema.js'
import type { Visitors } from '../visitor.js'

const NDJSON = ['application/x-ndjson', 'application/ndjson', 'application/jsonl']
const JSON_TYPES = ['application/json', 'application/cloudevents+json', 'application/cloudevents-batch+json']

type Guard = Parameters<Routes['add']>[2]

/** `POST /api/v1/signals`: the body is read as it streams, so a line of 100 MB costs no memory. `more`: routes with bodies that share its places. */
export function ingestRoutes(
  server: FastifyInstance,
  routes: Routes,
  app: App,
  guard: Guard,
  visitors: Visitors,
  more: (scope: FastifyInstance, places: Places) => void,
): void {
  const places = new Places()
  const refused = new Buckets(REFUSED_BODIES, REFUSED_SENDERS)
  server.addHook('preClose', async () => places.close())
  // In a scope of its own: here no body is parsed before the handler sees it.
  server.register(async scope => {
    scope.removeAllContentTypeParsers()
    if (app.tracer !== undefined) traceRequests(scope, app.tracer)
    scope.addContentTypeParser('*', (_request, _payload, done) => done(null))
    routes.add(
      scope,
      {
        method: 'POST',
        url: '/api/v1/signals',
        summary: 'Observations and facts in; answered once they are durable',
        scope: 'signals',
        streamed: true,
        consumes: [...NDJSON.slice(0, 1), ...JSON_TYPES],
        answer: Receipt,
        fails: [400, 408, 413, 415, 429, 503],
        handle: async ({ raw }) => {
          try {
            return counted(await take(app, { places, refused, visitors }, raw))
          } catch (error) {
            throw problemOf(error as Error)
          }
        },
      },
      guard,
    )
    more(scope, places)
  })
}

/** What comes to these doors, from its head to its answer; a sender's own trace goes on in it. */
function traceRequests(scope: FastifyInstance, tracer: Tracer): void {
  const spans = new WeakMap<FastifyRequest, NonNullable<ReturnType<Tracer['request']>>>()
  scope.addHook('onRequest', async request => {
    const { traceparent } = request.headers
    const name = `${request.method} ${request.routeOptions.url ?? 'unknown'}`
    const span = tracer.request(name, typeof traceparent === 'string' ? traceparent : undefined)
    if (span !== null) spans.set(request, span)
  })
  const ends = (request: FastifyRequest, status: number) => {
    const span = spans.get(request)
    if (span !== undefined && spans.delete(request)) tracer.answered(span, status)
  }
  scope.addHook('onResponse', async (request, reply) => ends(request, reply.statusCode))
  // Its sender went away: no answer is sent.
  scope.addHook('onRequestAbort', async request => ends(request, 499))
}

/** Why a body was not read to its end, as an answer; what counts of it is in it, for it stays so. */
export function problemOf(error: Error): Error {
  if (error instanceof CutShort) {
    const why = problemOf(error.why)
    const { receipt } = error
    // The same request again: what counted is then a duplicate.
    if (why instanceof TransientError)
      return new HttpProblem(503, 'not now', why.message, { retryAfterMs: why.retryAfterMs, extra: { ...receipt } })
    if (!(why instanceof HttpProblem)) return why
    return new HttpProblem(why.status, why.title, why.detail, { ...why.more, extra: { ...why.more.extra, ...receipt } })
  }
  if (error instanceof TooMuch)
    return error.of === 'size'
      ? new HttpProblem(413, 'too large', error.message, { rule: 'body.size', value: `more than ${REQUEST_BYTES}` })
      : new HttpProblem(400, 'too many bad lines', error.message, {
          rule: 'body.rejects',
          value: `more than ${BAD_LINES} beside as many good ones`,
        })
  const { code } = error as { code?: string }
  if (code?.startsWith('Z_') === true)
    return new HttpProblem(400, 'the body is not gzip', error.message, { rule: 'body.gzip', value: code })
  return error
}

interface Door {
  places: Places
  /** Bodies that may yet be refused, by token and line. */
  refused: Buckets
  visitors: Visitors
}

async function take(app: App, { places, refused, visitors }: Door, request: FastifyRequest): Promise<Counts> {
  const sender = senderOf(request)
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase()
  const binary = isBinary(request.headers)
  const lines = NDJSON.includes(type) && !binary
  if (!lines && !JSON_TYPES.includes(type) && !(binary && /^$|\+json$/.test(type)))
    throw new HttpProblem(415, 'unsupported media type', `send ${NDJSON[0]}, ${JSON_TYPES.join(' or ')}`, {
      rule: 'body.type',
      value: shown(type || undefined),
    })
  const address = visitors.address(request)
  const who = `${sender?.name ?? ''} ${isIP(address) === 0 ? address : subscriberOf(address)}`
  if (refused.left(who, app.env.now()) < 1)
    throw new HttpProblem(429, 'too many refused bodies', 'send fewer lines at once until they are right', {
      rule: 'body.refused',
      value: `more than ${REFUSED_BODIES.burst}`,
      retryAfterMs: RETRY_AFTER_MS,
    })
  const circles = [sender?.name ?? '', ...visitors.circles(request)]
  return places.with(circles, !lines, async place => {
    try {
      const bytes = place.read(bytesOf(request))
      if (lines) return await app.ingest(bytes, sender)
      return await app.ingestValues(valuesIn(place, await groupsIn(place, bytes, type, request.headers)), sender)
    } catch (error) {
      const why = error instanceof CutShort ? error.why : (error as Error)
      if (!(why instanceof TransientError) && place.bytes >= REFUSED_BYTES) refused.take(who, app.env.now())
      throw error
    }
  })
}

/** A request of which nothing counts is an error: many senders read no more of an answer than its status. */
export function counted(receipt: Counts): Counts {
  const { accepted, duplicate, rejectedCount, rejected } = receipt
  if (accepted + duplicate > 0) return receipt
  if (rejectedCount === 0)
    throw new HttpProblem(
      400,
      'there is no signal in the body',
      'send one signal per line, or a JSON list of signals',
      {
        rule: 'body.empty',
        value: 'nothing',
        extra: { ...receipt },
      },
    )
  const { rule, message, value, line } = rejected[0]!
  const detail = `${rejectedCount === 1 ? '' : `line ${line}: `}${message}`
  throw new HttpProblem(400, 'nothing was accepted', detail, { rule, value, extra: { ...receipt } })
}

/**
 * The body's bytes, unpacked but for encodings `asIs`. Not destroyed when the reader stops early, so that the answer can still be
 * sent.
 */
export function bytesOf(request: FastifyRequest, asIs: readonly string[] = []): AsyncIterable<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (encoding === 'identity' || asIs.includes(encoding))
    return { [Symbol.asyncIterator]: () => request.raw.iterator({ destroyOnReturn: false }) }
  if (encoding !== 'gzip')
    throw new HttpProblem(415, 'unsupported content encoding', 'send gzip or no encoding', {
      rule: 'body.encoding',
      value: shown(encoding),
    })
  const gunzip = createGunzip()
  request.raw.on('error', error => gunzip.destroy(error))
  request.raw.on('aborted', () => gunzip.destroy(new Error('the sender went away')))
  return request.raw.pipe(gunzip)
}

/** Groups of a list whose values are held; of a longer one they are read again, for values take many times as much as their text. */
const GROUPS_HELD = 8

/** Reads values that are quickly read. */
type Read = () => unknown[]
/** Apart, so that no other reader made beside it keeps the values too. */
const held =
  (values: unknown[]): Read =>
  () =>
    values

/** What a body held whole says, in groups. Nothing of it counts before all of it is known to be JSON. */
async function groupsIn(
  place: Place,
  bytes: AsyncIterable<Buffer>,
  type: string,
  headers: IncomingHttpHeaders,
): Promise<Read[]> {
  const pieces: Buffer[] = []
  const shape = new JsonShape()
  let size = 0
  for await (const piece of bytes) {
    size += piece.length
    if (size > ARRAY_BYTES)
      throw new HttpProblem(
        413,
        'too large',
        `a JSON body may have at most ${ARRAY_BYTES} bytes; NDJSON may have more`,
        {
          rule: 'body.size',
          value: `more than ${ARRAY_BYTES}`,
        },
      )
    shape.push(piece)
    refuseDepth(shape)
    pieces.push(piece)
  }
  const body = Buffer.concat(pieces)
  const events = type.startsWith('application/cloudevents')
  const read = (value: unknown): unknown =>
    isBinary(headers) && !events ? fromBinary(headers, value) : events ? fromCloudEvent(value) : value
  const groups = isBinary(headers) && !events ? null : groupsOf(body, shape)
  if (groups === null) {
    const value = body.length > VALUE_BYTES ? tooLong(body) : read(parsed(body))
    return [() => [value]]
  }
  const found: Read[] = []
  for await (const group of place.inTurns(groups)) {
    const again: Read = () =>
      group.length > VALUE_BYTES ? [tooLong(group)] : elementsOf(group, groups.length === 1).map(each => read(each))
    const values = again()
    found.push(found.length < GROUPS_HELD ? held(values) : again)
  }
  return found
}

async function* valuesIn(place: Place, groups: Read[]): AsyncGenerator<unknown> {
  for await (const read of place.inTurns(groups)) yield* read()
}

/** A signal's and its envelope's: longer ones are not read. */
const VALUE_BYTES = LINE_BYTES + 64 * 1024
const tooLong = ({ length }: Buffer) =>
  new Refusal('line.length', `a signal has at most ${LINE_BYTES} bytes`, shown(length))
