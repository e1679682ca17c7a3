import { WEIGHED_BY } from '../../contract/view.js'
import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../contract/config.js'
import { type Severity, SEVERITIES, type Where } from '../../contract/incident.js'
import { oneOf } from '../../contract/one-of.js'
import { DAY, type EpochMs, MINUTE } from '../../contract/time.js'
import type { LongReader, ServiceNow } from '../../contract/view.js'
import { occurrences, parseRule } from '../../core/calendar/recurrence.js'
import { readSince } from '../../core/calendar/until.js'
import { isZone, readMoment } from '../../core/calendar/zone.js'
import { readWhere } from '../../core/ingest/where.js'
import { type Asked, type Budget, budgetOf, type Spell, type Window } from '../../core/lessons/budget.js'
import type { App } from '../../shell/app.js'
import { HttpProblem, notFound } from '../problem.js'
import type { Routes } from '../routes.js'
import { Ms, Nullable } from '../schema.js'
import { spellsIn, unheardIn } from './spells.js'

type Guard = Parameters<Routes['add']>[2]

/** A report goes over three years at most: a contract's year with two to hold against it. */
const LONGEST_REPORT_MS = 3 * 366 * DAY
/** Incidents that a report is made of, some 3 KB of spells each; a period with more is refused rather than cut. */
const REPORT_INCIDENTS_MOST = 5_000
/** Promised, where it is not said. */
const OBJECTIVE = 99.9

/** What a report is asked for, as query and as form; all of it may be left out. */
export const ReportQuery = Type.Object({
  from: Type.Optional(Type.String({ maxLength: 60, description: 'Since when; by default 30 days before its end' })),
  until: Type.Optional(Type.String({ maxLength: 60, description: 'Until when; by default now' })),
  parts: Type.Optional(
    Type.String({
      maxLength: 4_000,
      description: 'Services and `service/component`, with commas between; by default all services',
    }),
  ),
  where: Type.Optional(
    Type.String({ maxLength: 2_000, description: 'Customers: `tier=paid region=eu,us`; by default everybody' }),
  ),
  severity: Type.Optional(
    oneOf(SEVERITIES, { description: 'Trouble of this severity or worse counts; by default major' }),
  ),
  objective: Type.Optional(
    Type.Number({ minimum: 0, maximum: 100, description: 'Percent that was promised; by default 99.9' }),
  ),
  by: Type.Optional(
    oneOf(WEIGHED_BY, { description: 'time: a minute counts whole; people: as much as of these people failed' }),
  ),
  timeZone: Type.Optional(
    Type.String({ maxLength: 60, description: 'Of times without an offset; by default of the first page' }),
  ),
})
export type ReportAsked = Static<typeof ReportQuery>

export interface ReportRow extends Budget {
  part: string
  title: string
}
export interface Report {
  from: EpochMs
  until: EpochMs
  severity: Severity
  objective: number
  by: Asked['by']
  where: Where | null
  rows: ReportRow[]
}

interface Part {
  service: ServiceNow
  /** null: the service as a whole. */
  component: string | null
  title: string
}

const broken = (field: string, detail: string, value: string) =>
  new HttpProblem(400, 'such a report cannot be made', detail, { rule: `query.${field}`, value: value.slice(0, 200) })

/** Makes a report. @throws HttpProblem for what cannot be asked */
export async function reportOf(
  reader: LongReader,
  config: Pick<Config, 'maintenance' | 'pages'>,
  query: ReportAsked,
): Promise<Report> {
  const { now } = await reader.workspace()
  const zone = query.timeZone ?? config.pages[0]?.timeZone ?? 'Etc/UTC'
  if (!isZone(zone)) throw broken('timeZone', 'a time zone is a name such as Europe/Berlin', zone)
  const until = Math.min(now, timeOf('until', query.until, now, zone) ?? now)
  const from = timeOf('from', query.from, now, zone) ?? until - 30 * DAY
  if (from >= until || until - from > LONGEST_REPORT_MS)
    throw broken('from', `it must lie before the end, by at most ${LONGEST_REPORT_MS / DAY} days`, query.from ?? '')
  const where = query.where === undefined || query.where.trim() === '' ? null : readWhere(query.where)
  if (where === null && (query.where ?? '').trim() !== '')
    throw broken('where', 'customers are `label=value,value label=value`', query.where!)
  const services = await reader.services()
  const known = new Map<string, Part>()
  for (const service of services) {
    known.set(service.service, { service, component: null, title: service.title })
    for (const { id, name } of service.components)
      known.set(`${service.service}/${id}`, { service, component: id, title: `${service.title}: ${name}` })
  }
  const parts = (query.parts ?? '').split(',').flatMap(each => (each.trim() === '' ? [] : [each.trim()]))
  const strange = parts.find(each => !known.has(each))
  if (strange !== undefined) throw notFound('service or component', strange)
  const { severity = 'major', objective = OBJECTIVE, by = 'time' } = query
  const asked = { from, until, severity, objective: objective / 100, by, where }
  const wanted = parts.length > 0 ? parts : services.map(each => each.service)
  const spells = await spellsIn(reader, from, until, REPORT_INCIDENTS_MOST)
  if (spells === null)
    throw broken('from', `more than ${REPORT_INCIDENTS_MOST} incidents reach into it: ask for a shorter period`, '')
  const planned = plannedIn(config, from, until)
  const heard = new Map((await reader.heard(from, until)).map(each => [each.service, each]))
  const rows = wanted.map((part): ReportRow => {
    const { service, component, title } = known.get(part)!
    const own = spells.get(service.service) ?? []
    const windows = [...(planned.get(service.service) ?? []), ...(component === null ? [] : (planned.get(part) ?? []))]
    const unheard = unheardIn(heardOf(service, component, heard), ofComponent(own, component), from, until)
    return { part, title, ...budgetOf(own, windows, { ...asked, parts: [part] }, unheard) }
  })
  return { ...asked, rows }
}

