import type { FastifyInstance } from 'fastify'
import { INPUT_HEALTHS, type InputStatus } from '../../contract/plugin.js'
import type { App } from '../../shell/app.js'
import { html, type Html } from '../pages/html.js'
import type { Asks } from './asks.js'
import { sendConsole, table, timeOf } from './layout.js'

/** What brings signals by itself: how each of it is, the worst first. */
export function sourcesRoutes(server: FastifyInstance, app: App, asks: Asks): void {
  server.get('/console/sources', (request, reply) => {
    const viewer = asks.whoIs(request, reply, 'read')
    return (
      viewer &&
      sendConsole(request, reply, { title: 'Sources', path: '/console/sources', viewer, main: list(app.inputs.status) })
    )
  })
}

function list(all: readonly InputStatus[]): Html {
  if (all.length === 0)
    return html`<p>No source, receiver or probe is configured: what is known was posted to <code>/api/v1/signals</code>. <code>epicenter init</code> writes them for what you have.</p>`
  const rank = ({ health }: InputStatus) => INPUT_HEALTHS.indexOf(health)
  const sorted = all.toSorted((a, b) => rank(b) - rank(a))
  return html`<p>One that is not heard is stale, then unknown. That says nothing of what it watches.</p><section>${table(
    'Sources, receivers and probes',
    ['Source', 'Health', 'Last heard', 'Signals a minute', 'Taken', 'Refused', 'Of no use', 'Last error'],
    sorted.map(row),
  )}</section>`
}

const row = (each: InputStatus) => [
  html`<a href="/console/settings/${each.kind}s/e/${encodeURIComponent(each.of ?? each.id)}"><b>${each.kind} ${each.id}</b></a>${each.use === each.id ? null : html` <span class="soft">${each.use}</span>`}`,
  `${each.health}, ${each.state}`,
  each.heardAt === null ? 'never' : timeOf(each.heardAt),
  each.perMinute.toFixed(1),
  each.accepted.toLocaleString('en'),
  countsOf(each.rejected),
  countsOf(each.ignored),
  each.lastError === null ? '' : html`${each.lastError.why} (${timeOf(each.lastError.at)})`,
]

/** `12 signal.id`, one a line. */
const countsOf = (counts: Readonly<Record<string, number>>): Html =>
  html`${Object.entries(counts).map(([rule, count]) => html`<div>${count} <code>${rule}</code></div>`)}`
