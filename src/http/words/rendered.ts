import MarkdownIt from 'markdown-it'
import { html, type Html, trusted } from '../pages/html.js'

/** No HTML, no images and no links but to the web and to ourselves: what somebody wrote draws nothing of its own. */
const READER = MarkdownIt('commonmark', { html: false }).enable('table').disable('image')
READER.validateLink = href => /^(?:https?:\/\/|\/(?!\/)|#)/i.test(href)
READER.renderer.rules['fence'] = (tokens, i) => {
  const { info = '', content = '' } = tokens[i] ?? {}
  const chart = /^chart\s+(.*)$/.exec(info)
  const drawn = chart && chartOf(content, chart[1]!)
  return (drawn ?? html`<pre><code>${content}</code></pre>`).text
}

/** Markdown of a post-mortem as the page shows it; its first heading is the page's own. */
export const rendered = (markdown: string): Html => trusted(READER.render(markdown))

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [720, 180, 44, 20]
/** More lines are no chart of ours. */
const MOST_POINTS = 2_000

/** The numbers of a chart block as a drawing, the same wherever it is drawn; null where they are no such numbers. */
export function chartOf(content: string, title: string): Html | null {
  const rows = content.trim().split('\n')
  if (rows.length > MOST_POINTS) return null
  const points = rows.map((row): [number, number] => {
    const [at = '', share = ''] = row.trim().split(/\s+/)
    return [Date.parse(at), Number(share)]
  })
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last || points.some(each => !Number.isFinite(each[0]) || !(each[1] >= 0 && each[1] <= 1))) return null
  const span = last[0] - first[0]
  if (!(span > 0)) return null
  const x = (at: number) => LEFT + ((at - first[0]) / span) * (WIDTH - LEFT)
  const y = (share: number) => 8 + (1 - share) * (HEIGHT - BOTTOM - 8)
  // A share stands until the next is told.
  const path = points
    .map(
      ([at, share], i) =>
        `${i === 0 ? 'M' : `H${x(at).toFixed(1)}V`}${i === 0 ? `${x(at).toFixed(1)} ` : ''}${y(share).toFixed(1)}`,
    )
    .join('')
  const clock = (at: number) => new Date(at).toISOString().slice(11, 16)
  const label = (share: number) =>
    html`<text x="${LEFT - 6}" y="${(y(share) + 4).toFixed(1)}" text-anchor="end">${100 * share}%</text><line class="grid" x1="${LEFT}" x2="${WIDTH}" y1="${y(share).toFixed(1)}" y2="${y(share).toFixed(1)}"/>`
  return html`<figure><svg class="chart" role="img" viewBox="0 0 ${WIDTH} ${HEIGHT}"><title>${title}</title>${[0, 0.5, 1].map(label)}<path class="line" fill="none" stroke="currentColor" stroke-width="2" d="${path}"/><text x="${LEFT}" y="${HEIGHT - 4}">${clock(first[0])} UTC</text><text x="${WIDTH}" y="${HEIGHT - 4}" text-anchor="end">${clock(last[0])} UTC</text></svg><figcaption>${title}</figcaption></figure>`
}
