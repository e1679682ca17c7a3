import { MINUTE, type EpochMs } from '../../../contract/time.js'
import type { Format } from '../format.js'
import { attr, html, type Html } from '../html.js'
import type { Manner } from '../incident/manner.js'
import type { Drawn, Picture } from './picture.js'
import { gapsOf, shareTicks, ticks, timeTicks } from './series.js'
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
  /** It has not ended: of those the oldest is named first. */
  open?: boolean
  /** Slow has the colour of what is slow, and what comes and goes a broken line. */
  manner?: Manner | null
}

/** What is drawn over: from, until, and the length of a bar. */
type Span = Pick<Picture, 'from' | 'until' | 'binMs'>

export interface Marker {
  at: EpochMs
  /** One or two characters that the list below the chart explains. */
  sign: string
  kind: 'change' | 'notice' | 'event'
}

export interface ChartInput {
  /** Prefix of the ids in this figure. */
  id: string
  picture: Picture
  now: EpochMs
  title: string
  incidents: Band[]
  markers?: Marker[]
  t: Strings
  f: Format
}

/** Below this share the axis does not stretch, so that noise stays flat. */
const SHARE_TOP = 0.05

/** A picture against its usual level; gaps are hatched, unusual bars have a colour and stand above the range. */
export function largeChart(input: ChartInput): Html {
  const { id, picture, t, f } = input
  const { bars, share } = picture
  const peak = highest(bars)
  // A little air above the highest bar, so that its number has a place.
  const most = Math.max(
    share ? SHARE_TOP : 1,
    ...bars.map(bar => (bar ? Math.max(bar.value * 1.08, (!share && bar.high) || 0) : 0)),
  )
  const scale = share ? shareTicks(most) : ticks(most)
  const max = scale.at(-1) as number
  const gaps = gapsOf(picture)
  const markers = input.markers ?? []
  const rows = markerRows(markers, picture)
  const height = PLOT_TOP + PLOT_HEIGHT + AXIS_HEIGHT + rows.count * 18
  const unit = share ? '' : ` ${t.chart.unit(f.number(picture.binMs / MINUTE))}`
  return html`<svg class="chart ${picture.kind}" paint-order="stroke" role="img" aria-labelledby="${id}-t ${id}-d" width="100%" height="${height}">
<title id="${id}-t">${input.title}</title><desc id="${id}-d">${describe(input, peak)}</desc>
${bandMarks(input.incidents, picture)}${gaps.map(gap => gapMark(gap, bars.length))}${scale.map(value => gridLine(value, max))}
<svg y="${PLOT_TOP}" width="100%" height="${PLOT_HEIGHT}" viewBox="0 0 ${bars.length} ${UNITS}" preserveAspectRatio="none">
<path class="band" d="${area(
    bars.map(bar => bar?.high ?? null),
    max,
  )}"/>
${barPaths(bars, max)}
<path class="usual" vector-effect="non-scaling-stroke" d="${outline(
    bars.map(bar => bar?.expected ?? null),
    max,
  )}"/></svg>
${scale.slice(1).map(value => gridLabel(value, max, value === max ? unit : '', label(picture, f)))}${peak?.hot ? peakMark(peak, picture, max, f) : null}${markers.map((marker, i) => markerMark(marker, rows.row[i] ?? 0, picture))}${timeTicks(picture.from, picture.until, 8).map((at, i) => timeMark(at, i, picture, input.now, f))}</svg>`
}

const label =
  ({ share }: Pick<Picture, 'share'>, f: Format) =>
  (value: number): string =>
    share ? f.share(value) : f.short(value)

function highest(bars: readonly (Drawn | null)[]): Drawn | null {
  return bars.reduce((best, bar) => (bar && (!best || bar.value > best.value) ? bar : best), null)
}

function describe({ picture, now, t, f }: ChartInput, peak: Drawn | null): string {
  const gaps = gapsOf(picture).reduce((sum, [first, last]) => sum + (last - first + 1) * picture.binMs, 0)
  const all = picture.bars.reduce((sum, bar) => sum + (bar?.value ?? 0), 0)
  const ratio = peak?.expected && peak.hot ? f.times(peak.value / peak.expected) : ''
  const text = !peak
    ? ''
    : picture.share
      ? t.look.atMost(f.share(peak.value), f.moment(peak.from, now))
      : t.chart.describe(f.number(peak.value), f.moment(peak.from, now), ratio, f.number(all))
  return gaps > 0 ? `${text} ${t.chart.describeGaps(f.span(gaps))}` : text
}

/** A small picture below the large one, on the same time axis and with its own scale. */
export function smallChart({ id, picture, t, f }: Pick<ChartInput, 'id' | 'picture' | 't' | 'f'>): Html {
  const { bars, share, title } = picture
  const peak = Math.max(0, ...bars.map(bar => bar?.value ?? 0))
  const max = share ? Math.max(SHARE_TOP, peak) : (ticks(Math.max(4, peak)).at(-1) as number)
  const height = 64
  const words = label(picture, f)
  return html`<svg class="chart ${picture.kind}" paint-order="stroke" role="img" aria-labelledby="${id}-t" width="100%" height="${height + 4}"><title id="${id}-t">${title}: ${t.chart.atMost(words(peak))}</title>
<line class="grid" x2="100%" y1="4.5" y2="4.5"/><line class="zero" x2="100%" y1="${height}.5" y2="${height}.5"/>
<svg y="4" width="100%" height="${height - 4}" viewBox="0 0 ${bars.length} ${UNITS}" preserveAspectRatio="none">${barPaths(bars, max)}</svg>${gapsOf(picture).map(([first, last]) => html`<rect class="gap" x="${(100 * first) / bars.length}%" width="${(100 * (last - first + 1)) / bars.length}%" y="4" height="${height - 4}"/>`)}
<text class="tick" y="18">${words(max)}</text></svg>`
}

