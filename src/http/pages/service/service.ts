import { AUTO_COUNTRY, PROBLEMS, TYPE_OF_THEME } from '../../../contract/people.js'
import type { Recovery } from '../../../contract/incident.js'
import type { Change, Notice } from '../../../contract/signal.js'
import { HOUR, type EpochMs } from '../../../contract/time.js'
import type { IncidentView, Rollup } from '../../../contract/view.js'
import type { Component } from '../../../contract/topology.js'
import type { Band } from '../chart/chart.js'
import { evidenceOf, picturesOf, type UsualShares } from '../chart/picture.js'
import { incidentSpan, pictureSection } from '../chart/section.js'
import { saidLine } from './back.js'
import { countryOptions } from './choices.js'
import { factList } from '../facts.js'
import type { Told } from '../../../core/vendors/told.js'
import type { PlacesNow } from '../../../contract/outside/places.js'
import type { Exposure } from '../../../contract/outside/where.js'
import { placesSection } from './places.js'
import type { Window } from '../../statuspage/maintenance.js'
import { windowLine } from '../status/window.js'
import { type Heard, toldLine, toldSection } from './told.js'
import { attr, html, type Html } from '../html.js'
import { isMeasured } from '../../../core/incident/verdict.js'
import { incidentName, storyManner } from '../incident/name.js'
import { personWord, saysLines, wordOf } from '../incident/says.js'
import { mutedLine, slowest } from '../incident/incident.js'
import { exposedSection } from '../chart/exposed.js'
import { countryRows, mapSection, type Usual } from '../chart/map.js'
import { countBy, toSeries, toSeriesBetween } from '../chart/series.js'
import { own, phaseOf, recoveryIsSeen, type Standing } from '../standing.js'
import { countedSince, together, whoLists } from '../incident/who.js'
import {
  ago,
  jumpList,
  type Jump,
  reasonSentence,
  shareBar,
  standingMark,
  statusSentence,
  time,
  whereText,
  type Voice,
} from '../words.js'

/** Null: the incident's own span while one is open, else a day. */
export type Range = '3h' | '24h' | '7d' | null
export const RANGES: Record<'3h' | '24h' | '7d', { spanMs: number; binMs: number }> = {
  '3h': { spanMs: 3 * HOUR, binMs: 300_000 },
  '24h': { spanMs: 24 * HOUR, binMs: 300_000 },
  '7d': { spanMs: 168 * HOUR, binMs: 1_800_000 },
}
/** Troubles that others tell of, beside the state itself. */
const TOLD_FIRST = 2
/** Problems and components that people name most. */
const MIX_ROWS = 6
export interface ServiceInput {
  row: Standing
  /** At least the range and the last day. */
  rollups: Rollup[]
  usual: Usual
  shares: UsualShares
  /** Newest first, open ones too. */
  incidents: IncidentView[]
  facts: (Change | Notice)[]
  /** What others say of it now, worst first. */
  told: Told[]
  /** Maintenance that is on now. */
  windows: readonly Window[]
  /** Whether there is a page of how right this was. */
  record: boolean
  /** Who reads that. */
  heard: readonly Heard[]
  /** What is looked at from several places. */
  places: readonly PlacesNow[]
  /** How many people use it, by label and value. */
  exposure: Exposure | undefined
  range: Range
  thanks: 'bad' | 'ok' | null
  /** Whether the report door exists. */
  report: boolean
  /** Whether a proxy of ours tells the country of who asks. */
  guesses: boolean
  /** The script that asks a browser to be told; null: nobody is told. */
  tell: string | null
  wallNow: number | null
}

export function serviceMain(input: ServiceInput, voice: Voice): Html {
  const { row, rollups, incidents, facts } = input
  const { t } = voice
  const path = `/s/${encodeURIComponent(row.service.service)}`
  const first = toldFirst(input)
  // What stands in the first panel is not said again below.
  const recent = facts.filter(fact => !first.some(each => each.notice.id === fact.id))
  const exposed = exposedSection(rollups, input.exposure, row.service, voice)
  const hasCountries = exposed !== null && input.exposure?.['country'] !== undefined
  const where = mapSection(countryRows(rollups, input.usual, voice.now), voice, hasCountries)
  return html`<div class="two wide">${hero({ ...input, facts: recent }, where !== null, path, voice)}${input.report ? reportForm(input, path, voice) : null}</div>
${chartSection(input, path, voice)}
${pair(whoSection(input, voice), mixSection(rollups, input, voice))}
${samplesSection(row, voice)}${where}${exposed}${toldSection(
  input.told.filter(each => !first.includes(each)),
  input.heard,
  voice,
)}${placesSection(input.places, voice)}
${pair(
  recent.length ? html`<section id="changes"><h2>${t.recent.title}</h2>${factList(recent, voice)}</section>` : null,
  html`<section id="past"><h2>${t.past.title}</h2>${pastList(
    incidents.filter(each => !each.open),
    row,
    voice,
  )}</section>`,
)}`
}

