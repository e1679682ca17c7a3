import {
  COUNT_MAX,
  EARLIEST_MS,
  HREF_CHARS,
  ID_CHARS,
  LABEL_NAME_CHARS,
  LABEL_VALUE_CHARS,
  LABELS_PER_SIGNAL,
  LATENCY_MAX_MS,
  LATEST_MS,
  MAX_AGE_MS,
  REJECT_VALUE_CHARS,
  ROLLOUT_STEPS,
  SCOPE_VALUES,
  SERVICE_CHARS,
  SKEW_SIGNALS_MS,
  SKEW_WALL_MS,
  TEXT_CHARS,
  TITLE_CHARS,
  TOPOLOGY_NODES,
  WINDOW_MAX_MS,
} from '../contract/limits.js'
import type { Change, Fact, Labels, Notice, Observation, Scope, Signal, Topology } from '../contract/signal.js'
import type { EpochMs } from '../contract/time.js'
import type { Component, Dependency } from '../contract/topology.js'

// The one place where unknown JSON becomes a Signal. Hand-written checks, because every accepted line of a replay and
// of the live ingest passes here: a schema library costs more than parsing the JSON.

export class Refusal {
  constructor(
    /** Dotted name of the rule, e.g. `observation.bad`. */
    readonly rule: string,
    readonly message: string,
    readonly value: string,
  ) {}
}

type Fields = Record<string, unknown>

const VIAS = new Set(['report', 'post', 'check', 'metric'])
const CHANGE_KINDS = new Set(['deploy', 'config', 'flag', 'launch', 'maintenance', 'vendor', 'migration', 'mitigation'])
const STATUSES = new Set(['investigating', 'identified', 'monitoring', 'resolved'])

/** The value as a person can read it in an error, cut to 80 characters; long texts are never repeated whole. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  let text: string
  if (typeof value === 'string') text = value
  else if (typeof value !== 'object' || value === null) text = String(value)
  else
    text = Array.isArray(value)
      ? `a list of ${value.length}`
      : `an object of ${Object.keys(value).slice(0, 5).join(', ')}`
  return text.length > REJECT_VALUE_CHARS ? `${text.slice(0, REJECT_VALUE_CHARS - 1)}…` : text
}

const refuse = (rule: string, message: string, value: unknown) => new Refusal(rule, message, shown(value))

/** Reads one JSON value into a signal, or says which rule it breaks. Knows no time: see `untimely`. */
export function readSignal(value: unknown): Signal | Refusal {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse('signal', 'a signal is a JSON object', value)
  const f = value as Fields
  if (f['type'] === 'observation') return readObservation(f)
  if (f['type'] === 'fact') return readFact(f)
  return refuse('signal.type', 'type is observation or fact', f['type'])
}

function readObservation(f: Fields): Observation | Refusal {
  const via = f['via']
  if (typeof via !== 'string' || !VIAS.has(via))
    return refuse('observation.via', 'via of an observation is report, post, check or metric', via)
  const id = f['id']
  const service = f['service']
  if (typeof id !== 'string' || id.length === 0 || id.length > ID_CHARS) return badId(id)
  if (typeof service !== 'string' || service.length === 0 || service.length > SERVICE_CHARS) return badService(service)
  const at = readTime(f['at'])
  if (at !== at) return badTime('signal.at', f['at'])
  const labels = f['labels'] ?? NO_LABELS
  if (typeof labels !== 'object' || Array.isArray(labels))
    return refuse('signal.labels', 'labels are an object of strings', labels)
  const total = f['total'] ?? (via === 'metric' ? undefined : 1)
  if (!isCount(total)) return refuse('observation.total', `total is a whole number from 0 to ${COUNT_MAX}`, total)
  const bad = f['bad'] ?? undefined
  if (bad === undefined) {
    if (via !== 'post') return refuse('observation.bad', 'bad may be left out by a post only', bad)
  } else if (!isCount(bad) || bad > total) {
    return refuse('observation.bad', 'bad is a whole number from 0 to total', bad)
  }
  if ((via === 'report' || via === 'check') && total !== 1)
    return refuse('observation.total', `a ${via} counts one: 1/0 or 1/1`, total)
  const o: Observation = {
    type: 'observation',
    via: via as Observation['via'],
    id,
    service,
    at,
    labels: labels as Labels,
    total,
  }
  if (bad !== undefined) o.bad = bad as number
  return readOptional(f, o)
}

