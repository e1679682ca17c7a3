import type { IncidentEvent } from '../src/contract/incident.js'
import { MINUTE } from '../src/contract/time.js'
import type { Scenario } from '../src/scenario/scenario.js'
import { rankedCauses, trueCauses } from './oracle.js'
import { strandOf, WorldTruth } from './truth.js'

/**
 * A share told at a moment rests on the minutes before it, and metrics arrive late: it is right if it meets any of the
 * true shares of this span.
 */
const SHARE_SPAN_MS = 6 * MINUTE

/** What can be held against the truth afterwards, to be gathered over many worlds. */
export interface Held {
  /** A probability that was given, and whether the thing was so. */
  causes: { probability: number; right: boolean }[]
  /** Whether a 95 % interval held the truth. */
  shares: boolean[]
  etas: boolean[]
  /** The shares themselves, 0..1, and forecasts from the middle of their interval, minutes from when they were made. */
  sharePairs: Pair[]
  etaPairs: Pair[]
}

export interface Pair {
  said: number
  was: number
}

export function hold(scenario: Scenario, events: readonly IncidentEvent[]): Held {
  const truth = new WorldTruth(scenario)
  const held: Held = { causes: [], shares: [], etas: [], sharePairs: [], etaPairs: [] }
  const own = events.filter(e => e.service === scenario.world.service)
  if (own.length === 0 || !scenario.truth.isIncident) return held
  const truly = trueCauses(scenario)
  const { causes, unexplained } = rankedCauses(scenario, events)
  for (const { subject, probability } of causes) held.causes.push({ probability, right: truly.has(subject) })
  if (unexplained !== null) held.causes.push({ probability: unexplained, right: truly.size === 0 })
  for (const event of own) holdEvent(truth, event, held)
  return held
}

function holdEvent(truth: WorldTruth, event: IncidentEvent, held: Held): void {
  const at = Date.parse(event.at)
  const strand = strandOf(event)
  for (const { where, share, interval } of event.segments ?? []) {
    if (!interval) continue
    const range = truth.range(where, at - SHARE_SPAN_MS, at, strand)
    if (!range) continue
    held.shares.push(interval[0] <= range[1] && interval[1] >= range[0])
    if (share !== null) held.sharePairs.push({ said: share, was: (range[0] + range[1]) / 2 })
  }
  const forecasts = event.recovery ? [{ where: {}, eta: event.recovery.eta }, ...event.recovery.segments] : []
  for (const { where, eta } of forecasts) {
    const normal = eta && truth.backToNormal(where, strand)
    // A forecast made after the fact is no forecast.
    if (!eta || !normal || at >= normal) continue
    const [from, until] = [Date.parse(eta[0]), Date.parse(eta[1])]
    held.etas.push(from <= normal && normal <= until)
    held.etaPairs.push({ said: ((from + until) / 2 - at) / MINUTE, was: (normal - at) / MINUTE })
  }
}

export function merge(all: readonly Held[]): Held {
  return {
    causes: all.flatMap(h => h.causes),
    shares: all.flatMap(h => h.shares),
    etas: all.flatMap(h => h.etas),
    sharePairs: all.flatMap(h => h.sharePairs),
    etaPairs: all.flatMap(h => h.etaPairs),
  }
}

export interface Bin {
  from: number
  until: number
  count: number
  /** Mean probability given, and share that was so. */
  said: number
  was: number
}

/** Ten bins of probability; a calibrated judge has `said` near `was` in each that holds enough. */
export function reliability(causes: Held['causes']): Bin[] {
  return Array.from({ length: 10 }, (_, i) => {
    const some = causes.filter(c => Math.min(9, Math.floor(c.probability * 10)) === i)
    const mean = (f: (c: Held['causes'][number]) => number) =>
      some.length === 0 ? 0 : some.reduce((n, c) => n + f(c), 0) / some.length
    return {
      from: i / 10,
      until: (i + 1) / 10,
      count: some.length,
      said: mean(c => c.probability),
      was: mean(c => +c.right),
    }
  })
}
