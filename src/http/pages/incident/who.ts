import type { IncidentEvent, Segment, Uneven } from '../../../contract/incident.js'
import type { Component } from '../../../contract/topology.js'
import type { IncidentView } from '../../../contract/view.js'
import { html, type Html } from '../html.js'
import { labelName, shareBar, valueName, whereHtml, type Voice } from '../words.js'

/** Segments before "all of them". */
const SEGMENTS_SHOWN = 5
/** Uneven segments before "all of them". */
const UNEVEN_SHOWN = 3
/** Values of one label before "and 9 more". */
const VALUES_SHOWN = 12

/** The failing segments, each with its share and interval; a share that cannot be known is said to be unknown. */
export function affected(event: Pick<IncidentEvent, 'segments'>, components: readonly Component[], voice: Voice): Html {
  const { t, f } = voice
  const segments = event.segments ?? []
  if (!segments.length) return html`<p class="soft">${event.segments ? t.who.noneLeft : t.who.noSegment}</p>`
  const row = (each: Segment) =>
    html`<li><div class="head"><span>${whereHtml(each.where, voice, components)}</span>${each.share === null ? null : html`<span><b>${f.share(each.share)}</b> ${t.who.share}</span>`}</div>${
      each.share === null
        ? html`<p class="note">${t.who.shareUnknown}</p>`
        : html`${shareBar(each.share, each.interval, 'hot')}${each.interval && f.share(each.interval[0]) !== f.share(each.interval[1]) ? html`<p class="note">${t.who.interval(f.shares(each.interval))}</p>` : null}`
    }</li>`
  return folded(segments.map(row), SEGMENTS_SHOWN, 'segments', voice)
}

/** The first rows, and the rest behind a summary. */
export function folded(rows: Html[], shown: number, id: string, { t, f }: Voice): Html {
  const rest = rows.slice(shown)
  return html`<ul class="bars">${rows.slice(0, shown)}</ul>${rest.length ? html`<details id="${id}"><summary>${t.more(f.number(rest.length))}</summary><ul class="bars">${rest}</ul></details>` : null}`
}

/** Several open incidents as one picture: what any of them hits is not fine. One without segments says nothing of where. */
export function together(incidents: readonly Pick<IncidentView, 'latest'>[]): IncidentEvent {
  const placed = incidents.map(each => each.latest).filter(each => each.segments?.length)
  if (placed.length < 2) return incidents[0]!.latest
  const segments = placed.flatMap(each => each.segments!)
  const hit = (label: string) => new Set(segments.flatMap(each => each.where[label] ?? []))
  const unaffected = Object.entries(placed[0]!.unaffected ?? {}).flatMap(([label, values]): [string, string[]][] => {
    const left = values.filter(
      value => !hit(label).has(value) && placed.every(each => each.unaffected?.[label]?.includes(value)),
    )
    return left.length ? [[label, left]] : []
  })
  const components = [...new Set(placed.flatMap(each => each.components ?? []))]
  return { ...placed[0]!, segments, components, unaffected: Object.fromEntries(unaffected) }
}

export function fine(event: IncidentEvent, components: readonly Component[], voice: Voice): Html {
  const { t, f } = voice
  const rows = Object.entries(event.unaffected ?? {}).filter(([, values]) => values.length)
  if (!rows.length) return html`<p class="soft">${t.who.noFine}</p>`
  return html`<ul class="fine">${rows.map(
    ([label, values]) =>
      html`<li><span class="soft">${labelName(label, values.length > 1, t)}</span> ${values.slice(0, VALUES_SHOWN).map((value, i) => html`${i ? t.comma : ''}<bdi>${valueName(label, value, voice, components)}</bdi>`)}${values.length > VALUES_SHOWN ? html` <span class="soft">${t.and} ${t.more(f.number(values.length - VALUES_SHOWN))}</span>` : null}</li>`,
  )}</ul>`
}

export function componentList(event: IncidentEvent, components: readonly Component[], voice: Voice): Html | null {
  const { t, f } = voice
  const ids = event.components ?? []
  if (!ids.length) return null
  const names = ids.map(id => valueName('component', id, voice, components))
  return html`<p class="note">${t.who.components}: ${names.slice(0, VALUES_SHOWN).map((name, i) => html`${i ? t.comma : ''}<bdi>${name}</bdi>`)}${names.length > VALUES_SHOWN ? ` ${t.and} ${t.more(f.number(names.length - VALUES_SHOWN))}` : ''}</p>`
}

/** Regions in which some fail and others do not, with what tells them apart. */
export function uneven(event: IncidentEvent, components: readonly Component[], voice: Voice): Html | null {
  const { t, f } = voice
  const rows = event.uneven ?? []
  if (!rows.length) return null
  const row = (each: Uneven) =>
    html`<li><div class="head"><span>${whereHtml(each.where, voice, components)}</span><span><b>${f.share(each.share)}</b> ${t.who.share}</span></div>${shareBar(each.share, null, 'hot')}<p class="note">${each.explainedBy.length ? t.who.unevenBy(f.list(each.explainedBy.map(label => labelName(label, false, t)))) : t.who.unevenNone}</p>${each.hit && each.among ? html`<p class="note">${t.who.unevenHit(f.share(each.hit.share), f.share(each.among.share))}</p>` : null}</li>`
  return html`<h3>${t.who.uneven}</h3>${folded(rows.map(row), UNEVEN_SHOWN, 'uneven', voice)}`
}
