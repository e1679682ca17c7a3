import type { Told } from '../../core/vendors/told.js'
import { attr, html, type Html } from './html.js'
import { byName, rank, type Standing } from './standing.js'
import { toldLine } from './service/told.js'
import { windowLine } from './status/window.js'
import type { Window } from '../statuspage/maintenance.js'
import { ago, reasonSentence, standingMark, type Voice } from './words.js'

/** What is going on with a service, in the order in which readers look: what hurts first, what nobody knows last. */
export const GOING = ['trouble', 'reporting', 'vendor', 'working', 'unknown'] as const
export type Going = (typeof GOING)[number]

/** From here on a list gets headings, compact rows and a field to find a service. */
export const LONG_LIST = 12
/** Services on one page of the list. */
export const PAGE_ROWS = 200
/** So many reports in a quarter of an hour, and so many times the usual, are people who report. */
const FEWEST = 3
/** The times of the usual number. */
const TIMES = 2

export interface Row {
  standing: Standing
  going: Going
  /** The worst of what its vendor says and has not called over. */
  told: Told | null
  /** What its status page groups it under; null without. */
  group: string | null
  /** Words of its owner that it is looked for by. */
  tags: readonly string[]
  /** Maintenance of it that is on now. */
  windows: readonly Window[]
  spark: Html | null
}

export function goingOf(row: Standing, told: Told | null): Going {
  const { recent } = row.service
  const reporting = recent.bad >= FEWEST && (recent.expected === null || recent.bad >= TIMES * recent.expected)
  if (row.state === 'outage' || row.state === 'degraded') return 'trouble'
  if (!row.stale && reporting) return 'reporting'
  if (row.state === 'watching') return 'trouble'
  if (told?.isTrouble) return 'vendor'
  return row.state === 'unknown' ? 'unknown' : 'working'
}

export function sortRows(rows: readonly Row[]): Row[] {
  return [...rows].sort(
    (a, b) =>
      GOING.indexOf(a.going) - GOING.indexOf(b.going) ||
      rank(b.standing.state) - rank(a.standing.state) ||
      byName(a.group ?? '', b.group ?? '') ||
      byName(a.standing.service.title, b.standing.service.title),
  )
}

/** Rows in whose name, id, group or tags all words of a question stand. */
export function findRows(rows: readonly Row[], question: string): Row[] {
  const words = question.toLocaleLowerCase().split(/\s+/).filter(Boolean)
  return rows.filter(({ standing: { service }, group, tags }) => {
    const text = `${service.title} ${service.service} ${group ?? ''} ${tags.join(' ')}`.toLocaleLowerCase()
    return words.every(each => text.includes(each))
  })
}

export interface ListInput {
  /** All of them, in order. */
  rows: readonly Row[]
  /** What was looked for; empty: nothing. */
  question: string
  /** From 1. */
  page: number
  wallNow: number | null
}

export function serviceList({ rows, question, page, wallNow }: ListInput, voice: Voice): Html {
  const { t, f } = voice
  const found = question === '' ? rows : findRows(rows, question)
  const shown = found.slice((page - 1) * PAGE_ROWS, page * PAGE_ROWS)
  const long = rows.length > LONG_LIST
  const of = (going: Going) => shown.filter(each => each.going === going)
  const full = (some: readonly Row[]) =>
    html`<ul class="rows">${some.map(each => serviceRow(each, voice, wallNow))}</ul>`
  const part = (going: Going) => {
    const some = of(going)
    if (some.length === 0) return null
    const small = going === 'unknown' || (going === 'working' && some.length > LONG_LIST)
    return html`<div data-part><h3>${t.look.going[going]} (${f.number(some.length)})</h3>${small ? compact(some, voice) : full(some)}</div>`
  }
  return html`<section id="services"><div class="head"><h2>${t.now.services}</h2>${long ? findForm(question, voice) : html`<span class="note">${t.now.last24}</span>`}</div>${long ? tagLine(rows, question, voice) : null}${long ? GOING.map(part) : full(shown)}<p role="status" class="soft" id="none"${attr('hidden', found.length > 0)}>${t.look.findNone}</p>${pages(found.length, page, question, voice)}${question === '' ? null : html`<p><a href="/">${t.look.allServices}</a></p>`}</section>`
}

