import type { FastifyInstance } from 'fastify'
import type { Cause, IncidentEvent, Segment, Where } from '../../contract/incident.js'
import { COMMANDS, type Order, VERBS } from '../../contract/order.js'
import { mayRole } from '../../contract/role.js'
import type { IncidentView, ServiceNow } from '../../contract/view.js'
import { type Response, responseOf } from '../../core/incident/response.js'
import { addUp, turnOf } from '../../core/incident/verdict.js'
import type { App } from '../../shell/app.js'
import { carryOut } from '../api/orders.js'
import { type Like, likeOf } from '../lessons/similar.js'
import { incidentName } from '../pages/incident/name.js'
import { html, type Html } from '../pages/html.js'
import { isolating } from '../pages/direction.js'
import { speechOf } from '../pages/language.js'
import { Pages } from '../pages/load.js'
import { HttpProblem } from '../problem.js'
import type { Asks, Known } from './asks.js'
import { graphPicture } from './graph.js'
import { acts, type Form, give, input, type Room, sourceField, takeIt } from './forms.js'
import { claimsPart, deskOf, learnedPart, tonguesOf, updatePart } from './words.js'
import { sendConsole, table, timeOf } from './layout.js'
import { messagesSent } from './messages.js'

export type Told = { text: string; good: boolean }

/** Steps of an incident that its page lists, the newest. */
const EVENTS_SHOWN = 60

/** The incidents of all services, and the room of each. */
export function roomRoutes(server: FastifyInstance, app: App, asks: Asks): void {
  const pages = new Pages({
    reader: isolating(app.reader),
    report: false,
    guesses: false,
    tell: null,
    updates: app.config.updates.everyMs,
    wallNow: () => app.env.now(),
  })
  /** @param at what was known then, and nothing that came later; null: now */
  const room = async (viewer: Known, id: string, told?: Told, given: Form = {}, at: number | null = null) => {
    const whole = await app.reader.incident(id)
    const incident = whole && asOf(whole, at)
    if (whole === null || incident === null)
      return {
        title: 'No such incident',
        path: '',
        viewer,
        status: 404,
        main: html`<p><a href="/console">All incidents</a></p>`,
      }
    const service = await app.reader.service(incident.service)
    const chart = await pages.chart(speechOf('en'), id, at)
    return {
      title: nameOf(incident, service),
      path: '',
      viewer,
      told,
      ...(at === null ? { live: id } : {}),
      main: await roomPage(app, viewer, { incident, whole, service, given, at, chart }),
    }
  }
  server.get<{ Params: { id: string }; Querystring: Form }>('/console/i/:id', async (request, reply) => {
    const viewer = asks.whoIs(request, reply, 'read')
    if (!viewer) return reply
    const { done, at = '', reword } = request.query
    const verb = VERBS.find(each => each === done)
    const told = verb === undefined ? undefined : { text: `Done: ${COMMANDS[verb].summary}.`, good: true }
    const then = Date.parse(at)
    const given = reword ? { reword } : {}
    return sendConsole(
      request,
      reply,
      await room(viewer, request.params.id, told, given, Number.isNaN(then) ? null : then),
    )
  })
  server.post<{ Params: { id: string }; Body: Form }>('/console/i/:id', async (request, reply) => {
    const verb = VERBS.find(each => each === request.body?.['verb'])
    const viewer = asks.whoActs(request, reply, verb ?? 'ack')
    if (!viewer) return reply
    const { id } = request.params
    const { drafted, ...given } = filled(request.body)
    try {
      if (verb === undefined)
        throw new HttpProblem(400, 'there is no such verb', '', { rule: 'command.verb', value: '' })
      const tongues = await tonguesOf(app, id, { ...given, drafted })
      await carryOut(app, id, { ...given, verb, by: viewer.name } as never, viewer.sender, tongues)
      return reply.redirect(`/console/i/${encodeURIComponent(id)}?done=${verb}`, 303)
    } catch (error) {
      return sendConsole(request, reply, { ...(await room(viewer, id, faultIn(error), given)), status: 409 })
    }
  })
}

/** Fields that were filled in; an empty one was left alone. `seen` may be empty: nobody had asked anything yet. */
export const filled = (body: Form | undefined): Form =>
  Object.fromEntries(Object.entries(body ?? {}).filter(([name, value]) => name === 'seen' || value !== ''))

