import { createHash } from 'node:crypto'
import { COUNT_MAX, WINDOW_MAX_MS } from '../../../contract/limits.js'
import type { Labels } from '../../../contract/signal.js'
import { type EpochMs, MINUTE } from '../../../contract/time.js'
import type { Histogram } from './buckets.js'
import type { Claims, Rank } from './claims.js'

/** Of whom something is told: a service and the labels of one set. */
export interface Facet {
  service: string
  labels: Labels
  /** Tells facets apart. */
  key: string
  /** The same whatever the operation. */
  whole?: Facet
  /** Where the last was counted, and by whom: most of what follows is of the same minute. */
  last?: Group
  by?: Tally
}

/** What is counted of one facet in one minute of its sender's clock. */
export interface Group {
  facet: Facet
  /** Whose requests these are, of what protocol and by what told; and what a quantile of them is called. */
  claim: string
  rank: Rank
  name: string
  minute: number
  from: EpochMs
  at: EpochMs
  /** Sums of weights, of their squares, of those that failed and that were slow. */
  weight: number
  squares: number
  bad: number
  slow: number
  /** Spans or points. */
  items: number
  /** What it is made of, whatever its order: two sums of hashes. */
  made: [number, number]
  /** How long what was answered took: mostly one histogram, several where senders have other bounds. */
  durations: Histogram[]
}

export interface GroupKind {
  claim: string
  rank: Rank
  name: string
}

/** A quantile is only told of so many requests. */
const QUANTILE_REQUESTS = 20

/** Counts of one export by facet and minute, and the signals that they are. */
export class Tally {
  private readonly groups = new Map<string, Group>()

  /** Where something that ended at `at` counts. */
  group(facet: Facet, kind: GroupKind, from: EpochMs, at: EpochMs): Group {
    const minute = Math.floor(at / MINUTE)
    const { last } = facet
    let group =
      last !== undefined && facet.by === this && last.minute === minute && last.name === kind.name ? last : undefined
    if (group === undefined) {
      const key = `${minute}\0${kind.name}\0${kind.claim}\0${facet.key}`
      group = this.groups.get(key)
      if (group === undefined) {
        const sums = { weight: 0, squares: 0, bad: 0, slow: 0, items: 0 }
        group = { facet, ...kind, minute, from, at, ...sums, made: [0, 0], durations: [] }
        this.groups.set(key, group)
      }
      facet.last = group
      facet.by = this
    }
    if (from < group.from) group.from = from
    if (at > group.at) group.at = at
    group.items++
    return group
  }

  /**
   * The signals. Counts of sampled spans are as many as they are worth as evidence:
   * the effective size of a weighted sample, (Σw)²/Σw² (Kish, Survey Sampling, 1965), with the weighted share in it.
   */
  signals(claims: Claims, now: EpochMs, quantile: number): Told[] {
    for (const { claim, rank } of this.groups.values()) claims.hear(claim, rank, now)
    const told: Told[] = []
    const durations = new Map<string, Group>()
    const busy = new Set<string>()
    const idle = new Map<string, Group>()
    for (const group of this.groups.values()) {
      const { facet, claim, rank, from, at, weight, squares, items } = group
      if (!claims.counts(claim, rank, from, at, now)) continue
      if (weight === 0) {
        idle.set(facet.service, group)
        continue
      }
      busy.add(facet.service)
      const total = Math.max(1, Math.round((weight * weight) / squares))
      const bad = Math.min(total, Math.round((total * group.bad) / weight))
      const slow = Math.min(total - bad, Math.round((total * group.slow) / weight))
      const counts = { via: 'metric', id: idOf(group), total, bad, slow }
      told.push({ signal: { ...frameOf(facet, from, at, now), ...counts }, items })
      if (group.durations.length > 0 && quantile > 0) mergeDurations(durations, group, total)
    }
    for (const group of durations.values()) {
      const value = group.weight < QUANTILE_REQUESTS ? null : quantileOf(group.durations, quantile)
      if (value === null) continue
      const name = `${group.name}.p${Math.round(quantile * 1e4) / 100}`
      const gauge = { via: 'gauge', id: idOf(group, 'q'), name, value, unit: 's', measures: 'latency' }
      told.push({ signal: { ...frameOf(group.facet, group.from, group.at, now), ...gauge }, items: 0 })
    }
    // That nobody asked for anything is heard of too: once a service.
    for (const group of idle.values()) {
      if (busy.has(group.facet.service)) continue
      const frame = frameOf(group.facet, group.from, group.at, now)
      told.push({ signal: { ...frame, via: 'metric', id: idOf(group), total: 0, bad: 0 }, items: 0 })
    }
    return told
  }
}

