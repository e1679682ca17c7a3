import { LOOKBACK_MS } from '../../contract/thresholds.js'
import type { Crowd, Demand } from '../../contract/finding.js'
import type { Evidence, Where } from '../../contract/incident.js'
import type { Change } from '../../contract/signal.js'
import { DAY, HOUR, MINUTE, type EpochMs } from '../../contract/time.js'

/** What is asked about the causes of an incident, and the words that answers are made of. */

/** The onset is known to about this, and clocks differ: a change may be stamped so much later and still have come first. */
export const SLACK_MS = 3 * MINUTE

export interface Upstream {
  id: string
  name: string
  /** Onset of the open incident of that service. */
  onset: EpochMs
  incident: string
}

/** Excess failing share (or reports a minute) at the end of a minute, with its standard error. */
export interface Level {
  at: EpochMs
  excess: number
  error: number
}

export interface Question {
  onset: EpochMs
  interval: [EpochMs, EpochMs]
  /** What was hit at the worst, with the part of the excess in each, 0..1. */
  segments: { where: Where; weight: number }[]
  unaffected: Where
  components: string[]
  changes: readonly Change[]
  upstream: readonly Upstream[]
  demand: Demand | null
  /** Other watched services in trouble, on which this one does not stand. */
  others?: readonly Upstream[]
  /** What texts and reporters look like. */
  crowd?: Crowd
  /** Far more public posts than usual. */
  posted?: boolean
  /** Our own telemetry is readable and sees nothing. */
  contradicted?: boolean
  /** When the trouble began to shrink, if it did. */
  turnedAt: EpochMs | null
  /** How bad the whole was since the first alarm, by the minute, oldest first. */
  course?: readonly Level[]
  /** Time of asking. */
  now?: EpochMs
}

/** A candidate with what speaks for and against it. */
export interface Weighed {
  subject: string
  title: string
  bits: number
  because: Evidence[]
  /** What would tell whether it is the cause. */
  settles: string
  /** How often chance would do as well, after Holm over all candidates; only where a chance can be computed. */
  p?: number
}

/** First moment at which a change took effect; a step to nobody is none. */
export const startOf = (c: Change): EpochMs =>
  Math.min(c.happenedAt ?? c.at, c.rollout?.find(([, share]) => share > 0)?.[0] ?? Number.POSITIVE_INFINITY)

export const eligible = (c: Change, q: Question): boolean =>
  c.reverts === undefined &&
  c.kind !== 'mitigation' &&
  startOf(c) > q.onset - LOOKBACK_MS &&
  startOf(c) <= q.interval[1] + SLACK_MS

/** A sender names its own changes as it sent them, and others' by their whole id (`ci/deploy-17`). */
const undoes = (x: Change, c: Change): boolean =>
  x.reverts !== undefined && (x.reverts === c.id || `${x.id.split('/', 1)[0]}/${x.reverts}` === c.id)

/** The change that undid this one first, if any did. */
export const undoOf = (c: Change, q: Question): Change | undefined =>
  q.changes.filter(x => undoes(x, c)).sort((a, b) => startOf(a) - startOf(b))[0]

export const ago = (ms: number): string =>
  ms < 90 * MINUTE
    ? `${Math.max(0, Math.round(ms / MINUTE))} min`
    : ms < 2 * DAY
      ? `${Math.round(ms / HOUR)} h`
      : `${Math.round(ms / DAY)} days`

export const plural = (label: string, n: number): string =>
  n === 1 ? label : /[^aeiou]y$/.test(label) ? `${label.slice(0, -1)}ies` : `${label}s`

export const list = (values: readonly string[]): string =>
  values.length <= 3 ? values.join(', ') : `${values.slice(0, 3).join(', ')} and ${values.length - 3} more`
