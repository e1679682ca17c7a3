import type { ComponentStatus, IncidentStatus } from '../statuspage/told.js'
import type { MaintenanceStatus } from '../statuspage/maintenance.js'

/** What the status page says. One object a language, as the other pages have; English where a language has none yet. */
export const en = {
  nav: 'Status',
  shown: {
    operational: 'Working',
    degraded_performance: 'Degraded',
    partial_outage: 'Partial outage',
    major_outage: 'Outage',
    under_maintenance: 'Maintenance',
    unknown: 'Unknown',
  } satisfies Record<ComponentStatus | 'unknown', string>,
  phase: {
    investigating: 'Investigating',
    identified: 'Cause confirmed',
    monitoring: 'Recovering',
    resolved: 'Resolved',
  } satisfies Record<IncidentStatus, string>,
  window: { scheduled: 'Planned', in_progress: 'Now', completed: 'Over' } satisfies Record<MaintenanceStatus, string>,
  banner: {
    none: 'No component is shown yet',
    noneHow: 'Components appear with the first signal of a service, or are named in the configuration file.',
    allOk: (n: string) => `All ${n} components are working`,
    oneOk: 'Everything is working',
    major_outage: (names: string) => `Outage: ${names}`,
    partial_outage: (names: string) => `Partial outage: ${names}`,
    degraded_performance: (names: string) => `Degraded: ${names}`,
    under_maintenance: (names: string) => `Maintenance: ${names}`,
    onlyUnknown: 'No data: the state is unknown',
    noneSeen: 'No problem seen where there is data',
    count: {
      operational: (n: string) => `${n} working`,
      degraded_performance: (n: string) => `${n} degraded`,
      partial_outage: (n: string) => `${n} in a partial outage`,
      major_outage: (n: string) => `${n} in an outage`,
      under_maintenance: (n: string) => `${n} under maintenance`,
      unknown: (n: string) => `${n} unknown`,
    } satisfies Record<ComponentStatus | 'unknown', (n: string) => string>,
  },
  open: 'Open incidents',
  updates: 'Updates',
  earlier: (n: string) => `Earlier updates (${n})`,
  laterWindows: (n: string) => `Later windows (${n})`,
  turned: (name: string, before: string, after: string) => `${name}: ${before} → ${after}`,
  curve: 'Share of the worst excess that is gone',
  curveText: (share: string, at: string) => `${share} back at ${at}`,
  maintenance: 'Maintenance',
  maintenanceRule: 'Windows begin and end by the clock; that the work is done is not claimed.',
  components: 'Components',
  days: (n: string) => `Last ${n} days`,
  daysText: (n: string, parts: string) => `Last ${n} days: ${parts}`,
  daysCalm: 'no trouble',
  troubleDays: (parts: string) => `Days: ${parts}`,
  daysWith: {
    major_outage: (n: string) => `${n} with an outage`,
    partial_outage: (n: string) => `${n} with a partial outage`,
    degraded_performance: (n: string) => `${n} degraded`,
    under_maintenance: (n: string) => `${n} with maintenance`,
  },
  daysUnknown: (n: string) => `${n} without data`,
  noData: 'no data',
  newest: (span: string) => `newest data ${span} old`,
  never: 'no data has arrived yet',
  legend: 'Height: how much of the day, times its weight (an outage 1, a partial outage 0.3), at least a strip.',
  uptime: {
    title: 'How uptime is counted',
    text: 'An incident counts from when it began, not from when it was noticed, until it is resolved. Maintenance is not downtime, but an incident inside a window is. Days without data count as neither up nor down. An outage of which more than half is over, slow answers and poor answers are “degraded”, which none of these rules counts.',
    rules: {
      statuspage: 'Partial outages count 0.3 (as Statuspage does; the number in the list)',
      half: 'Partial outages count half',
      full: 'Partial outages count in full',
      people: 'By people: each minute counts as the share of people who failed',
    },
    knownShare: (share: string) =>
      `the share is known for ${share} of the outage time; the rest counts as Statuspage does`,
    column: 'Uptime',
    rule: 'Rule',
  },
  past: (n: string) => `Incidents of the last ${n} days`,
  pastNone: 'No incident in this time.',
  older: 'All incidents',
  follow: 'Follow',
  calendar: 'Calendar (iCal)',
  api: 'API as Statuspage’s v2',
  pages: 'Other status pages',
}

export type StatusWords = typeof en

const WORDS: Record<string, StatusWords> = { en }

export function statusWords(language: string): StatusWords {
  return Object.hasOwn(WORDS, language) ? (WORDS[language] as StatusWords) : en
}
