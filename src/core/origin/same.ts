import type { Graph, GraphEdge, GraphNode } from '../graph/graph.js'

/** A node that is measured under one name and stands in the graph under another. */
export interface Same {
  measured: string
  drawn: string
}

/** Bits by which an answer must become better before two names are taken for one thing. */
const GAIN_BITS = 3
/** Pairs of names that are tried. */
const MOST_PAIRS = 64

interface Lonely {
  graph: Graph
  measured: ReadonlySet<string>
  /** Nodes in trouble. */
  troubled: ReadonlySet<string>
}

/**
 * Hosts, stores and the like are often called otherwise by what measures them than by what draws the graph. Pairs of a node in
 * trouble that nothing in the graph touches, and one of the same kind that nothing measures.
 */
export function lonelyPairs({ graph, measured, troubled }: Lonely): Same[] {
  const touched = new Set(graph.edges.flatMap(each => [each.from, each.to]))
  const kinds = [...graph.nodes.values()].filter(each => each.kind !== 'service')
  const alone = kinds.filter(each => troubled.has(each.id) && !touched.has(each.id))
  const drawn = kinds.filter(each => !measured.has(each.id) && touched.has(each.id))
  return alone
    .flatMap(one => drawn.filter(each => each.kind === one.kind).map(each => ({ measured: one.id, drawn: each.id })))
    .slice(0, MOST_PAIRS)
}

/** The graph in which the drawn node carries the name under which it is measured. */
export function renamed({ nodes, edges }: Graph, { measured, drawn }: Same): Graph {
  const name = (id: string): string => (id === drawn ? measured : id)
  const kept = new Map<string, GraphNode>([...nodes].filter(([id]) => id !== drawn))
  return { nodes: kept, edges: edges.map((each): GraphEdge => ({ ...each, from: name(each.from), to: name(each.to) })) }
}

/** The pair by which an answer becomes clearly better in bits, and better than by any other drawn node; null without one. */
export function bestPair(pairs: readonly Same[], plain: number, ask: (same: Same) => number): Same | null {
  const ranked = pairs.map(same => ({ same, bits: ask(same) })).sort((a, b) => b.bits - a.bits)
  const [first, second] = ranked
  if (!first || first.bits < plain + GAIN_BITS) return null
  return second && second.bits > first.bits - 1 ? null : first.same
}
