import {
  SEVERITIES,
  type IncidentEvent,
  type Recovery,
  type SegmentRecovery,
  type Severity,
} from '../../../contract/incident.js'
import type { Change, Notice } from '../../../contract/signal.js'
import { HOUR, SECOND, type EpochMs } from '../../../contract/time.js'
import type { Held, IncidentView, PartStatus, Rollup, ServiceNow } from '../../../contract/view.js'
import type { Component } from '../../../contract/topology.js'
import { quietRows } from '../chart/map.js'
import { evidenceOf, picturesOf, usualShares } from '../chart/picture.js'
import { incidentSpan, MARGIN_MS, pictureSection } from '../chart/section.js'
import { html, type Html } from '../html.js'
import { toSeriesBetween } from '../chart/series.js'
import { extentOf, isMeasured, partsHit, stagesOf, stateFrom, worsePart } from '../../../core/incident/verdict.js'
import { phaseOf, recoveryIsSeen, type Standing } from '../standing.js'
import { timeline } from './timeline.js'
import { mannerOf } from './manner.js'
import { incidentName, storyManner, worstOf } from './name.js'
import { countedSince, folded, whoLists } from './who.js'
import { reasonList, signalList, whySection } from './why.js'
import { personWord, saysLines, wordOf } from './says.js'
import { adviceLine, claimSection, wordLines, type Words } from './words.js'
import { type Jump, jumpList, outageSentence, shareBar, standingMark, time, whereHtml, type Voice } from '../words.js'

/** Segments with their recovery before "all of them". */
const RECOVERIES_SHOWN = 6
/** A segment is called slow when at least this much less of it is back than of the best one. */
const SLOW_BY = 0.1

export interface IncidentInput {
  incident: IncidentView
  /** The incident as its events up to the asked time add up. */
  latest: IncidentEvent
  events: IncidentEvent[]
  serviceTitle: string
  components: Component[]
  rollups: Rollup[]
  facts: (Change | Notice)[]
  /** It is measured on although a person closed it; null: it is not. */
  held: Held | null
  /** What else is open of the same service. */
  others: IncidentEvent[]
  /** The service at which it may have begun, if that is another one with a page of its own. */
  root?: ServiceNow | null
  /** What people brought to it; null: nothing is read of that. */
  words?: Words | null
  /** Set when the page shows a past time. */
  at: EpochMs | null
}

/** Later parts replace earlier ones; parts that an event leaves out stand as they were. */
export function foldEvents(events: readonly IncidentEvent[]): IncidentEvent {
  return Object.assign({}, ...events) as IncidentEvent
}

export function incidentMain(input: IncidentInput, voice: Voice): Html {
  const { incident, latest, components, at, facts } = input
  const { t } = voice
  const path = `/i/${encodeURIComponent(incident.id)}`
  const over = phaseOf(input.events) === 'resolved'
  const event = over ? { ...latest, ...atTheWorst(input.events) } : latest
  const counted = countedSince(input.rollups, incident.startedAt, endOf(input.events) ?? at ?? voice.now)
  const who = whoLists({ event, components, counted, over, known: true, others: input.others, voice })
  const said = html`<h2>${t.look.sourceOf}</h2>${signalList(latest, voice)}${security(latest, voice)}`
  return html`${at === null ? null : html`<p class="then">${t.incident.asOf(voice.f.moment(at, voice.now))} <a href="${path}">${t.incident.latest}</a></p>`}${hero(input, voice)}
${incidentChart(input, voice)}
<section id="who"><h2>${over ? t.who.was : t.who.affected}</h2>${who}</section>
<section id="why"><h2>${t.incident.why}</h2>${whySection({ latest, facts, startedAt: incident.startedAt, root: input.root ?? null }, voice)}</section>
<div class="two"><div><section id="back"><h2>${t.incident.recovery}</h2>${recovery(input, voice)}</section>${over ? null : html`<section id="todo"><h2>${t.look.todo}</h2>${advice(input, voice)}</section>`}</div><section id="says">${said}</section></div>${input.words ? claimSection(input.words) : null}
<section id="line"><h2>${t.incident.timeline}</h2><p class="note">${t.incident.timelineNote}</p>${timeline(
    input.events,
    facts.filter(each => each.at >= incident.startedAt - FACTS_BEFORE_MS),
    components,
    path,
    voice,
  )}<p class="note"><a href="/api/v1/incidents/${encodeURIComponent(incident.id)}">${t.incident.json}</a></p></section>`
}

