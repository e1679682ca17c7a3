import { MINUTE, type EpochMs } from '../src/contract/time.js'
import type { Dice } from './dice.js'
import { iso } from './stamp.js'
import type { Ground, Json, Plot } from './world.js'

/** How people and machines notice in a drawn world. */
export function drawSignals(dice: Dice, { world, routing }: Ground, onset: EpochMs, end: EpochMs, plot: Plot): Json {
  const rumour = {
    at: iso(onset + 12 * MINUTE),
    claim: 'hacked',
    share_of_posts: 0.08,
    half_life_min: 40,
    truth: false,
  }
  const pairs = routing.flatMap(r => Object.keys(r.cells).map(cell => ({ region: r.region, cell })))
  const region = routing[0]!.region
  return {
    reports: {
      propensity: { default: Number(dice.scale([0.0003, 0.003]).toPrecision(2)) },
      baseline_per_min: { default: Number(dice.scale([0.03, 0.6]).toPrecision(2)) },
      dispersion_var_over_mean: Number(dice.between([1, 3.5]).toPrecision(2)),
      delay: { dist: 'lognormal', median_min: Number(dice.between([2, 6]).toPrecision(2)), sigma: 0.8 },
      turnover_per_min: 0.04,
      ack_damping: 0.8,
      copycat: { lag_min: 6, gain: 0.15, threshold_x_baseline: 8 },
      problem_mix: Object.fromEntries(world.components.map(c => [c.id, c.use_share])),
      detail_share: Number(dice.between([0.1, 0.4]).toPrecision(2)),
      geo: { country: 0.97, city: 0.5, edge_pop: 0.03 },
      duplicates_per_reporter: 1.08,
      late_after_recovery_share: 0.02,
    },
    social: {
      hashtags: [`#${String(world.service)}down`],
      langs: { en: 0.7, es: 0.1, de: 0.1, fr: 0.1 },
      posts_per_report: Number(dice.between([0.5, 2]).toPrecision(2)),
      lag_min: 4,
      meme_share: 0.3,
      rumours: plot !== 'calm' && dice.flip(0.5) ? [rumour] : [],
      bots: {},
    },
    noise_events:
      plot === 'calm' && dice.flip(0.5)
        ? [
            {
              id: 'rumour',
              kind: 'rumour_copycat',
              from: iso(onset),
              until: iso(onset + 90 * MINUTE),
              peak_at_fraction: 0.3,
              reports_per_min_peak: { [region]: dice.whole([2, 10]) },
            },
          ]
        : [],
    probes: {
      interval_s: 60,
      false_positive: 0.002,
      false_negative: 0.01,
      vantages: dice.some(pairs, Math.min(pairs.length, dice.whole([3, 8]))),
      dead: [],
    },
    telemetry: {
      lag_s: dice.whole([20, 120]),
      gaps: dice.flip(0.3)
        ? [{ cell: dice.pick(world.cells).id, from: iso(onset + 15 * MINUTE), until: iso(onset + 27 * MINUTE) }]
        : [],
    },
    official: plot === 'calm' ? [] : drawOfficial(dice, onset, end),
  }
}

function drawOfficial(dice: Dice, onset: EpochMs, end: EpochMs): Json[] {
  const first = onset + dice.between([12, 40]) * MINUTE
  const last = Math.max(first + 5 * MINUTE, end + dice.between([-20, 20]) * MINUTE)
  return [
    { at: iso(first), status: 'investigating', text: 'We are investigating.', incident: 'main' },
    { at: iso(last), status: 'resolved', text: 'This is resolved.', incident: 'main' },
  ]
}
