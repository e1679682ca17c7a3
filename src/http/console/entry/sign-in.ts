import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { WRONG_TOKEN_ADDRESSES, WRONG_TOKENS } from '../../../contract/limits.js'
import type { App } from '../../../shell/app.js'
import { PASSWORD_LEAST } from '../../../shell/people/passwords.js'
import { NotDone } from '../../../shell/people/people.js'
import { Buckets } from '../../../shell/visitors/buckets.js'
import { sameSite } from '../../home.js'
import { attr, html, type Html } from '../../pages/html.js'
import type { Visitors } from '../../visitor.js'
import { endBefore } from '../asks.js'
import { dropSession, keepSession, pathIn, sessionIn } from '../cookie.js'
import { field, sendConsole } from '../layout.js'
import { passkeyButton, siteOf } from './passkeys.js'

type Form = Record<string, string>

const REFUSED = 'Name and password do not fit.'
const SLOWED = 'Too many tries. Wait a minute.'

/** Signing in and out, and joining by a link. */
export function signInRoutes(server: FastifyInstance, app: App, visitors: Visitors): void {
  // Of an address and of a name: guessing is slow from one place, and from many.
  const byAddress = new Buckets(WRONG_TOKENS, WRONG_TOKEN_ADDRESSES)
  const byName = new Buckets(WRONG_TOKENS, WRONG_TOKEN_ADDRESSES)
  const agentOf = (request: FastifyRequest) => request.headers['user-agent'] ?? ''
  const sign = (request: FastifyRequest, reply: FastifyReply, said?: string, name = '', status = 200) =>
    sendConsole(request, reply, {
      title: 'Sign in',
      path: '/console/sign-in',
      viewer: null,
      status,
      told: said === undefined ? undefined : { text: said, good: false },
      main: signInForm(app, request, name),
    })

  server.get('/console/sign-in', (request, reply) => sign(request, reply))
  server.post<{ Body: Form }>('/console/sign-in', async (request, reply) => {
    sameSite(request)
    const { name = '', password = '' } = request.body ?? {}
    const now = app.env.now()
    const { address } = visitors.visitor(request, null)
    if (!byAddress.take(address, now) || !byName.take(name.toLowerCase(), now))
      return sign(request, reply, SLOWED, name, 429)
    // Always a session of its own: one that somebody put there before is worth nothing.
    const secret = await app.people.signIn(name, password, agentOf(request))
    if (secret === null) return sign(request, reply, REFUSED, name, 401)
    endBefore(app, request, secret)
    return keepSession(request, reply, secret).redirect(pathIn((request.query as Form)['to']), 303)
  })
  server.post('/console/sign-out', (request, reply) => {
    sameSite(request)
    const session = sessionIn(request)
    const known = session === null ? null : app.people.find(session)
    if (known) app.people.end(known.person.name, { session: known.session })
    return dropSession(request, reply).redirect('/console/sign-in', 303)
  })

  const join = (request: FastifyRequest, reply: FastifyReply, key: string, said?: string, name = '', status = 200) => {
    const invited = app.people.invitation(key)
    return sendConsole(request, reply, {
      title: invited?.name ? 'A new password' : 'Join',
      path: '/console/join',
      viewer: null,
      status: invited === null ? 404 : status,
      told: said === undefined ? undefined : { text: said, good: false },
      main:
        invited === null
          ? html`<p>This link was used, or is too old. Ask an admin for another; the first admin finds one in what the server prints at its start.</p>`
          : joinForm(key, invited.role, invited.name, name),
    })
  }
  server.get('/console/join', (request, reply) => join(request, reply, (request.query as Form)['key'] ?? ''))
  server.post<{ Body: Form }>('/console/join', async (request, reply) => {
    sameSite(request)
    const { key = '', name = '', password = '', again = '' } = request.body ?? {}
    if (!byAddress.take(visitors.visitor(request, null).address, app.env.now()))
      return join(request, reply, key, SLOWED, name, 429)
    if (password !== again) return join(request, reply, key, 'The two passwords are not the same.', name, 400)
    try {
      const person = await app.people.join(key, name, password)
      return keepSession(request, reply, app.people.begin(person.name, agentOf(request))).redirect('/console', 303)
    } catch (error) {
      if (!(error instanceof NotDone)) throw error
      return join(request, reply, key, `${error.message}.`, name, 400)
    }
  })
}

function signInForm({ config }: App, request: FastifyRequest, name: string): Html {
  const to = pathIn((request.query as Form)['to'])
  const { oidc } = config.signIn
  const provider =
    oidc &&
    html`<p><a class="button" href="/console/oidc?to=${encodeURIComponent(to)}">Sign in with ${oidc.label}</a></p>`
  return html`${provider}<form method="post" action="/console/sign-in?to=${encodeURIComponent(to)}" class="fields narrow">${field('Name', html`<input name="name"${attr('value', name)} autocomplete="username" required autofocus>`)}${field('Password', html`<input name="password" type="password" autocomplete="current-password" required>`)}<button class="first">Sign in</button></form>${passkeyButton(siteOf(config, request), to)}`
}

const joinForm = (key: string, role: string, known: string | null, name: string): Html =>
  html`<p>${known === null ? html`You will be <b>${role}</b> here.` : html`For <b>${known}</b>. Every browser that is signed in as them is signed out.`}</p><form method="post" action="/console/join" class="fields narrow"><input type="hidden" name="key"${attr('value', key)}>${known === null ? field('Name, as others will see it', html`<input name="name"${attr('value', name)} autocomplete="username" required autofocus>`) : null}${field(`Password, ${PASSWORD_LEAST} characters or more`, html`<input name="password" type="password" autocomplete="new-password" required minlength="${PASSWORD_LEAST}">`)}${field('The same again', html`<input name="again" type="password" autocomplete="new-password" required>`)}<button class="first">${known === null ? 'Join' : 'Set it'}</button></form>`
