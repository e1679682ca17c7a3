import { MINUTE, type EpochMs } from '../../../contract/time.js'
import { iso, type Format } from '../format.js'
import { attr, html, type Html } from '../html.js'
import { gapsOf, highest, ticks, timeTicks, total, type Bar, type Series } from './series.js'
import type { Strings } from '../strings.js'

/**
 * Charts without script that keep their text readable at any width: the outer drawing is in pixels and percent, only the
 * plot inside it is stretched. The value axis starts at zero and is linear, so that a spike is as tall as it is.
 */
const PLOT_TOP = 28
/** Pixels of the plot. */
const PLOT_HEIGHT = 176
/** Pixels of the time axis below it. */
const AXIS_HEIGHT = 22
/** Height of the stretched plot in its own units; coordinates are whole units. */
const UNITS = 400
/** Labels nearer to an edge than this many percent are set inwards. */
const EDGE = 6
/** Room for the name of an incident, in percent of a phone's width. */
const LABEL_WIDTH = 45

export interface Band {
  from: EpochMs
  until: EpochMs
  label: string
}

export interface Marker {
  at: EpochMs
  /** One or two characters that the list below the chart explains. */
  sign: string
  kind: 'change' | 'notice' | 'event'
}

export interface ChartInput {
  /** Prefix of the ids in this figure. */
  id: string
  series: Series
  now: EpochMs
  title: string
  incidents: Band[]
  markers?: Marker[]
  t: Strings
  f: Format
}

/** Problem reports against their usual level; gaps are hatched, unusual bars have a colour and stand above the range. */
export function reportChart(input: ChartInput): Html {
  const { id, series, t, f } = input
  const { bars } = series
  const peak = highest(series)
  if (!bars.some(Boolean)) return emptyChart(input)
  // A little air above the highest bar, so that its number has a place.
  const scale = ticks(Math.max(1, ...bars.map(bar => (bar ? Math.max(bar.bad * 1.08, bar.high ?? 0) : 0))))
  const max = scale.at(-1) as number
  const gaps = gapsOf(series)
  const markers = input.markers ?? []
  const rows = markerRows(markers, series)
  const height = PLOT_TOP + PLOT_HEIGHT + AXIS_HEIGHT + rows.count * 18
  return html`<svg class="chart" role="img" aria-labelledby="${id}-t ${id}-d" width="100%" height="${height}">
<title id="${id}-t">${input.title}</title><desc id="${id}-d">${describe(input, peak)}</desc>
${bandMarks(input.incidents, series)}${gaps.map(gap => gapMark(gap, bars.length))}${scale.map(value => gridLine(value, max))}
<svg y="${PLOT_TOP}" width="100%" height="${PLOT_HEIGHT}" viewBox="0 0 ${bars.length} ${UNITS}" preserveAspectRatio="none">
<path class="band" d="${area(
    bars.map(bar => bar?.high ?? null),
    max,
  )}"/>
${barPaths(bars, max)}
<path class="usual" d="${outline(
    bars.map(bar => bar?.expected ?? null),
    max,
  )}"/></svg>
${scale.slice(1).map(value => gridLabel(value, max, value === max ? ` ${t.chart.unit(f.number(series.binMs / MINUTE))}` : '', f))}${peak && isHigh(peak) ? peakMark(peak, series, max, f) : null}${markers.map((marker, i) => markerMark(marker, rows.row[i] ?? 0, series))}${timeTicks(series.from, series.until, 8).map((at, i) => timeMark(at, i, series, input.now, f))}</svg>`
}

function emptyChart({ t }: ChartInput): Html {
  return html`<div class="void"><p><b>${t.chart.empty}</b></p><p>${t.chart.emptyHow}</p></div>`
}

function describe({ series, now, t, f }: ChartInput, peak: Bar | null): string {
  const gaps = gapsOf(series).reduce((sum, [first, last]) => sum + (last - first + 1) * series.binMs, 0)
  const ratio = peak?.expected && isHigh(peak) ? f.times(peak.bad / peak.expected) : ''
  const text = peak
    ? t.chart.describe(f.number(peak.bad), f.moment(peak.from, now), ratio, f.number(total(series, bar => bar.bad)))
    : ''
  return gaps > 0 ? `${text} ${t.chart.describeGaps(f.span(gaps))}` : text
}

