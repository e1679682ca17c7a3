import { type TObject, type TSchema, Type } from '@sinclair/typebox'
import { oneOf } from '../../contract/one-of.js'
import {
  COMMAND_FIELDS,
  COMMAND_SENDER,
  type CommandField,
  type CommandRule,
  COMMANDS,
  type Verb,
  VERBS,
} from '../../contract/order.js'
import { ReportQuery } from '../lessons/report.js'

/** What programs can read and propose: each tool is one question to the API, so tokens and roles hold as they do there. */

/** A question to the API, and how it answered. */
export type Ask = (method: 'GET' | 'POST', path: string, body?: object) => Promise<{ status: number; body: unknown }>

export interface Tool {
  name: string
  says: string
  input: TObject
  /** It changes something once it is carried out. */
  writes: boolean
  call(ask: Ask, given: Record<string, unknown>): Promise<{ status: number; body: unknown }>
}

const ID = Type.String({ minLength: 1, maxLength: 300 })
const SINCE = Type.Optional(Type.String({ maxLength: 60, description: 'ISO 8601 UTC' }))
const MOST = Type.Optional(Type.Integer({ minimum: 1, maximum: 100 }))
/** Events of an incident that an answer holds where it is not said how many. */
const EVENTS_ANSWERED = 20

const shape = (properties: Record<string, TSchema>): TObject => Type.Object(properties, { additionalProperties: false })
const part = (value: unknown): string => encodeURIComponent(String(value))
/** What was given of some names, as a query. */
function queryOf(given: Record<string, unknown>, names: readonly string[]): string {
  const query = new URLSearchParams()
  for (const name of names) if (given[name] !== undefined) query.set(name, String(given[name]))
  return query.size === 0 ? '' : `?${query}`
}

const reading = (
  name: string,
  says: string,
  properties: Record<string, TSchema>,
  path: (given: Record<string, unknown>) => string,
  made: (body: never, given: Record<string, unknown>) => unknown = body => body,
): Tool => ({
  ...{ name, says, input: shape(properties), writes: false },
  call: async (ask, given) => {
    const { status, body } = await ask('GET', path(given))
    return { status, body: status === 200 ? made(body as never, given) : body }
  },
})

type Told = { latest: Record<string, unknown>; events?: { seq: number }[] } & Record<string, unknown>

/** An incident without its story, which has a tool of its own. */
const head = ({ events, ...rest }: Told) => ({ ...rest, eventsCount: events?.length ?? 0 })
/** What an incident's suspicions and sentences rest on. */
const evidenceOf = ({ id, service, startedAt, latest }: Told) => ({
  ...{ id, service, startedAt },
  ...Object.fromEntries(EVIDENCE_PARTS.flatMap(name => (latest[name] === undefined ? [] : [[name, latest[name]]]))),
})
const EVIDENCE_PARTS = [
  'says',
  'causes',
  'unexplained',
  'security',
  'origin',
  'evidence',
  'quoted',
  'strained',
  'uneven',
  'recovery',
]

