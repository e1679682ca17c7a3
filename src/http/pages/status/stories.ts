import { isolated } from '../direction.js'
import { titleOf } from './title.js'
import type { EpochMs } from '../../../contract/time.js'
import type { PageView } from '../../statuspage/page-view.js'
import type { Window } from '../../statuspage/maintenance.js'
import { changesOf, type PublicIncident } from '../../statuspage/public-incident.js'
import { attr, html, type Html } from '../html.js'
import { saysLines } from '../incident/says.js'
import { recoveryIsSeen } from '../standing.js'
import { shownMark } from './days.js'
import type { StatusWords } from './words.js'
import { whoLists } from '../incident/who.js'
import { planned, shareBar, time, whereHtml, type Voice } from '../words.js'

/** Newest updates of an open incident before "earlier ones". */
const UPDATES_SHOWN = 3
/** Segments with a line of recovery, those that are furthest behind. */
const RECOVERIES_DRAWN = 4

const LEVELS = ['major_outage', 'partial_outage', 'degraded_performance'] as const

/** The worst that an open incident means for a component now. */
function shownOf({ affected, steps }: PublicIncident): (typeof LEVELS)[number] {
  const hit = affected.map(leaf => steps.at(-1)?.statuses.get(leaf.id))
  return LEVELS.find(each => hit.includes(each)) ?? 'degraded_performance'
}

/** The worst first, then the one that has lasted longest: as on the first page. */
export const worstStories = (open: readonly PublicIncident[]): PublicIncident[] =>
  [...open].sort((a, b) => LEVELS.indexOf(shownOf(a)) - LEVELS.indexOf(shownOf(b)) || a.startedAt - b.startedAt)

/** An open incident: what, who is hit and who is not, how far it is over, and what was said. */
export function openStory(told: PublicIncident, picture: PageView, w: StatusWords, voice: Voice): Html {
  const { t } = voice
  const last = told.steps.at(-1) as PublicIncident['steps'][number]
  const { components } = picture.services.find(each => each.service === told.view.service) ?? { components: [] }
  const others = picture.incidents
    .filter(each => each !== told && each.status !== 'resolved' && each.view.service === told.view.service)
    .map(each => each.view.latest)
  const who = whoLists({ event: last.folded, components, counted: null, over: false, known: false, others, voice })
  const shown = shownOf(told)
  return html`<article class="story" id="${told.id}"><div class="head"><h3><a href="/i/${encodeURIComponent(told.view.id)}"><bdi>${titleOf(told, picture, voice)}</bdi></a> <span class="tag">${t.severity[told.view.severity]}</span></h3>${shownMark(shown, w, 16, w.phase[told.status])}</div><p class="note">${t.since} ${planned(told.startedAt, voice)} · ${told.affected.map((leaf, i) => html`${i ? voice.t.comma : ''}<bdi>${leaf.name}</bdi>`)}</p>
<h4 class="vh">${t.who.affected}</h4>${who}
${recovery(told, components, w, voice)}${updates(told, components, w, voice)}</article>`
}

function recovery(
  told: PublicIncident,
  components: PageView['services'][number]['components'],
  w: StatusWords,
  voice: Voice,
): Html | null {
  const { t, f, now } = voice
  const found = (told.steps.at(-1) as PublicIncident['steps'][number]).folded.recovery
  if (!found || !recoveryIsSeen(found) || found.of === 'reports') return null
  const points = told.steps.flatMap(({ at, event }) =>
    event.recovery ? [{ at, share: event.recovery.recovered }] : [],
  )
  const segments = [...found.segments].sort((a, b) => a.recovered - b.recovered).slice(0, RECOVERIES_DRAWN)
  const eta =
    found.eta && found.recovered < 0.995
      ? t.incident.eta(f.clock(Date.parse(found.eta[0])), f.moment(Date.parse(found.eta[1]), now))
      : null
  return html`<h4>${t.incident.recovery}: ${t.incident.recovered(f.share(found.recovered))}${eta === null ? null : html` <span class="note">${eta}</span>`}</h4><div class="two"><figure>${curve(points, told.startedAt, now, w, voice)}<figcaption class="note">${w.curve}</figcaption></figure><ul class="bars">${segments.map(
    each =>
      html`<li><div class="head"><span>${whereHtml(each.where, voice, components)}</span><b>${t.incident.recovered(f.share(each.recovered))}</b></div>${shareBar(each.recovered, null, 'ok')}</li>`,
  )}</ul></div>`
}

