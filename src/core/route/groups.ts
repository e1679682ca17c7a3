import type { IncidentEvent } from '../../contract/incident.js'
import type { IncidentHead } from '../../contract/ports.js'
import type { Reason, RouteConfig } from '../../contract/oncall/routing.js'
import { HOUR, MINUTE } from '../../contract/time.js'
import type { AlertHeard } from '../../contract/view.js'
import { fingerprint, print } from '../stat/fingerprint.js'
import { type AlertVerdict, groupOf, judgeAlert } from './alerts.js'
import { isQuiet, nameOf, routesOf, SEVERITY_OF } from './match.js'
import type { AlertGroup, Routed, RouteState, World } from './pass.js'

/** Alerts that were told of are over when none has fired and nothing measured has spoken for one for so long, */
const OVER_MS = 10 * MINUTE
/** and what comes again so soon after was told of. */
const AGAIN_MS = HOUR

/** An alert with its routes and what is thought of it. */
interface Judged {
  alert: AlertHeard
  service: string
  route: RouteConfig
  group: string
  verdict: AlertVerdict
}

/** Routes the alerts of others' rules: those that routes ask for, and one message for those that are one. */
export function routeAlerts(state: RouteState, world: World, open: readonly IncidentHead[], routed: Routed): void {
  const judged = judge(world, open)
  const seen = new Set<string>()
  const byGroup = groupBy(judged)
  for (const [key, members] of byGroup) {
    const known = state.groups[key]
    const told = known ?? tell(state, world, key, members, routed)
    for (const each of members) {
      seen.add(nameOfAlert(each))
      if (told !== null && told.service === each.service && told.thread === each.alert.thread) continue
      const grouped = told !== null && each.verdict.reason !== 'explained'
      const because = 'it belongs to what was told of already'
      keep(state, world, each, grouped ? { ...NOT, reason: 'grouped', because, within: told.id } : each.verdict, routed)
    }
    if (known) watchOver(state, world, key, known, members, routed)
  }
  for (const [key, group] of Object.entries(state.groups))
    if (!byGroup.has(key)) watchOver(state, world, key, group, [], routed)
  for (const name of Object.keys(state.alerts)) if (!seen.has(name)) delete state.alerts[name]
}

const NOT = { tell: false } as const

/** A short name of a group of alerts. */
function idOf(group: string): string {
  fingerprint('alerts', group)
  return `${print.hi.toString(36)}${print.lo.toString(36)}`
}

function groupBy(judged: readonly Judged[]): Map<string, Judged[]> {
  const groups = new Map<string, Judged[]>()
  for (const each of judged) groups.set(each.group, [...(groups.get(each.group) ?? []), each])
  return groups
}

function judge(world: World, open: readonly IncidentHead[]): Judged[] {
  const explaining = open.map(({ id, service, startedAt, latest }) => ({
    ...{ id, service, startedAt },
    where: (latest.segments ?? []).map(({ where }) => where),
  }))
  const found: Judged[] = []
  for (const [service, alerts] of world.alerts)
    for (const alert of alerts) {
      const severity = SEVERITY_OF[alert.severity ?? 'warning']
      const subject = { service, severity, kind: null, labels: [alert.labels] }
      const route = routesOf(world.routes, subject, world.now).find(each => each.alerts !== undefined)
      if (route === undefined) continue
      const changed = (from: number, until: number) => world.changed(service, from, until)
      const context = { now: world.now, service, least: route.alerts!, open: explaining, changed }
      const planned = world.planned(service, alert.firstAt)
      const quiet = isQuiet(route, severity, world.now)
      const verdict: AlertVerdict = planned
        ? { ...NOT, reason: 'planned', because: 'planned work explains it' }
        : judgeAlert(alert, context)
      const hushed: AlertVerdict = {
        ...NOT,
        reason: 'quiet-hours',
        because: 'it is milder than what may be told in these hours',
      }
      found.push({
        ...{ alert, service, route },
        group: groupOf(alert, service, route.group ?? []),
        verdict: verdict.tell && quiet ? hushed : verdict,
      })
    }
  return found
}

