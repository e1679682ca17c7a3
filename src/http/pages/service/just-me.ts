import { PLATFORMS } from '../../../contract/people.js'
import { ROLLUP_MS, type IncidentView, type Rollup } from '../../../contract/view.js'
import { DAY, HOUR, type EpochMs } from '../../../contract/time.js'
import { attr, html, type Html } from '../html.js'
import { FEWEST_REPORTS, PRIOR } from '../chart/map.js'
import { countBy } from '../chart/series.js'
import { own, type Standing } from '../standing.js'
import { countryOptions } from './choices.js'
import { ago, standingMark, statusSentence, valueName, type Voice } from '../words.js'

/** What a visitor may be compared by. Values of other labels (cells, plans) nobody knows of himself. */
export const TRAITS = ['country', 'platform', 'component', 'asn'] as const
export type Trait = (typeof TRAITS)[number]
export type Traits = Partial<Record<Trait, string>>

/** Reports of so long are compared. */
const WINDOW_MS = HOUR
/** So many times the usual is unusual; the map colours from here on too. */
const UNUSUAL = 2

/** Only values that pages know: no stranger's words come onto a page by its address. */
export function knownTraits(traits: Traits, components: readonly { id: string }[]): Traits {
  const { country, platform, component, asn } = traits
  const known: readonly string[] = PLATFORMS
  return {
    ...(country !== undefined && /^[A-Z]{2}$/.test(country) ? { country } : {}),
    ...(platform !== undefined && known.includes(platform) ? { platform } : {}),
    ...(component !== undefined && components.some(each => each.id === component) ? { component } : {}),
    ...(asn !== undefined && /^AS\d{1,10}$/.test(asn) ? { asn } : {}),
  }
}

/** Reports of WINDOW_MS against the usual number; null: too little history to know it. */
export interface Level {
  bad: number
  usual: number | null
}

export interface Compared {
  trait: Trait
  value: string
  here: Level
  /** Everybody whose reports do not say this. */
  rest: Level
}

/** Label → value → what it sends in quiet time; the hours that this covers. */
export interface QuietDays {
  knownMs: number
  bad: number
  counts: ReadonlyMap<string, ReadonlyMap<string, [number, number]>>
}

/** Sums over bins outside incidents, by each trait. */
export function quietOf(quiet: readonly Rollup[]): QuietDays {
  const all = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const
  return {
    knownMs: quiet.length * ROLLUP_MS,
    bad: quiet.reduce((sum, row) => sum + row.reports.bad, 0),
    counts: new Map(TRAITS.map(trait => [trait, countBy(quiet, trait, ...all)])),
  }
}

/** Half a report each, as on the map: who never reports has a finite ratio. */
const ratioOf = ({ bad, usual }: Level): number | null => (usual === null ? null : (bad + PRIOR) / (usual + PRIOR))

export const unusual = (level: Level): boolean => level.bad >= FEWEST_REPORTS && (ratioOf(level) ?? 0) >= UNUSUAL

export function everybody(rollups: readonly Rollup[], quiet: QuietDays, now: EpochMs): Level {
  const bad = rollups.reduce((sum, row) => sum + (row.bin >= now - WINDOW_MS && row.bin < now ? row.reports.bad : 0), 0)
  return { bad, usual: quiet.knownMs >= DAY ? (quiet.bad * WINDOW_MS) / quiet.knownMs : null }
}

/**
 * Each trait by itself: what is kept are sums by one label, never by several together, so nobody's mixture of country,
 * network and device can be looked up.
 */
export function compare(
  rollups: readonly Rollup[],
  quiet: QuietDays,
  traits: Traits,
  now: EpochMs,
): { all: Level; rows: Compared[] } {
  const all = everybody(rollups, quiet, now)
  const rows = TRAITS.flatMap((trait): Compared[] => {
    const value = traits[trait]
    if (value === undefined) return []
    const bad = countBy(rollups, trait, now - WINDOW_MS, now).get(value)?.[0] ?? 0
    const usual =
      all.usual === null ? null : ((quiet.counts.get(trait)?.get(value)?.[0] ?? 0) * WINDOW_MS) / quiet.knownMs
    const rest = { bad: Math.max(0, all.bad - bad), usual: usual === null ? null : Math.max(0, all.usual! - usual) }
    return [{ trait, value, here: { bad, usual }, rest }]
  })
  return { all, rows }
}

export type Verdict =
  | { is: 'unknown' | 'everywhere' | 'few-anywhere'; of: Compared[] }
  | { is: 'not-just-you' | 'elsewhere' | 'few' | 'too-few'; of: Compared[] }

/** What it means: a trait that is usual speaks against "it reaches you", but only if it could have shown it. */
export function verdictOf(all: Level, rows: readonly Compared[], known: boolean): Verdict {
  if (!known || all.usual === null) return { is: 'unknown', of: [] }
  const trouble = unusual(all)
  if (rows.length === 0) return { is: trouble ? 'everywhere' : 'few-anywhere', of: [] }
  // Hit like everybody, this many reports would have come from here; where that is next to none, silence tells nothing.
  const times = trouble ? (ratioOf(all) ?? 1) : 1
  const tells = ({ here }: Compared) => here.bad >= FEWEST_REPORTS || (here.usual ?? 0) * times >= FEWEST_REPORTS
  const hit = rows.filter(each => unusual(each.here))
  const spared = rows.filter(each => !unusual(each.here) && tells(each))
  if (spared.length > 0) return { is: trouble ? 'elsewhere' : 'few', of: spared }
  if (hit.length > 0) return { is: 'not-just-you', of: hit }
  return trouble ? { is: 'too-few', of: [...rows] } : { is: 'few', of: [...rows] }
}

