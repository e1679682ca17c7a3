import {
  HREF_CHARS,
  ID_CHARS,
  LABELS_PER_SIGNAL,
  ROLLOUT_STEPS,
  SCOPE_VALUES,
  TEXT_CHARS,
  TITLE_CHARS,
} from '../../contract/limits.js'
import {
  type Alert,
  ALERT_SEVERITIES,
  ALERT_STATUSES,
  type Change,
  CHANGE_KINDS,
  type Fact,
  FACT_VIAS,
  type Labels,
  type Notice,
  type NoticePart,
  type NoticeState,
  NOTICE_IMPACTS,
  NOTICE_STATES,
  NOTICE_STATUSES,
  type Scope,
} from '../../contract/signal.js'
import type { EpochMs } from '../../contract/time.js'
import {
  badId,
  badService,
  badText,
  badTime,
  badTitle,
  composedLabels,
  type Fields,
  given,
  isLabelName,
  isText,
  LABEL_NAME_RULE,
  readId,
  readService,
  readTitle,
  Refusal,
  refuse,
  wholeId,
} from './rules.js'
import { readTime } from './time.js'
import { readNames, readTopology } from './topology.js'

const KINDS: ReadonlySet<string> = new Set(CHANGE_KINDS)
const STATUSES: ReadonlySet<string> = new Set(NOTICE_STATUSES)
const IMPACTS: ReadonlySet<string> = new Set(NOTICE_IMPACTS)
const ALERTS: ReadonlySet<string> = new Set(ALERT_STATUSES)
const SEVERITIES: ReadonlySet<string> = new Set(ALERT_SEVERITIES)
const STATES: ReadonlySet<string> = new Set(NOTICE_STATES)

/** A fact of any kind. */
export function readFact(f: Fields): Fact | Refusal {
  const { via } = f
  const id = readId(f['id'])
  const service = readService(f['service'])
  if (id === null) return badId(f['id'])
  if (service === null) return badService(f['service'])
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
    id: wholeId(f['idSpace'], id),
    service,
    at,
  }
  if (given(f['seenAt'])) {
    const seen = readTime(f['seenAt'])
    if (seen !== seen) return badTime('signal.seenAt', f['seenAt'])
    if (seen > at) base.seenAt = seen
  }
  if (given(f['title']) && f['title'] !== '') {
    const title = readTitle(f['title'])
    if (title === null) return badTitle('fact.title', 'title', f['title'])
    base.title = title
  }
  if (given(f['href'])) {
    // Shown to people as a link: a script address must not get that far.
    if (!isText(f['href'], HREF_CHARS) || !/^https?:\/\//i.test(f['href']))
      return refuse('fact.href', `href must be an http or https address of at most ${HREF_CHARS} characters`, f['href'])
    base.href = f['href']
  }
  if (given(f['labels'])) {
    if (typeof f['labels'] !== 'object' || Array.isArray(f['labels']))
      return refuse('signal.labels', 'labels must be an object of strings', f['labels'])
    base.labels = composedLabels(f['labels'] as Labels)
  }
  if (via === 'change') return readChange(f, base)
  if (via === 'notice') return readNotice(f, base)
  if (via === 'topology') return readTopology(f, base)
  if (via === 'alert') return readAlert(f, base)
  return refuse('fact.via', `via of a fact must be one of ${FACT_VIAS.join(', ')}`, via)
}

type Base = Pick<Change, 'id' | 'service' | 'at' | 'seenAt' | 'title' | 'href' | 'labels'>

function readChange(f: Fields, base: Base): Change | Refusal {
  const kind = f['kind']
  if (typeof kind !== 'string' || !KINDS.has(kind))
    return refuse('change.kind', `kind of a change must be one of ${CHANGE_KINDS.join(', ')}`, kind)
  const scope = readScope(f['scope'])
  if (scope instanceof Refusal) return scope
  const change: Change = { type: 'fact', via: 'change', ...base, kind: kind as Change['kind'], scope }
  if (given(f['happenedAt'])) {
    const happened = readTime(f['happenedAt'])
    if (happened !== happened) return badTime('change.happenedAt', f['happenedAt'])
    change.happenedAt = happened
  }
  if (given(f['reverts'])) {
    const reverts = readId(f['reverts'])
    if (reverts === null) return badText('change.reverts', 'reverts', ID_CHARS, f['reverts'])
    change.reverts = reverts
  }
  if (given(f['rollout'])) {
    const rollout = readRollout(f['rollout'])
    if (rollout instanceof Refusal) return rollout
    change.rollout = rollout
  }
  if (given(f['text']) && f['text'] !== '') {
    if (!isText(f['text'], TEXT_CHARS)) return badText('change.text', 'text', TEXT_CHARS, f['text'])
    change.text = f['text']
  }
  if (given(f['thread'])) {
    const thread = readId(f['thread'])
    if (thread === null) return badText('change.thread', 'thread', ID_CHARS, f['thread'])
    change.thread = wholeId(f['idSpace'], thread)
  }
  return change
}

