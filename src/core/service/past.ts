import type { Past, Untaught } from '../../contract/past.js'
import { DAY, type EpochMs } from '../../contract/time.js'
import { heardVia } from '../evidence/registry.js'
import { fingerprint, print } from '../stat/fingerprint.js'
import type { ServiceState } from './service.js'

/** What a service has learned by itself for so long is not given up for a past that ends so long ago. */
export const LIVED_MS = 2 * DAY
/** Tells one past from another: the same is taken once. */
export function printOf({ service, via, binMs, counts }: Past): string {
  fingerprint(`${service} ${via} ${binMs}`, JSON.stringify(counts))
  return `${print.hi.toString(16)}${print.lo.toString(16)}`
}

export type Taught = 'taught' | Untaught

/**
 * Learns the usual level of a service from counts of its past, as if they had been lived through; nothing is told, no
 * incident opens, and whether it works stays unknown. The same counts give the same levels, whenever they are read.
 */
export function teachPast(s: ServiceState, past: Past, now: EpochMs, falseAlarmsPerDay: number): Taught {
  const own = printOf(past)
  if (s.taught?.[past.via] === own) return 'known'
  for (const { kind, livedSince, teach } of heardVia[past.via]) {
    if (!teach) continue
    const state = s.evidence[kind] ?? null
    const lived = state && (livedSince?.(state) ?? null)
    const end = past.counts.at(-1)![0] + past.binMs
    if (lived !== null && now - lived > LIVED_MS && now - end > LIVED_MS) return 'lived'
    s.evidence[kind] = teach(state, past, now, falseAlarmsPerDay)
  }
  ;(s.taught ??= {})[past.via] = own
  s.changed = true
  return 'taught'
}
