import { type EpochMs, MINUTE } from '../contract/time.js'
import type { Fault, Region, Scenario, Steps } from './model.js'

/** One region × infrastructure cell × plan tier: users in it share one fate. */
export interface Leaf {
  cell: string
  tier: string | null
  /** Of the region's users. */
  share: number
}

/** Faults that answer nothing at all; the request never arrives, so the service's own metrics cannot count it. */
const NEVER_ARRIVES = new Set(['dns_failure', 'remote_party_unreachable'])
/** Faults that answer with success: neither error metrics nor probes see them. */
const ANSWERS_OK = new Set(['quality', 'wrong_data', 'feature_missing', 'slow'])
/** Requests an acting user makes in a minute: users are counted acting in five-minute slots. */
export const ACTIONS_PER_MIN = 0.2

/** Value of a piecewise-linear curve: zero before its first point, its last value after its last. */
export function along(curve: Steps, t: EpochMs): number {
  if (t < curve[0]![0]) return 0
  for (let i = 1; i < curve.length; i++) {
    const [b, y] = curve[i]!
    if (t >= b) continue
    const [a, x] = curve[i - 1]!
    return x + ((y - x) * (t - a)) / (b - a)
  }
  return curve.at(-1)![1]
}

/** A fault with everything that does not depend on time worked out. */
interface Prepared {
  fault: Fault
  /** Of user actions that the scoped components touch. */
  reach: number
  /** Region → leaf → weight; 0 out of scope. */
  weight: Float64Array[]
  inComponent: boolean[]
  start: EpochMs
}

/** What a request metric of one leaf and component should show. */
export interface RequestTruth {
  /** Requests per minute that reach the service. */
  perMin: number
  badShare: number
  slowShare: number
}

/**
 * The deterministic half of a scenario: who is hit, when, how badly (FORMAT, "Meaning of the numbers" 1–3 and 5).
 * Both the player and whoever judges it ask here; nothing is drawn.
 */
export class Expectation {
  readonly leaves: Leaf[][]
  readonly firstFault: EpochMs
  private readonly prepared: Prepared[]
  private readonly meanOf: number[]
  private readonly peakOf: number[]
  private levels: Float64Array
  private levelsAt: EpochMs = Number.NaN

  /** `quiet`: the same world in which no fault ever happens. */
  constructor(
    private readonly scenario: Scenario,
    private readonly quiet: boolean,
  ) {
    const { world } = scenario
    this.leaves = world.regions.map(region =>
      region.routes.flatMap(({ cell, share }) =>
        world.tiers.map(tier => ({ cell, tier: tier.id, share: share * tier.share })),
      ),
    )
    this.prepared = (quiet ? [] : scenario.faults).map(fault => this.prepare(fault))
    this.firstFault = Math.min(...this.prepared.map(p => p.start), Number.POSITIVE_INFINITY)
    this.levels = new Float64Array(this.prepared.length)
    this.meanOf = world.regions.map(r => r.curve.reduce((a, b) => a + b, 0) / r.curve.length)
    this.peakOf = world.regions.map(r => Math.max(...r.curve))
  }

  get faults(): readonly Fault[] {
    return this.prepared.map(p => p.fault)
  }

  private prepare(fault: Fault): Prepared {
    const { components, regions } = this.scenario.world
    const inComponent = components.map(c => fault.components?.includes(c.id) ?? true)
    return {
      fault,
      inComponent,
      reach: Math.min(
        1,
        components.reduce((sum, c, i) => sum + (inComponent[i] ? c.useShare : 0), 0),
      ),
      weight: regions.map((region, r) =>
        Float64Array.from(this.leaves[r]!, leaf => scopeWeight(fault, region.id, leaf.cell, leaf.tier)),
      ),
      start: fault.severity[0]![0],
    }
  }

  /** Severity of each fault at t, before scope. */
  private levelAt(t: EpochMs): Float64Array {
    if (t !== this.levelsAt) {
      this.prepared.forEach((p, i) => {
        this.levels[i] = along(p.fault.severity, t)
      })
      this.levelsAt = t
    }
    return this.levels
  }

  /** The day's rhythm against its mean, 1 on average. */
  rhythm(region: number, t: EpochMs): number {
    return diurnal(this.scenario.world.regions[region]!, t) / this.meanOf[region]!
  }

  /** Users acting in a five-minute slot. */
  active(region: number, t: EpochMs): number {
    const it = this.scenario.world.regions[region]!
    let users = (it.activePeak * diurnal(it, t)) / this.peakOf[region]!
    for (const surge of this.scenario.surges)
      if (t >= surge.from && t < surge.until && (surge.regions?.includes(it.id) ?? true)) users *= surge.multiplier
    return users
  }

