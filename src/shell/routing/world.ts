import type { Config } from '../../contract/config.js'
import type { IncidentEvent } from '../../contract/incident.js'
import { DAY, HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import type { AlertHeard, IncidentView, Reader } from '../../contract/view.js'
import { isPlanned } from '../../core/calendar/quiet.js'
import { responseOf } from '../../core/incident/response.js'
import { beforeOf } from '../../core/route/news.js'
import type { Reached, RouteState, Standing, World } from '../../core/route/pass.js'

/** Open incidents that a pass looks at. */
const OPEN_MOST = 1_000
/** Changes that may explain an alert are looked for so far back. */
const CHURN_LOOKED_BACK_MS = 4 * HOUR
/** An alert that began that long before the pass stands behind no change. */
const LEEWAY_MS = MINUTE

/** Where a pass reads. */
export interface WorldSources {
  config: Pick<Config, 'routes' | 'maintenance'>
  reader: Pick<Reader, 'incidents' | 'incident' | 'orders' | 'services' | 'facts'>
  alerts(service: string): Promise<AlertHeard[] | null>
  onCall(rota: string, at: EpochMs): Reached | null
}

/** Reads what a pass goes by: after it nothing is asked of anybody. */
export async function readWorld(
  { config, reader, alerts, onCall }: WorldSources,
  state: RouteState,
  events: readonly IncidentEvent[],
  now: EpochMs,
): Promise<World> {
  const routes = config.routes ?? []
  const views = new Map<string, IncidentView>()
  for (const view of await reader.incidents({ open: true, limit: OPEN_MOST })) views.set(view.id, view)
  for (const id of [...Object.keys(state.incidents), ...events.map(each => each.incident)]) {
    const view = views.has(id) ? null : await reader.incident(id)
    if (view !== null) views.set(id, view)
  }
  const planned = (service: string, components: readonly string[], startedAt: EpochMs, at: EpochMs) =>
    isPlanned(config.maintenance, { service, components, startedAt }, at)
  const incidents = new Map<string, Standing>()
  for (const [id, view] of views) {
    const acknowledged = view.open && responseOf(await reader.orders(id)).acknowledged !== null
    incidents.set(id, { head: { ...view, lastSeq: view.events.at(-1)?.seq ?? 0 }, events: view.events, acknowledged })
  }
  const hears = routes.some(each => each.alerts !== undefined)
  const services = hears || views.size > 0 ? await reader.services() : []
  const heard = new Map<string, AlertHeard[]>()
  const changes = new Map<string, EpochMs[]>()
  for (const { service } of hears ? services : []) {
    const found = (await alerts(service)) ?? []
    if (found.length === 0) continue
    heard.set(service, found)
    const facts = await reader.facts(service, now - CHURN_LOOKED_BACK_MS, now + LEEWAY_MS)
    changes.set(
      service,
      facts.filter(each => each.via === 'change').map(each => each.at),
    )
  }
  const titles = new Map(services.map(each => [each.service, each.title]))
  return {
    ...{ now, routes, incidents, alerts: heard, onCall },
    events: events.flatMap(event => {
      const view = views.get(event.incident)
      if (view === undefined) return []
      const explained = ({ service, components = [], startedAt, at }: IncidentEvent) =>
        planned(service, components, Date.parse(startedAt ?? at), Date.parse(at))
      return [{ event, before: beforeOf(event, view.events, explained) }]
    }),
    graph: new Map(services.map(each => [each.service, each.dependsOn])),
    changed: (service, from, until) => changes.get(service)?.some(at => at >= from && at <= until) === true,
    planned: (service, startedAt) => planned(service, [], Math.max(startedAt, now - DAY), now),
    titleOf: service => titles.get(service) ?? service,
  }
}