/** A small chart below the large one, on the same time axis and with its own scale. */
export function smallChart(
  input: Pick<ChartInput, 'id' | 'series' | 't' | 'f'> & {
    title: string
    kind: 'works' | 'errors'
    values: (number | null)[]
    top: number
  },
): Html {
  const { id, series, values, f, kind, top } = input
  const peak = Math.max(0, ...values.map(value => value ?? 0))
  const label = (value: number) => (kind === 'errors' ? f.share(value) : f.number(value))
  const max = kind === 'errors' ? Math.max(top, peak) : (ticks(Math.max(top, peak)).at(-1) as number)
  const height = 64
  return html`<svg class="chart" role="img" aria-labelledby="${id}-t" width="100%" height="${height + 4}"><title id="${id}-t">${input.title}: ${input.t.chart.atMost(label(peak))}</title>
<line class="grid" x2="100%" y1="4.5" y2="4.5"/><line class="zero" x2="100%" y1="${height}.5" y2="${height}.5"/>
<svg y="4" width="100%" height="${height - 4}" viewBox="0 0 ${values.length} ${UNITS}" preserveAspectRatio="none"><path class="${kind}" d="${area(values, max)}"/></svg>${gapsOf(series).map(([first, last]) => html`<rect class="gap" x="${(100 * first) / values.length}%" width="${(100 * (last - first + 1)) / values.length}%" y="4" height="${height - 4}"/>`)}
<text class="tick" y="18">${label(max)}</text></svg>`
}

/** Twenty-four hours in the height of a line, for lists. Decorative: the row says the same in words. */
export function spark(series: Series): Html {
  const { bars } = series
  const max = Math.max(4, ...bars.map(bar => (bar ? Math.max(bar.bad, bar.high ?? 0) : 0)))
  return html`<svg class="spark" aria-hidden="true" width="100%" height="36" viewBox="0 0 ${bars.length} ${UNITS}" preserveAspectRatio="none">${gapsOf(series).map(([first, last]) => html`<rect class="void" x="${first}" width="${last - first + 1}" y="${UNITS * 0.8}" height="${UNITS * 0.2}"/>`)}${barPaths(bars, max)}<path class="usual" d="${outline(
    bars.map(bar => bar?.expected ?? null),
    max,
  )}"/></svg>`
}

/** Only against a level that was learned. */
function isHigh(bar: Bar): boolean {
  return bar.high !== null && bar.bad > bar.high * bar.filled
}

/** Usual and unusual bars, and the last one paler while its time is not over: a short bar there is no fall. */
function barPaths(bars: (Bar | null)[], max: number): Html[] {
  const path = (kind: string, keep: (bar: Bar) => boolean) => {
    const d = area(
      bars.map(bar => (bar && keep(bar) ? bar.bad : null)),
      max,
    )
    return d ? html`<path class="${kind}" d="${d}"/>` : html``
  }
  return [
    path('low', bar => bar.filled === 1 && !isHigh(bar)),
    path('hot', bar => bar.filled === 1 && isHigh(bar)),
    path('low part', bar => bar.filled < 1 && !isHigh(bar)),
    path('hot part', bar => bar.filled < 1 && isHigh(bar)),
  ]
}

/** Steps over the axis; null lifts the pen. What is not zero keeps at least one unit, so that it can be seen. */
export function area(values: (number | null)[], max: number): string {
  let out = ''
  let open = false
  let width = 0
  let last = -1
  const flush = () => {
    if (width > 0) out += `h${width}`
    width = 0
  }
  values.forEach((value, i) => {
    if (value === null) {
      if (open) {
        flush()
        out += `V${UNITS}z`
      }
      open = false
      return
    }
    const y = value > 0 ? Math.min(UNITS - 1, UNITS - Math.round((value / max) * UNITS)) : UNITS
    if (!open) {
      out += `M${i} ${UNITS}V${y}`
      open = true
    } else if (y !== last) {
      flush()
      out += `V${y}`
    }
    last = y
    width++
  })
  if (!open) return out
  flush()
  return `${out}V${UNITS}z`
}

