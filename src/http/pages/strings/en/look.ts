import type { IncidentKind } from '../../../../contract/incident.js'

/** Where a trouble is, in the words of a name: `in` a country, `for` a plan, `on` a machine. */
const WAYS: Record<string, string> = {
  country: 'in',
  region: 'in',
  city: 'in',
  vantage: 'from',
  tier: 'for',
  plan: 'for',
  platform: 'for',
  version: 'for',
  lang: 'for',
}

/** How a page looks at what it has: pictures, lists, and the way to what is asked. */
export const enLook = {
  /** What fails, and where, for a name; `where` holds values of one label, whose name is `label`. */
  place: (what: string, where: string, label: string): string =>
    `${what} ${Object.hasOwn(WAYS, label) ? WAYS[label] : 'on'} ${where}`,
  /** The name of an incident. */
  name: {
    outage: (place: string) => `${place} failing`,
    degraded: (place: string) => `${place} slow or degraded`,
    quality: (place: string) => `${place}: poor answers`,
    security: (place: string) => `${place}: people report data or accounts in other hands`,
    upstream: (place: string) => `${place}: trouble at a service it stands on`,
    'displaced-load': (place: string) => `${place}: load displaced from elsewhere`,
  } satisfies Record<IncidentKind, (place: string) => string>,
  /** Names of what answers late, and of what comes and goes: neither is just “failing”. */
  nameSlow: (place: string) => `${place} slow`,
  nameOnOff: (place: string) => `${place} failing on and off`,
  /** The same as a headline, now and when it is over. */
  slowNow: (s: string) => `${s} is slow`,
  slowThen: (s: string) => `${s} was slow`,
  onOffNow: (s: string) => `${s} fails on and off`,
  onOffThen: (s: string) => `${s} failed on and off`,
  slow: 'Requests that were slow',
  checks: 'Checks that failed',
  reports: 'Problem reports',
  posts: 'Public posts about problems',
  range: 'This incident',
  shareRule:
    'Usual: the share outside incidents in the time that was read. The normal range ends where chance would end about once in 1,000 intervals.',
  atMost: (peak: string, at: string) => `At most ${peak}, at ${at}.`,
  checkColumn: 'Failed checks',
  slowColumn: 'Slow requests',
  postColumn: 'Posts',
  partly: 'Partly affected',
  uneven: 'Unevenly affected',
  who: 'Who',
  share: 'Share',
  interval: '95% interval',
  slowShare: 'slow',
  unknownShare: 'What share of people this affects is not known. Counted since it began:',
  whereCounts: (span: string) =>
    `Problem reports of the last ${span} for each million people online in a country, whether they use this service or not (Our World in Data, from ITU and UN, 2020). What is usual for a country has not been learned yet, so nothing is coloured.`,
  asUsual: (names: string, n: string) => `Not above usual, where at least ${n} reports an hour are usual: ${names}.`,
  /** Reports against how many people use a service somewhere, as its operator says. */
  exposed: {
    title: 'By how many people use it',
    rule: (span: string, n: string) =>
      `Problem reports of the last ${span} for each ${n} people who use this service, as its operator counts them. Reports are not people affected: most of those report nothing.`,
    people: 'People',
    rate: (n: string) => `Per ${n} people`,
    silent: (names: string, n: string) =>
      `Nobody or hardly anybody reports where, if it were the same everywhere, at least ${n} would have: ${names}.`,
  },
  evidence: (scale: string) => `evidence: ${scale}`,
  figures: 'The figures',
  bits: (n: string) => `${n} bits`,
  bitsNote: 'A bit of evidence doubles the odds; below zero it speaks against.',
  scaleNote: 'Coming first is not causing: a machine only suspects, a person or a cited statement confirms.',
  listed: (n: string) => `Changes listed for the seven days before: ${n}.`,
  untitled: (kind: string) => `${kind} without a title`,
  noneMore: 'The cause may also be something that nobody listed.',
  beganAt: (service: string) => `Suspected, not confirmed: it began at ${service}, which this service stands on.`,
  jump: 'On this page',
  when: 'When is it back?',
  todo: 'What to do',
  todoNone: 'Nobody has published advice here.',
  before: 'Has it happened before?',
  pastNone: 'No earlier incident is recorded.',
  find: 'Find a service',
  findDo: 'Find',
  findNone: 'No service of that name.',
  tags: 'Tags',
  allServices: 'All services',
  page: (n: string, of: string) => `Page ${n} of ${of}`,
  countryAuto: 'As my connection says',
  dataFrom: (day: string) => `Data begins on ${day}.`,
  nearby: 'What others near you say',
  sourceOf: 'Who says so',
  quiet: 'Changes and notices',
  scale: { weak: 'weak', fair: 'fair', strong: 'strong' },
  going: {
    trouble: 'Trouble',
    reporting: 'People are reporting',
    vendor: 'A vendor says so',
    working: 'Working',
    unknown: 'Unknown',
  },
}

export type LookStrings = typeof enLook
