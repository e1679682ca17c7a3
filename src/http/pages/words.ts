import { isolated } from './direction.js'
import type { Where } from '../../contract/incident.js'
import type { EpochMs } from '../../contract/time.js'
import type { Component } from '../../contract/topology.js'
import { extentOf, partsNamed, type Trouble } from '../../core/incident/verdict.js'
import { mannerOf } from './incident/manner.js'
import { iso, type Format } from './format.js'
import { attr, html, type Html } from './html.js'
import { DEFAULT_LANGUAGE, languageOfTag } from './language.js'
import { isEverybody, own, type Standing } from './standing.js'
import { statusWords } from './status/words.js'
import type { Strings } from './strings.js'

/** Parts that a headline names before "and 9 more". */
const NAMED_PARTS = 3
/** Values of a label that are named before "and 9 more". */
const NAMED_VALUES = 6

/** What a page needs to speak: strings, formats, the time, and the names of the components. */
export interface Voice {
  t: Strings
  f: Format
  now: EpochMs
}

export function time(at: EpochMs, { f, now }: Voice): Html {
  return html`<time datetime="${iso(at)}">${f.moment(at, now)}</time>`
}

/** The same; beside it the script writes what the reader's own clock shows then, where that differs. */
export function planned(at: EpochMs, { f, now }: Voice): Html {
  return html`<time datetime="${iso(at)}" data-own>${f.moment(at, now)}</time>`
}

/** An age that the script keeps up to date. */
export function ago(at: EpochMs, { f, now }: Voice): Html {
  return html`<time datetime="${iso(at)}" data-ago>${f.ago(now - at)}</time>`
}

export function labelName(label: string, many: boolean, t: Strings): string {
  return own(t.label, label)?.[many ? 1 : 0] ?? label
}

export function valueName(
  label: string,
  value: string,
  { f }: Pick<Voice, 'f'>,
  components: readonly Component[] = [],
): string {
  if (label === 'country') return f.country(value)
  if (label === 'component') return isolated(components.find(each => each.id === value)?.name ?? value)
  return isolated(value)
}

/** `cells us-east-1, us-central-1 · plans free, go`; plain text. */
export function whereText(where: Where, voice: Voice, components: readonly Component[] = []): string {
  if (isEverybody(where)) return voice.t.everybody
  return Object.entries(where)
    .map(([label, values]) => {
      const names = values.slice(0, NAMED_VALUES).map(value => valueName(label, value, voice, components))
      if (values.length > NAMED_VALUES) names.push(voice.t.more(voice.f.number(values.length - NAMED_VALUES)))
      return label === 'country'
        ? voice.f.list(names)
        : `${labelName(label, values.length > 1, voice.t)} ${voice.f.list(names)}`
    })
    .join(' · ')
}

/** The same with the label names set apart; a country is known as one. */
export function whereHtml(where: Where, voice: Voice, components: readonly Component[] = []): Html {
  if (isEverybody(where)) return html`<b>${voice.t.everybody}</b>`
  return html`<span class="where">${Object.entries(where).map(
    ([label, values], i) =>
      html`${i ? html`<span class="soft"> ${voice.t.and} </span>` : null}${label === 'country' ? null : html`<span class="soft">${labelName(label, values.length > 1, voice.t)}</span> `}${values.map((value, k) => html`${k ? voice.t.comma : ''}<bdi>${valueName(label, value, voice, components)}</bdi>`)}`,
  )}</span>`
}

/** The state of a service as a sentence that says no more than its evidence. */
export function statusSentence(row: Standing, { t, f }: Pick<Voice, 't' | 'f'>): string {
  const { service, state, dark, worst } = row
  const { title } = service
  if (state === 'unknown' && dark.length > 0) return t.evidence.partlyUnknown(title)
  if (row.recovering && state !== 'outage') return t.status.recovering(title)
  const trouble = worst?.folded ?? row.held[0]?.trouble
  if (state === 'degraded' && trouble && mannerOf(trouble) === 'slow') return t.look.slowNow(title)
  if (state === 'degraded' && trouble && mannerOf(trouble) === 'intermittent') return t.look.onOffNow(title)
  if (state !== 'outage') return t.status[state](title)
  return trouble ? outageSentence(trouble, service, false, { t, f }) : t.evidence.some(title)
}

/** How far an outage reaches, or reached: many people, some, a part, or our own checks alone. */
export function outageSentence(
  trouble: Trouble,
  { title, components }: Pick<Standing['service'], 'title' | 'components'>,
  over: boolean,
  { t, f }: Pick<Voice, 't' | 'f'>,
): string {
  const ids = components.map(each => each.id)
  const extent = extentOf(trouble, ids)
  if (mannerOf(trouble) === 'intermittent') return t.look[over ? 'onOffThen' : 'onOffNow'](title)
  if (extent === 'many') return (over ? t.incident.headlineOver : t.incident.headline).outage(title)
  if (extent !== 'part') return t.evidence[over ? (`${extent}Was` as const) : extent](title)
  const names = partsNamed(trouble, ids).map(id => components.find(each => each.id === id)?.name ?? id)
  const shown =
    names.length > NAMED_PARTS
      ? [...names.slice(0, NAMED_PARTS - 1), t.more(f.number(names.length - NAMED_PARTS + 1))]
      : names
  return t.evidence[over ? 'partWas' : 'part'](title, f.list(shown))
}