/** Tells of a group, once one of it is worth it: of the one that began first. */
function tell(state: RouteState, world: World, key: string, members: Judged[], routed: Routed): AlertGroup | null {
  const [first] = members
    .filter(each => each.verdict.tell)
    .toSorted(
      (a, b) =>
        hasEnded(a) - hasEnded(b) || a.alert.since - b.alert.since || (nameOfAlert(a) < nameOfAlert(b) ? -1 : 1),
    )
  if (first === undefined) return null
  const { alert, service, route, verdict } = first
  const to = [...new Set([...(route.tell ?? []), ...onCallNow(route, world)])]
  const id = `alert-${idOf(key)}-${alert.since}`
  const event: IncidentEvent = {
    at: new Date(world.now).toISOString(),
    ...{ event: 'opened', incident: id, seq: 0, service },
    ...{ title: alert.title, severity: SEVERITY_OF[alert.severity ?? 'warning'] },
    startedAt: new Date(alert.since).toISOString(),
    says: [{ text: `${alert.title}: ${verdict.because}.`, refs: [alert.thread] }],
  }
  const group: AlertGroup = { id, service, thread: alert.thread, told: to, toldAt: world.now, overAt: null, event }
  state.groups[key] = group
  for (const each of to) routed.messages.push({ to: each, suffix: '', event })
  routed.decisions.push({
    ...{ at: world.now, about: id, service, route: nameOf(route, world.routes), to, told: true },
    ...{ reason: verdict.reason, because: verdict.because, seq: 0, thread: alert.thread, since: alert.since },
  })
  return group
}

const hasEnded = ({ alert }: Judged): number => (alert.endedAt === null ? 0 : 1)

/** Whoever is on call is told of an alert at once: nobody can say that they look at one. */
function onCallNow(route: RouteConfig, world: World): string[] {
  for (const { afterMinutes, rota, tell: also = [] } of route.escalate ?? []) {
    if (afterMinutes > 0) break
    return [...(rota === undefined ? [] : (world.onCall(rota, world.now)?.tell ?? [])), ...also]
  }
  return []
}

/** Says that it is over, and forgets it when it may be news again. */
function watchOver(
  state: RouteState,
  world: World,
  key: string,
  group: AlertGroup,
  members: readonly Judged[],
  routed: Routed,
): void {
  const goesOn = members.some(
    ({ alert, verdict }) =>
      alert.endedAt === null || verdict.reason === 'evidence' || world.now - alert.endedAt < OVER_MS,
  )
  if (goesOn) return
  if (group.overAt === null) {
    group.overAt = world.now
    const event: IncidentEvent = { ...group.event, at: new Date(world.now).toISOString(), event: 'resolved', seq: 1 }
    for (const to of group.told) routed.messages.push({ to, suffix: '', event })
    const reason: Reason = 'over'
    routed.decisions.push({
      ...{ at: world.now, about: group.id, service: group.service, route: null, to: group.told, told: true, reason },
      ...{ because: 'it is over, and they were told of it', seq: 1, thread: group.thread },
    })
  } else if (world.now - group.overAt > AGAIN_MS) delete state.groups[key]
}

const nameOfAlert = ({ service, alert }: Pick<Judged, 'service' | 'alert'>): string => `${service}\n${alert.thread}`

function keep(state: RouteState, world: World, each: Judged, verdict: AlertVerdict, routed: Routed): void {
  if (verdict.tell) return
  const { alert, service, route, group } = each
  const said = `${alert.since} ${verdict.reason}`
  if (state.alerts[nameOfAlert(each)] === said) return
  state.alerts[nameOfAlert(each)] = said
  const { reason, because, within } = verdict
  routed.decisions.push({
    ...{ at: world.now, about: `alert-${idOf(group)}`, service, route: nameOf(route, world.routes) },
    ...{ to: route.tell ?? [], told: false, reason, because, thread: alert.thread, since: alert.since },
    ...(within === undefined ? {} : { within }),
  })
}
