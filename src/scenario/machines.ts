import type { Labels } from '../contract/signal.js'
import { type EpochMs, MINUTE, SECOND } from '../contract/time.js'
import { binomial, normal, poisson } from '../core/stat/random.js'
import { chanceFor } from './chance.js'
import type { Emitter } from './emit.js'
import type { Expectation } from './expect.js'
import type { Scenario } from './model.js'

/** Usual answer time of a probe, lognormal around it; a failing answer takes four times as long. */
const PROBE_MS = 180
/** Spread of its logarithm. */
const PROBE_SIGMA = 0.3
/** How many times longer a failing answer takes. */
const FAILING_FACTOR = 4
/** Probes of a round start within this of each other. */
const PROBE_JITTER_MS = 5 * SECOND

/** Request metrics of the service itself: one line for each region × cell × tier × component and tick. */
export function drawMetrics(
  scenario: Scenario,
  expectation: Expectation,
  seed: number,
  emitter: Emitter,
  t: EpochMs,
  tick: number,
): void {
  const { world, telemetry, clock } = scenario
  if (!telemetry) return
  const random = chanceFor(seed, 'metrics', tick)
  const windowMs = clock.tickMin * MINUTE
  const end = t + windowMs
  const silent = telemetry.gaps.filter(gap => t >= gap.from && t < gap.until)
  emitter.open('m', tick)
  world.regions.forEach((region, r) => {
    const users = expectation.active(r, t)
    expectation.leaves[r]!.forEach((leaf, l) => {
      if (silent.some(gap => gap.cell === null || gap.cell === leaf.cell)) return
      world.components.forEach((component, c) => {
        const truth = expectation.requests(r, l, c, users, t)
        const total = poisson(random, truth.perMin * clock.tickMin)
        if (total === 0) return
        const labels: Labels = { component: component.id, cell: leaf.cell, region: region.id }
        if (region.countries.length === 1) labels.country = region.countries[0]!
        if (leaf.tier) labels.tier = leaf.tier
        const bad = binomial(random, total, truth.badShare)
        const slow = binomial(random, total, truth.slowShare)
        emitter.observe('metric', end, labels, { windowMs, total, bad, slow }, end + telemetry.lagMs)
      })
    })
  })
}

/** Active checks from outside, with their false results; a dead probe says nothing. */
export function drawChecks(
  scenario: Scenario,
  expectation: Expectation,
  seed: number,
  emitter: Emitter,
  t: EpochMs,
  tick: number,
): void {
  const { world, probes, clock } = scenario
  if (!probes) return
  const random = chanceFor(seed, 'checks', tick)
  const until = t + clock.tickMin * MINUTE
  emitter.open('k', tick)
  for (let round = nextRound(t, clock.t0, probes.intervalMs); round < until; round += probes.intervalMs)
    for (const { region, cell } of probes.vantages) {
      const vantage = `${region}/${cell}`
      if (probes.dead.some(d => d.vantage === vantage && round >= d.from && round < d.until)) continue
      const broken = random() < expectation.probeFails(region, cell, round)
      const fails = broken ? random() >= probes.falseNegative : random() < probes.falsePositive
      const latencyMs = Math.round(PROBE_MS * Math.exp(PROBE_SIGMA * normal(random)) * (fails ? FAILING_FACTOR : 1))
      const country = (world.regions.find(x => x.id === region) ?? world.regions[0]!).countries[0]!
      const at = round + Math.floor(random() * Math.min(PROBE_JITTER_MS, probes.intervalMs))
      emitter.observe('check', at, { vantage, country, cell }, { total: 1, bad: fails ? 1 : 0, latencyMs })
    }
}

/** First multiple of the interval, counted from t0, that is not before t. */
function nextRound(t: EpochMs, t0: EpochMs, intervalMs: number): EpochMs {
  return t0 + Math.ceil((t - t0) / intervalMs) * intervalMs
}
