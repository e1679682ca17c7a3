import type { IncidentEvent } from '../../contract/incident.js'
import type { EpochMs } from '../../contract/time.js'
import type { IncidentRecord } from './record.js'

/** How far an incident was told, as the store has it. */
export interface KnownIncident {
  id: string
  service: string
  open: boolean
  lastSeq: number
  resolvedAt: EpochMs | null
}

const WHY =
  'The record of what followed was lost, so this incident cannot be followed any further. It says nothing of how things ' +
  'are now: that is measured anew.'

/**
 * Brings records in line with what was told, after a part of the log was lost between the two. What was told stays
 * told: a record goes on after the last step that people know. An incident that nobody can follow any more is closed and
 * says why; if its trouble goes on, it is found again.
 */
export function mendRecords(
  records: IncidentRecord[],
  known: readonly KnownIncident[],
  at: EpochMs,
  events: IncidentEvent[],
): void {
  for (const { id, service, open, lastSeq, resolvedAt } of known) {
    const record = records.find(each => each.id === id)
    if (record !== undefined) {
      record.seq = Math.max(record.seq, lastSeq + 1)
      if (record.open && !open) {
        record.open = false
        record.resolvedAt = resolvedAt ?? at
      }
    }
    if (!open || record?.open) continue
    const seq = lastSeq + 1
    if (record !== undefined) record.seq = seq + 1
    events.push({ at: new Date(at).toISOString(), event: 'resolved', incident: id, seq, service, why: WHY })
  }
}
