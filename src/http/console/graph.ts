import type { Origin } from '../../contract/topology.js'
import { html, type Html } from '../pages/html.js'

// The way of a trouble as a picture: a row a node, where it began on top, and below each node those that it reached.

/** Rows that are drawn; who else was hit is told as a number. */
const NODES_DRAWN = 60
/** Characters of a name within the picture. */
const NAME_CHARS = 34
const [ROW, INDENT, RADIUS, WIDTH] = [40, 26, 7, 340]
/** Deeper nodes stand below each other. */
const INDENTED = 5

interface Row {
  node: string
  depth: number
  /** Index of the row it was reached from; null: it began there. */
  from: number | null
  role: 'began' | 'hit' | 'way'
}

const SAYS: Record<Row['role'], string> = {
  began: 'where it began, suspected',
  hit: 'hit',
  way: 'on the way, not seen to be hit',
}

/** From where it began to those that it hit, depth first; a node that is reached twice stands where it was reached first. */
export function rowsOf({ node, path, victims }: Pick<Origin, 'node' | 'path' | 'victims'>): Row[] {
  if (node === null) return []
  const next = new Map<string, string[]>()
  for (const { from, to } of path) next.set(from, [...(next.get(from) ?? []), to])
  const hit = new Set(victims)
  const rows: Row[] = []
  const seen = new Set([node])
  const visit = (at: string, depth: number, from: number | null): void => {
    const role = from === null ? 'began' : hit.has(at) ? 'hit' : 'way'
    const own = rows.push({ node: at, depth, from, role }) - 1
    const reached = (next.get(at) ?? []).filter(each => !seen.has(each))
    for (const each of reached) seen.add(each)
    for (const each of reached) visit(each, depth + 1, own)
  }
  visit(node, 0, null)
  return rows
}

/** The picture; null where nothing of the way is known. Who hears it gets the same as a list below it. */
export function graphPicture(origin: Origin): Html | null {
  const all = rowsOf(origin)
  if (all.length < 2) return null
  const rows = all.slice(0, NODES_DRAWN)
  const index = new Map(rows.map((row, i) => [row.node, i]))
  const height = rows.length * ROW
  // A way beside the one that was drawn: a node that is reached from two sides.
  const others = origin.path.filter(({ from, to }) => {
    const [a, b] = [index.get(from), index.get(to)]
    return a !== undefined && b !== undefined && rows[b]!.from !== a
  })
  const hit = all.filter(each => each.role === 'hit').length
  const title = `From ${origin.node} to ${hit} ${hit === 1 ? 'node' : 'nodes'} that it hit`
  return html`<figure class="scroll graph" tabindex="0" role="region" aria-label="The way of the trouble"><svg role="img" aria-label="${title}" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}">${rows.map((row, i) => line(row, i))}${others.map(({ from, to }) => beside(index.get(from)!, index.get(to)!, rows))}${rows.map((row, i) => drawn(row, i))}</svg>${all.length > rows.length ? html`<figcaption class="note">And ${all.length - rows.length} more.</figcaption>` : null}</figure>`
}

const xOf = ({ depth }: Row): number => RADIUS + 4 + Math.min(depth, INDENTED) * INDENT
const yOf = (index: number): number => index * ROW + ROW / 2

/** Down from where it was reached, and across. */
function line(row: Row, index: number): Html | null {
  if (row.from === null) return null
  const x = RADIUS + 4 + Math.min(row.depth - 1, INDENTED) * INDENT
  return html`<path d="M${x} ${yOf(row.from)}V${yOf(index) - 6}q0 6 6 6H${Math.max(x + 6, xOf(row))}"/>`
}

function beside(from: number, to: number, rows: readonly Row[]): Html {
  const [a, b] = [xOf(rows[from]!), xOf(rows[to]!)]
  const middle = (yOf(from) + yOf(to)) / 2
  return html`<path class="besides" d="M${a} ${yOf(from)}Q${Math.max(a, b) + INDENT} ${middle} ${b} ${yOf(to)}"/>`
}

function drawn(row: Row, index: number): Html {
  const [x, y] = [xOf(row), yOf(index)]
  const name = row.node.length > NAME_CHARS ? `${row.node.slice(0, NAME_CHARS - 1)}…` : row.node
  const mark =
    row.role === 'began'
      ? html`<circle class="ground" cx="${x}" cy="${y}" r="${RADIUS + 3}"/><circle class="hot" cx="${x}" cy="${y}" r="${RADIUS}"/><circle class="eye" cx="${x}" cy="${y}" r="3"/>`
      : row.role === 'hit'
        ? html`<rect class="hit" x="${x - 6}" y="${y - 6}" width="12" height="12"/>`
        : html`<circle class="hollow" cx="${x}" cy="${y}" r="6"/>`
  return html`${mark}<text x="${x + 16}" y="${y - 1}">${name}</text><text class="says" x="${x + 16}" y="${y + 13}">${SAYS[row.role]}</text>`
}
