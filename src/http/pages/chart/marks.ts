import type { IncidentEvent } from '../../../contract/incident.js'
import type { Change, Notice } from '../../../contract/signal.js'
import type { EpochMs } from '../../../contract/time.js'
import { factLine } from '../facts.js'
import { html, type Html } from '../html.js'
import { time, type Voice } from '../words.js'
import type { Marker } from './chart.js'

/** As many as there are letters. */
const MOST_MARKS = 26

/** What is marked: changes, notices, the turns of incidents and what people said of them, in the order of time. */
export function marksOf(
  events: readonly IncidentEvent[],
  facts: readonly (Change | Notice)[],
  range: { from: EpochMs; until: EpochMs },
  voice: Voice,
  names?: ReadonlyMap<string, string>,
): { markers: Marker[]; list: Html[] } {
  const { t } = voice
  const all = [
    ...events
      .filter(each => (each.event !== 'updated' && each.event !== 'note') || (each.by !== undefined && each.says))
      .map(each => ({
        at: Date.parse(each.at),
        kind: 'event' as const,
        words: html`<b>${t.event[each.event]}</b>${names?.has(each.incident) ? html` <bdi>${names.get(each.incident)}</bdi>` : null}${each.by === undefined ? null : html` <span class="soft">${t.incident.by(each.by)}</span>`}`,
      })),
    ...facts.map(each => ({ at: each.at, kind: each.via, words: factLine(each, voice) })),
  ]
    .filter(each => each.at >= range.from && each.at <= range.until)
    .sort((a, b) => a.at - b.at)
    .slice(0, MOST_MARKS)
  const sign = (i: number) => String.fromCharCode(65 + i)
  return {
    markers: all.map(({ at, kind }, i) => ({ at, kind, sign: sign(i) })),
    list: all.map(
      ({ at, words }, i) => html`<li><b>${sign(i)}</b> <span class="soft">${time(at, voice)}</span> ${words}</li>`,
    ),
  }
}
