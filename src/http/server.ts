import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { TransientError } from '../contract/error.js'
import { FORM_BYTES } from '../contract/limits.js'
import { MINUTE } from '../contract/time.js'
import { shown } from '../core/door.js'
import type { App } from '../shell/app.js'
import { rangesOf } from '../shell/address.js'
import type { PublicPost } from '../shell/public-post.js'
import { sameSecret } from '../shell/secret.js'
import { TooLarge } from '../shell/workspace.js'
import { commandRoutes, historyRoutes, incidentRoutes, readRoutes } from './api.js'
import { badgeRoutes } from './badge.js'
import { forgetRoutes } from './forget.js'
import type { Front } from './front/front.js'
import { patternOf, standBefore } from './front/stand.js'
import { guardHosts } from './hosts.js'
import { ingestRoutes } from './ingest.js'
import { metricsOf } from './metrics.js'
import { isOwnMachine } from './own-machine.js'
import { notifierRoutes } from './notifiers.js'
import { openapi } from './openapi.js'
import { problemPage, registerPages, sendPage } from './pages/index.js'
import { languageOf } from './pages/language.js'
import type { Language } from './pages/strings.js'
import { HttpProblem, sendProblem } from './problem.js'
import { reportRoutes } from './report.js'
import { News } from './news.js'
import { Routes } from './routes.js'
import { statuspageRoutes } from './statuspage/routes.js'
import { webhookComposer } from './statuspage/webhooks.js'
import { Stream } from './stream.js'
import { openTell, tellRoutes } from './tell.js'
import { Visitors } from './visitor.js'

export const VERSION = '0.1.0'

export interface ServerOptions {
  /** Keys of the report door end with the process: tests. */
  inMemory?: boolean
  /** Whether plain questions are answered before they reach this server; true unless a test compares both ways. */
  front?: boolean
  /** Where messages to browsers go: tests. */
  post?: PublicPost
  /** The demonstration's strip on the pages and its own routes. */
  demo?: { status(): unknown; strip(language?: Language): string; routes?(server: FastifyInstance): void }
}

/** A request has ten minutes to arrive; an idle connection is kept for a minute and a bit, longer than proxies do. */
const REQUEST_MS = 10 * MINUTE
const KEEP_ALIVE_MS = 72_000

/** The whole HTTP side of a workspace. Closing it leaves the app open. */
export async function buildServer(app: App, options: ServerOptions = {}): Promise<FastifyInstance> {
  const isProxy = rangesOf(app.config.proxies)
  const server = Fastify({
    logger: false,
    // What proxies of ours say of protocol and host; nobody else's word.
    trustProxy: app.config.proxies.length === 0 ? false : isProxy,
    bodyLimit: FORM_BYTES,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 300 },
    frameworkErrors: (error, request, reply) => unreadable(error, request, reply),
    ajv: {
      customOptions: { removeAdditional: false, coerceTypes: true, strict: false, formats: { 'date-time': true } },
    },
  })
  const news = new News(app)
  const front = options.front === false ? null : standBefore(server, { news, isProxy, keepAliveMs: KEEP_ALIVE_MS })
  const methods = rememberMethods(server)
  guardHosts(server, { isProxy, configured: app.config.pages.every(each => each.url !== null) })
  // Answers are data of ours: no second description of them is needed to write them.
  server.setSerializerCompiler(() => data => JSON.stringify(data))
  server.setErrorHandler((error, request, reply) => fail(app, error as FastifyError, request, reply))
  server.setNotFoundHandler((request, reply) => nothingHere(methods, request, reply))

  const routes = new Routes()
  const guard = makeGuard(app)
  const stream = new Stream(news)
  ingestRoutes(server, routes, app, guard)
  const visitors = new Visitors(app.config)
  const inMemory = options.inMemory === true
  const tell = await openTell(app, { inMemory, ...(options.post === undefined ? {} : { post: options.post }) })
  reportRoutes(server, routes, app, visitors, tell, inMemory)
  tellRoutes(server, routes, app, visitors, tell)
  readRoutes(server, routes, app)
  historyRoutes(server, routes, app)
  incidentRoutes(server, routes, app)
  commandRoutes(server, routes, app, guard)
  forgetRoutes(server, routes, app, guard)
  notifierRoutes(server, routes, app, guard)
  stream.route(server, routes)
  operatorRoutes(server, app, stream, front)
  options.demo?.routes?.(server)
  server.get('/api/v1/openapi.json', (_, reply) =>
    reply.header('cache-control', 'max-age=300').send(openapi(routes.all, VERSION)),
  )
  const edition = () => String(news.edition)
  const status = statuspageRoutes(server, {
    reader: app.reader,
    pages: app.config.pages,
    maintenance: app.config.maintenance,
    wallNow: () => app.env.now(),
    edition,
    onIncident: listener => app.onChange(({ incidents, reset }) => (incidents.length > 0 || reset) && listener()),
  })
  badgeRoutes(server, status)
  const home = (page: { url: string | null }) => page.url ?? `http://${app.config.host}:${app.config.port}`
  await app.addSubscribers(webhookComposer(status, app.reader, home))
  registerPages(server, {
    reader: app.reader,
    edition,
    report: true,
    status: { desk: status },
    tell: {},
    hints: request => visitors.hints(request),
    ...(options.demo === undefined ? {} : { demo: options.demo }),
  })
  server.addHook('preClose', async () => {
    stream.close()
    news.close()
    await tell[Symbol.asyncDispose]()
  })
  await server.ready()
  return server
}

