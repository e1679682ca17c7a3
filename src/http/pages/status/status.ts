import { isolated } from '../direction.js'
import type { StatusPageConfig } from '../../../contract/config.js'
import { DAY } from '../../../contract/time.js'
import { HISTORY_DAYS } from '../../statuspage/desk.js'
import { daysOf, groupShown, type Part, type PageView, type Shown } from '../../statuspage/page-view.js'
import { isGroup, type Leaf } from '../../statuspage/plan.js'
import type { PublicIncident } from '../../statuspage/public-incident.js'
import { uptimeOf, type DayOf, type Uptime } from '../../statuspage/uptime.js'
import { html, type Html } from '../html.js'
import { dayBars, dayParts, daysLegend, daysText, shownMark, uptimeDetails, uptimeText } from './days.js'
import { calendarMonths, openStory, worstStories, pastRow, windowList } from './stories.js'
import type { StatusWords } from './words.js'
import { time, type Voice } from '../words.js'

/** Names in the headline before "and 9 more". */
const SERVICES_NAMED = 3
/** Incidents that are over, on the page itself; the history has all. */
const PAST_SHOWN = 40
/** Maintenance windows on the page. */
const WINDOWS_SHOWN = 24

const ORDER: Shown[] = [
  'major_outage',
  'partial_outage',
  'degraded_performance',
  'under_maintenance',
  'unknown',
  'operational',
]

export interface StatusInput {
  picture: PageView
  /** Where its feeds and its API begin; empty for the first page. */
  base: string
  others: readonly StatusPageConfig[]
  /** What the link to subscribe says; null: nobody subscribes here. */
  subscribe?: string | null
}

/** The sentence above the list is counted from the list, so it cannot say more or less than the rows. */
export function statusBanner(
  { parts, rows }: Pick<PageView, 'parts' | 'rows'>,
  w: StatusWords,
  { t, f }: Pick<Voice, 't' | 'f'>,
): { shown: Shown; title: string; rest: string } {
  const of = (shown: Shown) => parts.filter(each => each.shown === shown)
  const worst = ORDER.find(shown => of(shown).length > 0) ?? 'operational'
  const rest = ORDER.filter(shown => (shown !== worst || shown === 'unknown') && of(shown).length > 0)
    .map(shown => w.banner.count[shown](f.number(of(shown).length)))
    .join(' · ')
  if (parts.length === 0) return { shown: 'unknown', title: w.banner.none, rest: w.banner.noneHow }
  const watched = rows.filter(each => each.state === 'watching').map(each => isolated(each.service.title))
  if (watched.length > 0 && (worst === 'operational' || worst === 'unknown'))
    return { shown: worst, title: t.now.watched(watched.length, f.list(some(watched, { t, f }))), rest }
  if (worst === 'operational')
    return {
      shown: worst,
      title: parts.length === 1 ? w.banner.oneOk : w.banner.allOk(f.number(parts.length)),
      rest: '',
    }
  if (worst === 'unknown')
    return of('unknown').length === parts.length
      ? {
          shown: worst,
          title: rows.some(each => each.learning) ? t.evidence.tooLittle : w.banner.onlyUnknown,
          rest: '',
        }
      : { shown: worst, title: w.banner.noneSeen, rest }
  const names = of(worst).map(each => isolated(each.leaf.name))
  return { shown: worst, title: w.banner[worst](f.list(some(names, { t, f }))), rest }
}

const some = (names: readonly string[], { t, f }: Pick<Voice, 't' | 'f'>): string[] =>
  names.length > SERVICES_NAMED
    ? [...names.slice(0, SERVICES_NAMED), t.more(f.number(names.length - SERVICES_NAMED))]
    : [...names]

