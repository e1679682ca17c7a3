import type { IncidentEvent } from '../../contract/incident.js'
import type { EpochMs } from '../../contract/time.js'
import type { Story } from './story.js'

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
 * Brings stories in line with what was told, after a part of the log was lost between the two. What was told stays
 * told: a story goes on after the last step that people know. An incident that nobody can follow any more is closed and
 * says why; if its trouble goes on, it is found again.
 */
export function mendStories(
  stories: Story[],
  known: readonly KnownIncident[],
  at: EpochMs,
  events: IncidentEvent[],
): void {
  for (const { id, service, open, lastSeq, resolvedAt } of known) {
    const story = stories.find(each => each.id === id)
    if (story !== undefined) {
      story.seq = Math.max(story.seq, lastSeq + 1)
      if (story.open && !open) {
        story.open = false
        story.resolvedAt = resolvedAt ?? at
      }
    }
    if (!open || story?.open) continue
    const seq = lastSeq + 1
    if (story !== undefined) story.seq = seq + 1
    events.push({ at: new Date(at).toISOString(), event: 'resolved', incident: id, seq, service, why: WHY })
  }
}