function operatorRoutes(server: FastifyInstance, app: App, stream: Stream, front: Front | null): void {
  server.get('/healthz', (_, reply) => reply.type('text/plain').send('ok\n'))
  server.get('/readyz', (_, reply) => {
    const { ok, why, ...health } = app.health
    return reply
      .code(ok ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ready: ok, ...(why === null ? {} : { why }), ...health })
  })
  const registry = metricsOf(app, stream, front)
  server.get('/metrics', async (_, reply) => reply.type(registry.contentType).send(await registry.metrics()))
}

/** Writing needs the token; the demonstration lets its own machine write without. */
function makeGuard(app: App): (request: FastifyRequest) => Promise<void> {
  return async request => {
    if (app.config.demo && isOwnMachine(request)) return
    const given = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
    if (given !== undefined && sameSecret(given, app.token.token)) return
    throw new HttpProblem(
      401,
      'the token is missing or wrong',
      'send `Authorization: Bearer TOKEN`; the token is in the file `token` of the data folder',
      {
        rule: 'authorization',
      },
    )
  }
}

/** Every error becomes an answer that says what to do; what is our fault says no more than that. */
function fail(
  app: App,
  error: FastifyError | HttpProblem | TransientError | TooLarge,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  // The sender went away: nobody reads an answer, and nothing of ours failed.
  if (request.raw.destroyed && !request.raw.complete) return reply.code(499).send()
  // Whatever is left of the body will not be read.
  if (!request.raw.complete) reply.header('connection', 'close')
  if (error instanceof HttpProblem) {
    if (error.status === 401) reply.header('www-authenticate', 'Bearer')
    return sendProblem(reply, error)
  }
  if (error instanceof TransientError)
    return sendProblem(reply, new HttpProblem(503, 'not now', error.message, { retryAfterMs: error.retryAfterMs }))
  if (error instanceof TooLarge)
    return sendProblem(
      reply,
      new HttpProblem(413, 'too large', error.message, { rule: 'body.size', extra: { ...error.receipt } }),
    )
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
  if (request.headers.accept?.includes('text/html') === true) return sendPage(request, reply, problemPage(400))
  const value = (request.raw.url ?? '').slice(0, 80)
  return sendProblem(reply, new HttpProblem(status, 'the address cannot be read', undefined, { rule: 'path', value }))
}

function valueAt(value: unknown, path: string): unknown {
  for (const part of path.split('/').slice(1)) value = (value as Record<string, unknown> | undefined)?.[part]
  return value
}

type Methods = { pattern: RegExp; methods: Set<string> }[]

/** Which methods an address answers, so that a wrong one gets 405 and is told the right ones. */
function rememberMethods(server: FastifyInstance): Methods {
  const known = new Map<string, { pattern: RegExp; methods: Set<string> }>()
  server.addHook('onRoute', route => {
    const entry = known.get(route.url) ?? {
      pattern: patternOf(route.url),
      methods: new Set<string>(),
    }
    for (const method of [route.method].flat()) entry.methods.add(method)
    known.set(route.url, entry)
    methods.splice(0, methods.length, ...known.values())
  })
  const methods: Methods = []
  return methods
}

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
  const page = !path.startsWith('/api/') && request.headers.accept?.includes('text/html') === true
  if (page) return sendPage(request, reply, problemPage(404, undefined, languageOf(request)))
  return sendProblem(
    reply,
    new HttpProblem(404, 'there is nothing here', undefined, { rule: 'path', value: path.slice(0, 80) }),
  )
}
