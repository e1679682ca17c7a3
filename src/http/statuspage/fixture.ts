import fastify, { type FastifyInstance } from 'fastify'
import type { MaintenanceConfig, StatusPageConfig } from '../../contract/config.js'
import type { IncidentEvent } from '../../contract/incident.js'
import { DAY, HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import type { Clock, IncidentView, Reader, ServiceNow } from '../../contract/view.js'
import { HttpProblem, sendProblem } from '../problem.js'
import { Homes, standUnder } from '../home.js'
import { statuspageRoutes } from './routes.js'

/** Small worlds for tests of the status page; nothing here is read by the product. */

export const NOON = Date.parse('2026-02-03T12:00:00Z')
export const iso = (at: EpochMs): string => new Date(at).toISOString()

export const mainPage: StatusPageConfig = {
  id: 'main',
  title: 'Example',
  description: null,
  url: null,
  logo: null,
  timeZone: 'Etc/UTC',
  services: null,
  groups: null,
  unknownAs: 'degraded_performance',
}

export function service(id: string, parts: string[] = [], more: Partial<ServiceNow> = {}): ServiceNow {
  return {
    service: id,
    title: id.charAt(0).toUpperCase() + id.slice(1),
    components: parts.map(part => ({ id: part, name: part.charAt(0).toUpperCase() + part.slice(1) })),
    dependsOn: [],
    state: 'ok',
    at: NOON,
    seen: { report: NOON - MINUTE, check: NOON - MINUTE },
    recent: { bad: 1, ok: 0, expected: 1 },
    incidents: [],
    ...more,
  }
}

/** A story from what its events say beside the obvious; `minutes` are before noon. */
export function story(
  id: string,
  of: string,
  ...events: (Partial<IncidentEvent> & { minutes: number; event: IncidentEvent['event'] })[]
): IncidentView {
  const told = events.map(
    ({ minutes, ...event }, seq): IncidentEvent => ({
      at: iso(NOON - minutes * MINUTE),
      incident: id,
      seq,
      service: of,
      ...event,
    }),
  )
  const latest = Object.assign({}, ...told) as IncidentEvent
  // A word after the end, such as a post-mortem, opens nothing again.
  const last = told.findLast(
    ({ event, seq }) => event !== 'updated' && (event !== 'note' || seq === 0),
  ) as IncidentEvent
  const open = last.event !== 'resolved' && told[0]?.event !== 'note'
  const openedAt = Date.parse((told[0] as IncidentEvent).at)
  return {
    id,
    service: of,
    title: latest.title ?? `${of} failing`,
    open,
    kind: latest.kind ?? 'outage',
    severity: latest.severity ?? 'minor',
    startedAt: latest.startedAt === undefined ? openedAt : Date.parse(latest.startedAt),
    openedAt,
    resolvedAt: open ? null : Date.parse(last.at),
    mutedUntil: null,
    latest,
    events: told,
  }
}

export const says = (text: string) => [{ text, refs: [] }]

export interface World {
  now?: EpochMs
  clock?: Clock
  services?: ServiceNow[]
  incidents?: IncidentView[]
  pages?: StatusPageConfig[]
  maintenance?: MaintenanceConfig[]
  /** Days with data; the last 90 if not given. */
  days?: (service: string) => EpochMs[]
}

export function readerOf(world: World): Reader {
  const { services = [service('shop', ['cart', 'login', 'search'])] } = world
  return {
    workspace: async () => ({
      title: 'Example',
      clock: world.clock ?? 'signals',
      now: world.now ?? NOON,
      position: 1,
      demo: false,
    }),
    services: async () => services,
    service: async id => services.find(each => each.service === id) ?? null,
    rollups: async () => [],
    days: async (id, from, until) =>
      (
        world.days?.(id) ?? Array.from({ length: 90 }, (_, i) => Math.floor(NOON / DAY) * DAY - i * DAY).reverse()
      ).filter(day => day >= from - DAY + 1 && day < until),
    incidents: async ({ service: of, open, limit, before }) =>
      (world.incidents ?? [])
        .filter(each => (of === undefined || each.service === of) && (open === undefined || each.open === open))
        .filter(each => before === undefined || each.openedAt < before)
        .sort((a, b) => b.openedAt - a.openedAt)
        .slice(0, limit),
    incident: async id => (world.incidents ?? []).find(each => each.id === id) ?? null,
    orders: async () => [],
    facts: async () => [],
  }
}

/** A server with the status page's addresses alone. The wall moves a second with each look, past the cache's freshness. */
export function serverOf(world: World): FastifyInstance {
  const server = fastify()
  server.setErrorHandler((error, _, reply) =>
    error instanceof HttpProblem ? sendProblem(reply, error) : reply.code(500).send({ message: String(error) }),
  )
  standUnder(server, new Homes({ url: null, pages: world.pages ?? [mainPage], proxies: [] }))
  let wall = world.now ?? NOON
  statuspageRoutes(server, {
    reader: readerOf(world),
    pages: world.pages ?? [mainPage],
    maintenance: world.maintenance ?? [],
    wallNow: () => (wall += 1_000),
  })
  return server
}

/** Everything at once: an outage of some, a confirmed cause, a recovery, an old story, silence, a window and groups. */
export const busy: World = {
  services: [
    service('shop', ['cart', 'login', 'search'], { state: 'outage' }),
    service('api'),
    service('mail', [], { state: 'unknown', seen: { check: NOON - 3 * HOUR } }),
  ],
  incidents: [
    story(
      'shop-1',
      'shop',
      {
        minutes: 30,
        event: 'opened',
        title: 'Shop failing',
        severity: 'major',
        kind: 'outage',
        startedAt: iso(NOON - 33 * MINUTE),
        startedAtInterval: [iso(NOON - 34 * MINUTE), iso(NOON - 32 * MINUTE)],
        components: ['cart'],
        segments: [{ where: { region: ['eu'] }, share: 0.42, interval: [0.4, 0.44] }],
        unaffected: { region: ['us'] },
        causes: [{ subject: 'chg-1', title: 'Deploy 7', state: 'suspected', probability: 0.9, because: [] }],
        says: says('About 42 % of requests are failing: region eu.'),
      },
      {
        minutes: 20,
        event: 'updated',
        severity: 'critical',
        components: ['cart', 'login'],
        segments: [{ where: {}, share: 0.7, interval: [0.6, 0.8] }],
        says: says('About 70 % of requests are failing: everywhere.'),
      },
      {
        minutes: 12,
        event: 'updated',
        causes: [{ subject: 'chg-1', title: 'Deploy 7', state: 'confirmed', probability: 1, because: [] }],
        by: 'ada',
        why: 'the diff shows it',
        says: says('Cause confirmed: Deploy 7.'),
      },
      {
        minutes: 5,
        event: 'recovering',
        recovery: { recovered: 0.4, eta: null, segments: [{ where: { region: ['eu'] }, recovered: 0.4, eta: null }] },
        says: says('About 40 % of the trouble is gone.'),
      },
    ),
    story(
      'api-1',
      'api',
      {
        minutes: (8 * DAY) / MINUTE,
        event: 'opened',
        kind: 'degraded',
        severity: 'minor',
        segments: [{ where: { cell: ['<2> & "co"'] }, share: null, interval: null }],
        says: says('Slow.'),
      },
      {
        minutes: (8 * DAY) / MINUTE - 90,
        event: 'resolved',
        says: says('Back to its usual level: p95 <b>&</b> errors.'),
      },
    ),
    story('api-note', 'api', { minutes: 60, event: 'note', says: says('Worth knowing.') }),
  ],
  maintenance: [
    {
      id: 'db',
      title: 'Database upgrade',
      text: 'Some requests wait.',
      starts: iso(NOON - 10 * MINUTE),
      minutes: 60,
      components: ['api'],
    },
    {
      id: 'weekly',
      title: 'Restart',
      starts: '2026-01-05T03:00',
      minutes: 30,
      rrule: 'FREQ=WEEKLY;BYDAY=MO',
      timeZone: 'Europe/Berlin',
      components: ['shop/search'],
    },
  ],
}

/** Sixty components, ninety days, and an incident every second day. */
export function sixty(): World {
  const today = Math.floor(NOON / DAY) * DAY
  const services = Array.from({ length: 6 }, (_, s) =>
    service(
      `svc${s}`,
      Array.from({ length: 10 }, (_, c) => `part-${s}-${c}`),
    ),
  )
  const incidents = Array.from({ length: 45 }, (_, i): IncidentView => {
    const start = 2 * i * 1_440 + 300 + ((i * 97) % 600)
    const what = {
      components: i % 9 === 0 ? [] : [`part-${i % 6}-${(i * 7) % 10}`],
      segments: [{ where: i % 2 ? { region: ['eu-west'] } : {}, share: (i % 10) / 10, interval: null }],
    }
    return story(
      `inc${i}`,
      `svc${i % 6}`,
      {
        minutes: start,
        event: 'opened',
        severity: (['minor', 'major', 'critical'] as const)[i % 3] as 'minor',
        kind: i % 4 === 3 ? 'degraded' : 'outage',
        title: `Svc${i % 6}: part-${i % 6}-${(i * 7) % 10} failing`,
        says: says('About 40 % of requests are failing.'),
        ...what,
      },
      ...(i < 2
        ? []
        : [
            {
              minutes: Math.max(1, start - 40 - ((i * 97) % 900)),
              event: 'resolved' as const,
              says: says('What was affected has been back to its usual level for ten minutes.'),
            },
          ]),
    )
  })
  return {
    services,
    incidents,
    days: id =>
      Array.from({ length: 90 }, (_, i) => today - (89 - i) * DAY).filter((_, i) => id !== 'svc1' || i < 30 || i > 36),
  }
}
