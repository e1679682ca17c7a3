import type { Reason, RouteConfig } from '../../contract/oncall/routing.js'
import { ALERT_SEVERITIES, type Scope } from '../../contract/signal.js'
import { HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import type { AlertHeard } from '../../contract/view.js'

/**
 * Whether an alert of somebody else's rule is worth a person. What is measured beside it decides before what its rule calls
 * it: an alert that cries often and heals each time may stand on something that grows, and a loud one on nothing.
 */

/** How long an alert without anything that speaks for it is looked at before it is told. */
const SETTLE_MS = 2 * MINUTE
/** Alerts that began together are one; so long is waited for the first of them. */
const TOGETHER_MS = MINUTE
/** What shares a label with it stands at so many times the usual: it speaks for the alert. */
const TIMES_USUAL = 2
/** and of an alert that ended longer ago it says nothing. */
const JUST_ENDED_MS = 5 * MINUTE
/** An alert that began so often within an hour flaps. */
const FLAPS = 3
/** One that heals so soon after a change of its service goes with that. */
const CHURN_MS = 30 * MINUTE

/** An incident that is open and may explain alerts. */
export interface Explaining {
  id: string
  service: string
  startedAt: EpochMs
  /** Parts that it hits; none: all of the service. */
  where: readonly Scope[]
}

export interface AlertContext {
  now: EpochMs
  service: string
  /** Milder ones are not told where nothing measured speaks for them. */
  least: NonNullable<RouteConfig['alerts']>
  open: readonly Explaining[]
  /** A change of the service took effect in [from, until]. */
  changed(from: EpochMs, until: EpochMs): boolean
}

export interface AlertVerdict {
  tell: boolean
  reason: Reason
  because: string
  within?: string
}

/** Judges one alert as it stands now. */
export function judgeAlert(alert: AlertHeard, context: AlertContext): AlertVerdict {
  const { now } = context
  const explained = context.open.find(each => explains(each, alert, context.service))
  if (explained !== undefined) {
    const because = 'an open incident explains it, and its message tells of it'
    return { tell: false, reason: 'explained', because, within: explained.id }
  }
  const kept = (reason: Reason, because: string): AlertVerdict => ({ tell: false, reason, because })
  const speaks = evidenceOf(alert, now)
  if (speaks !== null && now - alert.since >= TOGETHER_MS) return { tell: true, reason: 'evidence', because: speaks }
  if (now - alert.since < SETTLE_MS) return kept('waiting', 'it has only begun')
  if (alert.endedAt !== null && context.changed(alert.since - CHURN_MS, alert.endedAt))
    return kept('deploy', 'it came with a change of its service and was over by itself')
  if (alert.flaps >= FLAPS) return kept('flaps', `it began ${alert.flaps} times within an hour`)
  if (alert.endedAt !== null) return kept('healed', 'it was over by itself before anybody had to act')
  const { times, course } = alert.bearing
  if (times !== null && (course === 'level' || course === 'eases'))
    return kept('level', 'what it measures grows no further, and what belongs to it is as usual')
  if (course === null && times !== null && now - alert.since < LEVEL_MS)
    return kept('waiting', 'what belongs to it is as usual; it is watched whether it grows')
  const severity = alert.severity ?? 'warning'
  if (ALERT_SEVERITIES.indexOf(severity) < ALERT_SEVERITIES.indexOf(context.least))
    return kept('mild', `its rule calls it ${severity}, and nothing measured speaks for it`)
  return { tell: true, reason: 'severity', because: `its rule calls it ${severity}, and it goes on` }
}

/** What belongs to it being as usual, it is watched for so long before its severity alone decides. */
const LEVEL_MS = HOUR

/** What is measured that speaks for it, as a sentence; null: nothing does. */
function evidenceOf({ endedAt, bearing: { times, course, full } }: AlertHeard, now: EpochMs): string | null {
  const lately = endedAt === null || now - endedAt <= JUST_ENDED_MS
  if (lately && times !== null && times >= TIMES_USUAL)
    return `what belongs to it stands at ${times < 10 ? times.toFixed(1) : Math.round(times)} times the usual`
  if (full) return 'what it measures is full'
  return course === 'grows' ? 'what it measures has grown ever since' : null
}

/** An incident explains alerts of its service that stand in a part which it hits; labels that either lacks say nothing. */
function explains({ service, where }: Explaining, alert: AlertHeard, of: string): boolean {
  if (service !== of) return false
  const agrees = (part: Scope): boolean =>
    Object.entries(part).every(
      ([name, values]) => alert.labels[name] === undefined || alert.labels[name].some(value => values.includes(value)),
    )
  return where.length === 0 || where.some(agrees)
}

/** Alerts with the same values of the labels that are grouped by are one; without them each stands for itself. */
export function groupOf(alert: AlertHeard, service: string, by: readonly string[]): string {
  const values = by.flatMap(name => (alert.labels[name] === undefined ? [] : [[name, alert.labels[name].join()]]))
  return values.length > 0 ? JSON.stringify(values) : JSON.stringify([service, alert.thread])
}
