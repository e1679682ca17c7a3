import { type Component, type Dependency, type EdgeBasis, NODE_KINDS, type NodeKind } from '../../contract/topology.js'
import { basisOf, stronger } from './sources.js'

export interface GraphNode {
  id: string
  name: string
  kind: NodeKind
}

/** `from` calls `to` or stands on it: failing flows from `to` to `from`, load from `from` to `to`. */
export interface GraphEdge {
  from: string
  to: string
  basis: EdgeBasis
}

export interface Graph {
  nodes: ReadonlyMap<string, GraphNode>
  edges: readonly GraphEdge[]
}

/** What a graph is made of: what each service says of itself. */
export interface GraphPart {
  id: string
  title: string
  components: readonly Component[]
  dependsOn: readonly Dependency[]
}

const KIND_RANK = new Map(NODE_KINDS.map((kind, i) => [kind, i]))

/**
 * The graph of all services. A dependency is the service that it names, or whose id it has; else a node of its own id, which
 * services share. So is a component that says what kind of node it is; another one is part of its service: what it depends on, its
 * service does. A dependency on which another dependency of the same service stands is reached through that one.
 */
export function graphOf(parts: readonly GraphPart[]): Graph {
  const nodes = new Map<string, GraphNode>(parts.map(({ id, title }) => [id, { id, name: title, kind: 'service' }]))
  const edges = new Map<string, GraphEdge>()
  const add = (from: string, to: string, basis: EdgeBasis): void => {
    if (from === to) return
    const key = `${from}\n${to}`
    edges.set(key, { from, to, basis: stronger(edges.get(key)?.basis, basis) })
  }
  for (const part of parts) {
    const own = part.components.filter(each => each.kind === undefined)
    const apart: Dependency[] = [...part.components.filter(each => each.kind !== undefined), ...part.dependsOn]
    const inside = new Set(own.map(each => each.id))
    const idOf = new Map(apart.map(each => [each.id, each.service ?? each.id]))
    const through = new Set(apart.flatMap(each => each.dependsOn ?? []))
    for (const each of apart) {
      const node = idOf.get(each.id)!
      noteNode(nodes, node, each)
      if (!through.has(each.id)) add(part.id, node, each.basis ?? 'declared')
      for (const id of each.dependsOn ?? []) if (!inside.has(id)) add(node, idOf.get(id) ?? id, basisOf(each, id)!)
    }
    for (const each of own)
      for (const id of each.dependsOn ?? []) if (!inside.has(id)) add(part.id, idOf.get(id) ?? id, basisOf(each, id)!)
  }
  for (const { from, to } of edges.values())
    for (const id of [from, to]) if (!nodes.has(id)) nodes.set(id, { id, name: id, kind: 'service' })
  return { nodes, edges: [...edges.values()] }
}

/** Of two kinds the more telling one stands: anything that is not just a service. */
function noteNode(nodes: Map<string, GraphNode>, id: string, { name, kind }: Dependency): void {
  const before = nodes.get(id)
  if (!before) nodes.set(id, { id, name, kind: kind ?? 'service' })
  else if (kind && KIND_RANK.get(kind)! > KIND_RANK.get(before.kind)!) nodes.set(id, { ...before, kind })
}
