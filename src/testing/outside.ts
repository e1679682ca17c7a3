import { PermanentError, RefusedError, TransientError } from '../contract/error.js'
import type { FilePlace, Following, Heard, Listening, Piece } from '../contract/outside/listening.js'
import type { Certified, Connection, ConnectTo, Fetched, FetchInit, PluginEnv } from '../contract/plugin.js'

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
    datagram: async () => fail(),
    lookup: async () => (broken ? fail() : ['192.0.2.1']),
    follow: async (path, { from = 'start', lastBytes = 0 } = {}) =>
      broken ? fail() : followed(files, path, from === 'end' && lastBytes > 0 ? 'start' : from),
    listen: async ({ host = '127.0.0.1', port }) => (broken ? fail() : listening(heard, host, port)),
    says: () => 'other',
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

/** How a server talks: what it does when somebody is there, and with each thing that it is told. */
export type Talks = (say: (bytes: Uint8Array | string) => void, hangUp: () => void) => (heard: Buffer) => void

/** An outside where everybody who is connected to talks like this. */
export function fakeTalk(talks: Talks, tls?: Partial<Certified>) {
  const outside = fakeOutside()
  const to: ConnectTo[] = []
  outside.env.connect = async asked => {
    to.push(asked)
    return talkOf(talks, asked, tls)
  }
  return { ...outside, to }
}

const CERTIFIED: Certified = {
  protocol: 'TLSv1.3',
  alpn: null,
  certificateUntil: Date.UTC(2026, 11, 3),
  subject: 'shop.example',
  problem: null,
}

function talkOf(talks: Talks, asked: ConnectTo, tls: Partial<Certified> = {}): Connection {
  const waiting: Uint8Array[] = []
  let over = false
  let wake = () => {}
  const heard = talks(
    bytes => {
      waiting.push(Buffer.from(bytes as string))
      wake()
    },
    () => {
      over = true
      wake()
    },
  )
  const connection: Connection = {
    address: '192.0.2.1',
    phases: { lookup: 1, connect: 2, total: 3 },
    ...(asked.tls === undefined ? {} : { tls: { ...CERTIFIED, ...tls } }),
    write: async bytes => heard(Buffer.from(bytes as string)),
    async *chunks() {
      for (;;) {
        while (waiting.length > 0) yield waiting.shift()!
        if (over) return
        await new Promise<void>(done => {
          wake = done
        })
      }
    },
    secure: async () => {
      connection.tls = { ...CERTIFIED, ...tls }
    },
    async [Symbol.asyncDispose]() {
      over = true
      wake()
    },
  }
  return connection
}

/** Worlds in which a probe that connects can tell nothing. */
export const BLIND: [what: string, outside: () => ReturnType<typeof fakeOutside>][] = (
  [
    ['no network of our own', 'ENETUNREACH'],
    ['a resolver that does not answer', 'EAI_AGAIN'],
    ['an address that is not allowed', 'ENOTPUBLIC'],
  ] as const
).map(([what, code]) => [
  what,
  () => {
    const outside = fakeOutside()
    const fail = async () => {
      throw Object.assign(new TransientError(`it cannot be asked (${code})`, 0), { code })
    }
    outside.env.connect = outside.env.datagram = outside.env.fetch = fail
    return outside
  },
])
/** Nobody listens there. */
export const REFUSING: [what: string, outside: () => ReturnType<typeof fakeOutside>, why: RegExp] = [
  'nobody there',
  () => {
    const outside = fakeOutside()
    outside.break()
    return outside
  },
  /there is no network/,
]

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