/** A quantile is told of a service, not of each operation: shares of slow requests say that better. */
function mergeDurations(into: Map<string, Group>, group: Group, total: number): void {
  const facet = group.facet.whole ?? group.facet
  const key = `${group.minute}\0${group.name}\0${facet.key}`
  let all = into.get(key)
  if (all === undefined) into.set(key, (all = { ...group, facet, weight: 0, items: 0, made: [0, 0], durations: [] }))
  all.from = Math.min(all.from, group.from)
  all.at = Math.max(all.at, group.at)
  all.weight += total
  all.items += group.items
  all.made = [(all.made[0] + group.made[0]) >>> 0, (all.made[1] + group.made[1]) >>> 0]
  for (const each of group.durations) addDurations(all.durations, each.bounds, each.counts)
}

/** A signal, and of how many items it is made. */
export interface Told {
  signal: object
  items: number
}

/** Counts that a group cannot have: more than a signal may. */
export const isPlausible = (count: number): boolean => count >= 0 && count <= COUNT_MAX

/** A sender's clock may be ahead: what is said to be to come has just been. */
export function frameOf({ service, labels }: Facet, from: EpochMs, at: EpochMs, now: EpochMs): object {
  const windowMs = Math.min(WINDOW_MAX_MS, Math.max(1, Math.ceil(at - from)))
  return { type: 'observation', service, at: Math.min(Math.ceil(at), now), windowMs, labels }
}

/** The same of the same content: what is sent again counts once. */
const idOf = ({ facet, minute, name, made, items }: Group, more = ''): string =>
  idFrom(facet.key, minute, name, made[0], made[1], items, more)

export const idFrom = (...parts: readonly (string | number)[]): string =>
  createHash('sha256').update(parts.join('\0')).digest('base64url').slice(0, 22)

/** Bounds of one histogram that a group keeps apart at most; of senders with still others no quantile is told. */
const BOUNDS = 16

/** Adds counts, as many as `to`, to those of the same bounds. */
export function addDurations(
  all: Histogram[],
  bounds: readonly number[],
  counts: readonly number[],
  to = counts.length,
): void {
  const same = all.find(each => each.bounds === bounds || isSame(each.bounds, bounds))
  if (same === undefined) {
    if (all.length < BOUNDS) all.push({ bounds, counts: counts.slice(0, to) })
    return
  }
  for (let i = 0; i < to; i++) same.counts[i]! += counts[i]!
}
function isSame(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** A quantile of counts by bucket, linear within one; of the last, open one its lower bound. Null where nothing was counted. */
export function quantileOf(histograms: readonly Histogram[], quantile: number): number | null {
  const sorted = histograms
    .flatMap(({ bounds, counts }) =>
      counts.map((count, i) => ({
        above: Math.max(0, bounds[i - 1] ?? 0),
        upTo: bounds[i] ?? Number.POSITIVE_INFINITY,
        count,
      })),
    )
    .filter(({ count }) => count > 0)
    .sort((a, b) => a.upTo - b.upTo || a.above - b.above)
  const all = sorted.reduce((sum, { count }) => sum + count, 0)
  let before = 0
  for (const { above, upTo, count } of sorted) {
    if (before + count >= quantile * all)
      return Number.isFinite(upTo) ? above + (upTo - above) * Math.max(0, (quantile * all - before) / count) : above
    before += count
  }
  return null
}
