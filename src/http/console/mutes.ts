import type { FastifyInstance } from 'fastify'
import { mayRole } from '../../contract/role.js'
import type { IncidentView } from '../../contract/view.js'
import type { App } from '../../shell/app.js'
import { carryOut } from '../api/orders.js'
import { html, type Html } from '../pages/html.js'
import { HttpProblem } from '../problem.js'
import type { Asks, Known } from './asks.js'
import { type Form, input, whyField } from './forms.js'
import { field, sendConsole, table, timeOf } from './layout.js'

/** Open incidents that can be muted from here; others are muted in their room. */
const OPEN_OFFERED = 200

/** `/console/mutes`: about what no messages are sent, until when, and who said so. */
export function mutePages(server: FastifyInstance, app: App, asks: Asks): void {
  const page = async (viewer: Known, given: Form = {}) => ({
    title: 'Mutes',
    path: '/console/settings',
    viewer,
    main: mutesPage(await app.reader.incidents({ open: true, limit: OPEN_OFFERED }), viewer, given, app.now),
  })
  server.get('/console/mutes', async (request, reply) => {
    const viewer = asks.whoIs(request, reply, 'read')
    return viewer ? sendConsole(request, reply, await page(viewer)) : reply
  })
  server.post<{ Body: Form }>('/console/mutes', async (request, reply) => {
    const viewer = asks.whoActs(request, reply, 'mute')
    if (!viewer) return reply
    const { incident = '', until, why = '', verb } = request.body ?? {}
    try {
      const asked = verb === 'unmute' ? { verb: 'unmute' } : { verb: 'mute', until }
      await carryOut(app, incident, { ...asked, why, by: viewer.name } as never, viewer.sender)
      return reply.redirect('/console/mutes', 303)
    } catch (error) {
      if (!(error instanceof HttpProblem) || error.statusCode >= 500) throw error
      const told = { text: [error.message, error.detail].filter(Boolean).join(': '), good: false }
      return sendConsole(request, reply, { ...(await page(viewer, request.body)), told, status: error.statusCode })
    }
  })
}

function mutesPage(open: readonly IncidentView[], viewer: Known, given: Form, now: number): Html {
  const isMuted = ({ mutedUntil }: IncidentView) => mutedUntil !== null && mutedUntil > now
  const muted = open.filter(isMuted)
  const others = open.filter(each => !isMuted(each))
  const may = mayRole(viewer.role, 'mute')
  const link = ({ id, title }: IncidentView) =>
    html`<a href="/console/i/${encodeURIComponent(id)}">${title}</a> <span class="soft">${id}</span>`
  const unmute = ({ id }: IncidentView) =>
    html`<form method="post" action="/console/mutes" class="inline"><input type="hidden" name="verb" value="unmute"><input type="hidden" name="incident" value="${id}"><input type="hidden" name="why" value="messages are wanted again"><button>Send messages again</button></form>`
  const form = html`<section><h2>Mute one</h2><form method="post" action="/console/mutes" class="fields settings">${field('Incident', html`<select name="incident" required>${others.map(({ id, title }) => html`<option value="${id}">${title} (${id})</option>`)}</select>`)}${input('until', given['until'], true)}${whyField(given)}<button class="first">Send no messages</button></form></section>`
  return html`<p>About a muted incident nobody is told; it is followed all the same. Planned work is <a href="/console/settings/maintenance">maintenance</a>.</p>${
    muted.length === 0
      ? html`<p>Nothing is muted.</p>`
      : table(
          'Muted incidents',
          ['Incident', 'Until', 'By', 'Messages'],
          muted.map(each => [
            link(each),
            timeOf(each.mutedUntil!),
            each.muted === undefined ? '' : `${each.muted.by}: ${each.muted.why}`,
            may ? unmute(each) : '',
          ]),
        )
  }${may && others.length > 0 ? form : null}`
}
