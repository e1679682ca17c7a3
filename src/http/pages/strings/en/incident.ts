import type { IncidentKind } from '../../../../contract/incident.js'
import { plurals, type Count } from '../plural.js'

const some = plurals<'one'>('en')

/** The words of an incident's page. */
export const enIncident = {
  label: 'Incident',
  service: 'Service',
  headline: {
    outage: (s: string) => `${s} is down for many people`,
    degraded: (s: string) => `${s} is degraded`,
    quality: (s: string) => `${s} answers, but badly`,
    security: (s: string) => `${s} has a security incident`,
    'displaced-load': (s: string) => `${s} carries load displaced from elsewhere`,
    upstream: (s: string) => `${s} suffers from a dependency`,
  } satisfies Record<IncidentKind, (s: string) => string>,
  headlineRecovering: (s: string) => `${s} is recovering`,
  headlineOver: {
    outage: (s: string) => `${s} was down for many people`,
    degraded: (s: string) => `${s} was degraded`,
    quality: (s: string) => `${s} answered badly`,
    security: (s: string) => `${s} had a security incident`,
    'displaced-load': (s: string) => `${s} carried load displaced from elsewhere`,
    upstream: (s: string) => `${s} suffered from a dependency`,
  } satisfies Record<IncidentKind, (s: string) => string>,
  headlineNote: (s: string) => `Worth knowing about ${s}: not an outage of its own`,
  began: 'Began',
  between: (from: string, until: string) => `between ${from} and ${until}`,
  noticed: 'Noticed',
  noticedAfter: (span: string) => `${span} later`,
  lasted: 'Lasted',
  running: 'Running for',
  severity: 'Severity',
  over: 'Over',
  back: (share: string) => `${share} back`,
  asOf: (at: string) => `This is what was known at ${at}.`,
  latest: 'Show the latest',
  known: 'Show what was known then',
  why: 'Why',
  whyEmpty: 'No change, surge or dependency has been linked to this yet.',
  unexplained: 'None of the listed',
  settles: 'What would settle it',
  for: 'for',
  against: 'against',
  neither: 'noted',
  evidence: 'What the signals say',
  evidenceNote: 'How surprising each kind of signal would be if nothing were wrong.',
  unreadable: 'unreadable now',
  noSurprise: 'as usual',
  recovery: 'Recovery',
  recovered: (share: string) => `${share} back`,
  recoveryNote: 'Share of the worst excess that is gone.',
  recoveryEmpty: 'No recovery is seen yet.',
  recoveryDone: 'Back to the usual level.',
  eta: (from: string, until: string) => `normal between ${from} and ${until}`,
  etaNone: 'no forecast yet',
  slowest: 'slowest',
  slowestIs: (where: string, share: string) => `slowest: ${where} (${share})`,
  overall: 'Everybody',
  timeline: 'What we knew when',
  timelineNote:
    'Decisions in the order they were made, never rewritten; changes and notices between them as they reached us.',
  earlier: (n: Count) =>
    some(n, { one: `${n} earlier entry is in the JSON.`, other: `${n} earlier entries are in the JSON.` }),
  json: 'This incident as JSON',
  status: 'Status',
  phase: {
    opened: 'Ongoing',
    recovering: 'Recovering',
    resolved: 'Resolved',
    reopened: 'Back again',
    note: 'Not an outage',
  },
  securityTitle: 'Security',
  by: (who: string) => `by ${who}`,
  because: 'because',
  changed: {
    segments: 'Affected',
    nobody: 'no segment any more',
    lead: 'Leading suspect',
    severity: (s: string) => `Severity ${s}`,
    recovered: (share: string) => `${share} of the excess gone`,
    security: 'Security',
    causeState: (title: string, state: string) => `${title}: ${state}`,
  },
}

/** What the engine says of an incident, as core/publish decides it. */
export const enSays = {
  nearlyAll: 'Nearly all',
  hardlyAny: 'Under 1%',
  about: (share: string) => `About ${share}`,
  failing: (portion: string, where: string) => `${where}${portion} of requests are failing.`,
  slow: (portion: string, where: string) => `${where}${portion} of requests are slow.`,
  shareUnknown: (where: string) =>
    `More problem reports than usual: ${where}. The share of people affected is not known.`,
  quoted: (people: string, of: string, where: string) =>
    `Quoted from error pages more than usual: ${where} (${people} of ${of} people who quote a code).`,
  quotedHealthy: (people: string, of: string, where: string) =>
    `Quoted from error pages more than usual: ${where} (${people} of ${of} people who quote a code); our own requests there are not failing.`,
  upstream:
    'People report problems here while a service this one stands on is failing; our own requests are not failing.',
  more: 'People report more problems than usual.',
  recovered: (portion: string) => `${portion} of the trouble is gone.`,
  recoveredSlow: (portion: string, where: string) => `${portion} of the trouble is gone; slower to recover: ${where}.`,
  confirmed: (title: string) => `Cause confirmed: ${title}.`,
  suspected: (title: string) => `Suspected, not confirmed: ${title}.`,
  causeUnknown: 'The cause is not known.',
  exposure: 'Several people say they see what belongs to others; this is being looked at and is not confirmed.',
  takeover:
    'Several people say that others have got into their accounts; this is being looked at and is not confirmed.',
  overByPerson: 'A person called this over.',
  overUnreported: 'Nobody has reported it lately.',
  overSilent: (where: string) => `What can be seen is back to its usual level. Nothing is heard from: ${where}.`,
  overUnheard: 'Nothing has been heard of it lately.',
  overCalm: 'What was affected has been back to its usual level for ten minutes.',
  exposureOpen: 'Whether anything was exposed is for people to establish.',
}

export type IncidentStrings = typeof enIncident
export type SaysStrings = typeof enSays
