import { readFileSync } from 'node:fs'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { SECOND, type EpochMs } from '../../contract/time.js'
import { TICKS_LATE_MS } from '../../contract/thresholds.js'
import type { Reader, WorkspaceView } from '../../contract/view.js'
import type { UpdateEvery } from '../../core/words/story.js'
import type { Records } from '../api/record.js'
import type { Answered } from './service/back.js'
import { WAIT_MS } from '../../shell/visitors/challenge.js'
import { Bytes, chooseEncoding, type Edition, matches, PageCache, positionOf } from './cache.js'
import { KEPT } from '../front/stand.js'
import { homeOf } from '../home.js'
import { isolating } from './direction.js'
import { html } from './html.js'
import { CONTENT_SECURITY_POLICY, MARK_FILE, page } from './layout.js'
import { type Problem, problemText } from './problem.js'
import { DEFAULT_LANGUAGE, languageOf, rememberLanguage, speechOf, type Speech } from './language.js'
import { rememberTheme, themeOf } from './theme.js'
import { TRAITS, type Traits } from './service/just-me.js'
import { Pages } from './load.js'
import type { Made } from './made.js'
import type { Outside } from './service/places.js'
import { groupsOf, statusPages, type StatusDeps, windowsOn } from './status/pages.js'
import { statusWords } from './status/words.js'
import type { Range } from './service/service.js'
import { en, type Language } from './strings.js'

/** Longest path that is looked up: an id of 200 characters, each at most nine in an address. */
const PATH_LENGTH = 2_000
/** Data grows old without news too, and a page says how old it is: so often it is made again. */
const AGED_MS = 5 * SECOND
/** Shared caches may hold a page for two seconds and serve it for half a minute while they fetch the next one. */
const CACHE_CONTROL = 'public, max-age=2, stale-while-revalidate=30'
const HTML_TYPE = 'text/html; charset=utf-8'
const SCRIPT_TYPE = 'text/javascript; charset=utf-8'
const MARK_ASSET = new Bytes(200, 'image/svg+xml', MARK_FILE)
export const NOWHERE: WorkspaceView = { title: en.product, clock: 'signals', now: 0, position: 0, demo: false }

/** Query parameters that a page knows, with the form of their values. */
const RANGE = /^(?:3h|24h|7d)$/
const QUESTION = /^[^\p{Cc}]{1,80}$/u
const PAGE = /^[1-9]\d{0,2}$/
const THANKS = /^(?:bad|ok)$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/
const MILLISECONDS = /^\d{1,15}$/
const ASKED = /^[\w-]{22}$/
const ANSWERED = /^(?:bad|ok|used)$/
/** What a visitor may choose to be compared by; `-`: anything. */
const NONE = '-'
const CHOICES = {
  country: /^(?:[A-Z]{2}|-)$/,
  platform: /^(?:[a-z]{2,20}|-)$/,
  component: /^.{1,200}$/s,
  asn: /^(?:AS\d{1,10}|-)$/,
}
const LANG = /^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,3}$/

export interface PageDeps extends Outside {
  reader: Reader
  demo?: { status(): unknown; strip(language?: Language): string }
  /** Whether people can report here. */
  report: boolean
  /** The status pages, if there are any. */
  status?: StatusDeps
  /** "Tell me when it is back": what the build left, if no scripts are given. */
  tell?: { script?: string; worker?: string }
  /** The worker that solves a proof of work; what the build left, if not given. */
  solver?: string
  /** Whether a proxy of ours tells the country of a visitor. */
  guesses?: boolean
  /** Words that services are looked for by, by service. */
  tags?: ReadonlyMap<string, readonly string[]>
  /** How often updates are promised, by severity; never, if not given. */
  updates?: UpdateEvery
  /** How right this was. */
  records?: Records
  /** What can be guessed of a visitor from the request alone. */
  hints?: (request: FastifyRequest) => Traits
  /** What names the state of the data; the log's position, if not given. */
  edition?: Edition
  /** Names whom an answer is for; everybody, if not given. */
  audience?: () => string
  /** From how old on what is shown is old by a fault of ours; TICKS_LATE_MS, if not given. */
  lateMs?: number
  /** The wall's time; given by tests. */
  wallNow?: () => EpochMs
  /** The browser's script; what the build left, if not given; null for pages without. */
  script?: string | null
}

type Values = Record<string, string>
type Make = (speech: Speech, values: Values) => Promise<Made | null>

