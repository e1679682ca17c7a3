import { parseApple } from './apple.js'
import { parseAws } from './aws.js'
import { parseAzure } from './azure.js'
import { parseBetterStack } from './better-stack.js'
import { parseFeedPage } from './feed.js'
import { parseGoogle } from './google-cloud.js'
import { parseIncidentIo } from './incident-io.js'
import { parseInstatus } from './instatus.js'
import { parseOnlineOrNot } from './online-or-not.js'
import type { Parse } from './reading.js'
import { parseSalesforce } from './salesforce.js'
import { parseSlack } from './slack.js'
import { parseStatusIo } from './status-io.js'
import { parseStatuspage } from './statuspage.js'

/** The kinds of page that can be read: where the data of a page is, and how it is read. */

export interface Kind {
  /** One line for people. */
  what: string
  /**
   * Address of the data of a page. One address a page is fetched, whatever the number of readers.
   *
   * @param url Address of the page for people, or of the data itself where the vendor has only one.
   * @param page The page's id at its host, for kinds that need one.
   */
  data(url: string, page?: string): string
  parse(text: string, url: string): ReturnType<Parse>
  /** `page` must be given. */
  needsPage?: true
}

/** An address without what stands at its end, and the path put behind it. */
const under =
  (path: string) =>
  (url: string): string => {
    const { origin, pathname } = new URL(url)
    return `${origin}${pathname}${pathname.endsWith('/') ? '' : '/'}${path}`
  }

const itself = (url: string): string => url
const host = (url: string): string => new URL(url).host

export const KINDS = {
  statuspage: { what: 'Atlassian Statuspage, API v2', data: under('api/v2/summary.json'), parse: parseStatuspage },
  incidentio: {
    what: "incident.io, by Statuspage's paths or its widget",
    data: under('api/v2/summary.json'),
    parse: parseIncidentIo,
  },
  rootly: { what: 'Rootly', data: under('api/v1/status.json'), parse: parseStatuspage },
  instatus: { what: 'Instatus', data: under('summary.json'), parse: parseInstatus },
  betterstack: { what: 'Better Stack', data: under('index.json'), parse: parseBetterStack },
  onlineornot: {
    what: 'OnlineOrNot',
    data: url => `https://api.onlineornot.com/v1/status_pages/${host(url)}/summary`,
    parse: parseOnlineOrNot,
  },
  statusio: {
    what: 'Status.io',
    data: (_url, page = '') => `https://api.status.io/1.0/status/${page}`,
    parse: parseStatusIo,
    needsPage: true,
  },
  google: { what: "Google's dashboards", data: under('incidents.json'), parse: parseGoogle },
  aws: { what: 'AWS', data: () => 'https://health.aws.amazon.com/public/currentevents', parse: parseAws },
  azure: {
    what: 'Azure',
    data: () => 'https://rssfeed.azure.status.microsoft/en-us/status/feed/',
    parse: parseAzure,
  },
  apple: {
    what: 'Apple',
    data: url =>
      `https://www.apple.com/support/systemstatus/data/${host(url).startsWith('developer.') ? 'developer/' : ''}system_status_en_US.js`,
    parse: parseApple,
  },
  slack: { what: 'Slack', data: under('api/v2.0.0/current'), parse: parseSlack },
  salesforce: {
    what: 'Salesforce Trust',
    data: () => 'https://api.status.salesforce.com/v1/incidents/active',
    parse: parseSalesforce,
  },
  feed: { what: 'RSS or Atom', data: itself, parse: parseFeedPage },
} as const satisfies Record<string, Kind>

export type KindName = keyof typeof KINDS

export const isKind = (name: string): name is KindName => Object.hasOwn(KINDS, name)

export const kindOf = (name: KindName): Kind => KINDS[name]
