import { createServer } from 'node:http'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { TransientError } from '../contract/error.js'
import { FORM_BYTES } from '../contract/limits.js'
import { SHOWN_LATE_MS } from '../contract/thresholds.js'
import { VERSION } from '../shell/version.js'
import { shown } from '../core/ingest/door.js'
import type { App } from '../shell/app.js'
import { linksOf, rangesOf } from '../shell/visitors/address.js'
import type { PublicPost } from '../shell/delivery/public-post.js'
import { Reporters } from '../shell/visitors/reporters.js'
import type { Access } from './access/access.js'
import { isClosed, localPath, openAccess, signInPage } from './access/gate.js'
import { exchangeRoutes } from './exchange/routes.js'
import { agentRoutes } from './vantage/routes.js'
import { alertRoutes } from './api/alerts.js'
import { historyRoutes, incidentRoutes, readRoutes } from './api/api.js'
import { commandRoutes } from './api/commands.js'
import { wordRoutes } from './words/routes.js'
import { badgeRoutes } from './badge.js'
import { registerConsole } from './console/index.js'
import { limitForms, unread } from './api/body.js'
import { Connections } from './connections.js'
import { type Methods, pathsOf, rememberMethods } from './front/methods.js'
import { openFront } from './front/stand.js'
import { Homes, standUnder } from './home.js'
import { Guard, READ_RULE } from './guard.js'
import { ingestRoutes } from './api/ingest.js'
import { metricsOf, type MetricParts } from './metrics.js'
import { LISTENING, type Shared } from './entrance.js'
import { forgetRoutes } from './api/forget.js'
import { type Elsewhere, forwardRest } from './roles/forward.js'
import { workRoutes } from './roles/work.js'
import { guardHosts } from './hosts.js'
import { foreignRoutes, notifierRoutes } from './api/notifiers.js'
import { onCallRoutes } from './api/on-call.js'
import { docsRoutes } from './docs/docs.js'
import { openapiRoute } from './openapi.js'
import { problemPage, registerPages, sendPage } from './pages/index.js'
import { messageComposer, trialMessage } from './pages/incident/message.js'
import { languageOf } from './pages/language.js'
import type { Language } from './pages/strings.js'
import { pastRoutes } from './api/past.js'
import { sourceRoutes } from './api/sources.js'
import { HttpProblem, sendProblem } from './problem.js'
import { fixedSettings, type SettingsDesk } from '../shell/settings/desk.js'
import type { Reloaded } from '../shell/config/reload.js'
import { reloadRoute } from './api/reload.js'
import { reportRoutes } from './people/report.js'
import { keepSafe, makeSafe } from './safe.js'
import { inOrder } from './in-order.js'
import { News } from './news.js'
import { lessonRoutes } from './lessons/index.js'
import { Routes } from './routes.js'
import { recordRoutes, Records } from './api/record.js'
import type { Desk } from './statuspage/desk.js'
import { statuspageRoutes } from './statuspage/routes.js'
import { webhookComposer } from './statuspage/webhooks.js'
import { Stream } from './api/stream.js'
import { subscriberSide } from './subscribers/index.js'
import { openTell, type Tell, tellRoutes } from './people/tell.js'
import { takeTurns, AT_ONCE } from './turns.js'
import { openVisitors, type Visitors } from './visitor.js'
import { keepPromises } from './words/policy.js'

export interface ServerOptions {
  /** Keys of the report door end with the process: tests. */
  inMemory?: boolean
  /** Whether plain questions are answered before they reach this server; true unless a test compares both ways. */
  front?: boolean
  /** How the answer to a wrong token waits: tests. */
  wait?: (ms: number) => Promise<unknown>
  /** Where messages to browsers go: tests. */
  post?: PublicPost
  /** The browser's side of passkeys; what the build left, if not given. */
  passkeyScript?: string
  /** Reads the configuration again; undefined where there is no file. */
  reload?: () => Promise<Reloaded>
  /** What of the configuration is set in the console; undefined: nothing can be. */
  settings?: SettingsDesk
  /** Who listens, where this server takes another's place or will be replaced. */
  shared?: Shared
  /** Of a process that only shows: where the rest is answered. */
  elsewhere?: Elsewhere
  /** The demonstration's strip on the pages and its own routes. */
  demo?: { status(): unknown; strip(language?: Language): string; routes?(server: FastifyInstance): void }
}