/** Adds the public pages: `/`, `/s/SERVICE`, `/i/INCIDENT`, `/incidents` and their two assets. */
export function registerPages(app: FastifyInstance, deps: PageDeps): void {
  const wallNow = deps.wallNow ?? Date.now
  const site = new Site(deps, wallNow)
  const asking = deps.tell ? scriptOf('tell.js', deps.tell.script) : null
  const tell = deps.tell && asking ? `/assets/tell.js?v=${asking.etag}` : null
  const groups = groupsOf((deps.status?.desk.pages ?? []).filter(each => each.private === undefined))
  const pages = new Pages({
    reader: isolating(deps.reader),
    report: deps.report,
    guesses: deps.guesses ?? false,
    updates: deps.updates ?? {},
    tell,
    wallNow,
    groups,
    tags: deps.tags,
    outside: deps,
    records: deps.records,
    windows: deps.status && (() => windowsOn(deps.status!.desk)),
  })
  const path = (kind: string, id: string) => `/${kind}/${encodeURIComponent(id)}`
  nowPage(app, site, pages)
  app.get<{ Params: { service: string } }>('/s/:service', KEPT, (request, reply) => {
    const { service } = request.params
    return site.answer(
      request,
      reply,
      path('s', service),
      { range: RANGE, thanks: THANKS },
      (speech, { range, thanks }) =>
        pages.service(speech, service, (range ?? null) as Range, (thanks ?? null) as 'bad' | 'ok' | null),
    )
  })
  if (deps.records) recordPages(app, site, pages)
  if (deps.report) justMePage(app, deps, site, pages)
  app.get<{ Params: { incident: string } }>('/i/:incident', KEPT, (request, reply) => {
    const { incident } = request.params
    return site.answer(request, reply, path('i', incident), { at: TIME }, (speech, { at }) =>
      pages.incident(speech, incident, at === undefined ? null : Date.parse(at)),
    )
  })
  app.get<{ Params: { incident: string } }>('/i/:incident/post-mortem', KEPT, (request, reply) => {
    const { incident } = request.params
    return site.answer(request, reply, `${path('i', incident)}/post-mortem`, {}, speech =>
      pages.postmortem(speech, incident),
    )
  })
  app.get('/incidents', KEPT, (request, reply) =>
    site.answer(request, reply, '/incidents', { before: MILLISECONDS }, (speech, { before }) =>
      pages.history(speech, before === undefined ? null : Number(before)),
    ),
  )
  if (deps.status)
    statusPages(app, deps.status, (request, reply, path, make) =>
      site.answer(request, reply, path, {}, speech => make(speech)),
    )
  assets(app, deps, site, pages, asking)
}

/** Scripts, each for who needs it, and the picture of the pages. */
function assets(app: FastifyInstance, deps: PageDeps, site: Site, pages: Pages, asking: Bytes | null): void {
  app.get('/assets/live.js', KEPT, (request, reply) => sendAsset(request, reply, site.script))
  if (deps.tell) {
    const worker = scriptOf('sw.js', deps.tell.worker)
    app.get('/assets/tell.js', (request, reply) => sendAsset(request, reply, asking))
    // At the root: a worker may not speak for pages above its own folder.
    app.get('/sw.js', (request, reply) => sendAsset(request, reply, worker))
    app.get<{ Params: { service: string } }>('/s/:service/back', (request, reply) => {
      const { service } = request.params
      const known = { asked: ASKED, thanks: ANSWERED }
      return site.answerOne(
        request,
        reply,
        `/s/${encodeURIComponent(service)}/back`,
        known,
        (speech, { asked, thanks }) => pages.back(speech, service, asked ?? null, (thanks ?? null) as Answered),
      )
    })
  }
  const solver = scriptOf('solve.js', deps.solver)
  if (deps.report) app.get('/assets/solve.js', KEPT, (request, reply) => sendAsset(request, reply, solver))
  app.get('/assets/mark.svg', KEPT, (request, reply) => sendAsset(request, reply, MARK_ASSET))
}

/** The first page, and what is found by the field on it. */
function nowPage(app: FastifyInstance, site: Site, pages: Pages): void {
  app.get('/', KEPT, (request, reply) => {
    const known = { q: QUESTION, page: PAGE }
    const make: Make = (speech, { q, page }) => pages.now(speech, q, page === undefined ? 1 : Number(page))
    // What somebody looks for is kept nowhere: it would push out pages that all read.
    return (request.query as Record<string, unknown> | null)?.['q']
      ? site.answerOne(request, reply, '/', known, make)
      : site.answer(request, reply, '/', known, make)
  })
}