/** What is wrong, for who asked. @throws what is no answer to them */
export function faultIn(error: unknown): Told {
  if (!(error instanceof HttpProblem) || error.statusCode >= 500) throw error
  return { text: [error.message, error.detail].filter(Boolean).join(': '), good: false }
}

export const nameOf = (incident: IncidentView, service: ServiceNow | null): string =>
  incidentName(incident, service ?? { title: incident.service, components: [] }, speechOf('en')).replace(
    /[\u2066-\u2069]/g,
    '',
  )

/** An incident as it stood at a time: what came later is not there. Null where it was not open yet. */
export function asOf(incident: IncidentView, at: number | null): IncidentView | null {
  if (at === null) return incident
  const events = incident.events.filter(each => Date.parse(each.at) <= at)
  if (events.length === 0) return null
  const latest = events.reduce<IncidentEvent | null>(addUp, null)!
  const turns = events.map(turnOf).filter(each => each !== null)
  const open = turns.at(-1) !== 'resolved' && turns.at(-1) !== 'note'
  const ended = events.findLast(each => each.event === 'resolved')
  return {
    ...incident,
    events,
    latest,
    open,
    kind: latest.kind ?? incident.kind,
    severity: latest.severity ?? 'minor',
    title: latest.title ?? incident.service,
    startedAt: latest.startedAt === undefined ? incident.openedAt : Date.parse(latest.startedAt),
    resolvedAt: open || ended === undefined ? null : Date.parse(ended.at),
    mutedUntil: null,
  }
}

interface RoomInput {
  incident: IncidentView
  /** With all that came later. */
  whole: IncidentView
  service: ServiceNow | null
  given: Form
  at: number | null
  chart: Html | null
}

async function roomPage(
  app: App,
  viewer: Known,
  { incident, whole, service, given, at, chart }: RoomInput,
): Promise<Html> {
  const orders = (await app.reader.orders(incident.id)).filter(each => at === null || each.at <= at)
  const sent = (await app.routing.router.decisions(incident.id)).filter(each => at === null || each.at <= at)
  const response = responseOf(orders)
  const { latest } = incident
  const form: Room = { id: incident.id, newest: response.newest, given }
  const acting = at === null && mayRole(viewer.role, 'ack')
  const desk = await deskOf(app, incident, given['reword'] !== undefined && mayRole(viewer.role, 'say'))
  const may = at === null && mayRole(viewer.role, 'say')
  const shown = at === null ? '' : `?at=${encodeURIComponent(new Date(at).toISOString())}`
  return html`${at === null ? null : html`<p class="told" role="status">This is what was known at ${timeOf(at)}. <a href="/console/i/${encodeURIComponent(incident.id)}">What is known now</a></p>`}<p class="soft" data-part="head">${incident.open ? html`<b>${incident.severity}</b>, open since ${timeOf(incident.openedAt)}` : html`over since ${timeOf(incident.resolvedAt ?? incident.openedAt)}`}; began ${timeOf(incident.startedAt)}. <a href="/i/${encodeURIComponent(incident.id)}${shown}">What the public ${at === null ? 'sees' : 'saw'}</a></p>${acting ? takeIt(incident, response, form) : null}${chart}${scrubber(whole, at)}<div class="panes"><div>${at === null ? updatePart(desk, form, may) : null}${known(latest)}${began(latest)}${suspects(latest, form, at === null && mayRole(viewer.role, 'confirm'))}${strained(latest)}${at === null ? claimsPart(desk, form, may) : null}${at === null ? learnedPart(desk, form, may) : null}${at === null ? likeBefore(await likeOf(app, incident)) : null}${story(incident)}</div><aside aria-label="What people do">${whoHasIt(response)}${acting ? acts(incident, form, service) : null}${messagesSent(sent)}${asked(orders)}</aside></div>`
}

