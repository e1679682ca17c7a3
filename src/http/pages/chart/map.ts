import { DAY, HOUR, MINUTE, type EpochMs } from '../../../contract/time.js'
import { ROLLUP_MS, type Rollup } from '../../../contract/view.js'
import type { Format } from '../format.js'
import { worldMap } from './geo.js'
import { html, type Html } from '../html.js'
import { perMillionOnline } from './internet-users.js'
import { countBy } from './series.js'
import type { Strings } from '../strings.js'

/** Fewer reports than this say nothing about a country (the USGS found cells below three biased: field note on DYFI). */
export const FEWEST_REPORTS = 3
/** Lower ends of the colour steps, as multiples of a country's own usual level. */
export const STEPS = [2, 5, 20, 100, 500] as const
/** Countries named beside the map. */
const COUNTRIES_NAMED = 6
/** Reports of so long are coloured. */
const WINDOW_MS = HOUR
/** Bins so long before an incident are left out of what is usual: it began before it was opened. */
const LEAD_MS = 10 * MINUTE
/** Added above and below the line: half a report each, so that a country that never reported has a finite ratio. */
export const PRIOR = 0.5

/**
 * Where so many usually report in the window, silence and few reports say something: reports come in bursts, and of five
 * that are usual none comes with probability e^(−0.61 × 5) = 0.05 (`SILENCE` in series.ts).
 */
export const WOULD_SPEAK = 5

export interface CountryRow {
  code: string
  bad: number
  ok: number
  /** Reports that this country usually sends in the window; null where less than a day of history is known. */
  usual: number | null
  ratio: number | null
  /** 1..STEPS.length; 0: not coloured. */
  step: number
}

/** What each country sends in WINDOW_MS when nothing is wrong. */
export interface Usual {
  /** Quiet time that the counts cover. */
  knownMs: number
  counts: Map<string, [number, number]>
}

interface Span {
  from: EpochMs
  until: EpochMs
}

/** Bins outside incidents, of which the ten minutes before count as well: people feel it before it has a name. */
export const quietRows = (rollups: readonly Rollup[], incidents: readonly Span[]): Rollup[] =>
  rollups.filter(row => !incidents.some(each => row.bin >= each.from - LEAD_MS && row.bin < each.until))