/** How right this was, of all services and of one. */
function recordPages(app: FastifyInstance, site: Site, pages: Pages): void {
  app.get('/record', KEPT, (request, reply) =>
    site.answer(request, reply, '/record', {}, speech => pages.record(speech, null)),
  )
  app.get<{ Params: { service: string } }>('/s/:service/record', KEPT, (request, reply) => {
    const { service } = request.params
    const path = `/s/${encodeURIComponent(service)}/record`
    return site.answer(request, reply, path, {}, speech => pages.record(speech, service))
  })
}

/** "Is it just me?", made for each who asks. */
function justMePage(app: FastifyInstance, deps: PageDeps, site: Site, pages: Pages): void {
  app.get<{ Params: { service: string } }>('/s/:service/just-me', (request, reply) => {
    const { service } = request.params
    return site.answerOne(request, reply, `/s/${encodeURIComponent(service)}/just-me`, CHOICES, (speech, chosen) => {
      const hints = Object.keys(chosen).length === 0 ? (deps.hints?.(request) ?? {}) : {}
      // The number of a network is not for choosing: it is shown as it came, or not at all.
      const traits = Object.fromEntries(
        TRAITS.flatMap(trait => {
          const value = chosen[trait] ?? hints[trait]
          return value === undefined || value === NONE ? [] : [[trait, value]]
        }),
      )
      return pages.justMe(speech, service, traits, Object.keys(hints).length > 0)
    })
  })
}

/** The page for an address that nothing answers, for the server's own not-found and error handlers. */
export function problemPage(status: Problem, detail?: string, language: Language = DEFAULT_LANGUAGE): Bytes {
  return new Bytes(status, HTML_TYPE, problemText(status, speechOf(language), NOWHERE, detail))
}

/** `own`: made for this visitor alone, for no cache on the way. */
export function sendPage(request: FastifyRequest, reply: FastifyReply, made: Bytes, own = false): FastifyReply {
  const bytes = made.under(homeOf(request).base).themed(themeOf(request))
  const [spoken, drawn] = [rememberLanguage(request, reply), rememberTheme(request, reply)]
  const mine = spoken || drawn
  reply
    .code(bytes.status)
    .header('content-type', bytes.type)
    .header(
      'cache-control',
      bytes.status !== 200 ? 'no-store' : own ? 'private, no-store' : mine ? 'private, no-cache' : CACHE_CONTROL,
    )
    .header('content-security-policy', CONTENT_SECURITY_POLICY)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'strict-origin-when-cross-origin')
  return sendBytes(request, reply, bytes)
}

function sendBytes(request: FastifyRequest, reply: FastifyReply, bytes: Bytes): FastifyReply {
  const encoding = chooseEncoding(request.headers['accept-encoding'])
  if (!reply.hasHeader('vary')) reply.header('vary', 'accept-encoding')
  reply.header('etag', `"${bytes.etag}"`)
  if (bytes.status === 200 && matches(request.headers['if-none-match'], bytes.etag)) return reply.code(304).send()
  if (encoding !== 'identity') reply.header('content-encoding', encoding)
  return reply.send(bytes.encoded(encoding))
}

/** An asset whose address carries its tag never changes; another may, within the hour. */
export function sendAsset(request: FastifyRequest, reply: FastifyReply, asset: Bytes | null): FastifyReply {
  if (!asset) return sendPage(request, reply, problemPage(404, undefined, languageOf(request)))
  const hashed = (request.query as Record<string, unknown>).v === asset.etag
  reply.header('content-type', asset.type).header('x-content-type-options', 'nosniff')
  reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'public, max-age=3600')
  return sendBytes(request, reply, asset)
}

export const scriptOf = (name: string, text: string | undefined): Bytes | null =>
  text === undefined ? loadScript(name) : new Bytes(200, SCRIPT_TYPE, text)

/** A script of the browser's as the build left it; null in a checkout that was not built, where pages do without. */
export function loadScript(name: string): Bytes | null {
  for (const place of [`../../web/${name}`, `../../../dist/web/${name}`]) {
    try {
      return new Bytes(200, SCRIPT_TYPE, readFileSync(new URL(place, import.meta.url), 'utf8'))
    } catch {
      // The next place.
    }
  }
  return null
}

/** Under attack, for who has no script: the same report once more, with a ticket that counts after a while. */
export function checkPage(language: Language, fields: Record<string, string>, early: boolean): Bytes {
  const { t, f } = speechOf(language)
  const { title: workspace, clock, now } = NOWHERE
  const { title, press } = t.check
  const words = early ? t.check.early : t.check.lead(f.span(WAIT_MS))
  const main = html`<div class="hero watching"><h1>${title}</h1><p role="status">${words}</p><form method="post" action="/api/v1/report">${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}<button>${press}</button></form></div>`
  const frame = { path: '', query: '', workspace, t, clock, now, live: null, script: null, noIndex: true }
  return new Bytes(428, HTML_TYPE, page({ ...frame, title, description: words, main }))
}

