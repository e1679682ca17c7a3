import {
  type Cause,
  type Evidence,
  type IncidentEvent,
  type IncidentKind,
  type Recovery,
  type SegmentRecovery,
  SEVERITIES,
  type Severity,
} from '../../../contract/incident.js'
import type { Change, Notice } from '../../../contract/signal.js'
import { MINUTE, type EpochMs } from '../../../contract/time.js'
import { ROLLUP_MS, type Held, type IncidentView, type Rollup, type ServiceState } from '../../../contract/view.js'
import type { Component } from '../../../contract/topology.js'
import { chartTable, legend, reportChart, type Marker } from '../chart/chart.js'
import { factLine } from '../facts.js'
import { html, type Html } from '../html.js'
import { toSeriesBetween } from '../chart/series.js'
import { addUp, isEasing, isMeasured, partsHit, stateFrom } from '../../../core/incident/verdict.js'
import { own, phaseOf, recoveryIsSeen } from '../standing.js'
import { timeline } from './timeline.js'
import { affected, componentList, fine, folded, uneven } from './who.js'
import { english, saysLines, standingWord } from './says.js'
import { odds, outageSentence, shareBar, stateMark, time, whereHtml, type Voice } from '../words.js'

/** Quiet time that the chart shows before and after. */
const MARGIN_MS = 30 * MINUTE
/** At most this many bars; a longer incident is drawn in wider ones. */
const MOST_BARS = 288
const CAUSES_SHOWN = 6
const RECOVERIES_SHOWN = 6
/** Causes less likely than this are listed, but nobody is sent to look at them. */
const WORTH_SETTLING = 0.05
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
  /** Set when the page shows a past time. */
  at: EpochMs | null
}

/** Later parts replace earlier ones; parts that an event leaves out stand as they were. */
export function foldEvents(events: readonly IncidentEvent[]): IncidentEvent {
  return Object.assign({}, ...events) as IncidentEvent
}

export function incidentMain(input: IncidentInput, voice: Voice): Html {
  const { incident, latest, components, at } = input
  const { t } = voice
  const path = `/i/${encodeURIComponent(incident.id)}`
  const over = phaseOf(input.events) === 'resolved'
  const hit = over ? { ...latest, ...atTheWorst(input.events) } : latest
  return html`${at === null ? null : html`<p class="then">${t.incident.asOf(voice.f.moment(at, voice.now))} <a href="${path}">${t.incident.latest}</a></p>`}${hero(input, voice)}
<div class="two"><section><h2>${over ? t.who.was : t.who.affected}</h2>${affected(hit, components, voice)}${componentList(latest, components, voice)}</section><section><h2>${t.who.fine}</h2>${fine(latest, components, voice)}${uneven(latest, components, voice)}</section></div>
${chart(input, voice)}
<section><h2>${t.incident.why}</h2>${causes(latest, voice)}</section>
<div class="two"><section><h2>${t.incident.recovery}</h2>${recovery(latest, components, voice)}</section><section><h2>${t.incident.evidence}</h2>${signals(latest, voice)}${security(latest, voice)}</section></div>
<section><h2>${t.incident.timeline}</h2><p class="note">${t.incident.timelineNote}</p>${timeline(input.events, input.facts, components, path, voice)}<p class="note"><a href="/api/v1/incidents/${encodeURIComponent(incident.id)}">${t.incident.json}</a></p></section>`
}

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
  return t.incident[phase === 'resolved' ? 'headlineOver' : 'headline'][kind](serviceTitle)
}

