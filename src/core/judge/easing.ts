import type { IncidentEvent } from '../../contract/incident.js'
import { turnedAt } from '../incident/recovery.js'
import type { IncidentRecord } from './record.js'

/** Recovery is told as such from here on. */
export const RECOVERING_FROM = 0.3
/** and taken back when it falls this much below. */
const TAKEN_BACK = 0.15
/** Standard deviations of chance that it must be clear of. */
const CLEAR_ERRORS = 1.5

/**
 * Has it begun to ease since the last tick, and as what is that told? As a recovery where so much is surely gone; where only fewer
 * people report, it is news and no recovery.
 */
export function easing(record: IncidentRecord, next: IncidentEvent, noise: number): 'recovering' | 'updated' | null {
  const recovered = next.recovery?.recovered ?? 0
  const measured = next.recovery?.of === undefined && next.pattern !== 'intermittent'
  const sure = measured ? recovered : (next.recovery?.interval?.[0] ?? 0)
  const eases = recovered - CLEAR_ERRORS * noise >= RECOVERING_FROM && turnedAt(record.tracks) !== null
  if (!record.recovering && eases && sure >= RECOVERING_FROM) {
    record.recovering = record.eased = true
    return 'recovering'
  }
  if (!record.eased && eases) {
    record.eased = true
    return 'updated'
  }
  if (recovered < RECOVERING_FROM - TAKEN_BACK) record.recovering = record.eased = false
  return null
}