/** What the team asks: who could not be told, what is heard, which alerts fire, who is on call. */
function teamRoutes(server: FastifyInstance, routes: Routes, app: App, guard: Guard): void {
  notifierRoutes(server, routes, app, { sees: guard.need('commands', 'retry'), tries: guard.need('commands', 'test') })
  sourceRoutes(server, routes, app, guard.need('read'))
  workRoutes(server, routes, app, guard.need('read'))
  alertRoutes(server, routes, app, guard.need('read'))
  agentRoutes(server, routes, app, guard.need('agent'))
  exchangeRoutes(server, routes, app, guard.need('exchange'))
  onCallRoutes(server, routes, app, { gives: guard.need('commands', 'assign'), reads: guard.need('read') })
}

/** The whole HTTP side of a workspace. Closing it leaves the app open. */
export async function buildServer(app: App, options: ServerOptions = {}): Promise<FastifyInstance> {
  const homes = new Homes(app.config)
  const isProxy = rangesOf(app.config.proxies)
  const server = bare(app.config, homes, isProxy, options.shared)
  const news = new News(app)
  const stands = { news, isProxy, homes, shared: options.shared, access: () => access }
  const front = options.front === false ? null : openFront(server, app.config, stands)
  const methods = rememberMethods(server)
  homes.knows = pathsOf(methods, app.config.pages)
  standUnder(server, homes)
  const visitors = await openVisitors(app)
  const access = openAccess(server, app, visitors)
  const reader = access.reader(app.reader)
  const shown: App = access.isOn ? Object.create(app, { reader: { value: reader } }) : app
  keepSafe(server)
  guardHosts(server, {
    isProxy,
    configured: app.config.url !== null || app.config.pages.every(each => each.url !== null),
  })
  // Answers are data of ours: no second description of them is needed to write them.
  server.setSerializerCompiler(() => data => JSON.stringify(data))
  server.setErrorHandler((error, request, reply) => fail(app, access, error as FastifyError, request, reply))
  const { elsewhere } = options
  server.setNotFoundHandler((request, reply) => nothingHere(methods, request, reply))
  if (elsewhere !== undefined) forwardRest(server, elsewhere)

  const routes = new Routes()
  const guard = openGuard(server, app, visitors, options.wait)
  takeTurns(server, visitors)
  const stream = new Stream(news, visitors, access, app)
  const sends = guard.need('signals')
  ingestRoutes(server, routes, app, sends, visitors, foreignRoutes({ routes, app, visitors, guard: sends }))
  const tell = await openForPeople(server, routes, app, { visitors, access }, options)
  readRoutes(server, routes, shown)
  historyRoutes(server, routes, shown)
  incidentRoutes(server, routes, shown)
  wordsSide(server, routes, app, guard)
  forgetRoutes(server, routes, app, guard.need('commands', 'forget'))
  const records = new Records(reader)
  recordRoutes(server, routes, records)
  teamRoutes(server, routes, app, guard)
  pastRoutes(server, routes, app, guard.need('commands', 'teach'))
  reloadRoute(server, routes, guard.need('commands', 'reload'), options.reload)
  const proposals = lessonRoutes(server, routes, app, { guard, version: VERSION })
  stream.route(server, routes)
  const connections = new Connections(server.server, isProxy)
  operatorRoutes(server, app, { stream, front, guard, connections })
  options.demo?.routes?.(server)
  const document = openapiRoute(server, routes, VERSION)
  docsRoutes(server, { reader, document })
  const edition = () => String(news.edition)
  const status = statusSide(server, app, edition, access)
  const here = () => app.config.url ?? addressOf(server, app.config)
  const subscribers = await subscriberSide(server, routes, app, { desk: status, visitors, guard, here, tell })
  registerConsole(server, app, {
    ...{ visitors, proposals, access, script: options.passkeyScript },
    settings: options.settings ?? fixedSettings(app),
    subscribers: () => subscribers,
  })
  pagesSide(server, app, { desk: status, edition, visitors, records, access, options })
  server.addHook('preClose', async () => {
    connections.retire()
    stream.close()
    news.close()
    await tell[Symbol.asyncDispose]()
  })
  await server.ready()
  return server
}

