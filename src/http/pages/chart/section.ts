import type { IncidentEvent } from '../../../contract/incident.js'
import type { Change, Notice } from '../../../contract/signal.js'
import { DAY, MINUTE, type EpochMs } from '../../../contract/time.js'
import { ROLLUP_MS } from '../../../contract/view.js'
import { html, type Html } from '../html.js'
import type { Voice } from '../words.js'
import { largeChart, smallChart, type Band } from './chart.js'
import { marksOf } from './marks.js'
import { worksOf, type Picture } from './picture.js'
import type { Series } from './series.js'
import { chartTable, legend } from './table.js'

export interface SectionInput {
  series: Series
  /** The strongest first; with none there is no section. */
  pictures: readonly Picture[]
  bands: Band[]
  events: readonly IncidentEvent[]
  facts: readonly (Change | Notice)[]
  /** What each incident is called, where the events are those of several. */
  names?: ReadonlyMap<string, string> | undefined
  /** What stands beside the heading: the choice of a range. */
  ranges: Html | null
  /** Of the range, for who hears the picture. */
  range: string
  voice: Voice
}

/** Quiet time that a picture shows before an incident. */
export const MARGIN_MS = 30 * MINUTE
/** So much of an incident that will not end is drawn. */
export const LONGEST_MS = 31 * DAY
/** At most this many bars; a longer incident is drawn in wider ones. */
const MOST_BARS = 288

/** What is drawn of an incident that began then: its own span, and the quiet time before it. */
export function incidentSpan(startedAt: EpochMs, until: EpochMs): { from: EpochMs; binMs: number } {
  const from = Math.max(startedAt - MARGIN_MS, until - LONGEST_MS)
  return { from, binMs: Math.max(1, Math.ceil((until - from) / ROLLUP_MS / MOST_BARS)) * ROLLUP_MS }
}

/** The strongest picture large, with its marks and what they mean; the others small, below it; then the numbers. */
export function pictureSection(input: SectionInput): Html | null {
  const { series, pictures, bands, voice } = input
  const [lead, ...others] = pictures
  if (!lead) return null
  const { t, f, now } = voice
  const { markers, list } = marksOf(input.events, input.facts, lead, voice, input.names)
  const works = worksOf(series, t)
  const small = works ? [works, ...others] : others
  const title = `${lead.title}: ${input.range}`
  return html`<section id="chart"><div class="head"><h2>${lead.title}</h2>${input.ranges}</div><figure>${largeChart({ id: 'c', picture: lead, now, title, incidents: bands, markers, t, f })}<figcaption>${legend(lead, t)}${list.length ? html`<h3 class="vh">${t.chart.markers}</h3><ol class="marks">${list}</ol>` : null}</figcaption></figure>
${small.length ? html`<div class="two">${small.map(picture => html`<figure><figcaption><h3>${picture.title}${picture.kind === 'works' ? `: ${f.number(picture.bars.reduce((sum, bar) => sum + (bar?.value ?? 0), 0))}` : ''}</h3></figcaption>${smallChart({ id: picture.kind, picture, t, f })}</figure>`)}</div>` : null}${chartTable(series, pictures, { t, f, now })}</section>`
}
