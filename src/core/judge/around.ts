import type { Finding } from '../../contract/finding.js'
import type { IncidentKind, Where } from '../../contract/incident.js'
import { HOUR, MINUTE, type EpochMs } from '../../contract/time.js'
import { contradictedBy, ownFailure } from '../incident/rules.js'
import type { Upstream } from '../explain/explain.js'
import type { JudgedService } from './service.js'
import type { IncidentRecord } from './record.js'

/** Failing and slow requests that began so close together are one trouble; so are those of a service and of what it stands on. */
export const SAME_ONSET_MS = 15 * MINUTE

/** A trouble of which machines never saw more than this failing is not one that they know. */
export const UNSEEN_SHARE = 0.05

/** May it be slowness? Vague complaints are, and what people alone call failing while machines see every request answered. */
export const mayBeSlow = ({ kind, finding, course }: IncidentRecord): boolean =>
  kind === 'degraded' ||
  (kind === 'outage' &&
    finding !== null &&
    contradictedBy(finding) &&
    course.every(level => level.excess < UNSEEN_SHARE))

/**
 * The open record of the other strand that this finding belongs to: complaints that turn out to be slowness, or slowness that turns into
 * failure within minutes of its onset, or later while it lasts and where it is.
 */
export const otherStrandOf = (
  all: readonly IncidentRecord[],
  f: Finding,
  kind: IncidentKind,
): IncidentRecord | undefined =>
  all.find(
    x =>
      x.open &&
      x.service === f.service &&
      x.strand !== f.strand &&
      mayBeSlow(x) &&
      (f.strand === 'slow' ||
        (kind === 'outage' &&
          (Math.abs(f.onset - x.onset) <= SAME_ONSET_MS || (x.calmSince === null && x.branch === '' && lies(x, f))))),
  )

/** The part that is hit by the newest word: a window that spans a turn tells both sides of it. */
export const latestOf = (f: Finding | null): number => f?.lately?.share ?? f?.share ?? 0

/** Whether what fails lies where it was slow: in the same place, or within it. */
function lies({ worst }: IncidentRecord, f: Finding): boolean {
  const within = (b: Where, a: Where): boolean =>
    Object.keys(a).every(name => b[name]?.every(value => a[name]!.includes(value)) ?? false)
  return f.segments.some(b => worst.segments.some(a => within(b.where, a.where)))
}

type Services = ReadonlyMap<string, JudgedService>

/** Services that this one stands on and that have been in trouble at `since` or later. */
export function upstreamsOf(
  all: readonly IncidentRecord[],
  services: Services,
  service: string,
  since: EpochMs,
): Upstream[] {
  const out: Upstream[] = []
  for (const d of services.get(service)?.dependsOn ?? []) {
    if (!d.service || d.service === service) continue
    const records = all.filter(x => x.service === d.service && x.strand === 'bad' && (x.open || x.resolvedAt! > since))
    // Of several troubles there the last that may have come first.
    const record = records.findLast(x => x.onset <= since + SAME_ONSET_MS) ?? records.at(-1)
    const theirs = services.get(d.service)
    if (record) out.push({ id: d.id, name: d.name, onset: record.onset, incident: record.id })
    else if (theirs?.alarmOnset && theirs.alarmAt >= since - 2 * MINUTE)
      out.push({ id: d.id, name: d.name, onset: theirs.alarmOnset, incident: d.service })
  }
  return out
}

/** Services in trouble of their own at the time of this record, on which it does not stand. */
export function othersOf(all: readonly IncidentRecord[], services: Services, record: IncidentRecord): Upstream[] {
  const stands = new Set((services.get(record.service)?.dependsOn ?? []).map(d => d.service))
  return (
    all
      .filter(x => x.service !== record.service && !stands.has(x.service) && x.strand === 'bad' && x.kind === 'outage')
      .filter(x => x.open || x.resolvedAt! > record.onset)
      // Of several troubles of one service the first speaks for it.
      .filter((x, i, found) => found.findIndex(y => y.service === x.service) === i)
      .map(x => ({ id: x.service, name: services.get(x.service)?.title ?? x.service, onset: x.onset, incident: x.id }))
  )
}

/** So many times our reports drown them: in the one world that was looked at it was some hundred times. */
const DROWNS = 10
/** People talk of an outage for about so long. */
const DROWNS_WITHIN_MS = 2 * HOUR

/**
 * Do people report here what fails elsewhere? While a far larger outage goes on, whoever cannot use that asks for the
 * network, the resolver, the shop next door. Machines of our own settle it; people alone say no more than that something may be wrong.
 */
export function drownedBy(all: readonly IncidentRecord[], record: IncidentRecord, f: Finding): boolean {
  const own = reportsOf(record)
  if (own === null || ownFailure(f)) return false
  return all.some(x => {
    const lead = record.onset - x.onset
    const beside = x.service !== record.service && x.kind === 'outage'
    if (!beside || lead < -SAME_ONSET_MS || lead > DROWNS_WITHIN_MS) return false
    // Talk of it goes on after its end; what never rises above that talk is its tail, however long.
    if (!x.open && own.peakAt - x.resolvedAt! > DROWNS_WITHIN_MS) return false
    return (reportsOf(x)?.peak ?? 0) >= DROWNS * own.peak
  })
}

/** Reports a minute above the usual at the worst, and when; null where nobody reports. */
const reportsOf = ({ tracks }: IncidentRecord): { peak: number; peakAt: EpochMs } | null => {
  const people = tracks.find(m => m.unit === 'reports_per_minute' && Object.keys(m.where).length === 0)
  return people && people.peak > 0 ? people : null
}
