import type { FastifyInstance } from 'fastify'
import { COMMANDS } from '../../contract/order.js'
import { mayRole } from '../../contract/role.js'
import type { IncidentView, ServiceNow } from '../../contract/view.js'
import { responseOf } from '../../core/incident/response.js'
import { nextDue, UPDATE_EVERY_MS } from '../../core/words/story.js'
import type { App } from '../../shell/app.js'
import { changedSince } from '../../shell/people/changes.js'
import { begin } from '../api/orders.js'
import { attr, html, type Html } from '../pages/html.js'
import type { Asks, Known } from './asks.js'
import { type Form, inputs, whyField } from './forms.js'
import { field, finder, sendConsole, table, timeOf } from './layout.js'
import { faultIn, filled, nameOf, type Told } from './room.js'

/** Open ones that are listed at once; more are found by a word. */
const OPEN_SHOWN = 100
/** Incidents that are over, on one page. */
const OVER_ON_PAGE = 25
/** Ids of services that the form offers; more are typed. */
const SERVICES_OFFERED = 300

/** `/console`: what needs a person, every incident by a word and by pages, and a form to open one by hand. */
export function frontRoutes(server: FastifyInstance, app: App, asks: Asks): void {
  const front = async (viewer: Known, asked: Form, told?: Told, given: Form = {}) => ({
    title: 'Incidents',
    path: '/console',
    viewer,
    told,
    live: '*',
    main: await frontPage(app, viewer, asked, given),
  })
  server.get<{ Querystring: Form }>('/console', async (request, reply) => {
    const viewer = asks.whoIs(request, reply, 'read')
    return viewer ? sendConsole(request, reply, await front(viewer, request.query)) : reply
  })
  server.post<{ Body: Form }>('/console', async (request, reply) => {
    const viewer = asks.whoActs(request, reply, 'open')
    if (!viewer) return reply
    const given = filled(request.body)
    try {
      const { incident } = await begin(app, { ...given, by: viewer.name } as never, viewer.sender)
      return reply.redirect(`/console/i/${encodeURIComponent(incident.id)}`, 303)
    } catch (error) {
      return sendConsole(request, reply, { ...(await front(viewer, {}, faultIn(error), given)), status: 400 })
    }
  })
}

async function frontPage(app: App, viewer: Known, asked: Form, given: Form): Promise<Html> {
  const word = (asked['q'] ?? '').trim().slice(0, 200)
  const page = Math.max(1, Number.parseInt(asked['page'] ?? '1', 10) || 1)
  const [open, over] = await Promise.all([
    app.reader.incidents({ open: true, limit: OPEN_SHOWN + 1, word }),
    app.reader.incidents({ open: false, limit: OVER_ON_PAGE + 1, skip: (page - 1) * OVER_ON_PAGE, word }),
  ])
  const shown = open.slice(0, OPEN_SHOWN)
  const services = await servicesOf(app, [...shown, ...over])
  return html`${changedPart(app, viewer.name)}${finder('/console', word, 'Find an incident')}${await openParts(app, shown, services)}${open.length > OPEN_SHOWN ? html`<p class="note">The ${OPEN_SHOWN} newest of those that are open; the others are found by a word.</p>` : null}${deafPart(app)}${mayRole(viewer.role, 'open') ? await openForm(app, given) : null}${overPart(over, services, word, page)}`
}

/** What was changed of how they get in since they came the time before: if it was not them, they find out. */
function changedPart(app: App, name: string): Html | null {
  const rows = changedSince(app.people.audit, name)
  if (rows.length === 0) return null
  return html`<div class="told" role="status"><p>Of your account, since you signed in before this time:</p><ul>${rows.map(each => html`<li>${timeOf(each.at)} <b>${each.act}</b>${each.detail === '' ? null : html` (${each.detail})`}, by ${each.by}</li>`)}</ul><p>If that was neither you nor an admin you know of, tell one. <a href="/console/me">Me</a></p></div>`
}

/** The services of some incidents, by their ids. */
async function servicesOf(app: App, incidents: readonly IncidentView[]): Promise<Map<string, ServiceNow | null>> {
  const ids = [...new Set(incidents.map(each => each.service))]
  return new Map(await Promise.all(ids.map(async id => [id, await app.reader.service(id)] as const)))
}

