import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { DAY, type EpochMs } from '../../contract/time.js'
import { ROLLUP_MS, type IncidentView } from '../../contract/view.js'
import { readTime } from '../../core/ingest/door.js'
import type { App } from '../../shell/app.js'
import { namedViews } from '../pages/incident/named.js'
import { HttpProblem, notFound } from '../problem.js'
import type { Routes } from '../routes.js'
import { graphRoutes } from './graph.js'
import { Event, Incident, RollupRow, Service, Workspace } from '../schema.js'

type Guard = Parameters<Routes['add']>[2]

/** Incidents that a list has where no `limit` is asked for. */
const INCIDENTS_DEFAULT = 50
/** Incidents that a list has at most, about 2 KB each. */
const INCIDENTS_MAX = 200
/** Services of a page at most, about 300 bytes each; without a page all are given. */
const SERVICES_A_PAGE = 1_000
/** 100 days of five-minute bins would be 28,800 rows: a month at once is what a chart can use. */
const ROLLUPS_SPAN_MS = 31 * DAY
/** A month of changes and notices at once, as of bins. */
const FACTS_SPAN_MS = 31 * DAY
/** As long as rollups are kept by default, and a little. */
const DAYS_SPAN_MS = 410 * DAY

const Id = Type.Object({ id: Type.String({ minLength: 1, maxLength: 300 }) })
const Page = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: SERVICES_A_PAGE })),
  after: Type.Optional(Type.String({ description: 'After the service of this id: the last of the page before' })),
})
const free: Guard = async () => {}

/** Services after one of them, by id; all of them, as they come, where no page is asked for. */
function pageOf<T extends { service: string }>(all: T[], { limit, after }: Static<typeof Page>): T[] {
  if (limit === undefined && after === undefined) return all
  const sorted = all.toSorted((a, b) => (a.service < b.service ? -1 : 1))
  return (after === undefined ? sorted : sorted.filter(each => each.service > after)).slice(0, limit)
}

/** What is known, for machines: the same that the pages read. */
export function readRoutes(server: FastifyInstance, routes: Routes, app: App): void {
  const { reader } = app
  graphRoutes(server, routes, app)
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/workspace',
      summary: 'Title, clock and log time',
      answer: Workspace,
      handle: () => reader.workspace(),
    },
    free,
  )
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/services',
      summary: 'Services now, by id: all, or a page of them',
      query: Page,
      answer: { list: Service },
      handle: async ({ query }) => pageOf(await reader.services(), query),
    },
    free,
  )
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/services/:id',
      summary: 'A service now',
      params: Id,
      answer: Service,
      fails: [404],
      handle: async ({ params }) => (await reader.service(params.id)) ?? Promise.reject(notFound('service', params.id)),
    },
    free,
  )
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/services/:id/rollups',
      summary: 'Five-minute bins in [from, until), oldest first; by default the last 24 h',
      params: Id,
      query: Type.Object({
        from: Type.Optional(Type.String({ description: 'ISO 8601 UTC, or milliseconds since 1970' })),
        until: Type.Optional(Type.String({ description: 'ISO 8601 UTC, or milliseconds since 1970' })),
      }),
      answer: { list: RollupRow },
      fails: [400, 404],
      handle: async ({ params, query }) => {
        if ((await reader.service(params.id)) === null) throw notFound('service', params.id)
        const until = time('until', query.until) ?? (await reader.workspace()).now + ROLLUP_MS
        const from = time('from', query.from) ?? until - DAY
        if (from > until || until - from > ROLLUPS_SPAN_MS)
          throw new HttpProblem(
            400,
            'not a span of time',
            `from must lie before until, by at most ${ROLLUPS_SPAN_MS / DAY} days`,
            { rule: 'query.from', value: query.from ?? '' },
          )
        return reader.rollups(params.id, from, until)
      },
    },
    free,
  )
}