export function statusMain(
  { picture, base, others, subscribe = null }: StatusInput,
  w: StatusWords,
  voice: Voice,
): Html {
  const { t, f, now } = voice
  const banner = statusBanner(picture, w, voice)
  const open = worstStories(picture.incidents.filter(each => each.status !== 'resolved'))
  const past = picture.incidents.filter(each => each.status === 'resolved' && each.startedAt > now - HISTORY_DAYS * DAY)
  const windows = picture.windows.filter(each => each.status !== 'completed').reverse()
  const months = calendarMonths(past.slice(0, PAST_SHOWN), each => each.startedAt, f.month)
  return html`<div class="hero ${banner.shown}" id="banner" data-say="${banner.title}">${shownMark(banner.shown, w, 18)}<h1>${banner.title}</h1>${banner.rest ? html`<p>${banner.rest}</p>` : null}${picture.page.description === null ? null : html`<p><bdi>${picture.page.description}</bdi></p>`}<p class="age">${t.age.asOf} ${time(picture.asOf, voice)}</p></div>
${followLine(picture, base, w, subscribe)}
${open.length ? html`<section><h2>${w.open}</h2>${open.map(each => openStory(each, picture, w, voice))}</section>` : null}
${windows.length ? html`<section><h2>${w.maintenance}</h2>${windowList(windows.slice(0, WINDOWS_SHOWN), w, voice)}<p class="note">${w.maintenanceRule}</p></section>` : null}
${picture.parts.length ? components(picture, w, voice) : null}
${pastPart(months, open.length, picture, w, voice)}
${others.length ? html`<section><h2>${w.pages}</h2><ul class="follow">${others.map(each => html`<li><a href="${each.url ?? `/status/${each.id}`}"><bdi>${each.title}</bdi></a></li>`)}</ul></section>` : null}`
}

/** Near the top: who comes during trouble wants to be told of its end. */
function followLine({ windows }: PageView, base: string, w: StatusWords, subscribe: string | null): Html {
  return html`<nav class="jump" aria-label="${w.follow}"><b>${w.follow}</b>${subscribe === null ? null : html`<a href="${base === '' ? '/status' : base}/subscribe">${subscribe}</a>`}<a href="${base}/history.rss">RSS</a><a href="${base}/history.atom">Atom</a><a href="${base}/feed.json">JSON Feed</a><a href="${base}/status.ics">${w.calendar}</a>${windows.length ? html`<a href="${base}/maintenance">${w.maintenance}</a>` : null}<a href="${base}/api/v2/summary.json">${w.api}</a></nav>`
}

/** What is over; nothing is said of it where one is open and none is, for that one began in the same days. */
function pastPart(
  months: ReadonlyMap<string, PublicIncident[]>,
  open: number,
  picture: PageView,
  w: StatusWords,
  voice: Voice,
): Html {
  const older = html`<p><a href="/incidents">${w.older}</a></p>`
  if (months.size === 0 && open > 0) return html`<div class="rest">${older}</div>`
  const rows = [...months].map(
    ([month, some]) =>
      html`<h3>${month}</h3><ul class="open">${some.map(each => pastRow(each, picture, w, voice))}</ul>`,
  )
  return html`<section><h2>${w.past(voice.f.number(HISTORY_DAYS))}</h2>${rows.length > 0 ? rows : html`<p class="soft">${w.pastNone}</p>`}${older}</section>`
}

function components(picture: PageView, w: StatusWords, voice: Voice): Html {
  const { f } = voice
  const rows = picture.plan.rows
  // Leaves without a group that follow one another stand in one list.
  const lists: { heading: Html | null; leaves: Leaf[] }[] = []
  for (const row of rows) {
    if (isGroup(row)) {
      const { shown } = groupShown(row, picture)
      const heading = html`<div class="group"><h3><bdi>${row.name}</bdi></h3>${shownMark(shown, w, 14)}</div>${row.description === null ? null : html`<p class="note"><bdi>${row.description}</bdi></p>`}`
      lists.push({ heading, leaves: row.leaves })
    } else {
      const last = lists.at(-1)
      if (last?.heading === null) last.leaves.push(row)
      else lists.push({ heading: null, leaves: [row] })
    }
  }
  const rules = (['statuspage', 'half', 'full', 'people'] as const).map(rule => html`<li>${w.uptime.rules[rule]}</li>`)
  const counted = new Map(picture.parts.map(part => [part, uptimeOf(part.leaf, picture, daysOf(part.leaf, picture))]))
  const days = daysShown([...counted.values()])
  const drawn = (leaves: readonly Leaf[]) =>
    partList(
      leaves.map(leaf => {
        const part = picture.byLeaf.get(leaf.id) as Part
        const uptime = counted.get(part) as Uptime
        return { part, uptime, days: uptime.days.slice(-days) }
      }),
      picture,
      w,
      voice,
    )
  const known = [...counted.values()].flatMap(each => each.days.find(day => day.known)?.day ?? [])
  const first = known.length > 0 ? Math.min(...known) : null
  return html`<section>${dayParts(days)}<div class="head"><h2>${w.components}</h2><span class="note">${w.days(f.number(days))}${days < HISTORY_DAYS && first !== null ? ` · ${voice.t.look.dataFrom(f.day(first))}` : null}</span></div>${lists.map(({ heading, leaves }) => html`${heading}${drawn(leaves)}`)}${daysLegend(w)}<details id="rules"><summary>${w.uptime.title}</summary><p class="note">${w.uptime.text}</p><ul class="note">${rules}</ul></details></section>`
}

