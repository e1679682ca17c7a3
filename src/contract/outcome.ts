import type { IncidentEvent } from './incident.js'
import type { Forget } from './order.js'
import type { Rollup, ServiceRow } from './view.js'
import type { Change, Notice } from './signal.js'
import type { EpochMs } from './time.js'

/** What folding some log entries gave; the shell commits all of it in one transaction. */
export interface Outcome {
  events: IncidentEvent[]
  rollups: Rollup[]
  services: ServiceRow[]
  facts: (Change | Notice)[]
  /** What is to be forgotten before the rest is put: of what this outcome holds nothing is meant. Absent: nothing. */
  forgotten?: Forget[]
  /** Rollups that a clock put in a wrong time: those of bins in (after, until] that were put at positions in (since, position]. */
  undone?: { after: EpochMs; until: EpochMs; since: number; position: number }[]
}
