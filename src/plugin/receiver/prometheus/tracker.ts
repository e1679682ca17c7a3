import { LATENCY_MAX_MS } from '../../../contract/limits.js'
import { type EpochMs, HOUR, MINUTE } from '../../../contract/time.js'
import { type Counter, counter as newCounter, increment, Target } from './counter.js'
import { type Counts, type Group, nameOf } from './counts.js'
import type { GaugeRole, Gauges, Level } from './gauges.js'
import type { Places } from './places.js'
import { type Cluster, REPLICA_LABELS, Replicas } from './replicas.js'
import type { Role, Rules } from './rules.js'
import type { Sent } from './write-request.js'

type Labels = ReadonlyMap<string, string>

/** A bucket and the count of its histogram: how many were slow is known where both say what they rose by since the same time. */
interface Child {
  group: Group
  halves: Map<EpochMs, { part: Role['part']; from: EpochMs; n: number }>
}

type Meaning =
  | { is: 'requests'; role: Role; target: Target; group: Group; child: Child | null; counter: Counter }
  | { is: 'up'; target: Target; said: Labels; labels: Record<string, string> | null }
  | { is: 'probe'; service: string; labels: Record<string, string>; took: Took }
  | { is: 'took'; took: Took }
  | { is: 'gauge'; part: GaugeRole['part']; level: Level }

/** How long a probe took, as its other series says. */
interface Took {
  at: EpochMs
  seconds: number
}

/** One series that was seen. */
interface Series {
  /** Null: it means nothing here. */
  meaning: Meaning | null
  id: string
  heard: EpochMs
  /** Of its newest sample. */
  at: EpochMs
  from: { cluster: Cluster; replica: string; turn: number } | null
}

/** Series that are remembered, those of wanted metrics alone: 700 bytes each. Samples of further ones are left out. */
export const SERIES_KNOWN = 200_000
/** A series that was not heard for so long is forgotten. */
const SERIES_KEPT_MS = HOUR
/** What is forgotten is looked for so often. */
const FORGET_EVERY_MS = MINUTE
/** Samples further ahead of our clock are left out: the clock of their sender is wrong. The door's own limit. */
const AHEAD_MS = 10 * MINUTE
/** Halves of a histogram that wait for the other one. */
const HALVES_MAX = 16

const UP = 'up'
const PROBE = 'probe_success'
const PROBE_TOOK = 'probe_duration_seconds'

export interface Parts {
  rules: Rules
  gauges: Gauges
  places: Places
  counts: Counts
  /** Which checks are made of `up` and of the blackbox exporter's `probe_success`. */
  checks: { up: boolean; probes: boolean }
  /** Gauges of a service whose requests nobody counts: only where the configuration asks for them. */
  allGauges: boolean
}

/** What is known of all series of one sender: turns samples as they come into increments, checks and levels. */
export class Tracker {
  private readonly series = new Map<string, Series>()
  /** By labels without those of replicas: two replicas of a series are one. */
  private readonly shared = new Map<string, Meaning>()
  private readonly targets = new Map<string, Target>()
  private readonly children = new Map<string, Child>()
  private readonly took = new Map<string, Took>()
  private readonly replicas = new Replicas()
  /** Services whose requests are counted. */
  private readonly counted = new Set<string>()
  /** Gauges of others, by series: their requests may be heard later. */
  private readonly undecided = new Map<string, string>()
  private checks: object[] = []
  private sweptAt: EpochMs = 0
  /** What was left out since it was last read, by rule. */
  dropped: Record<string, number> = {}

  constructor(
    private readonly parts: Parts,
    private readonly seriesMax = SERIES_KNOWN,
  ) {}

  wants = (name: string): boolean => {
    const { rules, gauges, checks } = this.parts
    if (rules.wants(name) || gauges.wants(name)) return true
    return name === UP ? checks.up : checks.probes && (name === PROBE || name === PROBE_TOOK)
  }

  take(sent: Sent, now: EpochMs): void {
    const { samples } = sent
    let series = this.series.get(sent.key)
    if (series === undefined) {
      if (this.series.size >= this.seriesMax) return this.drop('series', samples.length / 2)
      series = this.enter(sent, now)
      this.series.set(sent.key, series)
    }
    series.heard = now
    const { meaning, from } = series
    if (meaning === null) return
    if (from !== null && !Replicas.believes(from.cluster, from.replica, now)) return
    const moved = from !== null && from.turn !== from.cluster.turn
    for (let i = 0; i < samples.length; i += 2) {
      const [at, value] = [samples[i]!, samples[i + 1]!]
      if (at - now > AHEAD_MS) this.drop('ahead', 1)
      else this.sample(series, meaning, at, value, now, moved && i === 0)
    }
    if (from !== null) from.turn = from.cluster.turn
  }