/** Status pages, badges, and the words in which notifiers are told. */
function statusSide(server: FastifyInstance, app: App, edition: () => string, access: Access): Desk {
  const status = statuspageRoutes(server, {
    reader: app.reader,
    pages: app.config.pages,
    maintenance: app.config.maintenance,
    wallNow: () => app.env.now(),
    shows: access.shows,
    edition,
    onIncident: listener => app.onChange(({ incidents, reset }) => (incidents.length > 0 || reset) && listener()),
  })
  badgeRoutes(server, status)
  const home = () => app.config.url ?? addressOf(server, app.config)
  const whereabouts = () => ({ home: home(), zone: app.config.pages[0]?.timeZone ?? 'UTC' })
  app.beginTelling({
    words: messageComposer(app.reader, whereabouts),
    trial: language => trialMessage(app.env.now(), { language, ...whereabouts() }),
    status: webhookComposer(status, app.reader, page => page.url ?? home()),
  })
  return status
}

/** What people do about incidents and may say of them, and what is said by itself. */
function wordsSide(server: FastifyInstance, routes: Routes, app: App, guard: Guard): void {
  commandRoutes(server, routes, app, { gives: guard.need('commands', 'say'), reads: guard.need('read') })
  wordRoutes(server, routes, app, { reads: guard.need('read'), free: async () => {} })
  if (!app.reading) keepPromises(server, app)
}

/** The doors that need no token: reports, and wishes to be told. */
async function openForPeople(
  server: FastifyInstance,
  routes: Routes,
  app: App,
  { visitors, access }: { visitors: Visitors; access: Access },
  { inMemory = false, post }: ServerOptions,
): Promise<Tell> {
  const tell = await openTell(app, { inMemory, ruleOf: access.ruleOf, ...(post === undefined ? {} : { post }) })
  const reporters = new Reporters(inMemory ? null : app.config.data, app.env)
  reportRoutes(server, routes, app, visitors, tell, reporters)
  tellRoutes(server, routes, app, { visitors, reporters }, tell)
  return tell
}

/** A server without routes: its limits, and what it says when it cannot read a request. */
function bare(
  config: App['config'],
  homes: Homes,
  isProxy: (address: string) => boolean,
  shared?: Shared,
): FastifyInstance {
  const { requestTimeout, keepAliveTimeout } = LISTENING
  const server = Fastify({
    serverFactory: answer => shared?.server ?? createServer(LISTENING, inOrder(answer)),
    logger: false,
    rewriteUrl: raw => homes.of(raw).target,
    // What proxies of ours say of protocol and host; nobody else's word.
    trustProxy: config.proxies.length === 0 ? false : isProxy,
    bodyLimit: FORM_BYTES,
    requestTimeout,
    keepAliveTimeout,
    clientErrorHandler: unread,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 300, ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => unreadable(error, request, reply),
    ajv: {
      customOptions: { removeAdditional: false, coerceTypes: true, strict: false, formats: { 'date-time': true } },
    },
  })
  // As many as fit into HEAD_BYTES, as the front counts them.
  server.server.maxHeadersCount = 0
  limitForms(server)
  return server
}

/** Where reading needs a token too, no cache on the way gives an answer to who has none. */
function openGuard(server: FastifyInstance, app: App, visitors: Visitors, wait: ServerOptions['wait']): Guard {
  const guard = new Guard(app, visitors, wait)
  if (!app.config.private) return guard
  server.addHook('onRequest', guard.reads)
  server.addHook('onSend', async (_, reply) => {
    const cache = reply.getHeader('cache-control')
    if (typeof cache === 'string') reply.header('cache-control', cache.replace(/\bpublic\b/, 'private'))
  })
  return guard
}

interface PagesParts {
  desk: Desk
  edition: () => string
  visitors: Visitors
  records: Records
  access: Access
  options: ServerOptions
}

function pagesSide(
  server: FastifyInstance,
  app: App,
  { desk, edition, visitors, records, access, options }: PagesParts,
): void {
  registerPages(server, {
    reader: access.reader(app.reader),
    audience: access.key,
    edition,
    wallNow: () => app.env.now(),
    report: true,
    heard: service => app.inputs.heard(service),
    places: service => app.inputs.places(service),
    exposure: id => app.config.services.find(each => each.id === id)?.exposure ?? app.config.exposure,
    records,
    status: { desk, subscribe: app.config.subscribers !== null },
    tell: {},
    hints: request => visitors.hints(request),
    guesses: app.config.countryHeader !== null || app.config.geoip?.city !== undefined,
    tags: new Map(app.config.services.map(each => [each.id, each.tags ?? []])),
    updates: app.config.updates.everyMs,
    ...(app.share === undefined ? {} : { lateMs: SHOWN_LATE_MS }),
    ...(options.demo === undefined ? {} : { demo: options.demo }),
  })
}

