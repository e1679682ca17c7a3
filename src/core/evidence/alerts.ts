import type { KindReading } from '../../contract/finding.js'
import type { Alert, AlertSeverity, Scope } from '../../contract/signal.js'
import { DAY, HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import type { AlertHeard, AlertNow, Bearing } from '../../contract/view.js'
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
/** Senders repeat what still fires, or say how long it holds; one that does neither is not known to fire after this. */
const SILENT_MS = 6 * HOUR
/** A beginning whose end was said and that comes again so soon after was on its way before: it stays ended. */
const STRAGGLER_MS = 5 * MINUTE
/** Beginnings that are told apart: one for each of some senders that watch the same, each with its own. */
const OPEN_PER_ALERT = 4
/** Times at which it began that are kept, for counting flaps. */
const BEGINS_KEPT = 60
/** Alerts of a service that operators are shown. */
const ALERTS_TOLD = 100
/** One that ended is still heard of for so long: what it measures may go on. */
const HEARD_OF_MS = 2 * HOUR

/** One beginning that has not ended. */
interface Open {
  begun: EpochMs
  /** It is over then, if it is not said again; null: once its sender says so. */
  endsAt: EpochMs | null
}

/** One alert, from its first beginning. */
export interface AlertState {
  title: string
  severity: AlertSeverity | null
  href: string | null
  source: string | null
  labels: Scope
  /** It fires as long as there is one. */
  open: Open[]
  /** Beginnings whose end was said, the newest last, and when that was. */
  ended: EpochMs[]
  endSaidAt: EpochMs
  since: EpochMs
  endedAt: EpochMs | null
  heardAt: EpochMs
  /** When it began, the newest last. */
  begins: EpochMs[]
}

export interface AlertsState {
  alerts: Map<string, AlertState>
}

const beginsWithinHour = ({ begins }: AlertState, now: EpochMs): number => begins.filter(at => now - at < HOUR).length

/** Nobody says that it goes on. */
const isSilent = ({ open, heardAt }: AlertState, now: EpochMs): boolean =>
  now - heardAt > SILENT_MS && open.every(({ endsAt }) => endsAt === null)

function bitsOf(alert: AlertState, now: EpochMs): number {
  if (alert.open.length === 0 || now - alert.since > LASTING_MS || isSilent(alert, now)) return 0
  const bits = alert.severity === null ? UNSAID_BITS : BITS[alert.severity]
  return beginsWithinHour(alert, now) >= FLAPS ? FLAPPING_PART * bits : bits
}

const begunBy = (signal: Alert): EpochMs => Math.min(signal.happenedAt ?? signal.at, signal.at)

const unheard = ({ thread, at }: Alert): AlertState => ({
  title: thread,
  severity: null,
  href: null,
  source: null,
  labels: {},
  open: [],
  ended: [],
  endSaidAt: 0,
  since: at,
  endedAt: null,
  heardAt: at,
  begins: [],
})

/** Notes what is said of an alert. What is older than the newest word on it changes nothing. */
export function takeAlert({ alerts }: AlertsState, signal: Alert): void {
  const { thread, status, at, endedAt } = signal
  const known = alerts.get(thread)
  if (known !== undefined && at < known.heardAt) return
  // The end of what was never heard of is kept where its beginning may still be on its way.
  if (known === undefined && status === 'resolved' && signal.happenedAt === undefined) return
  if (known === undefined && alerts.size >= ALERTS_PER_SERVICE) dropOldest(alerts)
  const alert = known ?? unheard(signal)
  const fires = status === 'firing' && (endedAt === undefined || endedAt > at)
  if (fires && isStraggler(alert, signal)) return
  alert.title = signal.title ?? alert.title
  alert.severity = signal.severity ?? alert.severity
  alert.href = signal.href ?? alert.href
  alert.source = signal.source ?? alert.source
  alert.labels = signal.scope
  alert.heardAt = at
  if (fires) begin(alert, signal)
  else end(alert, signal)
  alerts.set(thread, alert)
}

const isStraggler = ({ ended, endSaidAt }: AlertState, signal: Alert): boolean =>
  signal.happenedAt !== undefined && ended.includes(begunBy(signal)) && signal.at - endSaidAt < STRAGGLER_MS

function begin(alert: AlertState, signal: Alert): void {
  const { at, endedAt: endsAt = null } = signal
  const begun = begunBy(signal)
  const fired = alert.open.length > 0
  const same = alert.open.find(each => each.begun === begun) ?? (signal.happenedAt === undefined && alert.open.at(-1))
  if (same) same.endsAt = endsAt
  else alert.open = [...alert.open, { begun, endsAt }].slice(-OPEN_PER_ALERT)
  if (fired) return
  // Said again with a beginning that has ended: it fires anew.
  alert.since = alert.ended.includes(begun) ? at : begun
  alert.begins = [...alert.begins, at].slice(-BEGINS_KEPT)
  alert.endedAt = null
}

/**
 * Ends the beginning that is named: of several senders each ends its own. An end that names none, or one that was never
 * heard of, ends all that had begun by then.
 */
function end(alert: AlertState, signal: Alert): void {
  const { at, happenedAt } = signal
  const fired = alert.open.length > 0
  const over = Math.min(signal.endedAt ?? at, at)
  if (happenedAt === undefined) alert.open = []
  else {
    const begun = begunBy(signal)
    if (alert.open.some(each => each.begun === begun)) alert.open = alert.open.filter(each => each.begun !== begun)
    else if (!alert.ended.includes(begun)) alert.open = alert.open.filter(each => each.begun > over)
    if (!alert.ended.includes(begun)) {
      alert.ended = [...alert.ended, begun].slice(-OPEN_PER_ALERT)
      alert.endSaidAt = at
    }
  }
  if (fired && alert.open.length === 0) alert.endedAt = over
}

/** What was to hold until `now` and was not said again is over. */
function expire(alert: AlertState, now: EpochMs): void {
  if (!alert.open.some(({ endsAt }) => endsAt !== null && endsAt <= now)) return
  const last = Math.max(...alert.open.map(({ endsAt }) => endsAt ?? 0))
  alert.open = alert.open.filter(({ endsAt }) => endsAt === null || endsAt > now)
  if (alert.open.length === 0) alert.endedAt = last
}

/** Those that do not fire go first. */
function dropOldest(alerts: Map<string, AlertState>): void {
  const rank = ({ open, heardAt }: AlertState): [number, EpochMs] => [open.length > 0 ? 1 : 0, heardAt]
  let oldest: string | undefined
  let least: [number, EpochMs] = [2, 0]
  for (const [thread, alert] of alerts) {
    const [fires, heardAt] = rank(alert)
    if (fires > least[0] || (fires === least[0] && heardAt >= least[1])) continue
    oldest = thread
    least = [fires, heardAt]
  }
  if (oldest !== undefined) alerts.delete(oldest)
}

const RANK: Record<AlertSeverity, number> = { critical: 0, error: 1, warning: 2, info: 4 }
const rankOf = (severity: AlertSeverity | null): number => (severity === null ? 3 : RANK[severity])

/**
 * Alerts of a service, the worst first, then the newest; those that ended within two hours come last. For operators, never
 * for the public.
 *
 * @param bears what else is measured says of one that began at a time
 */
export function alertsHeard(
  { alerts }: AlertsState,
  now: EpochMs,
  bears: (labels: Scope, since: EpochMs) => Bearing,
): AlertHeard[] {
  return [...alerts]
    .filter(([, { open, endedAt }]) => open.length > 0 || (endedAt !== null && now - endedAt < HEARD_OF_MS))
    .map(([thread, alert]): AlertHeard => {
      const { labels, open, begins } = alert
      const firstAt = begins.find(at => now - at < HOUR) ?? alert.since
      const endedAt = open.length > 0 ? null : alert.endedAt
      return { ...alertNow(thread, alert, now), labels, endedAt, firstAt, bearing: bears(labels, firstAt) }
    })
    .toSorted(
      (a, b) =>
        Number(a.endedAt !== null) - Number(b.endedAt !== null) ||
        rankOf(a.severity) - rankOf(b.severity) ||
        b.since - a.since ||
        (a.thread < b.thread ? -1 : 1),
    )
    .slice(0, ALERTS_TOLD)
}

function alertNow(thread: string, alert: AlertState, now: EpochMs): AlertNow {
  const { title, severity, since, heardAt, open, href, source } = alert
  const ends = open.map(({ endsAt }) => endsAt)
  return {
    thread,
    title,
    severity,
    since,
    heardAt,
    endsAt: ends.includes(null) || ends.length === 0 ? null : Math.max(...ends.map(Number)),
    flaps: beginsWithinHour(alert, now),
    bits: bitsOf(alert, now),
    ...(href === null ? {} : { href }),
    ...(source === null ? {} : { source }),
  }
}

/** Of these the ones that fire at `now`, in the same order, as operators are told of them. */
export const firingOf = (heard: readonly AlertHeard[], now: EpochMs): AlertNow[] =>
  heard
    .filter(({ endedAt, endsAt }) => endedAt === null && (endsAt === null || endsAt > now))
    .map(({ labels: _, endedAt: __, firstAt: ___, bearing: ____, ...alert }) => alert)

/** Alerts that fire at `now`. */
export const alertsNow = (state: AlertsState, now: EpochMs): AlertNow[] =>
  firingOf(
    alertsHeard(state, now, () => NOTHING_BEARS),
    now,
  )

const NOTHING_BEARS: Bearing = { times: null, course: null, full: false }

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
    for (const alert of alerts.values()) expire(alert, now)
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
