import { LOOKBACK_MS, RECORD_KEPT_MS } from '../../contract/thresholds.js'
import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import type { IncidentEvent } from '../../contract/incident.js'
import { CLOSED_BY_PERSON_MS, type Order, VERBS } from '../../contract/order.js'
import { DAY, MINUTE, type EpochMs } from '../../contract/time.js'
import type { IncidentView } from '../../contract/view.js'
import { readUntil } from '../../core/calendar/until.js'
import { isZone } from '../../core/calendar/zone.js'
import { nearest } from '../../core/text/near.js'
import { phaseOf } from '../../core/incident/verdict.js'
import { faultOf } from '../../core/judge/command.js'
import type { App } from '../../shell/app.js'
import { senderOf } from '../guard.js'
import { speechOf } from '../pages/language.js'
import { standing } from '../pages/standing.js'
import { statusSentence } from '../pages/words.js'
import { HttpProblem } from '../problem.js'
import type { Routes } from '../routes.js'
import { Command, PlacedOrder } from '../schema.js'

type Guard = Parameters<Routes['add']>[2]

const Id = Type.Object({ id: Type.String({ minLength: 1, maxLength: 300 }) })
/** Changes that may be named as a cause though they are not listed: as long before the onset as causes are looked for, and a day for an onset that moves. */
const CHANGES_MS = LOOKBACK_MS + DAY
/** A silence that is longer was mistyped. */
const LONGEST_MUTE_MS = 366 * DAY
/** Names of what exists that an answer tells. */
const NAMES_LISTED = 20
/** Incidents that are read to name those which are open, or the one that was meant. */
const INCIDENTS_LOOKED_AT = 50

type Asked = Static<typeof Command>

/** What a person may ask of an incident. */
export function commandRoutes(server: FastifyInstance, routes: Routes, app: App, guard: Guard): void {
  routes.add(
    server,
    {
      method: 'POST',
      url: '/api/v1/incidents/:id/commands',
      summary: `${VERBS.slice(0, -1).join(', ')} or ${VERBS.at(-1)}, with who and why; answered with what is public once it has been followed`,
      scope: 'commands',
      params: Id,
      body: Command,
      answer: PlacedOrder,
      fails: [400, 404, 409, 503],
      handle: async ({ params, body, raw }) => {
        const asked: Asked = body
        const before = await app.reader.incident(params.id)
        if (before === null) throw await noSuchIncident(app, params.id)
        const sender = senderOf(raw)
        if (sender?.services?.has(before.service) === false)
          throw new HttpProblem(
            403,
            'this token is not allowed to do that',
            `token ${sender.name} is for other services`,
            {
              rule: 'token.services',
              value: before.service,
            },
          )
        complete(asked)
        possible(asked, before, app.now)
        if (asked.subject !== undefined) await known(app, asked.subject, before)
        const { verb, by, why, subject, words, text, until, timeZone, href } = asked
        const end = until === undefined ? undefined : endOf(until, app.now, timeZone ?? app.config.pages[0]?.timeZone)
        const order = await app.order({
          incident: params.id,
          verb,
          by,
          why,
          ...(subject === undefined ? {} : { subject }),
          ...(words === undefined ? {} : { words }),
          ...(text === undefined ? {} : { text }),
          ...(href === undefined ? {} : { href }),
          ...(end === undefined ? {} : { until: end }),
          ...(sender === null ? {} : { token: sender.name }),
        })
        if (sender !== null) app.tokens.tally(sender).orders++
        return answer(app, order, before)
      },
    },
    guard,
  )
}

const broken = (field: string, detail: string, value: string, status = 400) =>
  new HttpProblem(status, status === 409 ? 'not possible now' : 'the command cannot be followed', detail, {
    rule: `command.${field}`,
    value: value.slice(0, 200),
  })
const missing = (field: string, detail: string) =>
  new HttpProblem(400, 'the command is incomplete', detail, { rule: `command.${field}`, value: 'nothing' })

async function noSuchIncident(app: App, id: string): Promise<HttpProblem> {
  const all = await app.reader.incidents({ limit: INCIDENTS_LOOKED_AT })
  const meant = nearest(
    id,
    all.map(each => each.id),
  )
  const open = all.filter(each => each.open).map(each => each.id)
  const detail = [
    meant.length > 0 ? `did you mean ${meant.join(' or ')}?` : '',
    open.length > 0 ? `open now: ${listed(open)}` : 'no incident is open',
  ]
  return new HttpProblem(404, 'there is no such incident', detail.filter(Boolean).join(' '), {
    rule: 'incident',
    value: id.slice(0, 80),
  })
}

const listed = (names: readonly string[]): string =>
  names.length > NAMES_LISTED
    ? `${names.slice(0, NAMES_LISTED).join(', ')} and ${names.length - NAMES_LISTED} more`
    : names.join(', ')

/** Has the command what its verb needs, and nothing that means nothing to it? */
function complete(asked: Asked): void {
  for (const field of ['by', 'why'] as const)
    if (asked[field].trim() === '') throw broken(field, `${field} is empty`, asked[field])
  const fault = faultOf(asked.verb, asked)
  if (fault === null) return
  const { field, detail, value } = fault
  throw value === undefined ? missing(field, detail) : broken(field, detail, String(value))
}

