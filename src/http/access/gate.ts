import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { FORM_BYTES, WRONG_TOKEN_ADDRESSES, WRONG_TOKENS } from '../../contract/limits.js'
import type { App } from '../../shell/app.js'
import { Buckets } from '../../shell/visitors/buckets.js'
import { sameSite } from '../home.js'
import { Bytes } from '../pages/cache.js'
import { attr, html } from '../pages/html.js'
import { NOWHERE, sendPage } from '../pages/index.js'
import { languageOf, speechOf } from '../pages/language.js'
import { page as pageOf } from '../pages/layout.js'
import { HttpProblem } from '../problem.js'
import { addressOf, DOCUMENTS } from '../statuspage/routes.js'
import type { Visitors } from '../visitor.js'
import { Access, type Audience, OPEN_MS } from './access.js'
import { ACCESS_WORDS } from './words.js'

/** They tell nothing of any service, or ask for a token, a session or a sealed link themselves. */
const FREE =
  /^\/(?:healthz|readyz|sw\.js|open|in\/.*|api\/v1\/notifiers\/:id\/pressed|console(?:\/.*)?|subscription\/.*|assets\/(?:(?:live|tell|solve|passkey|subscribe)\.js|mark\.svg)|api\/v1\/openapi\.json)$/
/** Made of what {@link Access.reader} lets be seen. */
const FILTERED = /^\/(?:|incidents|record|api\/v1\/(?:workspace|services|incidents|record|stream|push|report))$/
const SERVICE = /^\/(?:s|embed|api\/v1\/services)\/:/
/** How to read the API: for strangers where there is anything for them to read. */
const DOCS = /^\/docs(?:\/|$)/
const BADGE = '/badge/:file'
const INCIDENT = /^\/(?:i|api\/v1\/incidents)\/:/
/** What a page wears: its logo and its sheet. */
const WORN = /^\/assets\/(?:logo|brand)\/(.+)$/
const PAGE_PARTS = new Set([
  ...Object.keys(DOCUMENTS),
  '/history.json',
  '/incidents/:code',
  '/maintenance/:code',
  '/maintenance',
  '/status',
  '/status/subscribe',
  '/api/v2/subscribers.json',
])

/**
 * Before every route: what is not for whoever asks is refused with one answer, whether it is there or not. A route that nobody
 * thought of here is closed.
 *
 * @returns who may see what; its hooks come before those that write headers
 */
export function openAccess(server: FastifyInstance, app: App, visitors: Visitors): Access {
  const access = new Access(app, visitors)
  if (!access.isOn) return access
  server.addHook('onRequest', async request => {
    const audience = access.of(request)
    if (!audience.all && !(await isFor(app, access, audience, request))) throw CLOSED
  })
  // Parts of a request that wait for its body would forget for whom it is read.
  server.addHook('onRequest', (request, _, done) => access.run(request, done))
  server.addHook('preValidation', (request, _, done) => access.run(request, done))
  server.addHook('preHandler', async request => {
    const { service } = (request.body ?? {}) as { service?: unknown }
    const { url, config } = request.routeOptions
    if (config.scope !== undefined || url === undefined || FREE.test(url) || typeof service !== 'string') return
    if (!access.sees(access.of(request), service)) throw CLOSED
  })
  server.addHook('onSend', async (request, reply) => {
    const isAsset = /^\/(?:assets\/(?!logo|brand)|sw\.js)/.test(request.routeOptions.url ?? '')
    const closed = access.of(request).key !== '' || reply.statusCode === 401
    const cache = String(reply.getHeader('cache-control') ?? '')
    if (isAsset && !closed) return
    if (!closed) return void (cache !== '' && reply.header('cache-control', cache.replace(/\bpublic\b/, 'private')))
    reply.header('cache-control', 'private, no-store')
    // Else any page that somebody inside has open could read it by their browser.
    reply.removeHeader('access-control-allow-origin')
  })
  openRoutes(server, app, access, visitors)
  return access
}

/** One for what is closed and for what is not there. */
const CLOSED = new HttpProblem(
  401,
  'this is not for everybody',
  'a browser opens it at /open; programs send a token with the scope `read`',
  { rule: 'access' },
)
export const isClosed = (error: unknown): boolean => error === CLOSED