const linkOf = (each: IncidentView, services: ReadonlyMap<string, ServiceNow | null>): Html =>
  html`<a href="/console/i/${encodeURIComponent(each.id)}">${nameOf(each, services.get(each.service) ?? null)}</a>`

async function openParts(
  app: App,
  open: readonly IncidentView[],
  services: ReadonlyMap<string, ServiceNow | null>,
): Promise<Html> {
  const every = { ...UPDATE_EVERY_MS, ...app.config.updates.everyMs }
  const rows = await Promise.all(
    open.map(async each => {
      const orders = await app.reader.orders(each.id)
      return { each, response: responseOf(orders), due: nextDue({ events: each.events, orders }, every) }
    }),
  )
  const waiting = rows.filter(row => row.response.acknowledged === null)
  const taken = rows.filter(row => row.response.acknowledged !== null)
  const line = ({ each, response, due }: (typeof rows)[number]) => [
    linkOf(each, services),
    each.severity,
    timeOf(each.startedAt),
    response.assignee ?? 'nobody',
    due === null ? '' : html`${due < app.now ? html`<b>overdue:</b> ` : null}${timeOf(due)}`,
  ]
  const heads = ['Incident', 'Severity', 'Since', 'Who has it', 'Next update']
  return html`<section class="${waiting.length > 0 ? 'needs' : ''}"><h2>Needs a person</h2>${waiting.length > 0 ? table('Incidents that nobody has taken', heads, waiting.map(line)) : html`<p>Nothing waits for anybody.</p>`}</section>${taken.length > 0 ? html`<section><h2>Somebody is on it</h2>${table('Incidents that somebody has taken', heads, taken.map(line))}</section>` : null}`
}

function deafPart(app: App): Html | null {
  const deaf = app.inputs.status.filter(each => each.health !== 'ok')
  if (deaf.length === 0) return null
  return html`<section><h2>Sources that are not heard</h2>${table(
    'Sources',
    ['Source', 'Health', 'Last error'],
    deaf.map(each => [`${each.kind} ${each.id}`, `${each.health}, ${each.state}`, each.lastError?.why ?? '']),
  )}<p><a href="/console/sources">All sources</a></p></section>`
}

function overPart(
  over: readonly IncidentView[],
  services: ReadonlyMap<string, ServiceNow | null>,
  word: string,
  page: number,
): Html {
  const rows = over
    .slice(0, OVER_ON_PAGE)
    .map(each => [
      linkOf(each, services),
      each.severity,
      timeOf(each.startedAt),
      each.resolvedAt === null ? '' : timeOf(each.resolvedAt),
    ])
  const to = (n: number) => `/console?page=${n}${word === '' ? '' : `&q=${encodeURIComponent(word)}`}`
  const ways = html`<p class="pager">${page > 1 ? html`<a href="${to(page - 1)}">Newer</a>` : null}${over.length > OVER_ON_PAGE ? html`<a href="${to(page + 1)}">Older</a>` : null}</p>`
  return html`<section><h2>Over</h2>${rows.length === 0 ? html`<p>${word === '' ? 'None yet.' : 'None is called so.'}</p>` : table('Incidents that are over', ['Incident', 'Severity', 'From', 'To'], rows)}${page > 1 || over.length > OVER_ON_PAGE ? ways : null}</section>`
}

async function openForm(app: App, given: Form): Promise<Html> {
  // Thousands of names are no choice, and reading them all takes its time.
  const few = app.memory.services + app.config.services.length <= SERVICES_OFFERED
  const known = few ? await app.reader.services() : []
  const list = few
    ? html`<datalist id="services">${known.map(each => html`<option value="${each.service}">${each.title}</option>`)}</datalist>`
    : null
  const service = html`<input name="service" required maxlength="100" autocomplete="off"${attr('list', few ? 'services' : null)}${attr('value', given['service'] ?? (known.length === 1 ? known[0]!.service : null))}>`
  return html`<section><h2>Open one by hand</h2><details${attr('open', given['service'] !== undefined)}><summary>What nothing measures, or what is past</summary><form method="post" action="/console" class="fields narrow">${field('Service', service)}${list}${inputs(COMMANDS.open, given)}${whyField(given)}<button class="first">Open it</button></form></details></section>`
}