function operatorRoutes(server: FastifyInstance, app: App, parts: MetricParts): void {
  const shared = app.share === undefined ? {} : { roles: [...app.share.roles] }
  server.get('/healthz', AT_ONCE, (_, reply) => reply.type('text/plain').send('ok\n'))
  server.get('/readyz', AT_ONCE, (_, reply) => {
    const { ok, why, ...health } = { ...app.health, ...shared }
    return reply
      .code(ok ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ready: ok, ...(why === null ? {} : { why }), ...health, sources: app.inputs.healths })
  })
  const registry = metricsOf(app, parts)
  server.get('/metrics', async (_, reply) => reply.type(registry.contentType).send(await registry.metrics()))
}

/** Every error becomes an answer that says what to do; what is our fault says no more than that. */
function fail(
  app: App,
  access: Access,
  error: FastifyError | HttpProblem | TransientError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  // The sender went away: nobody reads an answer, and nothing of ours failed.
  if (request.raw.destroyed && !request.raw.complete) return reply.code(499).send()
  // Whatever is left of the body will not be read.
  if (!request.raw.complete) reply.header('connection', 'close')
  if (error instanceof HttpProblem) {
    if (isClosed(error) && wantsPage(request))
      return signInPage(access, request, reply, { to: localPath(request.url.split('?', 1)[0]), status: 401 })
    if (error.status === 401)
      reply.header('www-authenticate', error.more.rule === READ_RULE ? 'Basic realm="Epicenter"' : 'Bearer')
    return sendProblem(reply, error)
  }
  if (error instanceof TransientError)
    return sendProblem(reply, new HttpProblem(503, 'not now', error.message, { retryAfterMs: error.retryAfterMs }))
  const { validation, validationContext, statusCode = 500 } = error as FastifyError
  const broken = validation?.[0]
  if (broken !== undefined) {
    const path = `${validationContext ?? 'body'}${broken.instancePath.replaceAll('/', '.')}`
    const value = valueAt(
      (request as unknown as Record<string, unknown>)[
        validationContext === 'querystring' ? 'query' : (validationContext ?? 'body')
      ],
      broken.instancePath,
    )
    return sendProblem(
      reply,
      new HttpProblem(400, 'a rule is broken', `${path} ${broken.message ?? ''}`.trim(), {
        rule: `${path}.${broken.keyword}`,
        value: shown(value),
      }),
    )
  }
  if (statusCode < 500)
    return sendProblem(
      reply,
      new HttpProblem(statusCode, statusCode === 413 ? 'too large' : 'a rule is broken', error.message, {
        rule: String((error as FastifyError).code ?? 'request'),
      }),
    )
  app.env.log('error', 'a request failed', {
    method: request.method,
    url: request.routeOptions.url ?? '',
    why: error.stack ?? error.message,
  })
  return sendProblem(reply, new HttpProblem(500, 'that is our fault'))
}

/** An address that the router could not read, or would not. */
function unreadable(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = error.statusCode === 414 ? 414 : 400
  if (request.headers.accept?.includes('text/html') === true)
    return sendPage(request, makeSafe(request, reply, 'text/html'), problemPage(400))
  const value = (request.raw.url ?? '').slice(0, 80)
  makeSafe(request, reply, 'application/problem+json')
  return sendProblem(reply, new HttpProblem(status, 'the address cannot be read', undefined, { rule: 'path', value }))
}

function valueAt(value: unknown, path: string): unknown {
  for (const part of path.split('/').slice(1)) value = (value as Record<string, unknown> | undefined)?.[part]
  return value
}

/** Where this server can be asked, as far as it knows itself. */
function addressOf(server: FastifyInstance, config: App['config']): string {
  const address = server.server.address()
  return linksOf(config.host, typeof address === 'object' && address !== null ? address.port : config.port).at(-1)!
}

const wantsPage = ({ url, headers }: FastifyRequest): boolean =>
  !url.startsWith('/api/') && headers.accept?.includes('text/html') === true

function nothingHere(methods: Methods, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split('?', 1)[0]!
  const known = methods.find(({ pattern }) => pattern.test(path))
  if (known !== undefined) {
    const allow = [...known.methods].sort().join(', ')
    return sendProblem(
      reply.header('allow', allow),
      new HttpProblem(405, 'not with this method', `use ${allow}`, { rule: 'method', value: request.method }),
    )
  }
  if (wantsPage(request)) return sendPage(request, reply, problemPage(404, undefined, languageOf(request)))
  return sendProblem(
    reply,
    new HttpProblem(404, 'there is nothing here', undefined, { rule: 'path', value: path.slice(0, 80) }),
  )
}
