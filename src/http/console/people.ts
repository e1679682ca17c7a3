import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Role, ROLES } from '../../contract/role.js'
import type { App } from '../../shell/app.js'
import type { Site } from '../../shell/people/passkeys.js'
import { NotDone } from '../../shell/people/people.js'
import { wholeHome } from '../home.js'
import { attr, html, type Html } from '../pages/html.js'
import { sendConsole, table, timeOf } from './layout.js'
import type { Asks } from './asks.js'
import { ownPasskeys, siteOf } from './entry/passkeys.js'

type Form = Record<string, string>
/** Rows of the audit that the page shows, the newest first. */
const AUDIT_SHOWN = 100

/** Who may sign in, and one's own sessions. */
export function peopleRoutes(server: FastifyInstance, app: App, asks: Asks): void {
  const { people } = app
  server.get('/console/people', (request, reply) => {
    const viewer = asks.whoIs(request, reply, 'people')
    return (
      viewer &&
      sendConsole(request, reply, { title: 'People', path: '/console/people', viewer, main: list(app, viewer.name) })
    )
  })
  server.post<{ Body: Form }>('/console/people', (request, reply) => {
    const viewer = asks.whoLetsIn(request, reply, 'people')
    if (!viewer) return reply
    let told: { text: string; good: boolean }
    let link: Html | null = null
    try {
      const done = act(app, request, viewer.name)
      told = { text: done.said, good: true }
      link = done.link
    } catch (error) {
      if (!(error instanceof NotDone)) throw error
      told = { text: `${error.message}.`, good: false }
    }
    const main = html`${link}${list(app, viewer.name)}`
    return sendConsole(request, reply, { title: 'People', path: '/console/people', viewer, told, main })
  })
  server.get('/console/me', (request, reply) => {
    const viewer = asks.whoIs(request, reply, 'read')
    return (
      viewer &&
      sendConsole(request, reply, {
        title: 'Me',
        path: '/console/me',
        viewer,
        main: own(app, viewer.name, viewer.session, siteOf(app.config, request)),
      })
    )
  })
  server.post<{ Body: Form }>('/console/me', (request, reply) => {
    const viewer = asks.whoActs(request, reply, 'read')
    if (!viewer) return reply
    const { session } = request.body ?? {}
    people.end(viewer.name, session === undefined ? { allBut: viewer.session } : { session })
    return reply.redirect('/console/me', 303)
  })
}

/** Carries out what a form of the page asks. @throws NotDone */
function act(app: App, request: FastifyRequest, by: string): { said: string; link: Html | null } {
  const { people } = app
  const { verb = '', name = '', role = 'viewer' } = (request.body ?? {}) as Form
  const given = ROLES.find(each => each === role) as Role | undefined
  if (given === undefined) throw new NotDone(`a role is one of ${ROLES.join(', ')}`)
  const linkOf = (key: string): Html => {
    const address = `${wholeHome(request)}/console/join?key=${key}`
    return html`<p class="told">Give them this link. It works once, for three days: <code>${address}</code></p>`
  }
  if (verb === 'invite')
    return { said: `A link for a new ${role}.`, link: linkOf(people.invite({ role: given, name: null, by })) }
  if (verb === 'password')
    return { said: `A link for ${name}.`, link: linkOf(people.invite({ role: 'viewer', name, by })) }
  if (verb === 'role') people.setRole(name, given, by)
  else if (verb === 'end') people.end(name, { allBut: null }, by)
  else if (verb === 'remove') people.remove(name, by)
  else throw new NotDone('there is no such thing to do')
  return { said: `Done: ${verb} ${name}.`, link: null }
}

