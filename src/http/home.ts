import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../contract/config.js'
import { rangesOf } from '../shell/visitors/address.js'
import { HttpProblem } from './problem.js'

// Where readers find this server: decided here alone, for links, cookies, redirects and the question whether a form
// comes from a page of ours.

/** What our address is for one request. */
export interface Home {
  /** `https://example.com`; null where nothing is configured and the request names no host that can be read. */
  origin: string | null
  /** The path under which we stand: `/status`; empty at a site's root. */
  base: string
  /** The status page whose own address this is. */
  page: string | null
  /** Path and query without {@link base}: what the routes know. */
  target: string
  /** Whether the address is configured; else it is what the request said. */
  configured: boolean
}

/** What a proxy of ours says of the request that it passes on. */
export interface Said {
  host?: string | undefined
  protocol?: string | undefined
  prefix?: string | undefined
  /** `Forwarded` (RFC 7239). */
  forwarded?: string | undefined
}

/** As much of a request as an address depends on. */
export interface Asked {
  target: string
  host: string | undefined
  /** Null: whoever asks is no proxy of ours, and what it says is not believed. */
  proxy: Said | null
}

interface Mount {
  protocol: string
  host: string
  origin: string
  base: string
  page: string | null
}

const HOST = /^(?:[a-z0-9_.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i
const PREFIX = /^(?:\/[\w\-~%.]{1,100}){1,10}\/?$/
/** Longer headers are not read from their start: the nearest proxy writes last. */
const SAID_CHARS = 1_000

/**
 * A host as it is compared: small letters, without the port that its protocol has anyway, without a trailing dot, an
 * international name in its ASCII form. Null where it is none.
 *
 * @example
 * normalHost('Status.Example.COM.:443', 'https') // => 'status.example.com'
 */
export function normalHost(text: string | undefined, protocol: string): string | null {
  if (text === undefined || !HOST.test(text)) return null
  try {
    return new URL(`${protocol}://${text}`).host.replace(/\.(?=:|$)/, '')
  } catch {
    return null
  }
}

/** The addresses of a configuration: its own, and those of its status pages. */
export class Homes {
  readonly #mounts: Mount[]
  readonly #default: Mount | undefined
  readonly #isProxy: (address: string) => boolean
  readonly #found = new WeakMap<IncomingMessage, Home>()
  /** Whether a path without a base is one of ours; told by whoever knows the routes. */
  knows: (path: string) => boolean = () => false

  constructor({ url, pages, proxies }: Pick<Config, 'url' | 'proxies'> & { pages: readonly PageHome[] }) {
    const own = url === null ? undefined : mountOf(url, null)
    const ofPages = pages.flatMap(({ id, url: each }) => (each === null ? [] : [mountOf(each, id)]))
    // The longest path first; where a page has the server's own address, its root is that page.
    this.#mounts = [...ofPages, ...(own ? [own] : [])].sort((a, b) => b.base.length - a.base.length)
    const [first] = ofPages
    const isFirst = first !== undefined && first.page === pages[0]?.id
    const all = pages.length > 0 && ofPages.length === pages.length
    this.#default = own ?? (isFirst && (all || first.base !== '') ? { ...first, page: null } : undefined)
    this.#isProxy = rangesOf(proxies)
  }

  /** Remembered with the request, whose address the router may have changed since. */
  of(raw: IncomingMessage): Home {
    let found = this.#found.get(raw)
    if (!found) this.#found.set(raw, (found = this.find(askedOf(raw, this.#isProxy))))
    return found
  }

  /**
   * Configured addresses come first: the one that has the host of the request, else the server's own. Without them it is
   * what a proxy of ours says, else the request's own host. A base is taken off the path where a proxy left it there.
   */
  find({ target, host, proxy }: Asked): Home {
    const said = saidOf(host, proxy)
    const cut = target.indexOf('?')
    const [path, query] = cut < 0 ? [target, ''] : [target.slice(0, cut), target.slice(cut)]
    const near = this.#mounts.filter(each => each.host === normalHost(said.host, each.protocol))
    const candidates = near.length > 0 ? near : this.#mounts
    const prefixed = said.prefix === null ? undefined : candidates.find(each => each.base === said.prefix)
    // What is configured is no matter of what a request says: a proxy may pass on what strangers write.
    if (said.prefix !== null && !prefixed && near.length === 0 && !this.#default) {
      const inner = this.#within(path, said.prefix)
      return { ...this.#here(said), base: said.prefix, target: (inner === '/' ? path : (inner ?? path)) + query }
    }
    for (const mount of prefixed ? [prefixed] : candidates) {
      const inner = mount.base === '' ? null : this.#within(path, mount.base)
      if (inner !== null) return homeAt(mount, inner + query)
    }
    const mount = prefixed ?? near.find(each => each.base === '') ?? near[0] ?? this.#default
    return mount ? homeAt(mount, target) : { ...this.#here(said), target }
  }

  #here(said: ReturnType<typeof saidOf>): Home {
    const known = normalHost(said.host, said.protocol)
    const origin = known === null ? null : `${said.protocol}://${known}`
    return { origin, base: '', page: null, target: '/', configured: false }
  }

  /**
   * The rest of a path behind a base that the proxy did not take off; null where it did. A base may be called like a path
   * of ours: `/status/` is then the root and `/status` the status page, as our own links write them.
   */
  #within(path: string, base: string): string | null {
    if (path === `${base}/`) return '/'
    if (path === base) return this.knows(path) ? null : '/'
    if (!path.startsWith(`${base}/`)) return null
    const rest = path.slice(base.length)
    return this.knows(rest) || !this.knows(path) ? rest : null
  }

  /** Whether pages with this origin are ours, as far as can be told from the request that a browser sends. */
  isOurs(raw: IncomingMessage, origin: string): boolean {
    let from: URL
    try {
      from = new URL(origin)
    } catch {
      return false
    }
    const protocol = from.protocol.slice(0, -1)
    if (protocol !== 'http' && protocol !== 'https') return false
    const host = normalHost(from.host, protocol)
    if (this.#mounts.some(each => each.protocol === protocol && each.host === host)) return true
    const { headers } = raw
    // A page elsewhere can add none of these to a form, and to nothing else without asking us first: for this question,
    // unlike for links, they are believed of everybody.
    const names = [
      headers.host,
      lastOf(headers['x-forwarded-host']),
      lastOf(headers['x-original-host']),
      forwardedOf(lastOf(headers['forwarded'])).host,
    ]
    // Proxies are often set to pass the name on without its port.
    return names.some(
      each => each !== undefined && (normalHost(each, protocol) === host || bareName(each) === bareName(from.hostname)),
    )
  }
}

interface PageHome {
  id: string
  url: string | null
}

/** A name that was given without a port, for comparing with one whose port does not matter; null where one was given. */
const bareName = (text: string): string | null =>
  /:\d+$/.test(text) && !text.endsWith(']') ? null : normalHost(text, 'http')

function mountOf(url: string, page: string | null): Mount {
  const { protocol, host, pathname } = new URL(url)
  const plain = host.replace(/\.(?=:|$)/, '')
  const name = protocol.slice(0, -1)
  return { protocol: name, host: plain, origin: `${name}://${plain}`, base: pathname.replace(/(?<!\/)\/+$/, ''), page }
}

const homeAt = ({ origin, base, page }: Mount, target: string): Home => ({
  origin,
  base,
  page,
  target,
  configured: true,
})

/** What nearest proxies wrote last. */
function lastOf(header: string | string[] | undefined): string | undefined {
  const text = (Array.isArray(header) ? header.at(-1) : header)?.slice(-SAID_CHARS)
  return text?.slice(text.lastIndexOf(',') + 1).trim() || undefined
}

/** `for=192.0.2.1;host="example.com";proto=https`: one element of `Forwarded`. */
function forwardedOf(element: string | undefined): { host?: string; proto?: string } {
  const pairs = (element ?? '').split(';', 10).map(pair => {
    const at = pair.indexOf('=')
    const value = pair.slice(at + 1).trim()
    return [pair.slice(0, Math.max(0, at)).trim().toLowerCase(), value.replace(/^"|"$/g, '')] as const
  })
  return Object.fromEntries(pairs.filter(([name]) => name === 'host' || name === 'proto'))
}

function saidOf(host: string | undefined, proxy: Said | null) {
  const forwarded = forwardedOf(lastOf(proxy?.forwarded))
  const protocol = (lastOf(proxy?.protocol) ?? forwarded.proto)?.toLowerCase()
  const prefix = lastOf(proxy?.prefix)
  return {
    host: lastOf(proxy?.host) ?? forwarded.host ?? host,
    protocol: protocol === 'https' ? 'https' : 'http',
    prefix:
      prefix !== undefined && prefix !== '/' && PREFIX.test(prefix) && !prefix.includes('..')
        ? prefix.replace(/\/$/, '')
        : null,
  }
}

const single = (header: string | string[] | undefined) => (Array.isArray(header) ? header.join(',') : header)

function askedOf({ url = '/', headers, socket }: IncomingMessage, isProxy: (address: string) => boolean): Asked {
  const trusted = isProxy(socket.remoteAddress ?? '')
  return {
    target: url,
    host: headers.host,
    proxy: trusted
      ? {
          host: single(headers['x-forwarded-host']),
          protocol: single(headers['x-forwarded-proto']),
          prefix: single(headers['x-forwarded-prefix']),
          forwarded: single(headers['forwarded']),
        }
      : null,
  }
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Set by whoever serves pages to people; without it a server is where the request says. */
    homes?: Homes
  }
}

/** Our address for this request. */
export function homeOf(request: FastifyRequest): Home {
  const { homes } = request.server
  if (homes) return homes.of(request.raw)
  const { host, protocol } = request
  const known = normalHost(host, protocol)
  const origin = known === null ? null : `${protocol}://${known}`
  return { origin, base: '', page: null, target: request.url, configured: false }
}

/** The same as the beginning of whole links. @throws HttpProblem where the request does not say where it was asked */
export function wholeHome(request: FastifyRequest): string {
  const { origin, base } = homeOf(request)
  if (origin !== null) return origin + base
  throw new HttpProblem(400, 'a rule is broken', 'the Host header must be a name or an address with an optional port', {
    rule: 'host',
    value: request.host.slice(0, 80),
  })
}

/** The path of a whole address of ours, without our base; null for what is none of ours. */
export function pathWithin({ server, raw }: FastifyRequest, address: string | undefined): string | null {
  if (address === undefined || !URL.canParse(address)) return null
  const { origin, pathname, search } = new URL(address)
  const homes = server.homes ?? new Homes(NOWHERE)
  if (!homes.isOurs(raw, origin) || pathname.startsWith('//')) return null
  return homes.find({ target: pathname + search, host: new URL(address).host, proxy: null }).target
}

/** Redirects and cookies of a server say where they lead without its base; here they get it. */
export function standUnder(server: FastifyInstance, homes: Homes): void {
  server.decorate('homes', homes)
  server.addHook('onSend', async (request, reply) => {
    const { base } = homeOf(request)
    if (base === '') return
    const location = reply.getHeader('location')
    if (typeof location === 'string' && /^\/(?!\/)/.test(location)) reply.header('location', base + location)
    const cookies = [reply.getHeader('set-cookie') ?? []].flat()
    if (cookies.length === 0) return
    reply.removeHeader('set-cookie')
    for (const each of cookies) reply.header('set-cookie', String(each).replace(/; Path=\//i, `; Path=${base}/`))
  })
}

/** Addresses within a page of ours, which are written without a base, under one. */
export function rebased(text: string, base: string): string {
  // Whatever others wrote has its quotes escaped, so that it cannot look like this.
  return base === '' ? text : text.replace(/( (?:href|src|action|formaction|data-tell)=")\/(?!\/)/g, `$1${base}/`)
}

/** The same of what a browser's cookie lets in: a request that says nothing of where it comes from is no page of ours. */
export function fromOurPage(request: FastifyRequest): void {
  const { origin, 'sec-fetch-site': site } = request.headers
  if ((origin === undefined && site === undefined) || site === 'none')
    throw new HttpProblem(403, 'the request does not come from a page of ours', 'send a token instead of a cookie', {
      rule: 'origin',
      value: 'nothing',
    })
  sameSite(request)
}

/** Whether the form comes from a page of ours: another site's page must not report or ask in a visitor's name. */
export function sameSite(request: FastifyRequest): void {
  const { headers, server, raw } = request
  const { origin, host } = headers
  const site = headers['sec-fetch-site']
  // Browsers say it themselves; no page can. `none`: the visitor came by no page.
  if (site === 'same-origin' || site === 'none') return
  if (origin === undefined && site === undefined) return
  if (origin !== undefined) {
    if (server.homes ? server.homes.isOurs(raw, origin) : new Homes(NOWHERE).isOurs(raw, origin)) return
    // Our script says so where a browser does not: a page elsewhere would have to ask us whether it may, and may not.
    if (site === undefined && headers['x-epicenter'] === 'page') return
  }
  throw new HttpProblem(
    403,
    'reports come from this site',
    `the form's page is at ${(origin ?? '').slice(0, 80) || 'another site'}, this server was asked as ${(host ?? '').slice(0, 80)}; behind a proxy set \`url\` to the address that readers see`,
    { rule: 'report.origin', value: (origin ?? site ?? '').slice(0, 80) },
  )
}

const NOWHERE = { url: null, pages: [], proxies: [] }