/** Two sections beside one another; one alone has the width. */
function pair(one: Html | null, other: Html | null): Html | null {
  return one && other ? html`<div class="two">${one}${other}</div>` : (one ?? other)
}

function bandOf(each: IncidentView, { t, f, now }: Voice): Band {
  const words = each.open
    ? t.chart.incidentSince(f.clock(each.startedAt))
    : t.chart.incidentBetween(f.clock(each.startedAt), f.clock(each.resolvedAt ?? now))
  return {
    from: each.startedAt,
    until: each.resolvedAt ?? now,
    label: words,
    open: each.open,
    manner: storyManner(each.events, each.kind),
  }
}

function hero(
  { row, rollups, wallNow, facts, told, report, record, windows }: ServiceInput,
  where: boolean,
  path: string,
  voice: Voice,
): Html {
  const { t } = voice
  const sentence = statusSentence(row, voice)
  const reason = reasonSentence(row, voice, wallNow)
  const led = leadsWithMeasured(row)
  const [worst] = row.incidents
  const page = worst && `/i/${encodeURIComponent(worst.id)}`
  const hit = worst || row.held.length > 0
  const jumps: Jump[] = [
    ...(report ? [[`${path}/just-me`, t.justMe.title] as const] : []),
    ...(hit ? [['#who', t.who.affected] as const] : []),
    ...(where ? [['#where', t.map.title] as const] : []),
    ...(page
      ? [
          [`${page}#why`, t.incident.why] as const,
          [`${page}#back`, t.look.when] as const,
          [`${page}#todo`, t.look.todo] as const,
          [`${page}#says`, t.look.sourceOf] as const,
        ]
      : []),
    ...(facts.length ? [['#changes', t.look.quiet] as const] : []),
    ['#past', t.look.before],
    ...(record && told.length > 0 ? [[`${path}/record`, t.watched.record] as const] : []),
    ['/history.rss', t.tell.feed],
  ]
  return html`<div class="hero ${row.state}" id="banner" data-say="${sentence}">${standingMark(row, t)}<h1>${sentence}</h1>${led ? null : html`<p>${reason}</p>`}${toldFirst({ told }).map(each => html`<p>${toldLine(each, voice)}</p>`)}${windows.map(each => html`<p>${windowLine(each, voice)}</p>`)}${row.incidents.map(
    each =>
      html`<p><a href="/i/${encodeURIComponent(each.id)}"><b><bdi>${incidentName(each, row.service, voice)}</bdi></b></a> ${t.since} ${time(each.startedAt, voice)} <span class="tag">${t.severity[each.severity]}</span>${each.latest.recovery && recoveryIsSeen(each.latest.recovery) && isMeasured(each.latest) ? html` ${recoveryWords(each.latest.recovery, row.service.components, voice)}` : null}</p>${saidOf(each, row, voice)}${mutedLine(each, voice)}`,
  )}${saidLine(rollups, voice)}${jumpList(jumps, voice)}${led ? html`<p class="age">${reason}</p>` : null}${dataAge(row, voice)}</div>`
}

/** Troubles that others tell of, which stand beside the state itself. */
const toldFirst = ({ told }: Pick<ServiceInput, 'told'>): Told[] =>
  told.filter(each => each.isTrouble).slice(0, TOLD_FIRST)

/** Whether what was measured is told first, since people's reports are not what the incident rests on most. */
function leadsWithMeasured({ incidents, service }: Standing): boolean {
  const [worst] = incidents
  if (worst === undefined || service.recent.expected === null) return worst !== undefined && !service.seen.report
  const { report = 0, metric = 0, check = 0 } = evidenceOf(worst.events)
  return Math.max(metric, check) > report
}

/** What is said of it now: a person's words as such, and the first of what the engine says. */
function saidOf({ events }: IncidentView, { service }: Standing, voice: Voice): Html | null {
  const word = wordOf(events, voice)
  const said = events.findLast(each => each.says)
  const first = said && saysLines(said, service.components, voice).find(each => each.said !== word?.text)
  return html`${word && personWord(word, voice)}${first && html`<p>${first.line}</p>`}`
}

