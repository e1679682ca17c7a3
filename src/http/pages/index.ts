import { readFileSync } from 'node:fs'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { DAY, HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import { ROLLUP_MS, type IncidentView, type Reader, type WorkspaceView } from '../../contract/view.js'
import { Bytes, chooseEncoding, matches, PageCache } from './cache.js'
import { spark } from './chart.js'
import { makeFormat } from './format.js'
import { historyMain } from './history.js'
import { html, type Html } from './html.js'
import { foldEvents, headline, incidentMain } from './incident.js'
import { CONTENT_SECURITY_POLICY, MARK_FILE, page } from './layout.js'
import { bannerOf, nowMain } from './now.js'
import { toSeries } from './series.js'
import { serviceMain, type Range } from './service.js'
import { phaseOf, standing, worstFirst } from './standing.js'
import { en } from './strings.js'
import { statusSentence, type Voice } from './words.js'

/** Services with a sparkline on the first page, worst first; each costs a read of 288 rows and half a kilobyte. */
const SPARKS = 60
const SPARK_BIN_MS = 3 * ROLLUP_MS
/** A map needs a week of history to know what is usual; the week before the chart's day. */
const HISTORY_MS = 8 * DAY
const OPEN_INCIDENTS = 200
const PAST_INCIDENTS = 6
const HISTORY_PAGE = 50
const FACTS_MS = 48 * HOUR
/** Longest id that is looked up; the door refuses longer ones. */
const ID_LENGTH = 200
/** Shared caches may hold a page for two seconds and serve it for half a minute while they fetch the next one. */
const CACHE_CONTROL = 'public, max-age=2, stale-while-revalidate=30'

export interface PageDeps {
  reader: Reader
  demo?: { status(): unknown; strip(): string }
  /** Whether people can report here. */
  report: boolean
  /** The wall's time; given by tests. */
  wallNow?: () => EpochMs
}

type Problem = 400 | 404 | 500 | 503

const t = en
const f = makeFormat(en.locale)
const NOWHERE: WorkspaceView = { title: en.product, clock: 'signals', now: 0, position: 0, demo: false }

/** Adds the public pages: `/`, `/s/SERVICE`, `/i/INCIDENT`, `/incidents` and their two assets. */
export function registerPages(app: FastifyInstance, deps: PageDeps): void {
  const site = new Site(deps)
  app.get('/', (request, reply) => site.answer(request, reply, '/', ['', {}], () => site.now()))
  app.get<{ Params: { service: string } }>('/s/:service', (request, reply) => {
    const query = site.query(request, { range: /^(?:24h|7d)$/, thanks: /^(?:bad|ok)$/ })
    const { service } = request.params
    return site.answer(request, reply, `/s/${service}`, query, values =>
      site.service(service, (values.range ?? '24h') as Range, (values.thanks ?? null) as 'bad' | 'ok' | null),
    )
  })
  app.get<{ Params: { incident: string } }>('/i/:incident', (request, reply) => {
    const query = site.query(request, { at: /^\d{4}-\d\d-\d\dT[\d:.]{4,15}(?:Z|[+-]\d\d:\d\d)?$/ })
    const { incident } = request.params
    return site.answer(request, reply, `/i/${incident}`, query, values =>
      site.incident(incident, values.at ? Date.parse(values.at) : null),
    )
  })
  app.get('/incidents', (request, reply) => {
    const query = site.query(request, { before: /^\d{1,15}$/ })
    return site.answer(request, reply, '/incidents', query, values =>
      site.history(values.before ? Number(values.before) : null),
    )
  })
  app.get('/assets/live.js', (request, reply) =>
    sendAsset(request, reply, site.script, 'v' in (request.query as object)),
  )
  app.get('/assets/mark.svg', (request, reply) => sendAsset(request, reply, MARK_ASSET, false))
}

/** The page for an address that nothing answers, for the server's own not-found and error handlers. */
export function problemPage(status: Problem, detail?: string): Bytes {
  return new Bytes(status, HTML_TYPE, problemText(status, NOWHERE, detail))
}

export function sendPage(request: FastifyRequest, reply: FastifyReply, bytes: Bytes): FastifyReply {
  reply
    .code(bytes.status)
    .header('content-type', bytes.type)
    .header('cache-control', bytes.status === 200 ? CACHE_CONTROL : 'no-store')
    .header('content-security-policy', CONTENT_SECURITY_POLICY)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'strict-origin-when-cross-origin')
  return sendBytes(request, reply, bytes)
}

const HTML_TYPE = 'text/html; charset=utf-8'
const MARK_ASSET = new Bytes(200, 'image/svg+xml', MARK_FILE)

