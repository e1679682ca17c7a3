import { PermanentError } from '../../contract/error.js'
import { type Fault, type Plugin, plugin, type Source } from '../../contract/plugin.js'
import { SECOND } from '../../contract/time.js'
import { PORT_RULE, portOf, RANGE } from '../shared/port.js'
import { codesOf, STATUS_CODE } from '../shared/status.js'
import { MORE, ROUTES, type Rules } from './access-log/count.js'
import { JSON_LABELS } from './access-log/json.js'
import { configured, type Reading } from './access-log/known.js'
import { type Begin, Reader, type Settings } from './access-log/reading.js'
import type { Route } from './access-log/routes.js'
import { isZone, timeReader } from './access-log/times.js'

export interface AccessLogConfig {
  service: string
  file?: string
  listen?: string
  senders?: string[]
  begin: Begin
  format: string
  pattern?: string
  durations: 's' | 'ms' | 'us' | 'ns'
  keys?: Record<string, string>
  timeZone?: string
  windowSeconds: number
  slowSeconds: number
  bad: (number | string)[]
  ignoreStatus?: (number | string)[]
  ignorePaths?: string[]
  routes?: Route[]
  firstSegment: boolean
  hosts?: { host: string; service: string }[]
  labels?: Record<string, string>
  fields?: Record<string, string>
}

/** Fields that every format has, as they may be written under `fields`. */
const ORDINARY = { host: 'host', route: 'route', method: 'method', upstream: 'cell' } as const
/** Names of fields that say who somebody is or what exactly they asked: none of them becomes a label. */
const PERSONAL =
  /remote|forwarded|realip|client_?(?:ip|addr|port)|^(?:ip|client|address|path|uri|url|args)$|user|agent|refere?r|cookie|auth|session|token|e?mail|query|request_?(?:id|uri|path|body|headers)|^request$|RequestURI/i

function labelsOf(fields: Readonly<Record<string, string>> = {}): Pick<Rules, 'names' | 'more'> & { keys: string[] } {
  const names: Record<string, string | null> = { host: 'host', route: 'route', method: 'method', cell: 'cell' }
  const more: string[] = []
  const keys: string[] = []
  for (const [label, field] of Object.entries(fields)) {
    const own = (ORDINARY as Record<string, string>)[field]
    if (own !== undefined) names[own] = label
    else if (field === 'none')
      for (const key of Object.keys(names)) names[key] = names[key] === label ? null : (names[key] ?? null)
    else {
      more.push(label)
      keys.push(field)
    }
  }
  return { names: names as Rules['names'], more, keys }
}

function settingsOf(config: AccessLogConfig): Settings {
  const { fields, timeZone } = config
  // What edges of networks say of where they are becomes a label by itself, unless the settings use the names.
  const more = Object.fromEntries(Object.entries(JSON_LABELS).map(([key, label]) => [label, key]))
  const given = labelsOf(config.format === 'auto' || config.format === 'json' ? { ...more, ...fields } : fields)
  const reading: Reading = {
    format: config.format,
    ...(config.pattern === undefined ? {} : { pattern: config.pattern }),
    keys: config.keys ?? {},
    more: given.keys,
    unit: config.durations,
    timeOf: timeReader(timeZone),
  }
  const rules: Rules = {
    service: config.service,
    windowMs: config.windowSeconds * SECOND,
    slowMs: config.slowSeconds * SECOND,
    bad: codesOf(config.bad),
    ignored: codesOf(config.ignoreStatus ?? []),
    ignoredPaths: config.ignorePaths ?? [],
    routes: config.routes ?? [],
    segments: config.firstSegment,
    hosts: new Map((config.hosts ?? []).map(({ host, service }) => [host.toLowerCase(), service])),
    labels: config.labels ?? {},
    names: given.names,
    more: given.more,
  }
  return { rules, reading, format: configured(reading) }
}

