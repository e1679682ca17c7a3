import { MINUTE, type EpochMs } from '../../contract/time.js'
import type { Dependency } from '../../contract/topology.js'

/** Incidents of one failure begin within this of one another. */
const SAME_ONSET_MS = 15 * MINUTE
/** So many services that fail at once and stand on one thing fail by it, though nobody watches that. */
const BEHIND_ONE = 3
/** Steps from a service to what it stands on that are followed. */
const DEEPEST = 10

/** An incident that is open. */
export interface OpenIncident {
  id: string
  service: string
  startedAt: EpochMs
}

/** What services stand on. */
export type Graph = ReadonlyMap<string, readonly Dependency[]>

/** Why an incident is told within another one's message. */
export interface Root {
  /** The incident whose message it is. */
  within: string
  /** What fails, as people know it. */
  name: string
}

/** Everything that a service stands on with the number of steps to it; services and other nodes alike. */
export function standsOn(graph: Graph, service: string): Map<string, { steps: number; name: string }> {
  const found = new Map<string, { steps: number; name: string }>()
  let edge = [service]
  for (let steps = 1; steps <= DEEPEST && edge.length > 0; steps++) {
    const next: string[] = []
    for (const from of edge)
      for (const { id, name, service: of } of graph.get(from) ?? []) {
        const node = of ?? id
        if (node === service || found.has(node)) continue
        found.set(node, { steps, name })
        next.push(node)
      }
    edge = next
  }
  return found
}

/**
 * Which incidents are told within another one's message: those that began with one of something they stand on, and those of
 * services that stand on one thing and began to fail together. The deepest failure is told, and the eldest of those that nothing
 * watched stands behind.
 */
export function rootsOf(open: readonly OpenIncident[], graph: Graph): Map<string, Root> {
  const byService = new Map<string, OpenIncident[]>()
  for (const each of open) byService.set(each.service, [...(byService.get(each.service) ?? []), each])
  const reach = new Map<string, Map<string, { steps: number; name: string }>>()
  for (const { service } of open) if (!reach.has(service)) reach.set(service, standsOn(graph, service))
  const roots = new Map<string, Root>()
  for (const each of open) {
    const below = [...reach.get(each.service)!]
      .flatMap(([node, { steps, name }]) =>
        (byService.get(node) ?? [])
          .filter(other => together(each, other) && !(reach.get(node)?.has(each.service) && isBefore(each, other)))
          .map(other => ({ other, steps, name })),
      )
      .toSorted((a, b) => b.steps - a.steps || (isBefore(a.other, b.other) ? -1 : 1))[0]
    if (below) roots.set(each.id, { within: below.other.id, name: below.name })
  }
  behindOne(open, reach, byService, roots)
  return settled(roots)
}

const together = (a: OpenIncident, b: OpenIncident): boolean => Math.abs(a.startedAt - b.startedAt) <= SAME_ONSET_MS
const isBefore = (a: OpenIncident, b: OpenIncident): boolean =>
  a.startedAt < b.startedAt || (a.startedAt === b.startedAt && a.id < b.id)

/** Services that fail together and stand on one thing that nobody watches: it names their common message. */
function behindOne(
  open: readonly OpenIncident[],
  reach: ReadonlyMap<string, ReadonlyMap<string, { steps: number; name: string }>>,
  watched: ReadonlyMap<string, unknown>,
  roots: Map<string, Root>,
): void {
  const behind = new Map<string, { name: string; steps: number; victims: OpenIncident[] }>()
  for (const each of open) {
    if (roots.has(each.id)) continue
    for (const [node, { steps, name }] of reach.get(each.service)!) {
      if (watched.has(node)) continue
      const known = behind.get(node) ?? { name, steps: 0, victims: [] }
      behind.set(node, { name, steps: known.steps + steps, victims: [...known.victims, each] })
    }
  }
  // What most stand on, and of these what stands nearest to them.
  const ranked = [...behind].toSorted(
    ([a, x], [b, y]) => y.victims.length - x.victims.length || x.steps - y.steps || (a < b ? -1 : 1),
  )
  const done = new Set<string>()
  for (const [, { name, victims }] of ranked) {
    const free = victims.filter(({ id }) => !done.has(id)).toSorted((a, b) => (isBefore(a, b) ? -1 : 1))
    const [eldest] = free
    const group = eldest === undefined ? [] : free.filter(each => together(each, eldest))
    if (new Set(group.map(each => each.service)).size < BEHIND_ONE) continue
    for (const { id } of group) {
      done.add(id)
      roots.set(id, { within: eldest!.id, name })
    }
  }
}

/** Follows each to the end: an incident within one that is itself within another is told by the last. */
function settled(roots: ReadonlyMap<string, Root>): Map<string, Root> {
  const out = new Map<string, Root>()
  for (const [id, first] of roots) {
    let root = first
    for (let i = 0; i < DEEPEST; i++) {
      const next = roots.get(root.within)
      if (next === undefined || next.within === root.within || root.within === id) break
      root = next
    }
    out.set(id, root)
  }
  return out
}
