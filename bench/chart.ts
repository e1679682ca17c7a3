/**
 * Calibration plots as SVG: what was said against what was, a disc for each bin, as large as its count says, whiskers for the middle 80 %.
 * Colours follow the reader's light or dark scheme; every figure stands in the text of the picture's title elements too.
 */
export interface Dot {
  said: number
  was: number
  /** Middle 80 % of what was, where it is a quantity. */
  low?: number
  high?: number
  count: number
}

export interface Chart {
  title: string
  said: string
  was: string
  dots: readonly Dot[]
  /** Ends of both axes; logarithmic when `log`. */
  from: number
  until: number
  ticks: readonly number[]
  format: (value: number) => string
  log?: boolean
}

const SIZE = 420
const [LEFT, RIGHT, TOP, BOTTOM] = [70, 24, 46, 56]
const PLOT = SIZE - LEFT - RIGHT
const HEIGHT = TOP + PLOT + BOTTOM
/** Radius of the largest disc. */
const RADIUS_MAX = 12
const RADIUS_MIN = 3

const STYLE = `
  svg { color-scheme: light dark; background: #fff; }
  text { font: 12px system-ui, sans-serif; fill: #333; }
  .title { font-size: 14px; font-weight: 600; }
  .count { font-size: 10px; }
  .grid { stroke: #ddd; } .ideal { stroke: #888; stroke-dasharray: 4 4; }
  .dot { fill: #1f6fb2; fill-opacity: .55; stroke: #1f6fb2; } .whisker { stroke: #1f6fb2; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) {
    svg { background: #16191d; } text { fill: #d5d9de; }
    .grid { stroke: #353b42; } .ideal { stroke: #8b939c; }
    .dot { fill: #6cb6f5; stroke: #6cb6f5; } .whisker { stroke: #6cb6f5; }
  }`

const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
const px = (value: number) => value.toFixed(1)

export function calibrationChart(chart: Chart): string {
  const { from, until, log = false } = chart
  const place = (value: number) => {
    const within = Math.min(until, Math.max(from, value))
    return PLOT * (log ? Math.log(within / from) / Math.log(until / from) : (within - from) / (until - from))
  }
  const x = (value: number) => px(LEFT + place(value))
  const y = (value: number) => px(TOP + PLOT - place(value))
  const most = Math.max(1, ...chart.dots.map(d => d.count))
  const grid = chart.ticks.flatMap(tick => [
    `<line class="grid" x1="${x(tick)}" x2="${x(tick)}" y1="${TOP}" y2="${TOP + PLOT}"/>`,
    `<line class="grid" x1="${LEFT}" x2="${LEFT + PLOT}" y1="${y(tick)}" y2="${y(tick)}"/>`,
    `<text x="${x(tick)}" y="${TOP + PLOT + 20}" text-anchor="middle">${chart.format(tick)}</text>`,
    `<text x="${LEFT - 16}" y="${y(tick)}" dy=".35em" text-anchor="end">${chart.format(tick)}</text>`,
  ])
  const dots = chart.dots.flatMap(d => {
    const radius = Math.max(RADIUS_MIN, RADIUS_MAX * Math.sqrt(d.count / most))
    const whisker =
      d.low === undefined || d.high === undefined
        ? []
        : [`<line class="whisker" x1="${x(d.said)}" x2="${x(d.said)}" y1="${y(d.low)}" y2="${y(d.high)}"/>`]
    const told = `said ${chart.format(d.said)}, was ${chart.format(d.was)}, ${d.count} times`
    return [
      ...whisker,
      `<circle class="dot" cx="${x(d.said)}" cy="${y(d.was)}" r="${px(radius)}"><title>${escaped(told)}</title></circle>`,
      label(d, radius, x, y),
    ]
  })
  const middle = LEFT + PLOT / 2
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE} ${HEIGHT}" width="${SIZE}" height="${HEIGHT}" role="img" aria-label="${escaped(chart.title)}">
<style>${STYLE}
</style>
<text class="title" x="${middle}" y="24" text-anchor="middle">${escaped(chart.title)}</text>
${grid.join('\n')}
<line class="ideal" x1="${LEFT}" y1="${TOP + PLOT}" x2="${LEFT + PLOT}" y2="${TOP}"/>
${dots.join('\n')}
<text x="${middle}" y="${HEIGHT - 12}" text-anchor="middle">${escaped(chart.said)}</text>
<text transform="translate(14 ${TOP + PLOT / 2}) rotate(-90)" text-anchor="middle">${escaped(chart.was)}</text>
</svg>
`
}

/** The count above its disc, or below it where there is no room. */
function label(d: Dot, radius: number, x: (v: number) => string, y: (v: number) => string): string {
  const above = Number(y(d.was)) - radius > TOP + 8
  const at = Number(y(d.was)) + (above ? -radius - 4 : radius + 11)
  return `<text class="count" x="${x(d.said)}" y="${px(at)}" text-anchor="middle">${d.count}</text>`
}

/** Dots of pairs sorted into bins by what was said; edges ascending, inclusive below. */
export function binned(pairs: readonly { said: number; was: number }[], edges: readonly number[]): Dot[] {
  return edges.slice(0, -1).flatMap((edge, i) => {
    const some = pairs.filter(p => p.said >= edge && (p.said < edges[i + 1]! || i === edges.length - 2))
    if (some.length === 0) return []
    const sorted = some.map(p => p.was).sort((a, b) => a - b)
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
    const said = some.map(p => p.said).sort((a, b) => a - b)
    return [{ said: said[said.length >> 1]!, was: at(0.5), low: at(0.1), high: at(0.9), count: some.length }]
  })
}