/** When something was heard of a part: of its own where signals name components, else of its service. */
function heardOf(
  { service, parts }: ServiceNow,
  component: string | null,
  heard: ReadonlyMap<string, { first: EpochMs; last: EpochMs }>,
): Window[] {
  if (component !== null && parts !== undefined)
    return (parts.find(each => each.component === component)?.spans ?? []).map(span => ({
      from: span[0],
      until: span[1],
    }))
  const own = heard.get(service)
  return own === undefined ? [] : [{ from: own.first, until: own.last }]
}

const ofComponent = (spells: readonly Spell[], component: string | null): Spell[] =>
  spells.filter(each => component === null || each.components.length === 0 || each.components.includes(component))

function timeOf(field: string, text: string | undefined, now: EpochMs, zone: string): EpochMs | null {
  if (text === undefined || text.trim() === '') return null
  // A day alone is its midnight.
  const typed = /^\d{4}-\d\d-\d\d$/.test(text.trim()) ? `${text.trim()}T00:00` : text
  try {
    return readSince(typed, now, zone)
  } catch (error) {
    throw broken(field, (error as Error).message, text)
  }
}

/** Planned work of a period, by the service or `service/component` that it names. */
function plannedIn({ maintenance }: Pick<Config, 'maintenance'>, from: EpochMs, until: EpochMs): Map<string, Window[]> {
  const found = new Map<string, Window[]>()
  for (const { starts, minutes, rrule, components, timeZone = 'Etc/UTC' } of maintenance) {
    const { at, local } = readMoment(starts, timeZone)
    const first = from - minutes * MINUTE
    const begins = rrule === undefined ? [at] : occurrences(parseRule(rrule), at, timeZone, first, until, local)
    const windows = begins
      .map(begin => ({ from: begin, until: begin + minutes * MINUTE }))
      .filter(each => each.from < until && each.until > from)
    if (windows.length > 0) for (const ref of components) found.set(ref, [...(found.get(ref) ?? []), ...windows])
  }
  return found
}

const Row = Type.Object({
  part: Type.String({ description: 'Service, or service/component' }),
  title: Type.String(),
  measuredMs: Type.Number({ description: 'The period without planned work and without what is unknown' }),
  plannedMs: Type.Number(),
  unknownMs: Type.Number({ description: 'Before the first and after the last day in which anything was heard' }),
  downMs: Type.Number(),
  availability: Nullable(Type.Number({ description: '0..1' })),
  objective: Type.Number({ description: '0..1' }),
  budgetMs: Type.Number({ description: 'What may be down' }),
  leftMs: Type.Number({ description: 'Below zero: overdrawn' }),
  spent: Nullable(Type.Number({ description: 'Of the budget; above 1: overdrawn' })),
  met: Nullable(Type.Boolean()),
  usedUpAt: Nullable(Ms('When the budget was used up')),
  incidents: Type.Array(Type.Object({ id: Type.String(), downMs: Type.Number() })),
})

/** `GET /api/v1/report`: availability and error budgets. */
export function reportingRoutes(server: FastifyInstance, routes: Routes, app: App, guard: Guard): void {
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/report',
      summary:
        'Availability and error budget of services and components in a period, for all customers or those of some labels',
      scope: 'read',
      query: ReportQuery,
      answer: Type.Object({
        from: Ms('Since when'),
        until: Ms('Until when'),
        severity: oneOf(SEVERITIES),
        objective: Type.Number({ description: '0..1' }),
        by: oneOf(WEIGHED_BY),
        where: Nullable(Type.Record(Type.String(), Type.Array(Type.String()))),
        rows: Type.Array(Row),
      }),
      fails: [400, 404],
      handle: ({ query }, reply) => {
        reply.header('cache-control', 'no-store')
        return reportOf(app.reader, app.config, query)
      },
    },
    guard,
  )
}