function sendBytes(request: FastifyRequest, reply: FastifyReply, bytes: Bytes): FastifyReply {
  const encoding = chooseEncoding(request.headers['accept-encoding'])
  reply.header('vary', 'accept-encoding').header('etag', `"${bytes.etag}"`)
  if (bytes.status === 200 && matches(request.headers['if-none-match'], bytes.etag)) return reply.code(304).send()
  if (encoding !== 'identity') reply.header('content-encoding', encoding)
  return reply.send(bytes.encoded(encoding))
}

function sendAsset(request: FastifyRequest, reply: FastifyReply, asset: Bytes | null, hashed: boolean): FastifyReply {
  if (!asset) return sendPage(request, reply, problemPage(404))
  reply.header('content-type', asset.type).header('x-content-type-options', 'nosniff')
  reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'public, max-age=3600')
  return sendBytes(request, reply, asset)
}

/** The browser's script as the build left it; null in a checkout that was not built, where pages do without. */
function loadScript(): Bytes | null {
  for (const place of ['../../web/live.js', '../../../dist/web/live.js']) {
    try {
      return new Bytes(200, 'text/javascript; charset=utf-8', readFileSync(new URL(place, import.meta.url), 'utf8'))
    } catch {
      // The next place.
    }
  }
  return null
}

function problemText(status: Problem, workspace: WorkspaceView, detail?: string): string {
  const [title, words] = t.problem[status]
  const main = html`<div class="hero unknown"><p class="kicker soft">${status}</p><h1>${title}</h1><p>${words}</p>${detail ? html`<p>${detail}</p>` : null}<p><a href="/">${t.problem.back}</a></p></div>`
  return page({
    title,
    description: words,
    path: '',
    workspace: workspace.title,
    t,
    main,
    live: null,
    clock: workspace.clock,
    now: workspace.now,
    script: null,
    noIndex: true,
  })
}

type Values = Record<string, string>
type Made =
  | { title: string; description: string; main: Html; live: string[] | null; alternate?: string; status?: 200 }
  | Problem

class Site {
  readonly script = loadScript()
  readonly #reader: Reader
  readonly #cache: PageCache
  readonly #wallNow: () => EpochMs

  constructor(private readonly deps: PageDeps) {
    this.#reader = deps.reader
    this.#wallNow = deps.wallNow ?? Date.now
    this.#cache = new PageCache(async () => {
      const { now, position, clock } = await this.#reader.workspace()
      // On the wall clock data grows old without news: the pages are made anew each half minute.
      const age = clock === 'wall' ? Math.floor(this.#wallNow() / (MINUTE / 2)) : ''
      return `${position} ${now} ${age} ${this.deps.demo?.strip() ?? ''}`
    }, this.#wallNow)
  }

  /** Known query parameters with a value of the right form; a Problem where one has another form. Others are left alone. */
  query(request: FastifyRequest, known: Record<string, RegExp>): [string, Values] | Problem {
    const given = request.query as Record<string, unknown>
    const values: Values = {}
    for (const [name, form] of Object.entries(known)) {
      const value = given[name]
      if (value === undefined || value === '') continue
      if (typeof value !== 'string' || !form.test(value)) return 400
      if (name === 'at' && Number.isNaN(Date.parse(value))) return 400
      values[name] = value
    }
    return [new URLSearchParams(values).toString(), values]
  }

  async answer(
    request: FastifyRequest,
    reply: FastifyReply,
    path: string,
    query: [string, Values] | Problem,
    make: (values: Values) => Promise<Made>,
  ): Promise<FastifyReply> {
    if (query === 400 || path.length > ID_LENGTH) return sendPage(request, reply, problemPage(400))
    if (typeof query === 'number') return sendPage(request, reply, problemPage(query))
    const [words, values] = query
    try {
      return sendPage(
        request,
        reply,
        await this.#cache.get(`${path}?${words}`, () => this.#render(path, () => make(values))),
      )
    } catch (error) {
      request.log.error({ err: error, path }, 'a page could not be rendered')
      return sendPage(request, reply, problemPage(500))
    }
  }