  /** Signals of everything that is over. */
  due(now: EpochMs): object[] {
    const { counts, gauges } = this.parts
    if (Math.abs(now - this.sweptAt) >= FORGET_EVERY_MS) this.sweep(now)
    const { checks } = this
    this.checks = []
    return [...counts.due(now), ...checks, ...gauges.due()]
  }

  private drop(rule: string, n: number): void {
    this.dropped[`prometheus.${rule}`] = (this.dropped[`prometheus.${rule}`] ?? 0) + n
  }

  private sample(series: Series, its: Meaning, at: EpochMs, value: number, now: EpochMs, moved: boolean): void {
    if (its.is === 'requests') {
      // A marker that the series went away, or nothing at all: the counter stands where it stood.
      if (Number.isNaN(value)) return
      if (value < 0 || !Number.isFinite(value)) return this.drop('value', 1)
      return this.requests(its, at, value, now, moved)
    }
    if (at <= series.at) return
    series.at = at
    if (its.is === 'gauge') return this.parts.gauges.set(its.level, its.part, series.id, at, value)
    if (!Number.isFinite(value)) return
    if (its.is === 'took') Object.assign(its.took, { at, seconds: value })
    else if (its.is === 'probe') {
      const { service, labels, took } = its
      const latencyMs = took.at === at ? Math.min(LATENCY_MAX_MS, Math.max(0, Math.round(took.seconds * 1000))) : null
      this.check(series.id, service, labels, at, value !== 0, latencyMs)
    } else if (its.target.service !== null) {
      const { service } = its.target
      its.labels ??= this.parts.places.labelsOf(service, its.said)
      this.check(series.id, service, its.labels, at, value !== 0, null)
    }
  }

  private requests(
    its: Extract<Meaning, { is: 'requests' }>,
    at: EpochMs,
    value: number,
    now: EpochMs,
    moved: boolean,
  ) {
    const { role, target, group, child, counter } = its
    const counts = role.part === 'counter' || (role.part === 'count' && !target.counts)
    if (counts) target.saw(at)
    const first = counter.at === 0
    const n = increment(counter, target, at, value, moved)
    const add = (total: number) => {
      // Nothing says how they went: no word on whether it works.
      if (role.failed === null) this.drop('status', 1)
      else this.parts.counts.add(group, at, { total, bad: role.failed ? total : 0 }, now)
    }
    if (first && counts) target.born(value, at, () => value > 0 && add(value))
    if (n === null) return
    if (counts) target.counted(n, at)
    if (counts && n > 0) add(n)
    if (child !== null) this.half(child, role.part, counter.from, at, n, now)
  }

  /** Of a histogram: slow is what its count rose by more than the bucket did, since the same time. */
  private half(child: Child, part: Role['part'], from: EpochMs, at: EpochMs, n: number, now: EpochMs): void {
    const { halves, group } = child
    const other = halves.get(at)
    if (other === undefined || other.part === part) {
      halves.set(at, { part, from, n })
      if (halves.size > HALVES_MAX) halves.delete(halves.keys().next().value!)
      return
    }
    halves.delete(at)
    if (other.from !== from) return
    const [timed, quick] = part === 'count' ? [n, other.n] : [other.n, n]
    if (timed > 0) this.parts.counts.add(group, at, { timed, slow: Math.max(0, timed - quick) }, now)
  }

  private check(
    id: string,
    service: string,
    labels: Record<string, string>,
    at: EpochMs,
    ok: boolean,
    latencyMs: number | null,
  ): void {
    const base = { type: 'observation', via: 'check', id: `${id}:${at}`, service, at, labels, total: 1 }
    this.checks.push({ ...base, bad: ok ? 0 : 1, ...(latencyMs === null ? {} : { latencyMs }) })
  }

