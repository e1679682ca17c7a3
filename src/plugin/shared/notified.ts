import type { AlertSeverity, Labels } from '../../contract/signal.js'
import type { Taken } from '../../contract/received.js'
import { type EpochMs, MINUTE } from '../../contract/time.js'
import { type AboutAlerts, alertSignal, fingerprintOf, idOf, isRecord, labelsIn, timeIn } from './alerts.js'

/** Repetitions of a notification within this are one signal: they say nothing new. */
const REPEATS_MS = 10 * MINUTE

/** One alert of a notification. */
export interface Notified {
  alert: Record<string, unknown>
  labels: Labels
  annotations: Labels
  /** Address of who sends it. */
  external: unknown
}

interface Words {
  title: string | undefined
  href: string | undefined
  severity?: AlertSeverity | undefined
}

/** Alerts without labels are none: nothing tells them apart. */
export const threadIn = (labels: Labels): string | undefined =>
  Object.keys(labels).length === 0 ? undefined : fingerprintOf(labels)

/**
 * A notification as Alertmanager sends it, and Grafana in the same form: a list of alerts, each with its status. What is
 * wrong with one is left for the door to say, and loses no other.
 *
 * @param of the words of an alert; null: it is no alert
 */
export function readNotified(
  body: unknown,
  now: EpochMs,
  about: AboutAlerts,
  source: string,
  of: (alert: Notified) => Words | null,
): Taken {
  const alerts = isRecord(body) ? body['alerts'] : undefined
  if (!isRecord(body) || !Array.isArray(alerts))
    return {
      refused: {
        rule: `${source}.alerts`,
        message: 'a notification has a list `alerts`',
        value: isRecord(body) ? 'none' : 'no object',
      },
    }
  const signals = (alerts as unknown[]).flatMap((each, i) => {
    const alert = isRecord(each) ? each : {}
    const [labels, annotations] = [labelsIn(alert['labels']), labelsIn(alert['annotations'])]
    const words = of({ alert, labels, annotations, external: body['externalURL'] })
    if (words === null) return []
    const { fingerprint, status } = alert
    const thread = typeof fingerprint === 'string' && fingerprint !== '' ? fingerprint : threadIn(labels)
    const [begun, ended] = [timeIn(alert['startsAt']), timeIn(alert['endsAt'])]
    const signal = {
      ...{ thread, labels, at: now, source, status: typeof status === 'string' ? status : undefined, ...words },
      id: idOf(thread ?? i, String(status), begun, ended, Math.floor(now / REPEATS_MS)),
      ...{ happenedAt: begun, endedAt: status === 'resolved' ? ended : undefined },
    }
    return [alertSignal(signal, about)]
  })
  return { signals }
}