function list(app: App, viewer: string): Html {
  const { list, audit, invitations } = app.people
  const button = (verb: string, name: string, says: string) =>
    html`<form method="post" action="/console/people" class="inline"><input type="hidden" name="verb" value="${verb}"><input type="hidden" name="name" value="${name}"><button>${says}</button></form>`
  const roles = (name: string, role: Role) =>
    html`<form method="post" action="/console/people" class="inline"><input type="hidden" name="verb" value="role"><input type="hidden" name="name" value="${name}">${choice(role, `Role of ${name}`)}<button>Set</button></form>`
  return html`${table(
    'People',
    ['Name', 'Role', 'Last signed in', 'Password', 'Sessions', 'Removal'],
    list.map(({ name, role, signedInAt, identity }) => [
      html`<b>${name}</b>${name === viewer ? ' (you)' : ''}`,
      roles(name, role),
      signedInAt === null ? 'never' : timeOf(signedInAt),
      html`${identity ? 'single sign-on ' : null}${button('password', name, 'New link')}`,
      html`${app.people.sessionsOf(name).length} ${button('end', name, 'End all')}`,
      button('remove', name, 'Remove'),
    ]),
  )}<section><h2>Invite somebody</h2><form method="post" action="/console/people" class="inline"><input type="hidden" name="verb" value="invite">${choice('responder', 'Role of who joins')}<button class="first">Make a link</button></form>${invitations.length > 0 ? html`<p class="note">${invitations.length} links are out.</p>` : null}</section><section><h2>What was done</h2>${table(
    'Audit',
    ['When', 'By', 'What', 'About', 'Detail'],
    audit
      .slice(-AUDIT_SHOWN)
      .toReversed()
      .map(row => [
        timeOf(row.at),
        row.by,
        row.act,
        row.about,
        row.act === 'sign in' ? browserOf(row.detail) : row.detail,
      ]),
  )}</section>`
}

const choice = (chosen: Role, label: string): Html =>
  html`<select name="role" aria-label="${label}">${ROLES.map(role => html`<option${attr('selected', role === chosen)}>${role}</option>`)}</select>`

/** Most browsers say the names of others too: the first of these that stands there is its own. */
const BROWSERS = [
  ['Edg', 'Edge'],
  ['OPR', 'Opera'],
  ['Firefox', 'Firefox'],
  ['FxiOS', 'Firefox'],
  ['Chrome', 'Chrome'],
  ['CriOS', 'Chrome'],
  ['Safari', 'Safari'],
] as const
const MACHINES = ['iPhone', 'iPad', 'Android', 'Windows', 'Mac', 'Linux'] as const

/** `Firefox on Android`; what no browser says, as it is. */
function browserOf(agent: string): string {
  const browser = BROWSERS.find(([says]) => agent.includes(`${says}/`))?.[1]
  const machine = MACHINES.find(each => agent.includes(each))
  if (browser === undefined) return agent || 'a browser that does not say which'
  return machine === undefined ? browser : `${browser} on ${machine}`
}

function own(app: App, name: string, session: string, site: Site | null): Html {
  const rows = app.people
    .sessionsOf(name)
    .map(each => [
      browserOf(each.agent),
      timeOf(each.createdAt),
      timeOf(each.seenAt),
      each.hash === session
        ? 'this one'
        : html`<form method="post" action="/console/me"><input type="hidden" name="session" value="${each.hash}"><button>End</button></form>`,
    ])
  return html`<p>You are <b>${name}</b>.</p><section><h2>Where you are signed in</h2>${table('Sessions', ['Browser', 'Since', 'Last seen', 'End'], rows)}<form method="post" action="/console/me" class="inline"><button>End all others</button></form></section>${ownPasskeys(app, name, site)}${connected(app, name)}<section><h2>Password</h2><p>An admin makes you a link that sets it anew.</p></section>`
}

/** Whether somebody comes by the provider too, where there is one. */
function connected({ config: { signIn }, people }: App, name: string): Html | null {
  if (signIn.oidc === null) return null
  const { label } = signIn.oidc
  const identity = people.list.find(each => each.name === name)?.identity
  const verb = identity ? 'disconnect' : 'connect'
  const says = identity ? `Sign in with ${label} no more` : `Sign in with ${label} too`
  return html`<section><h2>${label}</h2><p>${identity ? html`You come by <b>${identity.issuer}</b>.` : 'You do not sign in by it yet.'}</p><form method="post" action="/console/oidc/connect" class="inline"><input type="hidden" name="verb" value="${verb}"><button>${says}</button></form></section>`
}
