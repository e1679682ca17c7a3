import type { FastifyInstance } from 'fastify'
import { TOKEN_SCOPES, type TokenScope } from '../../contract/config.js'
import { PermanentError } from '../../contract/error.js'
import { DAY } from '../../contract/time.js'
import type { App } from '../../shell/app.js'
import { TOKEN_NAME } from '../../shell/visitors/tokens.js'
import { attr, html, type Html } from '../pages/html.js'
import type { Asks, Known } from './asks.js'
import type { Form } from './forms.js'
import { field, sendConsole, table, timeOf } from './layout.js'

const SCOPE_WORDS: Readonly<Record<TokenScope, string>> = {
  signals: 'send signals',
  commands: 'command',
  read: 'read where that needs a token',
  propose: 'propose what a person approves',
  agent: 'run checks elsewhere',
  exchange: 'read the signals that are lent to other instances',
}
/** Longest life of a token that is to end. */
const TOKEN_DAYS_MOST = 3_650

/** `/console/tokens`: programs that may send, read or command. */
export function tokenPages(server: FastifyInstance, app: App, asks: Asks): void {
  const page = (viewer: Known, given: Form, secret: string | null) => ({
    title: 'Tokens',
    path: '/console/settings',
    viewer,
    main: tokensPage(app, given, secret),
  })
  server.get('/console/tokens', (request, reply) => {
    const viewer = asks.whoIs(request, reply, 'settings')
    return viewer ? sendConsole(request, reply, page(viewer, {}, null)) : reply
  })
  server.post<{ Body: Form }>('/console/tokens', (request, reply) => {
    const viewer = asks.whoActs(request, reply, 'settings')
    if (!viewer) return reply
    const given = request.body ?? {}
    try {
      if (given['revoke'] !== undefined) {
        app.tokens.revoke(given['revoke'])
        app.people.note(viewer.name, 'token revoked', given['revoke'], '')
        return reply.redirect('/console/tokens', 303)
      }
      const asked = askedIn(given, app.env.now())
      const secret = app.tokens.add(asked)
      app.people.note(viewer.name, 'token', asked.name, asked.scopes.join(', '))
      return sendConsole(request, reply, page(viewer, {}, secret))
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error
      const told = { text: `${error.message}.`, good: false }
      return sendConsole(request, reply, { ...page(viewer, given, null), told, status: 400 })
    }
  })
}

/** @throws PermanentError that says what is wrong with what was asked */
function askedIn(given: Form, now: number) {
  const { name = '', namespace = '', services = '', days = '' } = given
  const scopes = TOKEN_SCOPES.filter(each => given[`scope#${each}`] !== undefined)
  for (const [what, text] of [
    ['a name', name],
    ['a namespace', namespace || name],
  ] as const)
    if (!TOKEN_NAME.test(text))
      throw new PermanentError(`${what} has 1 to 60 letters, digits and . _ -, and begins with a letter or digit`)
  if (scopes.length === 0) throw new PermanentError('a token may do at least one thing')
  const life = days === '' ? null : Number(days)
  if (life !== null && !(Number.isInteger(life) && life >= 1 && life <= TOKEN_DAYS_MOST))
    throw new PermanentError(`a token lives for 1 to ${TOKEN_DAYS_MOST} days`)
  const list = services.split(/[\s,]+/).filter(each => each !== '')
  return {
    ...{ name, scopes, namespace: namespace || name },
    services: list.length === 0 ? null : list,
    expiresAt: life === null ? null : now + life * DAY,
  }
}

function tokensPage(app: App, given: Form, secret: string | null): Html {
  const now = app.env.now()
  const rows = app.tokens.list.map(({ name, scopes, services, kept, tally }) => {
    const over = kept?.revokedAt ?? (kept?.expiresAt != null && kept.expiresAt <= now ? kept.expiresAt : null)
    return [
      html`<b>${name}</b>`,
      scopes.join(', '),
      services === null ? 'any service' : services.join(', '),
      kept === null
        ? html`<code>epicenter.yaml</code>`
        : over !== null
          ? html`ended ${timeOf(over)}`
          : kept.expiresAt === null
            ? 'no end'
            : html`until ${timeOf(kept.expiresAt)}`,
      tally === undefined || tally.lastSeenAt === 0 ? 'not since the start' : timeOf(tally.lastSeenAt),
      kept === null || over !== null
        ? ''
        : html`<form method="post" action="/console/tokens"><input type="hidden" name="revoke" value="${name}"><button>End it</button></form>`,
    ]
  })
  const ticks = TOKEN_SCOPES.map(
    each =>
      html`<label class="tick"><input type="checkbox" name="scope#${each}"${attr('checked', given[`scope#${each}`] !== undefined)}>${SCOPE_WORDS[each]}</label>`,
  )
  const text = (name: string, most: number, needed = false) =>
    html`<input name="${name}" maxlength="${most}" autocomplete="off"${attr('required', needed)}${attr('value', given[name])}>`
  return html`${secret === null ? null : html`<p class="told" role="status">This is shown only now: <code>${secret}</code></p>`}<p>Each sends ids of its own and can be ended alone. The owner’s token lies in the data folder, and ends where its file is deleted.</p>${rows.length === 0 ? html`<p>There is no named token.</p>` : table('Tokens', ['Name', 'May', 'Of', 'Ends', 'Last used', 'End it'], rows)}<section><h2>A new one</h2><form method="post" action="/console/tokens" class="fields settings">${field('Name', text('name', 60, true))}<fieldset><legend>May</legend><span class="ticks">${ticks}</span></fieldset>${field('Ends after so many days (may be left out)', text('days', 4))}${field('Only of these services (may be left out)', text('services', 4_000))}${field('Ids of (may be left out: its own)', text('namespace', 60))}<button class="first">Make it</button></form></section>`
}
