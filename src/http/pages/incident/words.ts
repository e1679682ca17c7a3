import type { EpochMs } from '../../../contract/time.js'
import { claimsOf } from '../../../core/words/claim.js'
import type { Line } from '../../../core/words/says.js'
import type { Published } from '../../../core/words/published.js'
import { adviceOf } from '../../../core/words/advice.js'
import { asOf, nextDue, publicWords, type Story, type UpdateEvery } from '../../../core/words/story.js'
import { rendered } from '../../words/rendered.js'
import { filled, lineText, type Sayer, sayerOf, wordsIn } from '../../words/say.js'
import { html, type Html } from '../html.js'
import type { Language } from '../strings.js'
import type { Voice } from '../words.js'

/** What people brought to an incident, and in which language it is told. */
export interface Words {
  story: Story
  language: Language
  /** How often updates are promised, by severity. */
  every: UpdateEvery
  publishedAt: EpochMs | undefined
}

/** When the next update is due, where one was promised, and the way to the post-mortem. */
export function wordLines({ story, language, every, publishedAt }: Words, at: EpochMs | null, { f }: Voice): Html {
  const words = wordsIn(language)
  const due = at === null && publicWords(story).length > 0 ? nextDue(story, every) : null
  const path = `/i/${encodeURIComponent(story.incident)}/post-mortem`
  const says = due === null ? '' : filled(due < story.now ? words.overdue : words.due, { at: f.moment(due, story.now) })
  return html`${says === '' ? null : html`<p class="note">${says}</p>`}${publishedAt === undefined ? null : html`<p><a href="${path}">${words.readIt}</a></p>`}`
}

/** What somebody said that people can do, as far as it was said by then; null: nobody did. */
export function adviceLine({ story, language }: Words, at: EpochMs | null): Html | null {
  const advice = adviceOf(at === null ? story : asOf(story, at))
  return advice && html`<p><bdi>${lineText(advice, sayerOf(language, story))}</bdi></p>`
}

/** What others say, each with what the record says of it; nothing where nobody brought any. */
export function claimSection({ story, language }: Words): Html | null {
  const claims = claimsOf(story)
  if (claims.length === 0) return null
  const sayer = sayerOf(language, story)
  const { words } = sayer
  const reason = (line: Line) => html`<li><bdi>${lineText(line, sayer)}</bdi></li>`
  return html`<section id="claims"><h2>${words.claims}</h2>${claims.map(
    claim =>
      html`<blockquote class="word"><p><bdi>${claim.text}</bdi></p><p class="note">${words.term[claim.source]}${claim.who === null ? null : html` · <bdi>${claim.who}</bdi>`}${claim.href === null ? null : html` · <a href="${claim.href}" rel="nofollow noopener">${hostOf(claim.href)}</a>`}</p></blockquote><p><b>${words.term[claim.verdict]}</b></p><ul>${claim.reasons.map(reason)}</ul>`,
  )}</section>`
}

const hostOf = (href: string): string => (URL.canParse(href) ? new URL(href).host : href)

interface Shown {
  incident: string
  title: string
  name: string
  published: Published
  language: Language
}

/** The page of a post-mortem: what people wrote, who answers for it, and what was amended since. */
export function postmortemMain({ incident, title, name, published, language }: Shown, { now }: Voice): Html {
  const sayer: Sayer = sayerOf(language, { incident, now, components: [] })
  const { words, speech } = sayer
  const moment = (at: EpochMs) => speech.f.moment(at, now)
  const said = filled(words.published, { by: published.by, at: moment(published.at) })
  const amended = published.amendments.map(each => {
    const text = filled(words.say.amended, { by: each.by, at: moment(each.at), words: each.why })
    return html`<li><bdi>${text}</bdi>${each.href === null ? null : html` <a href="${each.href}" rel="nofollow noopener">${hostOf(each.href)}</a>`}</li>`
  })
  return html`<p class="kicker"><a href="/i/${encodeURIComponent(incident)}"><bdi>${name}</bdi></a></p>${/^# /m.test(published.body) ? null : html`<h1>${title}</h1>`}<p class="note">${said}</p>${amended.length > 0 ? html`<section><h2>${words.amendments}</h2><ol>${amended}</ol></section>` : null}<article>${rendered(published.body)}</article>`
}
