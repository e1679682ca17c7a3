import type { IncidentEvent, Segment, Uneven, Where } from '../../../contract/incident.js'
import type { EpochMs } from '../../../contract/time.js'
import type { Component } from '../../../contract/topology.js'
import type { IncidentView, Rollup } from '../../../contract/view.js'
import { html, type Html } from '../html.js'
import { countBy } from '../chart/series.js'
import { isEverybody, own } from '../standing.js'
import { labelName, shareBar, valueName, whereHtml, type Voice } from '../words.js'

/** Segments before "all of them". */
const SEGMENTS_SHOWN = 5
/** Values of one label before "and 9 more". */
const VALUES_SHOWN = 12
/** Countries named of those that report. */
const COUNTRIES_SHOWN = 5
/** From here on a segment is called affected, below it partly affected. */
const MOST = 0.5

type Known = Pick<IncidentEvent, 'segments' | 'unaffected' | 'uneven' | 'components' | 'kind' | 'recovery'> & {
  /** Segments, of several incidents together, that are slow and do not fail. */
  slow?: readonly Segment[]
}

/** Three lists that never mix: what is hit, or hit in part, is not called fine. */
export interface Who {
  affected: Segment[]
  partly: Segment[]
  uneven: Uneven[]
  fine: Where
}

/** @param others what else is open of the same service: what that hits is not fine either */
export function whoOf(event: Known, others: readonly Known[] = []): Who {
  const { segments = [], unaffected = {}, uneven = [] } = event
  const hit = (label: string): Set<string> =>
    new Set(
      [event, ...others].flatMap(({ segments = [], uneven = [], components = [] }) => [
        ...[...segments, ...uneven].flatMap(({ where }) => own(where, label) ?? []),
        ...(label === 'component' ? components : []),
      ]),
    )
  const fine = Object.entries(unaffected).flatMap(([label, values]): [string, string[]][] => {
    const bad = hit(label)
    const left = values.filter(value => !bad.has(value))
    return left.length > 0 ? [[label, left]] : []
  })
  const most = ({ share }: Segment) => share === null || share >= MOST
  return {
    affected: segments.filter(most),
    partly: segments.filter(each => !most(each)),
    uneven,
    fine: Object.fromEntries(fine),
  }
}

/** What was counted of people since an incident began, for where nobody knows what share of them it is. */
export interface Counted {
  reports: number
  posts: number
  countries: string[]
}

export function countedSince(rollups: readonly Rollup[], from: EpochMs, until: EpochMs): Counted {
  const rows = rollups.filter(row => row.bin >= from && row.bin < until)
  const countries = [...countBy(rollups, 'country', from, until)].filter(([, [bad]]) => bad > 0)
  return {
    reports: rows.reduce((sum, row) => sum + row.reports.bad, 0),
    posts: rows.reduce((sum, row) => sum + row.posts.complaints, 0),
    countries: countries.sort((a, b) => b[1][0] - a[1][0]).map(([code]) => code),
  }
}

export interface WhoInput {
  event: Known
  components: readonly Component[]
  /** Null where nothing was counted. */
  counted: Counted | null
  over: boolean
  /** Other open incidents of the same service. */
  others?: readonly Known[]
  /** Whether it is said that nothing is known to be fine. */
  known: boolean
  voice: Voice
}

/** Who is affected, who in part and who not, as far as it is known; with the share of each segment and its interval. */
export function whoLists(input: WhoInput): Html {
  const { event, components, voice } = input
  const who = whoOf(event, input.others)
  const rest = restOf(who, input)
  const hit = html`${affected(who, input)}${componentList(event, components, voice)}`
  return rest ? html`<div class="two"><div>${hit}</div><div>${rest}</div></div>` : hit
}

/** Who is fine is a question of its own: where nothing is known to be, that is said. */
function restOf(who: Who, { components, over, known, voice }: WhoInput): Html | null {
  const { t } = voice
  const fine = fineList(who.fine, components, voice)
  const uneven = unevenList(who.uneven, components, voice)
  if (!fine && !uneven && (over || !known)) return null
  const rest = fine ?? (over ? null : html`<p class="soft">${t.who.noFine}</p>`)
  return html`${uneven && html`<h3>${t.look.uneven}</h3>${uneven}`}${rest && html`<h3>${t.who.fine}</h3>${rest}`}`
}

function affected({ affected: rows, partly }: Who, input: WhoInput): Html {
  const { event, components, counted, over, voice } = input
  const { t } = voice
  const shared = rows.filter(each => each.share !== null)
  const placed = rows.filter(each => each.share === null && !isEverybody(each.where))
  if (shared.length + partly.length > 0)
    return html`${segmentTable(shared, partly, input)}${placed.length ? placeList(placed, components, voice) : null}`
  if (event.segments?.length === 0 && !over && (event.recovery?.recovered ?? 0) > 0)
    return html`<p class="soft">${t.who.noneLeft}</p>`
  return html`${placed.length ? placeList(placed, components, voice) : html`<p class="soft">${t.who.noSegment}</p>`}${countedLine(counted, voice)}`
}

const placeList = (placed: readonly Segment[], components: readonly Component[], voice: Voice): Html =>
  html`<ul>${placed.map(each => html`<li>${whereHtml(each.where, voice, components)}</li>`)}</ul>`

