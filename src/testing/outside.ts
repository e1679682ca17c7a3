import { PermanentError, RefusedError, TransientError } from '../contract/error.js'
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
    log: (_, what) => void said.push(what),
    errors: { PermanentError, TransientError, RefusedError },
  }
  return {
    env,
    asked,
    said,
    files,
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
