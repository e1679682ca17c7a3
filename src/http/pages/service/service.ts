import { PROBLEMS, TYPE_OF_THEME } from '../../../contract/people.js'
import type { Recovery } from '../../../contract/incident.js'
import type { Change, Notice } from '../../../contract/signal.js'
import { HOUR, type EpochMs } from '../../../contract/time.js'
import type { IncidentView, Rollup } from '../../../contract/view.js'
import type { Component } from '../../../contract/topology.js'
import { chartTable, legend, reportChart, smallChart, type Band } from '../chart/chart.js'
import { saidLine } from './back.js'
import { countryOptions } from './choices.js'
import { factList } from '../facts.js'
import { attr, html, type Html } from '../html.js'
import { isMeasured } from '../../../core/incident/verdict.js'
import { mutedLine, slowest } from '../incident/incident.js'
import { countryRows, mapFigure, type Usual } from '../chart/map.js'
import { countBy, toSeries, total, type Series } from '../chart/series.js'
import { own, phaseOf, recoveryIsSeen, type Standing } from '../standing.js'
import { affected, fine, componentList, together } from '../incident/who.js'
import { ago, reasonSentence, shareBar, stateMark, statusSentence, time, whereText, type Voice } from '../words.js'

export type Range = '3h' | '24h' | '7d'
export const RANGES: Record<Range, { spanMs: number; binMs: number }> = {
  '3h': { spanMs: 3 * HOUR, binMs: 300_000 },
  '24h': { spanMs: 24 * HOUR, binMs: 300_000 },
  '7d': { spanMs: 168 * HOUR, binMs: 1_800_000 },
}
/** Below this share the axis of failed requests does not stretch, so that noise stays flat. */
const ERRORS_TOP = 0.05
const MIX_ROWS = 6
export interface ServiceInput {
  row: Standing
  /** At least the range and the last day. */
  rollups: Rollup[]
  usual: Usual
  /** Newest first, open ones too. */
  incidents: IncidentView[]
  facts: (Change | Notice)[]
  range: Range
  thanks: 'bad' | 'ok' | null
  /** Whether the report door exists. */
  report: boolean
  /** The script that asks a browser to be told; null: nobody is told. */
  tell: string | null
  wallNow: number | null
}

export function serviceMain(input: ServiceInput, voice: Voice): Html {
  const { row, rollups, incidents, range } = input
  const { t, now } = voice
  const { service } = row
  const { spanMs, binMs } = RANGES[range]
  const series = toSeries(rollups, spanMs, binMs, now)
  const bands = incidents.filter(each => phaseOf(each.events) !== 'note').map(each => bandOf(each, voice))
  const path = `/s/${encodeURIComponent(service.service)}`
  return html`<div class="two wide">${hero(input, voice)}${input.report ? reportForm(input, path, voice) : null}</div>
${chartSection(series, bands, input, path, voice)}
<div class="two">${mixSection(rollups, input, voice)}${whoSection(row, voice)}</div>
${samplesSection(row, voice)}<section><h2>${t.map.title}</h2>${mapFigure(countryRows(rollups, input.usual, now), t, voice.f)}</section>
<div class="two"><section><h2>${t.recent.title}</h2>${factList(input.facts, voice)}</section><section><h2>${t.past.title}</h2>${pastList(incidents, voice)}</section></div>`
}

function bandOf(each: IncidentView, { t, f, now }: Voice): Band {
  const kind = t.kind[each.kind]
  const words = each.open
    ? t.chart.kindSince(kind, f.clock(each.startedAt))
    : t.chart.kindBetween(kind, f.clock(each.startedAt), f.clock(each.resolvedAt ?? now))
  return { from: each.startedAt, until: each.resolvedAt ?? now, label: words }
}