/** What an incident in this state can still be asked. */
function possible({ verb, subject }: Asked, incident: IncidentView, now: EpochMs): void {
  const { open, resolvedAt, mutedUntil, latest, id } = incident
  if (!open && resolvedAt !== null && now - resolvedAt >= RECORD_KEPT_MS)
    throw broken(
      'verb',
      `it has been over since ${iso(resolvedAt)}; a day after its end an incident cannot be changed any more`,
      verb,
      409,
    )
  if (verb === 'resolve' && !open)
    throw broken('verb', `${id} is already over${resolvedAt === null ? '' : `, since ${iso(resolvedAt)}`}`, verb, 409)
  if (verb === 'unmute' && (mutedUntil === null || mutedUntil <= now))
    throw broken('verb', `${id} is not muted`, verb, 409)
  const stands = subject === undefined ? undefined : stateOf(latest, subject)
  if (subject !== undefined && stands === (verb === 'confirm' ? 'confirmed' : 'ruled_out'))
    throw broken('subject', `${subject} is already ${stands === 'confirmed' ? 'confirmed' : 'ruled out'}`, subject, 409)
}

const stateOf = ({ security, causes }: IncidentEvent, subject: string): string | undefined =>
  subject === 'security' ? security?.state : causes?.find(each => each.subject === subject)?.state

/** A verb takes what exists: a listed cause, a change that we were told of, or the question of security. */
async function known(app: App, subject: string, incident: IncidentView): Promise<void> {
  if (subject === 'security') return
  const causes = (incident.latest.causes ?? []).map(each => each.subject)
  if (causes.includes(subject)) return
  const facts = await app.reader.facts(incident.service, incident.startedAt - CHANGES_MS, app.now + 1)
  const changes = facts.filter(each => each.via === 'change').map(each => each.id)
  if (changes.includes(subject)) return
  const all = [...new Set([...causes, ...changes.reverse(), 'security'])]
  const meant = nearest(subject, all)
  throw broken(
    'subject',
    `no such cause${meant.length > 0 ? `; did you mean ${meant.join(' or ')}?` : '.'} Known: ${listed(all)}. A cause that is not listed goes into words, as your own.`,
    subject,
  )
}

function endOf(until: string, now: EpochMs, zone = 'Etc/UTC'): EpochMs {
  if (!isZone(zone)) throw broken('timeZone', 'timeZone must be a name such as Europe/Berlin', zone)
  let end: EpochMs
  try {
    end = readUntil(until, now, zone)
  } catch (error) {
    throw broken('until', (error as Error).message, until)
  }
  if (end <= now) throw broken('until', `that is in the past: ${iso(end)}; it is ${iso(now)} now`, until)
  if (end > now + LONGEST_MUTE_MS) throw broken('until', 'a mute may last a year at most', until)
  return end
}

const iso = (at: EpochMs): string => new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z')

/** What everybody reads now, and what follows for who asked. */
async function answer(app: App, order: Order, before: IncidentView) {
  const { reader } = app
  const [incident, workspace, service] = await Promise.all([
    reader.incident(order.incident),
    reader.workspace(),
    reader.service(before.service),
  ])
  if (incident === null || service === null) throw await noSuchIncident(app, order.incident)
  const silent = order.verb === 'mute' || order.verb === 'unmute'
  if (!silent && !incident.events.some(each => each.seq > (before.events.at(-1)?.seq ?? -1) && each.by === order.by))
    throw broken('verb', 'the incident has changed meanwhile; look at it and ask again', order.verb, 409)
  const open = await reader.incidents({ service: before.service, open: true, limit: INCIDENTS_LOOKED_AT })
  const row = standing(service, open, workspace, workspace.clock === 'wall' ? app.env.now() : null)
  const said = incident.events.findLast(each => each.says)
  const page = `/i/${encodeURIComponent(incident.id)}`
  return {
    order,
    incident,
    public: {
      headline: statusSentence(row, speechOf('en')),
      state: row.state,
      says: (said?.says ?? []).map(each => each.text),
      page,
    },
    notes: notesOf(order, before, incident, row),
  }
}

function notesOf(
  order: Order,
  before: IncidentView,
  incident: IncidentView,
  row: ReturnType<typeof standing>,
): string[] {
  const { verb, subject } = order
  const out: string[] = []
  const minutes = CLOSED_BY_PERSON_MS / MINUTE
  if (verb === 'resolve') {
    const held = row.held.find(each => each.incident === order.incident)
    if (held)
      out.push(
        `It is still measured as failing, and all pages say so. If that goes on, the incident opens again after ${minutes} minutes, at ${iso(held.reopensAt)}. To stop messages instead: epicenter mute ${order.incident} --until 2h --why …`,
      )
    else
      out.push(
        `If the trouble is measured again, the incident opens again; if it never stopped, after ${minutes} minutes at the earliest.`,
      )
    const others = row.incidents.map(each => each.id).filter(id => id !== order.incident)
    if (others.length > 0) out.push(`Still open at this service: ${listed(others)}.`)
  }
  if (verb === 'mute')
    out.push(
      `No messages about it before ${iso(order.until as EpochMs)}; its page says so. Pages, feeds and the API still show it. To undo this: epicenter unmute ${order.incident} --why …`,
    )
  if (verb === 'unmute') out.push('Messages about it are sent again; what happened in the meantime is not sent again.')
  const stood = subject === undefined ? undefined : stateOf(before.latest, subject)
  if (stood === 'confirmed' || stood === 'ruled_out')
    out.push(
      `Before, ${subject} was ${stood === 'confirmed' ? 'confirmed' : 'ruled out'}; your statement replaces that.`,
    )
  if (phaseOf(incident.events) === 'resolved' && verb !== 'resolve' && verb !== 'mute' && verb !== 'unmute')
    out.push('The incident is over: this is added to its record, and no messages are sent.')
  return out
}
