import type { OriginPoint } from '../../contract/topology.js'
import type { EpochMs } from '../../contract/time.js'
import type { Graph } from '../graph/graph.js'
import { meets, orderBits, reachedFrom, type Step, type Ways, waysOf } from './flow.js'
import type { Alarm, Question } from './question.js'
import { bestPair, lonelyPairs, renamed, type Same } from './same.js'
import { type Troubled, troubledNodes } from './trouble.js'

export interface Candidate {
  /** Null is "not in the graph". */
  node: string | null
  bits: number
  probability: number
  reasons: OriginPoint[]
}

export interface Victim {
  node: string
  onset: [EpochMs, EpochMs]
}

/** One trouble with its origin, its way and those whom it hit. */
export interface Told {
  origin: string | null
  probability: number
  onset: [EpochMs, EpochMs]
  path: { from: string; to: string }[]
  victims: Victim[]
  ranked: Candidate[]
  /** Bits of all nodes that it explains. */
  bits: number
  /** Nodes that were taken for one thing though measured under another name than they are drawn with. */
  same: Same[]
}

/** Bits from which a trouble is told at all. */
export const TOLD_BITS = 8
/** A node counts as hit from so many bits on. */
const HIT_BITS = 2
const CALM_ORIGIN_BITS = 9
const UNMEASURED_ORIGIN_BITS = 4
/** A node without an explanation: a trouble of its own, at the same time and at another. */
const APART_BITS = 6
const TOGETHER_BITS = 10
/** The same where nobody has drawn what one of them stands on. */
const UNDRAWN_BITS = 3
/** A node that follows from another one that is not explained either. */
const FOLLOWS_BITS = 4
/** The prior of "something that the graph does not hold", and what each node that stands alone then costs. */
const OUTSIDE_BITS = 7
const ALONE_BITS = 1.5
/** A dependent that is fine though what it stands on is not. */
const ABSORBED_BITS = 0.4
const MOST_ABSORBED = 2
/** The origin had more work than usual from the beginning on. */
const LOADED_BITS = 1.5
/** A victim that is slower than all that it waits for can be. */
const SLOWER_BITS = 2
/** Who answers, and later than usual by less than anybody's patience, makes nobody fail. */
const ANSWERS_BITS = 4
const TIMEOUT_S = 1
/** A victim that loses more than what its origin does. */
const SMALL_BITS = 1.5
/** An alert is asked about; an origin that does not explain it answers another question. */
const ALERTED_BITS = 8
/** Troubles that are told of one question. */
const MOST_TROUBLES = 4

interface Scene {
  troubled: ReadonlyMap<string, Troubled>
  measured: ReadonlySet<string>
  ways: Ways
  alarms: ReadonlySet<string>
  nodes: readonly string[]
}

/** Where it began: troubles of this question, the one that is asked about first. None: nothing is wrong. */
export function originsOf(question: Question): Told[] {
  const all = troubledNodes(question)
  const measured = new Set(question.series.map(each => each.node))
  const sceneOf = (graph: Graph, troubled: ReadonlyMap<string, Troubled>, first: boolean): Scene => ({
    troubled,
    measured,
    ways: waysOf(graph),
    alarms: new Set(first ? question.alarms.filter(isAsked).map(each => each.node) : []),
    nodes: [...new Set([...graph.nodes.keys(), ...troubled.keys()])].sort(),
  })
  let { graph } = question
  const same: Same[] = []
  for (const node of all.keys()) {
    const pairs = lonelyPairs({ graph, measured, troubled: new Set([node]) })
    if (pairs.length === 0) continue
    const worth = (of: Graph): number => oneTrouble(sceneOf(of, all, true))?.ranked[0]!.bits ?? Number.NEGATIVE_INFINITY
    const found = bestPair(pairs, worth(graph), pair => worth(renamed(graph, pair)))
    if (!found) continue
    same.push(found)
    graph = renamed(graph, found)
  }
  const left = new Map(all)
  const told: Told[] = []
  while (told.length < MOST_TROUBLES) {
    const trouble = oneTrouble(sceneOf(graph, left, told.length === 0))
    if (!trouble) break
    const gone = new Set([trouble.origin, ...trouble.victims.map(each => each.node)])
    told.push({ ...trouble, same: same.filter(each => gone.has(each.measured)) })
    for (const node of gone) if (node !== null) left.delete(node)
    if (trouble.origin === null) break
  }
  return told
}

/** A warning is evidence; what is graver is what people ask about. */
const isAsked = ({ severity }: Alarm): boolean => severity !== 'warning' && severity !== 'info'