/** The upper edge of `area`, without its sides at the ends. */
function outline(values: (number | null)[], max: number): string {
  let out = ''
  let last: number | null = null
  values.forEach((value, i) => {
    if (value === null) {
      if (last !== null) out += `H${i}`
      last = null
      return
    }
    const y = Math.round(UNITS - (value / max) * UNITS)
    if (last === null) out += `M${i} ${y}`
    else if (y !== last) out += `H${i}V${y}`
    last = y
  })
  return last === null ? out : `${out}H${values.length}`
}

function percentOf(at: EpochMs, { from, until }: Series): number {
  return Math.round(Math.min(100, Math.max(0, (100 * (at - from)) / (until - from))) * 100) / 100
}

function anchor(percent: number, edge = EDGE): Html {
  return attr('text-anchor', percent < edge ? 'start' : percent > 100 - edge ? 'end' : 'middle')
}

function heightOf(value: number, max: number): number {
  return PLOT_TOP + Math.round(PLOT_HEIGHT * (1 - value / max))
}

function gridLine(value: number, max: number): Html {
  const y = heightOf(value, max) + 0.5
  return html`<line class="${value === 0 ? 'zero' : 'grid'}" x2="100%" y1="${y}" y2="${y}"/>`
}

/** Labels stand on their lines, inside the plot: no gutter is lost on a phone. */
function gridLabel(value: number, max: number, unit: string, f: Format): Html {
  return html`<text class="tick" y="${heightOf(value, max) - 4}">${f.short(value)}${unit}</text>`
}

function timeMark(at: EpochMs, index: number, series: Series, now: EpochMs, f: Format): Html {
  const x = percentOf(at, series)
  const y = PLOT_TOP + PLOT_HEIGHT
  const midnight = at % 86_400_000 === 0
  const words = midnight || series.until - series.from > 3 * 86_400_000 ? f.date(at) : f.clock(at)
  return html`<line class="grid" x1="${x}%" x2="${x}%" y1="${y}" y2="${y + 5}"/><text class="${index % 2 ? 'tick odd' : 'tick'}" x="${x}%" y="${y + 17}"${anchor(x)}>${words}</text>`
}

/** Shades each incident; the newest has its name, an older one too if there is room left of it. */
function bandMarks(bands: Band[], series: Series): Html[] {
  let taken = Number.POSITIVE_INFINITY
  return [...bands]
    .sort((a, b) => b.from - a.from)
    .flatMap(band => {
      const left = percentOf(band.from, series)
      const right = percentOf(band.until, series)
      if (right <= left) return []
      const inward = left > 60
      const named = (inward ? left : left + LABEL_WIDTH) < taken
      if (named) taken = inward ? right - LABEL_WIDTH : left
      const label = html`<text class="inclabel" x="${inward ? right : left}%" y="13"${attr('text-anchor', inward ? 'end' : 'start')}>${band.label}</text>`
      return html`<rect class="inc" x="${left}%" y="${PLOT_TOP - 8}" width="${Math.round((right - left) * 100) / 100}%" height="${PLOT_HEIGHT + 8}"/><line class="incline" x1="${left}%" x2="${right}%" y1="${PLOT_TOP - 8}" y2="${PLOT_TOP - 8}"/>${named ? label : null}`
    })
}

function gapMark([first, last]: [number, number], count: number): Html {
  return html`<rect class="gap" x="${(100 * first) / count}%" width="${(100 * (last - first + 1)) / count}%" y="${PLOT_TOP}" height="${PLOT_HEIGHT}"/>`
}

function peakMark(peak: Bar, series: Series, max: number, f: Format): Html {
  const x = percentOf(peak.from + series.binMs / 2, series)
  const y = heightOf(peak.bad, max) - 5
  return html`<text class="peak" x="${x}%" y="${y}"${anchor(x, 12)}>${f.number(peak.bad)}<tspan class="tick"> ${f.clock(peak.from)}</tspan></text>`
}

