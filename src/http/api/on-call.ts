import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { COMMAND_SENDER } from '../../contract/order.js'
import { type Override, REASONS } from '../../contract/oncall/routing.js'
import { oneOf } from '../../contract/one-of.js'
import { DAY, type EpochMs } from '../../contract/time.js'
import { readUntil } from '../../core/calendar/until.js'
import type { App } from '../../shell/app.js'
import type { Sender } from '../../shell/visitors/tokens.js'
import { senderOf } from '../guard.js'
import { HttpProblem, notFound } from '../problem.js'
import type { Routes } from '../routes.js'
import { noSuchIncident } from './orders.js'

type Guard = Parameters<Routes['add']>[2]
/** Who may give overrides, and who may read. */
interface Guards {
  gives: Guard
  reads: Guard
}

/** Days of a rota that are told at once. */
const DAYS_MOST = 400
/** Where nothing is asked for: shifts to come, and a report of what was. */
const [AHEAD_DAYS, BACK_DAYS] = [28, 90]

const Ms = (description: string) => Type.Integer({ description: `${description}, in milliseconds since 1970` })
const OrNull = (what: ReturnType<typeof Type.String>) => Type.Union([what, Type.Null()])
const Name = (description: string) => Type.String({ minLength: 1, maxLength: 40, description })
const Id = Type.Object({ id: Type.String({ minLength: 1, maxLength: 300 }) })
const Days = Type.Object({
  days: Type.Optional(Type.Integer({ minimum: 1, maximum: DAYS_MOST, description: 'How many days' })),
})

const DecisionMade = Type.Object({
  at: Ms('When it was decided'),
  about: Type.String({ description: 'The incident, or the alerts' }),
  service: Type.String(),
  route: OrNull(Type.String({ description: 'Which route decided' })),
  to: Type.Array(Type.String(), { description: 'Notifiers' }),
  told: Type.Boolean({ description: 'false: it was kept back' }),
  reason: oneOf(REASONS),
  because: Type.String(),
  seq: Type.Optional(Type.Integer({ description: 'Event of the incident' })),
  thread: Type.Optional(Type.String({ description: 'Which alert' })),
  since: Type.Optional(Ms('When that began')),
  within: Type.Optional(Type.String({ description: 'Told within the message about this' })),
})
const Turn = Type.Object({
  from: Ms('From'),
  until: Ms('Until'),
  person: OrNull(Type.String({ description: 'null: nobody' })),
  by: Type.Union([Type.Integer(), Type.String(), Type.Null()], { description: 'Layer from 0, or id of the override' }),
})
const Share = Type.Object({
  person: Type.String(),
  hours: Type.Number(),
  nights: Type.Number({ description: 'Hours from 22:00 to 07:00' }),
  weekends: Type.Number({ description: 'Hours on Saturdays and Sundays' }),
  ofEven: Type.Number({ description: 'Of an even share, which is 1' }),
})
const OverrideAsked = Type.Object({
  rota: Name('Id of the rota'),
  person: Name('Who takes over'),
  from: Type.String({ maxLength: 60, description: 'When it begins; `now`, or as for `until`' }),
  until: Type.String({ maxLength: 60, description: 'When it ends: 2h, 18:00, "tomorrow 9:00", or an ISO 8601 time' }),
  instead: Type.Optional(Name('Only where this person would be on call')),
  by: Type.String({ minLength: 1, maxLength: COMMAND_SENDER.by.chars }),
  why: Type.String({ minLength: 1, maxLength: COMMAND_SENDER.why.chars }),
})
const OverrideGiven = Type.Object({
  ...{ id: Type.String(), rota: Type.String(), person: Type.String(), from: Ms('From'), until: Ms('Until') },
  ...{ by: Type.String(), why: Type.String(), at: Ms('When it was given'), instead: Type.Optional(Type.String()) },
  takenBack: Type.Optional(Type.Object({ by: Type.String(), at: Ms('When it was taken back') })),
})

/** What was sent about an incident or the alerts of a service, and what was kept back, each with its reason. */
function messageRoutes(server: FastifyInstance, routes: Routes, app: App, reads: Guard): void {
  const row = { method: 'GET', scope: 'read', params: Id, answer: { list: DecisionMade }, fails: [404] } as const
  routes.add(
    server,
    {
      ...row,
      url: '/api/v1/incidents/:id/messages',
      summary: 'What was sent about an incident and what was kept back, with whom and why, oldest first',
      handle: async ({ params }) => {
        if ((await app.reader.incident(params.id)) === null) throw await noSuchIncident(app, params.id)
        return app.routing.router.decisions(params.id)
      },
    },
    reads,
  )
  routes.add(
    server,
    {
      ...row,
      url: '/api/v1/services/:id/messages',
      summary: 'The same of the alerts of a service',
      handle: async ({ params }) => {
        const service = await app.reader.service(params.id)
        if (service === null) throw notFound('service', params.id)
        return app.routing.router.alertDecisions(service.service)
      },
    },
    reads,
  )
}

