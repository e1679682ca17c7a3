import type { MaintenanceConfig } from '../../contract/config.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import { occurrences, parseRule } from './recurrence.js'
import { readMoment } from './zone.js'

/** What an incident hits: parts of a service, or the whole of it where none is named. */
export interface Hit {
  service: string
  components: readonly string[]
  startedAt: EpochMs
}

/**
 * Whether trouble at `at` is what planned work explains: all that it hits stands in one window that is running, and it
 * began within that window. Trouble that was there before, or goes further than the plan, is news all the same; so is
 * any where the plan asks for alarms.
 */
export function isPlanned(plans: readonly MaintenanceConfig[], hit: Hit, at: EpochMs): boolean {
  return plans.some(plan => {
    if (plan.alarms === true || !covers(plan.components, hit)) return false
    const lengthMs = plan.minutes * MINUTE
    return startsBetween(plan, at - lengthMs + 1, at + 1).some(start => hit.startedAt >= start)
  })
}

/** Starts of a plan's windows in [from, until). */
function startsBetween(plan: MaintenanceConfig, from: EpochMs, until: EpochMs): EpochMs[] {
  const zone = plan.timeZone ?? 'Etc/UTC'
  const start = readMoment(plan.starts, zone)
  if (plan.rrule !== undefined) return occurrences(parseRule(plan.rrule), start.at, zone, from, until, start.local)
  return start.at >= from && start.at < until ? [start.at] : []
}

/** A plan names services, or parts as `service/part`. */
function covers(refs: readonly string[], { service, components }: Hit): boolean {
  if (refs.includes(service)) return true
  return components.length > 0 && components.every(each => refs.includes(`${service}/${each}`))
}
