import type { Finding } from '../../contract/finding.js'
import type { IncidentKind } from '../../contract/incident.js'
import { CLOSED_BY_PERSON_MS } from '../../contract/order.js'
import { MINUTE, type EpochMs } from '../../contract/time.js'
import type { Held } from '../../contract/view.js'
import { ownFailure, severityOf, sureShare } from '../incident/rules.js'
import type { IncidentRecord } from './record.js'

/** What was measured is shown for so long; a finding comes each minute while there is something to say. */
const FRESH_MS = 2 * MINUTE
/** From this share above chance on, failing is measured, not guessed. */
const MEASURED_SHARE = 0.02

/** A person's closing holds the incident closed, not the eyes: what machines go on measuring of it is told. */
export function heldOf(records: readonly IncidentRecord[], service: string, now: EpochMs): Held[] {
  return records
    .filter(x => x.service === service && !x.open && x.closedByPerson && now - x.lastFindingAt <= FRESH_MS)
    .flatMap(({ id, kind, finding: f, closedBy, resolvedAt }) => {
      if (!f || f.calm || !measuredFailing(f)) return []
      // Decisions fall on the minute.
      const reopensAt = Math.ceil((resolvedAt! + CLOSED_BY_PERSON_MS) / MINUTE) * MINUTE
      return [{ incident: id, by: closedBy, closedAt: resolvedAt!, reopensAt, trouble: troubleOf(f, kind) }]
    })
}

/** Do machines see it, as failing or as slow? What people alone say a person's word may end. */
const measuredFailing = (f: Finding): boolean =>
  ownFailure(f) || (f.strand === 'slow' && f.alarm) || sureShare(f, 2) > MEASURED_SHARE

/** What is measured without an incident, as an event would tell it. */
const troubleOf = (f: Finding, kind: IncidentKind): Held['trouble'] => ({
  kind,
  severity: severityOf(f, kind),
  components: f.components,
  segments: f.segments.map(({ where, share, interval }) => ({ where, share, interval })),
  unaffected: f.unaffected,
  evidence: Object.fromEntries(Object.entries(f.kinds).map(([via, k]) => [via, k.bits])),
})