/** Who is on call, and which messages went where. */
export function onCallRoutes(server: FastifyInstance, routes: Routes, app: App, { gives, reads }: Guards): void {
  messageRoutes(server, routes, app, reads)
  const { onCall } = app.routing
  const rotaOf = (id: string) => {
    const rota = onCall.rota(id)
    if (rota === null) throw notFound('rota', id)
    return rota
  }
  const row = { method: 'GET', scope: 'read', fails: [404] } as const
  routes.add(
    server,
    {
      ...row,
      url: '/api/v1/oncall',
      summary: 'Who is on call now by each rota, and until when',
      answer: { list: Type.Object({ rota: Type.String(), ...Turn.properties }) },
      handle: () => Promise.all(onCall.rotas.map(async each => ({ rota: each.id, ...(await onCall.now(each)) }))),
    },
    reads,
  )
  routes.add(
    server,
    {
      ...row,
      url: '/api/v1/oncall/:id',
      summary: `Who is on call by a rota from now on, turn by turn; ${AHEAD_DAYS} days where none are asked for`,
      params: Id,
      query: Days,
      answer: { list: Turn },
      handle: ({ params, query }) => {
        const now = app.env.now()
        return onCall.shifts(rotaOf(params.id), now, now + (query.days ?? AHEAD_DAYS) * DAY)
      },
    },
    reads,
  )
  routes.add(
    server,
    {
      ...row,
      url: '/api/v1/oncall/:id/report',
      summary: `How a rota was shared over the last days, ${BACK_DAYS} where none are asked for`,
      params: Id,
      query: Days,
      answer: { list: Share },
      handle: ({ params, query }) => {
        const now = app.env.now()
        return onCall.report(rotaOf(params.id), now - (query.days ?? BACK_DAYS) * DAY, now)
      },
    },
    reads,
  )
  routes.add(
    server,
    {
      ...row,
      url: '/api/v1/oncall/:id/calendar.ics',
      summary: 'A rota as a calendar to subscribe to; a token goes along as a password',
      params: Id,
      query: Days,
      answer: { type: 'text/calendar', says: 'iCalendar, RFC 5545' },
      handle: async ({ params, query }, reply) => {
        reply.header('cache-control', 'no-store').type('text/calendar; charset=utf-8')
        return onCall.calendar(rotaOf(params.id), query.days ?? BACK_DAYS)
      },
    },
    reads,
  )
  overrideRoutes(server, routes, app, { gives, reads })
}

function overrideRoutes(server: FastifyInstance, routes: Routes, app: App, { gives, reads }: Guards): void {
  const { onCall } = app.routing
  routes.add(
    server,
    {
      method: 'GET',
      url: '/api/v1/overrides',
      summary: 'Swaps and cover that people gave, those that are past too',
      scope: 'read',
      answer: { list: OverrideGiven },
      handle: () => onCall.overrides(),
    },
    reads,
  )
  routes.add(
    server,
    {
      method: 'POST',
      url: '/api/v1/overrides',
      summary: 'Somebody takes over for a while: a swap, or cover',
      scope: 'commands',
      body: OverrideAsked,
      answer: OverrideGiven,
      fails: [400, 404, 503],
      handle: ({ body, raw }) => giveOverride(app, body, senderOf(raw)),
    },
    gives,
  )
  routes.add(
    server,
    {
      method: 'POST',
      url: '/api/v1/overrides/:id/take-back',
      summary: 'Takes an override back',
      scope: 'commands',
      params: Id,
      answer: OverrideGiven,
      fails: [404, 503],
      handle: async ({ params, raw }) =>
        (await takeBackOverride(app, params.id, senderOf(raw)?.name ?? '')) ??
        Promise.reject(notFound('override', params.id)),
    },
    gives,
  )
}

/** Somebody takes over for a while. Who is signed in is who they are, whatever is asked. @throws HttpProblem */
export async function giveOverride(
  app: App,
  asked: Static<typeof OverrideAsked>,
  sender: Pick<Sender, 'name' | 'role'> | null,
): Promise<Override> {
  const { onCall } = app.routing
  const { rota, person, instead, why } = asked
  const by = sender?.role === undefined ? asked.by : sender.name
  const zone = onCall.rota(rota)?.timeZone ?? 'Etc/UTC'
  if (onCall.rota(rota) === null) throw notFound('rota', rota)
  const known = app.config.responders.map(each => each.id)
  for (const [field, who] of Object.entries({ person, instead }))
    if (who !== undefined && !known.includes(who))
      throw bad(field, `no such responder. Known: ${known.join(', ')}`, who)
  const now = app.env.now()
  const from = asked.from === 'now' ? now : moment('from', asked.from, now, zone)
  const until = moment('until', asked.until, from, zone)
  if (until <= from || until <= now) throw bad('until', 'it must end after it begins, and after now', asked.until)
  const given = await onCall.override({
    ...{ rota, person, from, until, by, why },
    ...(instead === undefined ? {} : { instead }),
  })
  app.people.note(by, 'override', rota, `${spanOf(given)}: ${why}`)
  return given
}

/** Takes one back; null: there is none of this id. */
export async function takeBackOverride(app: App, id: string, by: string): Promise<Override | null> {
  const taken = await app.routing.onCall.takeBack(id, by)
  if (taken !== null) app.people.note(by, 'take back', taken.rota, spanOf(taken))
  return taken
}

/** Who, for whom and when, as the audit has it. */
const spanOf = ({ id, person, instead, from, until }: Override): string =>
  `${person}${instead === undefined ? '' : ` instead of ${instead}`}, ${new Date(from).toISOString()} to ${new Date(until).toISOString()} (${id})`

function moment(field: string, text: string, now: EpochMs, zone: string): EpochMs {
  try {
    return readUntil(text, now, zone)
  } catch (error) {
    throw bad(field, (error as Error).message, text)
  }
}

const bad = (field: string, detail: string, value: string): HttpProblem =>
  new HttpProblem(400, 'the override cannot be given', detail, { rule: `override.${field}`, value: value.slice(0, 80) })
