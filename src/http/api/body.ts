import { STATUS_CODES } from 'node:http'
import { PassThrough, type Readable } from 'node:stream'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { FORM_MS, HEAD_BYTES, HEAD_MS, JSON_DEPTH } from '../../contract/limits.js'
import { SECOND } from '../../contract/time.js'
import { shown } from '../../core/ingest/door.js'
import { HttpProblem, problemText } from '../problem.js'

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN, CLOSE, COMMA] = [34, 92, 91, 93, 123, 125, 44]
const SPACES = new Set([9, 10, 13, 32])
/** A list is read in groups of so many elements or bytes: reading one takes a millisecond or two. */
const GROUP_ELEMENTS = 200
/** The bytes of such a group. */
const GROUP_BYTES = 64 * 1024

/**
 * Looks at the bytes of a JSON document as they come: how deep it is, and where a list may be cut into groups. Knows nothing
 * else of JSON; whoever reads it afterwards says what is wrong with it. O(bytes).
 */
export class JsonShape {
  depth = 0
  deepest = 0
  /** Commas between elements of the outermost list at which a group ends. */
  readonly cuts: number[] = []
  #inText = false
  #escaped = false
  #at = 0
  #comma = 0
  #elements = 0

  push(bytes: Uint8Array): void {
    for (const c of bytes) {
      if (this.#escaped) this.#escaped = false
      else if (this.#inText) {
        if (c === BACKSLASH) this.#escaped = true
        else if (c === QUOTE) this.#inText = false
      } else if (c === QUOTE) this.#inText = true
      else if (c === OPEN_LIST || c === OPEN) {
        if (++this.depth > this.deepest) this.deepest = this.depth
      } else if (c === CLOSE_LIST || c === CLOSE) {
        if (--this.depth === 0) this.#element()
      } else if (c === COMMA && this.depth === 1) this.#element()
      this.#at++
    }
  }

  /** One ends here. A long one is a group of its own. */
  #element(): void {
    const cut = this.cuts.at(-1) ?? 0
    const long = this.#at - this.#comma >= GROUP_BYTES
    if (long && this.#comma > cut) this.cuts.push(this.#comma)
    if (this.depth === 1 && (long || ++this.#elements >= GROUP_ELEMENTS || this.#at - cut >= GROUP_BYTES)) {
      this.cuts.push(this.#at)
      this.#elements = 0
    }
    this.#comma = this.#at
  }
}

/**
 * The bytes between the brackets of a list, cut where its shape says; null for what is no list. All of them between brackets
 * are JSON exactly if the whole is, and none is blank but the only one.
 */
export function groupsOf(body: Buffer, { cuts, depth }: JsonShape): Buffer[] | null {
  let [from, to] = [body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0, body.length]
  while (SPACES.has(body[from]!)) from++
  while (SPACES.has(body[to - 1]!)) to--
  if (depth !== 0 || body[from] !== OPEN_LIST || to - from < 2 || body[to - 1] !== CLOSE_LIST) return null
  const ends = [...cuts, to - 1]
  return ends.map((end, i) => body.subarray(i === 0 ? from + 1 : ends[i - 1]! + 1, end))
}

/** The elements of one of a list's groups. @throws HttpProblem 400 where it is none */
export function elementsOf(group: Buffer, alone: boolean): unknown[] {
  const values = parsed(Buffer.concat([Buffer.from('['), group, Buffer.from(']')])) as unknown[]
  if (values.length === 0 && !alone) throw noJson('an element is missing', group)
  return values
}

/** @throws HttpProblem as soon as a document is too deep, before anybody reads it */
export function refuseDepth({ deepest }: JsonShape): void {
  if (deepest > JSON_DEPTH)
    throw new HttpProblem(400, 'too deep', `a JSON document may have at most ${JSON_DEPTH} levels`, {
      rule: 'body.depth',
      value: `more than ${JSON_DEPTH}`,
    })
}

/** The value of a whole body of bounded depth. @throws HttpProblem 400 where it is none */
function readJson(body: Buffer): unknown {
  const shape = new JsonShape()
  shape.push(body)
  refuseDepth(shape)
  return parsed(body)
}

/** The value of a body whose shape was looked at. @throws HttpProblem 400 where it is none */
export function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (error) {
    throw noJson((error as Error).message, body)
  }
}

const noJson = (why: string, body: Buffer) =>
  new HttpProblem(400, 'the body is no JSON', why.slice(0, 200), {
    rule: 'body.json',
    value: shown(body.toString('utf8', 0, 80)),
  })

/** Forms and orders: JSON of bounded depth, and a body that has to arrive in time. */
export function limitForms(server: FastifyInstance, formMs = FORM_MS): void {
  server.removeContentTypeParser('application/json')
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_, body, done) => {
    try {
      done(null, readJson(body as Buffer))
    } catch (error) {
      done(error as Error)
    }
  })
  server.addHook('preParsing', async ({ method, routeOptions: { config } }, _, payload) =>
    method === 'POST' && config.streamed !== true ? inTime(payload as Readable, formMs) : payload,
  )
}

/** The same bytes; an error 408 when they have not all come in time. */
function inTime(payload: Readable, formMs: number): Readable {
  const through = new PassThrough()
  const timer = setTimeout(
    () =>
      through.destroy(
        new HttpProblem(408, 'too slow', `a form must arrive within ${formMs / SECOND} s`, {
          rule: 'body.time',
          value: `${formMs / SECOND} s`,
        }),
      ),
    formMs,
  )
  timer.unref()
  const done = () => clearTimeout(timer)
  // Who reads it may have stopped doing so; an error then is nobody's.
  through
    .once('error', done)
    .once('close', done)
    .on('error', () => {})
  payload.once('end', done).once('close', done)
  payload.once('error', error => through.destroy(error))
  return payload.pipe(through)
}

/** What node:http could not read as a request: said like every other error, and the connection is closed. */
export function unread(error: Error & { code?: string }, socket: Socket): void {
  // Nobody is there to read it, or an answer is already on its way.
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  if (socket.writable) {
    const problem = problemOf(error)
    const text = problemText(problem)
    const { status } = problem
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
    )
  }
  socket.destroy(error)
}

function problemOf({ code, message }: Error & { code?: string }): HttpProblem {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new HttpProblem(431, 'the request head is too long', `a request head may have at most ${HEAD_BYTES} bytes`, {
      rule: 'head.size',
      value: `more than ${HEAD_BYTES}`,
    })
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new HttpProblem(408, 'too slow', `a request head must arrive within ${HEAD_MS / SECOND} s`, {
      rule: 'head.time',
      value: `${HEAD_MS / SECOND} s`,
    })
  return new HttpProblem(400, 'this is not an HTTP request', message, { rule: 'head', value: code ?? '' })
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its body is read as it comes, with rules of its own on time and size. */
    streamed?: boolean
  }
}
