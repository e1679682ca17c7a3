import { createHash } from 'node:crypto'
import { HREF_CHARS, ID_CHARS, LABEL_VALUE_CHARS, TITLE_CHARS } from '../../contract/limits.js'
import {
  ALERT_SEVERITIES,
  type AlertSeverity,
  type AlertStatus,
  type Labels,
  type Scope,
} from '../../contract/signal.js'
import type { EpochMs } from '../../contract/time.js'
import { SECRET } from './secret.js'

// What receivers of others' alerts and checks have in common: whom a message is about, where, how bad, and nothing personal.

/** How a message's own labels are read. */
export interface About {
  secret?: string
  /** Where no label says which service it is about. */
  service?: string
  /** Labels that say it, the first that is there. */
  serviceFrom: string[]
  /** Value of such a label → service. Where there are some, other values say nothing. */
  services: Record<string, string>
  /** Label of the message → label of ours. */
  labels: Record<string, string>
}

export interface AboutAlerts extends About {
  severityFrom: string[]
  /** Words of the operator's own, before the usual ones. */
  severities: Record<string, AlertSeverity>
}

const NAMES = { type: 'array', items: { type: 'string', minLength: 1, maxLength: 100 }, maxItems: 20 } as const
const LABEL_NAME = '^[A-Za-z][A-Za-z0-9_./:-]{0,63}$'
const SERVICE = { type: 'string', minLength: 1, role: 'service' } as const

/** Names that are widely used for where something is. */
export const PLACES: Record<string, string> = {
  component: 'component',
  region: 'region',
  zone: 'cell',
  availability_zone: 'cell',
  cell: 'cell',
  cluster: 'cluster',
  instance: 'instance',
  version: 'version',
}

/** Settings of whom a message is about. */
export const aboutSettings = (serviceFrom: string[], labels: Record<string, string> = PLACES) =>
  ({
    secret: SECRET,
    service: SERVICE,
    serviceFrom: { ...NAMES, default: serviceFrom },
    services: { type: 'object', additionalProperties: SERVICE, default: {} },
    labels: { type: 'object', additionalProperties: { type: 'string', pattern: LABEL_NAME }, default: labels },
  }) as const

/** The same, and how bad it is. */
export const alertSettings = (serviceFrom: string[]) =>
  ({
    ...aboutSettings(serviceFrom),
    severityFrom: { ...NAMES, default: ['severity', 'priority', 'level'] },
    severities: { type: 'object', additionalProperties: { enum: [...ALERT_SEVERITIES] }, default: {} },
  }) as const

/** What rules call it, in small letters. `none` is what Alertmanager's own watchdog calls itself. */
const SEVERITY_WORDS: Record<AlertSeverity, string> = {
  critical: 'critical crit page p1 sev1 sev0 s1 fatal emergency disaster alert blocker',
  error: 'error err major high p2 sev2 s2 severe',
  warning: 'warning warn minor medium average moderate p3 sev3 s3 ticket',
  info: 'info information informational notice low none ok debug p4 p5 sev4 sev5 s4',
}
const SEVERITIES = new Map(
  Object.entries(SEVERITY_WORDS).flatMap(([severity, words]) =>
    words.split(' ').map((word): [string, AlertSeverity] => [word, severity as AlertSeverity]),
  ),
)

/** A word for how bad something is; undefined where nobody knows it. */
export function severityOf(word: string, own: Record<string, AlertSeverity> = {}): AlertSeverity | undefined {
  if (Object.hasOwn(own, word)) return own[word]
  return SEVERITIES.get(word.trim().toLowerCase())
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Of an object those values that are texts, numbers or true and false, as labels; empty ones mean nothing. */
export function labelsIn(value: unknown): Labels {
  if (!isRecord(value)) return {}
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, each]): [string, string][] =>
      ['string', 'number', 'boolean'].includes(typeof each) && each !== '' ? [[name, String(each)]] : [],
    ),
  )
}

/** The service that labels speak of; undefined where none does, which the door then refuses by its rule. */
export function serviceOf(labels: Labels, { service, serviceFrom, services }: About): string | undefined {
  const named = serviceFrom.flatMap(name => (Object.hasOwn(labels, name) ? [labels[name]!] : []))
  if (Object.keys(services).length === 0) return named[0] ?? service
  const known = named.find(each => Object.hasOwn(services, each))
  return known === undefined ? service : services[known]
}

/** Letters, digits and signs that are seen, with blanks between them. */
const PLAIN = /^[\p{L}\p{N}\p{P}\p{S}](?:[\p{L}\p{M}\p{N}\p{P}\p{S} ]*[\p{L}\p{M}\p{N}\p{P}\p{S}])?$/u
/** What nobody sees, or what turns around what stands beside it. */
const UNSEEN = /[\p{C}\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffc]/gu

