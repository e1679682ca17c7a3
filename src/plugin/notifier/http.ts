import type { Answered, Delivery, Notifier } from '../../contract/notifier.js'
import { type Fault, type Plugin, plugin } from '../../contract/plugin.js'
import { AUDIENCE, bounded, cut, type ForWhom, factsFor, isTeam, plainText } from '../shared/message.js'
import { Post, saidOf } from '../shared/post.js'

interface Settings extends ForWhom {
  url: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH'
  headers: Record<string, string>
  /** With `{{field}}`s; absent: none is sent. */
  body?: string
  /** How fields are written into the body: within JSON's quotes, as parts of a form, or as they are. */
  as: 'json' | 'form' | 'text'
  /** Characters of each field at most: an SMS has 160, or 70 beyond Latin. */
  chars: number
}

const TYPES = { json: 'application/json', form: 'application/x-www-form-urlencoded', text: 'text/plain; charset=utf-8' }

/** What a template may name. */
export const FIELDS = [
  'id',
  'incident',
  'service',
  'title',
  'name',
  'subject',
  'text',
  'state',
  'severity',
  'kind',
  'startedAt',
  'at',
  'page',
  'room',
] as const
export type Field = (typeof FIELDS)[number]
const FIELD = /\{\{\s*([^{}\s]*)\s*\}\}/g

export function fieldsOf(delivery: Delivery, { chars, audience }: Pick<Settings, 'chars' | 'audience'>) {
  const { id, event, title } = delivery
  const team = isTeam({ audience })
  const message = bounded(delivery.message)
  const { name, subject, state, severity, kind, startedAt, links } = message
  const own: Record<Field, string> = {
    id,
    incident: event.incident,
    service: event.service,
    title,
    name,
    subject,
    text: plainText({ ...message, facts: factsFor(message, team), links: { page: null, room: null } }, 4_000, team),
    state,
    severity,
    kind,
    startedAt,
    at: event.at,
    page: links.page ?? '',
    room: team ? (links.room ?? '') : '',
  }
  // What is short is whole: an address or an id that was cut leads nowhere.
  const short = new Set<Field>(['name', 'subject', 'text', 'title'])
  return Object.fromEntries(
    FIELDS.map(each => [each, short.has(each) ? cut(own[each], chars) : own[each]]),
  ) as typeof own
}

const WAYS: Record<Settings['as'] | 'url', (text: string) => string> = {
  json: text => JSON.stringify(text).slice(1, -1),
  form: encodeURIComponent,
  url: encodeURIComponent,
  text: text => text,
}

/** A template with its fields, each written so that it stays within its place. */
export const filledIn = (template: string, fields: Record<Field, string>, as: keyof typeof WAYS): string =>
  template.replace(FIELD, (_, name: string) => WAYS[as](fields[name as Field] ?? ''))

function faultsOf({ url, body, as, headers }: Settings): Fault[] {
  const faults: Fault[] = []
  const rule = `a field that there is: ${FIELDS.join(', ')}`
  for (const [path, text] of [
    ['url', url],
    ['body', body ?? ''],
  ] as const)
    for (const [, name = ''] of text.matchAll(FIELD))
      if (!(FIELDS as readonly string[]).includes(name)) faults.push({ path, rule, value: name.slice(0, 40) })
  const sample = Object.fromEntries(FIELDS.map(each => [each, 'x'])) as Record<Field, string>
  if (!URL.canParse(filledIn(url, sample, 'url')))
    faults.push({ path: 'url', rule: 'a whole address', value: 'not shown' })
  if (as === 'json' && body !== undefined && faults.length === 0 && !isJson(filledIn(body, sample, 'json')))
    faults.push({ path: 'body', rule: 'JSON, with fields within its quotes', value: body.slice(0, 80) })
  for (const [name, value] of Object.entries(headers))
    if (/[\r\n]/.test(value)) faults.push({ path: `headers.${name}`, rule: 'one line', value: 'several' })
  return faults
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const http: Plugin<'notifier', Settings, Notifier> = plugin({
  kind: 'notifier',
  name: 'http',
  summary: 'a request of any shape, such as for SMS and calls, with the words put into a template',
  config: {
    type: 'object',
    required: ['url'],
    additionalProperties: false,
    properties: {
      url: { type: 'string', pattern: '^https?://', writeOnly: true },
      method: { type: 'string', enum: ['GET', 'POST', 'PUT', 'PATCH'], default: 'POST' },
      headers: {
        type: 'object',
        additionalProperties: { type: 'string', maxLength: 2_000, writeOnly: true },
        propertyNames: { pattern: '^[A-Za-z0-9-]{1,80}$' },
        default: {},
        writeOnly: true,
      },
      body: { type: 'string', maxLength: 20_000 },
      as: { type: 'string', enum: ['json', 'form', 'text'], default: 'json' },
      chars: { type: 'integer', minimum: 20, maximum: 4_000, default: 1_000 },
      ...AUDIENCE,
    },
  },
  check: faultsOf,
  // Who configures it names the address; receivers often stand beside the server.
  allowPrivate: true,
  async open(settings, env): Promise<Notifier> {
    const { url, method, headers, body, as } = settings
    const host = new URL(url.replace(FIELD, 'x')).host
    const post = new Post({ receiver: `the receiver at ${host}`, env, secrets: [url, ...Object.values(headers)] })
    return {
      async tell(delivery: Delivery): Promise<Answered> {
        const fields = fieldsOf(delivery, settings)
        const answer = await post.send(filledIn(url, fields, 'url'), {
          method,
          headers: { ...(body === undefined ? {} : { 'content-type': TYPES[as] }), ...headers },
          ...(body === undefined ? {} : { body: filledIn(body, fields, as) }),
        })
        return { said: saidOf(answer) }
      },
      async [Symbol.asyncDispose](): Promise<void> {},
    }
  },
})
export default http