/** What people in charge said that one can do; a machine gives no advice, and an update is none. */
function advice({ words, at, incident, serviceTitle }: IncidentInput, voice: Voice): Html {
  const { t } = voice
  const said = words ? adviceLine(words, at) : null
  const path = `/s/${encodeURIComponent(incident.service)}`
  return html`${said ?? html`<p>${t.look.todoNone}</p>`}<p class="note"><a href="${path}">${t.back.toService(serviceTitle)}</a> · <a href="/history.rss">${t.tell.feed}</a></p>`
}

/** What reached us so long before an incident stands in its timeline. */
const FACTS_BEFORE_MS = 6 * HOUR

/** Segments as they stood before the recovery; after it the latest list is empty or short. */
function atTheWorst(events: readonly IncidentEvent[]): Pick<IncidentEvent, 'segments'> {
  const turn = events.findIndex(each => each.event === 'recovering' || each.event === 'resolved')
  const before = events.slice(0, turn < 0 ? events.length : turn)
  const segments = before.findLast(each => each.segments?.length)?.segments
  return segments ? { segments } : {}
}

export function headline(
  { latest, incident, events, serviceTitle, components }: IncidentInput,
  { t, f }: Pick<Voice, 't' | 'f'>,
): string {
  const kind = latest.kind ?? incident.kind
  const phase = phaseOf(events)
  const service = { title: serviceTitle, components }
  if (phase === 'note') return t.incident.headlineNote(serviceTitle)
  if (phase === 'recovering')
    return isMeasured(latest) ? t.incident.headlineRecovering(serviceTitle) : t.evidence.fewer(serviceTitle)
  if (kind === 'outage') {
    const over = phase === 'resolved'
    return outageSentence(over ? worstOf(events) : latest, service, over, { t, f })
  }
  const over = phase === 'resolved'
  if ((over ? storyManner(events, kind) : mannerOf(latest, kind)) === 'slow')
    return t.look[over ? 'slowThen' : 'slowNow'](serviceTitle)
  return t.incident[over ? 'headlineOver' : 'headline'][kind](serviceTitle)
}

/** A person asked for silence about it: whoever reads the page should know why no message came. */
export function mutedLine(
  { mutedUntil, muted }: Pick<IncidentView, 'mutedUntil' | 'muted'>,
  voice: Voice,
): Html | null {
  if (mutedUntil === null || mutedUntil === undefined || mutedUntil <= voice.now) return null
  return html`<p class="note">${voice.t.evidence.muted(voice.f.moment(mutedUntil, voice.now), muted?.by ?? '–')}</p>`
}

function worstSeverity(events: readonly IncidentEvent[], otherwise: Severity): Severity {
  const all = events.map(each => each.severity)
  return SEVERITIES.toReversed().find(each => all.includes(each)) ?? otherwise
}

/** When it was resolved; null while it is not. */
function endOf(events: readonly IncidentEvent[]): EpochMs | null {
  if (phaseOf(events) !== 'resolved') return null
  const last = events.findLast(each => each.event === 'resolved')
  return last ? Date.parse(last.at) : null
}

type Stands = Pick<Standing, 'state' | 'whole'>

const standsBy = (hit: Iterable<PartStatus>): Stands => {
  const all = [...hit]
  return { state: stateFrom(all, 'watching'), whole: all.reduce(worsePart, 'operational') }
}

/** As the page of its service has it: the worst of what the incident means for its parts now. */
function heroState({ events, components, held, at }: IncidentInput, phase: ReturnType<typeof phaseOf>): Stands {
  // Called over, but not seen to be: its page has the colour of what is measured.
  if (held && at === null) return standsBy(partsHit(held.trouble, false, [], () => false).values())
  if (phase === 'resolved') return { state: 'ok', whole: 'operational' }
  const ids = components.map(each => each.id)
  return standsBy(stagesOf(events, ids).at(-1)?.statuses.values() ?? [])
}

