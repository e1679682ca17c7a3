import { ID_CHARS, LABEL_VALUE_CHARS, SCOPE_VALUES, TOPOLOGY_NODES } from '../../contract/limits.js'
import type { Topology } from '../../contract/signal.js'
import {
  type Component,
  type Dependency,
  EDGE_BASES,
  type Edge,
  type EdgeBasis,
  NODE_KINDS,
  type NodeKind,
  type TopologyNode,
} from '../../contract/topology.js'
import {
  badService,
  badText,
  badTitle,
  type Fields,
  given,
  LABEL_VALUE_RULE,
  NAME_RULE,
  readName,
  readService,
  readTitle,
  Refusal,
  refuse,
} from './rules.js'

const NODES: ReadonlySet<string> = new Set(NODE_KINDS)
const BASES: ReadonlySet<string> = new Set(EDGE_BASES)

/** What a service consists of and stands on. */
export function readTopology(
  f: Fields,
  base: Pick<Topology, 'id' | 'service' | 'at' | 'seenAt' | 'title' | 'href' | 'labels'>,
): Topology | Refusal {
  const components = readNodes(f['components'], 'topology.components')
  if (components instanceof Refusal) return components
  const dependsOn = readNodes(f['dependsOn'], 'topology.dependsOn')
  if (dependsOn instanceof Refusal) return dependsOn
  const edges = readEdges(f['edges'])
  if (edges instanceof Refusal) return edges
  const topology: Topology = { type: 'fact', via: 'topology', ...base, components, dependsOn }
  if (edges) topology.edges = edges
  if (given(f['source'])) {
    const source = readName(f['source'], ID_CHARS)
    if (source === null) return badText('topology.source', 'source', ID_CHARS, f['source'])
    topology.source = source
  }
  return topology
}

/** Left out, what was said before stands. */
function readEdges(value: unknown): Edge[] | null | Refusal {
  if (!given(value)) return null
  const message = `a list of at most ${TOPOLOGY_NODES} {cell, codes}, each of at most ${SCOPE_VALUES} codes`
  if (!Array.isArray(value) || value.length > TOPOLOGY_NODES) return refuse('topology.edges', message, value)
  const edges: Edge[] = []
  for (const item of value as unknown[]) {
    if (typeof item !== 'object' || item === null) return refuse('topology.edges', message, item)
    const { cell, codes } = item as Fields
    const name = readName(cell, LABEL_VALUE_CHARS)
    if (name === null || !Array.isArray(codes) || codes.length > SCOPE_VALUES)
      return refuse('topology.edges', message, item)
    const names = readNames(codes, 'topology.edges')
    if (names instanceof Refusal) return names
    edges.push({ cell: name, codes: names })
  }
  return edges
}

/** A list of label values. */
export function readNames(values: readonly unknown[], rule: string): string[] | Refusal {
  const names: string[] = []
  for (const value of values) {
    const name = readName(value, LABEL_VALUE_CHARS)
    if (name === null) return refuse(rule, LABEL_VALUE_RULE, value)
    names.push(name)
  }
  return names
}

/** Components and dependencies alike; `service` is kept where it stands. */
export function readNodes(value: unknown, rule: string): (Component & Dependency)[] | Refusal {
  if (!given(value)) return []
  if (!Array.isArray(value) || value.length > TOPOLOGY_NODES)
    return refuse(rule, `a list of at most ${TOPOLOGY_NODES} {id, name, kind?, service?, dependsOn?}`, value)
  const nodes: (Component & Dependency)[] = []
  for (const item of value as unknown[]) {
    const node = readNode(typeof item === 'string' ? { id: item } : item, rule)
    if (node instanceof Refusal) return node
    nodes.push(node)
  }
  return nodes
}

function readNode(item: unknown, rule: string): (Component & Dependency) | Refusal {
  if (typeof item !== 'object' || item === null)
    return refuse(rule, 'an item must be {id, name, kind?, service?, dependsOn?}', item)
  const { id: named, name, kind, service, basis, dependsOn } = item as Fields
  const id = readName(named, LABEL_VALUE_CHARS)
  if (id === null) return refuse(rule, `id must be a name of 1 to ${LABEL_VALUE_CHARS} characters: ${NAME_RULE}`, named)
  const title = given(name) ? readTitle(name) : id
  if (title === null) return badTitle(rule, 'name', name)
  const node: Component & Dependency = { id, name: title }
  if (given(kind)) {
    if (typeof kind !== 'string' || !NODES.has(kind))
      return refuse(rule, `kind of a node must be one of ${NODE_KINDS.join(', ')}`, kind)
    node.kind = kind as NodeKind
  }
  if (given(service)) {
    const other = readService(service)
    if (other === null) return badService(service)
    node.service = other
  }
  if (given(basis)) {
    if (typeof basis !== 'string' || !BASES.has(basis))
      return refuse(rule, `basis must be one of ${EDGE_BASES.join(', ')}`, basis)
    if (basis !== 'declared') node.basis = basis as EdgeBasis
  }
  if (!given(dependsOn)) return node
  const refused = readDependsOn(dependsOn, rule, node)
  return refused ?? node
}

/** Ids, or `{id, basis?}` where it is not who runs it that says so. */
function readDependsOn(value: unknown, rule: string, into: TopologyNode): Refusal | null {
  const message = `dependsOn must be a list of at most ${TOPOLOGY_NODES} ids, or {id, basis?} with basis one of ${EDGE_BASES.join(', ')}`
  if (!Array.isArray(value) || value.length > TOPOLOGY_NODES) return refuse(rule, message, value)
  const bases = new Map<string, EdgeBasis>()
  for (const item of value as unknown[]) {
    const whole = typeof item === 'object' && item !== null
    const { id, basis } = whole ? (item as Fields) : { id: item, basis: undefined }
    const name = readName(id, LABEL_VALUE_CHARS)
    if (name === null) return refuse(rule, LABEL_VALUE_RULE, id)
    if (given(basis) && (typeof basis !== 'string' || !BASES.has(basis))) return refuse(rule, message, basis)
    bases.set(name, given(basis) ? (basis as EdgeBasis) : 'declared')
  }
  into.dependsOn = [...bases.keys()]
  const other = [...bases].filter(([, basis]) => basis !== 'declared')
  if (other.length > 0) into.bases = Object.fromEntries(other)
  return null
}