/** Tags that a long list offers, most used first. */
const TAGS_SHOWN = 30

/** A list by one of its tags is what is found by it: a link, that works without script. */
function tagLine(rows: readonly Row[], question: string, { t }: Voice): Html | null {
  const counts = new Map<string, number>()
  for (const { tags } of rows) for (const each of new Set(tags)) counts.set(each, (counts.get(each) ?? 0) + 1)
  if (counts.size === 0) return null
  const names = [...counts].sort((a, b) => b[1] - a[1] || byName(a[0], b[0])).slice(0, TAGS_SHOWN)
  return html`<nav class="range jump" aria-label="${t.look.tags}">${names.map(([name]) => html`<a href="/?${new URLSearchParams({ q: name }).toString()}"${attr('aria-current', name === question ? 'true' : null)}><bdi>${name}</bdi></a>`)}</nav>`
}

/** A plain form; where there is a script it narrows the list while somebody types. */
function findForm(question: string, { t }: Voice): Html {
  return html`<form class="find" method="get" action="/" role="search"><label class="vh" for="q">${t.look.find}</label><input id="q" name="q" type="search" maxlength="80" placeholder="${t.look.find}" value="${question}"><button>${t.look.findDo}</button></form>`
}

function pages(count: number, page: number, question: string, { t, f }: Voice): Html | null {
  const last = Math.ceil(count / PAGE_ROWS)
  if (last < 2) return null
  const href = (n: number) => `/?${new URLSearchParams({ ...(question ? { q: question } : {}), page: String(n) })}`
  return html`<nav class="range" aria-label="${t.look.allServices}">${Array.from({ length: last }, (_, i) => (i + 1 === page ? html`<a href="${href(page)}" aria-current="true">${t.look.page(f.number(page), f.number(last))}</a>` : html`<a href="${href(i + 1)}">${f.number(i + 1)}</a>`))}</nav>`
}

/** Names with their shapes, under their groups where there are some: of these there is nothing else to say. */
function compact(rows: readonly Row[], voice: Voice): Html {
  const groups = new Map<string, Row[]>()
  for (const each of rows) groups.set(each.group ?? '', [...(groups.get(each.group ?? '') ?? []), each])
  return html`${[...groups].map(([group, some]) => html`${group === '' ? null : html`<h4 class="note"><bdi>${group}</bdi></h4>`}<ul class="compact">${some.map(({ standing: row, tags }) => html`<li${attr('data-find', tags.length ? tags.join(' ') : null)}><a href="/s/${encodeURIComponent(row.service.service)}"><bdi>${row.service.title}</bdi></a> ${standingMark(row, voice.t, 14)}</li>`)}</ul>`)}`
}

function serviceRow({ standing: row, told, tags, windows, spark }: Row, voice: Voice, wallNow: number | null): Html {
  const { t } = voice
  const { service } = row
  return html`<li${attr('data-find', tags.length ? tags.join(' ') : null)}><a href="/s/${encodeURIComponent(service.service)}"><bdi>${service.title}</bdi></a>${standingMark(row, t, 16)}${spark ?? html`<span class="spark"></span>`}<span class="soft note">${reasonSentence(row, voice, wallNow)}${row.newest === null || row.state === 'unknown' ? null : html`<br>${t.age.newest} ${ago(row.newest, voice)}`}${told?.isTrouble ? html`<br>${toldLine(told, voice)}` : null}${windows.map(each => html`<br>${windowLine(each, voice)}`)}</span></li>`
}