async function isFor(app: App, access: Access, audience: Audience, request: FastifyRequest): Promise<boolean> {
  const { url, config } = request.routeOptions
  if (url === undefined || config.scope !== undefined || FREE.test(url) || FILTERED.test(url)) return true
  if (request.method === 'OPTIONS') return true
  const { page, service, id, incident, file } = request.params as Record<string, string | undefined>
  if (SERVICE.test(url)) return access.sees(audience, service ?? id ?? '')
  if (url === BADGE) return access.sees(audience, (file ?? '').replace(/\.svg$/, ''))
  if (INCIDENT.test(url)) {
    const found = await app.reader.incident(incident ?? id ?? '')
    return access.sees(audience, found?.service ?? '')
  }
  const { pages } = app.config
  if (DOCS.test(url)) return pages.some(each => access.opens(audience, each))
  const worn = WORN.exec(url)?.[1]
  const asked =
    worn !== undefined || page !== undefined
      ? pages.find(each => each.id === (worn ?? page))
      : PAGE_PARTS.has(url)
        ? addressOf({ pages }, request).page
        : undefined
  return asked !== undefined && access.opens(audience, asked)
}

/** `/open`: where a browser shows that a page is for it. */
function openRoutes(server: FastifyInstance, app: App, access: Access, visitors: Visitors): void {
  const tries = new Buckets(WRONG_TOKENS, WRONG_TOKEN_ADDRESSES)
  server.register(async scope => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: FORM_BYTES },
      (_, body, done) => done(null, Object.fromEntries(new URLSearchParams(body as string))),
    )
    const to = (request: FastifyRequest) => localPath((request.query as { to?: unknown }).to)
    scope.get('/open', (request, reply) => signInPage(access, request, reply, { to: to(request), status: 200 }))
    scope.post('/open', (request, reply) => {
      sameSite(request)
      const shown = { to: to(request), status: 429 }
      if (!tries.take(visitors.address(request), app.env.now()))
        return signInPage(access, request, reply, { ...shown, said: 'slowed' })
      const { password } = (request.body ?? {}) as { password?: unknown }
      const ids = typeof password === 'string' ? access.byPassword(password) : []
      if (ids.length === 0) return signInPage(access, request, reply, { ...shown, status: 401, said: 'wrong' })
      const cookie = access.cookie(request, ids, OPEN_MS.password)
      return reply.header('set-cookie', cookie).redirect(to(request), 303)
    })
  })
}

/** A path of ours to go on with, as it stands in an address: never another site. */
export const localPath = (to: unknown): string =>
  typeof to === 'string' && /^(?:\/[\w%~-][\w%.~-]*){1,12}$/.test(to) && !to.startsWith('/open') ? to : '/'

interface Shown {
  to: string
  status: number
  said?: 'wrong' | 'slowed'
}

/** Names no page and no service: who sees it may know of none. */
export function signInPage(
  access: Access,
  request: FastifyRequest,
  reply: FastifyReply,
  { to, status, said }: Shown,
): FastifyReply {
  const { t, language } = speechOf(languageOf(request))
  const words = ACCESS_WORDS[language]
  const { password, provider } = access.ways
  const form = html`<form method="post" action="/open?to=${encodeURIComponent(to)}" class="fields"><label>${words.password}<input name="password" type="password" autocomplete="current-password" required></label><button>${words.open}</button></form>`
  const link = html`<p><a href="/console/oidc?reads=1&amp;to=${encodeURIComponent(to)}">${words.provider} <bdi>${provider}</bdi></a></p>`
  const isOnlyInside = !password && provider === null
  const main = html`<div class="hero unknown"><h1>${words.title}</h1><p>${isOnlyInside ? words.inside : words.lead}</p>${said && html`<p role="alert"${attr('class', 'state')}>${words[said]}</p>`}${password ? form : null}${provider === null ? null : link}<p class="note"><a href="/console/sign-in">${words.team}</a></p></div>`
  const { title: workspace, clock, now } = NOWHERE
  const frame = { path: '', query: '', workspace, t, clock, now, live: null, script: null, noIndex: true }
  const text = pageOf({ ...frame, title: words.title, description: words.lead, main })
  return sendPage(request, reply, new Bytes(status, 'text/html; charset=utf-8', text))
}