/** What did we know when? Step by step, or at a time of one's choice. */
function scrubber({ id, events }: IncidentView, at: number | null): Html {
  const steps = [...new Set(events.map(each => Date.parse(each.at)))]
  const here = at === null ? steps.length : steps.filter(each => each <= at).length
  const path = `/console/i/${encodeURIComponent(id)}`
  const link = (to: number | undefined, says: string) =>
    to === undefined ? null : html`<a href="${path}?at=${encodeURIComponent(new Date(to).toISOString())}">${says}</a>`
  const shown = new Date(at ?? steps.at(-1) ?? 0).toISOString().slice(0, 16)
  return html`<form class="inline" method="get" action="${path}" aria-label="What was known when" data-part="when"><label class="inline">What did we know at <input name="at" value="${shown}Z" pattern="\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d(:\\d\\d(\\.\\d+)?)?Z" size="20"></label><button>Show</button>${link(steps[here - 2], 'One step back')}${at === null ? null : link(steps[here], 'One step on')}</form>`
}

function known(latest: IncidentEvent): Html {
  const segments = (latest.segments ?? []).map(each => [whereText(each.where), shareText(each)])
  const fine = Object.entries(latest.unaffected ?? {}).map(([label, values]) => `${label}: ${values.join(', ')}`)
  return html`<section><h2>What is known</h2><ul>${(latest.says ?? []).map(each => html`<li>${each.text}</li>`)}</ul>${segments.length > 0 ? html`<h3>Who is hit</h3>${table('Who is hit', ['Part', 'Failing'], segments)}` : null}${fine.length > 0 ? html`<h3>Observed to be fine</h3><ul>${fine.map(each => html`<li>${each}</li>`)}</ul>` : null}${
    latest.recovery
      ? html`<h3>Recovery</h3><p>${Math.round(100 * latest.recovery.recovered)} % of the worst is gone${latest.recovery.of === 'reports' ? ', by fewer reports alone' : ''}${latest.recovery.eta ? `; normal between ${latest.recovery.eta.join(' and ')}` : ''}.</p>`
      : null
  }<h3>Evidence, in bits</h3><p>${
    Object.entries(latest.evidence ?? {})
      .map(([kind, bits]) => `${kind} ${bits ?? 'unreadable'}`)
      .join(' · ') || 'none: opened by hand'
  }</p></section>`
}

const whereText = (where: Where): string =>
  Object.entries(where)
    .map(([label, values]) => `${label} ${values.join(', ')}`)
    .join(' · ') || 'everybody'
