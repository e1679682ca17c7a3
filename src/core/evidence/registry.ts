import type { Finding, KindReading } from '../../contract/finding.js'
import type { AnyEvidence, EvidenceSnapshot, EvidenceStates, HeardVia, Readings } from './evidence.js'
import { EVIDENCE } from './kinds.js'

/** Kinds that hear what comes this way. */
const of = (way: HeardVia): readonly AnyEvidence[] => EVIDENCE.filter(({ via }) => via === way)
export const heardVia: Record<HeardVia, readonly AnyEvidence[]> = {
  report: of('report'),
  post: of('post'),
  metric: of('metric'),
  check: of('check'),
  gauge: of('gauge'),
  alert: of('alert'),
}

/** Nothing was heard yet. */
export const noEvidence = (): EvidenceStates => ({ report: null, post: null, metric: null, check: null })

/** Every kind that a service has heard, with its state. */
export function eachEvidence(states: EvidenceStates, act: (kind: AnyEvidence, state: object) => void): void {
  for (const each of EVIDENCE) {
    const state = states[each.kind]
    if (state) act(each, state)
  }
}

/** Closes the minute that ends at `now` in every kind. */
export function tickEvidence(states: EvidenceStates, now: number): Readings {
  const readings: Readings = { report: null, post: null, metric: null, check: null }
  for (const each of EVIDENCE) {
    const state = states[each.kind]
    if (state) readings[each.kind] = each.tick(state, now)
  }
  return readings
}

/** What each kind says of failing, or of slowness, by itself. */
export function sayEvidence(states: EvidenceStates, readings: Readings, mode: Finding['strand']): Finding['kinds'] {
  const kinds: Finding['kinds'] = {}
  for (const each of EVIDENCE) {
    const reading = readings[each.kind] ?? null
    const says = reading === null ? null : each.says(states[each.kind]!, reading, mode)
    if (says) kinds[each.kind] = says
  }
  return kinds
}

/** What machines say. */
export const machinesOf = (kinds: Finding['kinds']): KindReading[] =>
  EVIDENCE.flatMap(({ kind, by }) => (by === 'machines' && kinds[kind] ? [kinds[kind]] : []))

/** What a snapshot holds. */
export const snapshotEvidence = (states: EvidenceStates): EvidenceSnapshot =>
  Object.fromEntries(
    EVIDENCE.map(({ kind, snapshot }) => [kind, states[kind] ? (snapshot?.(states[kind]) ?? states[kind]) : null]),
  )

export function openEvidence(stored: EvidenceSnapshot): EvidenceStates {
  const states = noEvidence()
  for (const { kind, open } of EVIDENCE) {
    const held = stored[kind] ?? null
    if (held !== null) states[kind] = open ? open(held) : held
  }
  return states
}