function oneTrouble(scene: Scene): Told | null {
  const wrong = [...scene.troubled.values()].filter(each => each.bits > 0)
  if (wrong.length === 0) return null
  const found = scene.nodes.map(node => ({ ...candidateOf(node, wrong, scene), step: node }))
  const outside = outsideOf(wrong, scene)
  const ranked = ranking([...found.map(each => each.candidate), outside])
  const first = ranked[0]!
  const chosen = found.find(each => each.step === first.node)
  const bits = chosen ? chosen.explained : wrong.reduce((sum, each) => sum + each.bits, 0)
  if (bits < TOLD_BITS) return null
  const victims = (chosen ? chosen.victims : wrong).filter(each => each.bits >= HIT_BITS && each.node !== first.node)
  return {
    origin: first.node,
    probability: first.probability,
    onset: onsetOf(first.node, victims, scene),
    path: chosen ? pathOf(first.node!, victims, chosen.reached, scene) : [],
    victims: victims
      .map(({ node, onset }) => ({ node, onset }))
      .sort((a, b) => a.onset[1] - b.onset[1] || a.node.localeCompare(b.node, 'en')),
    ranked,
    bits,
    same: [],
  }
}

function onsetOf(origin: string | null, victims: readonly Troubled[], { troubled }: Scene): [EpochMs, EpochMs] {
  const own = origin === null ? undefined : troubled.get(origin)
  if (own) return own.onset
  const last = Math.min(...victims.map(each => each.onset[1]))
  return [Math.min(...victims.map(each => each.onset[0])), last]
}

/** Probabilities by bits, best first; of two alike the name that comes first, so that the answer is one. */
function ranking(candidates: Candidate[]): Candidate[] {
  const most = Math.max(...candidates.map(each => each.bits))
  const whole = candidates.reduce((sum, each) => sum + 2 ** (each.bits - most), 0)
  return candidates
    .map(each => ({ ...each, probability: 2 ** (each.bits - most) / whole }))
    .sort((a, b) => b.bits - a.bits || (a.node ?? '~').localeCompare(b.node ?? '~', 'en'))
}

interface Weighed {
  candidate: Candidate
  victims: Troubled[]
  reached: ReturnType<typeof reachedFrom>
  explained: number
}

/** How well trouble at one node explains all that is seen. */
function candidateOf(node: string, wrong: readonly Troubled[], scene: Scene): Weighed {
  const { troubled, measured, ways, alarms } = scene
  const own = troubled.get(node)
  const reached = reachedFrom(node, ways, troubled, measured)
  const reasons: OriginPoint[] = [ownReason(node, own, measured)]
  const victims: Troubled[] = []
  const unexplained = new Map<string, number>()
  const late: string[] = []
  let [way, early] = [0, 0]
  for (const each of wrong) {
    if (each.node === node) continue
    const found = reached.get(each.node)
    const drawn = isDrawn(node, ways) && isDrawn(each.node, ways)
    const together = own && meets(own.onset, each.onset)
    const alone = Math.min(each.bits, together ? (drawn ? TOGETHER_BITS : UNDRAWN_BITS) : APART_BITS)
    const order = own ? orderBits(own.onset, each.onset) : 0
    const bits = found ? found.bits + order + intrinsic(each, found.step) : Number.POSITIVE_INFINITY
    if (bits >= alone) {
      unexplained.set(each.node, alone)
      continue
    }
    victims.push(each)
    way += bits - order
    early += order
    if (order > 0) late.push(each.node)
  }
  if (victims.length > 0) reasons.push({ reason: 'explains', bits: -way, nodes: victims.map(each => each.node) })
  if (late.length > 0) reasons.push({ reason: 'late', bits: -early, nodes: late })
  if (unexplained.size > 0)
    reasons.push({ reason: 'unexplained', bits: -missing(unexplained, ways), nodes: [...unexplained.keys()] })
  reasons.push(...circumstances(node, own, victims, scene))
  const hit = [...alarms].filter(each => each === node || victims.some(victim => victim.node === each))
  if (alarms.size > 0 && hit.length === 0) reasons.push({ reason: 'alerted', bits: -ALERTED_BITS, nodes: [...alarms] })
  const bits = reasons.reduce((sum, each) => sum + each.bits, 0)
  const explained = victims.reduce((sum, each) => sum + each.bits, own?.bits ?? 0)
  return { candidate: { node, bits, probability: 0, reasons }, victims, reached, explained }
}

/** What is left unexplained is as many troubles as it has beginnings; who stands on one of them costs little more. */
function missing(unexplained: ReadonlyMap<string, number>, { dependencies }: Ways): number {
  let bits = 0
  for (const [node, alone] of unexplained) {
    const follows = (dependencies.get(node) ?? []).some(each => unexplained.has(each))
    bits += follows ? Math.min(alone, FOLLOWS_BITS) : alone
  }
  return bits
}

const isDrawn = (node: string, { dependents, dependencies }: Ways): boolean =>
  dependents.has(node) || dependencies.has(node)