/** The rest of what pages read, so that a copy elsewhere can show the same. */
export function historyRoutes(server: FastifyInstance, routes: Routes, app: App): void {
  const { reader } = app
  const span = async (id: string, query: { from?: string; until?: string }, mostMs: number) => {
    if ((await reader.service(id)) === null) throw notFound('service', id)
    const until = time('until', query.until) ?? (await reader.workspace()).now + 1
    const from = time('from', query.from) ?? until - Math.min(mostMs, 2 * DAY)
    if (from <= until && until - from <= mostMs) return { from, until }
    throw new HttpProblem(400, 'not a span of time', `from must lie before until, by at most ${mostMs / DAY} days`, {
      rule: 'query.from',
      value: query.from ?? '',
    })
  }
  const query = Type.Object({
    from: Type.Optional(Type.String({ description: 'ISO 8601 UTC, or milliseconds since 1970' })),
    until: Type.Optional(Type.String({ description: 'ISO 8601 UTC, or milliseconds since 1970' })),
  })
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/services/:id/facts',
      summary: 'Changes and notices with effect in [from, until), oldest first; by default the last 48 h',
      params: Id,
      query,
      answer: { list: Type.Object({ via: Type.String(), id: Type.String(), at: Type.Number() }) },
      fails: [400, 404],
      handle: async ({ params, query }) => {
        const { from, until } = await span(params.id, query, FACTS_SPAN_MS)
        return reader.facts(params.id, from, until)
      },
    },
    free,
  )
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/services/:id/days',
      summary: 'The days in [from, until) in which there is data, as midnights of UTC; by default the last two',
      params: Id,
      query: Type.Object({
        ...query.properties,
        offset: Type.Optional(
          Type.Integer({
            minimum: -DAY,
            maximum: DAY,
            description: 'Days of a clock that is so many milliseconds ahead of UTC, told as if it stood in Greenwich',
          }),
        ),
      }),
      answer: { list: Type.Number() },
      fails: [400, 404],
      handle: async ({ params, query }) => {
        const { from, until } = await span(params.id, query, DAYS_SPAN_MS)
        return reader.days(params.id, from, until, query.offset ?? 0)
      },
    },
    free,
  )
}

/** Incidents and their stories. */
export function incidentRoutes(server: FastifyInstance, routes: Routes, app: App): void {
  const { reader } = app
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/incidents',
      summary: 'Incidents, newest first',
      query: Type.Object({
        service: Type.Optional(Type.String()),
        open: Type.Optional(Type.Boolean()),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: INCIDENTS_MAX, default: INCIDENTS_DEFAULT })),
        before: Type.Optional(Type.String({ description: 'Opened before: ISO 8601 UTC, or milliseconds since 1970' })),
      }),
      answer: { list: Incident },
      fails: [400],
      handle: async ({ query }) => {
        const { service, open, limit = INCIDENTS_DEFAULT } = query
        const before = time('before', query.before)
        const found = await reader.incidents({
          limit,
          ...(service === undefined ? {} : { service }),
          ...(open === undefined ? {} : { open }),
          ...(before === undefined ? {} : { before }),
        })
        return namedViews(reader, found)
      },
    },
    free,
  )
  const incident = async (id: string) => {
    const [found] = await namedViews(reader, [
      (await reader.incident(id)) ?? (await Promise.reject(notFound('incident', id))),
    ])
    return found as IncidentView
  }
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/incidents/:id',
      summary: 'An incident with its story',
      params: Id,
      answer: Incident,
      fails: [404],
      handle: ({ params }) => incident(params.id),
    },
    free,
  )
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/incidents/:id/events',
      summary: 'Its events, oldest first',
      params: Id,
      answer: { list: Event },
      fails: [404],
      handle: async ({ params }) => (await incident(params.id)).events,
    },
    free,
  )
}

function time(name: string, text: string | undefined): EpochMs | undefined {
  if (text === undefined) return undefined
  const at = readTime(/^\d+$/.test(text) ? Number(text) : text)
  if (Number.isNaN(at))
    throw new HttpProblem(400, 'not a time', 'a time must be ISO 8601 UTC or milliseconds since 1970', {
      rule: `query.${name}`,
      value: text.slice(0, 80),
    })
  return at
}