/** Of a young page the days without any data are left out: hatching of weeks says nothing. */
const FEWEST_DAYS = 7
function daysShown(uptimes: readonly Uptime[]): number {
  const told = ({ days }: Uptime) => days.findIndex(each => each.known || each.status !== 'operational')
  const first = Math.min(...uptimes.map(each => (told(each) < 0 ? HISTORY_DAYS : told(each))))
  return first === HISTORY_DAYS ? HISTORY_DAYS : Math.max(FEWEST_DAYS, HISTORY_DAYS - first)
}

interface Drawn {
  part: Part
  uptime: Uptime
  /** Those that the page shows. */
  days: DayOf[]
}

/** More components than this of which the same is said are one row. */
const MOST_ALIKE = 5

/** What is alike: components that work and always did, and those that nobody ever heard of. */
function kindOf({ part, days }: Drawn): 'operational' | 'unknown' | null {
  const calm = days.every(each => each.status === 'operational')
  if (part.shown === 'operational' && calm && days.every(each => each.known)) return 'operational'
  return part.shown === 'unknown' && calm && part.dataAt === null && !part.learning ? 'unknown' : null
}

function partList(parts: readonly Drawn[], picture: PageView, w: StatusWords, voice: Voice): Html {
  const kinds = new Map(parts.map(each => [each, kindOf(each)]))
  const of = (kind: 'operational' | 'unknown') => parts.filter(each => kinds.get(each) === kind)
  const alike = (['operational', 'unknown'] as const).filter(kind => of(kind).length > MOST_ALIKE)
  const single = parts.filter(each => !alike.some(kind => kind === kinds.get(each)))
  return html`<ul class="parts">${single.map(each => row(each, picture, w, voice))}${alike.map(kind => alikeRow(of(kind), kind, w, voice))}</ul>`
}

function alikeRow(alike: readonly Drawn[], kind: 'operational' | 'unknown', w: StatusWords, voice: Voice): Html {
  const { f } = voice
  const [{ days, uptime, part }] = alike as [Drawn, ...Drawn[]]
  const names = alike.map(each => isolated(each.part.leaf.name))
  const why = kind === 'unknown' ? w.never : w.daysCalm
  return html`<li><b>${f.list(some(names, voice))}</b>${shownMark(kind, w)}${dayBars(days, daysText(days, w, f))}<span class="up">${uptimeText(uptime.statuspage, w, f)}</span><details id="a${part.leaf.id}"><summary>${w.banner.count[kind](f.number(alike.length))}${voice.t.comma}${why}</summary><p class="note">${f.list(names)}</p></details></li>`
}

function row({ part, uptime, days }: Drawn, picture: PageView, w: StatusWords, voice: Voice): Html {
  const { f, now } = voice
  const { leaf } = part
  const age = part.shown === 'unknown' ? (part.dataAt === null ? w.never : w.newest(f.span(now - part.dataAt))) : null
  return html`<li><b><bdi>${leaf.name}</bdi></b>${shownMark(part.shown, w)}${dayBars(days, daysText(days, w, f))}<span class="up">${uptimeText(uptime.statuspage, w, f)}</span>${age === null ? null : html`<p class="age">${age}</p>`}${uptimeDetails(uptime, picture, leaf.id, w, voice)}</li>`
}
