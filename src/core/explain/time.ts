import { LOOKBACK_MS } from '../../contract/thresholds.js'
import type { Evidence } from '../../contract/incident.js'
import type { Change } from '../../contract/signal.js'
import { HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import { ago, eligible, type Question, SLACK_MS, startOf } from './question.js'

/**
 * How well the delay from change to onset fits a cause, against the changes that come by chance: log2 f(delay)/rate, the Bayes
 * factor of "one of these began it" against "they come as they always do".
 * f is a mixture over scales of time, for nobody knows how fast a fault of this kind bites: most within minutes, some within
 * the hour, and some lie dormant, equally likely at every scale up to LOOKBACK.
 */
const SCALES: readonly (readonly [share: number, meanMin: number])[] = [
  [0.55, 3],
  [0.2, 10],
  [0.08, 35],
]
const DORMANT_SHARE = 1 - SCALES.reduce((sum, [share]) => sum + share, 0)
/** Minutes that are added to a delay: the chance of what lay dormant falls as one over the sum. */
const DORMANT_FROM_MIN = 10
/** Clocks of a deploy system and of telemetry differ by about this. */
const CLOCK_ERROR_MIN = 0.7
/**
 * Windows around a change in which the others are counted: the first that holds enough tells the rate, else the last, a working
 * day, for changes and troubles share their hours.
 */
const RATE_WINDOWS_MS = [HOUR, 3 * HOUR, 8 * HOUR]
/** Changes within a window that make its rate known. */
const ENOUGH = 4
/** A step that adds next to nobody may still be the one. */
const LEAST_BITE = 0.05
/** Most causes bite sooner. */
const LONG_MIN = 30
/** Nearness alone never says more: changes come in bursts, and so does what is not listed. Nor is any wait impossible. */
const TIME_BITS_MAX = 4
/** and this is the least that it says. */
const TIME_BITS_MIN = -9

export function time(c: Change, q: Question): Evidence {
  const last = stepBefore(c, q)
  const delayMin = (q.onset - last) / MINUTE
  const bits = Math.log2(fitOf(c, q) / ratePerMin(c, q))
  const says =
    last > q.onset
      ? `took effect ${-delayMin > uncertainMin(q) + CLOCK_ERROR_MIN ? `${ago(last - q.onset)} after` : 'at about'} the time of the onset`
      : `took effect ${ago(q.onset - last)} before the onset${delayMin > LONG_MIN && bits < 0 ? ', long for a cause' : ''}`
  return { says, bits: Math.max(TIME_BITS_MIN, Math.min(TIME_BITS_MAX, bits)), refs: [c.id] }
}

/** Probability a minute of this onset if it is the cause: it bit at any of its steps, each with its own delay. */
function fitOf(c: Change, q: Question): number {
  const steps = new Set([startOf(c), ...stepsOf(c).map(([at]) => at)].filter(at => at <= q.interval[1] + SLACK_MS))
  let fit = 0
  for (const at of steps) fit += density((q.onset - at) / MINUTE, uncertainMin(q)) * biteShare(c, at)
  return fit
}

/** Steps of a rollout that reached somebody, oldest first. */
const stepsOf = (c: Change): [EpochMs, number][] =>
  [...(c.rollout ?? [])].sort((a, b) => a[0] - b[0]).filter(([, share]) => share > 0)

/** The step that came last before the onset; the first where all came after it. */
export function stepBefore(c: Change, q: Question): EpochMs {
  const steps = [startOf(c), ...(c.rollout ?? []).map(([at]) => at)].filter(at => at <= q.interval[1] + SLACK_MS)
  const before = steps.filter(at => at <= q.onset)
  return before.length > 0 ? Math.max(...before) : Math.min(...steps)
}

/**
 * A rollout has a step near any onset more easily than a change without steps. As a cause it bites noticeably at its first step
 * half the time, else at any, the likelier the more it adds.
 */
function biteShare(c: Change, step: EpochMs): number {
  const steps = stepsOf(c)
  if (steps.length < 2) return 1
  let all = 0
  let own = 0
  let before = 0
  for (const [at, share] of steps) {
    const added = Math.max(0, share - before)
    all += added
    if (at === step) own += added
    before = share
  }
  const first = step <= steps[0]![0] ? 0.5 : 0
  return Math.max(LEAST_BITE, first + (all > 0 ? (0.5 * own) / all : 0))
}

/** Half of a 95 % interval is two standard deviations. */
export const uncertainMin = (q: Question): number => Math.max(0.5, (q.interval[1] - q.interval[0]) / MINUTE / 4)

/** Probability a minute of this delay if it is the cause. */
export function density(delayMin: number, uncertain: number): number {
  const x = Math.max(0, delayMin)
  let f = DORMANT_SHARE / ((x + DORMANT_FROM_MIN) * Math.log(LOOKBACK_MS / MINUTE / DORMANT_FROM_MIN))
  for (const [share, mean] of SCALES) f += (share / (mean + uncertain)) * Math.exp(-x / (mean + uncertain))
  // The onset and the clocks err: a change at the very estimate is as likely too late as in time, one after it is a cause only if
  // the estimate is early by more. The logistic curve stands for the normal one.
  return f / (1 + Math.exp((-1.702 * delayMin) / Math.hypot(uncertain, CLOCK_ERROR_MIN)))
}

/**
 * Changes a minute about the time of this one, without it: how likely one lies there by chance. Half a change is added, for
 * nothing is ever still.
 */
export function ratePerMin(c: Change, q: Question): number {
  const others = q.changes.filter(x => x !== c && eligible(x, q)).map(startOf)
  const at = startOf(c)
  let rate = 0
  for (const window of RATE_WINDOWS_MS) {
    // What comes after the onset is not on the list: there the window ends.
    const until = Math.min(at + window / 2, q.interval[1] + SLACK_MS)
    const inside = others.filter(x => x > until - window && x <= until).length
    rate = (inside + 0.5) / (window / MINUTE)
    if (inside >= ENOUGH) break
  }
  return rate
}
