import { MESSAGE_STEPS } from '../../../contract/limits.js'
import type { IncidentEvent } from '../../../contract/incident.js'
import type { Language } from '../../../contract/people.js'
import type { Message, MessageFact, MessageStep } from '../../../contract/notifier.js'
import type { Order } from '../../../contract/order.js'
import type { IncidentView, Reader, ServiceNow } from '../../../contract/view.js'
import { type Response, responseOf } from '../../../core/incident/response.js'
import { addUp, phaseOf } from '../../../core/incident/verdict.js'
import { isolated, isolating } from '../direction.js'
import { speechOf } from '../language.js'
import { messageWords } from '../strings/message.js'
import { whereText, type Voice } from '../words.js'
import { incidentName, worstOf } from './name.js'
import { saysLines } from './says.js'
import { whoOf } from './who.js'

/** Segments, causes and labels that a message names; the pages have the rest. */
const MESSAGE_NAMES = 5

/** Where readers and the team find things: our own address, and the zone in which times are told. */
export interface Whereabouts {
  home: string
  zone: string
}

interface Asked extends Whereabouts {
  language: Language
}

/** What people are told of an incident at one of its events, from what was committed by then. */
export function messageOf(
  incident: IncidentView,
  service: ServiceNow | null,
  orders: readonly Order[],
  upTo: Pick<IncidentEvent, 'seq' | 'at'>,
  { language, home, zone }: Asked,
): Message {
  const events = incident.events.filter(each => each.seq <= upTo.seq)
  const folded = events.reduce<IncidentEvent | null>(addUp, null) ?? incident.latest
  const { t, f } = speechOf(language, zone)
  const voice: Voice = { t, f, now: Date.parse(upTo.at) }
  const state = phaseOf(events)
  const owner = service ?? { title: isolated(incident.title), components: [] }
  const name = oneLine(incidentName({ events, kind: incident.kind }, owner, { t, f }))
  const severity = (state === 'resolved' ? worstOf(events) : folded).severity ?? incident.severity
  const phase = t.incident.phase[state]
  const subject =
    state === 'opened' ? `${name} (${t.severity[severity]})` : `${phase}: ${name} (${t.severity[severity]})`
  const response = responseOf(orders.filter(each => each.at <= Date.parse(upTo.at)))
  const startedAt = folded.startedAt ?? new Date(incident.startedAt).toISOString()
  const says = saysOf(events, owner.components, voice)
  const facts: MessageFact[] = [
    { label: t.incident.status, text: phase },
    { label: t.incident.severity, text: t.severity[severity] },
    ...whoFacts(folded, state === 'resolved', owner.components, voice),
    { label: t.incident.began, text: f.moment(Date.parse(startedAt), voice.now) },
    ...teamFacts(folded, response, language, voice),
  ]
  return {
    language,
    direction: t.direction,
    name,
    subject,
    says,
    facts,
    text: textOf(says, facts),
    links: {
      page: `${home}/i/${encodeURIComponent(incident.id)}`,
      room: `${home}/console/i/${encodeURIComponent(incident.id)}`,
    },
    words: wordsOf(language),
    severity,
    kind: folded.kind ?? incident.kind,
    state,
    startedAt,
    acknowledged: response.acknowledged?.by ?? null,
    assignee: response.assignee,
    soFar: stepsOf(events, owner.components, voice),
  }
}

/** A message about nothing: somebody tries whether messages come through. */
export function trialMessage(at: number, { language, home, zone }: Asked): Message {
  const { t, f } = speechOf(language, zone)
  const m = messageWords[language]
  const says = [m.testSays]
  const facts = [{ label: t.incident.began, text: f.moment(at, at) }]
  return {
    language,
    direction: t.direction,
    name: m.test,
    subject: `${m.test} · ${t.product}`,
    says,
    facts,
    text: textOf(says, facts),
    links: { page: `${home}/`, room: `${home}/console` },
    words: wordsOf(language),
    severity: 'minor',
    kind: 'degraded',
    state: 'note',
    startedAt: new Date(at).toISOString(),
    acknowledged: null,
    assignee: null,
    soFar: [],
  }
}

function wordsOf(language: Language): Message['words'] {
  const { page, room, soFar, unsubscribe, digest, ack } = messageWords[language]
  return { page, room, soFar, unsubscribe, digest, ack }
}

