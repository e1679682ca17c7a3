import type { Window } from '../../statuspage/maintenance.js'
import { html, type Html } from '../html.js'
import { DEFAULT_LANGUAGE, languageOfTag } from '../language.js'
import { planned, type Voice } from '../words.js'
import { shownMark } from './days.js'
import { statusWords } from './words.js'

/** Maintenance that is on, for pages that are not the status page: what, from when until when, and of what. */
export function windowLine({ title, from, until, affected }: Window, voice: Voice): Html {
  const w = statusWords(languageOfTag(voice.t.lang) ?? DEFAULT_LANGUAGE)
  return html`${shownMark('under_maintenance', w)} <bdi>${title}</bdi> <span class="soft">${planned(from, voice)} – ${planned(until, { ...voice, now: from })} · ${affected.map((leaf, i) => html`${i ? voice.t.comma : ''}<bdi>${leaf.name}</bdi>`)}</span>`
}
