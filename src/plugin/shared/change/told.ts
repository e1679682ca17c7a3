import { matches, withoutEnd } from '../text.js'
import { createHash } from 'node:crypto'
import { SERVICE_CHARS } from '../../../contract/limits.js'
import type { Answer, Received, Taken } from '../../../contract/received.js'
import type { ChangeKind, Scope } from '../../../contract/signal.js'
import type { EpochMs } from '../../../contract/time.js'
import { idOf, nameOf } from './read.js'

/** What every receiver and source of changes may be told: whose a change is, where it counts, and what it touches. */
export interface ChangeSettings {
  /** The one that everything is about which `services` does not name. */
  service?: string
  /** Name of a repository, project, application or workspace, with `*` for any text, → service. */
  services: Record<string, string>
  /** Environments that count, with `*` for any text. Absent: what calls itself production. */
  environments?: string[]
  /** Environment, with `*` for any text, → labels that a change there touches. */
  scope: Record<string, Record<string, string | string[]>>
  /** Label whose value is the environment's name. */
  environmentLabel?: string
  /** Label whose value is the version's name. */
  versionLabel?: string
}

const NAME = { type: 'string', minLength: 1, maxLength: 200 } as const
export const CHANGE_SETTINGS = {
  service: { type: 'string', role: 'service' },
  services: { type: 'object', additionalProperties: { type: 'string', role: 'service' }, default: {} },
  environments: { type: 'array', items: NAME, minItems: 1, maxItems: 100 },
  scope: {
    type: 'object',
    additionalProperties: {
      type: 'object',
      additionalProperties: { anyOf: [NAME, { type: 'array', items: NAME, maxItems: 1_000 }] },
    },
    default: {},
  },
  environmentLabel: NAME,
  versionLabel: NAME,
} as const

/** A change in words that all senders share. */
export interface Told {
  /** Of this message among those of its sender. */
  id: readonly (string | number | undefined)[]
  /** Which change it is, where several messages tell of one. */
  thread?: readonly (string | number | undefined)[]
  kind: ChangeKind
  /** Repository, project or application, as `services` names it. */
  of: string
  /** Where it took place, as its sender calls it. `hinted`: a name that may hold the word, such as that of a workspace. */
  environment?: string | undefined
  hinted?: string | undefined
  /** Its sender says that it is production, or that it is not. */
  production?: boolean | undefined
  title: string | undefined
  href?: string | undefined
  at: EpochMs
  /** How much of the world has it from `at` on. */
  share?: number | undefined
  version?: string | undefined
  scope?: Scope
  /** Thread, or id, of the change that it takes back. */
  reverts?: string | undefined
}

/** A signal, or in one word why there is none. */
export type Made = object | string

const PRODUCTION = new Set(['production', 'prod', 'prd', 'live'])
const OTHER = new Set([
  ...['dev', 'devel', 'develop', 'development', 'test', 'tests', 'testing', 'stage', 'staging', 'stg', 'qa', 'uat'],
  ...['sandbox', 'preview', 'preprod', 'nonprod', 'non', 'pre', 'local', 'ci', 'demo', 'review', 'integration'],
])
const wordsOf = (name: string): string[] => name.toLowerCase().split(/[^a-z0-9]+/)

/** Whether changes there count: by the settings, else where it calls itself production; a mere hint only speaks against it. */
export function isWatched({ environments }: ChangeSettings, { environment, hinted, production }: Told): boolean {
  const name = environment ?? ''
  if (environments !== undefined) return name === '' || environments.some(each => matches(each, name))
  if (production !== undefined) return production
  const words = wordsOf(name)
  if (name !== '') return words.some(each => PRODUCTION.has(each)) && !words.some(each => OTHER.has(each))
  return !wordsOf(hinted ?? '').some(each => OTHER.has(each))
}

/** The service that something is about; undefined where the settings name others alone. */
export function serviceOf({ service, services }: ChangeSettings, of: string): string | undefined {
  const exact = Object.hasOwn(services, of) ? services[of] : undefined
  const found = exact ?? Object.entries(services).find(([pattern]) => matches(pattern, of))?.[1] ?? service
  if (found !== undefined || Object.keys(services).length > 0) return found
  return nameOf(withoutEnd(of, '/').split('/').at(-1), SERVICE_CHARS)
}

/** What a change touches, as its sender says and as the settings have it of its environment. */
function scopeOf(settings: ChangeSettings, { environment, version, scope = {} }: Told): Scope {
  const { environmentLabel, versionLabel } = settings
  const own: Scope = { ...scope }
  const name = nameOf(environment)
  if (name !== undefined && environmentLabel !== undefined) own[environmentLabel] = [name]
  const label = nameOf(version)
  if (label !== undefined && versionLabel !== undefined) own[versionLabel] = [label]
  for (const [pattern, labels] of Object.entries(settings.scope))
    if (environment !== undefined && matches(pattern, environment))
      for (const [label, values] of Object.entries(labels)) own[label] ??= [values].flat()
  return own
}

export const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32)

/** The fact that a message means, or why it means none. */
export function changeOf(settings: ChangeSettings, told: Told): Made {
  const service = serviceOf(settings, told.of)
  if (service === undefined) return 'service'
  if (!isWatched(settings, told)) return 'environment'
  const { kind, title, href, at, share, reverts } = told
  return {
    type: 'fact',
    via: 'change',
    id: idOf(digest, ...told.id),
    ...(told.thread === undefined ? {} : { thread: idOf(digest, ...told.thread) }),
    service,
    at,
    kind,
    ...(title === undefined ? {} : { title }),
    ...(href === undefined ? {} : { href }),
    scope: scopeOf(settings, told),
    ...(share === undefined ? {} : { rollout: [[at, share]] }),
    ...(reverts === undefined ? {} : { reverts }),
  }
}

/** What a receiver says of a request: its signals, and how many messages were left aside for which reason. */
export function takenOf(sender: string, made: readonly Made[]): Taken {
  const signals = made.filter(each => typeof each !== 'string')
  const ignored: Record<string, number> = {}
  for (const each of made)
    if (typeof each === 'string') ignored[`${sender}.${each}`] = (ignored[`${sender}.${each}`] ?? 0) + 1
  if (signals.length > 0) return { signals, ignored }
  return { signals, ignored, answer: () => accepted({ accepted: 0, ignored }) }
}

/** Nothing is wrong, and nothing will come of it. */
export const accepted = (said: object, status = 202): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(said),
})

export const refused = (rule: string, message: string, value?: string): Taken => ({
  refused: { rule, message, ...(value === undefined ? {} : { value }) },
})

/** The JSON of a request, also where it was sent as a form with one field `payload`. @throws where the body is none */
export function bodyOf(request: Received): unknown {
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '')) return request.json()
  try {
    return JSON.parse(new URLSearchParams(Buffer.from(request.body).toString('utf8')).get('payload') ?? '')
  } catch {
    return undefined
  }
}

/** What is there instead of what was asked for. */
export const kindOf = (value: unknown): string =>
  value === undefined ? 'nothing' : value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`
