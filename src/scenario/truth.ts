import { type EpochMs, MINUTE } from '../contract/time.js'
import { Expectation } from './expect.js'
import type { Scenario } from './model.js'
import { ReportFlow } from './report-flow.js'

/** What is true in one tick of the world, for judging a product. */
export interface TruthLine {
  at: EpochMs
  /** Users acting in a five-minute slot, and those whose action fails. */
  users: number
  failing: number
  /** Failing share of the users routed to a cell, or of a plan tier. */
  cells: Record<string, number>
  tiers: Record<string, number>
  /** Expected reports in this tick, by region. */
  reports: Record<string, number>
}

/** The world's truth, tick by tick from t0: expected values, nothing drawn. */
export function* truthLines(scenario: Scenario, quiet = false): Generator<TruthLine> {
  const { world, clock } = scenario
  const expectation = new Expectation(scenario, quiet)
  const flows = flowsOf(scenario, expectation)
  const tickMs = clock.tickMin * MINUTE
  for (let tick = 0; tick * clock.tickMin < clock.minutes; tick++) {
    const t = clock.t0 + tick * tickMs
    const cells = new Map<string, Tally>()
    const tiers = new Map<string, Tally>()
    const all: Tally = { users: 0, failing: 0 }
    const reports: Record<string, number> = {}
    world.regions.forEach((region, r) => {
      const active = expectation.active(r, t)
      expectation.leaves[r]!.forEach((leaf, l) => {
        const users = active * leaf.share
        const failing = users * expectation.failing(r, l, t)
        count(all, users, failing)
        count(tally(cells, leaf.cell), users, failing)
        if (leaf.tier) count(tally(tiers, leaf.tier), users, failing)
      })
      reports[region.id] = flows[r]!.step(t, true).all
    })
    yield { at: t, users: all.users, failing: all.failing, cells: shares(cells), tiers: shares(tiers), reports }
  }
}

/** Expected reports per tick from t0, by region: what the `report_checks` of a file speak of. */
export function expectedReports(scenario: Scenario, quiet = false): Map<string, Float64Array> {
  const { world, clock } = scenario
  const expectation = new Expectation(scenario, quiet)
  const ticks = Math.ceil(clock.minutes / clock.tickMin)
  const flows = flowsOf(scenario, expectation)
  return new Map(
    world.regions.map((region, r) => {
      const series = new Float64Array(ticks)
      for (let tick = 0; tick < ticks; tick++)
        series[tick] = flows[r]!.step(clock.t0 + tick * clock.tickMin * MINUTE, true).all
      return [region.id, series]
    }),
  )
}

function flowsOf(scenario: Scenario, expectation: Expectation): ReportFlow[] {
  const acknowledgedAt = expectation.acknowledgedAt()
  return scenario.world.regions.map((_, r) => new ReportFlow(scenario, expectation, r, acknowledgedAt))
}

/** One fault's mark on the world; a fault that nobody felt is a mistake in the file. */
export interface FaultProof {
  fault: string
  firstAt: EpochMs | null
  lastAt: EpochMs | null
  /** Users × minutes in which this fault alone would have failed them. */
  userMinutes: number
}

/** Shows for each fault that it bites: with the others switched off, somebody fails. */
export function proveFaults(scenario: Scenario): FaultProof[] {
  const { world, clock } = scenario
  return scenario.faults.map(fault => {
    const alone = new Expectation({ ...scenario, faults: [fault] }, false)
    const proof: FaultProof = { fault: fault.id, firstAt: null, lastAt: null, userMinutes: 0 }
    for (let tick = 0; tick * clock.tickMin < clock.minutes; tick++) {
      const t = clock.t0 + tick * clock.tickMin * MINUTE
      if (!alone.anyFault(t)) continue
      world.regions.forEach((_, r) => {
        const users = alone.active(r, t)
        alone.leaves[r]!.forEach((leaf, l) => {
          const failing = users * leaf.share * alone.failing(r, l, t)
          if (failing <= 0) return
          proof.firstAt ??= t
          proof.lastAt = t
          // Users are counted in five-minute slots: a fifth of them acts in a minute.
          proof.userMinutes += failing * clock.tickMin
        })
      })
    }
    return proof
  })
}

interface Tally {
  users: number
  failing: number
}

function tally(into: Map<string, Tally>, key: string): Tally {
  let it = into.get(key)
  if (!it) into.set(key, (it = { users: 0, failing: 0 }))
  return it
}

function count(it: Tally, users: number, failing: number): void {
  it.users += users
  it.failing += failing
}

const shares = (tallies: Map<string, Tally>): Record<string, number> =>
  Object.fromEntries([...tallies].map(([key, it]) => [key, it.users > 0 ? it.failing / it.users : 0]))