function check(config: AccessLogConfig): Fault[] {
  const { file, listen, fields = {}, timeZone } = config
  const faults: Fault[] = []
  if ((file === undefined) === (listen === undefined))
    faults.push({ path: 'file', rule: 'either file or listen', value: file === undefined ? 'neither' : 'both' })
  if (listen !== undefined && listen !== '-' && portOf(listen) === null)
    faults.push({ path: 'listen', rule: `${PORT_RULE}, or - for standard input`, value: listen })
  if (timeZone !== undefined && !isZone(timeZone))
    faults.push({ path: 'timeZone', rule: 'the name of a time zone such as Europe/Berlin', value: timeZone })
  for (const [label, field] of Object.entries(fields))
    if (PERSONAL.test(field) && !(field in ORDINARY))
      faults.push({ path: `fields.${label}`, rule: 'a field that says nothing of a person', value: field })
  if (labelsOf(fields).more.length > MORE - 2)
    faults.push({
      path: 'fields',
      rule: `at most ${MORE - 2} further fields`,
      value: String(Object.keys(fields).length),
    })
  try {
    if (faults.length === 0) settingsOf(config)
  } catch (error) {
    const path = config.pattern === undefined ? 'format' : 'pattern'
    faults.push({ path, rule: (error as Error).message, value: config.pattern ?? config.format })
  }
  return faults
}

const NAMES = { type: 'object', additionalProperties: { type: 'string', minLength: 1, maxLength: 100 } }

const accessLog: Plugin<'source', AccessLogConfig, Source> = plugin({
  kind: 'source',
  name: 'access-log',
  summary: 'requests of an access log, counted by where they went and how they ended, from a file, a pipe or syslog',
  start: {
    has: ['nginx', 'access-log', 'apache', 'caddy', 'envoy', 'haproxy', 'cloudflare'],
    asks: [{ name: 'file', asks: 'its access log', usual: '/var/log/nginx/access.log' }],
    settings: ({ service, file }) => ({ service, file }),
  },
  config: {
    type: 'object',
    additionalProperties: false,
    required: ['service'],
    properties: {
      service: { type: 'string', role: 'service' },
      file: { type: 'string', minLength: 1, role: 'path' },
      listen: { type: 'string', minLength: 1 },
      senders: { type: 'array', minItems: 1, maxItems: 50, items: { type: 'string', pattern: RANGE } },
      begin: { enum: ['recent', 'end', 'start'], default: 'recent' },
      format: { type: 'string', minLength: 1, maxLength: 4_000, default: 'auto' },
      pattern: { type: 'string', minLength: 1, maxLength: 2_000 },
      durations: { enum: ['s', 'ms', 'us', 'ns'], default: 's' },
      keys: NAMES,
      timeZone: { type: 'string', minLength: 1 },
      windowSeconds: { enum: [10, 60], default: 10 },
      slowSeconds: { type: 'number', minimum: 0.001, maximum: 3_600, default: 2 },
      bad: { type: 'array', minItems: 1, items: STATUS_CODE, default: ['5xx'] },
      ignoreStatus: { type: 'array', items: STATUS_CODE },
      ignorePaths: { type: 'array', maxItems: 100, items: { type: 'string', pattern: '^/' } },
      routes: {
        type: 'array',
        maxItems: ROUTES,
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['path', 'component'],
          properties: {
            path: { type: 'string', pattern: '^/' },
            component: { type: 'string', minLength: 1, maxLength: 100 },
          },
        },
      },
      firstSegment: { type: 'boolean', default: true },
      hosts: {
        type: 'array',
        maxItems: 50,
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['host', 'service'],
          properties: {
            host: { type: 'string', minLength: 1, maxLength: 64 },
            service: { type: 'string', role: 'service' },
          },
        },
      },
      labels: NAMES,
      fields: NAMES,
    },
  },
  check,
  map: (config, sample, env) => new Reader(settingsOf(config), env).sample(sample),
  async open(config, env): Promise<Source> {
    const settings = settingsOf(config)
    const { file, listen = '-', senders, begin } = config
    return {
      async *read(stop, state) {
        const reader = new Reader(settings, env)
        const kept = state as Parameters<Reader['file']>[3]
        if (file !== undefined) return yield* reader.file(file, begin, stop, kept)
        if (listen === '-') return yield* reader.file('-', begin, stop, kept)
        const at = portOf(listen, senders)
        if (at === null) throw new PermanentError('listen is no port')
        await using listening = await env.listen(at)
        yield* reader.port(listening, stop, kept)
      },
      async [Symbol.asyncDispose]() {},
    }
  },
})
export default accessLog
