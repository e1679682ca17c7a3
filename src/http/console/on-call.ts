import type { FastifyInstance } from 'fastify'
import { COMMAND_SENDER } from '../../contract/order.js'
import type { Override } from '../../contract/oncall/routing.js'
import { mayRole } from '../../contract/role.js'
import { DAY } from '../../contract/time.js'
import type { App } from '../../shell/app.js'
import { giveOverride, takeBackOverride } from '../api/on-call.js'
import { attr, html, type Html } from '../pages/html.js'
import { HttpProblem } from '../problem.js'
import type { Asks, Known } from './asks.js'
import type { Form } from './forms.js'
import { field, sendConsole, table, timeOf } from './layout.js'

/** Turns to come that each rota shows. */
const TURNS_SHOWN = 4
/** Turns are looked for so far ahead: those of a month each, and one more. */
const TURNS_AHEAD_MS = 60 * DAY
/** Overrides that are over and still listed. */
const OVER_SHOWN = 30

/** `/console/on-call`: who is on call, who comes next, and swaps and cover. */
export function onCallPages(server: FastifyInstance, app: App, asks: Asks): void {
  const page = async (viewer: Known, given: Form = {}) => ({
    title: 'On call',
    path: '/console/on-call',
    viewer,
    main: await onCallPage(app, viewer, given),
  })
  server.get<{ Querystring: Form }>('/console/on-call', async (request, reply) => {
    const viewer = asks.whoIs(request, reply, 'read')
    if (!viewer) return reply
    const told = request.query['done'] === undefined ? undefined : { text: 'Done.', good: true }
    return sendConsole(request, reply, { ...(await page(viewer)), told })
  })
  server.post<{ Body: Form }>('/console/on-call', async (request, reply) => {
    const viewer = asks.whoActs(request, reply, 'assign')
    if (!viewer) return reply
    const given = request.body ?? {}
    const { rota = '', person = '', from = '', until = '', instead = '', why = '', back } = given
    try {
      if (back === undefined) {
        const asked = {
          rota,
          person,
          from: from || 'now',
          until,
          why: why.slice(0, COMMAND_SENDER.why.chars),
          by: viewer.name,
        }
        await giveOverride(app, { ...asked, ...(instead === '' ? {} : { instead }) }, viewer.sender)
      } else await takeBackOverride(app, back, viewer.name)
      return reply.redirect('/console/on-call?done=1', 303)
    } catch (error) {
      if (!(error instanceof HttpProblem) || error.statusCode >= 500) throw error
      const told = { text: [error.message, error.detail].filter(Boolean).join(': '), good: false }
      return sendConsole(request, reply, { ...(await page(viewer, given)), told, status: 400 })
    }
  })
}

async function onCallPage(app: App, viewer: Known, given: Form): Promise<Html> {
  const { onCall } = app.routing
  const now = app.env.now()
  if (onCall.rotas.length === 0)
    return html`<p>There is no rota. <a href="/console/settings/rotas">Set one up</a>, with the <a href="/console/settings/responders">responders</a> who take turns in it.</p>`
  const rotas = await Promise.all(
    onCall.rotas.map(async rota => {
      const turns = (await onCall.shifts(rota, now, now + TURNS_AHEAD_MS)).slice(0, TURNS_SHOWN)
      return html`<section><h2><bdi>${rota.title ?? rota.id}</bdi></h2>${table(
        `Turns of ${rota.title ?? rota.id}`,
        ['Who', 'From', 'Until', 'By'],
        turns.map(({ person, from, until, by }) => [
          person === null ? html`<b>nobody</b>` : html`<b>${onCall.nameOf(person)}</b>`,
          from <= now ? 'now' : timeOf(from),
          timeOf(until),
          by === null ? '' : typeof by === 'number' ? `layer ${by + 1}` : 'override',
        ]),
      )}</section>`
    }),
  )
  const may = mayRole(viewer.role, 'assign')
  return html`${rotas}${may ? coverForm(app, given) : null}${overrides(app, await onCall.overrides(), now, may)}`
}

function coverForm(app: App, given: Form): Html {
  const { onCall } = app.routing
  const pick = (name: string, ids: readonly string[], needed: boolean) =>
    html`<select name="${name}"${attr('required', needed)}>${needed ? null : html`<option value=""></option>`}${ids.map(id => html`<option value="${id}"${attr('selected', given[name] === id)}>${name === 'rota' ? id : onCall.nameOf(id)}</option>`)}</select>`
  const people = app.config.responders.map(each => each.id)
  const text = (name: string, hint: string, needed: boolean) =>
    html`<input name="${name}" maxlength="60" placeholder="${hint}"${attr('required', needed)}${attr('value', given[name])}>`
  return html`<section><h2>Swap or cover</h2><form method="post" action="/console/on-call" class="fields settings">${field(
    'Rota',
    pick(
      'rota',
      onCall.rotas.map(each => each.id),
      true,
    ),
  )}${field('Who takes over', pick('person', people, true))}${field('From', text('from', 'now, 18:00, tomorrow 9:00, or an ISO 8601 time', false))}${field('Until', text('until', '2h, 18:00, tomorrow 9:00, or an ISO 8601 time', true))}${field('Only instead of', pick('instead', people, false))}${field('Why', html`<input name="why" required maxlength="${COMMAND_SENDER.why.chars}"${attr('value', given['why'])}>`)}<button class="first">Give it</button></form></section>`
}

function overrides(app: App, all: readonly Override[], now: number, may: boolean): Html | null {
  if (all.length === 0) return null
  const name = (person: string) => app.routing.onCall.nameOf(person)
  const isOver = (each: Override) => each.until <= now || each.takenBack !== undefined
  const row = (each: Override) => [
    html`<b>${name(each.person)}</b>${each.instead === undefined ? null : ` instead of ${name(each.instead)}`}`,
    each.rota,
    timeOf(each.from),
    timeOf(each.until),
    html`${each.by}, ${timeOf(each.at)}: ${each.why}`,
    each.takenBack !== undefined
      ? html`taken back by ${each.takenBack.by}, ${timeOf(each.takenBack.at)}`
      : each.until <= now || !may
        ? ''
        : html`<form method="post" action="/console/on-call"><input type="hidden" name="back" value="${each.id}"><button>Take back</button></form>`,
  ]
  const heads = ['Who', 'Rota', 'From', 'Until', 'Given by', 'Taken back']
  const coming = all.filter(each => !isOver(each)).toSorted((a, b) => a.from - b.from)
  const over = all.filter(isOver).toSorted((a, b) => b.until - a.until)
  return html`<section><h2>Overrides</h2>${coming.length === 0 ? html`<p>None holds or is to come.</p>` : table('Overrides that hold or are to come', heads, coming.map(row))}${over.length === 0 ? null : html`<details><summary>On record</summary>${table('Overrides on record', heads, over.slice(0, OVER_SHOWN).map(row))}</details>`}</section>`
}