/** What open incidents say of this visitor: named in a segment, or seen to be fine. */
export function toldBy(incidents: readonly IncidentView[], traits: Traits): { hit: Trait[]; spared: Trait[] } {
  const hit = new Set<Trait>()
  const spared = new Set<Trait>()
  for (const { latest } of incidents) {
    for (const { where } of latest.segments ?? []) {
      const known = TRAITS.filter(trait => traits[trait] !== undefined && where[trait] !== undefined)
      if (known.length > 0 && known.every(trait => where[trait]?.includes(traits[trait] as string)))
        for (const trait of known) hit.add(trait)
    }
    if (traits.component !== undefined && latest.components?.includes(traits.component)) hit.add('component')
    for (const trait of TRAITS)
      if (traits[trait] !== undefined && latest.unaffected?.[trait]?.includes(traits[trait])) spared.add(trait)
  }
  return { hit: [...hit], spared: [...spared].filter(each => !hit.has(each)) }
}

export interface JustMeInput {
  row: Standing
  rollups: Rollup[]
  quiet: QuietDays
  traits: Traits
  /** Some of them were guessed, not chosen. */
  guessed: boolean
}

export function justMeMain(input: JustMeInput, voice: Voice): Html {
  const { row, traits } = input
  const { t } = voice
  const { service } = row
  const { all, rows } = compare(input.rollups, input.quiet, traits, voice.now)
  const verdict = verdictOf(all, rows, row.state !== 'unknown' && service.seen.report !== undefined)
  const told = toldBy(row.incidents, traits)
  const path = `/s/${encodeURIComponent(service.service)}`
  const name = (trait: Trait) => nameOf(trait, traits[trait] as string, input, voice)
  const names = (list: readonly Trait[]) => voice.f.list(list.map(name))
  return html`<div class="two wide"><div><div class="hero ${row.state}" id="banner">${standingMark(row, t)}<h1>${t.justMe.title}</h1><p><b>${verdictText(verdict, names, voice)}</b></p>${told.hit.length ? html`<p>${t.justMe.hit(names(told.hit))}</p>` : null}${told.spared.length ? html`<p>${t.justMe.spared(names(told.spared))}</p>` : null}<p class="age"><a href="${path}">${statusSentence(row, voice)}</a> · ${ago(row.asOf, voice)}</p></div></div>${chooser(input, path, voice)}</div>
<section><h2>${t.chart.columns.bad}</h2><ul class="open">${rows.map(each => html`<li><b><bdi>${name(each.trait)}</bdi></b><br>${levelText(each.here, voice)}<br><span class="soft">${t.justMe.others}: ${levelText(each.rest, voice)}</span></li>`)}${rows.length ? null : html`<li><b>${t.incident.overall}</b><br>${levelText(all, voice)}</li>`}</ul><p class="note">${t.justMe.rule}</p></section>`
}

function verdictText({ is, of }: Verdict, names: (list: readonly Trait[]) => string, { t }: Voice): string {
  const where = names(of.map(each => each.trait))
  switch (is) {
    case 'unknown':
      return t.justMe.unknown
    case 'everywhere':
      return t.justMe.everywhere
    case 'few-anywhere':
      return t.justMe.fewAnywhere
    case 'not-just-you':
      return t.justMe.notJustYou(where)
    case 'elsewhere':
      return t.justMe.elsewhere(where)
    case 'few':
      return t.justMe.few(where)
    case 'too-few':
      return t.justMe.tooFew(where)
  }
}

function levelText(level: Level, { t, f }: Voice): string {
  if (level.bad < FEWEST_REPORTS) return t.justMe.rowFew
  const bad = f.count(level.bad)
  if (unusual(level)) return t.justMe.rowUnusual(bad, f.times(ratioOf(level) ?? 0))
  return t.justMe.row(bad, level.usual === null ? '–' : f.number(level.usual))
}

function nameOf(trait: Trait, value: string, { row }: JustMeInput, voice: Voice): string {
  if (trait === 'platform') return own(voice.t.report.platforms, value) ?? value
  if (trait === 'asn') return `${voice.t.justMe.network} (${value})`
  return valueName(trait, value, voice, row.service.components)
}

function chooser({ row, traits, guessed }: JustMeInput, path: string, voice: Voice): Html {
  const { t } = voice
  const select = (name: Trait, label: string, options: readonly (readonly [string, string])[]) =>
    html`<label>${label}<select name="${name}"><option value="-">${t.justMe.any}</option>${options.map(([value, text]) => html`<option value="${value}"${attr('selected', value === traits[name])}>${text}</option>`)}</select></label>`
  const { components } = row.service
  return html`<section class="side"><h2>${t.justMe.link}</h2><form method="get" action="${path}/just-me"><p class="note">${guessed ? t.justMe.guessed : t.justMe.lead}</p><div class="fields">${select('country', t.report.country, countryOptions(voice.f))}${select(
    'platform',
    t.report.platform,
    PLATFORMS.map((each): [string, string] => [each, t.report.platforms[each]]),
  )}${
    components.length
      ? select(
          'component',
          t.justMe.part,
          components.map((each): [string, string] => [each.id, each.name]),
        )
      : null
  }${traits.asn === undefined ? null : html`<label>${t.justMe.network}<select name="asn"><option value="${traits.asn}" selected>${traits.asn}</option><option value="-">${t.justMe.any}</option></select></label>`}<button>${t.justMe.compare}</button></div></form><p class="note">${t.justMe.private}</p></section>`
}
