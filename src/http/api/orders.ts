import { LOOKBACK_MS, RECORD_KEPT_MS } from '../../contract/thresholds.js'
import type { Static } from '@sinclair/typebox'
import type { IncidentEvent } from '../../contract/incident.js'
import { AS_MEASURED, CLOSED_BY_PERSON_MS, type CommandRule, COMMANDS, type Order } from '../../contract/order.js'
import { mayRole } from '../../contract/role.js'
import { DAY, MINUTE, type EpochMs } from '../../contract/time.js'
import type { IncidentView } from '../../contract/view.js'
import { readSince, readUntil } from '../../core/calendar/until.js'
import { isZone } from '../../core/calendar/zone.js'
import { nearest } from '../../core/text/near.js'
import { phaseOf } from '../../core/incident/verdict.js'
import { faultOf, readComponents } from '../../core/judge/command.js'
import { publishedOf } from '../../core/words/published.js'
import type { App } from '../../shell/app.js'
import type { Sender } from '../../shell/visitors/tokens.js'
import { wordOf } from '../pages/incident/says.js'
import { speechOf } from '../pages/language.js'
import { standing } from '../pages/standing.js'
import { statusSentence } from '../pages/words.js'
import { HttpProblem, notFound } from '../problem.js'
import type { Begin, Command } from '../schema-commands.js'

/** Changes that may be named as a cause though they are not listed: as long before the onset as causes are looked for, and a day for an onset that moves. */
const CHANGES_MS = LOOKBACK_MS + DAY
/** A silence that is longer was mistyped. */
const LONGEST_MUTE_MS = 366 * DAY
/** Names of what exists that an answer tells. */
const NAMES_LISTED = 20
/** Incidents that are read to name those which are open, or the one that was meant. */
const INCIDENTS_LOOKED_AT = 50

type Asked = Static<typeof Command>
type Tongues = Pick<Order, 'translations'>

/** The incident that a command is about, if the command can be followed now. @throws HttpProblem */
export async function checked(app: App, id: string, asked: Asked, sender: Sender | null): Promise<IncidentView> {
  const before = await app.reader.incident(id)
  if (before === null) throw await noSuchIncident(app, id)
  if (sender?.services?.has(before.service) === false) throw notForThese(sender.name, before.service)
  mayGive(asked.verb, sender)
  complete(asked)
  possible(asked, before, app.now)
  await fresh(app, asked, before)
  await onRecord(app, asked, before)
  if (asked.subject !== undefined) await known(app, asked.subject, before)
  if (asked.into !== undefined) await joinable(app, asked.into, before)
  await declared(app, asked, before.service)
  // Its times are read once more when it is carried out.
  carried(asked, asked.verb, app)
  return before
}

/** Puts a command on the log, with the other languages of its words, and answers with what is public. @throws HttpProblem */
export async function carryOut(app: App, id: string, asked: Asked, sender: Sender | null, more: Tongues = {}) {
  const before = await checked(app, id, asked, sender)
  const order = await app.order({
    incident: id,
    ...carried(asked, asked.verb, app),
    ...more,
    ...(asked.verb === 'split' ? { begins: await freshId(app, before.service) } : {}),
    ...signedBy(sender),
  })
  if (sender !== null) app.tokens.tally(sender).orders++
  return answer(app, order, before)
}

/** Whether an incident can be opened so. @throws HttpProblem */
export async function openable(app: App, body: Static<typeof Begin>, sender: Sender | null): Promise<void> {
  const { service } = body
  if ((await app.reader.service(service)) === null) throw notFound('service', service)
  if (sender?.services?.has(service) === false) throw notForThese(sender.name, service)
  mayGive('open', sender)
  const asked = { ...body, verb: 'open' as const }
  complete(asked)
  await declared(app, asked, service)
  carried(asked, 'open', app)
}

/** Opens an incident by hand. @throws HttpProblem */
export async function begin(app: App, body: Static<typeof Begin>, sender: Sender | null) {
  await openable(app, body, sender)
  const { service } = body
  const asked = { ...body, verb: 'open' as const }
  const order = await app.order({
    ...(await named(app, service, carried(asked, 'open', app))),
    service,
    ...signedBy(sender),
  })
  if (sender !== null) app.tokens.tally(sender).orders++
  return answer(app, order, null)
}

/** Who is signed in is who they are, whatever the command says; a token's holder is who they say. */
const signedBy = (sender: Sender | null): { by?: string; token?: string } =>
  sender === null ? {} : sender.role === undefined ? { token: sender.name } : { by: sender.name }

function mayGive(verb: Order['verb'], sender: Sender | null): void {
  if (sender?.role === undefined || mayRole(sender.role, verb)) return
  throw new HttpProblem(403, 'that is not for your role', `${sender.name} is ${sender.role}`, {
    rule: 'role',
    value: sender.role,
  })
}