function hero({ row, rollups, wallNow }: ServiceInput, voice: Voice): Html {
  const { t } = voice
  const sentence = statusSentence(row, voice)
  return html`<div class="hero ${row.state}" id="banner" data-say="${sentence}">${stateMark(row.state, t)}<h1>${sentence}</h1><p>${reasonSentence(row, voice, wallNow)}</p>${row.incidents.map(
    each =>
      html`<p><a href="/i/${encodeURIComponent(each.id)}"><b>${t.kind[each.kind]}</b> ${t.since} ${time(each.startedAt, voice)}</a> <span class="tag">${t.severity[each.severity]}</span>${each.latest.recovery && recoveryIsSeen(each.latest.recovery) && isMeasured(each.latest) ? html` ${recoveryWords(each.latest.recovery, row.service.components, voice)}` : null}</p>${mutedLine(each, voice)}`,
  )}${saidLine(rollups, voice)}${dataAge(row, voice)}</div>`
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

function reportForm({ row, rollups, thanks, tell }: ServiceInput, path: string, voice: Voice): Html {
  const { t } = voice
  const countries = countryOptions(rollups, voice)
  const problems = [
    ...row.service.components.map((each): [string, string] => [each.id, each.name]),
    ...PROBLEMS.map((each): [string, string] => [each, t.report.problems[each]]),
  ]
  const select = (name: string, label: string, options: [string, string][]) =>
    html`<label>${label}<select name="${name}"><option value="">${t.report.choose}</option>${options.map(([value, text]) => html`<option value="${value}">${text}</option>`)}</select></label>`
  return html`<section class="side"><h2>${t.report.title}</h2><form method="post" action="/api/v1/report" data-report data-failed="${t.report.failed}" data-working="${t.check.working}" data-bad="${t.report.thanksBad}" data-ok="${t.report.thanksOk}"><p class="thanks" role="status"${attr('hidden', thanks === null)}>${thanks === 'bad' ? t.report.thanksBad : thanks === 'ok' ? t.report.thanksOk : ''}</p><input type="hidden" name="service" value="${row.service.service}"><input type="hidden" name="back" value="${path}"><div class="tap"><button class="no" name="kind" value="bad">${t.report.bad}</button><button class="yes" name="kind" value="ok">${t.report.ok}</button></div><details id="details"><summary>${t.report.details}</summary><div class="fields">${select('problem', t.report.problem, problems)}${select('country', t.report.country, countries)}${select('platform', t.report.platform, Object.entries(t.report.platforms))}<label>${t.report.text}<textarea name="text" rows="2" maxlength="500"></textarea></label></div></details>${tell ? tellBox(tell, voice) : null}</form>${thanks === 'bad' && tell ? html`<p class="note">${follow(voice)}</p>` : null}<p class="note">${t.report.note} <a href="${path}/just-me" rel="nofollow">${t.justMe.title}</a></p></section>`
}

/** Offered by the script after somebody said that he has a problem; without one there is the feed. */
function tellBox(script: string, voice: Voice): Html {
  const { tell } = voice.t
  return html`<div hidden data-tell="${script}" data-on="${tell.on}" data-refused="${tell.refused}"><button type="button">${tell.ask}</button><p role="status"></p><p class="note">${tell.note} ${follow(voice)}</p></div>`
}

const follow = ({ t }: Voice): Html => html`${t.tell.follow} <a href="/history.rss">${t.tell.feed}</a>.`

function chartSection(series: Series, bands: Band[], { range }: ServiceInput, path: string, voice: Voice): Html {
  const { t, f, now } = voice
  const title = { '3h': t.chart.title3, '24h': t.chart.title24, '7d': t.chart.title7 }[range]
  const link = (value: Range, text: string) =>
    html`<a href="${path}${value === '24h' ? '' : `?range=${value}`}"${attr('aria-current', value === range ? 'true' : null)}>${text}</a>`
  const works = total(series, bar => bar.ok)
  const measured = series.bars.some(bar => bar?.rate)
  const top = Math.max(4, ...series.bars.map(bar => bar?.ok ?? 0))
  return html`<section><div class="head"><h2>${title}</h2><nav class="range" aria-label="${t.chart.range}">${link('3h', t.chart.range3)}${link('24h', t.chart.range24)}${link('7d', t.chart.range7)}</nav></div><figure>${reportChart({ id: 'c', series, now, title, incidents: bands, t, f })}${series.bars.some(Boolean) ? html`<figcaption>${legend(series, t)}</figcaption>` : null}</figure>
<div class="two">${works ? html`<figure><figcaption><h3>${t.chart.works}: ${f.number(works)}</h3></figcaption>${smallChart({ id: 'w', series, t, f, title: t.chart.works, kind: 'works', values: series.bars.map(bar => bar && bar.ok), top })}</figure>` : null}${
    measured
      ? html`<figure><figcaption><h3>${t.chart.errors}</h3></figcaption>${smallChart({ id: 'e', series, t, f, title: t.chart.errors, kind: 'errors', values: series.bars.map(bar => (bar?.rate ? bar.rate[1] / bar.rate[0] : null)), top: ERRORS_TOP })}</figure>`
      : null
  }</div>${series.bars.some(Boolean) ? chartTable({ series, t, f, now }) : null}</section>`
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
function mixSection(rollups: Rollup[], { row }: ServiceInput, { t, f, now }: Voice): Html {
  const within = (spanMs: number) =>
    [...saysWhat(rollups, now - spanMs, now)].filter(([, [bad]]) => bad > 0).sort((a, b) => b[1][0] - a[1][0])
  const hour = within(HOUR)
  const sum = (rows: typeof hour) => rows.reduce((all, [, [bad]]) => all + bad, 0)
  const spanMs = sum(hour) >= 10 ? HOUR : 24 * HOUR
  const rows = spanMs === HOUR ? hour : within(spanMs)
  const all = sum(rows)
  const name = (id: string) =>
    row.service.components.find(each => each.id === id)?.name ?? own(t.report.problems, id) ?? id
  const body = all
    ? html`<ul class="bars tight">${rows.slice(0, MIX_ROWS).map(([id, [bad]]) => html`<li><div class="head"><span><bdi>${name(id)}</bdi></span><span>${f.share(bad / all)}</span></div>${shareBar(bad / all, null, 'low')}</li>`)}</ul><p class="note">${t.mix.of(f.count(all), f.span(spanMs))}</p>`
    : html`<p class="soft">${t.mix.empty}</p>`
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

function whoSection(row: Standing, voice: Voice): Html {
  const { t } = voice
  const [held] = row.held
  if (held && !row.incidents.length)
    return html`<section><h2>${t.who.affected}</h2>${affected(held.trouble, row.service.components, voice)}</section>`
  if (!row.incidents.length)
    return html`<section><h2>${t.who.affected}</h2><p class="soft">${row.learning ? t.evidence.tooLittle : row.state === 'unknown' ? t.who.unknown : t.who.nobody}</p></section>`
  const { components } = row.service
  const all = together(row.incidents)
  return html`<section><h2>${t.who.affected}</h2>${affected(all, components, voice)}${componentList(all, components, voice)}<h3>${t.who.fine}</h3>${fine(all, components, voice)}</section>`
}

export function pastList(incidents: IncidentView[], voice: Voice): Html {
  const { t, f, now } = voice
  if (!incidents.length) return html`<p class="soft">${t.past.empty}</p>`
  return html`<ul class="open">${incidents.map(each => html`<li><a href="/i/${encodeURIComponent(each.id)}"><b>${phaseOf(each.events) === 'note' ? t.event.note : t.kind[each.kind]}</b></a> <span class="tag">${t.severity[each.severity]}</span><br><span class="soft">${time(each.startedAt, voice)}${t.comma}${each.open ? t.past.ongoing : t.past.lasted(f.span((each.resolvedAt ?? now) - each.startedAt))}</span></li>`)}</ul>`
}
