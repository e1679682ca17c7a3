import type { NoticePart, NoticeState } from '../../../contract/signal.js'
import type { InputHealth } from '../../../contract/plugin.js'
import type { EpochMs } from '../../../contract/time.js'
import type { Told } from '../../../core/vendors/told.js'
import type { Shown } from '../../statuspage/page-view.js'
import { changeName } from '../facts.js'
import { attr, html, type Html } from '../html.js'
import { DEFAULT_LANGUAGE, languageOfTag } from '../language.js'
import { own } from '../standing.js'
import { statusWords } from '../status/words.js'
import type { Strings } from '../strings.js'
import { ago, type Voice } from '../words.js'

/** What others say of a service, as theirs: in their words, with who says it, how bad they call it, and how old it is. */

/** A source of it, and when it was last read. */
export interface Heard {
  id: string
  health: InputHealth
  heardAt: EpochMs | null
}

/** Parts that a line names before "and 9 more". */
const PARTS_NAMED = 6

const SHOWN_OF: Record<NoticeState, Shown> = {
  ok: 'operational',
  maintenance: 'under_maintenance',
  degraded: 'degraded_performance',
  partial: 'partial_outage',
  down: 'major_outage',
  unknown: 'unknown',
}

/** A state of theirs in the language of a page. */
const stateWord = (state: NoticeState, t: Strings): string =>
  statusWords(languageOfTag(t.lang) ?? DEFAULT_LANGUAGE).shown[SHOWN_OF[state]]

export const sourceName = ({ source }: Pick<Told, 'source'>, t: Strings): string => source ?? t.recent.vendor

/** Names of parts with how each is said to be, as HTML; null for none. */
function partNames(parts: readonly NoticePart[], { t, f }: Voice): Html | null {
  if (parts.length === 0) return null
  const named = parts
    .slice(0, PARTS_NAMED)
    .map(({ name, state }) => (state === undefined ? name : `${name} (${stateWord(state, t)})`))
  if (parts.length > PARTS_NAMED) named.push(t.more(f.number(parts.length - PARTS_NAMED)))
  return html`<br><bdi>${t.watched.named(f.list(named))}</bdi>`
}

/** How it is by them, in a page's language: a state only where the page as a whole has one, else where a story stands and how bad. */
export function saidWords({ whole, says, status, impact }: Told, t: Strings): string[] {
  const state = whole && says !== null ? stateWord(says, t) : null
  const stands = status === null ? null : (own(t.noticeStatus, status) ?? status)
  const bad = impact === 'maintenance' ? stateWord(impact, t) : (own(t.severity, impact ?? '') ?? null)
  return [state, stands, bad].filter(each => each !== null)
}

export function toldLine(told: Told, voice: Voice): Html {
  const { t } = voice
  const [open, close] = t.quotes
  const tags = saidWords(told, t)
  const title = told.title ?? tags[0] ?? changeName(told.notice, t)
  const words = told.href
    ? html`<a href="${told.href}"${attr('rel', 'nofollow noopener')}><bdi>${title}</bdi></a>`
    : html`<bdi>${title}</bdi>`
  return html`${tags.map(each => html`<span class="tag">${each}</span> `)}<bdi>${t.recent.says(sourceName(told, t))}</bdi>: ${open}${words}${close} <span class="soft">${ago(told.at, voice)}</span>${partNames(told.parts, voice)}`
}

/** A source that is not heard of says nothing of now, whatever it said before. */
function heardLine({ id, heardAt }: Heard, { t, f, now }: Voice): Html {
  return html`<li>${heardAt === null ? t.watched.never(id) : t.watched.unread(id, f.span(Math.max(0, now - heardAt)))}</li>`
}

/** Everything that is said of it now, and which sources cannot tell; null where nobody reads or says anything. */
export function toldSection(told: readonly Told[], heard: readonly Heard[], voice: Voice): Html | null {
  const deaf = heard.filter(({ health }) => health !== 'ok')
  if (told.length === 0 && deaf.length === 0) return null
  const { t } = voice
  return html`<section id="told"><h2>${t.watched.title}</h2><ul class="open">${told.map(each => html`<li>${toldLine(each, voice)}</li>`)}${deaf.map(each => heardLine(each, voice))}</ul><p class="note">${t.watched.note}</p></section>`
}