/** What a command carries onto the log, with its times read. */
function carried(
  asked: Pick<Asked, 'by' | 'why' | 'timeZone'> & Partial<Asked>,
  verb: Order['verb'],
  app: App,
): Omit<Order, 'type' | 'id' | 'at' | 'incident'> {
  const { by, why, timeZone, until, startedAt, endedAt, notify, seen: _, verb: __, ...words } = asked
  const zone = timeZone ?? app.config.pages[0]?.timeZone
  const times = {
    ...(until === undefined ? {} : { until: endOf(until, app.now, zone) }),
    ...(startedAt === undefined ? {} : { startedAt: pastOf('startedAt', startedAt, app.now, zone) }),
    ...(endedAt === undefined ? {} : { endedAt: pastOf('endedAt', endedAt, app.now, zone) }),
  }
  if (asked.said !== undefined && times.endedAt === undefined)
    throw broken('said', 'what was said is of something past: say in endedAt when it was over', asked.said)
  if (times.endedAt !== undefined && times.endedAt < (times.startedAt ?? app.now))
    throw broken('endedAt', 'it ends after it began: say when in startedAt', endedAt ?? '')
  const given = Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined))
  return { verb, by, why, ...given, ...times, ...(notify === false ? { notify } : {}) }
}

/** What an opening carries, with the name of the incident: something past is called by when it was. */
async function named(app: App, service: string, order: ReturnType<typeof carried>) {
  const at = order.endedAt === undefined ? app.now : (order.startedAt ?? app.now)
  return { ...order, incident: await freshId(app, service, at) }
}

/** A name that no incident has: the service, the minute, and that a person opened it. */
async function freshId(app: App, service: string, at: EpochMs = app.now): Promise<string> {
  // Before the first signal of a clock that goes by them there is no log time yet.
  const stamp = new Date(Number.isFinite(at) ? at : app.env.now())
    .toISOString()
    .replace(/[-:]/g, '')
    .slice(0, 13)
    .replace('T', '-')
  for (let n = 1; ; n++) {
    const id = `${service}-${stamp}-hand${n === 1 ? '' : n}`
    if ((await app.reader.incident(id)) === null) return id
  }
}

/** Two people at once: who has not seen what the other did is told, and nothing is lost. */
async function fresh(app: App, { seen }: Asked, { id }: IncidentView): Promise<void> {
  if (seen === undefined) return
  const orders = await app.reader.orders(id)
  const newer = orders.slice(orders.findIndex(each => each.id === seen) + 1)
  if (newer.length === 0) return
  const told = newer.map(each => `${each.by}: ${each.verb} (${each.why})`)
  throw broken('seen', `somebody was quicker: ${listed(told)}. Look at the incident and ask again`, seen, 409)
}

async function joinable(app: App, into: string, incident: IncidentView): Promise<void> {
  const other = await app.reader.incident(into)
  if (other === null) throw await noSuchIncident(app, into)
  if (other.id === incident.id) throw broken('into', 'an incident is no part of itself', into)
  if (other.service !== incident.service)
    throw broken(
      'into',
      `it is of ${other.service}, this one of ${incident.service}: an incident is of one service`,
      into,
    )
  if (!other.open) throw broken('into', `${into} is over`, into, 409)
}

/** Components are those of the service's topology, where it has one. */
async function declared(app: App, { components }: Partial<Asked>, service: string): Promise<void> {
  if (components === undefined || components === AS_MEASURED) return
  const ids = (await app.reader.service(service))?.components.map(each => each.id) ?? []
  const strange = readComponents(components).filter(each => !ids.includes(each))
  if (ids.length === 0 || strange.length === 0) return
  const meant = nearest(strange[0]!, ids)
  throw broken(
    'components',
    `no such component${meant.length > 0 ? `; did you mean ${meant.join(' or ')}?` : '.'} Known: ${listed(ids)}`,
    strange[0]!,
  )
}

const notForThese = (name: string, service: string) =>
  new HttpProblem(403, 'this token is not allowed to do that', `token ${name} is for other services`, {
    rule: 'token.services',
    value: service,
  })

const broken = (field: string, detail: string, value: string, status = 400) =>
  new HttpProblem(status, status === 409 ? 'not possible now' : 'the command cannot be followed', detail, {
    rule: `command.${field}`,
    value: value.slice(0, 200),
  })
const missing = (field: string, detail: string) =>
  new HttpProblem(400, 'the command is incomplete', detail, { rule: `command.${field}`, value: 'nothing' })