function recoveryWords(found: Recovery, components: readonly Component[], voice: Voice): string {
  const { t, f } = voice
  const slow = slowest(found)
  const words = t.incident.recovered(f.share(found.recovered))
  return slow
    ? `${words}${t.comma}${t.incident.slowestIs(whereText(slow.where, voice, components), f.share(slow.recovered))}`
    : words
}

/** Every kind of signal with its own age: an old one is named, not averaged away. */
function dataAge(row: Standing, voice: Voice): Html {
  const { t } = voice
  const kinds = Object.entries(row.service.seen).filter((each): each is [string, number] => each[1] !== undefined)
  return html`<p class="age">${t.age.asOf} ${time(row.asOf, voice)}${kinds.map(([via, at]) => html` · ${own(t.signal, via) ?? via} ${ago(at, voice)}`)}</p>`
}

function reportForm({ row, thanks, tell, guesses }: ServiceInput, path: string, voice: Voice): Html {
  const { t } = voice
  // What a trusted header says is asked for by a word: the page is the same for everybody.
  const auto: [string, string][] = guesses ? [[AUTO_COUNTRY, t.look.countryAuto]] : []
  const countries = [...auto, ...countryOptions(voice.f)]
  const problems = [
    ...row.service.components.map((each): [string, string] => [each.id, each.name]),
    ...PROBLEMS.map((each): [string, string] => [each, t.report.problems[each]]),
  ]
  const select = (name: string, label: string, options: [string, string][]) =>
    html`<label>${label}<select name="${name}"><option value="">${t.report.choose}</option>${options.map(([value, text]) => html`<option value="${value}"${attr('selected', value === AUTO_COUNTRY)}>${text}</option>`)}</select></label>`
  return html`<section class="side"><h2>${t.report.title}</h2><form method="post" action="/api/v1/report" data-report data-failed="${t.report.failed}" data-working="${t.check.working}" data-bad="${t.report.thanksBad}" data-ok="${t.report.thanksOk}"><p class="thanks" role="status"${attr('hidden', thanks === null)}>${thanks === 'bad' ? t.report.thanksBad : thanks === 'ok' ? t.report.thanksOk : ''}</p><p class="near"><a href="${path}/just-me" rel="nofollow">${t.look.nearby}</a></p><input type="hidden" name="service" value="${row.service.service}"><input type="hidden" name="back" value="${path}"><div class="tap"><button class="no" name="kind" value="bad">${t.report.bad}</button><button class="yes" name="kind" value="ok">${t.report.ok}</button></div><details id="details"><summary>${t.report.details}</summary><div class="fields">${select('problem', t.report.problem, problems)}${select('country', t.report.country, countries)}${select('platform', t.report.platform, Object.entries(t.report.platforms))}<label>${t.report.text}<textarea name="text" rows="2" maxlength="500"></textarea></label></div></details>${tell ? tellBox(tell, voice) : null}</form>${thanks === 'bad' && tell ? html`<p class="note">${follow(voice)}</p>` : null}<p class="note">${t.report.note} <a href="${path}/just-me" rel="nofollow">${t.justMe.title}</a></p></section>`
}

/** Offered by the script after somebody said that he has a problem; without one there is the feed. */
function tellBox(script: string, voice: Voice): Html {
  const { tell } = voice.t
  return html`<div hidden data-tell="${script}" data-on="${tell.on}" data-refused="${tell.refused}"><button type="button">${tell.ask}</button><p role="status"></p><p class="note">${tell.note} ${follow(voice)}</p></div>`
}

const follow = ({ t }: Voice): Html => html`${t.tell.follow} <a href="/history.rss">${t.tell.feed}</a>.`

function chartSection({ row, range, rollups, incidents, facts, shares }: ServiceInput, path: string, voice: Voice) {
  const { t, now } = voice
  const open = row.incidents
  const span =
    range === null && open.length > 0 ? incidentSpan(Math.min(...open.map(each => each.startedAt)), now) : null
  const { spanMs, binMs } = RANGES[range ?? '24h']
  const series = span
    ? toSeriesBetween(rollups, span.from, now, span.binMs, now)
    : toSeries(rollups, spanMs, binMs, now)
  const events = open.flatMap(each => each.events)
  const [worst] = open
  const pictures = picturesOf({
    series,
    usual: shares,
    t,
    evidence: worst ? evidenceOf(worst.events) : null,
    incidentKind: worst?.kind ?? null,
  })
  const shown = span ? 'now' : (range ?? '24h')
  const words = { now: t.look.range, '3h': t.chart.range3, '24h': t.chart.range24, '7d': t.chart.range7 }
  const link = (value: keyof typeof words) =>
    html`<a href="${path}${value === (open.length ? 'now' : '24h') ? '' : `?range=${value}`}"${attr('aria-current', value === shown ? 'true' : null)}>${words[value]}</a>`
  const ranges = html`<nav class="range" aria-label="${t.chart.range}">${open.length ? link('now') : null}${link('3h')}${link('24h')}${link('7d')}</nav>`
  const names =
    open.length > 1 ? new Map(open.map(each => [each.id, incidentName(each, row.service, voice)])) : undefined
  const bands = incidents.filter(each => phaseOf(each.events) !== 'note').map(each => bandOf(each, voice))
  return pictureSection({ series, pictures, bands, events, facts, names, ranges, range: words[shown], voice })
}

