import type { GaugeMeasure } from '../../../contract/signal.js'
import { RANKS, type Rank } from './claims.js'

/** Metrics that count requests of a server, by the semantic conventions. */
interface RequestRule {
  as: 'requests'
  /** Of what protocol: a span of the same request counts no second time. */
  family: string
  rank: Rank
  /** Seconds of one unit of it, where its unit does not say. */
  seconds: number
  /** Attribute and its values that say that a request failed; without it the conventions. */
  bad?: { attribute: string; values: ReadonlySet<string> }
}

interface GaugeRule {
  as: GaugeMeasure
  /** Only points whose attribute `state` says this. */
  state?: string
  /** At which value it is full: a number, or the metric that says it. */
  capacity?: number | string
}
/** A metric that says at which value another one is full. */
interface CapacityRule {
  as: 'capacity'
}
export type Rule = RequestRule | GaugeRule | CapacityRule

/** One metric, as the settings name it. */
export interface MetricConfig {
  name: string
  as: 'requests' | GaugeMeasure
  bad?: { attribute: string; values: string[] }
  state?: string
  capacity?: number | string
}

const requests = (family: string, rank: Rank, seconds = 1): Rule => ({ as: 'requests', family, rank, seconds })
const full = (capacity: number | string, state?: string): Rule => ({
  as: 'saturation',
  capacity,
  ...(state === undefined ? {} : { state }),
})

/** What is read where the settings say nothing of it. */
const KNOWN: Readonly<Record<string, Rule>> = {
  'http.server.request.duration': requests('http', RANKS.stable),
  'http.server.duration': requests('http', RANKS.former, 0.001),
  'rpc.server.call.duration': requests('rpc', RANKS.stable),
  'rpc.server.duration': requests('rpc', RANKS.former, 0.001),
  'messaging.process.duration': requests('messaging', RANKS.stable),
  'db.client.connection.count': full('db.client.connection.max', 'used'),
  'db.client.connection.pending_requests': { as: 'saturation' },
  'db.client.connections.usage': full('db.client.connections.max', 'used'),
  'db.client.connections.pending_requests': { as: 'saturation' },
  'jvm.memory.used_after_last_gc': full('jvm.memory.limit'),
  'nodejs.eventloop.utilization': full(1),
  'system.memory.utilization': full(1, 'used'),
  'system.filesystem.utilization': full(1, 'used'),
  'k8s.container.memory_limit_utilization': full(1),
  'k8s.container.cpu_limit_utilization': full(1),
  'kafka.consumer.records_lag_max': { as: 'saturation' },
}

/** What each metric means, by name. What is not here is not read. */
export function rulesOf(own: readonly MetricConfig[]): ReadonlyMap<string, Rule> {
  const rules = new Map(Object.entries(KNOWN))
  for (const { name, as, bad, state, capacity } of own) {
    if (as === 'requests')
      rules.set(name, {
        as,
        family: name,
        rank: RANKS.stable,
        seconds: 1,
        ...(bad === undefined ? {} : { bad: { attribute: bad.attribute, values: new Set(bad.values) } }),
      })
    else
      rules.set(name, {
        as,
        ...(state === undefined ? {} : { state }),
        ...(capacity === undefined ? {} : { capacity }),
      })
  }
  for (const rule of [...rules.values()])
    if ('capacity' in rule && typeof rule.capacity === 'string' && !rules.has(rule.capacity))
      rules.set(rule.capacity, { as: 'capacity' })
  return rules
}
