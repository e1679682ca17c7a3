import { DAY, type EpochMs, MINUTE } from '../../../contract/time.js'
import { cleaned } from './book.js'
import type { Origin } from './origin.js'
import { idFrom } from './tally.js'

/** Client spans that wait for their server, and the reverse, in each of two generations: 100 bytes each. */
const SPANS_WAITING = 20_000
/** Spans looked at in a generation, beyond which one trace in eight is. */
const MANY = 2_000
/** A trace is complete within this, or its pairs are not found. */
const TRACE_MS = MINUTE
/** Edges that are remembered; further ones are left out. */
const EDGES = 2_000
/** An edge that was not seen for so long is no more. */
const EDGE_MS = DAY
/** The graph is told when nothing new was found for so long. */
const SPAN_QUIET_MS = 2 * MINUTE
/** So long it waits at most. */
const LATEST_MS = 10 * MINUTE
/** And again so often, at most. */
const GRAPH_EVERY_MS = 5 * MINUTE

/** What a service stands on. */
export interface Node {
  id: string
  name: string
  kind: 'service' | 'database' | 'cache' | 'queue'
}
interface Edge {
  node: Node & { service?: string }
  component: string | undefined
  heardAt: EpochMs
}
interface End {
  service: string
  component: string | undefined
  name: string
}
interface Waiting {
  clients: Map<number, { from: End; node: Node | null }>
  servers: Map<number, End>
}

const empty = (): Waiting => ({ clients: new Map(), servers: new Map() })

/**
 * Who calls whom, read from spans: a client span and the server span that it is the parent of, from two services; a client span
 * that says which database, cache or queue it asks. A sample of pairs is enough: what is not found in one trace is in the next.
 */
export class Edges {
  private fresh = empty()
  private old = empty()
  private turnedAt: EpochMs = Number.NEGATIVE_INFINITY
  /** By service, then by what the edge is. */
  private readonly edges = new Map<string, Map<string, Edge>>()
  private size = 0
  private news: { first: EpochMs; last: EpochMs } | null = null
  private toldAt: EpochMs = Number.NEGATIVE_INFINITY
  private now: EpochMs = 0
  private looked = 0

  /** Called before each request. */
  turn(now: EpochMs): void {
    this.now = now
    if (now - this.turnedAt < TRACE_MS) return
    this.turnedAt = now
    this.looked = 0
    this.old = this.fresh
    this.fresh = empty()
  }

  /** Whether a trace is looked at: where there are many, one in eight, with all of its spans. */
  looksAt(trace: number): boolean {
    return this.looked < MANY || (trace & 7) === 0
  }

  client(origin: Origin, span: number, node: Node | null): void {
    this.looked++
    const server = this.take('servers', span)
    const from = endOf(origin)
    if (server !== undefined) this.pair(from, server)
    else if (node !== null && node.kind !== 'service') this.known(origin, node)
    else if (this.fresh.clients.size < SPANS_WAITING) {
      // Who is named as the other side is known without it.
      if (node !== null) this.add(from, node)
      else this.fresh.clients.set(span, { from, node })
    }
  }

  server(origin: Origin, parent: number): void {
    if (parent === 0) return
    this.looked++
    const client = this.take('clients', parent)
    if (client !== undefined) this.pair(client.from, endOf(origin))
    else if (this.fresh.servers.size < SPANS_WAITING) this.fresh.servers.set(parent, endOf(origin))
  }

  known(origin: Origin, node: Node): void {
    this.add(endOf(origin), node)
  }

  /** Topologies that are to be told now, none mostly. */
  facts(now: EpochMs): object[] {
    const { news } = this
    if (news === null || now - this.toldAt < GRAPH_EVERY_MS) return []
    if (now - news.last < SPAN_QUIET_MS && now - news.first < LATEST_MS) return []
    this.news = null
    this.toldAt = now
    return [...this.edges].flatMap(([service, edges]) => {
      for (const [key, { heardAt }] of edges) if (now - heardAt > EDGE_MS && edges.delete(key)) this.size--
      return edges.size === 0 ? [] : [topologyOf(service, [...edges.values()], now)]
    })
  }

  private take<Key extends keyof Waiting>(where: Key, span: number) {
    type Value = Waiting[Key] extends Map<number, infer V> ? V : never
    for (const each of [this.fresh, this.old]) {
      const map = each[where] as Map<number, Value>
      const found = map.get(span)
      if (found === undefined) continue
      map.delete(span)
      return found
    }
    return undefined
  }

  private pair(from: End, to: End): void {
    if (from.name === to.name) return
    const isWithin = from.service === to.service
    const id = isWithin ? (to.component ?? to.name) : to.service
    this.add(from, { id, name: id, kind: 'service', ...(isWithin ? {} : { service: to.service }) })
  }

  private add({ service, component }: End, { id: spelled, name: named, ...node }: Edge['node']): void {
    const [id, name] = [cleaned(spelled), cleaned(named)]
    if (id === undefined || name === undefined) return
    let edges = this.edges.get(service)
    if (edges === undefined) this.edges.set(service, (edges = new Map()))
    const key = `${component ?? ''}\0${id}`
    const there = edges.get(key)
    if (there !== undefined) {
      there.heardAt = this.now
      return
    }
    if (this.size >= EDGES) return
    this.size++
    edges.set(key, { node: { id, name, ...node }, component, heardAt: this.now })
    this.news = { first: this.news?.first ?? this.now, last: this.now }
  }
}

const endOf = ({ service, component, name }: Origin): End => ({ service, component, name })

/** What a service stands on, and which of its components; the same of the same edges, whenever it is told. */
function topologyOf(service: string, edges: readonly Edge[], now: EpochMs): object {
  const nodes = new Map<string, Edge['node']>()
  const components = new Map<string, string[]>()
  for (const { node, component } of edges) {
    if (component !== undefined) components.set(component, [...(components.get(component) ?? []), node.id].sort())
  }
  for (const { node } of edges) if (!components.has(node.id)) nodes.set(node.id, node)
  const byId = <T>(all: Map<string, T>) => [...all].sort(([a], [b]) => (a < b ? -1 : 1))
  const told = {
    components: byId(components).map(([id, on]) => ({
      id,
      name: id,
      kind: 'service',
      dependsOn: on.map(each => ({ id: each, basis: 'trace' })),
    })),
    dependsOn: byId(nodes).map(([, node]) => ({ ...node, basis: 'trace' })),
  }
  return {
    type: 'fact',
    via: 'topology',
    id: `graph-${idFrom(service, JSON.stringify(told))}`,
    service,
    at: now,
    source: 'otlp',
    ...told,
  }
}
