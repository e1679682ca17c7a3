import type { MaintenanceConfig } from '../../contract/config.js'
import { DAY, MINUTE, type EpochMs } from '../../contract/time.js'
import type { ServiceNow } from '../../contract/view.js'
import { occurrences, parseRule, type Rule } from '../../core/calendar/recurrence.js'
import { readMoment } from '../../core/calendar/zone.js'
import { idOf } from './ids.js'
import { leafOf, type Leaf, type Plan } from './plan.js'

export type MaintenanceStatus = 'scheduled' | 'in_progress' | 'completed'

/** One window of a plan. It begins and ends by the clock of the log. */
export interface Window {
  id: string
  plan: string
  title: string
  text: string
  from: EpochMs
  until: EpochMs
  announcedAt: EpochMs
  status: MaintenanceStatus
  affected: Leaf[]
}

/** A plan read once: the configuration was checked when it was loaded. */
export interface Plans {
  read: { config: MaintenanceConfig; start: ReturnType<typeof readMoment>; rule: Rule | null; zone: string }[]
}

/** Days before its start that a window is shown, where the configuration does not say. */
const ANNOUNCE_DAYS = 30
/** Windows that ended are told for as long as the history of components. */
const ENDED_SHOWN_MS = 90 * DAY
/** Windows of one plan that are told, the nearest ones: as many that are over, and as many that are not. */
const WINDOWS_MAX = 120

export function readPlans(configs: readonly MaintenanceConfig[]): Plans {
  return {
    read: configs.map(config => {
      const zone = config.timeZone ?? 'Etc/UTC'
      return {
        config,
        zone,
        start: readMoment(config.starts, zone),
        rule: config.rrule === undefined ? null : parseRule(config.rrule),
      }
    }),
  }
}

/** Windows of the plans that concern a page, newest start first: announced and not older than the history. */
export function windowsOf({ read }: Plans, plan: Plan, services: readonly ServiceNow[], now: EpochMs): Window[] {
  const found: Window[] = []
  for (const { config, start, rule, zone } of read) {
    const refs = config.components.map(ref => leafOf(ref, services))
    const affected = plan.leaves.filter(leaf =>
      refs.some(
        ref =>
          ref.service === leaf.service &&
          (ref.component === null || leaf.component === null || ref.component === leaf.component),
      ),
    )
    if (affected.length === 0) continue
    const announceMs = (config.announceDays ?? ANNOUNCE_DAYS) * DAY
    const from = now - ENDED_SHOWN_MS - config.minutes * MINUTE
    const starts =
      rule === null
        ? [start.at].filter(at => at >= from && at <= now + announceMs)
        : occurrences(rule, start.at, zone, from, now + announceMs + 1, start.local)
    const ahead = starts.findIndex(at => at + config.minutes * MINUTE > now)
    const first = ahead < 0 ? starts.length : ahead
    for (const at of starts.slice(Math.max(0, first - WINDOWS_MAX), first + WINDOWS_MAX)) {
      const until = at + config.minutes * MINUTE
      found.push({
        id: idOf('maintenance', config.id, at),
        plan: config.id,
        title: config.title,
        text: config.text ?? '',
        from: at,
        until,
        announcedAt: at - announceMs,
        status: now < at ? 'scheduled' : now < until ? 'in_progress' : 'completed',
        affected,
      })
    }
  }
  return found.sort((a, b) => b.from - a.from || (a.id < b.id ? -1 : 1))
}
