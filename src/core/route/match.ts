import { type IncidentKind, SEVERITIES, type Severity, type Where } from '../../contract/incident.js'
import type { RouteConfig } from '../../contract/oncall/routing.js'
import type { AlertSeverity, Scope } from '../../contract/signal.js'
import type { EpochMs } from '../../contract/time.js'
import { inHours } from '../calendar/hours.js'

/** What a route may go by. */
export interface Subject {
  service: string
  severity: Severity
  /** null: an alert has none. */
  kind: IncidentKind | null
  /** Of its segments, or of the alert. */
  labels: readonly (Where | Scope)[]
}

/** Routes that hear of it, in order: the first that fits, and those after it as long as each goes on. */
export function routesOf(routes: readonly RouteConfig[], subject: Subject, at: EpochMs): RouteConfig[] {
  const found: RouteConfig[] = []
  for (const route of routes) {
    if (!fits(route, subject, at)) continue
    found.push(route)
    if (route.goOn !== true) break
  }
  return found
}

function fits({ match = {} }: RouteConfig, { service, severity, kind, labels }: Subject, at: EpochMs): boolean {
  if (match.service !== undefined && !match.service.includes(service)) return false
  if (match.severity !== undefined && !match.severity.includes(severity)) return false
  if (match.kind !== undefined && (kind === null || !match.kind.includes(kind))) return false
  if (match.during !== undefined && !inHours(match.during, at)) return false
  const wanted = Object.entries(match.labels ?? {})
  return wanted.every(([name, values]) => labels.some(each => each[name]?.some(value => values.includes(value))))
}

export const nameOf = (route: RouteConfig, routes: readonly RouteConfig[]): string =>
  route.id ?? `routes[${routes.indexOf(route)}]`

/** What others call an alert, in the words of incidents. */
export const SEVERITY_OF: Record<AlertSeverity, Severity> = {
  info: 'minor',
  warning: 'minor',
  error: 'major',
  critical: 'critical',
}

/** Below this severity nothing is told in the quiet hours of a route. */
export const isQuiet = ({ quiet }: RouteConfig, severity: Severity, at: EpochMs): boolean =>
  quiet !== undefined &&
  inHours(quiet, at) &&
  SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(quiet.below ?? 'critical')