  async #render(path: string, make: () => Promise<Made>): Promise<Bytes> {
    const workspace = await this.#reader.workspace()
    const made = await make()
    if (typeof made === 'number') return new Bytes(made, HTML_TYPE, problemText(made, workspace))
    const text = page({
      ...made,
      path,
      workspace: workspace.title,
      t,
      clock: workspace.clock,
      now: workspace.now,
      script: this.script && made.live ? `/assets/live.js?v=${this.script.etag}` : null,
      ...(this.deps.demo ? { strip: this.deps.demo.strip() } : {}),
    })
    return new Bytes(200, HTML_TYPE, text)
  }

  #voice(workspace: WorkspaceView): Voice {
    return { t, f, now: workspace.clock === 'wall' ? Math.max(workspace.now, this.#wallNow()) : workspace.now }
  }

  #wall(workspace: WorkspaceView): EpochMs | null {
    return workspace.clock === 'wall' ? this.#wallNow() : null
  }

  async now(): Promise<Made> {
    const [workspace, services, open] = await Promise.all([
      this.#reader.workspace(),
      this.#reader.services(),
      this.#reader.incidents({ open: true, limit: OPEN_INCIDENTS }),
    ])
    const voice = this.#voice(workspace)
    const wallNow = this.#wall(workspace)
    const rows = services.map(each => standing(each, open, workspace, wallNow))
    const sparks = new Map<string, Html>()
    for (const row of worstFirst(rows).slice(0, SPARKS)) {
      const rollups = await this.#reader.rollups(row.service.service, voice.now - DAY - SPARK_BIN_MS, voice.now)
      sparks.set(row.service.service, spark(toSeries(rollups, DAY, SPARK_BIN_MS, voice.now)))
    }
    const notes = open.filter(each => phaseOf(each.events) === 'note')
    const banner = bannerOf(rows, voice)
    return {
      title: banner.title,
      description: [banner.title, banner.rest].filter(Boolean).join('. '),
      main: nowMain({ rows, notes, sparks, wallNow }, voice),
      live: [],
      alternate: '/api/v1/services',
    }
  }

  async service(id: string, range: Range, thanks: 'bad' | 'ok' | null): Promise<Made> {
    const [workspace, service] = await Promise.all([this.#reader.workspace(), this.#reader.service(id)])
    if (!service) return 404
    const voice = this.#voice(workspace)
    const wallNow = this.#wall(workspace)
    const [rollups, open, past, facts] = await Promise.all([
      this.#reader.rollups(id, voice.now - HISTORY_MS, voice.now + ROLLUP_MS),
      this.#reader.incidents({ service: id, open: true, limit: OPEN_INCIDENTS }),
      this.#reader.incidents({ service: id, open: false, limit: PAST_INCIDENTS }),
      this.#reader.facts(id, voice.now - FACTS_MS, voice.now + 1),
    ])
    const row = standing(service, open, workspace, wallNow)
    const incidents = [...open, ...past].sort((a, b) => b.startedAt - a.startedAt)
    const title = statusSentence(row, t)
    return {
      title,
      description: title,
      main: serviceMain({ row, rollups, incidents, facts, range, thanks, report: this.deps.report, wallNow }, voice),
      live: [id],
      alternate: `/api/v1/services/${encodeURIComponent(id)}`,
    }
  }

  async incident(id: string, at: EpochMs | null): Promise<Made> {
    const [workspace, incident] = await Promise.all([this.#reader.workspace(), this.#reader.incident(id)])
    if (!incident) return 404
    const events = at === null ? incident.events : incident.events.filter(each => Date.parse(each.at) <= at)
    if (!events.length) return 404
    const voice = this.#voice(workspace)
    const latest = at === null ? incident.latest : foldEvents(events)
    const end = at ?? (incident.resolvedAt ?? voice.now) + HOUR
    const [service, rollups, facts] = await Promise.all([
      this.#reader.service(incident.service),
      this.#reader.rollups(incident.service, incident.startedAt - HOUR, Math.min(end, voice.now) + ROLLUP_MS),
      this.#reader.facts(incident.service, incident.startedAt - 6 * HOUR, Math.min(end, voice.now) + 1),
    ])
    const input = {
      incident,
      latest,
      events,
      serviceTitle: service?.title ?? incident.service,
      components: service?.components ?? [],
      rollups,
      facts,
      at,
    }
    const title = headline(input, voice)
    return {
      title,
      description: `${title}, ${t.since} ${f.moment(incident.startedAt, voice.now)}`,
      main: incidentMain(input, voice),
      live: at === null ? [incident.service] : null,
      alternate: `/api/v1/incidents/${encodeURIComponent(id)}`,
    }
  }

  async history(before: EpochMs | null): Promise<Made> {
    const [workspace, services] = await Promise.all([this.#reader.workspace(), this.#reader.services()])
    const incidents = await this.#reader.incidents({ limit: HISTORY_PAGE + 1, ...(before === null ? {} : { before }) })
    const shown: IncidentView[] = incidents.slice(0, HISTORY_PAGE)
    const last = shown.at(-1)
    const older = incidents.length > HISTORY_PAGE && last ? `/incidents?before=${last.startedAt}` : null
    return {
      title: t.past.title2,
      description: t.past.title2,
      main: historyMain({ incidents: shown, services, older }, this.#voice(workspace)),
      live: [],
      alternate: '/api/v1/incidents',
    }
  }
}