/** The incident as it stood when it was worst: that is what it was. */
export function worstOf(events: readonly IncidentEvent[]): IncidentEvent {
  let worst: IncidentEvent | null = null
  let folded: IncidentEvent | null = null
  const rankOf = (e: IncidentEvent) => SEVERITIES.indexOf(e.severity ?? 'minor')
  for (const event of events) {
    folded = addUp(folded, event)
    if (event.event === 'resolved' || event.event === 'note') continue
    if (worst === null || rankOf(folded) > rankOf(worst)) worst = folded
  }
  return worst ?? folded ?? ({} as IncidentEvent)
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

function heroState(
  phase: ReturnType<typeof phaseOf>,
  easing: boolean,
  kind: IncidentKind,
  severity: Severity,
): ServiceState {
  if (phase === 'resolved') return 'ok'
  if (phase === 'note') return 'watching'
  return easing || kind !== 'outage' || severity === 'minor' ? 'degraded' : 'outage'
}

/** Called over, but not seen to be: its page has the colour of what is measured. */
const stateOfHeld = ({ trouble }: Held): ServiceState =>
  stateFrom(partsHit(trouble, false, [], () => false).values(), 'watching')

function hero(input: IncidentInput, voice: Voice): Html {
  const { incident, latest, serviceTitle } = input
  const { t, f, now } = voice
  const phase = phaseOf(input.events)
  const over = phase === 'resolved'
  const until = input.at ?? now
  const severity = over ? worstSeverity(input.events, incident.severity) : (latest.severity ?? incident.severity)
  const state =
    input.held && input.at === null
      ? stateOfHeld(input.held)
      : heroState(phase, isEasing(phase, latest), latest.kind ?? incident.kind, severity)
  const sentence = headline(input, voice)
  const said = input.events.findLast(each => each.says)
  const says = said ? saysLines(said, input.components, voice) : []
  const began = latest.startedAt ? Date.parse(latest.startedAt) : incident.startedAt
  const end = endOf(input.events) ?? until
  const interval = latest.startedAtInterval
  return html`<div class="hero ${state}" id="banner" data-say="${sentence}"><p class="kicker"><a href="/s/${encodeURIComponent(incident.service)}"><bdi>${serviceTitle}</bdi></a> · ${t.incident.label}</p><h1>${sentence}</h1>${standing(input, voice)}${says.map(({ line }) => html`<p>${line}</p>`)}${held(input, voice)}${over ? null : mutedLine(incident, voice)}<dl class="facts"><div><dt>${t.incident.status}</dt><dd>${stateMark(state, { ...t, state: { ...t.state, [state]: phase === 'recovering' && !isMeasured(latest) ? t.evidence.fewerPhase : t.incident.phase[phase] } }, 16)}</dd></div><div><dt>${t.incident.severity}</dt><dd>${t.severity[severity]}</dd></div><div><dt>${t.incident.began}</dt><dd>${time(began, voice)}</dd>${interval ? html`<dd class="note">${t.incident.between(f.clock(Date.parse(interval[0])), f.clock(Date.parse(interval[1])))}</dd>` : null}</div><div><dt>${t.incident.noticed}</dt><dd>${time(incident.openedAt, voice)}</dd><dd class="note">${t.incident.noticedAfter(f.span(incident.openedAt - began))}</dd></div><div><dt>${over ? t.incident.lasted : t.incident.running}</dt><dd>${f.span(end - began)}</dd></div>${latest.recovery && !over && isMeasured(latest) && recoveryIsSeen(latest.recovery) ? html`<div><dt>${t.incident.recovery}</dt><dd>${t.incident.recovered(f.share(latest.recovery.recovered))}</dd></div>` : null}</dl></div>`
}

/** Closed by a person, and still measured: the page of the incident says so too. */
function held({ held, at }: IncidentInput, { t, f }: Voice): Html | null {
  if (!held || at !== null) return null
  return html`<p><b>${t.evidence.held(held.by, f.clock(held.closedAt), f.clock(held.reopensAt))}</b></p>`
}

/** A person's sentence stands until another person's; numbers around it go on. */
function standing(input: IncidentInput, voice: Voice): Html | null {
  const word = standingWord(input.events)
  if (!word) return null
  return html`<p><bdi>${word.text}</bdi> <span class="soft">${time(Date.parse(word.event.at), voice)} · ${voice.t.incident.by(word.event.by!)}</span></p>`
}

function causes(latest: IncidentEvent, voice: Voice): Html {
  const { t, f } = voice
  const rows = [...(latest.causes ?? [])].sort((a, b) => rankOf(a) - rankOf(b) || b.probability - a.probability)
  if (!rows.length) return html`<p class="soft">${t.incident.whyEmpty}</p>`
  const none = latest.unexplained
  return html`<ol class="bars causes">${rows.slice(0, CAUSES_SHOWN).map(each => causeRow(each, voice))}${
    none === undefined
      ? null
      : html`<li><div class="head"><span><b>${t.incident.unexplained}</b> <span class="soft">${t.incident.unexplainedNote}</span></span><b>${f.share(none)}</b></div>${shareBar(none, null, 'low')}</li>`
  }</ol><p class="note">${t.incident.whyNote}</p>`
}

/** Confirmed first, ruled out last. */
function rankOf(cause: Cause): number {
  return { confirmed: 0, suspected: 1, ruled_out: 2 }[cause.state]
}

function causeRow(cause: Cause, voice: Voice): Html {
  const { t, f } = voice
  return html`<li class="${cause.state}"><div class="head"><span><span class="tag">${t.causeState[cause.state]}</span> <bdi>${cause.title}</bdi></span><b>${f.share(cause.probability)}</b></div>${shareBar(cause.probability, null, cause.state === 'ruled_out' ? 'low' : 'maybe')}${evidenceList(cause.because, voice)}${mayMatter(cause) ? html`<p class="note"><b>${t.incident.settles}:</b> ${english(cause.settles!, voice)}</p>` : null}</li>`
}

/** What would settle it is worth a reader's time where it is neither settled nor as good as out. */
const mayMatter = ({ state, probability, settles }: Cause): boolean =>
  settles !== undefined && state === 'suspected' && probability >= WORTH_SETTLING

function evidenceList(because: readonly Evidence[], voice: Voice): Html | null {
  if (!because.length) return null
  const rows = [...because].sort((a, b) => b.bits - a.bits)
  return html`<ul class="because">${rows.map(each => html`<li>${side(each.bits, voice)}<span>${english(each.says, voice)}${Math.abs(each.bits) >= 0.5 ? html` <span class="soft">${odds(each.bits, voice)}</span>` : null}</span></li>`)}</ul>`
}

/** Below half a bit a line speaks for neither side. */
function side(bits: number, { t }: Voice): Html {
  if (Math.abs(bits) < 0.5) return html`<span class="soft">${t.incident.neither}</span>`
  return bits > 0
    ? html`<span class="for">${t.incident.for}</span>`
    : html`<span class="soft">${t.incident.against}</span>`
}

function signals(latest: IncidentEvent, voice: Voice): Html | null {
  const { t } = voice
  const rows = Object.entries(latest.evidence ?? {})
  if (!rows.length) return null
  return html`<ul class="plain">${rows.map(([via, bits]) => html`<li class="head"><span>${own(t.signal, via) ?? via}</span><span>${bits === null ? html`<span class="soft">${t.incident.unreadable}</span>` : bits < 1 ? html`<span class="soft">${t.incident.noSurprise}</span>` : odds(bits, voice)}</span></li>`)}</ul><p class="note">${t.incident.evidenceNote}</p>`
}

function security(latest: IncidentEvent, voice: Voice): Html {
  const { t } = voice
  const verdict = latest.security
  return html`<h3>${t.incident.securityTitle}</h3><p>${verdict ? t.security[verdict.state] : t.incident.securityNone}</p>${verdict ? evidenceList(verdict.because, voice) : null}`
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

function recovery(latest: IncidentEvent, components: readonly Component[], voice: Voice): Html {
  const { t, f } = voice
  const found = latest.recovery
  if (!found || !recoveryIsSeen(found) || (!isMeasured(latest) && phaseOf([latest]) !== 'resolved'))
    return html`<p class="soft">${t.incident.recoveryEmpty}</p>`
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

function chart(input: IncidentInput, voice: Voice): Html {
  const { incident, events, facts, rollups, at } = input
  const { t, f, now } = voice
  const ended = endOf(events)
  const end = ended ?? at ?? now
  const from = incident.startedAt - MARGIN_MS
  const until = Math.min(at ?? now, end + MARGIN_MS)
  const binMs = Math.max(1, Math.ceil((until - from) / ROLLUP_MS / MOST_BARS)) * ROLLUP_MS
  const series = toSeriesBetween(rollups, from, until, binMs, at ?? now)
  const { markers, list } = mark(events, facts, series, voice)
  return html`<section><h2>${t.chart.titleIncident}</h2><figure>${reportChart({ id: 'c', series, now: at ?? now, title: t.chart.titleIncident, incidents: [{ from: incident.startedAt, until: end, label: ended === null ? t.chart.incidentSince(f.clock(incident.startedAt)) : t.chart.incidentBetween(f.clock(incident.startedAt), f.clock(ended)) }], markers, t, f })}<figcaption>${legend(series, t)}${list.length ? html`<h3>${t.chart.markers}</h3><ol class="marks">${list}</ol>` : null}</figcaption></figure>${chartTable({ series, t, f, now })}</section>`
}

/** What is marked: changes, notices, and the turns of the incident, in the order of time. */
function mark(
  events: readonly IncidentEvent[],
  facts: readonly (Change | Notice)[],
  range: { from: EpochMs; until: EpochMs },
  voice: Voice,
): { markers: Marker[]; list: Html[] } {
  const { t } = voice
  const all = [
    ...events
      .filter(each => each.event !== 'updated' && each.event !== 'note')
      .map(each => ({ at: Date.parse(each.at), kind: 'event' as const, words: html`<b>${t.event[each.event]}</b>` })),
    ...facts.map(each => ({ at: each.at, kind: each.via, words: factLine(each, voice) })),
  ]
    .filter(each => each.at >= range.from && each.at <= range.until)
    .sort((a, b) => a.at - b.at)
    .slice(0, 26)
  return {
    markers: all.map(({ at, kind }, i) => ({ at, kind, sign: String.fromCharCode(65 + i) })),
    list: all.map(
      ({ at, words }, i) =>
        html`<li><b>${String.fromCharCode(65 + i)}</b> <span class="soft">${time(at, voice)}</span> ${words}</li>`,
    ),
  }
}
