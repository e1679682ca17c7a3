import type { IncidentEvent } from './incident.js'
import type { Rollup, ServiceNow } from './view.js'
import type { Change, Notice } from './signal.js'

/** What folding some log entries gave; the shell commits all of it in one transaction. */
export interface Outcome {
  events: IncidentEvent[]
  rollups: Rollup[]
  services: ServiceNow[]
  facts: (Change | Notice)[]
}
