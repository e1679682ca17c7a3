import type { EpochMs } from '../../contract/time.js'
import type { Graph } from '../graph/graph.js'
import type { Troubled } from './trouble.js'

/** How trouble gets from one node to the next: to who calls it or stands on it; or as load, to what it calls or stands on. */
export type Flow = 'fails' | 'load' | 'alias'

export interface Step {
  from: string
  to: string
  flow: Flow
  /** Bits that explain against this way: steps, load instead of failing, unmeasured nodes between. */
  bits: number
}

/** Trouble in a node that stands beside another one for the same callers may be the same thing by another name, or the way to it. */
const ALIAS_BITS = 3

/** Neighbours by direction. */
export interface Ways {
  dependents: ReadonlyMap<string, readonly string[]>
  dependencies: ReadonlyMap<string, readonly string[]>
  /** Nodes that are just services, as far as anybody said. */
  plain: ReadonlySet<string>
}

/** An edge that is only suggested is no way. */
export function waysOf(graph: Graph): Ways {
  const dependents = new Map<string, string[]>()
  const dependencies = new Map<string, string[]>()
  for (const { from, to, basis } of graph.edges) {
    if (basis === 'suggested' || from === to) continue
    dependents.set(to, [...(dependents.get(to) ?? []), from])
    dependencies.set(from, [...(dependencies.get(from) ?? []), to])
  }
  const plain = new Set([...graph.nodes.values()].filter(each => each.kind === 'service').map(each => each.id))
  return { dependents, dependencies, plain }
}

const HOP_BITS = 0.3
const UNMEASURED_BITS = 1
const CALM_BITS = 5
const LOAD_BITS = 2
/** A victim that was in trouble before its origin, by intervals that do not meet. */
const EARLY_BITS = 4

/** Bits against `later` following from `first`: none where the intervals of their onsets meet or stand in that order. */
export function orderBits(first: [EpochMs, EpochMs], later: [EpochMs, EpochMs]): number {
  if (later[1] > first[0]) return 0
  const lead = first[0] - later[1]
  const width = Math.max(1, first[1] - first[0], later[1] - later[0])
  return Math.min(2 * EARLY_BITS, EARLY_BITS + Math.log2(1 + lead / width))
}

interface Reached {
  bits: number
  /** Once trouble went down as load it may come up again to others. */
  step: Step | null
}

/**
 * Everything that trouble at `origin` may reach, with the cheapest way to it. It goes up to dependents through nodes that are in
 * trouble themselves, or not measured at all; down as load only into nodes that show load or are full.
 */
export function reachedFrom(
  origin: string,
  ways: Ways,
  troubled: ReadonlyMap<string, Troubled>,
  measured: ReadonlySet<string>,
): Map<string, Reached> {
  const reached = new Map<string, Reached>([[origin, { bits: 0, step: null }]])
  const open = [origin]
  while (open.length > 0) {
    open.sort((a, b) => reached.get(b)!.bits - reached.get(a)!.bits)
    const at = open.pop()!
    for (const step of stepsFrom(at, ways, troubled, measured)) {
      const bits = reached.get(at)!.bits + step.bits
      const before = reached.get(step.to)
      if (before && before.bits <= bits) continue
      reached.set(step.to, { bits, step })
      if (!open.includes(step.to)) open.push(step.to)
    }
  }
  return reached
}

function stepsFrom(
  at: string,
  ways: Ways,
  troubled: ReadonlyMap<string, Troubled>,
  measured: ReadonlySet<string>,
): Step[] {
  const here = troubled.get(at)
  const steps: Step[] = []
  for (const to of ways.dependents.get(at) ?? []) {
    const there = troubled.get(to)
    const calm = there ? 0 : measured.has(to) ? CALM_BITS : UNMEASURED_BITS
    const order = here && there ? orderBits(here.onset, there.onset) : 0
    steps.push({ from: at, to, flow: 'fails', bits: HOP_BITS + calm + order })
  }
  for (const to of ways.dependencies.get(at) ?? []) {
    const there = troubled.get(to)
    if (!there || !(there.symptoms.has('load') || there.symptoms.has('full'))) continue
    const order = here ? orderBits(here.onset, there.onset) : 0
    steps.push({ from: at, to, flow: 'load', bits: HOP_BITS + LOAD_BITS + order })
  }
  if (here)
    for (const to of besides(at, ways)) {
      const there = troubled.get(to)
      if (there && meets(here.onset, there.onset)) steps.push({ from: at, to, flow: 'alias', bits: ALIAS_BITS })
    }
  return steps
}

/** Nodes of unknown inside that the same callers call: they name nothing that they stand on. */
const besides = (at: string, { dependents, dependencies, plain }: Ways): string[] => {
  const found = new Set((dependents.get(at) ?? []).flatMap(caller => dependencies.get(caller) ?? []))
  return [...found].filter(each => each !== at && plain.has(each) && (dependencies.get(each) ?? []).length === 0)
}

/** Whether two intervals share a moment. */
export const meets = (a: [EpochMs, EpochMs], b: [EpochMs, EpochMs]): boolean => a[0] <= b[1] && b[0] <= a[1]
