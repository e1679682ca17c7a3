import { titleOf } from './title.js'
import type { DayOf, Uptime } from '../../statuspage/uptime.js'
import type { PageView, Shown } from '../../statuspage/page-view.js'
import type { Format } from '../format.js'
import { attr, html, type Html } from '../html.js'
import { ICONS, type Voice } from '../words.js'
import type { StatusWords } from './words.js'

/** Height of a day's bar, and of the least that is drawn of a day with trouble: a strip that can be seen and touched. */
const BAR = 28
/** Height of the least that is drawn of a day with trouble. */
const LEAST = 10
/** Height of a day with planned work. */
const MAINTENANCE = 7

const CLASS = {
  major_outage: 'mo',
  partial_outage: 'po',
  degraded_performance: 'dp',
  under_maintenance: 'um',
  operational: 'ok',
} as const

/**
 * Drawn once for all rows: the gaps between the days, and the patterns, so that a partial outage, a degraded day and a
 * window differ in more than colour. Lengths are percentages, so that the patterns keep their shape at every width.
 */
export function dayParts(days: number): Html {
  const lines = Array.from(
    { length: days - 1 },
    (_, i) => html`<rect x="${percent((i + 1) / days)}" width="1.5" height="${BAR}"/>`,
  )
  return html`<svg width="0" height="0" class="defs" aria-hidden="true"><g id="g">${lines}</g>${PATTERNS}</svg>`
}

// Stripes across the bar: at four pixels a day nothing else can be told apart.
const PATTERNS = html`<pattern id="po" width="9" height="6" patternUnits="userSpaceOnUse"><rect class="sep" width="9" height="6"/><rect class="mo" width="9" height="4"/></pattern><pattern id="dp" width="9" height="4" patternUnits="userSpaceOnUse"><rect class="sep" width="9" height="4"/><rect class="degraded" width="9" height="2"/></pattern><pattern id="um" width="9" height="3" patternUnits="userSpaceOnUse"><rect class="sep" width="9" height="3"/><rect class="watching" width="9" height="1"/></pattern>`

/** A row of days. Known days stand on a pale ground; what has no data is hatched; trouble rises from the bottom. */
export function dayBars(days: readonly DayOf[], label: string): Html {
  const n = days.length
  const width = percent(1 / n)
  const trouble = days.flatMap((each, i) => {
    if (each.status === 'operational') return []
    const height =
      each.status === 'under_maintenance' ? MAINTENANCE : Math.max(LEAST, Math.round(BAR * Math.min(1, each.downShare)))
    return html`<rect class="${CLASS[each.status]}" x="${percent(i / n)}" y="${BAR - height}" width="${width}" height="${height}"/>`
  })
  return html`<svg class="days" role="img" aria-label="${label}">${runs(days).map(
    ({ known, from, length }) =>
      html`<rect class="${known ? 'base' : 'gap'}"${attr('x', from > 0 ? percent(from / n) : null)} width="${percent(length / n)}" height="${BAR}"/>`,
  )}${trouble}<use class="sep" href="#g"/></svg>`
}

function runs(days: readonly DayOf[]): { known: boolean; from: number; length: number }[] {
  const out: { known: boolean; from: number; length: number }[] = []
  for (const [i, { known }] of days.entries()) {
    const last = out.at(-1)
    if (last?.known === known) last.length++
    else out.push({ known, from: i, length: 1 })
  }
  return out
}

function percent(share: number): string {
  return `${Math.round(share * 10_000) / 100}%`
}

/** What the bars show, in words. */
export function daysText(days: readonly DayOf[], w: StatusWords, f: Format): string {
  const parts = troubleOf(days, w, f)
  const unknown = days.filter(each => !each.known).length
  if (unknown > 0) parts.push(w.daysUnknown(f.number(unknown)))
  return w.daysText(f.number(days.length), parts.length > 0 ? f.list(parts) : w.daysCalm)
}

const TROUBLE = ['major_outage', 'partial_outage', 'degraded_performance', 'under_maintenance'] as const