/** Reads what a message needs. `where` is asked each time: a server that chooses its port knows it late. */
export function messageComposer(reader: Reader, where: () => Whereabouts) {
  const names = isolating(reader)
  return async (event: IncidentEvent, language: Language): Promise<Message> => {
    const [incident, service, orders] = await Promise.all([
      names.incident(event.incident),
      names.service(event.service),
      reader.orders(event.incident),
    ])
    return messageOf(incident ?? alone(event), service, orders, event, { language, ...where() })
  }
}

/** What is known of an incident that was forgotten before its message was sent: the event itself. */
function alone(event: IncidentEvent): IncidentView {
  const at = Date.parse(event.at)
  const { incident: id, service, title = service, kind = 'degraded', severity = 'minor' } = event
  const open = event.event !== 'resolved'
  const times = { startedAt: at, openedAt: at, resolvedAt: open ? null : at, mutedUntil: null }
  return { id, service, title, open, kind, severity, ...times, latest: event, events: [event] }
}

/** The sentences that hold at the last of these events: those that were said last. */
function saysOf(events: readonly IncidentEvent[], components: ServiceNow['components'], voice: Voice): string[] {
  const last = events.findLastIndex(each => each.says !== undefined)
  const folded = events.slice(0, last + 1).reduce<IncidentEvent | null>(addUp, null)
  return folded === null ? [] : saysLines(folded, components, voice).map(each => oneLine(each.said))
}

function whoFacts(
  folded: IncidentEvent,
  over: boolean,
  components: ServiceNow['components'],
  voice: Voice,
): MessageFact[] {
  const { t, f } = voice
  const { affected, partly, fine } = whoOf(folded)
  const hit = [...affected, ...partly].map(({ where, share }) => {
    const place = whereText(where, voice, components)
    return share === null ? place : `${place} (${f.share(share)})`
  })
  const named = hit.length > 0 || (folded.components ?? []).length === 0 ? hit : [partsText(folded, components, voice)]
  const well = Object.entries(fine).slice(0, MESSAGE_NAMES)
  return [
    ...(named.length === 0 ? [] : [{ label: over ? t.who.was : t.who.affected, text: fewOf(named, voice) }]),
    ...(well.length === 0 ? [] : [{ label: t.who.fine, text: whereText(Object.fromEntries(well), voice, components) }]),
  ]
}

const partsText = ({ components: ids = [] }: IncidentEvent, components: ServiceNow['components'], voice: Voice) =>
  whereText({ component: ids }, voice, components)

/** Suspects with their state, and who has it. */
function teamFacts(
  { causes = [] }: IncidentEvent,
  { acknowledged, assignee }: Response,
  language: Language,
  voice: Voice,
): MessageFact[] {
  const { t, f } = voice
  const m = messageWords[language]
  const suspects = causes.map(({ title, state, probability }) =>
    state === 'suspected'
      ? `${title} (${t.causeState.suspected}, ${f.share(probability)})`
      : `${title} (${t.causeState[state]})`,
  )
  const who = assignee ?? m.nobody
  const has = acknowledged === null ? who : `${who}${t.semicolon}${m.seen(acknowledged.by)}`
  return [
    ...(suspects.length === 0
      ? []
      : [{ label: t.incident.why, text: oneLine(fewOf(suspects, voice)), team: true as const }]),
    { label: m.has, text: oneLine(has), team: true },
  ]
}

function fewOf(all: readonly string[], { t, f }: Voice): string {
  const shown = all.slice(0, MESSAGE_NAMES)
  if (all.length > MESSAGE_NAMES) shown.push(t.more(f.number(all.length - MESSAGE_NAMES)))
  return shown.join(t.semicolon)
}

/** What happened and what was said, of each event that was more than numbers. */
function stepsOf(events: readonly IncidentEvent[], components: ServiceNow['components'], voice: Voice): MessageStep[] {
  const { t } = voice
  const steps = events.flatMap(event => {
    const [said] = saysLines(event, components, voice)
    if (event.event === 'updated' && said === undefined) return []
    const text = said === undefined ? t.event[event.event] : `${t.event[event.event]}: ${said.said}`
    return [{ at: event.at, text: oneLine(text) }]
  })
  return steps.slice(-MESSAGE_STEPS)
}

const textOf = (says: readonly string[], facts: readonly MessageFact[]): string =>
  [...says, ...facts.map(({ label, text }) => `${label}: ${text}`)].join('\n')

/** Names and sentences come from outside: none may begin a line of its own. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()