/** Known parameters that were given; null where one has a value that cannot be read. Others are left alone. */
function readQuery(request: FastifyRequest, known: Record<string, RegExp>): Values | null {
  const given = request.query as Record<string, unknown>
  const values: Values = {}
  for (const [name, form] of Object.entries(known)) {
    const value = given[name]
    if (value === undefined || value === '') continue
    if (typeof value !== 'string' || !form.test(value) || (form === TIME && Number.isNaN(Date.parse(value))))
      return null
    values[name] = value
  }
  return values
}

class Site {
  readonly script: Bytes | null
  readonly #cache: PageCache

  constructor(
    private readonly deps: PageDeps,
    private readonly wallNow: () => EpochMs,
  ) {
    this.script =
      deps.script === undefined
        ? loadScript('live.js')
        : deps.script === null
          ? null
          : new Bytes(200, SCRIPT_TYPE, deps.script)
    const edition = deps.edition ?? positionOf(deps.reader)
    this.#cache = new PageCache(
      async () => `${await edition()} ${Math.floor(wallNow() / AGED_MS)} ${deps.demo?.strip() ?? ''}`,
    )
  }

  async answer(
    request: FastifyRequest,
    reply: FastifyReply,
    path: string,
    known: Record<string, RegExp>,
    make: Make,
  ): Promise<FastifyReply> {
    return this.#answer(request, reply, path, known, async (speech, query, values) => {
      const render = () => this.#render(speech, path, query, () => make(speech, values))
      const key = `${speech.language} ${this.deps.audience?.() ?? ''} ${path}?${query}`
      return sendPage(request, reply, await this.#cache.get(key, render))
    })
  }

  /** A page for one visitor: made for him, kept nowhere, found by no search engine. */
  async answerOne(
    request: FastifyRequest,
    reply: FastifyReply,
    path: string,
    known: Record<string, RegExp>,
    make: Make,
  ): Promise<FastifyReply> {
    return this.#answer(request, reply, path, known, async (speech, query, values) => {
      const bytes = await this.#render(speech, path, query, () => make(speech, values), true)
      return sendPage(request, reply.header('x-robots-tag', 'noindex'), bytes, true)
    })
  }

  /** What every page does before and around its making: language, query, and what is said when it cannot be made. */
  async #answer(
    request: FastifyRequest,
    reply: FastifyReply,
    path: string,
    known: Record<string, RegExp>,
    send: (speech: Speech, query: string, values: Parameters<Make>[1]) => Promise<FastifyReply>,
  ): Promise<FastifyReply> {
    const speech = speechOf(languageOf(request))
    const values = readQuery(request, known)
    if (!values || !readQuery(request, { lang: LANG }) || path.length > PATH_LENGTH)
      return sendPage(request, reply, problemPage(400, undefined, speech.language))
    try {
      return await send(speech, new URLSearchParams(values).toString(), values)
    } catch (error) {
      request.log.error({ err: error, path }, 'a page could not be rendered')
      return sendPage(request, reply, problemPage(500, undefined, speech.language))
    }
  }

  async #render(
    speech: Speech,
    path: string,
    query: string,
    make: () => Promise<Made | null>,
    noIndex = false,
  ): Promise<Bytes> {
    const workspace = await this.deps.reader.workspace()
    const made = await make()
    if (!made) return new Bytes(404, HTML_TYPE, problemText(404, speech, workspace))
    const byMs = workspace.clock === 'wall' ? this.wallNow() - workspace.now : 0
    const text = page({
      ...made,
      path,
      query,
      workspace: workspace.title,
      t: speech.t,
      clock: workspace.clock,
      now: workspace.now,
      late: byMs > (this.deps.lateMs ?? TICKS_LATE_MS) ? speech.t.age.late(speech.f.span(byMs)) : null,
      noIndex,
      ...(this.deps.status
        ? { nav: [{ path: '/status', label: statusWords(speech.language).nav }], feeds: made.feeds ?? '' }
        : {}),
      script: this.script && made.live ? `/assets/live.js?v=${this.script.etag}` : null,
      ...(this.deps.demo ? { strip: this.deps.demo.strip(speech.language) } : {}),
    })
    return new Bytes(200, HTML_TYPE, text)
  }
}