function troubleOf(days: readonly DayOf[], w: StatusWords, f: Format): string[] {
  return TROUBLE.flatMap(state => {
    const n = days.filter(each => each.ms[state] > 0).length
    return n > 0 ? [w.daysWith[state](f.number(n))] : []
  })
}

export function daysLegend(w: StatusWords): Html {
  const key = (kind: string, word: string) =>
    html`<span><svg class="k" width="14" height="10" aria-hidden="true"><rect class="${kind}" width="14" height="10"/></svg>${word}</span>`
  return html`<p class="legend">${key('days base', w.shown.operational)}${key('mo', w.shown.major_outage)}${key('po', w.shown.partial_outage)}${key('dp', w.shown.degraded_performance)}${key('um', w.shown.under_maintenance)}${key('gap', w.noData)}</p><p class="note">${w.legend}</p>`
}

/** 0.99987 as `99.98%`: rounded down, so that 100% is said only of what never failed. */
export function uptimeText(value: number | null, w: StatusWords, { locale }: Format): string {
  if (value === null) return w.noData
  const least = value === 1 ? 0 : 2
  const key = `${locale} ${least}`
  let format = percents.get(key)
  if (format === undefined) {
    format = new Intl.NumberFormat(locale, {
      style: 'percent',
      minimumFractionDigits: least,
      maximumFractionDigits: 2,
    })
    percents.set(key, format)
  }
  return format.format(Math.floor(value * 10_000) / 10_000)
}

/** Made once for each language: one takes as long as a row. */
const percents = new Map<string, Intl.NumberFormat>()

/** The rules beside one another, and the days with trouble, each with its incidents. */
export function uptimeDetails(
  uptime: Uptime,
  picture: PageView,
  id: string,
  w: StatusWords,
  voice: Voice,
): Html | null {
  const { f } = voice
  const troubled = uptime.days.filter(each => each.status !== 'operational').reverse()
  if (troubled.length === 0) return null
  const { knownShare } = uptime
  const rules = (['statuspage', 'half', 'full', 'people'] as const).map(rule => {
    const note =
      rule === 'people' && knownShare !== null && knownShare < 1 ? ` (${w.uptime.knownShare(f.share(knownShare))})` : ''
    return html`<tr><th scope="row">${w.uptime.rules[rule]}${note}</th><td>${uptimeText(uptime[rule], w, f)}</td></tr>`
  })
  const row = (day: DayOf) => {
    const parts = TROUBLE.flatMap(state => (day.ms[state] > 0 ? [`${w.shown[state]} ${f.span(day.ms[state])}`] : []))
    const links = day.incidents.flatMap(code => picture.incidents.find(each => each.id === code) ?? [])
    return html`<li><b>${f.day(day.day)}</b> ${parts.join(', ')}${links.map(each => html` · <a href="/i/${encodeURIComponent(each.view.id)}"><bdi>${titleOf(each, picture, voice)}</bdi></a>`)}</li>`
  }
  const table = html`<table><thead><tr><th scope="col">${w.uptime.rule}</th><th scope="col">${w.uptime.column}</th></tr></thead><tbody>${rules}</tbody></table>`
  // Where nothing failed, all rules say the same.
  return html`<details id="u${id}"><summary>${w.troubleDays(f.list(troubleOf(uptime.days, w, f)))}</summary>${uptime.full === 1 ? null : table}<ul class="note">${troubled.map(row)}</ul></details>`
}

const WRENCH = html`<path d="M2 2h14v14H2z"/><path class="cut" d="M5.5 6h7M5.5 9h7M5.5 12h4"/>`
const SHAPES: Record<Shown, Html> = {
  operational: ICONS.ok,
  degraded_performance: ICONS.degraded,
  partial_outage: ICONS.partial,
  major_outage: ICONS.outage,
  under_maintenance: WRENCH,
  unknown: ICONS.unknown,
}

/** The state as shape, colour and word. */
export function shownMark(shown: Shown, w: StatusWords, size = 16, word: string = w.shown[shown]): Html {
  return html`<span class="state ${shown}"><svg aria-hidden="true"${attr('width', size)}${attr('height', size)} viewBox="0 0 18 18">${SHAPES[shown]}</svg>${word}</span>`
}