/** Signs that would touch get a row each below the axis. */
function markerRows(markers: Marker[], series: Series): { row: number[]; count: number } {
  const ends: number[] = []
  const row = markers.map(marker => {
    const x = percentOf(marker.at, series)
    const free = ends.findIndex(end => x - end > 6.5)
    const at = free < 0 ? ends.length : free
    ends[at] = x
    return at
  })
  return { row, count: ends.length }
}

function markerMark(marker: Marker, row: number, series: Series): Html {
  const x = percentOf(marker.at, series)
  const y = PLOT_TOP + PLOT_HEIGHT + AXIS_HEIGHT + row * 18 + 8
  return html`<line class="mark ${marker.kind}" x1="${x}%" x2="${x}%" y1="${PLOT_TOP}" y2="${y - 8}"/><circle class="sign ${marker.kind}" cx="${x}%" cy="${y}" r="8"/><text class="signtext" x="${x}%" y="${y + 4}" text-anchor="middle">${marker.sign}</text>`
}

/** The same numbers as text, in at most about 30 rows. */
export function chartTable(input: Pick<ChartInput, 'series' | 't' | 'f' | 'now'>): Html {
  const { series, t, f, now } = input
  const each = Math.max(1, Math.ceil(series.bars.length / 28))
  const withRate = series.bars.some(bar => bar?.rate)
  const rows: Html[] = []
  for (let i = 0; i < series.bars.length; i += each) {
    const part = series.bars.slice(i, i + each)
    const known = part.filter(bar => bar !== null)
    const at = series.from + i * series.binMs
    const sum = (pick: (bar: Bar) => number) => known.reduce((all, bar) => all + pick(bar), 0)
    const requests = sum(bar => bar.rate?.[0] ?? 0)
    const missing = known.length < part.length
    const cell = (value: string) => html`<td>${known.length ? value : '–'}</td>`
    rows.push(
      html`<tr><th scope="row"><time datetime="${iso(at)}">${f.moment(at, now).replace(' UTC', '')}</time>${missing ? ` (${t.chart.gap})` : ''}</th>${cell(f.number(sum(bar => bar.bad)))}${known.some(bar => bar.expected === null) ? html`<td>–</td>` : cell(f.number(Math.round(sum(bar => (bar.expected ?? 0) * bar.filled))))}${cell(f.number(sum(bar => bar.ok)))}${withRate ? cell(requests ? f.share(sum(bar => bar.rate?.[1] ?? 0) / requests) : '–') : null}</tr>`,
    )
  }
  const { columns } = t.chart
  return html`<details id="numbers"><summary>${t.chart.table}</summary><p class="note">${t.chart.bandRule}</p><div class="scroll" tabindex="0" role="region" aria-label="${t.chart.table}"><table><thead><tr><th scope="col">${columns.from}</th><th scope="col">${columns.bad}</th><th scope="col">${columns.usual}</th><th scope="col">${columns.works}</th>${withRate ? html`<th scope="col">${columns.errors}</th>` : null}</tr></thead><tbody>${rows}</tbody></table></div></details>`
}

export function legend(series: Series, t: Strings): Html {
  const high = series.bars.some(bar => bar && isHigh(bar))
  const part = series.bars.some(bar => bar && bar.filled < 1 && bar.bad > 0)
  const gap = series.bars.some(bar => bar === null)
  const learned = series.bars.some(bar => bar !== null && bar.expected !== null)
  return html`<ul class="legend">${high ? html`<li><i class="k hot"></i>${t.chart.high}</li>` : null}<li><i class="k low"></i>${learned ? t.chart.normal : t.chart.columns.bad}</li>${part ? html`<li><i class="k ${high ? 'hot' : 'low'} part"></i>${t.chart.filling}</li>` : null}${learned ? html`<li><i class="k usual"></i>${t.chart.usual}</li><li><i class="k band"></i>${t.chart.band}</li>` : html`<li>${t.evidence.notLearned}</li>`}${gap ? html`<li><i class="k gap"></i>${t.chart.gap}</li>` : null}</ul>`
}