/** The optional fields; null counts as absent. Kept apart so that the common case stays small enough to inline. */
function readOptional(f: Fields, o: Observation): Observation | Refusal {
  const seenAt = f['seenAt']
  if (seenAt !== undefined && seenAt !== null) {
    const seen = readTime(seenAt)
    if (seen !== seen) return badTime('signal.seenAt', seenAt)
    // "if later": an earlier arrival than the event itself is a sender's clock, not information.
    if (seen > o.at) o.seenAt = seen
  }
  const slow = f['slow']
  if (slow !== undefined && slow !== null) {
    if (!isCount(slow) || slow > o.total)
      return refuse('observation.slow', 'slow is a whole number from 0 to total', slow)
    o.slow = slow
  }
  const windowMs = f['windowMs']
  if (windowMs !== undefined && windowMs !== null) {
    if (!isCount(windowMs) || windowMs === 0 || windowMs > WINDOW_MAX_MS)
      return refuse('observation.windowMs', `windowMs is a whole number from 1 to ${WINDOW_MAX_MS}`, windowMs)
    o.windowMs = windowMs
  }
  const latencyMs = f['latencyMs']
  if (latencyMs !== undefined && latencyMs !== null) {
    if (typeof latencyMs !== 'number' || !(latencyMs >= 0 && latencyMs <= LATENCY_MAX_MS))
      return refuse('observation.latencyMs', `latencyMs is a number from 0 to ${LATENCY_MAX_MS}`, latencyMs)
    o.latencyMs = latencyMs
  }
  const reporter = f['reporter']
  if (reporter !== undefined && reporter !== null) {
    if (!isText(reporter, ID_CHARS)) return badText('observation.reporter', 'reporter', ID_CHARS, reporter)
    o.reporter = reporter
  }
  const author = f['author']
  if (author !== undefined && author !== null) {
    if (!isText(author, ID_CHARS)) return badText('observation.author', 'author', ID_CHARS, author)
    o.author = author
  }
  const text = f['text']
  if (text !== undefined && text !== null) {
    if (!isText(text, TEXT_CHARS)) return badText('observation.text', 'text', TEXT_CHARS, text)
    o.text = text
  }
  const lang = f['lang']
  if (lang !== undefined && lang !== null) {
    if (!isText(lang, LABEL_VALUE_CHARS)) return badText('observation.lang', 'lang', LABEL_VALUE_CHARS, lang)
    o.lang = lang
  }
  return o
}

