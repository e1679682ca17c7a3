import type { Exposure } from '../../../contract/outside/where.js'
import { HOUR, type EpochMs } from '../../../contract/time.js'
import type { Rollup } from '../../../contract/view.js'
import { negativeBinomialCdf } from '../../../core/stat/tails.js'
import { html, type Html } from '../html.js'
import type { ServiceNow } from '../../../contract/view.js'
import { labelName, valueName, type Voice } from '../words.js'
import { FEWEST_REPORTS, WOULD_SPEAK } from './map.js'
import { countBy } from './series.js'

/** Reports of so long are held against the people, as on the map. */
const WINDOW_MS = HOUR
/** Rates are told for so many people. */
const PEOPLE = 1_000
/** Reports come in bursts: their variance is so many times their mean. */
const BURSTS = 2.5
/** So rarely, at most, would so few report by chance where a place is called silent. */
const CHANCE = 0.05
/** Rows of one label, those with the highest rate. */
const EXPOSED_ROWS = 12

export interface ExposedRow {
  label: string
  value: string
  people: number
  bad: number
  /** Reports for each person. */
  rate: number
  /** Whether hardly anybody reports although somebody would, if it were as everywhere else. */
  silent: boolean
}

/**
 * Reports of the last hour against how many people use a service, by label and value; the highest rate first. Silence is read
 * through the others: what they report for each person, times the people here, would have been so many reports.
 */
export function exposedRows(rollups: readonly Rollup[], exposure: Exposure, now: EpochMs): ExposedRow[] {
  return Object.entries(exposure).flatMap(([label, people]) => {
    const found = countBy(rollups, label, now - WINDOW_MS, now)
    const badOf = (value: string) => found.get(value)?.[0] ?? 0
    const values = Object.entries(people)
    const all = values.reduce((sum, [value, n]) => ({ bad: sum.bad + badOf(value), n: sum.n + n }), { bad: 0, n: 0 })
    return values
      .map(([value, n]): ExposedRow => {
        const bad = badOf(value)
        const expected = all.n > n ? (n * (all.bad - bad)) / (all.n - n) : 0
        const silent = expected >= WOULD_SPEAK && negativeBinomialCdf(bad, expected, BURSTS) <= CHANCE
        return { label, value, people: n, bad, rate: bad / n, silent }
      })
      .sort((a, b) => b.rate - a.rate || b.people - a.people)
  })
}

/** A table for each label of which enough reports came to say anything; null where there is none. */
export function exposedSection(
  rollups: readonly Rollup[],
  exposure: Exposure | undefined,
  { components }: Pick<ServiceNow, 'components'>,
  voice: Voice,
): Html | null {
  const { t, f, now } = voice
  const words = t.look.exposed
  const rows = exposedRows(rollups, exposure ?? {}, now)
  const labels = [...new Set(rows.filter(each => each.bad >= WOULD_SPEAK).map(each => each.label))]
  if (labels.length === 0) return null
  const name = ({ label, value }: ExposedRow) => valueName(label, value, voice, components)
  const n = f.number(PEOPLE)
  const tables = labels.map(label => {
    const own = rows.filter(each => each.label === label)
    const silent = own.filter(each => each.silent).sort((a, b) => b.people - a.people)
    const names = silent.slice(0, EXPOSED_ROWS).map(name)
    if (silent.length > EXPOSED_ROWS) names.push(t.more(f.number(silent.length - EXPOSED_ROWS)))
    const body = own
      .filter(each => each.bad >= FEWEST_REPORTS)
      .slice(0, EXPOSED_ROWS)
      .map(
        each =>
          html`<tr><th scope="row"><bdi>${name(each)}</bdi></th><td>${rateText(PEOPLE * each.rate, voice)}</td><td>${f.number(each.bad)}</td><td>${f.number(each.people)}</td></tr>`,
      )
    return html`<div class="scroll" tabindex="0" role="region" aria-label="${labelName(label, true, t)}"><table><thead><tr><th scope="col">${labelName(label, false, t)}</th><th scope="col">${words.rate(n)}</th><th scope="col">${t.map.columns.reports}</th><th scope="col">${words.people}</th></tr></thead><tbody>${body}</tbody></table></div>${silent.length === 0 ? null : html`<p>${words.silent(f.list(names), f.number(WOULD_SPEAK))}</p>`}`
  })
  return html`<section id="exposed"><h2>${words.title}</h2>${tables}<p class="note">${words.rule(f.span(WINDOW_MS), n)}</p></section>`
}

const rateText = (rate: number, { f }: Voice): string => (rate < 0.1 ? `<${f.number(0.1)}` : f.number(rate))
