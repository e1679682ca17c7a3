import type { EpochMs } from '../../../contract/time.js'
import { COUNTER_GAP_MS } from './counter.js'
import { nameOf } from './counts.js'
import { readSelector, type Selector } from './selector.js'

/** A gauge and, where there is one, the gauge of where it is full. */
export interface GaugeRule {
  /** What is measured, such as `db.connections`. */
  name: string
  value: string
  capacity?: string
  unit?: string
  measures?: string
  /** What `value` says is free, not used. */
  free?: boolean
}

/** Pools and room as exporters and libraries measure them. */
export const USUAL_GAUGES: readonly GaugeRule[] = [
  { name: 'process.open_fds', value: 'process_open_fds', capacity: 'process_max_fds' },
  { name: 'db.connections', value: 'pg_stat_activity_count', capacity: 'pg_settings_max_connections' },
  {
    name: 'db.connections',
    value: 'mysql_global_status_threads_connected',
    capacity: 'mysql_global_variables_max_connections',
  },
  { name: 'db.pool.used', value: 'hikaricp_connections_active', capacity: 'hikaricp_connections_max' },
  { name: 'cache.memory', value: 'redis_memory_used_bytes', capacity: 'redis_memory_max_bytes', unit: 'By' },
  { name: 'cache.clients', value: 'redis_connected_clients', capacity: 'redis_config_maxclients' },
  {
    name: 'system.memory',
    value: 'node_memory_MemAvailable_bytes',
    capacity: 'node_memory_MemTotal_bytes',
    unit: 'By',
    free: true,
  },
  {
    name: 'system.filesystem',
    value: 'node_filesystem_avail_bytes{mountpoint="/"}',
    capacity: 'node_filesystem_size_bytes{mountpoint="/"}',
    unit: 'By',
    free: true,
  },
  {
    name: 'container.memory',
    value: 'container_memory_working_set_bytes{container!="",container!="POD"}',
    capacity: 'container_spec_memory_limit_bytes{container!="",container!="POD"}',
    unit: 'By',
  },
  {
    name: 'volume.used',
    value: 'kubelet_volume_stats_used_bytes',
    capacity: 'kubelet_volume_stats_capacity_bytes',
    unit: 'By',
  },
  { name: 'queue.lag', value: 'kafka_consumergroup_lag', measures: 'saturation' },
  { name: 'queue.depth', value: 'rabbitmq_queue_messages_ready', measures: 'saturation' },
]

export interface GaugeRole {
  rule: GaugeRule
  part: 'value' | 'capacity'
}

/** The series of one gauge of one place, summed: connections by state are connections. */
export interface Level {
  id: string
  service: string
  labels: Record<string, string>
  rule: GaugeRule
  value: Map<string, Sample>
  capacity: Map<string, Sample>
  /** The newest sample, and the newest that was told. */
  at: EpochMs
  told: EpochMs
}
interface Sample {
  at: EpochMs
  value: number
}

/** Gauges by place; 400 bytes each. Beyond it further ones are left out. */
const LEVELS_MAX = 5_000
/** Series of one gauge that are summed; further ones are left out. */
const SUMMED_MAX = 200

export class Gauges {
  private readonly byName = new Map<string, (GaugeRole & { selector: Selector })[]>()
  private readonly levels = new Map<string, Level>()

  /** @throws Error with the place in front */
  constructor(
    rules: readonly GaugeRule[],
    private readonly everyMs: number,
  ) {
    for (const [i, rule] of rules.entries())
      for (const part of ['value', 'capacity'] as const) {
        const text = rule[part]
        if (text === undefined) continue
        try {
          const selector = readSelector(text)
          if (selector.name === '') throw new Error('it names a metric')
          const roles = this.byName.get(selector.name) ?? []
          this.byName.set(selector.name, [...roles, { rule, part, selector }])
        } catch (error) {
          throw new Error(`[${i}].${part}: ${(error as Error).message}`, { cause: error })
        }
      }
  }

  wants(name: string): boolean {
    return this.byName.has(name)
  }

  roleOf(name: string, labels: ReadonlyMap<string, string>): GaugeRole | null {
    return this.byName.get(name)?.find(({ selector }) => selector.matches(labels)) ?? null
  }

  /** Null where there are too many. */
  level(service: string, labels: Record<string, string>, rule: GaugeRule): Level | null {
    const id = nameOf('gauge', service, rule.name, labels)
    const known = this.levels.get(id)
    if (known !== undefined) return known
    if (this.levels.size >= LEVELS_MAX) return null
    const level = { id, service, labels, rule, value: new Map(), capacity: new Map(), at: 0, told: 0 }
    this.levels.set(id, level)
    return level
  }

  /** NaN: the series is no more. */
  set(level: Level, part: GaugeRole['part'], key: string, at: EpochMs, value: number): void {
    const samples = level[part]
    if ((samples.get(key)?.at ?? 0) >= at) return
    if (!Number.isFinite(value)) samples.delete(key)
    else if (samples.has(key) || samples.size < SUMMED_MAX) samples.set(key, { at, value })
    if (part === 'value') level.at = Math.max(level.at, at)
  }

  /** Signals of all that have a newer window than the one told last. */
  due(): object[] {
    const found: object[] = []
    for (const level of this.levels.values()) {
      const window = Math.floor(level.at / this.everyMs)
      if (window <= level.told) continue
      level.told = window
      const signal = this.signalOf(level, window)
      if (signal !== null) found.push(signal)
    }
    return found
  }

  /** Forgets those that nobody uses any more. */
  forget(used: ReadonlySet<unknown>): void {
    for (const [id, level] of this.levels) if (!used.has(level)) this.levels.delete(id)
  }

  private signalOf(level: Level, window: number): object | null {
    const { id, service, labels, rule, at } = level
    const said = sum(level.value, at)
    const capacity = sum(level.capacity, at)
    if (said === null) return null
    const full = capacity !== null && capacity > 0 && Number.isFinite(capacity) ? capacity : null
    // Without a capacity a pair says nothing: no limit is set, or it was not heard yet.
    if (rule.capacity !== undefined && full === null) return null
    const value = rule.free === true && full !== null ? Math.max(0, full - said) : said
    return {
      type: 'observation',
      via: 'gauge',
      id: `${id}:${window}`,
      service,
      at,
      labels,
      name: rule.name,
      value,
      ...(rule.unit === undefined ? {} : { unit: rule.unit }),
      ...(full === null ? {} : { capacity: full }),
      ...(rule.measures === undefined ? {} : { measures: rule.measures }),
    }
  }
}

/** Of those that were heard lately; null: of none. */
function sum(samples: ReadonlyMap<string, Sample>, now: EpochMs): number | null {
  let [all, any] = [0, false]
  for (const { at, value } of samples.values()) {
    if (now - at > COUNTER_GAP_MS) continue
    all += value
    any = true
  }
  return any ? all : null
}
