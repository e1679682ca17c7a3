import { AsyncLocalStorage } from 'node:async_hooks'
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { PagePrivate } from '../../contract/access/sign-in.js'
import type { StatusPageConfig } from '../../contract/config.js'
import { DAY, type EpochMs, HOUR, SECOND } from '../../contract/time.js'
import type { IncidentView, Reader } from '../../contract/view.js'
import type { App } from '../../shell/app.js'
import { textsAt } from '../../shell/people/oidc.js'
import { clientAddress, rangesOf } from '../../shell/visitors/address.js'
import { cookieIn, sessionIn } from '../console/cookie.js'
import type { Plain } from '../front/head.js'
import { homeOf } from '../home.js'
import { isOwnMachine } from '../own-machine.js'
import type { Visitors } from '../visitor.js'

/** A page stays open in a browser for so long: by its password, and by a provider, which is then asked again. */
export const OPEN_MS = { password: 7 * DAY, provider: 12 * HOUR }
const COOKIE = 'epicenter-reader'
const COOKIE_FORM = /^[\w-]{10,3000}\.[\w-]{43}$/
/** Turns in which a list that lacks some is filled up. */
const TURNS = 20

/** Who asks, as far as it matters for what they may see. */
export interface Audience {
  /** The same for all who see the same; empty: everybody. */
  key: string
  /** Sees all there is. */
  all: boolean
  /** Ids of pages that are not for everybody and that are open to them. */
  opened: ReadonlySet<string>
  /** When it is over; null: not by time. */
  until: EpochMs | null
}

const EVERYBODY: Audience = { key: '', all: false, opened: new Set(), until: null }
const TEAM: Audience = { key: 'team', all: true, opened: new Set(), until: null }

/**
 * What is not for everybody. As soon as one page is private, a service is public where a public page shows it, and nowhere else:
 * not on the first page, in lists, searches, feeds, badges or events. Who may see a private page sees its services everywhere.
 */
export class Access {
  /** Whether there is anything to keep from anybody. */
  readonly isOn: boolean
  readonly #now = new AsyncLocalStorage<Audience>()
  readonly #known = new WeakMap<FastifyRequest, Audience>()
  readonly #key: Uint8Array
  readonly #isProxy: (address: string) => boolean
  readonly #closed: { page: StatusPageConfig; rule: PagePrivate; isInside: (address: string) => boolean }[]

