import type { ProblemType } from '../../../../contract/people.js'
import type { EventName, SecurityState, Severity } from '../../../../contract/incident.js'
import type { ChangeKind, NoticeStatus } from '../../../../contract/signal.js'
import type { ServiceState } from '../../../../contract/view.js'
import { enIncident, enSays } from './incident.js'
import { enPeople } from './people.js'
import { evidenceWords } from '../evidence.js'
import { watchedWords } from '../watched.js'
import { enLook } from './look.js'
import { pair, plurals, type Count } from '../plural.js'

const some = plurals<'one'>('en')

/**
 * Every word that a page says, in one place, so that a language is one more object of this shape. Wording rules:
 * a state is said with its reason; a cause is "suspected" until a person or a cited statement confirms it; nothing that
 * was not measured is implied (`unknown` is neither "fine" nor "down"). A `Count` is a number with its text: where words
 * change with it, `some` picks them by the language's plural rules.
 */
export const en = {
  /** Of the `lang` attribute. */
  lang: 'en',
  /** For Intl. */
  locale: 'en-GB',
  /** In the language itself. */
  name: 'English',
  direction: 'ltr' as 'ltr' | 'rtl',
  /** Written with Latin letters: no rules of their own for the sheet. */
  latin: true as boolean,
  comma: ', ',
  /** Between parts that have commas of their own. */
  semicolon: '; ',
  /** Between a place and what is so there. */
  colon: ': ',
  /** A phrase that stands alone elsewhere, inside a line. */
  inline: (phrase: string) => phrase.toLocaleLowerCase('en'),
  quotes: pair('“', '”'),
  product: 'Epicenter',
  skip: 'Skip to content',
  nav: { label: 'Pages', now: 'Now', history: 'Incidents', api: 'The same as JSON: how to read it' },
  footer: {
    rule: 'States come from people’s reports, posts, checks and metrics, compared with the usual level for the hour of the week.',
    clock: (zone: string) => `All times are ${zone}.`,
    noScript: 'This page works without script; reload it for news.',
    languages: 'Language',
    theme: 'Colours',
    themes: { system: 'As the system', light: 'Light', dark: 'Dark' },
  },

  state: {
    ok: 'Working',
    watching: 'Watching',
    degraded: 'Degraded',
    outage: 'Outage',
    unknown: 'Unknown',
  } satisfies Record<ServiceState, string>,
  severity: { minor: 'minor', major: 'major', critical: 'critical' } satisfies Record<Severity, string>,
  event: {
    opened: 'Opened',
    updated: 'Updated',
    recovering: 'Recovering',
    resolved: 'Resolved',
    reopened: 'Reopened',
    note: 'Note',
  } satisfies Record<EventName, string>,
  security: {
    no_evidence: 'No evidence of an attack or a breach',
    suspected: 'An attack is suspected, not confirmed',
    confirmed: 'Confirmed: security incident',
    ruled_out: 'An attack has been ruled out',
  } satisfies Record<SecurityState, string>,
  causeState: { suspected: 'Suspected', ruled_out: 'Ruled out', confirmed: 'Confirmed' },
  changeKind: {
    deploy: 'Deploy',
    config: 'Config change',
    flag: 'Feature flag',
    launch: 'Launch',
    maintenance: 'Maintenance',
    vendor: 'Vendor change',
    migration: 'Migration',
    mitigation: 'Mitigation',
  } satisfies Record<ChangeKind, string>,
  noticeStatus: {
    investigating: 'investigating',
    identified: 'identified',
    monitoring: 'monitoring',
    resolved: 'resolved',
    postmortem: 'after the fact',
    scheduled: 'planned',
    in_progress: 'in progress',
  } satisfies Record<NoticeStatus, string>,
  /** One and many. */
  label: {
    cell: pair('cell', 'cells'),
    tier: pair('plan', 'plans'),
    country: pair('country', 'countries'),
    region: pair('region', 'regions'),
    city: pair('city', 'cities'),
    component: pair('component', 'components'),
    platform: pair('platform', 'platforms'),
    version: pair('version', 'versions'),
    isp: pair('provider', 'providers'),
    asn: pair('network', 'networks'),
    network: pair('network type', 'network types'),
    pop: pair('edge site', 'edge sites'),
    vantage: pair('vantage point', 'vantage points'),
    lang: pair('language', 'languages'),
    problem: pair('problem', 'problems'),
  },
  signal: {
    report: 'Reports',
    post: 'Public posts',
    check: 'Checks',
    metric: 'Metrics',
    change: 'Changes',
    notice: 'Vendor notices',
  },
  everybody: 'everybody',
  and: 'and',
  more: (n: string) => `${n} more`,
  since: 'since',

  now: {
    allOk: (n: string) => `All ${n} services are working`,
    nothing: 'No service is watched yet',
    nothingHow:
      'Send signals to POST /api/v1/signals, or name services in the configuration file; they appear here with their first signal.',
    troubled: (n: number, names: string) => `${names} ${n === 1 ? 'has' : 'have'} a problem`,
    watched: (n: number, names: string) => `No outage; ${names} ${n === 1 ? 'is' : 'are'} being watched`,
    watchedShort: (n: string) => `${n} watched closely`,
    notes: 'Worth knowing',
    rest: (ok: string) => `${ok} working`,
    unknown: (n: string) => `${n} unknown`,
    onlyUnknown: 'No data: the state is unknown',
    noOutage: 'No outage seen',
    services: 'Services',
    open: 'Open incidents',
    last24: 'Last 24 hours',
  },

  status: {
    ok: (service: string) => `${service} is working`,
    watching: (service: string) => `${service}: something may be starting`,
    degraded: (service: string) => `${service} has problems`,
    outage: (service: string) => `${service} is down for many people`,
    recovering: (service: string) => `${service} is recovering`,
    unknown: (service: string) => `We do not know how ${service} is doing`,
  },
  reason: {
    usual: (bad: Count, usual: Count) =>
      `${some(bad, { one: `${bad} problem report`, other: `${bad} problem reports` })} in the last 15 minutes; ${some(usual, { one: `${usual} is`, other: `${usual} are` })} usual at this hour.`,
    above: (bad: Count, ratio: string) =>
      `${some(bad, { one: `${bad} problem report`, other: `${bad} problem reports` })} in the last 15 minutes, ${ratio} the usual level.`,
    quietNow: (bad: Count, usual: Count) =>
      `Reports are near the usual level (${bad} in 15 minutes, ${usual} usual), but the incident is not over.`,
    neverSeen: 'No signal has arrived yet.',
    silent: (span: string) =>
      `The newest data is ${span} old. Silence is not health: what follows is the last that was known.`,
  },
  age: {
    asOf: 'As of',
    newest: 'newest',
    late: (span: string) =>
      `This page shows how things stood ${span} ago: Epicenter itself is behind. The fault is ours and says nothing of the services.`,
  },

  report: {
    title: 'How is it for you?',
    bad: 'I have a problem',
    ok: 'Works for me',
    details: 'Add details (optional)',
    problem: 'What fails',
    country: 'Country',
    platform: 'Where you use it',
    text: 'What you see',
    choose: 'Prefer not to say',
    note: 'One tap is enough. No account; counted once per person and service in 24 hours.',
    thanksBad: 'Thank you. Your problem is counted; it shows with the next update of this page.',
    thanksOk: 'Thank you. “Works for me” is counted: it shows who is not affected.',
    thanksNoted:
      'Thank you. Very many reports come from your network just now: yours is noted, but does not add to the count.',
    failed: 'That did not get through. Please try again in a minute.',
    platforms: {
      web: 'Web browser',
      ios: 'iPhone or iPad',
      android: 'Android',
      desktop: 'Desktop app',
      api: 'API',
    },
    /** What hurts people: where they choose it, and above what they write. */
    problems: {
      payment: 'Paying',
      login: 'Signing in',
      app: 'The app',
      website: 'The website',
      sending: 'Sending and uploads',
      missing: 'Something is missing',
      slow: 'It is slow',
      error: 'Error messages',
      quality: 'Poor answers',
      unreachable: 'It does not open or load',
      other: 'Something else',
    } satisfies Record<ProblemType, string>,
  },

  chart: {
    unit: (minutes: string) => `per ${minutes} min`,
    usual: 'usual level',
    band: 'normal range',
    bandRule: 'The normal range ends at the level that is passed once in 1,000 intervals when nothing is wrong.',
    high: 'unusually many',
    normal: 'within the normal range',
    incidentSince: (at: string) => `Incident since ${at}`,
    incidentBetween: (from: string, until: string) => `Incident ${from}–${until}`,
    gap: 'no data',
    filling: 'still filling',
    atMost: (peak: string) => `at most ${peak}`,
    works: '“Works for me” answers',
    errors: 'Requests that failed',
    table: 'The numbers',
    range3: '3 hours',
    range24: '24 hours',
    range7: '7 days',
    range: 'Range',
    describe: (peak: string, at: string, ratio: string, total: string) =>
      `At most ${peak} in one interval, at ${at}${ratio ? `, ${ratio} the usual level` : ''}. ${total} in total.`,
    describeGaps: (n: string) => `No data for ${n}.`,
    columns: {
      from: 'From (UTC)',
      bad: 'Problem reports',
      usual: 'Usual',
      works: 'Works for me',
      errors: 'Failed requests',
    },
    markers: 'Marked on the chart',
  },

  mix: {
    title: 'What people report',
    of: (n: Count, span: string) =>
      some(n, {
        one: `Of ${n} report in the last ${span} that says what fails.`,
        other: `Of ${n} reports in the last ${span} that say what fails.`,
      }),
  },

  map: {
    title: 'Where',
    describe: (n: Count, top: string) =>
      `Map of the world, ${some(n, { one: `${n} country`, other: `${n} countries` })} coloured by reports against their own usual level. Most above usual: ${top}.`,
    rule: (span: string) =>
      `Colour: problem reports of the last ${span} divided by what that country usually sends in the same time (mean of the last 7 days outside incidents). So a small country is not drowned by a large one. Fewer than 3 reports: not coloured.`,
    legend: 'Times the usual level',
    table: 'All countries',
    columns: {
      country: 'Country',
      reports: 'Reports',
      perMillion: 'Per million online',
      usual: 'Usual',
      ratio: 'Ratio',
      works: 'Works for me',
    },
    few: 'fewer than 3',
  },

  who: {
    affected: 'Who is affected',
    fine: 'Who is not affected',
    share: 'failing',
    was: 'Who was affected',
    noSegment: 'Not located yet.',
    noneLeft: 'No segment stands out any more.',
    noFine: 'Nothing is known to be fine yet.',
    unevenBy: (labels: string) => `explained by ${labels}`,
    unevenNone: 'explained by nothing that was observed',
    unevenHit: (hit: string, among: string) =>
      `About ${hit} of its requests are in a part that is hit; there ${among} fail.`,
    components: 'Affected components',
  },

  recent: {
    title: 'Recent changes and notices',
    says: (source: string) => `${source} says`,
    vendor: 'The vendor',
    reverts: 'undoes an earlier change',
    note: 'Listed because they happened, not because they caused anything.',
  },

  past: {
    title: 'Past incidents',
    empty: 'No incident has been recorded.',
    lasted: (span: string) => `lasted ${span}`,
    ongoing: 'ongoing',
    before: 'Older incidents',
    title2: 'Incidents by month',
  },

  evidence: evidenceWords.en,
  watched: watchedWords.en,
  look: enLook,
  incident: enIncident,
  says: enSays,
  ...enPeople,

  problem: {
    404: pair(
      'Nothing here',
      'There is no page at this address. It may be mistyped, or the service or incident may have another name.',
    ),
    400: pair('That address is not right', 'A part of the address cannot be read.'),
    500: pair(
      'Something broke on our side',
      'The page could not be made. It is not a sign that any watched service is down.',
    ),
    503: pair('Not ready yet', 'The pages are not ready. Please try again in a moment.'),
    back: 'All services now',
  },
}

export type Strings = typeof en