export function usualByCountry(rollups: readonly Rollup[], incidents: readonly Span[]): Usual {
  const quiet = quietRows(rollups, incidents)
  return {
    knownMs: quiet.length * ROLLUP_MS,
    counts: countBy(quiet, 'country', Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
  }
}

/**
 * Reports of the last hour per country, against what the same country usually sends in an hour. Reports have no
 * denominator, so a country is its own measure: ratio = (reports + ½) / (usual + ½).
 */
export function countryRows(rollups: readonly Rollup[], { knownMs, counts }: Usual, now: EpochMs): CountryRow[] {
  const found = countBy(rollups, 'country', now - WINDOW_MS, now)
  // Who is silent is in no rollup: what is usual there tells that somebody would have spoken.
  if (knownMs >= DAY)
    for (const [code, [bad]] of counts)
      if (!found.has(code) && (bad * WINDOW_MS) / knownMs >= WOULD_SPEAK) found.set(code, [0, 0])
  return [...found]
    .map(([code, [bad, ok]]): CountryRow => {
      const usual = knownMs >= DAY ? ((counts.get(code)?.[0] ?? 0) * WINDOW_MS) / knownMs : null
      const ratio = usual === null ? null : (bad + PRIOR) / (usual + PRIOR)
      const step = bad < FEWEST_REPORTS || ratio === null ? 0 : STEPS.filter(least => ratio >= least).length
      return { code, bad, ok, usual, ratio, step }
    })
    .filter(row => row.bad + row.ok > 0 || (row.usual ?? 0) >= WOULD_SPEAK)
    .sort(
      (a, b) =>
        Number(b.bad >= FEWEST_REPORTS) - Number(a.bad >= FEWEST_REPORTS) ||
        (b.ratio ?? 0) - (a.ratio ?? 0) ||
        b.bad - a.bad,
    )
}

/**
 * A map where there is something to colour; where nobody knows yet what is usual, the countries that report, by name; and
 * nothing where no country says anything. `exposed`: how many people use it in each country is known, and those by name stand
 * elsewhere, by it.
 */
export function mapSection(rows: CountryRow[], { t, f }: { t: Strings; f: Format }, exposed = false): Html | null {
  const shown = rows.filter(row => row.step > 0)
  const span = f.span(WINDOW_MS)
  if (!shown.length) {
    const counted = rows.filter(row => row.bad >= FEWEST_REPORTS)
    if (exposed || !counted.length || counted.some(row => row.ratio !== null)) return null
    const rate = ({ bad, code }: CountryRow) => perMillionOnline(bad, code) ?? 0
    const first = counted.sort((a, b) => rate(b) - rate(a) || b.bad - a.bad).slice(0, COUNTRIES_NAMED)
    return html`<section id="where"><h2>${t.map.title}</h2><p class="note">${t.look.whereCounts(span)}</p><ol class="top">${first.map(row => html`<li>${f.country(row.code)}<b>${rateText(row, f) ?? f.number(row.bad)}</b></li>`)}</ol>${table(rows, t, f)}</section>`
  }
  const world = worldMap()
  const named = shown.slice(0, COUNTRIES_NAMED)
  const words = (row: CountryRow) => `${f.country(row.code)} ${row.ratio === null ? '' : f.times(row.ratio)}`.trim()
  const title = t.map.describe(f.count(shown.length), f.list(named.slice(0, 3).map(words)))
  return html`<section id="where"><h2>${t.map.title}</h2><figure class="map"><svg role="img" aria-label="${title}" viewBox="${world.viewBox}"><path class="land" d="${world.land}"/>${shown.map(row => shape(row))}<path class="borders" d="${world.borders}"/></svg>
<figcaption><ol class="top">${named.map(row => html`<li><i class="k m${row.step}"></i>${f.country(row.code)}<b>${row.ratio === null ? f.number(row.bad) : f.times(row.ratio)}</b></li>`)}</ol></figcaption></figure>
<div class="scale" aria-hidden="true"><span>${t.map.legend}</span><ol>${STEPS.map((least, i) => html`<li><i class="k m${i + 1}"></i>${f.times(least)}</li>`)}</ol></div>
${asUsual(rows, { t, f })}<p class="note">${t.map.rule(span)}</p>${table(rows, t, f)}</section>`
}

const rateText = ({ bad, code }: CountryRow, f: Format): string | null => {
  const rate = perMillionOnline(bad, code)
  return rate === null ? null : rate > 0 && rate < 0.1 ? `<${f.number(0.1)}` : f.number(rate)
}

/** Countries in which people would have spoken by now and do not more than usual, the largest first. */
export const calmCountries = (rows: readonly CountryRow[]): CountryRow[] =>
  rows
    .filter(({ usual, bad }) => usual !== null && usual >= WOULD_SPEAK && bad <= usual + 2 * Math.sqrt(2.5 * usual))
    .sort((a, b) => (b.usual ?? 0) - (a.usual ?? 0))

function asUsual(rows: readonly CountryRow[], { t, f }: { t: Strings; f: Format }): Html | null {
  const calm = calmCountries(rows)
  if (calm.length === 0) return null
  const names = calm.slice(0, COUNTRIES_NAMED).map(row => f.country(row.code))
  if (calm.length > COUNTRIES_NAMED) names.push(t.more(f.number(calm.length - COUNTRIES_NAMED)))
  return html`<p>${t.look.asUsual(f.list(names), f.number(WOULD_SPEAK))}</p>`
}

function shape(row: CountryRow): Html | null {
  const world = worldMap()
  const outline = world.shape(row.code)
  if (outline) return html`<path class="m${row.step}" d="${outline}"/>`
  const dot = world.dot(row.code)
  return dot && html`<circle class="m${row.step} dot" cx="${dot[0]}" cy="${dot[1]}" r="4"/>`
}

function table(rows: CountryRow[], t: Strings, f: Format): Html {
  const { columns } = t.map
  return html`<details id="countries"><summary>${t.map.table}</summary><div class="scroll" tabindex="0" role="region" aria-label="${t.map.table}"><table><thead><tr><th scope="col">${columns.country}</th><th scope="col">${columns.reports}</th><th scope="col">${columns.perMillion}</th><th scope="col">${columns.usual}</th><th scope="col">${columns.ratio}</th><th scope="col">${columns.works}</th></tr></thead><tbody>${rows.map(
    row =>
      html`<tr><th scope="row">${f.country(row.code)}</th><td>${row.bad < FEWEST_REPORTS ? t.map.few : f.number(row.bad)}</td><td>${(row.bad < FEWEST_REPORTS ? null : rateText(row, f)) ?? '–'}</td><td>${row.usual === null ? '–' : f.number(row.usual)}</td><td>${row.bad < FEWEST_REPORTS || row.ratio === null ? '–' : f.times(row.ratio)}</td><td>${f.number(row.ok)}</td></tr>`,
  )}</tbody></table></div></details>`
}