/** A value that the door takes for a label's; others are left out rather than to lose the message. */
const isPlain = (value: string): boolean =>
  value.length <= LABEL_VALUE_CHARS &&
  PLAIN.test(value) &&
  value.search(UNSEEN) < 0 &&
  !/^\.\.?$/.test(value) &&
  !(value in {})

/** Labels of the message under our names. Of two for one name the first in the settings. */
export function labelsOf(own: Labels, { labels }: Pick<About, 'labels'>): Labels {
  const found: Labels = {}
  for (const [theirs, ours] of Object.entries(labels)) {
    const value = Object.hasOwn(own, theirs) ? own[theirs]!.normalize('NFC') : ''
    if (isPlain(value) && found[ours] === undefined) found[ours] = value
  }
  return found
}

const scopeOf = (labels: Labels): Scope => Object.fromEntries(Object.entries(labels).map(([name, v]) => [name, [v]]))

/** Somebody's address, by its look. */
const isAddress = (word: string): boolean => word.indexOf('@') > 0 && word.indexOf('.', word.indexOf('@')) > 0

/** One line for people: no addresses of people, nothing unseen, cut to the length of a title. */
export function titleOf(text: string): string {
  const words = text
    .slice(0, 4 * TITLE_CHARS)
    .normalize('NFC')
    .split(/\s+/)
  const line = words
    .map(word => (isAddress(word) ? '…' : word.replace(UNSEEN, '')))
    .join(' ')
    .trim()
    .replace(/^\p{M}+/u, '')
    .trim()
  if (line.length <= TITLE_CHARS) return line
  return `${line.slice(0, TITLE_CHARS - 1).replace(/[\ud800-\udbff]$/, '')}…`
}

/** A link that pages may show, of several the first; undefined where there is none. */
export const linkOf = (...hrefs: unknown[]): string | undefined =>
  hrefs.find(
    (href): href is string => typeof href === 'string' && href.length <= HREF_CHARS && /^https?:\/\/\S+$/i.test(href),
  )

/** A time as these formats write it; undefined for none, which several write as the year 1. */
export function timeIn(value: unknown): EpochMs | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT/.test(value)) return undefined
  const at = Date.parse(value)
  return at >= Date.UTC(2000) && at < Date.UTC(2070) ? at : undefined
}

/** An id of what makes a message the same one. */
export const idOf = (...parts: (string | number | undefined)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)

/** A key that others chose, as a thread: as it is, or cut and told apart by what it was. */
export const threadOf = (key: string): string =>
  key.length <= ID_CHARS ? key : `${key.slice(0, ID_CHARS - 33).replace(/[\ud800-\udbff]$/, '')}~${idOf(key)}`

const FNV_OFFSET = 14_695_981_039_346_656_037n
const FNV_PRIME = 1_099_511_628_211n

/**
 * The fingerprint that Prometheus and Alertmanager give a set of labels: FNV-1a, 64 bits, over name and value in the order
 * of the names' bytes, each followed by a byte 255 (prometheus/common, model/signature.go).
 */
export function fingerprintOf(labels: Labels): string {
  let sum = FNV_OFFSET
  const add = (bytes: Uint8Array) => {
    for (const byte of bytes) sum = BigInt.asUintN(64, (sum ^ BigInt(byte)) * FNV_PRIME)
    sum = BigInt.asUintN(64, (sum ^ 255n) * FNV_PRIME)
  }
  const entries = Object.entries(labels).map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const)
  for (const [name, value] of entries.toSorted((a, b) => Buffer.compare(a[0], b[0]))) {
    add(name)
    add(value)
  }
  return sum.toString(16).padStart(16, '0')
}

export interface SaidAlert {
  id: string
  at: EpochMs
  thread: string | undefined
  status: AlertStatus | string | undefined
  /** All that its sender says of it. */
  labels: Labels
  title?: string | undefined
  severity?: AlertSeverity | undefined
  href?: string | undefined
  source: string
  happenedAt?: EpochMs | undefined
  endedAt?: EpochMs | undefined
}

/** The signal of an alert. What is missing is left for the door to ask for, so that one bad alert loses no other. */
export function alertSignal(said: SaidAlert, about: AboutAlerts, service = serviceOf(said.labels, about)): object {
  const { labels, title, severity, happenedAt, endedAt, ...rest } = said
  const word = about.severityFrom.map(name => labels[name]).find(each => each !== undefined)
  const end = endedAt === undefined || happenedAt === undefined ? endedAt : Math.max(endedAt, happenedAt)
  const bad = severity ?? (word === undefined ? undefined : severityOf(word, about.severities))
  const signal = {
    ...{ type: 'fact', via: 'alert', service, ...rest, title: titleOf(title ?? '') || undefined, severity: bad },
    ...{ happenedAt, endedAt: end, scope: scopeOf(labelsOf(labels, about)) },
  }
  return Object.fromEntries(Object.entries(signal).filter(([, value]) => value !== undefined))
}
