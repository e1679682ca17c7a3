import { NOTICE_STATUSES } from '../contract/signal.js'
import { HOUR, SECOND } from '../contract/time.js'
import { type Fields, fields, list, map, number, optional, required, share, text, time } from './door.js'
import type { NoiseEvent, OfficialPost, ProbeModel, ReportModel, SocialModel, TelemetryModel } from './model.js'

/** Greater numbers are typing errors. */
const BIG = 1e9

export function reportsOf(it: Fields, path: string): ReportModel {
  const rates = map(number(0, BIG))
  const delay = optional(it, 'delay', path, fields, {})
  const geo = optional(it, 'geo', path, fields, {})
  const copycat = optional(it, 'copycat', path, fields, null)
  return {
    propensity: optional(it, 'propensity', path, rates, {}),
    baselinePerMin: optional(it, 'baseline_per_min', path, rates, {}),
    varOverMean: optional(it, 'dispersion_var_over_mean', path, number(0, 1e6), 1),
    delay: {
      medianMin: optional(delay, 'median_min', `${path}.delay`, number(0.01, 240), 3),
      sigma: optional(delay, 'sigma', `${path}.delay`, number(0.01, 10), 0.7),
    },
    turnoverPerMin: optional(it, 'turnover_per_min', path, number(0, 10), 0.04),
    ackDamping: optional(it, 'ack_damping', path, number(0, 10), 1),
    copycat: copycat && {
      lagMin: required(copycat, 'lag_min', `${path}.copycat`, number(1, 24 * 60)),
      gain: required(copycat, 'gain', `${path}.copycat`, number(0, 0.99)),
      thresholdXBaseline: required(copycat, 'threshold_x_baseline', `${path}.copycat`, number(0, BIG)),
    },
    problemMix: optional(it, 'problem_mix', path, map(number(0, BIG)), null),
    detailShare: optional(it, 'detail_share', path, share, 0.2),
    geo: {
      country: optional(geo, 'country', `${path}.geo`, share, 0.97),
      city: optional(geo, 'city', `${path}.geo`, share, 0),
      edgePop: optional(geo, 'edge_pop', `${path}.geo`, share, 0),
    },
    duplicatesPerReporter: optional(it, 'duplicates_per_reporter', path, number(1, 2), 1),
    lateShare: optional(it, 'late_after_recovery_share', path, share, 0),
    texts: optional(it, 'report_texts', path, list(reportText), []),
  }
}

/** A sentence, or an object that holds one as `text`. */
function reportText(value: unknown, path: string): string {
  return typeof value === 'string' ? text(value, path) : required(fields(value, path), 'text', path, text)
}

export function social(value: unknown, path: string): SocialModel {
  const it = fields(value, path)
  const bots = optional(it, 'bots', path, fields, {})
  return {
    hashtags: optional(it, 'hashtags', path, list(text), []),
    langs: optional(it, 'langs', path, map(number(0, BIG)), { en: 1 }),
    postsPerReport: optional(it, 'posts_per_report', path, number(0, 1000), 0),
    lagMin: optional(it, 'lag_min', path, number(0, 24 * 60), 0),
    memeShare: optional(it, 'meme_share', path, share, 0),
    rumours: optional(
      it,
      'rumours',
      path,
      list((entry, at) => {
        const rumour = fields(entry, at)
        return {
          at: required(rumour, 'at', at, time),
          claim: required(rumour, 'claim', at, text),
          shareOfPosts: required(rumour, 'share_of_posts', at, share),
          halfLifeMin: required(rumour, 'half_life_min', at, number(0.1, 1e6)),
        }
      }),
      [],
    ),
    botPostsPerMin: optional(bots, 'posts_per_min', `${path}.bots`, number(0, BIG), 0),
    botTemplates: optional(bots, 'template_count', `${path}.bots`, number(1, 1000), 2),
  }
}

export function noise(value: unknown, path: string): NoiseEvent {
  const it = fields(value, path)
  return {
    kind: optional(it, 'kind', path, text, 'noise'),
    from: required(it, 'from', path, time),
    until: required(it, 'until', path, time),
    peakAtFraction: optional(it, 'peak_at_fraction', path, share, 0.25),
    reportsPerMinPeak: required(it, 'reports_per_min_peak', path, map(number(0, BIG))),
  }
}

export function probes(value: unknown, path: string): ProbeModel {
  const it = fields(value, path)
  return {
    intervalMs: optional(it, 'interval_s', path, number(1, 86_400), 60) * SECOND,
    falsePositive: optional(it, 'false_positive', path, share, 0),
    falseNegative: optional(it, 'false_negative', path, share, 0),
    vantages: optional(
      it,
      'vantages',
      path,
      list((entry, at) => {
        const vantage = fields(entry, at)
        return { region: required(vantage, 'region', at, text), cell: required(vantage, 'cell', at, text) }
      }),
      [],
    ),
    dead: optional(
      it,
      'dead',
      path,
      list((entry, at) => ({ vantage: required(fields(entry, at), 'vantage', at, text), ...window(entry, at) })),
      [],
    ),
  }
}

export function telemetry(value: unknown, path: string): TelemetryModel {
  const it = fields(value, path)
  return {
    lagMs: optional(it, 'lag_s', path, number(0, HOUR / SECOND), 0) * SECOND,
    gaps: optional(
      it,
      'gaps',
      path,
      list((entry, at) => ({ cell: optional(fields(entry, at), 'cell', at, text, null), ...window(entry, at) })),
      [],
    ),
  }
}

function window(value: unknown, path: string): { from: number; until: number } {
  const it = fields(value, path)
  return { from: required(it, 'from', path, time), until: required(it, 'until', path, time) }
}

export function official(value: unknown, path: string): OfficialPost {
  const it = fields(value, path)
  const status = optional(it, 'status', path, text, null)
  return {
    at: required(it, 'at', path, time),
    // Other words (`none`, `update`) are a post without a status: they damp reports but claim nothing.
    status: NOTICE_STATUSES.find(known => known === status) ?? null,
    text: required(it, 'text', path, text),
    components: optional(it, 'components', path, list(text), null),
    thread: optional(it, 'incident', path, text, null),
  }
}