const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`
const shareText = ({ share, interval }: Segment): string =>
  share === null
    ? 'not known'
    : `${percent(share)}${interval ? ` (${percent(interval[0])} to ${percent(interval[1])})` : ''}`

function suspects(latest: IncidentEvent, room: Room, may: boolean): Html {
  const causes = latest.causes ?? []
  const none = latest.unexplained ?? 1
  return html`<section><h2>Why</h2>${causes.length === 0 ? html`<p>No change or dependency is suspected.</p>` : null}${causes.map(cause => suspect(cause, room, may))}<p class="soft">None of those listed: ${percent(none)}.</p>${may ? html`<div class="acts"><details><summary>Confirm a cause in your own words</summary>${give(room, 'confirm', html`${input('words', undefined, true)}${sourceField(room, 'confirm')}`, 'Confirm')}</details>${security(latest, room)}</div>` : null}</section>`
}

function security({ security }: IncidentEvent, room: Room): Html {
  const subject = html`<input type="hidden" name="subject" value="security">`
  return html`<details><summary>Security: ${(security?.state ?? 'no_evidence').replace('_', ' ')}</summary>${give(room, 'rule-out', html`${subject}${sourceField(room, 'rule-out')}`, 'Rule a breach out')}${give(room, 'confirm', html`${subject}${sourceField(room, 'confirm')}`, 'Confirm a breach')}</details>`
}

function suspect({ subject, title, state, probability, because }: Cause, room: Room, may: boolean): Html {
  const reasons = because.map(
    each => html`<li>${each.bits >= 0 ? 'for' : 'against'}, ${Math.abs(each.bits)} bits: ${each.says}</li>`,
  )
  const hidden = html`<input type="hidden" name="subject" value="${subject}">`
  return html`<div class="said"><p><b>${title}</b> <code>${subject}</code>: ${state.replace('_', ' ')}, ${percent(probability)}</p><details><summary>For and against</summary><ul>${reasons}</ul></details>${may ? html`<details><summary>Confirm or rule out</summary><div class="acts">${give(room, 'confirm', html`${hidden}${sourceField(room, 'confirm')}`, 'Confirm')}${give(room, 'rule-out', html`${hidden}${sourceField(room, 'rule-out')}`, 'Rule out')}</div></details>` : null}</div>`
}

/** Where it began, with the way to whom it hit. */
function began({ origin }: IncidentEvent): Html | null {
  if (!origin) return null
  const way = origin.path.map(({ from, to }) => html`<li><bdi>${from}</bdi> → <bdi>${to}</bdi></li>`)
  const others = origin.candidates.slice(1).filter(each => each.probability >= 0.01)
  return html`<section><h2>Where it began</h2><p>${origin.node === null ? html`Outside of the graph, as far as is drawn` : html`It began at <b><bdi>${origin.node}</bdi></b> (suspected)`}, ${percent(origin.probability)}, between ${timeOf(Date.parse(origin.onset[0]))} and ${timeOf(Date.parse(origin.onset[1]))}.</p>${graphPicture(origin)}<details><summary>The same as a list</summary><ul>${way}</ul></details>${others.map(each => html`<p class="soft">Else: ${each.node === null ? 'not in the graph' : html`<bdi>${each.node}</bdi>`}, ${percent(each.probability)}</p>`)}</section>`
}

function strained({ strained = [] }: IncidentEvent): Html | null {
  if (strained.length === 0) return null
  return html`<section><h2>Full or far from usual</h2>${table(
    'What is strained',
    ['What', 'Where', 'Now', 'Capacity', 'Usual', 'Since'],
    strained.map(each => [
      each.name,
      whereText(Object.fromEntries(Object.entries(each.labels).map(([k, v]) => [k, [v]]))),
      each.value,
      each.capacity,
      each.usual?.toPrecision(3),
      timeOf(Date.parse(each.since)),
    ]),
  )}</section>`
}

/** Step by step, each with the page as it stood then. */
function story({ id, events }: IncidentView): Html {
  return html`<section><h2>Step by step</h2><ol class="line">${events
    .slice(-EVENTS_SHOWN)
    .toReversed()
    .map(
      each =>
        html`<li><a href="/console/i/${encodeURIComponent(id)}?at=${encodeURIComponent(each.at)}">${timeOf(Date.parse(each.at))}</a> <span>${each.event}${each.severity ? `, ${each.severity}` : ''}${each.by ? html` by <b>${each.by}</b>: ${each.why}` : null}</span></li>`,
    )}</ol></section>`
}

/** Past incidents that are like this one, and what helped then. */
const likeBefore = (like: readonly Like[]): Html | null =>
  like.length === 0
    ? null
    : html`<section><h2>Like it before</h2>${like.map(
        ({ incident, by, helped }) =>
          html`<div class="said"><p><a href="/console/i/${encodeURIComponent(incident.id)}">${incident.id}</a>, ${timeOf(incident.startedAt)}: alike by ${Object.entries(
            by,
          )
            .sort(([, a], [, b]) => b - a)
            .map(([name]) => name)
            .join(
              ', ',
            )}</p>${helped.length === 0 ? html`<p class="soft">Nobody wrote down what helped.</p>` : html`<ul>${helped.map(each => html`<li>${each.by}, ${each.verb}: “${each.says}”</li>`)}</ul>`}</div>`,
      )}</section>`

const whoHasIt = ({ acknowledged, assignee }: Response): Html =>
  html`<section><h2>Who has it</h2><p>${assignee === null ? 'Nobody was named.' : html`<b>${assignee}</b>`}</p><p class="soft">${acknowledged === null ? 'Nobody has said that they are looking at it.' : html`Seen first by ${acknowledged.by}, ${timeOf(acknowledged.at)}.`}</p></section>`

const asked = (orders: readonly Order[]): Html | null =>
  orders.length === 0
    ? null
    : html`<section><h2>What people did</h2>${orders
        .toReversed()
        .map(
          each =>
            html`<p class="said">${timeOf(each.at)} <b>${each.by}</b>: ${each.verb}${each.person ? ` to ${each.person}` : ''}${each.text ? html` “${each.text}”` : null} <span class="soft">${each.why}</span>${each.href ? html` <a href="${each.href}" rel="noreferrer nofollow">Source</a>` : null}</p>`,
        )}</section>`