const CURVE = { width: 300, height: 64 }

/** Each value holds until the next was told: nothing is drawn that nobody measured. The axis is 0 to 100%. */
function curve(
  points: readonly { at: EpochMs; share: number }[],
  from: EpochMs,
  now: EpochMs,
  w: StatusWords,
  { f }: Voice,
): Html {
  const { width, height } = CURVE
  const x = (at: EpochMs) => Math.round(((at - from) / Math.max(1, now - from)) * width * 10) / 10
  const y = (share: number) => Math.round((1 - Math.min(1, Math.max(0, share))) * height * 10) / 10
  const path = points.map(({ at, share }, i) => `${i === 0 ? `M0 ${height}` : ''}H${x(at)}V${y(share)}`).join('')
  const last = points.at(-1)
  const label = w.curveText(f.share(last?.share ?? 0), f.moment(last?.at ?? now, now))
  return html`<svg class="chart" paint-order="stroke" role="img" aria-label="${label}" width="100%" height="88" viewBox="0 -6 ${width} ${height + 24}" preserveAspectRatio="xMinYMid meet"><line class="grid" x2="${width}"/><line class="grid" x2="${width}" y1="${height / 2}" y2="${height / 2}"/><line class="zero" x2="${width}" y1="${height}" y2="${height}"/><path class="curve" d="${path}H${width}"/><text class="tick" x="2" y="10">100%</text><text class="tick" y="${height + 14}">${f.clock(from)}</text><text class="tick" x="${width}" y="${height + 14}" text-anchor="end">${f.clock(now)}</text></svg>`
}

/** What was said, in the reader's language where the engine said it. */
function bodyText(
  { steps }: PublicIncident,
  { seq, body }: PublicIncident['steps'][number],
  components: PageView['services'][number]['components'],
  voice: Voice,
): Html {
  const said = steps.findLast(each => each.seq <= seq && each.event.says?.length)
  const lines = said ? saysLines(said.event, components, voice) : []
  if (lines.map(each => each.text).join(' ') !== body) return html`<bdi>${body}</bdi>`
  return html`${lines.map(({ line }, i) => html`${i ? ' ' : ''}${line}`)}`
}

/** Newest first, with what changed for each component. */
function updates(
  told: PublicIncident,
  components: PageView['services'][number]['components'],
  w: StatusWords,
  voice: Voice,
): Html {
  const { f } = voice
  const news = told.steps.filter(each => each.news)
  const rows = news
    .filter((step, i) => !isRepeated(step, news[i + 1]))
    .map((step, i, all) => {
      const turns = changesOf(told.affected, all[i - 1]?.statuses ?? new Map(), step.statuses).filter(
        each => each.old !== each.new,
      )
      const byTurn = new Map<string, string[]>()
      for (const each of turns) {
        const key = `${each.old} ${each.new}`
        byTurn.set(key, [...(byTurn.get(key) ?? []), isolated(each.leaf.name)])
      }
      return html`<li${attr('class', step.event.by === undefined ? null : 'person')}>${time(step.at, { ...voice, f: { ...f, moment: at => f.clock(at) } })}<div><b>${w.phase[step.status]}</b>${step.body === '' ? null : html` ${bodyText(told, step, components, voice)}`}${[
        ...byTurn,
      ].map(([key, names]) => {
        const [before, after] = key.split(' ') as ['operational', 'operational']
        return html`<p class="note">${w.turned(f.list(names.length > 6 ? [...names.slice(0, 5), voice.t.more(f.number(names.length - 5))] : names), w.shown[before], w.shown[after])}</p>`
      })}</div></li>`
    })
    .reverse()
  const rest = rows.slice(UPDATES_SHOWN)
  return html`<h4 class="vh">${w.updates}</h4><ol class="line">${rows.slice(0, UPDATES_SHOWN)}</ol>${rest.length ? html`<details id="e${told.id}"><summary>${w.earlier(f.number(rest.length))}</summary><ol class="line">${rest}</ol></details>` : null}`
}

