import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { WRONG_TOKEN_ADDRESSES } from '../../../contract/limits.js'
import type { App } from '../../../shell/app.js'
import { Passkeys, type Site } from '../../../shell/people/passkeys.js'
import { NotDone } from '../../../shell/people/people.js'
import { Buckets } from '../../../shell/visitors/buckets.js'
import { homeOf, sameSite } from '../../home.js'
import { html, type Html } from '../../pages/html.js'
import { scriptOf, sendAsset } from '../../pages/index.js'
import { HttpProblem } from '../../problem.js'
import type { Visitors } from '../../visitor.js'
import { type Asks, endBefore } from '../asks.js'
import { keepSession, pathIn } from '../cookie.js'
import { field, sendConsole, sentenceOf, table, timeOf } from '../layout.js'

const SCRIPT = '/assets/passkey.js'
/** Passkeys that an address may try at once, then one every six seconds: a team behind one address. */
const TRIES = { burst: 60, perMinute: 10 }
/** Without TLS browsers have passkeys on this machine alone. */
const SAFE = /^https:|^http:\/\/localhost(?::\d+)?$/

/**
 * The site that passkeys belong to: as configured, whatever a request says; without that this machine by its name. Null where
 * browsers have none.
 */
export function siteOf(config: App['config'], request: FastifyRequest): Site | null {
  const origin = config.url === null ? homeOf(request).origin : new URL(config.url).origin
  return origin !== null && SAFE.test(origin) && (config.url !== null || origin.startsWith('http://localhost'))
    ? { origin, id: new URL(origin).hostname }
    : null
}

/** Signing in by a passkey; adding, naming and removing one's own. */
export function passkeyRoutes(
  server: FastifyInstance,
  app: App,
  visitors: Visitors,
  asks: Asks,
  script: string | undefined,
): void {
  const passkeys = new Passkeys(app.people, app.env)
  const byAddress = new Buckets(TRIES, WRONG_TOKEN_ADDRESSES)
  const asset = scriptOf('passkey.js', script)
  /** @throws HttpProblem */
  const site = (request: FastifyRequest): Site => {
    sameSite(request)
    const found = siteOf(app.config, request)
    if (found === null) throw new HttpProblem(404, 'no passkeys here', WHY_NONE)
    if (byAddress.take(visitors.visitor(request, null).address, app.env.now())) return found
    throw new HttpProblem(429, 'too many tries', 'wait a minute')
  }
  server.get(SCRIPT, (request, reply) => sendAsset(request, reply, asset))
  server.post('/console/passkeys/ask', (request, reply) =>
    reply.header('cache-control', 'no-store').send(passkeys.ask(site(request), null)),
  )
  server.post('/console/passkeys/sign-in', async (request, reply) => {
    const { passkey = '', to } = (request.body ?? {}) as Record<string, string>
    try {
      const name = await passkeys.signIn(site(request), passkey)
      const secret = app.people.begin(name, request.headers['user-agent'] ?? '')
      endBefore(app, request, secret)
      return keepSession(request, reply, secret).redirect(pathIn(to), 303)
    } catch (error) {
      if (!(error instanceof NotDone)) throw error
      return sendConsole(request, reply, {
        ...{ title: 'Not signed in', path: '', viewer: null, status: 401 },
        told: { text: sentenceOf(error.message), good: false },
        main: html`<p><a href="/console/sign-in">Sign in in another way, or begin again</a></p>`,
      })
    }
  })
  server.post('/console/me/passkeys/ask', (request, reply) => {
    const viewer = asks.whoLetsIn(request, reply, 'read')
    return viewer && reply.header('cache-control', 'no-store').send(passkeys.ask(site(request), viewer.name))
  })
  server.post('/console/me/passkeys', async (request, reply) => {
    const viewer = asks.whoLetsIn(request, reply, 'read')
    if (!viewer) return reply
    const { verb, id = '', label = '', passkey = '' } = (request.body ?? {}) as Record<string, string>
    try {
      if (verb === 'remove') app.people.removePasskey(viewer.name, id)
      else if (verb === 'rename') app.people.renamePasskey(viewer.name, id, label)
      else await passkeys.register(site(request), viewer.name, label, passkey)
      return reply.redirect('/console/me', 303)
    } catch (error) {
      if (!(error instanceof NotDone)) throw error
      return told(request, reply, viewer, error.message)
    }
  })
}

const told = (
  request: FastifyRequest,
  reply: FastifyReply,
  viewer: NonNullable<ReturnType<Asks['whoIs']>>,
  why: string,
): FastifyReply =>
  sendConsole(request, reply, {
    ...{ title: 'Passkeys', path: '/console/me', viewer, status: 409 },
    told: { text: sentenceOf(why), good: false },
    main: html`<p><a href="/console/me">Back</a></p>`,
  })

const WHY_NONE = 'browsers have them with https alone: the setting url of the configuration says where this server is'

/** The button on the page to sign in, which the script shows. */
export const passkeyButton = (site: Site | null, to: string): Html | null =>
  site &&
  html`<form method="post" action="/console/passkeys/sign-in" data-passkey="passkeys/ask" class="fields narrow" hidden><input type="hidden" name="to" value="${to}"><input type="hidden" name="passkey"><button>Sign in with a passkey</button><p role="status" class="note"></p></form>${SCRIPT_TAG}`
const SCRIPT_TAG = html`<script src="${SCRIPT}" defer></script>`

/** One's own passkeys on the page *Me*. */
export function ownPasskeys({ people }: App, name: string, site: Site | null): Html {
  const own = people.passkeysOf(name)
  const hidden = (verb: string, id: string) =>
    html`<input type="hidden" name="verb" value="${verb}"><input type="hidden" name="id" value="${id}">`
  const rows = own.map(({ id, label, createdAt, usedAt }) => [
    html`<form method="post" action="/console/me/passkeys" class="inline">${hidden('rename', id)}<input name="label" value="${label}" maxlength="60" aria-label="Name of ${label}"><button>Rename</button></form>`,
    timeOf(createdAt),
    usedAt === null ? 'never' : timeOf(usedAt),
    html`<form method="post" action="/console/me/passkeys">${hidden('remove', id)}<button aria-label="Remove ${label}">Remove</button></form>`,
  ])
  const list = rows.length > 0 ? table('Passkeys', ['Name', 'Since', 'Last used', 'Removal'], rows) : null
  if (site === null) return html`<section><h2>Passkeys</h2>${list}<p>There are none here: ${WHY_NONE}.</p></section>`
  return html`<section><h2>Passkeys</h2><p>A key in your phone, computer or stick: you sign in by its PIN, finger or face, and it fits no other site.</p>${list}<form method="post" action="/console/me/passkeys" data-passkey="me/passkeys/ask" class="fields narrow" hidden>${field('Name of the new one', html`<input name="label" maxlength="60" placeholder="my phone">`)}<input type="hidden" name="passkey"><button>Add a passkey</button><p role="status" class="note"></p></form>${SCRIPT_TAG}</section>`
}