/** What the name does not say: how far it reached, who alone saw it, that it passes; null where it would be said twice. */
function besideName(input: IncidentInput, phase: ReturnType<typeof phaseOf>, voice: Voice): Html | null {
  const { latest, incident, events, components } = input
  const trouble = phase === 'resolved' ? worstOf(events) : latest
  const extent = extentOf(
    trouble,
    components.map(each => each.id),
  )
  const plain = phase !== 'note' && phase !== 'recovering'
  if (plain && (trouble.kind ?? incident.kind) === 'outage' && (extent === 'part' || extent === 'some')) return null
  if (plain && (trouble.kind ?? incident.kind) !== 'outage') return null
  return html`<p><b>${headline(input, voice)}</b></p>`
}

/** Its one name, as it is known at the time that the page shows. */
export function nameOf({ incident, events, serviceTitle, components }: IncidentInput, speech: Pick<Voice, 't' | 'f'>) {
  return incidentName({ events, kind: incident.kind }, { title: serviceTitle, components }, speech)
}

function hero(input: IncidentInput, voice: Voice): Html {
  const { incident, latest, serviceTitle } = input
  const { t, f, now } = voice
  const phase = phaseOf(input.events)
  const over = phase === 'resolved'
  const until = input.at ?? now
  const severity = over ? worstSeverity(input.events, incident.severity) : (latest.severity ?? incident.severity)
  const stands = heroState(input, phase)
  const { state } = stands
  const word = phase === 'recovering' && !isMeasured(latest) ? t.evidence.fewerPhase : t.incident.phase[phase]
  const sentence = headline(input, voice)
  const said = input.events.findLast(each => each.says)
  const spoken = wordOf(input.events, voice)
  const says = said ? saysLines(said, input.components, voice).filter(each => each.said !== spoken?.text) : []
  const began = latest.startedAt ? Date.parse(latest.startedAt) : incident.startedAt
  const end = endOf(input.events) ?? until
  const interval = latest.startedAtInterval
  const jumps: Jump[] = [
    ['#who', over ? t.who.was : t.who.affected],
    ['#why', t.incident.why],
    ['#back', over ? t.incident.recovery : t.look.when],
    ...(over ? [] : [['#todo', t.look.todo] as const]),
    ['#says', t.look.sourceOf],
    ['#line', t.incident.timeline],
  ]
  return html`<div class="hero ${state}" id="banner" data-say="${sentence}"><p class="kicker"><a href="/s/${encodeURIComponent(incident.service)}"><bdi>${serviceTitle}</bdi></a> · ${t.incident.label}</p><h1><bdi>${nameOf(input, voice)}</bdi></h1>${besideName(input, phase, voice)}${spoken && personWord(spoken, voice)}${says.map(({ line }) => html`<p>${line}</p>`)}${held(input, voice)}${over ? null : mutedLine(incident, voice)}${input.words ? wordLines(input.words, input.at, voice) : null}<dl class="facts"><div><dt>${t.incident.status}</dt><dd>${standingMark(stands, t, 16, word)}</dd></div><div><dt>${t.incident.severity}</dt><dd>${t.severity[severity]}</dd></div><div><dt>${t.incident.began}</dt><dd>${time(began, voice)}</dd>${interval ? html`<dd class="note">${t.incident.between(f.clock(Date.parse(interval[0])), f.clock(Date.parse(interval[1])))}</dd>` : null}</div><div><dt>${t.incident.noticed}</dt><dd>${time(incident.openedAt, voice)}</dd>${incident.openedAt - began < SECOND ? null : html`<dd class="note">${t.incident.noticedAfter(f.span(incident.openedAt - began))}</dd>`}</div><div><dt>${over ? t.incident.lasted : t.incident.running}</dt><dd>${f.span(end - began)}</dd></div>${latest.recovery && !over && isMeasured(latest) && recoveryIsSeen(latest.recovery) ? html`<div><dt>${t.incident.recovery}</dt><dd>${t.incident.recovered(f.share(latest.recovery.recovered))}</dd></div>` : null}</dl>${jumpList(jumps, voice)}</div>`
}

