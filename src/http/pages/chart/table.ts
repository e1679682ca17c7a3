import { iso, type Format } from '../format.js'
import { html, type Html } from '../html.js'
import type { Strings } from '../strings.js'
import type { Picture } from './picture.js'
import type { Bar, Series } from './series.js'

/** About so many rows; more bars are summed. */
const ROWS = 28

interface Column {
  head: string
  /** Of bars that have data; null where they have none of this kind. */
  cell: (bars: readonly Bar[]) => string | null
}

/** The numbers of the pictures as text: a column for what there is, and none for what nobody measures. */
export function chartTable(
  series: Series,
  pictures: readonly Picture[],
  { t, f, now }: { t: Strings; f: Format; now: number },
): Html {
  const columns = columnsOf(series, pictures, t, f)
  const each = Math.max(1, Math.ceil(series.bars.length / ROWS))
  const rows: Html[] = []
  for (let i = 0; i < series.bars.length; i += each) {
    const part = series.bars.slice(i, i + each)
    const known = part.filter(bar => bar !== null)
    const at = series.from + i * series.binMs
    const missing = known.length < part.length
    rows.push(
      html`<tr><th scope="row"><time datetime="${iso(at)}">${f.moment(at, now).replace(' UTC', '')}</time>${missing ? ` (${t.chart.gap})` : ''}</th>${columns.map(({ cell }) => html`<td>${(known.length ? cell(known) : null) ?? '–'}</td>`)}</tr>`,
    )
  }
  const rule = pictures[0]?.share ? t.look.shareRule : t.chart.bandRule
  return html`<details id="numbers"><summary>${t.chart.table}</summary><p class="note">${rule}</p><div class="scroll" tabindex="0" role="region" aria-label="${t.chart.table}"><table><thead><tr><th scope="col">${t.chart.columns.from}</th>${columns.map(({ head }) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div></details>`
}

function columnsOf({ bars }: Series, pictures: readonly Picture[], t: Strings, f: Format): Column[] {
  const has = (kind: Picture['kind']) => pictures.some(each => each.kind === kind)
  const sum = (some: readonly Bar[], pick: (bar: Bar) => number) => some.reduce((all, bar) => all + pick(bar), 0)
  const share = (head: string, pick: (bar: Bar) => [number, number] | null): Column => ({
    head,
    cell: some => {
      const total = sum(some, bar => pick(bar)?.[0] ?? 0)
      return total > 0 ? f.share(sum(some, bar => pick(bar)?.[1] ?? 0) / total) : null
    },
  })
  const { columns } = t.chart
  const usual = (some: readonly Bar[]) =>
    some.some(bar => bar.expected === null)
      ? null
      : f.number(Math.round(sum(some, bar => (bar.expected ?? 0) * bar.filled)))
  return [
    ...(has('reports')
      ? [
          { head: columns.bad, cell: (some: readonly Bar[]) => f.number(sum(some, bar => bar.bad)) },
          { head: columns.usual, cell: usual },
        ]
      : []),
    ...(bars.some(bar => bar && bar.ok > 0)
      ? [{ head: columns.works, cell: (some: readonly Bar[]) => f.number(sum(some, bar => bar.ok)) }]
      : []),
    ...(has('requests') ? [share(columns.errors, ({ rate }) => rate && [rate[0], rate[1]])] : []),
    ...(has('slow') ? [share(t.look.slowColumn, ({ rate }) => rate && [rate[0], rate[2]])] : []),
    ...(has('checks') ? [share(t.look.checkColumn, ({ checks }) => checks)] : []),
    ...(has('posts')
      ? [
          {
            head: t.look.postColumn,
            cell: (some: readonly Bar[]) => f.number(sum(some, bar => bar.posts?.complaints ?? 0)),
          },
        ]
      : []),
  ]
}

export function legend({ bars, title, kind }: Picture, t: Strings): Html {
  const high = bars.some(bar => bar?.hot)
  const low = bars.some(bar => bar && !bar.hot)
  const part = bars.some(bar => bar && bar.filled < 1 && bar.value > 0)
  const gap = bars.some(bar => bar === null)
  const learned = bars.some(bar => bar !== null && bar.expected !== null)
  return html`<ul class="legend ${kind}">${high ? html`<li><i class="k hot"></i>${t.chart.high}</li>` : null}${low ? html`<li><i class="k low"></i>${learned ? t.chart.normal : title}</li>` : null}${part ? html`<li><i class="k ${high ? 'hot' : 'low'} part"></i>${t.chart.filling}</li>` : null}${learned ? html`<li><i class="k usual"></i>${t.chart.usual}</li><li><i class="k band"></i>${t.chart.band}</li>` : html`<li>${t.evidence.notLearned}</li>`}${gap ? html`<li><i class="k gap"></i>${t.chart.gap}</li>` : null}</ul>`
}