/** A report may name a sort of problem or a part of the service; both say what fails. */
function saysWhat(rollups: Rollup[], from: EpochMs, until: EpochMs): Map<string, [number, number]> {
  const out = countBy(rollups, 'problem', from, until)
  for (const [value, [bad, ok]] of countBy(rollups, 'component', from, until)) {
    const known = out.get(value) ?? [0, 0]
    out.set(value, [known[0] + bad, known[1] + ok])
  }
  return out
}

/** What people say fails: of the last hour if it holds enough, else of the day. */
function mixSection(rollups: Rollup[], { row }: ServiceInput, { t, f, now }: Voice): Html | null {
  const within = (spanMs: number) =>
    [...saysWhat(rollups, now - spanMs, now)].filter(([, [bad]]) => bad > 0).sort((a, b) => b[1][0] - a[1][0])
  const hour = within(HOUR)
  const sum = (rows: typeof hour) => rows.reduce((all, [, [bad]]) => all + bad, 0)
  const spanMs = sum(hour) >= 10 ? HOUR : 24 * HOUR
  const rows = spanMs === HOUR ? hour : within(spanMs)
  const all = sum(rows)
  const name = (id: string) =>
    row.service.components.find(each => each.id === id)?.name ?? own(t.report.problems, id) ?? id
  if (!all) return null
  const body = html`<ul class="bars tight">${rows.slice(0, MIX_ROWS).map(([id, [bad]]) => html`<li><div class="head"><span><bdi>${name(id)}</bdi></span><span>${f.share(bad / all)}</span></div>${shareBar(bad / all, null, 'low')}</li>`)}</ul><p class="note">${t.mix.of(f.count(all), f.span(spanMs))}</p>`
  return html`<section><h2>${t.mix.title}</h2>${body}</section>`
}

/** What several people wrote: counted, moderated by rule (core/mentions/samples), and as text only. */
function samplesSection({ service }: Standing, { t, f }: Voice): Html | null {
  if (!service.samples?.length) return null
  const [open, close] = t.quotes
  return html`<section><h2>${t.samples.title}</h2><ul class="open">${service.samples.map(
    ({ theme, people, text }) =>
      html`<li><div class="head"><b>${t.report.problems[TYPE_OF_THEME[theme] ?? 'other']}</b><span>${t.samples.people(f.count(people))}</span></div>${text === undefined ? null : html`<p class="soft">${open}<bdi>${text}</bdi>${close}</p>`}</li>`,
  )}</ul><p class="note">${t.samples.note}</p></section>`
}

function whoSection({ row, rollups }: ServiceInput, voice: Voice): Html | null {
  const { t, now } = voice
  const [held] = row.held
  const [first] = row.incidents
  if (!first && !held) return null
  const { components } = row.service
  const from = first ? Math.min(...row.incidents.map(each => each.startedAt)) : now - HOUR
  const event = first ? together(row.incidents) : (held as NonNullable<typeof held>).trouble
  const who = whoLists({
    event,
    components,
    counted: countedSince(rollups, from, now),
    over: false,
    known: true,
    voice,
  })
  return html`<section id="who"><h2>${t.who.affected}</h2>${who}</section>`
}

function pastList(incidents: IncidentView[], { service }: Standing, voice: Voice): Html {
  const { t, f, now } = voice
  if (!incidents.length) return html`<p class="soft">${t.look.pastNone}</p>`
  return html`<ul class="open">${incidents.map(each => html`<li><a href="/i/${encodeURIComponent(each.id)}"><b><bdi>${incidentName(each, service, voice)}</bdi></b></a> <span class="tag">${t.severity[each.severity]}</span><br><span class="soft">${time(each.startedAt, voice)}${t.comma}${each.open ? t.past.ongoing : t.past.lasted(f.span((each.resolvedAt ?? now) - each.startedAt))}</span></li>`)}</ul>`
}
