import type { Config } from '../../contract/config.js'
import type { IncidentEvent } from '../../contract/incident.js'
import type { Decision } from '../../contract/oncall/routing.js'
import type { Order } from '../../contract/order.js'
import type { Change } from '../../contract/signal.js'
import { DAY, MINUTE, type EpochMs } from '../../contract/time.js'
import type { AlertHeard } from '../../contract/view.js'
import { isPlanned } from '../../core/calendar/quiet.js'
import { responseOf } from '../../core/incident/response.js'
import { leavingOf, personAt } from '../../core/oncall/rota.js'
import { beforeOf } from '../../core/route/news.js'
import { routeState, type Standing, type World } from '../../core/route/pass.js'
import { route } from '../../core/route/route.js'
import { headAfter, headAfterCommand } from '../incident-head.js'

/** What a play goes by. */
export type PlayConfig = Pick<Config, 'routes' | 'rotas' | 'responders' | 'maintenance' | 'services'>

/** What became known by a time. */
export interface Known {
  events: readonly IncidentEvent[]
  orders?: readonly Order[]
  alerts?: ReadonlyMap<string, readonly AlertHeard[]>
  changes?: readonly Change[]
}

/** Plays what was known minute by minute under a routing, and says what it would have decided. */
export class RoutePlay {
  private readonly state = routeState()
  private readonly stories = new Map<string, { standing: Standing; orders: Order[] }>()
  private alerts = new Map<string, readonly AlertHeard[]>()
  private changes: Change[] = []
  private fresh: IncidentEvent[] = []
  private at = 0

  constructor(
    private readonly config: PlayConfig,
    private readonly say: (decision: Decision) => void,
  ) {}

  /** All that became known since the last call; `now` never goes back. */
  take({ events, orders = [], alerts, changes = [] }: Known, now: EpochMs): void {
    this.until(now)
    for (const event of events) {
      const known = this.stories.get(event.incident)
      const head = headAfter(known?.standing.head ?? null, event)
      const standing = { head, events: [...(known?.standing.events ?? []), event], acknowledged: false }
      this.stories.set(event.incident, { standing, orders: known?.orders ?? [] })
      this.fresh.push(event)
    }
    for (const order of orders) {
      const known = this.stories.get(order.incident)
      if (known === undefined) continue
      known.orders.push(order)
      known.standing.head = headAfterCommand(known.standing.head, order) as Standing['head']
      known.standing.acknowledged = responseOf(known.orders).acknowledged !== null
    }
    for (const [service, heard] of alerts ?? []) this.alerts.set(service, heard)
    this.changes.push(...changes)
  }

  /** Passes every minute up to `now`; those in which nothing can be decided are left out. */
  until(now: EpochMs): void {
    const last = now - (now % MINUTE)
    if (this.at === 0) this.at = last
    while (this.at < last) {
      this.at = this.isCalm ? last : this.at + MINUTE
      this.pass(this.at)
    }
  }

  private get isCalm(): boolean {
    if (this.fresh.length > 0 || Object.keys(this.state.groups).length > 0) return false
    if ([...this.alerts.values()].some(each => each.length > 0)) return false
    return ![...this.stories.values()].some(each => each.standing.head.open)
  }

  private pass(now: EpochMs): void {
    const { config } = this
    const { maintenance, routes } = config
    const planned = (service: string, components: readonly string[], startedAt: EpochMs, at: EpochMs) =>
      isPlanned(maintenance, { service, components, startedAt }, at)
    const explained = ({ service, components = [], startedAt, at }: IncidentEvent) =>
      planned(service, components, Date.parse(startedAt ?? at), Date.parse(at))
    const incidents = new Map([...this.stories].map(([id, { standing }]) => [id, standing]))
    const leaving = leavingOf(config.responders)
    this.changes = this.changes.filter(each => now - each.at < DAY)
    const world: World = {
      ...{ now, routes: routes ?? [], incidents, alerts: this.alerts },
      events: this.fresh.map(event => ({
        event,
        before: beforeOf(event, incidents.get(event.incident)!.events, explained),
      })),
      graph: new Map(config.services.map(each => [each.id, each.dependsOn])),
      changed: (service, from, until) =>
        this.changes.some(each => each.service === service && each.at >= from && each.at <= until),
      planned: (service, startedAt) => planned(service, [], startedAt, now),
      onCall: (id, at) => {
        const rota = config.rotas.find(each => each.id === id)
        const person = rota === undefined ? null : personAt(rota, [], leaving, at).person
        const found = config.responders.find(each => each.id === person)
        return found === undefined ? null : { person: found.name ?? found.id, tell: found.tell }
      },
      titleOf: service => config.services.find(each => each.id === service)?.title ?? service,
    }
    this.fresh = []
    for (const each of route(this.state, world).decisions) this.say(each)
    for (const [id, { standing }] of this.stories)
      if (standing.head.resolvedAt !== null && now - standing.head.resolvedAt > DAY) this.stories.delete(id)
  }
}