const READS: readonly Tool[] = [
  reading('workspace', 'Title, clock and time of the record', {}, () => '/api/v1/workspace'),
  reading('services', 'All services now: how each is, and its open incidents', {}, () => '/api/v1/services'),
  reading('service', 'One service now', { id: ID }, ({ id }) => `/api/v1/services/${part(id)}`),
  reading(
    'rollups',
    'Reports, checks and metrics of a service in bins of five minutes',
    { service: ID, from: SINCE, until: SINCE },
    given => `/api/v1/services/${part(given['service'])}/rollups${queryOf(given, ['from', 'until'])}`,
  ),
  reading(
    'alerts',
    'Alerts of the operator’s rules that fire at a service',
    { service: ID },
    ({ service }) => `/api/v1/services/${part(service)}/alerts`,
  ),
  reading(
    'incidents',
    'Incidents, newest first, without their stories',
    { service: Type.Optional(ID), open: Type.Optional(Type.Boolean()), limit: MOST, before: SINCE },
    given => `/api/v1/incidents${queryOf({ limit: 20, ...given }, ['service', 'open', 'limit', 'before'])}`,
    (rows: Told[]) => rows.map(head),
  ),
  reading(
    'incident',
    'One incident as it stands, without its story',
    { id: ID },
    ({ id }) => `/api/v1/incidents/${part(id)}`,
    head,
  ),
  reading(
    'events',
    'The story of an incident, event by event, oldest first',
    { id: ID, after: Type.Optional(Type.Integer({ minimum: -1, description: 'Those after this seq' })), limit: MOST },
    ({ id }) => `/api/v1/incidents/${part(id)}/events`,
    (rows: { seq: number }[], { after = -1, limit = EVENTS_ANSWERED }) =>
      rows.filter(each => each.seq > (after as number)).slice(0, limit as number),
  ),
  reading(
    'evidence',
    'What the suspicions, the sentences and the recovery of an incident rest on',
    { id: ID },
    ({ id }) => `/api/v1/incidents/${part(id)}`,
    evidenceOf,
  ),
  reading(
    'changes',
    'Changes and vendors’ notices with effect on a service',
    { service: ID, from: SINCE, until: SINCE },
    given => `/api/v1/services/${part(given['service'])}/facts${queryOf(given, ['from', 'until'])}`,
  ),
  reading('sources', 'Each source, receiver and probe: whether it is heard of', {}, () => '/api/v1/sources'),
  reading(
    'similar',
    'Past incidents that are like one, with what helped then',
    { id: ID },
    ({ id }) => `/api/v1/incidents/${part(id)}/similar`,
  ),
  reading(
    'response',
    'Who has an incident, and every command on it',
    { id: ID },
    ({ id }) => `/api/v1/incidents/${part(id)}/response`,
  ),
  reading(
    'report',
    'Availability and error budgets of a period',
    ReportQuery.properties,
    given => `/api/v1/report${queryOf(given, Object.keys(ReportQuery.properties))}`,
  ),
  reading(
    'proposals',
    'What was proposed, what waits for a person, and what became of it',
    {},
    () => '/api/v1/proposals',
  ),
]

/** A tool for each verb; which fields it takes is said by the table of commands. */
function writing(verb: Verb): Tool {
  const { summary, more, needs, may = [], begins }: CommandRule = COMMANDS[verb]
  const field = (name: CommandField): TSchema => {
    const { chars, help, words }: { chars: number; help: string; words?: readonly string[] } = COMMAND_FIELDS[name]
    const schema = words
      ? oneOf(words, { description: help })
      : Type.String({ minLength: 1, maxLength: chars, description: help })
    return needs.length === 1 && needs[0] === name ? schema : Type.Optional(schema)
  }
  const input = shape({
    ...(begins ? { service: ID } : { incident: ID }),
    ...Object.fromEntries([...needs, ...may].map(name => [name, field(name)])),
    why: Type.String({ minLength: 1, maxLength: COMMAND_SENDER.why.chars, description: COMMAND_SENDER.why.help }),
    notify: Type.Boolean({
      description: 'Whether those who asked for messages are sent what follows. There is no default.',
    }),
    by: Type.Optional(
      Type.String({ minLength: 1, maxLength: COMMAND_SENDER.by.chars, description: 'Which program asks' }),
    ),
    seen: Type.Optional(
      Type.String({
        maxLength: 60,
        description: '`newest` of the tool `response`: nothing is done where somebody was quicker',
      }),
    ),
  })
  return {
    ...{ name: verb, input, writes: true },
    says: `Proposes to ${summary}${more ? `. ${more}` : ''}. A person approves it first, unless the configuration lets programs do it alone: see state in the answer`,
    call: (ask, given) => ask('POST', '/api/v1/proposals', { by: 'a program', ...given, verb }),
  }
}

export const TOOLS: readonly Tool[] = [...READS, ...VERBS.map(writing)]