  private enter(sent: Sent, now: EpochMs): Series {
    const labels = sent.labels()
    const from = this.replicas.of(labels, now)
    for (const name of REPLICA_LABELS) labels.delete(name)
    const key = canonical(labels)
    let meaning = this.shared.get(key) ?? null
    if (meaning === null) {
      meaning = this.meaningOf(sent, labels)
      if (meaning !== null && from !== null) this.shared.set(key, meaning)
    }
    return {
      meaning,
      id: meaning === null ? '' : nameOf(key),
      heard: now,
      at: 0,
      from: from === null ? null : { ...from, turn: from.cluster.turn },
    }
  }

  private meaningOf({ name, key }: Sent, labels: Labels): Meaning | null {
    const { rules, gauges, places, allGauges } = this.parts
    const role = rules.roleOf(name, labels)
    if (role !== null) return this.requestsOf(role, labels)
    if (name === UP) return { is: 'up', target: this.targetOf(labels), said: labels, labels: null }
    const gauge = gauges.roleOf(name, labels)
    if (gauge === null && name !== PROBE && name !== PROBE_TOOK) return null
    if (name === PROBE_TOOK) return { is: 'took', took: this.tookOf(labels) }
    const service = this.serviceOf(labels, [])
    if (service === null) return null
    if (gauge === null)
      return { is: 'probe', service, labels: places.labelsOf(service, labels), took: this.tookOf(labels) }
    if (!allGauges && !this.counted.has(service)) {
      this.undecided.set(key, service)
      return null
    }
    const level = gauges.level(service, places.labelsOf(service, labels), gauge.rule)
    if (level === null) this.drop('gauges', 1)
    return level === null ? null : { is: 'gauge', part: gauge.part, level }
  }

  private requestsOf(role: Role, labels: Labels): Meaning | null {
    const { places, counts } = this.parts
    const service = this.serviceOf(labels, role.rule.serviceFrom)
    if (service === null) return null
    const target = this.targetOf(labels)
    const own = places.labelsOf(service, labels)
    const group = counts.group(service, role.rule.name, own)
    target.service ??= service
    if (role.part === 'counter') target.counts = true
    this.counted.add(service)
    const child = role.part === 'counter' ? null : this.childOf(role, labels, group)
    return { is: 'requests', role, target, group, child, counter: newCounter() }
  }

  private serviceOf(labels: Labels, first: readonly string[]): string | null {
    const service = this.parts.places.serviceOf(labels, first)
    if (service === 'full') this.drop('services', 1)
    else if (service === null) this.drop('service', 1)
    return service === 'full' ? null : service
  }

  private targetOf(labels: Labels): Target {
    const key = JSON.stringify([labels.get('job'), labels.get('instance'), labels.get('pod')])
    return kept(this.targets, key, () => new Target())
  }

  private childOf(role: Role, labels: Labels, group: Group): Child {
    const key = `${role.rule.name}\n${canonical(labels, ['__name__', 'le'])}`
    return kept(this.children, key, () => ({ group, halves: new Map() }))
  }

  private tookOf(labels: Labels): Took {
    const key = canonical(labels, ['__name__'])
    return kept(this.took, key, () => ({ at: 0, seconds: 0 }))
  }

  /** Forgets what is no more, so that pods may come and go for years. */
  private sweep(now: EpochMs): void {
    this.sweptAt = now
    for (const [key, service] of this.undecided)
      if (this.counted.has(service)) {
        this.series.delete(key)
        this.undecided.delete(key)
      }
    const used = new Set<unknown>()
    for (const [key, { heard, meaning }] of this.series)
      if (heard < now - SERIES_KEPT_MS) {
        this.series.delete(key)
        this.undecided.delete(key)
      } else if (meaning !== null) {
        used.add(meaning)
        for (const part of Object.values(meaning)) used.add(part)
      }
    const forget = <T>(all: Map<string, T>) => {
      for (const [key, each] of all) if (!used.has(each)) all.delete(key)
    }
    forget(this.shared)
    forget(this.targets)
    forget(this.children)
    forget(this.took)
    this.parts.counts.forget(used)
    this.parts.gauges.forget(used)
  }
}

/** What is there by that key, made where it is not. */
function kept<T>(all: Map<string, T>, key: string, make: () => T): T {
  let found = all.get(key)
  if (found === undefined) all.set(key, (found = make()))
  return found
}

/** The same for the same labels, in whatever order they come. */
const canonical = (labels: Labels, without: readonly string[] = []): string =>
  JSON.stringify([...labels].filter(([name]) => !without.includes(name)).sort(([a], [b]) => (a < b ? -1 : 1)))
