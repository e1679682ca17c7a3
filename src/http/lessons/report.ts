import { WEIGHED_BY } from '../../contract/view.js'
import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../contract/config.js'
import { type Severity, SEVERITIES, type Where } from '../../contract/incident.js'
import { oneOf } from '../../contract/one-of.js'
import { DAY, type EpochMs, MINUTE } from '../../contract/time.js'
import type { IncidentView, Reader } from '../../contract/view.js'
import { occurrences, parseRule } from '../../core/calendar/recurrence.js'
import { readSince } from '../../core/calendar/until.js'
import { isZone, readMoment } from '../../core/calendar/zone.js'
import { readWhere } from '../../core/ingest/where.js'
import { type Asked, type Budget, budgetOf, type Spell, spellsOf, type Window } from '../../core/lessons/budget.js'
import type { App } from '../../shell/app.js'
import { HttpProblem, notFound } from '../problem.js'
import type { Routes } from '../routes.js'
import { Ms, Nullable } from '../schema.js'

type Guard = Parameters<Routes['add']>[2]

/** A report goes over three years at most: a contract's year with two to hold against it. */
const LONGEST_REPORT_MS = 3 * 366 * DAY
/** Incidents that are read at once; more pages of them follow. */
const REPORT_READ = 200
/** Incidents that a report is made of, about 2 KB each; a period with more is refused rather than cut. */
const REPORT_INCIDENTS_MOST = 5_000
/** An incident may have been opened this long before the period and reach into it. */
const REACHES_MS = 60 * DAY
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

const broken = (field: string, detail: string, value: string) =>
  new HttpProblem(400, 'such a report cannot be made', detail, { rule: `query.${field}`, value: value.slice(0, 200) })

/** Makes a report. @throws HttpProblem for what cannot be asked */
export async function reportOf(
  reader: Reader,
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
  const titles = new Map(
    services.flatMap(({ service, title, components }) => [
      [service, title] as const,
      ...components.map(each => [`${service}/${each.id}`, `${title}: ${each.name}`] as const),
    ]),
  )
  const parts = (query.parts ?? '').split(',').flatMap(each => (each.trim() === '' ? [] : [each.trim()]))
  const strange = parts.find(each => !titles.has(each))
  if (strange !== undefined) throw notFound('service or component', strange)
  const { severity = 'major', objective = OBJECTIVE, by = 'time' } = query
  const asked = { from, until, severity, objective: objective / 100, by, where }
  const wanted = parts.length > 0 ? parts : services.map(each => each.service)
  const spells = new Map<string, Spell[]>()
  for (const each of await incidentsIn(reader, from, until)) {
    const own = spells.get(each.service) ?? []
    own.push(...spellsOf(each, now))
    spells.set(each.service, own)
  }
  const rows = wanted.map((part): ReportRow => {
    const budget = budgetOf(ofPart(part, spells), plannedFor(part, config, from, until), { ...asked, parts: [part] })
    return { part, title: titles.get(part)!, ...budget }
  })
  return { ...asked, rows }
}

/** The spells that may count for a part: of the service that it is, or is of. Names of services may hold slashes too. */
function ofPart(part: string, spells: ReadonlyMap<string, Spell[]>): Spell[] {
  const found = [...(spells.get(part) ?? [])]
  for (let at = part.indexOf('/'); at >= 0; at = part.indexOf('/', at + 1))
    found.push(...(spells.get(part.slice(0, at)) ?? []))
  return found
}

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

/** All incidents that may reach into a period. @throws HttpProblem where there are too many */
async function incidentsIn(reader: Reader, from: EpochMs, until: EpochMs): Promise<IncidentView[]> {
  const found = new Map<string, IncidentView>()
  let before: EpochMs | undefined
  for (;;) {
    const page = await reader.incidents({
      ...{ limit: REPORT_READ, endsAfter: from },
      ...(before === undefined ? {} : { before }),
    })
    for (const each of page)
      if (each.startedAt < until && (each.open || (each.resolvedAt ?? until) > from)) found.set(each.id, each)
    if (found.size > REPORT_INCIDENTS_MOST)
      throw broken('from', `more than ${REPORT_INCIDENTS_MOST} incidents reach into it: ask for a shorter period`, '')
    const oldest = page.at(-1)
    if (oldest === undefined || page.length < REPORT_READ || oldest.openedAt < from - REACHES_MS) break
    before = oldest.openedAt === before ? oldest.openedAt - 1 : oldest.openedAt
  }
  for (const each of await reader.incidents({ open: true, limit: REPORT_READ })) found.set(each.id, each)
  return [...found.values()]
}

/** Planned work of a part: what names it, its service, or, for a service, everything that names the whole of it. */
function plannedFor(
  part: string,
  { maintenance }: Pick<Config, 'maintenance'>,
  from: EpochMs,
  until: EpochMs,
): Window[] {
  const service = part.split('/')[0]!
  return maintenance
    .filter(each => each.components.some(ref => ref === part || ref === service))
    .flatMap(({ starts, minutes, rrule, timeZone = 'Etc/UTC' }) => {
      const { at, local } = readMoment(starts, timeZone)
      const first = from - minutes * MINUTE
      const begins = rrule === undefined ? [at] : occurrences(parseRule(rrule), at, timeZone, first, until, local)
      return begins.map(begin => ({ from: begin, until: begin + minutes * MINUTE }))
    })
}

const Row = Type.Object({
  part: Type.String({ description: 'Service, or service/component' }),
  title: Type.String(),
  measuredMs: Type.Number({ description: 'The period without planned work' }),
  plannedMs: Type.Number(),
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
