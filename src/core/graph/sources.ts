import type { Topology } from '../../contract/signal.js'
import {
  type Component,
  type Dependency,
  EDGE_BASES,
  type EdgeBasis,
  type TopologyNode,
} from '../../contract/topology.js'

/** What one source says of a service. */
export interface Said {
  components: Component[]
  dependsOn: Dependency[]
}

/** What is said of a service by source; who names no source is the source ''. */
export type Sources = Record<string, Said>

/** Sources of one service that are kept; the one that spoke longest ago makes room. */
const MAX_SOURCES = 64

/** Notes what a topology says: it replaces what its source said before, and stands last. */
export function noteTopology(sources: Sources, topology: Topology): Sources {
  const { source = '', components, dependsOn } = topology
  const others = Object.entries(sources).filter(([name]) => name !== source)
  return Object.fromEntries([...others.slice(1 - MAX_SOURCES), [source, { components, dependsOn }]])
}

/**
 * All sources together. Nodes that share an id are one: the source '' and then the one whose name comes first says how it is
 * called, what it depends on adds up, and of two bases of an edge the stronger stands. Independent of the order of arrival.
 */
export function summed(sources: Sources): Said {
  const all = Object.keys(sources)
    .sort()
    .map(name => sources[name]!)
  if (all.length === 1) return all[0]!
  return { components: united(all.map(each => each.components)), dependsOn: united(all.map(each => each.dependsOn)) }
}

function united<T extends TopologyNode & { basis?: EdgeBasis }>(lists: readonly T[][]): T[] {
  const nodes = new Map<string, T>()
  for (const node of lists.flat()) {
    const before = nodes.get(node.id)
    nodes.set(node.id, before ? joined(before, node) : node)
  }
  return [...nodes.values()]
}

function joined<T extends TopologyNode & { basis?: EdgeBasis }>(first: T, second: T): T {
  const dependsOn = [...new Set([...(first.dependsOn ?? []), ...(second.dependsOn ?? [])])]
  const basis: Record<string, EdgeBasis> = {}
  for (const id of dependsOn) {
    const strongest = stronger(basisOf(first, id), basisOf(second, id))
    if (strongest !== 'declared') basis[id] = strongest
  }
  const node: T = { ...second, ...first }
  delete node.basis
  const own = stronger(first.basis ?? 'declared', second.basis ?? 'declared')
  if (own !== 'declared') node.basis = own
  delete node.bases
  if (dependsOn.length > 0) node.dependsOn = dependsOn
  if (Object.keys(basis).length > 0) node.bases = basis
  return node
}

/** Where the edge from a node to `id` is known from; undefined where there is none. */
export function basisOf(node: TopologyNode, id: string): EdgeBasis | undefined {
  return node.dependsOn?.includes(id) ? (node.bases?.[id] ?? 'declared') : undefined
}

/** The stronger of two bases, one of which may be missing. */
export function stronger(a: EdgeBasis | undefined, b: EdgeBasis | undefined): EdgeBasis {
  const rank = (basis: EdgeBasis | undefined): number => (basis ? EDGE_BASES.indexOf(basis) : EDGE_BASES.length)
  return (rank(a) <= rank(b) ? a : b) ?? 'suggested'
}