/** Twenty-four hours in the height of a line, for lists. Decorative: the row says the same in words. */
export function spark(picture: Pick<Picture, 'bars' | 'share'>): Html {
  const { bars, share } = picture
  const max = Math.max(share ? SHARE_TOP : 4, ...bars.map(bar => (bar ? Math.max(bar.value, bar.high ?? 0) : 0)))
  return html`<svg class="spark" aria-hidden="true" width="100%" height="36" viewBox="0 0 ${bars.length} ${UNITS}" preserveAspectRatio="none">${gapsOf(picture).map(([first, last]) => html`<rect class="void" x="${first}" width="${last - first + 1}" y="${UNITS * 0.8}" height="${UNITS * 0.2}"/>`)}${barPaths(bars, max)}<path class="usual" vector-effect="non-scaling-stroke" d="${outline(
    bars.map(bar => bar?.expected ?? null),
    max,
  )}"/></svg>`
}

/** Usual and unusual bars, and the last one paler while its time is not over: a short bar there is no fall. */
function barPaths(bars: (Drawn | null)[], max: number): Html[] {
  const path = (kind: string, keep: (bar: Drawn) => boolean) => {
    const d = area(
      bars.map(bar => (bar && keep(bar) ? bar.value : null)),
      max,
    )
    return d ? html`<path class="${kind}" d="${d}"/>` : html``
  }
  return [
    path('low', bar => bar.filled === 1 && !bar.hot),
    path('hot', bar => bar.filled === 1 && bar.hot),
    path('low part', bar => bar.filled < 1 && !bar.hot),
    path('hot part', bar => bar.filled < 1 && bar.hot),
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

function percentOf(at: EpochMs, { from, until }: Span): number {
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
function gridLabel(value: number, max: number, unit: string, words: (value: number) => string): Html {
  return html`<text class="tick" y="${heightOf(value, max) - 4}">${words(value)}${unit}</text>`
}

function timeMark(at: EpochMs, index: number, series: Span, now: EpochMs, f: Format): Html {
  const x = percentOf(at, series)
  const y = PLOT_TOP + PLOT_HEIGHT
  const midnight = at % 86_400_000 === 0
  const words = midnight || series.until - series.from > 3 * 86_400_000 ? f.date(at) : f.clock(at)
  return html`<line class="grid" x1="${x}%" x2="${x}%" y1="${y}" y2="${y + 5}"/><text class="${index % 2 ? 'tick odd' : 'tick'}" x="${x}%" y="${y + 17}"${anchor(x)}>${words}</text>`
}

/** Shades each incident; of open ones the first has its name, of others the newest, then who has room left of it. */
function bandMarks(bands: Band[], series: Span): Html[] {
  let taken = Number.POSITIVE_INFINITY
  return [...bands]
    .sort((a, b) => Number(b.open ?? false) - Number(a.open ?? false) || (a.open ? a.from - b.from : b.from - a.from))
    .flatMap(band => {
      const left = percentOf(band.from, series)
      const right = percentOf(band.until, series)
      if (right <= left) return []
      const of = band.manner === 'slow' || band.manner === 'intermittent' ? ` ${band.manner}` : ''
      const inward = left > 60
      const named = (inward ? left : left + LABEL_WIDTH) < taken
      if (named) taken = inward ? right - LABEL_WIDTH : left
      const label = html`<text class="inclabel${of}" x="${inward ? right : left}%" y="13"${attr('text-anchor', inward ? 'end' : 'start')}>${band.label}</text>`
      return html`<rect class="inc${of}" x="${left}%" y="${PLOT_TOP - 8}" width="${Math.round((right - left) * 100) / 100}%" height="${PLOT_HEIGHT + 8}"/><line class="incline${of}" x1="${left}%" x2="${right}%" y1="${PLOT_TOP - 8}" y2="${PLOT_TOP - 8}"/>${named ? label : null}`
    })
}

function gapMark([first, last]: [number, number], count: number): Html {
  return html`<rect class="gap" x="${(100 * first) / count}%" width="${(100 * (last - first + 1)) / count}%" y="${PLOT_TOP}" height="${PLOT_HEIGHT}"/>`
}

function peakMark(peak: Drawn, series: Picture, max: number, f: Format): Html {
  const x = percentOf(peak.from + series.binMs / 2, series)
  const y = heightOf(peak.value, max) - 5
  return html`<text class="peak" x="${x}%" y="${y}"${anchor(x, 12)}>${series.share ? f.share(peak.value) : f.number(peak.value)}<tspan class="tick"> ${f.clock(peak.from)}</tspan></text>`
}

/** Signs that would touch get a row each below the axis. */
function markerRows(markers: Marker[], series: Span): { row: number[]; count: number } {
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

function markerMark(marker: Marker, row: number, series: Span): Html {
  const x = percentOf(marker.at, series)
  const y = PLOT_TOP + PLOT_HEIGHT + AXIS_HEIGHT + row * 18 + 8
  return html`<line class="mark ${marker.kind}" x1="${x}%" x2="${x}%" y1="${PLOT_TOP}" y2="${y - 8}"/><circle class="sign ${marker.kind}" cx="${x}%" cy="${y}" r="8"/><text class="signtext" x="${x}%" y="${y + 4}" text-anchor="middle">${marker.sign}</text>`
}