export async function noSuchIncident(app: App, id: string): Promise<HttpProblem> {
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
function complete(asked: Omit<Asked, 'verb'> & { verb: Order['verb'] }): void {
  for (const field of ['by', 'why'] as const)
    if (asked[field].trim() === '') throw broken(field, `${field} is empty`, asked[field])
  const fault = faultOf(asked.verb, asked)
  if (fault === null) return
  const { field, detail, value } = fault
  throw value === undefined ? missing(field, detail) : broken(field, detail, String(value))
}

/** What an incident in this state can still be asked. */
function possible({ verb, subject, text }: Asked, incident: IncidentView, now: EpochMs): void {
  const { open, resolvedAt, mutedUntil, latest, id } = incident
  if (!open && resolvedAt !== null && now - resolvedAt >= RECORD_KEPT_MS && !isRecord(verb))
    throw broken(
      'verb',
      `it has been over since ${iso(resolvedAt)}; a day after its end an incident cannot be changed any more`,
      verb,
      409,
    )
  // Whoever presses twice, or speaks while a policy does, says it once.
  const last = verb === 'say' ? wordOf(incident.events) : null
  if (last && last.text === text?.trim())
    throw broken('text', `${last.event.by} has said that, at ${iso(Date.parse(last.event.at))}`, last.text, 409)
  if (verb === 'resolve' && !open)
    throw broken('verb', `${id} is already over${resolvedAt === null ? '' : `, since ${iso(resolvedAt)}`}`, verb, 409)
  const needsOpen = verb === 'mitigated' || verb === 'merge' || verb === 'split'
  if (needsOpen && !open) throw broken('verb', `${id} is over`, verb, 409)
  if (verb === 'reopen' && open) throw broken('verb', `${id} is open`, verb, 409)
  if (verb === 'open') throw broken('verb', 'an incident is opened at POST /api/v1/incidents', verb)
  if (verb === 'unmute' && (mutedUntil === null || mutedUntil <= now))
    throw broken('verb', `${id} is not muted`, verb, 409)
  const stands = subject === undefined ? undefined : stateOf(latest, subject)
  if (subject !== undefined && stands === (verb === 'confirm' ? 'confirmed' : 'ruled_out'))
    throw broken('subject', `${subject} is already ${stands === 'confirmed' ? 'confirmed' : 'ruled out'}`, subject, 409)
}

const isRecord = (verb: Order['verb']): boolean => (COMMANDS[verb] as CommandRule).record === true

/** What a command about claims, actions and the post-mortem refers to is on record. */
async function onRecord(app: App, asked: Asked, { id }: IncidentView): Promise<void> {
  const { verb, claim, action, body } = asked
  if (!isRecord(verb)) return
  const orders = await app.reader.orders(id)
  const has = (kind: Order['verb'], ref: string) => orders.some(each => each.verb === kind && each.id === ref)
  if (verb === 'judge' && (claim === undefined || !has('claim', claim)))
    throw broken('claim', 'there is no such claim on this incident', claim ?? 'nothing', 404)
  if (verb === 'done' && action !== undefined && !has('action', action))
    throw broken('action', 'there is no such action on this incident', action, 404)
  if (verb === 'done' && orders.some(each => each.verb === 'done' && each.action === action))
    throw broken('action', 'that is done already', action!, 409)
  const published = publishedOf(orders)
  if (verb === 'withdraw' && published === null) throw broken('verb', 'nothing is published', verb, 409)
  if (verb === 'publish' && published !== null && published.body === body)
    throw broken('body', 'that is what is published', '', 409)
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

function pastOf(field: 'startedAt' | 'endedAt', text: string, now: EpochMs, zone = 'Etc/UTC'): EpochMs {
  if (!isZone(zone)) throw broken('timeZone', 'timeZone must be a name such as Europe/Berlin', zone)
  let at: EpochMs
  try {
    at = readSince(text, now, zone)
  } catch (error) {
    throw broken(field, (error as Error).message, text)
  }
  if (at > now) throw broken(field, `that is in the future: ${iso(at)}; it is ${iso(now)} now`, text)
  return at
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
async function answer(app: App, order: Order, before: IncidentView | null) {
  const { reader } = app
  const [incident, workspace, service] = await Promise.all([
    reader.incident(order.incident),
    reader.workspace(),
    reader.service(before?.service ?? order.service ?? ''),
  ])
  if (incident === null || service === null) throw await noSuchIncident(app, order.incident)
  const { team, record }: CommandRule = COMMANDS[order.verb]
  const silent =
    team === true || record === true || order.verb === 'mute' || order.verb === 'unmute' || order.verb === 'split'
  if (!silent && !incident.events.some(each => each.seq > (before?.events.at(-1)?.seq ?? -1) && each.by === order.by))
    throw broken('verb', 'the incident has changed meanwhile; look at it and ask again', order.verb, 409)
  const open = await reader.incidents({ service: service.service, open: true, limit: INCIDENTS_LOOKED_AT })
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
  before: IncidentView | null,
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
  if (COMMANDS[verb as keyof typeof COMMANDS] && (COMMANDS[verb] as CommandRule).team)
    out.push('For the team alone: nothing public has changed.')
  if (verb === 'publish') out.push(`Everybody can read it now: /i/${order.incident}/post-mortem`)
  if (verb === 'split') out.push(`Opened: ${order.begins}.`)
  if (verb === 'open' || verb === 'reopen') out.push('It stays open until a person resolves it.')
  const stood = subject === undefined || before === null ? undefined : stateOf(before.latest, subject)
  if (stood === 'confirmed' || stood === 'ruled_out')
    out.push(
      `Before, ${subject} was ${stood === 'confirmed' ? 'confirmed' : 'ruled out'}; your statement replaces that.`,
    )
  if (
    phaseOf(incident.events) === 'resolved' &&
    !isRecord(verb) &&
    verb !== 'resolve' &&
    verb !== 'mute' &&
    verb !== 'unmute'
  )
    out.push('The incident is over: this is added to its record, and no messages are sent.')
  return out
}
