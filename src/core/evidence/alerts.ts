import type { KindReading } from '../../contract/finding.js'
import type { Alert, AlertSeverity } from '../../contract/signal.js'
import { DAY, HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import type { Evidence } from './evidence.js'

/**
 * What rules of the operator's own say. Whoever wrote a rule knew something, and nobody knows how often it cries: so an alert
 * adds to what is measured, by its severity, and opens nothing by itself.
 */

/** Evidence in bits of an alert that fires, by what its rule calls it. */
const BITS: Record<AlertSeverity, number> = { info: 0, warning: 4, error: 8, critical: 10 }
/** Of one whose rule does not say. */
const UNSAID_BITS = 6
/** Of all together: not enough to stand for another kind. */
const MOST_BITS = 16
/** Alerts that are known of a service; the one that was heard of longest ago goes. */
const ALERTS_PER_SERVICE = 500
/** An alert that began so often within an hour flaps: it says a quarter. */
const FLAPS = 3
const FLAPPING_PART = 0.25
/** One that has fired for so long says how things are. */
const LASTING_MS = DAY
/** Senders repeat what still fires; one that was not heard of for so long is not known to. */
const SILENT_MS = 6 * HOUR

/** One alert, from its first beginning. */
export interface AlertState {
  title: string
  severity: AlertSeverity | null
  firing: boolean
  since: EpochMs
  until: EpochMs | null
  heardAt: EpochMs
  /** When it began, the newest last. */
  begins: EpochMs[]
}

export interface AlertsState {
  alerts: Map<string, AlertState>
}

const flaps = ({ begins }: AlertState, now: EpochMs): boolean => begins.filter(at => now - at < HOUR).length >= FLAPS

function bitsOf(alert: AlertState, now: EpochMs): number {
  if (!alert.firing || now - alert.since > LASTING_MS || now - alert.heardAt > SILENT_MS) return 0
  const bits = alert.severity === null ? UNSAID_BITS : BITS[alert.severity]
  return flaps(alert, now) ? FLAPPING_PART * bits : bits
}

/** Notes what is said of an alert. What is older than the newest word on it changes nothing. */
export function takeAlert({ alerts }: AlertsState, signal: Alert): void {
  const { thread, status, at } = signal
  const begun = signal.happenedAt ?? at
  const known = alerts.get(thread)
  if (known !== undefined && at < known.heardAt) return
  if (known === undefined && status === 'resolved') return
  if (known === undefined && alerts.size >= ALERTS_PER_SERVICE) dropOldest(alerts)
  const alert = known ?? {
    title: thread,
    severity: null,
    firing: false,
    since: begun,
    until: null,
    heardAt: at,
    begins: [],
  }
  alert.title = signal.title ?? alert.title
  alert.severity = signal.severity ?? alert.severity
  alert.heardAt = at
  if (status === 'firing' && !alert.firing) {
    // Told again with its old beginning after an end: it never ended, its end was a mistake or a repetition out of order.
    const again = alert.until !== null && begun <= alert.since
    alert.since = again ? at : begun
    alert.begins = [...alert.begins, at].slice(-2 * FLAPS)
    alert.firing = true
    alert.until = null
  } else if (status === 'resolved') {
    alert.until = signal.endedAt ?? at
    alert.firing = false
  }
  alerts.set(thread, alert)
}

function dropOldest(alerts: Map<string, AlertState>): void {
  let oldest: [string, AlertState] | undefined
  for (const entry of alerts) if (oldest === undefined || entry[1].heardAt < oldest[1].heardAt) oldest = entry
  if (oldest) alerts.delete(oldest[0])
}

interface AlertReading {
  bits: number
  since: EpochMs | null
}

export const ALERTS: Evidence<AlertsState, AlertReading, AlertsState, Alert> = {
  kind: 'alert',
  by: 'machines',
  via: 'alert',
  state: () => ({ alerts: new Map() }),
  take: (state, signal) => takeAlert(state, signal),
  tick({ alerts }, now) {
    const firing = [...alerts.values()].filter(each => bitsOf(each, now) > 0)
    const bits = firing.reduce((sum, each) => sum + bitsOf(each, now), 0)
    return { bits: Math.min(MOST_BITS, bits), since: firing.length > 0 ? Math.min(...firing.map(a => a.since)) : null }
  },
  says(_, { bits, since }, mode): KindReading | null {
    if (mode !== 'bad' || bits === 0) return null
    const onsetInterval: [EpochMs, EpochMs] | null = since === null ? null : [since - 10 * MINUTE, since]
    return { bits, alarm: false, observed: 0, expected: 0, onset: since, onsetInterval, share: null }
  },
  learn() {},
  forget: state => [state, null],
}