/** Closed by a person, and still measured: the page of the incident says so too. */
function held({ held, at }: IncidentInput, { t, f }: Voice): Html | null {
  if (!held || at !== null) return null
  return html`<p><b>${t.evidence.held(held.by, f.clock(held.closedAt), f.clock(held.reopensAt))}</b></p>`
}

function security({ security: verdict }: IncidentEvent, voice: Voice): Html | null {
  const { t } = voice
  if (!verdict) return null
  return html`<h3>${t.incident.securityTitle}</h3><p>${t.security[verdict.state]}</p>${reasonList(verdict.because, voice)}`
}

/** The segment that is behind the others; null when none is, or when all are back. */
export function slowest(found: Recovery): SegmentRecovery | null {
  const best = Math.max(found.recovered, ...found.segments.map(each => each.recovered))
  const last = found.segments.reduce<SegmentRecovery | null>(
    (low, each) => (!low || each.recovered < low.recovered ? each : low),
    null,
  )
  return last && best - last.recovered >= SLOW_BY ? last : null
}

function recovery({ latest, components, events }: IncidentInput, voice: Voice): Html {
  const { t, f } = voice
  const found = latest.recovery
  const over = phaseOf(events) === 'resolved'
  if (!found || !recoveryIsSeen(found) || (!isMeasured(latest) && !over))
    return over ? endWords(events, components, voice) : html`<p class="soft">${t.incident.recoveryEmpty}</p>`
  const slow = slowest(found)
  const row = (name: Html, share: number, eta: [string, string] | null, isSlow: boolean) =>
    html`<li><div class="head"><span>${name}${isSlow ? html` <span class="tag degraded">${t.incident.slowest}</span>` : null}</span><b>${t.incident.recovered(f.share(share))}</b></div>${shareBar(share, null, 'ok')}<p class="note">${share >= 0.995 ? t.incident.recoveryDone : eta ? t.incident.eta(f.clock(Date.parse(eta[0])), f.moment(Date.parse(eta[1]), voice.now)) : t.incident.etaNone}</p></li>`
  const segments = [...found.segments].sort((a, b) => a.recovered - b.recovered)
  const rows = [
    row(html`<b>${t.incident.overall}</b>`, found.recovered, found.eta, false),
    ...segments.map(each => row(whereHtml(each.where, voice, components), each.recovered, each.eta, each === slow)),
  ]
  return html`${folded(rows, RECOVERIES_SHOWN, 'recoveries', voice)}<p class="note">${t.incident.recoveryNote}</p>`
}

/** How it ended, in the words of its end, where nobody measured how it came back. */
function endWords(events: readonly IncidentEvent[], components: readonly Component[], voice: Voice): Html {
  const end = events.findLast(each => each.event === 'resolved')
  const lines = end ? saysLines(end, components, voice) : []
  return html`<p>${voice.t.incident.phase.resolved} ${time(end ? Date.parse(end.at) : voice.now, voice)}</p>${lines.map(({ line }) => html`<p>${line}</p>`)}`
}

/** The strongest evidence over the incident's own span, with the usual level and what was changed and said. */
export function incidentChart(input: IncidentInput, voice: Voice): Html | null {
  const { incident, events, facts, rollups, at } = input
  const { t, f, now } = voice
  const ended = endOf(events)
  const end = ended ?? at ?? now
  const until = Math.min(at ?? now, end + MARGIN_MS)
  const { from, binMs } = incidentSpan(incident.startedAt, until)
  const series = toSeriesBetween(rollups, from, until, binMs, at ?? now)
  const usual = usualShares(quietRows(rollups, [{ from: incident.startedAt, until: now }]))
  const evidence = evidenceOf(events)
  const pictures = picturesOf({ series, usual, t, evidence, incidentKind: incident.kind })
  const label =
    ended === null
      ? t.chart.incidentSince(f.clock(incident.startedAt))
      : t.chart.incidentBetween(f.clock(incident.startedAt), f.clock(ended))
  const manner = storyManner(events, incident.kind)
  const bands = [{ from: incident.startedAt, until: end, label, manner }]
  return pictureSection({
    series,
    pictures,
    bands,
    events,
    facts,
    ranges: null,
    range: t.look.range,
    voice: { ...voice, now: at ?? now },
  })
}
