import type { EpochMs } from '../../contract/time.js'
import type { AlertHeard } from '../../contract/view.js'
import { alertsHeard, type AlertsState } from '../evidence/alerts.js'
import { bearingOf } from '../gauges/course.js'
import type { GaugeState } from '../gauges/gauges.js'
import type { ServiceState } from './service.js'

/** What of it changes a row. */
export const shownAlert = ({ thread, bits, since, endedAt, bearing }: AlertHeard): string =>
  `${thread} ${bits} ${since} ${endedAt ?? ''} ${(bearing.times ?? 0) >= 2} ${bearing.course} ${bearing.full}`

/** Alerts of a service, each with what its gauges say of it. */
export function alertsOf({ evidence }: Pick<ServiceState, 'evidence'>, at: EpochMs): AlertHeard[] {
  const state = evidence['alert'] as AlertsState | null | undefined
  const gauges = evidence['gauge'] as GaugeState | null | undefined
  return state ? alertsHeard(state, at, (labels, since) => bearingOf(gauges ?? null, labels, since, at)) : []
}
