import type { EpochMs } from '../../contract/time.js'
import { sampleOf, type Schema } from './fields.js'

/** One operation of the document, as far as its page needs it. */
export interface Operation {
  id: string
  method: string
  path: string
  summary: string
  /** A token of this scope is asked for; null: none. */
  scope: string | null
  parameters: { name: string; in: string; required: boolean; description?: string; schema: Schema }[]
  /** By media type; a schema is `{}` where the words are those of another format. */
  body: Record<string, { schema?: Schema }>
  responses: Record<string, { description: string; content?: Record<string, { schema?: Schema }> }>
}

/** What there is on this server to ask for. */
export interface Known {
  service: string | null
  incident: string | null
  /** The time that its data goes to. */
  now: EpochMs
}

export interface Example {
  method: string
  /** From the root of this server. */
  url: string
  headers: Record<string, string>
  body: string | null
  /** It names something that this server may not have, so its answer may be 404. */
  isMadeUp: boolean
}

const WHO = { by: 'ada', why: 'trying the API' }

/** Bodies where what is required alone would be no good example. They change nothing that people are told. */
const BODIES: Record<string, (known: Known) => unknown> = {
  postReport: ({ service }) => ({ service: service ?? 'shop', kind: 'ok', country: 'AT', platform: 'web' }),
  postIncidents: ({ service }) => ({
    service: service ?? 'shop',
    ...WHO,
    title: 'A rehearsal',
    severity: 'minor',
    notify: false,
  }),
  postIncidentsIdCommands: () => ({
    verb: 'note',
    ...WHO,
    text: 'For the team: somebody looks into it.',
    notify: false,
  }),
  postServicesIdForget: () => ({ ...WHO, label: 'customer', value: '4711' }),
  postPast: ({ service, now }) => ({
    service: service ?? 'shop',
    binMs: 300_000,
    counts: [
      [new Date(now - 600_000).toISOString(), 2],
      [new Date(now - 300_000).toISOString(), 3],
    ],
  }),
  postOverrides: () => ({ rota: 'web', person: 'ada', from: 'now', until: '2h', by: 'ada', why: 'trying the API' }),
  postProposals: ({ incident }) => ({
    verb: 'note',
    incident: incident ?? 'INCIDENT',
    ...WHO,
    text: 'Looks like the last deploy.',
    notify: false,
  }),
  postPush: ({ service }) => ({
    service: service ?? 'shop',
    subscription: {
      endpoint: 'https://push.example.com/abc',
      keys: { p256dh: 'B-of-the-browser', auth: 'secret-of-the-browser' },
    },
  }),
}

/** A signal a line, of now and with nothing bad in it: who tries it out does harm nowhere. */
const SIGNALS = ({ service, now }: Known): string => {
  const about = { type: 'observation', service: service ?? 'shop', at: new Date(now).toISOString() }
  return [
    { ...about, via: 'report', id: 'example-1', total: 1, bad: 0, labels: { country: 'AT' } },
    { ...about, via: 'metric', id: 'example-2', windowMs: 60_000, total: 120, bad: 0, labels: { cell: 'eu-1' } },
  ]
    .map(each => JSON.stringify(each))
    .join('\n')
}

export function exampleOf(operation: Operation, known: Known, named: Record<string, Schema>): Example {
  const { id, method, path, scope, body } = operation
  const at = { services: known.service, incidents: known.incident }
  let isMadeUp = false
  const url = path.replace(/\/([\w-]+)\/\{id\}/, (_, kind: string) => {
    const found = Object.hasOwn(at, kind) ? at[kind as keyof typeof at] : null
    isMadeUp = found === null
    return `/${kind}/${encodeURIComponent(found ?? 'ID')}`
  })
  const headers: Record<string, string> = scope === null ? {} : { authorization: 'Bearer $TOKEN' }
  const types = Object.keys(body)
  if (types.length === 0) return { method, url, headers, body: null, isMadeUp }
  const made = Object.hasOwn(BODIES, id) ? BODIES[id]!(known) : sampleOf(body['application/json']?.schema ?? {}, named)
  const isLines = types.includes('application/x-ndjson')
  headers['content-type'] = isLines ? 'application/x-ndjson' : 'application/json'
  return { method, url, headers, body: isLines ? SIGNALS(known) : JSON.stringify(made), isMadeUp }
}

/** The same for a shell. Within single quotes nothing is special but the quote. */
export function commandOf({ method, url, headers, body }: Example, origin: string, endless: boolean): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
  const lines = [
    `curl${endless ? ' -N' : ''}${method === 'GET' ? '' : ` -X ${method}`} ${quoted(origin + url)}`,
    ...Object.entries(headers).map(([name, value]) => `-H "${name}: ${value}"`),
    ...(body === null ? [] : [`--data-binary ${quoted(body)}`]),
  ]
  return lines.join(' \\\n  ')
}
