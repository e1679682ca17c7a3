import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../contract/config.js'
import type { Access } from '../access/access.js'
import { LISTENING, type Shared } from '../entrance.js'
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
  /** Whether one who asks like this sees no more than everybody; undefined where nobody does. */
  isStranger: ((plain: Plain, address: string) => boolean) | undefined
}

type Stands = Omit<StandOptions, 'keepAliveMs' | 'isStranger'> & { access(): Pick<Access, 'isStranger'> }

/** What lies ready is given to everybody, and to those for whom more is opened nothing. */
export function openFront(server: FastifyInstance, config: Config, { access, ...stands }: Stands): Front | null {
  const isStranger = config.pages.some(each => each.private !== undefined)
    ? (plain: Plain, address: string) => access().isStranger(plain, address)
    : undefined
  // At its own machine the demonstration opens all.
  if (config.private || (config.demo && isStranger !== undefined)) return null
  return standBefore(server, { ...stands, keepAliveMs: LISTENING.keepAliveTimeout, isStranger })
}

/** Puts a front before a server that has no routes yet. It keeps what {@link KEPT} routes answer. */
function standBefore(
  server: FastifyInstance,
  { news, isProxy, homes, keepAliveMs, shared, isStranger }: StandOptions,
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
    some: isStranger !== undefined,
  })
  news.onNews(() => {
    const began = performance.now()
    void shelf.renew().then(() => news.took(performance.now() - began))
  })
  const front = new Front(server.server, { shelf, isProxy, keepAliveMs, isForAll: isStranger })
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

/**
 * Throws away what starting left behind, before the first reader comes: they would else wait while V8 does it by itself, some
 * forty milliseconds within the first tenth of a second.
 */
export function clearAway(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}

/** What belongs to a connection is the front's own to say. */
const OF_THE_CONNECTION = new Set(['connection', 'date', 'keep-alive'])

/** For whom a proxy asks. The house asks for itself by any way: as a proxy it could be one of those inside. */
function forOf(proxy: Plain['proxy'], asker: string): { 'x-forwarded-for'?: string } {
  const visitor = asker === HOUSE ? HOUSE : proxy?.visitor
  return proxy === null || visitor === undefined ? {} : { 'x-forwarded-for': visitor }
}

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
      ...forOf(proxy, asker),
      ...(tag === null ? {} : { 'if-none-match': tag }),
    },
  })
  const headers = Object.entries(reply.headers).flatMap(([name, value]): [string, string][] =>
    value === undefined || OF_THE_CONNECTION.has(name) ? [] : [value].flat().map(each => [name, String(each)]),
  )
  return { status: reply.statusCode, message: reply.statusMessage, headers, body: reply.rawPayload }
}
