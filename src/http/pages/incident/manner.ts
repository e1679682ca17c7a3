import type { IncidentEvent } from '../../../contract/incident.js'
import { ofChecks } from '../../../core/incident/sentences.js'

/** What trouble is like: it fails, it is slow, or it fails on and off; null where a kind of its own says what it is. */
export type Manner = 'failing' | 'slow' | 'intermittent' | 'degraded'

/** “Slow” is said where requests were measured as slow; what checks call degraded may be either. */
export function mannerOf(
  trouble: Pick<IncidentEvent, 'kind' | 'pattern' | 'evidence'>,
  kind = trouble.kind ?? 'outage',
): Manner | null {
  if (kind !== 'outage' && kind !== 'degraded') return null
  if (trouble.pattern === 'intermittent') return 'intermittent'
  if (kind === 'outage') return 'failing'
  return trouble.pattern === 'slow' && !ofChecks(trouble as IncidentEvent) ? 'slow' : 'degraded'
}
