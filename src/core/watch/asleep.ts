import { DAY, HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import { readCoordinated } from '../admission/crowd.js'
import { knownAt } from '../counts/report-counts.js'
import { EVIDENCE } from '../evidence/kinds.js'
import { openEvidence, snapshotEvidence } from '../evidence/registry.js'
import type { EvidenceSnapshot } from '../evidence/evidence.js'
import { readSamples } from '../mentions/samples.js'
import type { ServiceState } from '../service/service.js'

/**
 * Most services of a large workspace are heard of now and then. Between, each minute only moves their levels on, and tells nothing: such a
 * service is put to sleep, as packed bytes, and its minutes are made up for when somebody speaks of it again. What is told is the same as
 * if every minute had been judged when it came (asleep.test.ts).
 */

/** How a service is kept as bytes; what comes back is what was given, with states that nobody else has. */
export interface Packing {
  pack(service: StoredService): Uint8Array
  unpack(bytes: Uint8Array): StoredService
}

/** A service as snapshots hold it: its evidence as the kinds store it. */
export type StoredService = Omit<ServiceState, 'evidence'> & { evidence: EvidenceSnapshot }

/** What is known of a service that sleeps. */
export interface Asleep {
  id: string
  title: string
  late: number
  /** Its last tick. */
  at: EpochMs
  /** It is woken then in any case: time alone may change what its row says. */
  due: EpochMs
  /** It does not sleep: a snapshot holds it so, and it is unpacked by whoever needs it first, at the latest by the next tick. */
  awake?: true
  bytes: Uint8Array
}

/** A silence of so long: nothing of it is "lately" any more (rows.ts), and what was quoted is over. */
const SLEEPS_AFTER_MS = 20 * MINUTE
/** Nobody sleeps longer, so that its row's usual level is of the present part of the day. */
const SLEEPS_MOST_MS = 6 * HOUR
/** Until its level may be told it is looked at so often. */
const LEARNING_SLEEP_MS = HOUR

export const stored = (s: ServiceState): StoredService => ({ ...s, evidence: snapshotEvidence(s.evidence) })
export const opened = (s: StoredService): ServiceState => ({ ...s, evidence: openEvidence(s.evidence) })

/** Whether no tick from here on tells anything of it, unless somebody speaks of it first. */
export function isStill(s: ServiceState, now: EpochMs): boolean {
  if (s.changed || s.troubles.bad !== null || s.troubles.slow !== null || s.branches.length > 0) return false
  for (const at of Object.values(s.seen)) if (now - at <= SLEEPS_AFTER_MS) return false
  // Others may stand on it, and what machines said of its parts turns unknown with time.
  if (s.components.length > 0 || s.dependsOn.length > 0 || s.mentions.edges.size > 0 || isMeasured(s)) return false
  for (const bin of s.bins.values()) if (bin.dirty) return false
  for (const { kind, isStill: still } of EVIDENCE) {
    const state = s.evidence[kind]
    if (state && still?.(state) !== true) return false
  }
  return readCoordinated(s.crowd, now) === 0 && readSamples(s.samples, now).length === 0
}

const isMeasured = ({ heard: { metric, check, parts } }: ServiceState): boolean =>
  metric.at > 0 || check.at > 0 || parts.size > 0

/** When time alone changes what is said of it: its level is known, or people have been silent for a day. */
export function dueOf({ seen, evidence }: ServiceState, now: EpochMs): EpochMs {
  let due = now + SLEEPS_MOST_MS
  for (const via of ['report', 'post'] as const) {
    const state = evidence[via]
    if (!state) continue
    const silent = (seen[via] ?? 0) + DAY
    if (!state.series.learned) due = Math.min(due, Math.max(now + LEARNING_SLEEP_MS, knownAt(state)))
    else if (silent > now) due = Math.min(due, silent)
  }
  return due
}
