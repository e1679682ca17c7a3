import type { FastifyInstance } from 'fastify'
import type { Shared } from '../entrance.js'
import type { Homes } from '../home.js'
import type { News } from '../news.js'
import type { Given } from './answer.js'
import { Front } from './front.js'
import { HOUSE, type Plain } from './head.js'
import { Shelf } from './shelf.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its answers may lie ready: public, with a tag, and dependent on nothing but what {@link Plain} holds. */
    kept?: boolean
  }
}

/** Options of a route whose answers may lie ready. */
export const KEPT = { config: { kept: true } }

/** An address with parameters as a pattern for paths; one that ends with `*` has anything there. */
export function patternOf(url: string): RegExp {
  return new RegExp(
    `^${url
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replace(/:\w+/g, '[^/]+')
      .replace(/\\\*$/, '.*')}$`,
  )
}

export interface StandOptions {
  news: Pick<News, 'edition' | 'onNews' | 'took'>
  isProxy(address: string): boolean
  homes: Homes
  keepAliveMs: number
  /** Given where another server may take this one's place on the same connections. */
  shared: Shared | undefined
}

/** Puts a front before a server that has no routes yet. It keeps what {@link KEPT} routes answer. */
export function standBefore(
  server: FastifyInstance,
  { news, isProxy, homes, keepAliveMs, shared }: StandOptions,
): Front {
  const kept: RegExp[] = []
  server.addHook('onRoute', ({ url, config }) => {
    if (config?.kept === true) kept.push(patternOf(url))
  })
  const shelf = new Shelf({
    ask: (method, plain, tag, asker) => ask(server, method, plain, tag, asker),
    keeps: plain => {
      const path = homes.find(plain).target.split('?', 1)[0] as string
      return kept.some(each => each.test(path))
    },
    edition: () => news.edition,
    keepAliveMs,
  })
  news.onNews(() => {
    const began = performance.now()
    void shelf.renew().then(() => news.took(performance.now() - began))
  })
  const front = new Front(server.server, { shelf, isProxy, keepAliveMs })
  shared?.fronts.add(front)
  server.addHook('preClose', async () => {
    if (shared === undefined || shared.ending) front.close()
    else front.retire(() => shared.fronts.delete(front))
  })
  return front
}

/** Services whose pages are made before the server listens, 10 ms each. */
const WARM_SERVICES = 10

/** Makes the pages that most people ask for first, so that the first of them waits no longer than the others. */
export async function warm(server: FastifyInstance, services: readonly { id: string }[]): Promise<void> {
  const pages = services.slice(0, WARM_SERVICES).map(({ id }) => `/s/${encodeURIComponent(id)}`)
  for (const url of ['/', '/status', '/api/v2/summary.json', ...pages])
    for (const encoding of ['br', 'gzip']) await server.inject({ url, headers: { 'accept-encoding': encoding } })
}

/** What belongs to a connection is the front's own to say. */
const OF_THE_CONNECTION = new Set(['connection', 'date', 'keep-alive'])

/** The question as it came, without what no answer depends on. */
async function ask(
  server: FastifyInstance,
  method: Plain['method'],
  { target, host, encoding, language, byScript, proxy }: Plain,
  tag: string | null,
  asker: string,
): Promise<Given> {
  const reply = await server.inject({
    method,
    url: target,
    remoteAddress: proxy?.address ?? asker,
    headers: {
      host,
      'accept-encoding': encoding,
      'accept-language': language,
      ...(byScript ? { 'sec-fetch-dest': 'empty' } : {}),
      ...(proxy?.protocol === undefined ? {} : { 'x-forwarded-proto': proxy.protocol }),
      ...(proxy?.host === undefined ? {} : { 'x-forwarded-host': proxy.host }),
      ...(proxy?.prefix === undefined ? {} : { 'x-forwarded-prefix': proxy.prefix }),
      ...(proxy?.forwarded === undefined ? {} : { forwarded: proxy.forwarded }),
      ...(proxy?.visitor === undefined || asker === HOUSE ? {} : { 'x-forwarded-for': proxy.visitor }),
      ...(tag === null ? {} : { 'if-none-match': tag }),
    },
  })
  const headers = Object.entries(reply.headers).flatMap(([name, value]): [string, string][] =>
    value === undefined || OF_THE_CONNECTION.has(name) ? [] : [value].flat().map(each => [name, String(each)]),
  )
  return { status: reply.statusCode, message: reply.statusMessage, headers, body: reply.rawPayload }
}
