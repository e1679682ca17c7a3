import type { EpochMs } from '../../../contract/time.js'
import type { Origin } from './origin.js'
import type { Context } from './reading.js'
import type { Rule } from './rules.js'
import { type Facet, frameOf, idFrom, type Told } from './tally.js'

type Measured = Exclude<Rule, { as: 'requests' }>
interface Reading {
  value: number
  time: EpochMs
  from: EpochMs
  unit: string
}
interface Gauge extends Reading {
  facet: Facet
  name: string
  rule: Exclude<Measured, { as: 'capacity' }>
  capacity: number | undefined
  /** Points that it is the worst or the sum of. */
  items: number
}
/** What one resource says. */
interface Raw extends Reading {
  facet: Facet
  rule: Measured
  name: string
  /** Of the same resource and pool a metric of capacity has this with its own name in it. */
  of: string
}

/** Units longer than this are words, and left out. */
const UNIT_CHARS = 20

/**
 * Gauges of one export. Of many instances with the same labels one is told: the fullest, or the worst; demands add up. What is
 * full at how much is paired within a resource and pool.
 */
export class GaugeTally {
  private readonly raw: Raw[] = []
  private readonly capacities = new Map<string, number>()

  constructor(private readonly context: Context) {}

  add(origin: Origin, rule: Measured, name: string, reading: Reading): void {
    const { attributes, naming } = this.context
    const pool = attributes.get('pool')
    const facet = naming.facet(origin, undefined, pool)
    const of = `\0${origin.key[0]}\0${origin.key[1]}\0${facet.key}`
    // A metric of capacity may be one with states, whose sum it is.
    if (rule.as === 'capacity') this.capacities.set(name + of, (this.capacities.get(name + of) ?? 0) + reading.value)
    else this.raw.push({ facet, rule, name, of, ...reading })
  }

  signals(now: EpochMs): Told[] {
    const gauges = new Map<string, Gauge>()
    for (const each of this.raw) {
      const { rule, name, of, facet } = each
      if (rule.as === 'capacity') continue
      const capacity = typeof rule.capacity === 'string' ? this.capacities.get(rule.capacity + of) : rule.capacity
      const full = capacity !== undefined && capacity > 0 && Number.isFinite(capacity) ? capacity : undefined
      const key = `${name}\0${facet.key}`
      const gauge = gauges.get(key)
      if (gauge === undefined) gauges.set(key, { ...each, rule, capacity: full, items: 1 })
      else merge(gauge, { ...each, rule, capacity: full, items: 1 })
    }
    return [...gauges.values()].map(gauge => ({ signal: signalOf(gauge, now), items: gauge.items }))
  }
}

/** How bad a reading is, to be compared with others of its kind. */
function badness({ rule, value, capacity }: Gauge): number {
  if (rule.as === 'hit') return -value
  return capacity === undefined ? value : value / capacity
}

function merge(into: Gauge, one: Gauge): void {
  const items = into.items + 1
  const [from, time] = [Math.min(into.from, one.from), Math.max(into.time, one.time)]
  if (into.rule.as === 'demand') into.value += one.value
  else if (badness(one) > badness(into)) Object.assign(into, one)
  Object.assign(into, { items, from, time })
}

function signalOf({ facet, rule, name, value, capacity, unit, from, time }: Gauge, now: EpochMs): object {
  const { windowMs, ...frame } = frameOf(facet, from, time, now) as { windowMs: number }
  return {
    ...frame,
    ...(rule.as === 'demand' ? { windowMs } : {}),
    via: 'gauge',
    id: idFrom('gauge', facet.key, name, time, value, capacity ?? ''),
    name,
    value,
    measures: rule.as,
    ...(unit === '' || unit.length > UNIT_CHARS ? {} : { unit }),
    ...(capacity === undefined ? {} : { capacity }),
  }
}