function ownReason(node: string, own: Troubled | undefined, measured: ReadonlySet<string>): OriginPoint {
  if (!own && !measured.has(node)) return { reason: 'unmeasured', bits: -UNMEASURED_ORIGIN_BITS }
  const bits = Math.min(CALM_ORIGIN_BITS, own?.bits ?? 0) - CALM_ORIGIN_BITS
  return { reason: own && own.bits > 0 ? 'own' : 'calm', bits }
}

/** What does not come from a dependency that fails: keys that no longer hit. */
function intrinsic(each: Troubled, step: Step | null): number {
  return step?.flow === 'fails' && each.symptoms.has('misses') ? 4 : 0
}

function circumstances(
  node: string,
  own: Troubled | undefined,
  victims: readonly Troubled[],
  scene: Scene,
): OriginPoint[] {
  const { troubled, measured, ways } = scene
  const reasons: OriginPoint[] = []
  const fine = (ways.dependents.get(node) ?? []).filter(
    each => measured.has(each) && !((troubled.get(each)?.bits ?? 0) > 0),
  )
  if (fine.length > 0)
    reasons.push({ reason: 'absorbed', bits: -Math.min(MOST_ABSORBED, fine.length * ABSORBED_BITS), nodes: fine })
  if (own?.deviations.some(each => each.symptom === 'load' && each.onset[1] <= own.onset[1]))
    reasons.push({ reason: 'loaded', bits: -LOADED_BITS })
  const slower =
    own && own.excess > 0 ? victims.filter(each => each.excess > 4 * own.excess && !each.symptoms.has('fails')) : []
  if (slower.length > 0)
    reasons.push({
      reason: 'slower',
      bits: -SLOWER_BITS * Math.min(2, slower.length),
      nodes: slower.map(each => each.node),
    })
  const failed = victims.filter(each => each.symptoms.has('fails'))
  if (
    own &&
    failed.length > 0 &&
    own.failingKnown &&
    !own.symptoms.has('fails') &&
    own.symptoms.has('slow') &&
    own.excess < TIMEOUT_S
  )
    reasons.push({ reason: 'answers', bits: -ANSWERS_BITS, nodes: failed.map(each => each.node) })
  const larger = own ? victims.filter(each => loses(each, own)) : []
  if (larger.length > 0)
    reasons.push({
      reason: 'small',
      bits: -Math.min(2, larger.length) * SMALL_BITS,
      nodes: larger.map(each => each.node),
    })
  return reasons
}

/** Whether a victim loses far more than its origin: more than reaches it from there. */
function loses(victim: Troubled, own: Troubled): boolean {
  return (['failing', 'waiting'] as const).some(what => {
    const [theirs, ours] = [victim.lost[what], own.lost[what]]
    return theirs !== null && ours !== null && ours > 0 && theirs > 3 * ours
  })
}

/** Something that the graph does not hold: nodes in trouble of which none stands on another, at the same time. */
function outsideOf(wrong: readonly Troubled[], { ways, troubled }: Scene): Candidate {
  const hit = (node: string): boolean => (troubled.get(node)?.bits ?? 0) >= HIT_BITS
  const roots = wrong.filter(each => each.bits >= HIT_BITS && !(ways.dependencies.get(each.node) ?? []).some(hit))
  const first = roots[0]
  const apart = roots.filter(each => first && !meets(first.onset, each.onset))
  const alone = Math.max(1, roots.length) * ALONE_BITS
  const bits = -OUTSIDE_BITS - alone - apart.length * APART_BITS
  return {
    node: null,
    bits,
    probability: 0,
    reasons: [{ reason: 'unexplained', bits, nodes: roots.map(each => each.node) }],
  }
}

/** Every edge along which the trouble went: between what was hit, through nodes between that are not measured. */
function pathOf(
  origin: string,
  victims: readonly Troubled[],
  reached: ReturnType<typeof reachedFrom>,
  { ways, troubled }: Scene,
): { from: string; to: string }[] {
  const on = new Set([origin, ...victims.map(each => each.node)])
  const edges = new Map<string, { from: string; to: string }>()
  const add = (from: string, to: string): void => {
    if (!edges.has(`${to}\n${from}`)) edges.set(`${from}\n${to}`, { from, to })
  }
  // The way by which each was reached, then every other edge between those that were hit.
  for (const { node } of victims) {
    const way: Step[] = []
    for (let step = reached.get(node)?.step; step; step = reached.get(step.from)?.step) way.unshift(step)
    for (const { from, to } of way) {
      on.add(to)
      add(from, to)
    }
  }
  for (const to of on)
    for (const from of ways.dependencies.get(to) ?? []) {
      const [a, b] = [troubled.get(from), troubled.get(to)]
      const downward = reached.get(from)?.step?.flow === 'load' && reached.get(from)?.step?.from === to
      if (on.has(from) && to !== origin && !downward && a && b && orderBits(a.onset, b.onset) === 0) add(from, to)
    }
  return [...edges.values()]
}