function readFact(f: Fields): Fact | Refusal {
  const { via, id, service } = f
  if (typeof id !== 'string' || id.length === 0 || id.length > ID_CHARS) return badId(id)
  if (typeof service !== 'string' || service.length === 0 || service.length > SERVICE_CHARS) return badService(service)
  const at = readTime(f['at'])
  if (at !== at) return badTime('signal.at', f['at'])
  const base: {
    id: string
    service: string
    at: EpochMs
    seenAt?: EpochMs
    title?: string
    href?: string
    labels?: Labels
  } = {
    id,
    service,
    at,
  }
  if (given(f['seenAt'])) {
    const seen = readTime(f['seenAt'])
    if (seen !== seen) return badTime('signal.seenAt', f['seenAt'])
    if (seen > at) base.seenAt = seen
  }
  if (given(f['title'])) {
    if (!isText(f['title'], TITLE_CHARS)) return badText('fact.title', 'title', TITLE_CHARS, f['title'])
    base.title = f['title']
  }
  if (given(f['href'])) {
    // Shown to people as a link: a script address must not get that far.
    if (!isText(f['href'], HREF_CHARS) || !/^https?:\/\//i.test(f['href']))
      return refuse('fact.href', `href is an http or https address of at most ${HREF_CHARS} characters`, f['href'])
    base.href = f['href']
  }
  if (given(f['labels'])) {
    if (typeof f['labels'] !== 'object' || Array.isArray(f['labels']))
      return refuse('signal.labels', 'labels are an object of strings', f['labels'])
    base.labels = f['labels'] as Labels
  }
  if (via === 'change') return readChange(f, base)
  if (via === 'notice') return readNotice(f, base)
  if (via === 'topology') return readTopology(f, base)
  return refuse('fact.via', 'via of a fact is change, notice or topology', via)
}

type Base = Pick<Change, 'id' | 'service' | 'at' | 'seenAt' | 'title' | 'href' | 'labels'>

function readChange(f: Fields, base: Base): Change | Refusal {
  const kind = f['kind']
  if (typeof kind !== 'string' || !CHANGE_KINDS.has(kind))
    return refuse('change.kind', `kind of a change is one of ${[...CHANGE_KINDS].join(', ')}`, kind)
  const scope = readScope(f['scope'])
  if (scope instanceof Refusal) return scope
  const change: Change = { type: 'fact', via: 'change', ...base, kind: kind as Change['kind'], scope }
  if (given(f['happenedAt'])) {
    const happened = readTime(f['happenedAt'])
    if (happened !== happened) return badTime('change.happenedAt', f['happenedAt'])
    change.happenedAt = happened
  }
  if (given(f['reverts'])) {
    if (!isText(f['reverts'], ID_CHARS)) return badText('change.reverts', 'reverts', ID_CHARS, f['reverts'])
    change.reverts = f['reverts']
  }
  if (given(f['rollout'])) {
    const rollout = readRollout(f['rollout'])
    if (rollout instanceof Refusal) return rollout
    change.rollout = rollout
  }
  return change
}

function readRollout(value: unknown): [EpochMs, number][] | Refusal {
  if (!Array.isArray(value) || value.length > ROLLOUT_STEPS)
    return refuse('change.rollout', `rollout is a list of at most ${ROLLOUT_STEPS} [time, share]`, value)
  const steps: [EpochMs, number][] = []
  for (const step of value as unknown[]) {
    if (!Array.isArray(step) || step.length !== 2) return refuse('change.rollout', 'a step is [time, share]', step)
    const at = readTime(step[0])
    if (at !== at) return badTime('change.rollout', step[0])
    const share: unknown = step[1]
    if (typeof share !== 'number' || !(share >= 0 && share <= 1))
      return refuse('change.rollout', 'a share is a number from 0 to 1', share)
    steps.push([at, share])
  }
  return steps
}

function readNotice(f: Fields, base: Base): Notice | Refusal {
  const scope = readScope(f['scope'])
  if (scope instanceof Refusal) return scope
  const notice: Notice = { type: 'fact', via: 'notice', ...base, scope }
  if (given(f['status'])) {
    if (typeof f['status'] !== 'string' || !STATUSES.has(f['status']))
      return refuse('notice.status', `status is one of ${[...STATUSES].join(', ')}`, f['status'])
    notice.status = f['status'] as NonNullable<Notice['status']>
  }
  for (const name of ['source', 'thread'] as const) {
    const value = f[name]
    if (!given(value)) continue
    if (!isText(value, ID_CHARS)) return badText(`notice.${name}`, name, ID_CHARS, value)
    notice[name] = value
  }
  return notice
}

function readTopology(f: Fields, base: Base): Topology | Refusal {
  const components = readNodes(f['components'], 'topology.components')
  if (components instanceof Refusal) return components
  const dependsOn = readNodes(f['dependsOn'], 'topology.dependsOn')
  if (dependsOn instanceof Refusal) return dependsOn
  return { type: 'fact', via: 'topology', ...base, components, dependsOn }
}

/** Components and dependencies alike; `service` is kept where it stands. */
export function readNodes(value: unknown, rule: string): (Component & Dependency)[] | Refusal {
  if (!given(value)) return []
  if (!Array.isArray(value) || value.length > TOPOLOGY_NODES)
    return refuse(rule, `a list of at most ${TOPOLOGY_NODES} {id, name, service?, dependsOn?}`, value)
  const nodes: (Component & Dependency)[] = []
  for (const item of value as unknown[]) {
    if (typeof item !== 'object' || item === null)
      return refuse(rule, 'an item is {id, name, service?, dependsOn?}', item)
    const { id, name, service, dependsOn } = item as Fields
    if (!isName(id, LABEL_VALUE_CHARS)) return refuse(rule, `id is a name of 1 to ${LABEL_VALUE_CHARS} characters`, id)
    if (given(name) && !isText(name, TITLE_CHARS)) return badText(rule, 'name', TITLE_CHARS, name)
    const node: Component & Dependency = { id, name: (name as string | null | undefined) ?? id }
    if (given(service)) {
      if (!isName(service, SERVICE_CHARS)) return badService(service)
      node.service = service
    }
    if (given(dependsOn)) {
      if (
        !Array.isArray(dependsOn) ||
        dependsOn.length > TOPOLOGY_NODES ||
        !dependsOn.every(d => isName(d, LABEL_VALUE_CHARS))
      )
        return refuse(rule, 'dependsOn is a list of ids', dependsOn)
      node.dependsOn = dependsOn as string[]
    }
    nodes.push(node)
  }
  return nodes
}

function readScope(value: unknown): Scope | Refusal {
  if (!given(value)) return {}
  const message = `scope is an object: label name → list of at most ${SCOPE_VALUES} values`
  if (typeof value !== 'object' || Array.isArray(value)) return refuse('fact.scope', message, value)
  const names = Object.keys(value as object)
  if (names.length > LABELS_PER_SIGNAL)
    return refuse('fact.scope', `at most ${LABELS_PER_SIGNAL} label names`, names.length)
  const scope: Scope = {}
  for (const name of names) {
    if (!isLabelName(name)) return refuse('labels.name', LABEL_NAME_RULE, name)
    const values = (value as Fields)[name]
    if (!Array.isArray(values) || values.length > SCOPE_VALUES) return refuse('fact.scope', message, values)
    for (const v of values as unknown[])
      if (!isName(v, LABEL_VALUE_CHARS)) return refuse('fact.scope', LABEL_VALUE_RULE, v)
    scope[name] = values as string[]
  }
  return scope
}

/**
 * Whether the signal may still, or already, be let in at log time `now`; -Infinity as long as nothing has arrived.
 * What decides is the sender's own time against log time, so a replay decides as the live run did.
 */
export function untimely(
  signal: Signal,
  now: EpochMs,
  clock: 'wall' | 'signals',
  horizonMs = MAX_AGE_MS,
): Refusal | null {
  const ahead = clock === 'wall' ? SKEW_WALL_MS : SKEW_SIGNALS_MS
  const at = signal.seenAt ?? signal.at
  if (at - now > ahead && now > 0)
    return refuse('signal.ahead', `at most ${ahead / 60_000} minutes ahead of log time ${iso(now)}`, iso(at))
  if (signal.type === 'observation' && now - signal.at > horizonMs)
    return refuse('signal.old', `at most ${horizonMs / 3_600_000} h behind log time ${iso(now)}`, iso(signal.at))
  return null
}

// ---- time -----------------------------------------------------------------------------------------------------------

let lastDay = -1
let lastDayMs = Number.NaN

/** NaN when it is no time or outside EARLIEST_MS … LATEST_MS. Fast for `2026-02-03T20:14:00Z` and with `.000`. */
export function readTime(value: unknown): EpochMs {
  const ms = typeof value === 'string' ? parseIso(value) : typeof value === 'number' ? Math.floor(value) : Number.NaN
  return ms >= EARLIEST_MS && ms < LATEST_MS ? ms : Number.NaN
}

const two = (s: string, i: number): number => {
  const a = s.charCodeAt(i) - 48
  const b = s.charCodeAt(i + 1) - 48
  return a >= 0 && a <= 9 && b >= 0 && b <= 9 ? a * 10 + b : Number.NaN
}

function parseIso(s: string): number {
  const n = s.length
  if ((n !== 20 && n !== 24) || s.charCodeAt(n - 1) !== 90) return parseIsoSlowly(s)
  if (s.charCodeAt(4) !== 45 || s.charCodeAt(7) !== 45 || s.charCodeAt(10) !== 84) return parseIsoSlowly(s)
  if (s.charCodeAt(13) !== 58 || s.charCodeAt(16) !== 58) return parseIsoSlowly(s)
  const day = (two(s, 0) * 100 + two(s, 2)) * 10_000 + two(s, 5) * 100 + two(s, 8)
  if (day !== lastDay) {
    // The rare path checks the calendar; the days of a stream hardly change.
    const ms = Date.parse(`${s.slice(0, 10)}T00:00:00Z`)
    if (ms !== ms || new Date(ms).toISOString().slice(0, 10) !== s.slice(0, 10)) return Number.NaN
    lastDay = day
    lastDayMs = ms
  }
  const hour = two(s, 11)
  const minute = two(s, 14)
  const second = two(s, 17)
  if (!(hour < 24 && minute < 60 && second < 60)) return Number.NaN
  let ms = lastDayMs + hour * 3_600_000 + minute * 60_000 + second * 1_000
  if (n === 24) {
    const c = s.charCodeAt(22) - 48
    if (s.charCodeAt(19) !== 46 || c < 0 || c > 9) return Number.NaN
    ms += two(s, 20) * 10 + c
  }
  return ms
}

// A time without a zone is ambiguous and not accepted.
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/

function parseIsoSlowly(s: string): number {
  return s.length <= 40 && ISO.test(s) ? Math.floor(Date.parse(s)) : Number.NaN
}

const iso = (ms: EpochMs): string =>
  Number.isFinite(ms) && Math.abs(ms) < 8.64e15 ? new Date(ms).toISOString() : String(ms)

// ---- small rules ----------------------------------------------------------------------------------------------------

const NO_LABELS: Labels = Object.freeze({})
const given = (value: unknown): boolean => value !== undefined && value !== null
const isCount = (n: unknown): n is number => typeof n === 'number' && n >= 0 && n <= COUNT_MAX && Math.floor(n) === n
const isText = (value: unknown, chars: number): value is string => typeof value === 'string' && value.length <= chars

/** Words that every object answers to: as a key of counts they would read an inherited function. */
const INHERITED = new Set(Object.getOwnPropertyNames(Object.prototype))
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/

/** A string that becomes a key: bounded, no control characters, none of the words that objects inherit. */
export const isName = (value: unknown, chars: number): value is string =>
  typeof value === 'string' &&
  value.length > 0 &&
  value.length <= chars &&
  !CONTROL.test(value) &&
  !INHERITED.has(value)

export const LABEL_NAME_RULE = `a label name has 1 to ${LABEL_NAME_CHARS} letters, digits and _ . - / :, and starts with a letter`
export const LABEL_VALUE_RULE = `a label value is a string of 1 to ${LABEL_VALUE_CHARS} characters`
const LABEL_NAME = new RegExp(`^[A-Za-z][\\w./:-]{0,${LABEL_NAME_CHARS - 1}}$`)
export const isLabelName = (name: string): boolean => LABEL_NAME.test(name) && !INHERITED.has(name)

const badId = (value: unknown) => refuse('signal.id', `id is a string of 1 to ${ID_CHARS} characters`, value)
export const badService = (value: unknown) =>
  refuse('signal.service', `service is a name of 1 to ${SERVICE_CHARS} characters`, value)
const badTime = (rule: string, value: unknown) =>
  refuse(rule, 'a time is ISO 8601 UTC or milliseconds since 1970, between the years 2000 and 2070', value)
const badText = (rule: string, name: string, chars: number, value: unknown) =>
  refuse(
    rule,
    `${name} is a string of at most ${chars} characters`,
    typeof value === 'string' ? `${value.length} characters` : value,
  )
