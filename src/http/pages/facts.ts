import type { Change, Notice } from '../../contract/signal.js'
import { attr, html, type Html } from './html.js'
import { own } from './standing.js'
import { time, type Voice } from './words.js'

/** Changes and notices that a service page lists, newest first; the JSON has all. */
const FACTS_SHOWN = 6

/** Changes and notices, newest first. A notice is what its source says, and is shown as that. */
export function factList(facts: readonly (Change | Notice)[], voice: Voice): Html {
  const { t } = voice
  const shown = [...facts].sort((a, b) => b.at - a.at).slice(0, FACTS_SHOWN)
  return html`<ul class="open">${shown.map(fact => html`<li>${factLine(fact, voice)}<br><span class="soft">${time(fact.at, voice)}</span></li>`)}</ul><p class="note">${t.recent.note}</p>`
}

/** What a change is called: an id is no name, so one without a title is called by its kind. */
export function changeName(fact: Change | Notice, t: Voice['t']): string {
  const kind = fact.via === 'change' ? (own(t.changeKind, fact.kind) ?? fact.kind) : t.signal.notice
  return fact.title ?? t.look.untitled(kind)
}

export function factLine(fact: Change | Notice, { t }: Voice): Html {
  const [open, close] = t.quotes
  const title = fact.title ?? changeName(fact, t)
  const text = fact.href
    ? html`<a href="${fact.href}"${attr('rel', 'nofollow noopener')}><bdi>${title}</bdi></a>`
    : html`<bdi>${title}</bdi>`
  if (fact.via === 'change')
    return html`<span class="tag">${own(t.changeKind, fact.kind) ?? fact.kind}</span> ${text}${fact.reverts ? html` <span class="soft">(${t.recent.reverts})</span>` : null}`
  const source = fact.source ?? t.recent.vendor
  return html`<span class="tag">${fact.status ? (own(t.noticeStatus, fact.status) ?? fact.status) : t.signal.notice}</span> ${t.recent.says(source)}: ${open}${text}${close}`
}