/** "Everybody, share unknown" says nothing; what was counted does. */
function countedLine(counted: Counted | null, voice: Voice): Html | null {
  const { t, f } = voice
  if (!counted || counted.reports + counted.posts === 0) return null
  const { reports, posts, countries } = counted
  const names = countries.slice(0, COUNTRIES_SHOWN).map(code => f.country(code))
  if (countries.length > COUNTRIES_SHOWN) names.push(t.more(f.number(countries.length - COUNTRIES_SHOWN)))
  const parts = [
    reports > 0 ? html`${t.look.reports}: <b>${f.number(reports)}</b>` : null,
    posts > 0 ? html`${t.look.postColumn}: <b>${f.number(posts)}</b>` : null,
    countries.length > 0
      ? html`${labelName('country', countries.length > 1, t)}: <b>${f.number(countries.length)}</b> (${f.list(names)})`
      : null,
  ].filter(each => each !== null)
  return html`<p class="counted">${t.look.unknownShare} ${parts.map((each, i) => html`${i ? ' · ' : ''}${each}`)}</p>`
}

/**
 * Segment × share with its interval, those that are affected before those that are in part: numbers are text, the bar
 * beside them is decoration.
 */
function segmentTable(
  most: readonly Segment[],
  partly: readonly Segment[],
  { event, components, over, voice }: WhoInput,
): Html {
  const { t, f } = voice
  const row = (each: Segment) => {
    const { where, share, interval } = each
    const slow = event.slow ? event.slow.includes(each) : event.kind === 'degraded'
    return html`<tr><th scope="row">${whereHtml(where, voice, components)}${shareBar(share ?? 0, interval, slow ? 'lag' : 'hot')}</th><td><b>${f.share(share ?? 0)}</b> ${slow ? t.look.slowShare : t.who.share}</td><td>${interval ? f.shares(interval) : '–'}</td></tr>`
  }
  const caption = over ? t.who.was : t.who.affected
  const group = html`<tr><th scope="colgroup" colspan="3">${t.look.partly}</th></tr>`
  const body = (some: readonly Segment[], part: boolean) =>
    some.length ? html`<tbody>${part ? group : null}${some.map(row)}</tbody>` : null
  const [first, rest] = [most.slice(0, SEGMENTS_SHOWN), most.slice(SEGMENTS_SHOWN)]
  const left = Math.max(1, SEGMENTS_SHOWN - first.length)
  const [near, far] = [partly.slice(0, left), partly.slice(left)]
  const table = (a: Html | null, b: Html | null) =>
    html`<table class="who"><caption class="vh">${caption}</caption><thead><tr><th scope="col">${t.look.who}</th><th scope="col">${t.look.share}</th><th scope="col">${t.look.interval}</th></tr></thead>${a}${b}</table>`
  const more = rest.length + far.length
  return html`${table(body(first, false), body(near, true))}${more ? html`<details><summary>${t.more(f.number(more))}</summary>${table(body(rest, false), body(far, true))}</details>` : null}`
}

/** The first rows, and the rest behind a summary. */
export function folded(rows: Html[], shown: number, id: string, { t, f }: Voice): Html {
  const rest = rows.slice(shown)
  return html`<ul class="bars">${rows.slice(0, shown)}</ul>${rest.length ? html`<details id="${id}"><summary>${t.more(f.number(rest.length))}</summary><ul class="bars">${rest}</ul></details>` : null}`
}

/** Several open incidents as one picture: what any of them hits is not fine. One without segments says nothing of where. */
export function together(incidents: readonly Pick<IncidentView, 'latest'>[]): IncidentEvent & Known {
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
  const slow = placed.filter(each => each.kind === 'degraded').flatMap(each => each.segments!)
  return { ...placed[0]!, segments, slow, components, unaffected: Object.fromEntries(unaffected) }
}

function fineList(fine: Where, components: readonly Component[], voice: Voice): Html | null {
  const { t, f } = voice
  const rows = Object.entries(fine)
  if (!rows.length) return null
  return html`<ul class="fine">${rows.map(
    ([label, values]) =>
      html`<li><span class="soft">${labelName(label, values.length > 1, t)}</span> ${values.slice(0, VALUES_SHOWN).map((value, i) => html`${i ? t.comma : ''}<bdi>${valueName(label, value, voice, components)}</bdi>`)}${values.length > VALUES_SHOWN ? html` <span class="soft">${t.and} ${t.more(f.number(values.length - VALUES_SHOWN))}</span>` : null}</li>`,
  )}</ul>`
}

/** Components that are hit, where no segment names them already. */
function componentList(event: Known, components: readonly Component[], voice: Voice): Html | null {
  const { t, f } = voice
  const ids = event.components ?? []
  if (!ids.length || event.segments?.some(({ where }) => Object.hasOwn(where, 'component'))) return null
  const names = ids.map(id => valueName('component', id, voice, components))
  return html`<p class="note">${t.who.components}: ${names.slice(0, VALUES_SHOWN).map((name, i) => html`${i ? t.comma : ''}<bdi>${name}</bdi>`)}${names.length > VALUES_SHOWN ? ` ${t.and} ${t.more(f.number(names.length - VALUES_SHOWN))}` : ''}</p>`
}

/** Places in which some fail and others do not, with what tells them apart. */
function unevenList(rows: readonly Uneven[], components: readonly Component[], voice: Voice): Html | null {
  const { t, f } = voice
  if (!rows.length) return null
  return html`<ul class="fine">${rows.map(
    each =>
      html`<li>${whereHtml(each.where, voice, components)}: <b>${f.share(each.share)}</b> ${t.who.share}${t.comma}${each.explainedBy.length ? t.who.unevenBy(f.list(each.explainedBy.map(label => labelName(label, false, t)))) : t.who.unevenNone}${each.hit && each.among ? html`. <span class="note">${t.who.unevenHit(f.share(each.hit.share), f.share(each.among.share))}</span>` : null}</li>`,
  )}</ul>`
}
