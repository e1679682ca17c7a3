import type { Change } from '../../src/contract/signal.js'
import type { RouteConfig } from '../../src/contract/oncall/routing.js'
import { MINUTE, type EpochMs } from '../../src/contract/time.js'
import type { AlertHeard } from '../../src/contract/view.js'
import type { IncidentHead } from '../../src/contract/ports.js'
import type { Decision } from '../../src/contract/oncall/routing.js'
import { emptyOutcome, Fold } from '../../src/core/fold/fold.js'
import { readSignal, Refusal } from '../../src/core/ingest/door.js'
import { beforeOf } from '../../src/core/route/news.js'
import { type Standing, routeState } from '../../src/core/route/pass.js'
import { route } from '../../src/core/route/route.js'
import { headAfter } from '../../src/shell/incident-head.js'
import type { Case } from './signals.js'

/** One that hears of alerts as well, and knows which label says that two belong together. */
export const ROUTES: RouteConfig[] = [{ tell: ['pager'], alerts: 'error', group: ['pattern'] }]

/** Plays a case through door, fold and router, a minute at a time; what is decided never sees what comes later. */
export function play({ lines, orders, end }: Case): Decision[] {
  const fold = new Fold({ clock: 'signals', falseAlarmsPerMonth: 1, services: [] })
  const state = routeState()
  const decisions: Decision[] = []
  const heads = new Map<string, Standing>()
  const alerts = new Map<string, readonly AlertHeard[]>()
  const changes: Change[] = []
  const queue = [
    ...lines.map(({ at, line }) => ({ at, line, order: null })),
    ...orders.map(order => ({ at: order.at, line: null, order })),
  ].toSorted((a, b) => a.at - b.at)
  let position = 0
  let i = 0
  for (let now = Math.floor(queue[0]!.at / MINUTE) * MINUTE; now <= end; now += MINUTE) {
    const outcome = emptyOutcome()
    for (; i < queue.length && queue[i]!.at < now; i++) {
      const { at, line, order } = queue[i]!
      position++
      if (order !== null) {
        fold.advance(at, position, outcome)
        fold.order(order, position, outcome)
        continue
      }
      const signal = readSignal(JSON.parse(line))
      if (signal instanceof Refusal) throw new Error(`${signal.message}: ${line}`)
      fold.signal(signal, position, outcome)
      if (signal.type === 'fact' && signal.via === 'change') changes.push(signal)
    }
    fold.advance(now, position, outcome)
    for (const event of outcome.events) {
      const known = heads.get(event.incident)
      const head: IncidentHead = headAfter(known?.head ?? null, event)
      heads.set(event.incident, { head, events: [...(known?.events ?? []), event], acknowledged: false })
    }
    for (const row of outcome.services) alerts.set(row.service, row.alerts ?? [])
    const changed = (service: string, from: EpochMs, until: EpochMs) =>
      changes.some(each => each.service === service && each.at >= from && each.at <= until)
    const events = outcome.events.map(event => ({ event, before: beforeOf(event, heads.get(event.incident)!.events) }))
    const world = {
      ...{ now, routes: ROUTES, events, incidents: heads, graph: new Map(), alerts, changed },
      ...{ planned: () => false, onCall: () => null, titleOf: (service: string) => service },
    }
    decisions.push(...route(state, world).decisions)
  }
  return decisions
}

/** The pages that somebody is woken by. */
export function pagesOf(played: Case, decisions: readonly Decision[]): string[] {
  const told = decisions.filter(each => each.told && each.thread !== undefined && each.reason !== 'over')
  const found = told.flatMap(({ service, thread, since, at }) => {
    const same = played.pages.filter(page => page.service === service && page.thread === thread)
    // An alert that cries again and again is told at one of its beginnings, of which the set lists some.
    return same.find(page => page.at === since) ?? same.findLast(page => page.at <= at) ?? same[0] ?? []
  })
  return [...new Set(found.map(page => page.id))]
}
