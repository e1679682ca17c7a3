import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { WRONG_TOKEN_ADDRESSES } from '../../../contract/limits.js'
import type { App } from '../../../shell/app.js'
import { FLOW_MS, nameOf, Oidc, type Purpose, roleOf } from '../../../shell/people/oidc.js'
import { NotDone } from '../../../shell/people/people.js'
import { Buckets } from '../../../shell/visitors/buckets.js'
import { type Access, OPEN_MS } from '../../access/access.js'
import { localPath } from '../../access/gate.js'
import { homeOf, wholeHome } from '../../home.js'
import { html } from '../../pages/html.js'
import type { Visitors } from '../../visitor.js'
import type { Asks } from '../asks.js'
import { cookieIn, keepSession, pathIn } from '../cookie.js'
import { sendConsole, sentenceOf } from '../layout.js'

const FLOW = 'epicenter-flow'
/** Sign-ins that an address may begin at once, then one every six seconds: a team behind one address. */
const BEGUN = { burst: 60, perMinute: 10 }
const CALLBACK = '/console/oidc/callback'

/** Signing in by a provider, and connecting one's account there with the one here. */
export function oidcRoutes(
  server: FastifyInstance,
  app: App,
  { visitors, asks, access }: { visitors: Visitors; asks: Asks; access: Access },
): void {
  const { oidc: config } = app.config.signIn
  if (config === null) return
  const oidc = new Oidc(config, app.env)
  const byAddress = new Buckets(BEGUN, WRONG_TOKEN_ADDRESSES)
  const tooOften = (request: FastifyRequest) => !byAddress.take(visitors.visitor(request, null).address, app.env.now())
  const refused = (request: FastifyRequest, reply: FastifyReply, why: string, status = 401) =>
    sendConsole(request, reply, {
      ...{ title: 'Not signed in', path: '', viewer: null, status },
      told: { text: sentenceOf(why), good: false },
      main: html`<p><a href="/console/sign-in">Sign in in another way, or begin again</a></p>`,
    })
  const begin = async (request: FastifyRequest, reply: FastifyReply, purpose: Purpose) => {
    if (tooOften(request)) return refused(request, reply, 'too many tries: wait a minute', 429)
    try {
      const { url, flow } = await oidc.begin(`${wholeHome(request)}${CALLBACK}`, purpose)
      reply.header('set-cookie', flowCookie(request, flow)).header('cache-control', 'no-store')
      // A form of ours leads to no other site, redirects included: a page in between does.
      return purpose.link === null ? reply.redirect(url, 303) : onwards(request, reply, 'To the provider', url, url)
    } catch (error) {
      if (!(error instanceof NotDone)) throw error
      return refused(request, reply, error.message, 502)
    }
  }
  server.get('/console/oidc', (request, reply) => {
    const { to, reads } = request.query as { to?: string; reads?: string }
    const isReader = reads === '1' && access.isOn
    return begin(request, reply, { to: isReader ? localPath(to) : pathIn(to), link: null, reads: isReader })
  })
  server.post('/console/oidc/connect', async (request, reply) => {
    const viewer = asks.whoLetsIn(request, reply, 'read')
    if (!viewer) return reply
    const { verb } = (request.body ?? {}) as { verb?: string }
    if (verb !== 'disconnect') return begin(request, reply, { to: '/console/me', link: viewer.name, reads: false })
    try {
      app.people.connect(viewer.name, null)
    } catch (error) {
      if (!(error instanceof NotDone)) throw error
      return refused(request, reply, error.message, 409)
    }
    return reply.redirect('/console/me', 303)
  })
  server.get(CALLBACK, async (request, reply) => {
    // Once, whatever becomes of it.
    reply.header('set-cookie', flowCookie(request, ''))
    try {
      const flow = cookieIn(request, FLOW, /^[\w-]{40,2000}$/)
      const back = new URL(`${wholeHome(request)}${CALLBACK}${queryOf(request)}`)
      const { identity, claims, for: purpose } = await oidc.finish(flow, back)
      if (purpose.reads) {
        const ids = access.byClaims(claims)
        if (ids.length === 0) throw new NotDone('nothing that the provider says of you opens a page here')
        reply.header('set-cookie', access.cookie(request, ids, OPEN_MS.provider))
        return onwards(request, reply, 'Signed in', purpose.to, `${homeOf(request).base}${purpose.to}`)
      }
      const role = rightOf(app, () => roleOf(config, claims), identity)
      const name = purpose.link ?? nameOf(config, claims)
      if (purpose.link !== null) app.people.connect(purpose.link, identity)
      const secret = app.people.enter(identity, { name, role }, request.headers['user-agent'] ?? '')
      const { base } = homeOf(request)
      return onwards(request, keepSession(request, reply, secret), 'Signed in', purpose.to, `${base}${purpose.to}`)
    } catch (error) {
      if (!(error instanceof NotDone)) throw error
      return refused(request, reply, error.message)
    }
  })
}

/** The role that somebody has a right to; where they have none any more, what is still signed in of them ends. */
function rightOf<T>(app: App, read: () => T, identity: Parameters<App['people']['shutOut']>[0]): T {
  try {
    return read()
  } catch (error) {
    app.people.shutOut(identity, (error as Error).message)
    throw error
  }
}

const queryOf = ({ url }: FastifyRequest): string => (url.includes('?') ? url.slice(url.indexOf('?')) : '')

/** Lax, for the browser comes back from elsewhere; worth nothing but to end the sign-in that was begun with it. */
function flowCookie(request: FastifyRequest, value: string): string {
  const secure = homeOf(request).origin?.startsWith('https:') === true ? '; Secure' : ''
  return `${FLOW}=${value}; Path=/console/oidc; Max-Age=${value === '' ? 0 : FLOW_MS / 1000}; HttpOnly; SameSite=Lax${secure}`
}

/**
 * A page of ours that goes on by itself: a redirect would still count as the provider's, and the browser would not send the
 * session along.
 */
const onwards = (
  request: FastifyRequest,
  reply: FastifyReply,
  title: string,
  link: string,
  onTo: string,
): FastifyReply =>
  sendConsole(request, reply, { title, path: '', viewer: null, onTo, main: html`<p><a href="${link}">Go on</a></p>` })