function readRollout(value: unknown): [EpochMs, number][] | Refusal {
  if (!Array.isArray(value) || value.length > ROLLOUT_STEPS)
    return refuse('change.rollout', `rollout must be a list of at most ${ROLLOUT_STEPS} [time, share]`, value)
  const steps: [EpochMs, number][] = []
  for (const step of value as unknown[]) {
    if (!Array.isArray(step) || step.length !== 2) return refuse('change.rollout', 'a step must be [time, share]', step)
    const at = readTime(step[0])
    if (at !== at) return badTime('change.rollout', step[0])
    const share: unknown = step[1]
    if (typeof share !== 'number' || !(share >= 0 && share <= 1))
      return refuse('change.rollout', 'a share must be a number from 0 to 1', share)
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
      return refuse('notice.status', `status must be one of ${NOTICE_STATUSES.join(', ')}`, f['status'])
    notice.status = f['status'] as NonNullable<Notice['status']>
  }
  for (const name of ['source', 'thread'] as const) {
    const value = f[name]
    if (!given(value)) continue
    if (!isText(value, ID_CHARS)) return badText(`notice.${name}`, name, ID_CHARS, value)
    notice[name] = value
  }
  return readSaid(f, notice)
}

/** What a vendor's page says beyond its state: how bad, which parts, when it is planned, and the words. */
function readSaid(f: Fields, notice: Notice): Notice | Refusal {
  const { impact, text } = f
  if (given(impact)) {
    if (typeof impact !== 'string' || !IMPACTS.has(impact))
      return refuse('notice.impact', `impact is one of ${NOTICE_IMPACTS.join(', ')}`, impact)
    notice.impact = impact as NonNullable<Notice['impact']>
  }
  if (given(f['parts'])) {
    const parts = readParts(f['parts'])
    if (parts instanceof Refusal) return parts
    if (parts.length > 0) notice.parts = parts
  }
  if (given(f['window'])) {
    const window = readWindow(f['window'])
    if (window instanceof Refusal) return window
    notice.window = window
  }
  if (given(text) && text !== '') {
    if (!isText(text, TEXT_CHARS)) return badText('notice.text', 'text', TEXT_CHARS, text)
    notice.text = text
  }
  return notice
}

function readAlert(f: Fields, base: Base): Alert | Refusal {
  const { thread, status, severity, source, text } = f
  const scope = readScope(f['scope'])
  if (scope instanceof Refusal) return scope
  if (thread === '' || !isText(thread, ID_CHARS))
    return refuse('alert.thread', `thread says which alert it is, a text of 1 to ${ID_CHARS} characters`, thread)
  if (typeof status !== 'string' || !ALERTS.has(status))
    return refuse('alert.status', `status of an alert is one of ${ALERT_STATUSES.join(', ')}`, status)
  const alert: Alert = { type: 'fact', via: 'alert', ...base, thread, status: status as Alert['status'], scope }
  if (given(severity)) {
    if (typeof severity !== 'string' || !SEVERITIES.has(severity))
      return refuse('alert.severity', `severity is one of ${ALERT_SEVERITIES.join(', ')}`, severity)
    alert.severity = severity as NonNullable<Alert['severity']>
  }
  if (given(source)) {
    if (!isText(source, ID_CHARS)) return badText('alert.source', 'source', ID_CHARS, source)
    alert.source = source
  }
  if (given(text) && text !== '') {
    if (!isText(text, TEXT_CHARS)) return badText('alert.text', 'text', TEXT_CHARS, text)
    alert.text = text
  }
  for (const name of ['happenedAt', 'endedAt'] as const) {
    if (!given(f[name])) continue
    const time = readTime(f[name])
    if (time !== time) return badTime(`alert.${name}`, f[name])
    alert[name] = time
  }
  const { happenedAt, endedAt } = alert
  if (happenedAt !== undefined && endedAt !== undefined && endedAt < happenedAt)
    return refuse('alert.endedAt', 'an alert ends after it begins', f['endedAt'])
  return alert
}

function readParts(value: unknown): NoticePart[] | Refusal {
  const message = `parts are a list of at most ${SCOPE_VALUES} {name, state?}, a name of 1 to ${TITLE_CHARS} characters, a state one of ${NOTICE_STATES.join(', ')}`
  if (!Array.isArray(value) || value.length > SCOPE_VALUES) return refuse('notice.parts', message, value)
  const parts: NoticePart[] = []
  for (const item of value as unknown[]) {
    if (typeof item !== 'object' || item === null) return refuse('notice.parts', message, item)
    const { name, state } = item as Fields
    const title = readTitle(name)
    if (title === null || (given(state) && (typeof state !== 'string' || !STATES.has(state))))
      return refuse('notice.parts', message, item)
    const part: NoticePart = { name: title }
    if (given(state)) part.state = state as NoticeState
    parts.push(part)
  }
  return parts
}

function readWindow(value: unknown): NonNullable<Notice['window']> | Refusal {
  if (typeof value !== 'object' || Array.isArray(value))
    return refuse('notice.window', 'window is an object {from, until?}', value)
  const from = readTime((value as Fields)['from'])
  if (from !== from) return badTime('notice.window', (value as Fields)['from'])
  if (!given((value as Fields)['until'])) return { from }
  const until = readTime((value as Fields)['until'])
  if (until !== until) return badTime('notice.window', (value as Fields)['until'])
  if (until < from) return refuse('notice.window', 'a window ends after it begins', (value as Fields)['until'])
  return { from, until }
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
    const read = readNames(values as unknown[], 'fact.scope')
    if (read instanceof Refusal) return read
    scope[name] = read
  }
  return scope
}