/** Said again with other numbers by the next step, and nothing else changed: the newest of them is told. */
function isRepeated(step: PublicIncident['steps'][number], next: PublicIncident['steps'][number] | undefined): boolean {
  const bare = (text: string) => text.replace(/\d+/g, '#')
  return (
    next !== undefined &&
    step.event.event === 'updated' &&
    step.event.by === undefined &&
    next.event.by === undefined &&
    step.status === next.status &&
    bare(step.body) === bare(next.body) &&
    [...next.statuses].every(([id, status]) => step.statuses.get(id) === status)
  )
}

/** What is on now, the next window of each plan, and the rest behind a summary. */
export function windowList(windows: readonly Window[], w: StatusWords, voice: Voice): Html {
  const seen = new Set<string>()
  const next: Window[] = []
  const later: Window[] = []
  for (const each of windows) {
    if (each.status === 'in_progress' || !seen.has(each.plan)) next.push(each)
    else later.push(each)
    if (each.status === 'scheduled') seen.add(each.plan)
  }
  return html`<ul class="open">${next.map(each => windowRow(each, w, voice))}</ul>${later.length ? html`<details id="later"><summary>${w.laterWindows(voice.f.number(later.length))}</summary><ul class="open">${later.map(each => windowRow(each, w, voice))}</ul></details>` : null}`
}

/** All windows of a page, by month, the newest first; feeds and the calendar lead here. */
export function windowMonths(windows: readonly Window[], w: StatusWords, voice: Voice): Html {
  const months = calendarMonths(windows, each => each.from, voice.f.month)
  if (months.size === 0) return html`<p class="soft">${w.pastNone}</p>`
  return html`${[...months].map(([month, rows]) => html`<h2>${month}</h2><ul class="open">${rows.map(each => windowRow(each, w, voice))}</ul>`)}`
}

function windowRow(each: Window, w: StatusWords, voice: Voice): Html {
  return html`<li id="${each.id}"><div class="head"><span><b><bdi>${each.title}</bdi></b> <span class="tag">${w.window[each.status]}</span></span><span class="note">${planned(each.from, voice)} – ${planned(each.until, { ...voice, now: each.from })}</span></div>${each.text === '' ? null : html`<p><bdi>${each.text}</bdi></p>`}<p class="note">${each.affected.map((leaf, i) => html`${i ? voice.t.comma : ''}<bdi>${leaf.name}</bdi>`)}</p></li>`
}

export function pastRow(told: PublicIncident, picture: PageView, w: StatusWords, voice: Voice): Html {
  const { t, f } = voice
  const said = told.steps.findLast(each => each.body !== '')
  return html`<li${attr('id', told.resolvedAt === null ? null : told.id)}><a href="/i/${encodeURIComponent(told.view.id)}"><b><bdi>${titleOf(told, picture, voice)}</bdi></b></a> <span class="tag">${t.severity[told.impact]}</span>${said === undefined ? null : html`<p>${bodyText(told, said, [], voice)}</p>`}<p class="note">${time(told.startedAt, voice)}${t.comma}${told.resolvedAt === null ? t.past.ongoing : t.past.lasted(f.span(told.resolvedAt - told.startedAt))} · ${w.phase[told.status]}</p></li>`
}

export function calendarMonths<Row>(
  rows: readonly Row[],
  at: (row: Row) => EpochMs,
  month: (at: EpochMs) => string,
): Map<string, Row[]> {
  const months = new Map<string, Row[]>()
  for (const row of rows) {
    const name = month(at(row))
    months.set(name, [...(months.get(name) ?? []), row])
  }
  return months
}
