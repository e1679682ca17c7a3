import type { Finding } from '../../contract/finding.js'
import {
  type EventName,
  type IncidentEvent,
  SEVERITIES,
  type Severity,
  type Statement,
} from '../../contract/incident.js'
import { AS_MEASURED, type Order } from '../../contract/order.js'
import type { Change } from '../../contract/signal.js'
import { severityOf } from '../incident/rules.js'
import { readWhere } from '../ingest/where.js'
import { readComponents, readSaid } from './command.js'
import { BY_HAND, newRecord, rule, type IncidentRecord, type SetByPerson } from './record.js'

/** What people say and do about an incident: over what is measured, and never instead of it. */

/** A person's word on an event. */
export interface Word {
  by: string
  why: string
  /** Stands before what is measured. */
  says?: Statement
  /** Parts of the event that are theirs. */
  more?: Partial<IncidentEvent>
}

/** What the judge lends to carry a command out. */
export interface Hands {
  records: IncidentRecord[]
  changes(service: string): readonly Change[]
  emit(record: IncidentRecord, event: EventName, word: Word): void
  close(record: IncidentRecord, word: Word): void
}

/** Carries out a command that is whole. One for an incident that is not known any more changes nothing. */
export function carryOut(order: Order, hands: Hands): void {
  const { verb, text, href, id, translations } = order
  const refs = [id, ...(href ? [href] : [])]
  const word: Word = {
    ...{ by: order.by, why: order.why },
    ...(text === undefined ? {} : { says: { text, refs, ...(translations === undefined ? {} : { translations }) } }),
    ...(order.notify === false ? { more: { quiet: true } } : {}),
  }
  if (verb === 'open') return begin(order, hands, word, order.incident)
  const record = hands.records.find(each => each.id === order.incident)
  if (!record) return
  switch (verb) {
    case 'resolve':
      if (record.open) hands.close(record, word)
      return
    case 'confirm':
    case 'rule-out':
      rule(record, order, refs, hands.changes(record.service))
      return tell(record, hands, word)
    case 'say':
      return tell(record, hands, word)
    case 'severity':
    case 'rename':
    case 'components':
    case 'segments':
      record.set = setBy(order, record.set)
      record.severity = record.set.severity ?? measuredSeverity(record)
      return tell(record, hands, word)
    case 'mitigated':
      if (!record.open) return
      record.recovering = true
      return hands.emit(record, 'recovering', { ...word, more: { ...word.more, mitigated: true } })
    case 'reopen':
      return reopen(record, hands, word)
    case 'merge':
      return merge(record, order, hands, word)
    case 'split':
      return begin({ ...order, service: record.service }, hands, word, order.begins ?? `${record.id}-split`)
    case 'ack':
    case 'assign':
    case 'hand-over':
    case 'note':
    case 'mute':
    case 'unmute':
    case 'advise':
    case 'claim':
    case 'judge':
    case 'publish':
    case 'withdraw':
    case 'action':
    case 'done':
      // What others say, what was learnt, who does what, and who is told, is kept with the incident's commands: nothing public changes.
      return
    default:
      verb satisfies never
  }
}

const tell = (record: IncidentRecord, hands: Hands, word: Word): void =>
  hands.emit(record, record.open ? 'updated' : 'note', word)

const given = (value: string | undefined): string | undefined => (value === AS_MEASURED ? undefined : value)

/** What a person has set after this command; what is given back to the machine is left out. */
function setBy(order: Order, before: SetByPerson = {}): SetByPerson {
  const severity = order.severity === undefined ? before.severity : (given(order.severity) as Severity | undefined)
  const title = order.title === undefined ? before.title : given(order.title)
  const components =
    order.components === undefined
      ? before.components
      : order.components === AS_MEASURED
        ? undefined
        : readComponents(order.components)
  const where = order.where === undefined ? before.where : (readWhere(order.where) ?? before.where)
  return {
    ...(severity === undefined ? {} : { severity }),
    ...(title === undefined ? {} : { title }),
    ...(components === undefined ? {} : { components }),
    ...(where === undefined ? {} : { where }),
  }
}

/** The worst of what is measured now and what was measured before a person spoke. */
function measuredSeverity({ finding, kind, rises, severity }: IncidentRecord): Severity {
  if (finding === null || finding.bits === 0) return severity
  const seen = [severityOf(finding, kind), ...rises.map(rise => rise.from)]
  return seen.reduce((a, b) => (SEVERITIES.indexOf(b) > SEVERITIES.indexOf(a) ? b : a))
}

/** An incident that a person opens; with an end, the record of something past. */
function begin(order: Order, hands: Hands, word: Word, id: string): void {
  if (order.service === undefined || hands.records.some(each => each.id === id)) return
  const finding = unmeasured(order.service, order)
  const set = setBy(order)
  const record = newRecord(id, finding, 'outage', set.severity ?? 'minor')
  record.byHand = true
  record.set = set
  hands.records.push(record)
  const { endedAt, startedAt = order.at } = order
  if (endedAt === undefined) return hands.emit(record, 'opened', word)
  // The record of something past bears its own times, so that lists and feeds have it where it belongs.
  const then = (at: number): Partial<IncidentEvent> => ({
    ...word.more,
    at: new Date(Math.min(Math.max(at, startedAt), endedAt)).toISOString(),
  })
  const { says: _, ...only } = word
  record.openedAt = startedAt
  hands.emit(record, 'opened', { ...word, more: then(startedAt) })
  for (const { at, text } of readSaid(order.said ?? '') ?? [])
    hands.emit(record, 'updated', { ...only, says: { text, refs: [order.id] }, more: then(at) })
  record.calmSince = endedAt
  hands.close(record, { ...only, more: then(endedAt) })
}

/** What a finding would be of a trouble that nobody measured. */
const unmeasured = (service: string, { at, startedAt = at }: Order): Finding => ({
  type: 'finding',
  service,
  at,
  strand: 'bad',
  branch: BY_HAND,
  alarm: false,
  kinds: {},
  bits: 0,
  onset: startedAt,
  onsetInterval: [startedAt, startedAt],
  segments: [],
  uneven: [],
  unaffected: {},
  components: [],
  tracks: [],
  share: null,
  lately: null,
  calm: false,
  demand: null,
  crowd: {
    ...{ reports: 0, reporters: 0, repeated: 0, coordinated: 0, complaints: 0, rumours: 0, exposures: 0, takeovers: 0 },
    ...{ quality: 0, worksForMe: 0, told: 0, slow: 0, failing: 0, exposureRefs: [] },
    usual: { reports: 0, told: 0, slow: 0, failing: 0 },
  },
})

function reopen(record: IncidentRecord, hands: Hands, word: Word): void {
  if (record.open) return
  record.open = true
  record.byHand = true
  record.backAt = record.resolvedAt
  record.resolvedAt = null
  record.closedByPerson = false
  record.recovering = false
  record.calmSince = null
  delete record.partOf
  hands.emit(record, 'reopened', word)
}

/** One incident ends as part of another; what is measured of it is told with that one. */
function merge(record: IncidentRecord, { into }: Order, hands: Hands, word: Word): void {
  const whole = hands.records.find(each => each.id === into)
  if (!whole?.open || whole === record || !record.open || whole.service !== record.service) return
  record.partOf = whole.id
  hands.close(record, { ...word, more: { ...word.more, partOf: whole.id } })
  record.closedByPerson = false
  whole.onset = Math.min(whole.onset, record.onset)
  hands.emit(whole, 'updated', word)
}
