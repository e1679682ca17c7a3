import { PermanentError, RefusedError, TransientError } from '../contract/error.js'
import type { FilePlace, Following, Heard, Listening, Piece } from '../contract/outside/listening.js'
import type { Fetched, FetchInit, PluginEnv } from '../contract/plugin.js'

/** What somebody outside answers. */
export interface Said {
  status?: number
  headers?: Record<string, string>
  body?: string
}
/** Questions as they came. */
export interface Asked extends FetchInit {
  url: string
}

/**
 * An outside that a test holds in its hand: what it answers, what files hold, and whether there is any. Nothing of it waits.
 */
export function fakeOutside(answer: (asked: Asked) => Said = () => ({}), files: Record<string, string> = {}) {
  const asked: Asked[] = []
  const said: string[] = []
  const heard: Heard[] = []
  let broken = false
  const fail = (): never => {
    throw Object.assign(new TransientError('there is no network', 0), { code: 'ECONNREFUSED' })
  }
  const env: PluginEnv = {
    now: () => Date.UTC(2026, 1, 3, 12),
    sleep: async () => {},
    readText: async path =>
      broken || files[path] === undefined
        ? Promise.reject(Object.assign(new Error('no file'), { code: 'ENOENT' }))
        : files[path],
    fetch: async (url, init = {}) => {
      if (broken) fail()
      asked.push({ url, ...init })
      return fetched(url, answer({ url, ...init }))
    },
    connect: async () => fail(),
    lookup: async () => (broken ? fail() : ['192.0.2.1']),
    follow: async (path, { from = 'start', lastBytes = 0 } = {}) =>
      broken ? fail() : followed(files, path, from === 'end' && lastBytes > 0 ? 'start' : from),
    listen: async ({ host = '127.0.0.1', port }) => (broken ? fail() : listening(heard, host, port)),
    log: (_, what) => void said.push(what),
    errors: { PermanentError, TransientError, RefusedError },
  }
  return {
    env,
    asked,
    said,
    files,
    /** What comes to its ports next. */
    heard,
    /** From now on nothing answers. */
    break: () => {
      broken = true
    },
  }
}

function fetched(url: string, { status = 200, headers = {}, body = '' }: Said): Fetched {
  const bytes = new TextEncoder().encode(body)
  return {
    url,
    status,
    ok: status >= 200 && status < 300,
    headers: { get: name => headers[name.toLowerCase()] ?? null },
    phases: { lookup: 1, connect: 2, firstByte: 3, total: 6 },
    text: async () => body,
    bytes: async () => bytes,
    async *chunks() {
      yield bytes
    },
    cancel: async () => {},
  }
}

/** A text of the test as a file that grows. */
function followed(files: Record<string, string>, path: string, from: FilePlace | 'start' | 'end'): Following {
  const placeAt = (at: number): FilePlace => ({ node: path, at, head: [0, ''], tail: '' })
  const bytes = () => Buffer.from(files[path] ?? '')
  let at = typeof from === 'object' ? from.at : from === 'end' ? bytes().length : 0
  let anew = typeof from !== 'object'
  return {
    again: true,
    ended: false,
    lost: () => null,
    get there() {
      return files[path] !== undefined
    },
    get place() {
      return files[path] === undefined ? null : placeAt(at)
    },
    async read(_, __, until = Number.POSITIVE_INFINITY): Promise<Piece | null> {
      const here = bytes().subarray(at, Math.min(bytes().length, until))
      const end = here.lastIndexOf(10) + 1
      if (end === 0) return null
      const piece = { bytes: here.subarray(0, end), from: placeAt(at), to: placeAt(at + end), anew }
      at += end
      anew = false
      return piece
    },
    async [Symbol.asyncDispose]() {},
  }
}

/** Each that listens hears everything anew. */
function listening(heard: readonly Heard[], address: string, port: number): Listening {
  let at = 0
  return {
    address,
    port,
    next: async () => {
      const come = heard.slice(at)
      at = heard.length
      return come
    },
    lost: () => ({ datagrams: 0, refused: 0 }),
    async [Symbol.asyncDispose]() {},
  }
}
