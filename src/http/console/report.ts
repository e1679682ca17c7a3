import { WEIGHED_BY } from '../../contract/view.js'
import type { FastifyInstance } from 'fastify'
import { SEVERITIES } from '../../contract/incident.js'
import { HOUR, MINUTE, SECOND } from '../../contract/time.js'
import type { App } from '../../shell/app.js'
import { type Report, type ReportAsked, reportOf } from '../lessons/report.js'
import { attr, html, type Html } from '../pages/html.js'
import { HttpProblem } from '../problem.js'
import type { Asks } from './asks.js'
import { field, sendConsole, table, timeOf } from './layout.js'

type Form = Partial<Record<string, string>>

/** Parts of which the page tells; the API tells all. */
const ROWS_SHOWN = 100
/** Incidents that are named under a part, those that cost most. */
const INCIDENTS_NAMED = 10

/** `/console/report`: service levels and error budgets, to be read or printed. */
export function reportRoutes(server: FastifyInstance, app: App, asks: Asks): void {
  server.get<{ Querystring: Form }>('/console/report', async (request, reply) => {
    const viewer = asks.whoIs(request, reply, 'read')
    if (!viewer) return reply
    const given = request.query
    const page = { title: 'Service levels', path: '/console/report', viewer }
    try {
      const report = await reportOf(app.reader, app.config, asked(given))
      return sendConsole(request, reply, { ...page, main: html`${form(given)}${reportPage(report)}` })
    } catch (error) {
      if (!(error instanceof HttpProblem) || error.statusCode >= 500) throw error
      const told = { text: [error.message, error.detail].filter(Boolean).join(': '), good: false }
      return sendConsole(request, reply, { ...page, status: 400, told, main: form(given) })
    }
  })
}

/** What was filled in; a word or number that is none is left out, and the page says what it went by. */
function asked(given: Form): ReportAsked {
  const text = (name: string) => (given[name] ? { [name]: given[name] } : {})
  const severity = SEVERITIES.find(each => each === given['severity'])
  const by = WEIGHED_BY.find(each => each === given['by'])
  const objective = Number(given['objective'])
  return {
    ...text('from'),
    ...text('until'),
    ...text('parts'),
    ...text('where'),
    ...(severity ? { severity } : {}),
    ...(by ? { by } : {}),
    ...(given['objective'] && objective >= 0 && objective <= 100 ? { objective } : {}),
  }
}

function form(given: Form): Html {
  const input = (name: string, label: string, hint: string) =>
    field(label, html`<input name="${name}" maxlength="4000" placeholder="${hint}"${attr('value', given[name])}>`)
  const choice = (name: string, label: string, words: readonly string[], usual: string) =>
    field(
      label,
      html`<select name="${name}">${words.map(word => html`<option${attr('selected', word === (given[name] ?? usual))}>${word}</option>`)}</select>`,
    )
  return html`<details class="ask"${attr('open', Object.keys(given).length === 0)}><summary>Period, parts and customers</summary><form method="get" action="/console/report" class="fields narrow">${input('from', 'From', '2026-03-01')}${input('until', 'Until', 'now')}${input('parts', 'Services and components', 'chat, chat/api')}${input('where', 'Customers', 'tier=paid region=eu')}${input('objective', 'Promised, percent', '99.9')}${choice('severity', 'Counts from', SEVERITIES, 'major')}${choice('by', 'Counted by', WEIGHED_BY, 'time')}<button class="first">Show</button></form></details>`
}

/** The report itself; printed, it is a document of its own. `linked`: incidents lead to their rooms. */
export function reportPage({ from, until, where, by, severity, objective, rows: all }: Report, linked = true): Html {
  // What cost something is what people look for; the rest is found by its name.
  const rows = all.length <= ROWS_SHOWN ? all : all.toSorted((a, b) => b.downMs - a.downMs).slice(0, ROWS_SHOWN)
  const who =
    where === null
      ? 'all customers'
      : `customers of ${Object.entries(where)
          .map(([label, values]) => `${label} ${values.join(', ')}`)
          .join(' and ')}`
  const heads = ['Part', 'Available', 'Down', 'Planned', 'Unknown', 'Budget', 'Left', 'Promise']
  const lines = rows.map(row => [
    row.title,
    row.availability === null ? 'not measured' : `${percent(row.availability)} %`,
    span(row.downMs),
    span(row.plannedMs),
    span(row.unknownMs),
    row.availability === null ? '–' : span(row.budgetMs),
    row.availability === null ? '–' : row.leftMs < 0 ? `overdrawn by ${span(-row.leftMs)}` : span(row.leftMs),
    row.met === null
      ? 'not measured'
      : row.met
        ? 'kept'
        : html`broken${row.usedUpAt === null ? null : html`, budget used up ${timeOf(row.usedUpAt)}`}`,
  ])
  const costly = rows.filter(row => row.incidents.length > 0)
  return html`<section><p>${timeOf(from)} to ${timeOf(until)}, ${who}. Promised: ${percent(objective)} %. Counted: trouble that was ${severity}${severity === 'critical' ? '' : ' or worse'}, ${by === 'time' ? 'each minute whole' : 'each minute as much as of these people failed; whole where that is not known'}. Planned work is in neither the time nor the trouble, and neither are days before anything was heard of a part, or after it fell silent.</p>${all.length > rows.length ? html`<p class="note">The ${rows.length} of ${all.length.toLocaleString('en')} parts that were down longest; name others above.</p>` : null}${table('Service levels', heads, lines)}</section>${costly.map(
    row =>
      html`<section><h2>${row.title}</h2>${table(
        `What was down: ${row.title}`,
        ['Incident', 'Cost'],
        row.incidents
          .slice(0, INCIDENTS_NAMED)
          .map(each => [
            linked ? html`<a href="/console/i/${encodeURIComponent(each.id)}">${each.id}</a>` : each.id,
            span(each.downMs),
          ]),
      )}</section>`,
  )}`
}

/** Three digits behind the point, never rounded up to a promise that was not kept. */
const percent = (share: number): string => (Math.floor(share * 100_000 + 1e-6) / 1_000).toString()

/** `2 h 3 min`, below a minute in seconds. */
function span(ms: number): string {
  if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`
  const hours = Math.floor(ms / HOUR)
  const minutes = Math.round((ms % HOUR) / MINUTE)
  return hours === 0 ? `${minutes} min` : `${hours} h ${minutes} min`
}