/** Why the page says so: one plain sentence made from the numbers of the row. */
export function reasonSentence(row: Standing, { t, f, now }: Voice, wallNow: EpochMs | null): string {
  const { recent, seen } = row.service
  if (row.stale) return t.reason.silent(f.span((wallNow ?? now) - row.asOf))
  if (row.newest === null) return t.reason.neverSeen
  const [held] = row.held
  if (held) return t.evidence.held(held.by, f.clock(held.closedAt), f.clock(held.reopensAt))
  if (row.dark.length > 0) return t.evidence.dark(f.list(row.dark))
  // Without a level there is nothing to compare with, and no health to be read from it.
  if (row.learning && seen.report !== undefined) return t.evidence.learning(f.number(recent.bad))
  if (row.state === 'unknown') return t.reason.silent(f.span(now - row.newest))
  if (seen.report === undefined && recent.bad === 0)
    return t.evidence.restsOn(f.list(Object.keys(seen).map(via => own(t.signal, via) ?? via)))
  const { expected } = recent
  if (expected === null) return t.evidence.learning(f.number(recent.bad))
  const ratio = expected > 0 ? recent.bad / expected : 0
  const troubled = row.state === 'degraded' || row.state === 'outage'
  if (ratio >= 2 && row.state !== 'ok') return t.reason.above(f.count(recent.bad), f.times(ratio))
  if (troubled) return t.reason.quietNow(f.count(recent.bad), f.count(Math.round(expected)))
  return t.reason.usual(f.count(recent.bad), f.count(Math.round(expected)))
}

/** Address and words. */
export type Jump = readonly [href: string, words: string]

/** Where on this page, or one tap from it, the answers stand; without script they are links like all others. */
export function jumpList(jumps: readonly Jump[], { t }: Pick<Voice, 't'>): Html | null {
  if (!jumps.length) return null
  return html`<nav class="range jump" aria-label="${t.look.jump}">${jumps.map(([href, words]) => html`<a href="${href}">${words}</a>`)}</nav>`
}

/** A share as a bar with its interval; the number stands beside it, so the bar is decoration. */
export function shareBar(
  share: number,
  interval: readonly [number, number] | null,
  kind: 'hot' | 'lag' | 'ok' | 'low' | 'maybe',
): Html {
  const percent = (value: number) => `${Math.round(Math.min(1, Math.max(0, value)) * 1000) / 10}%`
  return html`<svg class="bar" aria-hidden="true" width="100%" height="12"><rect class="track" width="100%" height="12" rx="2"/><rect class="${kind}" width="${percent(share)}" height="12" rx="2"/>${interval && interval[1] > interval[0] ? html`<line class="whisker" x1="${percent(interval[0])}" x2="${percent(interval[1])}" y1="6" y2="6"/>` : null}</svg>`
}

/** How a service or an incident is, as shape, colour and word: an outage that leaves some of it working is called partial on every page. */
export function standingMark(
  { state, whole }: Pick<Standing, 'state' | 'whole'>,
  t: Strings,
  size = 18,
  word?: string,
): Html {
  const partial = state === 'outage' && whole !== 'major_outage'
  const shown = statusWords(languageOfTag(t.lang) ?? DEFAULT_LANGUAGE).shown.partial_outage
  const icon = ICONS[partial ? 'partial' : state]
  return html`<span class="state ${state}"><svg aria-hidden="true"${attr('width', size)}${attr('height', size)} viewBox="0 0 18 18">${icon}</svg>${word ?? (partial ? shown : t.state[state])}</span>`
}

/** A shape of its own for each state: disc, eye, triangle, octagon, broken ring; half of an octagon for a part. */
export const ICONS = {
  partial: html`<path d="M5.6 1h6.8L17 5.6v6.8L12.4 17H5.6L1 12.4V5.6z"/><path class="hole" d="M9 3.2h2.6l3.2 3.2v5.2l-3.2 3.2H9z"/>`,
  ok: html`<circle cx="9" cy="9" r="8"/><path class="cut" d="M5 9.3l2.8 2.8L13 6.6"/>`,
  watching: html`<path d="M9 1L17 9 9 17 1 9z"/><circle class="hole" cx="9" cy="9" r="2.6"/>`,
  degraded: html`<path d="M9 1.2L17.6 16.5H.4z"/><path class="cut" d="M9 6.6v4.4M9 13.2v1.2"/>`,
  outage: html`<path d="M5.6 1h6.8L17 5.6v6.8L12.4 17H5.6L1 12.4V5.6z"/><path class="cut" d="M5.8 5.8l6.4 6.4M12.2 5.8l-6.4 6.4"/>`,
  unknown: html`<circle class="ring" cx="9" cy="9" r="7"/><path class="ask" d="M7 7.2a2 2 0 1 1 2.9 1.8c-.6.3-.9.7-.9 1.3M9 12.6v.6"/>`,
}