  constructor(
    private readonly app: App,
    private readonly visitors: Pick<Visitors, 'address'>,
  ) {
    this.#closed = app.config.pages.flatMap(page =>
      page.private === undefined
        ? []
        : [{ page, rule: page.private, isInside: rangesOf(page.private.addresses ?? []) }],
    )
    this.isOn = this.#closed.length > 0
    this.#isProxy = rangesOf(app.config.proxies)
    // A restart and a new configuration leave open what is open.
    this.#key = app.token.secretOf('pages')
  }

  of(request: FastifyRequest): Audience {
    if (!this.isOn) return TEAM
    let found = this.#known.get(request)
    if (!found) this.#known.set(request, (found = this.#read(request)))
    return found
  }

  /** Whether one who asks by plain bytes, at the other end of a socket, sees what everybody sees and no more. */
  isStranger({ known, proxy }: Plain, socket: string): boolean {
    if (known) return false
    const address = clientAddress(socket, proxy?.visitor, this.#isProxy)
    return this.#closed.every(each => !each.isInside(address))
  }

  /** What is read until `work` ends is for this audience. */
  run(request: FastifyRequest, work: () => void): void {
    if (this.isOn) this.#now.run(this.of(request), work)
    else work()
  }

  /** Names whom an answer is for, for what keeps answers. */
  key = (): string => this.#now.getStore()?.key ?? ''

  /** Whether a page is named to whom is answered now. */
  shows = (page: StatusPageConfig): boolean => this.opens(this.#now.getStore() ?? TEAM, page)

  opens({ all, opened }: Audience, { id, private: rule }: StatusPageConfig): boolean {
    return all || rule === undefined || opened.has(id)
  }

  /** `''`: one that nobody has heard of. */
  sees(audience: Audience, service: string): boolean {
    return audience.all || this.app.config.pages.some(page => this.opens(audience, page) && covers(page, service))
  }

  /** Seals the rules by which a service is seen; nothing where everybody sees it. Another rule is another seal. */
  ruleOf = (service: string): { rule?: string } => {
    if (!this.isOn || this.sees(EVERYBODY, service)) return {}
    const rules = this.#closed.flatMap(({ page, rule }) => (covers(page, service) ? [[page.id, rule]] : []))
    return {
      rule: createHmac('sha256', this.#key)
        .update(`rules ${JSON.stringify(rules)}`)
        .digest('base64url'),
    }
  }

  /** A reader that has only what those may see for whom it reads; outside of a request it has all. */
  reader(reader: Reader): Reader {
    if (!this.isOn) return reader
    return onlySeen(reader, service => this.sees(this.#now.getStore() ?? TEAM, service))
  }

  /** Ids of pages that a password opens. Each is compared in the same time. */
  byPassword(password: string): string[] {
    const given = digestOf(password)
    return this.#closed.flatMap(({ page, rule }) =>
      rule.password !== undefined && timingSafeEqual(digestOf(rule.password), given) ? [page.id] : [],
    )
  }

  /** Ids of pages that are open to whoever the provider says this of. */
  byClaims(claims: Record<string, unknown>): string[] {
    return this.#closed.flatMap(({ page: { id }, rule: { oidc } }) => {
      if (oidc === undefined) return []
      const fits = oidc === true || textsAt(claims, oidc.claim ?? 'groups').some(each => oidc.values.includes(each))
      return fits ? [id] : []
    })
  }

  /** Ways to open any of them that the page to sign in offers. */
  get ways(): { password: boolean; provider: string | null } {
    const { oidc } = this.app.config.signIn
    return {
      password: this.#closed.some(({ rule }) => rule.password !== undefined),
      provider: this.#closed.some(({ rule }) => rule.oidc !== undefined) ? (oidc?.label ?? null) : null,
    }
  }

  /** The cookie by which a browser has these pages open, beside those that it has open already. */
  cookie(request: FastifyRequest, ids: readonly string[], forMs: number): string {
    const held = this.#held(request)
    const until = Math.min(this.app.env.now() + forMs, held?.until ?? Infinity)
    const pages = [...new Set([...(held?.opened ?? []), ...ids])].sort()
    const text = Buffer.from(JSON.stringify({ pages, until })).toString('base64url')
    const secure = homeOf(request).origin?.startsWith('https:') === true ? '; Secure' : ''
    return `${COOKIE}=${text}.${this.#seal(text, pages)}; Path=/; Max-Age=${Math.ceil(forMs / SECOND)}; HttpOnly; SameSite=Lax${secure}`
  }

  #read(request: FastifyRequest): Audience {
    const { config, people, tokens } = this.app
    if (config.demo && isOwnMachine(request)) return TEAM
    const session = sessionIn(request)
    if (session !== null && people.find(session) !== null) return TEAM
    const token = tokenIn(request.headers.authorization)
    const known = token === undefined ? null : tokens.find(token)
    if (known !== null && 'sender' in known && known.sender.scopes.includes('read')) return TEAM
    const held = this.#held(request)
    const address = this.visitors.address(request)
    const inside = this.#isOurName(request) ? this.#closed.filter(each => each.isInside(address)) : []
    const opened = new Set([...(held?.opened ?? []), ...inside.map(each => each.page.id)])
    if (opened.size === 0) return EVERYBODY
    return { key: [...opened].sort().join(' '), all: false, opened, until: held?.until ?? null }
  }

  /** Only who asks by our own name is believed to be inside: another site's name may be given our address. */
  #isOurName(request: FastifyRequest): boolean {
    const { url, pages } = this.app.config
    const named = [url, ...pages.map(each => each.url)].flatMap(each => (each === null ? [] : [new URL(each).hostname]))
    return named.includes(request.hostname.toLowerCase())
  }

  #held(request: FastifyRequest): { opened: string[]; until: EpochMs } | null {
    const [text = '', seal = ''] = cookieIn(request, COOKIE, COOKIE_FORM)?.split('.') ?? []
    if (text === '') return null
    try {
      const { pages, until } = JSON.parse(Buffer.from(text, 'base64url').toString()) as {
        pages: string[]
        until: EpochMs
      }
      if (!timingSafeEqual(Buffer.from(seal), Buffer.from(this.#seal(text, pages)))) return null
      return until > this.app.env.now() ? { opened: pages, until } : null
    } catch {
      return null
    }
  }

  /** Over the rules of the pages too: a new password shuts what the old one opened. */
  #seal(text: string, pages: readonly string[]): string {
    const rules = pages.map(id => this.#closed.find(each => each.page.id === id)?.rule ?? null)
    return createHmac('sha256', this.#key).update(text).update(JSON.stringify(rules)).digest('base64url')
  }
}

/** A reader that has nothing of services that are not to be seen. */
export function onlySeen(reader: Reader, sees: (service: string) => boolean): Reader {
  const ofService =
    <A extends unknown[], T>(read: (service: string, ...rest: A) => Promise<T>, none: T) =>
    async (service: string, ...rest: A): Promise<T> =>
      sees(service) ? read(service, ...rest) : none
  return {
    workspace: () => reader.workspace(),
    services: async () => (await reader.services()).filter(each => sees(each.service)),
    service: ofService(id => reader.service(id), null),
    rollups: ofService((id, from: EpochMs, until: EpochMs) => reader.rollups(id, from, until), []),
    days: ofService(
      (id, from: EpochMs, until: EpochMs, offsetMs?: number) => reader.days(id, from, until, offsetMs),
      [],
    ),
    facts: ofService(
      (id, from: EpochMs, until: EpochMs, via?: 'change' | 'notice') => reader.facts(id, from, until, via),
      [],
    ),
    incidents: query => seen(reader, query, sees),
    incident: async id => {
      const found = await reader.incident(id)
      return found !== null && sees(found.service) ? found : null
    },
    orders: async id => {
      const found = await reader.incident(id)
      return found !== null && !sees(found.service) ? [] : reader.orders(id)
    },
  }
}

/** As a page's plan has it: its groups, else its services, else all. */
export function covers({ groups, services }: StatusPageConfig, service: string): boolean {
  if (groups !== null)
    return (
      service !== '' &&
      groups.some(group => group.components.some(ref => ref === service || ref.startsWith(`${service}/`)))
    )
  return services === null || services.includes(service)
}

/** A list without what is not to be seen, filled up to as many as were asked for. */
async function seen(
  reader: Reader,
  query: Parameters<Reader['incidents']>[0],
  sees: (service: string) => boolean,
): Promise<IncidentView[]> {
  if (query.service !== undefined) return sees(query.service) ? reader.incidents(query) : []
  const found: IncidentView[] = []
  let { before } = query
  for (let turn = 0; turn < TURNS && found.length < query.limit; turn++) {
    const some = await reader.incidents({ ...query, ...(before === undefined ? {} : { before }) })
    found.push(...some.filter(each => sees(each.service)))
    before = some.at(-1)?.openedAt
    if (some.length < query.limit || before === undefined) break
  }
  return found.slice(0, query.limit)
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text.normalize('NFKC')).digest()

/** A token as programs send it, or as the password that a browser asks for. */
function tokenIn(header = ''): string | undefined {
  const basic = /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(header)?.[1]
  if (basic === undefined) return /^Bearer +(\S+) *$/i.exec(header)?.[1]
  return Buffer.from(basic, 'base64').toString('utf8').split(':').slice(1).join(':')
}