  anyFault(t: EpochMs): boolean {
    return this.levelAt(t).some(level => level > 0)
  }

  /** Share of the users of a leaf whose action fails. */
  failing(region: number, leaf: number, t: EpochMs): number {
    const levels = this.levelAt(t)
    let ok = 1
    this.prepared.forEach((p, i) => {
      ok *= 1 - Math.min(1, levels[i]! * p.weight[region]![leaf]! * p.reach)
    })
    return 1 - ok
  }

  /** How much louder than its failing share a leaf is: faults that move people to write count more than once. */
  loudness(region: number, leaf: number, t: EpochMs): number {
    const levels = this.levelAt(t)
    let extra = 0
    this.prepared.forEach((p, i) => {
      extra += levels[i]! * p.weight[region]![leaf]! * p.reach * (p.fault.propensityMultiplier - 1)
    })
    return extra
  }

  /** Which faults a complaint of this leaf may come from, weighted. */
  pulls(region: number, leaf: number, t: EpochMs): number[] {
    const levels = this.levelAt(t)
    return this.prepared.map((p, i) => levels[i]! * p.weight[region]![leaf]! * p.reach * p.fault.propensityMultiplier)
  }

  /** Components that some fault touches in this leaf now. */
  componentsHit(region: number, leaf: number, t: EpochMs): boolean[] {
    const levels = this.levelAt(t)
    return this.scenario.world.components.map((_, c) =>
      this.prepared.some((p, i) => p.inComponent[c] && levels[i]! * p.weight[region]![leaf]! > 0),
    )
  }

  /** `users` is `active(region, t)`, which is the same for all leaves. */
  requests(region: number, leaf: number, component: number, users: number, t: EpochMs): RequestTruth {
    const levels = this.levelAt(t)
    let ok = 1
    let arrives = 1
    let slow = 0
    let retries = 0
    for (let i = 0; i < this.prepared.length; i++) {
      const p = this.prepared[i]!
      if (!p.inComponent[component]) continue
      const level = Math.min(1, levels[i]! * p.weight[region]![leaf]!)
      if (level === 0) continue
      const { effect, loadMultiplier } = p.fault
      if (NEVER_ARRIVES.has(effect)) arrives *= 1 - level
      else if (effect === 'slow') slow = Math.max(slow, level)
      else if (!ANSWERS_OK.has(effect)) {
        ok *= 1 - level
        retries = Math.max(retries, level * (loadMultiplier - 1))
      }
    }
    const { useShare } = this.scenario.world.components[component]!
    const { share } = this.leaves[region]![leaf]!
    return {
      perMin: users * share * useShare * ACTIONS_PER_MIN * arrives * (1 + retries),
      badShare: 1 - ok * (1 - USUAL_BAD_SHARE),
      slowShare: Math.min(1, USUAL_SLOW_SHARE + slow),
    }
  }

  /** Probability that a probe from this vantage truly finds the service failing. A probe acts as a user of the first tier. */
  probeFails(regionId: string, cell: string, t: EpochMs): number {
    const levels = this.levelAt(t)
    const tier = this.scenario.world.tiers[0]!.id
    let ok = 1
    this.prepared.forEach((p, i) => {
      if (ANSWERS_OK.has(p.fault.effect)) return
      ok *= 1 - Math.min(1, levels[i]! * scopeWeight(p.fault, regionId, cell, tier) * p.reach)
    })
    return 1 - ok
  }

  /** The first official post, from which on people see less need to report. */
  acknowledgedAt(): EpochMs {
    return this.quiet
      ? Number.POSITIVE_INFINITY
      : Math.min(...this.scenario.official.map(o => o.at), Number.POSITIVE_INFINITY)
  }
}

/** Errors and slow answers of a healthy service. */
export const USUAL_BAD_SHARE = 0.0008
/** Share of answers that are slow, likewise. */
export const USUAL_SLOW_SHARE = 0.004

function scopeWeight(fault: Fault, region: string, cell: string, tier: string | null): number {
  if (fault.cells && !fault.cells.includes(cell)) return 0
  if (fault.regions && !fault.regions.includes(region)) return 0
  return (fault.tiers && tier !== null ? (fault.tiers[tier] ?? 0) : 1) * fault.userShare
}

/** The curve's value at the local time, linear between the hours. */
function diurnal(region: Region, t: EpochMs): number {
  const hour = ((((t / MINUTE + region.utcOffsetMin) / 60) % 24) + 24) % 24
  const i = Math.floor(hour)
  const here = region.curve[i]!
  return here + (region.curve[(i + 1) % 24]! - here) * (hour - i)
}
